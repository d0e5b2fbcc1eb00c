//! The baseline: `pretrain`, `train`, `evaluate`, `predict`, `report`.

use std::path::PathBuf;

use crate::model::{Bench, Device, Network, Precision};
use crate::runs::{Fit, Hyperparameters, Keep, Profile};
use clap::{Args, Subcommand, value_parser};
use covid_ct_core::Split;

use super::dataset::folds;

#[derive(Debug, Args)]
pub struct TrainArgs {
    /// Name of the run: data/runs/NAME; an earlier run of that name is replaced when this one has come to its end
    #[arg(value_name = "RUN", default_value = "default")]
    pub run: String,

    /// Dataset in the COVID-CT layout [default: data/export/default]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// The network: densenet121, densenet169, densenet201, or the small densenet35
    #[arg(long, value_name = "NAME", default_value = "densenet121")]
    pub network: Network,

    /// Initial weights: `random`, a .safetensors file, or a file that Python's torch.save wrote
    #[arg(long, value_name = "random|FILE", default_value = "random")]
    pub init: PathBuf,

    /// Profile of the hyperparameters: `paper`; `tuned` for one tuned on the validation split: smaller pictures, a tenth of the time;
    /// `transfer` for weights of `pretrain phantoms` (--init): few epochs, a quarter of the time; or `robust`, an experiment for
    /// scans of other sources, from such weights of --fit lungs
    #[arg(long, value_name = "NAME", default_value = "paper")]
    pub profile: Profile,

    /// Decides the initial weights, the order of the images and their augmentation
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,

    /// Train so many runs, RUN-seed0, RUN-seed1 and so on, of the seeds from --seed up; `evaluate RUN`
    /// then measures them all
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..=1000))]
    pub seeds: Option<u64>,

    /// Train so many of the seeds at once, each with its share of the processors (or --threads): on a CPU all
    /// are done sooner than one after another
    #[arg(long, value_name = "N", requires = "seeds", default_value = "1")]
    pub jobs: std::num::NonZero<u32>,

    /// Train on each of so many datasets, DIR-fold1 and so on, that `export --folds` wrote: the runs, or with
    /// --seeds the series, RUN-fold1 and so on; `evaluate RUN` then measures them all
    #[arg(long, value_name = "K", value_parser = folds())]
    pub folds: Option<u32>,

    /// Start afresh where the same training was stopped or is complete
    #[arg(long)]
    pub fresh: bool,

    #[command(flatten)]
    pub recipe: HyperparameterArgs,

    #[command(flatten)]
    pub compute: ComputeArgs,
}

/// Settings that differ from the profile's.
#[derive(Debug, Args)]
#[command(next_help_heading = "Hyperparameters (what is not given is as the profile has it)")]
pub struct HyperparameterArgs {
    /// Passes over the training split
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    pub epochs: Option<u32>,

    /// Images in a step
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    pub batch: Option<u32>,

    /// Adam's learning rate at its highest; cosine decay to 0
    #[arg(long, value_name = "RATE", value_parser = learning_rate, allow_negative_numbers = true)]
    pub learning_rate: Option<f64>,

    /// Epochs over which the learning rate first rises
    #[arg(long, value_name = "N")]
    pub warmup: Option<u32>,

    /// Weight decay (AdamW): share of the weights taken off in each step, times the learning rate
    #[arg(long, value_name = "RATE", value_parser = part, allow_negative_numbers = true)]
    pub weight_decay: Option<f64>,

    /// Label smoothing: share of the target that is spread over all classes
    #[arg(long, value_name = "SHARE", value_parser = part, allow_negative_numbers = true)]
    pub label_smoothing: Option<f64>,

    /// Mix pairs of images by shares from Beta(A, A); 0 mixes none
    #[arg(long, value_name = "A", value_parser = mixup, allow_negative_numbers = true)]
    pub mixup: Option<f64>,

    /// Keep an exponential moving average of the weights, with this decay per step, such as 0.99; 0 keeps
    /// the weights themselves
    #[arg(long, value_name = "SHARE", value_parser = part, allow_negative_numbers = true)]
    pub ema: Option<f64>,

