//! The sample corpus: the same bytes every time, and a truth that MuPDF confirms.

use std::collections::BTreeMap;
use std::path::Path;

use assert_cmd::Command;
use covid_ct::figures::{FigureRecord, ImageRecord};
use covid_ct::pdf::Rect;
use covid_ct::synth::{self, Options, write_corpus};
use covid_ct_core::{DecisionRow, PanelBox, PanelRow, Stage, Value};
use mupdf::{Document, TextPageFlags};

/// Every file below `folder` by its path in it.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = walkdir::WalkDir::new(folder).into_iter().map(|entry| entry.expect("entry"));
    files
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let name = entry.path().strip_prefix(folder).expect("below").display().to_string();
            (name, std::fs::read(entry.path()).expect("file"))
        })
        .collect()
}

fn corpus(papers: u32, seed: u64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("temporary folder");
    write_corpus(folder.path(), Options { papers, seed, varied: false }, || ()).expect("corpus");
    folder
}

/// The letters alone: digits go, since the margin's line numbers stand between the words.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphabetic()).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_at_any_number_of_threads() {
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("pool");
    let one = alone.install(|| corpus(4, 7));
    let many = corpus(4, 7);
    assert_eq!(contents(one.path()), contents(many.path()));
    assert_ne!(contents(one.path()), contents(corpus(4, 8).path()));
}

#[test]
fn a_paper_does_not_depend_on_how_many_there_are() {
    let (few, more) = (contents(corpus(2, 3).path()), contents(corpus(3, 3).path()));
    for (name, bytes) in few.iter().filter(|(name, _)| name.starts_with("pdf/")) {
        assert_eq!(more.get(name), Some(bytes), "{name}");
    }
    let figures = |corpus: &BTreeMap<_, Vec<u8>>| corpus["figures.jsonl"].clone();
    assert!(figures(&more).starts_with(&figures(&few)));
}

/// Boxes and pixel sizes of the pictures of a page, as MuPDF draws them.
fn drawn(page: &mupdf::Page) -> Vec<(mupdf::Rect, u32, u32)> {
    let text = page.to_text_page(TextPageFlags::PRESERVE_IMAGES).expect("text page");
    let blocks = text.blocks().filter_map(|block| {
        let image = block.image()?;
        Some((block.bounds(), image.width(), image.height()))
    });
    blocks.collect()
}

#[test]
fn mupdf_sees_what_the_truth_says() {
    let (mut mentions, mut whole) = (0, 0);
    for index in 0..12 {
        let paper = synth::paper(5, index);
        let document = Document::from_bytes(&paper.pdf, "application/pdf").expect("a PDF");
        assert_eq!(document.page_count().expect("pages") as u32, paper.pages);
        let pages: Vec<_> =
            document.pages().expect("pages").map(|page| page.expect("page")).collect();
        let text = |number: u32| {
            let page = &pages[number as usize - 1];
            let text = page.to_text_page(TextPageFlags::empty()).expect("text page");
            letters(&text.to_text().expect("text"))
        };
        for figure in &paper.truth.figures {
            let page = text(figure.caption_page.expect("captioned"));
            assert!(page.contains(&letters(&figure.caption)), "{}: {}", paper.file, figure.caption);
            for mention in &figure.mentions {
                mentions += 1;
                whole += u32::from(text(mention.page).contains(&letters(&mention.text)));
            }
            agrees_on_images(figure, &pages);
        }
    }
    // A sentence may run from one page to the next; most do not.
    assert!(mentions > 30 && whole * 10 >= mentions * 9, "{whole} of {mentions} mentions");
}

/// The same box, or that of a picture of which a clip shows this much; a quarter turn swaps the sides
/// of the object.
fn agrees_on_images(figure: &FigureRecord, pages: &[mupdf::Page]) {
    for image in &figure.images {
        let on_page = drawn(&pages[image.page as usize - 1]);
        let found = on_page.iter().any(|(bounds, width, height)| {
            let whole = Rect::new(bounds.x0, bounds.y0, bounds.x1, bounds.y1);
            is_size(image, (*width, *height)) && whole.grow(0.1).contains(&image.bbox)
        });
        assert!(found, "{} {:?}: {image:?} not among {on_page:?}", figure.file, figure.label);
    }
}

fn is_size(image: &ImageRecord, (width, height): (u32, u32)) -> bool {
    (width, height) == (image.width, image.height) || (height, width) == (image.width, image.height)
}

