//! What authors make a habit of, that are not the page's: how captions begin, where figures stand, how legends are
//! listed. Usual papers have the habits of the sample corpus; varied ones draw each out of more, on its own, so that
//! what nobody thought of comes together.

use covid_ct_extraction::figures::{FigureKind, Pairing};

use super::chance::Chance;
use super::cite::CiteStyle;
use super::ct::Panel;
use super::layout::Style;
use super::oddities::{Oddities, Oddity};

/// Habits of a paper's authors.
#[derive(Debug)]
pub struct Habits {
    pub cite: CiteStyle,
    pub head: Head,
    pub bold_head: bool,
    pub lower_case: bool,
    pub placement: Placement,
    pub captions: CaptionStyle,
    pub list: LegendList,
    /// Of a varied paper alone.
    pub varied: Option<Varied>,
}

/// Habits that only varied papers have.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "habits that are drawn one by one")]
pub struct Varied {
    /// Captions are a line without a full stop, such as `Figure 1. Age of the patients`.
    pub short: bool,
    /// All of a caption is bold.
    pub bold: bool,
    /// Captions have the size of the running text.
    pub full_size: bool,
    /// Two figures stand beside each other, each with its own caption below.
    pub neighbours: bool,
    /// Legends of supplementary figures, whose graphics are in another file.
    pub without_graphic: u32,
    /// Charts beyond those of a usual paper.
    pub more_charts: u32,
    /// Until the script takes them.
    pub oddities: Option<Oddities>,
}

/// How legends that stand apart from their figures are listed.
#[derive(Debug, Clone, Copy)]
pub struct LegendList {
    pub heading: Option<&'static str>,
    /// Before the references, not behind them.
    pub before_references: bool,
    /// The figures come first, then the list.
    pub plates_first: bool,
    /// Below each legend, in points.
    pub after: f32,
    /// Each figure's page is as large as the figure with this margin; `None` for pages like the others.
    pub fitted: Option<f32>,
}

const USUAL_LIST: LegendList = LegendList {
    heading: Some("Figure legends"),
    before_references: false,
    plates_first: false,
    after: 10.0,
    fitted: None,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaptionStyle {
    Plain,
    /// A line runs around figure and caption.
    Framed,
    /// In two columns.
    InTwo,
}

/// Where a paper puts its figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    InText(Pairing),
    /// Legends in a list at the end, then the figures one a page.
    AtEnd {
        tagged: bool,
    },
}

/// How captions begin: a word, the number, and what divides it from the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    word: &'static str,
    divider: &'static str,
}

const fn head(word: &'static str, divider: &'static str) -> Head {
    Head { word, divider }
}

/// Those of usual papers, as often as they stand here.
const USUAL_HEADS: [Head; 5] = [
    head("Figure ", "."),
    head("Figure ", "."),
    head("Fig. ", " |"),
    head("FIGURE ", ":"),
    head("Fig ", "."),
];

const VARIED_HEADS: [Head; 14] = [
    head("Figure ", "."),
    head("Figure ", ":"),
    head("Figure ", ","),
    head("Figure ", " -"),
    head("Figure ", " \u{2013}"),
    head("Figure ", ")"),
    head("Figure ", ""),
    head("Fig. ", "."),
    head("Fig. ", ":"),
    head("Fig.", "."),
    head("Fig ", "."),
    head("FIGURE ", "."),
    head("FIG. ", "."),
    head("Figure ", " |"),
];

impl Head {
    /// `Figure 1.`; tables have the most usual one.
    pub fn of(self, label: &str, kind: FigureKind) -> String {
        let number = label.rsplit(' ').next().unwrap_or_default();
        if kind == FigureKind::Table {
            return format!("Table {number}.");
        }
        format!("{}{number}{}", self.word, self.divider)
    }

    /// `Figure 1a:`, or `Figure 1-A.`
    pub fn of_part(self, label: &str, letter: &str, hyphen: bool) -> String {
        let number = label.rsplit(' ').next().unwrap_or_default();
        let (hyphen, divider) = if hyphen { ("-", ".") } else { ("", ":") };
        format!("{}{number}{hyphen}{letter}{divider}", self.word)
    }
}

impl Habits {
    /// Whether each caption stands with its figure, above or below.
    pub fn has_captions_at_figures(&self) -> bool {
        matches!(self.placement, Placement::InText(Pairing::Below | Pairing::Above))
    }

