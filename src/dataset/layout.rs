//! The published COVID-CT layout, as it is read and as it is written: which folder holds which
//! class, which list holds which part, which columns the MetaInfo has.

use crate::store::{Label, Part};

/// Folder of the pictures in an export; the published archives call it so too.
pub const IMAGES: &str = "Images-processed";

/// What the published copy that is unpacked calls it.
pub const IMAGES_UNPACKED: &str = "Images";

pub const SPLITS: &str = "Data-split";

/// MetaInfo without its extension: `.xlsx` as published, `.csv` as exported.
pub const META_INFO: &str = "COVID-CT-MetaInfo";

/// Columns of the published MetaInfo, in their order.
pub const META_INFO_COLUMNS: [&str; 11] = [
    "File name",
    "Patient ID",
    "Age",
    "Gender",
    "Location",
    "Medical history",
    "Time",
    "Severity",
    "Other diseases",
    "DOI",
    "Captions",
];

/// `COVID` or `NonCOVID`.
pub fn class_name(label: Label) -> &'static str {
    match label {
        Label::Covid => "COVID",
        Label::NonCovid => "NonCOVID",
    }
}

/// `CT_COVID` or `CT_NonCOVID`, below the folder of pictures.
pub fn class_folder(label: Label) -> String {
    format!("CT_{}", class_name(label))
}

/// `COVID/trainCT_COVID.txt` and its like, below [`SPLITS`].
pub fn list_file(label: Label, part: Part) -> String {
    let class = class_name(label);
    format!("{class}/{part}CT_{class}.txt")
}
