//! `covid-ct predict`

use crate::metrics::DEFAULT_THRESHOLD;
use covid_ct_core::Label;
use std::collections::BTreeMap;
use std::collections::HashSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::dataset::history::stem_of;
use crate::model::pretrain::{Unlabelled, pictures_below};
use crate::model::{self, Backend, InputTransform, Odds, Pictures, Transformed, probability};
use crate::runs::{Members, RunFiles, check_run_name};
use crate::store::Store;
use crate::{Workspace, atomic};
use anyhow::{Context as _, bail};
use covid_ct_core::{ObjectStore, cells};
use serde::Serialize;

use super::environment::{Computing, prepare_for_tensors};
use super::evaluate::subject::{Subject, load, preparation};
use super::{Outcome, progress_bar};
use crate::cli::PredictArgs;

/// The run where none is named.
const DEFAULT_RUN: &str = "default";

/// A line of what is written. Nothing but a file's name is known of a picture given by name.
#[derive(Debug, Serialize)]
struct Scored {
    /// P of the positive class.
    score: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Of more than two classes.
    #[serde(skip)]
    of_classes: Option<OfClasses>,
}

/// What is said of a picture where there are more than two classes.
#[derive(Debug, Clone, Serialize)]
struct OfClasses {
    /// The likeliest.
    predicted: Label,
    probabilities: BTreeMap<Label, f64>,
}

pub fn run(backend: &dyn Backend, workspace: &Path, args: &PredictArgs) -> anyhow::Result<Outcome> {
    let computing = prepare_for_tensors(backend, &args.compute)?;
    let workspace = Workspace::new(workspace);
    let (run, files) = run_and_files(&workspace, args)?;
    if let Some(out) = &args.out {
        check_replaceable(out).with_context(|| format!("cannot write {}", out.display()))?;
    }
    let subject = Subject::find(&workspace, &run)?;
    subject.tell_missing();
    let Wanted { pictures, mut lines, failures } =
        if args.database { of_database(&workspace)? } else { of_files(files) };
    for failure in &failures {
        eprintln!("covid-ct: {failure}");
    }
    if pictures.is_empty() {
        bail!("no picture to score");
    }
    let (how, side) = preparation(subject.config());
    let bar = progress_bar(pictures.len(), "read");
    let wanted: Vec<PathBuf> = pictures.iter().map(|picture| picture.path.clone()).collect();
    let (pictures, bad) = Pictures::load_readable(pictures, how, side, || bar.inc(1));
    bar.finish_and_clear();
    for image in &bad {
        eprintln!("covid-ct: {}: {}", image.path.display(), image.reason);
    }
    if pictures.examples().is_empty() {
        bail!("none of the pictures can be read: nothing is scored");
    }
    let unread: HashSet<&Path> = bad.iter().map(|image| image.path.as_path()).collect();
    let mut read = wanted.iter().map(|path| !unread.contains(path.as_path()));
    lines.retain(|_| read.next().unwrap_or(false));
    let scored = scores(&computing, &subject, &pictures, args)?;
    for (line, odds) in lines.iter_mut().zip(&scored) {
        line.score = probability(odds.log_odds());
        let of_classes = || OfClasses {
            predicted: odds.predicted(DEFAULT_THRESHOLD),
            probabilities: Label::all().iter().copied().zip(odds.probabilities()).collect(),
        };
        line.of_classes = (Label::all().len() > 2).then(of_classes);
    }
    if let Some(line) = lines.iter().find(|line| !line.score.is_finite()) {
        bail!("the network's output for {line:?} is not a number: train {run} again");
    }
    write(&lines, args)?;
    let whole = bad.is_empty() && failures.is_empty() && subject.missing.is_empty();
    Ok(if whole { Outcome::Done } else { Outcome::DoneWithFailures })
}

/// The run, as typed, or `default`; and the pictures. The first argument is the run where there is one of that name,
/// and else a picture.
fn run_and_files<'a>(
    workspace: &Workspace,
    args: &'a PredictArgs,
) -> anyhow::Result<(String, &'a [PathBuf])> {
    let all = args.run_and_files.as_slice();
    let (run, files) = match (&args.run, all.split_first()) {
        (Some(run), _) => (run.clone(), all),
        (None, None) => (DEFAULT_RUN.to_owned(), all),
        (None, Some((first, others))) => {
            let name = first.to_str().filter(|name| check_run_name(name).is_ok());
            match name.filter(|name| is_run(workspace, name)) {
                Some(name) => (name.to_owned(), others),
                None if first.exists() => (DEFAULT_RUN.to_owned(), all),
                None => bail!(
                    "'{0}' is neither a run, {1}, nor a file: give `covid-ct predict RUN FILE…`",
                    first.display(),
                    workspace.runs().join(first).display()
                ),
            }
        }
    };
    match (args.database, files.first()) {
        (true, Some(file)) => bail!(
            "{} and --database: pictures come from files or from the database, not from both",
            file.display()
        ),
        (false, None) => {
            bail!("no picture to score: give `covid-ct predict {run} FILE…`, or --database")
        }
        _ => Ok((run, files)),
    }
}

fn is_run(workspace: &Workspace, name: &str) -> bool {
    let is_there = RunFiles::new(workspace.run(name)).config().is_file();
    is_there || Members::find(&workspace.runs(), name).is_ok_and(|found| !found.present.is_empty())
}

