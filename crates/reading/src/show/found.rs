//! Everything the store holds of one document, gathered for drawing.

use crate::figures::{FigureKind, FigureRecord, Suspect, SuspectKind};
use crate::store::{DocumentRow, PageRow, PlacementRow, Result, Store};
use covid_ct_extraction::document::PaperMeta;

/// Pairs less sure than this need a look.
const UNSURE: f32 = 0.7;

/// One document with what was found in it.
#[derive(Debug, Clone)]
pub struct Found {
    pub document: DocumentRow,
    pub paper: PaperMeta,
    pub pages: Vec<PageRow>,
    /// In reading order.
    pub figures: Vec<FigureRecord>,
    /// In drawing order; renderings left out.
    pub placements: Vec<PlacementRow>,
    /// What the cross-check found, by page.
    pub suspects: Vec<Suspect>,
}

/// Something a person should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// Index of the figure, where it is about one.
    pub figure: Option<usize>,
    pub page: u32,
    pub text: String,
}

impl Found {
    /// # Errors
    /// The database's.
    pub fn read(store: &Store, document: &DocumentRow) -> Result<Self> {
        let paper = match document.preprint {
            Some(preprint) => store.paper(preprint)?,
            None => PaperMeta::default(),
        };
        let mut placements = store.placements(document.id)?;
        placements.retain(|placement| placement.origin != crate::figures::ImageOrigin::Rendered);
        Ok(Self {
            paper,
            pages: store.pages(document.id)?,
            suspects: store.suspects(document.id)?,
            figures: store.figures(document)?.into_iter().map(|(_, figure)| figure).collect(),
            placements,
            document: document.clone(),
        })
    }

    /// Base name of the PDF.
    pub fn file(&self) -> String {
        self.document.file()
    }

    /// What is to be looked at besides the suspects: captions without a graphic and graphics without a
    /// caption that none of them tells of, unsure pairs, pictures outside every figure; by page.
    pub fn doubts(&self) -> Vec<Doubt> {
        let mut doubts: Vec<Doubt> = self
            .figures
            .iter()
            .enumerate()
            .filter_map(|(index, figure)| {
                let (page, text) = doubt(figure)?;
                if self.suspects.iter().any(|suspect| tells_of(suspect, page, figure)) {
                    return None;
                }
                Some(Doubt { figure: Some(index), page, text })
            })
            .collect();
        for placement in self.placements.iter().filter(|placement| is_outside(placement)) {
            let xref = placement.xref.map_or("inline".into(), |xref| format!("xref {xref}"));
            doubts.push(Doubt {
                figure: None,
                page: placement.page,
                text: format!(
                    "picture outside every figure ({xref}, {} x {} px)",
                    placement.width, placement.height
                ),
            });
        }
        doubts.sort_by_key(|doubt| doubt.page);
        doubts
    }
}

/// Whether a suspect says that the figure's caption or graphic is missing on `page`.
fn tells_of(suspect: &Suspect, page: u32, figure: &FigureRecord) -> bool {
    use SuspectKind::{NoCaption, NoGraphic, SupplementNoGraphic};
    matches!(suspect.kind, NoCaption | NoGraphic | SupplementNoGraphic)
        && suspect.page == Some(page)
        && suspect.label == figure.label
}

fn doubt(figure: &FigureRecord) -> Option<(u32, String)> {
    let name = name(figure);
    match (figure.page, figure.caption_page) {
        (None, Some(page)) if figure.kind != FigureKind::Table => {
            Some((page, format!("{name}: a caption without its graphic")))
        }
        (Some(page), None) if figure.caption.is_empty() && figure.kind != FigureKind::Table => {
            Some((page, "a picture without a caption".into()))
        }
        (Some(page), Some(_)) if figure.confidence < UNSURE => Some((
            page,
            format!("{name}: paired {} with confidence {:.2}", figure.pairing, figure.confidence),
        )),
        _ => None,
    }
}

/// A picture that no figure holds and that is not part of the paper's dress.
pub fn is_outside(placement: &PlacementRow) -> bool {
    !placement.in_figure && !placement.furniture && !placement.tile
}

/// A figure's label, or what it is without one.
pub fn name(figure: &FigureRecord) -> &str {
    figure.label.as_deref().unwrap_or("no caption")
}

/// What a suspect is about, and what was seen.
pub fn suspect_words(suspect: &Suspect) -> String {
    format!("{}: {}", suspect.kind.words(), suspect.reason)
}
