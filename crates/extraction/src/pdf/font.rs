//! What a font is called.

use std::borrow::Cow;
use std::ffi::CStr;

use mupdf::Font;
use mupdf_sys::{fz_font, fz_font_name};

/// The name of a font as the PDF gives it, with U+FFFD for what is not UTF-8.
///
/// Names in GBK are common in papers from China, those in Latin-1 elsewhere; `Font::name` panics at them,
/// which costs the document.
#[expect(unsafe_code, reason = "`mupdf` gives no other way to a name that may not be UTF-8")]
pub(super) fn name(font: &Font) -> Cow<'_, str> {
    const { assert!(size_of::<Font>() == size_of::<*mut fz_font>()) };
    // SAFETY: a `Font` is a struct of one field, a pointer to an `fz_font` that it owns a reference to;
    // being as large as a pointer, it holds nothing else.
    let font = unsafe { *std::ptr::from_ref(font).cast::<*mut fz_font>() };
    // SAFETY: the function returns where in the font its name is, which ends with 0 and stays as long as
    // the font, or an empty one where the font is null. It does not look at the context.
    let name = unsafe { CStr::from_ptr(fz_font_name(std::ptr::null_mut(), font)) };
    name.to_string_lossy()
}

/// What tells fonts apart while they are in use.
#[expect(unsafe_code, reason = "`mupdf` gives no other way to tell whether two fonts are one")]
pub(super) fn identity(font: &Font) -> usize {
    const { assert!(size_of::<Font>() == size_of::<*mut fz_font>()) };
    // SAFETY: as in `name`. The pointer is not followed.
    unsafe { *std::ptr::from_ref(font).cast::<*mut fz_font>() }.addr()
}

#[cfg(test)]
mod tests {
    use crate::pdf::Line;
    use crate::pdf::fixture::Pdf;

    /// The one line of a page set in a font that is not embedded.
    fn set_in(font: &str) -> Line {
        let font = format!(
            "/Font<</F<</Type/Font/Subtype/TrueType/BaseFont/{font}/Encoding/WinAnsiEncoding>>>>"
        );
        let pdf = Pdf::page("BT /F 12 Tf 10 50 Td (words) Tj ET", &font, "");
        let page = pdf.read_page();
        assert_eq!(page.lines.len(), 1);
        page.lines[0].clone()
    }

    #[test]
    fn a_font_whose_name_is_not_utf_8_sets_words_as_any_other() {
        // SimSun and SimHei, as Windows in Chinese names them.
        for (name, bold) in
            [("#CB#CE#CC#E5", false), ("#CB#CE#CC#E5,Bold", true), ("#BA#DA#CC#E5-Heavy", true)]
        {
            let line = set_in(name);
            assert_eq!((line.text().as_str(), line.words[0].bold), ("words", bold), "{name}");
        }
        assert!(set_in("Schr#F6dinger-Italic").words[0].italic);
    }
}
