//! `croissant.json`: the dataset in the Croissant vocabulary of `MLCommons` (version 1.1, January 2026), which search
//! engines for datasets read, with its terms of responsible AI and of provenance. Its records are those of a Parquet
//! table, one a picture: of a CSV `mlcroissant` 1.1 guesses the types, and gave `45.0` for an age of 45 where other ages
//! are not known.

use crate::task;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value as Json, json};

use super::card::Facts;
use super::fields::{Field, Value};
use super::loading;
use super::{fields, rai};
use crate::dataset::{DatasetError, Result};

/// The JSON-LD text. `table` is the file of the records; `files` are all of `folder` but pictures that lie there by
/// themselves, with their SHA-256.
///
/// # Errors
/// When a file cannot be read.
pub fn write(
    facts: &Facts,
    folder: &Path,
    table: &str,
    files: &BTreeMap<String, String>,
) -> Result<String> {
    let mut distribution = Vec::new();
    for (name, sha256) in files {
        let Some(kind) = kind_of(name) else { continue };
        let path = folder.join(name);
        let length = std::fs::metadata(&path).map_err(DatasetError::read(&path))?.len();
        distribution.push(file_object(name, kind, length, sha256));
    }
    let words = &task::in_force().export;
    let what = if facts.figures {
        "figures of papers with their captions, sub-captions and citing sentences; rebuilt from PDFs."
    } else {
        words.description.as_str()
    };
    let (name, keywords) = if facts.figures {
        (
            "covid-ct-figures",
            ["scientific figures", "image captioning", "medical imaging", "preprints"]
                .map(String::from)
                .to_vec(),
        )
    } else {
        (words.name.as_str(), words.keywords.clone())
    };
    let licences = facts.licence_urls();
    let mut dataset = json!({
        "@context": context(),
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": name,
        "alternateName": facts.title(),
        "description": format!("{} {what}", facts.pictures),
        "url": words.url,
        "creator": { "@type": "sc:Organization", "name": "The curators of this dataset, with covid-ct" },
        "version": "1.0.0",
        "license": licences,
        "keywords": keywords,
        "prov:wasGeneratedBy": [
            { "@type": "prov:Activity", "prov:label": "Figures, captions and sentences read from PDFs by covid-ct" },
        ],
        "distribution": distribution,
        "recordSet": record_sets(facts, table),
    });
    if let Some(object) = dataset.as_object_mut() {
        complete(object, facts, &licences);
    }
    let mut text = serde_json::to_string_pretty(&dataset)
        .map_err(|error| DatasetError::write(folder)(error.into()))?;
    text.push('\n');
    Ok(text)
}

/// What depends on what is known.
fn complete(dataset: &mut Map<String, Json>, facts: &Facts, licences: &[String]) {
    if licences.is_empty() {
        // The vocabulary asks for one.
        dataset
            .insert("license".into(), json!("https://en.wikipedia.org/wiki/All_rights_reserved"));
    }
    if task::in_force().export.url.is_empty() {
        dataset.remove("url");
    }
    if let Some(newest) = &facts.newest {
        dataset.insert("datePublished".into(), json!(newest));
    }
    if facts.figures {
        dataset.insert(
            "citeAs".into(),
            json!("The papers that the figures are from: field doi of each record"),
        );
    } else {
        let words = &task::in_force().export;
        let cite = if words.cite.is_empty() {
            "The papers that the pictures are from: field doi of each record"
        } else {
            &words.cite
        };
        dataset.insert("citeAs".into(), json!(cite));
        let activity = &words.activity;
        if let Some(Json::Array(activities)) = dataset.get_mut("prov:wasGeneratedBy") {
            activities.push(json!({ "@type": "prov:Activity", "prov:label": activity }));
        }
    }
    let sources: BTreeSet<String> = facts.dois.iter().filter_map(|doi| doi_address(doi)).collect();
    let sources: Vec<Json> = sources.into_iter().map(|address| json!({ "@id": address })).collect();
    if !sources.is_empty() {
        dataset.insert("prov:wasDerivedFrom".into(), sources.into());
    }
    dataset.extend(rai::fields(facts));
}

/// The address of a DOI; `None` of what is none. Published lists have blanks in them.
fn doi_address(told: &str) -> Option<String> {
    let doi: String = told.split_whitespace().collect();
    let at = doi.find("10.")?;
    let doi = &doi[at..];
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._;()/:".contains(c);
    (doi.contains('/') && doi.chars().all(is_plain)).then(|| format!("https://doi.org/{doi}"))
}

/// What a file is, by its name; `None` of what is no data.
fn kind_of(name: &str) -> Option<&'static str> {
    match Path::new(name).extension()?.to_str()? {
        "csv" => Some("text/csv"),
        // Not the registered name: `mlcroissant` 1.1 and the specification know this one.
        "parquet" => Some("application/x-parquet"),
        "tar" => Some("application/x-tar"),
        _ => None,
    }
}