#[test]
fn xrefs_name_the_image_objects() {
    for index in 0..12 {
        let paper = synth::paper(6, index);
        let document = mupdf::pdf::PdfDocument::from_bytes(&paper.pdf).expect("a PDF");
        for image in paper.truth.figures.iter().flat_map(|figure| &figure.images) {
            let Some(xref) = image.xref else { continue };
            let object = document.new_indirect(xref as i32, 0).expect("object");
            let size = |key: &str| {
                object.get_dict(key).expect("dict").expect("entry").as_int().expect("number") as u32
            };
            assert!(is_size(image, (size("Width"), size("Height"))), "{}: {image:?}", paper.file);
        }
    }
}

#[test]
fn decisions_read_back_and_their_boxes_fit() {
    let folder = corpus(12, 1);
    let annotations = folder.path().join("annotations");
    let read = |name: &str| csv::Reader::from_path(annotations.join(name)).expect("csv");
    let decisions: Vec<DecisionRow> =
        read("decisions.csv").deserialize().map(|row| row.expect("a decision")).collect();
    let panels: Vec<PanelRow> =
        read("panels.csv").deserialize().map(|row| row.expect("a panel")).collect();
    assert!(decisions.is_sorted() && panels.is_sorted());
    let figures = std::fs::read_to_string(folder.path().join("figures.jsonl")).expect("figures");
    let records: Vec<FigureRecord> =
        figures.lines().map(|line| serde_json::from_str(line).expect("a figure")).collect();
    let mut seen = std::collections::BTreeMap::<Stage, u32>::new();
    for row in &decisions {
        let stage: Stage = row.stage.parse().expect("stage");
        *seen.entry(stage).or_default() += 1;
        let Value::Crop(boxes) = Value::parse(stage, &row.value).expect("value") else { continue };
        let of_row = |record: &&FigureRecord| record.file.starts_with(&row.preprint);
        let image = records
            .iter()
            .filter(of_row)
            .flat_map(|record| &record.images)
            .find(|image| image.xref == row.xref)
            .expect("the picture decided on");
        assert!(boxes.iter().all(|panel| panel.fits(image.width, image.height)));
    }
    assert!(seen.len() == 4 && seen.values().all(|&n| n > 10), "{seen:?}");
    for panel in &panels {
        let bounds: PanelBox = panel.panel.parse().expect("box");
        assert!(bounds.w > 100 && bounds.h > 100, "{bounds}");
    }
}

#[test]
fn the_command_says_what_it_wrote() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let synth = |papers: &str| {
        let mut command = Command::cargo_bin("covid-ct").expect("binary");
        command.arg("synth").arg(folder.path()).args(["--papers", papers]);
        command
    };
    synth("2").assert().success().stdout(predicates::str::starts_with("2 papers, "));
    synth("2").assert().success();
    let fewer = synth("1").assert().code(2);
    let complaint = String::from_utf8_lossy(&fewer.get_output().stderr).into_owned();
    assert!(complaint.contains("is not a paper of this corpus"), "{complaint}");
}

#[test]
fn hostile_documents_are_hostile() {
    let open = |name: &str| {
        let found = synth::hostile::documents().into_iter().find(|hostile| hostile.file == name);
        Document::from_bytes(&found.expect("made").bytes, "application/pdf")
    };
    assert!(open("password.pdf").expect("opens").needs_password().expect("known"));
    assert_eq!(open("no-pages.pdf").expect("opens").page_count().expect("known"), 0);
    assert_eq!(open("huge-image.pdf").expect("opens").page_count().expect("known"), 1);
    assert!(open("not-a-pdf.pdf").and_then(|d| d.page_count()).map_or(0, |n| n) == 0);
}

#[test]
fn slices_are_written_with_what_they_show() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let write = |slices: &str| {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("covid-ct"));
        command.arg("synth").arg(folder.path()).args(["--seed", "4", "--slices", slices]);
        command.assert().success();
        contents(folder.path())
    };
    let few = write("12");
    let names: Vec<&str> = few.keys().map(String::as_str).collect();
    assert_eq!((names.len(), names[0], names[12]), (13, "slices.csv", "slices/000011.png"));
    let table = std::str::from_utf8(&few["slices.csv"]).expect("text");
    let slice = synth::SliceId { seed: 4, index: 3 };
    let shown = image::load_from_memory(&few["slices/000003.png"]).expect("a picture");
    assert_eq!(shown.into_luma8(), slice.draw());
    let told = table.lines().nth(1 + 3).expect("a line a slice");
    for (sign, seen) in synth::Sign::ALL.iter().zip(slice.signs()) {
        assert_eq!(told.contains(sign.as_str()), seen, "{sign} in {told}");
    }
    let more = write("20");
    assert!(few.iter().filter(|(name, _)| name.ends_with("png")).all(|(n, b)| more[n] == *b));
}
