//! Draws parts of a page as a viewer shows them, annotations included.

use image::DynamicImage;
use mupdf::{Colorspace, Device, IRect, Pixmap};

use super::{Document, Limits, Page, PdfError, Picture, Rect, Turn};

/// Renderings are at least this fine, in dots per inch: what print needs.
pub const PRINT_DPI: f32 = 300.0;
/// Finer than any scan in a paper; a picture drawn tiny would ask for more.
pub const FINEST_DPI: f32 = 1200.0;

/// A picture drawn smaller than this on a side, in points, does not set the resolution of what is
/// around it.
const SMALLEST_DRAWN: f32 = 24.0;

impl Document {
    /// Renders `bbox` of page `number`, in points of the page as displayed, at `dpi` dots per inch,
    /// on white. The picture is PNG, grey where everything on it is. `dpi` is lowered to what
    /// [`FINEST_DPI`] and 100 million pixels allow; a box past the page's edge shows white there.
    ///
    /// # Errors
    /// When the page cannot be loaded or drawn, or the box is empty.
    pub fn render(&self, number: u32, bbox: Rect, dpi: f32) -> Result<Picture, PdfError> {
        self.render_turned(number, bbox, dpi, Turn::NONE)
    }

    /// As [`render`](Self::render), and turned: the picture of a figure that stands sideways, upright.
    ///
    /// # Errors
    /// As there.
    pub fn render_turned(
        &self,
        number: u32,
        bbox: Rect,
        dpi: f32,
        turn: Turn,
    ) -> Result<Picture, PdfError> {
        let picture = self.render_pixels(number, bbox, dpi)?;
        let picture = match turn {
            Turn::CLOCKWISE => picture.rotate90(),
            Turn::HALF => picture.rotate180(),
            Turn::ANTICLOCKWISE => picture.rotate270(),
            _ => picture,
        };
        Picture::png(&picture, "", "")
            .map_err(|source| PdfError::NotDrawn { page: number, problem: source.to_string() })
    }

    /// The pixels of [`render`](Self::render).
    ///
    /// # Errors
    /// As there.
    pub fn render_pixels(
        &self,
        number: u32,
        bbox: Rect,
        dpi: f32,
    ) -> Result<DynamicImage, PdfError> {
        let problem = |problem: &str| PdfError::NotDrawn { page: number, problem: problem.into() };
        let broken = |doing: &'static str| {
            move |source| PdfError::BrokenPage { page: number, doing, source }
        };
        let dpi = possible_dpi(&bbox, dpi).ok_or_else(|| problem("an empty box"))?;
        let scale = dpi / 72.0;
        let page = self.load(number)?;
        let bounds = page.bounds().map_err(broken("measuring it"))?;
        let width = ((bbox.width() * scale).round() as i32).max(1);
        let height = ((bbox.height() * scale).round() as i32).max(1);
        // The box's corner lies on the pixel grid, so that a picture drawn there meets whole pixels.
        let ctm = mupdf::Matrix::new(
            scale,
            0.0,
            0.0,
            scale,
            -(bounds.x0 + bbox.x0) * scale,
            -(bounds.y0 + bbox.y0) * scale,
        );
        let draw = || -> Result<Pixmap, mupdf::Error> {
            let area = IRect { x0: 0, y0: 0, x1: width, y1: height };
            let mut pixmap = Pixmap::new_with_rect(&Colorspace::device_rgb(), area, false)?;
            pixmap.clear_with(255)?;
            let device = Device::from_pixmap(&pixmap)?;
            page.run(&device, &ctm)?;
            drop(device);
            Ok(pixmap)
        };
        let pixmap = draw().map_err(broken("drawing it"))?;
        without_needless_colour(&pixmap).ok_or_else(|| problem("MuPDF returned too few pixels"))
    }

    /// The resolution to render `bbox` of `page` at, in dots per inch: [`PRINT_DPI`], or that of the
    /// finest picture drawn in it.
    pub fn resolution(&self, page: &Page, bbox: &Rect) -> f32 {
        let infos = self.images([page]);
        let finest = page
            .drawn
            .images
            .iter()
            .filter(|image| {
                image.bbox.width().min(image.bbox.height()) >= SMALLEST_DRAWN
                    && bbox.contains_point(image.bbox.centre())
            })
            .filter_map(|image| {
                let (width, height) = infos.get(&image.xref?)?.finest();
                let m = image.transform;
                let across = width as f32 / m.a.hypot(m.b);
                let down = height as f32 / m.c.hypot(m.d);
                Some(72.0 * across.max(down))
            })
            .filter(|dpi| dpi.is_finite())
            .fold(PRINT_DPI, f32::max);
        finest.min(FINEST_DPI)
    }
}

/// `dpi` within the limits; `None` for an empty box.
fn possible_dpi(bbox: &Rect, dpi: f32) -> Option<f32> {
    let inches = f64::from(bbox.width()) * f64::from(bbox.height()) / (72.0 * 72.0);
    if bbox.is_empty() || !inches.is_finite() || !dpi.is_finite() {
        return None;
    }
    let most = (Limits::DEFAULT.pixels as f64 / inches).sqrt();
    Some(dpi.clamp(1.0, FINEST_DPI).min(most as f32))
}

