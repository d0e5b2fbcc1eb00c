//! Databases and documents of an older covid-ct: they open, and reading again loses no decision.

use std::fs;
use std::io::Read as _;

use crate::common::{Project, files, text};
use covid_ct::extract::EXTRACTOR;
use covid_ct::store::Subject;
use covid_ct::synth;
use covid_ct_core::{Stage, sha256_hex};
use predicates::prelude::*;
use predicates::str::contains;
use rusqlite::{Connection, params};

const FIRST_SCHEMA: &str = include_str!("../../migrations/0001_initial.sql");

/// `(xref, page, sha256, extension, width, height)` of a picture that today's extractor finds.
type Known = (u32, u32, String, String, u32, u32);

/// A workspace as the first covid-ct left it: one paper, read by extractor 1, with a picture that is
/// found again (id 41) and one that is not (id 42), both decided on.
fn old_workspace() -> (Project, std::path::PathBuf) {
    let project = Project::new();
    let pdf = project.path("paper.pdf");
    fs::write(&pdf, synth::paper(3, 0).pdf).expect("written");
    let (xref, page, sha256, extension, width, height) = known_picture(&pdf);
    fs::create_dir_all(project.path("data")).expect("folder");
    let db = Connection::open(project.path("data/covid-ct.sqlite")).expect("database");
    db.execute_batch(FIRST_SCHEMA).expect("schema");
    db.pragma_update(None, "user_version", 1).expect("version");
    db.execute_batch(
        "INSERT INTO preprint (id, name) VALUES (7, 'paper');
         INSERT INTO patient_case (preprint, name, curator, time)
             VALUES (7, 'Patient 1', 'ann', '2020-04-01T00:00:00Z');",
    )
    .expect("paper");
    let document = sha256_hex(&fs::read(&pdf).expect("read"));
    db.execute(
        "INSERT INTO document (id, sha256, path, source, pages, status, extractor, preprint)
         VALUES (3, ?1, ?2, 'pdf', 1, 'done', 1, 7)",
        params![document, pdf.to_str()],
    )
    .expect("document");
    db.execute_batch(
        "INSERT INTO page (document, number, width, height, rotation) VALUES (3, 1, 612, 792, 0);
         INSERT INTO page_text (rowid, text) VALUES (last_insert_rowid(), 'old text');
         INSERT INTO figure (id, document, ordinal, label, kind, caption, pairing, confidence)
             VALUES (5, 3, 0, 'Figure 9', 'figure', 'Figure 9. Gone.', 'none', 0);",
    )
    .expect("figure");
    let image = "INSERT INTO image (id, document, xref, page, sha256, extension, width, height,
             colour_space, filter, origin)
         VALUES (?1, 3, ?2, ?3, ?4, ?5, ?6, ?7, 'DeviceGray', '', 'decoded')";
    db.execute(image, params![41, xref, page, sha256, extension, width, height]).expect("image");
    db.execute(image, params![42, 99_999, 1, "f".repeat(64), "png", 10, 10]).expect("image");
    db.execute(image, params![43, 99_998, 1, "e".repeat(64), "png", 10, 10]).expect("image");
    for image in [41, 42] {
        db.execute_batch(&format!(
            "INSERT INTO panel (image, x, y, w, h, proposed_by) VALUES ({image}, 0, 0, 9, 9, 'ann');
             INSERT INTO placement (image, page, a, b, c, d, e, f, x0, y0, x1, y1)
                 VALUES ({image}, 1, 1, 0, 0, 1, 0, 0, 0, 0, 1, 1);
             INSERT INTO decision (stage, image, value, curator, time)
                 VALUES ('select', {image}, 'ct', 'ann', '2020-04-01T00:00:00Z');"
        ))
        .expect("decision");
    }
    (project, pdf)
}

/// Some picture of the paper, found by today's extractor in a workspace of its own.
fn known_picture(pdf: &std::path::Path) -> Known {
    let project = Project::new();
    project.command(["ingest"]).arg(pdf).assert().success();
    let images = project.store().images().expect("images");
    let image = images.iter().find(|image| image.xref.is_some()).expect("a picture");
    (
        image.xref.expect("xref"),
        image.page,
        image.object.sha256.clone(),
        image.object.extension.clone(),
        image.width,
        image.height,
    )
}

