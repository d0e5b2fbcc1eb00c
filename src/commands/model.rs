//! `covid-ct model card`

use std::path::Path;

use crate::report::{HEADING, ModelCard};
use crate::runs::{Members, RunConfig, RunFiles, check_run_name};
use crate::{Workspace, atomic};
use anyhow::{Context as _, bail};
use covid_ct_core::Split;

use super::Outcome;
use crate::cli::{ModelArgs, ModelCardArgs, ModelCommand};

pub fn run(workspace: &Path, args: &ModelArgs) -> anyhow::Result<Outcome> {
    match &args.command {
        ModelCommand::Card(args) => card(&Workspace::new(workspace), args),
    }
}

fn card(workspace: &Workspace, args: &ModelCardArgs) -> anyhow::Result<Outcome> {
    check_run_name(&args.run)?;
    let files = RunFiles::new(workspace.run(&args.run));
    let configs: Vec<RunConfig> = if files.config().is_file() {
        vec![files.read_config()?]
    } else {
        let members = Members::find(&workspace.runs(), &args.run)?;
        members.present.into_iter().map(|member| member.config).collect()
    };
    if configs.is_empty() {
        bail!(
            "no run at {}, and no run of a series '{1}': run `covid-ct train {1}` first",
            files.folder().display(),
            args.run
        );
    }
    // What is not there was not measured; what is there and damaged is an error.
    let metrics = files.metrics(Split::Test).is_file().then(|| files.read_metrics(Split::Test));
    let controls = files.controls(Split::Test).is_file().then(|| files.read_controls(Split::Test));
    let (metrics, controls) = (metrics.transpose()?, controls.transpose()?);
    let card = ModelCard {
        name: &args.run,
        configs: &configs,
        metrics: metrics.as_ref(),
        controls: controls.as_ref(),
    };
    let path = args.out.clone().unwrap_or_else(|| files.folder().join("MODEL_CARD.md"));
    std::fs::create_dir_all(files.folder())
        .and_then(|()| atomic::replaceable(&path, atomic::Kind::Markdown(HEADING)))
        .and_then(|()| atomic::replace(&path, card.text().as_bytes()))
        .with_context(|| format!("cannot write {}", path.display()))?;
    println!("{}", path.display());
    Ok(Outcome::Done)
}
