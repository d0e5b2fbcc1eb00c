//! Where figures and tables are found to stand, from PDFs set by hand: pages of words, lines and grey pictures.

use std::fmt::Write as _;
use std::fs;

use crate::common::{Project, figure_records};
use covid_ct::figures::{FigureKind, FigureRecord, RegionRole};

/// What a page shows; points, origin bottom left as PDF has it.
#[derive(Default)]
struct Sheet {
    content: String,
    pictures: Vec<u8>,
}

impl Sheet {
    fn words(mut self, x: f32, y: f32, words: &str) -> Self {
        let words = words.replace('(', "\\(").replace(')', "\\)");
        writeln!(self.content, "BT /F 10 Tf {x} {y} Td ({words}) Tj ET").expect("written");
        self
    }

    fn rule(mut self, x0: f32, x1: f32, y: f32) -> Self {
        writeln!(self.content, "0.5 w {x0} {y} m {x1} {y} l S").expect("written");
        self
    }

    /// A picture of one grey, named by its place on the page.
    fn picture(mut self, x: f32, y: f32, width: f32, height: f32) -> Self {
        let name = self.pictures.len();
        writeln!(self.content, "q {width} 0 0 {height} {x} {y} cm /I{name} Do Q").expect("written");
        self.pictures.push(60 + 10 * name as u8);
        self
    }

    fn prose(mut self, top: f32, lines: usize) -> Self {
        for line in 0..lines {
            let said =
                "the scans were read by two of us who did not know of the other findings at all";
            self = self.words(72.0, top - 14.0 * line as f32, said);
        }
        self
    }

    /// A table of three columns between three rules, or without the first two where it goes on.
    fn table(mut self, top: f32, rows: usize, goes_on: bool) -> Self {
        if !goes_on {
            self = self.rule(72.0, 500.0, top + 12.0).rule(72.0, 500.0, top - 4.0);
        }
        for row in 0..rows {
            let y = top - 16.0 * row as f32;
            for (x, word) in [(76.0, "Fever"), (250.0, "12.4"), (400.0, "0.07")] {
                self = self.words(x, y, word);
            }
        }
        self.rule(72.0, 500.0, top - 16.0 * rows as f32 + 10.0)
    }
}

/// The document; object 1 is its catalog, 2 the tree of pages, 3 the font.
fn pdf(sheets: Vec<Sheet>) -> Vec<u8> {
    let mut objects: Vec<Vec<u8>> = vec![Vec::new(); 3];
    let mut kids = String::new();
    for sheet in sheets {
        let mut named = String::new();
        for (name, grey) in sheet.pictures.iter().enumerate() {
            let pixels: Vec<u8> = (0..120 * 120).map(|n| grey + (n % 7) as u8).collect();
            let head = format!(
                "<</Type/XObject/Subtype/Image/Width 120/Height 120/BitsPerComponent 8
                /ColorSpace/DeviceGray/Length {}>>\nstream\n",
                pixels.len()
            );
            objects.push([head.as_bytes(), &pixels, b"\nendstream"].concat());
            write!(named, "/I{name} {} 0 R", objects.len()).expect("written");
        }
        let content = sheet.content;
        let stream = format!("<</Length {}>>\nstream\n{content}\nendstream", content.len());
        objects.push(stream.into_bytes());
        let page = format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents {} 0 R
            /Resources<</Font<</F 3 0 R>>/XObject<<{named}>>>>>>",
            objects.len()
        );
        objects.push(page.into_bytes());
        write!(kids, "{} 0 R ", objects.len()).expect("written");
    }
    let count = kids.matches('R').count();
    objects[0] = b"<</Type/Catalog/Pages 2 0 R>>".to_vec();
    objects[1] = format!("<</Type/Pages/Kids[{kids}]/Count {count}>>").into_bytes();
    objects[2] = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_vec();
    let mut pdf = b"%PDF-1.4\n".to_vec();
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(pdf.len());
        pdf.extend(format!("{} 0 obj\n", index + 1).bytes());
        pdf.extend(object);
        pdf.extend(b"\nendobj\n");
    }
    let (xref, size) = (pdf.len(), offsets.len() + 1);
    pdf.extend(format!("xref\n0 {size}\n0000000000 65535 f \n").bytes());
    for offset in offsets {
        pdf.extend(format!("{offset:010} 00000 n \n").bytes());
    }
    pdf.extend(format!("trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{xref}\n%%EOF\n").bytes());
    pdf
}

