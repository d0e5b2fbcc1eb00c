//! CVAT for images 1.1 (<https://docs.cvat.ai/docs/dataset_management/formats/format-cvat/>): edges `xtl`, `ytl`,
//! `xbr`, `ybr` in pixels from the top left corner; letter, case and time are attributes of a box.

use std::fmt::Write as _;
use std::path::Path;

use super::{
    Boxed, ExchangeError, Picture, Read, ReadPicture, Result, class, classes, file_in, read_text,
    rounded,
};

const FILE: &str = "annotations.xml";
const ATTRIBUTES: [&str; 3] = ["letter", "case", "time"];

/// Text for between tags and within quotes. What XML cannot hold is left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => escaped.push(c),
        }
    }
    escaped
}

pub(super) fn write(pictures: &[Picture]) -> Vec<(String, String)> {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<annotations>\n");
    xml.push_str("  <version>1.1</version>\n  <meta>\n    <task>\n      <name>covid-ct</name>\n");
    let _ = writeln!(xml, "      <size>{}</size>\n      <mode>annotation</mode>", pictures.len());
    xml.push_str("      <labels>\n");
    for class in classes() {
        let _ = writeln!(xml, "        <label>\n          <name>{class}</name>");
        xml.push_str("          <type>rectangle</type>\n          <attributes>\n");
        for name in ATTRIBUTES {
            let _ = writeln!(
                xml,
                "            <attribute><name>{name}</name><mutable>False</mutable>\
                 <input_type>text</input_type><default_value></default_value><values></values></attribute>"
            );
        }
        xml.push_str("          </attributes>\n        </label>\n");
    }
    xml.push_str("      </labels>\n    </task>\n  </meta>\n");
    for (id, picture) in pictures.iter().enumerate() {
        let name = escaped(&picture.name);
        let (width, height) = (picture.image.width, picture.image.height);
        let _ = writeln!(
            xml,
            "  <image id=\"{id}\" name=\"{name}\" width=\"{width}\" height=\"{height}\">"
        );
        for boxed in &picture.boxes {
            let of = boxed.bounds;
            let _ = writeln!(
                xml,
                "    <box label=\"{}\" source=\"manual\" occluded=\"0\" xtl=\"{}.00\" ytl=\"{}.00\" \
                 xbr=\"{}.00\" ybr=\"{}.00\" z_order=\"0\">",
                boxed.class(),
                of.x,
                of.y,
                of.x + of.w,
                of.y + of.h
            );
            for (name, text) in ATTRIBUTES.iter().zip([&boxed.letter, &boxed.case, &boxed.time]) {
                let text = escaped(text);
                let _ = writeln!(xml, "      <attribute name=\"{name}\">{text}</attribute>");
            }
            xml.push_str("    </box>\n");
        }
        xml.push_str("  </image>\n");
    }
    xml.push_str("</annotations>\n");
    vec![(FILE.to_owned(), xml)]
}

pub(super) fn read(path: &Path) -> Result<Read> {
    let path = file_in(path, FILE);
    let text = read_text(&path)?;
    let wrong = |problem: String| ExchangeError::Wrong { path: path.clone(), problem };
    let xml = roxmltree::Document::parse(&text).map_err(|error| wrong(error.to_string()))?;
    let root = xml.root_element();
    if root.tag_name().name() != "annotations" {
        return Err(wrong("expected <annotations>, as CVAT for images 1.1 writes them".into()));
    }
    let mut read = Read::default();
    for track in root.children().filter(|node| node.has_tag_name("track")) {
        let label = track.attribute("label").unwrap_or_default();
        read.left_out.push(format!("a track of '{label}': videos are not taken"));
    }
    for image in root.children().filter(|node| node.has_tag_name("image")) {
        let name = image.attribute("name").unwrap_or_default().to_owned();
        let side = |side: &str| image.attribute(side).and_then(|side| side.parse().ok());
        let mut boxes = Vec::new();
        for shape in image.children().filter(roxmltree::Node::is_element) {
            match boxed(shape) {
                Ok(boxed) => boxes.push(boxed),
                Err(why) => read.left_out.push(format!("{name}: {why}")),
            }
        }
        let size = side("width").zip(side("height"));
        read.pictures.push(ReadPicture { name, sha256: None, size, boxes });
    }
    Ok(read)
}

fn boxed(shape: roxmltree::Node<'_, '_>) -> std::result::Result<Boxed, String> {
    if !shape.has_tag_name("box") {
        return Err(format!("a <{}> is not taken", shape.tag_name().name()));
    }
    let number = |name: &str| {
        shape
            .attribute(name)
            .and_then(|number| number.parse::<f64>().ok())
            .ok_or_else(|| format!("a box without the number {name} is not taken"))
    };
    if shape.attribute("rotation").is_some_and(|angle| angle.parse() != Ok(0.0)) {
        return Err("a turned box is not taken".into());
    }
    let (left, top) = (number("xtl")?, number("ytl")?);
    let bounds = rounded(left, top, number("xbr")? - left, number("ybr")? - top)
        .ok_or("a box that holds no pixel is not taken")?;
    let mut boxed = Boxed {
        answer: class(shape.attribute("label").unwrap_or_default())?,
        ..Boxed::new(bounds)
    };
    for attribute in shape.children().filter(|node| node.has_tag_name("attribute")) {
        let text = attribute.text().unwrap_or_default().trim().to_owned();
        match attribute.attribute("name") {
            Some("letter") => boxed.letter = text,
            Some("case") => boxed.case = text,
            Some("time") => boxed.time = text,
            _ => {}
        }
    }
    Ok(boxed)
}
