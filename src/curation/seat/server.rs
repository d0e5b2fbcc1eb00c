//! What serves the page of `label --web`. The one there is, is the crate `covid-ct-web`, in a program of its own.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use super::super::item::AsPrinted;
use super::super::lines::Summary;
use super::super::options::QueueOptions;
use crate::Workspace;
use covid_ct_core::Stage;

/// Makes what draws figures as printed, one for each curator.
pub type MakePrinter = Arc<dyn Fn() -> Box<dyn AsPrinted> + Send + Sync>;

/// What is to be asked, of whom, and where.
#[derive(Clone)]
pub struct Serving {
    pub workspace: Workspace,
    /// `None` for each stage in turn.
    pub stage: Option<Stage>,
    pub options: QueueOptions,
    /// At least one, each once.
    pub curators: Vec<String>,
    pub listen: SocketAddr,
    /// The address by which browsers reach it, such as `https://labels.example.org`; `None` where that is
    /// where it listens.
    pub origin: Option<String>,
    /// The certificate chain and its private key, as PEM.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Whether a proxy in front of it speaks TLS.
    pub behind_proxy: bool,
    /// Whether links that were given before lead nowhere any more.
    pub new_links: bool,
    pub printer: MakePrinter,
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serving").field("listen", &self.listen).finish_non_exhaustive()
    }
}

/// Serves a page.
pub trait Server: fmt::Debug {
    /// Serves until the process is told to end; gives what each curator did.
    ///
    /// # Errors
    /// Where it cannot listen there, or what is asked for is not safe.
    fn serve(&self, serving: Serving) -> anyhow::Result<Vec<(String, Summary)>>;
}
