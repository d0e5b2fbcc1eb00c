//! `covid-ct`: everything but what needs libtorch or the internet, which its neighbours `covid-ct-learning` and
//! `covid-ct-fetching` do.

use std::process::ExitCode;

fn main() -> ExitCode {
    covid_ct::program::main(covid_ct::program::Parts::default())
}
