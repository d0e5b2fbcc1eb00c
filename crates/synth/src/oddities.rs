//! What few papers have and few readers expect: text set sideways, captions in parts, figures and tables over two
//! pages, layers, scans, strange fonts. A varied paper has each by a small chance, whatever else it has.

use covid_ct_core::string_enum;
use covid_ct_extraction::figures::{FigureKind, Pairing};

use super::chance::Chance;
use super::charts;
use super::encoding::{Encoding, Layer, Picture};
use super::habits::{Habits, Placement};
use super::layout::{Float, Laid, Style, Word, words};
use super::page::{Graphic, Mark, Placed, moved};
use super::painter::Setting;
use super::prose::any;
use super::script::{Figure, Script};
use covid_ct_extraction::pdf::Rect;

string_enum! {
    /// Something few papers have.
    pub enum Oddity {
        /// Figures set sideways with their captions, each on a page of its own.
        Sideways = "sideways",
        /// Pages that the file shows turned.
        Turned = "turned",
        /// A caption that goes on overleaf: `(continued on next page)`.
        ContinuedCaption = "continued_caption",
        /// Parts of a legend on lines of their own: `Figure 1a: ...`.
        LetteredParts = "lettered_parts",
        /// A ruled table that goes on overleaf, where no caption says so.
        LongTable = "long_table",
        /// A figure whose last panels stand on the page after its caption.
        Overleaf = "overleaf",
        /// Pictures in layers that are shown or not.
        Layers = "layers",
        /// Colours over a picture that one sees through.
        Veil = "veil",
        /// Pages that are scans, with the text that was read off them.
        Scan = "scan",
        /// Blanks shown at nearly no size, mirrored.
        TinyBlanks = "tiny_blanks",
        /// Pictures whose palettes rest on a colour space that others use directly.
        SharedSpace = "shared_space",
        /// Fonts of drawn letters with boxes far larger than these.
        DrawnLetters = "drawn_letters",
    }
}

/// How many papers of a hundred have each.
const PER_CENT: u32 = 7;

/// What a paper has of them, and the chance that decides how.
#[derive(Debug)]
pub struct Oddities {
    pub set: Vec<Oddity>,
    chance: Chance,
}

impl Oddities {
    /// Drawn for paper `index` of `seed`, in a stream of its own, so that the rest of a paper is as it would be
    /// without; or `wanted` instead.
    pub fn draw(seed: u64, index: u32, wanted: Option<&[Oddity]>) -> Self {
        let mut chance = Chance::new(seed, u64::from(index) | 1 << 40);
        let drawn: Vec<Oddity> =
            Oddity::ALL.iter().copied().filter(|_| chance.whole(0, 99) < PER_CENT).collect();
        Self { set: wanted.map_or(drawn, <[Oddity]>::to_vec), chance }
    }

    pub fn has(&self, oddity: Oddity) -> bool {
        self.set.contains(&oddity)
    }

    /// How the file sets its text.
    pub fn setting(&self) -> Setting {
        Setting {
            drawn_letters: self.has(Oddity::DrawnLetters),
            tiny_blanks: self.has(Oddity::TinyBlanks),
        }
    }

    /// Changes figures before they are set.
    pub fn figures(
        &mut self,
        habits: &Habits,
        style: &Style,
        figures: &mut Vec<Figure>,
        pictures: &mut Vec<Picture>,
    ) {
        if self.has(Oddity::LetteredParts) {
            for figure in figures.iter_mut() {
                self.letter(habits, figure);
            }
        }
        if self.has(Oddity::LongTable) && style.columns == 1 {
            self.long_table(style, figures);
        }
        if self.has(Oddity::Overleaf) && style.columns == 1 && habits.has_captions_at_figures() {
            let last = movable(habits, figures);
            // Nothing but letters tells where a figure goes on of which the caption names no panels.
            let short = habits.varied.as_ref().is_some_and(|varied| varied.short);
            let printed = |f: &Figure| f.panels.iter().all(|panel| panel.printed.is_some());
            let scanned = self.has(Oddity::Scan);
            let mut told = figures[..last].iter_mut().filter(|f| !short || printed(f) && !scanned);
            told.any(divide);
        }
        if self.has(Oddity::Veil) {
            figures.iter_mut().filter(|figure| figure.drawn).for_each(|figure| self.veil(figure));
        }
        if self.has(Oddity::Layers) {
            self.layers(figures, pictures);
        }
        if self.has(Oddity::SharedSpace) {
            for picture in pictures.iter_mut().filter(|picture| !picture.inline) {
                picture.shared_space = matches!(
                    picture.encoding,
                    Encoding::FlateRgb
                        | Encoding::ColourKey
                        | Encoding::Indexed
                        | Encoding::FlateGrey
                );
            }
        }
    }

