//! Workspaces that may only be read, that were moved, and that are worked on from elsewhere.

use std::fs;
use std::path::Path;
use std::process::Command;

use assert_cmd::Command as Asserted;

use crate::common::disk::Small;
use crate::common::{files, papers, text};

pub fn covid_ct(workspace: &Path, args: &[&str]) -> Asserted {
    let mut command = Asserted::new(crate::PROGRAM);
    command.env_remove("COVID_CT_WORKSPACE").arg("--workspace").arg(workspace).args(args);
    command
}

/// A workspace of two papers, one picture of which is a labelled scan, with a split.
pub fn fill(workspace: &Path) {
    papers(workspace, 2);
    let corpus = workspace.join("corpus");
    covid_ct(workspace, &["ingest"]).arg(&corpus).assert().success();
    let script = format!("c\n{}", "n\n".repeat(200));
    covid_ct(workspace, &["label", "--curator", "ann", "select"])
        .write_stdin(script)
        .assert()
        .success();
    covid_ct(workspace, &["label", "--curator", "ann", "diagnose"])
        .write_stdin("c\n\n")
        .assert()
        .success();
    covid_ct(workspace, &["label", "--curator", "ann", "crop"])
        .write_stdin("w\n\n")
        .assert()
        .success();
    covid_ct(workspace, &["split", "default", "--ratio", "1,0,0"]).assert().success();
}

fn name_of_picture(workspace: &Path) -> String {
    let path = workspace.join("data/export/default/MANIFEST.csv");
    let mut list = csv::Reader::from_path(path).expect("manifest");
    let column = list.headers().expect("header").iter().position(|column| column == "name");
    let mut rows = list.records().map(|row| row.expect("row"));
    rows.next().expect("a picture")[column.expect("names")].to_owned()
}

fn read_everything(workspace: &Path, picture: &str, elsewhere: &Path) {
    let out = |name: &str| elsewhere.join(name).to_str().expect("UTF-8").to_owned();
    let (page, report, export, notes, audit) =
        (out("page.html"), out("report"), out("export"), out("notes"), out("audit"));
    let readings: [&[&str]; 14] = [
        &["doctor"],
        &["status"],
        &["status", "--suspects"],
        &["figures"],
        &["figures", "--json"],
        &["show", "paper-0", "--out", &page],
        &["history", picture],
        &["stats"],
        &["curators"],
        &["report", "--out", &report],
        &["export", "--out", &export],
        &["export", "--verify", &export],
        &["annotations", "export", &notes],
        &["audit", "--out", &audit],
    ];
    for args in readings {
        let done = covid_ct(workspace, args).output().expect("run");
        assert!(done.status.success(), "{args:?}: {}", text(&done.stderr));
    }
}

#[test]
fn a_workspace_that_may_only_be_read_is_read() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let Some(disk) = Small::mount(&folder.path().join("disk"), 64 * 1024) else { return };
    let workspace = disk.folder();
    fill(workspace);
    covid_ct(workspace, &["export"]).assert().success();
    let picture = name_of_picture(workspace);
    let set = |how: &str| {
        let options = format!("remount,{how}");
        let status = Command::new("mount").args(["-o", &options]).arg(workspace).status();
        assert!(status.expect("run").success());
    };
    set("ro");
    let before = files(workspace);
    read_everything(workspace, &picture, &folder.path().join("one"));
    assert_eq!(files(workspace), before);
    // Figures that were not drawn before are named.
    let figures = folder.path().join("figures");
    let args = ["export", "--figures", "--format", "parquet", "--out"];
    let exported = covid_ct(workspace, &args).arg(&figures).assert().code(1);
    let told = text(&exported.get_output().stderr);
    assert!(told.contains("paper-0.pdf: ") && told.contains("ingest --render"), "{told}");
    // What can only be written there says so.
    let refused = covid_ct(workspace, &["report"]).assert().code(2);
    assert!(text(&refused.get_output().stderr).contains("data/report"), "{refused:?}");
    let refused = covid_ct(workspace, &["label", "--curator", "ann"]).assert().code(2);
    let told = text(&refused.get_output().stderr);
    assert!(told.contains("covid-ct.sqlite") && told.contains("may this user write"), "{told}");
    // One of an earlier version, and one with a log that was never merged: a copy is brought up to date.
    set("rw");
    let database = workspace.join("data/covid-ct.sqlite");
    let db = rusqlite::Connection::open(&database).expect("database");
    db.execute_batch(crate::common::BACK_TO_SIX).expect("as before");
    let log = workspace.join("data/covid-ct.sqlite-wal");
    let (held, logged) = (fs::read(&database).expect("file"), fs::read(&log).unwrap_or_default());
    drop(db);
    fs::write(&database, held).expect("written");
    fs::write(&log, logged).expect("written");
    set("ro");
    read_everything(workspace, &picture, &folder.path().join("two"));
    let exported = |name: &str| files(&folder.path().join(name).join("export"));
    assert_eq!(exported("one"), exported("two"));
    set("rw");
}

