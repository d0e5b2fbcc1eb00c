//! How a PDF stores a picture: samples, compression, colour space, masks, orientation.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

use super::chance::Chance;
use super::raster::Canvas;

/// Colour space, depth and compression of an image object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Encoding {
    JpegGrey,
    JpegRgb,
    /// Inverted as Adobe's programs write it, and put right by `Decode`.
    JpegCmyk,
    FlateGrey,
    FlateRgb,
    FlateCmyk,
    /// 64 grey levels in a palette.
    Indexed,
    /// A tint of black: 0 is white.
    Separation,
    /// Black and white.
    Bits1,
    Bits16,
    /// Grey, negative, and put right by `Decode`.
    Inverted,
    /// With a soft mask that fades the edge into the page.
    SoftMask,
    /// With a colour key that lets the page show through white.
    ColourKey,
}

impl Encoding {
    /// One for a grey picture, JPEG more often than not.
    pub fn any(chance: &mut Chance) -> Self {
        if chance.yes(0.55) {
            return *chance.pick(&[Self::JpegGrey, Self::JpegRgb]);
        }
        *chance.pick(&[
            Self::FlateGrey,
            Self::FlateRgb,
            Self::Indexed,
            Self::JpegCmyk,
            Self::FlateCmyk,
            Self::Separation,
            Self::Bits16,
            Self::Inverted,
            Self::SoftMask,
        ])
    }

    /// One for drawings in colour on white.
    pub fn coloured(chance: &mut Chance) -> Self {
        *chance.pick(&[
            Self::JpegRgb,
            Self::JpegRgb,
            Self::FlateRgb,
            Self::FlateRgb,
            Self::JpegCmyk,
            Self::FlateCmyk,
            Self::SoftMask,
            Self::ColourKey,
            Self::Bits1,
        ])
    }

    pub fn is_jpeg(self) -> bool {
        matches!(self, Self::JpegGrey | Self::JpegRgb | Self::JpegCmyk)
    }

    pub fn bits(self) -> i32 {
        match self {
            Self::Bits1 => 1,
            Self::Bits16 => 16,
            _ => 8,
        }
    }
}

/// How the stored samples are turned and mirrored by the placement, to be seen upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Turn {
    #[default]
    Upright,
    /// A quarter turn anticlockwise.
    Left,
    /// A quarter turn clockwise.
    Right,
    UpsideDown,
    /// Mirrored left to right.
    Across,
    /// Mirrored top to bottom.
    Down,
}

impl Turn {
    /// Upright more often than not.
    pub fn any(chance: &mut Chance) -> Self {
        if chance.yes(0.8) {
            return Self::Upright;
        }
        *chance.pick(&[Self::Left, Self::Right, Self::UpsideDown, Self::Across, Self::Down])
    }

    pub fn is_quarter(self) -> bool {
        matches!(self, Self::Left | Self::Right)
    }

    /// The transform that takes the unit square to a box of `w` by `h` with its bottom left corner
    /// at (`x`, `y`), y upwards, so that the picture is seen upright.
    pub fn matrix(self, (x, y): (f32, f32), (w, h): (f32, f32)) -> [f32; 6] {
        match self {
            Self::Upright => [w, 0.0, 0.0, h, x, y],
            Self::Left => [0.0, h, -w, 0.0, x + w, y],
            Self::Right => [0.0, -h, w, 0.0, x, y + h],
            Self::UpsideDown => [-w, 0.0, 0.0, -h, x + w, y + h],
            Self::Across => [-w, 0.0, 0.0, h, x + w, y],
            Self::Down => [w, 0.0, 0.0, -h, x, y + h],
        }
    }

    /// Where a pixel seen at (`x`, `y`) of `w` by `h` is stored.
    fn stored(self, (x, y): (u32, u32), (w, h): (u32, u32)) -> (u32, u32) {
        match self {
            Self::Upright => (x, y),
            Self::Left => (h - 1 - y, x),
            Self::Right => (y, w - 1 - x),
            Self::UpsideDown => (w - 1 - x, h - 1 - y),
            Self::Across => (w - 1 - x, y),
            Self::Down => (x, h - 1 - y),
        }
    }

