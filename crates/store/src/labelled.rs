//! Puts the decisions in force together: which panels there are, of which class, of which case.
//!
//! Of several curators' decisions on one subject all must agree (`verdicts.rs`), and so must what they tell of
//! the patient (`patients.rs`); where they do not, the panel is
//! marked as a conflict and has no label, so that nothing disputed enters a dataset silently.

use std::collections::{HashMap, HashSet};

use rusqlite::named_params;

use super::verdicts::Verdict;
use super::{LabelledPanel, Result, Store, Subject, Within};
use covid_ct_core::{PanelBox, Stage, Symbol, Value, task};
use covid_ct_extraction::figures::ImageOrigin;

/// `(panel.id, letter, sub-caption)` by image and bounds.
pub(super) type PanelDetails = HashMap<(i64, PanelBox), (i64, String, String)>;

impl Store {
    /// Every panel in force, whatever its label: those of pictures that are wanted and cropped.
    /// Ordered by paper, page, xref, then position in the crop decision.
    ///
    /// # Errors
    /// The database's.
    pub fn labelled_panels(&self) -> Result<Vec<LabelledPanel>> {
        self.labelled_panels_within(Within::All)
    }

    /// Those of some pictures alone.
    ///
    /// # Errors
    /// The database's.
    #[expect(clippy::too_many_lines, reason = "one panel is put together in one place")]
    pub fn labelled_panels_within(&self, within: Within) -> Result<Vec<LabelledPanel>> {
        let verdicts = |stage| self.verdicts_within(stage, within);
        let task = task::in_force();
        let (selected, cropped) = (verdicts(task.selecting())?, verdicts(Stage::Crop)?);
        let classified = verdicts(task.classifying())?;
        let further: Vec<(Stage, HashMap<Subject, Verdict>)> = task
            .further_questions()
            .map(|question| Ok((question.stage, verdicts(question.stage)?)))
            .collect::<Result<_>>()?;
        let read = self.cases_read(within)?;
        let cases = &read.verdicts;
        let disputed: HashSet<(i64, &str)> = read
            .patients
            .iter()
            .filter(|patient| !patient.disputed.is_empty())
            .map(|patient| (patient.preprint, patient.name.as_str()))
            .collect();
        let details = self.panel_details(within)?;
        let mut panels = Vec::new();
        for image in self.images_within(within)? {
            let subject = Subject::image(image.id);
            let Some(selection) = selected.get(&subject) else { continue };
            if selection.agreed && !selection.value.known().is_some_and(|answer| answer.keeps) {
                continue;
            }
            let whole = [PanelBox::whole(image.width, image.height)];
            let (crop, boxes) = match cropped.get(&subject) {
                Some(crop @ Verdict { value: Value::Crop(boxes), .. }) => (Some(crop), &boxes[..]),
                _ if task.crop.is_asked => continue,
                _ => (None, &whole[..]),
            };
            let rendering_of = match image.origin {
                ImageOrigin::Rendered => {
                    self.figure_of_image(image.id)?.and_then(|figure| figure.label)
                }
                _ => None,
            };
            for (index, bounds) in (0..).zip(boxes) {
                let Some((panel, letter, sub_caption)) = details.get(&(image.id, *bounds)) else {
                    continue;
                };
                let own = Subject::panel(image.id, *panel);
                let of_panel = |verdicts: &'_ HashMap<Subject, Verdict>| {
                    verdicts.get(&own).or_else(|| verdicts.get(&subject)).cloned()
                };
                let class = classified.get(&own).or_else(|| classified.get(&subject));
                let case = cases.get(&own).or_else(|| cases.get(&subject));
                let verdicts = || [Some(selection), crop, class, case].into_iter().flatten();
                let of_disputed = |verdict: &&Verdict| match &verdict.value {
                    Value::Case { name, .. } => disputed.contains(&(image.preprint, name.as_str())),
                    _ => false,
                };
                let conflict = verdicts().any(|verdict| !verdict.agreed || of_disputed(&verdict));
                let mut decisions: Vec<i64> =
                    verdicts().flat_map(|verdict| verdict.decisions.iter().copied()).collect();
                let said: Vec<(Stage, Verdict)> = further
                    .iter()
                    .filter_map(|(stage, verdicts)| Some((*stage, of_panel(verdicts)?)))
                    .collect();
                decisions.extend(said.iter().flat_map(|(_, verdict)| &verdict.decisions));
                decisions.sort_unstable();
                decisions.dedup();
                let is_dropped = said
                    .iter()
                    .any(|(_, verdict)| verdict.value.known().is_some_and(|answer| answer.drops));
                let label = match class.and_then(|class| class.value.word()) {
                    Some(word) if !conflict && !is_dropped => task.class_of(word),
                    _ => None,
                };
                let answers: Vec<(Stage, Symbol)> = said
                    .iter()
                    .filter(|(_, verdict)| verdict.agreed && verdict.value.known().is_some())
                    .filter_map(|(stage, verdict)| Some((*stage, verdict.value.word()?)))
                    .collect();
                let (case, scan_time) = match case.map(|c| &c.value) {
                    Some(Value::Case { name, time }) => (Some(name.clone()), time.clone()),
                    _ => (None, None),
                };
                panels.push(LabelledPanel {
                    id: *panel,
                    image: image.id,
                    index: (boxes[..] != whole).then_some(index),
                    bounds: *bounds,
                    letter: letter.clone(),
                    sub_caption: sub_caption.clone(),
                    object: image.object.clone(),
                    origin: image.origin,
                    width: image.width,
                    height: image.height,
                    xref: image.xref,
                    page: image.page,
                    rendering_of: rendering_of.clone(),
                    file_name: image.file_name.clone(),
                    preprint: image.preprint,
                    preprint_name: image.preprint_name.clone(),
                    preprint_version: image.preprint_version.clone(),
                    document_sha256: image.document_sha256.clone(),
                    label,
                    answers,
                    conflict,
                    case,
                    scan_time,
                    decisions,
                });
            }
        }
        Ok(panels)
    }

    pub(super) fn panel_details(&self, within: Within) -> Result<PanelDetails> {
        let mut query = self.db.prepare_cached(&format!(
            "SELECT image, x, y, w, h, id, letter, sub_caption FROM panel WHERE {}",
            within.condition("image")
        ))?;
        let rows = query.query_map(named_params! {":within": within.id()}, |row| {
            let bounds =
                PanelBox { x: row.get(1)?, y: row.get(2)?, w: row.get(3)?, h: row.get(4)? };
            Ok(((row.get(0)?, bounds), (row.get(5)?, row.get(6)?, row.get(7)?)))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::scratch;
    use crate::{NewDecision, NewPanel, Source, now};
    use covid_ct_core::Label;
    use covid_ct_extraction::document::{Extraction, FoundImage, FoundPlacement, PaperMeta};

    /// A store with one picture of 100 x 80 pixels.
    fn one_picture() -> (tempfile::TempDir, Store, i64) {
        let (folder, mut store) = scratch();
        let object = store.objects().put(b"picture", "png").expect("object");
        let placement = FoundPlacement {
            page: 2,
            transform: covid_ct_extraction::pdf::Matrix::IDENTITY,
            bbox: covid_ct_extraction::pdf::Rect::new(0.0, 0.0, 1.0, 1.0),
            clip: None,
            overlays: Vec::new(),
        };
        let image = FoundImage {
            xref: Some(7),
            object,
            width: 100,
            height: 80,
            colour_space: "DeviceGray".into(),
            filter: "FlateDecode".into(),
            origin: ImageOrigin::Decoded,
            file_name: None,
            furniture: false,
            tile_of: None,
            placements: vec![placement],
        };
        let found = Extraction {
            sha256: "ab".into(),
            path: "x.pdf".into(),
            extractor: 1,
            paper: PaperMeta { name: "x".into(), ..PaperMeta::default() },
            pages: Vec::new(),
            images: vec![image],
            figures: Vec::new(),
            suspects: Vec::new(),
        };
        store.record(&found, Source::Pdf).expect("recorded");
        let image = store.images().expect("images")[0].id;
        (folder, store, image)
    }

    fn decide(store: &Store, subject: Subject, curator: &str, stage: Stage, value: Option<Value>) {
        let new = NewDecision {
            stage,
            subject,
            value,
            evidence: None,
            span: String::new(),
            curator: curator.into(),
            time: now(),
            note: String::new(),
            adjudicates: false,
        };
        store.decide(&new).expect("decided");
    }

    fn select_and_crop(store: &Store, image: i64) -> Vec<i64> {
        let boxes =
            vec![PanelBox { x: 0, y: 0, w: 50, h: 80 }, PanelBox { x: 50, y: 0, w: 50, h: 80 }];
        let panels = boxes
            .iter()
            .map(|bounds| NewPanel {
                image,
                bounds: *bounds,
                letter: String::new(),
                sub_caption: String::new(),
                proposed_by: "auto".into(),
            })
            .map(|panel| store.panel(&panel).expect("panel"))
            .collect();
        let subject = Subject::image(image);
        decide(store, subject, "ann", Stage::Select, Some(Value::answer(Stage::Select, "ct")));
        decide(store, subject, "ann", Stage::Crop, Some(Value::Crop(boxes)));
        panels
    }

    fn labels(store: &Store) -> Vec<Option<Label>> {
        store.labelled_panels().expect("panels").iter().map(|panel| panel.label).collect()
    }

    #[test]
    fn a_panel_decision_overrules_its_picture() {
        let (_folder, store, image) = one_picture();
        let panels = select_and_crop(&store, image);
        let (covid, healthy) =
            (Value::answer(Stage::Diagnose, "covid"), Value::answer(Stage::Diagnose, "non-covid"));
        decide(&store, Subject::image(image), "ann", Stage::Diagnose, Some(covid));
        decide(&store, Subject::panel(image, panels[1]), "ann", Stage::Diagnose, Some(healthy));
        assert_eq!(labels(&store), [Some(Label::COVID), Some(Label::NON_COVID)]);
    }

    #[test]
    fn curators_who_disagree_leave_no_label_until_one_takes_it_back() {
        let (_folder, store, image) = one_picture();
        select_and_crop(&store, image);
        let subject = Subject::image(image);
        let (covid, healthy) =
            (Value::answer(Stage::Diagnose, "covid"), Value::answer(Stage::Diagnose, "non-covid"));
        decide(&store, subject, "ann", Stage::Diagnose, Some(covid));
        decide(&store, subject, "bob", Stage::Diagnose, Some(healthy));
        assert_eq!(labels(&store), [None, None]);
        assert!(store.labelled_panels().expect("panels").iter().all(|panel| panel.conflict));
        decide(&store, subject, "bob", Stage::Diagnose, None);
        assert_eq!(labels(&store), [Some(Label::COVID), Some(Label::COVID)]);
    }

    #[test]
    fn decisions_cannot_be_changed_in_place() {
        let (_folder, store, image) = one_picture();
        select_and_crop(&store, image);
        assert!(store.db.execute("UPDATE decision SET value = 'not-ct'", []).is_err());
        assert!(store.db.execute("DELETE FROM decision", []).is_err());
    }
}
