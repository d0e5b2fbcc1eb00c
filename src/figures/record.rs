//! The exchange format of a figure: what `covid-ct figures --json` prints, one object a line.
//! Pages count from 1; boxes are points of the page as displayed, origin top left.

use serde::{Deserialize, Serialize};

use crate::pdf::Rect;
use crate::worded::worded_enum;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FigureRecord {
    /// Base name of the PDF.
    pub file: String,
    /// Normalised: `Figure 1`, `Figure S1`, `Extended Data Figure 2`, `Table 1`. `None` where nobody
    /// captioned the picture.
    pub label: Option<String>,
    pub kind: FigureKind,
    /// As printed, label included, lines joined. Empty where the document prints none.
    pub caption: String,
    pub caption_page: Option<u32>,
    /// Page of the graphic; `None` where only a caption was found.
    pub page: Option<u32>,
    pub bbox: Option<Rect>,
    pub images: Vec<ImageRecord>,
    pub pairing: Pairing,
    /// 0 to 1.
    pub confidence: f32,
    pub panels: Vec<Panel>,
    pub mentions: Vec<Mention>,
}

/// One placement of an image inside a figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageRecord {
    /// PDF object number; `None` for an inline image.
    pub xref: Option<u32>,
    pub page: u32,
    pub bbox: Rect,
    /// Native pixels.
    pub width: u32,
    pub height: u32,
    pub origin: ImageOrigin,
    /// Path below the object store: `ab/cdef….jpg`.
    pub object: String,
}

/// A panel letter of a figure and what the caption says of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Panel {
    pub letter: String,
    /// `[x, y, x + w, y + h]` in native pixels of the figure's image, where known.
    pub bbox_px: Option<[u32; 4]>,
    pub text: String,
}

/// A sentence of the running text that cites the figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mention {
    pub page: u32,
    pub text: String,
}

worded_enum! {
    /// What a caption announces.
    pub enum FigureKind {
        Figure = "figure",
        Supplementary = "supplementary",
        Table = "table",
    }
}

worded_enum! {
    /// How the bytes of an image's object came to be.
    pub enum ImageOrigin {
        /// The bytes of the PDF's own stream, unchanged.
        Original = "original",
        /// Decoded and written as lossless PNG.
        Decoded = "decoded",
        /// Several drawn tiles put together at native resolution.
        Stitched = "stitched",
        /// A rendering of the figure's region.
        Rendered = "rendered",
    }
}

worded_enum! {
    /// Where the caption stands, seen from the graphic.
    pub enum Pairing {
        Below = "below",
        Above = "above",
        Left = "left",
        Right = "right",
        NextPage = "next_page",
        PreviousPage = "previous_page",
        /// In a list of legends, away from the graphics.
        LegendList = "legend_list",
        /// Picture without caption, or caption without picture.
        Unpaired = "none",
    }
}
