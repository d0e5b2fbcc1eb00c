//! Disks that are full, files that may not grow, and rights of what is written.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use crate::common::disk::Small;
use crate::common::{files, text};
use crate::reading_only::{covid_ct, fill};

/// Runs a command in a shell that has set something before: `umask 027`.
fn after(set: &str, workspace: &Path, args: &[&str]) -> Output {
    Command::new("sh")
        .args(["-c", &format!("{set}; exec \"$@\""), "sh", crate::PROGRAM])
        .env("COVID_CT_WORKSPACE", workspace)
        .args(args)
        .output()
        .expect("run")
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().expect("UTF-8").to_owned()
}

/// What only reads, or writes elsewhere.
fn read_and_copy(workspace: &Path, elsewhere: &Path) {
    let out = |name: &str| path(elsewhere, name);
    let (copy, notes, export, page) =
        (out("copy.sqlite"), out("notes"), out("export"), out("page.html"));
    let commands: [&[&str]; 8] = [
        &["status"],
        &["figures", "--json"],
        &["stats"],
        &["backup", &copy],
        &["annotations", "export", &notes],
        &["export", "--out", &export],
        &["export", "--verify", &export],
        &["show", "paper-0", "--out", &page],
    ];
    for args in commands {
        let done = covid_ct(workspace, args).output().expect("run");
        assert!(done.status.success(), "{args:?}: {}", text(&done.stderr));
    }
    for written in ["copy.sqlite", "notes/decisions.csv", "export/MANIFEST.csv", "page.html"] {
        assert!(elsewhere.join(written).is_file(), "{written}");
    }
    let restored = elsewhere.join("restored");
    fs::create_dir_all(restored.join("data")).expect("folder");
    fs::copy(&copy, restored.join("data/covid-ct.sqlite")).expect("copied");
    let again = covid_ct(&restored, &["annotations", "export", &path(elsewhere, "again")]);
    { again }.assert().success();
    let decisions =
        |name: &str| fs::read(elsewhere.join(name).join("decisions.csv")).expect("file");
    assert_eq!(decisions("notes"), decisions("again"));
}

#[test]
fn a_full_disk_lets_one_read_and_copy_elsewhere() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let Some(disk) = Small::mount(&folder.path().join("disk"), 64 * 1024) else { return };
    let workspace = disk.folder();
    fill(workspace);
    for older in [false, true] {
        if older {
            let db = rusqlite::Connection::open(workspace.join("data/covid-ct.sqlite"));
            db.expect("database").execute_batch(crate::common::BACK_TO_SIX).expect("as before");
        }
        // Not a byte is left, and the files that SQLite keeps beside the database are gone.
        let filler = workspace.join("filler");
        let _ = fs::write(&filler, vec![0; 64 << 20]);
        let elsewhere = folder.path().join(format!("elsewhere-{older}"));
        fs::create_dir(&elsewhere).expect("folder");
        read_and_copy(workspace, &elsewhere);
        // What has to write there names the disk.
        let refused = covid_ct(workspace, &["split", "more"]).assert().code(2);
        let told = text(&refused.get_output().stderr);
        assert!(told.contains("full") && told.contains("covid-ct.sqlite"), "{told}");
        let refused = covid_ct(workspace, &["export"]).assert().code(2);
        let told = text(&refused.get_output().stderr);
        assert!(told.contains("No space left") && told.contains("data/export"), "{told}");
        let refused = covid_ct(workspace, &["backup", &path(workspace, "copy")]).assert().code(2);
        let told = text(&refused.get_output().stderr);
        assert!(told.contains("disk/copy"), "{told}");
        fs::remove_file(&filler).expect("removed");
        covid_ct(workspace, &["split", if older { "b" } else { "a" }, "--ratio", "1,0,0"])
            .assert()
            .success();
    }
    let remount = |how: &str| {
        let options = format!("remount,{how}");
        let status = Command::new("mount").args(["-o", &options]).arg(workspace).status();
        assert!(status.expect("run").success());
    };
    remount("ro");
    let elsewhere = folder.path().join("elsewhere-read-only");
    fs::create_dir(&elsewhere).expect("folder");
    read_and_copy(workspace, &elsewhere);
    remount("rw");
}

