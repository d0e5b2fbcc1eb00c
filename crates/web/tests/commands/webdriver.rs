//! Headless Chromium by its `WebDriver` (<https://www.w3.org/TR/webdriver2/>), as far as the tests of the page need it.
//! The crates that speak it bring hundreds of others, which would have MuPDF compiled once more.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::{Value, json};

use crate::common::skipped;
use crate::server::{Server, send};

/// Longer than anything takes to appear on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// How long after a question appears keys are of the one before.
const SETTLE: Duration = Duration::from_millis(170);

/// Chromium's driver, for as long as it is held.
pub struct Driver {
    child: Child,
    port: u16,
}

impl Driver {
    /// `None`, told, where there is no browser, or it is not asked for: on a busy machine its waits run out.
    pub fn start() -> Option<Self> {
        if std::env::var_os("COVID_CT_BROWSER").is_none() {
            skipped("the page of label --web is tried in a browser by `make test-browser`");
            return None;
        }
        let has = |program: &str| {
            Command::new(program).arg("--version").stdout(Stdio::null()).status().is_ok()
        };
        let browsers = ["chromium", "google-chrome"];
        if !has("chromedriver") || !browsers.into_iter().any(has) {
            skipped("chromium and chromedriver are not here, which show the page of label --web");
            return None;
        }
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("started");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        });
        // It goes on telling, and must not be cut off.
        thread::spawn(move || lines.for_each(drop));
        Some(Self { child, port: port.expect("a port") })
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A browser that shows a curator's page; counts what is done.
pub struct Browser {
    address: String,
    session: String,
    /// Keys and presses of the mouse.
    pub actions: usize,
}

impl Browser {
    pub fn open(driver: &Driver, size: (u32, u32), dark: bool) -> Self {
        let scheme = i32::from(!dark);
        let args = [
            "--headless=new".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--hide-scrollbars".to_owned(),
            "--no-sandbox".to_owned(),
            format!("--window-size={},{}", size.0, size.1),
            format!("--blink-settings=preferredColorScheme={scheme}"),
        ];
        let options = json!({ "goog:chromeOptions": { "args": args } });
        let wanted = json!({ "capabilities": { "alwaysMatch": options } });
        let address = format!("127.0.0.1:{}", driver.port);
        let made = call(&address, "POST", "/session", &wanted);
        let session = made["sessionId"].as_str().expect("a session").to_owned();
        Self { address, session, actions: 0 }
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        call(&self.address, "POST", &format!("/session/{}{path}", self.session), body)
    }

    pub fn enter(&self, server: &Server, curator: &str) {
        let link = format!("http://{}/#{}", server.address, server.tokens[curator]);
        self.post("/url", &json!({ "url": link }));
    }

