//! Writes laid-out pages as a PDF file.

use pdf_writer::{Content, Filter, Finish as _, Name, Pdf, Rect as PdfRect, Ref, Str, TextStr};

use super::fonts::{Face, win_ansi};
use super::page::{Graphic, Mark, Page, Text};
use super::raster::{Encoding, Picture, deflate, palette};
use crate::pdf::Rect;

/// Everything a file is written from.
#[derive(Debug)]
pub struct Document<'a> {
    pub title: &'a str,
    /// Width and height of every page, in points.
    pub size: (f32, f32),
    pub pages: &'a [Page],
    pub graphics: &'a [&'a Graphic],
    pub pictures: &'a [Picture],
}

/// Object numbers of a file in the making: catalog, page tree, fonts, pictures, forms, pages.
struct Numbers {
    fonts: Ref,
    pictures: Ref,
    forms: Ref,
    pages: Ref,
    info: Ref,
}

const CATALOG: Ref = Ref::new(1);
const PAGE_TREE: Ref = Ref::new(2);

fn nth(first: Ref, index: usize) -> Ref {
    Ref::new(first.get() + index as i32)
}

impl Numbers {
    fn of(document: &Document<'_>) -> Self {
        let fonts = Ref::new(3);
        let pictures = nth(fonts, Face::ALL.len());
        let forms = nth(pictures, document.pictures.len());
        let pages = nth(forms, document.graphics.len());
        // A page and its content take two.
        let info = nth(pages, 2 * document.pages.len());
        Self { fonts, pictures, forms, pages, info }
    }
}

