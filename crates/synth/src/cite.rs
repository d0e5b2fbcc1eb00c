//! Sentences of the running text that cite figures, in the manners papers have.

use super::chance::Chance;
use super::fonts::Face;
use super::layout::{Word, words};
use super::prose;
use super::script::Figure;
use covid_ct_extraction::figures::FigureKind;

/// How a paper writes a citation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CiteStyle {
    /// `Figure 1`, `Figures 1 and 2`
    Figure,
    /// `Fig. 1`, `Figs. 1 and 2`
    FigDot,
    /// `Fig 1`, `Figs 1 and 2`
    Fig,
}

impl CiteStyle {
    fn one(self) -> &'static str {
        match self {
            Self::Figure => "Figure",
            Self::FigDot => "Fig.",
            Self::Fig => "Fig",
        }
    }

    fn many(self) -> &'static str {
        match self {
            Self::Figure => "Figures",
            Self::FigDot => "Figs.",
            Self::Fig => "Figs",
        }
    }
}

/// A sentence that cites figures.
#[derive(Debug, Clone)]
pub struct Citation {
    /// Indices of the paper's figures.
    pub figures: Vec<usize>,
    pub sentence: String,
    /// The citation inside the sentence: `Fig. 2a`.
    cited: String,
}

impl Citation {
    /// The sentence's words, those of the citation marked as `mention`.
    pub fn marked_words(&self, mention: usize) -> Vec<Word> {
        let (before, _) = self.sentence.split_once(&self.cited).unwrap_or((&self.sentence, ""));
        let first = before.matches(' ').count();
        let count = self.cited.split(' ').count();
        let mut set: Vec<Word> = words(&self.sentence, Face::Roman).collect();
        set.iter_mut().skip(first).take(count).for_each(|word| word.cites = Some(mention));
        set
    }
}

/// A sentence that cites `figure`, together with `partner` where there is one.
pub fn sentence(
    figures: &[Figure],
    figure: usize,
    partner: Option<usize>,
    style: CiteStyle,
    chance: &mut Chance,
) -> Citation {
    let shown = &figures[figure];
    let number = |i: usize| figures[i].label.rsplit(' ').next().unwrap_or_default().to_owned();
    let cited = match (shown.kind, partner) {
        (FigureKind::Table, _) => format!("Table {}", number(figure)),
        (_, Some(other)) => format!("{} {} and {}", style.many(), number(other), number(figure)),
        (_, None) => format!("{} {}{}", style.one(), number(figure), panel_part(shown, chance)),
    };
    let templates = match (shown.kind, shown.ct, partner) {
        (FigureKind::Table, ..) => TABLE,
        (_, true, None) => CT,
        (_, false, None) => CHART,
        (_, _, Some(_)) => BOTH,
    };
    let sentence = prose::any(templates, chance).replace('#', &cited);
    Citation { figures: partner.into_iter().chain([figure]).collect(), sentence, cited }
}

/// `A`, `a\u{2013}c`, or nothing.
fn panel_part(figure: &Figure, chance: &mut Chance) -> String {
    let letters: Vec<&str> = figure.panels.iter().map(|panel| panel.letter.as_str()).collect();
    match (letters.as_slice(), chance.whole(0, 3)) {
        ([first, .., last], 0) => format!("{first}\u{2013}{last}"),
        ([first, .., last], 1) => format!("{first}-{last}"),
        ([_, .., last], 2) => (*last).to_owned(),
        _ => String::new(),
    }
}

/// `#` stands for the citation.
const CT: &[&str] = &[
    "Representative scans are shown in #.",
    "# shows {typical|characteristic} findings at the level of the {carina|heart|aortic arch}.",
    "The {changes|findings} on chest CT are illustrated by one of our patients (#).",
    "As shown in #, the appearance varied {widely|considerably} between patients.",
    "Examples (see #) were chosen by both readers before the analysis.",
    "On CT, {the lungs|both lower lobes} looked as in # in {most|about half} of the examinations.",
];
const CHART: &[&str] = &[
    "The numbers are summarised in #.",
    "# gives an overview of the series.",
    "There was a steady change over the study period (#).",
    "As can be seen in #, the groups differed only slightly.",
];
const BOTH: &[&str] = &[
    "Both aspects are documented in full (#).",
    "A comparison of # makes the difference plain.",
    "The same trend appears throughout (#).",
];
const TABLE: &[&str] = &[
    "Features of the patients are listed in #.",
    "The two groups were similar in age and sex (#).",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_citation_s_words_are_marked() {
        let citation = Citation {
            figures: vec![0],
            sentence: "Scans are shown (Fig. 2a) in full.".into(),
            cited: "Fig. 2a".into(),
        };
        let marked: Vec<String> = citation
            .marked_words(7)
            .into_iter()
            .filter(|word| word.cites == Some(7))
            .map(|word| word.text)
            .collect();
        assert_eq!(marked, ["(Fig.", "2a)"]);
    }
}
