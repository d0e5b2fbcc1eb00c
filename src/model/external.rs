//! A dataset from elsewhere, to be measured on and never learned from: folders called as the classes are, a CSV that names
//! pictures and classes, or any dataset that [`DatasetFolder::open`] reads.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::{BadImage, DatasetFolder, Example, ModelError, Result};
use covid_ct_core::{Label, Split};

/// Endings of the pictures that are looked for, in small letters.
const ENDINGS: [&str; 3] = ["jpg", "jpeg", "png"];

/// Columns that may name a picture, and those that may name its class.
const FILES: [&str; 5] = ["file", "path", "filename", "image", "name"];
const CLASSES: [&str; 4] = ["label", "class", "diagnosis", "target"];

/// Opens a dataset of another layout too. All pictures of folders and of a CSV count as the test split, but those in
/// folders called `train`, `val` or `test`, as an `imagefolder` export has them.
///
/// # Errors
/// [`ModelError::NoExternal`] where nothing is found of two classes, [`ModelError::External`] where a CSV cannot be read or
/// names a class that the task has not, [`ModelError::BadImages`] naming pictures of a CSV that are not there.
pub fn open_external(path: &Path) -> Result<DatasetFolder> {
    if path.is_file() {
        return of_csv(path);
    }
    match DatasetFolder::open(path) {
        Err(ModelError::NoDataset { .. }) => of_folders(path),
        opened => opened,
    }
}

/// The class that a folder or a cell names: `covid`, `CT_COVID`, `Non-COVID` and their like.
fn class_called(word: &str) -> Option<Label> {
    let plain = |word: &str| -> String {
        word.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
    };
    let word = plain(word);
    let is_called = |label: &Label| {
        let class = label.class();
        let names = [class.name.as_str(), &class.title, &class.noun, &class.folder, &class.list];
        names.iter().any(|name| plain(name) == word)
    };
    Label::all().iter().copied().find(is_called)
}

fn names_of_classes() -> String {
    let names: Vec<&str> = Label::all().iter().map(|label| label.class().name.as_str()).collect();
    names.join(", ")
}

/// A path as the name of one file, since what is explained of a picture is written under its name.
fn one_name(path: &str) -> String {
    path.replace(['/', '\\'], "__")
}

fn is_picture(path: &Path) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    ending.is_some_and(|ending| ENDINGS.contains(&&*ending))
}

fn of_folders(root: &Path) -> Result<DatasetFolder> {
    let mut found: Vec<(Split, Example)> = Vec::new();
    for entry in WalkDir::new(root).follow_links(true).sort_by_file_name() {
        let entry = entry.map_err(|error| ModelError::External {
            path: root.into(),
            reason: error.to_string(),
        })?;
        let path = entry.path();
        let Ok(inside) = path.strip_prefix(root) else { continue };
        if !entry.file_type().is_file() || !is_picture(path) {
            continue;
        }
        let folders: Vec<String> = inside
            .parent()
            .into_iter()
            .flat_map(Path::components)
            .map(|part| part.as_os_str().to_string_lossy().into_owned())
            .collect();
        let Some(label) = folders.iter().rev().find_map(|folder| class_called(folder)) else {
            continue;
        };
        let part = folders.iter().find_map(|folder| folder.parse().ok()).unwrap_or(Split::Test);
        let example = Example {
            file: one_name(&inside.to_string_lossy()),
            path: path.into(),
            list: root.into(),
            label,
        };
        found.push((part, example));
    }
    checked(root, found)
}

