//! What the servers' API answers, read leniently: numbers come as strings, counts are off, records repeat.
//!
//! The formats are those that the API documents: `details` tells a record's `doi`, `title`, `date`,
//! `version`, `license`, `category`, `abstract` and `server`; `covid19` tells `rel_doi`, `rel_title`,
//! `rel_date`, `rel_site`, `rel_abs` and in part the others.

use serde_json::Value;

use super::names;
use super::servers::Server;
use covid_ct_core::Licence;

/// A preprint's version as the API tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// `medrxiv`, `biorxiv`.
    pub server: String,
    /// In lower case.
    pub doi: String,
    pub version: Option<u32>,
    pub title: String,
    pub abstract_text: String,
    /// YYYY-MM-DD
    pub posted: String,
    pub category: String,
    pub licence: String,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    pub records: Vec<Record>,
    /// Records that the page holds, the unreadable ones counted: the next page begins behind them.
    pub length: u64,
    /// How many there are in all, if the API says so; it may say too many.
    pub total: Option<u64>,
    /// What of it could not be read.
    pub unreadable: Vec<String>,
}

/// Reads a page of either collection. `asked` is the server that was asked for, where records name none.
///
/// # Errors
/// When it is no answer of the API, or one that reports a failure: what it says.
pub fn parse(bytes: &[u8], asked: Option<Server>) -> Result<Page, String> {
    let answer: Value = serde_json::from_slice(bytes).map_err(|error| {
        let start: String = String::from_utf8_lossy(bytes).chars().take(80).collect();
        format!("expected JSON ({error}), found: {start:?}")
    })?;
    let message = match answer.get("messages") {
        Some(Value::Array(messages)) => messages.first().unwrap_or(&Value::Null),
        Some(message) => message,
        None => &Value::Null,
    };
    let empty = Vec::new();
    let collection = match answer.get("collection") {
        Some(Value::Array(collection)) => collection,
        Some(Value::Null) | None if answer.get("messages").is_some() => &empty,
        _ => return Err("expected a list 'collection' beside 'messages'".into()),
    };
    let status = text(message, &["status"]).to_ascii_lowercase();
    let fine = ["", "ok"].contains(&status.as_str()) || status.contains("no posts");
    if collection.is_empty() && !fine {
        return Err(format!("the API says: {}", shown(&status)));
    }
    let mut page = Page {
        length: collection.len() as u64,
        total: number(message, "total"),
        ..Page::default()
    };
    for entry in collection {
        match record(entry, asked) {
            Ok(record) => page.records.push(record),
            Err(what) => page.unreadable.push(what),
        }
    }
    Ok(page)
}

fn record(entry: &Value, asked: Option<Server>) -> Result<Record, String> {
    let told = text(entry, &["doi", "rel_doi", "preprint_doi"]);
    let title = text(entry, &["title", "rel_title", "preprint_title"]);
    let Some(doi) = names::doi(&told) else {
        return Err(format!(
            "a record without a DOI ('{}', title '{}')",
            shown(&told),
            shown(&title)
        ));
    };
    let named = text(entry, &["server", "rel_site", "preprint_platform"]);
    let server = Server::named(&named).or(asked);
    let posted = text(entry, &["date", "rel_date", "preprint_date"]);
    let Ok(posted) = super::date(&posted) else {
        return Err(format!("{}: '{}' is no date", shown(&doi), shown(&posted)));
    };
    Ok(Record {
        server: server
            .ok_or_else(|| format!("{}: the server '{}' is not known", shown(&doi), shown(&named)))?
            .to_string(),
        doi,
        version: number(entry, "version").and_then(|v| u32::try_from(v).ok()).filter(|v| *v > 0),
        title,
        abstract_text: text(entry, &["abstract", "rel_abs", "preprint_abstract"]),
        posted,
        category: text(entry, &["category", "preprint_category"]),
        licence: Licence::spelled(&text(entry, &["license", "licence"])),
    })
}

/// What a stranger says, for a terminal: short, and without what would steer it.
fn shown(told: &str) -> String {
    told.chars().take(80).flat_map(char::escape_debug).collect()
}

fn text(value: &Value, names: &[&str]) -> String {
    let found = names.iter().find_map(|name| match value.get(name)? {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    });
    found.filter(|text| text != "NA").unwrap_or_default()
}

