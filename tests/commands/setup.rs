//! `tools/check-system.sh`, which `make` begins with, on systems that lack everything: it sees nothing but the programs
//! of a folder.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;

use crate::common::skipped;

/// What the script itself is made of.
const NEEDED: [&str; 11] =
    ["bash", "cat", "cut", "dirname", "env", "grep", "head", "paste", "sed", "sort", "uname"];

/// A program of two lines.
fn program(folder: &Path, name: &str, script: &str) {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("rights");
}

/// A system with these programs, with Rust, and with nothing to build C or to run Python.
fn system(programs: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = std::env::var_os("PATH").expect("PATH");
    for name in NEEDED {
        let found = std::env::split_paths(&path).map(|folder| folder.join(name));
        let found = found.into_iter().find(|path| path.is_file()).expect(name);
        symlink(found, folder.path().join(name)).expect("link");
    }
    program(folder.path(), "cargo", "echo cargo 1.99.0");
    for (name, script) in programs {
        program(folder.path(), name, script);
    }
    folder
}

fn check(system: &Path, options: &[&str]) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/check-system.sh");
    let mut command = Command::new(system.join("bash"));
    command.arg(script).args(options).env("PATH", system).env("SYSTEM", system);
    command
}

/// Notes what it was asked for; what is installed is there from then on.
const APT: &str = r#"echo "$@" >>"$SYSTEM/asked"
case $1 in install)
    for name in cc c++ make readelf python3; do
        echo '#!/bin/sh' >"$SYSTEM/$name"
        /bin/chmod 755 "$SYSTEM/$name"
    done
esac"#;

/// Only what the script looks for as a program is missing here, whatever libraries there are.
fn asked(system: &Path) -> String {
    fs::read_to_string(system.join("asked")).unwrap_or_default()
}

#[test]
fn root_on_debian_gets_what_is_missing() {
    if !Path::new("/bin/chmod").exists() {
        return skipped("/bin/chmod is not here");
    }
    let system = system(&[("id", "echo 0"), ("apt-get", APT)]);
    let told = predicate::str::contains("missing: a C compiler (cc)")
        .and(predicate::str::contains("installing: "));
    check(system.path(), &[]).assert().success().stderr(told);
    let asked = asked(system.path());
    assert!(asked.starts_with("update\ninstall -y --no-install-recommends "), "{asked}");
    for package in ["binutils", "build-essential", "python3", "python3-pip"] {
        assert!(asked.split_whitespace().any(|word| word == package), "{package}: {asked}");
    }
    check(system.path(), &[]).assert().success().stderr("");
}

#[test]
fn nothing_is_installed_where_that_may_not_be_done() {
    let command =
        predicate::str::contains("sudo apt-get update && sudo apt-get install -y binutils");
    let user = system(&[("id", "echo 1000"), ("apt-get", APT)]);
    check(user.path(), &[]).assert().code(1).stderr(command.clone());
    let told_not_to = system(&[("id", "echo 0"), ("apt-get", APT)]);
    check(told_not_to.path(), &["--no-install"]).assert().code(1).stderr(command.clone());
    let with_password = system(&[("id", "echo 1000"), ("apt-get", APT), ("sudo", "exit 1")]);
    check(with_password.path(), &[]).assert().code(1).stderr(command);
    for system in [user, told_not_to, with_password] {
        assert_eq!(asked(system.path()), "");
    }
}

#[test]
fn sudo_that_asks_for_no_password_installs() {
    let sudo = "[ \"$1\" = -n ] && exit 0\nexec \"$@\"";
    let system = system(&[("id", "echo 1000"), ("apt-get", APT), ("sudo", sudo)]);
    check(system.path(), &[]).assert().success();
    assert!(asked(system.path()).contains("build-essential"));
}

#[test]
fn other_systems_are_told_their_own_packages() {
    let fedora = system(&[("id", "echo 0"), ("dnf", "exit 1")]);
    let told = predicate::str::contains("sudo dnf install -y binutils gcc gcc-c++ make python3");
    check(fedora.path(), &[]).assert().code(1).stderr(told);
    let mac = system(&[("id", "echo 501")]);
    fs::remove_file(mac.path().join("uname")).expect("removed");
    program(mac.path(), "uname", "echo Darwin");
    let told = predicate::str::contains("xcode-select --install")
        .and(predicate::str::contains("brew install python"))
        .and(predicate::str::contains("apt-get").not());
    check(mac.path(), &[]).assert().code(1).stderr(told);
}
