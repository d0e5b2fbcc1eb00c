//! What can go wrong here: what the library knows of, and what libtorch says.

use covid_ct::dataset::DatasetError;
use covid_ct::model::ModelError;
use covid_ct::runs::RunFileError;
use tch::TchError;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("libtorch: {0}")]
    Torch(#[from] TchError),
}

pub type Result<T> = std::result::Result<T, Error>;

impl From<Error> for ModelError {
    fn from(error: Error) -> Self {
        match error {
            Error::Model(error) => error,
            Error::Torch(error) => Self::Backend(Box::new(error)),
        }
    }
}

impl From<RunFileError> for Error {
    fn from(error: RunFileError) -> Self {
        Self::Model(error.into())
    }
}

impl From<DatasetError> for Error {
    fn from(error: DatasetError) -> Self {
        Self::Model(error.into())
    }
}