    /// Which epoch's weights to keep: the best on the validation split, as with --patience, or the last
    #[arg(long, value_name = "best|last")]
    pub keep: Option<Keep>,

    /// Whether all classes have the same weight in the loss, however many images they have
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    pub balance: Option<bool>,

    /// Epochs at the start in which only the last layer is trained, for pretrained weights (--init)
    #[arg(long, value_name = "N")]
    pub freeze: Option<u32>,

    /// End when so many epochs in a row brought nothing better on the validation split; 0 never does
    #[arg(long, value_name = "N")]
    pub patience: Option<u32>,

    /// Side of the square the network sees, in pixels
    #[arg(long, value_name = "PIXELS", value_parser = value_parser!(u32).range(64..=1024))]
    pub size: Option<u32>,

    /// How a picture becomes a square: crop its middle, squash it, or crop to the lungs and normalise their grey levels
    #[arg(long, value_name = "crop|squash|lungs")]
    pub fit: Option<Fit>,

    /// Area of the smallest random crop as a share of the picture's
    #[arg(long, value_name = "SHARE", value_parser = crop, allow_negative_numbers = true)]
    pub crop: Option<f32>,

    /// Change brightness and contrast by at most this share
    #[arg(long, value_name = "SHARE", value_parser = part, allow_negative_numbers = true)]
    pub jitter: Option<f64>,

    /// Probability, 0 to 1, of randomising what a picture's source leaves on it: grey levels, sharpness, noise, JPEG, letters
    #[arg(long, value_name = "PART", value_parser = part, allow_negative_numbers = true)]
    pub traces: Option<f64>,
}

impl HyperparameterArgs {
    /// The profile with what differs from it.
    pub fn of(&self, profile: Profile) -> Hyperparameters {
        let usual = Hyperparameters::of(profile);
        let patience = self.patience.unwrap_or(usual.patience);
        Hyperparameters {
            profile,
            epochs: self.epochs.unwrap_or(usual.epochs),
            batch: self.batch.unwrap_or(usual.batch),
            learning_rate: self.learning_rate.unwrap_or(usual.learning_rate),
            warmup: self.warmup.unwrap_or(usual.warmup),
            weight_decay: self.weight_decay.unwrap_or(usual.weight_decay),
            label_smoothing: self.label_smoothing.unwrap_or(usual.label_smoothing),
            mixup: self.mixup.unwrap_or(usual.mixup),
            ema: self.ema.unwrap_or(usual.ema),
            keep: self.keep.unwrap_or(if patience > 0 { Keep::Best } else { usual.keep }),
            balance: self.balance.unwrap_or(usual.balance),
            freeze: self.freeze.unwrap_or(usual.freeze),
            patience,
            size: self.size.unwrap_or(usual.size),
            fit: self.fit.unwrap_or(usual.fit),
            crop: self.crop.unwrap_or(usual.crop),
            jitter: self.jitter.map_or(usual.jitter, |part| part as f32),
            traces: self.traces.map_or(usual.traces, |part| part as f32),
        }
    }
}

#[derive(Debug, Args)]
pub struct ComputeArgs {
    /// Where to compute: auto (the GPU where there is one), cpu or cuda
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: Device,

    /// Threads that compute; another number changes the last digits of the result
    /// [default: number of processors]
    #[arg(long, value_name = "N")]
    pub threads: Option<std::num::NonZero<u32>>,

    /// What convolutions are computed in: fp32, bf16, or auto: in training the faster one, which the run records, in
    /// scoring bf16 on a GPU only
    #[arg(long, value_name = "NAME", default_value = "auto")]
    pub precision: Precision,
}

/// Learns features before `train`: from the findings of ChestX-ray14, or from pictures without labels.
/// The weights go to data/pretrained/NAME/weights.safetensors, for `train --init`.
#[derive(Debug, Args)]
pub struct PretrainArgs {
    #[command(subcommand)]
    pub task: PretrainTask,
}

