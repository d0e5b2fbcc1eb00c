//! Writes laid-out pages as a PDF file.

mod spaces;
mod type3;

use pdf_writer::{Filter, Finish as _, Name, Pdf, Rect as PdfRect, Ref, Str, TextStr};

use super::encoding::{Encoding, Picture, deflate, palette};
use super::fonts::{DIFFERENCES, Face, TO_UNICODE};
use super::page::{Graphic, Page};
use super::painter::{FAINT, Painter, Setting, form_name, picture_name};
use spaces::Spaces;
pub use type3::UNITS;

/// Everything a file is written from.
#[derive(Debug)]
pub struct Document<'a> {
    pub title: &'a str,
    pub pages: &'a [Page],
    pub graphics: &'a [&'a Graphic],
    pub pictures: &'a [Picture],
    pub setting: Setting,
}

impl Document<'_> {
    fn has_layers(&self) -> bool {
        self.pictures.iter().any(|picture| picture.layer.is_some())
    }

    fn has_shared_space(&self) -> bool {
        self.pictures.iter().any(|picture| picture.shared_space)
    }

    fn has_faint(&self) -> bool {
        self.graphics.iter().any(|graphic| graphic.is_layered())
    }
}

const CATALOG: Ref = Ref::new(1);
const PAGE_TREE: Ref = Ref::new(2);
const FIRST_FONT: Ref = Ref::new(3);

fn nth(first: Ref, index: usize) -> Ref {
    Ref::new(first.get() + index as i32)
}

/// The file, and the object number (xref) of each picture; `None` for one that is written inline.
pub fn write(document: &Document<'_>) -> (Vec<u8>, Vec<Option<u32>>) {
    let first_picture = nth(FIRST_FONT, Face::ALL.len());
    let mut writer = Writer {
        pdf: Pdf::new(),
        document,
        first_picture,
        forms: vec![None; document.graphics.len()],
        next: nth(first_picture, document.pictures.len()),
        spaces: None,
    };
    if document.has_layers() || document.has_shared_space() {
        writer.spaces = Some(Spaces::new(|| writer.fresh()));
    }
    writer.fonts();
    for (i, picture) in document.pictures.iter().enumerate().filter(|(_, p)| !p.inline) {
        writer.picture(nth(first_picture, i), picture);
    }
    for (i, graphic) in document.graphics.iter().enumerate().filter(|(_, g)| g.forms > 0) {
        writer.forms[i] = Some(writer.form(graphic));
    }
    let pages: Vec<Ref> = document.pages.iter().map(|page| writer.page(page)).collect();
    let Writer { mut pdf, next: info, spaces, .. } = writer;
    let mut catalog = pdf.catalog(CATALOG);
    catalog.pages(PAGE_TREE);
    if let Some(spaces) = spaces.filter(|_| document.has_layers()) {
        spaces.catalog(&mut catalog);
    }
    catalog.finish();
    if let Some(spaces) = spaces.filter(|_| document.has_layers()) {
        spaces.write_layers(&mut pdf);
    }
    if let Some(spaces) = spaces.filter(|_| document.has_shared_space()) {
        spaces.write_colours(&mut pdf);
    }
    pdf.pages(PAGE_TREE).count(pages.len() as i32).kids(pages);
    pdf.document_info(info).title(TextStr(document.title)).producer(TextStr("covid-ct"));
    let xref = |(i, picture): (usize, &Picture)| {
        (!picture.inline).then(|| nth(first_picture, i).get() as u32)
    };
    (pdf.finish(), document.pictures.iter().enumerate().map(xref).collect())
}

struct Writer<'a> {
    pdf: Pdf,
    document: &'a Document<'a>,
    first_picture: Ref,
    /// Of each graphic: the outermost form it is wrapped in.
    forms: Vec<Option<Ref>>,
    /// The next object number free.
    next: Ref,
    spaces: Option<Spaces>,
}