#[test]
fn an_old_database_opens_and_its_documents_are_read_again_without_losing_a_decision() {
    let (project, _) = old_workspace();
    project
        .command(["status"])
        .assert()
        .code(0)
        .stdout(contains("1 read by an older extractor: `covid-ct ingest --refresh`"));
    project
        .command(["ingest", "--refresh"])
        .assert()
        .code(0)
        .stdout(contains("1 documents read (1 of them again, 0 already known"))
        .stderr(contains("1 pictures with decisions on them were not found again"));

    let store = project.store();
    let documents = store.documents().expect("documents");
    assert_eq!(documents.len(), 1);
    assert_eq!((documents[0].id, documents[0].extractor), (3, EXTRACTOR));
    let decisions = store.decisions_in_force(Stage::Select).expect("decisions");
    let subjects: Vec<Subject> = decisions.iter().map(|decision| decision.subject).collect();
    assert_eq!(subjects, [Subject::image(41), Subject::image(42)]);
    let images = store.images().expect("images");
    assert!(images.iter().any(|image| image.id == 41) && images.iter().any(|image| image.id == 42));
    assert!(!images.iter().any(|image| image.id == 43), "nobody had decided on it");
    let drawn: Vec<i64> =
        store.placements(3).expect("placements").iter().map(|placement| placement.image).collect();
    assert!(drawn.contains(&41) && !drawn.contains(&42), "{drawn:?}");
    assert_eq!(store.case_history().expect("cases").len(), 1, "patients stay with their paper");
    let figures = store.figures(&documents[0]).expect("figures");
    assert!(figures.iter().all(|(_, figure)| figure.label.as_deref() != Some("Figure 9")));
    assert!(store.page_text(3, 1).expect("text").is_some_and(|text| text != "old text"));

    let told = project.command(["status"]).assert().code(0);
    let told = text(&told.get_output().stdout);
    assert!(!told.contains("older extractor"), "{told}");
    assert!(told.contains("1 decided on, but no longer found"), "{told}");
}

#[test]
fn reading_again_finds_what_a_first_reading_finds() {
    let (project, pdf) = old_workspace();
    project.command(["ingest", "--refresh"]).arg(&pdf).assert().code(0);
    let fresh = Project::new();
    fresh.command(["ingest"]).arg(&pdf).assert().code(0);
    let figures = |project: &Project| {
        text(&project.command(["figures", "--json"]).assert().success().get_output().stdout)
    };
    assert_eq!(figures(&project), figures(&fresh));
    let paper = |project: &Project| {
        let store = project.store();
        let document = store.documents().expect("documents").remove(0);
        store.paper(document.preprint.expect("paper")).expect("paper")
    };
    assert_eq!(paper(&project), paper(&fresh));
    project
        .command(["ingest", "--refresh"])
        .assert()
        .code(0)
        .stdout(contains("0 documents read (0 already known, 0 failed)"));
}

#[test]
fn a_document_that_cannot_be_read_again_stays_as_it_was() {
    let (project, pdf) = old_workspace();
    fs::remove_file(&pdf).expect("removed");
    project
        .command(["ingest", "--refresh"])
        .assert()
        .code(1)
        .stderr(contains("paper.pdf").and(contains("cannot be read")));
    let store = project.store();
    assert_eq!(store.documents().expect("documents")[0].extractor, 1);
    assert_eq!(store.decisions_in_force(Stage::Select).expect("decisions").len(), 2);
    let documents = store.documents().expect("documents");
    assert_eq!(store.figures(&documents[0]).expect("figures").len(), 1);
    project.command(["ingest"]).assert().code(2).stderr(contains("PATH"));
}

/// Three papers of the synthetic corpus (seed 4), read and labelled by the extraction, the schema and the import of commit
/// 533b6f0, none of which had changed when this was written; document paths made relative to the workspace.
const LABELLED: &[u8] = include_bytes!("data/labelled-533b6f0.sqlite.gz");

#[test]
fn a_labelled_database_keeps_every_decision_when_it_is_read_again() {
    let project = Project::new();
    fs::create_dir_all(project.path("data")).expect("folder");
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(LABELLED).read_to_end(&mut bytes).expect("unpacked");
    fs::write(project.path("data/covid-ct.sqlite"), bytes).expect("database");
    let papers = project.path("papers");
    fs::create_dir_all(&papers).expect("folder");
    for index in 0..3 {
        let paper = synth::paper(4, index);
        fs::write(papers.join(&paper.file), paper.pdf).expect("written");
    }
    let annotations = |name: &str| {
        let folder = project.path(name);
        project.command(["annotations", "export"]).arg(&folder).assert().success();
        // What pictures look like is told of those whose bytes are there: before, none is.
        let mut files = files(&folder);
        files.retain(|(name, _)| !name.ends_with("pictures.csv"));
        files
    };
    let ids = || {
        let store = project.store();
        let stages =
            Stage::all().iter().map(|stage| store.decisions_in_force(*stage).expect("decisions"));
        stages.flatten().map(|decision| (decision.id, decision.subject)).collect::<Vec<_>>()
    };
    let (before, decided) = (annotations("before"), ids());
    assert_eq!(decided.len(), 41);
    project
        .command(["ingest", "--refresh"])
        .arg(&papers)
        .assert()
        .code(0)
        .stdout(contains("3 of them again"))
        .stderr(contains("not found again").not());
    assert_eq!(ids(), decided, "the same decisions on the same pictures");
    assert!(annotations("after") == before, "and they are told in the same words");
}
