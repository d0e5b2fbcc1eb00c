//! The protocol of workers, both ways: what a worker that was taken over may answer, and what it is asked.

#![no_main]

use std::cell::RefCell;

use covid_ct::Workspace;
use covid_ct::extract::worker::{Request, Response};
use covid_ct::store::{Source, Store, StoreError};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static STORE: RefCell<(tempfile::TempDir, Store)> = RefCell::new({
        let folder = tempfile::tempdir().expect("folder");
        let store = Store::open(&Workspace::new(folder.path())).expect("store");
        (folder, store)
    });
}

fuzz_target!(|data: &[u8]| {
    let _ = serde_json::from_slice::<Request>(data);
    let Ok(Response::Read { extraction, .. }) = serde_json::from_slice(data) else { return };
    if extraction.fault(&extraction.sha256, |_| true).is_some() {
        return;
    }
    // What is not found at fault is recorded, or refused by the database.
    STORE.with_borrow_mut(|(_folder, store)| {
        let undone = store.transaction(|store| -> Result<(), StoreError> {
            if store.record(&extraction, Source::Pdf).is_ok() {
                store.record_again(&extraction).expect("what was recorded can be again");
            }
            Err(StoreError::Invalid("undone".into()))
        });
        assert!(undone.is_err());
    });
});
