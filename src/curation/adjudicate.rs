//! `label adjudicate`: what curators disagree on, with what each of them said, is settled.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{BufRead, Write};

use super::evidence::Quote;
use super::item::Item;
use super::options::QueueOptions;
use super::queue::Task;
use super::session::{Answer, Line, Result, Session};
use crate::store::{self, Decision, ImageRow, LabelledPanel, Stage, Store, Subject, Value};

const HELP: &str = "\
Which reading is right? It is then recorded as yours, and overrules those made before.
  1, 2 ...  the reading of that number, with the words it rests on
  a         none of them: the stage's own question is asked
";

/// What curators disagree on.
#[derive(Debug, Clone, PartialEq)]
pub struct Dispute {
    pub subject: Subject,
    /// Oldest first; at least two.
    pub readings: Vec<Decision>,
}

impl Dispute {
    /// What is written when a reading is taken, counted from 0; `None` where there is no such reading.
    pub(super) fn reading(&self, index: usize) -> Option<(Value, Quote)> {
        let reading = self.readings.get(index)?;
        let quote = Quote { source: reading.evidence, span: reading.span.clone() };
        Some((reading.value.clone()?, quote))
    }
}

/// All that is disputed at a stage, by paper and page. A dispute on a panel that no longer counts needs no
/// settling. A case that is said of a whole picture is asked about with its first panel.
pub(super) fn disputes(
    store: &Store,
    stage: Stage,
    options: &QueueOptions,
) -> store::Result<Vec<Task>> {
    let mut disputed: Vec<_> =
        store.verdicts(stage)?.into_iter().filter(|(_, verdict)| !verdict.agreed).collect();
    if disputed.is_empty() {
        return Ok(Vec::new());
    }
    disputed.sort_by_key(|(subject, _)| *subject);
    let mut images: Vec<ImageRow> = store.images()?;
    options.filter(store, &mut images)?;
    let places: HashMap<i64, usize> =
        (0..).zip(&images).map(|(at, image)| (image.id, at)).collect();
    disputed.retain(|(subject, _)| places.contains_key(&subject.image));
    // Stable: a picture before its panels.
    disputed.sort_by_key(|(subject, _)| places[&subject.image]);
    let panels: Vec<LabelledPanel> = store.labelled_panels()?;
    let mut tasks = Vec::new();
    for (subject, verdict) in disputed {
        let wanted = |panel: &&LabelledPanel| match subject.panel {
            Some(id) => panel.id == id,
            None => stage == Stage::Case && panel.image == subject.image,
        };
        let panel = panels.iter().find(wanted).cloned();
        if panel.is_none() && (subject.panel.is_some() || stage == Stage::Case) {
            continue;
        }
        let readings = verdict.decisions.iter().map(|&id| store.decision(id));
        let dispute = Dispute { subject, readings: readings.collect::<store::Result<_>>()? };
        let image = images[places[&subject.image]].clone();
        tasks.push(Task { image, panel, dispute: Some(dispute) });
    }
    Ok(tasks)
}

/// Asks which reading is right; `None` where none is, and the stage's own question is to be asked.
pub(super) fn ask<R: BufRead, W: Write>(
    session: &mut Session<'_, R, W>,
    item: &Item,
    dispute: &Dispute,
) -> Result<Option<Answer>> {
    for (number, reading) in (1..).zip(&dispute.readings) {
        let field = session.prompt.style.field(&format!("reading {number}"), &told(reading));
        session.prompt.tell(field.trim_end())?;
    }
    let count = dispute.readings.len();
    let question = format!("which? [1..{count}, a for another answer, s, u, q, o, ?]");
    loop {
        let text = match session.line(&question, item, HELP)? {
            Line::Leave(answer) => return Ok(Some(answer)),
            Line::Text(text) => text,
        };
        if text == "a" {
            return Ok(None);
        }
        let index = text.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        if let Some((value, quote)) = index.and_then(|index| dispute.reading(index)) {
            session.decide(dispute.subject, value, &quote)?;
            return Ok(Some(Answer::Decided));
        }
        session.prompt.tell(&format!("'{text}' is no answer here: 1 to {count}, or a"))?;
    }
}

/// `ann: covid; caption: "of a patient"; note: odd`
pub(super) fn told(reading: &Decision) -> String {
    let value = reading.value.as_ref().map(ToString::to_string).unwrap_or_default();
    let value = if value.is_empty() { "no panels" } else { &value };
    let mut told = format!("{}: {value}", reading.curator);
    if reading.evidence.is_some() {
        let quote = Quote { source: reading.evidence, span: reading.span.clone() };
        let _ = write!(told, "; {quote}");
    }
    if !reading.note.is_empty() {
        let _ = write!(told, "; note: {}", reading.note);
    }
    told
}

#[cfg(test)]
mod tests {
    use super::super::scripted::Bench;
    use super::super::{Ended, Which};
    use super::*;

    /// Settles what is disputed, as `curator`.
    fn settle(bench: &mut Bench, curator: &str, script: &str) -> String {
        let disputed = QueueOptions { which: Which::Disputed, ..QueueOptions::default() };
        bench.type_with(&disputed, curator, None, script).1
    }

    #[test]
    fn crops_and_cases_are_settled_too() {
        let mut bench = Bench::new();
        bench.run(Stage::Select, "c\nn\n");
        bench.run(Stage::Crop, "\n");
        bench.type_as("bob", Some(Stage::Select), "c\nn\n");
        bench.type_as("bob", Some(Stage::Crop), "w\n\ny\n");
        let shown = settle(&mut bench, "eve", "2\n");
        assert!(shown.contains("crop disputed, 1 of 1"), "{shown}");
        assert!(shown.contains("bob: 0,0,308,130"), "{shown}");
        let panels = bench.store.labelled_panels().expect("panels");
        assert_eq!((panels.len(), panels[0].conflict), (1, false));
        // With a reading of its own behind it, an adjudication that is taken back leaves that.
        let again = QueueOptions { which: Which::Decided, ..QueueOptions::default() };
        bench.type_with(&again, "eve", Some(Stage::Crop), "u\nq\n");
        settle(&mut bench, "ann", "2\n");
        bench.type_with(&again, "ann", Some(Stage::Crop), "u\nq\n");
        let mut boxes = bench.values(Stage::Crop);
        boxes.sort();
        assert_eq!(boxes, ["0,0,150,130;158,0,150,130", "0,0,308,130"]);
        // Said again, ann's reading is the newer one.
        settle(&mut bench, "ann", "2\n");

        bench.run(Stage::Case, &"\n".repeat(8));
        bench.type_as("bob", Some(Stage::Case), "Twin\n\n\n\n=\n\n");
        let shown = settle(&mut bench, "eve", "2\na\nThird\n\n\n\n");
        assert!(shown.contains("case disputed, 2 of 2"), "{shown}");
        let panels = bench.store.labelled_panels().expect("panels");
        let cases: Vec<_> = panels.iter().filter_map(|panel| panel.case.as_deref()).collect();
        assert_eq!(cases, ["Twin", "Third"]);
        assert!(panels.iter().all(|panel| !panel.conflict));
        let disputed = QueueOptions { which: Which::Disputed, ..QueueOptions::default() };
        let (summary, _) = bench.type_with(&disputed, "eve", None, "");
        assert_eq!(summary.ended, Ended::Finished, "nothing is left to settle");
    }
}
