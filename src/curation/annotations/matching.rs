//! Which picture of this database a row of another one speaks of.
//!
//! Hashes come first. Of a place several pictures may answer to the name: a picture put together from
//! tiles has the xref of its first tile, and is meant rather than the tile. A rendering has no xref: it
//! is known by its bytes, which the same PDF and the same MuPDF give again, or by its page where nothing
//! else on it is without an xref.

use std::collections::HashMap;

use crate::perceptual_hash::PerceptualHash;
use crate::store::ImageRow;
use covid_ct_core::ImageKey;

/// What a picture was known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchedBy {
    /// The SHA-256 of its bytes, in the document of the same bytes.
    Document,
    /// The SHA-256 of its bytes, in another document of the preprint: a server may stamp a PDF anew.
    Bytes,
    /// Page and xref in the same document or preprint: an extractor may decode anew.
    Place,
    /// What it looks like, in the same document or preprint.
    PerceptualHash,
}

/// The pictures of a database, to look rows up in.
#[derive(Debug)]
pub struct Pictures {
    images: Vec<ImageRow>,
    by_bytes: HashMap<String, Vec<usize>>,
    /// By page and xref in a document, by its SHA-256, and in a preprint, by its name.
    by_place: HashMap<(String, u32, Option<u32>), Vec<usize>>,
}

impl Pictures {
    pub fn new(images: Vec<ImageRow>) -> Self {
        let mut by_bytes: HashMap<_, Vec<_>> = HashMap::new();
        let mut by_place: HashMap<_, Vec<_>> = HashMap::new();
        for (index, image) in images.iter().enumerate() {
            by_bytes.entry(image.object.sha256.clone()).or_default().push(index);
            for holder in [&image.document_sha256, &image.preprint_name] {
                let place = (holder.clone(), image.page, image.xref);
                by_place.entry(place).or_default().push(index);
            }
        }
        Self { images, by_bytes, by_place }
    }

    /// The picture `key` names and how it was known; `None` where there is none, or where several
    /// different ones answer to the name.
    pub fn find(&self, key: &ImageKey) -> Option<(&ImageRow, MatchedBy)> {
        let candidates = |found: Option<&Vec<usize>>| -> Vec<&ImageRow> {
            let found = found.into_iter().flatten().map(|&index| &self.images[index]);
            found.filter(|image| is_of_paper(image, key)).collect()
        };
        let same_bytes = candidates(self.by_bytes.get(&key.image_sha256));
        if let Some(image) = best(same_bytes, key) {
            let same = image.document_sha256 == key.document_sha256;
            return Some((image, if same { MatchedBy::Document } else { MatchedBy::Bytes }));
        }
        [&key.document_sha256, &key.preprint].into_iter().find_map(|holder| {
            let place = (holder.clone(), key.page, key.xref);
            let image = best(without_tiles(candidates(self.by_place.get(&place))), key)?;
            Some((image, MatchedBy::Place))
        })
    }

    /// As [`find`](Self::find), where it is known what the picture looks like. At its place another may
    /// stand by now: it counts only if it looks like the one that was there. Else the picture of the
    /// paper that looks like it is meant, if no other of them looks much the same.
    pub fn find_like(
        &self,
        key: &ImageKey,
        wanted: PerceptualHash,
        mut look_of: impl FnMut(&ImageRow) -> Option<PerceptualHash>,
    ) -> Option<(&ImageRow, MatchedBy)> {
        let mut distance = |image: &ImageRow| wanted.likeness(look_of(image)?);
        let found = self.find(key);
        if found.is_some_and(|(image, by)| by != MatchedBy::Place || distance(image).is_some()) {
            return found;
        }
        let of_paper = self.images.iter().filter(|image| is_of_paper(image, key));
        let alike: Vec<(u32, &ImageRow)> =
            of_paper.filter_map(|image| Some((distance(image)?, image))).collect();
        let nearest = alike.iter().map(|(distance, _)| *distance).min()?;
        let near =
            alike.into_iter().filter(|(distance, _)| *distance < nearest + PerceptualHash::APART);
        let image = best(without_tiles(near.map(|(_, image)| image).collect()), key)?;
        Some((image, MatchedBy::PerceptualHash))
    }
}

