//! `covid-ct show` as a command: what it writes, and what it says where it cannot.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::terminal::Terminal;
use crate::common::{Project, extraction, figure_on, image_on, text};
use covid_ct::document::FoundPage;
use covid_ct::figures::Pairing;
use covid_ct::pdf::{Matrix, Rect};
use covid_ct::store::Source;
use covid_ct::synth;
use covid_ct_core::sha256_hex;
use predicates::prelude::*;
use predicates::str::contains;

/// Two pages of 200 x 100 points; on the first a black square.
const PDF: &[u8] = b"%PDF-1.4
1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj
2 0 obj <</Type/Pages/Kids[3 0 R 5 0 R]/Count 2>> endobj
3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Resources<<>>>> endobj
4 0 obj <</Length 16>> stream
20 20 40 40 re f
endstream endobj
5 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 6 0 R/Resources<<>>>> endobj
6 0 obj <</Length 1>> stream

endstream endobj
trailer <</Root 1 0 R>>
";

/// A workspace that holds one synthetic paper, `paper.pdf`.
fn with_paper() -> (Project, PathBuf) {
    let project = Project::new();
    let pdf = project.path("paper.pdf");
    fs::write(&pdf, synth::paper(3, 0).pdf).expect("written");
    project.command(["ingest"]).arg(&pdf).assert().success();
    (project, pdf)
}

/// A workspace in which `x.pdf` has a picture on page 1 whose caption is on page 2.
fn with_caption(caption: &str) -> Project {
    let project = Project::new();
    let pdf = project.path("x.pdf");
    fs::write(&pdf, PDF).expect("written");
    let mut store = project.store();
    let object = store.objects().put(b"picture", "png").expect("object");
    let mut image = image_on(1, 7, object, (40, 40));
    let bbox = Rect::new(20.0, 40.0, 60.0, 80.0);
    image.placements[0].bbox = bbox;
    image.placements[0].transform =
        Matrix { a: 40.0, d: -40.0, e: 20.0, f: 80.0, ..Matrix::IDENTITY };
    let mut figure = figure_on(1, caption);
    (figure.bbox, figure.pairing, figure.confidence) = (Some(bbox), Pairing::PreviousPage, 0.5);
    (figure.caption_page, figure.caption_bbox) =
        (Some(2), Some(Rect::new(20.0, 10.0, 180.0, 20.0)));
    let page = |number| FoundPage {
        number,
        width: 200.0,
        height: 100.0,
        rotation: 0,
        text: String::new(),
    };
    let mut found = extraction("x", vec![image], vec![figure]);
    found.sha256 = sha256_hex(PDF);
    found.path = pdf.to_string_lossy().into_owned();
    found.pages = vec![page(1), page(2)];
    store.record(&found, Source::Pdf).expect("recorded");
    project
}

fn size(png: &Path) -> (u32, u32) {
    image::image_dimensions(png).expect("a PNG")
}

#[test]
fn a_paper_ingested_by_a_relative_path_is_found_from_any_folder() {
    let project = Project::new();
    fs::write(project.path("paper.pdf"), synth::paper(3, 0).pdf).expect("written");
    let mut ingest = project.command(["ingest", "paper.pdf"]);
    ingest.current_dir(project.path("")).assert().success();
    fs::create_dir(project.path("elsewhere")).expect("folder");
    let mut show = project.command(["show", "paper"]);
    show.current_dir(project.path("elsewhere")).assert().code(0);
}

#[test]
fn one_html_file_holds_it_all() {
    let (project, _) = with_paper();
    let written = project.path("data/show/paper.html");
    project.command(["show", "paper"]).assert().code(0).stdout(format!("{}\n", written.display()));
    let html = fs::read_to_string(&written).expect("written");
    for part in ["Figure 1", "<svg", "data:image/", "caption to figure", "id=\"p1\""] {
        assert!(html.contains(part), "{part} is missing");
    }
    for part in ["<script", "src=\"http", "href=\"http", "url("] {
        assert!(!html.contains(part), "{part} loads something");
    }
    let again = project.path("again.html");
    project.command(["show", "paper.pdf", "--out"]).arg(&again).assert().code(0);
    assert_eq!(fs::read_to_string(&again).expect("written"), html, "the same again");
    // Within SVG a shape left open hides all that follows it.
    for shape in ["rect", "line", "polygon"] {
        let count = |part: String| html.matches(&part).count();
        let opened = count(format!("<{shape} "));
        assert!(opened > 0 && opened == count(format!("</{shape}>")), "{shape}");
    }
}

