//! Downloads what the manifest wants: every host by itself, all hosts at once, the manifest saved after
//! each file.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, mpsc};

use super::network::{Client, Got, Wanted};
use super::{CorpusError, Kind, Manifest, Result, Row, State, Templates, Trouble, body};
use covid_ct_core::sha256_of_file;

#[derive(Debug, Clone)]
pub struct Options {
    /// The manifest, written as the fetch goes.
    pub manifest: PathBuf,
    /// Where PDFs are and go.
    pub pdfs: PathBuf,
    /// Where whole PDFs go that are not what the manifest knows.
    pub apart: PathBuf,
    pub templates: Templates,
    /// Take addresses from the template, whatever the manifest says.
    pub from_template: bool,
    /// Take what has changed in the place of what was.
    pub accept_changed: bool,
    /// Try again what the server did not have, or had changed.
    pub retry_failed: bool,
}

/// What a fetch did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Downloaded now.
    pub done: usize,
    /// Bytes of them.
    pub bytes: u64,
    /// At hand before.
    pub had: usize,
    /// `(preprint, state, reason)`, sorted.
    pub failed: Vec<(String, State, String)>,
    /// Not asked for, since their host refuses.
    pub left: usize,
    /// Hosts that refuse, and their last word.
    pub refusing: BTreeMap<String, String>,
    pub interrupted: bool,
}

/// What happens while it runs.
#[derive(Debug)]
pub enum Event {
    /// So many are to be downloaded, and so many are at hand.
    Start {
        wanted: usize,
        had: usize,
    },
    Done {
        name: String,
        bytes: u64,
    },
    /// It is tried again after a pause.
    Again {
        name: String,
        what: String,
    },
    Failed {
        name: String,
        what: String,
    },
    /// A host is asked no more.
    Refuses {
        host: String,
        left: usize,
        what: String,
    },
}

/// Files in a row that a host refuses, or fails at, before it is asked no more.
const REFUSALS: u32 = 3;

/// What the threads of all hosts share.
struct Shared {
    manifest: Manifest,
    summary: Summary,
    refused: Option<CorpusError>,
}

/// Downloads every row of `manifest` whose PDF is not at hand.
///
/// # Errors
/// When the manifest cannot be written. What cannot be had is no error: it is in the [`Summary`] and in
/// the manifest.
pub fn fetch(
    client: &dyn Client,
    manifest: Manifest,
    options: &Options,
    mut watch: impl FnMut(Event),
) -> Result<Summary> {
    let mut shared = Shared { manifest, summary: Summary::default(), refused: None };
    let before = shared.manifest.clone();
    let hosts = pending(client, &mut shared, options, &mut watch);
    if shared.manifest != before || !options.manifest.exists() {
        shared.manifest.write(&options.manifest)?;
    }
    let wanted = hosts.values().map(Vec::len).sum();
    watch(Event::Start { wanted, had: shared.summary.had });
    let shared = Mutex::new(shared);
    std::thread::scope(|scope| {
        let (send, events) = mpsc::channel();
        for (host, rows) in hosts {
            let (send, shared) = (send.clone(), &shared);
            scope.spawn(move || one_host(client, &host, rows, options, shared, &send));
        }
        drop(send);
        for event in events {
            watch(event);
        }
    });
    let shared = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(error) = shared.refused {
        return Err(error);
    }
    let mut summary = shared.summary;
    summary.failed.sort();
    summary.interrupted = client.is_stopped();
    Ok(summary)
}

/// Looks at what is at hand and notes it; what is not, by host, in the order of the manifest but for what
/// failed before.
fn pending(
    client: &dyn Client,
    shared: &mut Shared,
    options: &Options,
    watch: &mut impl FnMut(Event),
) -> BTreeMap<String, Vec<Row>> {
    let mut hosts: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    let rows: Vec<Row> = shared.manifest.rows().cloned().collect();
    let mut names: HashMap<String, String> = HashMap::new();
    for mut row in rows {
        if client.is_stopped() {
            break;
        }
        let alone = match names.insert(row.file_name(), row.name()) {
            Some(other) => {
                let what =
                    format!("its PDF would be called as that of {other}: keep one of the lines");
                Err((row.state, what))
            }
            None => Ok(()),
        };
        let judged = alone.and_then(|()| at_hand(&mut row, options)).and_then(|had| {
            if !had {
                addressed(&mut row, options)?;
            }
            Ok(had)
        });
        match judged {
            Ok(true) => shared.summary.had += 1,
            Ok(false) => {
                let host = client.host(&address(&row, options));
                hosts.entry(host.unwrap_or_default()).or_default().push(row.clone());
            }
            Err((state, what)) => {
                watch(Event::Failed { name: row.name(), what: what.clone() });
                row.state = state;
                shared.summary.failed.push((row.name(), state, what));
            }
        }
        shared.manifest.put(row);
    }
    // What failed before comes last, so that a host that fails at it again has given all else.
    for rows in hosts.values_mut() {
        rows.sort_by_key(|row| {
            matches!(row.state, State::Refused | State::Damaged | State::Failed)
        });
    }
    hosts
}

/// Whether the row's PDF is in its place. One that is there and was not noted, since a fetch was killed
/// between the two, is noted now.
fn at_hand(row: &mut Row, options: &Options) -> std::result::Result<bool, (State, String)> {
    let path = options.pdfs.join(row.file_name());
    if !path.exists() {
        return Ok(false);
    }
    let shown = path.display();
    let sha256 = sha256_of_file(&path)
        .map_err(|error| (row.state, format!("{shown}: cannot be read: {error}")))?;
    if row.sha256.is_empty() {
        body::judge(&path, None)
            .map_err(|trouble| (State::Damaged, format!("{shown}: {}", trouble.what)))?;
    } else if row.sha256 != sha256 {
        let what = format!(
            "{shown} has other bytes than the manifest says: move it away to download it again, or \
             empty the row's sha256 to keep it"
        );
        // What the server has is another question.
        return Err((State::Wanted, what));
    }
    row.bytes = std::fs::metadata(&path).ok().map(|found| found.len());
    row.sha256 = sha256;
    row.state = State::Done;
    Ok(true)
}

