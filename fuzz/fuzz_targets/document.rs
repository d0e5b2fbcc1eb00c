//! From the bytes of a PDF to all that is found in it, MuPDF included.

#![no_main]

use std::path::Path;

use covid_ct::extract;
use covid_ct::pdf::Limits;
use covid_ct_core::{ObjectId, ObjectStore};
use covid_ct_extraction::document::Extraction;
use libfuzzer_sys::fuzz_target;

/// So little that an input takes no long time.
const LIMITS: Limits =
    Limits { pages: 20, objects: 10_000, content: 4, operations: 100_000, pixels: 1_000_000 };

thread_local! {
    static FOLDER: tempfile::TempDir = tempfile::tempdir().expect("folder");
}

fuzz_target!(|data: &[u8]| FOLDER.with(|folder| {
    let objects = ObjectStore::open(folder.path()).expect("store");
    if let Ok(reading) = extract::read(Path::new("fuzz.pdf"), data, LIMITS, &objects) {
        let found = &reading.extraction;
        let kept = |object: &ObjectId| objects.path(object).is_file();
        assert_eq!(found.fault(&found.sha256, kept), None);
        // It is handed on as JSON, where no number may be infinite, and boxes are rounded.
        let text = serde_json::to_string(found).expect("JSON");
        let again: Extraction = serde_json::from_str(&text).expect("read");
        assert_eq!(serde_json::to_string(&again).expect("JSON"), text);
    }
}));
