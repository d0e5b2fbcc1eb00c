//! `croissant.json`: the dataset in the Croissant vocabulary of `MLCommons` (version 1.0), which
//! search engines for datasets read. Its table is COVID-CT-MetaInfo.csv: one record a picture.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::card::{Facts, TITLE};
use super::formats::Format;
use crate::dataset::layout::META_INFO;
use crate::dataset::{DatasetError, Result};
use crate::store::sha256_hex;

/// Columns of the MetaInfo that become fields: id, column, what it is.
const FIELDS: [(&str, &str, &str); 14] = [
    ("name", "File name", "Name of the picture"),
    ("label", "label", "Class: covid or non-covid"),
    ("part", "part", "Part of the split: train, val or test"),
    ("patient", "Patient ID", "The patient, as the paper tells them apart"),
    ("age", "Age", "In years, as the paper tells it"),
    ("sex", "Gender", "As the paper tells it"),
    ("time", "Time", "When the scan was taken, as the paper tells it"),
    ("preprint", "preprint", "The paper"),
    ("doi", "DOI", "DOI of the paper"),
    ("page", "page", "Page of the PDF, from 1"),
    ("crop", "panel", "What was cut out of the picture on the page: x,y,w,h in pixels"),
    ("licence", "licence", "Licence of the paper, and so of the picture"),
    ("caption", "Captions", "Caption of the figure"),
    ("sha256", "sha256", "SHA-256 of the picture's bytes"),
];

/// The JSON-LD text. `containers` are the tar and Parquet files of `folder`, with their SHA-256.
///
/// # Errors
/// When the MetaInfo, or a container, cannot be read.
pub fn write(
    facts: &Facts,
    folder: &Path,
    containers: &BTreeMap<String, String>,
) -> Result<String> {
    let meta_info = format!("{META_INFO}.csv");
    let path = folder.join(&meta_info);
    let bytes = std::fs::read(&path).map_err(DatasetError::read(&path))?;
    let mut distribution =
        vec![file_object(&meta_info, "text/csv", bytes.len() as u64, &sha256_hex(&bytes))];
    for (name, sha256) in containers {
        let path = folder.join(name);
        let length = std::fs::metadata(&path).map_err(DatasetError::read(&path))?.len();
        let kind = match facts.format {
            Format::Parquet => "application/vnd.apache.parquet",
            _ => "application/x-tar",
        };
        distribution.push(file_object(name, kind, length, sha256));
    }
    let licences = facts.licence_urls();
    let mut dataset = json!({
        "@context": context(),
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "covid-ct-rebuilt",
        "alternateName": TITLE,
        "description": format!(
            "{} single CT scans cut out of the figures of papers, each with the diagnosis that its \
             authors state; rebuilt from PDFs in the manner of COVID-CT. Not for diagnosis.",
            facts.pictures
        ),
        "url": "https://arxiv.org/abs/2003.13865",
        "version": "1.0.0",
        "license": licences,
        "citeAs": "Zhao, Zhang, He, Xie: COVID-CT-Dataset: a CT scan dataset about COVID-19. \
                   arXiv 2003.13865, 2020",
        "keywords": ["computed tomography", "COVID-19", "chest", "medical imaging"],
        "distribution": distribution,
        "recordSet": [record_set(&meta_info)],
    });
    if licences.is_empty() {
        // The vocabulary asks for one.
        dataset["license"] = json!("not stated: see MANIFEST.csv");
    }
    if let Some(day) = &facts.newest {
        dataset["datePublished"] = json!(day);
    }
    Ok(format!("{dataset:#}\n"))
}

fn file_object(name: &str, kind: &str, length: u64, sha256: &str) -> Value {
    json!({
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "contentSize": format!("{length} B"),
        "encodingFormat": kind,
        "sha256": sha256,
    })
}

fn record_set(meta_info: &str) -> Value {
    let fields: Vec<Value> = FIELDS
        .iter()
        .map(|(id, column, description)| {
            let kind = if *id == "page" { "sc:Integer" } else { "sc:Text" };
            json!({
                "@type": "cr:Field",
                "@id": format!("pictures/{id}"),
                "name": id,
                "description": description,
                "dataType": kind,
                "source": {
                    "fileObject": { "@id": meta_info },
                    "extract": { "column": column },
                },
            })
        })
        .collect();
    json!({
        "@type": "cr:RecordSet",
        "@id": "pictures",
        "name": "pictures",
        "description": "One record a picture.",
        "key": { "@id": "pictures/name" },
        "field": fields,
    })
}

/// As the specification gives it.
fn context() -> Value {
    json!({
        "@language": "en",
        "@vocab": "https://schema.org/",
        "citeAs": "cr:citeAs",
        "column": "cr:column",
        "conformsTo": "dct:conformsTo",
        "cr": "http://mlcommons.org/croissant/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "data": { "@id": "cr:data", "@type": "@json" },
        "dataType": { "@id": "cr:dataType", "@type": "@vocab" },
        "dct": "http://purl.org/dc/terms/",
        "equivalentProperty": "cr:equivalentProperty",
        "examples": { "@id": "cr:examples", "@type": "@json" },
        "extract": "cr:extract",
        "field": "cr:field",
        "fileProperty": "cr:fileProperty",
        "fileObject": "cr:fileObject",
        "fileSet": "cr:fileSet",
        "format": "cr:format",
        "includes": "cr:includes",
        "isLiveDataset": "cr:isLiveDataset",
        "jsonPath": "cr:jsonPath",
        "key": "cr:key",
        "md5": "cr:md5",
        "parentField": "cr:parentField",
        "path": "cr:path",
        "recordSet": "cr:recordSet",
        "references": "cr:references",
        "regex": "cr:regex",
        "repeated": "cr:repeated",
        "replace": "cr:replace",
        "samplingRate": "cr:samplingRate",
        "sc": "https://schema.org/",
        "separator": "cr:separator",
        "source": "cr:source",
        "subField": "cr:subField",
        "transform": "cr:transform",
    })
}
