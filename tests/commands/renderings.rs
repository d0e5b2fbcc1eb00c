//! Renderings of figures: made once, by `ingest --render` or when a curator is first shown one.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{Project, extraction, figure_on, figure_records, image_on, text};
use covid_ct::document::FoundFigure;
use covid_ct::figures::{Composition, ImageOrigin};
use covid_ct::pdf::Rect;
use covid_ct::store::Source;
use covid_ct_core::sha256_hex;
use predicates::prelude::*;
use predicates::str::contains;

/// A page of 200 x 200 points with a grey square.
const PDF: &[u8] = b"%PDF-1.4
1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj
2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj
3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<<>>>> endobj
4 0 obj <</Length 23>> stream
.5 g 20 20 100 100 re f
endstream endobj
trailer <</Root 1 0 R>>
";

fn pictured(label: &str, composition: Composition, images: Vec<(usize, usize)>) -> FoundFigure {
    FoundFigure {
        label: Some(label.into()),
        composition: Some(composition),
        bbox: Some(Rect::new(10.0, 70.0, 130.0, 190.0)),
        images,
        ..figure_on(1, "Figure. Chest CT of a man with COVID-19.")
    }
}

/// `x.pdf` with a raster, a vector and a mixed figure; the first and the last have a picture.
fn workspace() -> (Project, PathBuf) {
    let project = Project::new();
    let pdf = project.path("x.pdf");
    fs::write(&pdf, PDF).expect("written");
    let mut store = project.store();
    let object = |bytes: &[u8]| store.objects().put(bytes, "png").expect("object");
    let images = vec![
        image_on(1, 7, object(b"one"), (200, 160)),
        image_on(1, 8, object(b"two"), (200, 150)),
    ];
    let figures = vec![
        pictured("Figure 1", Composition::Raster, vec![(0, 0)]),
        pictured("Figure 2", Composition::Vector, Vec::new()),
        pictured("Figure 3", Composition::Mixed, vec![(1, 0)]),
    ];
    let mut found = extraction("x", images, figures);
    found.sha256 = sha256_hex(PDF);
    found.path = pdf.to_string_lossy().into_owned();
    store.record(&found, Source::Pdf).expect("recorded");
    (project, pdf)
}

fn renderings(project: &Project) -> Vec<(String, PathBuf)> {
    let rendered = figure_records(project).into_iter().flat_map(|figure| {
        let label = figure.label.clone().unwrap_or_default();
        figure
            .images
            .into_iter()
            .filter(|image| image.origin == ImageOrigin::Rendered)
            .map(move |image| (label.clone(), image.object))
    });
    let objects = project.path("data/objects");
    rendered.map(|(label, object)| (label, objects.join(object))).collect()
}

fn label(project: &Project, script: &str) -> assert_cmd::assert::Assert {
    let mut command = project.command(["label", "select", "--curator", "ann"]);
    command.write_stdin(script.to_owned()).assert()
}

#[test]
fn ingest_renders_what_pictures_do_not_show_and_once() {
    let (project, pdf) = workspace();
    let render = || {
        let mut command = project.command(["ingest", "--render"]);
        command.arg(&pdf).assert().code(0)
    };
    render().stdout(contains("2 figures rendered (0 could not be)"));
    let made = renderings(&project);
    let labels: Vec<&str> = made.iter().map(|(label, _)| label.as_str()).collect();
    assert_eq!(labels, ["Figure 2", "Figure 3"]);
    let picture = image::open(&made[0].1).expect("PNG").into_luma8();
    assert_eq!((picture.width(), picture.height()), (500, 500), "120 points at 300 dpi");
    assert!((126..=129).contains(&picture.get_pixel(250, 250).0[0]), "the grey square");
    render().stdout(contains("0 figures rendered"));
    assert_eq!(renderings(&project), made);
    project
        .command(["status"])
        .assert()
        .stdout(contains("renderings").and(contains("images             2")));
    project.command(["figures"]).assert().stdout(contains("[vector, 500x500 rendered]"));
}

