//! Renderings of pages and their parts, made by a supervised worker: no PDF is parsed here.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::isolation::Reach;
use super::pool::{Options, Supervised};
use covid_ct_core::{ObjectId, ObjectStore, sha256_hex};
use covid_ct_extraction::figures;
use covid_ct_extraction::pdf::{Document, FINEST_DPI, Limits, PRINT_DPI, Rect, Turn};

/// What of a page to draw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Region {
    /// From 1.
    pub page: u32,
    /// Points of the page as displayed; `None` for the whole page.
    pub bbox: Option<Rect>,
    /// Dots per inch; `None` for 300, or the resolution of the finest picture in the box: a box is then turned
    /// so that the page's text stands upright. Lowered to what 1200 and 100 million pixels allow.
    pub dpi: Option<f32>,
    /// Where to write the PNG; `None` for the object store.
    pub file: Option<PathBuf>,
}

/// Regions of one document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RenderRequest {
    pub path: PathBuf,
    /// SHA-256 of the bytes that were ingested; the file must not have changed since.
    pub sha256: String,
    pub regions: Vec<Region>,
}

/// A region drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rendered {
    pub page: u32,
    /// Points of the page as displayed.
    pub bbox: Rect,
    pub dpi: f32,
    /// Pixels.
    pub width: u32,
    pub height: u32,
    /// `DeviceGray` where nothing on it has a colour, else `DeviceRGB`.
    pub colour_space: String,
    /// Its name in the object store; `None` where it went to a file.
    pub object: Option<ObjectId>,
}

/// What the worker answers: one entry a region, in the order asked; why, where one cannot be drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RenderResponse {
    Rendered(Vec<Result<Rendered, String>>),
    Failed { error: String },
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    #[error("cannot start a worker ({program}): {source}", program = program.display())]
    Worker { program: PathBuf, source: std::io::Error },
    /// The document as a whole: it is gone or changed, or the reader died of it.
    #[error("{path}: {error}", path = path.display())]
    Document { path: PathBuf, error: String },
}

/// Draws regions, one document after another, in one worker process that is replaced when it dies.
#[derive(Debug)]
pub struct Renderer {
    worker: Supervised,
    options: Options,
}

impl Renderer {
    /// # Errors
    /// When no worker can be started.
    pub fn start(options: &Options) -> Result<Self, RenderError> {
        let worker = Supervised::start(options, Reach::default())
            .map_err(|source| RenderError::Worker { program: options.program.clone(), source })?;
        Ok(Self { worker, options: options.clone() })
    }

    /// Draws what `request` asks: one result a region, in that order. A region that cannot be drawn
    /// says why and costs the others nothing.
    ///
    /// # Errors
    /// When the document cannot be read, has changed, or takes more time or memory than allowed.
    pub fn render(
        &mut self,
        request: &RenderRequest,
    ) -> Result<Vec<Result<Rendered, String>>, RenderError> {
        let failed = |error| RenderError::Document { path: request.path.clone(), error };
        let mut reach = Reach::of_document(&request.path);
        for file in request.regions.iter().filter_map(|region| region.file.as_ref()) {
            reach.write(file);
        }
        let asked = self.worker.ask(request, &reach, &self.options);
        match asked.map_err(|loss| failed(loss.error))? {
            RenderResponse::Rendered(regions) => Ok(regions),
            RenderResponse::Failed { error } => Err(failed(error)),
        }
    }
}

/// Draws regions of one document, in a worker of its own.
///
/// # Errors
/// As [`Renderer::start`] and [`Renderer::render`].
pub fn render(
    options: &Options,
    request: &RenderRequest,
) -> Result<Vec<Result<Rendered, String>>, RenderError> {
    Renderer::start(options)?.render(request)
}

/// The worker's part.
pub(super) fn answer(request: &RenderRequest, objects: &ObjectStore) -> RenderResponse {
    let draw = || {
        let bytes = std::fs::read(&request.path)
            .map_err(|error| format!("cannot be read: {error}: put it back, or ingest it again"))?;
        if sha256_hex(&bytes) != request.sha256 {
            return Err("changed since it was ingested: run ingest again".to_owned());
        }
        let document =
            Document::open_within(&bytes, Limits::KNOWN).map_err(|error| error.to_string())?;
        Ok(request.regions.iter().map(|region| draw_region(&document, region, objects)).collect())
    };
    match draw() {
        Ok(regions) => RenderResponse::Rendered(regions),
        Err(error) => RenderResponse::Failed { error },
    }
}

fn draw_region(
    document: &Document,
    region: &Region,
    objects: &ObjectStore,
) -> Result<Rendered, String> {
    let number = region.page;
    if !(1..=document.page_count()).contains(&number) {
        return Err(format!("page {number}: the document has {} pages", document.page_count()));
    }
    let (bbox, dpi, turn) = match (region.bbox, region.dpi) {
        (Some(bbox), Some(dpi)) => (bbox, dpi, Turn::NONE),
        // Reading the page costs more than drawing it: only where its size, pictures or text matter.
        (bbox, dpi) => {
            let page = document.page(number).map_err(|error| error.to_string())?;
            // A figure is stored as its caption is read, a page shown as it is displayed.
            let turn = if bbox.is_some() { figures::upright(&page) } else { Turn::NONE };
            let bbox = bbox.unwrap_or(Rect::new(0.0, 0.0, page.width, page.height));
            (bbox, dpi.unwrap_or_else(|| document.resolution(&page, &bbox).max(PRINT_DPI)), turn)
        }
    };
    let picture = document
        .render_turned(number, bbox, dpi.min(FINEST_DPI), turn)
        .map_err(|error| error.to_string())?;
    let object = match &region.file {
        Some(file) => {
            std::fs::write(file, &picture.bytes)
                .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
            None
        }
        None => Some(
            objects.put(&picture.bytes, picture.extension).map_err(|error| error.to_string())?,
        ),
    };
    Ok(Rendered {
        page: number,
        bbox,
        dpi: 72.0 * picture.width as f32 / turn.size((bbox.width(), bbox.height())).0,
        width: picture.width,
        height: picture.height,
        colour_space: picture.colour_space,
        object,
    })
}
