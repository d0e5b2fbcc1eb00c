//! What is true of a paper, in the formats its extraction and its labelling are compared with.

use serde::Serialize;

use super::anatomy::Disease;
use super::ct;
use super::encoding::{Encoding, Picture, Turn};
use super::layout::Laid;
use super::page::{Graphic, Page, Placed, moved};
use super::script::{Figure, Script};
use covid_ct_core::{CaseRow, DecisionRow, Evidence, Label, PanelBox, PanelRow, Stage, Value};
use covid_ct_extraction::figures::{
    Composition, FigureKind, FigureRecord, ImageOrigin, ImageRecord, Mention, Pairing, Panel,
    Region, RegionRole,
};
use covid_ct_extraction::pdf::Rect;

/// Who the truth's decisions are by, and when they were made: fixed, so that a corpus is the same
/// bytes whenever it is written.
pub const CURATOR: &str = "synth";
pub const TIME: &str = "2020-04-01T00:00:00Z";

/// A scorer's truth lists no picture of fewer pixels a side than this, and no mosaic of more pieces, or of
/// pieces on both sides of it.
pub const SMALLEST_LISTED: u32 = 100;
pub const MOST_PICTURES: usize = 12;

/// Everything true of one paper; the rows sorted.
#[derive(Debug)]
pub struct Truth {
    pub figures: Vec<FigureRecord>,
    pub scored: Vec<ScoredFigure>,
    pub decisions: Vec<DecisionRow>,
    pub panels: Vec<PanelRow>,
    pub cases: Vec<CaseRow>,
    covid: usize,
}

impl Truth {
    /// How many panels show COVID-19.
    pub fn covid_panels(&self) -> usize {
        self.covid
    }
}

/// A line of `truth.jsonl`: a figure as a scorer of extractions takes it. Tables are left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScoredFigure {
    pub file: String,
    pub label: String,
    pub kind: FigureKind,
    pub caption: String,
    pub caption_page: Option<u32>,
    pub page: Option<u32>,
    /// Around all that is drawn.
    pub bbox: Option<Rect>,
    /// Around the pictures alone.
    pub image_bbox: Option<Rect>,
    /// Object numbers of its pictures of at least [`SMALLEST_LISTED`] pixels a side; `None` for a
    /// mosaic of more than [`MOST_PICTURES`].
    pub images: Option<Vec<u32>>,
    /// Number of sentences that cite it.
    pub mentions: usize,
}

/// A paper with what became of it on paper and in the file.
pub struct Facts<'a> {
    pub script: &'a Script,
    pub laid: &'a Laid,
    /// Object number of each picture; `None` for an inline one.
    pub xrefs: &'a [Option<u32>],
    pub document_sha256: &'a str,
}

