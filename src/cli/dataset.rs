//! What becomes of labelled panels: `import-release`, `split`, `audit`, `export`.

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

/// Divides the labelled panels into train, val and test: whole groups, each class and source as close
/// to the ratio as they allow.
///
/// A group is what may show one patient: the panels of a paper in all its versions, of papers that
/// print the same picture (re-scaled, re-compressed, cropped or mirrored), or slices of one scan. Splits have
/// names and live side by side; one of the same name is replaced.
#[derive(Debug, Args)]
pub struct SplitArgs {
    /// Name of the split
    #[arg(value_name = "NAME", default_value = "default")]
    pub name: String,

    /// Parts of train, val and test; the default is the paper's
    #[arg(long, value_name = "TRAIN,VAL,TEST", default_value = "70,12,18")]
    pub ratio: String,

    /// What stays together
    #[arg(long, value_enum, default_value = "group")]
    pub by: SplitBy,

    /// Take the parts that an imported release was published with
    #[arg(long, conflicts_with_all = ["ratio", "by", "seed"])]
    pub published: bool,

    /// Decides which part a group falls to, of those that keep the ratio
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SplitBy {
    /// Papers, those that share a picture or a scan together
    Group,
    /// Cases of a paper
    Patient,
    /// Papers in all their versions
    Paper,
}

/// Looks for what makes a dataset look easier than it is.
///
/// Pictures that are there twice (re-scaled, re-compressed, brightened, cropped, mirrored), slices of
/// one scan, labels that contradict each other there; with --split, patients, papers and pictures
/// that are in two parts; and how well the class can be told without looking at the lungs, from size,
/// shape, colour mode, file type, JPEG quality, border and source (cross-validated AUROC).
///
/// Exit code 1 where the split leaks: a picture, patient or paper is in two parts. In a split by
/// patient, papers may be.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// Split to look for leaks in
    #[arg(long, value_name = "NAME")]
    pub split: Option<String>,

    /// One JSON object
    #[arg(long)]
    pub json: bool,

    /// Also write an HTML page with the pictures side by side, to data/audit/NAME.html
    #[arg(long)]
    pub html: bool,

    /// Folder to write the HTML page to
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
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
