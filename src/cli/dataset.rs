//! What becomes of labelled panels: `import-release`, `split`, `audit`, `export`.

use std::path::PathBuf;

use crate::dataset::PAPERS_RATIO;
use clap::builder::RangedI64ValueParser;
use clap::{Args, ValueEnum, value_parser};

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

    /// Ratio of train, val and test; the default is the paper's
    #[arg(long, value_name = "TRAIN,VAL,TEST", default_value = PAPERS_RATIO)]
    pub ratio: String,

    /// What stays together
    #[arg(long, value_enum, default_value = "group")]
    pub by: SplitBy,

    /// Take the train, val and test splits that an imported release was published with
    #[arg(long, conflicts_with_all = ["ratio", "by", "seed"])]
    pub published: bool,

    /// Make a cross-validation of so many folds: NAME-fold1 and so on, in each of which one fold is the test split, the next
    /// one the validation split, and the others are trained on
    #[arg(long, value_name = "K", value_parser = folds(), conflicts_with_all = ["ratio", "published"])]
    pub folds: Option<u32>,

    /// Seed: decides which split a group goes to, of those that keep the ratio
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

/// Looks for leakage, duplicates and shortcuts: what makes a dataset look easier than it is.
///
/// Duplicate pictures (re-scaled, re-compressed, brightened, cropped, mirrored), slices of one scan,
/// duplicates with contradicting labels; with --split, patients, papers and pictures that are in two
/// splits of it; and how well the class is predicted without looking at the lungs, from size,
/// shape, colour mode, file type, JPEG quality, border and source (cross-validated AUROC). With
/// --predictions, labels that are probably wrong too.
///
/// Exit code 1 where there is leakage: a picture, patient or paper is in two splits. In a split by
/// patient, a paper may be in two without being counted.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// Split to check for leakage
    #[arg(long, value_name = "NAME")]
    pub split: Option<String>,

    /// Predictions of the folds of a cross-validation: list the labels that are probably wrong, by confident learning.
    /// Folders that `evaluate` wrote into (data/runs/NAME), or their predictions.csv; each picture must be predicted
    /// by networks that have seen neither it nor others of its group
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub predictions: Vec<PathBuf>,

    /// Write these labels to a CSV file, which `label --state decided --scores FILE` takes to ask about them first
    #[arg(long, value_name = "FILE", requires = "predictions")]
    pub wrong_labels: Option<PathBuf>,

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

/// Writes the panels of a split as a dataset: pictures, their lists, and beside them, in every format,
/// MANIFEST.csv (every file with its SHA-256, and where each picture is from), COVID-CT-MetaInfo.csv,
/// README.md (the dataset card) and croissant.json.
///
/// The same annotations give the same bytes, on any machine. With --licence open, pictures that may
/// not be re-hosted are left out and listed in RECIPE.csv, from which `covid-ct rebuild` makes them
/// again.
///
/// With --figures it is every figure of the corpus, whatever it shows: the picture, or the figure drawn as
/// printed, with caption, sub-captions and the sentences that cite it.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Name of the export: data/export/NAME [default: `default`, or `figures` with --figures]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,

    /// Split to export [default: the one named like the export]
    #[arg(long, value_name = "NAME")]
    pub split: Option<String>,

    /// Export all figures of the corpus with their texts, not the panels of a split; as webdataset or parquet
    #[arg(long, conflicts_with_all = ["split", "folds", "classes", "size"])]
    pub figures: bool,

    /// Export the K folds that `split --folds K` made: SPLIT-fold1 as NAME-fold1, and so on
    #[arg(long, value_name = "K", value_parser = folds())]
    pub folds: Option<u32>,

    /// Folder to write instead; with --folds, the name to which -fold1 and so on is added
    #[arg(long, value_name = "DIR", conflicts_with = "verify")]
    pub out: Option<PathBuf>,

    /// Go on where a class has no picture left in train, val or test, though the split had some
    #[arg(long, conflicts_with = "verify")]
    pub allow_empty: bool,

    #[command(flatten)]
    pub dataset: DatasetArgs,

    /// Write nothing: check the export in DIR against its MANIFEST.csv, and name what differs
    #[arg(long, value_name = "DIR", conflicts_with_all = ["name", "split", "folds", "figures"])]
    pub verify: Option<PathBuf>,
}

