//! What the curation queue asks of the store: what ranks a picture, what is shown beside it, and
//! which decision an undo takes back.

use std::collections::{HashMap, HashSet};

use rusqlite::{OptionalExtension as _, params};

use super::{Decision, Result, Source, Store, Subject};
use crate::sql_enum::Word;
use covid_ct_core::Stage;
use covid_ct_extraction::figures::{Composition, ImageOrigin, Mention, RegionRole};

/// What decides whether and when a picture is shown to a curator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFacts {
    pub source: Source,
    /// Number of different pages that draw it: journal logos are drawn on many.
    pub drawn_on: u32,
    /// Whether a caption of a figure that shows it is as asked for.
    pub captioned: bool,
}

/// What is drawn of one figure, once or several times.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FigureDrawings {
    /// `image.id` of the figure's own pictures, tiles left out: those of its region and of the regions
    /// it continues on.
    pub own: Vec<i64>,
    /// Those of each further drawing of the whole figure.
    pub copies: Vec<Vec<i64>>,
    /// Its rendering, where one was made.
    pub rendering: Option<i64>,
}

/// A figure that shows a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageFigure {
    /// `figure.id`
    pub id: i64,
    /// Normalised; `None` where nobody captioned it.
    pub label: Option<String>,
    pub caption: String,
    /// Page of the graphic, from 1.
    pub page: Option<u32>,
    pub composition: Option<Composition>,
    pub mentions: Vec<Mention>,
    /// How many images the figure shows, this one included.
    pub images: usize,
}

/// The figure that shows image `?1`.
const FIGURE_OF_IMAGE: &str =
    "SELECT DISTINCT figure.id, figure.label, figure.caption, figure.page,
                 figure.composition
             FROM placement JOIN figure_image ON figure_image.placement = placement.id
             JOIN figure ON figure.id = figure_image.figure
             WHERE placement.image = ?1
             ORDER BY figure.caption = '', figure.ordinal LIMIT 1";

/// The last decision of curator `?1` that is still in force.
const LAST_STANDING: &str = "SELECT max(id) FROM (
                 SELECT id, value, row_number() OVER (
                     PARTITION BY stage, image, panel ORDER BY time DESC, id DESC) AS newest
                 FROM decision WHERE curator = ?1)
             WHERE newest = 1 AND value IS NOT NULL";

/// When curator `?4` last decided on panel `?2` of image `?1` at stage `?3`.
const LAST_DECIDED: &str = "SELECT max(time) FROM decision
             WHERE image = ?1 AND panel IS ?2 AND stage = ?3 AND curator = ?4";

/// A picture of a figure beside the one that is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    /// `image.id`
    pub image: i64,
    pub page: u32,
    pub xref: Option<u32>,
    pub width: u32,
    pub height: u32,
    /// `select ct`, `diagnose covid`
    pub decided: Vec<String>,
}

impl Store {
    /// By `image.id`; `is_wanted` tells of a caption whether it is one to count.
    ///
    /// # Errors
    /// The database's.
    pub fn image_facts(
        &self,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Result<HashMap<i64, ImageFacts>> {
        // One pass over each table, and put together here: SQLite would look up each picture's rows one by one.
        let mut query = self.db.prepare(
            "SELECT image.id, document.source FROM image JOIN document ON document.id = image.document",
        )?;
        let rows = query.query_map([], |row| {
            Ok((row.get(0)?, ImageFacts { source: row.get(1)?, drawn_on: 0, captioned: false }))
        })?;
        let mut facts: HashMap<i64, ImageFacts> = rows.collect::<rusqlite::Result<_>>()?;
        let mut query = self.db.prepare("SELECT id, image, page FROM placement")?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
        let placements: HashMap<i64, (i64, u32)> = rows.collect::<rusqlite::Result<_>>()?;
        let mut pages: Vec<(i64, u32)> = placements.values().copied().collect();
        pages.sort_unstable();
        pages.dedup();
        for (image, _) in pages {
            facts.entry(image).and_modify(|facts| facts.drawn_on += 1);
        }
        let mut query = self.db.prepare("SELECT id, caption FROM figure WHERE caption <> ''")?;
        let mut rows = query.query([])?;
        let mut wanted: HashSet<i64> = HashSet::new();
        while let Some(row) = rows.next()? {
            if is_wanted(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?) {
                wanted.insert(row.get(0)?);
            }
        }
        let mut query = self.db.prepare("SELECT figure, placement FROM figure_image")?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            if wanted.contains(&row.get(0)?)
                && let Some((image, _)) = placements.get(&row.get(1)?)
            {
                facts.entry(*image).and_modify(|facts| facts.captioned = true);
            }
        }
        Ok(facts)
    }

