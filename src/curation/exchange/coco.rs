//! COCO object detection (<https://cocodataset.org/#format-data>): boxes `[x, y, w, h]` in pixels from the top left
//! corner. Ids are from 1, because evaluators drop annotations of the id 0. Letters, cases and times are further
//! fields of an annotation, which readers of COCO pass over.

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{
    Boxed, ExchangeError, PICTURES, Picture, Read, ReadPicture, Result, class, classes, file_in,
    read_text, rounded,
};

const FILE: &str = "annotations.json";

#[derive(Serialize, Deserialize)]
struct Coco {
    #[serde(default)]
    info: serde_json::Value,
    #[serde(default)]
    licenses: Vec<serde_json::Value>,
    images: Vec<Image>,
    annotations: Vec<Annotation>,
    categories: Vec<Category>,
}

#[derive(Serialize, Deserialize)]
struct Image {
    id: u64,
    width: u32,
    height: u32,
    file_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(default)]
    caption: String,
}

#[derive(Serialize, Deserialize)]
struct Annotation {
    id: u64,
    image_id: u64,
    category_id: u64,
    #[serde(default)]
    bbox: Vec<f64>,
    #[serde(default)]
    area: f64,
    #[serde(default)]
    iscrowd: u8,
    #[serde(default)]
    segmentation: serde_json::Value,
    #[serde(default)]
    letter: String,
    #[serde(default)]
    case: String,
    #[serde(default)]
    scan_time: String,
}

#[derive(Serialize, Deserialize)]
struct Category {
    id: u64,
    name: String,
    #[serde(default)]
    supercategory: String,
}

pub(super) fn write(pictures: &[Picture]) -> Vec<(String, String)> {
    let classes = classes();
    let mut coco = Coco {
        info: serde_json::json!({ "description": "chest CT panels in figures of preprints" }),
        licenses: Vec::new(),
        images: Vec::new(),
        annotations: Vec::new(),
        categories: (1..)
            .zip(&classes)
            .map(|(id, name)| Category {
                id,
                name: (*name).into(),
                supercategory: "chest CT".into(),
            })
            .collect(),
    };
    for (image_id, picture) in (1..).zip(pictures) {
        coco.images.push(Image {
            id: image_id,
            width: picture.image.width,
            height: picture.image.height,
            file_name: format!("{PICTURES}/{}", picture.name),
            sha256: Some(picture.image.object.sha256.clone()),
            caption: picture.caption.clone(),
        });
        for boxed in &picture.boxes {
            let of = boxed.bounds;
            let [x, y, w, h] = [of.x, of.y, of.w, of.h].map(f64::from);
            let corners = [x, y, x + w, y, x + w, y + h, x, y + h];
            let category = classes.iter().position(|class| *class == boxed.class());
            coco.annotations.push(Annotation {
                id: coco.annotations.len() as u64 + 1,
                image_id,
                category_id: category.map_or(0, |at| at as u64 + 1),
                bbox: vec![x, y, w, h],
                area: w * h,
                iscrowd: 0,
                segmentation: serde_json::json!([corners]),
                letter: boxed.letter.clone(),
                case: boxed.case.clone(),
                scan_time: boxed.time.clone(),
            });
        }
    }
    let json = serde_json::to_string_pretty(&coco).unwrap_or_default();
    vec![(FILE.to_owned(), json + "\n")]
}

pub(super) fn read(path: &Path) -> Result<Read> {
    let path = file_in(path, FILE);
    let coco: Coco = serde_json::from_str(&read_text(&path)?).map_err(|error| {
        let problem = format!("{error}; expected COCO with images, annotations and categories");
        ExchangeError::Wrong { path: path.clone(), problem }
    })?;
    let names: HashMap<u64, &str> =
        coco.categories.iter().map(|category| (category.id, category.name.as_str())).collect();
    let mut read = Read::default();
    let mut places: HashMap<u64, usize> = HashMap::new();
    for image in &coco.images {
        places.insert(image.id, read.pictures.len());
        read.pictures.push(ReadPicture {
            name: image.file_name.clone(),
            sha256: image.sha256.clone(),
            size: Some((image.width, image.height)),
            boxes: Vec::new(),
        });
    }
    for annotation in coco.annotations {
        let mut told = |why: &str| {
            read.left_out.push(format!("annotation {}: {why}", annotation.id));
        };
        let Some(&place) = places.get(&annotation.image_id) else {
            told("its image is not in the file");
            continue;
        };
        if annotation.iscrowd != 0 {
            told("a crowd is no panel");
            continue;
        }
        let bounds = match annotation.bbox[..] {
            [x, y, w, h] => rounded(x, y, w, h),
            _ => None,
        };
        let Some(bounds) = bounds else {
            told("it has no box of whole pixels; an outline alone is not taken");
            continue;
        };
        let answer = match class(names.get(&annotation.category_id).unwrap_or(&"?")) {
            Ok(answer) => answer,
            Err(why) => {
                told(&why);
                continue;
            }
        };
        read.pictures[place].boxes.push(Boxed {
            letter: annotation.letter,
            answer,
            case: annotation.case,
            time: annotation.scan_time,
            ..Boxed::new(bounds)
        });
    }
    Ok(read)
}
