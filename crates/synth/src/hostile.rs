//! Documents that break careless readers, for tests: each is small, made here, and wrong in one way.

use std::fmt::Write as _;

/// A document and what is wrong with it.
#[derive(Debug, Clone)]
pub struct Hostile {
    pub file: &'static str,
    pub bytes: Vec<u8>,
}

/// One of each kind, by file name; [`endless`], which takes as long as it is given, stands apart.
pub fn documents() -> Vec<Hostile> {
    let whole = super::paper(0, 0).pdf;
    vec![
        Hostile { file: "empty.pdf", bytes: Vec::new() },
        Hostile { file: "huge-image.pdf", bytes: huge_image() },
        Hostile { file: "no-pages.pdf", bytes: no_pages() },
        Hostile {
            file: "not-a-pdf.pdf",
            bytes: b"<html>404: the server sent this instead</html>".into(),
        },
        Hostile { file: "password.pdf", bytes: password() },
        // The pages come after the pictures, so nearly all of the text is gone.
        Hostile { file: "truncated.pdf", bytes: whole[..whole.len() / 2].to_vec() },
    ]
}

pub(super) const PAGE: &str = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R";

/// A page whose picture claims 100000 x 100000 pixels: 30 GB once decoded.
fn huge_image() -> Vec<u8> {
    let picture = "<</Type/XObject/Subtype/Image/Width 100000/Height 100000/BitsPerComponent 8\
                   /ColorSpace/DeviceRGB/Length 3>>\nstream\nabc\nendstream";
    let draw = "q 400 0 0 400 100 200 cm /Im0 Do Q";
    let page = format!("{PAGE}/Resources<</XObject<</Im0 5 0 R>>>>>>");
    file(&[CATALOG, ONE_PAGE, &page, &stream(draw), picture], "")
}

/// A page of ten forms, each of which draws the next ten times: 10^10 letters, which no reader outlives.
pub fn endless() -> Vec<u8> {
    const LEVELS: usize = 10;
    let form = |next: usize, content: &str| {
        format!(
            "<</Type/XObject/Subtype/Form/BBox[0 0 612 792]\
             /Resources<</XObject<</Fm {next} 0 R>>/Font<</F 5 0 R>>>>/Length {}>>\n\
             stream\n{content}\nendstream",
            content.len()
        )
    };
    let page = format!("{PAGE}/Resources<</XObject<</Fm 6 0 R>>>>>>");
    let font = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>";
    let mut objects = vec![CATALOG.into(), ONE_PAGE.into(), page, stream("/Fm Do"), font.into()];
    objects.extend((0..LEVELS).map(|level| form(7 + level, &"/Fm Do ".repeat(10))));
    objects.push(form(6 + LEVELS, "BT /F 9 Tf 72 72 Td (a) Tj ET"));
    let objects: Vec<&str> = objects.iter().map(String::as_str).collect();
    file(&objects, "")
}

fn no_pages() -> Vec<u8> {
    file(&[CATALOG, "<</Type/Pages/Kids[]/Count 0>>"], "")
}

/// Encrypted by the standard handler (RC4, 40 bit) with a check value that the empty password does
/// not give: a reader has to ask for one. Nobody knows it.
fn password() -> Vec<u8> {
    let check = "5a".repeat(32);
    let encrypt = format!("<</Filter/Standard/V 1/R 2/P -44/O<{check}>/U<{check}>>>");
    let page = format!("{PAGE}>>");
    let objects = [CATALOG, ONE_PAGE, &page, &stream("BT ET"), &encrypt];
    file(
        &objects,
        "/Encrypt 5 0 R/ID[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]",
    )
}

pub(super) const CATALOG: &str = "<</Type/Catalog/Pages 2 0 R>>";
pub(super) const ONE_PAGE: &str = "<</Type/Pages/Kids[3 0 R]/Count 1>>";

pub(super) fn stream(content: &str) -> String {
    format!("<</Length {}>>\nstream\n{content}\nendstream", content.len())
}

/// A PDF of these objects, numbered from 1; `trailer` adds entries to the trailer.
pub(super) fn file(objects: &[&str], trailer: &str) -> Vec<u8> {
    let mut text = String::from("%PDF-1.4\n");
    let mut table = String::from("0000000000 65535 f \n");
    for (i, object) in objects.iter().enumerate() {
        let _ = writeln!(table, "{:010} 00000 n ", text.len());
        let _ = write!(text, "{} 0 obj\n{object}\nendobj\n", i + 1);
    }
    let (start, count) = (text.len(), objects.len() + 1);
    let _ = write!(
        text,
        "xref\n0 {count}\n{table}trailer\n<</Size {count}/Root 1 0 R{trailer}>>\nstartxref\n{start}\n%%EOF\n"
    );
    text.into_bytes()
}
