//! A small classifier: boosted decision stumps, which take any scale and any shape of dependence.
//!
//! Friedman, "Greedy function approximation: a gradient boosting machine" (Annals of Statistics 29,
//! 2001), for the logistic loss with Newton steps; nothing is random.

/// Rounds of boosting, each adding a stump, and how much of each counts.
const ROUNDS: usize = 60;
const SHRINKAGE: f64 = 0.2;
/// Bins a column is cut into, at most.
const BINS: usize = 32;
/// Ridge on the value of a leaf: a leaf of a few examples says little.
const RIDGE: f64 = 1.0;

/// A sum of stumps, in log-odds of the positive class.
#[derive(Debug, Clone)]
pub struct Stumps {
    bias: f64,
    stumps: Vec<Stump>,
}

#[derive(Debug, Clone, Copy)]
struct Stump {
    column: usize,
    threshold: f64,
    below: f64,
    above: f64,
}

/// What a leaf would hold: gradients and curvatures of the loss, summed.
#[derive(Debug, Clone, Copy, Default)]
struct Leaf {
    gradient: f64,
    curvature: f64,
}

impl Leaf {
    fn gain(self) -> f64 {
        self.gradient.powi(2) / (self.curvature + RIDGE)
    }

    fn value(self) -> f64 {
        SHRINKAGE * self.gradient / (self.curvature + RIDGE)
    }

    fn plus(self, other: Self) -> Self {
        Self {
            gradient: self.gradient + other.gradient,
            curvature: self.curvature + other.curvature,
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            gradient: self.gradient - other.gradient,
            curvature: self.curvature - other.curvature,
        }
    }
}

impl Stumps {
    /// Learns from `rows`, each of the same columns, and whether each is positive.
    pub fn fit(rows: &[&[f64]], positive: &[bool]) -> Self {
        let positives = positive.iter().filter(|positive| **positive).count() as f64;
        let negatives = positive.len() as f64 - positives;
        let mut model =
            Self { bias: ((positives + 1.0) / (negatives + 1.0)).ln(), stumps: Vec::new() };
        let columns: Vec<Column> = (0..rows.first().map_or(0, |row| row.len()))
            .map(|column| Column::of(&rows.iter().map(|row| row[column]).collect::<Vec<_>>()))
            .collect();
        let mut scores = vec![model.bias; rows.len()];
        for _ in 0..ROUNDS {
            let leaves: Vec<Leaf> = scores
                .iter()
                .zip(positive)
                .map(|(score, positive)| {
                    let p = 1.0 / (1.0 + (-score).exp());
                    Leaf { gradient: f64::from(u8::from(*positive)) - p, curvature: p * (1.0 - p) }
                })
                .collect();
            let Some(stump) = best_stump(&columns, &leaves) else { break };
            for (score, row) in scores.iter_mut().zip(rows) {
                *score += stump.value(row);
            }
            model.stumps.push(stump);
        }
        model
    }

    /// Log-odds that the row is positive.
    pub fn score(&self, row: &[f64]) -> f64 {
        self.bias + self.stumps.iter().map(|stump| stump.value(row)).sum::<f64>()
    }
}

impl Stump {
    fn value(&self, row: &[f64]) -> f64 {
        if row[self.column] < self.threshold { self.below } else { self.above }
    }
}

/// A column cut into bins of about as many rows each.
struct Column {
    /// The least value of every bin but the first.
    thresholds: Vec<f64>,
    bin_of: Vec<usize>,
}

impl Column {
    fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let mut distinct = sorted.clone();
        distinct.dedup();
        let mut thresholds: Vec<f64> = if distinct.len() <= BINS {
            distinct
        } else {
            (0..BINS).map(|bin| sorted[bin * sorted.len() / BINS]).collect()
        };
        thresholds.dedup();
        if !thresholds.is_empty() {
            thresholds.remove(0);
        }
        let bin = |value: &f64| thresholds.partition_point(|threshold| threshold <= value);
        Self { bin_of: values.iter().map(bin).collect(), thresholds }
    }
}

/// The stump that lowers the loss most; of equals the first.
fn best_stump(columns: &[Column], leaves: &[Leaf]) -> Option<Stump> {
    let all = leaves.iter().fold(Leaf::default(), |sum, leaf| sum.plus(*leaf));
    let mut most = all.gain() + 1e-9;
    let mut best = None;
    for (index, column) in columns.iter().enumerate() {
        let mut bins = vec![Leaf::default(); column.thresholds.len() + 1];
        for (bin, leaf) in column.bin_of.iter().zip(leaves) {
            bins[*bin] = bins[*bin].plus(*leaf);
        }
        let mut below = Leaf::default();
        for (bin, threshold) in bins.iter().zip(&column.thresholds) {
            below = below.plus(*bin);
            let above = all.minus(below);
            let gain = below.gain() + above.gain();
            if gain > most {
                most = gain;
                best = Some(Stump {
                    column: index,
                    threshold: *threshold,
                    below: below.value(),
                    above: above.value(),
                });
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_band_in_the_middle_is_learned() {
        let rows: Vec<[f64; 2]> = (0..100).map(|i| [f64::from(i % 7), f64::from(i)]).collect();
        let positive: Vec<bool> = (0..100).map(|i| (30..60).contains(&i)).collect();
        let model = Stumps::fit(&rows.iter().map(|row| &row[..]).collect::<Vec<_>>(), &positive);
        let wrong = rows
            .iter()
            .zip(&positive)
            .filter(|(row, positive)| (model.score(&row[..]) > 0.0) != **positive);
        assert!(wrong.count() <= 4);
    }

    #[test]
    fn nothing_to_tell_by_is_the_odds() {
        let rows: [&[f64]; 3] = [&[1.0], &[1.0], &[1.0]];
        let model = Stumps::fit(&rows, &[true, true, false]);
        assert!((model.score(&[1.0]) - 1.5_f64.ln()).abs() < 1e-12);
        assert_eq!(Stumps::fit(&[], &[]).score(&[]), 0.0);
    }

    proptest! {
        #[test]
        fn scores_are_finite_and_the_same_each_time(
            values in prop::collection::vec((-1e9..1e9_f64, any::<bool>()), 1..60),
        ) {
            let rows: Vec<[f64; 1]> = values.iter().map(|(value, _)| [*value]).collect();
            let rows: Vec<&[f64]> = rows.iter().map(|row| &row[..]).collect();
            let positive: Vec<bool> = values.iter().map(|(_, positive)| *positive).collect();
            let score = |row: &[f64]| Stumps::fit(&rows, &positive).score(row);
            for row in &rows {
                prop_assert!(score(row).is_finite());
                prop_assert_eq!(score(row), score(row));
            }
        }
    }
}