#[derive(Debug, Subcommand)]
pub enum PretrainTask {
    /// From chest X-rays and their findings: ChestX-ray14 as it is handed out
    Xrays(PretrainXraysArgs),
    /// From synthetic chest slices and the signs drawn in them: needs no picture at all
    #[command(mut_arg("epochs", |arg| arg.default_value("4")))]
    #[command(mut_arg("size", |arg| arg.default_value("128")))]
    Phantoms(PretrainPhantomsArgs),
    /// From pairs of augmented views of the same picture (`SimCLR`); no labels are used
    Contrast(PretrainContrastArgs),
}

#[derive(Debug, Args)]
pub struct PretrainXraysArgs {
    /// Folder with `Data_Entry_2017.csv` and images/ or `images_001/images`/ and so on
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,

    /// Name of the result: data/pretrained/NAME
    #[arg(long, value_name = "NAME", default_value = "xrays")]
    pub name: String,

    #[command(flatten)]
    pub settings: PretrainSettings,
}

#[derive(Debug, Args)]
pub struct PretrainPhantomsArgs {
    /// How many slices are drawn to learn from
    #[arg(long, value_name = "N", default_value_t = 50_000, value_parser = value_parser!(u32).range(2..))]
    pub pictures: u32,

    /// Name of the result: data/pretrained/NAME
    #[arg(long, value_name = "NAME", default_value = "phantoms")]
    pub name: String,

    #[command(flatten)]
    pub settings: PretrainSettings,
}

#[derive(Debug, Args)]
pub struct PretrainContrastArgs {
    /// Folders of pictures. Of these, as of --data and --database, pictures that look like one of the validation or test
    /// split are left out
    #[arg(value_name = "DIR", required_unless_present_any = ["data", "database"])]
    pub folders: Vec<PathBuf>,

    /// Dataset in the COVID-CT layout: the pictures of its training split
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Whatever is marked as a CT in the database, of papers without a panel in validation or test of
    /// the split: panels, and what nobody has cropped yet as it is
    #[arg(long)]
    pub database: bool,

    /// The split that --database goes by
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub split: String,

    /// Dataset that you will evaluate on: its validation and test pictures are left out, as are those of --data and --split
    /// [default: data/export/default where it is, for pictures of folders and the database without --data]
    #[arg(long, value_name = "DIR")]
    pub held_out: Option<PathBuf>,

    /// Name of the result: data/pretrained/NAME
    #[arg(long, value_name = "NAME", default_value = "contrast")]
    pub name: String,

    /// Temperature of the contrastive loss: a smaller one gives hard negatives more weight
    #[arg(long, value_name = "T", default_value_t = 0.2, value_parser = learning_rate)]
    pub temperature: f64,

    #[command(flatten)]
    pub settings: PretrainSettings,
}

#[derive(Debug, Args)]
pub struct PretrainSettings {
    /// The network: densenet121, densenet169, densenet201, or the small densenet35
    #[arg(long, value_name = "NAME", default_value = "densenet121")]
    pub network: Network,

    /// Initial weights: `random`, a .safetensors file, or a file that Python's torch.save wrote
    #[arg(long, value_name = "random|FILE", default_value = "random")]
    pub init: PathBuf,

