//! Serves the folders below a folder as buckets, on loopback, until its standard input ends: for `make cluster-test`. Prints
//! its address.

#[path = "../tests/commands/s3.rs"]
mod s3;

use std::io::Read as _;
use std::path::PathBuf;

fn main() {
    let root = std::env::args_os().nth(1).map(PathBuf::from).expect("a folder of buckets");
    println!("{}", s3::serve(&root, None));
    // Whoever started this holds the other end.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
