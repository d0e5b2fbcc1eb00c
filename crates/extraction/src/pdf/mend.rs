//! Puts right, in memory, what MuPDF would read otherwise than it is meant. The bundled 1.27.2 (`mupdf-sys`
//! 0.8.0) is wrong on colour spaces and on layers; what a page draws with is gone through before MuPDF sees it.

use std::cell::RefCell;
use std::collections::HashSet;

use mupdf::pdf::{PdfDocument, PdfObject, PdfPage};

use super::layers::Layers;
use super::object::{self, entry};

/// Dictionaries within dictionaries that are gone through: forms in forms, with what they draw with.
const DEEPEST: u32 = 24;

/// Which objects were gone through.
#[derive(Debug, Default)]
pub(super) struct Mender {
    seen: RefCell<HashSet<u32>>,
}

impl Mender {
    /// Goes through what `page` draws with, once for each object of the document.
    ///
    /// # Errors
    /// When MuPDF refuses a change, for lack of memory say.
    pub(super) fn mend(&self, page: &PdfPage, layers: &Layers) -> Result<(), mupdf::Error> {
        let page = page.object();
        let Some(document) = page.document() else { return Ok(()) };
        let mut work = Work { document, layers, seen: &self.seen };
        if let Some(resources) = page.get_dict_inheritable("Resources").ok().flatten() {
            work.resources(&resources, 0)?;
        }
        for annotation in entry(&page, "Annots").iter().flat_map(object::elements) {
            work.layer(&annotation)?;
            let Some(normal) = entry(&annotation, "AP").and_then(|ap| entry(&ap, "N")) else {
                continue;
            };
            if normal.is_stream().unwrap_or(false) {
                work.drawing(normal, 0)?;
            } else {
                for form in values(&normal) {
                    work.drawing(form, 0)?;
                }
            }
        }
        Ok(())
    }
}

struct Work<'a> {
    document: PdfDocument,
    layers: &'a Layers,
    seen: &'a RefCell<HashSet<u32>>,
}

impl Work<'_> {
    /// Whether an object has not been gone through. A direct one is no more than a part of another.
    fn is_new(&self, object: &PdfObject) -> bool {
        object::xref(object).is_none_or(|xref| self.seen.borrow_mut().insert(xref))
    }

    fn resources(&mut self, resources: &PdfObject, depth: u32) -> Result<(), mupdf::Error> {
        if depth > DEEPEST || !self.is_new(resources) {
            return Ok(());
        }
        if let Some(mut spaces) = entry(resources, "ColorSpace") {
            for name in keys(&spaces) {
                self.space(&mut spaces, &name)?;
            }
        }
        for layer in entry(resources, "Properties").iter().flat_map(values) {
            self.membership(layer)?;
        }
        for kind in ["XObject", "Pattern"] {
            for drawing in entry(resources, kind).iter().flat_map(values) {
                self.drawing(drawing, depth)?;
            }
        }
        for state in entry(resources, "ExtGState").iter().flat_map(values) {
            if let Some(group) = entry(&state, "SMask").and_then(|mask| entry(&mask, "G")) {
                self.drawing(group, depth)?;
            }
        }
        Ok(())
    }

    /// An image, a form, or a pattern.
    fn drawing(&mut self, mut drawing: PdfObject, depth: u32) -> Result<(), mupdf::Error> {
        if !drawing.is_dict().unwrap_or(false) || !self.is_new(&drawing) {
            return Ok(());
        }
        self.layer(&drawing)?;
        if object::name_at(&drawing, "Subtype").as_deref() == Some(b"Image") {
            self.space(&mut drawing, "ColorSpace")?;
        }
        match entry(&drawing, "Resources") {
            Some(resources) => self.resources(&resources, depth + 1),
            None => Ok(()),
        }
    }

    /// Makes an object of its own of a palette that stands in `dictionary` under `key`, where what its colours
    /// are given in is an object.
    ///
    /// MuPDF 1.27.2 keeps a colour space that is no object under the object that comes second in it
    /// (`pdf_load_colorspace_imp`). For a profile's stream that is right. But `[/Indexed 5 0 R 255 …]` goes by
    /// 5 0 R, as does the space 5 0 R itself and every other palette over it: whichever comes first is taken
    /// for all of them. 1.28.5 no longer does so.
    fn space(&mut self, dictionary: &mut PdfObject, key: &str) -> Result<(), mupdf::Error> {
        let Some(space) = entry(dictionary, key) else { return Ok(()) };
        if object::xref(&space).is_some() || !space.is_array().unwrap_or(false) {
            return Ok(());
        }
        let part = |index| space.get_array(index).ok().flatten();
        let family = part(0).as_ref().and_then(object::name);
        let over = part(1).as_ref().and_then(object::xref);
        let confused = matches!(family.as_deref(), Some(b"Indexed" | b"I" | b"Pattern"));
        if confused && over.is_some() {
            let space = self.document.add_object(&space.copy_array()?)?;
            dictionary.dict_put(key, space)?;
        }
        Ok(())
    }

    fn layer(&self, drawing: &PdfObject) -> Result<(), mupdf::Error> {
        entry(drawing, "OC").map_or(Ok(()), |layer| self.membership(layer))
    }

    /// Writes into a membership dictionary what it comes to.
    ///
    /// MuPDF 1.27.2 shows what is marked with the policy `AllOn` or with a visibility expression in any case,
    /// and never what is marked with `AnyOff` (`pdf_is_ocg_hidden_imp`). One without groups it shows, unless
    /// the policy is `AllOff`.
    fn membership(&self, mut layer: PdfObject) -> Result<(), mupdf::Error> {
        if object::name_at(&layer, "Type").as_deref() != Some(b"OCMD") || !self.is_new(&layer) {
            return Ok(());
        }
        let policy = if self.layers.hide(&layer) { Layers::NEVER } else { "AnyOn" };
        for key in ["OCGs", "VE"] {
            if entry(&layer, key).is_some() {
                layer.dict_delete(key)?;
            }
        }
        layer.dict_put("P", PdfObject::new_name(policy)?)
    }
}

/// How many entries a dictionary has; none where it is something else.
fn count(dictionary: &PdfObject) -> usize {
    let is_dictionary = dictionary.is_dict().unwrap_or(false);
    if is_dictionary { dictionary.dict_len().unwrap_or(0) } else { 0 }
}

/// The keys of a dictionary.
fn keys(dictionary: &PdfObject) -> Vec<String> {
    let key = |index| dictionary.get_dict_key(index as i32).ok().flatten();
    let names = (0..count(dictionary)).filter_map(key).filter_map(|key| object::name(&key));
    names.map(|name| String::from_utf8_lossy(&name).into_owned()).collect()
}

/// What a dictionary holds, null excluded.
fn values(dictionary: &PdfObject) -> Vec<PdfObject> {
    let value = |index| dictionary.get_dict_val(index as i32).ok().flatten();
    (0..count(dictionary))
        .filter_map(value)
        .filter(|value| !value.is_null().unwrap_or(true))
        .collect()
}

#[cfg(test)]
mod tests;