    pub fn run(&self, script: &str, args: &[Value]) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": args }))
    }

    /// Runs a script that calls its last argument when it is done.
    pub fn run_async(&self, script: &str) -> Value {
        self.post("/timeouts", &json!({ "script": 120_000 }));
        self.post("/execute/async", &json!({ "script": script, "args": [] }))
    }

    /// Waits until a script gives something true; `told` says what for.
    pub fn wait(&self, script: &str, args: &[Value], told: &str) {
        let began = Instant::now();
        while self.run(script, args) != json!(true) {
            if began.elapsed() > PATIENCE {
                let shown = self.run("return document.body.innerText", &[]);
                panic!("not there: {told}\n{}", shown.as_str().unwrap_or_default());
            }
            thread::sleep(Duration::from_millis(30));
        }
    }

    pub fn wait_for(&self, text: &str) {
        let script = "return document.body.innerText.replace(/\\s+/g, ' ').includes(arguments[0])";
        self.wait(script, &[json!(text)], text);
        thread::sleep(SETTLE);
    }

    /// The stage and the number of what is asked, idle.
    pub fn wait_for_question(&self, stage: &str, number: u64) {
        let script = "return document.querySelector('#stage').textContent === arguments[0] \
             && document.querySelector('#count').textContent.startsWith(arguments[1] + ' of') \
             && !document.querySelector('#main').hasAttribute('aria-busy')";
        let told = format!("{stage} {number}");
        self.wait(script, &[json!(stage), json!(number.to_string())], &told);
        thread::sleep(SETTLE);
    }

    pub fn press(&mut self, key: char) {
        self.actions += 1;
        let keys = json!([{ "type": "keyDown", "value": key }, { "type": "keyUp", "value": key }]);
        let source = json!({ "type": "key", "id": "keys", "actions": keys });
        self.post("/actions", &json!({ "actions": [source] }));
    }

    pub fn write(&mut self, text: &str) {
        text.chars().for_each(|key| self.press(key));
    }

    fn click_by(&mut self, using: &str, value: &str) {
        self.actions += 1;
        let began = Instant::now();
        loop {
            let found = self.post("/element", &json!({ "using": using, "value": value }));
            let id = found.as_object().and_then(|found| found.values().next()?.as_str());
            let clicked = id.map(|id| self.post(&format!("/element/{id}/click"), &json!({})));
            // What is drawn anew meanwhile is gone when it is pressed.
            if clicked.is_some_and(|clicked| clicked.get("error").is_none()) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "cannot press {value}: {found}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Presses the button that bears this text.
    pub fn click(&mut self, text: &str) {
        let path = format!("//button[not(@hidden) and contains(normalize-space(.), \"{text}\")]");
        self.click_by("xpath", &path);
    }

    /// Presses the first that a selector of CSS finds.
    pub fn click_first(&mut self, selector: &str) {
        self.click_by("css selector", selector);
    }

    /// Drags from one point of the window to another.
    pub fn drag(&mut self, from: (i64, i64), to: (i64, i64)) {
        self.actions += 1;
        let move_to = |(x, y): (i64, i64), ms: u64| json!({ "type": "pointerMove", "duration": ms, "x": x, "y": y });
        let middle = (i64::midpoint(from.0, to.0), i64::midpoint(from.1, to.1));
        let actions = json!([
            move_to(from, 0),
            { "type": "pointerDown", "button": 0 },
            move_to(middle, 40),
            move_to(to, 40),
            { "type": "pointerUp", "button": 0 },
        ]);
        let mouse = json!({
            "type": "pointer", "id": "mouse", "parameters": { "pointerType": "mouse" },
            "actions": actions,
        });
        self.post("/actions", &json!({ "actions": [mouse] }));
    }

    /// Where in the window a pixel of the picture is.
    pub fn point(&self, x: f64, y: f64) -> (i64, i64) {
        let script = "const i = document.querySelector('#picture'); \
             const b = i.getBoundingClientRect(); \
             return [b.left + arguments[0] * b.width / i.width, b.top + arguments[1] * b.height / i.height]";
        let at = self.run(script, &[json!(x), json!(y)]);
        let of = |index: usize| at[index].as_f64().expect("a number").round() as i64;
        (of(0), of(1))
    }

    /// Where the folder is named, pictures of the page are left to be looked at.
    pub fn screenshot(&self, name: &str) {
        let Some(folder) = std::env::var_os("COVID_CT_SCREENSHOTS").map(PathBuf::from) else {
            return;
        };
        let path = format!("/session/{}/screenshot", self.session);
        let png = call(&self.address, "GET", &path, &Value::Null);
        let png = base64::engine::general_purpose::STANDARD.decode(png.as_str().expect("base64"));
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join(format!("{name}.png")), png.expect("PNG")).expect("written");
    }

    /// Closes it; nothing of the page was refused by its own policy, and no script failed.
    pub fn close(self) -> usize {
        let broken = self.run("return window.__broken", &[]);
        assert_eq!(broken, json!([]), "scripts failed");
        self.actions
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        call(&self.address, "DELETE", &format!("/session/{}", self.session), &Value::Null);
    }
}

/// A command; gives its value, which tells an `error` where it failed.
fn call(address: &str, method: &str, path: &str, body: &Value) -> Value {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let lines = [
        format!("{method} {path} HTTP/1.1"),
        format!("Host: {address}"),
        "Connection: close".to_owned(),
        "Content-Type: application/json; charset=utf-8".to_owned(),
        format!("Content-Length: {}", body.len()),
    ];
    let response = send(address, &lines, body.as_bytes());
    response.map_or(Value::Null, |response| response.json()["value"].clone())
}
