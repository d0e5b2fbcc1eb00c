//! `label case`: whose scan is the panel, and when was it taken?

use std::collections::{BTreeSet, HashMap};
use std::io::{BufRead, Write};

pub(super) use covid_ct_core::task::CaseField as Field;

use super::desk::Desk;
use super::earlier::Earlier;
use super::evidence::Quote;
use super::item::Item;
use super::lines::{Answer, Line, Result, Session};
use super::patient::{self, PatientWords};
use crate::figures;
use crate::store::{Case, CaseDetails, LabelledPanel, Names, Store, Subject, Within, now};
use crate::task;
use covid_ct_core::{Evidence, Stage, Value};

const HELP: &str = "\
Whose scan is it? Scans of one patient stay together when the dataset is split.
  Enter   the name in brackets
  *       the same for all panels of this picture that are still asked about, each at its own time
  =       the patient of the panel before
  NAME    any other: as the paper names the patient, such as Patient 2 or Case 3
Then age, sex and time of the scan: Enter takes what is in brackets, - leaves it empty.
Age in whole years (or '7 months'), sex F or M, time in the paper's words (day 9 after onset).
";

/// What is proposed for a panel.
#[derive(Debug, Clone)]
struct Proposal {
    name: String,
    words: PatientWords,
    /// Where the words were read.
    quote: Quote,
}

/// What is asked of a panel: a name, then, for that name, [`Details`].
#[derive(Debug, Clone)]
pub(super) struct Form {
    preprint: i64,
    subject: Subject,
    proposal: Proposal,
    /// The patients that the paper has.
    cases: Vec<Known>,
    /// What the curator calls them, and what they are called in all, which is what is shown; nothing where
    /// the curator's own names are shown.
    names: Names,
    /// The patient of the panel before.
    pub previous: Option<String>,
    time: String,
    /// What was said of the panel before, where it is asked about again; in its curator's own names.
    pub earlier: Option<Earlier>,
}

/// A patient that the paper has, as far as may be shown.
#[derive(Debug, Clone)]
struct Known {
    name: String,
    details: CaseDetails,
}

/// A patient and a time, proposed or as corrected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Details {
    pub name: String,
    values: CaseDetails,
    time: String,
    quote: Quote,
    /// What is asked: of the patient of the panel before, no more than the time.
    pub fields: Vec<Field>,
}

impl Form {
    pub fn read(desk: &Desk<'_>, item: &Item, panel: &LabelledPanel) -> Result<Self> {
        let store = &*desk.store;
        let within = Within::Preprint(panel.preprint);
        let mut panels = store.labelled_panels_within(within)?;
        let (cases, names) = if desk.is_blind() {
            leave_own(store, &desk.curator, within, &mut panels)?;
            (own_patients(store, &desk.curator, panel.preprint)?, Names::default())
        } else {
            let known = store.patients(within)?.into_iter();
            let known = known.map(|patient| Known { name: patient.name, details: patient.details });
            (known.collect(), store.patient_names(panel.preprint)?)
        };
        let previous = previous_panel(&panels, panel);
        let mut proposal = propose(item, panel, &cases, previous);
        let mut time = time_of_letter(&panels, panel).or_else(|| proposal.words.time.clone());
        let subject = Subject::panel(panel.image, panel.id);
        let earlier = desk.earlier(Stage::Case, subject)?;
        if let Some(Value::Case { name, time: said }) = earlier.as_ref().and_then(Earlier::value) {
            let by = earlier.as_ref().map_or("", |earlier| &earlier.decision.curator);
            (proposal.name, time) = (names.common(by, name).to_owned(), said.clone());
        }
        Ok(Self {
            preprint: panel.preprint,
            subject,
            earlier,
            previous: previous.and_then(|previous| previous.case.clone()),
            time: time.unwrap_or_default(),
            proposal,
            cases,
            names,
        })
    }

    /// What was said before, in the names that are shown: those that are typed are taken for these too.
    pub fn shown_earlier(&self) -> Option<Earlier> {
        let mut shown = self.earlier.clone()?;
        let by = &shown.decision.curator;
        if let Some(Value::Case { name, .. }) = &mut shown.decision.value {
            *name = self.names.common(by, name).to_owned();
        }
        Some(shown)
    }

    pub fn proposed_name(&self) -> &str {
        &self.proposal.name
    }

    /// The name that a typed answer means.
    pub fn name(&self, typed: &str) -> std::result::Result<String, String> {
        match (typed, &self.previous) {
            ("", _) => Ok(self.proposal.name.clone()),
            ("=", Some(case)) => Ok(case.clone()),
            ("=", None) => Err("no panel before this one has a patient".into()),
            // The text form of a case decision is `name @ time`.
            (name, _) if name.contains('@') => Err("a patient's name cannot hold an @".into()),
            (name, _) => Ok(name.to_owned()),
        }
    }

