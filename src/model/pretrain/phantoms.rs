//! Slices of chests that are drawn, and the signs that are drawn in them: there are as many as are wanted.

use super::Found;
use crate::model::{BadImage, Picture, Shown};
use crate::synth::{Sign, Signs, SliceId};
use covid_ct_core::Split;

/// Pictures in the validation split, and in the test split: a tenth of those to learn from, but no more.
const MEASURED: u32 = 2000;

/// Parts are this far from each other in the endless row of a seed's slices.
const APART: u64 = 1 << 32;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phantom {
    slice: SliceId,
    signs: Signs,
}

impl Phantom {
    /// The slices of a part, where there are `pictures` to learn from.
    pub fn part(part: Split, pictures: u32, seed: u64) -> Vec<Self> {
        let measured = pictures.div_ceil(10).min(MEASURED);
        let (first, count) = match part {
            Split::Train => (0, pictures),
            Split::Val => (APART, measured),
            Split::Test => (2 * APART, measured),
        };
        (first..first + u64::from(count)).map(|index| Self::new(SliceId { seed, index })).collect()
    }

    fn new(slice: SliceId) -> Self {
        Self { slice, signs: slice.signs() }
    }
}

impl Shown for Phantom {
    fn read(&self) -> Result<Picture, BadImage> {
        Ok(Picture::from_image(self.slice.draw().into()))
    }
}

impl Found for Phantom {
    fn names() -> impl Iterator<Item = &'static str> {
        Sign::ALL.iter().map(|sign| sign.as_str())
    }

    fn found(&self) -> &[bool] {
        &self.signs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_share_no_slice_and_more_pictures_go_on_where_fewer_end() {
        let part = |part, pictures| Phantom::part(part, pictures, 3);
        let train = part(Split::Train, 51);
        assert_eq!(train.len(), 51);
        assert_eq!(train[..20], part(Split::Train, 20));
        let (val, test) = (part(Split::Val, 51), part(Split::Test, 51));
        assert_eq!((val.len(), test.len()), (6, 6));
        assert_eq!(part(Split::Test, 50_000).len(), 2000);
        assert!(train.iter().chain(&val).all(|phantom| !test.contains(phantom)));
        let picture = train[7].read().expect("drawn");
        assert_eq!((picture.width, picture.channels), (240, 1));
    }
}
