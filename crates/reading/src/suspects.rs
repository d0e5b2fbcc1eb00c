//! The queue of papers to look at: what the cross-check found, the gravest first.

use std::cmp::Reverse;

use serde::Serialize;

use crate::figures::{Gravity, Suspect};
use crate::store::{DocumentRow, Result, Store};

/// A paper with its suspects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SuspectPaper {
    /// Where its PDF was read.
    pub path: String,
    pub sha256: String,
    /// Of the gravest of them.
    pub gravity: Gravity,
    /// By page, those of the whole document first.
    pub suspects: Vec<GradedSuspect>,
}

/// A suspect, with how grave its kind is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GradedSuspect {
    pub gravity: Gravity,
    #[serde(flatten)]
    pub suspect: Suspect,
}

impl From<Suspect> for GradedSuspect {
    fn from(suspect: Suspect) -> Self {
        Self { gravity: suspect.kind.gravity(), suspect }
    }
}

impl SuspectPaper {
    /// `None` of a document without suspects.
    fn read(store: &Store, document: DocumentRow) -> Result<Option<Self>> {
        let suspects: Vec<GradedSuspect> =
            store.suspects(document.id)?.into_iter().map(GradedSuspect::from).collect();
        let gravest = suspects.iter().map(|graded| graded.gravity).max();
        Ok(gravest.map(|gravity| Self {
            path: document.path,
            sha256: document.sha256,
            gravity,
            suspects,
        }))
    }

    /// Whether there is more than notes.
    pub fn counts(&self) -> bool {
        self.gravity > Gravity::Note
    }

    fn of(&self, gravity: Gravity) -> usize {
        self.suspects.iter().filter(|graded| graded.gravity == gravity).count()
    }
}

/// Every paper with suspects: first those with most grave ones, of equals those with most others, then
/// by path.
///
/// # Errors
/// The database's.
pub fn papers(store: &Store) -> Result<Vec<SuspectPaper>> {
    let mut papers = Vec::new();
    for document in store.documents()? {
        papers.extend(SuspectPaper::read(store, document)?);
    }
    // Stable: documents come by path.
    papers.sort_by_key(|paper| {
        Reverse([Gravity::Grave, Gravity::Suspect, Gravity::Note].map(|gravity| paper.of(gravity)))
    });
    Ok(papers)
}

/// `page 3: caption without a graphic: the caption of Figure 2 ...`
pub fn one_line(suspect: &Suspect) -> String {
    let page = suspect.page.map_or_else(String::new, |page| format!("page {page}: "));
    format!("{page}{}: {}", suspect.kind.words(), suspect.reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::SuspectKind;
    use crate::store::Source;
    use covid_ct_extraction::document::{Extraction, PaperMeta};

    fn record(store: &mut Store, name: &str, kinds: &[SuspectKind]) -> Extraction {
        let suspects = kinds.iter().map(|&kind| Suspect {
            kind,
            page: Some(2),
            label: Some("Figure 1".into()),
            reason: "look".into(),
        });
        let found = Extraction {
            sha256: name.into(),
            path: format!("{name}.pdf"),
            extractor: 1,
            paper: PaperMeta { name: name.into(), ..PaperMeta::default() },
            pages: Vec::new(),
            images: Vec::new(),
            figures: Vec::new(),
            suspects: suspects.collect(),
        };
        store.record(&found, Source::Pdf).expect("recorded");
        found
    }

    #[test]
    fn the_gravest_papers_come_first_and_a_new_reading_replaces_what_was_suspected() {
        use SuspectKind::{FigureNotFound, NeverCited, NoCaption, NoGraphic};
        let folder = tempfile::tempdir().expect("folder");
        let mut store = Store::open(&crate::Workspace::new(folder.path())).expect("store");
        record(&mut store, "a", &[NeverCited]);
        record(&mut store, "b", &[NoCaption, NoGraphic, NoGraphic]);
        let grave = record(&mut store, "c", &[FigureNotFound]);
        record(&mut store, "d", &[]);
        record(&mut store, "e", &[NoCaption]);
        let paths = |store: &Store| -> Vec<String> {
            papers(store).expect("papers").into_iter().map(|paper| paper.path).collect()
        };
        assert_eq!(paths(&store), ["c.pdf", "b.pdf", "e.pdf", "a.pdf"]);
        let counting =
            papers(&store).expect("papers").iter().filter(|paper| paper.counts()).count();
        assert_eq!(counting, 3, "a note does not count");
        assert_eq!(store.suspects_by_kind().expect("counts")[&NoGraphic], 2);

        store.record_again(&Extraction { suspects: Vec::new(), ..grave }).expect("read again");
        assert_eq!(paths(&store), ["b.pdf", "e.pdf", "a.pdf"]);
    }
}
