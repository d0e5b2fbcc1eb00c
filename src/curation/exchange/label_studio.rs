//! Label Studio (<https://labelstud.io/guide/export#Label-Studio-JSON-format-of-annotated-tasks>): tasks with
//! rectangles in percent of the picture, from its top left corner. What is in force is written as predictions, with
//! which annotators begin; their annotations are read, and predictions where a task has none. `labels.xml` is the
//! labelling interface to set up.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::{
    Boxed, ExchangeError, PICTURES, Picture, Read, ReadPicture, Result, class, classes, file_in,
    read_text, rounded,
};

const FILE: &str = "tasks.json";
const INTERFACE: &str = "labels.xml";

/// What names of files keep in an address; a `%` is none of it.
const IN_ADDRESS: AsciiSet =
    NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Texts of a region, each with its name there.
const TEXTS: [&str; 3] = ["letter", "case", "time"];

pub(super) fn write(pictures: &[Picture], folder: &str) -> Vec<(String, String)> {
    let tasks: Vec<Value> = pictures.iter().map(|picture| task(picture, folder)).collect();
    let json = serde_json::to_string_pretty(&tasks).unwrap_or_default();
    vec![(FILE.to_owned(), json + "\n"), (INTERFACE.to_owned(), interface())]
}

fn interface() -> String {
    let mut labels = String::new();
    for class in classes() {
        let _ = writeln!(labels, "    <Label value=\"{class}\"/>");
    }
    let mut texts = String::new();
    for text in TEXTS {
        let _ = writeln!(
            texts,
            "  <TextArea name=\"{text}\" toName=\"image\" perRegion=\"true\" editable=\"true\" \
             maxSubmissions=\"1\" placeholder=\"{text}\"/>"
        );
    }
    format!(
        "<View>\n  <Image name=\"image\" value=\"$image\" zoom=\"true\" zoomControl=\"true\"/>\n  \
         <RectangleLabels name=\"label\" toName=\"image\" canRotate=\"false\">\n{labels}  \
         </RectangleLabels>\n{texts}  <Text name=\"caption\" value=\"$caption\"/>\n</View>\n"
    )
}

fn task(picture: &Picture, folder: &str) -> Value {
    let (width, height) = (picture.image.width, picture.image.height);
    let file = format!("{folder}/{PICTURES}/{}", picture.name);
    let mut result: Vec<Value> = Vec::new();
    for (number, boxed) in (1..).zip(&picture.boxes) {
        let percent = |pixels: u32, of: u32| f64::from(pixels) * 100.0 / f64::from(of);
        let of = boxed.bounds;
        let place = json!({
            "x": percent(of.x, width), "y": percent(of.y, height),
            "width": percent(of.w, width), "height": percent(of.h, height), "rotation": 0,
        });
        let mut add = |from: &str, kind: &str, more: (&str, Value)| {
            let mut value = place.as_object().cloned().unwrap_or_default();
            value.insert(more.0.to_owned(), more.1);
            result.push(json!({
                "id": format!("panel-{number}"), "from_name": from, "to_name": "image", "type": kind,
                "original_width": width, "original_height": height, "image_rotation": 0, "value": value,
            }));
        };
        add("label", "rectanglelabels", ("rectanglelabels", json!([boxed.class()])));
        for (name, text) in TEXTS.iter().zip([&boxed.letter, &boxed.case, &boxed.time]) {
            if !text.is_empty() {
                add(name, "textarea", ("text", json!([text])));
            }
        }
    }
    json!({
        "data": {
            "image": format!("/data/local-files/?d={}", utf8_percent_encode(&file, &IN_ADDRESS)),
            "sha256": picture.image.object.sha256,
            "caption": picture.caption,
            "paper": picture.image.preprint_name,
        },
        "predictions": [{ "model_version": "covid-ct", "result": result }],
    })
}

pub(super) fn read(path: &Path) -> Result<Read> {
    let path = file_in(path, FILE);
    let wrong = |problem: String| ExchangeError::Wrong { path: path.clone(), problem };
    let tasks: Vec<Map<String, Value>> =
        serde_json::from_str(&read_text(&path)?).map_err(|error| {
            wrong(format!("{error}; expected Label Studio's JSON, a list of tasks"))
        })?;
    let mut read = Read::default();
    for (number, task) in (1..).zip(&tasks) {
        let data = task.get("data").and_then(Value::as_object);
        let Some(image) = data.and_then(|data| data.get("image")).and_then(Value::as_str) else {
            return Err(wrong(format!("task {number} has no data.image")));
        };
        let name = file_of(image);
        let sha256 = data.and_then(|data| data.get("sha256")).and_then(Value::as_str);
        let mut told = |why: String| read.left_out.push(format!("{name}: {why}"));
        let result = result(task, &mut told);
        let boxes = boxes(&result, &mut told);
        read.pictures.push(ReadPicture {
            size: boxes.first().map(|(size, _)| *size),
            boxes: boxes.into_iter().map(|(_, boxed)| boxed).collect(),
            sha256: sha256.map(str::to_owned),
            name,
        });
    }
    Ok(read)
}

