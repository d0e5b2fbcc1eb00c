//! What can go wrong while a curator is asked.

use std::io;

use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot read the answers or write the questions")]
    Terminal(#[from] io::Error),
}

pub(super) type Result<T> = std::result::Result<T, SessionError>;
