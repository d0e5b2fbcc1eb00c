//! What comes from preprint servers: an answer of the API, the JATS of an article, or a MECA archive where the
//! input begins as a zip.

#![no_main]

use covid_ct::corpus::{Article, Meca, Server, api};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static FOLDER: tempfile::TempDir = tempfile::tempdir().expect("folder");
}

fuzz_target!(|data: &[u8]| {
    if data.starts_with(b"PK") {
        FOLDER.with(|folder| {
            let path = folder.path().join("x.meca");
            std::fs::write(&path, data).expect("written");
            let _ = Meca::open(&path);
        });
    } else {
        let _ = api::parse(data, Some(Server::Medrxiv));
        let _ = Article::parse(data);
    }
});