impl Facts<'_> {
    pub fn truth(&self) -> Truth {
        let figures: Vec<FigureRecord> =
            (0..self.script.figures.len()).map(|i| self.figure(i)).collect();
        let scored = figures.iter().filter_map(scored).collect();
        let mut decisions = self.decisions();
        decisions.sort();
        let mut panels: Vec<PanelRow> =
            self.nameable().map(|(picture, panel)| self.panel_row(picture, panel)).collect();
        panels.sort();
        let mut cases: Vec<CaseRow> = self.cases();
        cases.sort();
        let covid = self.nameable().filter(|(_, panel)| self.label(panel) == Label::COVID).count();
        Truth { figures, scored, decisions, panels, cases, covid }
    }

    fn figure(&self, i: usize) -> FigureRecord {
        let (figure, float) = (&self.script.figures[i], &self.script.floats[i]);
        let placed = self.laid.graphics[i];
        let more = self.laid.more[i].zip(figure.more.as_ref());
        let mut images = placed.map_or_else(Vec::new, |at| self.images(&figure.graphic, at));
        let regions = more.map(|(at, more)| {
            images.extend(self.images(more, at));
            let bbox = self.place(&more.ink(), at);
            Region { role: RegionRole::Continued, page: at.0, bbox, images: Vec::new() }
        });
        FigureRecord {
            file: self.script.identity.file_name(),
            label: Some(figure.label.clone()),
            kind: figure.kind,
            caption: figure.caption.replace('\n', " "),
            caption_page: self.laid.captions[i],
            page: placed.map(|(page, _)| page),
            bbox: placed.map(|at| self.place(&figure.graphic.ink(), at)),
            images,
            pairing: if figure.drawn { float.pairing } else { Pairing::Unpaired },
            confidence: 1.0,
            panels: self.panels_of(figure, [placed, self.laid.more[i]]),
            mentions: self.mentions(i),
            composition: figure.drawn.then(|| composition(&figure.graphic)),
            regions: regions.into_iter().collect(),
            ..FigureRecord::default()
        }
    }

    /// Where `area` of a graphic is on the page as displayed.
    fn place(&self, area: &Rect, (page, at): (u32, (f32, f32))) -> Rect {
        self.page(page).place(&moved(area, at))
    }

    fn page(&self, number: u32) -> &Page {
        &self.laid.pages[number as usize - 1]
    }

    /// The pictures of a graphic that are seen; on a scanned page the scan.
    fn images(&self, graphic: &Graphic, at: (u32, (f32, f32))) -> Vec<ImageRecord> {
        let page = self.page(at.0);
        if page.unseen {
            return page.pictures.iter().map(|scan| self.image(scan, at.0, (0.0, 0.0))).collect();
        }
        let seen = graphic.pictures.iter().filter(|p| self.script.pictures[p.picture].is_shown());
        seen.map(|placed| self.image(placed, at.0, at.1)).collect()
    }

    /// The lettered panels. Their boxes are pixels of the figure's picture, so a figure of several
    /// pictures has none.
    fn panels_of(&self, figure: &Figure, places: [Option<(u32, (f32, f32))>; 2]) -> Vec<Panel> {
        let first = figure.panels.first().map(|panel| panel.picture);
        let one_picture = figure.panels.iter().all(|panel| Some(panel.picture) == first);
        let lettered = figure.panels.iter().filter(|panel| !panel.letter.is_empty());
        lettered
            .map(|panel| {
                let PanelBox { x, y, w, h } = panel.bounds;
                let printed = places[usize::from(panel.overleaf)].zip(panel.printed);
                Panel {
                    letter: panel.letter.clone(),
                    bbox_px: one_picture.then_some([x, y, x + w, y + h]),
                    text: panel.text.clone(),
                    printed: printed.map(|(at, bounds)| (at.0, self.place(&bounds, at))),
                }
            })
            .collect()
    }

    fn image(&self, placed: &Placed, page: u32, at: (f32, f32)) -> ImageRecord {
        let Picture { width, height, encoding, turn, .. } = self.script.pictures[placed.picture];
        let origin = match (encoding, turn) {
            (Encoding::JpegGrey | Encoding::JpegRgb, Turn::Upright) => ImageOrigin::Original,
            _ => ImageOrigin::Decoded,
        };
        ImageRecord {
            xref: self.xrefs[placed.picture],
            page,
            bbox: self.place(&placed.seen(), (page, at)),
            width,
            height,
            origin,
            object: String::new(),
            tile_of: None,
            overlays: Vec::new(),
        }
    }

    fn mentions(&self, figure: usize) -> Vec<Mention> {
        let citing = self.script.mentions.iter().zip(&self.laid.mentions);
        citing
            .filter(|(citation, _)| citation.figures.contains(&figure))
            .filter_map(|(citation, page)| {
                Some(Mention {
                    page: (*page)?,
                    text: citation.sentence.clone(),
                    panels: Vec::new(),
                })
            })
            .collect()
    }

    fn panels(&self) -> impl Iterator<Item = &ct::Panel> {
        self.script.figures.iter().flat_map(|figure| &figure.panels)
    }

    /// Those that annotations can name.
    fn nameable(&self) -> impl Iterator<Item = (usize, &ct::Panel)> {
        self.panels().filter_map(|panel| Some((panel.picture?, panel)))
    }

    fn label(&self, panel: &ct::Panel) -> Label {
        self.script.patients[panel.patient].disease.label()
    }

    /// A decision on `picture`, or on a panel of it.
    fn decision(&self, picture: usize, bounds: Option<PanelBox>, value: &Value) -> DecisionRow {
        DecisionRow {
            preprint: self.script.identity.name.clone(),
            version: self.script.identity.version.to_string(),
            page: self.page_of(picture),
            xref: self.xrefs[picture],
            panel: bounds.map_or_else(String::new, |bounds| bounds.to_string()),
            stage: value.stage().to_string(),
            value: value.to_string(),
            evidence: Evidence::Image.to_string(),
            span: String::new(),
            curator: CURATOR.into(),
            time: TIME.into(),
            note: String::new(),
            adjudicates: String::new(),
            image_sha256: String::new(),
            document_sha256: self.document_sha256.into(),
        }
    }

    /// A curator is asked about no icon, and cannot name an inline picture.
    fn is_decided(&self, picture: usize) -> bool {
        let Picture { width, height, .. } = self.script.pictures[picture];
        self.xrefs[picture].is_some() && width.min(height) >= SMALLEST_LISTED
    }

    /// Page of a picture's first placement.
    fn page_of(&self, picture: usize) -> u32 {
        let shows = |p: &Placed| p.picture == picture;
        let figures =
            self.script.figures.iter().zip(self.laid.graphics.iter().zip(&self.laid.more));
        let mut places = figures.filter_map(|(figure, (first, more))| {
            let later = figure.more_pictures().any(shows);
            if figure.graphic.pictures.iter().any(shows) { *first } else { more.filter(|_| later) }
        });
        // A picture of no figure is the logo, which every page shows.
        places.next().map_or(1, |(page, _)| page)
    }

    fn decisions(&self) -> Vec<DecisionRow> {
        let mut rows = Vec::new();
        if let Some(logo) = self.script.logo {
            rows.push(self.decision(logo, None, &Value::answer(Stage::Select, "not-ct")));
        }
        for (i, figure) in self.script.figures.iter().enumerate() {
            let pictures = figure.graphic.pictures.iter().chain(figure.more_pictures());
            let mut drawn: Vec<usize> = pictures.map(|p| p.picture).collect();
            drawn.retain(|&picture| self.script.pictures[picture].is_shown());
            drawn.dedup();
            if self.laid.graphics[i].is_some_and(|(page, _)| self.page(page).unseen) {
                continue;
            }
            // Pieces are put together first, and what comes of them has no number.
            let decided =
                drawn.len() <= MOST_PICTURES && !figure.panels.iter().any(|p| p.picture.is_none());
            for picture in drawn.into_iter().filter(|&i| decided && self.is_decided(i)) {
                let shown: Vec<_> =
                    figure.panels.iter().filter(|p| p.picture == Some(picture)).collect();
                let selection = if shown.is_empty() { "not-ct" } else { "ct" };
                let row = self.decision(picture, None, &Value::answer(Stage::Select, selection));
                let said = if shown.is_empty() { &figure.caption } else { "chest CT" };
                rows.push(quoting(row, said));
                if !shown.is_empty() {
                    self.decide_ct(picture, &shown, &mut rows);
                }
            }
        }
        rows
    }

    /// Crop, diagnosis and cases of a picture of CTs. A picture of one class is diagnosed as a
    /// whole, a mixed one panel by panel.
    fn decide_ct(&self, picture: usize, shown: &[&ct::Panel], rows: &mut Vec<DecisionRow>) {
        let boxes = shown.iter().map(|panel| panel.bounds).collect();
        rows.push(self.decision(picture, None, &Value::Crop(boxes)));
        let mixed = shown.iter().any(|panel| self.label(panel) != self.label(shown[0]));
        for (i, panel) in shown.iter().enumerate() {
            let patient = &self.script.patients[panel.patient];
            let is_covid = self.label(panel) == Label::COVID;
            let diagnosis = if is_covid { "covid" } else { "non-covid" };
            if mixed || i == 0 {
                let bounds = mixed.then_some(panel.bounds);
                let row =
                    self.decision(picture, bounds, &Value::answer(Stage::Diagnose, diagnosis));
                rows.push(quoting(row, patient.disease.name()));
            }
            let case = Value::Case { name: patient.name.clone(), time: Some(panel.time.clone()) };
            let row = self.decision(picture, Some(panel.bounds), &case);
            rows.push(quoting(row, &patient.name));
        }
    }

    fn panel_row(&self, picture: usize, panel: &ct::Panel) -> PanelRow {
        PanelRow {
            preprint: self.script.identity.name.clone(),
            version: self.script.identity.version.to_string(),
            page: self.page_of(picture),
            xref: self.xrefs[picture],
            panel: panel.bounds.to_string(),
            letter: panel.letter.clone(),
            sub_caption: panel.text.clone(),
            proposed_by: CURATOR.into(),
            image_sha256: String::new(),
            document_sha256: self.document_sha256.into(),
        }
    }

    /// The patients some panel shows.
    fn cases(&self) -> Vec<CaseRow> {
        let shown = |i: usize| self.nameable().any(|(_, panel)| panel.patient == i);
        let patients = self.script.patients.iter().enumerate().filter(|(i, _)| shown(*i));
        patients
            .map(|(_, patient)| CaseRow {
                preprint: self.script.identity.name.clone(),
                version: self.script.identity.version.to_string(),
                case: patient.name.clone(),
                age: patient.age.to_string(),
                sex: patient.sex().into(),
                location: patient.location.clone(),
                medical_history: patient.history.clone(),
                severity: patient.severity.clone(),
                other_diseases: match patient.disease {
                    Disease::Covid | Disease::Clean => String::new(),
                    other => other.name().into(),
                },
                curator: CURATOR.into(),
                time: TIME.into(),
            })
            .collect()
    }
}