fn file_object(name: &str, kind: &str, length: u64, sha256: &str) -> Json {
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

/// The records, and the parts of the split that they are of.
fn record_sets(facts: &Facts, table: &str) -> Vec<Json> {
    let id = if facts.figures { "figures" } else { "pictures" };
    let mut described: Vec<Json> =
        loading::fields_of(facts.figures).iter().map(|field| described(field, id, table)).collect();
    if !facts.figures {
        let label = "Class of the picture";
        let mut label = field_of(id, table, "label", label, &json!(["sc:Text", "cr:Label"]));
        label["description"] = json!(format!("Class: {}", facts.class_names().join(", ")));
        described.insert(1, label);
    }
    let records = json!({
        "@type": "cr:RecordSet",
        "@id": id,
        "name": id,
        "description": "One record a picture.",
        "key": { "@id": format!("{id}/name") },
        "field": described,
    });
    if facts.figures { vec![records] } else { vec![splits(), records] }
}

fn described(field: &Field, id: &str, table: &str) -> Json {
    let kind = match field.value {
        Value::Text(_) | Value::Answer(_) => "sc:Text",
        Value::Number(_) | Value::MaybeNumber(_) => "sc:Integer",
        Value::Share(_) => "sc:Float",
        Value::Truth(_) => "sc:Boolean",
    };
    let mut described = field_of(id, table, field.name, field.what, &json!(kind));
    if field.name == fields::PART {
        described["references"] = json!({ "field": { "@id": "splits/name" } });
    }
    described
}

fn field_of(id: &str, table: &str, name: &str, what: &str, kind: &Json) -> Json {
    json!({
        "@type": "cr:Field",
        "@id": format!("{id}/{name}"),
        "name": name,
        "description": what,
        "dataType": kind,
        "source": {
            "fileObject": { "@id": table },
            "extract": { "column": name },
        },
    })
}

/// The parts, in the vocabulary's words.
fn splits() -> Json {
    json!({
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "description": "Splits: train, validation and test.",
        "dataType": "cr:Split",
        "key": { "@id": "splits/name" },
        "field": [
            { "@type": "cr:Field", "@id": "splits/name", "name": "name", "dataType": "sc:Text" },
            { "@type": "cr:Field", "@id": "splits/url", "name": "url", "dataType": "sc:URL" },
        ],
        "data": [
            { "splits/name": "train", "splits/url": "cr:TrainingSplit" },
            { "splits/name": "val", "splits/url": "cr:ValidationSplit" },
            { "splits/name": "test", "splits/url": "cr:TestSplit" },
        ],
    })
}

/// Words of the context that stand for one other, as the specification gives them, and the prefix of provenance.
const WORDS: [(&str, &str); 37] = [
    ("@language", "en"),
    ("@vocab", "https://schema.org/"),
    ("arrayShape", "cr:arrayShape"),
    ("citeAs", "cr:citeAs"),
    ("column", "cr:column"),
    ("conformsTo", "dct:conformsTo"),
    ("containedIn", "cr:containedIn"),
    ("cr", "http://mlcommons.org/croissant/"),
    ("rai", "http://mlcommons.org/croissant/RAI/"),
    ("dct", "http://purl.org/dc/terms/"),
    ("equivalentProperty", "cr:equivalentProperty"),
    ("extract", "cr:extract"),
    ("field", "cr:field"),
    ("fileProperty", "cr:fileProperty"),
    ("fileObject", "cr:fileObject"),
    ("fileSet", "cr:fileSet"),
    ("format", "cr:format"),
    ("includes", "cr:includes"),
    ("isArray", "cr:isArray"),
    ("isLiveDataset", "cr:isLiveDataset"),
    ("jsonPath", "cr:jsonPath"),
    ("key", "cr:key"),
    ("md5", "cr:md5"),
    ("parentField", "cr:parentField"),
    ("path", "cr:path"),
    ("prov", "http://www.w3.org/ns/prov#"),
    ("recordSet", "cr:recordSet"),
    ("references", "cr:references"),
    ("regex", "cr:regex"),
    ("repeated", "cr:repeated"),
    ("replace", "cr:replace"),
    ("samplingRate", "cr:samplingRate"),
    ("sc", "https://schema.org/"),
    ("separator", "cr:separator"),
    ("source", "cr:source"),
    ("subField", "cr:subField"),
    ("transform", "cr:transform"),
];

fn context() -> Json {
    let mut context = json!({
        "data": { "@id": "cr:data", "@type": "@json" },
        "dataType": { "@id": "cr:dataType", "@type": "@vocab" },
        "description": { "@container": "@language" },
        "examples": { "@id": "cr:examples", "@type": "@json" },
        "name": { "@container": "@language" },
    });
    for (word, meaning) in WORDS {
        context[word] = json!(meaning);
    }
    context
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_doi_has_an_address() {
        for (told, expected) in [
            ("10.1101/2020.02.10.20021584", Some("https://doi.org/10.1101/2020.02.10.20021584")),
            (
                "10.1016/ S0140-6736(20)30154-9",
                Some("https://doi.org/10.1016/S0140-6736(20)30154-9"),
            ),
            ("https://doi.org/10.1/x", Some("https://doi.org/10.1/x")),
            ("see the paper", None),
            ("10.1/<x>", None),
        ] {
            assert_eq!(doi_address(told).as_deref(), expected, "{told}");
        }
    }
}
