//! What a picture looks like, in 256 bits: enough to know it again when its bytes and its place have
//! changed, and to notice that another picture stands in its place.
//!
//! Measured on the 746 pictures of COVID-CT: written anew as JPEG of quality 50 they change by 14 bits
//! at most, by 2 in the median. The nearest other picture, often the next slice of the same scan, is 8
//! bits away at least, 64 in the median; none is nearer than the picture itself.

use std::fmt;
use std::str::FromStr;

use image::DynamicImage;
use image_hasher::{HashAlg, HasherConfig};

/// Bytes of a look.
const BYTES: usize = 32;

/// Differences of neighbouring pixels of the picture scaled to 17 x 16 (dHash).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look([u8; BYTES]);

impl Look {
    /// Bits that may differ between two prints of one picture.
    pub const SAME: u32 = 24;

    /// Bits by which the second nearest picture must be farther than the nearest to tell them apart.
    pub const APART: u32 = 8;

    pub fn of(picture: &DynamicImage) -> Self {
        let hasher = HasherConfig::new().hash_size(16, 16).hash_alg(HashAlg::Gradient).to_hasher();
        let hash = hasher.hash_image(&picture.to_luma8());
        let mut look = [0; BYTES];
        look.iter_mut().zip(hash.as_bytes()).for_each(|(byte, of)| *byte = *of);
        Self(look)
    }

    /// Bits in which two differ.
    pub fn distance(self, other: Self) -> u32 {
        self.0.iter().zip(other.0).map(|(one, other)| (one ^ other).count_ones()).sum()
    }
}

/// 64 hexadecimal digits.
impl fmt::Display for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Look {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is no look: expected {} hexadecimal digits", 2 * BYTES);
        let mut look = [0; BYTES];
        if text.len() != 2 * BYTES || !text.is_ascii() {
            return Err(wrong());
        }
        for (index, byte) in look.iter_mut().enumerate() {
            let digits = &text[2 * index..2 * index + 2];
            *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
        }
        Ok(Self(look))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::codecs::jpeg::JpegEncoder;

    fn scan(seed: u32) -> DynamicImage {
        let shade = |x: u32, y: u32| {
            let (x, y, seed) = (f64::from(x), f64::from(y), f64::from(seed));
            (127.0 + 80.0 * ((x / 9.0 + seed).sin() * (y / (5.0 + seed)).cos())) as u8
        };
        image::GrayImage::from_fn(96, 80, |x, y| image::Luma([shade(x, y)])).into()
    }

    #[test]
    fn a_picture_compressed_anew_is_known() {
        let picture = scan(1);
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, 60).encode_image(&picture).expect("encoded");
        let again = image::load_from_memory(&jpeg).expect("decoded");
        let look = Look::of(&picture);
        assert!(look.distance(Look::of(&again)) <= Look::SAME);
        assert!(look.distance(Look::of(&scan(3))) > Look::SAME + Look::APART);
    }

    #[test]
    fn it_reads_what_it_writes() {
        let look = Look::of(&scan(2));
        assert_eq!(look.to_string().parse(), Ok(look));
        assert!("12".parse::<Look>().is_err());
        assert!("g".repeat(64).parse::<Look>().is_err());
    }
}