/// `record` for scoring, unless it is a table.
fn scored(record: &FigureRecord) -> Option<ScoredFigure> {
    let label = record.label.clone()?;
    (record.kind != FigureKind::Table).then(|| ScoredFigure {
        file: record.file.clone(),
        label,
        kind: record.kind,
        caption: record.caption.clone(),
        caption_page: record.caption_page,
        page: record.page,
        bbox: record.bbox,
        image_bbox: record.images.iter().map(|image| image.bbox).reduce(|a, b| a.union(&b)),
        images: listed(&record.images),
        mentions: record.mentions.len(),
    })
}

/// The pictures a scorer asks for; `None` where some pieces of one are too low for its list, and others not.
fn listed(images: &[ImageRecord]) -> Option<Vec<u32>> {
    let is_large = |i: &&ImageRecord| i.width.min(i.height) >= SMALLEST_LISTED;
    let is_strip = |i: &ImageRecord| !is_large(&i) && i.width.max(i.height) >= SMALLEST_LISTED;
    let mut xrefs: Vec<u32> =
        images.iter().filter(is_large).filter_map(|image| image.xref).collect();
    xrefs.sort_unstable();
    xrefs.dedup();
    let in_part = !xrefs.is_empty() && images.iter().any(is_strip);
    (images.len() <= MOST_PICTURES && !in_part).then_some(xrefs)
}

/// What a graphic is drawn with.
fn composition(graphic: &Graphic) -> Composition {
    match (graphic.pictures.is_empty(), graphic.marks.is_empty() && !graphic.is_layered()) {
        (true, _) => Composition::Vector,
        (false, true) => Composition::Raster,
        (false, false) => Composition::Mixed,
    }
}

/// `row`, resting on these words of the caption.
fn quoting(mut row: DecisionRow, span: &str) -> DecisionRow {
    row.evidence = Evidence::Caption.to_string();
    row.span = span.into();
    row
}
