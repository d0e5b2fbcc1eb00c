//! Asks the API what was posted, page by page, and notes what is wanted in the manifest.

use std::collections::{BTreeMap, HashSet};

use super::api::{self, Page, Record};
use super::{Client, CorpusError, Filter, Kind, Manifest, Result, Row, Server, Templates};

/// Which list of preprints is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Collection {
    /// All that was posted in the window.
    #[default]
    Details,
    /// The servers' own collection on COVID-19, newest first: what it leaves out is never found, and an
    /// early window stands at its far end.
    Covid19,
}

/// Which versions of a preprint are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Versions {
    /// The newest that was posted in the window.
    #[default]
    Newest,
    All,
}

#[derive(Debug, Clone)]
pub struct Query {
    pub servers: Vec<Server>,
    pub filter: Filter,
    pub collection: Collection,
    pub versions: Versions,
}

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Searched {
    /// Records that the servers told, each once.
    pub told: usize,
    /// Those of them that are wanted.
    pub wanted: usize,
    /// Those of them that the manifest did not have.
    pub new: usize,
    /// What the servers told and nobody can read.
    pub unreadable: Vec<String>,
}

/// Asks, and notes in `manifest` what is wanted. `watch` hears how far it is: records told, and how many
/// there are to be if the servers are right.
///
/// # Errors
/// When the API cannot be asked or does not answer as documented; the manifest then is as it was.
pub fn search(
    client: &dyn Client,
    templates: &Templates,
    query: &Query,
    manifest: &mut Manifest,
    mut watch: impl FnMut(u64, Option<u64>),
) -> Result<Searched> {
    let mut searched = Searched::default();
    let mut wanted: BTreeMap<(String, String), Vec<Record>> = BTreeMap::new();
    let (since, until) = (query.filter.since(), query.filter.until());
    let lists: Vec<Option<Server>> = match query.collection {
        Collection::Details => query.servers.iter().copied().map(Some).collect(),
        Collection::Covid19 => vec![None],
    };
    for server in lists {
        let address = |cursor| match server {
            Some(server) => templates.details(server, since, until, cursor),
            None => templates.covid19(cursor),
        };
        let ask = |cursor| page(client, &address(cursor), server);
        // Only the collection is in the order of days; a window of `details` ends by itself.
        let oldest = (server.is_none()).then_some(since);
        let records = every(ask, oldest, &mut searched.unreadable, &mut watch)?;
        searched.told += records.len();
        for record in records {
            let asked = query.servers.iter().any(|server| server.as_str() == record.server);
            if asked && query.filter.admits(&record) {
                let key = (record.server.clone(), record.doi.clone());
                wanted.entry(key).or_default().push(record);
            }
        }
    }
    for (_, mut versions) in wanted {
        if query.versions == Versions::Newest {
            versions.sort_by_key(|record| record.version);
            versions.drain(..versions.len() - 1);
        }
        for record in versions {
            searched.wanted += 1;
            searched.new += usize::from(manifest.learn(row(record)));
        }
    }
    Ok(searched)
}

fn page(client: &dyn Client, address: &str, server: Option<Server>) -> Result<Page> {
    let failed = |what| CorpusError::Search { address: address.to_owned(), what };
    let body = client.page(address).map_err(|trouble| match trouble.kind {
        Kind::Interrupted => CorpusError::Interrupted,
        _ => failed(trouble.what),
    })?;
    api::parse(&body, server).map_err(failed)
}

