//! Draws marks over the picture of a page: boxes, arrows and labels.

use image::{DynamicImage, RgbImage};
use mupdf::{
    ColorParams, Colorspace, Device, Font, LineCap, LineJoin, Matrix, Path, Pixmap, StrokeState,
};

use super::{PdfError, Rect};

/// A colour: red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ink(pub u8, pub u8, pub u8);

impl Ink {
    fn components(self) -> [f32; 3] {
        [self.0, self.1, self.2].map(|value| f32::from(value) / 255.0)
    }
}

/// What is drawn; all lengths in points of the page as displayed.
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    /// A frame around something.
    Frame {
        /// Points of the page.
        bbox: Rect,
        /// Of the line.
        width: f32,
        /// Whether its line is broken.
        dashed: bool,
        /// How much of the inside is tinted, 0 to 1.
        tint: f32,
    },
    /// An arrow.
    Arrow {
        /// Points of the page.
        from: (f32, f32),
        /// Points of the page.
        to: (f32, f32),
        /// Of its line, in points.
        width: f32,
    },
    /// White words on a filled box.
    Label {
        /// Its upper left corner.
        at: (f32, f32),
        /// What is written.
        text: String,
        /// Of the letters.
        size: f32,
    },
}

/// The corners of an arrow's head, its tip first.
pub fn arrow_head(from: (f32, f32), to: (f32, f32), width: f32) -> [(f32, f32); 3] {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy).max(0.01);
    let (ux, uy) = (dx / length, dy / length);
    let (long, half) = (width * 5.0, width * 2.2);
    let base = (to.0 - ux * long, to.1 - uy * long);
    [to, (base.0 - uy * half, base.1 + ux * half), (base.0 + uy * half, base.1 - ux * half)]
}

/// The letters of labels: Helvetica bold, which MuPDF brings along.
#[derive(Debug)]
pub struct Lettering {
    font: Font,
}

impl Lettering {
    /// # Errors
    /// When MuPDF was built without its fonts.
    pub fn new() -> Result<Self, PdfError> {
        Font::new("Helvetica-Bold").map(|font| Self { font }).map_err(|source| PdfError::NotDrawn {
            page: 0,
            problem: format!("no font for labels: {source}"),
        })
    }

    /// Width of a text in points.
    pub fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().filter_map(|c| self.glyph(c)).map(|(_, advance)| advance * size).sum()
    }

    /// The box of a label at `at`: the letters with a margin around them.
    pub fn label_box(&self, at: (f32, f32), text: &str, size: f32) -> Rect {
        let width = self.width(text, size) + size * 0.7;
        Rect::new(at.0, at.1, at.0 + width, at.1 + size * 1.35)
    }

    /// The glyph of a character, or of `?` where the font lacks it, and its advance in ems.
    fn glyph(&self, c: char) -> Option<(i32, f32)> {
        let known = |c: char| self.font.encode_character(c as i32).ok().filter(|&glyph| glyph > 0);
        let glyph = known(c).or_else(|| known('?'))?;
        Some((glyph, self.font.advance_glyph(glyph).ok()?))
    }
}

/// Draws `marks`, each in its ink, over `picture`, the picture of page `page` with `scale` pixels a
/// point. The picture may reach beyond the page.
///
/// # Errors
/// When MuPDF refuses, for lack of memory say.
pub fn draw_marks<'a>(
    picture: &DynamicImage,
    page: u32,
    scale: f32,
    marks: impl IntoIterator<Item = (Ink, &'a Mark)>,
    lettering: &Lettering,
) -> Result<RgbImage, PdfError> {
    let rgb = picture.to_rgb8();
    let draw = || -> Result<Vec<u8>, mupdf::Error> {
        let (width, height) = (rgb.width() as i32, rgb.height() as i32);
        let mut pixmap = Pixmap::new_with_w_h(&Colorspace::device_rgb(), width, height, false)?;
        pixmap.samples_mut().copy_from_slice(rgb.as_raw());
        let device = Device::from_pixmap(&pixmap)?;
        let pen = Pen { device: &device, scale, lettering };
        for (ink, mark) in marks {
            pen.mark(mark, &ink.components())?;
        }
        drop(device);
        Ok(pixmap.samples().to_vec())
    };
    let problem = |problem: String| PdfError::NotDrawn { page, problem };
    let samples = draw().map_err(|error| problem(error.to_string()))?;
    RgbImage::from_raw(rgb.width(), rgb.height(), samples)
        .ok_or_else(|| problem("MuPDF returned too few pixels".into()))
}

struct Pen<'a> {
    device: &'a Device,
    scale: f32,
    lettering: &'a Lettering,
}

