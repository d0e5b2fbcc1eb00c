//! Divides groups of panels into train, val and test, or into folds: whole groups, each class and source as
//! close to the ratio as they allow.

use std::collections::BTreeMap;
use std::str::FromStr;

use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;

use covid_ct_core::{Label, Split};

/// Panels of a group by stratum: by class in the order of [`Label::all()`], then by class and source.
pub type Counts = Vec<u32>;

/// Strata that are classes.
fn classes() -> usize {
    Label::all().len()
}

/// Weight of a class's sources, together, beside the class itself: a source is given way where a class
/// would suffer.
const SOURCES: f64 = 0.5;

const PARTS: usize = Split::ALL.len();

/// Stands for the share of a part that is to hold nothing: what enters it weighs a million times.
const NO_SHARE: f64 = 1e-6;

/// How far a division is from the ratio. Ordered: first, in how many parts a class is missing that
/// they should hold, so that a class of three groups fills three parts; then the distance.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
struct Cost {
    missing: u32,
    distance: f64,
}

impl Cost {
    /// By more than rounding, and by far less than one panel makes: improving comes to an end.
    fn is_clearly_below(&self, other: &Self) -> bool {
        let limit = Self { distance: other.distance - 1e-12, ..*other };
        *self < limit
    }
}

/// Train, val and test as the paper of COVID-CT divides.
pub const PAPERS_RATIO: &str = "70,12,18";

/// Shares of train, val and test; they add up to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio([f64; PARTS]);

impl Ratio {
    pub fn of(&self, part: Split) -> f64 {
        self.0[part as usize]
    }
}

impl FromStr for Ratio {
    type Err = String;

    /// Reads `70,12,18`, or any three numbers in those proportions.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "'{text}' is no ratio: expected the shares of train, val and test such as 70,12,18"
            )
        };
        let parts: Vec<f64> = text
            .split(',')
            .map(|part| part.trim().parse().map_err(|_| wrong()))
            .collect::<Result<_, _>>()?;
        let parts: [f64; PARTS] = parts.try_into().map_err(|_| wrong())?;
        let sum: f64 = parts.iter().sum();
        if parts.iter().all(|part| part.is_finite() && *part >= 0.0) && sum.is_finite() && sum > 0.0
        {
            Ok(Self(parts.map(|part| part / sum)))
        } else {
            Err(wrong())
        }
    }
}

/// A part for every group, as [`deal`] deals them.
pub fn balance(groups: &[Counts], ratio: Ratio, seed: u64) -> Vec<Split> {
    deal(groups, &ratio.0, seed).into_iter().map(|part| Split::ALL[part]).collect()
}

/// For every group the place in `shares` of the part that it falls to; they add up to 1. The same groups in the
/// same order, shares and seed give the same parts.
///
/// Largest groups first, each goes where it brings the classes closest to the ratio; then single
/// groups move and pairs trade places for as long as that comes closer. The distance is Pearson's
/// chi-squared over the size of the class, summed over classes: the squared difference between the
/// share of its panels that a part holds and the share it should hold, over the latter. It fills the
/// parts at one pace, so that each gets its share of large groups too. That of a source within its class
/// counts by the share of the class that it is, and half in all.
pub fn deal(groups: &[Counts], shares: &[f64], seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    order.sort_by_key(|&group| std::cmp::Reverse(groups[group].iter().sum::<u32>()));
    let mut balance = Balance::new(groups, shares);
    for &group in &order {
        balance.place(group);
    }
    while balance.improve(&order) {}
    balance.part_of
}

/// Part by part, what it holds of each stratum.
type Held = Vec<Counts>;

struct Balance<'a> {
    groups: &'a [Counts],
    /// Of each part.
    shares: &'a [f64],
    totals: Counts,
    /// Of each stratum, in the distance.
    weights: Vec<f64>,
    part_of: Vec<usize>,
    held: Held,
}

/// Groups that change places.
enum Change {
    Move { group: usize, to: usize },
    Trade { one: usize, other: usize },
}

impl<'a> Balance<'a> {
    fn new(groups: &'a [Counts], shares: &'a [f64]) -> Self {
        let strata = groups.first().map_or_else(classes, Vec::len);
        let mut totals = vec![0; strata];
        for group in groups {
            add(&mut totals, group);
        }
        Self {
            groups,
            shares,
            weights: weights(groups, &totals),
            totals,
            part_of: vec![0; groups.len()],
            held: vec![vec![0; strata]; shares.len()],
        }
    }

