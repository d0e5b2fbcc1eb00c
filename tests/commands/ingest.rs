//! Ingest as a whole command: what it finds, what it makes of bad input, and what a crash costs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use crate::common::{Project, files, install_script, shared_data, skipped, text, worker_program};
use covid_ct::Workspace;
use covid_ct::extract::{self, Again, Event};
use covid_ct::figures::{FigureKind, FigureRecord};
use covid_ct::pdf::Limits;
use covid_ct::store::Store;
use covid_ct::synth::{self, hostile};
use rustix::process::{Pid, Signal, kill_process};

/// Writes `papers` synthetic preprints into `folder` of the project, and returns that folder.
fn write_papers(project: &Project, folder: &str, papers: u32) -> PathBuf {
    let folder = project.path(folder);
    fs::create_dir_all(&folder).expect("folder");
    for index in 0..papers {
        fs::write(folder.join(format!("paper-{index}.pdf")), synth::paper(3, index).pdf)
            .expect("written");
    }
    folder
}

fn write_hostile(folder: &Path) {
    for document in hostile::documents() {
        fs::write(folder.join(document.file), document.bytes).expect("written");
    }
}

fn ingest(project: &Project, path: &Path) -> assert_cmd::Command {
    let mut command = project.command(["ingest"]);
    command.arg(path);
    command
}

/// What `figures --json` prints; nothing but one object a line.
fn figures_json(project: &Project) -> String {
    let output = project.command(["figures", "--json"]).assert().success();
    text(&output.get_output().stdout)
}

fn records(lines: &str) -> Vec<FigureRecord> {
    lines.lines().map(|line| serde_json::from_str(line).expect("a figure on each line")).collect()
}