#[test]
fn renderings_have_the_same_numbers_however_many_are_drawn_at_once() {
    let project = Project::new();
    let mut store = project.store();
    // The first document takes longest.
    for (name, figures) in [("a", 60), ("b", 1), ("c", 2), ("d", 1)] {
        let pdf = project.path(&format!("{name}.pdf"));
        fs::write(&pdf, [PDF, name.as_bytes()].concat()).expect("written");
        let figures = 1..=figures;
        let figures = figures
            .map(|number| pictured(&format!("Figure {number}"), Composition::Vector, Vec::new()));
        let mut found = extraction(name, Vec::new(), figures.collect());
        found.sha256 = sha256_hex(&fs::read(&pdf).expect("read"));
        found.path = pdf.to_string_lossy().into_owned();
        store.record(&found, Source::Pdf).expect("recorded");
    }
    let mut render = project.command(["ingest", "--render", "--jobs", "4"]);
    let pdfs = ["a", "b", "c", "d"].map(|name| project.path(&format!("{name}.pdf")));
    render.args(pdfs).assert().code(0).stdout(contains("64 figures rendered"));
    let mut images = store.images().expect("images");
    images.sort_by_key(|image| image.id);
    let of: Vec<&str> = images.iter().map(|image| image.preprint_name.as_str()).collect();
    assert!(of.is_sorted() && of.len() == 64, "{of:?}");
}

#[test]
fn a_rendering_is_asked_about_where_the_figure_has_no_picture() {
    let (project, pdf) = workspace();
    label(&project, "q\n")
        .stdout(contains("select: 2 left").and(contains("1 figures are drawn without pictures")));
    project.command(["ingest", "--render"]).arg(&pdf).assert().code(0);
    // The two pictures and the rendering of the vector figure; not that of the mixed one.
    label(&project, "c\nc\nc\n").stdout(contains("select: 3 left").and(contains("3 of 3")));
}

#[test]
fn a_curator_sees_a_mixed_figure_as_printed() {
    let (project, _) = workspace();
    let output = label(&project, "s\ns\nq\n").code(0);
    let shown = text(&output.get_output().stdout);
    let lines: Vec<&str> = shown.lines().filter(|line| line.contains("as printed")).collect();
    assert_eq!(lines.len(), 1, "for the mixed figure alone: {shown}");
    let made = renderings(&project);
    assert_eq!(made.len(), 1);
    assert_eq!(made[0].0, "Figure 3");
    assert!(lines[0].contains(&made[0].1.display().to_string()), "{}", lines[0]);
}

#[test]
fn labelling_goes_on_without_the_pdf() {
    let (project, pdf) = workspace();
    fs::remove_file(&pdf).expect("removed");
    label(&project, "c\nc\n")
        .code(0)
        .stdout(contains("cannot be drawn").and(contains("not there any more")))
        .stderr(contains("2 decided"));
}

#[test]
fn a_rendering_whose_file_is_gone_is_made_again_for_the_export() {
    let (project, pdf) = workspace();
    project.command(["ingest", "--render"]).arg(&pdf).assert().code(0);
    // Figure 2 has no picture, so its rendering is asked about: first, for it has no xref.
    project
        .command(["label", "--curator", "ann"])
        .write_stdin(["c\nn\nn\nc\n", &"\n".repeat(9)].concat())
        .assert()
        .code(0);
    project.command(["split", "--by", "paper"]).assert().code(0);
    let (_, object) = renderings(&project).remove(0);
    let bytes = fs::read(&object).expect("rendering");
    fs::remove_file(&object).expect("removed");
    project.command(["export"]).assert().code(0);
    assert_eq!(fs::read(&object).expect("made again"), bytes);
    let lists = crate::common::files(&project.path("data/export/default"));
    let names: Vec<String> = lists.iter().map(|(path, _)| path.display().to_string()).collect();
    assert!(names.iter().any(|name| name.contains("/x-p0-r2")), "{names:?}");
}

#[test]
fn a_figure_that_cannot_be_rendered_is_named() {
    let (project, pdf) = workspace();
    let mut store = project.store();
    let bent = project.path("bent.pdf");
    let bytes = [PDF, b"\n"].concat();
    fs::write(&bent, &bytes).expect("written");
    let mut figure = pictured("Figure 1", Composition::Vector, Vec::new());
    figure.page = Some(9);
    let mut found = extraction("bent", Vec::new(), vec![figure]);
    found.sha256 = sha256_hex(&bytes);
    found.path = bent.to_string_lossy().into_owned();
    store.record(&found, Source::Pdf).expect("recorded");
    project
        .command(["ingest", "--render"])
        .args([&pdf, &bent])
        .assert()
        .code(1)
        .stdout(contains("2 figures rendered (1 could not be)"))
        .stderr(contains("bent.pdf: page 9").and(contains("has 1 pages")));
    assert!(Path::new(&renderings(&project)[0].1).is_file());
}
