//! What was found in a document, as rows of the tables.

use covid_ct_extraction::document::{Extraction, FoundFigure, FoundImage, FoundPlacement};
use covid_ct_extraction::figures::{Composition, Mention, Overlay, Panel};
use covid_ct_extraction::pdf::Rect;

use crate::parquet_file::{Cell, TableWriter};
use crate::schema::{
    DOCUMENTS, FAILURES, FIGURE_IMAGES, FIGURES, IMAGES, MENTIONS, OVERLAYS, PAGES, PLACEMENTS,
    REGIONS, SUB_CAPTIONS, SUSPECTS, TABLES, Table, WARNINGS,
};
use crate::{Cause, Failure};

/// What a document's row says of how it went.
pub const DONE: &str = "done";
pub const FAILED: &str = "failed";

/// All tables of a shard, in the order of [`TABLES`].
pub struct Tables<'a>(pub &'a mut [TableWriter]);

impl Tables<'_> {
    fn push<const N: usize>(&mut self, table: Table, cells: [Cell; N]) {
        let index = TABLES.iter().position(|other| other.name == table.name);
        // Every table there is, is among them.
        if let Some(writer) = index.and_then(|index| self.0.get_mut(index)) {
            writer.push(cells);
        }
    }

    /// About so many bytes come of it.
    pub fn push_read(&mut self, document: usize, found: &Extraction, warnings: &[String]) -> usize {
        let paper = &found.paper;
        self.push(
            DOCUMENTS,
            [
                document.into(),
                found.sha256.as_str().into(),
                found.path.as_str().into(),
                DONE.into(),
                found.extractor.into(),
                found.pages.len().into(),
                paper.name.as_str().into(),
                paper.version.as_str().into(),
                paper.server.as_str().into(),
                paper.doi.as_str().into(),
                paper.title.as_str().into(),
                paper.posted.as_str().into(),
                paper.licence.as_str().into(),
                paper.category.as_str().into(),
                paper.abstract_text.as_str().into(),
            ],
        );
        let mut bytes = 0;
        for page in &found.pages {
            bytes += page.text.len();
            self.push(
                PAGES,
                [
                    document.into(),
                    page.number.into(),
                    page.width.into(),
                    page.height.into(),
                    page.rotation.into(),
                    page.text.as_str().into(),
                ],
            );
        }
        for (index, image) in found.images.iter().enumerate() {
            bytes += 100 * (1 + image.placements.len());
            self.push_image(document, index, image);
        }
        for (index, figure) in found.figures.iter().enumerate() {
            bytes += figure.caption.len() + 100 * figure.images.len();
            self.push_figure(document, index, figure);
        }
        for suspect in &found.suspects {
            self.push(
                SUSPECTS,
                [
                    document.into(),
                    suspect.kind.as_str().into(),
                    suspect.page.into(),
                    suspect.label.as_deref().into(),
                    suspect.reason.as_str().into(),
                ],
            );
        }
        for warning in warnings {
            self.push(WARNINGS, [document.into(), warning.as_str().into()]);
        }
        bytes
    }

    /// `document` is missing where its bytes could not be had.
    pub fn push_failed(&mut self, document: Option<usize>, failure: &Failure, cause: Cause) {
        let Failure { path, sha256, error, extractor } = failure;
        if let (Some(document), Some(sha256)) = (document, sha256) {
            let blank = || Cell::from("");
            self.push(
                DOCUMENTS,
                [
                    document.into(),
                    sha256.as_str().into(),
                    path.as_str().into(),
                    FAILED.into(),
                    (*extractor).into(),
                    0_usize.into(),
                    blank(),
                    blank(),
                    blank(),
                    blank(),
                    blank(),
                    blank(),
                    blank(),
                    blank(),
                    blank(),
                ],
            );
        }
        self.push(
            FAILURES,
            [
                document.into(),
                path.as_str().into(),
                sha256.as_deref().into(),
                cause.as_str().into(),
                error.as_str().into(),
            ],
        );
    }

    fn push_image(&mut self, document: usize, index: usize, image: &FoundImage) {
        self.push(
            IMAGES,
            [
                document.into(),
                index.into(),
                image.xref.into(),
                image.placements.first().map_or(1, |first| first.page).into(),
                image.object.sha256.as_str().into(),
                image.object.extension.as_str().into(),
                image.object.relative_path().as_str().into(),
                image.width.into(),
                image.height.into(),
                image.colour_space.as_str().into(),
                image.filter.as_str().into(),
                image.origin.as_str().into(),
                image.furniture.into(),
                image.tile_of.into(),
                image.file_name.as_deref().into(),
            ],
        );
        for (placement, found) in image.placements.iter().enumerate() {
            let FoundPlacement { page, transform: m, bbox: b, clip, overlays } = found;
            let [kx0, ky0, kx1, ky1] = corners(*clip);
            self.push(
                PLACEMENTS,
                [
                    document.into(),
                    index.into(),
                    placement.into(),
                    (*page).into(),
                    m.a.into(),
                    m.b.into(),
                    m.c.into(),
                    m.d.into(),
                    m.e.into(),
                    m.f.into(),
                    b.x0.into(),
                    b.y0.into(),
                    b.x1.into(),
                    b.y1.into(),
                    kx0,
                    ky0,
                    kx1,
                    ky1,
                ],
            );
            for Overlay { kind, text, bbox: b } in overlays {
                self.push(
                    OVERLAYS,
                    [
                        document.into(),
                        index.into(),
                        placement.into(),
                        kind.as_str().into(),
                        text.as_str().into(),
                        b.x0.into(),
                        b.y0.into(),
                        b.x1.into(),
                        b.y1.into(),
                    ],
                );
            }
        }
    }

    fn push_figure(&mut self, document: usize, index: usize, figure: &FoundFigure) {
        let [cx0, cy0, cx1, cy1] = corners(figure.caption_bbox);
        let [x0, y0, x1, y1] = corners(figure.bbox);
        self.push(
            FIGURES,
            [
                document.into(),
                index.into(),
                figure.label.as_deref().into(),
                figure.kind.as_str().into(),
                figure.caption.as_str().into(),
                figure.caption_page.into(),
                cx0,
                cy0,
                cx1,
                cy1,
                figure.page.into(),
                x0,
                y0,
                x1,
                y1,
                figure.pairing.as_str().into(),
                figure.confidence.into(),
                figure.composition.map(Composition::as_str).into(),
            ],
        );
        self.push_drawn(document, index, None, &figure.images);
        for (number, region) in figure.regions.iter().enumerate() {
            let b = region.bbox;
            self.push(
                REGIONS,
                [
                    document.into(),
                    index.into(),
                    number.into(),
                    region.role.as_str().into(),
                    region.page.into(),
                    b.x0.into(),
                    b.y0.into(),
                    b.x1.into(),
                    b.y1.into(),
                ],
            );
            self.push_drawn(document, index, Some(number), &region.images);
        }
        for Panel { letter, text, printed, bbox_px } in &figure.panels {
            let [x0, y0, x1, y1] = corners(printed.map(|(_, bbox)| bbox));
            let pixel = |at: usize| Cell::from(bbox_px.map(|pixels| pixels[at]));
            self.push(
                SUB_CAPTIONS,
                [
                    document.into(),
                    index.into(),
                    letter.as_str().into(),
                    text.as_str().into(),
                    printed.map(|(page, _)| page).into(),
                    x0,
                    y0,
                    x1,
                    y1,
                    pixel(0),
                    pixel(1),
                    pixel(2),
                    pixel(3),
                ],
            );
        }
        for Mention { page, text, panels } in &figure.mentions {
            self.push(
                MENTIONS,
                [
                    document.into(),
                    index.into(),
                    (*page).into(),
                    text.as_str().into(),
                    panels.join(" ").as_str().into(),
                ],
            );
        }
    }

    fn push_drawn(
        &mut self,
        document: usize,
        figure: usize,
        region: Option<usize>,
        drawn: &[(usize, usize)],
    ) {
        for &(image, placement) in drawn {
            let cells =
                [document.into(), figure.into(), region.into(), image.into(), placement.into()];
            self.push(FIGURE_IMAGES, cells);
        }
    }
}

fn corners(bbox: Option<Rect>) -> [Cell; 4] {
    [
        bbox.map(|b| b.x0).into(),
        bbox.map(|b| b.y0).into(),
        bbox.map(|b| b.x1).into(),
        bbox.map(|b| b.y1).into(),
    ]
}
