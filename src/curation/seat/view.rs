//! What is shown of a question.

use std::fmt::Write as _;

use super::super::adjudicate;
use super::super::asked::Reading;
use super::super::case::{Details, Field, Form};
use super::super::classify::{alternatives, as_typed};
use super::super::earlier::Earlier;
use super::super::edit::Panels;
use super::super::evidence::{Quote, Texts, marked_words};
use super::super::item::Item;
use super::super::letters;
use super::super::lines::{Result, asks};
use super::super::round::Round;
use super::message::{
    Asked, Bounds, Mention, Neighbour, Panel, Patient, Picture, Quoted, Quotes, Shown, Tile, View,
    Words,
};
use super::{AHEAD, Asking, Current, Seat, message};
use crate::store::{ImageRow, LabelledPanel, Subject, Within};
use covid_ct_core::task::{Answer, EvidenceRule, Question, SheetWords};
use covid_ct_core::{PanelBox, Value};

/// What the page tells words by that speak for an answer.
const KINDS: [&str; 4] = ["words1", "words2", "words3", "words4"];

pub(super) fn bounds(of: PanelBox) -> Bounds {
    [of.x, of.y, of.w, of.h]
}

impl Seat<'_> {
    pub(super) fn shown(&self) -> Result<View> {
        let stage = self.current.as_ref().and(self.round.as_ref()).map(|round| round.stage);
        let (done, total) = match &self.round {
            Some(round) => (round.done(), round.total),
            None => (0, 0),
        };
        let on_page = match self.current.as_ref().map(|current| &current.asked) {
            Some(Asking::Sheet { tiles, .. }) => tiles.len(),
            _ => 1,
        };
        let ahead = self.round.iter().flat_map(|round| round.left().skip(on_page));
        let ahead = if on_page > 1 { ahead.take(on_page) } else { ahead.take(AHEAD) };
        Ok(View {
            curator: self.desk.curator.clone(),
            key: self.key().to_string(),
            basis: self.desk.store.last_decision()?,
            stage,
            question: stage.map_or_else(|| "Nothing is left.".into(), |stage| asks(stage).into()),
            done,
            total,
            decided: self.desk.decided(),
            batch: self.batch,
            told: self.told.clone(),
            shown: self.current.as_ref().map(|current| self.shown_of(current)).transpose()?,
            ahead: ahead.map(|task| task.image.id).collect(),
        })
    }

    fn shown_of(&self, current: &Current) -> Result<Shown> {
        let item = &current.item;
        let texts = item.texts();
        let neighbours = match &item.figure {
            // What this curator said of them, and nobody else.
            Some(figure) => self.desk.store.neighbours(figure.id, &self.desk.curator)?,
            None => Vec::new(),
        };
        let neighbour = |found: crate::store::Neighbour| Neighbour {
            picture: Picture {
                id: found.image,
                width: found.width,
                height: found.height,
                told: place(found.page, found.xref, None),
            },
            decided: found.decided,
        };
        let mention = |mention: &crate::figures::Mention| Mention {
            page: mention.page,
            text: words(&mention.text),
        };
        let (earlier, enter) = earlier_of(current);
        Ok(Shown {
            picture: picture(&item.task.image),
            paper: paper(item),
            figure: figure(item),
            caption: words(texts.caption),
            mentions: texts.mentions.iter().map(mention).collect(),
            abstract_text: words(texts.abstract_text),
            neighbours: neighbours
                .into_iter()
                .filter(|found| found.image != item.task.image.id)
                .map(neighbour)
                .collect(),
            more_printed: item.has_more_printed(),
            earlier,
            enter,
            asked: self.asked(current)?,
        })
    }

    fn asked(&self, current: &Current) -> Result<Asked> {
        let item = &current.item;
        Ok(match &current.asked {
            Asking::Select { asked, .. } => Asked::Select {
                answers: answers(asked),
                sheet: asked.sheet.as_ref().map(|words| marking(asked, words)),
            },
            Asking::Sheet { asked, words, tiles } => {
                let tile = |(item, earlier): &(Item, Option<Earlier>)| {
                    let said = earlier.as_ref().and_then(Earlier::value).and_then(Value::known);
                    let is = |word| said.is_some_and(|answer| answer.word == word);
                    let other = said.filter(|_| !is(words.marked) && !is(words.others));
                    Tile {
                        picture: picture(&item.task.image),
                        caption: visible(item.caption()),
                        marked: is(words.marked),
                        said: other.map_or("", |answer| &answer.label),
                    }
                };
                Asked::Sheet {
                    marking: marking(asked, words),
                    tiles: tiles.iter().map(tile).collect(),
                }
            }
            Asking::Classify { asked, panels, earlier, can_crop } => {
                let (image, whole) = (item.task.image.id, item.task.subject());
                let by_words = asked.evidence == EvidenceRule::Asked;
                let of_panels = panels.iter().map(|panel| Subject::panel(image, panel.id));
                let subjects = std::iter::once(whole).chain(of_panels).filter(|_| by_words);
                let quotes = subjects.flat_map(|subject| {
                    asked.answers.iter().filter_map(move |answer| {
                        let said = earlier.quote(subject, answer);
                        let wanted = subject == whole || said.is_some();
                        wanted.then(|| Quotes {
                            panel: subject.panel,
                            answer: answer.word,
                            quotes: quotes(answer, said, &item.texts()),
                        })
                    })
                });
                Asked::Classify {
                    answers: answers(asked),
                    by_words,
                    about: item.task.panel.as_ref().map(|panel| stored_panel(1, panel)),
                    quotes: quotes.collect(),
                    panels: (1..).zip(panels).map(|(n, panel)| stored_panel(n, panel)).collect(),
                    can_crop: *can_crop,
                    first: earlier.taken_back(),
                }
            }
            Asking::Crop { opening, problem } => Asked::Crop {
                panels: drafts(opening.first()),
                named: letters::sub_captions(item.caption())
                    .into_iter()
                    .map(|sub| (sub.letter, visible(&sub.text)))
                    .collect(),
                problem: problem.clone(),
            },
            Asking::Case(form) => self.asked_case(item, form)?,
            Asking::Dispute(dispute) => Asked::Dispute {
                readings: dispute.readings.iter().map(reading).collect(),
                panel: item.task.panel.as_ref().map(|panel| stored_panel(1, panel)),
            },
        })
    }

    fn asked_case(&self, item: &Item, form: &Form) -> Result<Asked> {
        let details = form.details(form.proposed_name().to_owned());
        let of_picture = self.round.as_ref().map_or(1, |round| round.of_picture().count());
        Ok(Asked::Case {
            patient: patient(&details),
            previous: form.previous.clone(),
            panel: item.task.panel.as_ref().map_or(0, |panel| panel.id),
            of_picture,
            panels: self.panels_of_paper(item)?,
        })
    }

    /// All panels of the paper, with whose scans they are as far as may be shown.
    fn panels_of_paper(&self, item: &Item) -> Result<Vec<message::PaperPanel>> {
        let within = Within::Preprint(item.task.image.preprint);
        let store = &*self.desk.store;
        let mut panels = store.labelled_panels_within(within)?;
        if self.desk.is_blind() {
            super::super::case::leave_own(store, &self.desk.curator, within, &mut panels)?;
        }
        let open: std::collections::HashSet<i64> = self
            .round
            .iter()
            .flat_map(Round::left)
            .filter_map(|task| Some(task.panel.as_ref()?.id))
            .collect();
        let paper_panel = |(number, panel): (usize, &LabelledPanel)| message::PaperPanel {
            panel: stored_panel(number, panel),
            picture: Picture {
                id: panel.image,
                width: panel.width,
                height: panel.height,
                told: place(panel.page, panel.xref, panel.file_name.as_deref()),
            },
            patient: panel.case.clone().unwrap_or_default(),
            time: panel.scan_time.clone().unwrap_or_default(),
            open: open.contains(&panel.id),
        };
        let numbered = panels.iter().map(|p| (p.index.map_or(1, |index| index as usize + 1), p));
        Ok(numbered.map(paper_panel).collect())
    }
}

