//! Pictures as they are stored, but for what would have a browser turn them.

use std::sync::{Mutex, PoisonError};

use covid_ct::curation::seat;
use covid_ct::store::Store;

/// A picture to send.
#[derive(Debug)]
pub struct Sending {
    pub kind: &'static str,
    /// The SHA-256 of the bytes as stored.
    pub hash: String,
    pub bytes: Vec<u8>,
}

/// Reads pictures by their ids: no path comes from a request.
#[derive(Debug)]
pub struct Pictures(Mutex<Store>);

impl Pictures {
    pub fn new(store: Store) -> Self {
        Self(Mutex::new(store))
    }

    /// The picture of an `image.id`; `None` where there is none, or none that a browser shows.
    pub fn read(&self, image: i64) -> Option<Sending> {
        let (object, objects) = {
            let store = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let found = seat::picture(&store, image);
            let found = found.inspect_err(|error| tracing::error!("{error}"));
            (found.ok()??, store.objects().clone())
        };
        let bytes = objects.read(&object);
        let bytes = bytes.inspect_err(|error| tracing::error!("{error}")).ok()?;
        let kind = kind(&bytes)?;
        let bytes = if kind == JPEG { as_stored(&bytes) } else { bytes };
        Some(Sending { kind, hash: object.sha256, bytes })
    }
}

const JPEG: &str = "image/jpeg";

/// By its first bytes: what is no picture is not sent as one.
pub fn kind(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some(JPEG),
        _ => None,
    }
}

/// A JPEG without its Exif: boxes are in pixels as they are stored, and a browser would turn the picture as a
/// camera noted that it was held.
fn as_stored(bytes: &[u8]) -> Vec<u8> {
    let mut kept = bytes[..2].to_vec();
    let mut rest = &bytes[2..];
    while let [0xff, marker, high, low, ..] = *rest {
        let length = 2 + usize::from(u16::from_be_bytes([high, low]));
        if marker == 0xda || rest.len() < length {
            break;
        }
        let is_exif = marker == 0xe1 && rest[4..].starts_with(b"Exif\0");
        if !is_exif {
            kept.extend(&rest[..length]);
        }
        rest = &rest[length..];
    }
    kept.extend(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exif_is_left_out_and_nothing_else() {
        let exif = [&[0xff, 0xe1, 0, 10][..], b"Exif\0\0MM"].concat();
        let other = [0xff, 0xe1, 0, 4, b'h', b't'];
        let scan = [0xff, 0xda, 0, 2, 1, 2, 3, 0xff, 0xd9];
        let with = [&[0xff, 0xd8][..], &exif, &other, &scan].concat();
        let without = [&[0xff, 0xd8][..], &other, &scan].concat();
        assert_eq!(as_stored(&with), without);
        assert_eq!(as_stored(&without), without);
        for cut in 2..with.len() {
            as_stored(&with[..cut]);
        }
    }

    #[test]
    fn what_is_no_picture_is_not_sent_as_one() {
        assert_eq!(kind(b"\x89PNG\r\n"), Some("image/png"));
        for bytes in [&b""[..], b"<svg onload=alert(1)>", b"GIF89a", b"\xff\xd8"] {
            assert_eq!(kind(bytes), None);
        }
    }
}
