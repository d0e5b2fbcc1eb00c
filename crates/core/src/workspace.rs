//! Where things lie: one folder holds the corpus, the annotations and everything generated.

use std::path::{Path, PathBuf};

/// The folder a run works in. `corpus/` and `annotations/` are the user's, `data/` is generated.
#[derive(Debug, Clone)]
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The user's PDFs and the lists of them.
    pub fn corpus(&self) -> PathBuf {
        self.root.join("corpus")
    }

    /// What was downloaded from buckets or taken out of archives, to be ingested.
    pub fn unpacked(&self) -> PathBuf {
        self.data().join("unpacked")
    }

    /// Everything generated; safe to delete when `annotations/` holds the exported decisions.
    pub fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    pub fn database(&self) -> PathBuf {
        self.data().join("covid-ct.sqlite")
    }

    pub fn objects(&self) -> PathBuf {
        self.data().join("objects")
    }

    pub fn export(&self, name: &str) -> PathBuf {
        self.data().join("export").join(name)
    }

    pub fn run(&self, name: &str) -> PathBuf {
        self.data().join("runs").join(name)
    }

    pub fn pretrained(&self) -> PathBuf {
        self.data().join("pretrained")
    }

    pub fn runs(&self) -> PathBuf {
        self.data().join("runs")
    }

    pub fn show(&self) -> PathBuf {
        self.data().join("show")
    }

    pub fn audit(&self) -> PathBuf {
        self.data().join("audit")
    }

    pub fn report(&self) -> PathBuf {
        self.data().join("report")
    }
}