fn number(value: &Value, name: &str) -> Option<u64> {
    match value.get(name)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().replace(',', "").parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn both_collections_tell_the_same() {
        let details = json!({
            "messages": [{"status": "ok", "cursor": "0", "count": 1, "total": "1,234"}],
            "collection": [{
                "doi": "10.1101/2020.02.10.20021584", "title": " A title", "date": "2020-02-11",
                "version": "1", "license": "cc_by_nc_nd", "category": "infectious diseases",
                "abstract": "Words.", "published": "NA", "server": "medRxiv", "jatsxml": "x"
            }]
        });
        let covid19 = json!({
            "messages": [{"status": "ok", "cursor": 0, "count": 30, "total": 1234}],
            "collection": [{
                "rel_doi": "10.1101/2020.02.10.20021584", "rel_title": "A title",
                "rel_date": "2020-02-11", "rel_site": "medRxiv", "rel_abs": "Words.",
                "version": 1, "license": "cc_by_nc_nd", "category": "infectious diseases",
                "rel_authors": [{"author_name": "A", "author_inst": null}], "rel_num_authors": 1
            }]
        });
        let read = |value: &Value| parse(value.to_string().as_bytes(), None).expect("a page");
        assert_eq!(read(&details), read(&covid19));
        let page = read(&details);
        assert_eq!((page.length, page.total), (1, Some(1234)));
        let record = &page.records[0];
        assert_eq!((record.server.as_str(), record.version), ("medrxiv", Some(1)));
        assert_eq!(record.licence, "CC-BY-NC-ND");
    }

    #[test]
    fn nothing_found_is_an_answer_and_a_failure_is_none() {
        let read = |text: &str| parse(text.as_bytes(), None);
        let none = r#"{"messages":[{"status":"no posts found"}],"collection":[]}"#;
        assert_eq!(read(none), Ok(Page::default()));
        assert_eq!(read(r#"{"messages":[{"status":"ok"}]}"#), Ok(Page::default()));
        let failed = read(r#"{"messages":[{"status":"Error: bad cursor"}],"collection":[]}"#);
        assert!(failed.expect_err("a failure").contains("bad cursor"));
        assert!(read("<html>busy</html>").expect_err("no JSON").contains("<html>busy"));
        assert!(read("[]").is_err());
    }

    #[test]
    fn one_bad_record_costs_no_other() {
        let good = json!({"doi": "10.1101/A", "date": "2020-02-11", "version": 2});
        let page = json!({"messages": [{}], "collection": [
            {"title": "no doi", "date": "2020-02-11"}, good, {"doi": "10.1101/b", "date": "soon"}, 7
        ]});
        let page = parse(page.to_string().as_bytes(), Some(Server::Biorxiv)).expect("a page");
        assert_eq!((page.records.len(), page.unreadable.len(), page.length), (1, 3, 4));
        assert_eq!(page.records[0].doi, "10.1101/a");
        assert_eq!(page.records[0].server, "biorxiv");
    }

    #[test]
    fn licences_are_spelled_as_in_papers() {
        for (told, expected) in [
            ("cc_by", "CC-BY"),
            ("cc_by_nc_nd", "CC-BY-NC-ND"),
            ("cc_no", "all rights reserved"),
            ("cc0", "CC0"),
            ("cc0_ng", "CC0"),
            ("custom", "custom"),
        ] {
            assert_eq!(Licence::spelled(told), expected, "{told}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let name = proptest::sample::select(vec![
            "messages",
            "collection",
            "doi",
            "date",
            "version",
            "total",
            "status",
            "rel_doi",
            "x",
        ]);
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,12}".prop_map(Value::from),
            Just(Value::from("10.1101/x")),
            Just(Value::from("2020-02-11")),
        ];
        leaf.prop_recursive(4, 40, 6, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::hash_map(name.clone(), inner, 0..6).prop_map(|map| {
                    map.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_answer_is_read_or_refused(answer in any_json()) {
            if let Ok(page) = parse(answer.to_string().as_bytes(), Some(Server::Medrxiv)) {
                prop_assert_eq!(page.length as usize, page.records.len() + page.unreadable.len());
                for record in page.records {
                    prop_assert!(record.doi.starts_with("10.") && record.posted.len() == 10);
                }
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = parse(&bytes, None);
        }

        #[test]
        fn counts_are_read_as_numbers_and_as_strings(total: u32, version in 1u32..100) {
            let of = |total: Value, version: Value| {
                let page = json!({"messages": [{"total": total}], "collection": [
                    {"doi": "10.1101/a", "date": "2020-02-11", "version": version, "server": "biorxiv"}
                ]});
                parse(page.to_string().as_bytes(), None).expect("a page")
            };
            let page = of(total.into(), version.into());
            prop_assert_eq!(&page, &of(total.to_string().into(), version.to_string().into()));
            prop_assert_eq!(page.total, Some(u64::from(total)));
            prop_assert_eq!(page.records[0].version, Some(version));
        }
    }
}
