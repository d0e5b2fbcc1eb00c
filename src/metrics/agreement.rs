//! How far several people say the same of the same things, beyond chance.
//!
//! Ratings are nominal: two either are equal or differ. They come in strata, such as the stages of
//! curation, between which categories cannot be confused: what chance alone would give is taken
//! within each stratum and summed. One stratum gives the textbook's coefficient. What cannot be told
//! (nothing rated twice, or only one category ever used) is `None`, never NaN.

use std::collections::BTreeMap;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// Cohen's kappa of two raters, from their ratings of the same units.
///
/// `(p_o - p_e) / (1 - p_e)` with the share of agreements `p_o` and the share `p_e` that raters of
/// these habits would reach independently: J. Cohen, "A coefficient of agreement for nominal
/// scales", Educational and Psychological Measurement 20 (1960).
pub fn cohen_kappa<T: Ord>(strata: &[Vec<(T, T)>]) -> Option<f64> {
    let (mut units, mut agreed, mut by_chance) = (0.0, 0.0, 0.0);
    for pairs in strata.iter().filter(|pairs| !pairs.is_empty()) {
        let mut habits: BTreeMap<&T, (u64, u64)> = BTreeMap::new();
        for (one, other) in pairs {
            habits.entry(one).or_default().0 += 1;
            habits.entry(other).or_default().1 += 1;
        }
        let count = pairs.len() as f64;
        units += count;
        agreed += pairs.iter().filter(|(one, other)| one == other).count() as f64;
        by_chance +=
            habits.values().map(|&(one, other)| one as f64 * other as f64).sum::<f64>() / count;
    }
    (by_chance < units).then(|| (agreed - by_chance) / (units - by_chance))
}

/// Krippendorff's alpha of any number of raters, each unit given by the ratings it has; one that
/// has fewer than two tells nothing and is passed over.
///
/// `1 - D_o / D_e` with the nominal metric, from the coincidences of values within units: K.
/// Krippendorff, "Computing Krippendorff's Alpha-Reliability" (University of Pennsylvania, 2011),
/// <https://repository.upenn.edu/asc_papers/43>.
pub fn krippendorff_alpha<T: Ord>(strata: &[Vec<Vec<T>>]) -> Option<f64> {
    let (mut observed, mut expected) = (0.0, 0.0);
    for units in strata {
        let mut totals: BTreeMap<&T, u64> = BTreeMap::new();
        for ratings in units.iter().filter(|ratings| ratings.len() >= 2) {
            let mut counts: BTreeMap<&T, u64> = BTreeMap::new();
            for rating in ratings {
                *counts.entry(rating).or_default() += 1;
                *totals.entry(rating).or_default() += 1;
            }
            observed += differing(&counts) / (ratings.len() - 1) as f64;
        }
        let values: u64 = totals.values().sum();
        if values >= 2 {
            expected += differing(&totals) / (values - 1) as f64;
        }
    }
    (expected > 0.0).then(|| 1.0 - observed / expected)
}

/// Number of ordered pairs of values that differ.
fn differing<T: Ord>(counts: &BTreeMap<T, u64>) -> f64 {
    let all: u64 = counts.values().sum();
    counts.values().map(|&count| count as f64 * (all - count) as f64).sum()
}

/// Adjusted Rand index of two readers' partitions: how far they agree on which units belong together,
/// whatever either calls the groups. Units come with the group of each reader, and in strata, such as papers,
/// across which nothing belongs together.
///
/// `(I - E) / (M - E)` with the pairs that both readers put together `I`, the number `E` of them that
/// partitions of these sizes would share by chance, and `M`, the mean of the numbers of pairs that either puts
/// together, each summed over the strata: L. Hubert and P. Arabie, "Comparing partitions", Journal of
/// Classification 2 (1985). `None` where neither leaves anything to tell: all units together, or all apart,
/// in every stratum for both.
pub fn adjusted_rand<T: Ord>(strata: &[Vec<(T, T)>]) -> Option<f64> {
    let pairs = |count: u64| (count * count.saturating_sub(1) / 2) as f64;
    let (mut both, mut by_chance, mut mean) = (0.0, 0.0, 0.0);
    for units in strata.iter().filter(|units| units.len() >= 2) {
        let mut cells: BTreeMap<(&T, &T), u64> = BTreeMap::new();
        let (mut ones, mut others): (BTreeMap<&T, u64>, BTreeMap<&T, u64>) = Default::default();
        for (one, other) in units {
            *cells.entry((one, other)).or_default() += 1;
            *ones.entry(one).or_default() += 1;
            *others.entry(other).or_default() += 1;
        }
        let together = |counts: BTreeMap<&T, u64>| counts.into_values().map(pairs).sum::<f64>();
        both += cells.into_values().map(pairs).sum::<f64>();
        let (one, other) = (together(ones), together(others));
        by_chance += one * other / pairs(units.len() as u64);
        mean += f64::midpoint(one, other);
    }
    (mean > by_chance).then(|| (both - by_chance) / (mean - by_chance))
}

