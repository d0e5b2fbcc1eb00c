//! What the documents name is there: files and folders of the source, and commands.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use regex::Regex;
use walkdir::WalkDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Folders of the root that are no source: what commands and cargo make.
const MADE: [&str; 4] = ["data", "papers", "runs", "target"];

/// Every file and folder of the source, relative to the root.
fn source() -> Vec<PathBuf> {
    let is_source = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        let is_made = entry.depth() == 1 && MADE.contains(&&*name);
        let is_hidden = name.starts_with('.') && name != ".ci" && name != ".cargo";
        entry.depth() == 0 || !is_made && !is_hidden
    };
    let entries = WalkDir::new(ROOT).min_depth(1).into_iter().filter_entry(is_source);
    let paths = entries.map(|entry| entry.expect("source").into_path());
    paths.map(|path| path.strip_prefix(ROOT).expect("below the root").to_owned()).collect()
}

/// The documents for people, each with what it says. The changelog names what is gone, too.
fn documents() -> Vec<(PathBuf, String)> {
    let is_document = |path: &&PathBuf| {
        path.extension().is_some_and(|ending| ending == "md") && !path.ends_with("CHANGELOG.md")
    };
    let read = |path: &PathBuf| {
        let text = fs::read_to_string(Path::new(ROOT).join(path)).expect("document");
        (path.clone(), text)
    };
    source().iter().filter(is_document).map(read).collect()
}

/// `a/{b,c}.rs` as `a/b.rs` and `a/c.rs`.
fn expanded(text: &str) -> Vec<String> {
    let Some((before, rest)) = text.split_once('{') else { return vec![text.to_owned()] };
    let Some((inside, after)) = rest.split_once('}') else { return vec![text.to_owned()] };
    let each = inside.split(',').map(|one| format!("{before}{}{after}", one.trim()));
    each.flat_map(|one| expanded(&one)).collect()
}

/// All that the end of a path may be called: `src/store/turn.rs`, `store/turn.rs` and `turn.rs`.
fn endings(path: &Path) -> impl Iterator<Item = PathBuf> {
    let parts: Vec<_> = path.components().collect();
    (0..parts.len()).map(move |from| parts[from..].iter().collect())
}

#[test]
fn every_file_of_the_source_that_a_document_names_is_there() {
    let known: HashSet<PathBuf> = source().iter().flat_map(|path| endings(path)).collect();
    let code = Regex::new(r"`([\w.{}, /-]+)`").expect("pattern");
    let source_file = Regex::new(
        r"\.(rs|sh|py|sql)$|^(\.ci|\.cargo|src|crates|tests|tools|docs|migrations|findings|fuzz|tasks|python)/",
    )
    .expect("pattern");
    let mut named = 0;
    let mut gone = Vec::new();
    for (document, text) in documents() {
        let spans = code.captures_iter(&text).flat_map(|found| expanded(&found[1]));
        for path in spans.filter(|path| source_file.is_match(path)) {
            named += 1;
            if !known.contains(Path::new(path.trim_end_matches('/'))) {
                gone.push(format!("{}: {path}", document.display()));
            }
        }
    }
    assert!(named > 100, "the documents name {named} files: are they looked at?");
    assert!(gone.is_empty(), "named, but not there:\n{}", gone.join("\n"));
}

#[test]
fn every_link_of_a_document_leads_to_a_file() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").expect("pattern");
    let mut gone = Vec::new();
    for (document, text) in documents() {
        for found in link.captures_iter(&text) {
            let target = found[1].split('#').next().unwrap_or_default();
            let folder = Path::new(ROOT).join(document.parent().unwrap_or(Path::new("")));
            if !target.is_empty() && !target.contains("://") && !folder.join(target).exists() {
                gone.push(format!("{}: {target}", document.display()));
            }
        }
    }
    assert!(gone.is_empty(), "links that lead nowhere:\n{}", gone.join("\n"));
}

#[test]
fn every_command_that_a_document_names_is_one() {
    let named = Regex::new(r"(?m)(?:^|[`( ])(?:\./|target/release/)?covid-ct ([a-z][a-z-]+)")
        .expect("pattern");
    let code = Regex::new(r"(?s)```.*?```|`[^`\n]+`").expect("pattern");
    let mut commands = HashSet::new();
    let mut unknown = Vec::new();
    for (document, text) in documents() {
        for span in code.find_iter(&text) {
            for found in named.captures_iter(span.as_str()) {
                if &found[1] == "help" || !commands.insert(found[1].to_owned()) {
                    continue;
                }
                let help =
                    Command::new(crate::PROGRAM).args([&found[1], "--help"]).output().expect("run");
                if !help.status.success() {
                    unknown.push(format!("{}: covid-ct {}", document.display(), &found[1]));
                }
            }
        }
    }
    assert!(commands.len() > 20, "{commands:?}");
    assert!(unknown.is_empty(), "no commands:\n{}", unknown.join("\n"));
}

/// The lines of a document's blocks of shell commands.
fn shell_lines(document: &str) -> Vec<String> {
    let text = fs::read_to_string(Path::new(ROOT).join(document)).expect("document");
    let block = Regex::new(r"(?s)```sh\n(.*?)```").expect("pattern");
    let blocks = block.captures_iter(&text).map(|found| found[1].to_owned());
    blocks.flat_map(|block| block.lines().map(String::from).collect::<Vec<_>>()).collect()
}

#[test]
fn the_tutorial_does_what_it_says() {
    let lines = shell_lines("docs/tutorial.md");
    assert!(lines.len() > 12, "{lines:?}");
    let folder = tempfile::tempdir().expect("temporary folder");
    let programs = Path::new(crate::PROGRAM).parent().expect("folder");
    let path = std::env::var("PATH").unwrap_or_default();
    let script = format!("set -eux\n{}\n", lines.join("\n"));
    let run = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder.path())
        .env("PATH", format!("{}:{path}", programs.display()))
        .env_remove("COVID_CT_WORKSPACE")
        .write_stdin("")
        .output()
        .expect("run");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let made = folder.path().join("my-dataset");
    for file in [
        "figures.jsonl",
        "data/show/index.html",
        "annotations/my-dataset/decisions.csv",
        "data/export/default/train/covid",
        "data/export/plain/Images-processed",
        "data/rebuilt/my-dataset/MANIFEST.csv",
    ] {
        assert!(made.join(file).exists(), "{file}");
    }
}
