//! JATS compared with the PDF: where the captions of an article's XML and those read off its PDF differ.

use std::collections::BTreeMap;

use serde::Serialize;

use super::names;
use crate::figures::{FigureKind, FigureRecord, normalise, read_label};
use covid_ct_core::{Licence, string_enum};
use covid_ct_extraction::document::PaperMeta;
use covid_ct_worker::jats::{Article, JatsFigure};

/// Captions that share less of their words, in order, differ: room for what a PDF breaks, hyphenates or
/// prints in another way than XML. Of 199 captions of 80 articles 6 fall below: 4 are worded differently in
/// print, 2 hold formulas.
const ALIKE: f64 = 0.9;

string_enum! {
    /// What two witnesses disagree on.
    pub enum About {
        /// The words of a caption.
        Caption = "caption",
        /// JATS has a figure that was not found in the PDF.
        OnlyJats = "only in JATS",
        /// The PDF has a caption that JATS has not.
        OnlyPdf = "only in the PDF",
        /// The licence.
        Licence = "licence",
        /// The DOI: JATS is of another paper.
        Doi = "DOI",
    }
}

/// One thing that they say differently.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Disagreement {
    pub about: About,
    /// `Figure 1`; empty of the licence and the DOI.
    pub label: String,
    /// What JATS says; empty where it says nothing.
    pub jats: String,
    /// What the PDF says, without its label.
    pub pdf: String,
    /// How much of their words they share, 0 to 1: 2 LCS / (n + m).
    pub likeness: f64,
}

/// Compares what JATS says with what the PDF was found to say of the paper and its figures. A licence or DOI
/// of which one of them says nothing is no disagreement; figures without a label are not compared. Of JATS
/// of another paper, nothing but that is said.
pub fn compare(
    article: &Article,
    paper: &PaperMeta,
    figures: &[FigureRecord],
) -> Vec<Disagreement> {
    let mut differing = Vec::new();
    let whole = |about, jats: &str, pdf: &str| Disagreement {
        about,
        label: String::new(),
        jats: jats.to_owned(),
        pdf: pdf.to_owned(),
        likeness: 0.0,
    };
    if is_of_another(article, paper) {
        return vec![whole(About::Doi, &article.doi, &paper.doi)];
    }
    let (told, read) = (Licence::parse(&article.licence), Licence::parse(&paper.licence));
    if told != read && told != Licence::Unknown && read != Licence::Unknown {
        differing.push(whole(About::Licence, &article.licence, &paper.licence));
    }
    let mut printed: BTreeMap<String, String> = BTreeMap::new();
    for figure in figures.iter().filter(|figure| figure.kind != FigureKind::Table) {
        if let (Some(label), false) = (&figure.label, figure.caption.is_empty()) {
            printed.entry(label.clone()).or_insert_with(|| without_label(&figure.caption));
        }
    }
    for (label, jats) in article.figures.iter().filter_map(labelled) {
        let Some(pdf) = printed.remove(&label) else {
            let pdf = String::new();
            let about = About::OnlyJats;
            differing.push(Disagreement { about, label, jats, pdf, likeness: 0.0 });
            continue;
        };
        let likeness = likeness(&jats, &pdf);
        if likeness < ALIKE {
            differing.push(Disagreement { about: About::Caption, label, jats, pdf, likeness });
        }
    }
    // Articles without any figure in their XML say nothing about the figures of the PDF.
    if !article.figures.is_empty() {
        let only = printed.into_iter().map(|(label, pdf)| Disagreement {
            about: About::OnlyPdf,
            label,
            jats: String::new(),
            pdf,
            likeness: 0.0,
        });
        differing.extend(only);
    }
    differing
}

/// Whether both name a DOI, and not the same.
pub fn is_of_another(article: &Article, paper: &PaperMeta) -> bool {
    names::doi(&paper.doi).is_some_and(|doi| !article.doi.is_empty() && article.doi != doi)
}

/// A figure of JATS with its label normalised; `None` of a table or of one without a label.
fn labelled(figure: &JatsFigure) -> Option<(String, String)> {
    let printed = normalise(&format!("{} {}", figure.label, figure.caption));
    let label = read_label(&printed).filter(|label| label.kind != FigureKind::Table)?;
    let caption = if figure.label.is_empty() {
        without_label(&figure.caption)
    } else {
        normalise(&figure.caption)
    };
    Some((label.name, caption))
}

fn without_label(caption: &str) -> String {
    let caption = normalise(caption);
    let length = read_label(&caption).map_or(0, |label| label.length);
    caption.get(length..).unwrap_or(&caption).trim().to_owned()
}