/// The samples of an RGB pixmap as they are, or as grey where no pixel has a colour.
pub(super) fn without_needless_colour(pixmap: &Pixmap) -> Option<DynamicImage> {
    let (width, height) = (pixmap.width(), pixmap.height());
    let n = usize::from(pixmap.n());
    let row = width as usize * n;
    let lines = || {
        let stride = pixmap.stride().unsigned_abs();
        pixmap.samples().chunks(stride).take(height as usize).filter_map(|line| line.get(..row))
    };
    // Line by line: sample by sample took a twentieth of the time of reading a paper.
    let all = || {
        let mut samples = Vec::with_capacity(row * height as usize);
        lines().for_each(|line| samples.extend_from_slice(line));
        samples
    };
    if n == 1 {
        return image::GrayImage::from_raw(width, height, all()).map(DynamicImage::from);
    }
    let grey = lines().all(|line| line.chunks_exact(n).all(|p| p[0] == p[1] && p[1] == p[2]));
    if grey {
        let mut samples = Vec::with_capacity(width as usize * height as usize);
        lines().for_each(|line| samples.extend(line.iter().step_by(n)));
        image::GrayImage::from_raw(width, height, samples).map(DynamicImage::from)
    } else {
        image::RgbImage::from_raw(width, height, all()).map(DynamicImage::from)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Pdf;
    use super::*;

    fn page(content: &str, page_entries: &str) -> Document {
        Document::open(&Pdf::page(content, "", page_entries).bytes()).expect("opens")
    }

    #[test]
    fn a_box_is_rendered_at_the_asked_resolution() {
        let document = page("0 g 10 80 10 10 re f", "");
        let picture = document.render_pixels(1, Rect::new(10.0, 0.0, 30.0, 20.0), 144.0);
        let picture = picture.expect("renders");
        assert_eq!((picture.width(), picture.height()), (40, 40));
        let grey = picture.as_luma8().expect("grey");
        // The square's top left corner is the box's left edge, 10 points down.
        assert_eq!(grey.get_pixel(0, 20).0, [0]);
        assert_eq!(grey.get_pixel(0, 19).0, [255]);
        assert_eq!(grey.get_pixel(20, 20).0, [255]);
    }

    #[test]
    fn a_turned_and_cropped_page_is_rendered_as_displayed() {
        // Cropped to 60 x 40 points and turned a quarter clockwise: 40 wide, 60 high.
        let document = page("1 0 0 rg 20 30 10 10 re f", "/CropBox[20 30 80 70]/Rotate 90");
        let read = document.page(1).expect("page");
        assert_eq!((read.width, read.height), (40.0, 60.0));
        let picture = document.render_pixels(1, Rect::new(0.0, 0.0, 40.0, 60.0), 72.0);
        let picture = picture.expect("renders").into_rgb8();
        // The lower left corner of the page comes to lie at the upper left.
        assert_eq!(picture.get_pixel(2, 2).0, [255, 0, 0]);
        assert_eq!(picture.get_pixel(15, 2).0, [255; 3]);
        assert_eq!(picture.get_pixel(2, 15).0, [255; 3]);
    }

    #[test]
    fn too_fine_a_rendering_is_made_coarser_and_an_empty_one_refused() {
        assert_eq!(possible_dpi(&Rect::new(0.0, 0.0, 72.0, 72.0), 5000.0), Some(FINEST_DPI));
        let wide = possible_dpi(&Rect::new(0.0, 0.0, 7200.0, 7200.0), 1200.0).expect("not empty");
        assert!((wide - 100.0).abs() < 0.1, "{wide}");
        assert_eq!(possible_dpi(&Rect::new(5.0, 5.0, 5.0, 9.0), 300.0), None);
        let document = page("", "");
        let error = document.render(1, Rect::new(5.0, 5.0, 5.0, 9.0), 300.0).expect_err("refused");
        assert!(error.to_string().contains("empty box"), "{error}");
    }

    #[test]
    fn what_has_no_colour_is_kept_as_grey() {
        let colour = |content| {
            let picture = page(content, "").render(1, Rect::new(0.0, 0.0, 9.0, 9.0), 72.0);
            picture.expect("renders").colour_space
        };
        assert_eq!(colour("0.5 g 0 0 99 99 re f"), "DeviceGray");
        assert_eq!(colour("1 0 0 rg 0 0 99 99 re f"), "DeviceRGB");
    }

    #[test]
    fn the_finest_picture_sets_the_resolution() {
        let image = "<</Type/XObject/Subtype/Image/Width 800/Height 100/BitsPerComponent 8
                       /ColorSpace/DeviceGray/Length 0>>";
        let pdf = Pdf::page("q 72 0 0 36 0 60 cm /Im Do Q", "/XObject<</Im 5 0 R>>", "");
        let document = Document::open(&pdf.with(image, Some(b"")).bytes()).expect("opens");
        let page = document.page(1).expect("page");
        assert_eq!(document.resolution(&page, &Rect::new(0.0, 0.0, 100.0, 100.0)), 800.0);
        assert_eq!(document.resolution(&page, &Rect::new(0.0, 60.0, 100.0, 100.0)), PRINT_DPI);
    }
}