    /// What is proposed for the patient of this name.
    pub fn details(&self, name: String) -> Details {
        let known = self.cases.iter().find(|case| case.name == name);
        let known = known.map(|case| case.details.clone());
        // Words that name a patient, or name none while the curator names one the paper has already,
        // say nothing of another; words without a name are of whoever the curator says it is.
        let proposal = &self.proposal;
        // Asked again, what is in force is shown as it is, not what the words would add.
        let said = self.earlier.as_ref().filter(|_| name == proposal.name);
        let told = said.is_none()
            && (name == proposal.name || proposal.words.name.is_none() && known.is_none());
        let mut details = known.unwrap_or_default();
        let same = self.previous.as_ref() == Some(&name);
        if told && !same {
            if details.age.is_empty() {
                details.age = proposal.words.age.map(|age| age.to_string()).unwrap_or_default();
            }
            if details.sex.is_empty() {
                proposal.words.sex.unwrap_or_default().clone_into(&mut details.sex);
            }
        }
        Details {
            name,
            values: details,
            time: self.time.clone(),
            quote: match said {
                Some(earlier) => earlier.quote(),
                None if told => proposal.quote.clone(),
                None => Quote::default(),
            },
            fields: task::in_force()
                .case
                .fields
                .iter()
                .copied()
                .filter(|field| *field == Field::Time || !(same && said.is_none()))
                .collect(),
        }
    }

    /// What Enter leaves as it is: what was said before, unchanged.
    pub fn unchanged(&self, details: &Details) -> Option<&Earlier> {
        let same = *details == self.details(self.proposed_name().to_owned());
        self.earlier.as_ref().filter(|_| same)
    }

    /// When the panel was taken, as proposed.
    fn time(&self) -> &str {
        &self.time
    }

    /// What to write where a patient is that of all panels of a picture, this one and the `others`; each
    /// keeps the time proposed for it, but for those of which the time is proposed that was corrected here.
    pub fn accept_all(
        &self,
        desk: &Desk<'_>,
        item: &Item,
        answer: Details,
        others: &[LabelledPanel],
    ) -> Result<Vec<(Subject, Value, Quote)>> {
        let (name, corrected) = (answer.name.clone(), answer.time.clone());
        let mut decisions = vec![self.accept(desk, answer)?];
        for panel in others {
            let form = Self::read(desk, item, panel)?;
            let time = if form.time() == self.time() { &corrected } else { form.time() };
            let time = Some(time.to_owned()).filter(|time| !time.is_empty());
            let quote = form.details(name.clone()).quote;
            let name = form.names.own(&desk.curator, &name);
            decisions.push((form.subject, Value::Case { name, time }, quote));
        }
        Ok(decisions)
    }

    /// Keeps what the curator newly says of the patient, if it was asked; gives the decision to write.
    pub fn accept(&self, desk: &Desk<'_>, answer: Details) -> Result<(Subject, Value, Quote)> {
        let name = self.names.own(&desk.curator, &answer.name);
        if answer.fields.contains(&Field::Age) {
            desk.store.say_of_patient(Case {
                preprint: self.preprint,
                name: name.clone(),
                details: answer.values,
                curator: desk.curator.clone(),
                time: now(),
            })?;
        }
        let time = Some(answer.time).filter(|time| !time.is_empty());
        Ok((self.subject, Value::Case { name, time }, answer.quote))
    }
}

impl Details {
    pub fn get(&self, field: Field) -> &str {
        match field {
            Field::Age => &self.values.age,
            Field::Sex => &self.values.sex,
            Field::Time => &self.time,
        }
    }

    /// Takes a typed answer: nothing keeps what is proposed, `-` empties it.
    pub fn set(&mut self, field: Field, typed: &str) -> std::result::Result<(), String> {
        let value = match (typed, field) {
            ("", _) => return Ok(()),
            ("-", _) => String::new(),
            (_, Field::Age) => patient::parse_age(typed)?,
            (_, Field::Sex) => patient::parse_sex(typed)?,
            (_, Field::Time) => typed.to_owned(),
        };
        match field {
            Field::Age => self.values.age = value,
            Field::Sex => self.values.sex = value,
            Field::Time => self.time = value,
        }
        Ok(())
    }
}

pub(super) fn ask<R: BufRead, W: Write>(
    session: &mut Session<'_, R, W>,
    item: &Item,
) -> Result<Answer> {
    let Some(panel) = &item.task.panel else { return Ok(Answer::Skip) };
    let form = Form::read(&session.desk, item, panel)?;
    let shown = form.shown_earlier();
    if let Some(shown) = &shown {
        session.tell_earlier(shown)?;
    }
    let name = match ask_name(session, item, &form)? {
        Line::Leave(answer) => return Ok(answer),
        Line::Text(typed) if typed == ALL => return accept_all(session, item, &form),
        Line::Text(typed) => match (form.name(&typed), &form.earlier) {
            (_, Some(earlier)) if typed.is_empty() => {
                let kept = shown.as_ref().filter(|shown| shown.in_force);
                session.say_again(form.subject, kept.unwrap_or(earlier))?;
                return Ok(Answer::Decided);
            }
            (name, _) => name.unwrap_or(typed),
        },
    };
    let mut details = form.details(name);
    for field in details.fields.clone() {
        if let Some(answer) = ask_detail(session, item, &mut details, field)? {
            return Ok(answer);
        }
    }
    let (subject, value, quote) = form.accept(&session.desk, details)?;
    session.decide(subject, value, &quote)?;
    Ok(Answer::Decided)
}