/// Whether a picture is of the document, or of the version of the paper, that `key` names.
fn is_of_paper(image: &ImageRow, key: &ImageKey) -> bool {
    image.document_sha256 == key.document_sha256
        || image.preprint_name == key.preprint
            && (image.preprint_version == key.version
                || image.preprint_version.is_empty()
                || key.version.is_empty())
}

/// The candidates that are no tile, or all where there is none.
fn without_tiles(mut candidates: Vec<&ImageRow>) -> Vec<&ImageRow> {
    if candidates.iter().any(|image| image.tile_of.is_none()) {
        candidates.retain(|image| image.tile_of.is_none());
    }
    candidates
}

/// The candidate that agrees with `key` in most: document first, then version, then place.
fn best<'a>(mut candidates: Vec<&'a ImageRow>, key: &ImageKey) -> Option<&'a ImageRow> {
    let agreements: [fn(&ImageRow, &ImageKey) -> bool; 3] = [
        |image, key| image.document_sha256 == key.document_sha256,
        |image, key| image.preprint_version == key.version,
        |image, key| (image.page, image.xref) == (key.page, key.xref),
    ];
    for agrees in agreements {
        if candidates.iter().any(|image| agrees(image, key)) {
            candidates.retain(|image| agrees(image, key));
        }
    }
    let first = *candidates.first()?;
    candidates.iter().all(|image| image.object == first.object).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::ImageOrigin;
    use covid_ct_core::ObjectId;

    fn image(id: i64, document: &str, version: &str, xref: Option<u32>, bytes: &str) -> ImageRow {
        ImageRow {
            id,
            document: 1,
            document_sha256: document.into(),
            preprint: 1,
            preprint_name: "paper".into(),
            preprint_version: version.into(),
            xref,
            page: 3,
            object: ObjectId { sha256: bytes.into(), extension: "png".into() },
            width: 10,
            height: 10,
            colour_space: String::new(),
            filter: String::new(),
            origin: ImageOrigin::Decoded,
            file_name: None,
            furniture: false,
            tile_of: None,
        }
    }

    fn key(document: &str, version: &str, xref: Option<u32>, bytes: &str) -> ImageKey {
        ImageKey {
            preprint: "paper".into(),
            version: version.into(),
            page: 3,
            xref,
            image_sha256: bytes.into(),
            document_sha256: document.into(),
        }
    }

    fn found(images: Vec<ImageRow>, key: &ImageKey) -> Option<(i64, MatchedBy)> {
        Pictures::new(images).find(key).map(|(image, by)| (image.id, by))
    }

    #[test]
    fn bytes_count_more_than_place() {
        let images = vec![image(1, "d", "", Some(7), "other"), image(2, "d", "", Some(8), "same")];
        let moved = key("d", "", Some(7), "same");
        assert_eq!(found(images, &moved), Some((2, MatchedBy::Document)));
    }

    #[test]
    fn a_picture_drawn_twice_is_told_apart_by_place() {
        let images = vec![image(1, "d", "", Some(7), "same"), image(2, "d", "", Some(8), "same")];
        let second = key("d", "", Some(8), "same");
        assert_eq!(found(images, &second), Some((2, MatchedBy::Document)));
    }

    #[test]
    fn a_stitched_picture_is_meant_rather_than_its_first_tile() {
        let tile = ImageRow { tile_of: Some(2), ..image(1, "d", "", Some(7), "tile") };
        let whole =
            ImageRow { origin: ImageOrigin::Stitched, ..image(2, "d", "", Some(7), "whole") };
        let images = vec![tile, whole];
        let unknown = key("d", "", Some(7), "as an older extractor decoded it");
        assert_eq!(found(images.clone(), &unknown), Some((2, MatchedBy::Place)));
        let of_tile = key("d", "", Some(7), "tile");
        assert_eq!(
            found(images, &of_tile),
            Some((1, MatchedBy::Document)),
            "an old row says the tile"
        );
    }

    #[test]
    fn a_rendering_is_known_by_its_bytes_or_as_the_only_one_of_its_page() {
        let rendered = |id, bytes| ImageRow {
            origin: ImageOrigin::Rendered,
            ..image(id, "d", "", None, bytes)
        };
        let (one, two) = (rendered(1, "one"), rendered(2, "two"));
        let otherwise_drawn = key("d", "", None, "by another MuPDF");
        assert_eq!(found(vec![one.clone()], &otherwise_drawn), Some((1, MatchedBy::Place)));
        assert_eq!(found(vec![one.clone(), two.clone()], &otherwise_drawn), None);
        let known = found(vec![one, two], &key("d", "", None, "two"));
        assert_eq!(known, Some((2, MatchedBy::Document)));
    }

    #[test]
    fn a_row_without_hashes_is_known_by_place_and_version() {
        let images = vec![image(1, "d", "1", Some(7), "one"), image(2, "e", "2", Some(7), "two")];
        assert_eq!(found(images.clone(), &key("", "2", Some(7), "")), Some((2, MatchedBy::Place)));
        assert_eq!(found(images.clone(), &key("", "3", Some(7), "")), None);
        assert_eq!(found(images, &key("", "", Some(7), "")), None, "two pictures answer");
    }

    #[test]
    fn a_document_is_known_whatever_its_paper_is_called() {
        let mut renamed = key("d", "", Some(7), "");
        renamed.preprint = "paper-as-downloaded".into();
        let images = vec![image(1, "d", "", Some(7), "same")];
        assert_eq!(found(images, &renamed), Some((1, MatchedBy::Place)));
    }

    #[test]
    fn a_document_stamped_anew_is_known_by_its_pictures() {
        let images = vec![image(1, "stamped", "", Some(9), "same")];
        assert_eq!(found(images, &key("d", "", Some(7), "same")), Some((1, MatchedBy::Bytes)));
    }

    #[test]
    fn looks_must_tell_one_picture_from_all_others_of_the_paper() {
        let images = [image(1, "e", "", Some(7), "one"), image(2, "e", "", Some(8), "two")];
        let pictures = Pictures::new(images.to_vec());
        let wanted = key("d", "", Some(99), "lost");
        // The first bits that differ from the look wanted.
        let look = |bits: usize| -> PerceptualHash {
            let byte =
                |index: usize| format!("{:02x}", (1 << bits.saturating_sub(8 * index).min(8)) - 1);
            let bits: String = (0..32).map(byte).collect();
            format!("10x10:{bits}").parse().expect("a look")
        };
        let by_look = |distances: [usize; 2]| {
            let look_of = |image: &ImageRow| Some(look(distances[image.id as usize - 1]));
            pictures.find_like(&wanted, look(0), look_of).map(|(image, by)| (image.id, by))
        };
        assert_eq!(by_look([99, 9]), Some((2, MatchedBy::PerceptualHash)));
        assert_eq!(by_look([12, 3]), Some((2, MatchedBy::PerceptualHash)));
        assert_eq!(by_look([10, 3]), None, "too near each other");
        assert_eq!(by_look([99, 99]), None);
    }

    #[test]
    fn another_picture_at_its_place_is_not_meant() {
        let pictures = Pictures::new(vec![image(1, "e", "", Some(7), "other")]);
        let [wanted, other]: [PerceptualHash; 2] =
            ["00", "ff"].map(|bits| format!("9x9:{}", bits.repeat(32)).parse().expect("a look"));
        let key = key("d", "", Some(7), "lost");
        let by = |look| pictures.find_like(&key, wanted, |_| look).map(|(_, by)| by);
        assert_eq!(pictures.find(&key).map(|(_, by)| by), Some(MatchedBy::Place));
        assert_eq!(by(Some(wanted)), Some(MatchedBy::Place));
        assert_eq!([by(Some(other)), by(None)], [None, None]);
    }

    #[test]
    fn equal_bytes_in_another_paper_are_not_the_picture() {
        let mut elsewhere = image(1, "d", "", Some(7), "same");
        elsewhere.preprint_name = "another".into();
        assert_eq!(found(vec![elsewhere], &key("e", "", Some(7), "same")), None);
    }
}
