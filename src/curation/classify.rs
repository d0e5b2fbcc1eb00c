//! A question that may rest on quoted words, such as `label diagnose`: of a picture, of its panels one by one, or of one panel
//! where the question is about panels.

use std::fmt::Write as _;
use std::io::{BufRead, Write};

use covid_ct_core::task::{Answer as TaskAnswer, EvidenceRule, Question, SubjectKind};

use super::desk::Desk;
use super::earlier::Earlier;
use super::evidence::{Quote, Texts, grounds, propose};
use super::item::Item;
use super::lines::{Answer, Line, Result, Session};
use crate::figures::Mention;
use crate::store::{LabelledPanel, Subject, Within};
use covid_ct_core::{Evidence, Stage, Value};

/// What `?` tells of a question.
fn help(question: &Question, crops: bool) -> String {
    let mut help = question.help();
    if question.subject == SubjectKind::Picture {
        let (key, other) = (question.answers[1].key, "2=");
        let _ = writeln!(
            help,
            "  {other}{key}  the same for panel 2 alone, which then overrules the picture"
        );
        if crops {
            help += "  k    crop first: where panels differ, they need boxes before they can be told apart\n";
        }
    }
    if !question.note.is_empty() {
        let _ = writeln!(help, "{}", question.note);
    }
    help
}

const EVIDENCE_HELP: &str = "\
Which words does the decision rest on?
  Enter                  what is proposed in brackets
  caption [QUOTE]        words of the caption
  mention N [QUOTE]      words of the citing sentence N
  abstract [QUOTE]       words of the abstract
  image [QUOTE]          what is seen in the picture, in your words
Without QUOTE the sentence that speaks for the decision is quoted, where there is one.
  -                      back to the question
";

pub(super) fn ask<R: BufRead, W: Write>(
    session: &mut Session<'_, R, W>,
    item: &Item,
    asked: &Question,
) -> Result<Answer> {
    let whole = item.task.subject();
    let panels = panels_to_ask(&session.desk, item, asked)?;
    let panels: Vec<i64> = panels.iter().map(|panel| panel.id).collect();
    let earlier = EarlierOfAll::read(&session.desk, asked.stage, whole, &panels)?;
    for (title, told) in earlier.told() {
        let field = session.prompt.style.field(title, &told);
        session.prompt.tell(&field)?;
    }
    let enter = earlier.enter().map_or(String::new(), |enter| enter + ", ");
    let can_crop = can_crop_first(&session.desk, item, asked, &panels);
    let crop = if can_crop { ", k" } else { "" };
    let (prompt, keys) = (&asked.prompt, asked.keys());
    let question = match panels.len() {
        0 | 1 => format!("{prompt} [{enter}{keys}{crop}, s, u, q, o, ?]"),
        count => {
            let key = asked.answers[0].key;
            format!(
                "{prompt} [{enter}{keys}, or 1={key} .. {count}={key} for one panel, s, u, q, o, ?]"
            )
        }
    };
    let help = help(asked, can_crop);
    loop {
        let text = match session.line(&question, item, &help)? {
            Line::Leave(answer) => return Ok(answer),
            Line::Text(text) => text,
        };
        match (text.as_str(), earlier.to_keep()) {
            ("", Some(of_picture)) => {
                session.say_again(whole, of_picture)?;
                return Ok(Answer::Decided);
            }
            ("", None) if earlier.is_of_all_panels() => {
                session.desk.keep(asked.stage, whole);
                session.prompt.tell("  kept, panel by panel")?;
                return Ok(Answer::Decided);
            }
            ("k", _) if can_crop => {
                return match super::crop::ask(session, item)? {
                    Answer::Decided => ask(session, item, asked),
                    answer => Ok(answer),
                };
            }
            _ => {}
        }
        if session.desk.is_settling() && text.contains('=') {
            let told = format!("what is disputed is asked about alone: {}", asked.keys_in_words());
            session.prompt.tell(&told)?;
            continue;
        }
        let (subject, answer) = match parse(asked, &text, whole, &panels) {
            Ok(parsed) => parsed,
            Err(why) => {
                session.prompt.tell(&why)?;
                continue;
            }
        };
        let said = earlier.quote(subject, answer);
        let grounds = match asked.evidence {
            EvidenceRule::Asked => ask_evidence(session, item, answer, said)?,
            _ => Grounds::Given(said.unwrap_or_else(|| grounds(asked, answer, item.caption()))),
        };
        match grounds {
            Grounds::Given(quote) => {
                session.decide(subject, Value::Answer(asked.stage, answer.word), &quote)?;
                if is_done(&session.desk, asked.stage, subject, &panels)? {
                    return Ok(Answer::Decided);
                }
            }
            Grounds::Back => {}
            Grounds::Leave(answer) => return Ok(answer),
        }
    }
}