#[test]
fn png_gives_a_file_a_page_with_a_legend_below() {
    let (project, _) = with_paper();
    let out = project.path("pages/out.png");
    let output = project.command(["show", "paper", "--out"]).arg(&out).assert().code(0);
    let listed = text(&output.get_output().stdout);
    assert!(listed.lines().count() >= 1);
    for line in listed.lines() {
        assert!(line.contains("out-p"), "{line}");
        let (width, height) = size(Path::new(line));
        assert!(width >= 1000 && height > width, "{line}: {width} x {height}");
    }
    let one = project.path("one.png");
    project.command(["show", "paper", "--page", "1", "--out"]).arg(&one).assert().code(0);
    assert!(size(&one).1 >= 1500);
    project
        .command(["show", "paper", "--png", "--page", "1"])
        .assert()
        .code(0)
        .stdout(contains("paper.png"));
}

#[test]
fn an_arrow_leads_to_the_page_of_the_figure() {
    let project = with_caption("Figure 1. A square.");
    project.command(["show", "x.pdf"]).assert().code(0);
    let html = fs::read_to_string(project.path("data/show/x.html")).expect("written");
    for part in ["Figure 1 on p. 1", "caption on p. 2", "paired previous_page with confidence 0.50"]
    {
        assert!(html.contains(part), "{part} is missing");
    }
    let png = project.path("x.png");
    project.command(["show", "x", "--page", "1", "--out"]).arg(&png).assert().code(0);
    let drawn = image::open(&png).expect("PNG").into_rgb8();
    let scale = drawn.width() as f32 / 200.0;
    let at = |x: f32, y: f32| drawn.get_pixel((x * scale) as u32, (y * scale) as u32).0;
    assert!(
        at(40.0, 62.0).iter().all(|value| *value < 60),
        "the page is below: {:?}",
        at(40.0, 62.0)
    );
    assert_ne!(at(20.0, 60.0), [255; 3], "the figure's left edge is drawn");
    assert_eq!(at(150.0, 30.0), [255; 3], "and nothing where nothing is");
}

#[test]
fn a_caption_cannot_bring_markup() {
    let project = with_caption("Figure 1. <script>alert(1)</script> & \"more\"");
    project.command(["show", "x"]).assert().code(0);
    let html = fs::read_to_string(project.path("data/show/x.html")).expect("written");
    assert!(!html.contains("<script"), "escaped");
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp;"));
}

#[test]
fn a_moved_pdf_can_be_named_and_a_changed_one_cannot_be_shown() {
    let (project, pdf) = with_paper();
    let moved = project.path("elsewhere.pdf");
    fs::rename(&pdf, &moved).expect("moved");
    project
        .command(["show", "paper"])
        .assert()
        .code(2)
        .stderr(contains("paper.pdf").and(contains("--pdf PATH")));
    project.command(["show", "paper", "--pdf"]).arg(&moved).assert().code(0);
    // Ingest finds it at its new place, and needs not read it again.
    project
        .command(["ingest"])
        .arg(&moved)
        .assert()
        .code(0)
        .stdout(contains("0 documents read (1 already known"));
    project.command(["show", "elsewhere"]).assert().code(0);
    fs::write(&moved, synth::paper(3, 1).pdf).expect("changed");
    project
        .command(["show", "elsewhere"])
        .assert()
        .code(2)
        .stderr(contains("elsewhere.pdf").and(contains("changed since it was ingested")));
}

