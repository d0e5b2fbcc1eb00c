//! What of a measured part was in what a network learned from, as the folders of the datasets tell.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::controls::{Observed, observe};
use super::{DatasetFolder, Result};
use crate::dataset::{MANIFEST, ManifestRow, patient_name, read_manifest};
use crate::duplicates::{self, Kinship, Sketch};
use crate::runs::controls::Placed;
use crate::runs::leaks::{Leaked, Leaks};
use covid_ct_core::Split;

/// Looks for pictures, patients and papers of `part` of `measured` in the training and validation parts of
/// `learned`, which may be the same dataset. Of a part that is itself learned from, only in the other one.
///
/// # Errors
/// Where a list, a manifest or a picture cannot be read.
pub fn leaks(
    measured: &DatasetFolder,
    part: Split,
    learned: &DatasetFolder,
    advance: impl Fn() + Sync,
    watch: &dyn duplicates::Progress,
) -> Result<Leaks> {
    let is_own = measured.root() == learned.root();
    let mut seen = observe(learned, &advance)?;
    let learned_len = if is_own {
        seen.retain(|picture| picture.part == part || picture.part != Split::Test);
        seen.sort_by_key(|picture| picture.part == part);
        seen.iter().filter(|picture| picture.part != part).count()
    } else {
        seen.retain(|picture| picture.part != Split::Test);
        let count = seen.len();
        seen.extend(observe(measured, &advance)?.into_iter().filter(|p| p.part == part));
        count
    };
    let facts = [learned, measured].map(|dataset| Facts::read(dataset.root()));
    let [of_learned, of_measured] = facts;
    let facts = [of_learned?, of_measured?];
    Ok(found(&seen, learned_len, &facts, watch))
}

/// What a manifest tells of its pictures, by their paths.
#[derive(Default)]
struct Facts {
    root: PathBuf,
    patients: BTreeMap<String, String>,
    by_patient: bool,
}

impl Facts {
    fn read(root: &Path) -> Result<Self> {
        let manifest = root.join(MANIFEST);
        if !manifest.is_file() {
            return Ok(Self::default());
        }
        let rows = read_manifest(&manifest)?;
        let how = |row: &ManifestRow| serde_json::from_str::<serde_json::Value>(&row.split_how);
        let by_patient = rows.iter().any(|row| how(row).is_ok_and(|how| how["by"] == "patient"));
        let told = rows.into_iter().filter(|row| !row.case.is_empty());
        let patients = told.map(|row| (row.file, patient_name(&row.preprint, &row.case))).collect();
        Ok(Self { root: root.into(), patients, by_patient })
    }

    /// `PAPER, NAME`; `None` where it is not told.
    fn patient(&self, picture: &Observed) -> Option<&str> {
        let inside = picture.example.path.strip_prefix(&self.root).ok()?;
        let inside: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
        self.patients.get(&inside.join("/")).map(String::as_str)
    }
}