/// Everything an ingest leaves: its figures and its objects.
fn result(project: &Project) -> (String, Vec<(PathBuf, Vec<u8>)>) {
    (figures_json(project), files(&project.path("data/objects")))
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[test]
fn finds_what_the_sample_corpus_holds() {
    let project = Project::new();
    let corpus = project.path("sample");
    synth::write_corpus(&corpus, synth::Options { papers: 12, seed: 3, varied: false }, || ())
        .expect("corpus");
    ingest(&project, &corpus.join("pdf")).assert().success();
    let found = records(&figures_json(&project));
    let truth = records(&fs::read_to_string(corpus.join("figures.jsonl")).expect("truth"));
    let figures = |records: &[FigureRecord]| -> BTreeMap<(String, String), FigureRecord> {
        let captioned = records.iter().filter(|figure| figure.kind != FigureKind::Table);
        captioned
            .filter_map(|figure| {
                Some(((figure.file.clone(), figure.label.clone()?), figure.clone()))
            })
            .collect()
    };
    let (found, truth) = (figures(&found), figures(&truth));
    let pairs: Vec<(&FigureRecord, &FigureRecord)> = truth
        .iter()
        .filter_map(|(key, figure)| Some((figure, found.get(key)?)))
        .filter(|(figure, found)| letters(&figure.caption) == letters(&found.caption))
        .collect();
    let f1 = 2.0 * pairs.len() as f64 / (truth.len() + found.len()) as f64;
    assert!(f1 >= 0.95, "caption F1 {f1}: {} of {} and {}", pairs.len(), truth.len(), found.len());

    // Inline pictures have no number, nor has a stitched one, which is no object of the PDF.
    let xrefs = |figure: &FigureRecord| -> BTreeSet<u32> {
        figure.images.iter().chain(&figure.icons).filter_map(|image| image.xref).collect()
    };
    let alike = pairs
        .iter()
        .filter(|(truth, found)| (truth.page, xrefs(truth)) == (found.page, xrefs(found)));
    assert!(alike.count() * 100 >= pairs.len() * 95, "pictures");

    let mentions = pairs.iter().flat_map(|(truth, found)| {
        let found: Vec<String> = found.mentions.iter().map(|m| letters(&m.text)).collect();
        truth.mentions.iter().map(move |m| found.iter().any(|f| *f == letters(&m.text)))
    });
    let mentions: Vec<bool> = mentions.collect();
    let known = mentions.iter().filter(|known| **known).count();
    assert!(known * 100 >= mentions.len() * 90, "{known} of {} citing sentences", mentions.len());
}

#[test]
fn what_is_known_is_not_read_again() {
    let project = Project::new();
    let folder = write_papers(&project, "corpus", 2);
    ingest(&project, &folder)
        .assert()
        .success()
        .stdout(predicates::str::starts_with("2 documents read (0 already known, 0 failed)"));
    let first = result(&project);
    fs::copy(folder.join("paper-0.pdf"), folder.join("a second copy.pdf")).expect("copied");
    ingest(&project, &folder)
        .assert()
        .success()
        .stdout(predicates::str::starts_with("0 documents read (3 already known, 0 failed)"));
    assert_eq!(result(&project), first);
}

#[test]
fn a_document_named_twice_is_printed_once() {
    let project = Project::new();
    ingest(&project, &write_papers(&project, "corpus", 1)).assert().success();
    let named = ["figures", "--json", "paper-0.pdf", "paper-0"];
    let output = project.command(named).assert().success();
    assert_eq!(text(&output.get_output().stdout), figures_json(&project));
}

#[cfg(target_os = "linux")]
#[test]
fn a_path_that_is_not_text_is_named_and_costs_only_itself() {
    use std::os::unix::ffi::OsStrExt as _;

    let project = Project::new();
    let folder = write_papers(&project, "corpus", 1);
    let name = std::ffi::OsStr::from_bytes(b"paper-\xff.pdf");
    fs::copy(folder.join("paper-0.pdf"), folder.join(name)).expect("copied");
    ingest(&project, &folder)
        .assert()
        .code(1)
        .stdout(predicates::str::starts_with("1 documents read (0 already known, 1 failed)"))
        .stderr(predicates::str::contains("not UTF-8: rename it"));
}

#[test]
fn the_number_of_jobs_does_not_show() {
    let (one, four) = (Project::new(), Project::new());
    for (project, jobs) in [(&one, "1"), (&four, "4")] {
        let folder = write_papers(project, "corpus", 4);
        ingest(project, &folder).args(["--jobs", jobs]).assert().success();
    }
    assert_eq!(result(&one), result(&four));
    assert!(!result(&one).1.is_empty());
}

#[test]
fn bad_documents_are_named_and_the_good_ones_land() {
    let project = Project::new();
    let folder = write_papers(&project, "corpus", 2);
    write_hostile(&folder);
    let output = ingest(&project, &folder).arg(project.path("nowhere.pdf")).assert().code(1);
    let complaints = text(&output.get_output().stderr);
    for (file, reason) in [
        ("nowhere.pdf", "no such file or folder"),
        ("empty.pdf", "the file is empty"),
        // The page is read; its picture cannot be.
        ("huge-image.pdf", "page 1: image 5: "),
        ("no-pages.pdf", "no page of it can be read"),
        ("not-a-pdf.pdf", "not a PDF"),
        ("password.pdf", "asks for a password"),
        ("truncated.pdf", "cut short or damaged"),
    ] {
        let told = complaints.lines().any(|line| line.contains(file) && line.contains(reason));
        assert!(told, "{file}: {reason} is not in:\n{complaints}");
    }
    let told = text(&output.get_output().stdout);
    assert!(told.starts_with("3 documents read (0 already known, 6 failed)"), "{told}");

    // What failed is not tried again unasked, and nobody forgets it.
    let again = ingest(&project, &folder).assert().code(1);
    let again = &again.get_output();
    assert!(text(&again.stdout).starts_with("0 documents read (3 already known, 5 failed)"));
    assert!(text(&again.stderr).contains("failed before; --retry-failed tries again"));
    let status = project.command(["status"]).assert().success();
    let status = text(&status.get_output().stdout);
    for file in ["empty.pdf", "truncated.pdf", "password.pdf"] {
        assert!(status.contains(file), "{file} is not in:\n{status}");
    }
}

#[test]
fn failed_documents_are_tried_again_when_asked() {
    let project = Project::new();
    let folder = project.path("corpus");
    fs::create_dir_all(&folder).expect("folder");
    fs::write(folder.join("endless.pdf"), hostile::endless()).expect("written");
    ingest(&project, &folder).args(["--timeout", "1"]).assert().code(1);
    let retried =
        ingest(&project, &folder).args(["--timeout", "1", "--retry-failed"]).assert().code(1);
    let complaint = text(&retried.get_output().stderr);
    assert!(complaint.contains("took longer than 1 s"), "{complaint}");
    assert!(!complaint.contains("failed before"), "{complaint}");
}

#[test]
fn paths_without_any_pdf_are_an_error() {
    let project = Project::new();
    let folder = project.path("corpus");
    fs::create_dir_all(&folder).expect("folder");
    fs::write(folder.join("notes.txt"), "no PDF").expect("written");
    let output = ingest(&project, &folder).arg(project.path("gone")).assert().code(2);
    let complaint = text(&output.get_output().stderr);
    assert!(complaint.contains("corpus: no *.pdf in this folder or below"), "{complaint}");
    assert!(complaint.contains("gone: no such file or folder"), "{complaint}");
    assert!(complaint.contains("nothing to read"), "{complaint}");
}

#[test]
fn a_workspace_that_cannot_be_written_is_named() {
    let project = Project::new();
    let folder = write_papers(&project, "corpus", 1);
    fs::write(project.path("data"), "in the way").expect("written");
    let output = ingest(&project, &folder).assert().code(2);
    let complaint = text(&output.get_output().stderr);
    assert!(complaint.contains("cannot write") && complaint.contains("/data"), "{complaint}");
    fs::remove_file(project.path("data")).expect("removed");

    fs::create_dir(project.path("data")).expect("folder");
    fs::write(project.path("data/covid-ct.sqlite"), "this is no database at all ".repeat(99))
        .expect("written");
    let output = ingest(&project, &folder).assert().code(2);
    let complaint = text(&output.get_output().stderr);
    assert!(complaint.contains("covid-ct.sqlite"), "{complaint}");
}

/// Waits until `done`, as long as a loaded machine may take.
fn wait_until(what: &str, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_mins(1), "{what} did not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// An ingest that stays in the middle of its work: two papers, a document that never ends, two papers.
struct Stuck {
    project: Project,
    corpus: PathBuf,
    running: Child,
}

impl Stuck {
    /// Returns once the two papers have landed.
    fn start(timeout: &str) -> Self {
        let project = Project::new();
        let corpus = write_papers(&project, "corpus", 4);
        fs::write(corpus.join("paper-2-endless.pdf"), hostile::endless()).expect("written");
        // The database is there, so that looking at it does not meet its making.
        let store = project.store();
        let running = Command::new(env!("CARGO_BIN_EXE_covid-ct"))
            .env("COVID_CT_WORKSPACE", project.path(""))
            .args(["ingest", "--jobs", "1", "--timeout", timeout])
            .arg(&corpus)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("started");
        wait_until("two documents in the database", || {
            store.documents().expect("documents").len() == 2
        });
        Self { project, corpus, running }
    }

    /// What an ingest of the papers leaves that nothing interrupts.
    fn undisturbed() -> (String, Vec<(PathBuf, Vec<u8>)>) {
        let project = Project::new();
        let corpus = write_papers(&project, "corpus", 4);
        ingest(&project, &corpus).assert().success();
        result(&project)
    }

    /// Ingests again, without the endless document.
    fn finish(&self) {
        fs::remove_file(self.corpus.join("paper-2-endless.pdf")).expect("removed");
        ingest(&self.project, &self.corpus)
            .assert()
            .success()
            .stdout(predicates::str::starts_with("2 documents read (2 already known, 0 failed)"));
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.running)
    }
}

#[test]
fn a_second_ingest_is_refused_and_a_killed_one_loses_nothing() {
    let mut stuck = Stuck::start("600");
    let refused = ingest(&stuck.project, &stuck.corpus).assert().code(2);
    let complaint = text(&refused.get_output().stderr);
    assert!(complaint.contains("another `covid-ct ingest` works on"), "{complaint}");

    #[cfg(target_os = "linux")]
    let workers = children(stuck.pid());
    kill_process(stuck.pid(), Signal::KILL).expect("killed");
    stuck.running.wait().expect("ended");
    // Its worker does not stay behind with the endless document.
    #[cfg(target_os = "linux")]
    {
        assert_eq!(workers.len(), 1);
        wait_until("the end of the worker", || workers.iter().all(|pid| !is_running(*pid)));
    }
    stuck.finish();
    assert_eq!(result(&stuck.project), Stuck::undisturbed());
}

#[test]
fn an_interrupted_ingest_finishes_the_document_in_hand() {
    let mut stuck = Stuck::start("10");
    kill_process(stuck.pid(), Signal::INT).expect("interrupted");
    let status = stuck.running.wait().expect("ended");
    assert_eq!(status.code(), Some(2));
    let mut complaint = String::new();
    let stderr = stuck.running.stderr.as_mut().expect("piped");
    std::io::Read::read_to_string(stderr, &mut complaint).expect("text");
    assert!(complaint.contains("finishing the documents in hand"), "{complaint}");
    assert!(complaint.contains("endless.pdf: took longer than 10 s"), "{complaint}");
    assert!(complaint.contains("run the same command to go on"), "{complaint}");
    assert_eq!(stuck.project.store().documents().expect("documents").len(), 3);
    stuck.finish();
    assert_eq!(result(&stuck.project), Stuck::undisturbed());
}

/// The processes that `parent` started.
#[cfg(target_os = "linux")]
fn children(parent: Pid) -> Vec<i32> {
    let processes = fs::read_dir("/proc").expect("processes");
    processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| stat(*pid).is_some_and(|(_, of)| of == parent.as_raw_nonzero().get()))
        .collect()
}

