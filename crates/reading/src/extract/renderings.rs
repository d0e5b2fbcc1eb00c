//! Renderings of figures, made when they are first needed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

use super::{Options, Region, RenderRequest, Rendered, Renderer};
use crate::store::{DocumentRow, NewRendering, Renderable, Source, Store, StoreError};
use covid_ct_core::ObjectId;

/// Makes renderings with a worker that is started when the first one is asked for.
#[derive(Debug)]
pub struct Renderings {
    options: Options,
    renderer: Option<Renderer>,
}

/// The renderings of a document's figures that had none: one result a figure.
pub type Drawn = Vec<(Renderable, Result<Rendered, String>)>;

impl Renderings {
    pub fn new(options: Options) -> Self {
        Self { options, renderer: None }
    }

    /// Draws `places` of a document into the object store. `pdf` says where it lies, if not where it
    /// was ingested.
    ///
    /// # Errors
    /// When the document as a whole cannot be drawn: it is gone or changed, or the reader died of it.
    pub fn draw(
        &mut self,
        document: &DocumentRow,
        pdf: Option<&Path>,
        places: &[Renderable],
    ) -> Result<Drawn, String> {
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let region = |place: &Renderable| Region {
            page: place.page,
            bbox: Some(place.bbox),
            dpi: None,
            file: None,
        };
        let drawn = self.render(document, pdf, places.iter().map(region).collect())?;
        Ok(places.iter().copied().zip(drawn).collect())
    }

    /// Draws any regions of a document: one result each.
    ///
    /// # Errors
    /// As [`draw`](Self::draw).
    pub fn render(
        &mut self,
        document: &DocumentRow,
        pdf: Option<&Path>,
        regions: Vec<Region>,
    ) -> Result<Vec<Result<Rendered, String>>, String> {
        let path = find_pdf(document, pdf)?;
        let request = RenderRequest { path, sha256: document.sha256.clone(), regions };
        let renderer = match &mut self.renderer {
            Some(renderer) => renderer,
            none => none.insert(Renderer::start(&self.options).map_err(|error| error.to_string())?),
        };
        renderer.render(&request).map_err(|error| error.to_string())
    }

    /// Makes the rendering of a `figure.id`, or gives the one that is there: its object. `None` where
    /// the figure's pictures show all of it.
    ///
    /// # Errors
    /// The outer one is the store's; the inner one says why the figure cannot be drawn.
    pub fn of_figure(
        &mut self,
        store: &mut Store,
        figure: i64,
    ) -> Result<Option<Result<ObjectId, String>>, StoreError> {
        let Some((document, place)) = store.renderable(figure)? else { return Ok(None) };
        if let Some((_, object)) = store.rendering(figure)?
            && store.objects().path(&object).is_file()
        {
            return Ok(Some(Ok(object)));
        }
        let drawn = self.draw(&document, None, &[place]).and_then(|drawn| {
            drawn.into_iter().next().map_or_else(|| Err("nothing was drawn".into()), |(_, one)| one)
        });
        match drawn {
            Ok(rendered) => {
                let object = record(store, place.figure, rendered)?;
                Ok(Some(object.ok_or_else(|| "it went to no object".into())))
            }
            Err(error) => Ok(Some(Err(error))),
        }
    }
}

/// Records a rendering of a `figure.id`; gives its object.
fn record(
    store: &mut Store,
    figure: i64,
    rendered: Rendered,
) -> Result<Option<ObjectId>, StoreError> {
    let Some(object) = rendered.object else { return Ok(None) };
    let new = NewRendering {
        page: rendered.page,
        bbox: rendered.bbox,
        object: object.clone(),
        width: rendered.width,
        height: rendered.height,
        colour_space: rendered.colour_space,
    };
    store.record_rendering(figure, &new)?;
    Ok(Some(object))
}

/// Where the PDF of a document is to be read.
fn find_pdf(document: &DocumentRow, pdf: Option<&Path>) -> Result<PathBuf, String> {
    if document.source == Source::Release {
        return Err(format!("{}: a released picture, of which there is no PDF", document.path));
    }
    let path = pdf.map_or_else(|| PathBuf::from(&document.path), Path::to_owned);
    if path.is_file() {
        return Ok(path);
    }
    Err(format!(
        "{}: not there any more: say where the PDF is now with --pdf PATH, or run `covid-ct ingest` \
         on its new place",
        path.display()
    ))
}

/// What [`render_all`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RenderedAll {
    /// Renderings made now.
    pub made: usize,
    /// What could not be drawn: the document's path, with the page where it is one, and why.
    pub failed: Vec<(PathBuf, String)>,
}

/// Makes every rendering that figures of `documents` still need, `options.jobs` documents at a time;
/// `done` is called after each document. Stops handing out documents once `stop` is set.
///
/// # Errors
/// The store's. What cannot be drawn is no error: it is in the result, by path and page.
pub fn render_all(
    store: &mut Store,
    options: &Options,
    documents: &[DocumentRow],
    stop: &AtomicBool,
    mut done: impl FnMut(),
) -> Result<RenderedAll, StoreError> {
    let mut asked = Vec::new();
    for document in documents {
        let places = store.unrendered(document.id)?;
        if !places.is_empty() {
            asked.push((document, places));
        }
    }
    let (next, mut all) = (AtomicUsize::new(0), RenderedAll::default());
    let (send, receive) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..options.jobs.clamp(1, asked.len().max(1)) {
            let (send, next, asked) = (send.clone(), &next, &asked);
            scope.spawn(move || {
                let mut renderings = Renderings::new(options.clone());
                while !stop.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some((document, places)) = asked.get(index) else { break };
                    if send.send((index, renderings.draw(document, None, places))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        // Rows come in the order of the documents, whichever is drawn first: so do their numbers.
        let (mut drawn, mut turn) = (BTreeMap::new(), 0);
        for (index, of_document) in receive {
            drawn.insert(index, of_document);
            while let Some(of_document) = drawn.remove(&turn) {
                all.take(store, asked[turn].0, of_document)?;
                turn += 1;
            }
            done();
        }
        Ok::<_, StoreError>(())
    })?;
    all.failed.sort();
    Ok(all)
}

impl RenderedAll {
    /// Records what was drawn of a document.
    fn take(
        &mut self,
        store: &mut Store,
        document: &DocumentRow,
        drawn: Result<Drawn, String>,
    ) -> Result<(), StoreError> {
        let path = PathBuf::from(&document.path);
        let drawn = match drawn {
            Ok(drawn) => drawn,
            Err(error) => {
                self.failed.push((path, error));
                return Ok(());
            }
        };
        for (place, rendered) in drawn {
            match rendered {
                Ok(rendered) => {
                    record(store, place.figure, rendered)?;
                    self.made += 1;
                }
                Err(error) => {
                    self.failed.push((path.clone(), format!("page {}: {error}", place.page)));
                }
            }
        }
        Ok(())
    }
}
