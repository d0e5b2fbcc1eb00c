//! A disk that is full, a database that is locked, read-only or damaged: told in words that help, and when
//! the trouble is over the next run does the rest.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output};

use crate::common::disk::Small;
use crate::common::{Project, papers, rows, text};
use covid_ct::synth;
use predicates::str::{contains, starts_with};

#[test]
fn a_locked_database_is_told_and_nothing_is_lost() {
    let folder = tempfile::tempdir().expect("folder");
    let corpus = papers(folder.path(), 2);
    let project = Project::new();
    drop(project.store());
    let other = rusqlite::Connection::open(project.path("data/covid-ct.sqlite")).expect("database");
    other.execute_batch("BEGIN IMMEDIATE").expect("locked");
    project
        .command(["ingest"])
        .arg(&corpus)
        .assert()
        .code(2)
        .stderr(contains("another program has written to it for longer than 10 s"));
    other.execute_batch("ROLLBACK").expect("released");
    project
        .command(["ingest"])
        .arg(&corpus)
        .assert()
        .success()
        .stdout(starts_with("2 documents read (0 already known, 0 failed)"));
}

/// Runs as somebody whom permissions hold back, which the superuser is not.
fn as_anybody(project: &Project, args: &[&str], path: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_covid-ct"));
    command.env("COVID_CT_WORKSPACE", project.path("")).args(args).arg(path);
    if rustix::process::geteuid().is_root() {
        command.uid(65_534).gid(65_534);
    }
    command.output().expect("run")
}

#[test]
fn a_database_that_may_not_be_written_is_told() {
    let folder = tempfile::tempdir().expect("folder");
    let corpus = papers(folder.path(), 1);
    let project = Project::new();
    project.command(["ingest"]).arg(&corpus).assert().success();
    let before = rows(&project);
    let other = folder.path().join("other.pdf");
    fs::write(&other, synth::paper(3, 9).pdf).expect("written");
    let data = project.path("data");
    let locked = |mode: u32| {
        for entry in fs::read_dir(&data).expect("data").map(|entry| entry.expect("entry").path()) {
            let bits = if entry.is_dir() { mode } else { mode & 0o666 };
            fs::set_permissions(entry, fs::Permissions::from_mode(bits)).expect("set");
        }
        fs::set_permissions(&data, fs::Permissions::from_mode(mode)).expect("set");
    };
    // Anybody may come near.
    for near in [folder.path(), &project.path("")] {
        fs::set_permissions(near, fs::Permissions::from_mode(0o755)).expect("set");
    }
    locked(0o555);
    let refused = as_anybody(&project, &["ingest"], &other);
    locked(0o755);
    let complaint = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{complaint}");
    assert!(complaint.contains("covid-ct.sqlite"), "{complaint}");
    assert!(complaint.contains("may this user write the file"), "{complaint}");
    assert_eq!(rows(&project), before);
    project.command(["ingest"]).arg(&other).assert().success();
}

#[test]
fn a_full_disk_stops_the_run_and_the_next_one_does_the_rest() {
    let folder = tempfile::tempdir().expect("folder");
    let corpus = papers(folder.path(), 4);
    let undisturbed = Project::new();
    undisturbed.command(["ingest"]).arg(&corpus).assert().success();
    let expected = rows(&undisturbed);

    let project = Project::new();
    let Some(disk) = Small::mount(&project.path("data"), 900) else { return };
    let stopped = project.command(["ingest", "--jobs", "1"]).arg(&corpus).assert().code(2);
    let complaint = text(&stopped.get_output().stderr);
    let full = complaint.contains("No space left on device") || complaint.contains("disk is full");
    assert!(full, "{complaint}");
    disk.grow(100_000);
    // No document is taken for a bad one.
    assert!(project.store().documents().expect("documents").iter().all(|row| row.error.is_none()));
    project.command(["doctor"]).assert().success();
    project.command(["ingest"]).arg(&corpus).assert().success();
    assert!(rows(&project) == expected, "the rows differ");
    drop(disk);
}

#[test]
fn a_backup_to_a_full_disk_leaves_nothing() {
    let folder = tempfile::tempdir().expect("folder");
    let project = Project::new();
    project.command(["ingest"]).arg(papers(folder.path(), 1)).assert().success();
    let Some(disk) = Small::mount(&project.path("small"), 100) else { return };
    let target = disk.folder().join("copy.sqlite");
    let refused = project.command(["backup"]).arg(&target).assert().code(2);
    let complaint = text(&refused.get_output().stderr);
    assert!(complaint.contains("full"), "{complaint}");
    assert_eq!(fs::read_dir(disk.folder()).expect("folder").count(), 0);
    drop(disk);
}

#[test]
fn whoever_stops_reading_sees_no_panic() {
    let folder = tempfile::tempdir().expect("folder");
    let project = Project::new();
    project.command(["ingest"]).arg(papers(folder.path(), 1)).assert().success();
    for command in ["status", "figures", "doctor", "curators"] {
        let (reader, writer) = std::io::pipe().expect("pipe");
        drop(reader);
        let mut unheard = Command::new(env!("CARGO_BIN_EXE_covid-ct"));
        unheard.env("COVID_CT_WORKSPACE", project.path("")).arg(command);
        let output = unheard.stdout(writer).output().expect("run");
        assert_eq!(
            (output.status.code(), text(&output.stderr).as_str()),
            (Some(0), ""),
            "{command}"
        );
    }
}
