//! Objects that were left where they are: in a folder, or in a bucket, which the program `covid-ct-fetching` reads. The
//! database says of which document they are, and where the objects of that lie.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::reading::open_address;
use super::{Result, Store};
use covid_ct_core::{Elsewhere, ObjectId};

/// Where the objects of documents lie that are not in the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ObjectPlace {
    /// An absolute folder, or an address.
    pub place: String,
    /// As whom a bucket is read: `anonymous`, `account` or `requester-pays`.
    pub access: String,
    /// Of an S3 service other than Amazon's; empty otherwise.
    pub endpoint: String,
}

/// What `covid-ct-fetching bring-objects` answers to each line, which names an object by its path; so many bytes follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fetched {
    Bytes(u64),
    Error(String),
}

/// Bytes of an object at most: an answer without end would fill the memory.
const LARGEST: u64 = 1 << 30;

impl Store {
    /// Notes where the objects of a `document.id` lie that are not in the workspace.
    ///
    /// # Errors
    /// The database's.
    pub fn note_objects(&self, document: i64, place: &ObjectPlace) -> Result<()> {
        let ObjectPlace { place, access, endpoint } = place;
        self.db.execute(
            "INSERT INTO object_place (place, access, endpoint) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING",
            [place, access, endpoint],
        )?;
        self.db.execute(
            "INSERT INTO document_objects (document, place)
             SELECT ?1, id FROM object_place WHERE place = ?2 AND access = ?3 AND endpoint = ?4
             ON CONFLICT (document) DO UPDATE SET place = excluded.place",
            params![document, place, access, endpoint],
        )?;
        Ok(())
    }

    /// Has objects looked for where they were left, if any were.
    pub(super) fn look_elsewhere(mut self) -> Result<Self> {
        let any = "SELECT EXISTS (SELECT 1 FROM object_place)";
        if self.db.query_row(any, [], |row| row.get(0))? {
            let database = self.db.path().unwrap_or_default();
            let left = Left {
                database: database.into(),
                reader: Mutex::default(),
                fetchers: Mutex::default(),
            };
            self.objects = self.objects.with_elsewhere(std::sync::Arc::new(left));
        }
        Ok(self)
    }
}

/// What was left elsewhere, as the database says.
#[derive(Debug)]
struct Left {
    database: PathBuf,
    /// Objects are asked for by many threads, and the store's own connection belongs to one.
    reader: Mutex<Option<Connection>>,
    /// Programs that read buckets, as long as the store is open.
    fetchers: Mutex<HashMap<ObjectPlace, Fetcher>>,
}

impl Elsewhere for Left {
    fn bytes(&self, id: &ObjectId) -> Option<std::result::Result<Vec<u8>, String>> {
        let places = match self.places(id) {
            Ok(places) if places.is_empty() => return None,
            Ok(places) => places,
            Err(error) => return Some(Err(super::told(&error))),
        };
        let mut told = String::new();
        for place in places {
            match self.bytes_at(&place, id) {
                Ok(bytes) => return Some(Ok(bytes)),
                Err(error) => told = error,
            }
        }
        Some(Err(told))
    }
}

impl Left {
    /// Where the documents that have the object left theirs.
    fn places(&self, id: &ObjectId) -> rusqlite::Result<Vec<ObjectPlace>> {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let db = match &mut *reader {
            Some(db) => db,
            none => {
                let opened = open_address(&self.database, "mode=ro")
                    .and_then(|db| db.query_row("SELECT 1", [], |_| Ok(())).map(|()| db))
                    .or_else(|_| open_address(&self.database, "immutable=1"))?;
                none.insert(opened)
            }
        };
        let mut query = db.prepare_cached(
            "SELECT DISTINCT place.place, access, endpoint
             FROM image JOIN document_objects ON document_objects.document = image.document
             JOIN object_place place ON place.id = document_objects.place
             WHERE image.sha256 = ?1 ORDER BY place.id",
        )?;
        let rows = query.query_map([&id.sha256], |row| {
            Ok(ObjectPlace { place: row.get(0)?, access: row.get(1)?, endpoint: row.get(2)? })
        })?;
        rows.collect()
    }

