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

/// What nodes and edges of a diagram may be called that are no table, program, command or file.
const PLAIN: [&str; 8] = [
    "a person",
    "make, at first",
    "network",
    "objects",
    "SQLite",
    "published release",
    "one PDF at a time",
    "pictures",
];

/// The diagrams of the documents, each with where it begins.
fn diagrams() -> Vec<(String, String)> {
    let block = Regex::new(r"(?ms)^```mermaid\n(.*?)^```$").expect("pattern");
    let mut all = Vec::new();
    for (document, text) in documents() {
        for found in block.captures_iter(&text) {
            let line = text[..found.get(1).expect("a group").start()].lines().count() + 1;
            all.push((format!("{}:{line}", document.display()), found[1].to_owned()));
        }
    }
    all
}

/// Tables of the migrations, in capitals as diagrams have them.
fn tables() -> HashSet<String> {
    let create = Regex::new(r"(?i)create table (\w+)").expect("pattern");
    let files = fs::read_dir(Path::new(ROOT).join("migrations")).expect("migrations");
    let texts = files.map(|file| fs::read_to_string(file.expect("file").path()).expect("SQL"));
    let names = |text: String| -> Vec<String> {
        create.captures_iter(&text).map(|found| found[1].to_uppercase()).collect()
    };
    texts.flat_map(names).collect()
}

