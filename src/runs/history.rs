//! What a run's epochs came to.

use serde::{Deserialize, Serialize};

use super::Keep;

/// A line of `history.csv`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HistoryRow {
    /// From 1.
    pub epoch: u32,
    /// Of the epoch's first step.
    pub learning_rate: f64,
    /// Mean cross entropy in nats over the epoch's steps, as the weights changed.
    pub train_loss: f64,
    /// Mean cross entropy in nats after the epoch.
    pub val_loss: f64,
    pub val_accuracy: f64,
    pub val_auroc: f64,
    /// Wall-clock time of the epoch with its validation.
    pub seconds: f64,
}

impl HistoryRow {
    /// Whether this epoch's checkpoint is the better one: by validation AUROC, then by loss. Of
    /// equals, the earlier stays.
    pub fn beats(&self, other: &Self) -> bool {
        (self.val_auroc, -self.val_loss) > (other.val_auroc, -other.val_loss)
    }

    /// The epoch whose weights a run keeps.
    pub fn kept(history: &[Self], keep: Keep) -> Option<&Self> {
        match keep {
            Keep::Best => Self::best(history),
            Keep::Last => history.last(),
        }
    }

    /// The best epoch by validation.
    pub fn best(history: &[Self]) -> Option<&Self> {
        history.iter().reduce(|best, row| if row.beats(best) { row } else { best })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn row(epoch: u32, val_auroc: f64, val_loss: f64) -> HistoryRow {
        HistoryRow {
            epoch,
            learning_rate: 1e-4,
            train_loss: 0.7,
            val_loss,
            val_accuracy: 0.5,
            val_auroc,
            seconds: 1.5,
        }
    }

    #[test]
    fn the_best_epoch_is_the_first_of_the_best() {
        let history = [
            row(1, 0.8, 0.6),
            row(2, 0.9, 0.7),
            row(3, 0.9, 0.5),
            row(4, 0.9, 0.5),
            row(5, 0.7, 0.1),
        ];
        assert_eq!(HistoryRow::best(&history).map(|row| row.epoch), Some(3));
        assert_eq!(HistoryRow::best(&[]), None);
        let kept = |keep| HistoryRow::kept(&history, keep).map(|row| row.epoch);
        assert_eq!((kept(Keep::Best), kept(Keep::Last)), (Some(3), Some(history.len() as u32)));
    }
}
