//! Documents past a limit fail and say which; those that have much of something with good reason pass.

use std::fs;
use std::path::PathBuf;

use crate::common::{Project, figure_records, text};
use covid_ct::synth::{self, excess, hostile::Hostile};
use predicates::prelude::*;
use predicates::str::contains;

fn write(project: &Project, documents: Vec<Hostile>) -> PathBuf {
    let folder = project.path("corpus");
    fs::create_dir_all(&folder).expect("folder");
    for Hostile { file, bytes } in documents {
        fs::write(folder.join(file), bytes).expect("written");
    }
    folder
}

#[test]
fn what_is_past_a_limit_fails_and_the_cause_names_it() {
    let project = Project::new();
    let folder = write(&project, excess::documents());
    let output = project
        .command(["ingest", "--max-operations", "1000000", "--max-content", "64"])
        .arg(folder)
        .assert()
        .code(1);
    let complaints = text(&output.get_output().stderr);
    let status = project.command(["status"]).assert().success();
    let status = text(&status.get_output().stdout);
    for (file, cause) in [
        ("bomb.pdf", "page 1: a decompression bomb"),
        (
            "content.pdf",
            "page 1: more than 64 MiB of content: no paper needs as much (raise --max-content)",
        ),
        ("nesting.pdf", "page 1: more than 2047 graphics states within one another"),
        (
            "objects.pdf",
            "has 2000001 objects, no paper as many: the limit is 1000000 (raise --max-objects)",
        ),
        ("operations.pdf", "page 1: more than 1000000 operations"),
        ("operations.pdf", "(raise --max-operations)"),
        ("pages.pdf", "has 10000 pages, no paper as many: the limit is 2000 (raise --max-pages)"),
    ] {
        let told = |lines: &str| lines.lines().any(|l| l.contains(file) && l.contains(cause));
        assert!(told(&complaints), "{file}: {cause} is not in:\n{complaints}");
        assert!(status.contains(file), "{file} is not in:\n{status}");
    }
}

#[test]
fn a_limit_can_be_raised() {
    let project = Project::new();
    let paper = Hostile { file: "paper.pdf", bytes: synth::paper(3, 0).pdf };
    let folder = write(&project, vec![paper]);
    for option in ["--max-pages", "--max-objects", "--max-operations"] {
        project
            .command(["ingest", "--retry-failed", option, "1"])
            .arg(&folder)
            .assert()
            .code(1)
            .stderr(contains(format!("(raise {option})")));
    }
    project.command(["ingest", "--retry-failed"]).arg(&folder).assert().success();
}

#[test]
fn too_large_a_picture_is_left_out_and_its_document_read() {
    let project = Project::new();
    let folder = write(&project, vec![Hostile { file: "strip.pdf", bytes: excess::strip() }]);
    project
        .command(["ingest", "--max-pixels", "1000000"])
        .arg(&folder)
        .assert()
        .success()
        .stderr(contains("image 5: 40400 x 40 pixels").and(contains("--max-pixels")))
        .stdout(contains(" 0 images"));
}

#[test]
fn loops_and_deep_nests_come_to_an_end() {
    let project = Project::new();
    let documents = excess::loops();
    let count = documents.len();
    let folder = write(&project, documents);
    let output = project.command(["ingest", "--timeout", "60"]).arg(folder).assert();
    let complaints = text(&output.get_output().stderr);
    assert!(!complaints.contains("took longer"), "{complaints}");
    assert_eq!(project.store().documents().expect("documents").len(), count, "{complaints}");
    project.command(["doctor"]).assert().success();
}

#[test]
fn a_long_strip_and_a_figure_of_3000_tiles_pass() {
    let project = Project::new();
    let folder = write(
        &project,
        vec![
            Hostile { file: "strip.pdf", bytes: excess::strip() },
            Hostile { file: "tiles.pdf", bytes: excess::tiles() },
        ],
    );
    project.command(["ingest"]).arg(&folder).assert().success().stderr("");
    let images = project.store().images().expect("images");
    let mut sizes: Vec<(u32, u32)> =
        images.iter().map(|image| (image.width, image.height)).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [(1200, 1000), (40_400, 40)]);
    let tiled = figure_records(&project).into_iter().find(|figure| figure.file == "tiles.pdf");
    let tiled = tiled.expect("a figure");
    assert_eq!((tiled.page, tiled.images.len()), (Some(1), 1));
}
