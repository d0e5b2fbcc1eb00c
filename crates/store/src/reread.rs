//! Replaces what an older extractor found in a document, and loses nothing that was decided.
//!
//! Decisions, panels and splits hang on images. So an image found again keeps its id, and one with
//! decisions that is found no more stays, with its object, but with no place on any page.

use std::collections::HashMap;

use rusqlite::params;

use super::figures::{BOX, bbox};
use super::{Result, Store, StoreError};
use crate::sql_enum::Word;
use covid_ct_extraction::document::{Extraction, FoundImage};
use covid_ct_extraction::figures::ImageOrigin;
use covid_ct_extraction::pdf::Rect;

/// What became of the pictures of a document that was read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reread {
    /// Found again; they keep what was decided of them.
    pub kept: usize,
    /// Found for the first time.
    pub added: usize,
    /// Not found any more, and nobody had decided anything.
    pub removed: usize,
    /// Not found any more, kept for the decisions on them.
    pub lost: usize,
}

/// An image as the last reading left it.
struct Earlier {
    id: i64,
    sha256: String,
    page: u32,
    xref: Option<u32>,
    origin: ImageOrigin,
    size: (u32, u32),
}

/// A rendering, which no reading finds, with the place of the figure it is of.
struct Drawn {
    image: i64,
    placement: i64,
    page: u32,
    bbox: Rect,
}

type Agrees<'a> = dyn Fn(&Earlier, &FoundImage) -> bool + 'a;

/// How far a figure's box may move, in points, for its rendering to stay true.
const MOVED: f32 = 1.0;

impl Store {
    /// Writes what was found in a document that is in the store already, over what an earlier reading
    /// found, in one transaction.
    ///
    /// # Errors
    /// When the store does not hold the document, and the database's; then all stays as it was.
    pub fn record_again(&mut self, found: &Extraction) -> Result<Reread> {
        self.transaction(|store| {
            let (document, preprint) = store.known_document(&found.sha256)?;
            let earlier = store.earlier_images(document)?;
            let drawn = store.drawn_renderings(document)?;
            store.forget_reading(document)?;
            store.correct_paper(document, preprint, found)?;
            store.db.execute(
                "UPDATE document SET pages = ?2, extractor = ?3, path = ?4 WHERE id = ?1",
                params![
                    document,
                    found.pages.len(),
                    found.extractor,
                    store.noted_path(&found.path)
                ],
            )?;
            store.record_pages(document, &found.pages)?;
            let same = match_images(&earlier, &found.images);
            let placements = store.record_images(document, &found.images, &same)?;
            store.record_figures(document, &found.figures, &placements)?;
            store.record_suspects(document, &found.suspects)?;
            let mut done = Reread {
                kept: same.len(),
                added: found.images.len() - same.len(),
                ..Reread::default()
            };
            let still = |image: &Earlier| same.values().any(|&id| id == image.id);
            for image in earlier.iter().filter(|image| !still(image)) {
                store.let_go(image.id, &mut done)?;
            }
            for rendering in drawn {
                if store.relink(document, &rendering)? {
                    done.kept += 1;
                } else {
                    store
                        .db
                        .execute("DELETE FROM placement WHERE id = ?1", [rendering.placement])?;
                    store.let_go(rendering.image, &mut done)?;
                }
            }
            Ok(done)
        })
    }

