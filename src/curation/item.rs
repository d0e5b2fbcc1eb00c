//! A task with all that is shown of it.

use std::path::PathBuf;

use super::asked::Task;
use super::evidence::Texts;
use crate::document::PaperMeta;
use crate::figures::{Composition, ImageOrigin};
use crate::store::{ImageFigure, Store, StoreError};

#[derive(Debug)]
pub(super) struct Item {
    pub task: Task,
    pub paper: PaperMeta,
    pub figure: Option<ImageFigure>,
    /// The picture's file.
    pub path: PathBuf,
    /// The figure around the picture as printed, letters and arrows included; or why it cannot be
    /// shown. `None` where the picture shows all of it, or before [`Item::print`].
    pub as_printed: Option<std::result::Result<PathBuf, String>>,
}

/// Makes pictures of figures as printed, when a curator is to see one.
pub trait AsPrinted: std::fmt::Debug {
    /// The file that shows a `figure.id` as printed, or why there is none; `None` where the figure's
    /// pictures show all of it.
    ///
    /// # Errors
    /// The store's, which end the session; that a figure cannot be drawn does not.
    fn file(
        &mut self,
        store: &mut Store,
        figure: i64,
    ) -> std::result::Result<Option<std::result::Result<PathBuf, String>>, StoreError>;
}

/// Shows no figure as printed.
#[derive(Debug, Clone, Copy)]
pub struct NotPrinted;

impl AsPrinted for NotPrinted {
    fn file(
        &mut self,
        _: &mut Store,
        _: i64,
    ) -> std::result::Result<Option<std::result::Result<PathBuf, String>>, StoreError> {
        Ok(None)
    }
}

impl Item {
    pub fn load(store: &Store, task: Task) -> Result<Self, StoreError> {
        // Whoever opens the file says what is wrong with it.
        if let Err(error) = store.objects().bring(&task.image.object) {
            tracing::warn!("{error}");
        }
        Ok(Self {
            paper: store.paper(task.image.preprint)?,
            figure: store.figure_of_image(task.image.id)?,
            as_printed: None,
            path: store.objects().path(&task.image.object),
            task,
        })
    }

    /// Whether more is printed than the picture shows.
    pub fn has_more_printed(&self) -> bool {
        let mixed = |figure: &ImageFigure| figure.composition == Some(Composition::Mixed);
        self.figure.as_ref().is_some_and(mixed) && self.task.image.origin != ImageOrigin::Rendered
    }

    /// Has the figure drawn as printed where that shows more; a worker may take seconds for it.
    pub fn print(
        &mut self,
        store: &mut Store,
        printer: &mut dyn AsPrinted,
    ) -> Result<(), StoreError> {
        if let Some(figure) = &self.figure
            && self.has_more_printed()
        {
            self.as_printed = printer.file(store, figure.id)?;
        }
        Ok(())
    }

    pub fn caption(&self) -> &str {
        self.figure.as_ref().map_or("", |figure| &figure.caption)
    }

    pub fn texts(&self) -> Texts<'_> {
        Texts {
            caption: self.caption(),
            mentions: self.figure.as_ref().map_or(&[], |figure| &figure.mentions),
            abstract_text: &self.paper.abstract_text,
        }
    }
}