    /// Legends in parts, each with the label and its letter.
    fn letter(&mut self, habits: &Habits, figure: &mut Figure) {
        let lettered = figure.panels.len() > 1;
        if !lettered || figure.panels.iter().any(|panel| panel.letter.is_empty()) {
            return;
        }
        let hyphen = self.chance.yes(0.4);
        let head = habits.head.of(&figure.label, figure.kind);
        let mut lines = vec![format!("{head} {}", any(PART_TITLES, &mut self.chance))];
        for panel in &mut figure.panels {
            panel.text = any(PARTS, &mut self.chance);
            let head = habits.head.of_part(&figure.label, &panel.letter, hyphen);
            lines.push(format!("{head} {}", panel.text));
        }
        if hyphen && self.chance.yes(0.5) {
            lines.push(any(PART_ENDS, &mut self.chance));
        }
        figure.caption = lines.join("\n");
        // At a figure, the paragraph behind is hardly further away than that.
        let widest = if habits.has_captions_at_figures() { 1 } else { 2 };
        figure.apart = [0.0, 4.0, 12.0][self.chance.whole(0, widest) as usize];
    }

    fn long_table(&mut self, style: &Style, figures: &mut Vec<Figure>) {
        figures.retain(|figure| figure.kind != FigureKind::Table);
        let rows = ((style.body_height() - 110.0) / charts::TABLE_STEP) as usize;
        let rest = self.chance.whole(6, rows as u32) as usize;
        let (graphic, more) =
            charts::long_table(style.full_width(), (rows, rest), &mut self.chance);
        figures.push(Figure {
            label: "Table 1".into(),
            kind: FigureKind::Table,
            caption: "Table 1. Features of the patients in both groups.".into(),
            graphic,
            more: Some(more),
            panels: Vec::new(),
            ct: false,
            drawn: true,
            apart: 0.0,
        });
    }

    /// A colour over part of a picture, or a picture over another.
    fn veil(&mut self, figure: &mut Figure) {
        let Some(under) = figure.graphic.pictures.first().cloned() else { return };
        let seen = under.seen();
        let (w, h) = (seen.width(), seen.height());
        let inset =
            Rect::new(seen.x0 + 0.2 * w, seen.y0 + 0.25 * h, seen.x1 - 0.15 * w, seen.y1 - 0.2 * h);
        let colour = *self.chance.pick(&[[0.9, 0.2, 0.1], [0.1, 0.5, 0.9], [1.0, 0.9, 0.2]]);
        if self.chance.yes(0.6) {
            figure.graphic.marks.insert(0, Mark::Veil { area: inset, colour });
        } else {
            figure.graphic.pictures.push(Placed { faint: true, ..under });
        }
    }

    /// Pictures in layers that are shown, and now and then another over them in one that is not.
    fn layers(&mut self, figures: &mut [Figure], pictures: &mut Vec<Picture>) {
        for figure in figures.iter_mut() {
            let Some(first) = figure.graphic.pictures.first().cloned() else { continue };
            for placed in figure.graphic.pictures.iter().chain(figure.more_pictures()) {
                let picture = &mut pictures[placed.picture];
                if !picture.inline && picture.layer.is_none() {
                    picture.layer = Some(*self.chance.pick(&Layer::SHOWN));
                }
            }
            if self.chance.yes(0.4) && !pictures[first.picture].inline {
                let hidden = Some(*self.chance.pick(&Layer::HIDDEN));
                pictures.push(Picture { layer: hidden, ..pictures[first.picture].clone() });
                let area = Rect::new(0.0, 0.0, figure.graphic.width, figure.graphic.height);
                figure.graphic.pictures.push(Placed::whole(pictures.len() - 1, area));
            }
        }
    }

    /// Changes how figures are set.
    pub fn floats(
        &mut self,
        habits: &Habits,
        style: &Style,
        figures: &[Figure],
        floats: &mut [Float],
    ) {
        if style.columns > 1 {
            return;
        }
        let last = movable(habits, figures);
        let (sideways, continued) =
            (self.has(Oddity::Sideways), self.has(Oddity::ContinuedCaption));
        for (figure, float) in figures.iter().zip(floats).take(last) {
            if figure.kind == FigureKind::Table || figure.more.is_some() {
                continue;
            }
            if sideways && self.chance.yes(0.7) {
                float.quarters = *self.chance.pick(&[1, 1, 3]);
            }
            if continued && habits.placement == Placement::InText(Pairing::Below) {
                let mark = *self.chance.pick(CONTINUATIONS);
                if let Some((first, rest)) = parted(&float.caption.words, &figure.label, mark) {
                    float.quarters = 0;
                    float.caption.words = first;
                    float.rest = Some(rest);
                }
            }
        }
    }

    /// Changes pages as laid out.
    pub fn pages(&mut self, script: &mut Script, laid: &mut Laid) {
        if self.has(Oddity::Scan) {
            let all = self.chance.yes(0.4);
            super::scan::scan(script, laid, all, &mut self.chance);
        }
        if self.has(Oddity::Turned) {
            let (all, quarters) = (self.chance.yes(0.4), *self.chance.pick(&[1, 2, 3, 3]));
            for page in &mut laid.pages {
                let turns = page.quarters == 0 && (all || self.chance.yes(0.5));
                if turns && (!page.graphics.is_empty() || self.chance.yes(0.3)) {
                    page.quarters = quarters;
                    // Upright in the file: only the viewer turns it.
                    page.sheet.rotate = 360 - 90 * quarters;
                }
            }
        }
    }
}