/// What is to be scored.
#[derive(Default)]
struct Wanted {
    pictures: Vec<Unlabelled>,
    /// One a picture.
    lines: Vec<Scored>,
    /// What was not found, each with the reason.
    failures: Vec<String>,
}

/// What is said by the run, or by a series' runs together.
fn scores(
    computing: &Computing<'_>,
    subject: &Subject,
    pictures: &Pictures<Unlabelled>,
    args: &PredictArgs,
) -> anyhow::Result<Vec<Odds>> {
    let seen = preparation(subject.config());
    let transform = InputTransform { flip: args.flip, ..InputTransform::default() };
    let mut of_members = Vec::new();
    for member in &subject.members {
        if preparation(&member.config) != seen {
            bail!("the runs of {} see pictures of different sizes: name one of them", subject.name);
        }
        let mut network = load(member, computing)?;
        let mut viewed = Transformed { scorer: network.as_mut(), transform };
        let bar = progress_bar(pictures.examples().len(), "score");
        let scored = model::score(&mut viewed, pictures, |images| bar.inc(images));
        bar.finish_and_clear();
        of_members.push(scored?);
    }
    Ok(Odds::mean_probability(&of_members))
}

/// Each picture once, however many documents hold it.
fn of_database(workspace: &Workspace) -> anyhow::Result<Wanted> {
    let store = Store::open_to_read(workspace)?;
    let objects = ObjectStore::at(&workspace.objects());
    let mut seen = HashSet::new();
    let mut wanted = Wanted::default();
    for image in store.images()? {
        // Tiles are seen in the picture they make up.
        let shown = image.tile_of.is_none() && !image.furniture;
        if !shown || !seen.insert(image.object.sha256.clone()) {
            continue;
        }
        wanted.pictures.push(Unlabelled {
            path: objects.path(&image.object),
            from: workspace.database(),
            bounds: None,
        });
        wanted.lines.push(Scored {
            score: f64::NAN,
            file: None,
            name: Some(stem_of(&store, &image)?),
            sha256: Some(image.object.sha256),
            of_classes: None,
        });
    }
    Ok(wanted)
}

fn of_files(files: &[PathBuf]) -> Wanted {
    let (mut pictures, mut failures) = (Vec::new(), Vec::new());
    for path in files {
        if path.is_dir() {
            let found = pictures_below(std::slice::from_ref(path));
            pictures.extend(found.pictures);
            failures.extend(found.failures);
        } else {
            pictures.push(Unlabelled { path: path.clone(), from: path.clone(), bounds: None });
        }
    }
    let line = |picture: &Unlabelled| Scored {
        score: f64::NAN,
        file: Some(picture.path.display().to_string()),
        sha256: None,
        name: None,
        of_classes: None,
    };
    let lines = pictures.iter().map(line).collect();
    Wanted { pictures, lines, failures }
}

/// Scores of earlier are replaced, in either form; other files stay.
fn check_replaceable(out: &Path) -> std::io::Result<()> {
    atomic::replaceable(out, atomic::Kind::Csv("{\"score\":"))
        .or_else(|_| atomic::replaceable(out, atomic::Kind::Csv("score")))
}

/// A column more for what is said, and one a class.
fn write_classes(writer: &mut csv::Writer<&mut Vec<u8>>, lines: &[Scored]) -> csv::Result<()> {
    let by_name = lines.iter().any(|line| line.name.is_some());
    let columns = if by_name { vec!["score", "sha256", "name"] } else { vec!["score", "file"] };
    let classes = Label::all().iter().map(|label| format!("p_{label}"));
    let columns = columns.into_iter().chain(["predicted"]).map(String::from);
    writer.write_record(columns.chain(classes))?;
    for Scored { score, file, sha256, name, of_classes } in lines {
        let mut cells = vec![score.to_string()];
        cells.extend([sha256, name, file].into_iter().flatten().cloned());
        if let Some(OfClasses { predicted, probabilities }) = of_classes {
            cells.push(predicted.to_string());
            cells.extend(probabilities.values().map(f64::to_string));
        }
        writer.write_record(cells)?;
    }
    Ok(())
}

fn write(lines: &[Scored], args: &PredictArgs) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    if args.json {
        for line in lines {
            match &line.of_classes {
                None => serde_json::to_writer(&mut bytes, line)?,
                Some(of_classes) => {
                    #[derive(Serialize)]
                    struct Both<'a> {
                        #[serde(flatten)]
                        line: &'a Scored,
                        #[serde(flatten)]
                        of_classes: &'a OfClasses,
                    }
                    serde_json::to_writer(&mut bytes, &Both { line, of_classes })?;
                }
            }
            bytes.push(b'\n');
        }
    } else {
        let mut writer = csv::Writer::from_writer(&mut bytes);
        if Label::all().len() > 2 {
            write_classes(&mut writer, lines)?;
        } else {
            for line in lines {
                writer.serialize(line)?;
            }
        }
        writer.flush()?;
        drop(writer);
        bytes = cells::guard(bytes);
    }
    let Some(out) = &args.out else {
        return std::io::stdout().lock().write_all(&bytes).context("stdout");
    };
    check_replaceable(out)
        .and_then(|()| atomic::replace(out, &bytes))
        .with_context(|| format!("cannot write {}", out.display()))
}
