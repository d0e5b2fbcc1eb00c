//! `covid-ct split`

use std::path::Path;

use covid_ct::Workspace;
use covid_ct::dataset::split::{Cell, Made, Recipe, make, published};
use covid_ct::dataset::{GroupBy, Ratio};
use covid_ct::store::{Label, Part, Store};

use super::Outcome;
use super::bars::Bars;
use crate::cli::{SplitArgs, SplitBy};

pub fn run(workspace: &Path, args: &SplitArgs) -> anyhow::Result<Outcome> {
    let mut store = Store::open_existing(&Workspace::new(workspace))?;
    if args.published {
        let split = published(&store, &args.name)?;
        store.save_split(&split)?;
        println!("split '{}' as published: {} panels", split.name, split.parts.len());
        return Ok(Outcome::Done);
    }
    let ratio: Ratio = args.ratio.parse().map_err(anyhow::Error::msg)?;
    let by = match args.by {
        SplitBy::Group => GroupBy::Group,
        SplitBy::Patient => GroupBy::Patient,
        SplitBy::Paper => GroupBy::Paper,
    };
    let made = make(&store, &args.name, Recipe { by, ratio, seed: args.seed }, &Bars::new())?;
    store.save_split(&made.split)?;
    print_table(&made, by, ratio);
    for warning in made.warnings.iter().chain(&made.failures) {
        eprintln!("covid-ct: {warning}");
    }
    Ok(if made.failures.is_empty() { Outcome::Done } else { Outcome::DoneWithFailures })
}

fn print_table(made: &Made, by: GroupBy, ratio: Ratio) {
    let groups = match by {
        GroupBy::Group => "groups",
        GroupBy::Patient => "patients",
        GroupBy::Paper => "papers",
    };
    println!("split '{}' by {by}", made.split.name);
    println!(
        "{:<6} {:<10} {:>7} {groups:>9} {:>8} {:>8}",
        "part", "class", "panels", "reached", "wanted"
    );
    for part in Part::ALL {
        for label in Label::ALL {
            let Cell { panels, groups } =
                made.cells.get(&(*part, *label)).copied().unwrap_or_default();
            let reached = 100.0 * panels as f64 / made.total(*label).max(1) as f64;
            let wanted = 100.0 * ratio.of(*part);
            println!(
                "{part:<6} {label:<10} {panels:>7} {groups:>9} {reached:>6.1} % {wanted:>6.1} %"
            );
        }
    }
    println!("{:<28} {:>7} {:>8} {:>8} {:>8}", "source", "panels", "train", "val", "test");
    for stratum in &made.strata {
        let name = format!("{} {}", stratum.label, stratum.source);
        print!("{name:<28} {:>7}", stratum.total());
        for panels in stratum.panels {
            print!(" {:>6.1} %", 100.0 * f64::from(panels) / f64::from(stratum.total().max(1)));
        }
        println!();
    }
    if let Some((part, label, gap)) = made.furthest(ratio) {
        println!("furthest from the ratio: {label} in {part}, by {gap:+.1} points");
    }
    println!("left out: {} in conflict, {} without a label", made.in_conflict, made.unlabelled);
}
