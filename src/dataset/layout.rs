//! The layout that COVID-CT was published in, as it is read and as it is written: which folder holds which
//! class, which list holds which part, which columns the MetaInfo has.

use covid_ct_core::task::Class;

use crate::task;
use covid_ct_core::{Label, Split};

/// Folder of the pictures in an export; the published archives call it so too.
pub const IMAGES: &str = "Images-processed";

/// What the published copy that is unpacked calls it.
pub const IMAGES_UNPACKED: &str = "Images";

pub const SPLITS: &str = "Data-split";

/// MetaInfo without its extension: `.xlsx` as published, `.csv` as exported; `COVID-CT-MetaInfo` of COVID-CT.
pub fn meta_info() -> &'static str {
    &task::in_force().export.meta_info
}

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

/// Folder of a class's lists: `COVID` or `NonCOVID`.
pub fn class_name(label: Label) -> &'static str {
    &label.class().list
}

/// Folder of a class below that of pictures: `CT_COVID` or `CT_NonCOVID`.
pub fn class_folder(label: Label) -> String {
    label.class().folder.clone()
}

/// `COVID/trainCT_COVID.txt` and its like, below [`SPLITS`].
pub fn list_file(label: Label, part: Split) -> String {
    let Class { list, folder, .. } = label.class();
    format!("{list}/{part}{folder}.txt")
}