/// Whether the picture can be cropped before the question is answered: it has no panels yet, and is to have some.
pub(super) fn can_crop_first(
    desk: &Desk<'_>,
    item: &Item,
    asked: &Question,
    panels: &[i64],
) -> bool {
    let task = crate::task::in_force();
    let is_of_picture = asked.subject == SubjectKind::Picture && asked.stage != task.selecting();
    let has_none = panels.is_empty() && item.task.panel.is_none();
    task.crop.is_asked && is_of_picture && has_none && !desk.is_settling()
}

/// What the curator said before of a picture that is asked about again, and of its panels.
#[derive(Debug, Clone, Default)]
pub(super) struct EarlierOfAll {
    /// Of the picture, or of the one panel that is asked about.
    of_picture: Option<Earlier>,
    /// By the place of the panel.
    of_panels: Vec<Option<Earlier>>,
    panels: Vec<i64>,
}

impl EarlierOfAll {
    pub fn read(desk: &Desk<'_>, stage: Stage, whole: Subject, panels: &[i64]) -> Result<Self> {
        let earlier = |subject| desk.earlier(stage, subject);
        let of_panels = panels.iter().map(|&panel| earlier(Subject::panel(whole.image, panel)));
        Ok(Self {
            of_picture: earlier(whole)?,
            of_panels: of_panels.collect::<Result<_>>()?,
            panels: panels.to_vec(),
        })
    }

    /// What Enter keeps, or says again, of the picture as a whole. Where panels have words of their own,
    /// they are kept, too.
    pub fn to_keep(&self) -> Option<&Earlier> {
        self.of_picture.as_ref()
    }

    /// Whether every panel has an answer of its own in force.
    pub fn is_of_all_panels(&self) -> bool {
        let in_force = |earlier: &Option<Earlier>| earlier.as_ref().is_some_and(|e| e.in_force);
        !self.of_panels.is_empty() && self.of_panels.iter().all(in_force)
    }

    pub fn enter(&self) -> Option<String> {
        match &self.of_picture {
            Some(earlier) => Some(earlier.enter()),
            None => self.is_of_all_panels().then(|| "Enter keeps all panels as they are".into()),
        }
    }

    /// Lines of a name and what was said.
    pub fn told(&self) -> Vec<(&'static str, String)> {
        let picture = self.of_picture.iter().map(|earlier| (earlier.title(), earlier.told()));
        let panels = (1..).zip(&self.of_panels).filter_map(|(number, earlier)| {
            let earlier = earlier.as_ref()?;
            Some((earlier.title(), format!("panel {number}: {}", earlier.told())))
        });
        picture.chain(panels).collect()
    }

    /// The panel, by its place, on which an answer was just taken back.
    pub fn taken_back(&self) -> Option<usize> {
        self.of_panels.iter().position(|of| of.as_ref().is_some_and(|earlier| !earlier.in_force))
    }

    /// The words quoted when this was said of the subject before.
    pub fn quote(&self, subject: Subject, answer: &TaskAnswer) -> Option<Quote> {
        let place = |panel| self.panels.iter().position(|of| *of == panel);
        let earlier = match subject.panel.and_then(place) {
            None => self.of_picture.as_ref(),
            Some(at) => self.of_panels[at].as_ref(),
        };
        let says = |e: &&Earlier| e.value().and_then(Value::word) == Some(answer.word);
        let same = earlier.filter(says);
        same.map(Earlier::quote)
    }
}

/// The panels in force of a picture, in order, that may be asked about one by one: what settles a dispute is
/// about its subject and nothing else, and a question about panels is about one.
pub(super) fn panels_to_ask(
    desk: &Desk<'_>,
    item: &Item,
    asked: &Question,
) -> Result<Vec<LabelledPanel>> {
    let selecting = crate::task::in_force().selecting();
    if desk.is_settling() || item.task.panel.is_some() || asked.stage == selecting {
        return Ok(Vec::new());
    }
    Ok(desk.store.labelled_panels_within(Within::Image(item.task.image.id))?)
}

/// Whether a decision on `subject` leaves nothing to ask of its picture: panel by panel, it is done
/// when every panel is.
pub(super) fn is_done(
    desk: &Desk<'_>,
    stage: Stage,
    subject: Subject,
    panels: &[i64],
) -> Result<bool> {
    if subject.panel.is_none() {
        return Ok(true);
    }
    let within = Within::Image(subject.image);
    let decided = desk.store.decisions_in_force_within(stage, within)?;
    Ok(panels.iter().all(|&panel| {
        decided.iter().any(|decision| {
            decision.curator == desk.curator
                && decision.subject == Subject::panel(subject.image, panel)
        })
    }))
}

