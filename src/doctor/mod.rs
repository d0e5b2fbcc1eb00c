//! Whether a workspace is whole: the database, and its rows against the objects; and mending what can
//! be mended.

mod leftovers;
mod repair;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::Workspace;
use crate::extract::isolation::{self, Isolation};
use crate::extract::{IngestError, Lock, Options};
use crate::store::check::{self, Amiss, Inspection, Named, Unnamed};
use crate::store::{Source, Store, StoreError};

/// What was looked at, and what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub migrations: Migrations,
    /// What a worker that reads documents is denied on this machine.
    pub isolation: Isolation,
    /// Objects that rows name, each of which was hashed.
    pub objects: usize,
    /// Files that are no row's yet, and too young to tell: a command may be at work.
    pub young: usize,
    /// Whether an ingest was at work, so that files without a row were not judged.
    pub busy: bool,
    pub problems: Vec<Problem>,
}

/// How many changes of its schema the database has had, and how many this program knows. Where it has
/// had fewer, the next command that writes makes up for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Migrations {
    pub applied: usize,
    pub known: usize,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    pub kind: Kind,
    /// The file's path, or what the database says.
    pub what: String,
    /// Paths of the documents that an object was found in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<String>,
    /// What to do.
    pub advice: String,
    /// Whether it has been put right.
    pub repaired: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A newer covid-ct made the database.
    Newer,
    /// The database is damaged.
    Database,
    /// A row names an object that is not there.
    Missing,
    /// An object's bytes are not those that its name says.
    Damaged,
    /// No row names an object.
    Orphan,
    /// What a command that was killed had begun to write.
    Leftover,
    /// What a command that was killed had written whole, and not put in its place.
    Unfinished,
    /// A file among the objects that covid-ct did not put there.
    Stranger,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Newer => "newer database",
            Self::Database => "database",
            Self::Missing => "missing object",
            Self::Damaged => "damaged object",
            Self::Orphan => "orphan",
            Self::Leftover => "leftover",
            Self::Unfinished => "unfinished",
            Self::Stranger => "stranger",
        }
    }
}

