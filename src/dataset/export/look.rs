//! What a picture looks like, in 64 bits: enough to know it again when its bytes and its place have
//! changed, and to notice that another picture stands in its place.

use std::fmt;
use std::str::FromStr;

use image::DynamicImage;
use image_hasher::{HashAlg, HasherConfig, ImageHash};

/// Differences of neighbouring pixels of the picture scaled to 9 x 8 (dHash).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look(u64);

impl Look {
    /// Bits that may differ between two prints of one picture. Compressing a scan anew changes few;
    /// two scans of one patient differ by 10 and more of 64.
    const SAME: u32 = 4;

    pub fn of(picture: &DynamicImage) -> Self {
        let hasher = HasherConfig::new().hash_size(8, 8).hash_alg(HashAlg::Gradient).to_hasher();
        let hash: ImageHash = hasher.hash_image(&picture.to_luma8());
        let bits = hash.as_bytes().iter().take(8);
        Self(bits.fold(0, |bits, byte| bits << 8 | u64::from(*byte)))
    }

    /// Bits in which two differ.
    pub fn distance(self, other: Self) -> u32 {
        (self.0 ^ other.0).count_ones()
    }

    /// Whether they may be of one picture.
    pub fn is_like(self, other: Self) -> bool {
        self.distance(other) <= Self::SAME
    }
}

/// 16 hexadecimal digits.
impl fmt::Display for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Look {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        u64::from_str_radix(text, 16)
            .ok()
            .filter(|_| text.len() == 16)
            .map(Self)
            .ok_or_else(|| format!("'{text}' is no look: expected 16 hexadecimal digits"))
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
        assert!(Look::of(&picture).is_like(Look::of(&again)));
        assert!(!Look::of(&picture).is_like(Look::of(&scan(3))));
    }

    #[test]
    fn it_reads_what_it_writes() {
        let look = Look::of(&scan(2));
        assert_eq!(look.to_string().parse(), Ok(look));
        assert!("12".parse::<Look>().is_err());
    }
}
