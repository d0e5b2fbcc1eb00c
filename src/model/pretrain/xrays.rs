//! ChestX-ray14 (Wang et al., arXiv 1705.02315) as it is handed out: `Data_Entry_2017.csv` beside
//! `images/`, or beside `images_001/images/` and so on, with or without the official
//! `train_val_list.txt` and `test_list.txt`.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use rand::seq::SliceRandom as _;
use serde::Deserialize;
use walkdir::WalkDir;

use super::Found;
use crate::model::augment::{Draw, random_numbers};
use crate::model::{Filed, ModelError, Result};

/// In the order of CheXNet's outputs.
const FINDINGS: [&str; 14] = [
    "Atelectasis",
    "Cardiomegaly",
    "Effusion",
    "Infiltration",
    "Mass",
    "Nodule",
    "Pneumonia",
    "Pneumothorax",
    "Consolidation",
    "Edema",
    "Emphysema",
    "Fibrosis",
    "Pleural_Thickening",
    "Hernia",
];

const ENTRIES: &str = "Data_Entry_2017.csv";

/// Written where there is none of the findings.
const NOTHING: &str = "No Finding";

/// Of patients that are not in the test split, one in so many is in the validation split.
const VAL_PART: usize = 8;
/// Of all patients, one in so many is in the test split where no list says which.
const TEST_PART: usize = 5;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Xray {
    pub path: PathBuf,
    entries: PathBuf,
    /// Atelectasis first, in the order of CheXNet's outputs.
    pub findings: [bool; 14],
}

impl Filed for Xray {
    fn path(&self) -> &Path {
        &self.path
    }

    fn list(&self) -> &Path {
        &self.entries
    }
}

impl Found for Xray {
    fn names() -> impl Iterator<Item = &'static str> {
        FINDINGS.into_iter()
    }

    fn found(&self) -> &[bool] {
        &self.findings
    }
}

/// Parts that share no patient, each in the order of the table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Xrays {
    pub train: Vec<Xray>,
    pub val: Vec<Xray>,
    pub test: Vec<Xray>,
    /// Named in the table, but not there: the archive comes in twelve pieces, and one is enough to
    /// learn something.
    pub absent: usize,
}

#[derive(Debug, Deserialize)]
struct Entry {
    #[serde(rename = "Image Index")]
    image: String,
    #[serde(rename = "Finding Labels")]
    findings: String,
    #[serde(rename = "Patient ID")]
    patient: String,
}

#[derive(Debug, Clone)]
pub struct XrayFolder {
    root: PathBuf,
}

impl XrayFolder {
    pub fn new(root: &Path) -> Self {
        Self { root: root.into() }
    }

    /// Reads the table and divides the patients: by the official lists where they are, else at random
    /// by `seed`.
    ///
    /// # Errors
    /// [`ModelError::Xrays`] naming the line that is wrong, or what is missing.
    pub fn read(&self, seed: u64) -> Result<Xrays> {
        let entries_path = self.root.join(ENTRIES);
        let wrong = |problem: String| ModelError::Xrays { path: entries_path.clone(), problem };
        let mut reader = csv::Reader::from_path(&entries_path).map_err(|e| wrong(e.to_string()))?;
        let mut entries = Vec::new();
        for entry in reader.deserialize::<Entry>() {
            let entry = entry.map_err(|e| wrong(e.to_string()))?;
            let findings = findings(&entry.findings).map_err(|unknown| {
                wrong(format!("{}: unknown finding '{unknown}'", entry.image))
            })?;
            entries.push((entry, findings));
        }
        let files = self.files();
        let test = self.test_patients(&entries, seed)?;
        let mut rest: Vec<&str> = patients(&entries).filter(|p| !test.contains(*p)).collect();
        rest.shuffle(&mut random_numbers(seed, 1, Draw::Order));
        let val: HashSet<&str> = rest.iter().take(rest.len() / VAL_PART).copied().collect();
        let mut xrays = Xrays::default();
        for (entry, findings) in &entries {
            let Some(path) = files.get(entry.image.as_str()) else {
                xrays.absent += 1;
                continue;
            };
            let patient = entry.patient.as_str();
            let part = if test.contains(patient) {
                &mut xrays.test
            } else if val.contains(patient) {
                &mut xrays.val
            } else {
                &mut xrays.train
            };
            let (path, entries) = (path.clone(), entries_path.clone());
            part.push(Xray { path, entries, findings: *findings });
        }
        if xrays.train.is_empty() || xrays.val.is_empty() {
            return Err(wrong(
                "too few of its images are there: expected them in images/ or images_001/images/ and so on"
                    .into(),
            ));
        }
        Ok(xrays)
    }

    /// Images by their names, wherever below the folder they are.
    fn files(&self) -> HashMap<String, PathBuf> {
        let walk = WalkDir::new(&self.root).max_depth(3).sort_by_file_name().into_iter();
        walk.filter_map(std::result::Result::ok)
            .filter(|entry| entry.file_type().is_file())
            .filter_map(|entry| Some((entry.file_name().to_str()?.to_owned(), entry.into_path())))
            .collect()
    }