/// What was said before, and what Enter alone does with it.
fn earlier_of(current: &Current) -> (Vec<(String, String)>, Option<String>) {
    let told = |earlier: &Earlier| {
        (vec![(earlier.title().to_owned(), earlier.told())], Some(earlier.enter()))
    };
    match &current.asked {
        Asking::Select { earlier: Some(earlier), .. } => told(earlier),
        Asking::Classify { earlier, .. } => {
            let lines = earlier.told().into_iter();
            (lines.map(|(title, told)| (title.to_owned(), told)).collect(), earlier.enter())
        }
        Asking::Crop { opening, .. } => {
            opening.earlier.as_ref().map_or_else(Default::default, |(_, earlier)| told(earlier))
        }
        Asking::Case(form) => form.shown_earlier().as_ref().map_or_else(Default::default, told),
        Asking::Select { earlier: None, .. } | Asking::Sheet { .. } | Asking::Dispute(_) => {
            Default::default()
        }
    }
}

fn answers(asked: &'static Question) -> Vec<message::Answer> {
    let told = |answer: &'static Answer| message::Answer {
        key: answer.key,
        word: answer.word,
        label: &answer.label,
        help: &answer.help,
    };
    asked.answers.iter().map(told).collect()
}

fn marking(asked: &'static Question, words: &'static SheetWords) -> message::Marking {
    let label = |word| asked.answer(word).map_or("", |answer| answer.label.as_str());
    message::Marking {
        marked: label(words.marked),
        others: label(words.others),
        one: &words.one,
        many: &words.many,
    }
}

