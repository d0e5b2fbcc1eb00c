//! `covid-ct label` and `covid-ct status` as commands, on a small store.

use std::io::Cursor;
use std::path::Path;

use crate::common::{extraction, figure_on, image_on};
use assert_cmd::Command;
use covid_ct::Workspace;
use covid_ct::document::FoundPage;
use covid_ct::store::{Failure, Source, Store};
use covid_ct_core::Label;
use image::{GrayImage, Luma};
use predicates::prelude::*;

/// A workspace with one scan in one figure of one paper, and one document that failed.
fn workspace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("temporary folder");
    let mut store = Store::open(&Workspace::new(folder.path())).expect("store");
    let mut png = Cursor::new(Vec::new());
    GrayImage::from_fn(200, 160, |x, y| Luma([((x * 5 + y * 3) % 200) as u8]))
        .write_to(&mut png, image::ImageFormat::Png)
        .expect("png");
    let object = store.objects().put(png.get_ref(), "png").expect("object");
    let scan = image_on(2, 9, object, (200, 160));
    let figure = figure_on(2, "Figure 1. Chest CT of a 61-year-old woman with COVID-19 on day 3.");
    let mut found = extraction("2020.01.01.1", vec![scan], vec![figure]);
    found.paper.posted = "2020-02-05".into();
    store.record(&found, Source::Pdf).expect("recorded");
    let failure = Failure {
        sha256: "cd".into(),
        path: "broken.pdf".into(),
        error: "not a PDF".into(),
        extractor: 1,
    };
    store.record_failure(&failure).expect("recorded");
    folder
}

fn covid_ct(workspace: &Path, args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("covid-ct").expect("binary");
    command.env_remove("COVID_CT_CURATOR").arg("--workspace").arg(workspace).args(args);
    command
}

