//! `covid-ct export`

use crate::dataset::Classes;
use std::cell::OnceCell;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use crate::Workspace;
use crate::atomic::Noted;
use crate::dataset::{
    DatasetError, Exported, Format, Hosting, Options, Size, check_target, export, export_figures,
    spare, verify,
};
use crate::extract::{self, RenderedAll, Renderings, render_all};
use crate::figures::ImageOrigin;
use crate::folds::fold_name;
use crate::store::{DocumentRow, Source, Store};
use anyhow::{anyhow, bail};
use covid_ct_core::{Label, Split, is_one_component};
use indicatif::ProgressBar;

use super::{Outcome, jobs, precious, progress_bar, stop_on_interrupt, worker_options};
use crate::cli::{DatasetArgs, ExportArgs, ExportFormat, LicenceArg, SizeArg};

pub fn run(workspace: &Path, args: &ExportArgs) -> anyhow::Result<Outcome> {
    if let Some(folder) = &args.verify {
        return check(folder);
    }
    let name = args.name.as_deref().unwrap_or(if args.figures { "figures" } else { "default" });
    if !is_one_component(name) {
        return Err(DatasetError::BadName(name.into()).into());
    }
    let workspace = Workspace::new(workspace);
    let mut store = Store::open_to_read(&workspace)?;
    let stop = stop_on_interrupt("stopping; what was exported before stays")?;
    let options = Options {
        figures: args.figures,
        allow_empty: args.allow_empty,
        ..options(&args.dataset, &stop)?
    };
    let target = args.out.clone().unwrap_or_else(|| workspace.export(name));
    let targets = match (args.folds, target.file_name()) {
        (None, _) => vec![target.clone()],
        (Some(folds), Some(name)) => {
            let name = name.to_string_lossy();
            (1..=folds).map(|fold| target.with_file_name(fold_name(&name, fold))).collect()
        }
        (Some(_), None) => {
            let target = target.display();
            bail!("{target}: expected a folder's name, after which the folds are called")
        }
    };
    // Before anything is drawn or cut.
    let mut noted = Vec::new();
    for target in &targets {
        spare(target, &precious(&workspace))?;
        check_target(target)?;
        noted.push(Noted::new(&workspace, target));
    }
    if args.figures {
        return export_all_figures(&mut store, &workspace, &target, &options, &stop);
    }
    if !store.is_read_only() {
        restore_renderings(&mut store, &workspace)?;
    }
    let split = args.split.as_deref().unwrap_or(name);
    let Some(folds) = args.folds else {
        return export_one(&store, split, &target, &options);
    };
    check_folds(&store, split, folds)?;
    let mut outcome = Outcome::Done;
    for (fold, target) in (1..).zip(&targets) {
        let exported = export_one(&store, &fold_name(split, fold), target, &options)?;
        if exported != Outcome::Done {
            outcome = exported;
        }
    }
    Ok(outcome)
}

/// Shows how many pictures are written, once it is known how many there are.
#[derive(Default)]
struct PictureBar(OnceCell<ProgressBar>);

impl PictureBar {
    fn start(&self, count: usize) {
        self.0.get_or_init(|| progress_bar(count, "pictures"));
    }

    fn advance(&self) {
        self.0.get().into_iter().for_each(|bar| bar.inc(1));
    }

    fn finish(&self) {
        self.0.get().into_iter().for_each(ProgressBar::finish_and_clear);
    }
}

/// Writes every figure; draws before what is not drawn yet.
fn export_all_figures(
    store: &mut Store,
    workspace: &Workspace,
    target: &Path,
    options: &Options<'_>,
    stop: &AtomicBool,
) -> anyhow::Result<Outcome> {
    if !options.format.holds_figures() {
        return Err(DatasetError::FiguresFormat(options.format).into());
    }
    // Where nothing can be written, what is drawn already is what there is.
    let drawn = if store.is_read_only() {
        let failed = undrawn(store)?.into_iter().map(cannot_be_drawn).collect();
        RenderedAll { failed, ..RenderedAll::default() }
    } else {
        draw_all(store, workspace, options, stop)?
    };
    for (path, error) in &drawn.failed {
        eprintln!("covid-ct: {}: {error}", path.display());
    }
    if drawn.made > 0 {
        eprintln!(
            "covid-ct: {} figures were drawn and are pictures of this workspace from now on, as after \
             `covid-ct ingest --render`: `covid-ct label` asks about figures that have no other picture",
            drawn.made
        );
    }
    let bar = PictureBar::default();
    let exported =
        export_figures(store, target, options, |count| bar.start(count), || bar.advance());
    bar.finish();
    let exported = exported?;
    print_exported(&exported, target);
    let is_whole = exported.failures.is_empty() && drawn.failed.is_empty();
    Ok(if is_whole { Outcome::Done } else { Outcome::DoneWithFailures })
}

/// Draws every figure that its pictures do not show, and names what cannot be.
fn draw_all(
    store: &mut Store,
    workspace: &Workspace,
    options: &Options<'_>,
    stop: &AtomicBool,
) -> anyhow::Result<RenderedAll> {
    let documents: Vec<DocumentRow> =
        undrawn(store)?.into_iter().map(|(document, _)| document).collect();
    let bar = progress_bar(documents.len(), "documents drawn");
    let workers = extract::Options {
        jobs: jobs(options.jobs.and_then(NonZero::new)),
        ..worker_options(workspace)?
    };
    let drawn = render_all(store, &workers, &documents, stop, || bar.inc(1))?;
    bar.finish_and_clear();
    Ok(drawn)
}

