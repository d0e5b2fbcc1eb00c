//! `corpus/manifest.csv`: which preprints make up the corpus, and what became of each.
//!
//! One line a preprint's version, sorted, so that git shows and merges what changed. The file is written
//! whole or not at all, and the same rows are the same bytes.

use std::collections::BTreeMap;
use std::path::Path;

use covid_ct_core::cells;
use serde::{Deserialize, Serialize};

use super::{CorpusError, Result};
use crate::atomic;
use covid_ct_core::string_enum;

string_enum! {
    /// What became of a row.
    pub enum State {
        /// Not tried yet.
        Wanted = "wanted",
        /// At hand; `sha256` and `bytes` tell the file.
        Done = "done",
        /// The server does not have it.
        Missing = "missing",
        /// The server does not give it to a program.
        Refused = "refused",
        /// What came was no whole PDF.
        Damaged = "damaged",
        /// A whole PDF came with other bytes than the row tells.
        Changed = "changed",
        /// The network or the server failed.
        Failed = "failed",
    }
}

/// A preprint's version. Empty strings and `None` where it is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// `medrxiv`, `biorxiv`, or another.
    pub server: String,
    /// In lower case.
    pub doi: String,
    pub version: Option<u32>,
    pub title: String,
    /// YYYY-MM-DD
    pub posted: String,
    pub category: String,
    pub licence: String,
    /// Where the PDF is to be had.
    pub url: String,
    /// Of the PDF, in lower case hexadecimal.
    pub sha256: String,
    /// Length of the PDF.
    pub bytes: Option<u64>,
    pub state: State,
}

/// What tells rows apart, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub server: String,
    pub doi: String,
    pub version: Option<u32>,
}

impl Row {
    pub fn key(&self) -> Key {
        Key { server: self.server.clone(), doi: self.doi.clone(), version: self.version }
    }

    /// A row of which nothing else is known.
    pub fn new(server: &str, doi: &str, version: Option<u32>) -> Self {
        Self {
            server: server.to_owned(),
            doi: doi.to_ascii_lowercase(),
            version,
            title: String::new(),
            posted: String::new(),
            category: String::new(),
            licence: String::new(),
            url: String::new(),
            sha256: String::new(),
            bytes: None,
            state: State::Wanted,
        }
    }

    /// What its PDF is called in `corpus/pdf`.
    pub fn file_name(&self) -> String {
        super::file_name(&self.doi, self.version)
    }

    /// What a person calls it: `10.1101/2020.02.10.20021584v1`.
    pub fn name(&self) -> String {
        let version = self.version.map(|version| format!("v{version}")).unwrap_or_default();
        format!("{}{version}", self.doi)
    }

    /// What a server or a paper says of it.
    fn told(&self) -> [&String; 4] {
        [&self.title, &self.posted, &self.category, &self.licence]
    }

    fn told_mut(&mut self) -> [&mut String; 4] {
        [&mut self.title, &mut self.posted, &mut self.category, &mut self.licence]
    }

    /// Takes from `other` what is not known of this one.
    pub fn complete(&mut self, other: &Self) {
        for (known, told) in self.told_mut().into_iter().zip(other.told()) {
            if known.is_empty() {
                known.clone_from(told);
            }
        }
    }

    /// With every text on one line, so that a row is a line.
    fn on_one_line(mut self) -> Self {
        for text in [
            &mut self.server,
            &mut self.doi,
            &mut self.title,
            &mut self.posted,
            &mut self.category,
            &mut self.licence,
            &mut self.url,
            &mut self.sha256,
        ] {
            let blank = |c: char| c.is_whitespace() || c.is_control();
            *text = text.split(blank).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        }
        self.server.make_ascii_lowercase();
        self.doi.make_ascii_lowercase();
        self.sha256.make_ascii_lowercase();
        self
    }
}

/// The rows, sorted by server, DOI and version, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    rows: BTreeMap<Key, Row>,
}

const COLUMNS: [&str; 11] = [
    "server", "doi", "version", "title", "posted", "category", "licence", "url", "sha256", "bytes",
    "state",
];

