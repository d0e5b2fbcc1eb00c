//! Pictures drawn pixel by pixel at their own size, which is how they are taken out of documents: whole rows are copied, where
//! MuPDF goes through sample by sample.

use std::ffi::c_int;

use mupdf_sys::{
    fz_context, fz_intersect_irect, fz_invert_matrix, fz_irect, fz_irect_from_rect,
    fz_is_rectilinear, fz_matrix, fz_overprint, fz_pixmap, fz_pre_scale, fz_rect,
    fz_transform_rect,
};

unsafe extern "C" {
    fn __real_fz_paint_image(
        context: *mut fz_context,
        sheet: *mut fz_pixmap,
        scissor: *const fz_irect,
        shape: *mut fz_pixmap,
        group_alpha: *mut fz_pixmap,
        picture: *mut fz_pixmap,
        ctm: fz_matrix,
        alpha: c_int,
        lerp_allowed: c_int,
        overprint: *const fz_overprint,
    );
}

/// MuPDF's fixed point.
const PRECISION: u32 = 14;
const ONE: i64 = 1 << PRECISION;

/// Rows of a picture that are copied onto a sheet.
#[derive(Debug, Clone, Copy)]
struct Copies {
    /// Of the sheet: the first pixel, and how many.
    x: i64,
    y: i64,
    width: i64,
    height: i64,
    /// The first column of the picture.
    column: i64,
    /// The first row of the picture and how far on the next is, in fixed point.
    row: i64,
    step: i64,
}

/// What copying comes to, computed as MuPDF does; `None` where it does anything but copy rows as they are.
unsafe fn copies(
    sheet: &fz_pixmap,
    scissor: &fz_irect,
    picture: &fz_pixmap,
    ctm: fz_matrix,
) -> Option<Copies> {
    let (width, height) = (picture.w as f32, picture.h as f32);
    let larger = (ctm.a * ctm.a + ctm.b * ctm.b).sqrt() > width
        || (ctm.c * ctm.c + ctm.d * ctm.d).sqrt() > height;
    // SAFETY: these compute with what they are handed.
    let (straight, bbox, inverse) = unsafe {
        let unit = fz_rect { x0: 0.0, y0: 0.0, x1: 1.0, y1: 1.0 };
        let bbox = fz_irect_from_rect(fz_transform_rect(unit, ctm));
        let inverse = fz_invert_matrix(fz_pre_scale(ctm, 1.0 / width, 1.0 / height));
        (fz_is_rectilinear(ctm) != 0, fz_intersect_irect(bbox, *scissor), inverse)
    };
    let one = ONE as f32;
    let (a, b, c, d) = (inverse.a * one, inverse.b * one, inverse.c * one, inverse.d * one);
    let (e, f) = (inverse.e * one, inverse.f * one);
    if larger || !straight || a as i64 != ONE || b as i64 != 0 || c as i64 != 0 {
        return None;
    }
    let (x, y) = (bbox.x0 as f32, bbox.y0 as f32);
    let u = (a * x + c * y + e + (a + c) * 0.5) as i32;
    let v = (b * x + d * y + f + (b + d) * 0.5) as i32;
    let found = Copies {
        x: i64::from(bbox.x0) - i64::from(sheet.x),
        y: i64::from(bbox.y0) - i64::from(sheet.y),
        width: i64::from(bbox.x1) - i64::from(bbox.x0),
        height: i64::from(bbox.y1) - i64::from(bbox.y0),
        column: i64::from(u >> PRECISION),
        row: i64::from(v),
        step: d as i64,
    };
    let within =
        |at: i64, length: i64, side: i32| at >= 0 && length > 0 && at + length <= i64::from(side);
    let last = found.row + (found.height - 1) * found.step;
    let rows = [found.row, last].map(|row| row >> PRECISION);
    let inside = within(found.x, found.width, sheet.w)
        && within(found.y, found.height, sheet.h)
        && within(found.column, found.width, picture.w)
        && rows.iter().all(|&row| within(row, 1, picture.h));
    inside.then_some(found)
}

unsafe fn copy(sheet: &fz_pixmap, picture: &fz_pixmap, copies: &Copies) {
    let (to_n, from_n) = (usize::from(sheet.n), usize::from(picture.n));
    let width = copies.width as usize;
    for line in 0..copies.height {
        let row = (copies.row + line * copies.step) >> PRECISION;
        let from = row as isize * picture.stride + copies.column as isize * from_n as isize;
        let to = (copies.y + line) as isize * sheet.stride + copies.x as isize * to_n as isize;
        // SAFETY: `copies` lies within both, each of which has `h` rows of `w` pixels, `stride` bytes apart.
        let (from, to) = unsafe {
            (
                std::slice::from_raw_parts(picture.samples.offset(from), width * from_n),
                std::slice::from_raw_parts_mut(sheet.samples.offset(to), width * to_n),
            )
        };
        if from_n == to_n {
            to.copy_from_slice(from);
        } else {
            let (pixels, _) = to.as_chunks_mut::<3>();
            let mut at = 0;
            while at < pixels.len() && at < from.len() {
                pixels[at] = [from[at]; 3];
                at += 1;
            }
        }
    }
}

/// # Safety
/// As MuPDF's `fz_paint_image`.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_fz_paint_image(
    context: *mut fz_context,
    sheet: *mut fz_pixmap,
    scissor: *const fz_irect,
    shape: *mut fz_pixmap,
    group_alpha: *mut fz_pixmap,
    picture: *mut fz_pixmap,
    ctm: fz_matrix,
    alpha: c_int,
    lerp_allowed: c_int,
    overprint: *const fz_overprint,
) {
    // SAFETY: MuPDF hands in pixmaps that are there, and a sheet that nothing else is drawing on.
    unsafe {
        let (to, from) = (&*sheet, &*picture);
        let plain = alpha == 255 && shape.is_null() && group_alpha.is_null() && overprint.is_null();
        let opaque = to.alpha == 0 && from.alpha == 0 && to.s == 0 && from.s == 0;
        if plain
            && opaque
            && matches!((from.n, to.n), (1, 1 | 3) | (3, 3))
            && let Some(copies) = copies(to, &*scissor, from, ctm)
        {
            return copy(to, from, &copies);
        }
        __real_fz_paint_image(
            context,
            sheet,
            scissor,
            shape,
            group_alpha,
            picture,
            ctm,
            alpha,
            lerp_allowed,
            overprint,
        );
    }
}
