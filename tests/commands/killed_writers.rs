//! Commands that write, killed at each step that they take on disk: `doctor` tells what there is and puts back what can
//! be, and running again ends in what an undisturbed run gives.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::common::text;
use crate::reading_only::{covid_ct, fill};
use serde_json::Value;

/// No command here takes more steps.
const MOST: usize = 400;

fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(status.expect("cp").success());
}

fn run(root: &Path, args: &[&str], kill_at: &str) -> Output {
    Command::new(crate::PROGRAM)
        .current_dir(root)
        .env("COVID_CT_WORKSPACE", "workspace")
        .env("COVID_CT_KILL_AT", kill_at)
        .args(args)
        .output()
        .expect("run")
}

/// What is there but the database, whose pages differ from run to run; with links as what they lead to.
fn there(root: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(root).sort_by_file_name() {
        let entry = entry.expect("entry");
        let path = entry.path().strip_prefix(root).expect("below").to_owned();
        let name = entry.file_name().to_string_lossy();
        if name.contains(".sqlite") || name.contains(".lock") || name == "copy" {
            continue;
        }
        let is_link = entry.file_type().is_symlink();
        let link = || fs::read_link(entry.path()).expect("link").into_os_string();
        let bytes = match entry.file_type() {
            kind if kind.is_file() => fs::read(entry.path()).expect("file"),
            _ if is_link => {
                Path::new(&link()).file_name().expect("name").as_encoded_bytes().to_vec()
            }
            _ => Vec::new(),
        };
        found.push((path, bytes));
    }
    found
}

fn names(root: &Path) -> Vec<PathBuf> {
    there(root).into_iter().map(|(path, _)| path).collect()
}

fn problems(root: &Path, args: &[&str]) -> Vec<String> {
    let output = run(root, &[&["doctor", "--json"], args].concat(), "");
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    let problems = report["problems"].as_array().expect("problems").iter();
    problems.map(ToString::to_string).collect()
}

/// Whether a path is what a killed command leaves: of files and folders in the making.
fn is_left(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.contains(".covid-ct-") || name.starts_with(".writing-")
}

struct Torture<'a> {
    args: &'a [&'a str],
    /// What is written, below the folder of the workspace; there throughout if it was before.
    target: &'a str,
    /// Whether a second run refuses what is there.
    once: bool,
}

/// Kills the command at every step, each in a copy of `base`; how many there were.
fn torture(base: &Path, torture: &Torture<'_>) -> usize {
    let Torture { args, target, once } = torture;
    let folder = tempfile::tempdir().expect("temporary folder");
    let undisturbed = folder.path().join("undisturbed");
    copy(base, &undisturbed);
    let done = run(&undisturbed, args, "");
    assert!(done.status.success(), "{}", text(&done.stderr));
    let (expected, was_there) = (there(&undisturbed), base.join(target).exists());
    for step in 1..=MOST {
        let root = folder.path().join("root");
        copy(base, &root);
        let killed = run(&root, args, &step.to_string());
        if killed.status.success() {
            assert_eq!(there(&root), expected, "not killed at {step}");
            return step - 1;
        }
        let told = text(&killed.stderr);
        assert_eq!(killed.status.signal(), Some(9), "{told}");
        let told = told.lines().last().unwrap_or_default().to_owned();
        assert!(!was_there || root.join(target).exists(), "{told}: nothing is at {target}");

        let left: Vec<PathBuf> = names(&root).into_iter().filter(|path| is_left(path)).collect();
        let found = problems(&root, &[]);
        for path in &left {
            // Of what lies in a folder that is left, the folder is told.
            let first = path.iter().position(|part| is_left(Path::new(part))).expect("left");
            let path: PathBuf = path.iter().take(first + 1).collect();
            let name = path.to_string_lossy();
            assert!(
                found.iter().any(|problem| problem.contains(&*name)),
                "{told}: {name} of {found:#?}"
            );
        }
        let whole = |path: &&PathBuf| root.join(path).join("MANIFEST.csv").is_file();
        let was_whole =
            left.iter().any(|path| whole(&path) && path.to_string_lossy().contains("new"));
        problems(&root, &["--repair"]);
        assert_eq!(problems(&root, &[]), [""; 0], "{told}");
        let left: Vec<PathBuf> = names(&root).into_iter().filter(|path| is_left(path)).collect();
        assert_eq!(left, [""; 0].map(PathBuf::from), "{told}");
        if was_whole {
            assert!(root.join(target).exists(), "{told}: a whole folder was not put in its place");
        }
        let again = run(&root, args, "");
        let there_already = *once && root.join(target).exists();
        assert!(again.status.success() || there_already, "{told}: {}", text(&again.stderr));
        assert_eq!(names(&root), names(&undisturbed), "{told}");
        assert!(there(&root) == expected, "{told}: other bytes");
        fs::remove_dir_all(&root).expect("removed");
    }
    panic!("more than {MOST} steps");
}