/// What a flowchart says: the texts of its nodes, and of its edges each between two commas.
fn words_of(flowchart: &str) -> Vec<String> {
    let edge = Regex::new(r#"-- *"?([^"\->][^"]*?)"? *-->"#).expect("pattern");
    let label = Regex::new(r#"[\w]+[\[(]+"?([^\[\]()"]+)"?[\])]+"#).expect("pattern");
    let bare = Regex::new(r"^[a-z][a-z-]*$").expect("pattern");
    let groups: Vec<&str> = flowchart
        .lines()
        .filter_map(|line| line.trim().strip_prefix("subgraph "))
        .filter_map(|group| group.split('[').next())
        .collect();
    let named: HashSet<&str> = flowchart
        .split_whitespace()
        .filter_map(|word| word.split_once(['[', '(']).map(|(name, _)| name))
        .chain(groups)
        .collect();
    let mut words = Vec::new();
    for line in flowchart.lines().skip(1).map(str::trim) {
        if line.is_empty() || line.starts_with("subgraph ") || line.starts_with("direction ") {
            continue;
        }
        words.extend(label.captures_iter(line).map(|found| found[1].to_owned()));
        let told = edge.captures_iter(line).map(|found| found[1].to_owned());
        words.extend(told.flat_map(|text| text.split(", ").map(String::from).collect::<Vec<_>>()));
        let line = edge.replace_all(line, "-->").replace("<-->", "-->");
        let nodes = line.split("-->").map(str::trim);
        let alone = nodes.filter(|node| bare.is_match(node) && *node != "end");
        words.extend(alone.filter(|node| !named.contains(node)).map(String::from));
    }
    words
}

#[test]
fn whatever_a_diagram_names_is_there() {
    let tables = tables();
    // By its source: `cargo test` builds no program of a crate that has no tests of whole commands.
    let is_program = |word: &str| {
        let folder = word.strip_prefix("covid-ct-").map(|name| format!("crates/{name}/"));
        let main = format!("{}src/main.rs", folder.unwrap_or_default());
        word.starts_with("covid-ct") && Path::new(ROOT).join(main).is_file()
    };
    let is_command = |text: &str| {
        let mut words: Vec<&str> = text.split(' ').collect();
        if words.last() == Some(&"buckets") {
            words.truncate(1);
        }
        let help = Command::new(crate::PROGRAM).args(words).arg("--help").output().expect("run");
        help.status.success()
    };
    let is_there = |word: &str| {
        PLAIN.contains(&word)
            || Path::new(word).extension().is_some_and(|extension| extension == "csv")
            || word == "data/export/NAME/"
            || word.ends_with('/') && Path::new(ROOT).join(word).is_dir()
            || is_program(word)
            || is_command(word.split(", from").next().unwrap_or(word))
    };
    let entity = Regex::new(r"\b[A-Z][A-Z_]{3,}\b").expect("pattern");
    let mut unknown = Vec::new();
    let diagrams = diagrams();
    for (place, text) in &diagrams {
        let words: Vec<String> = if text.starts_with("erDiagram\n") {
            let names = entity.find_iter(text).map(|found| found.as_str().to_owned());
            names.filter(|name| !tables.contains(name)).collect()
        } else {
            assert!(
                text.starts_with("flowchart "),
                "{place}: this test reads flowchart and erDiagram"
            );
            let words = words_of(text);
            assert!(words.len() > 5, "{place}: {words:?}");
            words.into_iter().filter(|word| !is_there(word)).collect()
        };
        unknown.extend(words.iter().map(|word| format!("{place}: {word}")));
    }
    assert!(diagrams.len() > 2, "{}", diagrams.len());
    assert!(unknown.is_empty(), "no table, program, command or file:\n{}", unknown.join("\n"));
}

/// The words that docs/terms.md has a better one for, each with that.
fn old_words() -> Vec<(Regex, String)> {
    let text = fs::read_to_string(Path::new(ROOT).join("docs/terms.md")).expect("document");
    let (_, section) = text.split_once("## Words that we do not use").expect("the section");
    let section = section.split("\n## ").next().unwrap_or(section);
    let pattern = Regex::new("`([^`]+)`").expect("pattern");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let of_row = |row: &str| -> Vec<(Regex, String)> {
        let row = format!("`{row}").replace("\\|", "\u{1}");
        let (old, new) = row.split_once(" | ").expect("two columns");
        let new = new.trim_end_matches(" |").to_owned();
        let one = |found: regex::Captures<'_>| {
            let word = Regex::new(&format!("(?i){}", found[1].replace('\u{1}', "|")));
            (word.expect("a regular expression"), new.clone())
        };
        pattern.captures_iter(old).map(one).collect()
    };
    rows.flat_map(of_row).collect()
}

/// Whether a line of Rust is read by users: help, or a text within quotation marks (also one that goes on from the line before).
fn is_public(path: &Path, line: &str) -> bool {
    let line = line.trim_start();
    let is_help = path.iter().any(|folder| folder == "cli") && line.starts_with("///");
    is_help || !line.starts_with("//")
}

/// What users read, line by line: the documents, help, pages and messages.
fn public_text() -> Vec<(PathBuf, usize, String)> {
    let mut lines = Vec::new();
    for path in source() {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let is_test = path.ends_with("tests.rs") || path.iter().any(|folder| folder == "tests");
        let is_page = matches!(ending, "js" | "html") && path.iter().any(|folder| folder == "page");
        let is_text = ending == "md" && !path.ends_with("CHANGELOG.md");
        if is_test || !(is_page || is_text || ending == "rs") {
            continue;
        }
        let text = fs::read_to_string(Path::new(ROOT).join(&path)).expect("source");
        let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
        let text = if ending == "rs" { &text[..end] } else { &text };
        let numbered = text.lines().enumerate();
        let told = numbered.filter(|(_, line)| ending != "rs" || is_public(&path, line));
        lines.extend(told.map(|(at, line)| (path.clone(), at + 1, line.to_owned())));
    }
    lines
}

/// A line and the one it goes on in, as one text: a phrase may be broken between them.
fn with_the_next(line: &str, next: Option<&str>) -> String {
    let next = next.unwrap_or_default().trim_start();
    let next = next.strip_prefix("///").unwrap_or(next).trim_start();
    format!("{} {next}", line.trim_end().trim_end_matches('\\').trim_end())
}

#[test]
fn a_phrase_that_is_broken_between_lines_is_found() {
    assert_eq!(with_the_next("    /// The test", Some("    /// part")), "    /// The test part");
    assert_eq!(with_the_next("\"the test \\", Some("   part\"")), "\"the test part\"");
    assert_eq!(with_the_next("the test", None), "the test ");
}

#[test]
fn nothing_that_users_read_has_a_word_of_our_own_for_what_the_field_has_one() {
    let words = old_words();
    assert!(words.len() > 15, "docs/terms.md lists {} words", words.len());
    let is_list = |line: &str| line.starts_with("| `");
    let lines = public_text();
    assert!(lines.len() > 20_000, "{} lines: is all of it looked at?", lines.len());
    let mut found = Vec::new();
    for (at, (path, number, line)) in lines.iter().enumerate() {
        if path.ends_with("docs/terms.md") && is_list(line) {
            continue;
        }
        let after = lines.get(at + 1).filter(|(file, next, _)| file == path && *next == number + 1);
        let text = with_the_next(line, after.map(|(_, _, next)| next.as_str()));
        for (old, new) in &words {
            // What lies in the next line alone is found there.
            for found_here in old.find_iter(&text).filter(|place| place.start() < line.len()) {
                let old = found_here.as_str();
                found
                    .push(format!("{}:{number}: '{old}', for which we say: {new}", path.display()));
            }
        }
    }
    assert!(
        found.is_empty(),
        "words that docs/terms.md has better ones for:\n{}",
        found.join("\n")
    );
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

/// What a column of ARCHITECTURE.md says that a crate must not know, as it would show in its source.
fn forbidden(word: &str) -> Regex {
    let pattern = match word {
        "SQL" => r"\b(rusqlite|covid_ct_store|covid_ct::store)\b",
        "PDF" => r"\b(mupdf|covid_ct_extraction|covid_ct::(pdf|figures|extract))\b",
        "MuPDF" => r"\bmupdf",
        "HTTP" => r"\b(reqwest|hyper|object_store|axum)\b",
        "tch" => r"\btch::",
        "files" => r"\bstd::fs\b",
        _ => panic!("'{word}' is none of: SQL, PDF, MuPDF, HTTP, tch, files"),
    };
    Regex::new(pattern).expect("pattern")
}

/// What of a source file is no comment and no test.
fn program_text(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("source");
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let code = text[..end].lines().filter(|line| !line.trim_start().starts_with("//"));
    code.collect::<Vec<_>>().join("\n")
}

#[test]
fn no_crate_knows_what_the_architecture_keeps_from_it() {
    let text = fs::read_to_string(Path::new(ROOT).join("ARCHITECTURE.md")).expect("document");
    let row = Regex::new(r"(?m)^\| \[([\w/]+)\]\([^)]*\)[^|]*\|[^|]*\|[^|]*\| ([\w, ]+) \|$")
        .expect("pattern");
    let (mut crates, mut known) = (0, Vec::new());
    for found in row.captures_iter(&text) {
        crates += 1;
        let folder = Path::new(&found[1]);
        let sources = source().into_iter().filter(|path| {
            let is_test = path.ends_with("tests.rs")
                || path.iter().any(|part| part == "tests" || part == "examples");
            path.starts_with(folder)
                && path.extension().is_some_and(|ending| ending == "rs")
                && !is_test
        });
        for path in sources {
            let code = program_text(&Path::new(ROOT).join(&path));
            for word in found[2].split(", ") {
                if forbidden(word).is_match(&code) {
                    known.push(format!("{} knows {word}", path.display()));
                }
            }
        }
    }
    assert_eq!(crates, fs::read_dir(Path::new(ROOT).join("crates")).expect("crates").count() + 1);
    assert!(known.is_empty(), "{}", known.join("\n"));
}