/// The file, and the object number (xref) of each picture.
pub fn write(document: &Document<'_>) -> (Vec<u8>, Vec<u32>) {
    let numbers = Numbers::of(document);
    let mut pdf = Pdf::new();
    pdf.catalog(CATALOG).pages(PAGE_TREE);
    let page_refs = (0..document.pages.len()).map(|i| nth(numbers.pages, 2 * i));
    pdf.pages(PAGE_TREE).kids(page_refs).count(document.pages.len() as i32);
    for (i, face) in Face::ALL.into_iter().enumerate() {
        pdf.type1_font(nth(numbers.fonts, i))
            .base_font(Name(face.base_font().as_bytes()))
            .encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    for (i, picture) in document.pictures.iter().enumerate() {
        write_picture(&mut pdf, nth(numbers.pictures, i), picture);
    }
    for (i, graphic) in document.graphics.iter().enumerate().filter(|(_, g)| g.form) {
        write_form(&mut pdf, nth(numbers.forms, i), graphic, &numbers);
    }
    for (i, page) in document.pages.iter().enumerate() {
        write_page(&mut pdf, nth(numbers.pages, 2 * i), page, document, &numbers);
    }
    pdf.document_info(numbers.info).title(TextStr(document.title)).producer(TextStr("covid-ct"));
    let xrefs = (0..document.pictures.len()).map(|i| nth(numbers.pictures, i).get() as u32);
    (pdf.finish(), xrefs.collect())
}

fn write_picture(pdf: &mut Pdf, id: Ref, picture: &Picture) {
    let filter = match picture.encoding {
        Encoding::JpegGrey | Encoding::JpegRgb => Filter::DctDecode,
        Encoding::FlateGrey | Encoding::FlateRgb | Encoding::Indexed => Filter::FlateDecode,
    };
    let mut image = pdf.image_xobject(id, &picture.bytes);
    image.filter(filter);
    image.width(picture.width as i32).height(picture.height as i32).bits_per_component(8);
    match picture.encoding {
        Encoding::JpegGrey | Encoding::FlateGrey => image.color_space().device_gray(),
        Encoding::JpegRgb | Encoding::FlateRgb => image.color_space().device_rgb(),
        Encoding::Indexed => image.color_space().indexed(Name(b"DeviceRGB"), 63, &palette()),
    }
}

/// A graphic with the picture resources it uses, in its own coordinates.
fn write_form(pdf: &mut Pdf, id: Ref, graphic: &Graphic, numbers: &Numbers) {
    let mut painter = Painter::new(graphic.height);
    painter.graphic(graphic, (0.0, 0.0));
    let bytes = deflate(&painter.content.finish());
    let mut form = pdf.form_xobject(id, &bytes);
    form.filter(Filter::FlateDecode);
    form.bbox(PdfRect::new(0.0, 0.0, graphic.width, graphic.height));
    let mut resources = form.resources();
    let mut objects = resources.x_objects();
    for (i, _) in &graphic.pictures {
        objects.pair(Name(picture_name(*i).as_bytes()), nth(numbers.pictures, *i));
    }
    objects.finish();
    let mut fonts = resources.fonts();
    for (i, face) in Face::ALL.into_iter().enumerate() {
        fonts.pair(Name(face.resource().as_bytes()), nth(numbers.fonts, i));
    }
}

fn write_page(pdf: &mut Pdf, id: Ref, page: &Page, document: &Document<'_>, numbers: &Numbers) {
    let (width, height) = document.size;
    let mut painter = Painter::new(height);
    let mut objects: Vec<(String, Ref)> = Vec::new();
    for (i, area) in &page.pictures {
        painter.picture(*i, area);
        objects.push((picture_name(*i), nth(numbers.pictures, *i)));
    }
    page.marks.iter().for_each(|mark| painter.mark(mark, (0.0, 0.0)));
    for &(i, at) in &page.graphics {
        let graphic = document.graphics[i];
        if graphic.form {
            painter.form(i, at.0, at.1 + graphic.height);
            objects.push((form_name(i), nth(numbers.forms, i)));
        } else {
            painter.graphic(graphic, at);
            let drawn = graphic.pictures.iter();
            objects.extend(drawn.map(|(i, _)| (picture_name(*i), nth(numbers.pictures, *i))));
        }
    }
    let contents = nth(id, 1);
    let mut dict = pdf.page(id);
    dict.parent(PAGE_TREE).media_box(PdfRect::new(0.0, 0.0, width, height)).contents(contents);
    let mut resources = dict.resources();
    let mut x_objects = resources.x_objects();
    for (name, id) in &objects {
        x_objects.pair(Name(name.as_bytes()), *id);
    }
    x_objects.finish();
    let mut fonts = resources.fonts();
    for (i, face) in Face::ALL.into_iter().enumerate() {
        fonts.pair(Name(face.resource().as_bytes()), nth(numbers.fonts, i));
    }
    fonts.finish();
    resources.finish();
    dict.finish();
    pdf.stream(contents, &deflate(&painter.content.finish())).filter(Filter::FlateDecode);
}

fn picture_name(index: usize) -> String {
    format!("Im{index}")
}

fn form_name(index: usize) -> String {
    format!("Fm{index}")
}

/// Draws marks given from the top left into a content stream counted from the bottom left.
struct Painter {
    content: Content,
    height: f32,
}

impl Painter {
    fn new(height: f32) -> Self {
        Self { content: Content::new(), height }
    }

    fn graphic(&mut self, graphic: &Graphic, at: (f32, f32)) {
        for (i, area) in &graphic.pictures {
            self.picture(*i, &super::page::moved(area, at));
        }
        graphic.marks.iter().for_each(|mark| self.mark(mark, at));
    }

    fn picture(&mut self, index: usize, area: &Rect) {
        let matrix = [area.width(), 0.0, 0.0, area.height(), area.x0, self.height - area.y1];
        self.content.save_state().transform(matrix);
        self.content.x_object(Name(picture_name(index).as_bytes()));
        self.content.restore_state();
    }

    /// A form whose bottom left corner is at (`x`, `bottom`).
    fn form(&mut self, index: usize, x: f32, bottom: f32) {
        self.content.save_state().transform([1.0, 0.0, 0.0, 1.0, x, self.height - bottom]);
        self.content.x_object(Name(form_name(index).as_bytes()));
        self.content.restore_state();
    }

    fn mark(&mut self, mark: &Mark, (dx, dy): (f32, f32)) {
        let bottom_up = |y: f32| self.height - y - dy;
        match mark {
            Mark::Text(text) => self.text(text, (dx, dy)),
            Mark::Line { from, to, width, colour: [r, g, b] } => {
                let (y0, y1) = (bottom_up(from.1), bottom_up(to.1));
                self.content.set_line_width(*width).set_stroke_rgb(*r, *g, *b);
                self.content.move_to(from.0 + dx, y0).line_to(to.0 + dx, y1).stroke();
            }
            Mark::Fill { area, colour: [r, g, b] } => {
                let y = bottom_up(area.y1);
                self.content.set_fill_rgb(*r, *g, *b);
                self.content.rect(area.x0 + dx, y, area.width(), area.height()).fill_nonzero();
            }
            Mark::Frame { area, width } => {
                let y = bottom_up(area.y1);
                self.content.set_line_width(*width).set_stroke_gray(0.0);
                self.content.rect(area.x0 + dx, y, area.width(), area.height()).stroke();
            }
        }
    }

    fn text(&mut self, text: &Text, (dx, dy): (f32, f32)) {
        let [r, g, b] = text.colour;
        let y = self.height - text.baseline - dy;
        self.content.set_fill_rgb(r, g, b).begin_text();
        self.content.set_font(Name(text.face.resource().as_bytes()), text.size);
        self.content.set_word_spacing(text.word_spacing).next_line(text.x + dx, y);
        self.content.show(Str(&win_ansi(&text.string))).end_text();
    }
}