/// Typed for: the patient of all panels of the picture.
const ALL: &str = "*";

/// Gives the patient that is proposed to all panels of the picture that are still asked about.
fn accept_all<R: BufRead, W: Write>(
    session: &mut Session<'_, R, W>,
    item: &Item,
    form: &Form,
) -> Result<Answer> {
    let details = form.details(form.proposed_name().to_owned());
    let told = format!("  case: {} of {} panels", details.name, session.beside.len() + 1);
    let others = std::mem::take(&mut session.beside);
    let decisions = form.accept_all(&session.desk, item, details, &others)?;
    session.desk.decide_all(Stage::Case, decisions)?;
    session.prompt.tell(&told)?;
    Ok(Answer::DecidedPicture)
}

/// Leaves of what was said whose scans these are what `curator` said.
pub(super) fn leave_own(
    store: &Store,
    curator: &str,
    within: Within,
    panels: &mut [LabelledPanel],
) -> Result<()> {
    let mut own: HashMap<Subject, Value> = HashMap::new();
    for decision in store.decisions_in_force_within(Stage::Case, within)? {
        if decision.curator == curator
            && let Some(value) = decision.value
        {
            own.insert(decision.subject, value);
        }
    }
    for panel in panels {
        let said = own
            .get(&Subject::panel(panel.image, panel.id))
            .or_else(|| own.get(&Subject::image(panel.image)));
        (panel.case, panel.scan_time) = match said {
            Some(Value::Case { name, time }) => (Some(name.clone()), time.clone()),
            _ => (None, None),
        };
    }
    Ok(())
}

/// The patients that `curator` told of in a paper, by the curator's own names.
fn own_patients(store: &Store, curator: &str, preprint: i64) -> Result<Vec<Known>> {
    let said = store.decisions_in_force_within(Stage::Case, Within::Preprint(preprint))?;
    let names = said.into_iter().filter(|decision| decision.curator == curator);
    let names: BTreeSet<String> = names
        .filter_map(|decision| match decision.value {
            Some(Value::Case { name, .. }) => Some(name),
            _ => None,
        })
        .collect();
    let mut rows = store.case_history()?;
    rows.retain(|row| row.preprint == preprint && row.curator == curator);
    let known = |name: String| {
        let newest = rows.iter().rfind(|row| row.name == name);
        Known { details: newest.map(|row| row.details.clone()).unwrap_or_default(), name }
    };
    Ok(names.into_iter().map(known).collect())
}

/// Of a paper's panels in the order they are asked about, the one before this that has a patient.
fn previous_panel<'a>(
    panels: &'a [LabelledPanel],
    panel: &LabelledPanel,
) -> Option<&'a LabelledPanel> {
    panels
        .iter()
        .take_while(|before| before.id != panel.id)
        .filter(|before| before.case.is_some())
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
    cases: &[Known],
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
fn next_name(cases: &[Known]) -> String {
    let number = |case: &Known| case.name.strip_prefix("Patient ")?.parse::<u32>().ok();
    let highest = cases.iter().filter_map(number).max().unwrap_or(0);
    format!("Patient {}", highest.saturating_add(1))
}

fn ask_name<R: BufRead, W: Write>(
    session: &mut Session<'_, R, W>,
    item: &Item,
    form: &Form,
) -> Result<Line> {
    let keys = [
        form.shown_earlier().map(|earlier| earlier.enter() + "; "),
        form.previous.as_ref().map(|case| format!("= {case}; ")),
        (!session.beside.is_empty())
            .then(|| format!("* all {} panels; ", session.beside.len() + 1)),
    ];
    let keys: String = keys.into_iter().flatten().collect();
    let question = format!("patient [{}] ({keys}s, u, q, o, ?):", form.proposed_name());
    loop {
        let text = match session.line(&question, item, HELP)? {
            Line::Text(text) => text,
            leave @ Line::Leave(_) => return Ok(leave),
        };
        match form.name(&text) {
            Ok(_) => return Ok(Line::Text(text)),
            Err(why) => session.prompt.tell(&why)?,
        }
    }
}

/// Asks until `field` is set; gives the answer that leaves the panel instead, if one is given.
fn ask_detail<R: BufRead, W: Write>(
    session: &mut Session<'_, R, W>,
    item: &Item,
    details: &mut Details,
    field: Field,
) -> Result<Option<Answer>> {
    loop {
        let question = format!("  {} [{}]:", field, details.get(field));
        match session.line(&question, item, HELP)? {
            Line::Leave(answer) => return Ok(Some(answer)),
            Line::Text(text) => match details.set(field, &text) {
                Ok(()) => return Ok(None),
                Err(why) => session.prompt.tell(&why)?,
            },
        }
    }
}
