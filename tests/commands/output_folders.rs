//! What is written to is not deleted where it is not ours.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{files, papers, text};
use crate::reading_only::{covid_ct, fill};

/// A workspace with an export, and its folder.
fn workspace() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("temporary folder");
    let workspace = folder.path().join("workspace");
    fill(&workspace);
    covid_ct(&workspace, &["export"]).assert().success();
    (folder, workspace)
}

/// All files but those that reading a database touches.
fn kept(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let touched = |path: &Path| {
        let name = path.file_name().expect("name").to_string_lossy().into_owned();
        name.ends_with("-wal") || name.ends_with("-shm") || name.contains(".lock")
    };
    files(folder).into_iter().filter(|(path, _)| !touched(path)).collect()
}

#[test]
fn no_folder_of_the_users_is_replaced() {
    let (folder, workspace) = workspace();
    let export = workspace.join("data/export/default");
    let corpus = workspace.join("corpus");
    let notes = folder.path().join("notes");
    covid_ct(&workspace, &["annotations", "export"]).arg(&notes).assert().success();
    // A folder of PDFs elsewhere, one of the user's own, and one that only looks like an export.
    let elsewhere = papers(&folder.path().join("elsewhere"), 1);
    let own = folder.path().join("own");
    fs::create_dir(&own).expect("folder");
    fs::write(own.join("thesis.tex"), "mine").expect("written");
    let lookalike = folder.path().join("lookalike");
    fs::create_dir(&lookalike).expect("folder");
    fs::write(lookalike.join("MANIFEST.csv"), "name,sha256,crop\n").expect("written");
    fs::write(lookalike.join("thesis.tex"), "mine").expect("written");
    let inside_objects = workspace.join("data/objects/ab/export");
    let before = kept(folder.path());
    let targets = [
        &workspace,
        &workspace.join("data"),
        &workspace.join("data/objects"),
        &workspace.join("data/export"),
        &workspace.join("data/../data"),
        &corpus,
        &inside_objects,
        &folder.path().to_owned(),
        &notes,
        &elsewhere,
        &own,
        &lookalike,
    ];
    for target in targets {
        let refused = |mut command: assert_cmd::Command| {
            let told = command.assert().code(2);
            let told = text(&told.get_output().stderr);
            assert!(told.contains("not written to"), "{}: {told}", target.display());
            assert_eq!(kept(folder.path()).len(), before.len(), "{}", target.display());
        };
        let mut command = covid_ct(&workspace, &["export", "--out"]);
        command.arg(target);
        refused(command);
        let mut command = covid_ct(&workspace, &["rebuild", "--out"]);
        command.arg(target).arg(&export).arg("--pdfs").arg(&corpus).arg(&elsewhere);
        refused(command);
    }
    let mut command =
        covid_ct(&workspace, &["export", "--figures", "--format", "parquet", "--out"]);
    command.arg(&own).assert().code(2);
    // What it is rebuilt from would be lost where PDFs are missing.
    let mut command = covid_ct(&workspace, &["rebuild", "--out"]);
    command.arg(&export).arg(&export).arg("--pdfs").arg(&corpus).assert().code(2);
    assert!(kept(folder.path()) == before, "something has changed");
}

#[test]
fn what_a_user_put_into_an_export_is_named_and_left() {
    let (folder, workspace) = workspace();
    let target = folder.path().join("out");
    // An empty folder, a link to one, and an export are taken the place of.
    fs::create_dir(folder.path().join("real")).expect("folder");
    std::os::unix::fs::symlink(folder.path().join("real"), &target).expect("link");
    let export = |format: &str| {
        let mut command = covid_ct(&workspace, &["export", "--format", format, "--out"]);
        command.arg(&target);
        command
    };
    for format in ["covid-ct", "imagefolder", "webdataset", "parquet", "covid-ct"] {
        export(format).assert().success();
        covid_ct(&workspace, &["export", "--verify"]).arg(&target).assert().success();
    }
    assert!(target.is_symlink() && folder.path().join("real/MANIFEST.csv").is_file());
    for (mine, text_of_mine) in [
        ("notes.txt", "mine"),
        ("Images-processed/CT_COVID/mine.png", "mine"),
        ("README.md", "mine"),
    ] {
        let path = target.join(mine);
        let was = fs::read(&path).ok();
        fs::write(&path, text_of_mine).expect("written");
        let told = export("covid-ct").assert().code(2);
        let told = text(&told.get_output().stderr);
        assert!(told.contains(mine), "{told}");
        assert_eq!(fs::read_to_string(&path).expect("left"), text_of_mine);
        match was {
            Some(was) => fs::write(&path, was).expect("written"),
            None => fs::remove_file(&path).expect("removed"),
        }
    }
    export("covid-ct").assert().success();
    let here =
        covid_ct(&workspace, &["export", "--out", "."]).current_dir(&target).assert().code(2);
    assert!(text(&here.get_output().stderr).contains("runs in it"));
}

#[test]
fn no_file_of_another_kind_is_replaced() {
    let (folder, workspace) = workspace();
    let notes = folder.path().join("notes");
    fs::create_dir(&notes).expect("folder");
    fs::write(notes.join("decisions.csv"), "what,why\nbuy,milk\n").expect("written");
    let report = folder.path().join("report");
    fs::create_dir(&report).expect("folder");
    fs::write(report.join("index.html"), "my own page").expect("written");
    let before = kept(folder.path());
    let pdf = workspace.join("corpus/paper-0.pdf");
    let database = workspace.join("data/covid-ct.sqlite");
    let path = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    let (pdf, database, notes, report) = (path(&pdf), path(&database), path(&notes), path(&report));
    let refused: [&[&str]; 9] = [
        &["show", "paper-0", "--out", &pdf],
        &["show", "paper-0", "--png", "--page", "1", "--out", &pdf],
        &["show", "--out", &database],
        &["backup", &pdf],
        &["backup", "--force", &pdf],
        &["backup", "--force", &database],
        &["annotations", "export", &notes],
        &["report", "--out", &report],
        &["synth", &path(folder.path()), "--papers", "1"],
    ];
    // Annotations of curators lie where synthetic ones would go.
    let annotations = folder.path().join("annotations");
    fs::create_dir(&annotations).expect("folder");
    fs::write(annotations.join("decisions.csv"), "mine").expect("written");
    for args in refused {
        covid_ct(&workspace, args).assert().code(2);
    }
    fs::remove_dir_all(&annotations).expect("removed");
    assert!(kept(folder.path()) == before, "something has changed");
    let page = path(&folder.path().join("page.html"));
    let copy = path(&folder.path().join("copy.sqlite"));
    for _ in 0..2 {
        covid_ct(&workspace, &["show", "paper-0", "--out", &page]).assert().success();
        covid_ct(&workspace, &["backup", "--force", &copy]).assert().success();
    }
    // What a link leads to is replaced, not the link.
    let link = folder.path().join("link.html");
    std::os::unix::fs::symlink(&page, &link).expect("link");
    fs::write(&page, "").expect("emptied");
    covid_ct(&workspace, &["show", "paper-0", "--out", &path(&link)]).assert().success();
    assert!(link.is_symlink() && fs::metadata(&page).expect("file").len() > 0);
    covid_ct(&workspace, &["show", "paper-0", "--out", "/dev/null"]).assert().success();
    assert!(!fs::metadata("/dev/null").expect("a device").is_file());
}