/// Hands an export to `hf`, the command of `huggingface_hub`, which uploads it with its own login.
///
/// Only an export is published of which every picture may be passed on, as `export --licence open` writes it,
/// and every file is as its MANIFEST.csv lists it. What becomes public is shown, and asked about.
#[derive(Debug, Args)]
pub struct PublishArgs {
    /// Name of the export: data/export/NAME
    #[arg(value_name = "NAME", default_value = "default")]
    pub name: String,

    /// The dataset repository at Hugging Face; one that is not there is made
    #[arg(long, value_name = "OWNER/NAME")]
    pub repo: String,

    /// Make the repository private: only those whom its owner lets in see it
    #[arg(long)]
    pub private: bool,

    /// Publish without asking for confirmation
    #[arg(long)]
    pub yes: bool,
}

/// Makes a dataset again, out of PDFs that you have and what others decided about them.
///
/// FROM is the RECIPE.csv or MANIFEST.csv of an export, the folder of an export (both files of it), or
/// a folder of annotations. A PDF is known by the SHA-256 of its bytes; where a server has stamped it
/// anew, a picture is known by its own bytes in the same paper, by its page and object number, or by
/// its looks; the output counts the pictures known by each. With a recipe, every picture is checked against its
/// SHA-256; with annotations, the files of the dataset are, where there is a SHA256SUMS.
#[derive(Debug, Args)]
pub struct RebuildArgs {
    /// RECIPE.csv, MANIFEST.csv, folder of an export, or folder of annotations
    #[arg(value_name = "FROM")]
    pub from: PathBuf,

    /// PDFs, or folders to search for them
    #[arg(long, value_name = "PATH", required = true, num_args = 1..)]
    pub pdfs: Vec<PathBuf>,

    /// Folder to write [default: data/rebuilt/NAME in the workspace, NAME being that of FROM's folder]; one that holds
    /// anything but an export is refused
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Of annotations: the split to write [default: the only one, or one by group where there is none]
    #[arg(long, value_name = "NAME")]
    pub split: Option<String>,

    #[command(flatten)]
    pub dataset: DatasetArgs,
}

/// Prints the numbers that papers report of a dataset, beside those of the COVID-CT paper.
///
/// Pictures, patients, papers, heights and widths are of all panels that have a class; train, val and test are
/// of a split.
#[derive(Debug, Args)]
pub struct StatsArgs {
    /// Split [default: `default`, or the only one]
    #[arg(value_name = "SPLIT")]
    pub split: Option<String>,

    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

/// How a dataset is written.
#[derive(Debug, Args)]
pub struct DatasetArgs {
    /// Format
    #[arg(long, value_enum, default_value = "covid-ct")]
    pub format: ExportFormat,

    /// Classes to write, in the order of their numbers; `CLASS=NAME` names one, in formats other than
    /// covid-ct [default: those of the task, in its order]
    #[arg(long, value_name = "CLASS,…")]
    pub classes: Option<String>,

    /// Which pictures to write: any, or those whose licence lets everybody re-host them (CC0, CC BY,
    /// CC BY-SA, and for non-commercial use CC BY-NC)
    #[arg(long, value_enum, value_name = "LICENCE", default_value = "any")]
    pub licence: LicenceArg,

    /// Size of the pictures: native pixels, or 224 x 224; a recipe has a size of its own
    #[arg(long, value_enum, value_name = "SIZE", default_value = "native")]
    pub size: SizeArg,

    /// Pictures cut at the same time [default: number of processors]
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<std::num::NonZeroUsize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// As COVID-CT was published; what `train` reads
    CovidCt,
    /// Hugging Face imagefolder
    #[value(name = "imagefolder")]
    ImageFolder,
    /// Tar shards for the webdataset library
    #[value(name = "webdataset")]
    WebDataset,
    /// Parquet with the pictures in it
    Parquet,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LicenceArg {
    Any,
    Open,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SizeArg {
    Native,
    #[value(name = "224")]
    Square,
}

/// With fewer than three there is nothing to train on beside the test and the validation split.
pub fn folds() -> RangedI64ValueParser<u32> {
    value_parser!(u32).range(3..=100)
}
