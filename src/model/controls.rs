//! Controls: what a network, or something that sees no lungs, makes of the same pictures. Knows no tch.

use rayon::prelude::*;

use super::{DatasetFolder, Example, ModelError, Result, origins};
use crate::dataset::audit::{Example as Seen, HeldOut, held_out};
use crate::dataset::features::PictureFeatures;
use crate::duplicates::{self, Kinship, Sketch};
use crate::metrics::Scored;
use crate::runs::controls::{Contradiction, Control, Placed};
use covid_ct_core::Split;

/// A picture of the dataset and what is seen of it from outside.
#[derive(Debug)]
pub struct Observed {
    pub example: Example,
    pub part: Split,
    /// Its paper.
    pub group: String,
    pub look: PictureFeatures,
}

/// Looks at all pictures of all parts, in the order of the lists, training first. A part without pictures
/// is passed over. `advance` is called once a picture.
///
/// # Errors
/// Where a list or the manifest cannot be read; [`ModelError::BadImages`] naming every picture that is none.
pub fn observe(dataset: &DatasetFolder, advance: impl Fn() + Sync) -> Result<Vec<Observed>> {
    let mut listed = Vec::new();
    for &part in Split::ALL {
        let examples = match dataset.examples(part) {
            Err(ModelError::Empty { .. }) => continue,
            examples => examples?,
        };
        let origins = origins(dataset.root(), &examples)?;
        listed.extend(examples.into_iter().zip(origins).map(|(e, origin)| (e, part, origin.group)));
    }
    let look = |(example, part, group): (Example, Split, String)| {
        let look = PictureFeatures::of_file(&example.path);
        advance();
        match look {
            Ok(look) => Ok(Observed { example, part, group, look }),
            Err(reason) => Err(super::BadImage { path: example.path, list: example.list, reason }),
        }
    };
    let looked: Vec<_> = listed.into_par_iter().map(look).collect();
    let (mut observed, mut bad) = (Vec::with_capacity(looked.len()), Vec::new());
    for looked in looked {
        match looked {
            Ok(picture) => observed.push(picture),
            Err(image) => bad.push(image),
        }
    }
    if bad.is_empty() { Ok(observed) } else { Err(ModelError::BadImages(bad)) }
}

/// How well the classes of `part` are told apart by what the training split teaches of sizes, file kinds
/// and the like.
pub fn giveaways(observed: &[Observed], part: Split) -> Vec<Control> {
    let of = |wanted: Split| -> Vec<&Observed> {
        observed.iter().filter(|picture| picture.part == wanted).collect()
    };
    let (train, test) = (of(Split::Train), of(part));
    let groups: Vec<String> = test.iter().map(|picture| picture.group.clone()).collect();
    let told = held_out(&as_seen(&train), &as_seen(&test));
    let control = |told: HeldOut| {
        let scored = told.log_odds.iter().zip(&test).map(|(log_odds, picture)| Scored {
            positive: picture.example.label.is_positive(),
            score: super::probability(*log_odds),
        });
        Control::of(told.by, &scored.collect::<Vec<_>>(), &groups)
    };
    told.into_iter().map(control).collect()
}

fn as_seen<'a>(pictures: &[&'a Observed]) -> Vec<Seen<'a>> {
    let seen = |(group, picture): (usize, &&'a Observed)| Seen {
        traits: &picture.look.traits,
        source: "",
        is_positive: picture.example.label.is_positive(),
        group,
    };
    pictures.iter().enumerate().map(seen).collect()
}

/// Pictures that are one picture, by their looks, and whose labels contradict each other.
pub fn contradictions(
    observed: &[Observed],
    watch: &dyn duplicates::Progress,
) -> Vec<Contradiction> {
    let sketches: Vec<Sketch> =
        observed.iter().map(|picture| picture.look.sketch.clone()).collect();
    let placed = |index: usize| {
        let Observed { example, part, .. } = &observed[index];
        Placed { file: example.file.clone(), label: example.label, part: *part }
    };
    duplicates::pairs(&sketches, watch)
        .into_iter()
        .filter(|pair| pair.kinship == Kinship::Same)
        .map(|pair| Contradiction { one: placed(pair.one), other: placed(pair.other) })
        .filter(|pair| pair.one.label != pair.other.label)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::layout::{class_folder, list_file};
    use covid_ct_core::Label;
    use image::{GrayImage, Luma};
    use std::path::Path;

    /// Blots of 5 pixels, other ones for each number.
    fn textured(number: u32, width: u32) -> GrayImage {
        GrayImage::from_fn(width, 120, |x, y| {
            let place = [(x / 5, 73_856_093), (y / 5, 19_349_663), (number + 1, 83_492_791)];
            let mixed = place.iter().fold(0, |mixed, (v, by)| mixed ^ v.wrapping_mul(*by));
            Luma([((mixed ^ (mixed >> 13)).wrapping_mul(1_274_126_177) >> 16) as u8])
        })
    }

    fn dataset(root: &Path) {
        for label in Label::all() {
            let folder = root.join("Images").join(class_folder(*label));
            std::fs::create_dir_all(&folder).expect("folder");
            for (part, count) in [(Split::Train, 12), (Split::Val, 0), (Split::Test, 6)] {
                let mut names = Vec::new();
                for n in 0..count {
                    let covid = *label == Label::COVID;
                    let name = format!("{label}-{part}-{n}.png");
                    let number = n + 20 * (part as u32) + 70 * u32::from(covid);
                    // One picture of the test split is there with the other label, too.
                    let shown = if part == Split::Test && n == 3 { 500 } else { number };
                    let width = if covid || shown == 500 { 150 } else { 200 } + n;
                    textured(shown, width).save(folder.join(&name)).expect("picture");
                    names.push(name);
                }
                let list = root.join("Data-split").join(list_file(*label, part));
                std::fs::create_dir_all(list.parent().expect("folder")).expect("folder");
                std::fs::write(list, names.join("\n")).expect("list");
            }
        }
    }

    #[test]
    fn sizes_give_the_class_away_and_contradictions_are_found() {
        let folder = tempfile::tempdir().expect("temporary folder");
        dataset(folder.path());
        let dataset = DatasetFolder::open(folder.path()).expect("dataset");
        let observed = observe(&dataset, || ()).expect("observed");
        assert_eq!(observed.len(), 36);
        let told = giveaways(&observed, Split::Test);
        let auroc = |name: &str| told.iter().find(|c| c.name == name).and_then(|c| c.auroc);
        // One of six non-COVID pictures has the size of the others.
        assert!(auroc("size").is_some_and(|auroc| auroc > 0.8), "{told:?}");
        assert_eq!(auroc("file type"), Some(0.5));
        let pairs: Vec<(String, String)> = contradictions(&observed, &())
            .into_iter()
            .map(|pair| (pair.one.file, pair.other.file))
            .collect();
        assert_eq!(pairs, [("covid-test-3.png".into(), "non-covid-test-3.png".into())]);
    }

    #[test]
    fn a_picture_that_is_none_is_named() {
        let folder = tempfile::tempdir().expect("temporary folder");
        dataset(folder.path());
        let path = folder.path().join("Images/CT_COVID/covid-train-3.png");
        std::fs::write(&path, "no picture").expect("file");
        let dataset = DatasetFolder::open(folder.path()).expect("dataset");
        let error = observe(&dataset, || ()).expect_err("refused").to_string();
        assert!(error.contains("covid-train-3.png") && error.contains("trainCT_COVID"), "{error}");
    }
}
