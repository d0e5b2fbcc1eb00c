//! Articles as archives and servers hand them out: JATS, and MECA archives with JATS and a PDF in them. Strangers wrote
//! them, so they too are opened by a worker alone.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::isolation::Reach;
use super::jats::Article;
use super::meca::Meca;
use super::pool::{Options, Supervised};

/// What the parent asks about an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
pub enum ArticleRequest {
    /// What a file of JATS says.
    Jats { path: PathBuf },
    /// What an archive holds; its files go into the folder `into`.
    Archive { path: PathBuf, into: PathBuf },
}

/// What the worker answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Article {
        article: Article,
        /// Whether an archive had JATS in it.
        jats: bool,
    },
    Failed {
        error: String,
    },
}

/// What an archive's files are called once they are out of it.
const PDF: &str = "article.pdf";
const JATS: &str = "article.xml";

/// Answers in the worker.
pub(super) fn answer(request: &ArticleRequest) -> impl Serialize + use<> {
    let read = match request {
        ArticleRequest::Jats { path } => Article::read(path).map(|article| (article, true)),
        ArticleRequest::Archive { path, into } => Meca::open(path).and_then(|meca| meca.put(into)),
    };
    match read {
        Ok((article, jats)) => Answer::Article { article, jats },
        Err(error) => Answer::Failed { error },
    }
}

impl Meca {
    fn put(self, into: &Path) -> Result<(Article, bool), String> {
        let write = |name: &str, bytes: &[u8]| {
            std::fs::write(into.join(name), bytes)
                .map_err(|error| format!("cannot be unpacked: {error}"))
        };
        write(PDF, &self.pdf)?;
        if let Some(jats) = &self.jats {
            write(JATS, jats)?;
        }
        Ok((self.article, self.jats.is_some()))
    }
}

/// Has articles read, one after another, in one worker process that is started when it is first needed and replaced
/// when it dies.
#[derive(Debug)]
pub struct Articles {
    worker: Option<Supervised>,
    /// What archives are unpacked into, one after the other.
    folder: Option<TempDir>,
    options: Options,
}

impl Articles {
    pub fn new(options: Options) -> Self {
        Self { worker: None, folder: None, options }
    }

    /// What a file of JATS says.
    ///
    /// # Errors
    /// What is wrong with it; that it takes more time or memory than allowed; that no worker can be started.
    pub fn jats(&mut self, path: &Path) -> Result<Article, String> {
        let path = real(path)?;
        let reach = Reach::of_document(&path);
        Ok(self.ask(&ArticleRequest::Jats { path }, &reach)?.0)
    }

    /// What an archive holds.
    ///
    /// # Errors
    /// As [`jats`](Self::jats).
    pub fn archive(&mut self, path: &Path) -> Result<Meca, String> {
        let path = real(path)?;
        let unwritable = |error: std::io::Error| format!("cannot be unpacked: {error}");
        let folder = match self.folder.take() {
            Some(folder) => folder,
            None => tempfile::tempdir().map_err(unwritable)?,
        };
        let into = self.folder.insert(folder).path().to_owned();
        let mut reach = Reach::of_document(&path);
        reach.write(&into.join(PDF));
        let request = ArticleRequest::Archive { path, into: into.clone() };
        let (article, jats) = self.ask(&request, &reach)?;
        let read = |name: &str| std::fs::read(into.join(name)).map_err(unwritable);
        let jats = if jats { Some(read(JATS)?) } else { None };
        Ok(Meca { pdf: read(PDF)?, jats, article })
    }

    fn ask(&mut self, request: &ArticleRequest, reach: &Reach) -> Result<(Article, bool), String> {
        let worker = match &mut self.worker {
            Some(worker) => worker,
            none => {
                none.insert(Supervised::start(&self.options, reach.clone()).map_err(|error| {
                    format!("cannot start a worker ({}): {error}", self.options.program.display())
                })?)
            }
        };
        match worker.ask(request, reach, &self.options).map_err(|loss| loss.error)? {
            Answer::Article { article, jats } => Ok((article, jats)),
            Answer::Failed { error } => Err(error),
        }
    }
}

/// Where a file really lies, which is what a worker is let read.
fn real(path: &Path) -> Result<PathBuf, String> {
    path.canonicalize().map_err(|error| format!("cannot be read: {error}"))
}
