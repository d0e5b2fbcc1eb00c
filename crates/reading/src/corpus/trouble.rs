//! Why what was asked for did not come.

use std::time::Duration;

/// Why an attempt came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    pub kind: Kind,
    /// For people: what came, and what was expected.
    pub what: String,
    /// What the server asks to wait, by `Retry-After`.
    pub wait: Option<Duration>,
    /// Whether more of the file is at hand than before.
    pub progress: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Ctrl-C.
    Interrupted,
    /// The server does not have it.
    Missing,
    /// The server does not give it, now or to us.
    Refused,
    /// What came is not the whole file, or another kind of file.
    Damaged,
    /// The network or the server failed.
    Failed,
    /// The server answered as it would again: not to be understood.
    Unexpected,
    /// It would fail again: an address that is none, a file that is too large.
    Hopeless,
    /// The disk here takes no more.
    Disk,
}

impl Trouble {
    pub fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), wait: None, progress: false }
    }

    /// Whether asking again may help.
    pub fn may_pass(&self) -> bool {
        matches!(self.kind, Kind::Refused | Kind::Damaged | Kind::Failed)
    }
}
