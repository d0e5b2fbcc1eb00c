//! What becomes of the decisions on panels when their picture is cropped anew: those on a box that merely
//! moved go with it, those on a box that is gone are told before they are lost.

use std::collections::HashMap;

use crate::store::{Decision, NewDecision, Result, Store, Subject, Within};
use covid_ct_core::{PanelBox, Stage, Value};

/// Area in common, over that of the larger box, from which two boxes are of one scan: half a scan has 0.5.
const SAME: f64 = 0.6;

/// Which of the boxes `before` is which of those `after`, one to one, the most alike first.
fn moved(before: &[PanelBox], after: &[PanelBox]) -> HashMap<PanelBox, PanelBox> {
    let mut pairs: Vec<(f64, PanelBox, PanelBox)> = before
        .iter()
        .flat_map(|&old| after.iter().map(move |&new| (old.overlap(new), old, new)))
        .filter(|(overlap, ..)| *overlap >= SAME)
        .collect();
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| (a.1, a.2).cmp(&(b.1, b.2))));
    let mut matched: HashMap<PanelBox, PanelBox> = HashMap::new();
    for (_, old, new) in pairs {
        if !matched.contains_key(&old) && !matched.values().any(|taken| *taken == new) {
            matched.insert(old, new);
        }
    }
    matched
}

/// Decisions in force on the panels of a picture, by panel.
fn hanging(store: &Store, image: i64) -> Result<HashMap<i64, Vec<Decision>>> {
    let mut hanging: HashMap<i64, Vec<Decision>> = HashMap::new();
    for &stage in Stage::all().iter().filter(|stage| **stage != Stage::Crop) {
        for decision in store.decisions_in_force_within(stage, Within::Image(image))? {
            if let Some(panel) = decision.subject.panel {
                hanging.entry(panel).or_default().push(decision);
            }
        }
    }
    Ok(hanging)
}

/// `panel.id` of each box of a picture that ever was a panel.
fn ids(store: &Store, image: i64) -> Result<HashMap<PanelBox, i64>> {
    let panels = store.panels_of(image)?;
    Ok(panels.into_iter().map(|(id, panel)| (panel.bounds, id)).collect())
}

/// That decisions go with the panels they are on, where any would ([`lost`]), be the boxes before those of
/// any of `readings`.
pub(super) fn warning<'a>(
    store: &Store,
    image: i64,
    readings: impl IntoIterator<Item = &'a [PanelBox]>,
    after: &[PanelBox],
) -> Result<Option<String>> {
    let mut all: Vec<String> = Vec::new();
    for before in readings {
        for told in lost(store, image, before, after)? {
            if !all.contains(&told) {
                all.push(told);
            }
        }
    }
    Ok((!all.is_empty()).then(|| {
        format!("The decisions on panels that are removed no longer count: {}.", all.join("; "))
    }))
}

/// What would be lost if the boxes `before` of a picture became those `after`, a line a panel: its number
/// among those before, and what was decided on it.
fn lost(store: &Store, image: i64, before: &[PanelBox], after: &[PanelBox]) -> Result<Vec<String>> {
    let (matched, ids) = (moved(before, after), ids(store, image)?);
    let hanging = hanging(store, image)?;
    let lost = (1..).zip(before).filter(|(_, bounds)| !matched.contains_key(bounds));
    let told = lost.filter_map(|(number, bounds)| {
        let said = hanging.get(ids.get(bounds)?)?;
        let mut words: Vec<String> =
            said.iter().filter_map(|d| d.value.as_ref().map(Value::to_string)).collect();
        words.dedup();
        Some(format!("panel {number} ({bounds}): {}", words.join(", ")))
    });
    Ok(told.collect())
}

/// Says of the boxes that merely moved what was decided on them where they were; each by whom and when it
/// was said. What `curator` had taken back there is taken back here.
pub(super) fn carry(
    store: &Store,
    image: i64,
    before: &[PanelBox],
    after: &[PanelBox],
    curator: &str,
) -> Result<()> {
    let (matched, ids) = (moved(before, after), ids(store, image)?);
    let hanging = hanging(store, image)?;
    let nothing = Vec::new();
    for old in before {
        let Some(new) = matched.get(old).filter(|new| *new != old) else { continue };
        let (Some(from), Some(to)) = (ids.get(old), ids.get(new)) else { continue };
        let subject = Subject::panel(image, *to);
        let said = hanging.get(from).unwrap_or(&nothing);
        let there = hanging.get(to).unwrap_or(&nothing);
        let same_place = |a: &Decision, b: &Decision| a.stage == b.stage && a.curator == b.curator;
        for decision in said {
            if there.iter().any(|d| same_place(d, decision) && d.value == decision.value) {
                continue;
            }
            let row = NewDecision { subject, ..NewDecision::from(decision.clone()) };
            store.decide(&not_before_the_last(row, store)?)?;
        }
        let stale = there
            .iter()
            .filter(|d| d.curator == curator && !said.iter().any(|other| same_place(d, other)));
        for decision in stale {
            let row = NewDecision {
                value: None,
                evidence: None,
                span: String::new(),
                note: String::new(),
                adjudicates: false,
                ..NewDecision::from(decision.clone())
            };
            store.decide(&not_before_the_last(row, store)?)?;
        }
    }
    Ok(())
}

/// The same, as late as it must be to be in force.
fn not_before_the_last(row: NewDecision, store: &Store) -> Result<NewDecision> {
    let last = store.last_decided_at(row.stage, row.subject, &row.curator)?;
    let time = row.time.clone().max(last.unwrap_or_default());
    Ok(NewDecision { time, ..row })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_that_moved_is_known_and_a_half_is_not() {
        let whole = PanelBox::whole(100, 80);
        let near = PanelBox { x: 6, y: 4, w: 90, h: 76 };
        let halves =
            [PanelBox { x: 0, y: 0, w: 50, h: 80 }, PanelBox { x: 50, y: 0, w: 50, h: 80 }];
        assert_eq!(moved(&[whole], &[near]).get(&whole), Some(&near));
        assert!(moved(&[whole], &halves).is_empty());
        assert!(moved(&halves, &[whole]).is_empty());
        let crossed = moved(&halves, &[halves[1], PanelBox { w: 48, ..halves[0] }]);
        assert_eq!((crossed.len(), crossed[&halves[1]]), (2, halves[1]));
    }
}
