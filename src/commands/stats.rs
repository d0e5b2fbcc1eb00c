//! `covid-ct stats`

use std::path::Path;

use crate::Workspace;
use crate::dataset::stats::{ClassStats, Spread, Stats};
use crate::store::Store;
use covid_ct_core::Split;

use super::Outcome;
use crate::cli::StatsArgs;

/// A row of the table: what it says of a class.
type Row = (&'static str, fn(&ClassStats) -> Option<String>);

const ROWS: [Row; 8] = [
    ("images", |class| Some(class.images.to_string())),
    ("patients", |class| class.patients.map(|count| count.to_string())),
    ("preprints", |class| class.preprints.map(|count| count.to_string())),
    ("height", |class| class.height.map(spread)),
    ("width", |class| class.width.map(spread)),
    ("train", |class| part(class, Split::Train)),
    ("val", |class| part(class, Split::Val)),
    ("test", |class| part(class, Split::Test)),
];

pub fn run(workspace: &Path, args: &StatsArgs) -> anyhow::Result<Outcome> {
    let store = Store::open_to_read(&Workspace::new(workspace))?;
    let stats = Stats::read(&store, args.split.as_deref())?;
    if args.json {
        println!("{}", serde_json::to_string(&stats)?);
    } else {
        print_table(&stats);
    }
    Ok(Outcome::Done)
}

fn print_table(stats: &Stats) {
    let columns: Vec<(&str, &ClassStats)> = stats
        .dataset
        .iter()
        .enumerate()
        .flat_map(|(class, here)| {
            let paper = stats.paper.get(class).map(|paper| ("COVID-CT paper", paper));
            std::iter::once(("here", here)).chain(paper)
        })
        .collect();
    let heads = columns.iter().map(|(head, _)| format!("{head:>20}"));
    println!("{:<12}{}", "", heads.collect::<String>());
    let line = |name: &str, cell: &dyn Fn(&ClassStats) -> Option<String>| {
        let cell =
            |class: &ClassStats| format!("{:>20}", cell(class).unwrap_or_else(|| "-".into()));
        println!("{name:<12}{}", columns.iter().map(|(_, class)| cell(class)).collect::<String>());
    };
    line("", &|class| Some(class.label.to_string()));
    for (name, value) in ROWS {
        line(name, &value);
    }
    println!("\nheight and width: smallest / mean / greatest, in pixels");
    match &stats.split {
        Some(name) => println!("train, val and test: images of the split '{name}'"),
        None => println!("train, val and test: no split named, and none or several are here"),
    }
}

fn spread(Spread { min, mean, max }: Spread) -> String {
    format!("{min} / {mean:.1} / {max}")
}

fn part(class: &ClassStats, part: Split) -> Option<String> {
    class.parts.get(&part).map(ToString::to_string)
}
