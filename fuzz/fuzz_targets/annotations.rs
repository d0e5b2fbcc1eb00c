//! The CSV files of annotations, imported into a database that holds a paper they may speak of. A form feed
//! ends a file; the files come in the order of `FILES`.

#![no_main]

use std::cell::RefCell;
use std::path::Path;

use covid_ct::Workspace;
use covid_ct::curation::annotations;
use covid_ct::pdf::Limits;
use covid_ct::store::{Source, Store, StoreError};
use libfuzzer_sys::fuzz_target;

const FILES: [&str; 5] = ["decisions.csv", "panels.csv", "cases.csv", "splits.csv", "pictures.csv"];

struct Scene {
    folder: tempfile::TempDir,
    store: Store,
}

fn set_up() -> Scene {
    let folder = tempfile::tempdir().expect("folder");
    let mut store = Store::open(&Workspace::new(folder.path())).expect("store");
    let pdf = covid_ct::synth::paper(3, 0).pdf;
    let objects = store.objects().clone();
    let read = covid_ct::extract::read(Path::new("paper-0.pdf"), &pdf, Limits::DEFAULT, &objects);
    store.record(&read.expect("read").extraction, Source::Pdf).expect("recorded");
    Scene { folder, store }
}

thread_local! {
    static SCENE: RefCell<Scene> = RefCell::new(set_up());
}

fuzz_target!(|data: &[u8]| {
    SCENE.with_borrow_mut(|Scene { folder, store }| {
        let mut files = data.split(|byte| *byte == 0x0c);
        for name in FILES {
            let path = folder.path().join(name);
            match files.next() {
                Some(bytes) => std::fs::write(path, bytes).expect("written"),
                None => drop(std::fs::remove_file(path)),
            }
        }
        // Nothing stays, so that each input meets the same database.
        let undone = store.transaction(|store| -> Result<(), StoreError> {
            let _ = annotations::import(store, folder.path());
            Err(StoreError::Invalid("undone".into()))
        });
        assert!(undone.is_err());
    });
});