/// A folder with a workspace of two papers, a labelled panel and a split, and an export outside of it.
fn base() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("temporary folder");
    let workspace = folder.path().join("workspace");
    fill(&workspace);
    covid_ct(&workspace, &["export", "--out"])
        .arg(folder.path().join("out/before"))
        .assert()
        .success();
    folder
}

#[test]
fn an_export_is_there_whole_whenever_it_is_killed() {
    let base = base();
    let new = ["export", "--format", "parquet", "--out", "out/new"];
    let steps = torture(base.path(), &Torture { args: &new, target: "out/new", once: false });
    assert!(steps > 10, "{steps}");
    let over = ["export", "--format", "imagefolder", "--out", "out/before"];
    let steps = torture(base.path(), &Torture { args: &over, target: "out/before", once: false });
    assert!(steps > 15, "{steps}");
    let inside = ["export", "--format", "webdataset"];
    let target = "workspace/data/export/default";
    let steps = torture(base.path(), &Torture { args: &inside, target, once: false });
    assert!(steps > 10, "{steps}");
}

#[test]
fn a_rebuilt_dataset_is_there_whole_whenever_it_is_killed() {
    let base = base();
    let recipe = base.path().join("out/MANIFEST.csv");
    fs::copy(base.path().join("out/before/MANIFEST.csv"), &recipe).expect("copied");
    let args = [
        "rebuild",
        "--out",
        "out/before",
        "--format",
        "parquet",
        "out/MANIFEST.csv",
        "--pdfs",
        "workspace/corpus/paper-0.pdf",
    ];
    let steps = torture(base.path(), &Torture { args: &args, target: "out/before", once: false });
    assert!(steps > 10, "{steps}");
}

#[test]
fn annotations_splits_and_copies_are_whole_whenever_they_are_killed() {
    let base = base();
    let notes = ["annotations", "export", "notes"];
    let steps = torture(base.path(), &Torture { args: &notes, target: "notes", once: false });
    assert!(steps >= 15, "five tables, each synced, renamed and its folder synced: {steps}");
    let resplit = ["resplit", "out/before", "out/resplit"];
    let steps =
        torture(base.path(), &Torture { args: &resplit, target: "out/resplit", once: true });
    assert!(steps > 8, "{steps}");
    let split = ["split", "other", "--ratio", "1,0,0"];
    let steps = torture(base.path(), &Torture { args: &split, target: "workspace", once: false });
    assert!(steps >= 1, "{steps}");
    let backup = ["backup", "copy", "--force"];
    let steps = torture(base.path(), &Torture { args: &backup, target: "copy", once: false });
    assert!(steps >= 3, "{steps}");
}

#[test]
fn all_is_on_disk_before_it_takes_its_place_and_the_place_after() {
    let base = base();
    let root = base.path();
    let args = ["export", "--format", "imagefolder", "--out", "out/before"];
    let told = text(&run(root, &args, "list").stderr);
    let steps: Vec<&str> = told.lines().filter_map(|line| line.strip_prefix("step: ")).collect();
    let at = |what: &str| steps.iter().position(|step| step.starts_with(what)).expect(what);
    let whole = steps.iter().position(|step| step.contains(".before.covid-ct-new-"));
    let (whole, exchange, remove) = (whole.expect("whole"), at("exchange "), at("remove "));
    assert!(whole < exchange && exchange < remove, "{steps:#?}");
    for (path, _) in crate::common::files(&root.join("out/before")) {
        let end = format!("/{}", path.display());
        let synced = |step: &&str| step.starts_with("sync ") && step.ends_with(&end);
        assert!(steps[..whole].iter().any(synced), "{end}: {steps:#?}");
    }
    let parent = |step: &&str| step.starts_with("sync ") && step.ends_with("/out");
    assert!(steps[exchange..remove].iter().any(parent), "{steps:#?}");
}

#[test]
fn what_a_user_put_in_its_place_meanwhile_is_left_with_the_whole_export() {
    let base = base();
    let root = base.path();
    let args = ["export", "--format", "imagefolder", "--out", "out/before"];
    let told = text(&run(root, &args, "list").stderr);
    let steps = told.lines().filter(|line| line.starts_with("step: "));
    let before_exchange = steps.take_while(|line| !line.contains("exchange")).count() + 1;
    let killed = run(root, &args, &before_exchange.to_string());
    assert_eq!(killed.status.signal(), Some(9));
    fs::write(root.join("out/before/notes.txt"), "mine").expect("written");
    problems(root, &["--repair"]);
    assert_eq!(fs::read(root.join("out/before/notes.txt")).expect("left"), b"mine");
    let found = problems(root, &[]);
    assert!(found.len() == 1 && found[0].contains("unfinished"), "{found:?}");
    fs::remove_file(root.join("out/before/notes.txt")).expect("removed");
    problems(root, &["--repair"]);
    assert_eq!(problems(root, &[]), [""; 0]);
    covid_ct(&root.join("workspace"), &["export", "--verify"])
        .arg(root.join("out/before"))
        .assert()
        .success();
}
