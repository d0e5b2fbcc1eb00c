//! The baseline network: pictures in, a score for COVID out.
//!
//! A [`DatasetFolder`] lists examples, [`Pictures`] decodes them, [`augment`] turns one into what
//! the network sees, [`train`] learns from them and [`Evaluation`] measures any [`Scorer`]. Only
//! `torch/` knows tch; without the feature `train` everything else still builds, and
//! [`check_available`] says what is missing.

pub mod augment;
pub mod checkpoint;
pub mod controls;
mod error;
mod evaluation;
mod evidence;
mod examples;
mod options;
mod origins;
mod pictures;
pub mod pretrain;
mod run_folder;
#[cfg(feature = "train")]
mod torch;
#[cfg(not(feature = "train"))]
#[path = "without_torch.rs"]
mod torch;
mod viewing;

pub use error::{BadImage, ModelError};
pub use evaluation::{Evaluation, Scorer, probability, score};
pub use evidence::{EvidenceMap, Explainer, explain};
pub use examples::{DatasetFolder, Example, missing_class};
pub use options::{
    Bench, BenchOptions, Compute, Device, Ending, FreshHead, Network, Precision, Progress,
    TrainOptions,
};
pub use origins::origins;
pub use pictures::{Batch, Filed, Picture, Pictures, Preparation, Shown};
pub use run_folder::{NewRun, Standing};
pub use torch::{bench, check_available, load_scorer, pretrain, train};
pub use viewing::{Blank, CENTRE, Viewed, Viewing, mean_probability};

pub type Result<T> = std::result::Result<T, ModelError>;