#[test]
fn what_does_not_exist_is_named() {
    let (project, _) = with_paper();
    project.command(["show", "nobody"]).assert().code(2).stderr(contains("no document 'nobody'"));
    project
        .command(["show", "paper", "--page", "999"])
        .assert()
        .code(2)
        .stderr(contains("no page 999: paper.pdf has pages 1 to "));
    project.command(["show", "paper", "--page", "0"]).assert().code(2);
    project.command(["show", "paper", "--png", "--html"]).assert().code(2);
    Project::new().command(["show", "x"]).assert().code(2).stderr(contains("covid-ct ingest"));
}

#[test]
fn documents_of_one_name_are_told_apart() {
    let (project, pdf) = with_paper();
    let other = project.path("other/paper.pdf");
    fs::create_dir_all(other.parent().expect("folder")).expect("folder");
    fs::write(&other, synth::paper(3, 1).pdf).expect("written");
    project.command(["ingest"]).arg(&other).assert().success();
    let sha256 = sha256_hex(&fs::read(&pdf).expect("read"));
    project
        .command(["show", "paper.pdf"])
        .assert()
        .code(2)
        .stderr(contains("names 2 documents").and(contains(&sha256[..12])));
    project
        .command(["show", &sha256[..12]])
        .assert()
        .code(0)
        .stdout(contains(format!("paper-{}.html", &sha256[..8])));
}

#[test]
fn the_index_leads_to_all_documents_and_what_needs_a_look_comes_first() {
    let project = Project::new();
    for (name, index) in [("sure", 0), ("also sure", 1)] {
        fs::write(project.path(&format!("{name}.pdf")), synth::paper(3, index).pdf).expect("PDF");
    }
    fs::write(project.path("bad.pdf"), "no PDF").expect("file");
    let papers = project.path("").to_str().expect("path").to_owned();
    project.command(["ingest", &papers]).assert().code(1);
    let index = project.path("data/show/index.html");
    project.command(["show"]).assert().success().stdout(format!("{}\n", index.display()));
    let page = fs::read_to_string(&index).expect("index");
    let place = |what: &str| page.find(what).unwrap_or_else(|| panic!("no {what} in {page}"));
    assert!(place("bad.pdf") < place("sure.pdf"));
    assert!(place("could not be read") < place("sure.pdf"));
    assert!(!page.contains("sure.html"), "its page is not there yet");
    let pictures: Vec<&str> =
        page.split("src=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(!pictures.is_empty());
    for picture in pictures {
        assert!(project.path("data/show").join(picture).is_file(), "{picture}");
    }

    let one = |jobs| {
        project.command(["show", "--all", "--jobs", jobs]).assert().success();
        let read = |name: &str| fs::read(project.path("data/show").join(name)).expect(name);
        ["index.html", "sure.html", "also sure.html"].map(read)
    };
    let alone = one("1");
    assert!(String::from_utf8_lossy(&alone[0]).contains("href=\"also%20sure.html\""));
    assert!(alone == one("2"), "the same at any number of jobs");
}

#[test]
fn an_index_elsewhere_finds_its_pictures() {
    let (project, _) = with_paper();
    let folder = project.path("some where");
    let out = folder.join("papers.html");
    project.command(["show", "--out", out.to_str().expect("path")]).assert().success();
    let page = fs::read_to_string(&out).expect("index");
    let picture = page.split("src=\"").nth(1).and_then(|rest| rest.split('"').next());
    let picture = picture.expect("a picture");
    assert!(picture.starts_with("../data/objects/"), "{picture}");
    assert!(folder.join(picture).is_file());
}

#[test]
fn a_page_is_drawn_into_a_terminal_and_into_nothing_else() {
    let (project, _) = with_paper();
    let shown = ["show", "paper.pdf", "--terminal"];
    project.command(shown).assert().code(2).stderr(contains("--png"));
    if !Terminal::is_there() {
        return;
    }
    let terminal = Terminal::run(&project, &shown);
    terminal.wait_for("ended with 0");
    assert!(terminal.screen().contains('▀'), "{}", terminal.screen());
}