fn found(sheets: Vec<Sheet>) -> Vec<FigureRecord> {
    let project = Project::new();
    fs::write(project.path("paper.pdf"), pdf(sheets)).expect("written");
    let file = project.path("paper.pdf");
    project.command(["ingest"]).arg(&file).assert().success();
    figure_records(&project)
}

/// Label, page and number of pictures of each figure.
fn places(records: &[FigureRecord]) -> Vec<(&str, Option<u32>, usize)> {
    let figures = records.iter().filter(|record| record.kind != FigureKind::Table);
    figures.map(|r| (r.label.as_deref().unwrap_or("none"), r.page, r.images.len())).collect()
}

#[test]
fn pictures_in_a_row_go_each_with_the_caption_under_it() {
    let sheet = Sheet::default()
        .picture(72.0, 500.0, 220.0, 200.0)
        .picture(300.0, 500.0, 220.0, 200.0)
        .words(72.0, 484.0, "Figure 1. Axial CT of a patient with fever.")
        .words(300.0, 484.0, "Figure 2. Axial CT of a patient without.")
        .prose(440.0, 12);
    let records = found(vec![sheet]);
    assert_eq!(places(&records), [("Figure 1", Some(1), 1), ("Figure 2", Some(1), 1)]);
    let left = records[0].bbox.expect("a box");
    assert!(left.x1 < 296.0, "{left:?}");
}

#[test]
fn a_table_that_goes_on_overleaf_shifts_no_legend() {
    let legends = Sheet::default()
        .words(72.0, 740.0, "Figure legends")
        .words(72.0, 700.0, "Figure 1. Flow of the patients through the study.")
        .words(72.0, 660.0, "Figure 2. Axial CT on the day of admission.")
        .words(72.0, 620.0, "Figure S1. Axial CT of the patients of the second series.")
        .words(72.0, 580.0, "Figure S2. Axial CT of the patients of the third series.");
    let table = Sheet::default()
        .words(72.0, 720.0, "Table 1. Features of the patients.")
        .table(690.0, 38, false);
    let rest = Sheet::default().table(740.0, 20, true);
    let picture = || Sheet::default().picture(72.0, 300.0, 400.0, 400.0);
    let records = found(vec![legends, table, rest, picture(), picture()]);
    let wanted = [
        ("Figure 1", Some(4), 1),
        ("Figure 2", Some(5), 1),
        ("Figure S1", None, 0),
        ("Figure S2", None, 0),
    ];
    assert_eq!(places(&records), wanted);
    let table = records.iter().find(|record| record.kind == FigureKind::Table).expect("a table");
    assert_eq!((table.label.as_deref(), table.page), (Some("Table 1"), Some(2)));
    let on: Vec<(RegionRole, u32)> = table.regions.iter().map(|r| (r.role, r.page)).collect();
    assert_eq!(on, [(RegionRole::Continued, 3)]);
}

#[test]
fn panels_on_the_next_page_belong_to_the_figure_before() {
    let first = Sheet::default()
        .prose(760.0, 8)
        .picture(72.0, 420.0, 200.0, 200.0)
        .picture(300.0, 420.0, 200.0, 200.0)
        .words(72.0, 626.0, "A")
        .words(300.0, 626.0, "B")
        .words(72.0, 400.0, "Figure 1. Axial CT. (A) Day 1. (B) Day 3. (C) Day 5. (D) Day 9.");
    let second = Sheet::default()
        .picture(72.0, 520.0, 200.0, 200.0)
        .picture(300.0, 520.0, 200.0, 200.0)
        .words(72.0, 726.0, "C")
        .words(300.0, 726.0, "D")
        .prose(480.0, 12);
    let records = found(vec![first, second]);
    assert_eq!(places(&records), [("Figure 1", Some(1), 4)]);
}
