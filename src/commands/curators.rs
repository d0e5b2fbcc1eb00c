//! `covid-ct curators`

use std::path::Path;

use crate::Workspace;
use crate::curation::agreement::{Agreement, Coefficient, Measure, PAUSE};
use crate::store::Store;
use covid_ct_core::Stage;

use super::Outcome;
use crate::cli::CuratorsArgs;

pub fn run(workspace: &Path, args: &CuratorsArgs) -> anyhow::Result<Outcome> {
    let agreement = Agreement::read(&Store::open_to_read(&Workspace::new(workspace))?)?;
    if args.json {
        println!("{}", serde_json::to_string(&agreement)?);
        return Ok(Outcome::Done);
    }
    print_curators(&agreement);
    print_agreement(&agreement);
    Ok(Outcome::Done)
}

fn print_curators(agreement: &Agreement) {
    if agreement.curators.is_empty() {
        println!("nobody has decided anything yet");
        return;
    }
    print!("{:<20}", "curator");
    for stage in Stage::all() {
        print!("{stage:>10}");
    }
    println!("{:>8}{:>9}  kappa with most others", "undone", "seconds");
    for curator in &agreement.curators {
        print!("{:<20}", curator.curator);
        for stage in Stage::all() {
            print!("{:>10}", curator.in_force.get(stage).copied().unwrap_or_default());
        }
        let seconds = curator.median_seconds.map_or("-".to_owned(), |s| format!("{s:.0}"));
        println!("{:>8}{seconds:>9}  {}", curator.undone, coefficient(&curator.with_others));
    }
    println!(
        "seconds: the median between decisions; pauses of more than {} minutes are not counted",
        PAUSE / 60
    );
}

fn print_agreement(agreement: &Agreement) {
    if agreement.pairs.is_empty() {
        return;
    }
    println!("\n{:<32}{:<10}agreement", "curators", "stage");
    let named = |stage: Option<Stage>| stage.map_or("all", Stage::as_str);
    let mut of_cases = false;
    for pair in &agreement.pairs {
        let names = format!("{}, {}", pair.one, pair.other);
        let (measure, value) = match &pair.measure {
            Measure::Kappa(value) => ("kappa", value),
            Measure::AdjustedRand(value) => ("adjusted Rand index", value),
        };
        of_cases |= matches!(pair.measure, Measure::AdjustedRand(_));
        println!("{names:<32}{:<10}{measure} {}", named(pair.stage), coefficient(value));
    }
    for joint in &agreement.together {
        let names = format!("{} together", joint.curators);
        println!("{names:<32}{:<10}alpha {}", named(joint.stage), coefficient(&joint.alpha));
    }
    if of_cases {
        println!(
            "cases: who shares a patient with whom, whatever the patients are called (Hubert and Arabie \
             1985); not part of 'all'"
        );
    }
}

/// `0.81 (0.62 to 0.94) of 50`
fn coefficient(of: &Coefficient) -> String {
    let value = of.value.map_or("-".to_owned(), |value| format!("{value:.2}"));
    let interval = of
        .interval
        .map_or(String::new(), |bounds| format!(" ({:.2} to {:.2})", bounds.low, bounds.high));
    format!("{value}{interval} of {}", of.subjects)
}