impl Manifest {
    /// Reads a file. Columns may stand in any order, unknown ones are left out, and all but `server` and
    /// `doi` may be missing.
    ///
    /// # Errors
    /// [`CorpusError::NoManifest`] where it is not there; else the line, and what is wrong with it.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = match std::fs::read(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(CorpusError::NoManifest { path: path.into() });
            }
            read => read.map_err(CorpusError::read(path))?,
        };
        Self::parse(bytes).map_err(|(line, what)| CorpusError::Manifest {
            path: path.into(),
            line,
            what,
        })
    }

    fn parse(bytes: Vec<u8>) -> std::result::Result<Self, (u64, String)> {
        let bytes = cells::unguard(bytes);
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(&bytes[..]);
        let of = |error: &csv::Error| error.position().map_or(1, csv::Position::line);
        let header = reader.headers().map_err(|error| (of(&error), error.to_string()))?.clone();
        for needed in ["server", "doi"] {
            if !header.iter().any(|column| column == needed) {
                return Err((1, format!("no column '{needed}': is it a manifest?")));
            }
        }
        let at = COLUMNS.map(|name| header.iter().position(|column| column == name));
        let mut manifest = Self::default();
        for record in reader.records() {
            let record = record.map_err(|error| (of(&error), error.to_string()))?;
            let line = record.position().map_or(0, csv::Position::line);
            let field = |index: usize| at[index].and_then(|at| record.get(at)).unwrap_or("");
            let row = row(field).map_err(|what| (line, what))?.on_one_line();
            let name = row.name();
            if manifest.rows.insert(row.key(), row).is_some() {
                return Err((line, format!("{name} is there twice: keep one of the lines")));
            }
        }
        Ok(manifest)
    }

    /// The bytes of the file.
    ///
    /// # Panics
    /// Never: writing to memory does not fail.
    pub fn to_csv(&self) -> Vec<u8> {
        let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        // Nothing that is written to memory can fail.
        writer.write_record(COLUMNS).expect("written to memory");
        for row in self.rows.values() {
            writer.serialize(row).expect("written to memory");
        }
        cells::guard(writer.into_inner().expect("written to memory"))
    }

    /// # Errors
    /// When the disk refuses; what was there then still is.
    pub fn write(&self, path: &Path) -> Result<()> {
        atomic::write(path, &self.to_csv()).map_err(CorpusError::write(path))
    }

    /// In the order of the file.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values()
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn get(&self, key: &Key) -> Option<&Row> {
        self.rows.get(key)
    }

    /// Puts a row in, in the place of the one of the same key.
    pub fn put(&mut self, row: Row) {
        let row = row.on_one_line();
        self.rows.insert(row.key(), row);
    }

    /// Notes what a server says of a preprint, beside what became of its PDF. True where it is new.
    pub fn learn(&mut self, told: Row) -> bool {
        let told = told.on_one_line();
        let Some(known) = self.rows.get_mut(&told.key()) else {
            self.rows.insert(told.key(), told);
            return true;
        };
        // What is told anew counts, but for an address that somebody put in by hand.
        for (known, told) in known.told_mut().into_iter().zip(told.told()) {
            if !told.is_empty() {
                known.clone_from(told);
            }
        }
        if known.url.is_empty() {
            known.url = told.url;
        }
        false
    }
}