    fn known_document(&self, sha256: &str) -> Result<(i64, i64)> {
        self.db
            .query_row(
                "SELECT id, preprint FROM document WHERE sha256 = ?1 AND status = 'done'",
                [sha256],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .map_err(|error| match error {
                rusqlite::Error::QueryReturnedNoRows => {
                    StoreError::Invalid(format!("no document with SHA-256 {sha256} to read again"))
                }
                other => other.into(),
            })
    }

    fn earlier_images(&self, document: i64) -> Result<Vec<Earlier>> {
        let mut query = self.db.prepare(
            "SELECT id, sha256, page, xref, origin, width, height FROM image
             WHERE document = ?1 AND origin <> 'rendered' ORDER BY id",
        )?;
        let rows = query.query_map([document], |row| {
            Ok(Earlier {
                id: row.get(0)?,
                sha256: row.get(1)?,
                page: row.get(2)?,
                xref: row.get(3)?,
                origin: row.get::<_, Word<_>>(4)?.0,
                size: (row.get(5)?, row.get(6)?),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn drawn_renderings(&self, document: i64) -> Result<Vec<Drawn>> {
        let mut query = self.db.prepare(
            "SELECT placement.* FROM placement JOIN image ON image.id = placement.image
             WHERE document = ?1 AND origin = 'rendered' ORDER BY placement.id",
        )?;
        let rows = query.query_map([document], |row| {
            Ok(Drawn {
                image: row.get("image")?,
                placement: row.get("id")?,
                page: row.get("page")?,
                bbox: bbox(row, BOX)?.unwrap_or_default(),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Takes out everything of a reading but the images; what hangs on them goes with it.
    fn forget_reading(&self, document: i64) -> Result<()> {
        for sql in [
            "DELETE FROM figure WHERE document = ?1",
            "DELETE FROM suspect WHERE document = ?1",
            "DELETE FROM page WHERE document = ?1",
            "DELETE FROM placement WHERE image IN
                 (SELECT id FROM image WHERE document = ?1 AND origin <> 'rendered')",
            "UPDATE image SET tile_of = NULL WHERE document = ?1",
        ] {
            self.db.execute(sql, [document])?;
        }
        Ok(())
    }

    /// Corrects what is known of the paper. One that other documents share is only filled in, and a
    /// name that another paper has is not taken: patients hang on the paper, so it stays the same row.
    fn correct_paper(&self, document: i64, preprint: i64, found: &Extraction) -> Result<()> {
        let paper = &found.paper;
        let shared: bool = self.db.query_row(
            "SELECT EXISTS (SELECT 1 FROM document WHERE preprint = ?1 AND id <> ?2)",
            [preprint, document],
            |row| row.get(0),
        )?;
        self.db.execute(
            "UPDATE preprint SET
                 server = CASE WHEN ?9 AND server <> '' OR ?2 = '' THEN server ELSE ?2 END,
                 doi = CASE WHEN ?9 AND doi <> '' OR ?3 = '' THEN doi ELSE ?3 END,
                 title = CASE WHEN ?9 AND title <> '' OR ?4 = '' THEN title ELSE ?4 END,
                 posted = CASE WHEN ?9 AND posted <> '' OR ?5 = '' THEN posted ELSE ?5 END,
                 licence = CASE WHEN ?9 AND licence <> '' OR ?6 = '' THEN licence ELSE ?6 END,
                 category = CASE WHEN ?9 AND category <> '' OR ?7 = '' THEN category ELSE ?7 END,
                 abstract = CASE WHEN ?9 AND abstract <> '' OR ?8 = '' THEN abstract ELSE ?8 END
             WHERE id = ?1",
            params![
                preprint,
                paper.server,
                paper.doi,
                paper.title,
                paper.posted,
                paper.licence,
                paper.category,
                paper.abstract_text,
                shared,
            ],
        )?;
        let named: String =
            self.db.query_row("SELECT name FROM preprint WHERE id = ?1", [preprint], |row| {
                row.get(0)
            })?;
        // A namesake was told apart by a mark when it was first read: it keeps the mark.
        let mark: String = found.sha256.chars().take(8).collect();
        let marked = named == format!("{}-{mark}", paper.name);
        if !shared && !marked {
            self.db.execute(
                "UPDATE OR IGNORE preprint SET name = ?2, version = ?3 WHERE id = ?1",
                params![preprint, paper.name, paper.version],
            )?;
        }
        Ok(())
    }

    /// Removes an image that is found no more, unless something was decided of it.
    fn let_go(&self, image: i64, done: &mut Reread) -> Result<()> {
        let removed = self.db.execute(
            "DELETE FROM image WHERE id = ?1
                 AND NOT EXISTS (SELECT 1 FROM decision WHERE decision.image = ?1)
                 AND NOT EXISTS (SELECT 1 FROM panel WHERE panel.image = ?1)",
            [image],
        )?;
        if removed == 1 {
            done.removed += 1;
        } else {
            done.lost += 1;
        }
        Ok(())
    }

    /// Gives a rendering to the figure that now stands where its own stood; false where none does.
    fn relink(&self, document: i64, drawn: &Drawn) -> Result<bool> {
        let b = drawn.bbox;
        let linked = self.db.execute(
            "INSERT INTO figure_image (figure, placement)
             SELECT id, ?1 FROM figure WHERE document = ?2 AND page = ?3
                 AND abs(x0 - ?4) <= ?8 AND abs(y0 - ?5) <= ?8
                 AND abs(x1 - ?6) <= ?8 AND abs(y1 - ?7) <= ?8
             ORDER BY ordinal LIMIT 1",
            params![drawn.placement, document, drawn.page, b.x0, b.y0, b.x1, b.y1, MOVED],
        )?;
        Ok(linked == 1)
    }
}

/// `image.id` of the earlier image that each found one is, by its index: the same bytes at the same
/// place first, then the same bytes, then the same place and size, read by the same means, then by
/// other means. A picture of another size is another picture: panels are rectangles in its pixels.
fn match_images(earlier: &[Earlier], found: &[FoundImage]) -> HashMap<usize, i64> {
    let place =
        |image: &FoundImage| (image.placements.first().map_or(1, |first| first.page), image.xref);
    let bytes = |old: &Earlier, new: &FoundImage| old.sha256 == new.object.sha256;
    let stands =
        |old: &Earlier, new: &FoundImage| new.xref.is_some() && (old.page, old.xref) == place(new);
    let as_large = |old: &Earlier, new: &FoundImage| old.size == (new.width, new.height);
    let agreements: [&Agrees<'_>; 4] = [
        &|old, new| bytes(old, new) && (old.page, old.xref) == place(new),
        &bytes,
        &|old, new| stands(old, new) && as_large(old, new) && old.origin == new.origin,
        &|old, new| stands(old, new) && as_large(old, new),
    ];
    let mut same: HashMap<usize, i64> = HashMap::new();
    let mut taken = vec![false; earlier.len()];
    for agree in agreements {
        for (index, image) in found.iter().enumerate() {
            if same.contains_key(&index) {
                continue;
            }
            let old = (0..earlier.len()).find(|&at| !taken[at] && agree(&earlier[at], image));
            if let Some(at) = old {
                taken[at] = true;
                same.insert(index, earlier[at].id);
            }
        }
    }
    same
}

#[cfg(test)]
mod tests {
    use super::*;
    use covid_ct_core::ObjectId;
    use covid_ct_extraction::document::FoundPlacement;
    use covid_ct_extraction::pdf::Matrix;

    fn earlier(id: i64, xref: u32, sha256: &str, origin: ImageOrigin) -> Earlier {
        Earlier { id, sha256: sha256.into(), page: 2, xref: Some(xref), origin, size: (10, 10) }
    }

    fn found(xref: u32, sha256: &str, width: u32) -> FoundImage {
        FoundImage {
            xref: Some(xref),
            object: ObjectId { sha256: sha256.into(), extension: "png".into() },
            width,
            height: 10,
            colour_space: String::new(),
            filter: String::new(),
            origin: ImageOrigin::Original,
            file_name: None,
            furniture: false,
            tile_of: None,
            placements: vec![FoundPlacement {
                page: 2,
                transform: Matrix::IDENTITY,
                bbox: Matrix::IDENTITY.unit_square(),
                clip: None,
                overlays: Vec::new(),
            }],
        }
    }

    #[test]
    fn bytes_count_more_than_place_and_place_more_than_nothing() {
        let old = [
            earlier(1, 5, "a", ImageOrigin::Original),
            earlier(2, 6, "b", ImageOrigin::Decoded),
            earlier(3, 7, "c", ImageOrigin::Original),
        ];
        // 5 and 6 have changed their xrefs; 7 is decoded anew.
        let new = [found(6, "a", 10), found(5, "b", 10), found(7, "other", 10), found(8, "d", 10)];
        let same = match_images(&old, &new);
        assert_eq!(same, HashMap::from([(0, 1), (1, 2), (2, 3)]));
    }

    #[test]
    fn a_picture_of_another_size_is_another_picture() {
        // The first tile's xref is that of the whole: decisions on the tile are not on the whole.
        let old = [earlier(1, 5, "tile", ImageOrigin::Original)];
        assert!(match_images(&old, &[found(5, "whole", 99)]).is_empty());
        let both = [found(5, "whole", 99), found(5, "tile", 10)];
        assert_eq!(match_images(&old, &both), HashMap::from([(1, 1)]));
    }

    #[test]
    fn the_same_bytes_twice_stay_at_their_places() {
        let old = [
            earlier(1, 5, "same", ImageOrigin::Original),
            earlier(2, 6, "same", ImageOrigin::Original),
        ];
        let new = [found(6, "same", 10), found(5, "same", 10)];
        assert_eq!(match_images(&old, &new), HashMap::from([(0, 2), (1, 1)]));
    }
}
