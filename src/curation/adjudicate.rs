//! `label adjudicate`: what curators disagree on, with what each of them said, is settled.

use std::fmt::Write as _;
use std::io::{BufRead, Write};

use super::asked::{Dispute, Reading};
use super::carry;
use super::desk::Desk;
use super::evidence::Quote;
use super::item::Item;
use super::lines::{Answer, Line, Result, Session};
use crate::store::{Case, CaseDetails, Subject, Within, now};
use covid_ct_core::{PanelBox, Value};

const HELP: &str = "\
Which reading is right? It is then recorded as yours, and overrules those made before.
  1, 2 ...  the reading of that number, with the words it rests on
  a         none of them: the stage's own question is asked
";

impl Dispute {
    /// What is written when a reading is taken, counted from 0; `None` where there is no such reading. What
    /// it tells of the patient is kept as what `desk`'s curator says.
    pub(super) fn take(&self, desk: &Desk<'_>, index: usize) -> Result<Option<(Value, Quote)>> {
        let Some(Reading { decision, details }) = self.readings.get(index) else { return Ok(None) };
        let Some(mut value) = decision.value.clone() else { return Ok(None) };
        if let Value::Case { name, .. } = &mut value {
            *name = keep_details(desk, self.subject, name, details)?;
        }
        let quote = Quote { source: decision.evidence, span: decision.span.clone() };
        Ok(Some((value, quote)))
    }

    /// What should be known before a reading is taken: with the boxes that only others have goes what was
    /// decided on them.
    pub(super) fn doubts(&self, desk: &Desk<'_>, index: usize) -> Result<Vec<String>> {
        let boxes = |reading: &Reading| match &reading.decision.value {
            Some(Value::Crop(boxes)) => boxes.clone(),
            _ => Vec::new(),
        };
        let Some(Value::Crop(after)) =
            self.readings.get(index).and_then(|reading| reading.decision.value.clone())
        else {
            return Ok(Vec::new());
        };
        let readings: Vec<Vec<PanelBox>> = self.readings.iter().map(boxes).collect();
        let readings = readings.iter().map(Vec::as_slice);
        let warning = carry::warning(desk.store, self.subject.image, readings, &after)?;
        Ok(warning.into_iter().collect())
    }
}

/// Keeps what a reading tells of a patient, what it leaves open filled from what is known; gives the
/// curator's own name for the patient.
fn keep_details(
    desk: &Desk<'_>,
    subject: Subject,
    common: &str,
    details: &CaseDetails,
) -> Result<String> {
    let store = &*desk.store;
    let within = Within::Image(subject.image);
    let patients = store.patients(within)?;
    let preprint = store.paper_of_image(subject.image)?;
    let names = store.patient_names(preprint)?;
    let known = patients.iter().find(|patient| patient.name == common);
    let newest =
        known.into_iter().flat_map(|known| &known.statements).map(|s| s.time.clone()).max();
    let name = names.own(&desk.curator, common);
    store.say_of_patient(Case {
        preprint,
        name: name.clone(),
        details: known.map_or_else(|| details.clone(), |known| details.clone().or(&known.details)),
        curator: desk.curator.clone(),
        // Within one second an adjudication comes last.
        time: newest.map_or_else(now, |newest| now().max(newest)),
    })?;
    Ok(name)
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
        if let Some(index) = index {
            let doubts = dispute.doubts(&session.desk, index)?;
            if !session.is_meant(&doubts)? {
                continue;
            }
        }
        let taken = index.map(|index| dispute.take(&session.desk, index)).transpose()?;
        if let Some((value, quote)) = taken.flatten() {
            session.decide(dispute.subject, value, &quote)?;
            return Ok(Some(Answer::Decided));
        }
        session.prompt.tell(&format!("'{text}' is no answer here: 1 to {count}, or a"))?;
    }
}

/// `ann: covid; caption: "of a patient"; note: odd`
pub(super) fn told(reading: &Reading) -> String {
    let Reading { decision: reading, details } = reading;
    let value = reading.value.as_ref().map(ToString::to_string).unwrap_or_default();
    let value = if value.is_empty() { "no panels" } else { &value };
    let mut told = format!("{}: {value}", reading.curator);
    if *details != CaseDetails::default() {
        let _ = write!(told, "; {details}");
    }
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
    use super::super::{Ended, QueueOptions, Which};
    use covid_ct_core::Stage;

    /// Settles what is disputed, as `curator`.
    fn settle(bench: &mut Bench, curator: &str, script: &str) -> String {
        let disputed = QueueOptions { which: Which::Disputed, ..QueueOptions::default() };
        bench.type_with(&disputed, curator, None, script).1
    }

    #[test]
    fn a_reading_without_panels_that_others_decided_on_is_asked_once_more() {
        let mut bench = Bench::new();
        bench.run(Stage::Select, "c\nn\n");
        bench.run(Stage::Crop, "\n");
        bench.run(Stage::Case, &"\n".repeat(8));
        let cases = bench.values(Stage::Case);
        bench.type_as("bob", Some(Stage::Crop), "w\n\ny\n");
        let shown = settle(&mut bench, "eve", "2\nno\nq\n");
        assert!(shown.contains("no longer count: panel 1 (0,0,150,130)"), "{shown}");
        assert!(shown.contains(&cases[0]), "{shown}");
        assert!(bench.store.labelled_panels().expect("panels").iter().all(|panel| panel.conflict));
        let shown = settle(&mut bench, "eve", "1\n");
        assert!(!shown.contains("goes"), "nothing hangs on bob's box: {shown}");
        assert_eq!(bench.store.labelled_panels().expect("panels").len(), 2);
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
        // Both say that the scans are of one patient, whatever its name.
        bench.type_as("bob", Some(Stage::Case), "Twin\n\n\n\n=\n\n");
        assert!(bench.store.labelled_panels().expect("panels").iter().all(|panel| !panel.conflict));
        let own = QueueOptions { which: Which::Decided, ..QueueOptions::default() };
        bench.type_with(&own, "bob", Some(Stage::Case), "Twin\n\n\n\nThird\n\n\n\n");
        let shown = settle(&mut bench, "eve", "2\n");
        assert!(shown.contains("case disputed, 1 of 1"), "{shown}");
        let cases = |bench: &Bench| -> Vec<String> {
            let panels = bench.store.labelled_panels().expect("panels");
            panels.into_iter().filter_map(|panel| panel.case).collect()
        };
        let settled = cases(&bench);
        assert_ne!(settled[0], settled[1], "bob's reading was taken");
        bench.type_with(&again, "eve", Some(Stage::Case), "u\nq\n");
        settle(&mut bench, "eve", "a\nFourth\n\n\n\n");
        assert!(cases(&bench).contains(&"Fourth".to_owned()), "{:?}", cases(&bench));
        let panels = bench.store.labelled_panels().expect("panels");
        assert!(panels.iter().all(|panel| !panel.conflict));
        let disputed = QueueOptions { which: Which::Disputed, ..QueueOptions::default() };
        let (summary, _) = bench.type_with(&disputed, "eve", None, "");
        assert_eq!(summary.ended, Ended::Finished, "nothing is left to settle");
    }
}
