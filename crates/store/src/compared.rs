//! What the search for near-duplicates found: panels of which each pair was compared, and the related pairs.
//!
//! It can be had again from the pictures, so that what cannot be kept is no failure.

use std::collections::BTreeMap;

use rusqlite::{TransactionBehavior, params};

use super::{Result, Store, StoreError};
use covid_ct_core::{ObjectId, PanelBox};

/// The pixels of a panel, by which it is compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cut {
    /// SHA-256 and extension of the object that it is cut from.
    pub sha256: String,
    pub bounds: PanelBox,
    pub extension: String,
}

impl Cut {
    pub fn object(&self) -> ObjectId {
        ObjectId { sha256: self.sha256.clone(), extension: self.extension.clone() }
    }
}

/// A related pair, by places in a list of cuts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RelatedCuts<'a> {
    pub one: usize,
    pub other: usize,
    /// `same` or `alike`.
    pub kinship: &'a str,
    pub mirrored: bool,
    pub correlation: f64,
    pub detail: f64,
    /// Where a point of the one lies on the other, in fractions of the sides.
    pub scale: [f64; 2],
    pub offset: [f64; 2],
}

/// The cuts compared with each other, sorted, and what `made` makes of each related pair.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Compared<T> {
    pub cuts: Vec<Cut>,
    pub related: Vec<T>,
}

impl Store {
    /// All that was compared by version `method` of the search.
    ///
    /// # Errors
    /// The database's, and what `made` refuses.
    pub fn compared<T>(
        &self,
        method: u32,
        mut made: impl FnMut(RelatedCuts<'_>) -> Result<T>,
    ) -> Result<Compared<T>> {
        let mut compared = Compared { cuts: Vec::new(), related: Vec::new() };
        let mut places: BTreeMap<i64, usize> = BTreeMap::new();
        let mut query = self.db.prepare(
            "SELECT id, sha256, extension, x, y, w, h FROM compared WHERE method = ?1
             ORDER BY sha256, x, y, w, h",
        )?;
        let mut rows = query.query([method])?;
        while let Some(row) = rows.next()? {
            places.insert(row.get(0)?, compared.cuts.len());
            let bounds =
                PanelBox { x: row.get(3)?, y: row.get(4)?, w: row.get(5)?, h: row.get(6)? };
            compared.cuts.push(Cut { sha256: row.get(1)?, bounds, extension: row.get(2)? });
        }
        let mut query = self.db.prepare(
            "SELECT one, other, kinship, mirrored, correlation, detail, scale_x, scale_y, offset_x, offset_y
             FROM related ORDER BY one, other",
        )?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let (one, other) = (places.get(&row.get(0)?), places.get(&row.get(1)?));
            // Of another method.
            let (Some(&one), Some(&other)) = (one, other) else { continue };
            let kinship: String = row.get(2)?;
            compared.related.push(made(RelatedCuts {
                one,
                other,
                kinship: &kinship,
                mirrored: row.get(3)?,
                correlation: row.get(4)?,
                detail: row.get(5)?,
                scale: [row.get(6)?, row.get(7)?],
                offset: [row.get(8)?, row.get(9)?],
            })?);
        }
        Ok(compared)
    }

