//! `covid-ct bring-objects`, which the store runs where objects were left in a bucket.

use std::io::Write as _;
use std::path::Path;

use super::ingest::reading;
use super::{Outcome, neighbour};
use crate::cli::BringObjectsArgs;
use crate::corpus::Network;
use crate::store::Fetched;

/// Hands over where there is no network.
pub fn run(args: &BringObjectsArgs, network: Option<&dyn Network>) -> anyhow::Result<Outcome> {
    let Some(network) = network else {
        return Err(neighbour::hand_over(neighbour::FETCHING, neighbour::with_same_arguments));
    };
    let storage = network.storage(&args.place, &reading(&args.bucket))?;
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lines() {
        let line = line?;
        let (answer, bytes) = match storage.read(&line) {
            Ok(Some(bytes)) => (Fetched::Bytes(bytes.len() as u64), bytes),
            Ok(None) => {
                (Fetched::Error(format!("no object {}", Path::new(&line).display())), Vec::new())
            }
            Err(error) => (Fetched::Error(error.to_string()), Vec::new()),
        };
        serde_json::to_writer(&mut output, &answer)?;
        output.write_all(b"\n")?;
        output.write_all(&bytes)?;
        output.flush()?;
    }
    Ok(Outcome::Done)
}
