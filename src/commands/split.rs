//! `covid-ct split`

use std::path::Path;

use crate::Workspace;
use crate::dataset::split::{Cell, Made, SplitOptions, make, make_folds, published};
use crate::dataset::{DatasetError, GroupBy, Ratio};
use crate::store::Store;
use covid_ct_core::{Label, Split, is_one_component};

use super::Outcome;
use super::bars::Bars;
use crate::cli::{SplitArgs, SplitBy};

pub fn run(workspace: &Path, args: &SplitArgs) -> anyhow::Result<Outcome> {
    // An export of it is a folder of that name.
    if !is_one_component(&args.name) {
        return Err(DatasetError::BadName(args.name.clone()).into());
    }
    let mut store = Store::open_existing(&Workspace::new(workspace))?;
    if args.published {
        let split = published(&store, &args.name)?;
        store.save_split(&split)?;
        println!("split '{}' as published: {} panels", split.name, split.parts.len());
        return Ok(Outcome::Done);
    }
    let by = match args.by {
        SplitBy::Group => GroupBy::Group,
        SplitBy::Patient => GroupBy::Patient,
        SplitBy::Paper => GroupBy::Paper,
    };
    if let Some(folds) = args.folds {
        return save_folds(&mut store, args, folds, by);
    }
    let ratio: Ratio = args.ratio.parse().map_err(anyhow::Error::msg)?;
    let made = make(&store, &args.name, SplitOptions { by, ratio, seed: args.seed }, &Bars::new())?;
    store.save_split(&made.split)?;
    print_table(&made, by, ratio);
    Ok(told(&made))
}

/// What is to be known of the split, or of all splits of a deal, on stderr.
fn told(made: &Made) -> Outcome {
    for warning in made.warnings.iter().chain(&made.failures) {
        eprintln!("covid-ct: {warning}");
    }
    if made.failures.is_empty() { Outcome::Done } else { Outcome::DoneWithFailures }
}

fn save_folds(
    store: &mut Store,
    args: &SplitArgs,
    folds: u32,
    by: GroupBy,
) -> anyhow::Result<Outcome> {
    let made = make_folds(store, &args.name, by, folds, args.seed, &Bars::new())?;
    store.save_splits(made.iter().map(|made| &made.split))?;
    println!("splits '{}' to '{}' by {by}", made[0].split.name, made[made.len() - 1].split.name);
    println!("{:<6} {:<10} {:>7} {:>9}", "fold", "class", "panels", plural(by));
    for (fold, made) in (1..).zip(&made) {
        for label in Label::all() {
            let tested = made.cells.get(&(Split::Test, *label)).copied().unwrap_or_default();
            println!("{fold:<6} {label:<10} {:>7} {:>9}", tested.panels, tested.groups);
        }
    }
    print_left_out(&made[0]);
    Ok(told(&made[0]))
}

fn plural(by: GroupBy) -> &'static str {
    match by {
        GroupBy::Group => "groups",
        GroupBy::Patient => "patients",
        GroupBy::Paper => "papers",
    }
}

fn print_left_out(made: &Made) {
    println!("left out: {} in conflict, {} without a label", made.in_conflict, made.unlabelled);
}

fn print_table(made: &Made, by: GroupBy, ratio: Ratio) {
    let groups = plural(by);
    println!("split '{}' by {by}", made.split.name);
    println!(
        "{:<6} {:<10} {:>7} {groups:>9} {:>8} {:>8}",
        "part", "class", "panels", "reached", "wanted"
    );
    for part in Split::ALL {
        for label in Label::all() {
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
    print_left_out(made);
}
