//! ROC and precision-recall curves with the bands that the bootstrap gives them, as `curves.json` holds them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::agreement::{RESAMPLES, for_each_draw, middle};
use super::{PrPoint, RocPoint, Scored, pr_curve, roc_curve};

/// Steps along the x axis at which a band is told.
const STEPS: usize = 50;

/// Seed of the draws; that of the intervals, so that both draw the same papers.
const SEED: u64 = 0;

/// 95 % of the curves of papers drawn anew pass here.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// False positive rate, or recall.
    pub x: f64,
    pub low: f64,
    pub high: f64,
}

/// Pointwise bands, not simultaneous ones: at each x of itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Curves {
    /// `None` where a class is missing, and then without a band.
    pub roc: Option<Vec<RocPoint>>,
    /// Empty where there are too few groups, too.
    pub roc_band: Vec<Band>,
    /// `None` where there is no positive.
    pub pr: Option<Vec<PrPoint>>,
    pub pr_band: Vec<Band>,
}

impl Curves {
    /// # Panics
    /// When there are not as many groups as examples.
    pub fn of(examples: &[Scored], groups: &[String]) -> Self {
        assert_eq!(examples.len(), groups.len(), "one group an example");
        let mut members: BTreeMap<&String, Vec<Scored>> = BTreeMap::new();
        for (example, group) in examples.iter().zip(groups) {
            members.entry(group).or_default().push(*example);
        }
        let units: Vec<&[Scored]> = members.values().map(Vec::as_slice).collect();
        let (mut roc_at, mut pr_at) = (vec![Vec::new(); STEPS + 1], vec![Vec::new(); STEPS + 1]);
        if units.len() > 1 {
            for_each_draw(&[units], SEED, |drawn| {
                let drawn = drawn[0].concat();
                if let Some(curve) = roc_curve(&drawn) {
                    add(&mut roc_at, |x| sensitivity(&curve, x));
                }
                if let Some(curve) = pr_curve(&drawn) {
                    add(&mut pr_at, |x| precision(&curve, x));
                }
            });
        }
        let (roc, pr) = (roc_curve(examples), pr_curve(examples));
        Self {
            roc_band: if roc.is_some() { band(roc_at) } else { Vec::new() },
            pr_band: if pr.is_some() { band(pr_at) } else { Vec::new() },
            roc,
            pr,
        }
    }
}

fn step(number: usize) -> f64 {
    number as f64 / STEPS as f64
}

fn add(values: &mut [Vec<f64>], y: impl Fn(f64) -> f64) {
    for (number, values) in values.iter_mut().enumerate() {
        values.push(y(step(number)));
    }
}

/// None where half the draws or more had no curve, as with the intervals.
fn band(values: Vec<Vec<f64>>) -> Vec<Band> {
    let enough = values.iter().all(|values| 2 * values.len() > RESAMPLES);
    let at = |(number, mut values): (usize, Vec<f64>)| {
        let interval = middle(&mut values);
        Band { x: step(number), low: interval.low, high: interval.high }
    };
    if enough { values.into_iter().enumerate().map(at).collect() } else { Vec::new() }
}

/// On the line between the points on both sides; where the curve rises straight up, its upper end.
fn sensitivity(curve: &[RocPoint], x: f64) -> f64 {
    let after = curve.partition_point(|point| point.false_positive_rate <= x);
    let Some(left) = after.checked_sub(1).map(|index| curve[index]) else { return 0.0 };
    let Some(right) = curve.get(after) else { return left.true_positive_rate };
    let share =
        (x - left.false_positive_rate) / (right.false_positive_rate - left.false_positive_rate);
    left.true_positive_rate + share * (right.true_positive_rate - left.true_positive_rate)
}

/// At the highest threshold that reaches the recall: between points a curve of precision is no line (Davis
/// and Goadrich, ICML 2006).
fn precision(curve: &[PrPoint], x: f64) -> f64 {
    let reached = curve.partition_point(|point| point.recall < x);
    curve.get(reached).or(curve.last()).map_or(0.0, |point| point.precision)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examples(count: usize) -> (Vec<Scored>, Vec<String>) {
        // The scores of the two classes overlap by half of their range.
        let example = |n: usize| {
            let positive = n.is_multiple_of(2);
            let spread = 2.0 * (n * 37 % 101) as f64 / 101.0;
            Scored { positive, score: (spread + f64::from(u8::from(positive))) / 3.0 }
        };
        ((0..count).map(example).collect(), (0..count).map(|n| n.to_string()).collect())
    }

    #[test]
    fn curves_are_read_between_their_points() {
        let scored = |positive, score| Scored { positive, score };
        let examples =
            [scored(true, 0.9), scored(false, 0.7), scored(true, 0.6), scored(false, 0.1)];
        let roc = roc_curve(&examples).expect("both classes");
        assert_eq!([0.0, 0.25, 0.5, 1.0].map(|x| sensitivity(&roc, x)), [0.5, 0.5, 1.0, 1.0]);
        let pr = pr_curve(&examples).expect("a positive");
        assert_eq!(
            [0.0, 0.5, 0.6, 1.0].map(|x| precision(&pr, x)),
            [1.0, 1.0, 2.0 / 3.0, 2.0 / 3.0]
        );
    }

    #[test]
    fn a_band_holds_the_curve_and_narrows_with_more_papers() {
        let width = |count| {
            let (examples, groups) = examples(count);
            let curves = Curves::of(&examples, &groups);
            assert_eq!(curves.roc_band.len(), STEPS + 1);
            let roc = curves.roc.as_ref().expect("both classes");
            let pr = curves.pr.as_ref().expect("a positive");
            for (roc_band, pr_band) in curves.roc_band.iter().zip(&curves.pr_band) {
                let y = sensitivity(roc, roc_band.x);
                assert!((roc_band.low..=roc_band.high).contains(&y), "{y} in {roc_band:?}");
                let y = precision(pr, pr_band.x);
                assert!((pr_band.low..=pr_band.high).contains(&y), "{y} in {pr_band:?}");
            }
            assert_eq!(curves, Curves::of(&examples, &groups), "the same draws");
            curves.roc_band.iter().map(|band| band.high - band.low).sum::<f64>()
        };
        assert!(width(40) > 1.5 * width(400));
    }

    #[test]
    fn what_has_no_curve_has_no_band() {
        let (examples, groups) = examples(20);
        let negatives: Vec<Scored> = examples.iter().copied().filter(|e| !e.positive).collect();
        assert_eq!(Curves::of(&negatives, &groups[..10]), Curves::default());
        let one_paper = Curves::of(&examples, &vec!["a".into(); 20]);
        assert!(one_paper.roc.is_some() && one_paper.roc_band.is_empty());
    }
}
