//! A thread a curator, each with a store and a seat of its own: what one does waits for nobody else.

use std::collections::{HashMap, VecDeque};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use covid_ct::curation::seat::{Leases, Request, Seat, Serving};
use covid_ct::curation::{Desk, SessionError, Summary};
use covid_ct::store::Store;
use serde::Deserialize;
use tokio::sync::oneshot;

/// How long a paper is at a curator's hand who does nothing.
const LEASE: Duration = Duration::from_mins(15);

/// Requests of one curator that wait.
const WAITING: usize = 32;

/// Pages of one curator whose last answer is remembered.
const PAGES: usize = 8;

/// An answer as a page sends it, with the page's own name and its number there. Sent again with the same
/// number, it gets the same reply.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbered {
    pub page: String,
    pub number: u64,
    pub request: Request,
}

/// JSON.
pub type Sent = Vec<u8>;

/// Why there is no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Too many requests wait.
    Busy,
    /// The database, or what draws figures, failed.
    Failed,
    NotThere,
}

type Reply<T> = oneshot::Sender<Result<T, Trouble>>;

enum Job {
    View(Reply<Sent>),
    Answer(Box<Numbered>, Reply<Sent>),
    Printed(i64, Reply<Vec<u8>>),
}

/// Where a curator's jobs go, and the thread that does them.
type AtWork = (SyncSender<Job>, JoinHandle<Summary>);

/// All curators at work.
pub struct Desks {
    serving: Serving,
    leases: Option<Arc<Leases>>,
    at_work: Mutex<HashMap<String, AtWork>>,
}

impl Desks {
    pub fn new(serving: Serving) -> Self {
        let leases = (serving.curators.len() > 1).then(|| Arc::new(Leases::new(LEASE)));
        Self { serving, leases, at_work: Mutex::default() }
    }

    /// What `curator` is asked.
    pub async fn view(&self, curator: &str) -> Result<Sent, Trouble> {
        self.ask(curator, Job::View).await
    }

    pub async fn answer(&self, curator: &str, answer: Numbered) -> Result<Sent, Trouble> {
        self.ask(curator, |reply| Job::Answer(Box::new(answer), reply)).await
    }

    /// The figure of the picture that `curator` is asked about, as printed.
    pub async fn printed(&self, curator: &str, image: i64) -> Result<Vec<u8>, Trouble> {
        self.ask(curator, |reply| Job::Printed(image, reply)).await
    }

    async fn ask<T>(&self, curator: &str, job: impl FnOnce(Reply<T>) -> Job) -> Result<T, Trouble> {
        let (reply, replied) = oneshot::channel();
        let sent = {
            let mut at_work = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
            if !at_work.contains_key(curator) {
                at_work.insert(curator.to_owned(), self.begin(curator));
            }
            at_work[curator].0.try_send(job(reply))
        };
        match sent {
            Ok(()) => replied.await.unwrap_or(Err(Trouble::Failed)),
            Err(TrySendError::Full(_)) => Err(Trouble::Busy),
            Err(TrySendError::Disconnected(_)) => Err(Trouble::Failed),
        }
    }

    fn begin(&self, curator: &str) -> AtWork {
        let (send, jobs) = sync_channel(WAITING);
        let (serving, leases, name) =
            (self.serving.clone(), self.leases.clone(), curator.to_owned());
        (send, thread::spawn(move || work(&serving, leases.as_ref(), &name, &jobs)))
    }

    /// Has everybody finish what they are at; gives what each did.
    pub fn end(&self) -> Vec<(String, Summary)> {
        let mut at_work = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ended: Vec<(String, Summary)> = at_work
            .drain()
            .filter_map(|(name, (send, thread))| {
                drop(send);
                Some((name, thread.join().ok()?))
            })
            .collect();
        ended.sort_by(|(one, _), (other, _)| one.cmp(other));
        ended
    }
}

