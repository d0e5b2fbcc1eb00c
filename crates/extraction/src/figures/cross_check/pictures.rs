//! Pictures against what one would expect of them: that they can be decoded, and show something.

use super::{Suspect, SuspectKind};
use crate::pdf::{Levels, Rect};

/// One drawing of a picture that was decoded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DecodedPicture {
    /// From 1.
    pub page: u32,
    /// On that page, in points.
    pub bbox: Rect,
    /// The picture's number in the PDF.
    pub xref: Option<u32>,
    /// Its darkest and lightest grey levels.
    pub levels: Levels,
}

/// A picture whose grey levels lie so close shows nothing; of a scan they lie 100 apart and more.
const NARROW: u8 = 12;
/// Nor does one that nowhere gets lighter than this.
const DARK: u8 = 64;
/// Of a figure it is the picture if it takes up so much of its box; smaller ones are parts.
const LEAST_PART: f32 = 0.4;
/// Points on its shorter side.
const LEAST_SIDE: f32 = 72.0;

/// The pictures of a figure that came out plain: `page` and `bbox` are where the figure stands, `label`
/// is what it is called, and `looks` its pictures.
pub fn plain_pictures(
    page: u32,
    bbox: &Rect,
    label: Option<&str>,
    looks: &[DecodedPicture],
) -> Vec<Suspect> {
    let here = looks.iter().filter(|look| look.page == page && is_plain(look.levels));
    let main = here.filter(|look| {
        look.bbox.intersect(bbox).area() > LEAST_PART * bbox.area()
            && look.bbox.width().min(look.bbox.height()) >= LEAST_SIDE
    });
    main.map(|look| {
        let which = look.xref.map_or_else(|| "inline".into(), |xref| format!("xref {xref}"));
        let Levels { darkest, lightest } = look.levels;
        let reason = format!(
            "the picture ({which}) came out with grey levels from {darkest} to {lightest} of 255 alone: \
             compare it with the page"
        );
        Suspect::new(SuspectKind::PicturePlain, Some(page), reason).about(label)
    })
    .collect()
}

fn is_plain(levels: Levels) -> bool {
    let white = levels.darkest > 255 - NARROW;
    !white && levels.lightest.saturating_sub(levels.darkest) < NARROW || levels.lightest < DARK
}

/// A picture of `page` that could not be decoded, for `problem`.
pub fn lost_picture(page: u32, problem: &str) -> Suspect {
    let reason = format!("a picture on this page is missing ({problem}): look at the page itself");
    Suspect::new(SuspectKind::PictureLost, Some(page), reason)
}