    fn test_patients(&self, entries: &[(Entry, [bool; 14])], seed: u64) -> Result<HashSet<String>> {
        let list = self.root.join("test_list.txt");
        if list.exists() {
            let text = std::fs::read_to_string(&list)
                .map_err(|source| ModelError::List { path: list.clone(), source })?;
            let listed: HashSet<&str> = text.lines().map(str::trim).collect();
            // By patient and not by image: the list holds all images of its patients, and a damaged
            // one must not tear them apart.
            let of_list = entries.iter().filter(|(entry, _)| listed.contains(entry.image.as_str()));
            return Ok(of_list.map(|(entry, _)| entry.patient.clone()).collect());
        }
        let mut all: Vec<&str> = patients(entries).collect();
        all.shuffle(&mut random_numbers(seed, 0, Draw::Order));
        Ok(all.iter().take(all.len() / TEST_PART).map(|&patient| patient.to_owned()).collect())
    }
}

/// Each once, sorted.
fn patients(entries: &[(Entry, [bool; 14])]) -> impl Iterator<Item = &str> {
    let by_name: BTreeSet<&str> = entries.iter().map(|(entry, _)| entry.patient.as_str()).collect();
    by_name.into_iter()
}

/// `Cardiomegaly|Effusion` as one flag a finding; the first unknown one otherwise.
fn findings(text: &str) -> std::result::Result<[bool; 14], &str> {
    let mut found = [false; 14];
    for name in text.split('|').map(str::trim).filter(|name| *name != NOTHING) {
        let place = FINDINGS.iter().position(|finding| *finding == name).ok_or(name)?;
        found[place] = true;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(rows: &[(&str, &str, &str)], test: Option<&str>) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("temporary folder");
        let mut text = String::from(
            "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,\
             OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y],\n",
        );
        for (number, (image, findings, patient)) in rows.iter().enumerate() {
            let row = [image, findings, "0", patient, "58,M,PA,2682,2749,0.143,0.143,\n"];
            text += &row.join(",");
            let images = folder.path().join(format!("images_00{}/images", number % 2 + 1));
            std::fs::create_dir_all(&images).expect("folder");
            std::fs::write(images.join(image), "a picture").expect("file");
        }
        std::fs::write(folder.path().join(ENTRIES), text).expect("table");
        if let Some(test) = test {
            std::fs::write(folder.path().join("test_list.txt"), test).expect("list");
        }
        folder
    }

    /// 40 images of 20 patients.
    fn rows() -> Vec<(String, String, String)> {
        let row = |n: usize| {
            let finding = if n.is_multiple_of(3) { "No Finding" } else { "Effusion|Hernia" };
            (format!("{n:08}_000.png"), finding.to_owned(), (n / 2).to_string())
        };
        (0..40).map(row).collect()
    }

    fn read(test: Option<&str>, seed: u64) -> Xrays {
        let rows = rows();
        let rows: Vec<_> =
            rows.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str())).collect();
        let folder = folder(&rows, test);
        XrayFolder::new(folder.path()).read(seed).expect("read")
    }

    /// Patients of a part, by the names of its images.
    fn patients_of(part: &[Xray]) -> HashSet<u32> {
        let number = |xray: &Xray| {
            let name = xray.path.file_stem().expect("name").to_string_lossy().into_owned();
            name[..8].parse::<u32>().expect("number") / 2
        };
        part.iter().map(number).collect()
    }

    #[test]
    fn no_patient_is_in_two_parts() {
        let xrays = read(None, 3);
        let parts = [&xrays.train, &xrays.val, &xrays.test].map(|part| patients_of(part));
        assert!(parts.iter().all(|part| !part.is_empty()));
        assert_eq!(parts.iter().map(HashSet::len).sum::<usize>(), 20);
        assert_eq!(xrays.train.len() + xrays.val.len() + xrays.test.len(), 40);
        assert_ne!(patients_of(&read(None, 4).test), parts[2], "another seed");
    }

    #[test]
    fn the_official_list_decides_by_patient() {
        let xrays = read(Some("00000004_000.png\n00000007_000.png \n"), 0);
        assert_eq!(patients_of(&xrays.test), HashSet::from([2, 3]));
        assert_eq!(xrays.test.len(), 4, "all images of those patients");
    }

    #[test]
    fn findings_are_read_and_unknown_ones_named() {
        let found = findings("Effusion|Hernia").expect("known");
        assert_eq!(found.iter().filter(|&&found| found).count(), 2);
        assert!(found[2] && found[13]);
        assert_eq!(findings("No Finding"), Ok([false; 14]));
        assert_eq!(findings("Effusion|Flu"), Err("Flu"));
        let folder = folder(&[("a.png", "Flu", "1")], None);
        let error = XrayFolder::new(folder.path()).read(0).expect_err("refused").to_string();
        assert!(error.contains("a.png") && error.contains("Flu"), "{error}");
    }

    #[test]
    fn what_is_no_such_folder_says_what_is_expected() {
        let empty = tempfile::tempdir().expect("temporary folder");
        let error = XrayFolder::new(empty.path()).read(0).expect_err("refused").to_string();
        assert!(error.contains(ENTRIES), "{error}");
        let folder = folder(&[("a.png", "Mass", "1")], None);
        std::fs::remove_dir_all(folder.path().join("images_001")).expect("remove");
        let error = XrayFolder::new(folder.path()).read(0).expect_err("refused").to_string();
        assert!(error.contains("images_001/images/"), "{error}");
    }
}