/// The name of the file in an address: of local storage, an upload or a web server.
fn file_of(address: &str) -> String {
    let path = address.split_once("?d=").map_or(address, |(_, path)| path);
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let path = percent_decode_str(path).decode_utf8_lossy().into_owned();
    path.rsplit('/').next().unwrap_or(&path).to_owned()
}

/// The regions of the newest annotation that was not cancelled; those of a prediction where there is none.
fn result(task: &Map<String, Value>, told: &mut impl FnMut(String)) -> Vec<Value> {
    let list = |name: &str| task.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let is_cancelled =
        |one: &Value| one.get("was_cancelled").and_then(Value::as_bool).unwrap_or(false);
    let mut annotations = list("annotations");
    annotations.retain(|one| !is_cancelled(one));
    if annotations.len() > 1 {
        told(format!("of its {} annotations the last is taken", annotations.len()));
    }
    let chosen = annotations.pop().or_else(|| list("predictions").pop());
    let result = chosen.and_then(|chosen| chosen.get("result").and_then(Value::as_array).cloned());
    result.unwrap_or_default()
}

type Sized = ((u32, u32), Boxed);

fn boxes(result: &[Value], told: &mut impl FnMut(String)) -> Vec<Sized> {
    let mut boxes: BTreeMap<usize, (String, Sized)> = BTreeMap::new();
    for (at, region) in result.iter().enumerate() {
        let text = |name: &str| region.get(name).and_then(Value::as_str).unwrap_or_default();
        match text("type") {
            "rectanglelabels" | "rectangle" => match rectangle(region) {
                Ok(sized) => {
                    boxes.insert(at, (text("id").to_owned(), sized));
                }
                Err(why) => told(why),
            },
            "textarea" => {}
            other => told(format!("a region of the type '{other}' is not taken")),
        }
    }
    for region in result {
        let text = |name: &str| region.get(name).and_then(Value::as_str).unwrap_or_default();
        if text("type") != "textarea" {
            continue;
        }
        let said = region.pointer("/value/text/0").and_then(Value::as_str).unwrap_or_default();
        let of = boxes.values_mut().find(|(id, _)| id == text("id"));
        match (of, text("from_name")) {
            (Some((_, (_, boxed))), "letter") => said.clone_into(&mut boxed.letter),
            (Some((_, (_, boxed))), "case") => said.clone_into(&mut boxed.case),
            (Some((_, (_, boxed))), "time") => said.clone_into(&mut boxed.time),
            _ => told(format!("the text '{said}' is of no box")),
        }
    }
    boxes.into_values().map(|(_, sized)| sized).collect()
}

fn rectangle(region: &Value) -> std::result::Result<Sized, String> {
    let number = |name: &str| region.pointer(name).and_then(Value::as_f64);
    let side = |name| number(name).filter(|side| *side >= 1.0).map(|side| side as u32);
    let (Some(width), Some(height)) = (side("/original_width"), side("/original_height")) else {
        return Err("a box without original_width and original_height is not taken".into());
    };
    if number("/value/rotation").unwrap_or(0.0) != 0.0
        || number("/image_rotation").unwrap_or(0.0) != 0.0
    {
        return Err("a turned box, or one of a turned picture, is not taken".into());
    }
    let pixels = |name, of: u32| number(name).map(|percent| percent * f64::from(of) / 100.0);
    let place = (
        pixels("/value/x", width),
        pixels("/value/y", height),
        pixels("/value/width", width),
        pixels("/value/height", height),
    );
    let (Some(x), Some(y), Some(w), Some(h)) = place else {
        return Err("a box without x, y, width and height is not taken".into());
    };
    let bounds = rounded(x, y, w, h).ok_or("a box that holds no pixel is not taken")?;
    let labels = region.pointer("/value/rectanglelabels").and_then(Value::as_array);
    let label =
        labels.and_then(|labels| labels.first()).and_then(Value::as_str).unwrap_or_default();
    Ok(((width, height), Boxed { answer: class(label)?, ..Boxed::new(bounds) }))
}