    /// Passes over the pictures
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = value_parser!(u32).range(1..))]
    pub epochs: u32,

    /// Pictures in a step
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = value_parser!(u32).range(2..))]
    pub batch: u32,

    /// Adam's learning rate at the start; cosine decay to 0
    #[arg(
        long,
        value_name = "RATE",
        default_value_t = 1e-3,
        value_parser = learning_rate,
        allow_negative_numbers = true
    )]
    pub learning_rate: f64,

    /// Side of the square the network sees, in pixels
    #[arg(
        long,
        value_name = "PIXELS",
        default_value_t = 224,
        value_parser = value_parser!(u32).range(64..=1024)
    )]
    pub size: u32,

    /// How a picture becomes a square: crop its middle, squash it, or crop to the lungs and normalise their grey levels
    #[arg(long, value_name = "crop|squash|lungs", default_value = "crop")]
    pub fit: Fit,

    /// Probability, 0 to 1, of randomising what a picture's source leaves on it: grey levels, sharpness, noise, JPEG, letters
    #[arg(
        long,
        value_name = "PART",
        default_value_t = 0.0,
        value_parser = part,
        allow_negative_numbers = true
    )]
    pub traces: f64,

    /// Decides the initial weights, the order of the pictures and their augmentation
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,

    /// Memory for pictures, in MiB; what does not fit is decoded or drawn each time
    #[arg(long, value_name = "MIB", default_value_t = 2048)]
    pub cache: u64,

    /// Start afresh where the same pretraining was stopped or is complete
    #[arg(long)]
    pub fresh: bool,

    #[command(flatten)]
    pub compute: ComputeArgs,
}

#[derive(Debug, Args)]
pub struct BenchNetworkArgs {
    /// train, infer, epoch or first-epoch
    pub what: Bench,

    /// Of epochs: a dataset in the COVID-CT layout
    #[arg(long, value_name = "DIR", required_if_eq_any([("what", "epoch"), ("what", "first-epoch")]))]
    pub data: Option<PathBuf>,

    #[arg(long, default_value = "densenet121")]
    pub network: Network,

    #[arg(long, default_value_t = 4)]
    pub batch: u32,

    #[arg(long, default_value_t = 224)]
    pub size: u32,

    #[arg(long, default_value_t = 10)]
    pub steps: u32,

    #[command(flatten)]
    pub compute: ComputeArgs,
}

/// Scores pictures with a trained network: the probability that each is of the task's positive class, of 0 to 1.
///
/// CSV on stdout: `score` and `file`; of the database's pictures `score`, `sha256` and `name`, which
/// `label --scores FILE` takes to ask first what has the highest score. `score` is P(positive class), and the
/// positive class is COVID where no task says otherwise: 1 is COVID for certain, 0 anything else for certain. It is calibrated only as far
/// as `evaluate` shows. A picture that cannot be read is named on stderr, and the exit code is 1.
#[derive(Debug, Args)]
pub struct PredictArgs {
    /// Name of the run or series first, as for `evaluate` [default: `default`], then pictures, or folders to search
    /// for them
    #[arg(value_name = "RUN|FILE", required_unless_present = "database")]
    pub run_and_files: Vec<PathBuf>,

    /// Every picture in the database but tiles and page furniture (logos, rules, icons)
    #[arg(long)]
    pub database: bool,

    /// Name of the run or series, data/runs/NAME, where a file is called like it: then all others are FILEs
    #[arg(long, value_name = "NAME")]
    pub run: Option<String>,

    /// Score each picture and its mirror image, and take the mean of their log-odds
    #[arg(long)]
    pub flip: bool,

    /// File to write instead of stdout; it is whole or not there
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// One JSON object a picture, one a line
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub compute: ComputeArgs,
}

/// What is measured, and on what.
#[derive(Debug, Args)]
pub struct MeasuredArgs {
    /// Name of the run or series: data/runs/NAME; for `evaluate` of a cross-validation too
    #[arg(value_name = "RUN", default_value = "default")]
    pub run: String,

    /// Dataset in the COVID-CT layout [default: the one the run was trained on]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Split to measure on: train, val or test
    #[arg(long = "split", alias = "part", value_name = "SPLIT", default_value = "test")]
    pub part: Split,

    /// Score each picture and its mirror image, and take the mean of their log-odds
    #[arg(long)]
    pub flip: bool,
}

/// Measures a trained network, or the runs of a series and their ensemble.
///
/// Writes metrics, predictions, curves and the explained errors into the run's folder. Of a series NAME, that
/// `train NAME --seeds N` made, every run is measured, and data/runs/NAME gets the mean and the deviation of each
/// metric, the metrics of the ensemble (the mean of the runs' probabilities), and its errors. Of a
/// cross-validation, that `train NAME --folds K` made, every fold is measured on groups held out from its training, and
/// data/runs/NAME gets the mean and the deviation over the folds and the metrics of all their predictions pooled.
#[derive(Debug, Args)]
pub struct EvaluateArgs {
    #[command(flatten)]
    pub measured: MeasuredArgs,