    fn cost(&self, held: &Held) -> Cost {
        let mut cost = Cost { missing: 0, distance: 0.0 };
        for (stratum, (&total, weight)) in self.totals.iter().zip(&self.weights).enumerate() {
            for (part, &wanted) in held.iter().zip(self.shares) {
                let share = f64::from(part[stratum]) / f64::from(total.max(1));
                cost.distance += weight * (share - wanted).powi(2) / wanted.max(NO_SHARE);
                let is_missing = part[stratum] == 0 && wanted > 0.0 && total > 0;
                cost.missing += u32::from(is_missing && stratum < classes());
            }
        }
        cost
    }

    /// Puts a group where it brings the classes closest to the ratio. Classes missing in a part do
    /// not count yet: at first they are missing everywhere.
    fn place(&mut self, group: usize) {
        let distance = |part: usize| {
            let mut held = self.held.clone();
            add(&mut held[part], &self.groups[group]);
            self.cost(&held).distance
        };
        let part = (0..self.shares.len())
            .min_by(|a, b| distance(*a).total_cmp(&distance(*b)))
            .unwrap_or(0);
        self.part_of[group] = part;
        add(&mut self.held[part], &self.groups[group]);
    }

    /// Makes the one change that comes closest; false where none comes closer.
    fn improve(&mut self, order: &[usize]) -> bool {
        // Groups of equal counts in one part are interchangeable: one stands for all.
        let mut standing: BTreeMap<(usize, &Counts), usize> = BTreeMap::new();
        for &group in order {
            standing.entry((self.part_of[group], &self.groups[group])).or_insert(group);
        }
        let mut best: Option<Change> = None;
        let mut lowest = self.cost(&self.held);
        let mut try_change = |change: Change| {
            let cost = self.cost(&self.after(&change));
            if cost.is_clearly_below(&lowest) {
                (lowest, best) = (cost, Some(change));
            }
        };
        for (&(from, _), &one) in &standing {
            for to in (0..self.shares.len()).filter(|to| *to != from) {
                try_change(Change::Move { group: one, to });
            }
            for (_, &other) in standing.range((from + 1, &Counts::new())..) {
                try_change(Change::Trade { one, other });
            }
        }
        let Some(change) = best else { return false };
        self.held = self.after(&change);
        match change {
            Change::Move { group, to } => self.part_of[group] = to,
            Change::Trade { one, other } => self.part_of.swap(one, other),
        }
        true
    }

    fn after(&self, change: &Change) -> Held {
        let mut held = self.held.clone();
        let mut shift = |group: usize, to: usize| {
            let (from, counts) = (self.part_of[group], &self.groups[group]);
            for class in 0..counts.len() {
                held[from][class] -= counts[class];
                held[to][class] += counts[class];
            }
        };
        match *change {
            Change::Move { group, to } => shift(group, to),
            Change::Trade { one, other } => {
                shift(one, self.part_of[other]);
                shift(other, self.part_of[one]);
            }
        }
        held
    }
}

/// 1 for each class; for each source within it half the share of the class that it is.
fn weights(groups: &[Counts], totals: &[u32]) -> Vec<f64> {
    let class_of = |stratum: usize| {
        let of_stratum =
            |class: &usize| groups.iter().any(|group| group[stratum] > 0 && group[*class] > 0);
        (0..classes()).filter(of_stratum).map(|class| totals[class]).max()
    };
    let weight = |stratum: usize| match stratum {
        _ if stratum < classes() => 1.0,
        _ => {
            SOURCES * f64::from(totals[stratum]) / f64::from(class_of(stratum).unwrap_or(1).max(1))
        }
    };
    (0..totals.len()).map(weight).collect()
}

