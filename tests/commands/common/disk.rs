//! Disks that fill up.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::skipped;

/// A file system of so many KiB, which goes with the value; `None` where none can be mounted.
pub struct Small(PathBuf);

impl Small {
    pub fn mount(at: &Path, kib: u32) -> Option<Self> {
        fs::create_dir_all(at).expect("folder");
        let size = format!("size={kib}k");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "small"]).arg(at).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(at.to_owned()));
        }
        skipped("no file system can be mounted here");
        None
    }

    #[allow(dead_code)] // Not of every program of tests.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    pub fn grow(&self, kib: u32) {
        let options = format!("remount,size={kib}k");
        let grown = Command::new("mount").args(["-o", &options]).arg(&self.0).status();
        assert!(grown.expect("run").success());
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}