impl Pen<'_> {
    fn mark(&self, mark: &Mark, ink: &[f32; 3]) -> Result<(), mupdf::Error> {
        match mark {
            Mark::Frame { bbox, width, dashed, tint } => {
                let mut path = Path::new()?;
                path.rect(bbox.x0, bbox.y0, bbox.x1, bbox.y1)?;
                if *tint > 0.0 {
                    self.fill(&path, ink, *tint)?;
                }
                let dashes: &[f32] = if *dashed { &[4.0, 2.5] } else { &[] };
                self.stroke(&path, ink, *width, dashes)
            }
            Mark::Arrow { from, to, width } => {
                let head = arrow_head(*from, *to, *width);
                let base =
                    (f32::midpoint(head[1].0, head[2].0), f32::midpoint(head[1].1, head[2].1));
                self.stroke(&polygon(&[*from, base], false)?, ink, *width, &[])?;
                self.fill(&polygon(&head, true)?, ink, 1.0)
            }
            Mark::Label { at, text, size } => {
                let b = self.lettering.label_box(*at, text, *size);
                let mut path = Path::new()?;
                path.rect(b.x0, b.y0, b.x1, b.y1)?;
                self.fill(&path, ink, 1.0)?;
                let (mut x, y) = (at.0 + size * 0.35, at.1 + size * 1.02);
                for (glyph, advance) in text.chars().filter_map(|c| self.lettering.glyph(c)) {
                    let place = Matrix::new(*size, 0.0, 0.0, -size, x, y);
                    if let Some(outline) =
                        self.lettering.font.outline_glyph_with_ctm(glyph, &place)?
                    {
                        self.fill(&outline, &[1.0; 3], 1.0)?;
                    }
                    x += advance * size;
                }
                Ok(())
            }
        }
    }

    fn to_pixels(&self) -> Matrix {
        Matrix::new_scale(self.scale, self.scale)
    }

    fn fill(&self, path: &Path, ink: &[f32; 3], alpha: f32) -> Result<(), mupdf::Error> {
        let rgb = Colorspace::device_rgb();
        self.device.fill_path(
            path,
            false,
            &self.to_pixels(),
            &rgb,
            ink,
            alpha,
            ColorParams::default(),
        )
    }

    fn stroke(
        &self,
        path: &Path,
        ink: &[f32; 3],
        width: f32,
        dashes: &[f32],
    ) -> Result<(), mupdf::Error> {
        let (cap, join) = (LineCap::Butt, LineJoin::Miter);
        let stroke = StrokeState::new(cap, cap, cap, join, width, 10.0, 0.0, dashes)?;
        let rgb = Colorspace::device_rgb();
        let plain = ColorParams::default();
        self.device.stroke_path(path, &stroke, &self.to_pixels(), &rgb, ink, 1.0, plain)
    }
}

fn polygon(corners: &[(f32, f32)], closed: bool) -> Result<Path, mupdf::Error> {
    let mut path = Path::new()?;
    for (number, &(x, y)) in corners.iter().enumerate() {
        if number == 0 { path.move_to(x, y)? } else { path.line_to(x, y)? }
    }
    if closed {
        path.close()?;
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Ink = Ink(255, 0, 0);

    fn drawn(mark: &Mark) -> RgbImage {
        let white = DynamicImage::from(RgbImage::from_pixel(80, 80, image::Rgb([255; 3])));
        let lettering = Lettering::new().expect("font");
        draw_marks(&white, 1, 2.0, [(RED, mark)], &lettering).expect("draws")
    }

    #[test]
    fn a_frame_lies_where_its_box_does() {
        let bbox = Rect::new(10.0, 10.0, 30.0, 30.0);
        let picture = drawn(&Mark::Frame { bbox, width: 2.0, dashed: false, tint: 0.5 });
        assert_eq!(picture.get_pixel(20, 40).0, [255, 0, 0]);
        assert_eq!(picture.get_pixel(4, 4).0, [255; 3]);
        let inside = picture.get_pixel(40, 40).0;
        assert!((100..160).contains(&inside[1]), "tinted by half: {inside:?}");
    }

    #[test]
    fn an_arrow_ends_in_its_tip() {
        let picture = drawn(&Mark::Arrow { from: (5.0, 20.0), to: (35.0, 20.0), width: 2.0 });
        assert_eq!(picture.get_pixel(12, 40).0, [255, 0, 0]);
        assert_eq!(picture.get_pixel(75, 40).0, [255; 3], "nothing beyond the tip");
        let head = arrow_head((5.0, 20.0), (35.0, 20.0), 2.0);
        assert_eq!(head[0], (35.0, 20.0));
        assert!((head[1].1 - 20.0) * (head[2].1 - 20.0) < 0.0, "a corner on each side");
    }

    #[test]
    fn a_label_is_white_on_its_ink_and_as_wide_as_it_says() {
        let lettering = Lettering::new().expect("font");
        let picture = drawn(&Mark::Label { at: (2.0, 4.0), text: "1".into(), size: 10.0 });
        let b = lettering.label_box((2.0, 4.0), "1", 10.0);
        let coloured = |x: f32, y: f32| picture.get_pixel((x * 2.0) as u32, (y * 2.0) as u32).0;
        assert_eq!(coloured(b.x0 + 1.0, b.y0 + 1.0), [255, 0, 0]);
        assert_eq!(coloured(b.x1 + 1.0, b.y0 + 1.0), [255; 3]);
        assert!(picture.enumerate_pixels().any(|(x, y, p)| p.0 == [255; 3]
            && Rect::new(b.x0, b.y0, b.x1, b.y1).contains_point((x as f32 / 2.0, y as f32 / 2.0))));
        assert_eq!(lettering.width("\u{5b57}", 10.0), lettering.width("?", 10.0));
    }
}