/// The records of all pages, each once: pages may overlap. Ends where a page that is not full reaches the
/// total, at an empty page (the total may be too large), at one that brings nothing new (the cursor may be
/// ignored), and behind `oldest`.
fn every(
    mut ask: impl FnMut(u64) -> Result<Page>,
    oldest: Option<&str>,
    unreadable: &mut Vec<String>,
    watch: &mut impl FnMut(u64, Option<u64>),
) -> Result<Vec<Record>> {
    let (mut records, mut seen) = (Vec::new(), HashSet::new());
    let (mut cursor, mut longest) = (0, 0);
    loop {
        let page = ask(cursor)?;
        let is_behind = oldest.is_some_and(|oldest| {
            !page.records.is_empty()
                && page.records.iter().all(|record| record.posted.as_str() < oldest)
        });
        let mut brought = false;
        for what in page.unreadable {
            if !unreadable.contains(&what) {
                unreadable.push(what);
                brought = true;
            }
        }
        for record in page.records {
            if seen.insert((record.server.clone(), record.doi.clone(), record.version)) {
                records.push(record);
                brought = true;
            }
        }
        cursor += page.length;
        watch(cursor, page.total);
        // A total may be too small as well as too large: only a page that is not full is the last.
        longest = longest.max(page.length);
        let reached = page.length < longest && page.total.is_some_and(|total| cursor >= total);
        if page.length == 0 || !brought || reached || is_behind {
            return Ok(records);
        }
    }
}

fn row(record: Record) -> Row {
    // The servers' own address, wherever PDFs are taken from this time.
    let url = Templates::default().pdf(&record.server, &record.doi, record.version);
    Row {
        url,
        title: record.title,
        posted: record.posted,
        category: record.category,
        licence: record.licence,
        ..Row::new(&record.server, &record.doi, record.version)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(number: usize) -> Record {
        Record {
            server: "medrxiv".into(),
            doi: format!("10.1101/{number}"),
            version: Some(1),
            title: String::new(),
            abstract_text: String::new(),
            posted: "2020-02-10".into(),
            category: String::new(),
            licence: String::new(),
        }
    }

    /// A list of `count` records, `size` a page, each page beginning `overlap` before its cursor.
    fn list(count: usize, size: usize, overlap: usize, total: Option<u64>) -> (usize, usize) {
        let mut asked = 0;
        let ask = |cursor: u64| {
            asked += 1;
            let start = (cursor as usize).saturating_sub(overlap).min(count);
            let records: Vec<Record> = (start..count.min(start + size)).map(record).collect();
            Ok(Page { length: records.len() as u64, records, total, unreadable: Vec::new() })
        };
        let found = every(ask, None, &mut Vec::new(), &mut |_, _| {}).expect("records");
        (found.len(), asked)
    }

    #[test]
    fn pages_end_where_the_records_do() {
        assert_eq!(list(250, 100, 0, Some(250)), (250, 3));
        assert_eq!(list(250, 100, 0, Some(9999)), (250, 4), "an empty page ends it");
        assert_eq!(list(250, 100, 0, None), (250, 4));
        assert_eq!(list(0, 100, 0, Some(0)), (0, 1));
        assert_eq!(list(200, 100, 0, Some(200)), (200, 3));
        assert_eq!(list(250, 100, 0, Some(100)), (250, 3), "a total that is too small");
    }

    #[test]
    fn a_server_that_ignores_the_cursor_is_not_asked_forever() {
        let mut asked = 0;
        let ask = |_| {
            asked += 1;
            let records: Vec<Record> = (0..30).map(record).collect();
            let unreadable = vec!["a record without a DOI".to_owned()];
            Ok(Page { length: 31, records, total: None, unreadable })
        };
        let found = every(ask, None, &mut Vec::new(), &mut |_, _| {}).expect("records");
        assert_eq!((found.len(), asked), (30, 2));
    }

    proptest! {
        #[test]
        fn every_record_is_found_once_however_pages_are_cut(
            count in 0usize..300, size in 2usize..40, overlap in 0usize..3, more in 0u64..500,
        ) {
            let overlap = overlap.min(size - 1);
            let (found, asked) = list(count, size, overlap, Some(count as u64 + more));
            prop_assert_eq!(found, count);
            prop_assert!(asked <= count / (size - overlap) + 3, "{asked}");
        }
    }
}
