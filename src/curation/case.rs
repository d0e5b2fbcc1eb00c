//! `label case`: whose scan is the panel, and when was it taken?

use std::io::{BufRead, Write};

use super::evidence::Quote;
use super::patient::{self, PatientWords};
use super::session::{Answer, Item, Line, Result, Session};
use crate::figures;
use crate::store::{Case, CaseDetails, Evidence, LabelledPanel, Subject, Value, now};

const HELP: &str = "\
Whose scan is it? Scans of one patient stay together when the dataset is split.
  Enter   the name in brackets
  =       the patient of the panel before
  NAME    any other: as the paper names the patient, such as Patient 2 or Case 3
Then age, sex and time of the scan: Enter takes what is in brackets, - leaves it empty.
Age in whole years (or '7 months'), sex F or M, time in the paper's words (day 9 after onset).
";

/// What is proposed for a panel.
struct Proposal {
    name: String,
    words: PatientWords,
    /// Where the words were read.
    quote: Quote,
}

pub(super) fn ask<R: BufRead, W: Write>(
    session: &mut Session<'_, R, W>,
    item: &Item,
) -> Result<Answer> {
    let Some(panel) = &item.task.panel else { return Ok(Answer::Skip) };
    let cases: Vec<Case> =
        session.store.cases()?.into_iter().filter(|case| case.preprint == panel.preprint).collect();
    let panels = session.store.labelled_panels()?;
    let previous = previous_panel(&panels, panel);
    let proposal = propose(item, panel, &cases, previous);

    let name = match ask_name(session, item, &proposal, previous)? {
        Line::Leave(answer) => return Ok(answer),
        Line::Text(name) => name,
    };
    let known = cases.iter().find(|case| case.name == name).map(|case| case.details.clone());
    // Words that name a patient, or name none while the curator names one the paper has already, say
    // nothing of another; words without a name are of whoever the curator says it is.
    let told = name == proposal.name || proposal.words.name.is_none() && known.is_none();
    let words = if told { proposal.words.clone() } else { PatientWords::default() };
    let mut details = known.clone().unwrap_or_default();
    let same = previous.is_some_and(|previous| previous.case.as_ref() == Some(&name));
    if !same {
        let age = words.age.map(|age| age.to_string()).unwrap_or_default();
        let age = if details.age.is_empty() { age } else { details.age };
        details.age = match ask_detail(session, item, "age", &age, patient::parse_age)? {
            Line::Leave(answer) => return Ok(answer),
            Line::Text(age) => age,
        };
        let sex = if details.sex.is_empty() { words.sex.unwrap_or_default() } else { &details.sex };
        details.sex = match ask_detail(session, item, "sex", sex, patient::parse_sex)? {
            Line::Leave(answer) => return Ok(answer),
            Line::Text(sex) => sex,
        };
    }
    let time = time_of_letter(&panels, panel).or(proposal.words.time).unwrap_or_default();
    let time = match ask_detail(session, item, "time", &time, |text| Ok(text.to_owned()))? {
        Line::Leave(answer) => return Ok(answer),
        Line::Text(time) => Some(time).filter(|time| !time.is_empty()),
    };
    keep_details(session, panel.preprint, &name, known.as_ref(), details)?;
    let quote = if told { proposal.quote } else { Quote::default() };
    let subject = Subject::panel(panel.image, panel.id);
    session.decide(subject, Value::Case { name, time }, &quote)?;
    Ok(Answer::Decided)
}

/// The panel before this one, in the order they are asked about.
fn previous_panel<'a>(
    panels: &'a [LabelledPanel],
    panel: &LabelledPanel,
) -> Option<&'a LabelledPanel> {
    panels
        .iter()
        .take_while(|before| before.id != panel.id)
        .filter(|before| before.preprint == panel.preprint && before.case.is_some())
        .last()
}

/// When the panels of the same letter in the same picture were taken: slices of one scan.
fn time_of_letter(panels: &[LabelledPanel], panel: &LabelledPanel) -> Option<String> {
    panels
        .iter()
        .filter(|other| other.image == panel.image && !other.letter.is_empty())
        .find(|other| other.letter == panel.letter && other.scan_time.is_some())
        .and_then(|other| other.scan_time.clone())
}