    /// What is drawn of every figure, in no order that means anything.
    ///
    /// # Errors
    /// The database's.
    pub fn figure_drawings(&self) -> Result<Vec<FigureDrawings>> {
        let mut query = self.db.prepare(
            "SELECT figure_image.figure, image.id, image.origin, region, role
             FROM figure_image JOIN placement ON placement.id = figure_image.placement
             JOIN image ON image.id = placement.image
             LEFT JOIN figure_region ON figure_region.id = figure_image.region
             WHERE image.tile_of IS NULL
             ORDER BY figure_image.figure, region, placement.id",
        )?;
        let mut rows = query.query([])?;
        let mut drawings: Vec<FigureDrawings> = Vec::new();
        let (mut figure, mut copy) = (None, None);
        while let Some(row) = rows.next()? {
            let of: i64 = row.get(0)?;
            if figure.replace(of) != Some(of) {
                drawings.push(FigureDrawings::default());
                copy = None;
            }
            let Some(drawn) = drawings.last_mut() else { continue };
            let (image, region) = (row.get(1)?, row.get::<_, Option<i64>>(3)?);
            if row.get::<_, Word<ImageOrigin>>(2)?.0 == ImageOrigin::Rendered {
                drawn.rendering = Some(image);
            } else if row
                .get::<_, Option<Word<RegionRole>>>(4)?
                .is_some_and(|role| role.0 == RegionRole::Copy)
            {
                if copy != region {
                    copy = region;
                    drawn.copies.push(Vec::new());
                }
                drawn.copies.last_mut().into_iter().for_each(|copy| copy.push(image));
            } else {
                drawn.own.push(image);
            }
        }
        Ok(drawings)
    }

    /// The figure that shows a picture; of several, the first with a caption. `None` where the
    /// picture is part of no figure.
    ///
    /// # Errors
    /// The database's.
    pub fn figure_of_image(&self, image: i64) -> Result<Option<ImageFigure>> {
        let mut query = self.db.prepare_cached(FIGURE_OF_IMAGE)?;
        let found = query
            .query_row([image], |row| {
                Ok(ImageFigure {
                    id: row.get(0)?,
                    label: row.get(1)?,
                    caption: row.get(2)?,
                    page: row.get(3)?,
                    composition: row.get::<_, String>(4)?.parse().ok(),
                    mentions: Vec::new(),
                    images: 0,
                })
            })
            .optional()?;
        let Some(mut figure) = found else { return Ok(None) };
        figure.images = self.images_of_figure(figure.id)?.len();
        figure.mentions = self.mentions(figure.id)?;
        Ok(Some(figure))
    }

