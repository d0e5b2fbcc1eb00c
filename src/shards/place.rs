//! Where shards and pictures go: a folder or an address.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use covid_ct_shards::list::is_address;

/// A folder, or a prefix of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Folder(PathBuf),
    /// Without a slash at its end.
    Address(String),
}

impl FromStr for Place {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(if is_address(text) {
            Self::Address(text.trim_end_matches('/').to_owned())
        } else {
            Self::Folder(text.into())
        })
    }
}

impl Place {
    pub fn is_address(&self) -> bool {
        matches!(self, Self::Address(_))
    }

    /// What is called `name` in it.
    #[must_use]
    pub fn join(&self, name: &str) -> Self {
        match self {
            Self::Folder(folder) => Self::Folder(folder.join(name)),
            Self::Address(address) => Self::Address(format!("{address}/{name}")),
        }
    }

    /// As it is told and noted: a folder as an absolute path.
    pub fn noted(&self) -> String {
        match self {
            Self::Folder(folder) => absolute(folder).to_string_lossy().into_owned(),
            Self::Address(address) => address.clone(),
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "{}", folder.display()),
            Self::Address(address) => f.write_str(address),
        }
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_told_from_addresses() {
        let place = |text: &str| text.parse::<Place>().expect("a place");
        assert_eq!(place("s3://b/x/").join("y").to_string(), "s3://b/x/y");
        assert_eq!(place("/a").join("y"), Place::Folder("/a/y".into()));
        assert!(Path::new(&place("a").noted()).is_absolute());
    }
}