/// Gives the row its address; refuses those that need not be asked for.
fn addressed(row: &mut Row, options: &Options) -> std::result::Result<(), (State, String)> {
    let again = "; --retry-failed tries again";
    match row.state {
        State::Missing if !options.retry_failed => {
            return Err((row.state, format!("the server did not have it before{again}")));
        }
        State::Changed if !options.retry_failed && !options.accept_changed => {
            let what = format!(
                "the server has other bytes than the manifest says{again}, --accept-changed takes them"
            );
            return Err((row.state, what));
        }
        _ => {}
    }
    if row.url.is_empty() && !options.from_template {
        if super::Server::named(&row.server).is_none() {
            let what =
                format!("no address of {} is known: put one into the column url", row.server);
            return Err((State::Failed, what));
        }
        row.url = Templates::default().pdf(&row.server, &row.doi, row.version);
    }
    Ok(())
}

fn address(row: &Row, options: &Options) -> String {
    if options.from_template {
        options.templates.pdf(&row.server, &row.doi, row.version)
    } else {
        row.url.clone()
    }
}

/// Downloads one host's files, one after the other.
fn one_host(
    client: &dyn Client,
    host: &str,
    rows: Vec<Row>,
    options: &Options,
    shared: &Mutex<Shared>,
    send: &mpsc::Sender<Event>,
) {
    let mut refusals = 0;
    let count = rows.len();
    for (index, row) in rows.into_iter().enumerate() {
        let halted = || shared.lock().unwrap_or_else(PoisonError::into_inner).refused.is_some();
        if client.is_stopped() || halted() {
            return;
        }
        let got = one_file(client, &row, options, send);
        let interrupted = matches!(&got, Err(trouble) if trouble.kind == Kind::Interrupted);
        if interrupted {
            return;
        }
        let trouble = note(row, got, options, shared, send);
        let Some(trouble) = trouble else {
            refusals = 0;
            continue;
        };
        let no_patience = trouble.wait.is_some_and(|wait| wait > client.politeness().patience);
        refusals = match trouble.kind {
            Kind::Refused | Kind::Failed | Kind::Unexpected => refusals + 1,
            _ => 0,
        };
        let left = count - index - 1;
        if refusals >= REFUSALS || no_patience {
            let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            shared.summary.left += left;
            shared.summary.refusing.insert(host.to_owned(), trouble.what.clone());
            let _ = send.send(Event::Refuses { host: host.to_owned(), left, what: trouble.what });
            return;
        }
    }
}

fn one_file(
    client: &dyn Client,
    row: &Row,
    options: &Options,
    send: &mpsc::Sender<Event>,
) -> std::result::Result<Got, Trouble> {
    let (address, target) = (address(row, options), options.pdfs.join(row.file_name()));
    let wanted = Wanted {
        address: &address,
        target: &target,
        known: &row.sha256,
        accept_changed: options.accept_changed,
        apart: &options.apart,
    };
    let mut told = |trouble: &Trouble| {
        // Whoever watches may have gone; the work goes on.
        let _ = send.send(Event::Again { name: row.name(), what: trouble.what.clone() });
    };
    client.download(&wanted, &mut told)
}

/// Notes what became of a row and saves the manifest; tells what went wrong.
fn note(
    mut row: Row,
    got: std::result::Result<Got, Trouble>,
    options: &Options,
    shared: &Mutex<Shared>,
    send: &mpsc::Sender<Event>,
) -> Option<Trouble> {
    let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
    let name = row.name();
    let trouble = match got {
        Ok(Got::Whole { sha256, bytes }) => {
            (row.sha256, row.bytes, row.state) = (sha256, Some(bytes), State::Done);
            shared.summary.done += 1;
            shared.summary.bytes += bytes;
            let _ = send.send(Event::Done { name, bytes });
            None
        }
        Ok(Got::Changed { kept }) => {
            row.state = State::Changed;
            let what = changed(&kept);
            Some(Trouble::new(Kind::Damaged, what))
        }
        Err(trouble) => {
            row.state = match trouble.kind {
                Kind::Missing => State::Missing,
                Kind::Refused => State::Refused,
                Kind::Damaged => State::Damaged,
                Kind::Failed
                | Kind::Unexpected
                | Kind::Hopeless
                | Kind::Disk
                | Kind::Interrupted => State::Failed,
            };
            Some(trouble)
        }
    };
    if let Some(trouble) = &trouble {
        let _ = send.send(Event::Failed { name: row.name(), what: trouble.what.clone() });
        shared.summary.failed.push((row.name(), row.state, trouble.what.clone()));
    }
    // Whatever else is asked for could not be kept either.
    if let Some(trouble) = trouble.as_ref().filter(|trouble| trouble.kind == Kind::Disk) {
        shared.refused.get_or_insert_with(|| CorpusError::Disk(trouble.what.clone()));
    }
    shared.manifest.put(row);
    if let Err(error) = shared.manifest.write(&options.manifest) {
        shared.refused.get_or_insert(error);
    }
    trouble
}

fn changed(kept: &Path) -> String {
    format!(
        "came with other bytes than the manifest says; it is kept apart, at {}. Servers stamp PDFs \
         anew: --accept-changed takes it",
        kept.display()
    )
}
