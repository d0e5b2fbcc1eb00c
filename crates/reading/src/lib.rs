//! Papers into the database, and out again as pages to look at: [`corpus`] gets the papers, [`extract`] has workers read
//! them and keeps what they find, [`show`] draws it over their pages, [`suspects`] tells what needs a look. [`cli`] and
//! [`commands`] are the commands for it, which `covid-ct` has, and the program `covid-ct-reading` alone.

#[macro_use]
pub mod printing;

pub mod cli;
pub mod commands;
pub mod corpus;
pub mod extract;
pub mod html;
pub mod show;
pub mod suspects;

pub use covid_ct_core::{Workspace, atomic};
pub use covid_ct_extraction::{figures, pdf};
pub use covid_ct_store as store;
pub use covid_ct_synth as synth;
