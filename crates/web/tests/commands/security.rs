//! What docs/security.md says of the page, a test a sentence.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use covid_ct::store::Source;
use predicates::prelude::*;
use serde_json::json;

use crate::common::{Project, extraction, figure_on, grey_object, image_on};
use crate::pages::two_papers;
use crate::server::{Page, Server, request, send};

fn with(mut lines: Vec<String>, changes: &[(&str, &str)]) -> Vec<String> {
    for (name, value) in changes {
        lines.retain(|line| !line.starts_with(&format!("{name}:")));
        if !value.is_empty() {
            lines.push(format!("{name}: {value}"));
        }
    }
    lines
}

#[test]
fn another_address_than_this_machines_needs_an_origin_and_tls() {
    let project = two_papers();
    let label = ["label", "--web", "--curators", "ann", "--listen", "0.0.0.0:0"];
    for options in [&[][..], &["--origin", "http://labels.example.org"]] {
        project
            .command(label)
            .args(options)
            .assert()
            .code(2)
            .stderr(predicate::str::contains("--behind-proxy"));
    }
    let wrong = ["--origin", "http://labels.example.org", "--behind-proxy"];
    let told = predicate::str::contains("expected https://NAME");
    project.command(label).args(wrong).assert().code(2).stderr(told);
    let server = Server::start_at(
        &project,
        "0.0.0.0:0",
        &["ann"],
        &["--origin", "https://labels.example.org", "--behind-proxy"],
    );
    assert_eq!(server.expect("a server").address, "labels.example.org");
}

#[test]
fn without_a_token_nothing_is_told_or_taken() {
    let project = two_papers();
    let server = Server::start(&project, &["ann"], &[]);
    let address = &server.address;
    for path in ["/view", "/picture/1", "/printed/1"] {
        let response = send(address, &request(address, "GET", path, "", 0), b"");
        assert_eq!(response.expect("a response").status, 401, "{path}");
    }
    let mut page = server.page("ann");
    let view = page.view();
    let body = page.say(&view, "", &json!({ "do": "select", "value": "ct" }));
    for cookie in ["", "covid-ct=1", &page.cookie[..page.cookie.len() - 1]] {
        let lines = request(address, "POST", "/answer", cookie, body.len());
        let response = send(address, &lines, body.as_bytes()).expect("a response");
        assert_eq!(response.status, 401, "{cookie}");
    }
    let wrong = json!({ "token": "0".repeat(64) }).to_string();
    let lines = request(address, "POST", "/enter", "", wrong.len());
    assert_eq!(send(address, &lines, wrong.as_bytes()).expect("a response").status, 403);
    assert!(project.store().decisions().expect("decisions").is_empty());
}