/// What may be quoted for an answer, with what was quoted before first.
fn quotes(answer: &Answer, said: Option<Quote>, texts: &Texts<'_>) -> Vec<Quoted> {
    choices(answer, said, texts)
        .into_iter()
        .map(|quote| Quoted {
            typed: as_typed(&quote, texts),
            source: quote.source,
            span: quote.span,
        })
        .collect()
}

pub(super) fn choices(answer: &Answer, said: Option<Quote>, texts: &Texts<'_>) -> Vec<Quote> {
    let mut quotes = alternatives(answer, texts);
    if let Some(said) = said {
        quotes.retain(|quote| *quote != said);
        quotes.insert(0, said);
    }
    quotes
}

pub(super) fn patient(details: &Details) -> Patient {
    Patient {
        name: details.name.clone(),
        age: details.get(Field::Age).to_owned(),
        sex: details.get(Field::Sex).to_owned(),
        time: details.get(Field::Time).to_owned(),
        fields: details.fields.iter().map(|field| field.as_str()).collect(),
    }
}

pub(super) fn drafts(panels: &Panels) -> Vec<Panel> {
    let draft = |draft: &super::super::edit::Draft| Panel {
        id: 0,
        number: draft.number,
        bounds: bounds(draft.bounds),
        letter: draft.letter.clone(),
        sub_caption: visible(&draft.sub_caption),
        proposed: draft.proposed,
    };
    panels.drafts().iter().map(draft).collect()
}

fn stored_panel(number: usize, panel: &LabelledPanel) -> Panel {
    Panel {
        id: panel.id,
        number,
        bounds: bounds(panel.bounds),
        letter: panel.letter.clone(),
        sub_caption: visible(&panel.sub_caption),
        proposed: false,
    }
}

fn reading(reading: &Reading) -> message::Reading {
    let boxes = match &reading.decision.value {
        Some(Value::Crop(boxes)) => boxes.iter().map(|&of| bounds(of)).collect(),
        _ => Vec::new(),
    };
    message::Reading {
        told: visible(&adjudicate::told(reading)),
        span: reading.decision.span.clone(),
        boxes,
    }
}

fn picture(image: &ImageRow) -> Picture {
    Picture {
        id: image.id,
        width: image.width,
        height: image.height,
        told: place(image.page, image.xref, image.file_name.as_deref()),
    }
}

fn place(page: u32, xref: Option<u32>, name: Option<&str>) -> String {
    let xref = xref.map_or("inline".into(), |xref| format!("xref {xref}"));
    let name = name.map_or(String::new(), |name| format!(", {}", visible(name)));
    format!("page {page}, {xref}{name}")
}

fn paper(item: &Item) -> Vec<(String, String)> {
    let paper = &item.paper;
    let version = match paper.version.as_str() {
        "" => String::new(),
        version => format!(" v{version}"),
    };
    let rows = [
        ("paper", format!("{}{version}", paper.name)),
        ("title", paper.title.clone()),
        ("server", paper.server.clone()),
        ("posted", paper.posted.clone()),
        ("doi", paper.doi.clone()),
    ];
    let told = rows.into_iter().filter(|(_, text)| !text.is_empty());
    told.map(|(name, text)| (name.to_owned(), visible(&text))).collect()
}

fn figure(item: &Item) -> String {
    let Some(figure) = &item.figure else {
        return "No figure: a picture outside every figure found".into();
    };
    let mut told = figure.label.clone().unwrap_or_else(|| "Figure without a caption".into());
    if let Some(page) = figure.page {
        let _ = write!(told, ", page {page}");
    }
    if figure.images > 1 {
        let _ = write!(told, ", one of its {} images", figure.images);
    }
    told
}

/// Control characters, which come with the text of PDFs, become blanks, and marks that turn the direction of
/// what follows are left out.
fn visible(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let text = text.chars().filter(|&c| !turns(c));
    text.map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A text in parts, those told apart that speak for answers whose words are set off.
fn words(text: &str) -> Vec<Words> {
    let marks = marked_words(text).into_iter();
    let marks = marks.map(|(at, answer)| (at, KINDS[answer % KINDS.len()]));
    let mut parts: Vec<Words> = Vec::new();
    let mut done = 0;
    let mut push = |text: &str, kind| {
        if !text.is_empty() {
            parts.push(Words { text: visible(text), kind });
        }
    };
    for (at, kind) in marks {
        let from = at.start.max(done);
        if from < at.end {
            push(&text[done..from], "");
            push(&text[from..at.end], kind);
            done = at.end;
        }
    }
    push(&text[done..], "");
    parts
}
