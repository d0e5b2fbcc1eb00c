//! `covid-ct publish`

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use covid_ct_core::is_one_component;

use super::Outcome;
use crate::Workspace;
use crate::cli::PublishArgs;
use crate::curation::{Prompt, Style};
use crate::dataset::{DatasetError, MANIFEST, read_manifest, verify};

/// What differs from MANIFEST.csv, or may not be passed on, is named up to here.
const NAMED: usize = 5;

/// The programs of `huggingface_hub`, the newer first, each with how it tells who is logged in.
const PROGRAMS: [(&str, &[&str]); 2] =
    [("hf", &["auth", "whoami"]), ("huggingface-cli", &["whoami"])];

pub fn run(workspace: &Path, args: &PublishArgs) -> anyhow::Result<Outcome> {
    if !is_one_component(&args.name) {
        return Err(DatasetError::BadName(args.name.clone()).into());
    }
    check_repository(&args.repo)?;
    let folder = Workspace::new(workspace).export(&args.name);
    let public = Public::read(&folder)?;
    public.print(args);
    let Some((program, whoami)) = PROGRAMS.into_iter().find(|(program, _)| is_there(program))
    else {
        bail!(
            "neither hf nor huggingface-cli is here: `pip install huggingface_hub`, then `hf auth login`, then this \
             again; or by hand `hf upload {} {} . --repo-type dataset`",
            args.repo,
            folder.display()
        );
    };
    let who = logged_in(program, whoami)?;
    if !args.yes && !is_meant(&args.repo, &who)? {
        eprintln!("covid-ct: nothing was published");
        return Ok(Outcome::Done);
    }
    let mut upload = Command::new(program);
    upload.args(["upload", &args.repo]).arg(&folder).args([".", "--repo-type", "dataset"]);
    upload.args(["--commit-message", &format!("Publish {}", args.name)]);
    if args.private {
        upload.arg("--private");
    }
    let status = upload.status().with_context(|| format!("cannot start {program}"))?;
    if !status.success() {
        bail!(
            "{program} ended with {status}, as it says above; what was uploaded by then may be there: publish again, \
             which sends the rest"
        );
    }
    eprintln!("published: the dataset {}", args.repo);
    Ok(Outcome::Done)
}

/// `OWNER/NAME`, as Hugging Face has them: nothing that could be an option or another argument.
fn check_repository(repository: &str) -> anyhow::Result<()> {
    let is_name = |name: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let starts = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        starts && name.len() <= 96 && name.chars().all(plain)
    };
    match repository.split_once('/') {
        Some((owner, name)) if is_name(owner) && is_name(name) => Ok(()),
        _ => bail!("--repo {repository}: expected OWNER/NAME, such as example/covid-ct"),
    }
}

/// What everybody would see.
struct Public {
    folder: PathBuf,
    pictures: usize,
    papers: usize,
    files: usize,
    bytes: u64,
    licences: BTreeMap<String, usize>,
}

impl Public {
    /// Reads an export, of which every file is as listed and every picture may be passed on.
    fn read(folder: &Path) -> anyhow::Result<Self> {
        let verified = verify(folder)?;
        if let Some(first) = verified.differences.first() {
            bail!(
                "{}: {} files are not as {MANIFEST} lists them, such as: {first}; export it again",
                folder.display(),
                verified.differences.len()
            );
        }
        let rows = read_manifest(&folder.join(MANIFEST))?;
        let pictures: Vec<_> = rows.iter().filter(|row| row.is_picture()).collect();
        let closed: Vec<_> = pictures.iter().filter(|row| !row.is_open()).collect();
        if !closed.is_empty() {
            let named = closed.iter().take(NAMED).map(|row| {
                let licence = if row.licence.is_empty() { "none stated" } else { &row.licence };
                format!("{} ({licence})", row.name)
            });
            bail!(
                "{} of {} pictures may not be passed on, such as {}: export with --licence open, and publish that",
                closed.len(),
                pictures.len(),
                named.collect::<Vec<_>>().join(", ")
            );
        }
        if pictures.is_empty() {
            bail!("{}: there is no picture in it", folder.display());
        }
        let mut licences: BTreeMap<String, usize> = BTreeMap::new();
        for row in &pictures {
            *licences.entry(row.licence.clone()).or_default() += 1;
        }
        let papers: BTreeSet<&str> = pictures.iter().map(|row| row.preprint.as_str()).collect();
        let (mut files, mut bytes) = (0, 0);
        for entry in walkdir::WalkDir::new(folder) {
            let entry = entry?;
            if entry.file_type().is_file() {
                files += 1;
                bytes += entry.metadata()?.len();
            }
        }
        let (pictures, papers) = (pictures.len(), papers.len());
        Ok(Self { folder: folder.into(), pictures, papers, files, bytes, licences })
    }

    fn print(&self, args: &PublishArgs) {
        let who = if args.private { "by those whom its owner lets in" } else { "by everybody" };
        println!("{} -> the dataset {}, to be seen {who}:", self.folder.display(), args.repo);
        println!(
            "  {} pictures of {} papers, with captions and what was decided; {} files, {} bytes",
            self.pictures, self.papers, self.files, self.bytes
        );
        for (licence, count) in &self.licences {
            println!("  {count} under {licence}");
        }
        println!("  What is public may be copied, and cannot be taken back.");
    }
}

fn is_there(program: &str) -> bool {
    let mut version = Command::new(program);
    version.arg("--help").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    version.status().is_ok_and(|status| status.success())
}

/// Whose login the program has; it alone knows the token.
fn logged_in(program: &str, whoami: &[&str]) -> anyhow::Result<String> {
    let asked = Command::new(program).args(whoami).stdin(Stdio::null()).output();
    let asked = asked.with_context(|| format!("cannot start {program}"))?;
    let said = String::from_utf8_lossy(&asked.stdout).trim().to_owned();
    if !asked.status.success() || said.is_empty() || said.starts_with("Not logged in") {
        let login = if program == "hf" { "hf auth login" } else { "huggingface-cli login" };
        bail!("{program} is not logged in: `{login}`, then this again");
    }
    Ok(said.lines().next().unwrap_or_default().to_owned())
}

fn is_meant(repository: &str, who: &str) -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        bail!("no terminal to ask for confirmation: --yes publishes without it");
    }
    let mut prompt = Prompt::new(io::stdin().lock(), io::stdout().lock(), Style::of_stdout());
    let question = format!("Publish it as {who}? Type {repository} to do so:");
    Ok(prompt.ask(&question)?.as_deref() == Some(repository))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_an_owner_and_a_name() {
        for right in ["example/covid-ct", "a1/b_2.c"] {
            assert!(check_repository(right).is_ok(), "{right}");
        }
        for wrong in ["", "x", "/x", "x/", "a/b/c", "--token/x", "a/--x", "a/b c", "a/..", "ä/b"] {
            assert!(check_repository(wrong).is_err(), "{wrong}");
        }
    }
}