#[test]
fn a_cookie_is_for_this_page_alone_and_is_not_the_token() {
    let project = two_papers();
    let server = Server::start(&project, &["ann", "bob"], &[]);
    let token = &server.tokens["ann"];
    assert_ne!(token, &server.tokens["bob"]);
    assert_eq!(token.len(), 64, "32 bytes of randomness");
    let body = json!({ "token": token }).to_string();
    let lines = request(&server.address, "POST", "/enter", "", body.len());
    let response = send(&server.address, &lines, body.as_bytes()).expect("a response");
    let cookie = response.header("set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    assert!(!cookie.contains(token.as_str()));
    let links = project.path("data/label-web.json");
    let rights = std::fs::metadata(links).expect("links").permissions().mode() & 0o777;
    assert_eq!(rights, 0o600);
}

#[test]
fn links_lead_somewhere_after_a_restart_until_they_are_made_anew() {
    let project = two_papers();
    let first = Server::start(&project, &["ann"], &[]).tokens["ann"].clone();
    let second = Server::start(&project, &["ann", "bob"], &[]).tokens["ann"].clone();
    assert_eq!(first, second);
    let third = Server::start(&project, &["ann"], &["--new-links"]).tokens["ann"].clone();
    assert_ne!(first, third);
}

#[test]
fn requests_by_another_host_or_from_another_page_are_refused() {
    let project = two_papers();
    let server = Server::start(&project, &["ann"], &[]);
    let mut page = server.page("ann");
    let view = page.view();
    let body = page.say(&view, "", &json!({ "do": "select", "value": "ct" }));
    let own = request(&server.address, "POST", "/answer", &page.cookie, body.len());
    for (changes, status) in [
        ([("Host", "evil.example")], 421),
        ([("Host", "127.0.0.1:1")], 421),
        ([("Origin", "http://evil.example")], 403),
        ([("Origin", "null")], 403),
        ([("Origin", "")], 403),
        ([("Sec-Fetch-Site", "cross-site")], 403),
        ([("Sec-Fetch-Site", "same-site")], 403),
    ] {
        let response = send(&server.address, &with(own.clone(), &changes), body.as_bytes());
        assert_eq!(response.expect("a response").status, status, "{changes:?}");
    }
    let foreign = with(
        request(&server.address, "GET", "/picture/1", &page.cookie, 0),
        &[("Sec-Fetch-Site", "cross-site")],
    );
    assert_eq!(send(&server.address, &foreign, b"").expect("a response").status, 403);
    assert!(project.store().decisions().expect("decisions").is_empty());
    assert_eq!(send(&server.address, &own, body.as_bytes()).expect("a response").status, 200);
}

#[test]
fn every_answer_has_a_strict_policy_and_the_page_holds_no_script_within() {
    let project = two_papers();
    let server = Server::start(&project, &["ann"], &[]);
    let page = server.page("ann");
    for path in ["/", "/page.css", "/main.js", "/view", "/picture/1", "/nothing"] {
        let response = page.get(path);
        let policy = response.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{path}: {policy}");
        assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"));
        assert_eq!(response.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(response.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(response.header("cross-origin-resource-policy"), "same-origin", "{path}");
    }
    let html = page.get("/").text();
    for foreign in ["<script>", "style=", " onclick", "http:", "https:", "//cdn"] {
        let html = html.replace("http://www.w3.org/2000/svg", "");
        assert!(!html.contains(foreign), "{foreign}");
    }
}

#[test]
fn no_path_from_a_request_is_opened() {
    let project = two_papers();
    let server = Server::start(&project, &["ann"], &[]);
    let page = server.page("ann");
    for path in [
        "/../data/covid-ct.sqlite",
        "/picture/../../data/label-web.json",
        "/picture/%2e%2e%2flabel-web.json",
        "/picture//etc/passwd",
        "/picture/1/../2",
        "/picture/1e0",
        "/picture/-1",
        "/picture/99999999999999999999",
        "/printed/%00",
        "/data/label-web.json",
        "//etc/passwd",
    ] {
        let response = page.get(path);
        assert!((400..500).contains(&response.status), "{path}: {}", response.status);
        assert!(!response.text().contains("root:") && response.body.len() < 200, "{path}");
    }
}

#[test]
fn sizes_are_limited() {
    let project = two_papers();
    let server = Server::start(&project, &["ann"], &[]);
    let page = server.page("ann");
    let large = format!("{{\"page\": \"{}\"", "x".repeat(200_000));
    assert_eq!(page.try_post(&large).map(|response| response.status), Some(413));
    let lines = with(
        request(&server.address, "GET", "/view", &page.cookie, 0),
        &[("X-Long", &"x".repeat(1_000_000))],
    );
    let refused = send(&server.address, &lines, b"");
    assert!(refused.is_none_or(|response| response.status == 431));
    assert_eq!(page.get("/view").status, 200);
}

#[test]
fn rates_are_limited_and_each_curator_has_their_own() {
    let project = two_papers();
    let server = Server::start(&project, &["ann", "bob"], &[]);
    let (ann, bob) = (server.page("ann"), server.page("bob"));
    let began = Instant::now();
    let refused = (0..2000).find(|_| ann.get("/page.css").status == 429);
    let took = began.elapsed();
    // So slow a machine asks at no rate that is too high.
    assert!(refused.is_some() || took > Duration::from_secs(20), "{took:?}");
    assert_eq!(bob.get("/view").status, 200);
    let guesses = (0..400).map(|guess| {
        let body = json!({ "token": format!("{guess:064}") }).to_string();
        let lines = request(&server.address, "POST", "/enter", "", body.len());
        send(&server.address, &lines, body.as_bytes()).expect("a response").status
    });
    assert!(guesses.into_iter().any(|status| status == 429) || took > Duration::from_secs(20));
}

#[test]
fn who_says_nothing_is_not_waited_for_and_keeps_nobody_out() {
    let project = two_papers();
    let server = Server::start(&project, &["ann"], &[]);
    let page = server.page("ann");
    let mut silent: Vec<TcpStream> =
        (0..40).map(|_| TcpStream::connect(&server.address).expect("connected")).collect();
    for stream in &mut silent {
        stream.write_all(b"GET /view HTTP/1.1\r\nHost: ").expect("written");
    }
    assert_eq!(page.get("/view").status, 200);
    let mut byte = [0; 1];
    silent[0].set_read_timeout(Some(Duration::from_mins(1))).expect("set");
    let read = silent[0].read(&mut byte);
    assert!(read.is_ok(), "cut off or told so: {read:?}");
    // One address has so many connections, and no more.
    let many: Vec<TcpStream> =
        (0..200).filter_map(|_| TcpStream::connect(&server.address).ok()).collect();
    let open = many.iter().filter(|stream| {
        stream.set_read_timeout(Some(Duration::from_millis(20))).expect("set");
        let mut byte = [0; 1];
        let closed = matches!((&**stream).read(&mut byte), Ok(0));
        !closed
    });
    assert!(open.count() <= 64);
}

#[test]
fn a_second_reader_is_sent_nothing_of_what_was_said() {
    let project = two_papers();
    let script = "# peculiar\nc\n# peculiar\nc\nc\nimage my very words\nc\n\n\n\nw\n\ny\nDoe\n81\n\n\nDoe\n\n";
    let first = ["label", "--plain", "--curator", "zacharias"];
    project.command(first).write_stdin(script).assert().success();
    let server = Server::start(&project, &["bob"], &["--second-reader", "--share", "1"]);
    let mut page = server.page("bob");
    let mut view = page.view();
    let mut seen = 0;
    while !view["stage"].is_null() {
        let history = page.answer(&view, "", &json!({ "do": "history" }));
        for secret in ["zacharias", "peculiar", "my very words", "Doe", "81"] {
            let sent = format!("{view} {history}");
            assert!(!sent.contains(secret), "{secret}: {sent}");
        }
        view = page.go(&view, &json!({ "do": "skip" }));
        seen += 1;
    }
    assert!(seen > 3, "several stages");
}

#[test]
fn two_curators_are_never_asked_about_one_paper() {
    let project = two_papers();
    let server = Server::start(&project, &["ann", "bob", "eve"], &[]);
    let papers: Vec<String> = ["ann", "bob", "eve"]
        .map(|curator| server.page(curator).view()["shown"]["paper"][0][1].to_string())
        .into();
    assert_ne!(papers[0], papers[1]);
    assert_eq!(papers[2], "null", "the two papers are at others' hands: {papers:?}");
}

#[test]
fn markup_controls_and_quotes_are_sent_as_text() {
    let project = Project::new();
    let mut store = project.store();
    let mut scan = image_on(1, 1, grey_object(&store, (120, 120)), (120, 120));
    scan.file_name = Some("a\"b'<i>.png".into());
    let caption = "Figure 1. <script>alert(1)</script> CT \u{202e}of \u{7}\"x\" & <b>y</b>.";
    let mut found = extraction("x", vec![scan], vec![figure_on(1, caption)]);
    found.paper.title = "A\u{1b}[31m title\u{0}\u{9b}".into();
    store.record(&found, Source::Pdf).expect("recorded");
    drop(store);
    let server = Server::start(&project, &["ann"], &[]);
    let page = server.page("ann");
    let response = page.get("/view");
    assert_eq!(response.header("content-type"), "application/json");
    let view = response.json();
    let shown = &view["shown"];
    let parts = shown["caption"].as_array().expect("parts");
    let sent: String = parts.iter().map(|part| part["text"].as_str().expect("text")).collect();
    assert_eq!(sent, "Figure 1. <script>alert(1)</script> CT of  \"x\" & <b>y</b>.");
    assert!(view.to_string().contains("a\\\"b'<i>.png"));
    assert!(!view.to_string().contains("\\u001b") && view.to_string().contains("A [31m title"));
}

#[test]
fn tls_is_spoken_where_a_certificate_is_given() {
    let project = two_papers();
    let names = vec!["labels.example.org".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let (cert, key) = (project.path("cert.pem"), project.path("key.pem"));
    std::fs::write(&cert, made.cert.pem()).expect("written");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("written");
    let [cert, key] = [&cert, &key].map(|path| path.to_str().expect("text"));
    let options =
        ["--tls-cert", cert, "--tls-key", key, "--origin", "https://labels.example.org:8443"];
    let server = Server::start_at(&project, "127.0.0.1:18443", &["ann"], &options);
    let server = server.expect("a server");
    assert_eq!(server.address, "labels.example.org:8443");
    // Plain HTTP gets no answer.
    let plain = request("labels.example.org:8443", "GET", "/", "", 0);
    assert!(send("127.0.0.1:18443", &plain, b"").is_none());
    let curl = std::process::Command::new("curl")
        .args(["--silent", "--show-error", "--include", "--cacert", cert, "--resolve"])
        .args(["labels.example.org:8443:127.0.0.1", "--connect-to", "::127.0.0.1:18443"])
        .arg("https://labels.example.org:8443/")
        .output();
    let Ok(curl) = curl else { return crate::common::skipped("curl is not here") };
    let text = crate::common::text(&curl.stdout);
    assert!(text.starts_with("HTTP/1.1 200"), "{text} {}", crate::common::text(&curl.stderr));
    let wrong = ["--tls-cert", key, "--tls-key", key];
    project
        .command(["label", "--web", "--curators", "ann"])
        .args(wrong)
        .assert()
        .code(2)
        .stderr(predicate::str::contains("key.pem"));
}

#[test]
fn what_is_no_answer_changes_nothing() {
    let project = two_papers();
    let server = Server::start(&project, &["ann"], &[]);
    let mut page: Page = server.page("ann");
    let view = page.view();
    for body in ["", "{}", "[]", "null", "{\"page\":1}", "\u{0}"] {
        assert_eq!(page.try_post(body).map(|response| response.status), Some(400), "{body}");
    }
    for action in [
        json!({ "do": "select", "value": "everything" }),
        json!({ "do": "select", "value": "ct", "more": 1 }),
        json!({ "do": "shutdown" }),
    ] {
        let body = page.say(&view, "", &action);
        assert_eq!(page.try_post(&body).map(|response| response.status), Some(400), "{action}");
    }
    for action in [
        json!({ "do": "crop", "edits": ["w"], "certain": true }),
        json!({ "do": "settle", "reading": 9, "certain": true }),
        json!({ "do": "keep" }),
        json!({ "do": "group", "panels": [1, 2], "name": "x" }),
        json!({ "do": "sheet", "images": [1], "marked": [], "turned": [] }),
    ] {
        let reply = page.answer(&view, "", &action);
        assert_ne!(reply["refused"], "", "{action}: {reply}");
    }
    assert!(project.store().decisions().expect("decisions").is_empty());
}
