//! What is read from the text of real papers, against what people read: citations counted by hand,
//! the facts that the servers and JATS state. Skipped where the shared data is not at hand.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::common::{Project, figure_records, shared_data};
use covid_ct::document::PaperMeta;
use covid_ct::figures::{FigureKind, FigureRecord};
use serde_json::Value;

/// The shared data, and a workspace that holds it.
static READ: LazyLock<Option<(PathBuf, Project)>> = LazyLock::new(|| {
    let data = shared_data()?;
    let project = Project::new();
    let folders = [data.join("preprints"), data.join("pmc")];
    project.command(["ingest"]).args(&folders).assert().success();
    Some((data, project))
});

fn rows(path: &Path) -> Vec<Value> {
    let lines = fs::read_to_string(path).expect("truth");
    lines.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect()
}

fn base_name(path: &str) -> String {
    Path::new(path).file_name().expect("a file").to_string_lossy().into_owned()
}

/// `Supplementary Fig. 4` and `Fig.S4` to `s4`.
fn short(label: &str) -> String {
    let lower = label.to_lowercase();
    let digits: String = lower.chars().filter(char::is_ascii_digit).collect();
    let supplementary = lower.starts_with("supp") || lower.contains(&format!("s{digits}"));
    format!("{}{digits}", if supplementary { "s" } else { "" })
}

fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
}

/// Of the shared data.
const READ_FOLDERS: [&str; 2] = ["preprints/", "pmc/"];

fn papers(project: &Project) -> HashMap<String, PaperMeta> {
    let store = project.store();
    let documents = store.documents().expect("documents");
    documents
        .iter()
        .filter_map(|document| {
            let paper = store.paper(document.preprint?).expect("its paper");
            Some((base_name(&document.path), paper))
        })
        .collect()
}

#[test]
fn citations_are_as_many_as_people_count() {
    let Some((data, project)) = &*READ else { return };
    let found = figure_records(project);
    let (mut near, mut all) = (0, 0);
    for row in rows(&data.join("truth/figures.jsonl")) {
        let (Some(count), Some(label)) = (row["mentions"].as_u64(), row["label"].as_str()) else {
            continue;
        };
        if label.is_empty() {
            continue;
        }
        let file = base_name(row["file"].as_str().expect("a file"));
        let figure = found
            .iter()
            .filter(|figure| figure.file == file && figure.kind != FigureKind::Table)
            .find(|figure| figure.label.as_ref().is_some_and(|own| short(own) == short(label)));
        all += 1;
        let is_near = |figure: &FigureRecord| (figure.mentions.len() as u64).abs_diff(count) <= 1;
        near += usize::from(figure.is_some_and(is_near));
    }
    assert!(near * 100 >= all * 90, "{near} of {all} figures within one of the count");
}

#[test]
fn servers_dates_and_licences_are_as_the_banner_says() {
    let Some((data, project)) = &*READ else { return };
    let papers = papers(project);
    let index = fs::read_to_string(data.join("INDEX.tsv")).expect("index");
    let (mut same, mut all) = (0, 0);
    for line in index.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        // Other folders are not read.
        if !READ_FOLDERS.iter().any(|folder| fields[0].starts_with(folder)) {
            continue;
        }
        let paper = &papers[&base_name(fields[0])];
        let licence = match fields[2].replace(' ', "-") {
            none if none.starts_with("none-(all") => "all rights reserved".to_owned(),
            licence => licence,
        };
        if fields[0].starts_with("preprints/") && !fields[2].starts_with("none stated") {
            assert_eq!(paper.licence, licence, "{}", fields[0]);
            assert!(paper.server.ends_with("rxiv"), "{}", fields[0]);
            if fields[7].contains("doi ") {
                let year = paper.posted.get(..4).expect("a date");
                assert!(fields[7].contains(&paper.doi), "{}: {}", fields[0], paper.doi);
                assert!(
                    fields[7].contains(&format!(", {year}")),
                    "{}: {}",
                    fields[0],
                    paper.posted
                );
            } else {
                // The file is called after it.
                let number = paper.doi.rsplit('/').next().expect("a DOI");
                assert!(fields[0].contains(number), "{}: {}", fields[0], paper.doi);
            }
        } else if licence.starts_with("CC") {
            all += 1;
            same += usize::from(paper.licence == licence);
        }
    }
    assert!(same * 100 >= all * 90, "{same} of {all} licences of journals");
}

#[test]
fn titles_and_abstracts_of_journals_are_found() {
    let Some((data, project)) = &*READ else { return };
    let papers = papers(project);
    let truth = rows(&data.join("truth/pmc_figures.jsonl"));
    let (mut titles, mut dois, mut abstracts) = (0, 0, 0);
    for row in &truth {
        let of = |key: &str| row[key].as_str().expect("a text");
        let paper = &papers[&format!("{}.pdf", of("pmcid"))];
        titles += usize::from(letters(&paper.title) == letters(of("title")));
        dois += usize::from(paper.doi.eq_ignore_ascii_case(of("doi")));
        abstracts += usize::from((200..4000).contains(&paper.abstract_text.len()));
    }
    let all = truth.len();
    assert!(titles * 100 >= all * 85, "{titles} of {all} titles");
    assert!(dois * 100 >= all * 90, "{dois} of {all} DOIs");
    assert!(abstracts * 100 >= all * 65, "{abstracts} of {all} abstracts");
}
