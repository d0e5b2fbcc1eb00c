//! Documents that have too much of one thing, and two that have much of it with good reason, for tests:
//! small files, made here.

use std::fmt::Write as _;

use super::encoding::deflate;
use super::hostile::{CATALOG, Hostile, ONE_PAGE, PAGE, file, stream};

/// One past each limit of a document, by file name. Of `operations.pdf` the limit is a million, and of
/// `content.pdf` 64 MiB.
pub fn documents() -> Vec<Hostile> {
    vec![
        Hostile { file: "bomb.pdf", bytes: unfolding(110) },
        Hostile { file: "content.pdf", bytes: forms(80, &format!("{}f", " ".repeat(1 << 20))) },
        Hostile { file: "nesting.pdf", bytes: page(&"q ".repeat(20_000), "", &[]) },
        Hostile { file: "objects.pdf", bytes: objects() },
        Hostile { file: "operations.pdf", bytes: forms(100, &"0 0 1 1 re f\n".repeat(10_000)) },
        Hostile { file: "pages.pdf", bytes: pages(10_000) },
    ]
}

/// Documents that lead a careless reader round in circles, or too deep.
pub fn loops() -> Vec<Hostile> {
    let form = |entries: &str, content: &str| {
        let length = content.len();
        format!(
            "<</Type/XObject/Subtype/Form/BBox[0 0 612 792]/Length {length}{entries}>>\nstream\n\
             {content}\nendstream"
        )
    };
    let itself = form("/Resources<</XObject<</Fm 5 0 R>>>>", &"/Fm Do ".repeat(10));
    let to = |next: u32| {
        form(&format!("/Resources<</XObject<</Fm {next} 0 R>>>>"), &"/Fm Do ".repeat(10))
    };
    let tile = "/Pattern cs /P scn 0 0 600 700 re f";
    let pattern = format!(
        "<</PatternType 1/PaintType 1/TilingType 1/BBox[0 0 200 200]/XStep 200/YStep 200/Length {}\
         /Resources<</Pattern<</P 5 0 R>>/XObject<</Fm 6 0 R>>>>>>\nstream\n{tile} /Fm Do\nendstream",
        tile.len() + 7
    );
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let dictionaries = "<</A".repeat(50_000) + "/B" + &">>".repeat(50_000);
    let mask =
        form("/Group<</S/Transparency>>/Resources<</ExtGState<</G 6 0 R>>>>", "/G gs 0 0 9 9 re f");
    let state = "<</SMask<</S/Luminosity/G 5 0 R>>>>";
    let font = "<</Type/Font/Subtype/Type3/FontBBox[0 0 9 9]/FontMatrix[.1 0 0 .1 0 0]/FirstChar 97\
                /LastChar 97/Widths[9]/Encoding<</Differences[97/a]>>/CharProcs<</a 6 0 R>>\
                /Resources<</Font<</F 5 0 R>>>>>>";
    let glyph = "9 0 d0 BT /F 9 Tf (aaaa) Tj ET";
    vec![
        Hostile { file: "form.pdf", bytes: page("/Fm Do", "/XObject<</Fm 5 0 R>>", &[&itself]) },
        Hostile {
            file: "forms.pdf",
            bytes: page("/Fm Do", "/XObject<</Fm 5 0 R>>", &[&to(6), &to(7), &to(5)]),
        },
        Hostile {
            file: "pattern.pdf",
            bytes: page(tile, "/Pattern<</P 5 0 R>>", &[&pattern, &to(5)]),
        },
        Hostile {
            file: "mask.pdf",
            bytes: page("/G gs 0 0 9 9 re f", "/ExtGState<</G 6 0 R>>", &[&mask, state]),
        },
        Hostile {
            file: "font.pdf",
            bytes: page("BT /F 9 Tf (aaaa) Tj ET", "/Font<</F 5 0 R>>", &[font, &stream(glyph)]),
        },
        Hostile { file: "arrays.pdf", bytes: page("f", &format!("/Deep {deep}"), &[]) },
        Hostile {
            file: "dictionaries.pdf",
            bytes: page("f", &format!("/Deep {dictionaries}"), &[]),
        },
        Hostile { file: "content-arrays.pdf", bytes: page(&format!("{deep} TJ"), "", &[]) },
        Hostile {
            file: "contents.pdf",
            bytes: file(&[CATALOG, ONE_PAGE, &format!("{PAGE}>>"), "[4 0 R 4 0 R]"], ""),
        },
        Hostile {
            file: "tree.pdf",
            bytes: file(&[CATALOG, "<</Type/Pages/Kids[2 0 R 2 0 R]/Count 4>>", "null"], ""),
        },
        Hostile { file: "deep-tree.pdf", bytes: deep_tree(20_000) },
        Hostile { file: "reference.pdf", bytes: file(&[CATALOG, ONE_PAGE, "4 0 R", "3 0 R"], "") },
        Hostile {
            file: "length.pdf",
            bytes: page_of("<</Length 4 0 R>>\nstream\nf\nendstream", "", &[]),
        },
    ]
}

