//! Short ways to what PDF dictionaries and arrays hold. What is missing or of another kind is `None`:
//! broken documents are read as far as they make sense.

use mupdf::pdf::PdfObject;

use super::{Matrix, Rect};

pub(super) fn entry(dictionary: &PdfObject, key: &str) -> Option<PdfObject> {
    dictionary.get_dict(key).ok().flatten().filter(|value| !value.is_null().unwrap_or(true))
}

/// The entry of `kind` (`XObject`, `ColorSpace`, …) that a content stream calls `name`.
pub(super) fn resource(resources: &PdfObject, kind: &str, name: &[u8]) -> Option<PdfObject> {
    entry(&entry(resources, kind)?, &String::from_utf8_lossy(name))
}

pub(super) fn name(object: &PdfObject) -> Option<Vec<u8>> {
    object.is_name().ok()?.then(|| object.as_name().ok()).flatten()
}

pub(super) fn name_at(dictionary: &PdfObject, key: &str) -> Option<Vec<u8>> {
    name(&entry(dictionary, key)?)
}

pub(super) fn number_at(dictionary: &PdfObject, key: &str) -> Option<f32> {
    let value = entry(dictionary, key)?;
    value.is_number().ok()?.then(|| value.as_float().ok()).flatten().filter(|n| n.is_finite())
}

pub(super) fn integer_at(dictionary: &PdfObject, key: &str) -> Option<i32> {
    let value = entry(dictionary, key)?;
    value.is_number().ok()?.then(|| value.as_int().ok()).flatten()
}

pub(super) fn flag_at(dictionary: &PdfObject, key: &str) -> bool {
    entry(dictionary, key).is_some_and(|value| value.as_bool().unwrap_or(false))
}

/// The elements of an array; none where it is something else.
pub(super) fn elements(array: &PdfObject) -> impl Iterator<Item = PdfObject> + '_ {
    let count = if array.is_array().unwrap_or(false) { array.len().unwrap_or(0) } else { 0 };
    (0..count).filter_map(|index| array.get_array(index as i32).ok().flatten())
}

pub(super) fn numbers(array: &PdfObject) -> Vec<f32> {
    elements(array).filter_map(|value| value.as_float().ok()).collect()
}

pub(super) fn matrix_at(dictionary: &PdfObject, key: &str) -> Option<Matrix> {
    let numbers = numbers(&entry(dictionary, key)?);
    <[f32; 6]>::try_from(numbers).ok().map(Matrix::from)
}

/// A rectangle, whichever of its corners come first.
pub(super) fn rect_at(dictionary: &PdfObject, key: &str) -> Option<Rect> {
    let [a, b, c, d] = <[f32; 4]>::try_from(numbers(&entry(dictionary, key)?)).ok()?;
    Some(Rect::new(a.min(c), b.min(d), a.max(c), b.max(d)))
}

/// Object number; `None` for a direct object.
pub(super) fn xref(object: &PdfObject) -> Option<u32> {
    let number = object.is_indirect().ok()?.then(|| object.as_indirect().ok()).flatten()?;
    u32::try_from(number).ok().filter(|number| *number > 0)
}