impl Writer<'_> {
    fn fresh(&mut self) -> Ref {
        let fresh = self.next;
        self.next = nth(fresh, 1);
        fresh
    }

    fn fonts(&mut self) {
        let to_unicode = self.fresh();
        self.pdf.stream(to_unicode, TO_UNICODE);
        for (i, face) in Face::ALL.into_iter().enumerate() {
            if self.document.setting.drawn_letters {
                let next = &mut self.next;
                let fresh = || std::mem::replace(next, nth(*next, 1));
                type3::write(&mut self.pdf, nth(FIRST_FONT, i), face, fresh);
                continue;
            }
            let mut font = self.pdf.type1_font(nth(FIRST_FONT, i));
            font.base_font(Name(face.base_font().as_bytes())).to_unicode(to_unicode);
            let mut encoding = font.encoding_custom();
            encoding.base_encoding(Name(b"WinAnsiEncoding"));
            let mut differences = encoding.differences();
            for (code, glyph) in DIFFERENCES {
                differences.consecutive(code, [Name(glyph)]);
            }
        }
    }

    fn picture(&mut self, id: Ref, picture: &Picture) {
        let (width, height) = picture.stored_size();
        let mask = picture.mask.as_ref().map(|samples| {
            let mask = self.fresh();
            let mut image = self.pdf.image_xobject(mask, samples);
            image.filter(Filter::FlateDecode);
            image.bits_per_component(8).color_space().device_gray();
            image.width(width as i32).height(height as i32);
            mask
        });
        let tint = (picture.encoding == Encoding::Separation).then(|| {
            let tint = self.fresh();
            let mut function = self.pdf.exponential_function(tint);
            function.domain([0.0, 1.0]).n(1.0).c0([0.0; 4]).c1([0.0, 0.0, 0.0, 1.0]);
            tint
        });
        let mut image = self.pdf.image_xobject(id, &picture.bytes);
        let is_jpeg = picture.encoding.is_jpeg();
        image.filter(if is_jpeg { Filter::DctDecode } else { Filter::FlateDecode });
        image.width(width as i32).height(height as i32);
        image.bits_per_component(picture.encoding.bits());
        if let Some(mask) = mask {
            image.s_mask(mask);
        }
        let spaces = self.spaces.as_ref();
        if let Some((layer, spaces)) = picture.layer.zip(spaces) {
            spaces.layer(&mut image, layer);
        }
        if let Some(spaces) = spaces.filter(|_| picture.shared_space) {
            let shared = spaces.shared();
            match picture.encoding {
                Encoding::Indexed => indexed(&mut image, shared, &palette()),
                Encoding::FlateGrey => indexed(&mut image, shared, &grey_palette()),
                _ => {
                    image.pair(Name(b"ColorSpace"), shared);
                }
            }
            if picture.encoding == Encoding::ColourKey {
                image.insert(Name(b"Mask")).array().items([255; 6]);
            }
            return;
        }
        match picture.encoding {
            Encoding::JpegGrey | Encoding::FlateGrey | Encoding::Bits1 | Encoding::Bits16 => {
                image.color_space().device_gray();
            }
            Encoding::Inverted => {
                image.color_space().device_gray();
                image.decode([1.0, 0.0]);
            }
            Encoding::JpegRgb | Encoding::FlateRgb | Encoding::SoftMask => {
                image.color_space().device_rgb();
            }
            Encoding::ColourKey => {
                image.color_space().device_rgb();
                image.insert(Name(b"Mask")).array().items([255; 6]);
            }
            Encoding::JpegCmyk => {
                image.color_space().device_cmyk();
                image.decode([1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
            }
            Encoding::FlateCmyk => image.color_space().device_cmyk(),
            Encoding::Indexed => {
                image.color_space().indexed(Name(b"DeviceRGB"), 63, &palette());
            }
            Encoding::Separation => {
                let mut space = image.color_space().separation(Name(b"Black"));
                space.alternate_color_space().device_cmyk();
                space.tint_ref(tint.expect("made above"));
            }
        }
    }

    /// A graphic with the resources it uses, in its own coordinates, in as many forms as it wants.
    fn form(&mut self, graphic: &Graphic) -> Ref {
        let mut painter = self.painter(graphic.height);
        painter.graphic(graphic, (0.0, 0.0));
        let objects = self.objects_of(graphic);
        let size = (graphic.width, graphic.height);
        let mut form = self.one_form(size, &painter.finish(), &objects, 1.0);
        for level in 1..graphic.forms {
            // Twice as large inside: every other time the inner form's own matrix says so.
            let scale = if level % 2 == 1 { 2.0 } else { 1.0 };
            let mut painter = self.painter(0.0);
            painter.form(0, (0.0, 0.0), 1.0 / scale);
            let content = painter.finish();
            form = self.one_form(size, &content, &[(form_name(0), form)], scale);
        }
        form
    }

    /// `scale` goes into the form's matrix.
    fn one_form(
        &mut self,
        (width, height): (f32, f32),
        content: &[u8],
        objects: &[(String, Ref)],
        scale: f32,
    ) -> Ref {
        let id = self.fresh();
        let bytes = deflate(content);
        let mut form = self.pdf.form_xobject(id, &bytes);
        form.filter(Filter::FlateDecode);
        form.bbox(PdfRect::new(-2.0, -2.0, width + 2.0, height + 2.0));
        if scale != 1.0 {
            form.matrix([scale, 0.0, 0.0, scale, 0.0, 0.0]);
        }
        resources(&mut form.resources(), objects, self.document.has_faint());
        id
    }

    /// The image objects a graphic draws, by name.
    fn objects_of(&self, graphic: &Graphic) -> Vec<(String, Ref)> {
        self.named(graphic.pictures.iter().map(|placed| placed.picture))
    }

    fn named(&self, pictures: impl Iterator<Item = usize>) -> Vec<(String, Ref)> {
        let mut drawn: Vec<usize> =
            pictures.filter(|&i| !self.document.pictures[i].inline).collect();
        drawn.sort_unstable();
        drawn.dedup();
        drawn.into_iter().map(|i| (picture_name(i), nth(self.first_picture, i))).collect()
    }

    fn page(&mut self, page: &Page) -> Ref {
        let mut painter = Painter::of_page(page, self.document.pictures, self.document.setting);
        let direct = page.pictures.iter().map(|placed| placed.picture);
        let mut drawn: Vec<usize> = direct.chain(page.listed.iter().copied()).collect();
        let mut forms = Vec::new();
        page.pictures.iter().for_each(|placed| painter.picture(placed, (0.0, 0.0)));
        page.marks.iter().for_each(|mark| painter.mark(mark, (0.0, 0.0)));
        for &(i, at) in &page.graphics {
            let graphic = self.document.graphics[i];
            if let Some(form) = self.forms[i] {
                painter.form(i, (at.0, at.1 + graphic.height), 1.0);
                forms.push((form_name(i), form));
            } else {
                painter.graphic(graphic, at);
                drawn.extend(graphic.pictures.iter().map(|placed| placed.picture));
            }
        }
        let mut objects = self.named(drawn.into_iter());
        objects.extend(forms);
        let (id, contents) = (self.fresh(), self.fresh());
        self.pdf.stream(contents, &deflate(&painter.finish())).filter(Filter::FlateDecode);
        let mut dict = self.pdf.page(id);
        let sheet = page.displayed();
        let (media, crop) = sheet.boxes();
        dict.parent(PAGE_TREE).media_box(media).contents(contents);
        if sheet.trim != (0.0, 0.0) {
            dict.crop_box(crop);
        }
        if sheet.rotate != 0 {
            dict.rotate(sheet.rotate as i32);
        }
        if sheet.user_unit != 0.0 {
            dict.user_unit(sheet.user_unit);
        }
        resources(&mut dict.resources(), &objects, self.document.has_faint());
        id
    }

    fn painter(&self, height: f32) -> Painter<'_> {
        Painter::new(height, self.document.pictures, self.document.setting)
    }
}

