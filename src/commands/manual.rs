//! `covid-ct completions` and `covid-ct man`: what `make install` puts beside the binary.

use anyhow::Context as _;

use super::Outcome;
use crate::cli::{self, CompletionsArgs, ManArgs};

pub fn completions(args: &CompletionsArgs) -> Outcome {
    clap_complete::generate(args.shell, &mut cli::command(), "covid-ct", &mut std::io::stdout());
    Outcome::Done
}

pub fn man(args: &ManArgs) -> anyhow::Result<Outcome> {
    let folder = &args.folder;
    std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(cli::command(), folder))
        .with_context(|| format!("cannot write man pages to {}", folder.display()))?;
    Ok(Outcome::Done)
}
