//! The baseline: `train`, `evaluate`, `report`.

use std::path::PathBuf;

use clap::{Args, value_parser};
use covid_ct::model::{Device, Network};
use covid_ct::store::Part;

#[derive(Debug, Args)]
pub struct TrainArgs {
    /// Name of the run: data/runs/NAME; an earlier run of that name is replaced when this one ends
    #[arg(value_name = "RUN", default_value = "default")]
    pub run: String,

    /// Dataset in the COVID-CT layout [default: data/export/default]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// The network: densenet121, densenet169 or densenet201
    #[arg(long, value_name = "NAME", default_value = "densenet121")]
    pub network: Network,

    /// Where the weights start: `random`, or a .safetensors file or one of Python's torch.save
    #[arg(long, value_name = "random|FILE", default_value = "random")]
    pub init: PathBuf,

    /// Passes over the training split
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = value_parser!(u32).range(1..))]
    pub epochs: u32,

    /// Images in a step
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = value_parser!(u32).range(1..))]
    pub batch: u32,

    /// Adam's learning rate at the start; it falls to 0 along a cosine
    #[arg(
        long,
        value_name = "RATE",
        default_value_t = 1e-4,
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

    /// Decides the initial weights, the order of the images and how each is seen
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,

    #[command(flatten)]
    pub compute: ComputeArgs,
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
}

/// Measures a trained network, or the runs of a series and what they say together.
///
/// Writes metrics, predictions, curves and the explained errors into the folder of each run measured. Of a
/// series NAME, that `train NAME --seeds N` made, every run is measured, and data/runs/NAME gets the mean and
/// the deviation of each metric and what the mean of the runs' probabilities is worth.
#[derive(Debug, Args)]
pub struct EvaluateArgs {
    /// Name of the run or series: data/runs/NAME
    #[arg(value_name = "RUN", default_value = "default")]
    pub run: String,

    /// Dataset in the COVID-CT layout [default: the one the run was trained on]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Part to measure on: train, val or test
    #[arg(long, value_name = "PART", default_value = "test")]
    pub part: Part,

    /// Score each picture and its mirror image, and take the mean of their log-odds
    #[arg(long)]
    pub flip: bool,

    /// Most confident errors to draw with what the network went by (Grad-CAM); 0 for none
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub explain: usize,

    #[command(flatten)]
    pub compute: ComputeArgs,

    /// The metrics as JSON on stdout
    #[arg(long)]
    pub json: bool,
}

/// Measures what could make a run look better than it is.
///
/// The network on pictures whose middle is blanked, and on the middle alone; boosted stumps that see only the
/// size, mode and file type, trained on the training part; the measured part without pictures that contradict
/// another; a run of its own on images dealt at random (`resplit`). Written to controls.json of the run.
#[derive(Debug, Args)]
pub struct ControlsArgs {
    /// Name of the run or series: data/runs/NAME
    #[arg(value_name = "RUN", default_value = "default")]
    pub run: String,

    /// Dataset in the COVID-CT layout [default: the one the run was trained on]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Part to measure on: train, val or test
    #[arg(long, value_name = "PART", default_value = "test")]
    pub part: Part,

    /// Score each picture and its mirror image, and take the mean of their log-odds
    #[arg(long)]
    pub flip: bool,

    /// Measure also without the pictures named in FILE, a name a line
    #[arg(long, value_name = "FILE")]
    pub exclude: Option<PathBuf>,

    /// Evaluated run on a dataset that `covid-ct resplit` dealt by image, to stand beside this one
    #[arg(long, value_name = "RUN")]
    pub image_split: Option<String>,

    #[command(flatten)]
    pub compute: ComputeArgs,

    /// The controls as JSON on stdout
    #[arg(long)]
    pub json: bool,
}

/// Makes a dataset of the same pictures in other parts, to train a control on.
///
/// Each part keeps its number of images of each class, but which they are is drawn at random, image by image,
/// as papers often do; images of one patient then stand in several parts, and what is measured is too good.
/// The pictures are linked, not copied.
#[derive(Debug, Args)]
pub struct ResplitArgs {
    /// Dataset in the COVID-CT layout
    #[arg(value_name = "DIR")]
    pub from: PathBuf,

    /// Folder to make
    #[arg(value_name = "OUT")]
    pub out: PathBuf,

    /// Leave every image in its part: with --exclude, to train without some of them
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
