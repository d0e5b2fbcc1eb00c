//! Supervises worker processes: hands out documents, watches the clock, replaces the dead.

use std::io::{BufRead, BufReader, ErrorKind, Read as _, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Condvar, Mutex, PoisonError, RwLock};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::isolation::Reach;
use super::worker::{Request, Response};
use covid_ct_core::ObjectStore;
use covid_ct_extraction::document::EXTRACTOR;
use covid_ct_extraction::pdf::Limits;

/// How workers are run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The program `covid-ct-worker`.
    pub program: PathBuf,
    /// Object store the workers write to.
    pub objects: PathBuf,
    /// Documents read at the same time.
    pub jobs: usize,
    /// What a document may take.
    pub timeout: Duration,
    /// MiB of address space a worker may use.
    pub memory: u64,
    /// What of a document is read at most.
    pub limits: Limits,
}

/// Answers that may wait for a document before them, for each job: enough that a long document holds
/// nobody up for long, and few enough that answers do not pile up behind one.
const AHEAD: usize = 16;

/// How far documents may be read ahead of the first whose answer is not passed on yet.
struct Window {
    passed_on: Mutex<usize>,
    moved: Condvar,
    ahead: usize,
}

impl Window {
    /// Waits until document `index` may be read; false where reading stops instead.
    fn admits(&self, index: usize, stop: &AtomicBool) -> bool {
        let mut passed_on = self.passed_on.lock().unwrap_or_else(PoisonError::into_inner);
        while index >= *passed_on + self.ahead {
            if stop.load(Ordering::Relaxed) {
                return false;
            }
            passed_on = self.moved.wait(passed_on).unwrap_or_else(PoisonError::into_inner);
        }
        true
    }

    fn pass_on(&self, count: usize) {
        *self.passed_on.lock().unwrap_or_else(PoisonError::into_inner) = count;
        self.moved.notify_all();
    }
}

