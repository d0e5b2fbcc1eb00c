//! The page that leads to all documents of a workspace: each with its figures, first those in which most needs a
//! look. Pictures are loaded from the object store as one scrolls, so that the page stays small.

use std::cmp::Reverse;

use maud::{Markup, html};

use super::found::{Found, name, suspect_words};
use super::page::count;
use crate::figures::{FigureKind, FigureRecord, Gravity};
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
    /// What the cross-check found that counts, with its page and whether it is grave.
    pub suspects: Vec<(Option<u32>, bool, String)>,
    /// What else needs a look, with its page.
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
        let counting = found.suspects.iter().filter(|suspect| suspect.kind.counts());
        let suspects = counting.map(|suspect| {
            let grave = suspect.kind.gravity() == Gravity::Grave;
            (suspect.page, grave, suspect_words(suspect))
        });
        let of_figures =
            found.figures.iter().filter(|figure| figure.kind != FigureKind::Table).map(shown);
        Ok(Self {
            file: found.file(),
            title: found.paper.title.clone(),
            pages: found.pages.len(),
            figures: of_figures.collect(),
            suspects: suspects.collect(),
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
/// could not be read, then by how many grave suspects there are, how many suspects, and how much else needs a look; of
/// equals as they came.
pub fn index(mut entries: Vec<Entry>, objects: &str) -> String {
    let grave = |entry: &Entry| entry.suspects.iter().filter(|(_, grave, _)| *grave).count();
    entries.sort_by_key(|entry| {
        let counts = [grave(entry), entry.suspects.len(), entry.doubts.len()];
        Reverse((entry.error.is_some(), counts))
    });
    let figures: usize = entries.iter().map(|entry| entry.figures.len()).sum();
    let suspected = entries.iter().filter(|entry| !entry.suspects.is_empty()).count();
    let doubtful = entries
        .iter()
        .filter(|entry| {
            entry.error.is_some() || !entry.suspects.is_empty() || !entry.doubts.is_empty()
        })
        .count();
    let body = html! {
        header {
            h1 { "Figures found" }
            p.quiet {
                (count(entries.len(), "document")) " · " (count(figures, "figure")) " · "
                @if doubtful == 0 { "nothing to review" } @else {
                    (doubtful) " to review, listed first, "
                    (suspected) " of them with suspects"
                }
            }
            @if entries.iter().any(|entry| entry.page.is_none() && entry.error.is_none()) {
                p.quiet { "Documents without a link have no page yet: " code { "covid-ct show --all" } " makes one for each." }
            }
        }
        @for entry in &entries { (row(entry, objects)) }
    };
    document("Figures found · covid-ct show", &[include_str!("style.css")], &body).into_string()
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
                    (count(entry.pages, "page")) " · " (count(entry.figures.len(), "figure"))
                }
            }
            @if !entry.title.is_empty() { p.quiet { (entry.title) } }
            @if let Some(error) = &entry.error { p.bad { "could not be read: " (error) } }
            @let told = entry.suspects.len() + entry.doubts.len();
            @if told > 0 {
                ul.note {
                    @for (page, grave, text) in entry.suspects.iter().take(TOLD) {
                        li {
                            @if let Some(page) = page { (place(entry, *page)) " " }
                            @if *grave { b { (text) } } @else { (text) }
                        }
                    }
                    @for (page, text) in entry.doubts.iter().take(TOLD.saturating_sub(entry.suspects.len())) {
                        li { (place(entry, *page)) " " (text) }
                    }
                    @if told > TOLD { li { "and " (told - TOLD) " more" } }
                }
            }
            div.strip { @for (index, figure) in entry.figures.iter().enumerate() {
                @let address = entry.page.as_ref().map(|page| format!("{page}#f{index}"));
                a href=[address] title=(figure.caption) { (picture(figure, objects)) span { (figure.label) } }
            } }
        }
    }
}

/// A page of the document, linked where its own page was drawn.
fn place(entry: &Entry, page: u32) -> Markup {
    html! {
        @match &entry.page {
            Some(address) => a href=(format!("{address}#p{page}")) { "p. " (page) },
            None => { "p. " (page) },
        }
    }
}

fn picture(figure: &Shown, objects: &str) -> Markup {
    html! {
        @match &figure.object {
            Some(object) => img loading="lazy" alt="" src=(format!("{objects}/{object}"));,
            None if figure.found => i { "vector drawing" },
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
            suspects: Vec::new(),
            doubts: (0..doubts).map(|n| (n as u32 + 1, format!("doubt {n}"))).collect(),
            error: None,
            page: Some(format!("{file}.html")),
        }
    }

    #[test]
    fn what_needs_a_look_comes_first() {
        let mut failed = entry("failed", 0);
        failed.error = Some("no pages".into());
        let (mut suspect, mut grave) = (entry("suspect", 0), entry("grave", 0));
        suspect.suspects = vec![(Some(2), false, "no graphic".into()); 2];
        grave.suspects = vec![(None, true, "Figure 2 is missing".into())];
        let entries =
            [entry("sure", 0), entry("odd", 1), entry("odder", 8), suspect, grave, failed];
        let page = index(entries.into(), "../objects");
        let order = ["failed", "grave", "suspect", "odder", "odd", "sure"];
        let places = order.map(|name| page.find(&format!("\"{name}.html\"")).expect("named"));
        assert!(places.is_sorted(), "{places:?}");
        assert!(page.contains("5 to review, listed first"));
        assert!(page.contains("2 of them with suspects"));
        assert!(page.contains("<li><b>Figure 2 is missing</b></li>"), "it has no page");
        assert!(page.contains("suspect.html#p2"));
        assert!(page.contains("and 2 more"), "of eight, six are told");
        assert!(page.contains("src=\"../objects/ab/cdef.jpg\""));
        assert!(page.contains("&lt;b&gt;A &amp; B&lt;/b&gt;"), "captions are foreign input");
    }
}
