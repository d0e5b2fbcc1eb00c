//! `covid-ct synth`

use crate::synth::{Options, write_corpus, write_slices};
use anyhow::Context as _;

use super::{Outcome, progress_bar};
use crate::cli::SynthArgs;

/// # Errors
/// Where the corpus cannot be written.
pub fn run(args: &SynthArgs) -> anyhow::Result<Outcome> {
    let folder = args.folder.display();
    let (count, what) = args.slices.map_or((args.papers, "papers"), |slices| (slices, "slices"));
    let bar = progress_bar(count as usize, what);
    if args.slices.is_some() {
        write_slices(&args.folder, count, args.seed, || bar.inc(1))
            .context("the slices were not written")?;
        bar.finish_and_clear();
        println!("{count} slices: {folder}/slices/, what they show: {folder}/slices.csv");
        return Ok(Outcome::Done);
    }
    let options = Options { papers: args.papers, seed: args.seed, varied: args.varied };
    let made = write_corpus(&args.folder, options, || bar.inc(1))
        .context("the sample corpus was not written")?;
    bar.finish_and_clear();
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
