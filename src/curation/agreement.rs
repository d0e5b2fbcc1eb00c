//! Who decided how much, how fast, and how far curators agree: what `covid-ct curators` tells.
//!
//! Two curators agree on a subject where their decisions in force are the same, as the store has it:
//! panels box by box in any order, cases by name and time. Who adjudicates has seen what others said, so
//! that does not count. A case's name counts within its paper.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::metrics::agreement::{Interval, bootstrap, cohen_kappa, krippendorff_alpha, majority};
use crate::store::{Decision, Result, Stage, Store, Subject, Value};

/// Gaps of more seconds between two decisions are a pause, and not counted.
pub const PAUSE: i64 = 300;

/// Of the bootstrap; any number does.
const SEED: u64 = 4;

/// Everything told of the curators of a workspace.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    /// By name.
    pub curators: Vec<CuratorSummary>,
    /// Each two of them that decided on a common subject, stage by stage, then over all stages.
    pub pairs: Vec<PairAgreement>,
    /// All curators together, stage by stage, then over all stages.
    pub together: Vec<JointAgreement>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CuratorSummary {
    pub curator: String,
    /// Decisions in force, for every stage.
    pub in_force: BTreeMap<Stage, usize>,
    /// Decisions taken back.
    pub undone: usize,
    /// Median between one decision and the next, pauses of more than [`PAUSE`] left out.
    pub median_seconds: Option<f64>,
    /// With what most of the others say, over all stages; subjects on which the others are divided
    /// evenly do not count.
    pub with_others: Coefficient,
}

/// A coefficient of agreement with what it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Coefficient {
    /// Subjects both sides decided on.
    pub subjects: usize,
    /// `None` where it is not defined: no subject, or one value only.
    pub value: Option<f64>,
    /// Percentile bootstrap, 95 %.
    pub interval: Option<Interval>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairAgreement {
    pub one: String,
    pub other: String,
    /// `None` for all stages, chance taken within each.
    pub stage: Option<Stage>,
    pub kappa: Coefficient,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JointAgreement {
    pub stage: Option<Stage>,
    /// Curators who decided on a subject on which another did.
    pub curators: usize,
    pub alpha: Coefficient,
}

/// What each curator says of each subject of a stage, as text that compares as meant.
type Ratings = BTreeMap<Subject, BTreeMap<String, String>>;

impl Agreement {
    /// Reads it all.
    ///
    /// # Errors
    /// The database's.
    pub fn read(store: &Store) -> Result<Self> {
        let paper: BTreeMap<i64, i64> =
            store.images()?.into_iter().map(|image| (image.id, image.preprint)).collect();
        let mut stages: Vec<(Stage, Ratings)> = Vec::new();
        for &stage in Stage::ALL {
            let mut ratings = Ratings::new();
            for decision in store.decisions_in_force(stage)? {
                if decision.adjudicates {
                    continue;
                }
                let of = paper.get(&decision.subject.image).copied().unwrap_or_default();
                let Some(said) = decision.value.map(|value| said(value, of)) else { continue };
                ratings.entry(decision.subject).or_default().insert(decision.curator, said);
            }
            stages.push((stage, ratings));
        }
        let decisions = store.decisions()?;
        let names: BTreeSet<&str> = decisions.iter().map(|d| d.curator.as_str()).collect();
        Ok(Self {
            curators: names.iter().map(|name| summary(name, &decisions, &stages)).collect(),
            pairs: pairs(&names, &stages),
            together: together(&stages),
        })
    }
}

/// A value as text that is the same where two curators mean the same.
fn said(value: Value, paper: i64) -> String {
    match value {
        Value::Crop(mut boxes) => {
            boxes.sort_unstable();
            Value::Crop(boxes).to_string()
        }
        Value::Case { .. } => format!("{paper}: {value}"),
        Value::Select(_) | Value::Diagnose(_) => value.to_string(),
    }
}

fn summary(name: &str, decisions: &[Decision], stages: &[(Stage, Ratings)]) -> CuratorSummary {
    let own: Vec<&Decision> = decisions.iter().filter(|d| d.curator == name).collect();
    let in_force = stages.iter().map(|(stage, ratings)| {
        (*stage, ratings.values().filter(|by| by.contains_key(name)).count())
    });
    let strata = stages.iter().map(|(_, ratings)| {
        let pairs = ratings.values().filter_map(|by| {
            let own = by.get(name)?.as_str();
            let others = by.iter().filter(|(curator, _)| *curator != name);
            Some((own, majority(&others.map(|(_, said)| said.as_str()).collect::<Vec<_>>())?))
        });
        pairs.collect()
    });
    CuratorSummary {
        curator: name.to_owned(),
        in_force: in_force.collect(),
        undone: own.iter().filter(|d| d.value.is_none()).count(),
        median_seconds: median_seconds(&own),
        with_others: kappa(&strata.collect::<Vec<_>>()),
    }
}

/// Median of the seconds between decisions, which are oldest first.
fn median_seconds(decisions: &[&Decision]) -> Option<f64> {
    let times: Vec<i64> = decisions
        .iter()
        .filter_map(|d| d.time.parse::<jiff::Timestamp>().ok())
        .map(jiff::Timestamp::as_second)
        .collect();
    let mut gaps: Vec<i64> =
        times.windows(2).map(|pair| pair[1] - pair[0]).filter(|gap| *gap <= PAUSE).collect();
    gaps.sort_unstable();
    let middle = gaps.len() / 2;
    match gaps.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(gaps[middle] as f64),
        _ => Some((gaps[middle - 1] + gaps[middle]) as f64 / 2.0),
    }
}

