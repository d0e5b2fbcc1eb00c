//! `doctor` and `backup`: a workspace damaged in every way is told so, mended, and what it was before.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::common::{Project, files, rows, text};
use covid_ct::Workspace;
use covid_ct::store::{NewDecision, Store, Subject};
use covid_ct::synth;
use covid_ct_core::{Stage, Value};
use predicates::prelude::*;
use predicates::str::contains;
use rusqlite::Connection;

/// A workspace with two papers read and their figures rendered.
fn workspace() -> Project {
    let project = Project::new();
    let folder = project.path("corpus");
    fs::create_dir_all(&folder).expect("folder");
    for index in 0..2 {
        fs::write(folder.join(format!("paper-{index}.pdf")), synth::paper(3, index).pdf)
            .expect("written");
    }
    project.command(["ingest", "--render"]).arg(&folder).assert().success();
    project
}

fn object_paths(project: &Project) -> Vec<PathBuf> {
    let root = project.path("data/objects");
    files(&root).into_iter().map(|(path, _)| root.join(path)).collect()
}

/// As if the file had lain there for an hour.
fn age(path: &Path) {
    let file = fs::File::options().append(true).open(path).expect("file");
    file.set_modified(SystemTime::now() - Duration::from_hours(1)).expect("aged");
}

fn doctor_json(project: &Project, args: &[&str], code: i32) -> serde_json::Value {
    let output = project.command(["doctor", "--json"]).args(args).assert().code(code);
    serde_json::from_slice(&output.get_output().stdout).expect("one object")
}

fn kinds(report: &serde_json::Value) -> Vec<&str> {
    let problems = report["problems"].as_array().expect("problems");
    problems.iter().map(|problem| problem["kind"].as_str().expect("kind")).collect()
}

#[test]
fn a_whole_workspace_is_well() {
    let project = workspace();
    let report = doctor_json(&project, &[], 0);
    assert!(kinds(&report).is_empty());
    assert_eq!(report["objects"], object_paths(&project).len());
    project
        .command(["doctor"])
        .assert()
        .code(0)
        .stdout(contains(" 0 problems").and(contains("isolation of workers: limits")))
        .stderr("");
    Project::new().command(["doctor"]).assert().code(2).stderr(contains("no database at"));
}

#[test]
fn whatever_is_damaged_is_named_and_mended() {
    let project = workspace();
    let image = project.store().images().expect("images")[0].id;
    let decision = NewDecision {
        stage: Stage::Select,
        subject: Subject::image(image),
        value: Some(Value::answer(Stage::Select, "ct")),
        evidence: None,
        span: String::new(),
        curator: "ann".into(),
        time: "2020-04-01T00:00:00Z".into(),
        note: String::new(),
        adjudicates: false,
    };
    project.store().decide(&decision).expect("decided");
    let (before, objects) = (rows(&project), files(&project.path("data/objects")));
    let paths = object_paths(&project);
    assert!(paths.len() > 4 && project.store().totals().expect("totals").rendered > 0);

    // Every object is gone or damaged, renderings too; half the damaged keep their size.
    for (index, path) in paths.iter().enumerate() {
        let bytes = fs::read(path).expect("object");
        match index % 3 {
            0 => fs::remove_file(path).expect("removed"),
            1 => fs::write(path, vec![0; bytes.len()]).expect("damaged"),
            _ => fs::write(path, &bytes[..bytes.len() / 2]).expect("cut short"),
        }
    }
    let folder = paths[0].parent().expect("folder");
    fs::create_dir_all(folder).expect("folder");
    let orphan = project.path(&format!("data/objects/ab/{}.png", "cd".repeat(31)));
    fs::create_dir_all(orphan.parent().expect("folder")).expect("folder");
    let leftover = folder.join(".part-x");
    for path in [&orphan, &leftover] {
        fs::write(path, "nobody's").expect("written");
        age(path);
    }
    let young = folder.join(".part-young");
    fs::write(&young, "at work").expect("written");

    let report = doctor_json(&project, &[], 1);
    let count = |kind: &str| kinds(&report).iter().filter(|found| **found == kind).count();
    assert_eq!(count("missing") + count("damaged"), paths.len());
    assert_eq!((count("orphan"), count("leftover"), report["young"].as_u64()), (1, 1, Some(1)));
    assert_eq!(rows(&project), before, "a check changes nothing");
    project
        .command(["doctor"])
        .assert()
        .code(1)
        .stdout(contains("    of ").and(contains("paper-1.pdf")).and(contains("--repair")));

    project.command(["doctor", "--repair"]).assert().code(0).stdout(contains("repaired"));
    fs::remove_file(&young).expect("young ones stay");
    assert_eq!(files(&project.path("data/objects")), objects);
    assert_eq!(rows(&project), before);
    doctor_json(&project, &[], 0);
    assert_eq!(project.store().decisions_in_force(Stage::Select).expect("decisions").len(), 1);
}

