//! The baseline network: pictures in, a score for the positive class out, and of more than two classes one each.
//!
//! A [`DatasetFolder`] lists examples, [`Pictures`] decodes them, [`augment`] turns one into what
//! the network sees, a [`Backend`] learns from them and [`Evaluation`] measures any [`Scorer`]. Nothing
//! here knows tch: the backend is the crate `covid-ct-learning`.

pub mod augment;
mod backend;
pub mod checkpoint;
pub mod controls;
mod error;
mod evaluation;
mod examples;
mod external;
mod input_transform;
mod leaks;
mod lungs;
mod odds;
mod options;
mod origins;
mod picture;
mod pictures;
pub mod pretrain;
mod run_folder;
mod saliency;
mod traces;

pub use backend::Backend;
pub use error::{BadImage, ModelError};
pub use evaluation::{BATCH, Evaluation, Scorer, score};
pub use examples::{DatasetFolder, Example, missing_class};
pub use external::open_external;
pub use input_transform::{Blank, CENTRE, InputTransform, Transformed};
pub use leaks::leaks;
pub use odds::{Odds, probability};
pub use options::{
    Bench, BenchOptions, Compute, Device, Ending, FreshHead, Network, Precision, Progress, Speed,
    TrainOptions,
};
pub use origins::origins;
pub use picture::{Filed, Picture, Preparation, Shown};
pub use pictures::{Batch, Pictures};
pub use run_folder::{NewRun, Standing};
pub use saliency::{Explainer, SaliencyMap, explain};

pub type Result<T> = std::result::Result<T, ModelError>;