/// Every quotation that may be meant, the proposed one first: the words that speak for an answer
/// in each source, the citing sentences, the picture itself.
pub(super) fn alternatives(answer: &TaskAnswer, texts: &Texts<'_>) -> Vec<Quote> {
    let nothing = Texts { caption: "", mentions: &[], abstract_text: "" };
    let whole =
        |mention: &Mention| Quote { source: Some(Evidence::Mention), span: mention.text.clone() };
    let spoken = [
        propose(answer, texts),
        propose(answer, &Texts { caption: texts.caption, ..nothing }),
        propose(answer, &Texts { mentions: texts.mentions, ..nothing }),
        propose(answer, &Texts { abstract_text: texts.abstract_text, ..nothing }),
    ];
    let first = spoken[0].clone();
    let is_image = |quote: &Quote| quote.source == Some(Evidence::Image);
    let mut quotes: Vec<Quote> = spoken
        .into_iter()
        .filter(|quote| !is_image(quote))
        .chain(texts.mentions.iter().map(whole))
        .chain([Quote::image()])
        .collect();
    quotes.sort_by_key(|quote| *quote != first);
    let mut seen = std::collections::HashSet::new();
    quotes.retain(|quote| seen.insert((quote.source, quote.span.clone())));
    quotes
}

/// `c`, or `2=c` for the second panel.
fn parse<'q>(
    asked: &'q Question,
    text: &str,
    whole: Subject,
    panels: &[i64],
) -> std::result::Result<(Subject, &'q TaskAnswer), String> {
    let (subject, key) = match text.split_once('=') {
        None => (whole, text),
        Some((number, key)) => {
            let number = number.trim();
            let index = number.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
            let panel =
                index.and_then(|index| panels.get(index)).ok_or_else(|| match panels.len() {
                    0 if whole.panel.is_some() => "one panel is asked about alone".to_owned(),
                    0 => "the picture has no panels yet: crop it first".to_owned(),
                    count => format!("there is no panel '{number}': expected 1 to {count}"),
                })?;
            (Subject::panel(whole.image, *panel), key.trim())
        }
    };
    let answer = asked.typed(key).ok_or_else(|| {
        format!("'{text}' is no answer here: {}; ? explains", asked.keys_in_words())
    })?;
    Ok((subject, answer))
}

enum Grounds {
    Given(Quote),
    Back,
    Leave(Answer),
}

fn ask_evidence<R: BufRead, W: Write>(
    session: &mut Session<'_, R, W>,
    item: &Item,
    answer: &TaskAnswer,
    said: Option<Quote>,
) -> Result<Grounds> {
    let proposal = said.unwrap_or_else(|| propose(answer, &item.texts()));
    let question = format!("evidence [{proposal}]:");
    loop {
        let text = match session.line(&question, item, EVIDENCE_HELP)? {
            Line::Leave(answer) => return Ok(Grounds::Leave(answer)),
            Line::Text(text) if text.is_empty() => return Ok(Grounds::Given(proposal)),
            Line::Text(text) if text == "-" => return Ok(Grounds::Back),
            Line::Text(text) => text,
        };
        match parse_evidence(&text, answer, &item.texts()) {
            Ok(quote) => return Ok(Grounds::Given(quote)),
            Err(why) => session.prompt.tell(&format!("{why}; ? explains"))?,
        }
    }
}

