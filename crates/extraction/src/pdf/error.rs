//! Why a document or a page of it could not be read.

/// Why a document or a page of it could not be read. Pages count from 1; the message of a variant says what its fields are.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum PdfError {
    #[error("the file is empty: fetch it again")]
    Empty,
    #[error("not a PDF: no %PDF- header in its first 1024 bytes (an HTML page saved as .pdf?)")]
    NotAPdf,
    #[error("asks for a password: decrypt it first, for instance with `qpdf --decrypt`")]
    Encrypted,
    #[error("no page of it can be read: it is cut short or damaged, fetch it again")]
    NoPages,
    /// More than its [`Limits`](super::Limits) allow.
    #[error("has {found} {what}, no paper as many: the limit is {most} (raise {set_by})")]
    TooMany { what: &'static str, found: u64, most: u64, set_by: &'static str },
    #[error("page {page}: more than {most} {what}: no paper needs as much (raise {set_by})")]
    TooMuch { page: u32, what: &'static str, most: u64, set_by: &'static str },
    #[error(
        "page {page}: a decompression bomb: a stream unfolds to more than 100 MiB, and 200 times its size"
    )]
    Bomb { page: u32 },
    #[error(
        "page {page}: more than 2047 graphics states within one another, or patterns, forms or arrays \
         that hold each other: no paper needs as much, and MuPDF goes no deeper"
    )]
    TooDeep { page: u32 },
    #[error("damaged: {doing} failed: {source}")]
    Broken { doing: &'static str, source: mupdf::Error },
    #[error("page {page}: {doing} failed: {source}")]
    BrokenPage { page: u32, doing: &'static str, source: mupdf::Error },
    #[error(
        "page {page}: its content is missing: the file is cut short or damaged, fetch it again"
    )]
    NoContent { page: u32 },
    #[error("page {page} cannot be drawn: {problem}")]
    NotDrawn { page: u32, problem: String },
    #[error("image {xref}: {problem}")]
    BrokenImage { xref: u32, problem: String },
}

impl PdfError {
    pub(super) fn broken(doing: &'static str) -> impl Fn(mupdf::Error) -> Self {
        move |source| Self::Broken { doing, source }
    }
}