#[cfg(target_os = "linux")]
fn is_running(pid: i32) -> bool {
    stat(pid).is_some_and(|(state, _)| state != "Z")
}

/// State and parent of a process.
#[cfg(target_os = "linux")]
fn stat(pid: i32) -> Option<(String, i32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}

/// A worker that serves all but six documents as it should, and one at the second try.
const MOODY_WORKER: &str = r#"#!/bin/sh
while read -r request; do
    case "$request" in
        *dying*) kill -KILL $$ ;;
        *fainting*)
            [ -e "$0.fainted" ] || { : > "$0.fainted"; kill -SEGV $$; }
            printf '%s\n' "$request" | "WORKER" "$@" ;;
        *leaving*) exit 3 ;;
        *babbling*) echo "no answer" ;;
        *endless*) exec yes | tr -d '\n' ;;
        *lying*)
            printf '%s\n' "$request" | "WORKER" "$@" | sed 's/"extension":"/"extension":"x/' ;;
        *repeating*)
            printf '%s\n' "$request" | "WORKER" "$@" | sed 's/"number":[0-9]*/"number":1/g' ;;
        *sleeping*) exec sleep 600 ;;
        *) printf '%s\n' "$request" | "WORKER" "$@" ;;
    esac
done
"#;

/// Makes the script a program, in which WORKER is the program that reads PDFs.
fn install(project: &Project, script: &str) -> PathBuf {
    let program = project.path("moody-worker");
    install_script(&script.replace("WORKER", &worker_program().to_string_lossy()), &program);
    program
}