/// Reads `caption "words"`, `mention 2`, `abstract "words"`, `image`. Words said to be printed must
/// be printed there, blanks aside.
pub(super) fn parse_evidence(
    text: &str,
    answer: &TaskAnswer,
    texts: &Texts<'_>,
) -> std::result::Result<Quote, String> {
    let (source, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim();
    let nothing = Texts { caption: "", mentions: &[], abstract_text: "" };
    match source.parse()? {
        Evidence::Image => Ok(Quote { source: Some(Evidence::Image), span: unquote(rest).into() }),
        Evidence::Caption => {
            let only = Texts { caption: texts.caption, ..nothing };
            printed(Evidence::Caption, texts.caption, rest, propose(answer, &only))
        }
        Evidence::Abstract if texts.abstract_text.is_empty() => {
            Err("no abstract of this paper was found: quote the caption or a citing sentence"
                .into())
        }
        Evidence::Abstract => {
            let only = Texts { abstract_text: texts.abstract_text, ..nothing };
            printed(Evidence::Abstract, texts.abstract_text, rest, propose(answer, &only))
        }
        Evidence::Mention => {
            let (number, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            let index = number.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
            let mention = index.and_then(|index| texts.mentions.get(index)).ok_or_else(|| {
                match texts.mentions.len() {
                    0 => "no sentence cites this figure".to_owned(),
                    count => {
                        format!("'{number}' is no citing sentence: expected mention 1 to {count}")
                    }
                }
            })?;
            // A citing sentence is short enough to be the quotation.
            let whole = Quote { source: Some(Evidence::Mention), span: mention.text.clone() };
            printed(Evidence::Mention, &mention.text, rest.trim(), whole)
        }
    }
}

/// A quotation as the prompt for evidence takes it.
pub(super) fn as_typed(quote: &Quote, texts: &Texts<'_>) -> String {
    let source = quote.source.map_or(String::new(), |source| source.to_string());
    let number = if quote.source == Some(Evidence::Mention) {
        let holds = |text: &str| text.contains(&quote.span);
        let at = texts.mentions.iter().position(|mention| holds(&mention.text));
        format!(" {}", at.unwrap_or(0) + 1)
    } else {
        String::new()
    };
    format!("{source}{number} {}", quote.span).trim_end().to_owned()
}

/// The typed words, or where there are none the proposed ones.
fn printed(
    source: Evidence,
    text: &str,
    typed: &str,
    proposal: Quote,
) -> std::result::Result<Quote, String> {
    let span = unquote(typed);
    if span.is_empty() {
        return if proposal.source == Some(source) {
            Ok(proposal)
        } else {
            Err(format!("no words of the {source} speak for it: quote the ones you mean"))
        };
    }
    let blanks = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    if blanks(text).contains(&blanks(span)) {
        Ok(Quote { source: Some(source), span: span.to_owned() })
    } else {
        Err(format!("\"{span}\" does not stand in the {source}"))
    }
}

fn unquote(text: &str) -> &str {
    text.trim().trim_matches(['"', '\u{201c}', '\u{201d}']).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnose() -> &'static Question {
        crate::task::in_force().question(Stage::Diagnose).expect("a question of the task")
    }

    fn answer(word: &str) -> &'static TaskAnswer {
        diagnose().typed(word).expect("an answer of the task")
    }

    #[test]
    fn answers_name_the_picture_or_a_panel() {
        let read = |text, panels: &[i64]| {
            let parsed = parse(diagnose(), text, Subject::image(7), panels);
            parsed.map(|(subject, answer)| (subject, answer.word.as_str()))
        };
        assert_eq!(read("c", &[]), Ok((Subject::image(7), "covid")));
        assert_eq!(read("2 = n", &[10, 11]), Ok((Subject::panel(7, 11), "non-covid")));
        assert!(read("3=n", &[10, 11]).is_err_and(|why| why.contains("1 to 2")));
        assert!(read("0=n", &[10, 11]).is_err());
        assert!(read("1=n", &[]).is_err_and(|why| why.contains("crop")));
        assert!(read("", &[]).is_err());
    }

    #[test]
    fn alternatives_begin_with_the_proposal_and_end_with_the_rest() {
        let mentions = [Mention { page: 3, text: "See Fig. 1.".into(), panels: Vec::new() }];
        let texts = Texts {
            caption: "Figure 1. CT.",
            mentions: &mentions,
            abstract_text: "We report COVID-19. It spreads.",
        };
        let told = |answer| {
            let quotes = alternatives(answer, &texts);
            quotes.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(
            told(answer("covid")),
            ["abstract: \"We report COVID-19.\"", "mention: \"See Fig. 1.\"", "image"]
        );
        assert_eq!(told(answer("exclude")), ["image", "mention: \"See Fig. 1.\""]);
    }

    #[test]
    fn quotes_must_be_printed_where_they_are_said_to_be() {
        let mentions = [Mention {
            page: 3,
            text: "The first  CT showed it (Fig. 1).".into(),
            panels: Vec::new(),
        }];
        let texts = Texts {
            caption: "Figure 1. CT of a COVID-19 patient.",
            mentions: &mentions,
            abstract_text: "We report COVID-19.",
        };
        let read = |text| parse_evidence(text, answer("covid"), &texts);
        let caption = read("caption \"COVID-19 patient\"").expect("printed");
        assert_eq!((caption.source, &*caption.span), (Some(Evidence::Caption), "COVID-19 patient"));
        assert_eq!(read("caption").expect("proposed").span, "CT of a COVID-19 patient.");
        assert_eq!(read("mention 1 first CT").expect("blanks aside").span, "first CT");
        assert_eq!(read("abstract").expect("proposed").span, "We report COVID-19.");
        assert_eq!(read("image crazy paving").expect("free").span, "crazy paving");
        assert!(read("caption influenza").is_err());
        assert!(read("mention 2").is_err_and(|why| why.contains("1 to 1")));
        assert!(read("nowhere").is_err_and(|why| why.contains("caption")));
    }
}
