//! Who decided how much, how fast, and how far curators agree: what `covid-ct curators` tells.
//!
//! Two curators agree on a subject where their decisions in force mean the same, as the store has it: panels
//! box by box in any order, at an intersection over union of [`SAME_BOX`]. Of cases names mean nothing: what
//! counts is who shares a patient with whom within a paper, and the measure of that is the adjusted Rand
//! index. It is no kappa, so cases are left out where stages are put together. Who adjudicates has seen what
//! others said, so that does not count.
//!
//! [`SAME_BOX`]: crate::store::SAME_BOX

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::metrics::agreement::{
    Interval, adjusted_rand, bootstrap, cohen_kappa, krippendorff_alpha, majority,
};
use crate::store::{Decision, Result, Store, Subject, same};
use covid_ct_core::{Stage, Value};

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
    /// All curators together, stage by stage but for cases, then over these stages.
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
    /// With what most of the others say, over all stages but cases; subjects on which the others are divided
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
    /// `None` for all stages but cases, chance taken within each.
    pub stage: Option<Stage>,
    #[serde(flatten)]
    pub measure: Measure,
}

/// How agreement is measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Cohen's, of what was said.
    Kappa(Coefficient),
    /// Of who shares a patient with whom; the interval is by papers.
    AdjustedRand(Coefficient),
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
        for &stage in Stage::all() {
            let mut decisions = store.decisions_in_force(stage)?;
            decisions.retain(|decision| !decision.adjudicates);
            stages.push((stage, ratings(decisions)));
        }
        let cases = stages.pop_if(|(stage, _)| *stage == Stage::Case).map(|(_, ratings)| ratings);
        let cases = cases.unwrap_or_default();
        let decisions = store.decisions()?;
        let names: BTreeSet<&str> = decisions.iter().map(|d| d.curator.as_str()).collect();
        Ok(Self {
            curators: names.iter().map(|name| summary(name, &decisions, &stages, &cases)).collect(),
            pairs: pairs(&names, &stages, &cases, &paper),
            together: together(&stages),
        })
    }
}

/// What decisions in force say: of a case the patient's name, of all else a text that is the same where two
/// curators mean the same. Of crops that match one before on the subject this is the earlier one.
fn ratings(decisions: Vec<Decision>) -> Ratings {
    let mut ratings = Ratings::new();
    let mut before: BTreeMap<Subject, Vec<Value>> = BTreeMap::new();
    for decision in decisions {
        let Some(value) = decision.value else { continue };
        let said = match value {
            Value::Case { name, .. } => name,
            value => {
                let before = before.entry(decision.subject).or_default();
                let meant = before.iter().find(|other| same(other, &value));
                let said = meant.unwrap_or(&value).to_string();
                before.push(value);
                said
            }
        };
        ratings.entry(decision.subject).or_default().insert(decision.curator, said);
    }
    ratings
}

fn summary(
    name: &str,
    decisions: &[Decision],
    stages: &[(Stage, Ratings)],
    cases: &Ratings,
) -> CuratorSummary {
    let own: Vec<&Decision> = decisions.iter().filter(|d| d.curator == name).collect();
    let all = stages.iter().map(|(stage, ratings)| (*stage, ratings));
    let in_force = all.chain([(Stage::Case, cases)]).map(|(stage, ratings)| {
        (stage, ratings.values().filter(|by| by.contains_key(name)).count())
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

/// How far two curators agree on who shares a patient with whom; `None` where they read nothing in common.
fn same_patients(
    one: &str,
    other: &str,
    cases: &Ratings,
    paper: &BTreeMap<i64, i64>,
) -> Option<Coefficient> {
    let mut papers: BTreeMap<i64, Vec<(&str, &str)>> = BTreeMap::new();
    for (subject, by) in cases {
        if let (Some(one), Some(other)) = (by.get(one), by.get(other)) {
            let of = paper.get(&subject.image).copied().unwrap_or_default();
            papers.entry(of).or_default().push((one, other));
        }
    }
    let papers: Vec<_> = papers.into_values().collect();
    (!papers.is_empty()).then(|| Coefficient {
        subjects: papers.iter().map(Vec::len).sum(),
        value: adjusted_rand(&papers),
        interval: bootstrap(&[papers], SEED, |drawn| adjusted_rand(&drawn[0])),
    })
}

fn pairs(
    names: &BTreeSet<&str>,
    stages: &[(Stage, Ratings)],
    cases: &Ratings,
    paper: &BTreeMap<i64, i64>,
) -> Vec<PairAgreement> {
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
            let pair = |stage, measure| PairAgreement {
                one: one.to_owned(),
                other: other.to_owned(),
                stage,
                measure,
            };
            for ((stage, _), stratum) in stages.iter().zip(&strata) {
                if !stratum.is_empty() {
                    let kappa = kappa(std::slice::from_ref(stratum));
                    pairs.push(pair(Some(*stage), Measure::Kappa(kappa)));
                }
            }
            if let Some(rand) = same_patients(one, other, cases, paper) {
                pairs.push(pair(Some(Stage::Case), Measure::AdjustedRand(rand)));
            }
            if strata.iter().any(|stratum| !stratum.is_empty()) {
                pairs.push(pair(None, Measure::Kappa(kappa(&strata))));
            }
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
