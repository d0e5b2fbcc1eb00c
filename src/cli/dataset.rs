//! What becomes of labelled panels: `import-release`, `split`, `export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub struct ImportReleaseArgs {
    /// Folder with Images/ or Images-processed/, Data-split/ and COVID-CT-MetaInfo.{xlsx,csv}
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,

    /// Name given to the release's own split
    #[arg(long, value_name = "NAME", default_value = "published")]
    pub split: String,
}

/// Finds each published picture in the pictures extracted from its paper, and records the box, the class and
/// the patient as decisions on those.
///
/// Prints one line of CSV a picture: file, class, preprint, version, page, xref, panel (`x,y,w,h` in pixels of
/// the extracted picture), scale (pixels of the published picture a pixel of that one) and score (correlation
/// of the grey levels; from 0.9 on a picture counts as found). What is not found is listed on stderr.
#[derive(Debug, Args)]
pub struct RecoverCropsArgs {
    /// Folder of the release, as for `import-release`
    #[arg(long, value_name = "DIR")]
    pub release: PathBuf,

    /// PDFs of its papers, to be ingested first; named as the release names the paper where they are no
    /// preprints
    #[arg(long, value_name = "PATH")]
    pub pdfs: Option<PathBuf>,

    /// Name of the split that the release's own lists are added to
    #[arg(long, value_name = "NAME", default_value = "published")]
    pub split: String,

    /// Pictures searched, and documents read, at a time [default: the processors there are]
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<std::num::NonZero<usize>>,
}

#[derive(Debug, Args)]
pub struct SplitArgs {
    /// Name of the split
    #[arg(value_name = "NAME", default_value = "default")]
    pub name: String,

    /// Parts of train, val and test; the default is the paper's
    #[arg(long, value_name = "TRAIN,VAL,TEST", default_value = "70,12,18")]
    pub ratio: String,

    /// What stays together
    #[arg(long, value_enum, default_value = "patient")]
    pub by: SplitBy,

    /// Decides which part a patient (or paper) falls to, of those that keep the ratio
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SplitBy {
    Patient,
    Paper,
}

#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Name of the export: data/export/NAME
    #[arg(value_name = "NAME", default_value = "default")]
    pub name: String,

    /// Split to export [default: the one named like the export]
    #[arg(long, value_name = "NAME")]
    pub split: Option<String>,

    /// Layout
    #[arg(long, value_enum, default_value = "covid-ct")]
    pub format: ExportFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    CovidCt,
}