fn add(sum: &mut [u32], counts: &[u32]) {
    for (sum, count) in sum.iter_mut().zip(counts) {
        *sum += *count;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn paper_ratio() -> Ratio {
        "70,12,18".parse().expect("ratio")
    }

    fn held(groups: &[Counts], parts: &[Split]) -> Held {
        let strata = groups.first().map_or_else(classes, Vec::len);
        let mut held = vec![vec![0; strata]; PARTS];
        for (group, part) in groups.iter().zip(parts) {
            add(&mut held[*part as usize], group);
        }
        held
    }

    fn vectors<const N: usize>(groups: &[[u32; N]]) -> Vec<Counts> {
        groups.iter().map(|group| group.to_vec()).collect()
    }

    #[test]
    fn each_source_of_a_class_keeps_the_ratio() {
        // All COVID; half of one source, half of the other.
        let mut groups = vec![[1, 0, 1, 0]; 100];
        groups.extend(vec![[1, 0, 0, 1]; 50]);
        let groups = vectors(&groups);
        let held = held(&groups, &balance(&groups, paper_ratio(), 0));
        let of_sources: Vec<&[u32]> = held.iter().map(|part| &part[2..]).collect();
        assert_eq!(of_sources, [[70, 35], [12, 6], [18, 9]]);
    }

    #[test]
    fn ratios_are_three_parts_that_count() {
        let ratio: Ratio = "7, 1.2, 1.8".parse().expect("ratio");
        assert!((ratio.of(Split::Val) - 0.12).abs() < 1e-12);
        for text in ["70,30", "a,b,c", "0,0,0", "70,-1,31", "NaN,1,1", ""] {
            assert!(text.parse::<Ratio>().is_err(), "{text}");
        }
    }

    #[test]
    fn single_panels_reach_the_ratio_exactly() {
        let mut groups = vec![[1, 0]; 100];
        groups.extend(vec![[0, 1]; 200]);
        let groups = vectors(&groups);
        let parts = balance(&groups, paper_ratio(), 3);
        assert_eq!(held(&groups, &parts), [[70, 140], [12, 24], [18, 36]]);
    }

    #[test]
    fn three_groups_fill_three_parts_and_train_gets_the_largest() {
        let groups = vectors(&[[5, 0], [50, 0], [9, 0], [0, 3], [0, 40], [0, 4]]);
        assert_eq!(held(&groups, &balance(&groups, paper_ratio(), 0)), [[50, 40], [5, 3], [9, 4]]);
    }

    #[test]
    fn large_groups_are_not_all_trained_on() {
        let mut groups = vec![[8, 0]; 20];
        groups.extend(vec![[1, 0]; 80]);
        let groups = vectors(&groups);
        let parts = balance(&groups, paper_ratio(), 0);
        for part in Split::ALL {
            let large = parts[..20].iter().filter(|of| *of == part).count();
            assert!(large > 0, "no large group in {part}");
        }
    }

    #[test]
    fn a_part_nobody_wants_stays_empty() {
        let groups = vectors(&[[1, 1]; 10]);
        let ratio = "80,0,20".parse().expect("ratio");
        assert_eq!(held(&groups, &balance(&groups, ratio, 0)), [[8, 8], [0, 0], [2, 2]]);
    }

    #[test]
    fn folds_share_alike() {
        let mut groups = vec![vec![1, 0]; 12];
        groups.extend(vec![vec![0, 2]; 8]);
        groups.extend([vec![3, 0], vec![3, 0], vec![3, 0], vec![3, 0]]);
        let mut held = vec![vec![0; 2]; 4];
        for (group, fold) in groups.iter().zip(deal(&groups, &[0.25; 4], 0)) {
            add(&mut held[fold], group);
        }
        assert_eq!(held, [[6, 4], [6, 4], [6, 4], [6, 4]]);
    }

    #[test]
    fn another_seed_is_another_split() {
        let groups = vectors(&[[1, 0]; 60]);
        assert_ne!(balance(&groups, paper_ratio(), 0), balance(&groups, paper_ratio(), 1));
    }

    proptest! {
        #[test]
        fn every_group_gets_a_part_the_same_each_time(
            groups in prop::collection::vec([0u32..12, 0u32..12], 0..60),
            seed in any::<u64>(),
        ) {
            let groups = vectors(&groups);
            let parts = balance(&groups, paper_ratio(), seed);
            prop_assert_eq!(parts.len(), groups.len());
            prop_assert_eq!(&parts, &balance(&groups, paper_ratio(), seed));
        }

        #[test]
        fn no_single_move_comes_closer(
            groups in prop::collection::vec([0u32..9, 0u32..9], 1..30),
            seed in any::<u64>(),
        ) {
            let groups = vectors(&groups);
            let ratio = paper_ratio();
            let parts = balance(&groups, ratio, seed);
            let reached = held(&groups, &parts);
            let mut state = Balance::new(&groups, &ratio.0);
            state.held.clone_from(&reached);
            state.part_of = parts.iter().map(|part| *part as usize).collect();
            for group in 0..groups.len() {
                for to in 0..PARTS {
                    let after = state.after(&Change::Move { group, to });
                    prop_assert!(!state.cost(&after).is_clearly_below(&state.cost(&reached)));
                }
            }
        }
    }
}
