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