#[test]
fn a_limit_on_files_is_an_error_with_words() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let workspace = folder.path().join("workspace");
    fill(&workspace);
    let elsewhere = path(folder.path(), "export");
    let copy = path(folder.path(), "copy.sqlite");
    // In blocks of 512 bytes, as a POSIX shell counts.
    let commands: [(&str, &[&str], &str); 3] = [
        ("ulimit -f 1", &["export", "--out", &elsewhere], "File too large"),
        ("ulimit -f 8", &["backup", &copy], "ulimit -f"),
        ("ulimit -f 1", &["split", "more", "--ratio", "1,0,0"], "ulimit -f"),
    ];
    for (limit, args, words) in commands {
        let done = after(limit, &workspace, args);
        let told = text(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{args:?}: {told}");
        assert!(told.contains(words), "{args:?}: {told}");
    }
    assert!(!Path::new(&elsewhere).exists() && !Path::new(&copy).exists());
    let left = files(folder.path()).into_iter().map(|(path, _)| path.display().to_string());
    let left: Vec<String> =
        left.filter(|path| path.contains(".writing-") || path.contains(".covid-ct-")).collect();
    assert_eq!(left, [""; 0]);
    covid_ct(&workspace, &["split", "more", "--ratio", "1,0,0"]).assert().success();
}

#[test]
fn rights_follow_the_umask() {
    for (umask, of_files, of_folders) in [("027", 0o640, 0o750), ("002", 0o664, 0o775)] {
        let folder = tempfile::tempdir().expect("temporary folder");
        let workspace = folder.path().join("workspace");
        fill(&workspace);
        let corpus = path(&workspace, "corpus");
        // What reading the papers left goes; it is made again under the umask.
        fs::rename(workspace.join("data"), folder.path().join("before")).expect("moved");
        let root = folder.path().join("root");
        fs::create_dir(&root).expect("folder");
        let out = |name: &str| path(&root, name);
        let (export, notes, copy, page, png, resplit, report, audit, rebuilt) = (
            out("export"),
            out("notes"),
            out("copy.sqlite"),
            out("page.html"),
            out("page.png"),
            out("resplit"),
            out("report"),
            out("audit"),
            out("rebuilt"),
        );
        let of_before = path(folder.path(), "of-before");
        let old = folder.path().join("old");
        fs::create_dir(&old).expect("folder");
        fs::rename(folder.path().join("before"), old.join("data")).expect("moved");
        covid_ct(&old, &["annotations", "export", &of_before]).assert().success();
        let inside = workspace.to_str().expect("UTF-8");
        let commands: [&[&str]; 13] = [
            &["ingest", &corpus],
            &["annotations", "import", &of_before],
            &["split", "default", "--ratio", "1,0,0"],
            &["export"],
            &["export", "--out", &export],
            &["annotations", "export", &notes],
            &["backup", &copy],
            &["show", "paper-0", "--out", &page],
            &["show", "paper-0", "--page", "1", "--png", "--out", &png],
            &["resplit", &export, &resplit],
            &["report", "--out", &report],
            &["audit", "--out", &audit],
            &["rebuild", &export, "--pdfs", &corpus, "--out", &rebuilt],
        ];
        for args in commands {
            let done = after(&format!("umask {umask}"), &workspace, args);
            assert!(done.status.code() < Some(2), "{args:?}: {}", text(&done.stderr));
        }
        let made = [root.as_path(), &Path::new(inside).join("data")];
        for entry in made.iter().flat_map(|made| walkdir::WalkDir::new(made).min_depth(1)) {
            let entry = entry.expect("entry");
            let wanted = match entry.file_type() {
                kind if kind.is_dir() => of_folders,
                kind if kind.is_file() => of_files,
                _ => continue,
            };
            let mode = entry.metadata().expect("metadata").permissions().mode() & 0o777;
            assert_eq!(mode, wanted, "{:o} of {} under {umask}", mode, entry.path().display());
        }
    }
}