/// Reads sub-caption, caption and citing sentences, in that order, for what they tell of the
/// patient; names the patient after them, after a patient of the paper who is like that, or after
/// the panel before in the same picture.
fn propose(
    item: &Item,
    panel: &LabelledPanel,
    cases: &[Case],
    previous: Option<&LabelledPanel>,
) -> Proposal {
    let texts = item.texts();
    let general = figures::general_part(texts.caption);
    let caption = if panel.sub_caption.is_empty() { texts.caption } else { &general };
    let mut words = patient::read(&panel.sub_caption);
    let mut source = (!words.span.is_empty()).then_some(Evidence::Caption);
    let others = std::iter::once((Evidence::Caption, caption))
        .chain(texts.mentions.iter().map(|m| (Evidence::Mention, m.text.as_str())));
    for (from, text) in others {
        let mut read = patient::read(text);
        if !panel.sub_caption.is_empty() {
            // What is said of the figure tells who it is, but not when this panel was taken.
            read.time = None;
        }
        words = words.or(read);
        source = source.or_else(|| (!words.span.is_empty()).then_some(from));
    }
    let alike = || {
        let age = words.age?.to_string();
        let mut alike = cases.iter().filter(|case| {
            case.details.age == age && words.sex.is_none_or(|sex| case.details.sex == sex)
        });
        alike.next().filter(|_| alike.next().is_none()).map(|case| case.name.clone())
    };
    let same_picture = || {
        let previous = previous.filter(|previous| previous.image == panel.image)?;
        let case = cases.iter().find(|case| Some(&case.name) == previous.case.as_ref());
        let agrees =
            words.age.is_none_or(|age| case.is_none_or(|c| c.details.age == age.to_string()));
        previous.case.clone().filter(|_| agrees)
    };
    let name = words.name.clone().or_else(alike).or_else(same_picture);
    let quote = Quote { source, span: words.span.clone() };
    Proposal { name: name.unwrap_or_else(|| next_name(cases)), words, quote }
}

/// The `Patient N` after the highest the paper has yet.
fn next_name(cases: &[Case]) -> String {
    let number = |case: &Case| case.name.strip_prefix("Patient ")?.parse::<u32>().ok();
    let highest = cases.iter().filter_map(number).max().unwrap_or(0);
    format!("Patient {}", highest.saturating_add(1))
}

fn ask_name<R: BufRead, W: Write>(
    session: &mut Session<'_, R, W>,
    item: &Item,
    proposal: &Proposal,
    previous: Option<&LabelledPanel>,
) -> Result<Line> {
    let previous = previous.and_then(|panel| panel.case.clone());
    let question = match &previous {
        Some(case) => format!("patient [{}] (= {case}; s, u, q, o, ?):", proposal.name),
        None => format!("patient [{}] (s, u, q, o, ?):", proposal.name),
    };
    loop {
        let text = match session.line(&question, item, HELP)? {
            Line::Text(text) => text,
            leave @ Line::Leave(_) => return Ok(leave),
        };
        match (text.as_str(), &previous) {
            ("", _) => return Ok(Line::Text(proposal.name.clone())),
            ("=", Some(case)) => return Ok(Line::Text(case.clone())),
            ("=", None) => session.prompt.tell("no panel before this one has a patient")?,
            // The text form of a case decision is `name @ time`.
            (name, _) if name.contains('@') => {
                session.prompt.tell("a patient's name cannot hold an @")?;
            }
            (name, _) => return Ok(Line::Text(name.to_owned())),
        }
    }
}

fn ask_detail<R: BufRead, W: Write>(
    session: &mut Session<'_, R, W>,
    item: &Item,
    what: &str,
    proposed: &str,
    parse: impl Fn(&str) -> std::result::Result<String, String>,
) -> Result<Line> {
    loop {
        match session.line(&format!("  {what} [{proposed}]:"), item, HELP)? {
            Line::Text(text) if text.is_empty() => return Ok(Line::Text(proposed.to_owned())),
            Line::Text(text) if text == "-" => return Ok(Line::Text(String::new())),
            Line::Text(text) => match parse(&text) {
                Ok(value) => return Ok(Line::Text(value)),
                Err(why) => session.prompt.tell(&why)?,
            },
            leave @ Line::Leave(_) => return Ok(leave),
        }
    }
}

/// Appends what is known of a patient where it is new.
fn keep_details<R, W>(
    session: &Session<'_, R, W>,
    preprint: i64,
    name: &str,
    known: Option<&CaseDetails>,
    details: CaseDetails,
) -> Result<()> {
    if known == Some(&details) {
        return Ok(());
    }
    let case = Case {
        preprint,
        name: name.to_owned(),
        details,
        curator: session.curator.clone(),
        time: now(),
    };
    Ok(session.store.add_case(&case)?)
}