/// Of pictures of which the first `learned_len` were learned from, the others measured.
fn found(
    seen: &[Observed],
    learned_len: usize,
    [of_learned, of_measured]: &[Facts; 2],
    watch: &dyn duplicates::Progress,
) -> Leaks {
    let sketches: Vec<Sketch> = seen.iter().map(|picture| picture.look.sketch.clone()).collect();
    let placed = |index: usize| {
        let Observed { example, part, .. } = &seen[index];
        Placed { file: example.file.clone(), label: example.label, part: *part }
    };
    let mut concerned: BTreeSet<usize> = BTreeSet::new();
    let mut pictures = Vec::new();
    for pair in duplicates::pairs(&sketches, watch) {
        let (one, other) = (pair.one.min(pair.other), pair.one.max(pair.other));
        if pair.kinship == Kinship::Same && one < learned_len && other >= learned_len {
            concerned.insert(other);
            pictures.push(Leaked { measured: placed(other), learned: placed(one) });
        }
    }
    let (learned, measured) = seen.split_at(learned_len);
    let patients: BTreeSet<&str> =
        learned.iter().filter_map(|picture| of_learned.patient(picture)).collect();
    let papers: BTreeSet<&str> = learned.iter().map(|picture| picture.group.as_str()).collect();
    let by_patient = of_measured.by_patient;
    let (mut leaked_patients, mut leaked_papers) = (BTreeSet::new(), BTreeSet::new());
    for (index, picture) in measured.iter().enumerate() {
        let patient = of_measured.patient(picture);
        if let Some(patient) = patient.filter(|name| patients.contains(name)) {
            concerned.insert(learned_len + index);
            leaked_patients.insert(patient.to_owned());
        }
        if !by_patient && papers.contains(picture.group.as_str()) {
            concerned.insert(learned_len + index);
            leaked_papers.insert(picture.group.clone());
        }
    }
    Leaks {
        images: concerned.len() as u64,
        pictures,
        patients: leaked_patients.into_iter().collect(),
        papers: leaked_papers.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::layout::{class_folder, list_file};
    use covid_ct_core::Label;
    use image::{GrayImage, Luma};

    /// Blots of 5 pixels, other ones for each number.
    fn textured(number: u32) -> GrayImage {
        GrayImage::from_fn(140, 120, |x, y| {
            let place = [(x / 5, 73_856_093), (y / 5, 19_349_663), (number + 1, 83_492_791)];
            let mixed = place.iter().fold(0, |mixed, (v, by)| mixed ^ v.wrapping_mul(*by));
            Luma([((mixed ^ (mixed >> 13)).wrapping_mul(1_274_126_177) >> 16) as u8])
        })
    }

    /// Pictures as `(file, number, part)`, all of one class; the other has one picture in each part.
    fn dataset(root: &Path, pictures: &[(&str, u32, Split)]) -> DatasetFolder {
        let others = [("x-p0-1.png", 90, Split::Train), ("y-p0-1.png", 91, Split::Test)];
        for (label, pictures) in [(Label::COVID, pictures), (Label::NON_COVID, &others[..])] {
            let folder = root.join("Images").join(class_folder(label));
            std::fs::create_dir_all(&folder).expect("folder");
            for &part in Split::ALL {
                let list = root.join("Data-split").join(list_file(label, part));
                std::fs::create_dir_all(list.parent().expect("parent")).expect("folder");
                let of_part = pictures.iter().filter(|(_, _, of)| *of == part);
                let names: Vec<&str> = of_part.map(|(name, ..)| *name).collect();
                std::fs::write(list, names.join("\n")).expect("list");
            }
            for (name, number, _) in pictures {
                textured(*number).save(folder.join(name)).expect("saved");
            }
        }
        DatasetFolder::open(root).expect("dataset")
    }

    fn of(pictures: &[(&str, u32, Split)], manifest: Option<&str>) -> Leaks {
        let folder = tempfile::tempdir().expect("temporary folder");
        let dataset = dataset(folder.path(), pictures);
        if let Some(text) = manifest {
            std::fs::write(folder.path().join(MANIFEST), text).expect("manifest");
        }
        leaks(&dataset, Split::Test, &dataset, || {}, &()).expect("leaks")
    }

    #[test]
    fn pictures_and_papers_on_both_sides_are_named() {
        let clean = [("a-p0-1.png", 1, Split::Train), ("b-p0-1.png", 2, Split::Test)];
        assert!(of(&clean, None).is_empty());
        let leaks = of(
            &[
                ("a-p0-1.png", 1, Split::Train),
                ("c-p0-1.png", 3, Split::Val),
                ("a-p0-2.png", 4, Split::Test),
                ("b-p0-1.png", 3, Split::Test),
            ],
            None,
        );
        assert_eq!(leaks.papers, ["a"]);
        assert_eq!((leaks.pictures.len(), leaks.images), (1, 2));
        let Leaked { measured, learned } = &leaks.pictures[0];
        assert_eq!((measured.file.as_str(), learned.part), ("b-p0-1.png", Split::Val));
    }

    #[test]
    fn a_split_by_patient_may_part_papers_but_no_patient() {
        let pictures = [
            ("a-p0-1.png", 1, Split::Train),
            ("a-p0-2.png", 2, Split::Test),
            ("a-p0-3.png", 3, Split::Test),
        ];
        let manifest = |case: &str| {
            let row = |n: u32, case: &str| {
                format!(
                    "a-p0-{n}.png,00,,Images/CT_COVID/a-p0-{n}.png,a,{case},\"{{\"\"by\"\":\"\"patient\"\"}}\"\n"
                )
            };
            let head = "name,sha256,crop,file,preprint,case,split_how\n";
            [head, &row(1, "Patient 1"), &row(2, case), &row(3, "Patient 3")].concat()
        };
        assert!(of(&pictures, Some(&manifest("Patient 2"))).is_empty());
        let leaks = of(&pictures, Some(&manifest("Patient 1")));
        assert_eq!((leaks.patients, leaks.images), (vec!["a, Patient 1".to_owned()], 1));
        assert!(leaks.papers.is_empty());
    }
}
