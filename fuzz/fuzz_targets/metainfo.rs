//! The MetaInfo of a release: a workbook where the input begins as a zip, else CSV.

#![no_main]

use covid_ct::dataset::release;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static FOLDER: tempfile::TempDir = tempfile::tempdir().expect("folder");
}

fuzz_target!(|data: &[u8]| FOLDER.with(|folder| {
    let name = if data.starts_with(b"PK") { "meta.xlsx" } else { "meta.csv" };
    let path = folder.path().join(name);
    std::fs::write(&path, data).expect("written");
    let _ = release::read_meta_info(&path);
}));