    fn bytes_at(&self, place: &ObjectPlace, id: &ObjectId) -> std::result::Result<Vec<u8>, String> {
        if Path::new(&place.place).is_absolute() {
            let path = Path::new(&place.place).join(id.relative_path());
            return std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()));
        }
        let mut fetchers = self.fetchers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut fetcher = match fetchers.remove(place) {
            Some(fetcher) => fetcher,
            None => Fetcher::start(place)?,
        };
        match fetcher.ask(id) {
            Ok(answer) => {
                fetchers.insert(place.clone(), fetcher);
                answer.map_err(|error| format!("{}: {error}", place.place))
            }
            // Another is started for the next.
            Err(error) => Err(format!("{}: covid-ct-fetching ended: {error}", place.place)),
        }
    }
}

/// The program that reads a bucket.
#[derive(Debug)]
struct Fetcher {
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Fetcher {
    fn start(place: &ObjectPlace) -> std::result::Result<Self, String> {
        let own = std::env::current_exe().map_err(|error| error.to_string())?;
        let program = own.with_file_name("covid-ct-fetching");
        let mut command = Command::new(&program);
        command.args(["bring-objects", &place.place]);
        match place.access.as_str() {
            "account" => drop(command.arg("--account")),
            "requester-pays" => drop(command.arg("--requester-pays")),
            _ => {}
        }
        if !place.endpoint.is_empty() {
            command.args(["--endpoint", &place.endpoint]);
        }
        let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = started.map_err(|error| {
            format!(
                "buckets need the program {}: {error}; `make install` installs it",
                program.display()
            )
        })?;
        let requests = child.stdin.take();
        let answers = child.stdout.take().ok_or("no answers")?;
        Ok(Self { child, requests, answers: BufReader::new(answers) })
    }

    /// The inner error is the program's; after the outer it is of no more use.
    fn ask(&mut self, id: &ObjectId) -> std::io::Result<std::result::Result<Vec<u8>, String>> {
        let ended = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        let requests = self.requests.as_mut().ok_or_else(ended)?;
        writeln!(requests, "{}", id.relative_path())?;
        requests.flush()?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        match serde_json::from_str(&line)? {
            Fetched::Error(error) => Ok(Err(error)),
            Fetched::Bytes(length) if length > LARGEST => {
                Err(std::io::Error::other("it answers with more than 1 GiB"))
            }
            Fetched::Bytes(length) => {
                let mut bytes = vec![0; length as usize];
                self.answers.read_exact(&mut bytes)?;
                Ok(Ok(bytes))
            }
        }
    }
}

impl Drop for Fetcher {
    /// Closing its input ends it.
    fn drop(&mut self) {
        self.requests = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;
    use crate::tests::scratch;
    use covid_ct_core::{Workspace, sha256_hex};
    use covid_ct_extraction::document::{Extraction, PaperMeta};

    #[test]
    fn an_object_left_in_a_folder_is_found_by_its_document() {
        let (folder, mut store) = scratch();
        let shared = tempfile::tempdir().expect("temporary folder");
        let elsewhere = covid_ct_core::ObjectStore::open(shared.path()).expect("store");
        let object = elsewhere.put(b"picture", "png").expect("object");
        let mut found = Extraction {
            sha256: sha256_hex(b"paper"),
            path: "x.pdf".into(),
            extractor: 1,
            paper: PaperMeta { name: "x".into(), ..PaperMeta::default() },
            pages: Vec::new(),
            images: Vec::new(),
            figures: Vec::new(),
            suspects: Vec::new(),
        };
        found.images.push(covid_ct_extraction::document::FoundImage {
            xref: Some(1),
            object: object.clone(),
            width: 1,
            height: 1,
            colour_space: String::new(),
            filter: String::new(),
            origin: covid_ct_extraction::figures::ImageOrigin::Original,
            file_name: None,
            furniture: false,
            tile_of: None,
            placements: Vec::new(),
        });
        let document = store.record(&found, Source::Pdf).expect("recorded");
        let place = ObjectPlace {
            place: shared.path().to_string_lossy().into_owned(),
            access: "anonymous".into(),
            endpoint: String::new(),
        };
        store.note_objects(document, &place).expect("noted");
        store.note_objects(document, &place).expect("noted again");
        assert!(store.objects().read(&object).is_err(), "nobody has looked since");
        drop(store);
        let store = Store::open(&Workspace::new(folder.path())).expect("store");
        assert_eq!(store.objects().read(&object).expect("read"), b"picture");
        drop(shared);
        assert_eq!(store.objects().read(&object).expect("kept"), b"picture");
    }
}
