//! What the cross-check finds, as every command tells it.

use std::fs;

use crate::common::{Project, text};
use covid_ct::synth;
use predicates::prelude::*;
use predicates::str::contains;

/// Two pages: a picture with its caption and, above it, a sentence on a figure that is not there; and a blank one.
fn pdf() -> Vec<u8> {
    let lines = [
        (60, "Figure 1. Axial CT of the chest on the day of admission."),
        (
            206,
            "The course of the second patient is shown in Figure 2, that of the first in Figure 1.",
        ),
    ];
    let text = lines.map(|(y, line)| format!("BT /F 9 Tf 20 {y} Td ({line}) Tj ET\n")).concat();
    let content = format!("q 200 0 0 120 20 80 cm /I Do Q\n{text}");
    let pixels: Vec<u8> = (0..200 * 120_usize).map(|at| (at % 251) as u8).collect();
    let mut pdf = b"%PDF-1.4
1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj
2 0 obj <</Type/Pages/Kids[3 0 R 7 0 R]/Count 2>> endobj
3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 420 220]/Contents 4 0 R/Resources<</Font<</F 6 0 R>>/XObject<</I 5 0 R>>>>>> endobj
6 0 obj <</Type/Font/Subtype/Type1/BaseFont/Helvetica>> endobj
7 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 420 220]/Resources<<>>>> endobj
"
    .to_vec();
    pdf.extend(
        format!("4 0 obj <</Length {}>> stream\n{content}\nendstream endobj\n", content.len())
            .bytes(),
    );
    let head =
        "/Type/XObject/Subtype/Image/Width 200/Height 120/BitsPerComponent 8/ColorSpace/DeviceGray";
    pdf.extend(format!("5 0 obj <<{head}/Length {}>> stream\n", pixels.len()).bytes());
    pdf.extend(pixels);
    pdf.extend(b"\nendstream endobj\ntrailer <</Root 1 0 R>>\n");
    pdf
}

fn with_suspect() -> Project {
    let project = Project::new();
    fs::write(project.path("doubtful.pdf"), pdf()).expect("written");
    fs::write(project.path("sure.pdf"), synth::paper(3, 0).pdf).expect("written");
    project
        .command(["-v", "ingest"])
        .args([project.path("doubtful.pdf"), project.path("sure.pdf")])
        .assert()
        .success()
        .stdout(contains(
            "\n1 of them to look at (1 figure_not_found): `covid-ct status --suspects`",
        ))
        .stderr(contains("doubtful.pdf: page 1: figure cited, but not found: Figure 2 is cited"));
    project
}

fn objects(output: &[u8]) -> Vec<serde_json::Value> {
    text(output).lines().map(|line| serde_json::from_str(line).expect("an object")).collect()
}

#[test]
fn status_tells_how_many_and_where() {
    let project = with_suspect();
    project
        .command(["status"])
        .assert()
        .success()
        .stdout(contains("suspects           1  in 1 papers to look at"))
        .stdout(contains("1 figure cited, but not found"));
    let json = objects(&project.command(["status", "--json"]).output().expect("run").stdout);
    assert_eq!(
        (&json[0]["suspected"], &json[0]["suspects"]["figure_not_found"]),
        (&1.into(), &1.into())
    );
    project
        .command(["status", "--suspects"])
        .assert()
        .success()
        .stdout(contains("doubtful.pdf\n  grave    page 1: figure cited, but not found: Figure 2"))
        .stdout(contains("sure.pdf").not())
        .stdout(contains("1 papers to look at; 0 more have notes only"));
    let queue = project.command(["status", "--suspects", "--json"]).output().expect("run");
    let queue = objects(&queue.stdout);
    assert_eq!(queue.len(), 1);
    assert_eq!(queue[0]["gravity"], "grave");
    assert_eq!(queue[0]["suspects"][0]["label"], "Figure 2");
}

#[test]
fn the_exchange_format_has_a_record_of_them_behind_the_figures() {
    let project = with_suspect();
    let output = project.command(["figures", "--json", "doubtful"]).output().expect("run");
    let records = objects(&output.stdout);
    assert_eq!(records.len(), 2, "a figure, and the suspects");
    assert_eq!(records[0]["label"], "Figure 1");
    let last = &records[1];
    assert_eq!(last["file"], "doubtful.pdf");
    assert!(
        last["label"].is_null() && last["images"].as_array().is_some_and(Vec::is_empty),
        "{last}"
    );
    let told = &last["suspects"][0];
    assert_eq!((&told["kind"], &told["page"]), (&"figure_not_found".into(), &1.into()));
    assert_eq!((&told["gravity"], &told["label"]), (&"grave".into(), &"Figure 2".into()));
    let sure = project.command(["figures", "--json", "sure"]).output().expect("run");
    assert!(objects(&sure.stdout).iter().all(|record| record.get("suspects").is_none()));
}

#[test]
fn show_tells_them_at_the_top_and_on_the_page_and_leads_to_them_first() {
    let project = with_suspect();
    project.command(["show", "--all"]).assert().success();
    let page = fs::read_to_string(project.path("data/show/doubtful.html")).expect("page");
    assert!(page.contains("Suspects (1)"));
    assert!(page.contains("Figure 2: figure cited, but not found</text>"), "on the page");
    let index = fs::read_to_string(project.path("data/show/index.html")).expect("index");
    assert!(index.find("doubtful.html") < index.find("sure.html"), "suspects first");
    assert!(index.contains("1 of them with suspects"));
}

#[test]
fn synthetic_papers_are_no_suspects() {
    let project = Project::new();
    fs::create_dir(project.path("corpus")).expect("folder");
    for number in 0..12 {
        let path = project.path(&format!("corpus/{number}.pdf"));
        fs::write(path, synth::paper(11, number).pdf).expect("written");
    }
    project.command(["ingest"]).arg(project.path("corpus")).assert().success();
    let queue = project.command(["status", "--suspects", "--json"]).output().expect("run");
    assert_eq!(text(&queue.stdout), "");
}
