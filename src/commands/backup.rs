//! `covid-ct backup`

use std::path::Path;

use crate::Workspace;
use crate::atomic::Noted;
use crate::store::Store;

use super::Outcome;
use crate::cli::BackupArgs;

pub fn run(workspace: &Path, args: &BackupArgs) -> anyhow::Result<Outcome> {
    let workspace = Workspace::new(workspace);
    let store = Store::open_to_read(&workspace)?;
    let _noted = Noted::new(&workspace, &args.file);
    store.backup(&args.file, args.force)?;
    println!("backup: {}", args.file.display());
    Ok(Outcome::Done)
}