#[test]
fn what_cannot_be_mended_stays_and_is_named() {
    let project = workspace();
    let before = rows(&project);
    let paths = object_paths(&project);
    fs::write(&paths[0], "damaged").expect("damaged");
    fs::write(project.path("data/objects/notes.txt"), "mine").expect("written");
    age(&project.path("data/objects/notes.txt"));
    // Its bytes are no longer those that were read.
    for index in 0..2 {
        fs::write(project.path(&format!("corpus/paper-{index}.pdf")), "other").expect("written");
    }
    let report = doctor_json(&project, &["--repair"], 1);
    assert_eq!(kinds(&report), ["damaged", "stranger"]);
    assert_eq!(fs::read(&paths[0]).expect("kept"), b"damaged");
    assert!(project.path("data/objects/notes.txt").exists());
    assert_eq!(rows(&project), before);
}

#[test]
fn a_damaged_or_newer_database_is_told_and_left_alone() {
    let project = workspace();
    let database = project.path("data/covid-ct.sqlite");
    let db = Connection::open(&database).expect("database");
    db.pragma_update(None, "foreign_keys", false).expect("set");
    db.execute_batch("INSERT INTO mention (figure, page, sentence) VALUES (99999, 1, 'x')")
        .expect("inserted");
    db.pragma_update(None, "user_version", 99).expect("set");
    drop(db);
    fs::remove_file(&object_paths(&project)[0]).expect("removed");
    let report = doctor_json(&project, &["--repair"], 1);
    assert_eq!(kinds(&report), ["newer", "database", "missing"]);
    assert!(report["problems"][1]["what"].as_str().expect("text").contains("row of figure"));

    fs::write(&database, "no database at all ".repeat(500)).expect("written");
    let report = doctor_json(&project, &["--repair"], 1);
    assert_eq!(kinds(&report), ["database"]);
}

#[test]
fn a_backup_beside_a_writer_is_whole() {
    let project = Project::new();
    let mut store = project.store();
    let split = |index: u32| covid_ct::store::NamedSplit {
        name: format!("split-{index}"),
        how: serde_json::json!({ "filler": "x".repeat(4000) }),
        parts: Vec::new(),
    };
    (0..50).for_each(|index| store.save_split(&split(index)).expect("saved"));
    let writer = std::thread::spawn(move || {
        for index in 50..400 {
            store.save_split(&split(index)).expect("saved");
        }
    });
    let copies: Vec<PathBuf> =
        (0..3).map(|index| project.path(&format!("copy-{index}.sqlite"))).collect();
    for copy in &copies {
        project.command(["backup"]).arg(copy).assert().success();
    }
    writer.join().expect("written");
    for copy in &copies {
        let db = Connection::open(copy).expect("opens");
        let told: String =
            db.pragma_query_value(None, "integrity_check", |row| row.get(0)).expect("checked");
        assert_eq!(told, "ok");
        drop(db);
        // It serves as a database as it is.
        let restored = Project::new();
        fs::create_dir_all(restored.path("data")).expect("folder");
        fs::copy(copy, restored.path("data/covid-ct.sqlite")).expect("copied");
        let store = Store::open_existing(&Workspace::new(restored.path(""))).expect("store");
        assert!(store.split_names().expect("names").len() >= 50);
    }
    project
        .command(["backup"])
        .arg(&copies[0])
        .assert()
        .code(2)
        .stderr(contains("exists").and(contains("--force")));
    project.command(["backup", "--force"]).arg(&copies[0]).assert().success();
    let left: Vec<_> = files(&project.path("")).into_iter().map(|(path, _)| path).collect();
    assert!(!left.iter().any(|path| text(path.as_os_str().as_encoded_bytes()).contains(".part-")));
}
