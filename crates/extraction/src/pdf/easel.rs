//! A page of our own, added to the document in memory, on which single things are drawn: an image at
//! its native size, patches of a colour space. What comes out is what the interpreter makes of them,
//! masks, palettes, profiles and all, with nothing else of their page on it.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::rc::Rc;

use image::DynamicImage;
use mupdf::pdf::{PdfDocument, PdfObject, PdfPage};
use mupdf::{Buffer, ColorParams, Colorspace, Device, IRect, Image, NativeDevice, Pixmap};

use super::object;
use super::render::without_needless_colour;
use super::walk::{DrawnImage, Manner};
use super::{Matrix, Rect};

/// Side of the page in points. Whole numbers up to here are exact in the interpreter's floats.
const SIDE: i32 = 1 << 17;

pub(super) struct Easel {
    document: PdfDocument,
    page: PdfPage,
    /// The page's content and resources, objects of their own: MuPDF goes through all that it has cached
    /// for each change to a dictionary of the document, but not for an object that is replaced.
    content: PdfObject,
    resources: PdfObject,
}

impl std::fmt::Debug for Easel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Easel").finish_non_exhaustive()
    }
}

/// What the interpreter says of an image before it is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ImageProperties {
    /// Pixels; of the mask where that is finer.
    pub(super) width: u32,
    pub(super) height: u32,
    /// Whether its colours, and what they are composited with, are all grey.
    grey: bool,
}

/// Operators and the resources they need.
struct Scene {
    content: Vec<u8>,
    resources: PdfObject,
}

/// An image, where it goes (unit square to points from the lower left corner up), and the box that cuts it.
#[derive(Clone, Copy)]
struct Placed<'a> {
    drawn: &'a DrawnImage,
    manner: &'a Manner,
    to: Matrix,
    clip: Option<Rect>,
}

impl Placed<'_> {
    /// Whether `other` can be drawn by the same scene: their names mean the same, and neither has data in the
    /// content, which the interpreter may read to another end.
    fn shares_scene(&self, other: &Self) -> bool {
        let plain = self.manner.inline.is_none() && other.manner.inline.is_none();
        plain && Rc::ptr_eq(&self.manner.resources, &other.manner.resources)
    }
}

impl Easel {
    pub(super) fn set_up(document: &PdfDocument) -> Result<Self, mupdf::Error> {
        let mut document = document.catalog()?.document().ok_or(mupdf::Error::UnexpectedNullPtr)?;
        let content = document.add_stream(&Buffer::from_bytes(b" ")?, None, false)?;
        let description = format!("<</Type/Page/MediaBox[0 0 {SIDE} {SIDE}]/Rotate 0>>");
        let description = document.new_object_from_str(&description)?;
        let mut object = document.add_object(&description)?;
        object.dict_put("Contents", content.try_clone()?)?;
        let empty = document.new_dict()?;
        let resources = document.add_object(&empty)?;
        object.dict_put("Resources", resources.try_clone()?)?;
        let number = document.page_count()?;
        document.insert_page(number, &object)?;
        // Its parents' boxes and resources are not for it.
        let page = document.load_pdf_page(number)?;
        Ok(Self { document, page, content, resources })
    }

    /// Looks at an image, without decoding it where the format allows. `None` where the interpreter
    /// makes no image of it.
    pub(super) fn look(
        &mut self,
        drawn: &DrawnImage,
        manner: &Manner,
    ) -> Result<Option<ImageProperties>, mupdf::Error> {
        let to = Matrix::IDENTITY;
        let scene = self.scene(&[Placed { drawn, manner, to, clip: None }])?;
        let seen = Rc::new(RefCell::new(Vec::new()));
        let device = Device::from_native(Watcher(Rc::clone(&seen)))?;
        self.draw(&scene, &device, 1)?;
        drop(device);
        let seen = seen.borrow();
        let Some(grey) = seen.iter().find_map(|sight| sight.grey) else { return Ok(None) };
        let (width, height) =
            seen.iter().fold((0, 0), |(w, h), sight| (w.max(sight.width), h.max(sight.height)));
        Ok(Some(ImageProperties { width, height, grey }))
    }

    /// Draws an image on white at its native size, as its own rows and columns run.
    pub(super) fn decode(
        &mut self,
        drawn: &DrawnImage,
        manner: &Manner,
        look: &ImageProperties,
    ) -> Result<Option<DynamicImage>, mupdf::Error> {
        let (width, height) = (look.width as i32, look.height as i32);
        let to = Matrix { a: width as f32, d: height as f32, ..Matrix::IDENTITY };
        let scene = self.scene(&[Placed { drawn, manner, to, clip: None }])?;
        let space = if look.grey { Colorspace::device_gray() } else { Colorspace::device_rgb() };
        let pixmap = self.paint(&[scene], &space, width, height)?;
        Ok(without_needless_colour(&pixmap))
    }

