//! Whether a JPEG may be handed on byte for byte: any viewer must show it as the page does.

/// Whether the stream is a complete 8-bit grey or YCbCr JPEG of these dimensions, which every viewer
/// reads alike: not CMYK, which Adobe writes inverted; not RGB without transform; not turned by an
/// EXIF tag, which a page does not mind; and without a profile of its own other than sRGB's, which
/// a page does not mind either.
pub(super) fn reads_alike(bytes: &[u8], width: u32, height: u32, components: u32) -> bool {
    let complete =
        bytes.len() > 64 && bytes[bytes.len() - 64..].windows(2).any(|w| w == [0xff, 0xd9]);
    let Some(header) = Header::read(bytes).filter(|_| complete) else { return false };
    let ycbcr = match (header.components, header.adobe_transform) {
        (1, _) | (3, Some(1)) => true,
        (3, Some(_)) => false,
        // Without Adobe's mark, JFIF or the usual numbers of the components say so.
        _ => header.jfif || header.ids == [1, 2, 3],
    };
    header.precision == 8
        && matches!(header.components, 1 | 3)
        && u32::from(header.components) == components
        && u32::from(header.width) == width
        && u32::from(header.height) == height
        && header.orientation.is_none_or(|orientation| orientation <= 1)
        && !header.foreign_profile
        && ycbcr
}

/// What the segments before the first scan say.
#[derive(Debug, Default)]
struct Header {
    precision: u8,
    width: u16,
    height: u16,
    components: u8,
    ids: Vec<u8>,
    jfif: bool,
    adobe_transform: Option<u8>,
    orientation: Option<u16>,
    foreign_profile: bool,
}

impl Header {
    /// Of a baseline, extended or progressive Huffman JPEG (ITU T.81, B.2.2); lossless and arithmetic
    /// ones, and scans without a frame, are not for every viewer.
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut header = Self::default();
        let mut rest = bytes.strip_prefix(&[0xff, 0xd8])?;
        loop {
            let start = rest.iter().position(|byte| *byte == 0xff)?;
            rest = &rest[start..];
            let fill = rest.iter().position(|byte| *byte != 0xff)?;
            let marker = rest[fill];
            rest = &rest[fill + 1..];
            if matches!(marker, 0x00 | 0x01 | 0xd0..=0xd8) {
                continue;
            }
            if marker == 0xda {
                // The frame comes before its scans.
                return (header.components > 0).then_some(header);
            }
            let length = usize::from(u16_at(rest, 0)?);
            let segment = rest.get(2..length)?;
            match marker {
                0xc0..=0xc2 => header.frame(segment)?,
                0xc3 | 0xc5..=0xc7 | 0xc9..=0xcf | 0xd9 => return None,
                0xe0 if segment.starts_with(b"JFIF\0") => header.jfif = true,
                0xe1 if segment.starts_with(b"Exif\0\0") => {
                    header.orientation = orientation(&segment[6..]).or(header.orientation);
                }
                0xe2 if segment.starts_with(b"ICC_PROFILE\0") => {
                    header.foreign_profile |= !names_srgb(segment);
                }
                0xee if segment.starts_with(b"Adobe") => {
                    header.adobe_transform = segment.get(11).copied();
                }
                _ => {}
            }
            rest = &rest[length..];
        }
    }

    fn frame(&mut self, segment: &[u8]) -> Option<()> {
        self.precision = *segment.first()?;
        self.height = u16_at(segment, 1)?;
        self.width = u16_at(segment, 3)?;
        self.components = *segment.get(5)?;
        self.ids = segment.get(6..)?.chunks_exact(3).map(|component| component[0]).collect();
        Some(())
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}

/// Tag 274 of the first directory of an EXIF block.
fn orientation(tiff: &[u8]) -> Option<u16> {
    let little = match tiff.get(..2)? {
        b"II" => true,
        b"MM" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let pair = [*tiff.get(at)?, *tiff.get(at + 1)?];
        Some(if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) })
    };
    let long = |at: usize| {
        let (first, second) = (u32::from(short(at)?), u32::from(short(at + 2)?));
        Some(if little { second << 16 | first } else { first << 16 | second })
    };
    let directory = usize::try_from(long(4)?).ok()?;
    let count = usize::from(short(directory)?);
    let entries = (0..count).map(|index| directory + 2 + 12 * index);
    entries
        .take_while(|at| at + 12 <= tiff.len())
        .find_map(|at| (short(at)? == 274).then(|| short(at + 8)).flatten())
}

