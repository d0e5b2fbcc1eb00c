//! `covid-ct synth`

use std::io::IsTerminal as _;

use anyhow::Context as _;
use covid_ct::synth::{Options, write_corpus};
use indicatif::{ProgressBar, ProgressStyle};

use super::Outcome;
use crate::cli::SynthArgs;

pub fn run(args: &SynthArgs) -> anyhow::Result<Outcome> {
    let bar = if std::io::stderr().is_terminal() {
        ProgressBar::new(u64::from(args.papers))
    } else {
        ProgressBar::hidden()
    };
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} papers, {eta} left")?);
    let options = Options { papers: args.papers, seed: args.seed };
    let made = write_corpus(&args.folder, options, || bar.inc(1))
        .context("the sample corpus was not written")?;
    bar.finish_and_clear();
    let folder = args.folder.display();
    println!("{} papers, {} pages: {folder}/pdf/", made.papers, made.pages);
    println!("{} figures and {} tables: {folder}/figures.jsonl", made.figures, made.tables);
    println!(
        "{} CT panels ({} COVID, {} non-COVID) of {} patients: {folder}/annotations/",
        made.panels,
        made.covid,
        made.panels - made.covid,
        made.patients
    );
    Ok(Outcome::Done)
}
