//! `covid-ct-web`: `covid-ct` with a page, for `label --web`. The one place that answers HTTP; what is asked and
//! what an answer means is `covid_ct::curation::seat`.
//!
//! `serve` listens, `access` says who may ask and from where, `limits` how much and how often, `routes` which
//! addresses there are, `desks` has a curator each at work; `page` and `pictures` are what is sent.

mod access;
mod desks;
mod limits;
mod page;
mod pictures;
mod routes;
mod serve;
mod tls;

use std::process::ExitCode;

use covid_ct::curation::Summary;
use covid_ct::curation::seat::{Server, Serving};
use covid_ct::program::Parts;

fn main() -> ExitCode {
    covid_ct::program::main(Parts { server: Some(&Page), ..Parts::default() })
}

/// HTTP/1.1, over TLS where a certificate is given.
#[derive(Debug)]
struct Page;

impl Server for Page {
    fn serve(&self, serving: Serving) -> anyhow::Result<Vec<(String, Summary)>> {
        serve::serve(serving)
    }
}