    /// `seen` as it is stored.
    fn undo(self, seen: &Canvas) -> Canvas {
        let size = (seen.width, seen.height);
        let (w, h) = if self.is_quarter() { (size.1, size.0) } else { size };
        let mut canvas = Canvas::new(w, h, [0; 3]);
        for y in 0..size.1 {
            for x in 0..size.0 {
                let (to_x, to_y) = self.stored((x, y), size);
                canvas.set(to_x as i32, to_y as i32, seen.at(x, y));
            }
        }
        canvas
    }
}

/// A picture ready to be an image object.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Pixels as seen; a quarter turn swaps those of the object.
    pub width: u32,
    pub height: u32,
    pub encoding: Encoding,
    pub turn: Turn,
    pub bytes: Vec<u8>,
    /// Deflated grey levels of a soft mask.
    pub mask: Option<Vec<u8>>,
    /// Written into the page's content, not an object of its own.
    pub inline: bool,
    /// The optional content it belongs to.
    pub layer: Option<Layer>,
    /// Whether its colours rest on a colour space that is an object of its own, which other pictures share.
    pub shared_space: bool,
}

/// Optional content: a file has one layer that is shown and one that is not, and what is said of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// The shown layer itself.
    Shown,
    /// Where one of both is off.
    AnyOff,
    /// Where one of both is on.
    AnyOn,
    /// Where the hidden one is off, as an expression.
    Not,
    /// Where the shown one is on and the hidden one off, as an expression.
    And,
    /// The hidden layer itself.
    Hidden,
    /// Where all are off.
    AllOff,
}

impl Layer {
    pub const SHOWN: [Self; 5] = [Self::Shown, Self::AnyOff, Self::AnyOn, Self::Not, Self::And];
    pub const HIDDEN: [Self; 2] = [Self::Hidden, Self::AllOff];

    pub fn is_shown(self) -> bool {
        Self::SHOWN.contains(&self)
    }
}

impl Picture {
    /// `quality` is that of the JPEG encodings, 1 to 100.
    pub fn encode(canvas: &Canvas, encoding: Encoding, quality: u8) -> Self {
        Self::turned(canvas, encoding, quality, Turn::Upright)
    }

    /// As `turn` must show it.
    pub fn turned(seen: &Canvas, encoding: Encoding, quality: u8, turn: Turn) -> Self {
        let stored = turn.undo(seen);
        let canvas = &stored;
        let bytes = match encoding {
            Encoding::JpegGrey => jpeg(canvas, &canvas.grey(), ExtendedColorType::L8, quality),
            Encoding::JpegRgb => jpeg(canvas, &canvas.rgb(), ExtendedColorType::Rgb8, quality),
            Encoding::JpegCmyk => adobe_jpeg(canvas, quality),
            Encoding::FlateGrey => deflate(&canvas.grey()),
            Encoding::FlateRgb | Encoding::SoftMask | Encoding::ColourKey => deflate(&canvas.rgb()),
            Encoding::FlateCmyk => deflate(&cmyk(canvas)),
            Encoding::Indexed => mapped(canvas, |level| vec![level / 4]),
            Encoding::Separation | Encoding::Inverted => mapped(canvas, |level| vec![255 - level]),
            Encoding::Bits1 => deflate(&black_and_white(canvas)),
            Encoding::Bits16 => mapped(canvas, |level| vec![level, level]),
        };
        let mask = (encoding == Encoding::SoftMask).then(|| deflate(&fading(canvas)));
        let (width, height) = (seen.width, seen.height);
        Self {
            width,
            height,
            encoding,
            turn,
            bytes,
            mask,
            inline: false,
            layer: None,
            shared_space: false,
        }
    }

    /// Whether a viewer shows it.
    pub fn is_shown(&self) -> bool {
        self.layer.is_none_or(Layer::is_shown)
    }

    /// Pixels of the image object.
    pub fn stored_size(&self) -> (u32, u32) {
        if self.turn.is_quarter() { (self.height, self.width) } else { (self.width, self.height) }
    }
}

