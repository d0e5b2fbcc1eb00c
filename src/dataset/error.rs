//! What can go wrong with a dataset, said so that the reader knows what to do.

use std::path::{Path, PathBuf};

use super::export::Format;
use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    #[error(
        "no labelled panels: a panel enters a split once its picture is selected, cropped and diagnosed (`covid-ct label`, `covid-ct annotations import DIR` or `covid-ct import-release DIR`)"
    )]
    NothingLabelled,
    #[error(
        "no split named '{name}' here ({known}): make it with `covid-ct split {name}`, or name another with --split"
    )]
    NoSuchSplit { name: String, known: String },
    #[error(
        "no panel of the split '{0}' has a label of the classes asked for any more: nothing to export"
    )]
    NothingOfSplit(String),
    #[error(
        "the format {0} has no place for figures as a whole, which have no class: give --format webdataset or --format parquet"
    )]
    FiguresFormat(Format),
    #[error("no figure with a picture here: read PDFs with `covid-ct ingest` first")]
    NoFigures,
    #[error(
        "of the split '{split}' {}. `covid-ct status` names what is disputed and `covid-ct label adjudicate` \
         settles it; `covid-ct split` splits what has a class now; --classes leaves a class out, and \
         --allow-empty exports all the same",
        .what.join("; ")
    )]
    Emptied { split: String, what: Vec<String> },
    #[error("nothing to export")]
    NothingToExport,
    #[error("no picture could be written:\n  {}", .0.join("\n  "))]
    NothingReadable(Vec<String>),
    #[error(
        "the format {0} names its classes as COVID-CT was published: give --classes without names, or another --format"
    )]
    ClassNames(Format),
    #[error("interrupted; what was there before is unchanged")]
    Interrupted,
    #[error("cannot start threads: {0}")]
    Threads(String),
    #[error("{path}: {problem}; expected a MANIFEST.csv or RECIPE.csv as `covid-ct export` writes them", path = path.display())]
    Manifest { path: PathBuf, problem: String },
    #[error("{path} is no export: it holds no MANIFEST.csv; `covid-ct export` writes one", path = path.display())]
    NoExport { path: PathBuf },
    #[error(
        "no release was imported: `covid-ct import-release DIR` keeps the splits it was published with"
    )]
    NothingPublished,
    #[error(
        "the split '{0}' holds the splits that a release was published with: give the new split another name"
    )]
    IsPublished(String),
    #[error("{folder}: not written to: {why}; name another folder with --out, or move what is yours out of it", folder = folder.display())]
    Occupied { folder: PathBuf, why: String },
    #[error("'{0}' cannot name an export: expected a plain folder name")]
    BadName(String),
    #[error("{folder} is no COVID-CT release: {missing} is missing; expected Images/ or Images-processed/ with CT_COVID/ and CT_NonCOVID/ (unpacked), Data-split/ with its lists, and COVID-CT-MetaInfo.xlsx or .csv", folder = folder.display())]
    NoRelease { folder: PathBuf, missing: String },
    #[error("no list of {folder} names '{name}', which is to be left out: give names as the lists have them", folder = folder.display())]
    NotListed { folder: PathBuf, name: String },
    #[error("{path}: {problem}", path = path.display())]
    MetaInfo { path: PathBuf, problem: String },
    #[error("cannot read {path}: {source}", path = path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot write {path}: {source}", path = path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub type Result<T> = std::result::Result<T, DatasetError>;

impl DatasetError {
    pub(crate) fn read(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Read { path, source }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Write { path, source }
    }
}