/// Whether a profile calls itself sRGB, or grey with sRGB's or nearly its tone curve; the name is
/// ASCII or UTF-16 and stands in the profile's first part.
fn names_srgb(segment: &[u8]) -> bool {
    let text: Vec<u8> = segment.iter().copied().filter(|byte| *byte != 0).collect();
    let names: [&[u8]; 3] = [b"sRGB", b"sGray", b"Gray Gamma 2.2"];
    // The later parts of a long profile cannot be told; what counts is said by the first.
    let first = segment.get(12).is_none_or(|part| *part <= 1);
    !first || names.iter().any(|name| text.windows(name.len()).any(|window| window == *name))
}

#[cfg(test)]
mod tests {
    use image::ImageEncoder as _;
    use proptest::prelude::*;

    use super::*;

    fn jpeg(colour: image::ExtendedColorType) -> Vec<u8> {
        let mut bytes = Vec::new();
        let samples = vec![100; 16 * 8 * colour.channel_count() as usize];
        image::codecs::jpeg::JpegEncoder::new(&mut bytes)
            .write_image(&samples, 16, 8, colour)
            .expect("JPEG");
        bytes
    }

    fn rgb() -> Vec<u8> {
        jpeg(image::ExtendedColorType::Rgb8)
    }

    /// Puts a segment behind the start marker.
    fn with_segment(mut bytes: Vec<u8>, marker: u8, segment: &[u8]) -> Vec<u8> {
        let length = u16::try_from(segment.len() + 2).expect("short").to_be_bytes();
        let all = [&[0xff, marker], &length[..], segment].concat();
        bytes.splice(2..2, all);
        bytes
    }

    /// An EXIF block that says nothing but the orientation.
    fn exif(orientation: u8) -> Vec<u8> {
        let mut block = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        block.extend([orientation, 0, 0, 0, 0, 0, 0]);
        block
    }

    #[test]
    fn grey_and_ycbcr_read_alike() {
        assert!(reads_alike(&jpeg(image::ExtendedColorType::L8), 16, 8, 1));
        assert!(reads_alike(&rgb(), 16, 8, 3));
    }

    #[test]
    fn another_size_or_number_of_components_than_the_page_says_does_not() {
        assert!(!reads_alike(&rgb(), 8, 16, 3));
        assert!(!reads_alike(&rgb(), 16, 8, 1));
    }

    #[test]
    fn adobe_marks_tell_ycbcr_from_rgb() {
        let adobe = |transform: u8| {
            let segment = [&b"Adobe\0\x64\0\0\0\0"[..], &[transform]].concat();
            reads_alike(&with_segment(rgb(), 0xee, &segment), 16, 8, 3)
        };
        assert!(adobe(1));
        assert!(!adobe(0));
    }

    #[test]
    fn a_picture_that_viewers_turn_does_not() {
        assert!(reads_alike(&with_segment(rgb(), 0xe1, &exif(1)), 16, 8, 3));
        assert!(!reads_alike(&with_segment(rgb(), 0xe1, &exif(6)), 16, 8, 3));
    }

    #[test]
    fn a_profile_of_its_own_does_not_unless_it_is_srgb() {
        let profile = |name: &str| {
            let segment = [b"ICC_PROFILE\0\x01\x01", name.as_bytes()].concat();
            reads_alike(&with_segment(rgb(), 0xe2, &segment), 16, 8, 3)
        };
        assert!(profile("desc sRGB IEC61966-2.1"));
        assert!(profile("\0s\0R\0G\0B"));
        assert!(!profile("desc Adobe RGB (1998)"));
    }

    #[test]
    fn what_is_cut_short_does_not() {
        let whole = rgb();
        assert!(!reads_alike(&whole[..whole.len() - 40], 16, 8, 3));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_fault(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut all = vec![0xff, 0xd8];
            all.extend(&bytes);
            let _ = Header::read(&all);
            let _ = orientation(&bytes);
        }

        #[test]
        fn a_damaged_header_is_read_without_fault(at in 2_usize..200, byte in any::<u8>()) {
            let mut bytes = with_segment(rgb(), 0xe1, &exif(3));
            bytes[at] = byte;
            let _ = Header::read(&bytes);
        }
    }
}
