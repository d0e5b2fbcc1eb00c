//! `covid-ct import-release`

use crate::covid_ct::require_its_task;
use std::path::Path;

use crate::Workspace;
use crate::covid_ct::release::{Imported, Release, import};
use crate::store::Store;
use covid_ct_core::{Label, Split};

use super::Outcome;
use crate::cli::ImportReleaseArgs;

pub fn run(workspace: &Path, args: &ImportReleaseArgs) -> anyhow::Result<Outcome> {
    require_its_task("import-release").map_err(anyhow::Error::msg)?;
    let release = Release::read(&args.folder)?;
    for warning in &release.warnings {
        eprintln!("covid-ct: {warning}");
    }
    let mut store = Store::open(&Workspace::new(workspace))?;
    let imported = import(&mut store, &release, &args.split)?;
    print_imported(&imported, &args.split);
    for failure in &imported.failures {
        eprintln!("covid-ct: {failure}");
    }
    Ok(if imported.failures.is_empty() { Outcome::Done } else { Outcome::DoneWithFailures })
}

fn print_imported(imported: &Imported, split: &str) {
    println!("papers: {} added, {} already here", imported.papers, imported.papers_present);
    for label in Label::all() {
        let panels = imported.panels.get(label).copied().unwrap_or(0);
        let [train, val, test] = [Split::Train, Split::Val, Split::Test]
            .map(|part| imported.parts.get(&(*label, part)).copied().unwrap_or(0));
        println!(
            "{label:<10} {panels:>4} panels; split '{split}': train {train}, val {val}, test {test}"
        );
    }
    if imported.papers == 0 && !imported.split_is_new {
        println!("nothing changed");
    }
}