fn kappa(strata: &[Vec<(&str, &str)>]) -> Coefficient {
    Coefficient {
        subjects: strata.iter().map(Vec::len).sum(),
        value: cohen_kappa(strata),
        interval: bootstrap(strata, SEED, cohen_kappa),
    }
}

fn pairs(names: &BTreeSet<&str>, stages: &[(Stage, Ratings)]) -> Vec<PairAgreement> {
    let mut pairs = Vec::new();
    for (i, &one) in names.iter().enumerate() {
        for &other in names.iter().skip(i + 1) {
            let strata: Vec<Vec<(&str, &str)>> = stages
                .iter()
                .map(|(_, ratings)| {
                    let both = ratings.values();
                    both.filter_map(|by| Some((by.get(one)?.as_str(), by.get(other)?.as_str())))
                        .collect()
                })
                .collect();
            if strata.iter().all(Vec::is_empty) {
                continue;
            }
            let pair = |stage, strata: &[Vec<(&str, &str)>]| PairAgreement {
                one: one.to_owned(),
                other: other.to_owned(),
                stage,
                kappa: kappa(strata),
            };
            for ((stage, _), stratum) in stages.iter().zip(&strata) {
                if !stratum.is_empty() {
                    pairs.push(pair(Some(*stage), std::slice::from_ref(stratum)));
                }
            }
            pairs.push(pair(None, &strata));
        }
    }
    pairs
}

fn together(stages: &[(Stage, Ratings)]) -> Vec<JointAgreement> {
    let shared = |ratings: &Ratings| -> Vec<BTreeMap<String, String>> {
        ratings.values().filter(|by| by.len() >= 2).cloned().collect()
    };
    let joint = |stage, shared: &[Vec<BTreeMap<String, String>>]| {
        let strata: Vec<Vec<Vec<&str>>> = shared
            .iter()
            .map(|subjects| {
                subjects.iter().map(|by| by.values().map(String::as_str).collect()).collect()
            })
            .collect();
        let curators: BTreeSet<&String> =
            shared.iter().flatten().flat_map(BTreeMap::keys).collect();
        JointAgreement {
            stage,
            curators: curators.len(),
            alpha: Coefficient {
                subjects: strata.iter().map(Vec::len).sum(),
                value: krippendorff_alpha(&strata),
                interval: bootstrap(&strata, SEED, krippendorff_alpha),
            },
        }
    };
    let all: Vec<_> = stages.iter().map(|(_, ratings)| shared(ratings)).collect();
    let by_stage = stages
        .iter()
        .zip(&all)
        .filter(|(_, shared)| !shared.is_empty())
        .map(|((stage, _), shared)| joint(Some(*stage), std::slice::from_ref(shared)));
    let mut rows: Vec<JointAgreement> = by_stage.collect();
    if !rows.is_empty() {
        rows.push(joint(None, &all));
    }
    rows
}