fn status(workspace: &Path) -> serde_json::Value {
    let output = covid_ct(workspace, &["status", "--json"]).output().expect("status");
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn a_script_takes_a_picture_from_selection_to_patient() {
    let folder = workspace();
    let script = "c\nc\n\n\n\n\n\n\n";
    covid_ct(folder.path(), &["label", "--curator", "ann"])
        .write_stdin(script)
        .assert()
        .code(0)
        .stdout(
            predicate::str::contains("select 1 of 1").and(predicate::str::contains("case 1 of 1")),
        )
        .stdout(predicate::str::contains('\u{1b}').not())
        .stderr(
            "ann: 4 decided, 0 undone, 0 skipped; nothing is left\n\
             Everything is decided. Next: `covid-ct split`, then `covid-ct export`.\n",
        );
    assert!(folder.path().join("data/preview.png").exists());
    let store = Store::open(&Workspace::new(folder.path())).expect("store");
    let panels = store.labelled_panels().expect("panels");
    assert_eq!(panels.len(), 1);
    assert_eq!(panels[0].case.as_deref(), Some("Patient 1"));
    assert_eq!(panels[0].scan_time.as_deref(), Some("day 3"));
    assert_eq!(store.cases().expect("cases")[0].details.age, "61");
    let told = status(folder.path());
    assert_eq!(told["panels"]["covid"], 1);
    assert_eq!(told["stages"][0]["values"]["ct"], 1);
}

#[test]
fn evidence_of_the_abstract_is_the_abstract_or_nothing() {
    for (abstract_text, proposed) in [
        ("", "evidence [image]"),
        ("We saw influenza.", "evidence [abstract: \"We saw influenza.\"]"),
    ] {
        let folder = tempfile::tempdir().expect("temporary folder");
        let mut store = Store::open(&Workspace::new(folder.path())).expect("store");
        let scan = image_on(2, 9, crate::common::grey_object(&store, (200, 160)), (200, 160));
        let mut found = extraction("x", vec![scan], vec![figure_on(2, "Figure 1. Chest CT.")]);
        found.paper.abstract_text = abstract_text.into();
        found.pages = vec![FoundPage {
            number: 1,
            width: 612.0,
            height: 792.0,
            rotation: 0,
            text: "Introduction\nOthers have told of influenza before.".into(),
        }];
        store.record(&found, Source::Pdf).expect("recorded");
        covid_ct(folder.path(), &["label", "--curator", "ann"])
            .write_stdin("c\nn\nabstract Others have told\n")
            .assert()
            .code(0)
            .stdout(predicate::str::contains(proposed))
            .stdout(
                predicate::str::is_match(
                    "no abstract of this paper|does not stand in the abstract",
                )
                .expect("a pattern"),
            );
    }
}

#[test]
fn labelling_stops_at_the_end_of_the_script_and_goes_on_later() {
    let folder = workspace();
    covid_ct(folder.path(), &["label"])
        .env("COVID_CT_CURATOR", "ann")
        .write_stdin("c\n")
        .assert()
        .code(0)
        .stderr(predicate::str::contains("1 decided").and(predicate::str::contains("stopped")));
    covid_ct(folder.path(), &["label", "diagnose", "--curator", "ann"])
        .write_stdin("n\nimage normal lungs\n")
        .assert()
        .code(0);
    let told = status(folder.path());
    assert_eq!(told["stages"][1]["values"]["non-covid"], 1);
    assert_eq!(told["stages"][2]["left"], 1);
}

#[test]
fn status_is_for_people_too() {
    let folder = workspace();
    covid_ct(folder.path(), &["status"])
        .assert()
        .code(0)
        .stdout(predicate::str::contains("documents          1  1 failed\n"))
        .stdout(predicate::str::contains("broken.pdf: not a PDF"))
        .stdout(predicate::str::contains("select             0       1\n"));
}

#[test]
fn what_cannot_run_says_what_to_do() {
    let folder = workspace();
    covid_ct(folder.path(), &["label", "select"])
        .write_stdin("c\n")
        .assert()
        .code(2)
        .stderr(predicate::str::contains("--curator"));
    covid_ct(folder.path(), &["label", "--curator", " "])
        .write_stdin("c\n")
        .assert()
        .code(2)
        .stderr(predicate::str::contains("--curator"));
    covid_ct(folder.path(), &["label", "--curator", "ann", "--paper", "nobody"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("'nobody'"));
    let empty = tempfile::tempdir().expect("temporary folder");
    for command in ["label", "status"] {
        covid_ct(empty.path(), &[command])
            .assert()
            .code(2)
            .stderr(predicate::str::contains("covid-ct ingest"));
    }
}

#[test]
fn a_queue_is_made_as_asked_for() {
    let folder = workspace();
    for (options, asked) in [
        (["--since", "2020-02-05"], true),
        (["--since", "2020-02-06"], false),
        (["--until", "2020-02-05"], true),
        (["--until", "2020-02-04"], false),
        (["--order", "paper"], true),
        (["--state", "decided"], false),
        (["--second-reader", "--share=1"], false),
    ] {
        let shown = predicate::str::contains("select 1 of 1");
        let mut command = covid_ct(folder.path(), &["label", "select", "--curator", "ann"]);
        let out = command.args(options).write_stdin("q\n").assert().code(0);
        if asked {
            out.stdout(shown)
        } else {
            out.stdout(shown.not())
        };
    }
    let scores = folder.path().join("scores.csv");
    std::fs::write(&scores, "name,score\n2020.01.01.1-p1-9,1\nx,2\n").expect("written");
    covid_ct(folder.path(), &["label", "--curator", "ann", "--scores"])
        .arg(&scores)
        .assert()
        .code(2)
        .stderr(predicate::str::contains("scores.csv, line 3: no picture"));
    covid_ct(folder.path(), &["label", "--curator", "ann", "--second-reader", "--share", "20"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("from 0 to 1"));
}

#[test]
fn an_empty_queue_and_a_status_say_which_command_comes_next() {
    let folder = workspace();
    covid_ct(folder.path(), &["label", "crop", "--curator", "ann"])
        .write_stdin("")
        .assert()
        .code(0)
        .stderr(
            predicate::str::contains("No picture is called a CT yet.\n")
                .and(predicate::str::contains("Next: `covid-ct label select` (1 picture left).\n")),
        );
    covid_ct(folder.path(), &["status"])
        .assert()
        .code(0)
        .stdout(predicate::str::contains("\nNext: `covid-ct label select` (1 picture left).\n"));
}

#[test]
fn shares_of_the_papers_ask_every_curator_about_others() {
    let folder = workspace();
    let asked = |share: &str| {
        let out =
            covid_ct(folder.path(), &["label", "select", "--curator", "ann", "--share", share])
                .write_stdin("q\n")
                .assert()
                .code(0);
        String::from_utf8_lossy(&out.get_output().stdout).contains("select 1 of 1")
    };
    let holders = ["1/3", "2/3", "3/3"].map(asked);
    assert_eq!(holders.iter().filter(|holds| **holds).count(), 1, "{holders:?}");
    for (share, told) in [
        ("4/3", "expected such as 2/3"),
        ("0.2", "--second-reader"),
        ("2", "a second reader's sample from 0 to 1"),
    ] {
        covid_ct(folder.path(), &["label", "--curator", "ann", "--share", share])
            .assert()
            .code(2)
            .stderr(predicate::str::contains(told));
    }
}

#[test]
fn a_curator_with_nearly_a_known_name_is_told_so_in_a_script() {
    let folder = workspace();
    let label = |curator: &str| {
        let out = covid_ct(folder.path(), &["label", "select", "--curator", curator])
            .write_stdin("c\n")
            .assert()
            .code(0);
        String::from_utf8_lossy(&out.get_output().stderr).into_owned()
    };
    assert!(!label("anna").contains("signed"), "nobody has decided anything yet");
    assert!(label("ana").contains("some are signed 'anna'"));
    assert!(!label("ana").contains("signed"), "known by now");
    assert!(!label("bob").contains("signed"));
}

#[test]
fn an_adjudicator_settles_what_curators_disagree_on() {
    let folder = workspace();
    let label = |curator: &str, stage: &str, script: &str| {
        let out = covid_ct(folder.path(), &["label", stage, "--curator", curator])
            .write_stdin(script)
            .assert()
            .code(0);
        String::from_utf8(out.get_output().stdout.clone()).expect("text")
    };
    let panel = |workspace: &Path| {
        let store = Store::open(&Workspace::new(workspace)).expect("store");
        let mut panels = store.labelled_panels().expect("panels");
        let panel = panels.remove(0);
        (panel.label, panel.conflict)
    };
    let (covid, non_covid) = (Some(Label::COVID), Some(Label::NON_COVID));
    label("ann", "select", "c\n");
    label("ann", "crop", "w\n\n");
    label("ann", "diagnose", "c\n\n");
    label("bob", "diagnose", "# in doubt\nn\nimage normal lungs\n");
    assert_eq!(panel(folder.path()), (None, true));
    let shown = label("eve", "adjudicate", "7\n2\n");
    for told in [
        "1 left",
        "ann: covid; caption: ",
        "bob: non-covid; image: \"normal lungs\"; note: in doubt",
        "'7' is no answer",
    ] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    assert_eq!(panel(folder.path()), (non_covid, false));
    assert!(!label("eve", "adjudicate", "1\n").contains("disputed"), "nothing is left");
    // Taken back, it is disputed again; another answer than either reading settles it too.
    label("eve", "select", "u\n");
    assert_eq!(panel(folder.path()), (None, true));
    label("eve", "adjudicate", "a\n1=c\nc\n\n");
    assert_eq!(panel(folder.path()), (covid, false));
    covid_ct(folder.path(), &["history", "2020.01.01.1:p2:x9"])
        .assert()
        .code(0)
        .stdout(predicate::str::contains("eve  diagnose  covid  (adjudicates)\n"));
    let csv = folder.path().join("csv");
    let annotations = |workspace: &Path, what: &str, folder: &Path| {
        covid_ct(workspace, &["annotations", what]).arg(folder).assert().code(0);
    };
    annotations(folder.path(), "export", &csv);
    let (fresh, again) = (workspace(), folder.path().join("again"));
    annotations(fresh.path(), "import", &csv);
    assert_eq!(panel(fresh.path()), (covid, false));
    annotations(fresh.path(), "export", &again);
    let read = |folder: &Path| std::fs::read_to_string(folder.join("decisions.csv")).expect("CSV");
    assert_eq!(read(&csv), read(&again));
    assert!(read(&csv).lines().next().is_some_and(|header| header.ends_with(",adjudicates")));
    // A later reading that differs makes it a conflict again.
    covid_ct(folder.path(), &["label", "diagnose", "--curator", "ann", "--state", "decided"])
        .write_stdin("n\n\n")
        .assert()
        .code(0);
    assert_eq!(panel(folder.path()), (None, true));
}

#[test]
fn no_statement_changes_a_decision() {
    let folder = workspace();
    covid_ct(folder.path(), &["label", "select", "--curator", "ann"])
        .write_stdin("c\n")
        .assert()
        .code(0);
    let db =
        rusqlite::Connection::open(folder.path().join("data/covid-ct.sqlite")).expect("opened");
    let said = || -> (i64, String) {
        let row = "SELECT id, curator FROM decision";
        db.query_row(row, [], |row| Ok((row.get(0)?, row.get(1)?))).expect("one decision")
    };
    let before = said();
    for statement in [
        "UPDATE decision SET curator = 'bob'",
        "DELETE FROM decision",
        "INSERT OR REPLACE INTO decision SELECT * FROM decision",
        "REPLACE INTO decision (id, stage, image, value, curator, time)
         SELECT id, stage, image, 'not-ct', 'bob', time FROM decision",
    ] {
        let refused = db.execute(statement, []).expect_err(statement);
        assert!(refused.to_string().contains("append-only"), "{statement}: {refused}");
        assert_eq!(said(), before, "{statement}");
    }
}