/// Takes one job after the other; where the database fails, begins with it anew.
fn work(
    serving: &Serving,
    leases: Option<&Arc<Leases>>,
    name: &str,
    jobs: &Receiver<Job>,
) -> Summary {
    let mut done = Summary {
        ended: covid_ct::curation::Ended::Quit,
        decided: 0,
        undone: 0,
        skipped: 0,
        kept: 0,
    };
    let mut answered = Answered::default();
    let mut waiting = None;
    loop {
        let ended = at_desk(serving, leases, name, jobs, &mut answered, &mut waiting, &mut done);
        match ended {
            Ok(()) => return done,
            Err(error) => {
                // Whoever waits is told that nothing came of it; the next one gets a new desk.
                tracing::error!("{name}: {error}");
                let Some(job) = waiting.take().or_else(|| jobs.recv().ok()) else { return done };
                fail(job);
            }
        }
    }
}

fn at_desk(
    serving: &Serving,
    leases: Option<&Arc<Leases>>,
    name: &str,
    jobs: &Receiver<Job>,
    answered: &mut Answered,
    waiting: &mut Option<Job>,
    done: &mut Summary,
) -> Result<(), SessionError> {
    let before = *done;
    let mut store = Store::open_existing(&serving.workspace)?;
    let mut printer = (serving.printer)();
    let desk = Desk::new(&mut store, name, &serving.options, &mut *printer);
    let mut seat = Seat::new(desk, serving.stage, serving.options.which, leases.cloned())?;
    let count = |seat: &Seat<'_>| {
        let here = seat.summary();
        Summary {
            ended: here.ended,
            decided: before.decided + here.decided,
            undone: before.undone + here.undone,
            skipped: before.skipped + here.skipped,
            kept: before.kept + here.kept,
        }
    };
    while let Ok(job) = jobs.recv() {
        let job = waiting.insert(job);
        let outcome = match job {
            Job::View(_) => seat.view().map(|view| json(&view)),
            Job::Answer(answer, _) => answered.reply(answer, &mut seat),
            Job::Printed(image, _) => seat.printed(*image).map(|file| match file {
                Some(Ok(path)) => std::fs::read(path).unwrap_or_default(),
                Some(Err(_)) | None => Vec::new(),
            }),
        };
        *done = count(&seat);
        let outcome = outcome?;
        // Whoever no longer waits asks again.
        let _ = match waiting.take() {
            Some(Job::Printed(_, reply)) if outcome.is_empty() => {
                reply.send(Err(Trouble::NotThere))
            }
            Some(Job::View(reply) | Job::Answer(_, reply) | Job::Printed(_, reply)) => {
                reply.send(Ok(outcome))
            }
            None => Ok(()),
        };
    }
    Ok(())
}

fn fail(job: Job) {
    let _ = match job {
        Job::View(reply) | Job::Answer(_, reply) | Job::Printed(_, reply) => {
            reply.send(Err(Trouble::Failed))
        }
    };
}

fn json(of: &impl serde::Serialize) -> Sent {
    serde_json::to_vec(of).unwrap_or_default()
}

/// The last answer of each page, and what was replied.
#[derive(Default)]
struct Answered(VecDeque<(Numbered, Sent)>);

impl Answered {
    /// What was replied where the answer was given already, else what comes of it.
    fn reply(&mut self, answer: &Numbered, seat: &mut Seat<'_>) -> Result<Sent, SessionError> {
        let of_page = self.0.iter().position(|(last, _)| last.page == answer.page);
        if let Some((last, sent)) = of_page.map(|at| &self.0[at])
            && last == answer
        {
            return Ok(sent.clone());
        }
        let sent = json(&seat.answer(answer.request.clone())?);
        if let Some(at) = of_page {
            self.0.remove(at);
        }
        self.0.push_front((answer.clone(), sent.clone()));
        self.0.truncate(PAGES);
        Ok(sent)
    }
}