/// Documents with figures that are not drawn yet, and how many of each.
fn undrawn(store: &Store) -> anyhow::Result<Vec<(DocumentRow, usize)>> {
    let mut undrawn = Vec::new();
    for document in store.documents()? {
        let count = store.unrendered(document.id)?.len();
        let is_read = document.error.is_none() && document.source != Source::Release;
        if count > 0 && is_read {
            undrawn.push((document, count));
        }
    }
    Ok(undrawn)
}

/// What is told of those where nothing can be written.
fn cannot_be_drawn((document, count): (DocumentRow, usize)) -> (PathBuf, String) {
    let why = format!(
        "{count} of its figures are not drawn yet and are left out, since this workspace may only be read: \
         `covid-ct ingest --render` draws them where it may be written"
    );
    (PathBuf::from(document.path), why)
}

/// Refuses folds of more than one deal, and some of one: together they would not be what was split.
fn check_folds(store: &Store, split: &str, folds: u32) -> anyhow::Result<()> {
    for fold in 1..=folds {
        let name = fold_name(split, fold);
        let Some(there) = store.split(&name)? else {
            bail!(
                "no split named '{name}' here: make the folds with `covid-ct split {split} --folds {folds}`"
            );
        };
        if there.how["folds"] != folds {
            bail!(
                "the split '{name}' is not one of {folds} folds but was made with {}; make the folds again with \
                 `covid-ct split {split} --folds {folds}`",
                there.how
            );
        }
    }
    Ok(())
}

fn export_one(
    store: &Store,
    split: &str,
    target: &Path,
    options: &Options<'_>,
) -> anyhow::Result<Outcome> {
    let bar = PictureBar::default();
    let exported =
        export(store, split, target, options, |count| bar.start(count), || bar.advance());
    bar.finish();
    let exported = exported?;
    print_exported(&exported, target);
    if exported.not_in_split > 0 {
        eprintln!(
            "covid-ct: {} labelled panels are not in the split '{split}' and are left out: \
             `covid-ct split {split}` makes it again, with them",
            exported.not_in_split
        );
    }
    if exported.without_label > 0 {
        eprintln!(
            "covid-ct: {} panels of the split '{split}' have lost their label since; left out",
            exported.without_label
        );
    }
    Ok(if exported.failures.is_empty() { Outcome::Done } else { Outcome::DoneWithFailures })
}

/// The library's options, as typed.
///
/// # Errors
/// Where --classes names what is no class of the task.
pub fn options<'a>(args: &DatasetArgs, stop: &'a AtomicBool) -> anyhow::Result<Options<'a>> {
    let format = match args.format {
        ExportFormat::CovidCt => Format::CovidCt,
        ExportFormat::ImageFolder => Format::ImageFolder,
        ExportFormat::WebDataset => Format::WebDataset,
        ExportFormat::Parquet => Format::Parquet,
    };
    Ok(Options {
        format,
        figures: false,
        classes: match &args.classes {
            None => Classes::default(),
            Some(text) => text.parse().map_err(|why| anyhow!("--classes: {why}"))?,
        },
        hosting: match args.licence {
            LicenceArg::Any => Hosting::Any,
            LicenceArg::Open => Hosting::Open,
        },
        size: match args.size {
            SizeArg::Native => Size::Native,
            SizeArg::Square => Size::Square,
        },
        allow_empty: false,
        jobs: args.jobs.map(std::num::NonZero::get),
        stop: Some(stop),
    })
}

/// What was written and where; what could not be, on stderr.
pub fn print_exported(exported: &Exported, target: &Path) {
    if exported.figures > 0 || exported.counts.is_empty() {
        println!("{} pictures of figures", exported.figures);
    }
    let labels = if exported.counts.is_empty() { &[][..] } else { Label::all() };
    for label in labels {
        let [train, val, test] = [Split::Train, Split::Val, Split::Test]
            .map(|part| exported.counts.get(&(*label, part)).copied().unwrap_or(0));
        println!("{label:<10} train {train:>5}  val {val:>5}  test {test:>5}");
    }
    println!("{}", target.display());
    if exported.left_out > 0 {
        eprintln!(
            "covid-ct: {} pictures may not be re-hosted; they are in RECIPE.csv, for `covid-ct rebuild`",
            exported.left_out
        );
    }
    if exported.without_picture > 0 {
        eprintln!(
            "covid-ct: {} figures have no picture, only a caption; left out",
            exported.without_picture
        );
    }
    if exported.without_text > 0 {
        eprintln!(
            "covid-ct: {} pictures have neither caption nor label, as covers and logos have none; left out",
            exported.without_text
        );
    }
    for failure in &exported.failures {
        eprintln!("covid-ct: {failure}");
    }
}

fn check(folder: &Path) -> anyhow::Result<Outcome> {
    let verified = verify(folder)?;
    for difference in &verified.differences {
        println!("{difference}");
    }
    println!(
        "{} pictures and {} other files are as MANIFEST.csv lists them; {} differences",
        verified.pictures,
        verified.files,
        verified.differences.len()
    );
    Ok(if verified.differences.is_empty() { Outcome::Done } else { Outcome::DoneWithFailures })
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