/// An indexed picture over the colour space `base`.
fn indexed(image: &mut pdf_writer::writers::ImageXObject<'_>, base: Ref, palette: &[u8]) {
    let highest = palette.len() as i32 / 3 - 1;
    let mut space = image.insert(Name(b"ColorSpace")).array();
    space.item(Name(b"Indexed")).item(base).item(highest).item(Str(palette));
}

/// 256 grey levels.
fn grey_palette() -> Vec<u8> {
    (0..=255).flat_map(|level: u8| [level; 3]).collect()
}

fn resources(
    resources: &mut pdf_writer::writers::Resources<'_>,
    objects: &[(String, Ref)],
    faint: bool,
) {
    if faint {
        let mut states = resources.ext_g_states();
        states
            .insert(Name(FAINT))
            .start::<pdf_writer::writers::ExtGraphicsState<'_>>()
            .non_stroking_alpha(0.4);
    }
    let mut x_objects = resources.x_objects();
    for (name, id) in objects {
        x_objects.pair(Name(name.as_bytes()), *id);
    }
    x_objects.finish();
    let mut fonts = resources.fonts();
    for (i, face) in Face::ALL.into_iter().enumerate() {
        fonts.pair(Name(face.resource().as_bytes()), nth(FIRST_FONT, i));
    }
}