/// Has `papers` papers read by a worker whose answers `sed` edits: the store, and how it ended.
fn ingest_edited(
    project: &Project,
    papers: u32,
    edit: &str,
) -> (Store, Result<extract::Summary, extract::IngestError>) {
    let corpus = write_papers(project, "corpus", papers);
    let script = format!(
        "#!/bin/sh\nwhile read -r request; do\n\
         printf '%s\\n' \"$request\" | \"WORKER\" \"$@\" | sed '{edit}'\ndone\n"
    );
    let workspace = Workspace::new(project.path(""));
    let mut store = Store::open(&workspace).expect("store");
    let options = with_worker(&workspace, install(project, &script));
    let go_on = AtomicBool::new(false);
    let again = Again::default();
    let ended = extract::ingest(&workspace, &mut store, &[corpus], &options, again, &go_on, |_| {});
    (store, ended)
}

fn with_worker(workspace: &Workspace, program: PathBuf) -> extract::Options {
    extract::Options {
        program,
        objects: workspace.objects(),
        jobs: 2,
        timeout: Duration::from_secs(8),
        memory: 4096,
        limits: Limits::DEFAULT,
    }
}

#[test]
fn a_worker_that_fails_costs_one_document() {
    let project = Project::new();
    let corpus = write_papers(&project, "corpus", 2);
    let names =
        ["dying", "endless", "leaving", "babbling", "sleeping", "fainting", "lying", "repeating"];
    for (index, name) in names.into_iter().enumerate() {
        let bytes = synth::paper(4, index as u32).pdf;
        fs::write(corpus.join(format!("paper-0-{name}.pdf")), bytes).expect("written");
    }
    let program = install(&project, MOODY_WORKER);

    let workspace = Workspace::new(project.path(""));
    let mut store = Store::open(&workspace).expect("store");
    let options = with_worker(&workspace, program);
    let mut named = Vec::new();
    let go_on = AtomicBool::new(false);
    let summary = extract::ingest(
        &workspace,
        &mut store,
        &[corpus],
        &options,
        Again::default(),
        &go_on,
        |event| {
            if let Event::Failed { path, error } = event {
                named.push((path.to_owned(), error.to_owned()));
            }
        },
    );
    let summary = summary.expect("ingested");
    named.sort();
    assert_eq!(summary.read, 3, "the one that failed but once is read");
    assert_eq!(summary.failed, named);
    let reasons = [
        "makes no sense: expected",
        "signal 9",
        "makes no sense: it is longer than 128 MiB",
        "exit code 3",
        "makes no sense: image 0 has no object",
        "makes no sense: database: UNIQUE constraint failed",
        "took longer than 8 s",
    ];
    assert_eq!(named.len(), reasons.len());
    for ((path, error), reason) in named.iter().zip(reasons) {
        assert!(error.contains(reason), "{}: {error}", path.display());
    }
}