/// How many figures are free to be set elsewhere: not the two that stand beside each other.
fn movable(habits: &Habits, figures: &[Figure]) -> usize {
    let beside = habits.varied.as_ref().is_some_and(|varied| varied.neighbours);
    if beside {
        figures.iter().filter(|f| f.kind == FigureKind::Figure).count().saturating_sub(2)
    } else {
        figures.len()
    }
}

/// Takes what stands below some line, if nothing crosses it and pictures stand on both sides, for the next page.
fn divide(figure: &mut Figure) -> bool {
    // Each panel a picture: the pieces of one stay together.
    let first = figure.panels.first().map(|panel| panel.picture);
    if figure
        .panels
        .iter()
        .skip(1)
        .all(|panel| panel.picture.is_none() || Some(panel.picture) == first)
    {
        return false;
    }
    let graphic = &figure.graphic;
    let boxes: Vec<Rect> = graphic
        .pictures
        .iter()
        .map(Placed::seen)
        .chain(graphic.marks.iter().map(Mark::bounds))
        .collect();
    let pictures = &boxes[..graphic.pictures.len()];
    let parts = |cut: f32| {
        boxes.iter().all(|b| b.y1 <= cut + 0.5 || b.y0 >= cut - 0.01)
            && pictures.iter().any(|b| b.y1 <= cut + 0.5)
            && pictures.iter().any(|b| b.y0 >= cut - 0.01)
    };
    let cuts = boxes.iter().map(|b| b.y0).filter(|&cut| parts(cut));
    let Some(cut) = cuts.reduce(f32::min) else { return false };
    let up = |area: &Rect| moved(area, (0.0, -cut));
    let is_below = |area: &Rect| area.y0 >= cut - 0.01;
    let (below, above): (Vec<Placed>, Vec<Placed>) =
        graphic.pictures.iter().cloned().partition(|placed| is_below(&placed.seen()));
    let (marks_below, marks): (Vec<Mark>, Vec<Mark>) =
        graphic.marks.iter().cloned().partition(|mark| is_below(&mark.bounds()));
    let more = Graphic {
        width: graphic.width,
        height: graphic.height - cut,
        pictures: below
            .into_iter()
            .map(|placed| Placed {
                area: up(&placed.area),
                clip: placed.clip.as_ref().map(up),
                ..placed
            })
            .collect(),
        marks: marks_below.into_iter().map(|mark| mark.up(cut)).collect(),
        forms: 0,
    };
    for panel in &mut figure.panels {
        if let Some(printed) = panel.printed.filter(|printed| is_below(printed)) {
            panel.printed = Some(up(&printed));
            panel.overleaf = true;
        }
    }
    figure.graphic =
        Graphic { width: graphic.width, height: cut, pictures: above, marks, forms: 0 };
    figure.more = Some(more);
    true
}

/// A caption's words in two parts, the first ending with the mark `(continued ...)`, the second beginning with the label
/// and its own; `None` for a caption too short.
fn parted(
    caption: &[Word],
    label: &str,
    (ends, begins): (&str, &str),
) -> Option<(Vec<Word>, Vec<Word>)> {
    let ends_sentence = |word: &Word| word.text.ends_with('.') && word.text.len() > 4;
    let at = caption.iter().take(caption.len() * 2 / 3).rposition(ends_sentence)? + 1;
    if at < 8 || caption.len() < at + 6 {
        return None;
    }
    let (first, rest) = caption.split_at(at);
    let face = first.last()?.face;
    let mut first = first.to_vec();
    first.extend(words(ends, face));
    let mut set: Vec<Word> = words(&begins.replace('#', label), caption[0].face).collect();
    let mut rest = rest.to_vec();
    rest[0].starts_line = true;
    set.extend(rest);
    Some((first, set))
}

/// What ends the first part of a caption, and what begins the second; `#` stands for the label.
const CONTINUATIONS: &[(&str, &str)] = &[
    ("(continued on next page...)", "# (...continued)"),
    ("(continued on next page)", "# (continued)"),
    ("(continued overleaf)", "# (cont.)"),
    ("(Continued)", "# (Continued)"),
];

const PART_TITLES: &[&str] = &[
    "Scans of the patients over the course of the disease",
    "Chest CT of {representative|selected} patients",
    "Findings {at the first|at each} examination",
];
const PARTS: &[&str] = &[
    "Axial CT on the day of admission with opacities in both lower lobes",
    "Axial CT on day {4-12}, with {more|fewer} of them",
    "Axial CT on day {13-30}",
    "Coronal view of the {left|right} lung",
    "Detail of the {left|right} upper lobe",
];
const PART_ENDS: &[&str] = &[
    "Shown are slices that both readers chose, as of the {fourth|ninth} of February.",
    "All of these were taken without contrast medium.",
];
