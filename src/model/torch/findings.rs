//! How well a network tells the findings of chest X-rays.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use tch::Kind;

use super::Model;
use crate::metrics::{Scored, auroc};
use crate::model::evaluation::BATCH;
use crate::model::pretrain::{FINDINGS, FindingRow, Xray};
use crate::model::{Batch, Pictures, Result};
use crate::store::Part;

/// What each of [`FINDINGS`] was scored in each picture, in their order.
pub struct Findings(Vec<Vec<Scored>>);

/// Scores all pictures; `None` when it was to stop before that. `advance` is told how many were scored.
///
/// # Errors
/// When a picture cannot be read, or libtorch refuses.
pub fn measure(
    model: &Model,
    pictures: &Pictures<Xray>,
    stop: &AtomicBool,
    mut advance: impl FnMut(u64),
) -> Result<Option<Findings>> {
    let mut findings: Vec<Vec<Scored>> = vec![Vec::new(); FINDINGS.len()];
    let passed = pictures.for_each_whole(BATCH, |batch| {
        if stop.load(Ordering::Relaxed) {
            return Ok(ControlFlow::Break(()));
        }
        let scores = scores(model, &batch)?;
        for (&index, scores) in batch.indices.iter().zip(scores.chunks(FINDINGS.len())) {
            let found = pictures.examples()[index].findings;
            for ((finding, positive), &score) in findings.iter_mut().zip(found).zip(scores) {
                finding.push(Scored { positive, score });
            }
        }
        advance(batch.indices.len() as u64);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(passed.is_continue().then_some(Findings(findings)))
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
        let known: Vec<f64> = self.0.iter().filter_map(|scored| auroc(scored)).collect();
        if known.is_empty() { 0.5 } else { known.iter().sum::<f64>() / known.len() as f64 }
    }

    pub fn rows(&self, part: Part) -> impl Iterator<Item = FindingRow> {
        FINDINGS.iter().zip(&self.0).map(move |(&finding, scored)| {
            let positives = scored.iter().filter(|scored| scored.positive).count() as u64;
            let negatives = scored.len() as u64 - positives;
            FindingRow { part, finding: finding.into(), positives, negatives, auroc: auroc(scored) }
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
        let mut all = vec![scored([(false, 0.1), (false, 0.2), (false, 0.3)]); FINDINGS.len()];
        assert_eq!(Findings(all.clone()).mean_auroc(), 0.5);
        all[2] = scored([(true, 0.3), (false, 0.2), (true, 0.1)]);
        all[13] = scored([(true, 0.3), (false, 0.2), (false, 0.1)]);
        let findings = Findings(all);
        assert_eq!(findings.mean_auroc(), 0.75, "of one half and one");
        let rows: Vec<FindingRow> = findings.rows(Part::Val).collect();
        assert_eq!(rows.len(), FINDINGS.len());
        let effusion = FindingRow {
            part: Part::Val,
            finding: "Effusion".into(),
            positives: 2,
            negatives: 1,
            auroc: Some(0.5),
        };
        assert_eq!((&rows[2], rows[0].auroc), (&effusion, None));
    }
}