/// What a PDF says, or a worker that one has taken over, steers no terminal and no table.
#[test]
fn control_characters_end_where_text_comes_in() {
    let project = Project::new();
    let edit = r"s/Figure/Fig\\u001b[31mure\\u0007/g";
    ingest_edited(&project, 1, edit).1.expect("ingested");
    for args in [&["figures"][..], &["figures", "--json"], &["status", "--suspects"]] {
        let told = text(&project.command(args.iter().copied()).output().expect("run").stdout);
        assert!(!told.contains(['\u{1b}', '\u{7}']) && !told.contains("\\u00"), "{told}");
    }
    let told = text(&project.command(["figures"]).output().expect("run").stdout);
    assert!(told.contains("Fig[31mure"), "{told}");
}

#[test]
fn a_worker_of_another_build_stops_the_run() {
    let project = Project::new();
    let (store, ended) = ingest_edited(&project, 2, r#"s/"extractor":[0-9]*/"extractor":1/"#);
    let error = ended.expect_err("stopped").to_string();
    assert!(error.contains("moody-worker is of another build"), "{error}");
    assert!(store.documents().expect("documents").is_empty(), "none of them failed");
}

#[test]
fn a_worker_that_cannot_be_started_is_an_error() {
    let project = Project::new();
    let corpus = write_papers(&project, "corpus", 1);
    let workspace = Workspace::new(project.path(""));
    let mut store = Store::open(&workspace).expect("store");
    let options = with_worker(&workspace, project.path("no-such-program"));
    let go_on = AtomicBool::new(false);
    let refused = extract::ingest(
        &workspace,
        &mut store,
        &[corpus],
        &options,
        Again::default(),
        &go_on,
        |_| (),
    );
    let error = refused.expect_err("no worker").to_string();
    assert!(error.contains("no-such-program"), "{error}");
    assert!(store.documents().expect("documents").is_empty());
}

/// Share of the truth found in the real documents, as the project's own scorer counts.
fn score(data: &Path, truth: &str, found: &Path) -> Option<serde_json::Value> {
    let scorer = data.join("../tools/score_figures.py");
    let scored = Command::new("python3")
        .arg(scorer)
        .args(["--json", "--truth"])
        .arg(data.join("truth").join(truth))
        .arg("--pred")
        .arg(found)
        .output();
    let Ok(scored) = scored else {
        skipped("python3 is not here");
        return None;
    };
    assert!(scored.status.success(), "{}", text(&scored.stderr));
    Some(serde_json::from_slice(&scored.stdout).expect("scores"))
}

#[test]
fn real_preprints_score_as_they_did() {
    let Some(data) = shared_data() else { return };
    let project = Project::new();
    let folders = [data.join("preprints"), data.join("pmc")];
    project.command(["ingest"]).args(&folders).assert().success();
    let found = project.path("found.jsonl");
    fs::write(&found, figures_json(&project)).expect("written");
    let Some(scores) = score(&data, "pmc_figures.jsonl", &found) else { return };
    let at_least = |scores: &serde_json::Value, measure: &str, key: &str, least: f64| {
        let score = scores[measure][key].as_f64().expect("a score");
        assert!(score >= least, "{measure} {key} {score}, at least {least} wanted");
    };
    at_least(&scores, "caption", "f1", 0.93);
    let Some(scores) = score(&data, "figures.jsonl", &found) else { return };
    at_least(&scores, "caption", "f1", 0.95);
    at_least(&scores, "region", "recall", 0.93);
    at_least(&scores, "images", "recall", 0.93);
}
