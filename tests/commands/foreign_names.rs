//! Lists that others wrote, whose names lead out of the folder.

use std::fs;
use std::path::Path;

use crate::common::{files, papers, text};
use crate::reading_only::{covid_ct, fill};

/// What a list may call a picture, and no file may be called.
const NAMES: [&str; 7] = [
    "../../elsewhere.png",
    "ABSOLUTE/elsewhere.png",
    "sub/elsewhere.png",
    "..",
    ".hidden.png",
    "..\\elsewhere.png",
    "elsewhere.sqlite",
];

fn rows_of(list: &Path) -> (csv::StringRecord, Vec<csv::StringRecord>) {
    let mut reader = csv::Reader::from_path(list).expect("list");
    let header = reader.headers().expect("header").clone();
    (header, reader.records().map(|row| row.expect("row")).collect())
}

/// Copies an export's list; behind its rows stands the first picture once more under each of `names`.
fn forge(list: &Path, to: &Path, names: &[String]) {
    let (header, rows) = rows_of(list);
    let column = header.iter().position(|column| column == "name").expect("names");
    let mut writer = csv::Writer::from_path(to).expect("list");
    writer.write_record(&header).expect("written");
    for row in &rows {
        writer.write_record(row).expect("written");
    }
    let picture = rows.iter().find(|row| !row[column].is_empty()).expect("a picture");
    for name in names {
        let forged = picture.iter().enumerate();
        let forged = forged.map(|(at, text)| if at == column { name.as_str() } else { text });
        writer.write_record(forged).expect("written");
    }
    writer.flush().expect("written");
}

#[test]
fn a_recipe_reaches_no_file_outside_in_any_format() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let (maker, reader) = (folder.path().join("maker"), folder.path().join("reader"));
    fill(&maker);
    covid_ct(&maker, &["export"]).assert().success();
    let corpus = papers(&reader, 2);
    let root = folder.path().to_str().expect("UTF-8");
    let mut names: Vec<String> = NAMES.iter().map(|name| name.replace("ABSOLUTE", root)).collect();
    names.push(format!("{}.png", "long".repeat(70)));
    // The same name again would take the place of the first picture.
    let list = maker.join("data/export/default/MANIFEST.csv");
    let (header, rows) = rows_of(&list);
    let column = header.iter().position(|column| column == "name").expect("names");
    let first = rows.iter().find(|row| !row[column].is_empty()).expect("a picture");
    names.push(first[column].to_owned());
    let recipe = reader.join("RECIPE.csv");
    forge(&list, &recipe, &names);
    let guard = folder.path().join("reader/elsewhere.png");
    fs::write(&guard, "mine").expect("written");
    fs::write(folder.path().join("elsewhere.png"), "mine").expect("written");
    for format in ["covid-ct", "imagefolder", "webdataset", "parquet"] {
        let out = reader.join("out").join(format);
        let mut command = covid_ct(&reader, &["rebuild", "--format", format, "--out"]);
        command.arg(&out).arg(&recipe).arg("--pdfs").arg(&corpus);
        let told = text(&command.assert().code(1).get_output().stderr);
        for name in &names {
            let quoted = format!("the name {name:?}");
            let twice = format!("the name {name} is there twice");
            assert!(told.contains(&quoted) || told.contains(&twice), "{name:?} in: {told}");
        }
        covid_ct(&reader, &["export", "--verify"])
            .arg(&out)
            .assert()
            .success()
            .stdout(predicates::str::starts_with("1 pictures"));
    }
    let outside: Vec<_> = files(folder.path())
        .into_iter()
        .filter(|(path, _)| path.to_string_lossy().contains("elsewhere"))
        .collect();
    assert_eq!(outside.len(), 2, "{outside:?}");
    assert!(outside.iter().all(|(_, bytes)| bytes == b"mine"), "{outside:?}");
}

#[test]
fn lists_of_pictures_lead_to_pictures_of_their_own_folder() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let workspace = folder.path().join("workspace");
    fill(&workspace);
    covid_ct(&workspace, &["export"]).assert().success();
    let export = workspace.join("data/export/default");
    let list = export.join("Data-split/COVID/trainCT_COVID.txt");
    let mut lines = fs::read_to_string(&list).expect("list");
    let own = lines.clone();
    lines += "../../../../secret.png\n/etc/hostname\n";
    fs::write(&list, lines).expect("written");
    let out = folder.path().join("resplit");
    let told = covid_ct(&workspace, &["resplit"]).arg(&export).arg(&out).assert().code(1);
    let told = text(&told.get_output().stderr);
    assert!(
        told.contains("\"../../../../secret.png\"") && told.contains("/etc/hostname"),
        "{told}"
    );
    let kept = fs::read_to_string(out.join("Data-split/COVID/trainCT_COVID.txt")).expect("list");
    assert_eq!(kept, own);
}

#[test]
fn sums_of_annotations_are_of_files_below_the_export() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let workspace = folder.path().join("workspace");
    fill(&workspace);
    let notes = folder.path().join("notes");
    covid_ct(&workspace, &["annotations", "export"]).arg(&notes).assert().success();
    let outside = folder.path().join("outside.txt");
    fs::write(&outside, "").expect("written");
    let of_nothing = covid_ct_core::sha256_hex(b"");
    fs::write(notes.join("SHA256SUMS"), format!("{of_nothing}  ../outside.txt\n")).expect("sums");
    let mut command = covid_ct(&workspace, &["rebuild", "--out"]);
    command.arg(folder.path().join("out")).arg(&notes).arg("--pdfs").arg(workspace.join("corpus"));
    let told = text(&command.assert().code(1).get_output().stderr);
    assert!(told.contains("leads out of the folder"), "{told}");
}
