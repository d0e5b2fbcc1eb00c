//! What can go wrong with training and evaluation, said so that the reader knows what to do.

use std::fmt;
use std::path::PathBuf;

use crate::dataset::DatasetError;
use crate::runs::RunFileError;
use crate::store::StoreError;
use covid_ct_core::{Label, Split};

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    #[error("{folder} holds no Images-processed/ and no Images/: expected a dataset in the published COVID-CT layout, as `covid-ct export` writes it", folder = folder.display())]
    NoDataset { folder: PathBuf },
    #[error("{folder} holds no pictures of two classes: expected folders called as the classes are ({classes}), a CSV of pictures and classes, or a dataset as `covid-ct export` writes it in the formats covid-ct and imagefolder", folder = folder.display())]
    NoExternal { folder: PathBuf, classes: String },
    #[error("cannot read {path}: {reason}", path = path.display())]
    External { path: PathBuf, reason: String },
    #[error("cannot read the list {path}: {source}", path = path.display())]
    List { path: PathBuf, source: std::io::Error },
    #[error("{count} {images} cannot be used:\n{list}",
        count = .0.len(), images = if .0.len() == 1 { "image" } else { "images" }, list = lines(.0))]
    BadImages(Vec<BadImage>),
    #[error("the {part} split of {folder} holds no {label} image; training and evaluation need images of every class", folder = folder.display())]
    MissingClass { folder: PathBuf, part: Split, label: Label },
    #[error("the {part} split of {folder} holds no image", folder = folder.display())]
    Empty { folder: PathBuf, part: Split },
    #[error("cannot read weights from {path}: {reason}; expected .safetensors, or what Python's torch.save writes", path = path.display())]
    Weights { path: PathBuf, reason: String },
    #[error("the weights in {path} do not fit {network} with torchvision's names: {mismatch}", path = path.display())]
    Mismatch { path: PathBuf, network: String, mismatch: String },
    #[error("{path}: {problem}; expected ChestX-ray14 as it is handed out, with Data_Entry_2017.csv beside images/", path = path.display())]
    Xrays { path: PathBuf, problem: String },
    #[error("no GPU to compute on: {0}; use --device cpu")]
    NoGpu(String),
    #[error(
        "the network's output for {file} is not a number: the weights are unusable, train again"
    )]
    NotANumber { file: String },
    #[error("the run '{0}' is being trained by another process; give this one another name")]
    Busy(String),
    #[error(
        "{folder} holds a training that was stopped before its end, with other settings ({differences}): train with \
         those to go on with it, with --fresh to give it up, or under another name",
        folder = folder.display()
    )]
    OtherStopped { folder: PathBuf, differences: String },
    #[error("cannot write {path}: {source}", path = path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    RunFiles(#[from] RunFileError),
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("libtorch: {0}")]
    Backend(Box<dyn std::error::Error + Send + Sync>),
}

/// An image a list names that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadImage {
    pub path: PathBuf,
    /// The list that names it.
    pub list: PathBuf,
    pub reason: String,
}

impl fmt::Display for BadImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, list, reason } = self;
        write!(f, "{}: {reason} (named in {})", path.display(), list.display())
    }
}

fn lines(images: &[BadImage]) -> String {
    images.iter().map(|image| format!("  {image}")).collect::<Vec<_>>().join("\n")
}