#[test]
fn a_workspace_that_was_moved_finds_the_pdfs_inside_it() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let (here, there) = (folder.path().join("here"), folder.path().join("there"));
    fill(&here);
    let database = here.join("data/covid-ct.sqlite");
    // As an earlier version noted paths: of another machine's folders.
    let noted = |database: &Path, sql: &str| {
        rusqlite::Connection::open(database).expect("database").execute_batch(sql).expect("noted");
    };
    for sql in [
        "SELECT 1",
        "UPDATE document SET path = '/mnt/of-before/corpus/' || replace(path, 'corpus/', '')",
    ] {
        noted(&database, sql);
        fs::rename(&here, &there).expect("moved");
        let out = folder.path().join("page.html");
        covid_ct(&there, &["show", "paper-0", "--out"]).arg(&out).assert().success();
        let damage = files(&there.join("data/objects"));
        fs::remove_file(there.join("data/objects").join(&damage[0].0)).expect("lost");
        covid_ct(&there, &["doctor", "--repair"]).assert().success();
        fs::rename(&there, &here).expect("moved back");
    }
}

#[test]
fn paths_of_options_are_of_the_current_folder() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let workspace = folder.path().join("workspace");
    fs::create_dir_all(&workspace).expect("folder");
    let here = folder.path().join("here");
    papers(&here, 2);
    let run = |args: &[&str], script: &str| {
        let mut command = Asserted::new(crate::PROGRAM);
        let command = command.current_dir(&here).env("COVID_CT_WORKSPACE", "../workspace");
        command.args(args).write_stdin(script.to_owned()).assert().success();
    };
    run(&["ingest", "corpus"], "");
    run(&["label", "--curator", "ann", "select"], &format!("c\n{}", "n\n".repeat(200)));
    run(&["label", "--curator", "ann", "diagnose"], "c\n\n");
    run(&["label", "--curator", "ann", "crop"], "w\n\n");
    run(&["split", "default", "--ratio", "1,0,0"], "");
    fs::write(here.join("scores.csv"), "name,score\n").expect("written");
    run(&["label", "--curator", "ann", "select", "--scores", "scores.csv"], "");
    run(&["show", "paper-0", "--out", "out/page.html"], "");
    run(&["show", "paper-0", "--pdf", "corpus/paper-0.pdf", "--out", "out/page-of-pdf.html"], "");
    run(&["report", "--out", "out/report"], "");
    run(&["audit", "--out", "out/audit"], "");
    run(&["export", "--out", "out/export"], "");
    run(&["export", "--verify", "out/export"], "");
    run(&["annotations", "export", "out/annotations"], "");
    run(&["annotations", "import", "out/annotations"], "");
    run(&["rebuild", "out/export", "--pdfs", "corpus", "--out", "out/rebuilt"], "");
    run(&["resplit", "out/export", "out/resplit"], "");
    run(&["backup", "out/copy.sqlite"], "");
    for written in [
        "page.html",
        "page-of-pdf.html",
        "report/index.html",
        "audit",
        "export/MANIFEST.csv",
        "annotations/decisions.csv",
        "rebuilt/MANIFEST.csv",
        "resplit",
        "copy.sqlite",
    ] {
        assert!(here.join("out").join(written).exists(), "{written}");
    }
    assert!(!workspace.join("out").exists());
}