/// How far a check has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// So many objects are to be hashed.
    Start(usize),
    Hashed,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DoctorError {
    #[error(transparent)]
    Ingest(#[from] IngestError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a check found, as the repair needs it.
struct Findings {
    inspection: Inspection,
    amiss: Vec<(Named, Amiss)>,
    unnamed: Unnamed,
    leftovers: Vec<leftovers::Found>,
    busy: bool,
}

/// Looks the workspace over and changes nothing.
///
/// # Errors
/// Where there is no database, a file cannot be read, or no worker can be started. What is wrong is in
/// the report.
pub fn check(
    workspace: &Workspace,
    options: &Options,
    watch: impl Fn(Step) + Sync,
) -> Result<Report, DoctorError> {
    Store::require(workspace)?;
    // Only asked for: a mere look must not keep an ingest from starting.
    let busy = matches!(Lock::take(workspace), Err(IngestError::Busy { .. }));
    let report = report(workspace, &find(workspace, busy, &watch)?);
    Ok(Report { isolation: probe(options)?, ..report })
}

fn probe(options: &Options) -> Result<Isolation, IngestError> {
    isolation::probe(options)
        .map_err(|source| IngestError::Worker { program: options.program.clone(), source })
}

/// Looks the workspace over and mends what can be: reads documents again whose objects are missing or
/// damaged, where their PDF is still what it was, puts what killed commands had written whole in its place, and removes
/// orphans and leftovers. Nothing is done to a damaged or newer database. Other commands should not be at work on the workspace.
///
/// # Errors
/// As [`check`]; and when an ingest is at work, or no worker can be started.
pub fn repair(
    workspace: &Workspace,
    options: &Options,
    watch: impl Fn(Step) + Sync,
) -> Result<Report, DoctorError> {
    // Nothing is locked, and so made, where there is no workspace.
    Store::require(workspace)?;
    let _lock = Lock::take(workspace)?;
    let findings = find(workspace, false, &watch)?;
    let mut report = report(workspace, &findings);
    report.isolation = probe(options)?;
    let sound = findings.inspection.faults.is_empty()
        && findings.inspection.applied <= check::known_migrations();
    let mut mended: BTreeSet<PathBuf> = leftovers::mend(workspace, &findings.leftovers)?;
    if sound && report.problems.len() > findings.leftovers.len() {
        let mut store = Store::open_existing(workspace)?;
        mended.extend(repair::mend(workspace, &mut store, options, &findings)?);
    }
    for problem in &mut report.problems {
        problem.repaired = mended.contains(Path::new(&problem.what));
    }
    Ok(report)
}

fn find(
    workspace: &Workspace,
    busy: bool,
    watch: &(impl Fn(Step) + Sync),
) -> Result<Findings, StoreError> {
    let inspection = check::inspect(workspace)?;
    watch(Step::Start(inspection.named.len()));
    let amiss = check::amiss_objects(workspace, &inspection.named, || watch(Step::Hashed))?;
    let amiss = amiss.into_iter().map(|(path, how)| (inspection.named[&path].clone(), how));
    let amiss = amiss.collect();
    // What rows name is not known where the database cannot be read to its end.
    let judged = !busy && inspection.faults.is_empty();
    let unnamed = if judged {
        check::unnamed_files(workspace, &inspection.named)?
    } else {
        Unnamed::default()
    };
    let leftovers = leftovers::find(workspace)?;
    Ok(Findings { inspection, amiss, unnamed, leftovers, busy })
}

fn report(workspace: &Workspace, findings: &Findings) -> Report {
    let Findings { inspection, amiss, unnamed, leftovers, busy } = findings;
    let known = check::known_migrations();
    let mut problems = Vec::new();
    if inspection.applied > known {
        problems.push(problem(
            Kind::Newer,
            format!("it has had {} changes, this program knows {known}", inspection.applied),
            "use the covid-ct that made it, or a newer one",
        ));
    }
    for fault in &inspection.faults {
        let advice = "put back a copy made by `covid-ct backup`, or ingest into a new workspace and \
                      import the annotations";
        problems.push(problem(Kind::Database, fault.clone(), advice));
    }
    for (object, how) in amiss {
        let path = workspace.objects().join(object.id.relative_path());
        problems.push(Problem {
            documents: object.documents.values().map(|by| by.path.clone()).collect(),
            ..problem(
                if *how == Amiss::Missing { Kind::Missing } else { Kind::Damaged },
                path.display().to_string(),
                object_advice(object),
            )
        });
    }
    let removable = "no row of the database names it: `covid-ct doctor --repair` removes it";
    let left = "a command that was killed left it: `covid-ct doctor --repair` removes it";
    let strange = "covid-ct did not put it there: move it elsewhere";
    for (kind, paths, advice) in [
        (Kind::Orphan, &unnamed.orphans, removable),
        (Kind::Leftover, &unnamed.leftovers, left),
        (Kind::Stranger, &unnamed.strangers, strange),
    ] {
        problems.extend(paths.iter().map(|path| problem(kind, path.display().to_string(), advice)));
    }
    let told = leftovers
        .iter()
        .map(|found| problem(found.kind(), found.path.display().to_string(), &found.advice()));
    problems.extend(told);
    Report {
        migrations: Migrations { applied: inspection.applied, known },
        isolation: Isolation::default(),
        objects: inspection.named.len(),
        young: unnamed.young,
        busy: *busy,
        problems,
    }
}

fn problem(kind: Kind, what: String, advice: &str) -> Problem {
    Problem { kind, what, documents: Vec::new(), advice: advice.into(), repaired: false }
}

/// How an object can be had again.
fn object_advice(object: &Named) -> &'static str {
    if object.documents.values().all(|by| by.source == Source::Release) {
        "a released picture: move away what is there and run `covid-ct import-release` on the release"
    } else {
        "`covid-ct doctor --repair` reads the document again, if it lies there unchanged; if it has \
         moved, `covid-ct ingest` it at its new place first"
    }
}
