//! A web server on loopback that misbehaves as told, and remembers who asked what and when.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    /// By name in lower case.
    pub headers: BTreeMap<String, String>,
    /// When its last header was read.
    pub at: Instant,
    /// How many requests of this path came before.
    pub nth: usize,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// From where on the file is asked for.
    pub fn start(&self) -> Option<usize> {
        let range = self.header("range")?.strip_prefix("bytes=")?;
        range.strip_suffix('-')?.parse().ok()
    }
}

/// What becomes of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    Whole,
    /// The connection closes after so many bytes.
    Cut(usize),
    /// After so many bytes nothing more comes, until the client goes.
    Stall(usize),
    /// In small pieces with pauses.
    Slow,
    /// Without a length: the end of the connection is the end of the body.
    Unmeasured,
}

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub sending: Sending,
}

impl Answer {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), sending: Sending::Whole }
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    #[must_use]
    pub fn sent(mut self, sending: Sending) -> Self {
        self.sending = sending;
        self
    }

    /// The file, or what is left of it where that is asked for and it is still the same: RFC 9110, 14.
    pub fn ranged(request: &Request, file: &[u8], etag: &str) -> Self {
        let same = request.header("if-range").is_none_or(|tag| tag == etag);
        match request.start().filter(|start| same && *start < file.len()) {
            Some(start) => {
                let range = format!("bytes {start}-{}/{}", file.len() - 1, file.len());
                Self::new(206, &file[start..]).with("ETag", etag).with("Content-Range", range)
            }
            None => Self::new(200, file).with("ETag", etag),
        }
    }
}

#[derive(Debug, Default)]
struct Log {
    requests: Vec<Request>,
    open: usize,
    most_open: usize,
}

/// A server that goes with the process.
#[derive(Debug)]
pub struct Server {
    /// `http://127.0.0.1:PORT`
    pub address: String,
    log: Arc<Mutex<Log>>,
}

type Handler = dyn Fn(&Request) -> Answer + Send + Sync;

impl Server {
    pub fn start(handler: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let log = Arc::new(Mutex::new(Log::default()));
        let handler: Arc<Handler> = Arc::new(handler);
        let kept = Arc::clone(&log);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, handler) = (Arc::clone(&kept), Arc::clone(&handler));
                std::thread::spawn(move || serve(&stream, &log, &*handler));
            }
        });
        Self { address, log }
    }

    /// In the order in which they came.
    pub fn requests(&self) -> Vec<Request> {
        self.log.lock().expect("log").requests.clone()
    }

    pub fn paths(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.path).collect()
    }

    /// Requests that were open at the same time.
    pub fn most_open(&self) -> usize {
        self.log.lock().expect("log").most_open
    }

    /// The shortest time between two requests.
    pub fn shortest_gap(&self) -> Duration {
        let requests = self.requests();
        let gaps = requests.windows(2).map(|pair| pair[1].at - pair[0].at);
        gaps.min().unwrap_or(Duration::MAX)
    }
}

/// Answers the requests of one connection.
fn serve(stream: &TcpStream, log: &Mutex<Log>, handler: &Handler) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let mut words = line.split(' ').map(ToOwned::to_owned);
        let (method, path) = (words.next()?, words.next()?);
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let request = {
            let mut log = log.lock().expect("log");
            let nth = log.requests.iter().filter(|request| request.path == path).count();
            let request = Request { method, path, headers, at: Instant::now(), nth };
            log.requests.push(request.clone());
            log.open += 1;
            log.most_open = log.most_open.max(log.open);
            request
        };
        let head_only = request.method == "HEAD";
        let goes_on = answer(stream, &handler(&request), head_only, || {
            log.lock().expect("log").open -= 1;
        });
        if goes_on != Some(true) {
            return None;
        }
    }
}

/// Sends an answer; whether the connection may be used again. `over` is called before the last byte goes
/// out: the client may ask again as soon as it has that.
fn answer(
    mut stream: &TcpStream,
    answer: &Answer,
    head_only: bool,
    over: impl FnOnce(),
) -> Option<bool> {
    let mut head = format!("HTTP/1.1 {} x\r\n", answer.status);
    for (name, value) in &answer.headers {
        head.extend([name.as_str(), ": ", value.as_str(), "\r\n"]);
    }
    if answer.sending == Sending::Unmeasured {
        head += "Connection: close\r\n";
    } else {
        head.extend(["Content-Length: ", &answer.body.len().to_string(), "\r\n"]);
    }
    head += "\r\n";
    let (body, sent_as) = (&answer.body, answer.sending);
    let sent = match sent_as {
        Sending::Cut(length) => {
            let sent =
                stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body[..length]));
            over();
            sent
        }
        Sending::Stall(length) => {
            let sent =
                stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body[..length]));
            over();
            // Reads until the client has gone.
            let _ = stream.read(&mut [0; 16]);
            sent
        }
        Sending::Slow => {
            let mut sent = stream.write_all(head.as_bytes());
            let size = (body.len() / 8).max(1);
            let (start, end) = body.split_at(body.len() - body.len().min(size));
            for piece in start.chunks(size) {
                sent = sent.and_then(|()| stream.write_all(piece));
                std::thread::sleep(Duration::from_millis(3));
            }
            over();
            sent.and_then(|()| stream.write_all(end))
        }
        Sending::Whole | Sending::Unmeasured => {
            let mut all = head.into_bytes();
            if !head_only {
                all.extend_from_slice(body);
            }
            let (start, last) = all.split_at(all.len() - 1);
            let sent = stream.write_all(start);
            over();
            sent.and_then(|()| stream.write_all(last))
        }
    };
    let goes_on = matches!(sent_as, Sending::Whole | Sending::Slow);
    if !goes_on {
        let _ = stream.shutdown(std::net::Shutdown::Both);
    }
    sent.ok().map(|()| goes_on)
}