fn of_csv(path: &Path) -> Result<DatasetFolder> {
    let told = |reason: String| ModelError::External { path: path.into(), reason };
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_path(path)
        .map_err(|error| told(error.to_string()))?;
    let header = reader.headers().map_err(|error| told(error.to_string()))?.clone();
    let column = |names: &[&str]| {
        names.iter().find_map(|name| header.iter().position(|head| head.eq_ignore_ascii_case(name)))
    };
    let (Some(file), Some(class)) = (column(&FILES), column(&CLASSES)) else {
        return Err(told(format!(
            "expected a header with a column of pictures ({}) and one of classes ({})",
            FILES.join(", "),
            CLASSES.join(", ")
        )));
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    let (mut found, mut bad) = (Vec::new(), Vec::new());
    for row in reader.records() {
        let row = row.map_err(|error| told(error.to_string()))?;
        let line = row.position().map_or(0, csv::Position::line);
        let (name, word) = (row.get(file).unwrap_or_default(), row.get(class).unwrap_or_default());
        let label = class_called(word).ok_or_else(|| {
            told(format!("line {line}: '{word}' is none of the classes: {}", names_of_classes()))
        })?;
        let picture: PathBuf = folder.join(name);
        if !picture.is_file() {
            let reason = format!("line {line} names it, and it is not there");
            bad.push(BadImage { path: picture, list: path.into(), reason });
            continue;
        }
        let example = Example { file: one_name(name), path: picture, list: path.into(), label };
        found.push((Split::Test, example));
    }
    if !bad.is_empty() {
        return Err(ModelError::BadImages(bad));
    }
    checked(path, found)
}

fn checked(root: &Path, mut found: Vec<(Split, Example)>) -> Result<DatasetFolder> {
    let first = found.first().map(|(_, example)| example.label);
    if found.iter().all(|(_, example)| Some(example.label) == first) {
        return Err(ModelError::NoExternal { folder: root.into(), classes: names_of_classes() });
    }
    // By class, each by name: the order in which predictions are written.
    found.sort_by(|(_, a), (_, b)| (a.label, &a.file).cmp(&(b.label, &b.file)));
    Ok(DatasetFolder::given(root, found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(path: &Path) {
        std::fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        std::fs::write(path, "a picture").expect("file");
    }

    fn told(dataset: &DatasetFolder, part: Split) -> Vec<(String, Label)> {
        let examples = dataset.examples(part).expect("examples");
        examples.into_iter().map(|example| (example.file, example.label)).collect()
    }

    #[test]
    fn folders_called_as_the_classes_are_read() {
        let folder = tempfile::tempdir().expect("temporary folder");
        for name in
            ["covid/b.JPG", "covid/deep/a.png", "Non-COVID/c.jpeg", "notes/d.png", "covid/e.txt"]
        {
            touch(&folder.path().join(name));
        }
        let dataset = open_external(folder.path()).expect("dataset");
        let expected = [
            ("covid__b.JPG".to_owned(), Label::COVID),
            ("covid__deep__a.png".to_owned(), Label::COVID),
            ("Non-COVID__c.jpeg".to_owned(), Label::NON_COVID),
        ];
        assert_eq!(told(&dataset, Split::Test), expected);
        assert!(matches!(dataset.examples(Split::Train), Err(ModelError::Empty { .. })));
    }

    #[test]
    fn parts_of_an_export_stay_apart() {
        let folder = tempfile::tempdir().expect("temporary folder");
        for name in ["train/covid/a.png", "test/covid/b.png", "test/non-covid/c.png"] {
            touch(&folder.path().join(name));
        }
        let dataset = open_external(folder.path()).expect("dataset");
        assert_eq!(
            told(&dataset, Split::Train),
            [("train__covid__a.png".to_owned(), Label::COVID)]
        );
        assert_eq!(told(&dataset, Split::Test).len(), 2);
    }

    #[test]
    fn a_csv_names_pictures_beside_it() {
        let folder = tempfile::tempdir().expect("temporary folder");
        touch(&folder.path().join("scans/a.png"));
        touch(&folder.path().join("scans/b.png"));
        let list = folder.path().join("list.csv");
        std::fs::write(&list, "Path,Label\nscans/a.png,CT_COVID\nscans/b.png,noncovid\n")
            .expect("list");
        let dataset = open_external(&list).expect("dataset");
        assert_eq!(told(&dataset, Split::Test).len(), 2);
        for (text, says) in [
            ("a,b\n", "expected a header"),
            (
                "file,label\nscans/a.png,flu\n",
                "line 2: 'flu' is none of the classes: covid, non-covid",
            ),
            ("file,label\nscans/z.png,covid\n", "line 2 names it"),
            ("file,label\nscans/a.png,covid\n", "two classes"),
        ] {
            std::fs::write(&list, text).expect("list");
            let error = open_external(&list).expect_err(text).to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