/// How much of their words two texts share in order, 0 to 1; case and punctuation do not count, nor does
/// a hyphen at which a line was broken.
fn likeness(one: &str, other: &str) -> f64 {
    let (one, other) = (words(one), words(other));
    let all = one.len() + other.len();
    if all == 0 {
        return 1.0;
    }
    let mut row = vec![0_usize; other.len() + 1];
    for word in &one {
        let mut diagonal = 0;
        for (index, against) in other.iter().enumerate() {
            let above = row[index + 1];
            row[index + 1] = if word == against { diagonal + 1 } else { above.max(row[index]) };
            diagonal = above;
        }
    }
    2.0 * row[other.len()] as f64 / all as f64
}

/// At most this many words of a caption are compared: the work grows with their square.
const WORDS: usize = 2000;

fn words(text: &str) -> Vec<String> {
    let mut plain = String::new();
    let mut broken = false;
    for c in text.chars() {
        if matches!(c, '-' | '\u{2010}' | '\u{2011}') {
            broken = true;
        } else if !(broken && c.is_whitespace()) {
            broken = false;
            plain.extend(c.to_lowercase());
        }
    }
    let words = plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.take(WORDS).map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::figures::Pairing;

    fn figure(label: &str, caption: &str) -> FigureRecord {
        FigureRecord {
            file: "x.pdf".into(),
            label: Some(label.into()),
            kind: FigureKind::Figure,
            caption: caption.into(),
            caption_page: Some(1),
            pairing: Pairing::Below,
            confidence: 1.0,
            ..FigureRecord::default()
        }
    }

    fn paper(licence: &str) -> PaperMeta {
        PaperMeta { licence: licence.into(), ..PaperMeta::default() }
    }

    fn article(figures: &[(&str, &str)]) -> Article {
        let figure = |(label, caption): &(&str, &str)| JatsFigure {
            label: (*label).into(),
            caption: (*caption).into(),
        };
        Article {
            licence: "CC-BY".into(),
            figures: figures.iter().map(figure).collect(),
            ..Article::default()
        }
    }

    #[test]
    fn witnesses_that_agree_say_nothing() {
        let jats = article(&[
            ("Figure 1.", "Axial CT of a patient, day 3 (A) and day 9 (B), with ground-glass."),
            ("Fig. S2", "The course."),
        ]);
        let pdf = [
            figure(
                "Figure 1",
                "Fig 1: Axial CT of a patient , day 3 (A) and day 9 (B), with ground- glass.",
            ),
            figure("Figure S2", "Figure S2. The course."),
        ];
        assert_eq!(compare(&jats, &paper("CC-BY-4.0"), &pdf), []);
    }

    #[test]
    fn every_disagreement_is_named() {
        let jats = article(&[
            ("Figure 1", "Axial CT of a patient on day 3."),
            ("Figure 2", "A chart of cases."),
        ]);
        let pdf = [
            figure("Figure 1", "Figure 1. Axial CT of a patient on day 3. The methods section"),
            figure("Figure 3", "Figure 3. Something else."),
        ];
        let found = compare(&jats, &paper("CC-BY-NC-4.0"), &pdf);
        let about: Vec<(About, &str)> =
            found.iter().map(|found| (found.about, found.label.as_str())).collect();
        let expected = [
            (About::Licence, ""),
            (About::Caption, "Figure 1"),
            (About::OnlyJats, "Figure 2"),
            (About::OnlyPdf, "Figure 3"),
        ];
        assert_eq!(about, expected);
        assert_eq!(
            compare(&article(&[]), &paper(""), &pdf),
            [],
            "XML without figures is no witness"
        );
    }

    #[test]
    fn jats_of_another_paper_is_no_witness() {
        let doi = |doi: &str| Article { doi: doi.into(), ..article(&[("Figure 1", "A chart.")]) };
        let paper = PaperMeta { doi: "10.1101/A".into(), ..paper("CC-BY-NC-4.0") };
        let about = |article: &Article| -> Vec<About> {
            compare(article, &paper, &[]).iter().map(|found| found.about).collect()
        };
        assert_eq!(about(&doi("10.1101/b")), [About::Doi]);
        assert_eq!(about(&doi("10.1101/a")), [About::Licence, About::OnlyJats]);
        assert_eq!(about(&doi("")), [About::Licence, About::OnlyJats]);
    }

    proptest! {
        #[test]
        fn likeness_is_a_share_and_symmetric(one in "[a-d ]{0,30}", other in "[a-d ]{0,30}") {
            let share = likeness(&one, &other);
            prop_assert!((0.0..=1.0).contains(&share));
            prop_assert_eq!(share, likeness(&other, &one));
            prop_assert_eq!(likeness(&one, &one), 1.0);
        }
    }
}