fn jpeg(canvas: &Canvas, samples: &[u8], colour: ExtendedColorType, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode(samples, canvas.width, canvas.height, colour)
        .expect("memory takes every byte, and the sizes agree");
    bytes
}

/// A CMYK JPEG with Adobe's marker, its samples inverted.
fn adobe_jpeg(canvas: &Canvas, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    jpeg_encoder::Encoder::new(&mut bytes, quality)
        .encode(
            &cmyk(canvas),
            canvas.width as u16,
            canvas.height as u16,
            jpeg_encoder::ColorType::Cmyk,
        )
        .expect("memory takes every byte, and the sizes agree");
    bytes
}

/// Grey levels as black alone, other colours as cyan, magenta and yellow.
fn cmyk(canvas: &Canvas) -> Vec<u8> {
    let ink = |[r, g, b]: [u8; 3]| {
        if r == g && g == b { [0, 0, 0, 255 - r] } else { [255 - r, 255 - g, 255 - b, 0] }
    };
    canvas.pixels().iter().flat_map(|&pixel| ink(pixel)).collect()
}

fn mapped(canvas: &Canvas, sample: impl Fn(u8) -> Vec<u8>) -> Vec<u8> {
    deflate(&canvas.grey().into_iter().flat_map(sample).collect::<Vec<u8>>())
}

/// One bit a pixel, 1 for white, rows padded to bytes.
fn black_and_white(canvas: &Canvas) -> Vec<u8> {
    let grey = canvas.grey();
    let rows = grey.chunks(canvas.width as usize);
    let byte = |pixels: &[u8]| {
        pixels
            .iter()
            .enumerate()
            .fold(0, |bits, (i, &level)| bits | (u8::from(level > 127) << (7 - i)))
    };
    rows.flat_map(|row| row.chunks(8).map(byte)).collect()
}

/// Opaque but for the outermost eight pixels.
fn fading(canvas: &Canvas) -> Vec<u8> {
    let (w, h) = (canvas.width, canvas.height);
    let level = |x: u32, y: u32| {
        let edge = x.min(w - 1 - x).min(y).min(h - 1 - y);
        (edge.min(7) * 32 + 31) as u8
    };
    (0..h).flat_map(|y| (0..w).map(move |x| level(x, y))).collect()
}

/// The palette of [`Encoding::Indexed`]: RGB triples.
pub fn palette() -> Vec<u8> {
    (0..64).flat_map(|i: u8| [i * 4 + i / 16; 3]).collect()
}

pub fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(4));
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory takes every byte")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jpeg_decodes_to_its_size() {
        let canvas = Canvas::new(20, 10, [200, 10, 10]);
        let picture = Picture::encode(&canvas, Encoding::JpegRgb, 90);
        let decoded = image::load_from_memory(&picture.bytes).expect("a JPEG");
        assert_eq!((decoded.width(), decoded.height()), (20, 10));
        assert!(decoded.to_rgb8().get_pixel(5, 5).0[0] > 180);
    }

    #[test]
    fn a_turned_picture_is_stored_turned_back() {
        let mut seen = Canvas::new(3, 2, [0; 3]);
        seen.set(2, 0, [9; 3]);
        for (turn, size, corner) in [
            (Turn::Left, (2, 3), (1, 2)),
            (Turn::Right, (2, 3), (0, 0)),
            (Turn::UpsideDown, (3, 2), (0, 1)),
            (Turn::Across, (3, 2), (0, 0)),
            (Turn::Down, (3, 2), (2, 1)),
        ] {
            let stored = turn.undo(&seen);
            assert_eq!((stored.width, stored.height), size, "{turn:?}");
            assert_eq!(stored.at(corner.0, corner.1), [9; 3], "{turn:?}");
        }
    }

    #[test]
    fn bits_are_packed_row_by_row() {
        let mut canvas = Canvas::new(9, 2, [0; 3]);
        canvas.set(0, 0, [255; 3]);
        canvas.set(8, 1, [255; 3]);
        assert_eq!(black_and_white(&canvas), [0x80, 0, 0, 0x80]);
    }
}
