//! A server under test, HTTP to it as plain as can be, and a page that is a program.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::common::Project;

/// Longer than any answer takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

pub struct Server {
    child: Child,
    /// `127.0.0.1:40123`
    pub address: String,
    pub tokens: BTreeMap<String, String>,
}

impl Server {
    /// Serves these curators, anywhere, with these options.
    pub fn start(project: &Project, curators: &[&str], options: &[&str]) -> Self {
        Self::start_at(project, "127.0.0.1:0", curators, options).expect("a server")
    }

    /// The same at an address that may be taken still.
    pub fn start_at(
        project: &Project,
        listen: &str,
        curators: &[&str],
        options: &[&str],
    ) -> Option<Self> {
        let mut child = Command::new(crate::PROGRAM)
            .args(["label", "--web", "--curators", &curators.join(","), "--listen", listen])
            .args(options)
            .env("COVID_CT_WORKSPACE", project.path(""))
            .env_remove("COVID_CT_CURATOR")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("started");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut tokens = BTreeMap::new();
        let mut address = String::new();
        for _ in curators {
            let Some(Ok(line)) = lines.next() else {
                let _ = child.wait();
                return None;
            };
            let (name, link) = line.split_once(": ").expect("a curator and a link");
            let (base, token) = link.split_once("/#").expect("an address and a token");
            base.split_once("://").expect("an address").1.clone_into(&mut address);
            tokens.insert(name.to_owned(), token.to_owned());
        }
        Some(Self { child, address, tokens })
    }

    pub fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// Ends it as Ctrl-C does; gives its exit code.
    pub fn stop(&mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-INT", &id]).status().expect("kill");
        assert!(told.success());
        self.child.wait().expect("gone").code()
    }

    pub fn page(&self, curator: &str) -> Page {
        Page::enter(&self.address, &self.tokens[curator])
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What came back.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    /// Names in small letters.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(of, _)| of == name);
        found.map_or("", |(_, value)| value)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?} {}", self.text()))
    }
}

/// Sends these lines and this body as they are; `None` where nothing whole comes back.
pub fn send(address: &str, head: &[String], body: &[u8]) -> Option<Response> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let head = format!("{}\r\n\r\n", head.join("\r\n"));
    stream.write_all(head.as_bytes()).ok()?;
    // One that refuses early may read no more.
    let _ = stream.write_all(body);
    let mut bytes = Vec::new();
    let mut part = [0; 16 * 1024];
    loop {
        // Some keep the connection open, whatever they are told.
        if let Some((response, true)) = parse(&bytes) {
            return Some(response);
        }
        match stream.read(&mut part) {
            Ok(0) | Err(_) => break,
            Ok(read) => bytes.extend(&part[..read]),
        }
    }
    let (response, is_whole) = parse(&bytes)?;
    (is_whole || response.header("content-length").is_empty()).then_some(response)
}

/// A response as far as it has come, and whether that is known to be all of it.
fn parse(bytes: &[u8]) -> Option<(Response, bool)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let body = bytes[end + 4..].to_vec();
    let response = Response { status, headers, body };
    let length = response.header("content-length").parse::<usize>();
    let is_whole = length.is_ok_and(|length| response.body.len() >= length);
    Some((response, is_whole))
}

/// The lines of a request that a browser would send from our page.
pub fn request(
    address: &str,
    method: &str,
    path: &str,
    cookie: &str,
    length: usize,
) -> Vec<String> {
    let mut lines = vec![
        format!("{method} {path} HTTP/1.1"),
        format!("Host: {address}"),
        "Connection: close".to_owned(),
    ];
    if method == "POST" {
        lines.push(format!("Origin: http://{address}"));
        lines.push("Content-Type: application/json".into());
        lines.push(format!("Content-Length: {length}"));
    }
    if !cookie.is_empty() {
        lines.push(format!("Cookie: {cookie}"));
    }
    lines
}

/// Pages there were: each has a name of its own.
static PAGES: AtomicU64 = AtomicU64::new(0);

/// A curator's page.
#[derive(Debug, Clone)]
pub struct Page {
    pub address: String,
    pub cookie: String,
    name: String,
    number: u64,
}

impl Page {
    pub fn enter(address: &str, token: &str) -> Self {
        let body = json!({ "token": token }).to_string();
        let lines = request(address, "POST", "/enter", "", body.len());
        let response = send(address, &lines, body.as_bytes()).expect("a response");
        assert_eq!(response.status, 204, "{}", response.text());
        let cookie = response.header("set-cookie").split(';').next().expect("a cookie").to_owned();
        let name = format!("page-{}", PAGES.fetch_add(1, Ordering::Relaxed));
        Self { address: address.to_owned(), cookie, name, number: 0 }
    }

    pub fn get(&self, path: &str) -> Response {
        let lines = request(&self.address, "GET", path, &self.cookie, 0);
        send(&self.address, &lines, b"").expect("a response")
    }

    pub fn view(&self) -> Value {
        let response = self.get("/view");
        assert_eq!(response.status, 200, "{}", response.text());
        response.json()
    }

    /// An answer to what `view` asks, with the page's next number.
    pub fn say(&mut self, view: &Value, note: &str, action: &Value) -> String {
        self.number += 1;
        let request =
            json!({ "basis": view["basis"], "key": view["key"], "note": note, "action": action });
        json!({ "page": self.name, "number": self.number, "request": request }).to_string()
    }

    pub fn try_post(&self, body: &str) -> Option<Response> {
        let lines = request(&self.address, "POST", "/answer", &self.cookie, body.len());
        send(&self.address, &lines, body.as_bytes())
    }

    /// Answers; gives the reply.
    pub fn answer(&mut self, view: &Value, note: &str, action: &Value) -> Value {
        let body = self.say(view, note, action);
        let response = self.try_post(&body).expect("a response");
        assert_eq!(response.status, 200, "{}", response.text());
        response.json()
    }

    /// Answers what is asked now and gives what is asked next.
    pub fn go(&mut self, view: &Value, action: &Value) -> Value {
        let reply = self.answer(view, "", action);
        assert_eq!(reply["refused"], "", "{action}");
        assert!(reply["view"].is_object(), "{action}: {reply}");
        reply["view"].clone()
    }
}
