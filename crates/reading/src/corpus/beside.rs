//! The JATS of documents: found beside their PDF or in a folder of their own, and heard as a witness.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;
use walkdir::WalkDir;

use super::jats_comparison::{Disagreement, compare, is_of_another};
use super::names;
use crate::extract::{Articles, Options};
use crate::figures::FigureRecord;
use crate::store::{DocumentRow, Store, StoreError};
use covid_ct_worker::jats::Article;

/// What a document's JATS says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Testimony {
    /// Base name of the PDF.
    pub file: String,
    pub jats: PathBuf,
    pub doi: String,
    pub licence: String,
    /// Whether the PDF names no licence, and this one was noted.
    pub licence_noted: bool,
    /// Headings of its sections.
    pub sections: Vec<String>,
    /// Figures that it tells of.
    pub figures: usize,
    pub disagreements: Vec<Disagreement>,
}

/// What came of looking for JATS.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Heard {
    /// In the order of the documents.
    pub testimonies: Vec<Testimony>,
    /// Documents without JATS.
    pub without: usize,
    /// `(file, reason)` of XML that could not be read.
    pub failed: Vec<(PathBuf, String)>,
}

/// Hears the JATS of `documents`, from `folder` or, without one, from the file of the same name beside
/// each PDF; workers read it. In a folder it is known by its name, or by the DOI that it tells. A licence that the PDF does
/// not name is noted in the store, unless the DOI says that it is another paper's; nothing else is changed.
///
/// # Errors
/// The database's.
pub fn hear(
    store: &Store,
    documents: &[DocumentRow],
    folder: Option<&Path>,
    options: &Options,
) -> Result<Heard, StoreError> {
    let mut heard = Heard::default();
    let mut articles = Articles::new(options.clone());
    let known = folder.map(|folder| index(folder, &mut articles, &mut heard.failed));
    for document in documents {
        let Some(preprint) = document.preprint else { continue };
        let paper = store.paper(preprint)?;
        let pdf = Path::new(&document.path);
        let found = match &known {
            None => read_beside(pdf, &mut articles, &mut heard.failed),
            Some(known) => {
                let stem = stem(pdf);
                let by_name = known.iter().find(|(path, _)| self::stem(path) == stem);
                let fits = |article: &Article| {
                    let version = article.version.map(|version| version.to_string());
                    let same_version = paper.version.is_empty()
                        || version.is_none_or(|version| version == paper.version);
                    !article.doi.is_empty()
                        && article.doi.eq_ignore_ascii_case(&paper.doi)
                        && same_version
                };
                let by_doi = || known.iter().find(|(_, article)| fits(article));
                by_name.or_else(by_doi).map(|(path, article)| (path.clone(), article.clone()))
            }
        };
        let Some((jats, article)) = found else {
            heard.without += 1;
            continue;
        };
        let figures: Vec<FigureRecord> =
            store.figures(document)?.into_iter().map(|(_, figure)| figure).collect();
        let disagreements = compare(&article, &paper, &figures);
        let licence_noted = paper.licence.is_empty()
            && !article.licence.is_empty()
            && !is_of_another(&article, &paper)
            && store.note_licence(preprint, &article.licence)?;
        heard.testimonies.push(Testimony {
            file: pdf.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            jats,
            doi: article.doi,
            licence: article.licence,
            licence_noted,
            sections: article.sections,
            figures: article.figures.len(),
            disagreements,
        });
    }
    Ok(heard)
}

fn read_beside(
    pdf: &Path,
    articles: &mut Articles,
    failed: &mut Vec<(PathBuf, String)>,
) -> Option<(PathBuf, Article)> {
    let jats = [pdf.with_extension("xml"), pdf.with_extension("nxml")];
    let path = jats.into_iter().find(|path| path.is_file())?;
    match articles.jats(&path) {
        Ok(article) => Some((path, article)),
        Err(error) => {
            failed.push((path, error));
            None
        }
    }
}

/// Every article of a folder, by path.
fn index(
    folder: &Path,
    articles: &mut Articles,
    failed: &mut Vec<(PathBuf, String)>,
) -> BTreeMap<PathBuf, Article> {
    let mut known = BTreeMap::new();
    if !folder.is_dir() {
        failed.push((folder.to_owned(), "no such folder".into()));
    }
    let is_xml = |path: &Path| {
        path.extension().is_some_and(|ending| ["xml", "nxml"].iter().any(|xml| ending == *xml))
    };
    let entries = WalkDir::new(folder).follow_links(true).into_iter().filter_map(Result::ok);
    for entry in entries.filter(|entry| entry.file_type().is_file() && is_xml(entry.path())) {
        match articles.jats(entry.path()) {
            Ok(article) => {
                known.insert(entry.into_path(), article);
            }
            Err(error) => failed.push((entry.into_path(), error)),
        }
    }
    failed.sort();
    known
}

/// What a PDF and its JATS share: `2020.02.10.20021584v1`.
fn stem(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    match names::read(&stem) {
        Some(named) => match named.version {
            Some(version) => format!("{}v{version}", named.number),
            None => named.number,
        },
        None => stem,
    }
}
