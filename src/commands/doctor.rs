//! `covid-ct doctor`

use std::path::Path;

use crate::Workspace;
use crate::doctor::{self, Problem, Report, Step};
use crate::extract::{self, isolation::Isolation};
use crate::pdf::Limits;

use super::{Outcome, jobs, progress_bar, worker_options};
use crate::cli::DoctorArgs;

pub fn run(workspace: &Path, args: &DoctorArgs) -> anyhow::Result<Outcome> {
    let workspace = Workspace::new(workspace);
    let bar = progress_bar(0, "objects");
    let watch = |step| match step {
        Step::Start(count) => bar.set_length(count as u64),
        Step::Hashed => bar.inc(1),
    };
    let options =
        extract::Options { jobs: jobs(None), limits: Limits::KNOWN, ..worker_options(&workspace)? };
    let report = if args.repair {
        doctor::repair(&workspace, &options, watch)
    } else {
        doctor::check(&workspace, &options, watch)
    };
    bar.finish_and_clear();
    let report = report?;
    if args.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print(&report);
    }
    let whole = report.problems.iter().all(|problem| problem.repaired);
    Ok(if whole { Outcome::Done } else { Outcome::DoneWithFailures })
}

fn print(report: &Report) {
    for problem in &report.problems {
        print_problem(problem);
    }
    if report.busy {
        println!("an ingest is running: files that the database does not name were not looked for");
    }
    if report.young > 0 {
        println!("{} files are too new to tell whether a command still needs them", report.young);
    }
    let (applied, known) = (report.migrations.applied, report.migrations.known);
    if applied < known {
        println!("schema {applied} of {known}: the next command that writes brings it up to date");
    }
    print_isolation(&report.isolation);
    let repaired = report.problems.iter().filter(|problem| problem.repaired).count();
    println!(
        "{} objects looked at: {} problems, {repaired} of them repaired",
        report.objects,
        report.problems.len()
    );
}

fn print_problem(problem: &Problem) {
    let Problem { kind, what, documents, advice, repaired } = problem;
    println!("{}: {what}", kind.as_str());
    for document in documents {
        println!("    of {document}");
    }
    println!("    {}", if *repaired { "repaired" } else { advice });
}

fn print_isolation(isolation: &Isolation) {
    let Isolation { limits, files, calls, tried } = isolation;
    let parts = [
        (*limits, "limits of memory and files"),
        (*files, "no file but documents and objects (Landlock)"),
        (*calls, "no network, no other program, nothing but what reading takes (seccomp)"),
    ];
    let list = |wanted: bool| {
        let these = parts.iter().filter(|(in_force, _)| *in_force == wanted);
        these.map(|(_, name)| *name).collect::<Vec<_>>().join("; ")
    };
    println!("isolation of workers: {}", list(true));
    if !(*limits && *files && *calls) {
        println!("    this system lacks: {}", list(false));
    }
    let through: Vec<&str> =
        tried.iter().filter(|trial| !trial.refused).map(|trial| trial.misdeed.as_str()).collect();
    let refused = tried.len() - through.len();
    println!("    {} forbidden operations were tried: {refused} refused", tried.len());
    if !through.is_empty() {
        println!("    not refused: {}", through.join(", "));
    }
}
