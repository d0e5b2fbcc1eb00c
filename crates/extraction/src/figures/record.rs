//! A figure, from the finding of it to the line that `covid-ct figures --json` prints.
//! Pages count from 1; boxes are points of the page as displayed, origin top left.

use serde::{Deserialize, Serialize};

use crate::pdf::{Rect, Turn};
use covid_ct_core::string_enum;

/// A figure of a document, or a picture that nobody captioned.
///
/// `I` says which pictures it has: by their places among those that its page draws, as [`super::find`] gives them; by an
/// image of the document and a placement of that
/// ([`FoundFigure`](crate::document::FoundFigure)); or each with all that is known of it ([`FigureRecord`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure<I = usize> {
    /// Base name of the PDF; empty where one document alone is spoken of.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// Normalised: `Figure 1`, `Figure S1`, `Extended Data Figure 2`, `Table 1`. `None` where nobody
    /// captioned the picture.
    pub label: Option<String>,
    /// What its caption announces.
    pub kind: FigureKind,
    /// As printed, label included, lines joined. Empty where the document prints none.
    pub caption: String,
    /// The page of its caption, from 1.
    pub caption_page: Option<u32>,
    /// On that page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption_bbox: Option<Rect>,
    /// Page of the graphic; `None` where only a caption was found.
    pub page: Option<u32>,
    /// Points of the page as displayed, origin top left.
    pub bbox: Option<Rect>,
    /// Its pictures; in a [`FigureRecord`] those of 100 pixels a side and more.
    pub images: Vec<I>,
    /// Of a [`FigureRecord`] its pictures under [`ICON_SIDE`] on a side that are no tiles: arrows, symbols, scale bars.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub icons: Vec<I>,
    /// Where the caption stands, seen from the graphic.
    pub pairing: Pairing,
    /// How likely the caption belongs to the graphic, 0 to 1.
    pub confidence: f32,
    /// Those that the caption names by letters.
    pub panels: Vec<Panel>,
    /// The sentences that cite it.
    pub mentions: Vec<Mention>,
    /// What the graphic is drawn with; `None` where there is none, or an older extractor read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub composition: Option<Composition>,
    /// Where else the figure stands.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<Region<I>>,
    /// The turn of the page that sets it upright, where it stands otherwise than the page's text.
    #[serde(skip)]
    pub turn: Turn,
}

/// A figure as `covid-ct figures --json` prints it.
pub type FigureRecord = Figure<ImageRecord>;

/// Another place of a figure: a later page it goes on to, or a second drawing of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Region<I = usize> {
    /// What the region is to the figure.
    pub role: RegionRole,
    /// From 1.
    pub page: u32,
    /// Points of the page as displayed.
    pub bbox: Rect,
    /// In a [`FigureRecord`] those of a copy: the pictures of a continuation are among the figure's own.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<I>,
}

/// No caption, no graphic, nothing said of it.
impl<I> Default for Figure<I> {
    fn default() -> Self {
        Self {
            file: String::new(),
            label: None,
            kind: FigureKind::Figure,
            caption: String::new(),
            caption_page: None,
            caption_bbox: None,
            page: None,
            bbox: None,
            images: Vec::new(),
            icons: Vec::new(),
            pairing: Pairing::Unpaired,
            confidence: 0.0,
            panels: Vec::new(),
            mentions: Vec::new(),
            composition: None,
            regions: Vec::new(),
            turn: Turn::NONE,
        }
    }
}

impl<I> Figure<I> {
    /// The same figure with its pictures told otherwise: `tell` is given a page and the pictures there.
    pub fn with_images<J>(self, mut tell: impl FnMut(u32, Vec<I>) -> Vec<J>) -> Figure<J> {
        let mut of_graphic = |images| self.page.map_or_else(Vec::new, |page| tell(page, images));
        let (images, icons) = (of_graphic(self.images), of_graphic(self.icons));
        let region = |Region { role, page, bbox, images }| {
            let images = tell(page, images);
            Region { role, page, bbox, images }
        };
        Figure {
            file: self.file,
            label: self.label,
            kind: self.kind,
            caption: self.caption,
            caption_page: self.caption_page,
            caption_bbox: self.caption_bbox,
            page: self.page,
            bbox: self.bbox,
            images,
            icons,
            pairing: self.pairing,
            confidence: self.confidence,
            panels: self.panels,
            mentions: self.mentions,
            composition: self.composition,
            regions: self.regions.into_iter().map(region).collect(),
            turn: self.turn,
        }
    }
}