    pub fn usual(style: &Style, chance: &mut Chance) -> Self {
        let placement = match chance.whole(0, 99) {
            50..64 => Placement::InText(Pairing::Above),
            64..68 if style.columns == 1 => Placement::InText(Pairing::Left),
            68..72 if style.columns == 1 => Placement::InText(Pairing::Right),
            72..89 if style.columns == 1 => Placement::AtEnd { tagged: chance.yes(0.5) },
            89..95 if style.columns == 1 => Placement::InText(Pairing::NextPage),
            95..100 if style.columns == 1 => Placement::InText(Pairing::PreviousPage),
            _ => Placement::InText(Pairing::Below),
        };
        Self {
            cite: cite_style(chance),
            head: USUAL_HEADS[chance.whole(0, 4) as usize],
            bold_head: chance.yes(0.6),
            lower_case: chance.yes(0.3),
            captions: match placement {
                Placement::InText(Pairing::Below | Pairing::Right) if chance.yes(0.15) => {
                    CaptionStyle::Framed
                }
                Placement::InText(Pairing::Below) if style.columns == 1 && chance.yes(0.12) => {
                    CaptionStyle::InTwo
                }
                _ => CaptionStyle::Plain,
            },
            placement,
            list: USUAL_LIST,
            varied: None,
        }
    }

    /// Draws every habit on its own, but for what no reader could tell: text that nothing sets apart from the
    /// paragraph behind it.
    pub fn varied(style: &Style, oddities: Oddities, chance: &mut Chance) -> Self {
        let one_column = style.columns == 1;
        let placement = match chance.whole(0, 9) {
            0..2 => Placement::InText(Pairing::Above),
            2..6 if one_column => Placement::AtEnd { tagged: chance.yes(0.4) },
            6 if one_column => Placement::InText(Pairing::NextPage),
            _ => Placement::InText(Pairing::Below),
        };
        let at_end = matches!(placement, Placement::AtEnd { .. });
        let mut head = *chance.pick(&VARIED_HEADS);
        // Nobody knows the face of drawn letters, which alone would tell such a head from a sentence.
        if head.divider.is_empty() && oddities.has(Oddity::DrawnLetters) {
            head = VARIED_HEADS[0];
        }
        let short = chance.yes(0.5);
        // Nothing but its face tells such a head from a sentence.
        let bold = chance.yes(0.3);
        let bold_head = chance.yes(0.5) || head.divider.is_empty();
        let neighbours =
            one_column && placement == Placement::InText(Pairing::Below) && chance.yes(0.5);
        Self {
            cite: cite_style(chance),
            head,
            bold_head,
            lower_case: chance.yes(0.3),
            captions: CaptionStyle::Plain,
            placement,
            list: LegendList {
                heading: *chance.pick(&[
                    Some("Figure legends"),
                    Some("Legends"),
                    Some("Figure captions"),
                    Some("Legends to figures"),
                    None,
                ]),
                before_references: chance.yes(0.3),
                plates_first: chance.yes(0.15),
                after: *chance.pick(&[0.0, 3.0, 6.0, 12.0, 24.0]),
                fitted: chance.yes(0.5).then(|| *chance.pick(&[0.0, 18.0, 54.0])),
            },
            varied: Some(Varied {
                short,
                bold,
                full_size: at_end || chance.yes(0.4),
                neighbours,
                without_graphic: if at_end && chance.yes(0.3) { chance.whole(1, 4) } else { 0 },
                more_charts: if chance.yes(0.6) { chance.whole(1, 6) } else { 0 },
                oddities: Some(oddities),
            }),
        }
    }
}

/// Captions of one line, none of which ends with a full stop.
const SHORT: [&str; 12] = [
    "Age of the patients in both groups",
    "Number of cases by day of admission",
    "Extent score by week after onset",
    "Lobes involved at the first examination",
    "Interval from onset to first CT",
    "Share of patients with fever",
    "Agreement of the two readers",
    "Course of the extent score in severe cases",
    "Patients with follow-up examinations by centre",
    "Length of stay by age group",
    "Distribution of opacities over the segments",
    "Scores of both readers",
];

impl Varied {
    /// A caption and the panels that it speaks of, given what a usual one says of figure `index`. Lines of it are
    /// divided by line feeds.
    pub fn caption(
        &self,
        head: &str,
        index: usize,
        text: &str,
        mut panels: Vec<Panel>,
    ) -> (String, Vec<Panel>) {
        if self.short {
            for panel in &mut panels {
                panel.text.clear();
            }
            return (format!("{head} {}", SHORT[index % SHORT.len()]), panels);
        }
        (format!("{head} {text}"), panels)
    }
}

fn cite_style(chance: &mut Chance) -> CiteStyle {
    *chance.pick(&[CiteStyle::Figure, CiteStyle::Figure, CiteStyle::FigDot, CiteStyle::Fig])
}
