//! `covid-ct export`

use std::path::{Component, Path};

use covid_ct::Workspace;
use covid_ct::dataset::{DatasetError, export};
use covid_ct::extract::Renderings;
use covid_ct::figures::ImageOrigin;
use covid_ct::store::{Label, Part, Store};

use super::{Outcome, worker_options};
use crate::cli::{ExportArgs, ExportFormat};

pub fn run(workspace: &Path, args: &ExportArgs) -> anyhow::Result<Outcome> {
    let ExportFormat::CovidCt = args.format;
    let mut parts = Path::new(&args.name).components();
    if !matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None)) {
        return Err(DatasetError::BadName(args.name.clone()).into());
    }
    let workspace = Workspace::new(workspace);
    let mut store = Store::open_existing(&workspace)?;
    restore_renderings(&mut store, &workspace)?;
    let split = args.split.as_deref().unwrap_or(&args.name);
    let target = workspace.export(&args.name);
    let exported = export(&store, split, &target)?;
    for label in Label::ALL {
        let [train, val, test] = [Part::Train, Part::Val, Part::Test]
            .map(|part| exported.counts.get(&(*label, part)).copied().unwrap_or(0));
        println!("{label:<10} train {train:>5}  val {val:>5}  test {test:>5}");
    }
    println!("{}", target.display());
    if exported.not_in_split > 0 {
        eprintln!(
            "covid-ct: {} labelled panels are not in the split '{split}'",
            exported.not_in_split
        );
    }
    if exported.without_label > 0 {
        eprintln!(
            "covid-ct: {} panels of the split '{split}' have lost their label since; left out",
            exported.without_label
        );
    }
    for failure in &exported.failures {
        eprintln!("covid-ct: {failure}");
    }
    Ok(if exported.failures.is_empty() { Outcome::Done } else { Outcome::DoneWithFailures })
}

/// Makes renderings again whose files are gone: they can be had from the PDF, other pictures only from
/// an ingest. One that cannot be made is named by the export, as a picture that cannot be read.
fn restore_renderings(store: &mut Store, workspace: &Workspace) -> anyhow::Result<()> {
    let mut renderings = Renderings::new(worker_options(workspace)?);
    for panel in store.labelled_panels()? {
        let gone =
            panel.origin == ImageOrigin::Rendered && !store.objects().path(&panel.object).is_file();
        if gone
            && let Some(figure) = store.figure_of_image(panel.image)?
            && let Some(Err(error)) = renderings.of_figure(store, figure.id)?
        {
            eprintln!("covid-ct: {error}");
        }
    }
    Ok(())
}