    /// Draws several images onto one sheet of white, one over another in this order. Each goes where
    /// its matrix says: unit square to pixels, origin top left, cut by its box where it has one.
    pub(super) fn compose(
        &mut self,
        images: &[(&DrawnImage, &Manner, Matrix, Option<Rect>)],
        width: u32,
        height: u32,
    ) -> Result<Option<DynamicImage>, mupdf::Error> {
        let flip = Matrix { d: -1.0, f: height as f32, ..Matrix::IDENTITY };
        let placed = images.iter().map(|&(drawn, manner, to, clip)| {
            let clip = clip.map(|clip| flip.bounds(&clip));
            Placed { drawn, manner, to: to.then(&flip), clip }
        });
        let placed: Vec<Placed<'_>> = placed.collect();
        // A hundred strips are one scene: MuPDF goes through all that it has cached for each.
        let scenes = placed.chunk_by(Placed::shares_scene).map(|images| self.scene(images));
        let scenes = scenes.collect::<Result<Vec<_>, _>>()?;
        let pixmap = self.paint(&scenes, &Colorspace::device_rgb(), width as i32, height as i32)?;
        Ok(without_needless_colour(&pixmap))
    }

    /// Whether colours of `space`, which has 1 or 3 components, look as those of the plain grey or RGB
    /// space that a viewer takes a JPEG without profile for. `resources` may redefine device spaces.
    pub(super) fn looks_plain(
        &mut self,
        space: &PdfObject,
        components: u32,
        resources: &PdfObject,
    ) -> Result<bool, mupdf::Error> {
        /// Levels of a component, of 255, that a profile may be off by: less than JPEG loses.
        const TOLERANCE: u8 = 3;
        let levels = [0_u8, 64, 128, 191, 255];
        let colours: Vec<Vec<u8>> = if components == 1 {
            (0..=16_u8).map(|level| vec![level.saturating_mul(16)]).collect()
        } else {
            let greys = levels.iter().map(|&level| vec![level; 3]);
            let pure = [vec![255, 0, 0], vec![0, 255, 0], vec![0, 0, 255]];
            let mixed = [vec![200, 60, 90], vec![40, 160, 70], vec![240, 230, 100]];
            greys.chain(pure).chain(mixed).collect()
        };
        let mut content = String::from("/Space cs\n");
        for (x, colour) in colours.iter().enumerate() {
            for &level in colour {
                let _ = write!(content, "{} ", f32::from(level) / 255.0);
            }
            let _ = writeln!(content, "sc {x} 0 1 1 re f");
        }
        let mut own =
            if resources.is_dict()? { resources.copy_dict()? } else { self.document.new_dict()? };
        let mut spaces = match object::entry(&own, "ColorSpace") {
            Some(spaces) => spaces.copy_dict()?,
            None => self.document.new_dict()?,
        };
        spaces.dict_put("Space", space.try_clone()?)?;
        own.dict_put("ColorSpace", spaces)?;
        let scene = Scene { content: content.into_bytes(), resources: own };
        let pixmap = self.paint(&[scene], &Colorspace::device_rgb(), colours.len() as i32, 1)?;
        let near = |(colour, pixel): (&Vec<u8>, &[u8])| {
            let of = |i: usize| colour[if components == 1 { 0 } else { i }];
            (0..3).all(|i| of(i).abs_diff(pixel[i]) <= TOLERANCE)
        };
        Ok(colours.iter().zip(pixmap.samples().chunks_exact(3)).all(near))
    }

