//! The page that leads to all documents of a workspace: each with its figures, first those in which most needs a
//! look. Pictures are loaded from the object store as one scrolls, so that the page stays small.

use std::cmp::Reverse;

use maud::{Markup, html};

use super::found::{Found, name};
use crate::figures::{FigureKind, FigureRecord};
use crate::html::document;
use crate::store::{DocumentRow, Result, Store};

/// Characters of a caption that a figure's picture shows when pointed at.
const EXCERPT: usize = 300;
/// Doubts told of a paper; how many more there are is told too.
const TOLD: usize = 6;

/// A document as a row of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Base name of the PDF.
    pub file: String,
    pub title: String,
    pub pages: usize,
    pub figures: Vec<Shown>,
    /// What needs a look, with its page.
    pub doubts: Vec<(u32, String)>,
    /// Why it could not be read, where it could not.
    pub error: Option<String>,
    /// Address of the page that [`super::html`] made of it, relative to the index; `None` where there is none yet.
    pub page: Option<String>,
}

/// A figure of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub label: String,
    pub caption: String,
    /// Its largest picture below the object store, `ab/cdef….jpg`; `None` of one that is drawn or was not found.
    pub object: Option<String>,
    /// Whether its graphic was found.
    pub found: bool,
}

impl Entry {
    /// What the store holds of a document. The page is not looked for.
    ///
    /// # Errors
    /// The database's.
    pub fn read(store: &Store, document: &DocumentRow) -> Result<Self> {
        let found = Found::read(store, document)?;
        let doubts = found.doubts().into_iter().map(|doubt| (doubt.page, doubt.text)).collect();
        let of_figures =
            found.figures.iter().filter(|figure| figure.kind != FigureKind::Table).map(shown);
        Ok(Self {
            file: found.file(),
            title: found.paper.title.clone(),
            pages: found.pages.len(),
            figures: of_figures.collect(),
            doubts,
            error: document.error.clone(),
            page: None,
        })
    }
}

fn shown(figure: &FigureRecord) -> Shown {
    let size = |width: u32, height: u32| u64::from(width) * u64::from(height);
    let largest = figure.images.iter().max_by_key(|image| size(image.width, image.height));
    Shown {
        label: name(figure).to_owned(),
        caption: figure.caption.chars().take(EXCERPT).collect(),
        object: largest.map(|image| image.object.clone()),
        found: figure.page.is_some(),
    }
}

/// The page. `objects` is the address of the object store, relative to it. The entries are put in order: those that
/// could not be read, then by how much needs a look; of equals as they came.
pub fn index(mut entries: Vec<Entry>, objects: &str) -> String {
    entries.sort_by_key(|entry| Reverse((entry.error.is_some(), entry.doubts.len())));
    let figures: usize = entries.iter().map(|entry| entry.figures.len()).sum();
    let doubtful =
        entries.iter().filter(|entry| entry.error.is_some() || !entry.doubts.is_empty()).count();
    let body = html! {
        header {
            h1 { "What was found" }
            p.quiet {
                (entries.len()) " documents · " (figures) " figures · "
                @if doubtful == 0 { "nothing needs a look" } @else {
                    (doubtful) " with something that needs a look, which come first"
                }
            }
            @if entries.iter().any(|entry| entry.page.is_none() && entry.error.is_none()) {
                p.quiet { "What is not linked was not drawn yet: " code { "covid-ct show --all" } " draws every document." }
            }
        }
        @for entry in &entries { (row(entry, objects)) }
    };
    document("What was found · covid-ct show", &[include_str!("style.css")], &body).into_string()
}

fn row(entry: &Entry, objects: &str) -> Markup {
    html! {
        section.paper {
            h2 {
                @match &entry.page {
                    Some(page) => a href=(page) { (entry.file) },
                    None => (entry.file),
                }
                " "
                span.quiet {
                    (entry.pages) " pages · " (entry.figures.len())
                    @if entry.figures.len() == 1 { " figure" } @else { " figures" }
                }
            }
            @if !entry.title.is_empty() { p.quiet { (entry.title) } }
            @if let Some(error) = &entry.error { p.bad { "could not be read: " (error) } }
            @if !entry.doubts.is_empty() {
                ul.note {
                    @for (page, text) in entry.doubts.iter().take(TOLD) {
                        li {
                            @match &entry.page {
                                Some(address) => a href=(format!("{address}#p{page}")) { "p. " (page) },
                                None => { "p. " (page) },
                            }
                            " " (text)
                        }
                    }
                    @if entry.doubts.len() > TOLD { li { "and " (entry.doubts.len() - TOLD) " more" } }
                }
            }
            div.strip { @for (index, figure) in entry.figures.iter().enumerate() {
                @let address = entry.page.as_ref().map(|page| format!("{page}#f{index}"));
                a href=[address] title=(figure.caption) { (picture(figure, objects)) span { (figure.label) } }
            } }
        }
    }
}

fn picture(figure: &Shown, objects: &str) -> Markup {
    html! {
        @match &figure.object {
            Some(object) => img loading="lazy" alt="" src=(format!("{objects}/{object}"));,
            None if figure.found => i { "drawn, not pictured" },
            None => i.bad { "not found" },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(file: &str, doubts: usize) -> Entry {
        Entry {
            file: file.into(),
            title: String::new(),
            pages: 3,
            figures: vec![Shown {
                label: "Figure 1".into(),
                caption: "<b>A & B</b>".into(),
                object: Some("ab/cdef.jpg".into()),
                found: true,
            }],
            doubts: (0..doubts).map(|n| (n as u32 + 1, format!("doubt {n}"))).collect(),
            error: None,
            page: Some(format!("{file}.html")),
        }
    }

    #[test]
    fn what_needs_a_look_comes_first() {
        let mut failed = entry("failed", 0);
        failed.error = Some("no pages".into());
        let page =
            index(vec![entry("sure", 0), entry("odd", 1), entry("odder", 8), failed], "../objects");
        let places = ["failed.html\"", "odder.html\"", "odd.html\"", "sure.html\""]
            .map(|name| page.find(name).expect(name));
        assert!(places.is_sorted(), "{places:?}");
        assert!(page.contains("3 with something that needs a look"));
        assert!(page.contains("and 2 more"), "of eight, six are told");
        assert!(page.contains("src=\"../objects/ab/cdef.jpg\""));
        assert!(page.contains("&lt;b&gt;A &amp; B&lt;/b&gt;"), "captions are foreign input");
    }
}