/// What most of `values` say; `None` of nothing and where two are said equally often.
pub fn majority<T: Ord + Copy>(values: &[T]) -> Option<T> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    for value in values {
        *counts.entry(*value).or_default() += 1;
    }
    let most = *counts.values().max()?;
    let mut at_most = counts.into_iter().filter(|&(_, count)| count == most);
    let (value, _) = at_most.next()?;
    at_most.next().is_none().then_some(value)
}

/// Bounds of a coefficient or a metric.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// Times that units are drawn anew for an interval.
pub const RESAMPLES: usize = 1000;

/// Percentile bootstrap interval of 95 % for a statistic of units: units are drawn with replacement,
/// within each stratum, [`RESAMPLES`] times, and 2.5 % of what comes out is cut off at both ends (Efron
/// and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13). Draws for which the
/// statistic cannot be told are left out; where they are half or more, there is no interval.
pub fn bootstrap<U: Clone>(
    strata: &[Vec<U>],
    seed: u64,
    statistic: impl Fn(&[Vec<U>]) -> Option<f64>,
) -> Option<Interval> {
    let mut drawn: Vec<f64> = Vec::with_capacity(RESAMPLES);
    for_each_draw(strata, seed, |again| drawn.extend(statistic(again)));
    if 2 * drawn.len() <= RESAMPLES {
        return None;
    }
    Some(middle(&mut drawn))
}

/// Draws units anew, within each stratum, [`RESAMPLES`] times; the same seed draws the same.
pub fn for_each_draw<U: Clone>(strata: &[Vec<U>], seed: u64, mut take: impl FnMut(&[Vec<U>])) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for _ in 0..RESAMPLES {
        let again: Vec<Vec<U>> = strata
            .iter()
            .map(|units| {
                let pick = |_| units[rng.random_range(0..units.len())].clone();
                (0..units.len()).map(pick).collect()
            })
            .collect();
        take(&again);
    }
}