    /// The pictures of a figure, renderings and tiles left out, with what `curator` decided on each that
    /// is in force, as `stage value`, in the order it was decided.
    ///
    /// # Errors
    /// The database's.
    pub fn neighbours(&self, figure: i64, curator: &str) -> Result<Vec<Neighbour>> {
        let mut picture =
            self.db.prepare_cached("SELECT page, xref, width, height FROM image WHERE id = ?1")?;
        let mut decided = self.db.prepare_cached(
            "SELECT stage, value, panel FROM (
                 SELECT *, row_number() OVER (
                     PARTITION BY stage, panel ORDER BY time DESC, id DESC) AS newest
                 FROM decision WHERE image = ?1 AND curator = ?2)
             WHERE newest = 1 AND value IS NOT NULL AND stage IN ('select', 'diagnose')
             ORDER BY id",
        )?;
        let images = self.images_of_figure(figure)?;
        let neighbour = |image: i64| {
            let rows = decided.query_map(params![image, curator], |row| {
                let (stage, value): (String, String) = (row.get(0)?, row.get(1)?);
                let panel: Option<i64> = row.get(2)?;
                let of = if panel.is_some() { " of a panel" } else { "" };
                Ok(format!("{stage}{of} {value}"))
            })?;
            let decided = rows.collect::<rusqlite::Result<_>>()?;
            Ok(picture.query_row([image], |row| {
                Ok(Neighbour {
                    image,
                    page: row.get(0)?,
                    xref: row.get(1)?,
                    width: row.get(2)?,
                    height: row.get(3)?,
                    decided,
                })
            })?)
        };
        images.into_iter().map(neighbour).collect()
    }

    /// Where the file of a document lies.
    ///
    /// # Errors
    /// The database's; one of them is that there is no such document.
    pub fn document_path(&self, document: i64) -> Result<String> {
        let path = "SELECT path FROM document WHERE id = ?1";
        Ok(self.located_path(self.db.query_row(path, [document], |row| row.get(0))?))
    }

    /// The decision an undo of `curator` takes back: the last one made that is still in force.
    /// Withdrawals, and what they withdrew, are passed over, so that undoing again goes further
    /// back.
    ///
    /// # Errors
    /// The database's.
    pub fn last_standing_decision(&self, curator: &str) -> Result<Option<Decision>> {
        let standing: Option<i64> =
            self.db.query_row(LAST_STANDING, [curator], |row| row.get(0))?;
        let Some(id) = standing else { return Ok(None) };
        self.decision(id).map(Some)
    }

    /// When `curator` last decided on a subject; `None` where never. A decision of now must not be
    /// older, or a clock that was set back would keep it from coming into force.
    ///
    /// # Errors
    /// The database's.
    pub fn last_decided_at(
        &self,
        stage: Stage,
        subject: Subject,
        curator: &str,
    ) -> Result<Option<String>> {
        Ok(self.db.query_row(
            LAST_DECIDED,
            params![subject.image, subject.panel, stage.as_str(), curator],
            |row| row.get(0),
        )?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decisions::{Within, in_force_sql};
    use crate::tests::scratch;

    /// How `SQLite` means to answer a query of `count` parameters, a step a line.
    fn plan(store: &Store, sql: &str, count: usize) -> Vec<String> {
        let mut query = store.db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("plan");
        let nothing = vec![rusqlite::types::Null; count];
        let rows = query
            .query_map(rusqlite::params_from_iter(nothing), |row| row.get::<_, String>("detail"))
            .expect("rows");
        rows.collect::<rusqlite::Result<_>>().expect("steps")
    }

    #[test]
    fn what_every_answer_asks_uses_indexes() {
        let (_folder, store) = scratch();
        let queries = [
            (in_force_sql(Within::All), 2),
            (in_force_sql(Within::Image(1)), 2),
            (in_force_sql(Within::Preprint(1)), 2),
            (FIGURE_OF_IMAGE.to_owned(), 1),
            (LAST_STANDING.to_owned(), 1),
            (LAST_DECIDED.to_owned(), 4),
        ];
        for (sql, parameters) in queries {
            let steps = plan(&store, &sql, parameters);
            assert!(steps.iter().any(|step| step.starts_with("SEARCH")), "{steps:#?}");
            for step in &steps {
                // Scans of what a subquery found, in memory, are no scans of a table.
                let of_table = ["decision", "placement", "figure_image", "figure", "image"]
                    .iter()
                    .any(|table| *step == format!("SCAN {table}"));
                assert!(!of_table, "{sql}\n{steps:#?}");
            }
        }
        // The window over a curator's or a stage's decisions is read in order, not sorted.
        let sorted = plan(&store, LAST_STANDING, 1);
        assert!(!sorted.iter().any(|step| step.contains("TEMP B-TREE")), "{sorted:#?}");
    }
}
