//! `covid-ct split`

use std::path::Path;

use covid_ct::Workspace;
use covid_ct::dataset::split::{Cell, Made, Recipe, make};
use covid_ct::dataset::{GroupBy, Ratio};
use covid_ct::store::{Label, Part, Store};

use super::Outcome;
use crate::cli::{SplitArgs, SplitBy};

pub fn run(workspace: &Path, args: &SplitArgs) -> anyhow::Result<Outcome> {
    let ratio: Ratio = args.ratio.parse().map_err(anyhow::Error::msg)?;
    let by = match args.by {
        SplitBy::Patient => GroupBy::Patient,
        SplitBy::Paper => GroupBy::Paper,
    };
    let mut store = Store::open_existing(&Workspace::new(workspace))?;
    let made = make(&store, &args.name, Recipe { by, ratio, seed: args.seed })?;
    store.save_split(&made.split)?;
    print_table(&made, by, ratio);
    for warning in &made.warnings {
        eprintln!("covid-ct: {warning}");
    }
    Ok(Outcome::Done)
}

fn print_table(made: &Made, by: GroupBy, ratio: Ratio) {
    let groups = match by {
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
    println!("left out: {} in conflict, {} without a label", made.in_conflict, made.unlabelled);
}
