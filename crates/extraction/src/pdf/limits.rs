//! What one document may ask of its reader. Each limit is far above what papers need, and ends what is
//! no paper: bombs, loops, files made to exhaust whoever opens them.

use serde::{Deserialize, Serialize};

use super::PdfError;

/// Most of each thing that is read of a document. The options of `ingest` that set them have the same
/// names with `--max-` before.
///
/// What a page asks of memory and time altogether is limited by the worker's own limits, and how deep things
/// may lie within one another by MuPDF's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Pages of a document. Papers with all their supplements have some hundred.
    pub pages: u32,
    /// Objects of a document, as its cross-reference table counts them. The largest of the papers that
    /// this was made with has 12,000.
    pub objects: u32,
    /// MiB that the content streams of a page unfold to, forms counted each time they are drawn.
    pub content: u32,
    /// Operations of a page, forms counted each time they are drawn. The largest real page seen takes
    /// 2 million.
    pub operations: u64,
    /// Pixels of a picture once decoded: four times the largest scan seen in a preprint, and 300 MB of
    /// samples. A larger one is left out, and a warning names it; the rest of its document is read.
    pub pixels: u64,
}

impl Limits {
    /// Far above what papers need.
    pub const DEFAULT: Self = Self {
        pages: 2_000,
        objects: 1_000_000,
        content: 256,
        operations: 20_000_000,
        pixels: 100_000_000,
    };

    /// For a document that was read before, within limits that nobody knows any more; what pictures it
    /// gave depends on their pixels, so that limit stays.
    pub const KNOWN: Self = Self {
        pages: u32::MAX,
        objects: u32::MAX,
        content: u32::MAX,
        operations: u64::MAX,
        ..Self::DEFAULT
    };

    /// Whether a page may hold this stream too: `total` bytes with those that were read before.
    pub(super) fn check_content<T>(
        &self,
        read: &Result<T, mupdf::Error>,
        total: u64,
    ) -> Result<(), Excess> {
        let most = u64::from(self.content);
        match read {
            Err(error) if error.to_string().contains("compression bomb") => Err(Excess::Bomb),
            _ if total > most << 20 => {
                Err(Excess::More { what: "MiB of content", most, set_by: "--max-content" })
            }
            _ => Ok(()),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl std::fmt::Display for Limits {
    /// As a worker is told them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| std::fmt::Error)?)
    }
}

impl std::str::FromStr for Limits {
    type Err = serde_json::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        serde_json::from_str(text)
    }
}

/// What a page has too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Excess {
    /// More than so many of something, and the option that sets how many.
    More { what: &'static str, most: u64, set_by: &'static str },
    /// A stream that MuPDF gives up: it unfolds to more than 100 MiB and 200 times its size.
    Bomb,
}

impl Excess {
    pub(super) fn on_page(self, page: u32) -> PdfError {
        match self {
            Self::More { what, most, set_by } => PdfError::TooMuch { page, what, most, set_by },
            Self::Bomb => PdfError::Bomb { page },
        }
    }
}
