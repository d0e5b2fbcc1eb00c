//! Why a dataset cannot be rebuilt.

use std::path::{Path, PathBuf};

use crate::curation::annotations::AnnotationsError;
use crate::dataset::DatasetError;
use crate::extract::IngestError;
use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RebuildError {
    #[error("nothing to rebuild from at {path}: expected RECIPE.csv or MANIFEST.csv, a folder with one of them, or a folder of annotations with decisions.csv", path = path.display())]
    NoSource { path: PathBuf },
    #[error("the recipe lists panels and figures as a whole: rebuild each from its own export")]
    BothKinds,
    #[error("none of the paths of --pdfs leads to a PDF that can be read")]
    NoPdf,
    #[error("none of the pictures is in the PDFs:\n  {}", .0.join("\n  "))]
    NothingFound(Vec<String>),
    #[error("the annotations hold several splits ({0}): name one with --split")]
    WhichSplit(String),
    #[error("cannot write {path}: {source}", path = path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("cannot read {path}: {source}", path = path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Ingest(#[from] IngestError),
    #[error(transparent)]
    Annotations(#[from] AnnotationsError),
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub type Result<T> = std::result::Result<T, RebuildError>;

impl RebuildError {
    pub(super) fn write(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Write { path, source }
    }

    pub(super) fn read(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Read { path, source }
    }
}