    /// Keeps that each pair of `known` and `new` cuts was compared by version `method`, and which pairs that were not
    /// kept before are related, by places in `known` followed by `new`. What was kept must be `known` and what is no more
    /// to be had, which is forgotten; where another process has kept something since, nothing is changed. Nor is where the
    /// store is only read, which is no error; what other versions kept is forgotten.
    ///
    /// # Errors
    /// The database's; then it stays as it was.
    pub fn keep_compared(
        &self,
        method: u32,
        was: usize,
        [known, new]: [&[Cut]; 2],
        related: &[RelatedCuts<'_>],
    ) -> Result<()> {
        if self.is_read_only() {
            return Ok(());
        }
        let transaction =
            rusqlite::Transaction::new_unchecked(&self.db, TransactionBehavior::Immediate)?;
        let count: usize = self.db.query_row(
            "SELECT count(*) FROM compared WHERE method = ?1",
            [method],
            |row| row.get(0),
        )?;
        if count != was {
            return Ok(());
        }
        self.db.execute("DELETE FROM compared WHERE method <> ?1", [method])?;
        let mut ids: BTreeMap<Cut, i64> = BTreeMap::new();
        let mut query = self
            .db
            .prepare("SELECT sha256, extension, x, y, w, h, id FROM compared WHERE method = ?1")?;
        let mut rows = query.query([method])?;
        while let Some(row) = rows.next()? {
            let bounds =
                PanelBox { x: row.get(2)?, y: row.get(3)?, w: row.get(4)?, h: row.get(5)? };
            ids.insert(Cut { sha256: row.get(0)?, bounds, extension: row.get(1)? }, row.get(6)?);
        }
        drop(rows);
        let mut all = Vec::with_capacity(known.len() + new.len());
        for cut in known {
            let Some(id) = ids.remove(cut) else { return Ok(()) };
            all.push(id);
        }
        for gone in ids.values() {
            self.db.execute("DELETE FROM compared WHERE id = ?1", [gone])?;
        }
        let mut insert = self.db.prepare(
            "INSERT INTO compared (method, sha256, extension, x, y, w, h)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        for Cut { sha256, bounds: PanelBox { x, y, w, h }, extension } in new {
            insert.execute(params![method, sha256, extension, x, y, w, h])?;
            all.push(self.db.last_insert_rowid());
        }
        let mut insert = self.db.prepare(
            "INSERT INTO related (one, other, kinship, mirrored, correlation, detail, scale_x, scale_y,
                 offset_x, offset_y) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?;
        for pair in related {
            let of = |place: usize| {
                all.get(place).ok_or_else(|| StoreError::Invalid("a pair of no panel".into()))
            };
            insert.execute(params![
                of(pair.one)?,
                of(pair.other)?,
                pair.kinship,
                pair.mirrored,
                pair.correlation,
                pair.detail,
                pair.scale[0],
                pair.scale[1],
                pair.offset[0],
                pair.offset[1],
            ])?;
        }
        drop((insert, query));
        Ok(transaction.commit()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::scratch;

    fn cut(name: &str) -> Cut {
        Cut { sha256: name.into(), bounds: PanelBox::whole(8, 8), extension: "png".into() }
    }

    fn pair(one: usize, other: usize) -> RelatedCuts<'static> {
        RelatedCuts {
            one,
            other,
            kinship: "same",
            mirrored: true,
            correlation: 0.99,
            detail: 0.95,
            scale: [1.0, 0.5],
            offset: [0.0, 0.25],
        }
    }

    fn kept(store: &Store, method: u32) -> (Vec<String>, Vec<(usize, usize)>) {
        let compared = store
            .compared(method, |pair| {
                assert_eq!((pair.kinship, pair.mirrored, pair.offset[1]), ("same", true, 0.25));
                Ok((pair.one, pair.other))
            })
            .expect("compared");
        (compared.cuts.into_iter().map(|cut| cut.sha256).collect(), compared.related)
    }

    #[test]
    fn what_was_compared_is_kept_and_added_to() {
        let (_folder, store) = scratch();
        let keep = |method, was, known: &[Cut], new: &[Cut], pairs: &[_]| {
            store.keep_compared(method, was, [known, new], pairs).expect("kept");
        };
        keep(1, 0, &[], &[cut("b"), cut("c")], &[pair(0, 1)]);
        keep(1, 2, &[cut("b"), cut("c")], &[cut("a")], &[pair(2, 1)]);
        let all = || ["a", "b", "c"].map(str::to_owned).to_vec();
        assert_eq!(kept(&store, 1), (all(), vec![(1, 2), (0, 2)]));
        // Another process was there first: nothing is changed.
        keep(1, 2, &[cut("b"), cut("c")], &[cut("d")], &[]);
        keep(1, 3, &[cut("a"), cut("b"), cut("x")], &[cut("d")], &[]);
        assert_eq!(kept(&store, 1), (all(), vec![(1, 2), (0, 2)]));
        // What is no more to be had goes, with its pairs.
        keep(1, 3, &[cut("a"), cut("c")], &[], &[]);
        assert_eq!(kept(&store, 1), (vec!["a".into(), "c".into()], vec![(0, 1)]));
        // Of another version all goes.
        keep(2, 0, &[], &[cut("a")], &[]);
        assert_eq!(kept(&store, 1), (vec![], vec![]));
        assert_eq!(kept(&store, 2), (vec!["a".into()], vec![]));
    }
}
