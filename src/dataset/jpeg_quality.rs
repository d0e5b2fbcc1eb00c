//! The quality a JPEG was written with, as far as its tables tell.

/// Sum of the luminance table that the JPEG standard suggests (ITU T.81, table K.1), which encoders
/// scale by the quality asked for.
const SUGGESTED: f64 = 3688.0;

/// Estimates the quality, 1 to 100 as the IJG's encoder counts it (`jpeg_quality_scaling` of
/// jcparam.c), from the first quantisation table; `None` of what is no JPEG or has none. Good to about
/// a unit for encoders that scale the suggested table, which most do.
pub fn jpeg_quality(bytes: &[u8]) -> Option<f64> {
    let mut rest = bytes.strip_prefix(&[0xff, 0xd8])?;
    loop {
        // Before any marker there may be bytes to fill.
        let start = rest.iter().position(|byte| *byte != 0xff)?;
        let marker = *rest.get(start)?;
        let length =
            usize::from(u16::from_be_bytes([*rest.get(start + 1)?, *rest.get(start + 2)?]));
        let segment = rest.get(start + 3..start + 1 + length)?;
        match marker {
            0xdb => return quality_of(segment),
            0xda => return None,
            _ => rest = rest.get(start + 1 + length..)?,
        }
    }
}

fn quality_of(segment: &[u8]) -> Option<f64> {
    let (first, table) = segment.split_first()?;
    let sum: f64 = if first >> 4 == 0 {
        table.get(..64)?.iter().map(|step| f64::from(*step)).sum()
    } else {
        let steps = table.get(..128)?.chunks_exact(2);
        steps.map(|step| f64::from(u16::from_be_bytes([step[0], step[1]]))).sum()
    };
    let scale = 100.0 * sum / SUGGESTED;
    let quality = if scale <= 100.0 { (200.0 - scale) / 2.0 } else { 5000.0 / scale };
    Some(quality.clamp(1.0, 100.0))
}

#[cfg(test)]
mod tests {
    use image::codecs::jpeg::JpegEncoder;
    use proptest::prelude::*;

    use super::*;

    fn jpeg(quality: u8) -> Vec<u8> {
        let mut bytes = Vec::new();
        image::GrayImage::from_fn(16, 16, |x, y| image::Luma([(x * y) as u8]))
            .write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality))
            .expect("JPEG");
        bytes
    }

    #[test]
    fn the_quality_asked_for_is_read_back() {
        for quality in [30, 50, 75, 90, 95] {
            let read = jpeg_quality(&jpeg(quality)).expect("a JPEG");
            assert!((read - f64::from(quality)).abs() < 1.5, "{read} of {quality}");
        }
        assert_eq!(jpeg_quality(b"\x89PNG"), None);
    }

    proptest! {
        #[test]
        fn damaged_files_are_no_trouble(at in 0_usize..300, byte in any::<u8>(), end in 0_usize..300) {
            let mut bytes = jpeg(60);
            bytes[at] = byte;
            jpeg_quality(&bytes);
            jpeg_quality(&bytes[..end]);
        }
    }
}
