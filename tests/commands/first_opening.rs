//! Many commands that open a new or an older database at once: one makes or migrates it, the others wait.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::common::text;
use crate::readers::labelled_before;
use crate::reading_only::covid_ct;

/// At once; and how often.
const AT_ONCE: usize = 12;
const ROUNDS: usize = 6;

fn start(workspace: &Path, args: &[&str]) -> Child {
    Command::new(crate::PROGRAM)
        .env("COVID_CT_WORKSPACE", workspace)
        .args(args)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started")
}

/// Runs the commands at once; what those said that failed.
fn failures(workspace: &Path, commands: &[&[&str]]) -> Vec<String> {
    let running: Vec<Child> =
        commands.iter().cycle().take(AT_ONCE).map(|args| start(workspace, args)).collect();
    let ended = running.into_iter().map(|child| child.wait_with_output().expect("ended"));
    let failed = ended.filter(|output| !output.status.success());
    failed.map(|output| text(&output.stderr)).collect()
}

#[test]
fn an_older_database_is_migrated_once_however_many_open_it() {
    let copies = tempfile::tempdir().expect("temporary folder");
    let copy = copies.path().join("copy.sqlite");
    let copy = copy.to_str().expect("UTF-8");
    let commands: [&[&str]; 4] =
        [&["status"], &["curators"], &["backup", "--force", copy], &["figures"]];
    for round in 0..ROUNDS {
        let project = labelled_before();
        assert_eq!(failures(&project.path(""), &commands), [""; 0], "round {round}");
        let told = project.command(["doctor"]).output().expect("run");
        assert!(!text(&told.stdout).contains("schema"), "{}", text(&told.stdout));
    }
}

#[test]
fn a_new_database_is_made_once_however_many_open_it() {
    for round in 0..ROUNDS {
        let folder = tempfile::tempdir().expect("temporary folder");
        let release = folder.path().join("release");
        release_of_two(&release);
        let release = release.to_str().expect("UTF-8");
        let workspace = folder.path().join("workspace");
        let failed = failures(&workspace, &[&["import-release", release]]);
        assert_eq!(failed, [""; 0], "round {round}");
        let told = covid_ct(&workspace, &["status"]).assert().success();
        assert!(text(&told.get_output().stdout).contains('2'), "two pictures");
    }
}

/// What can be imported: a picture of each class.
fn release_of_two(folder: &Path) {
    use std::fs;
    for class in ["COVID", "NonCOVID"] {
        let pictures = folder.join("Images-processed").join(format!("CT_{class}"));
        let lists = folder.join("Data-split").join(class);
        fs::create_dir_all(&pictures).expect("folder");
        fs::create_dir_all(&lists).expect("folder");
        let shade = if class == "COVID" { 90 } else { 120 };
        let picture = image::GrayImage::from_pixel(40, 40, image::Luma([shade]));
        picture.save(pictures.join(format!("{class}-1.png"))).expect("picture");
        for part in ["train", "val", "test"] {
            let names = if part == "train" { format!("{class}-1.png\n") } else { String::new() };
            fs::write(lists.join(format!("{part}CT_{class}.txt")), names).expect("list");
        }
    }
    let header = "File name,Patient ID,Age,Gender,Location,Medical history,Time,Severity,Other diseases,DOI,Captions\n";
    let row = "COVID-1.png,Patient 1,,,,,,,,10.1101/2020.02.10.20021584,A scan.\n";
    fs::write(folder.join("COVID-CT-MetaInfo.csv"), [header, row].concat()).expect("MetaInfo");
}

#[test]
fn what_fails_says_no_sql() {
    let project = labelled_before();
    let db = rusqlite::Connection::open(project.path("data/covid-ct.sqlite")).expect("database");
    // What the next migration makes is there already.
    db.execute_batch("CREATE TABLE upgrade (id INTEGER)").expect("made");
    drop(db);
    let told = project.command(["status"]).assert().code(2);
    let told = text(&told.get_output().stderr);
    assert!(told.contains("covid-ct.sqlite") && told.contains("already exists"), "{told}");
    for sql in ["CREATE", "SELECT", "INSERT", "ALTER", "query"] {
        assert!(!told.contains(sql), "{told}");
    }
}