/// What is left when 2.5 % are cut off at both ends.
///
/// # Panics
/// When there are no values.
pub fn middle(values: &mut [f64]) -> Interval {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values[(share * (values.len() - 1) as f64).round() as usize];
    Interval { low: at(0.025), high: at(0.975) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many pairs of each kind as told.
    fn pairs(counts: &[(&'static str, &'static str, usize)]) -> Vec<(&'static str, &'static str)> {
        counts.iter().flat_map(|&(a, b, times)| vec![(a, b); times]).collect()
    }

    fn rounded(value: Option<f64>) -> f64 {
        (value.expect("defined") * 1000.0).round() / 1000.0
    }

    /// Ratings by unit, from one line a rater; `.` is missing.
    fn units(raters: &[&str]) -> Vec<Vec<char>> {
        let lines: Vec<Vec<char>> =
            raters.iter().map(|line| line.chars().filter(|c| *c != ' ').collect()).collect();
        (0..lines[0].len())
            .map(|unit| lines.iter().map(|line| line[unit]).filter(|c| *c != '.').collect())
            .collect()
    }

    #[test]
    fn kappa_of_three_categories() {
        // scikit-learn 1.5, the example of `sklearn.metrics.cohen_kappa_score`: 0.6875;
        // p_o = 4/5, p_e = (2*3 + 2*1 + 1*1)/25 = 9/25.
        let table = pairs(&[
            ("negative", "negative", 2),
            ("positive", "positive", 1),
            ("neutral", "neutral", 1),
            ("positive", "negative", 1),
        ]);
        assert_eq!(cohen_kappa(&[table]), Some(0.6875));
    }

    #[test]
    fn kappa_of_two_readers_of_proposals() {
        // Wikipedia, "Cohen's kappa", section "Simple example": 50 proposals, kappa = 0.40;
        // p_o = 35/50, p_e = (25*30 + 25*20)/2500 = 1/2.
        let table = pairs(&[("y", "y", 20), ("y", "n", 5), ("n", "y", 10), ("n", "n", 15)]);
        assert_eq!(rounded(cohen_kappa(&[table])), 0.4);
    }

    #[test]
    fn alpha_of_krippendorffs_examples() {
        // Krippendorff 2011, A: binary data, two observers: alpha = 0.095.
        let meg_and_owen = units(&["0100000010", "1110010000"]);
        assert_eq!(rounded(krippendorff_alpha(&[meg_and_owen])), 0.095);
        // B: nominal data, two observers: alpha = 0.692.
        let ben_and_gerry = units(&["aabbdcccedda", "babbbcccedd d"]);
        assert_eq!(rounded(krippendorff_alpha(&[ben_and_gerry])), 0.692);
        // C: nominal data, any number of observers, values missing: alpha = 0.743.
        let four = units(&["123321412...", "12332241 25.3", ".33323422 51.", "12332441251."]);
        assert_eq!(rounded(krippendorff_alpha(&[four])), 0.743);
    }

    #[test]
    fn the_rand_index_of_hubert_and_arabie() {
        // scikit-learn 1.5, the examples of `sklearn.metrics.adjusted_rand_score`.
        let rand = |one: [u8; 4], other: [u8; 4]| {
            adjusted_rand(&[one.into_iter().zip(other).collect::<Vec<_>>()])
        };
        assert_eq!(rounded(rand([0, 0, 1, 2], [0, 0, 1, 1])), 0.571);
        assert_eq!(rounded(rand([0, 0, 1, 1], [0, 0, 1, 2])), 0.571);
        assert_eq!(rounded(rand([0, 0, 1, 1], [0, 1, 0, 1])), -0.5);
        assert_eq!(rand([0, 0, 0, 0], [0, 1, 2, 3]), Some(0.0));
        // Names mean nothing.
        assert_eq!(rand([0, 0, 1, 1], [7, 7, 3, 3]), Some(1.0));
        assert_eq!(rand([0, 0, 0, 0], [1, 1, 1, 1]), None);
        // In strata nothing belongs together across them. By hand: I = 1 + 0, E = 1/3 + 0, M = 1 + 1/2.
        let strata = [vec![(0, 5), (0, 5), (1, 6)], vec![(0, 5), (0, 6)]];
        assert_eq!(rounded(adjusted_rand(&strata)), 0.571);
    }

    #[test]
    fn strata_do_not_lend_each_other_agreement() {
        // At chance in both strata, with categories of their own in each.
        let one = pairs(&[("a", "a", 5), ("a", "b", 5), ("b", "a", 5), ("b", "b", 5)]);
        let other = pairs(&[("c", "c", 5), ("c", "d", 5), ("d", "c", 5), ("d", "d", 5)]);
        assert_eq!(cohen_kappa(&[one.clone(), other.clone()]), Some(0.0));
        let together: Vec<_> = [one, other].concat();
        assert_eq!(rounded(cohen_kappa(&[together])), 0.333);
    }

    #[test]
    fn what_cannot_be_told_is_none() {
        assert_eq!(cohen_kappa::<u8>(&[]), None);
        assert_eq!(cohen_kappa(&[vec![(1, 1), (1, 1)]]), None);
        assert_eq!(krippendorff_alpha(&[vec![vec![1], vec![2]]]), None);
        assert_eq!(krippendorff_alpha(&[vec![vec![1, 1]]]), None);
        assert_eq!(bootstrap::<(u8, u8)>(&[Vec::new()], 1, cohen_kappa), None);
        assert_eq!(majority::<u8>(&[]), None);
        assert_eq!(majority(&[1, 2]), None);
        assert_eq!(majority(&[1, 2, 2]), Some(2));
    }

    #[test]
    fn the_interval_repeats_and_holds_the_coefficient() {
        let table = pairs(&[("y", "y", 20), ("y", "n", 5), ("n", "y", 10), ("n", "n", 15)]);
        let strata = [table];
        let interval = |seed| bootstrap(&strata, seed, cohen_kappa).expect("interval");
        assert_eq!(interval(1), interval(1));
        let Interval { low, high } = interval(2);
        // The large-sample standard error of this kappa is 0.129: 0.4 give or take 0.25.
        assert!((low - 0.15).abs() < 0.06 && (high - 0.65).abs() < 0.06, "{low} {high}");
    }
}