/// Reads every document and passes each answer to `done`, in the order of `requests` whatever the
/// number of jobs, so that the same input makes the same database. Stops handing out documents once
/// `stop` is set, or once `done` returns false; what was read by then is still passed on.
///
/// A document of which a worker dies is tried once more while no other is read: it may have died for
/// want of memory that others took.
///
/// # Errors
/// When no worker can be started at all.
pub fn run(
    requests: &[Request],
    options: &Options,
    stop: &AtomicBool,
    mut done: impl FnMut(&Request, Response) -> bool,
) -> std::io::Result<()> {
    let next = AtomicUsize::new(0);
    let (send, receive) = mpsc::channel::<(usize, Response)>();
    let jobs = options.jobs.clamp(1, requests.len().max(1));
    let mut reach = Reach::default();
    for request in requests {
        reach.extend(Reach::of_document(&request.path));
    }
    let alone = RwLock::new(());
    let window = Window { passed_on: Mutex::default(), moved: Condvar::new(), ahead: AHEAD * jobs };
    std::thread::scope(|scope| {
        let mut first_error = None;
        for _ in 0..jobs {
            // One is started here, so that a missing program is an error and not N failed documents.
            let mut worker = match Supervised::start(options, reach.clone()) {
                Ok(worker) => worker,
                Err(error) => {
                    first_error = Some(error);
                    break;
                }
            };
            let (send, next, alone, window) = (send.clone(), &next, &alone, &window);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(request) = requests.get(index) else { break };
                    if !window.admits(index, stop) {
                        break;
                    }
                    let response = ask(&mut worker, request, options, alone);
                    if send.send((index, response)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        let mut waiting = std::collections::BTreeMap::new();
        let mut turn = 0;
        for (index, response) in &receive {
            waiting.insert(index, response);
            while let Some(response) = waiting.remove(&turn) {
                if !done(&requests[turn], on_disk(response, options)) {
                    stop.store(true, Ordering::Relaxed);
                }
                turn += 1;
                window.pass_on(turn);
            }
        }
        // After a stop the row of answers may have a gap; what is behind it is read all the same.
        for (index, response) in waiting {
            done(&requests[index], on_disk(response, options));
        }
        match first_error {
            Some(error) if turn == 0 => Err(error),
            _ => Ok(()),
        }
    })
}

/// The answer once its objects are on disk, whole. Workers do not wait for that: they read on.
fn on_disk(response: Response, options: &Options) -> Response {
    let Response::Read { extraction, .. } = &response else { return response };
    let objects = extraction.images.iter().map(|image| &image.object);
    match ObjectStore::open(&options.objects).and_then(|store| store.sync(objects)) {
        Ok(()) => response,
        Err(error) => Response::Refused { error: error.to_string() },
    }
}

/// Asks for one document, and once more, with no other in hand, where the worker died of it.
fn ask(
    worker: &mut Supervised,
    request: &Request,
    options: &Options,
    alone: &RwLock<()>,
) -> Response {
    let reach = Reach::of_document(&request.path);
    // The lock guards nothing that a panic could leave half done.
    let beside_others = alone.read().unwrap_or_else(PoisonError::into_inner);
    let first = worker.ask(request, &reach, options);
    drop(beside_others);
    let asked = match first {
        Err(Loss { died: true, .. }) => {
            let _alone = alone.write().unwrap_or_else(PoisonError::into_inner);
            worker.ask(request, &reach, options)
        }
        first => first,
    };
    if let Ok(Response::Read { extraction, .. }) = &asked
        && extraction.extractor != EXTRACTOR
    {
        worker.discard();
        return Response::Refused {
            error: format!(
                "{} is of another build than this program: it reads as version {}, and {EXTRACTOR} is expected; build or \
                 install both again",
                options.program.display(),
                extraction.extractor
            ),
        };
    }
    let nonsense = match &asked {
        Ok(Response::Read { extraction, .. }) => extraction.fault(&request.sha256, |object| {
            options.objects.join(object.relative_path()).is_file()
        }),
        _ => None,
    };
    if let Some(what) = nonsense {
        worker.discard();
        return Response::Failed { error: senseless(what) };
    }
    let mut response = asked.unwrap_or_else(|loss| Response::Failed { error: loss.error });
    if let Response::Read { extraction, .. } = &mut response {
        extraction.drop_controls();
    }
    response
}

/// What is told of a worker that answers nonsense.
pub fn senseless(what: impl std::fmt::Display) -> String {
    format!("the reader gave an answer that makes no sense: {what}")
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) struct Loss {
    pub error: String,
    /// Whether the worker died, rather than took too long or made no sense.
    pub died: bool,
}

/// A worker that is replaced when it dies, or when a document lies where it may not read.
#[derive(Debug)]
pub(super) struct Supervised {
    worker: Option<Worker>,
    reach: Reach,
}

impl Supervised {
    pub(super) fn start(options: &Options, reach: Reach) -> std::io::Result<Self> {
        let worker = Worker::start(options, &reach)?;
        Ok(Self { worker: Some(worker), reach })
    }

    /// Asks the worker, starting a new one where there is none, or none that may use `reach`; a worker
    /// that dies or stalls is gone, and the error says what became of it.
    pub(super) fn ask<A: DeserializeOwned>(
        &mut self,
        request: &impl Serialize,
        reach: &Reach,
        options: &Options,
    ) -> Result<A, Loss> {
        let loss = |error: String| Loss { error, died: false };
        if !self.reach.contains(reach) {
            self.worker = None;
            self.reach.extend(reach.clone());
        }
        let mut asked = match self.worker.take() {
            Some(worker) => worker,
            None => Worker::start(options, &self.reach)
                .map_err(|error| loss(format!("no worker process could be started: {error}")))?,
        };
        match asked.ask(request, options.timeout) {
            Ok(response) => {
                self.worker = Some(asked);
                Ok(response)
            }
            Err(Lost::Stalled) => {
                asked.kill();
                Err(loss(format!(
                    "took longer than {} s: raise --timeout, or leave it out",
                    options.timeout.as_secs()
                )))
            }
            Err(Lost::Died) => {
                let error = format!("the reader died of it: {}", cause(asked.kill(), options));
                Err(Loss { error, died: true })
            }
            Err(Lost::Babbled(what)) => {
                asked.kill();
                Err(loss(senseless(what)))
            }
        }
    }

    /// Ends the worker: what it answered was not what a reader answers.
    fn discard(&mut self) {
        self.worker = None;
    }
}

/// The exit code of a Rust program that panics.
const PANIC: i32 = 101;

/// What a worker died of, and what to do.
fn cause(status: Option<ExitStatus>, options: &Options) -> String {
    use rustix::process::Signal;
    let memory = format!("the memory limit of {} MiB reached (raise --memory)", options.memory);
    let Some(status) = status else { return format!("cause unknown; perhaps {memory}") };
    let Some(number) = status.signal() else {
        let code = status.code().unwrap_or_default();
        if code == PANIC {
            return format!(
                "exit code {code}: a defect of covid-ct, please report it with the document"
            );
        }
        return format!("exit code {code}; perhaps {memory}");
    };
    let is = |signal: Signal| number == signal.as_raw();
    let why = if is(Signal::KILL) {
        "the system ran out of memory (read fewer at a time, --jobs), or somebody ended it".into()
    } else if is(Signal::ABORT) {
        format!("{memory}, or a fault that the PDF library noticed")
    } else if is(Signal::SEGV) || is(Signal::BUS) || is(Signal::ILL) || is(Signal::FPE) {
        format!("a fault in the PDF library, or {memory}")
    } else if is(Signal::SYS) {
        "it asked the system for what no document needs: the document may be an attack".into()
    } else if is(Signal::XFSZ) {
        use rustix::process::{Resource, getrlimit};
        match getrlimit(Resource::Fsize).current.map(|most| most >> 20) {
            Some(most) if most < options.memory => {
                format!("a file larger than the {most} MiB that `ulimit -f` allows here")
            }
            _ => format!("a file larger than {} MiB (raise --memory)", options.memory),
        }
    } else if is(Signal::XCPU) {
        let seconds = options.timeout.as_secs();
        format!("more than {seconds} s of processor time (raise --timeout)")
    } else {
        format!("perhaps {memory}")
    };
    format!("signal {number}: {why}")
}

enum Lost {
    Stalled,
    Died,
    Babbled(String),
}

/// The program that is a worker, and may use `reach`.
pub(super) fn command(options: &Options, reach: &Reach) -> Command {
    let mut command = Command::new(&options.program);
    // Credentials and the like are nothing for a worker; where libraries lie it may have to know.
    command
        .env_clear()
        .envs(std::env::var_os("LD_LIBRARY_PATH").map(|path| ("LD_LIBRARY_PATH", path)))
        .args(["--memory", &options.memory.to_string()])
        .args(["--timeout", &options.timeout.as_secs().to_string()])
        .args(["--limits", &options.limits.to_string()])
        .arg("--objects")
        .arg(&options.objects)
        .args(reach.arguments());
    command
}

#[derive(Debug)]
struct Worker {
    child: Child,
    requests: Option<ChildStdin>,
    answers: mpsc::Receiver<std::io::Result<String>>,
}

impl Worker {
    fn start(options: &Options, reach: &Reach) -> std::io::Result<Self> {
        let mut child = command(options, reach)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // MuPDF chats on stderr about every flaw it works around.
            .stderr(Stdio::null())
            // Ctrl-C is for the parent, which lets the document in hand finish.
            .process_group(0)
            .spawn()
            .map_err(advised)?;
        let (send, answers) = mpsc::channel();
        if let Some(output) = child.stdout.take() {
            std::thread::spawn(move || read_answers(BufReader::new(output), &send));
        }
        let requests = child.stdin.take();
        Ok(Self { child, requests, answers })
    }

    fn ask<A: DeserializeOwned>(
        &mut self,
        request: &impl Serialize,
        timeout: Duration,
    ) -> Result<A, Lost> {
        let babbled = |error: serde_json::Error| Lost::Babbled(error.to_string());
        let mut line = serde_json::to_vec(request).map_err(babbled)?;
        line.push(b'\n');
        let pipe = self.requests.as_mut().ok_or(Lost::Died)?;
        pipe.write_all(&line).and_then(|()| pipe.flush()).map_err(|_| Lost::Died)?;
        match self.answers.recv_timeout(timeout) {
            Ok(Ok(answer)) => serde_json::from_str(&answer).map_err(babbled),
            Ok(Err(error)) if error.kind() == ErrorKind::InvalidData => {
                Err(Lost::Babbled(error.to_string()))
            }
            Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => Err(Lost::Died),
            Err(RecvTimeoutError::Timeout) => Err(Lost::Stalled),
        }
    }

    /// Ends the process and tells how it ended.
    fn kill(&mut self) -> Option<ExitStatus> {
        self.requests = None;
        // One that died by itself keeps its own cause of death.
        if let Ok(Some(status)) = self.child.try_wait() {
            return Some(status);
        }
        let _ = self.child.kill();
        self.child.wait().ok()
    }
}

impl Drop for Worker {
    /// Closing its input ends an idle worker; one that is busy is not waited for.
    fn drop(&mut self) {
        self.kill();
    }
}

/// Bytes of an answer at most, a thousand times those of a long paper: one without end would fill the memory.
const ANSWER: u64 = 128 << 20;

fn read_answers(mut output: impl BufRead, send: &mpsc::Sender<std::io::Result<String>>) {
    loop {
        let mut line = String::new();
        let answer = match output.by_ref().take(ANSWER).read_line(&mut line) {
            Ok(0) => break,
            Ok(_) if line.ends_with('\n') => Ok(line),
            Ok(read) if read as u64 == ANSWER => {
                Err(std::io::Error::new(ErrorKind::InvalidData, "it is longer than 128 MiB"))
            }
            Ok(_) => break,
            Err(error) => Err(error),
        };
        let ends = answer.is_err();
        if send.send(answer).is_err() || ends {
            break;
        }
    }
}

/// The program to run as a worker, which lies beside this one. Whether it is there is seen when it is started.
///
/// # Errors
/// When the system does not say where this one lies.
pub fn worker_program() -> std::io::Result<PathBuf> {
    Ok(this_program()?.with_file_name("covid-ct-worker"))
}

/// Tells what to do where a program could not be started since it is not there.
pub(super) fn advised(error: std::io::Error) -> std::io::Error {
    if error.kind() != std::io::ErrorKind::NotFound {
        return error;
    }
    std::io::Error::new(
        error.kind(),
        "it is not there; `make build` in the checkout builds all programs, `make install` installs them",
    )
}

/// This program.
///
/// # Errors
/// When the system does not say where it lies.
pub fn this_program() -> std::io::Result<PathBuf> {
    std::env::current_exe().map(|path| deleted_suffix_removed(&path))
}

/// Linux marks the path of a program that was replaced while it runs (by `make build`, say).
fn deleted_suffix_removed(path: &Path) -> PathBuf {
    let text = path.to_string_lossy();
    text.strip_suffix(" (deleted)").map_or_else(|| path.to_owned(), PathBuf::from)
}