fn row<'a>(field: impl Fn(usize) -> &'a str) -> std::result::Result<Row, String> {
    fn number<T: std::str::FromStr>(
        text: &str,
        what: &str,
    ) -> std::result::Result<Option<T>, String> {
        let number = (!text.is_empty()).then(|| text.parse());
        number.transpose().map_err(|_| format!("the {what} '{text}' is no number"))
    }
    let (server, doi) = (field(0), field(1));
    if server.is_empty() || !doi.contains('/') {
        return Err(format!("expected a server and a DOI, found '{server}' and '{doi}'"));
    }
    let sha256 = field(8).to_ascii_lowercase();
    if !sha256.is_empty() && (sha256.len() != 64 || !sha256.bytes().all(|c| c.is_ascii_hexdigit()))
    {
        return Err(format!("'{sha256}' is no SHA-256: it has 64 hexadecimal digits"));
    }
    let row = Row {
        title: field(3).to_owned(),
        posted: field(4).to_owned(),
        category: field(5).to_owned(),
        licence: field(6).to_owned(),
        url: field(7).to_owned(),
        sha256,
        bytes: number(field(9), "length")?,
        state: match field(10) {
            "" => State::Wanted,
            word => word.parse()?,
        },
        ..Row::new(server, doi, number::<u32>(field(2), "version")?.filter(|version| *version > 0))
    };
    Ok(row.on_one_line())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> std::result::Result<Manifest, (u64, String)> {
        Manifest::parse(text.into())
    }

    #[test]
    fn server_and_doi_are_enough() {
        let manifest = of("doi,server\n10.1101/X,medrxiv\n").expect("a manifest");
        let row = manifest.rows().next().expect("a row");
        assert_eq!((row.doi.as_str(), row.version, row.state), ("10.1101/x", None, State::Wanted));
    }

    #[test]
    fn a_line_that_is_wrong_is_named() {
        let header = "server,doi,version,sha256,state\n";
        for (text, line, word) in [
            ("a,b\n1,2\n", 1, "no column 'server'"),
            ("server,doi,version,sha256,state\nm,10.1/x,one,,\n", 2, "version"),
            ("server,doi,version,sha256,state\nm,10.1/x,1,,\nm,10.1/X,1,,\n", 3, "twice"),
            ("server,doi,version,sha256,state\nm,10.1/x,1,,lost\n", 2, "lost"),
            ("server,doi,version,sha256,state\nm,10.1/x,1,ab,\n", 2, "SHA-256"),
            ("server,doi,version,sha256,state\nm,x,1,,\n", 2, "DOI"),
            ("server,doi,version,sha256,state\nm,10.1/x\n", 2, "fields"),
        ] {
            let (at, what) = of(text).expect_err(text);
            assert!(at == line && what.contains(word), "{text:?}: line {at}: {what}");
        }
        assert!(of(header).expect("no rows").is_empty());
    }

    #[test]
    fn what_a_server_says_does_not_undo_what_was_done() {
        let mut manifest = Manifest::default();
        let done = Row {
            sha256: "ab".repeat(32),
            bytes: Some(5),
            state: State::Done,
            url: "file of mine".into(),
            ..Row::new("medrxiv", "10.1101/x", Some(1))
        };
        manifest.put(done.clone());
        let told = Row {
            title: "A\n title".into(),
            url: "u".into(),
            ..Row::new("medrxiv", "10.1101/X", Some(1))
        };
        assert!(!manifest.learn(told));
        let row = manifest.get(&done.key()).expect("the row");
        assert_eq!(*row, Row { title: "A title".into(), ..done });
    }

    prop_compose! {
        fn any_row()(
            server in "[a-z]{3,8}", number in "[a-z0-9./()-]{1,12}", version in proptest::option::of(1u32..20),
            texts in proptest::collection::vec("\\PC{0,20}", 3), date in "(2020-0[1-3]-1[0-9])?",
            url in "(https://[a-z]{1,9}/[a-z%0-9]{0,9})?", sha256 in "([0-9a-f]{64})?",
            bytes in proptest::option::of(any::<u64>()), state in proptest::sample::select(State::ALL),
        ) -> Row {
            let [title, category, licence] = &texts[..] else { unreachable!("three texts") };
            Row {
                title: title.clone(), category: category.clone(), licence: licence.clone(), posted: date,
                url, sha256, bytes, state, ..Row::new(&server, &format!("10.1101/{number}"), version)
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_and_written_the_same(
            rows in proptest::collection::vec(any_row(), 0..12), turn: usize,
        ) {
            let mut manifest = Manifest::default();
            for row in &rows {
                manifest.put(row.clone());
            }
            let bytes = manifest.to_csv();
            let again = Manifest::parse(bytes.clone()).expect("what was written");
            prop_assert_eq!(&again, &manifest);
            prop_assert_eq!(again.to_csv(), bytes.clone());
            // The order in which rows came leaves no trace.
            let mut turned: Vec<Row> = manifest.rows().cloned().collect();
            if !turned.is_empty() {
                let by = turn % turned.len();
                turned.rotate_left(by);
            }
            let mut other = Manifest::default();
            for row in turned {
                other.put(row);
            }
            prop_assert_eq!(other.to_csv(), bytes.clone());
            // A row is a line: git merges lines.
            let lines = bytes.split(|byte| *byte == b'\n').count();
            prop_assert_eq!(lines, manifest.len() + 2);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Manifest::parse(bytes);
        }
    }
}