/// A picture with a shorter side than this, in pixels, is an icon: nobody reads a scan off it.
pub const ICON_SIDE: u32 = 100;

/// One placement of an image inside a figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageRecord {
    /// PDF object number; `None` for an inline image, and for one that is no object of the PDF, as a
    /// stitched or rendered one.
    pub xref: Option<u32>,
    /// From 1.
    pub page: u32,
    /// Points of the page as displayed.
    pub bbox: Rect,
    /// Native pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// How its bytes came to be.
    pub origin: ImageOrigin,
    /// Path below the object store: `ab/cdef….jpg`.
    pub object: String,
    /// Object of the stitched picture that this one is a tile of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tile_of: Option<String>,
    /// What the page prints over it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overlays: Vec<Overlay>,
}

/// Something printed over a picture: a panel letter, an arrow, a box.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overlay {
    /// What is printed.
    pub kind: OverlayKind,
    /// Empty for a path.
    pub text: String,
    /// In page points.
    pub bbox: Rect,
}

impl ImageRecord {
    /// Whether it is too small to be looked at on its own; a tile is part of something larger.
    pub fn is_icon(&self) -> bool {
        let drawn = matches!(self.origin, ImageOrigin::Original | ImageOrigin::Decoded);
        drawn && self.tile_of.is_none() && self.width.min(self.height) < ICON_SIDE
    }
}

/// A panel letter of a figure and what the caption says of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Panel {
    /// `A`, or a place such as `left` where no letters are printed.
    pub letter: String,
    /// `[x, y, x + w, y + h]` in native pixels of the figure's image, where known.
    pub bbox_px: Option<[u32; 4]>,
    /// Empty where the caption says nothing of it.
    pub text: String,
    /// Where the letter is printed over the figure: page, and box in points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub printed: Option<(u32, Rect)>,
}

/// A sentence of the running text that cites the figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mention {
    /// From 1.
    pub page: u32,
    /// The sentence.
    pub text: String,
    /// Letters of the panels it cites; none where it cites the whole figure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub panels: Vec<String>,
}

string_enum! {
    /// What a caption announces.
    pub enum FigureKind {
        /// A figure.
        Figure = "figure",
        /// One of a supplement, or of extended data.
        Supplementary = "supplementary",
        /// A table.
        Table = "table",
    }
}

string_enum! {
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

string_enum! {
    /// Where the caption stands, seen from the graphic.
    pub enum Pairing {
        /// Below the graphic.
        Below = "below",
        /// Above it.
        Above = "above",
        /// To its left.
        Left = "left",
        /// To its right.
        Right = "right",
        /// On the page after it.
        NextPage = "next_page",
        /// On the page before it.
        PreviousPage = "previous_page",
        /// In a list of legends, away from the graphics.
        LegendList = "legend_list",
        /// Picture without caption, or caption without picture.
        Unpaired = "none",
    }
}

string_enum! {
    /// What a figure's graphic is drawn with.
    pub enum Composition {
        /// Pictures, and nothing drawn over or beside them.
        Raster = "raster",
        /// Painted paths and text alone.
        Vector = "vector",
        /// Pictures with paths or text of the page that belong to them.
        Mixed = "mixed",
    }
}

string_enum! {
    /// What a further region of a figure is to it.
    pub enum RegionRole {
        /// The figure goes on there: "Figure 2 (continued)".
        Continued = "continued",
        /// The same figure drawn again, as manuscripts do at their end.
        Copy = "copy",
    }
}

string_enum! {
    /// What is printed over a picture.
    pub enum OverlayKind {
        /// Letters.
        Text = "text",
        /// Lines or areas: an arrow, a frame.
        Path = "path",
    }
}
