//! `covid-ct predict`

use std::collections::HashSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use covid_ct::Workspace;
use covid_ct::metrics::RunFiles;
use covid_ct::model::pretrain::{Unlabelled, from_folders};
use covid_ct::model::{self, Pictures, Preparation};
use covid_ct::store::{ObjectStore, Store};
use serde::Serialize;

use super::environment::prepare_for_tensors;
use super::train::compute;
use super::{Outcome, evaluate, progress_bar};
use crate::cli::PredictArgs;

/// A line of what is written. Nothing but a file's name is known of a picture given by name.
#[derive(Debug, Serialize)]
struct Scored {
    /// P(COVID).
    score: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

pub fn run(workspace: &Path, args: &PredictArgs) -> anyhow::Result<Outcome> {
    model::check_available()?;
    prepare_for_tensors();
    let workspace = Workspace::new(workspace);
    let files = RunFiles::new(workspace.run(&args.run));
    let config = evaluate::read_config(&files, &args.run)?;
    let (pictures, mut lines) =
        if args.database { of_database(&workspace)? } else { of_files(&args.files)? };
    if pictures.is_empty() {
        bail!("no picture to score");
    }
    let recipe = config.recipe;
    let bar = progress_bar(pictures.len(), "read");
    let wanted: Vec<PathBuf> = pictures.iter().map(|picture| picture.path.clone()).collect();
    let whole = Preparation::Whole(recipe.fit);
    let (pictures, bad) = Pictures::load_readable(pictures, whole, recipe.size, || bar.inc(1));
    bar.finish_and_clear();
    for image in &bad {
        eprintln!("covid-ct: {}: {}", image.path.display(), image.reason);
    }
    let unread: HashSet<&Path> = bad.iter().map(|image| image.path.as_path()).collect();
    let mut read = wanted.iter().map(|path| !unread.contains(path.as_path()));
    lines.retain(|_| read.next().unwrap_or(false));

    let mut scorer = evaluate::scorer(&files, &config, compute(&args.compute))?;
    let bar = progress_bar(lines.len(), "score");
    let scored = model::score(scorer.as_mut(), &pictures, |images| bar.inc(images));
    bar.finish_and_clear();
    for (line, log_odds) in lines.iter_mut().zip(scored?) {
        line.score = 1.0 / (1.0 + (-log_odds).exp());
    }
    if let Some(line) = lines.iter().find(|line| !line.score.is_finite()) {
        bail!("the network's output for {line:?} is not a number: train {} again", args.run);
    }
    write(&lines, args)?;
    Ok(if bad.is_empty() { Outcome::Done } else { Outcome::DoneWithFailures })
}

/// Each picture once, however many documents hold it.
fn of_database(workspace: &Workspace) -> anyhow::Result<(Vec<Unlabelled>, Vec<Scored>)> {
    let store = Store::open_existing(workspace)?;
    let objects = ObjectStore::open(&workspace.objects())?;
    let mut seen = HashSet::new();
    let (mut pictures, mut lines) = (Vec::new(), Vec::new());
    for image in store.images()? {
        // Tiles are seen in the picture they make up.
        let shown = image.tile_of.is_none() && !image.furniture;
        if !shown || !seen.insert(image.object.sha256.clone()) {
            continue;
        }
        pictures.push(Unlabelled {
            path: objects.path(&image.object),
            from: workspace.database(),
            bounds: None,
        });
        let number = image.xref.map(|xref| format!("-{xref}")).unwrap_or_default();
        let name = format!("{}-p{}{number}", image.preprint_name, image.page);
        lines.push(Scored {
            score: f64::NAN,
            file: None,
            sha256: Some(image.object.sha256),
            name: Some(image.file_name.unwrap_or(name)),
        });
    }
    Ok((pictures, lines))
}

fn of_files(files: &[PathBuf]) -> anyhow::Result<(Vec<Unlabelled>, Vec<Scored>)> {
    let mut pictures = Vec::new();
    for path in files {
        if path.is_dir() {
            pictures.extend(from_folders(std::slice::from_ref(path), None)?.pictures);
        } else {
            pictures.push(Unlabelled { path: path.clone(), from: path.clone(), bounds: None });
        }
    }
    let line = |picture: &Unlabelled| Scored {
        score: f64::NAN,
        file: Some(picture.path.display().to_string()),
        sha256: None,
        name: None,
    };
    let lines = pictures.iter().map(line).collect();
    Ok((pictures, lines))
}

fn write(lines: &[Scored], args: &PredictArgs) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    if args.json {
        for line in lines {
            serde_json::to_writer(&mut bytes, line)?;
            bytes.push(b'\n');
        }
    } else {
        let mut writer = csv::Writer::from_writer(&mut bytes);
        for line in lines {
            writer.serialize(line)?;
        }
        writer.flush()?;
        drop(writer);
    }
    let Some(out) = &args.out else {
        return std::io::stdout().lock().write_all(&bytes).context("stdout");
    };
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let refused = || format!("cannot write {}", out.display());
    let mut file =
        tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).with_context(refused)?;
    file.write_all(&bytes).with_context(refused)?;
    file.as_file().sync_all().with_context(refused)?;
    file.persist(out).with_context(refused)?;
    Ok(())
}
