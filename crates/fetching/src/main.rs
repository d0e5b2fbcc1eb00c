//! `covid-ct-fetching`: `covid-ct` with a network, for the commands that ask servers or read buckets. The one place
//! that knows HTTP and TLS; what is asked for, and what becomes of it, is `covid_ct::corpus`.

mod bucket;
mod client;
mod download;
mod pace;
mod private;
mod retry;
mod storage;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use covid_ct::corpus::{self, Lock, Network, Politeness, Reading};

use bucket::Bucket;
use client::Client;
use storage::Storage;

fn main() -> ExitCode {
    covid_ct::program::main(covid_ct::program::Parts {
        network: Some(&Internet),
        ..covid_ct::program::Parts::default()
    })
}

/// HTTP, S3 and Google's storage, over TLS where the address says so.
#[derive(Debug)]
struct Internet;

impl Network for Internet {
    fn client<'a>(
        &self,
        politeness: Politeness,
        lock: &'a Lock,
        stop: Arc<AtomicBool>,
    ) -> corpus::Result<Box<dyn corpus::Client + 'a>> {
        Ok(Box::new(Client::new(politeness, lock, stop)?))
    }

    fn bucket(&self, address: &str, reading: &Reading) -> corpus::Result<Box<dyn corpus::Bucket>> {
        Ok(Box::new(Bucket::open(address, reading)?))
    }

    fn storage(
        &self,
        address: &str,
        reading: &Reading,
    ) -> corpus::Result<Box<dyn corpus::Storage>> {
        Ok(Box::new(Storage::open(address, reading)?))
    }
}
