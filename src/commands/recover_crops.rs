//! `covid-ct recover-crops`

use crate::covid_ct::require_its_task;
use std::io::{self, Write as _};
use std::path::Path;

use crate::Workspace;
use crate::covid_ct::recover::{Found, Outcome as Search, Sought, record, recover};
use crate::covid_ct::release::Release;
use crate::dataset::layout::class_name;
use crate::store::Store;
use covid_ct_core::cells;

use super::{Outcome, ingest, jobs, progress_bar};
use crate::cli::RecoverCropsArgs;

pub fn run(workspace: &Path, args: &RecoverCropsArgs) -> anyhow::Result<Outcome> {
    require_its_task("recover-crops").map_err(anyhow::Error::msg)?;
    // Before anything else uses the threads: reading PDFs does.
    rayon::ThreadPoolBuilder::new().num_threads(jobs(args.jobs)).build_global()?;
    let release = Release::read(&args.release)?;
    let mut outcome = Outcome::Done;
    if let Some(pdfs) = &args.pdfs {
        outcome = ingest::quietly(workspace, pdfs, args.jobs)?;
    }
    let mut store = Store::open_existing(&Workspace::new(workspace))?;
    let bar = progress_bar(release.pictures.len(), "pictures");
    let sought = recover(&store, &release, || bar.inc(1));
    bar.finish_and_clear();
    let sought = sought?;
    print(&sought)?;
    let recorded = record(&mut store, &sought, &args.split)?;
    eprintln!(
        "{} of {} pictures found, {} panels and {} decisions recorded",
        sought.iter().filter(|sought| matches!(sought.outcome, Search::Found(_))).count(),
        sought.len(),
        recorded.panels,
        recorded.decisions
    );
    if tell_missing(&sought) {
        outcome = Outcome::DoneWithFailures;
    }
    Ok(outcome)
}

/// One line a picture, those not found with empty fields.
fn print(sought: &[Sought]) -> anyhow::Result<()> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record([
        "file", "class", "preprint", "version", "page", "xref", "panel", "scale", "score",
    ])?;
    for Sought { picture, paper, outcome } in sought {
        let mut row =
            vec![picture.file_name.clone(), class_name(picture.label).into(), paper.clone()];
        match outcome {
            Search::Found(found) => {
                let Found { image, bounds, scale, score } = &**found;
                row.extend([
                    image.preprint_version.clone(),
                    image.page.to_string(),
                    image.xref.map(|xref| xref.to_string()).unwrap_or_default(),
                    bounds.to_string(),
                    format!("{scale:.4}"),
                    format!("{score:.4}"),
                ]);
            }
            Search::NotFound(score) => {
                row.extend(["", "", "", "", ""].map(String::from));
                row.push(format!("{score:.4}"));
            }
            Search::NoPaper | Search::Unreadable(_) => {
                row.extend(["", "", "", "", "", ""].map(String::from));
            }
        }
        csv.write_record(row)?;
    }
    let bytes = csv.into_inner().map_err(csv::IntoInnerError::into_error)?;
    Ok(io::stdout().lock().write_all(&cells::guard(bytes))?)
}

/// Says what was not found; whether there is any.
fn tell_missing(sought: &[Sought]) -> bool {
    let mut papers: Vec<&str> = Vec::new();
    let mut without_paper = 0;
    for Sought { picture, paper, outcome } in sought {
        match outcome {
            Search::Found(_) => {}
            Search::NotFound(score) => eprintln!(
                "covid-ct: {} is in no picture of {paper}; the best correlation is {score:.3}",
                picture.file_name
            ),
            Search::Unreadable(why) => eprintln!("covid-ct: {}: {why}", picture.path.display()),
            Search::NoPaper => {
                without_paper += 1;
                if !papers.contains(&paper.as_str()) {
                    papers.push(paper);
                }
            }
        }
    }
    if without_paper > 0 {
        eprintln!(
            "covid-ct: {without_paper} pictures are of {} papers that are not in this database, such as \
             {}: ingest their PDFs, or name their folder with --pdfs",
            papers.len(),
            papers.iter().take(3).copied().collect::<Vec<_>>().join(", ")
        );
    }
    sought.iter().any(|sought| !matches!(sought.outcome, Search::Found(_)))
}