    /// Measure on an external dataset too, and show both side by side; may be given several times
    ///
    /// A folder of folders called as the classes are (`covid`, `CT_NonCOVID`), a CSV with a column of pictures (`file`) and
    /// one of classes (`label`), or a dataset as `export` writes it in the formats covid-ct and imagefolder, of which
    /// `--split` is measured.
    #[arg(long, value_name = "DIR|CSV")]
    pub external: Vec<PathBuf>,

    /// Most confident errors to draw with a saliency map (Grad-CAM); 0 for none
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub explain: usize,

    #[command(flatten)]
    pub compute: ComputeArgs,

    /// The metrics as JSON on stdout
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ModelArgs {
    #[command(subcommand)]
    pub command: ModelCommand,
}

#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// Write a model card: what a network was trained on, its scores here and on external data, known shortcuts, what it is for
    Card(ModelCardArgs),
}

#[derive(Debug, Args)]
pub struct ModelCardArgs {
    /// Name of the run or series: data/runs/NAME
    #[arg(value_name = "RUN", default_value = "default")]
    pub run: String,

    /// File to write instead of `MODEL_CARD.md` in the run's folder
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Measures what could make a run look better than it is.
///
/// The network on pictures whose middle is blanked, and on the middle alone; boosted stumps that see only the
/// size, colour mode and file type, trained on the training split; the measured split without pictures whose labels
/// contradict; another run, trained on images split at random (`resplit`). Written to controls.json of the run, for another split
/// than test to controls-val.json or controls-train.json.
#[derive(Debug, Args)]
pub struct ControlsArgs {
    #[command(flatten)]
    pub measured: MeasuredArgs,

    /// Measure also without the pictures named in FILE, a name a line
    #[arg(long, value_name = "FILE")]
    pub exclude: Option<PathBuf>,

    /// Evaluated run on a dataset that `covid-ct resplit` split by image, to compare with this one
    #[arg(long, value_name = "RUN")]
    pub image_split: Option<String>,

    #[command(flatten)]
    pub compute: ComputeArgs,

    /// The controls as JSON on stdout
    #[arg(long)]
    pub json: bool,
}

/// Makes a dataset of the same pictures in other splits, to train a control on.
///
/// Each split keeps its number of images of each class, but which they are is drawn at random, image by image,
/// as papers often do; images of one patient are then in several splits, and the scores are too high.
/// The pictures are linked, not copied.
#[derive(Debug, Args)]
pub struct ResplitArgs {
    /// Dataset in the COVID-CT layout
    #[arg(value_name = "DIR")]
    pub from: PathBuf,

    /// Folder to make
    #[arg(value_name = "OUT")]
    pub out: PathBuf,

    /// Leave every image in its split: with --exclude, to train without some of them
    #[arg(long, requires = "exclude")]
    pub keep: bool,

    /// Leave out the pictures named in FILE, a name a line
    #[arg(long, value_name = "FILE")]
    pub exclude: Option<PathBuf>,

    /// Decides which image goes where
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Folder to write to [default: data/report]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Above 1 Adam's steps only overflow.
fn learning_rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if rate > 0.0 && rate <= 1.0 => Ok(rate),
        _ => Err("expected a number above 0 and at most 1, such as 1e-4".into()),
    }
}

fn part(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(part) if (0.0..1.0).contains(&part) => Ok(part),
        _ => Err("expected a number of at least 0 and below 1, such as 0.1".into()),
    }
}

fn mixup(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(a) if (0.0..=100.0).contains(&a) => Ok(a),
        _ => Err("expected a number of 0 to 100, such as 0.2".into()),
    }
}

fn crop(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(part) if part > 0.0 && part <= 1.0 => Ok(part),
        _ => Err("expected a number above 0 and at most 1, such as 0.5".into()),
    }
}