    /// What draws images, one over another in this order; all of them share what their names mean.
    fn scene(&self, images: &[Placed<'_>]) -> Result<Scene, mupdf::Error> {
        let shared = images.first().map(|image| &image.manner.resources);
        let mut resources = match shared.filter(|shared| shared.is_dict().unwrap_or(false)) {
            Some(shared) => shared.copy_dict()?,
            None => self.document.new_dict()?,
        };
        let mut content = Vec::new();
        let (mut objects, mut states) = (self.document.new_dict()?, self.document.new_dict()?);
        for (index, image) in images.iter().enumerate() {
            content.extend(b"q ");
            self.add(image, index, &mut content, &mut objects, &mut states)?;
            content.extend(b"\nQ\n");
        }
        if images.iter().any(|image| image.drawn.xref.is_some()) {
            resources.dict_put("XObject", objects)?;
        }
        if images.iter().any(|image| image.manner.has_state()) {
            resources.dict_put("ExtGState", states)?;
        }
        Ok(Scene { content, resources })
    }

    /// Adds the operators that draw an image, and what they name with its `index`.
    fn add(
        &self,
        image: &Placed<'_>,
        index: usize,
        content: &mut Vec<u8>,
        objects: &mut PdfObject,
        states: &mut PdfObject,
    ) -> Result<(), mupdf::Error> {
        let Placed { drawn, manner, mut to, clip } = *image;
        if let Some(clip) = clip {
            let (x, y, w, h) = (clip.x0, clip.y0, clip.width(), clip.height());
            content.extend(format!("{x} {y} {w} {h} re W n ").bytes());
        }
        content.extend(&manner.colour[..]);
        if manner.has_state() {
            let alpha = self.document.new_object_from_str(&format!("<</ca {}>>", manner.alpha))?;
            states.dict_put(format!("Alpha{index}"), alpha)?;
            content.extend(format!("\n/Alpha{index} gs").bytes());
        }
        if let Some(mask) = &manner.mask {
            let mut state = self.document.new_dict()?;
            state.dict_put("SMask", mask.object.try_clone()?)?;
            states.dict_put(format!("Mask{index}"), state)?;
        }
        // The mask lies where it lay beside the image on the page.
        if let Some(mask) = &manner.mask
            && let Some(from_page) = drawn.transform.inverse()
            && let space = mask.ctm.then(&from_page).then(&to)
            && let Some(back) = space.inverse()
        {
            content.extend(format!("\n{} cm /Mask{index} gs", operands(&space)).bytes());
            to = to.then(&back);
        }
        content.extend(format!("\n{} cm ", operands(&to)).bytes());
        match (&manner.inline, drawn.xref) {
            (Some(inline), _) => content.extend(&inline[..]),
            (None, Some(xref)) => {
                let object = self.document.new_indirect(xref.cast_signed(), 0)?;
                objects.dict_put(format!("Image{index}"), object)?;
                content.extend(format!("/Image{index} Do").bytes());
            }
            (None, None) => {}
        }
        Ok(())
    }

    fn paint(
        &mut self,
        scenes: &[Scene],
        space: &Colorspace,
        width: i32,
        height: i32,
    ) -> Result<Pixmap, mupdf::Error> {
        let area = IRect { x0: 0, y0: 0, x1: width, y1: height };
        let mut pixmap = Pixmap::new_with_rect(space, area, false)?;
        pixmap.clear_with(255)?;
        let device = Device::from_pixmap(&pixmap)?;
        for scene in scenes {
            self.draw(scene, &device, height)?;
        }
        drop(device);
        Ok(pixmap)
    }

    /// Runs the scene so that the lowest `height` points of the page start at the device's origin.
    fn draw(&mut self, scene: &Scene, device: &Device, height: i32) -> Result<(), mupdf::Error> {
        self.content.write_raw_stream_buffer(&Buffer::from_bytes(&scene.content)?)?;
        self.resources.write_object(&scene.resources)?;
        let shift = mupdf::Matrix::new(1.0, 0.0, 0.0, 1.0, 0.0, (height - SIDE) as f32);
        self.page.run_contents(device, &shift)
    }
}

fn operands(matrix: &Matrix) -> String {
    <[f32; 6]>::from(*matrix).map(|number| number.to_string()).join(" ")
}

/// An image, or the mask of one, that went by.
struct Sight {
    width: u32,
    height: u32,
    /// `None` for a mask, which has no colours.
    grey: Option<bool>,
}

struct Watcher(Rc<RefCell<Vec<Sight>>>);

impl Watcher {
    fn see(&self, image: &Image, grey: Option<bool>) {
        let sight = Sight { width: image.width(), height: image.height(), grey };
        self.0.borrow_mut().push(sight);
    }
}

impl NativeDevice for Watcher {
    fn fill_image(&mut self, image: &Image, _: mupdf::Matrix, _: f32, _: ColorParams) {
        self.see(image, Some(image.color_space().is_some_and(|space| space.is_gray())));
    }

    fn fill_image_mask(
        &mut self,
        image: &Image,
        _: mupdf::Matrix,
        space: &Colorspace,
        _: &[f32],
        _: f32,
        _: ColorParams,
    ) {
        self.see(image, Some(space.is_gray()));
    }

    fn clip_image_mask(&mut self, image: &Image, _: mupdf::Matrix, _: mupdf::Rect) {
        self.see(image, None);
    }
}
