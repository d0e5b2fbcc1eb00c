//! Progress of a look at all pictures of a dataset, for `split` and `audit`.

use std::sync::Mutex;

use crate::dataset::features::Watch;
use crate::duplicates::Progress;
use indicatif::ProgressBar;

use super::progress_bar;

/// Bars for what takes seconds: reading pictures, screening pairs, comparing what is left. Hidden where
/// stderr is no terminal.
pub struct Bars(Mutex<Option<ProgressBar>>);

impl Bars {
    pub fn new() -> Self {
        Self(Mutex::new(None))
    }

    fn start(&self, length: usize, what: &'static str) {
        if let Ok(mut bar) = self.0.lock()
            && let Some(done) = bar.replace(progress_bar(length, what))
        {
            done.finish_and_clear();
        }
    }

    fn step(&self) {
        if let Ok(bar) = self.0.lock()
            && let Some(bar) = bar.as_ref()
        {
            bar.inc(1);
        }
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        if let Ok(mut bar) = self.0.lock()
            && let Some(bar) = bar.take()
        {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Bars {
    fn start(&self, pictures: usize) {
        Self::start(self, pictures, "screening");
    }

    fn screened(&self) {
        self.step();
    }

    fn left(&self, candidates: usize) {
        Self::start(self, candidates, "comparing");
    }

    fn compared(&self) {
        self.step();
    }
}

impl Watch for Bars {
    fn pictures(&self, count: usize) {
        Self::start(self, count, "reading");
    }

    fn read(&self) {
        self.step();
    }
}
