//! `covid-ct`: everything but networks, which its neighbour `covid-ct-learning` computes.

use std::process::ExitCode;

fn main() -> ExitCode {
    covid_ct::program::main(None)
}
