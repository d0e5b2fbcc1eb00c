//! Ingests that are killed at any moment, parent or worker: in the end the database is that of an ingest
//! that nobody disturbed.
//!
//! `make torture` has it done 200 times over the papers of ../shared/data: `COVID_CT_KILLS` says how often,
//! `COVID_CT_TORTURE` over which folders.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::common::{Project, files, papers, rows};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rustix::process::{Pid, Signal, kill_process};

/// Kills in the normal suite.
const KILLS: u32 = 20;

fn start(project: &Project, corpus: &[PathBuf], jobs: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_covid-ct"))
        .env("COVID_CT_WORKSPACE", project.path(""))
        .args(["ingest", "--retry-failed", "--jobs", jobs])
        .args(corpus)
        .stdout(Stdio::null())
        .stderr(fs::File::create(project.path("told.txt")).expect("file"))
        .spawn()
        .expect("started")
}

/// All rows, and all objects but what was cut off while it was written.
fn left(project: &Project) -> (Vec<String>, Vec<PathBuf>) {
    let objects = files(&project.path("data/objects")).into_iter().map(|(path, _)| path);
    let whole = |path: &PathBuf| !path.to_string_lossy().contains(".part-");
    (rows(project), objects.filter(whole).collect())
}

fn workers(parent: Pid) -> Vec<Pid> {
    let parent = parent.as_raw_nonzero();
    let listed = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"));
    let pids = listed.unwrap_or_default();
    pids.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect()
}

/// Waits for its end, at most for `limit`.
fn wait(running: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let start = Instant::now();
    while start.elapsed() < limit {
        if let Some(status) = running.try_wait().expect("watched") {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    None
}

#[derive(Debug, Default)]
struct Told {
    parents: u32,
    workers: u32,
    finished: u32,
}

/// Kills ingests of `corpus` so many times, in fresh workspaces whenever one comes to its end, and
/// compares what each leaves.
fn torture(corpus: &[PathBuf], kills: u32, seed: u64) -> Told {
    let undisturbed = Project::new();
    let begun = Instant::now();
    let status = start(&undisturbed, corpus, "2").wait().expect("ended");
    assert!(status.success());
    let (expected, span) = (left(&undisturbed), begun.elapsed());
    assert!(!expected.1.is_empty());

    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut told = Told::default();
    while told.parents + told.workers < kills {
        let project = Project::new();
        loop {
            let mut running = start(&project, corpus, if chance.random() { "1" } else { "3" });
            let pid = Pid::from_child(&running);
            // One worker at most of each run: a document of which a worker dies twice has failed.
            let mut spare_workers = false;
            let status = loop {
                let moment = span.mul_f64(chance.random_range(0.0..0.6));
                let done = told.parents + told.workers >= kills;
                let limit = if done { Duration::from_mins(20) } else { moment };
                if let Some(status) = wait(&mut running, limit) {
                    break status;
                }
                assert!(!done, "the last ingest does not end");
                if spare_workers || chance.random_bool(0.5) {
                    kill_process(pid, Signal::KILL).expect("killed");
                    told.parents += 1;
                    break running.wait().expect("ended");
                }
                let found = workers(pid);
                if !found.is_empty() {
                    let one = found[chance.random_range(0..found.len())];
                    let _ = kill_process(one, Signal::KILL);
                    told.workers += 1;
                    spare_workers = true;
                }
            };
            if status.code().is_some() {
                let said = fs::read_to_string(project.path("told.txt")).expect("read");
                assert!(status.success(), "{status} with {told:?}: {said}");
                break;
            }
        }
        told.finished += 1;
        let (found, objects) = left(&project);
        assert!(found == expected.0, "the rows differ with {told:?}");
        assert!(objects == expected.1, "the objects differ with {told:?}");
        project.command(["doctor"]).assert().success();
    }
    told
}

#[test]
fn whoever_is_killed_the_database_becomes_what_it_would_have_been() {
    let kills = std::env::var("COVID_CT_KILLS").ok().and_then(|text| text.parse().ok());
    let folder = tempfile::tempdir().expect("folder");
    let corpus = match std::env::var_os("COVID_CT_TORTURE") {
        Some(folders) => std::env::split_paths(&folders).collect(),
        None => vec![papers(folder.path(), 5)],
    };
    let told = torture(&corpus, kills.unwrap_or(KILLS), 7);
    println!(
        "{} parents and {} workers killed, {} ingests came to their end: all databases are equal",
        told.parents, told.workers, told.finished
    );
    assert!(told.finished > 0 && told.parents > 0 && told.workers > 0, "{told:?}");
}

#[test]
fn one_job_and_four_leave_the_same_rows() {
    let folder = tempfile::tempdir().expect("folder");
    let corpus = vec![papers(folder.path(), 6)];
    let of = |jobs: &str| {
        let project = Project::new();
        assert!(start(&project, &corpus, jobs).wait().expect("ended").success());
        left(&project)
    };
    assert!(of("1") == of("4"));
}

#[test]
fn a_killed_backup_leaves_no_half_file() {
    let folder = tempfile::tempdir().expect("folder");
    let corpus = vec![papers(folder.path(), 2)];
    let project = Project::new();
    assert!(start(&project, &corpus, "2").wait().expect("ended").success());
    let mut store = project.store();
    // Some megabytes, so that a copy takes a while.
    for index in 0..60 {
        let how = serde_json::json!({ "filler": "x".repeat(200_000) });
        let split =
            covid_ct::store::NamedSplit { name: format!("split-{index}"), how, parts: Vec::new() };
        store.save_split(&split).expect("saved");
    }
    drop(store);
    let copy = |target: &Path| {
        Command::new(env!("CARGO_BIN_EXE_covid-ct"))
            .env("COVID_CT_WORKSPACE", project.path(""))
            .arg("backup")
            .arg(target)
            .stdout(Stdio::null())
            .spawn()
            .expect("started")
    };
    let whole = project.path("whole.sqlite");
    let begun = Instant::now();
    assert!(copy(&whole).wait().expect("ended").success());
    let (size, span) = (fs::metadata(&whole).expect("copy").len(), begun.elapsed());
    let mut chance = ChaCha8Rng::seed_from_u64(3);
    for round in 0..10 {
        let target = project.path(&format!("copy-{round}.sqlite"));
        let mut running = copy(&target);
        if wait(&mut running, span.mul_f64(chance.random_range(0.0..1.0))).is_none() {
            running.kill().expect("killed");
            running.wait().expect("ended");
        }
        if let Ok(found) = fs::metadata(&target) {
            assert_eq!(found.len(), size, "half a copy");
        }
    }
}