/// A figure of a strip 40,400 pixels wide and 40 high, as a gel or a genome may be printed.
pub fn strip() -> Vec<u8> {
    const WIDTH: usize = 40_400;
    const HEIGHT: usize = 40;
    let grey: Vec<u8> = (0..WIDTH * HEIGHT).map(|i| (i % WIDTH / 7 % 251) as u8).collect();
    let image = picture(WIDTH, HEIGHT, &grey);
    let content = format!("q 500 0 0 0.5 50 500 cm /Im Do Q {}", caption("Figure 1. A strip."));
    page(&content, &format!("/XObject<</Im 5 0 R>>{FONT}"), &[&image])
}

/// A figure in 3,000 tiles of 20 x 20 pixels, as some programs write large pictures: 1,200 x 1,000 pixels.
pub fn tiles() -> Vec<u8> {
    const SIDE: usize = 20;
    const COLUMNS: usize = 60;
    const ROWS: usize = 50;
    let mut content = String::new();
    let mut objects = Vec::new();
    for tile in 0..COLUMNS * ROWS {
        let (column, row) = (tile % COLUMNS, tile / COLUMNS);
        // One slope of grey over all tiles, so that they go on in one another.
        let level = |i: usize| (column * SIDE + i % SIDE + row * SIDE + i / SIDE) / 10;
        let grey: Vec<u8> = (0..SIDE * SIDE).map(|i| level(i) as u8).collect();
        objects.push(picture(SIDE, SIDE, &grey));
        let (x, y) = (60.0 + 8.0 * column as f32, 692.0 - 8.0 * row as f32);
        let _ = write!(content, "q 8 0 0 8 {x} {y} cm /T{tile} Do Q ");
    }
    content += &caption("Figure 1. A figure in tiles.");
    let names = (0..COLUMNS * ROWS).fold(String::new(), |mut names, tile| {
        let _ = write!(names, "/T{tile} {} 0 R", tile + 5);
        names
    });
    let objects: Vec<&str> = objects.iter().map(String::as_str).collect();
    page(&content, &format!("/XObject<<{names}>>{FONT}"), &objects)
}

const FONT: &str = "/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>";

fn caption(text: &str) -> String {
    format!("BT /F 9 Tf 60 270 Td ({text}) Tj ET")
}

/// A grey picture; hexadecimal, so that the file is text.
fn picture(width: usize, height: usize, grey: &[u8]) -> String {
    let data = hex(&deflate(grey));
    format!(
        "<</Type/XObject/Subtype/Image/Width {width}/Height {height}/BitsPerComponent 8\
         /ColorSpace/DeviceGray/Filter[/ASCIIHexDecode/FlateDecode]/Length {}>>\nstream\n{data}\n\
         endstream",
        data.len()
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A page with this content and these resources; objects are numbered from 5.
fn page(content: &str, resources: &str, objects: &[&str]) -> Vec<u8> {
    page_of(&stream(content), resources, objects)
}

fn page_of(content: &str, resources: &str, objects: &[&str]) -> Vec<u8> {
    let page = format!("{PAGE}/Resources<<{resources}>>>>");
    let mut all = vec![CATALOG, ONE_PAGE, &page, content];
    all.extend(objects);
    file(&all, "")
}

/// A content stream of so many MiB of blanks.
fn unfolding(mib: usize) -> Vec<u8> {
    let data = hex(&deflate(&vec![b' '; mib << 20]));
    let content = format!(
        "<</Filter[/ASCIIHexDecode/FlateDecode]/Length {}>>\nstream\n{data}\nendstream",
        data.len()
    );
    page_of(&content, "", &[])
}

/// A form that is drawn so many times.
fn forms(times: usize, content: &str) -> Vec<u8> {
    let data = hex(&deflate(content.as_bytes()));
    let form = format!(
        "<</Type/XObject/Subtype/Form/BBox[0 0 612 792]/Filter[/ASCIIHexDecode/FlateDecode]\
         /Length {}>>\nstream\n{data}\nendstream",
        data.len()
    );
    page(&"/Fm Do ".repeat(times), "/XObject<</Fm 5 0 R>>", &[&form])
}

fn pages(count: usize) -> Vec<u8> {
    let kids = (3..3 + count).fold(String::new(), |mut kids, number| {
        let _ = write!(kids, "{number} 0 R ");
        kids
    });
    let tree = format!("<</Type/Pages/Kids[{kids}]/Count {count}>>");
    let page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]>>";
    let mut objects = vec![CATALOG, &tree];
    objects.resize(2 + count, page);
    file(&objects, "")
}

/// A table that names one object far behind the others.
fn objects() -> Vec<u8> {
    let whole = page("f", "", &[]);
    let text = String::from_utf8_lossy(&whole);
    let far = "2000000 1\n0000000000 00000 f \ntrailer";
    text.replacen("trailer", far, 1).replacen("/Size 5", "/Size 2000001", 1).into_bytes()
}

/// Page trees within page trees.
fn deep_tree(depth: usize) -> Vec<u8> {
    let mut objects = vec![CATALOG.to_owned()];
    objects
        .extend((0..depth).map(|level| format!("<</Type/Pages/Kids[{} 0 R]/Count 1>>", level + 3)));
    objects.push("<</Type/Page/MediaBox[0 0 612 792]>>".to_owned());
    let objects: Vec<&str> = objects.iter().map(String::as_str).collect();
    file(&objects, "")
}
