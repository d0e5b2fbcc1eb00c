//! How well a network tells what pictures are known to show.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use tch::Kind;

use crate::Model;
use crate::error::Result;
use covid_ct::metrics::{Scored, auroc};
use covid_ct::model::pretrain::{FindingRow, Found};
use covid_ct::model::{BATCH, Batch, Pictures};
use covid_ct_core::Split;

/// What each of the pictures was scored for each finding.
pub struct Findings(Vec<(&'static str, Vec<Scored>)>);

/// Scores all pictures; `None` when it was to stop before that. `advance` is told how many were scored.
///
/// # Errors
/// When a picture cannot be read, or libtorch refuses.
pub fn measure<E: Found>(
    model: &Model,
    pictures: &Pictures<E>,
    stop: &AtomicBool,
    mut advance: impl FnMut(u64),
) -> Result<Option<Findings>> {
    let mut findings: Vec<_> = E::names().map(|name| (name, Vec::new())).collect();
    let passed: Result<_> = pictures.for_each_whole(BATCH, |batch| {
        if stop.load(Ordering::Relaxed) {
            return Ok(ControlFlow::Break(()));
        }
        let scores = scores(model, &batch)?;
        for (&index, scores) in batch.indices.iter().zip(scores.chunks(findings.len())) {
            let found = pictures.examples()[index].found();
            for (((_, scored), &positive), &score) in findings.iter_mut().zip(found).zip(scores) {
                scored.push(Scored { positive, score });
            }
        }
        advance(batch.indices.len() as u64);
        Ok(ControlFlow::Continue(()))
    });
    Ok(passed?.is_continue().then_some(Findings(findings)))
}

/// Logits, image by image.
fn scores(model: &Model, batch: &Batch) -> Result<Vec<f64>> {
    let logits = tch::no_grad(|| model.logits(batch, false))?;
    let logits = logits.f_to_kind(Kind::Double)?.f_to_device(tch::Device::Cpu)?;
    Ok(Vec::try_from(logits.f_flatten(0, -1)?)?)
}

impl Findings {
    /// Mean AUROC over the findings that some of the pictures have and some have not; one half where there
    /// is no such finding.
    pub fn mean_auroc(&self) -> f64 {
        let known: Vec<f64> = self.0.iter().filter_map(|(_, scored)| auroc(scored)).collect();
        if known.is_empty() { 0.5 } else { known.iter().sum::<f64>() / known.len() as f64 }
    }

    pub fn rows(&self, part: Split) -> impl Iterator<Item = FindingRow> {
        self.0.iter().map(move |(finding, scored)| {
            let positives = scored.iter().filter(|scored| scored.positive).count() as u64;
            let negatives = scored.len() as u64 - positives;
            FindingRow {
                part,
                finding: (*finding).into(),
                positives,
                negatives,
                auroc: auroc(scored),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_nobody_has_do_not_count() {
        let scored = |values: [(bool, f64); 3]| {
            values.map(|(positive, score)| Scored { positive, score }).to_vec()
        };
        let nobodys = scored([(false, 0.1), (false, 0.2), (false, 0.3)]);
        let mut all =
            ["Mass", "Edema", "Effusion", "Hernia"].map(|name| (name, nobodys.clone())).to_vec();
        assert_eq!(Findings(all.clone()).mean_auroc(), 0.5);
        all[2].1 = scored([(true, 0.3), (false, 0.2), (true, 0.1)]);
        all[3].1 = scored([(true, 0.3), (false, 0.2), (false, 0.1)]);
        let findings = Findings(all);
        assert_eq!(findings.mean_auroc(), 0.75, "of one half and one");
        let rows: Vec<FindingRow> = findings.rows(Split::Val).collect();
        assert_eq!(rows.len(), 4);
        let effusion = FindingRow {
            part: Split::Val,
            finding: "Effusion".into(),
            positives: 2,
            negatives: 1,
            auroc: Some(0.5),
        };
        assert_eq!((&rows[2], rows[0].auroc), (&effusion, None));
    }
}
