//! `covid-ct fetch` against servers that misbehave in every way that servers do.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Output, Stdio};
use std::time::{Duration, SystemTime};

use crate::common::{Project, text};
use crate::server::{Answer, Request, Sending, Server};
use covid_ct::corpus::{Manifest, Row, State};
use covid_ct_core::sha256_hex;

/// A PDF that no reader opens, which a fetch need not know.
fn pdf(name: &str, length: usize) -> Vec<u8> {
    let mut bytes = format!("%PDF-1.4\n% {name}\n").into_bytes();
    let mut state = u32::try_from(name.len()).expect("short");
    while bytes.len() < length {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        bytes.push((state >> 24) as u8);
    }
    bytes.extend(b"\n%%EOF\n");
    bytes
}

const LENGTH: usize = 40_000;

/// `10.1101/NAME`, version 1, at its server.
fn row(server: &str, name: &str) -> Row {
    Row {
        url: format!("{server}/content/10.1101/{name}v1.full.pdf"),
        ..Row::new("medrxiv", &format!("10.1101/{name}"), Some(1))
    }
}

fn write_manifest(project: &Project, rows: impl IntoIterator<Item = Row>) {
    let mut manifest = Manifest::default();
    for row in rows {
        manifest.put(row);
    }
    manifest.write(&project.path("corpus/manifest.csv")).expect("written");
}

fn manifest(project: &Project) -> BTreeMap<String, Row> {
    let manifest = Manifest::read(&project.path("corpus/manifest.csv")).expect("manifest");
    let name = |row: &Row| row.doi.trim_start_matches("10.1101/").to_owned();
    manifest.rows().map(|row| (name(row), row.clone())).collect()
}

/// What is asked for by a path, `/content/10.1101/NAMEv1.full.pdf`.
fn name_of(path: &str) -> String {
    let file = path.rsplit('/').next().unwrap_or_default();
    file.trim_end_matches("v1.full.pdf").to_owned()
}

/// Quick, and as polite as a test can wait for.
const QUICK: [&str; 10] = [
    "fetch",
    "--allow-private",
    "--spacing",
    "0.05",
    "--backoff",
    "0.05",
    "--tries",
    "3",
    "--contact",
    "a@b.org",
];

/// A date as HTTP writes it, so many seconds from now.
fn in_seconds(seconds: u64) -> String {
    httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(seconds))
}

/// Each file is sent as its name says; those whose name begins with a bad word never come whole.
// One line a file: some files come alike.
#[allow(clippy::match_same_arms)]
fn misbehave(request: &Request) -> Answer {
    let name = name_of(&request.path);
    let file = pdf(&name, LENGTH);
    let first = request.nth == 0;
    let page = "<!DOCTYPE html><html><title>Just a moment...</title></html>";
    let etag = "\"1\"";
    match name.as_str() {
        "a-plain" => Answer::new(200, file),
        "b-cut" if first => Answer::ranged(request, &file, etag).sent(Sending::Cut(20_000)),
        "b-cut" => Answer::ranged(request, &file, etag),
        "c-challenge" => Answer::new(403, page).with("Content-Type", "text/html; charset=UTF-8"),
        "d-cut-no-range" if first => Answer::new(200, file).sent(Sending::Cut(9_000)),
        "d-cut-no-range" => Answer::new(200, file),
        "e-limited" if first => Answer::new(429, "").with("Retry-After", "1"),
        "e-limited" => Answer::new(200, file),
        "f-page" => Answer::new(200, page).with("Content-Type", "text/html"),
        "g-limited-date" if first => Answer::new(503, "").with("Retry-After", in_seconds(3)),
        "g-limited-date" => Answer::new(200, file),
        "h-broken" if request.nth < 2 => Answer::new(500, "oops"),
        "h-broken" => Answer::new(200, file),
        "i-truncated" => Answer::new(200, file).sent(Sending::Cut(LENGTH / 2)),
        "j-stalls" if first => Answer::ranged(request, &file, etag).sent(Sending::Stall(11_000)),
        "j-stalls" => Answer::ranged(request, &file, etag),
        "k-breaks-off" => Answer::new(200, &file[..LENGTH / 2]).sent(Sending::Unmeasured),
        "l-gone" => Answer::new(404, page),
        "m-junk" => Answer::new(200, vec![7; 5000]),
        "n-changed" => Answer::new(200, file),
        // Another file by the time the rest is asked for.
        "o-replaced" if first => {
            Answer::ranged(request, &pdf("old", LENGTH), etag).sent(Sending::Cut(20_000))
        }
        "o-replaced" => Answer::ranged(request, &file, "\"2\""),
        // Goes on from another place than was asked for.
        "p-bad-range" if first => Answer::ranged(request, &file, etag).sent(Sending::Cut(20_000)),
        "p-bad-range" if request.start().is_some() => {
            let range = format!("bytes 100-{}/{}", file.len() - 1, file.len());
            Answer::new(206, &file[100..]).with("ETag", etag).with("Content-Range", range)
        }
        "p-bad-range" => Answer::new(200, file),
        "q-moved" if request.path.starts_with("/content") => {
            Answer::new(302, "").with("Location", "/moved/q-movedv1.full.pdf")
        }
        "q-moved" => Answer::new(200, file),
        "r-unmeasured" => Answer::new(200, file).sent(Sending::Unmeasured),
        "s-no-rest" if first => Answer::ranged(request, &file, etag).sent(Sending::Cut(20_000)),
        "s-no-rest" if request.start().is_some() => Answer::new(416, ""),
        "s-no-rest" => Answer::new(200, file),
        other => Answer::new(404, format!("no {other}")),
    }
}

const GOOD: [&str; 12] = [
    "a-plain",
    "b-cut",
    "d-cut-no-range",
    "e-limited",
    "g-limited-date",
    "h-broken",
    "j-stalls",
    "o-replaced",
    "p-bad-range",
    "q-moved",
    "r-unmeasured",
    "s-no-rest",
];
const BAD: [(&str, State, &str); 7] = [
    ("c-challenge", State::Refused, "wants to see a person"),
    ("f-page", State::Refused, "HTML page"),
    ("i-truncated", State::Failed, "connection broke"),
    ("k-breaks-off", State::Damaged, "%%EOF"),
    ("l-gone", State::Missing, "does not have it"),
    ("m-junk", State::Damaged, "not with %PDF-"),
    ("n-changed", State::Changed, "other bytes"),
];

#[test]
fn every_good_file_comes_whole_and_every_bad_one_is_named() {
    let project = Project::new();
    let server = Server::start(misbehave);
    let known = sha256_hex(b"what it was before");
    let rows = GOOD.into_iter().chain(BAD.map(|(name, ..)| name)).map(|name| {
        let sha256 = if name == "n-changed" { known.clone() } else { String::new() };
        Row { sha256, ..row(&server.address, name) }
    });
    write_manifest(&project, rows);

    let mut command = project.command(QUICK);
    let output = command.args(["--timeout", "2"]).output().expect("run");
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");

    let manifest = manifest(&project);
    for name in GOOD {
        let path = project.path(&format!("corpus/pdf/{name}v1.full.pdf"));
        let expected = pdf(name, LENGTH);
        assert!(fs::read(path).expect(name) == expected, "{name}");
        let row = &manifest[name];
        assert_eq!((row.state, row.bytes), (State::Done, Some(expected.len() as u64)), "{name}");
        assert_eq!(row.sha256, sha256_hex(&expected), "{name}");
    }
    for (name, state, word) in BAD {
        assert_eq!(manifest[name].state, state, "{name}");
        assert!(!project.path(&format!("corpus/pdf/{name}v1.full.pdf")).exists(), "{name}");
        let named = told.lines().any(|line| line.contains(name) && line.contains(word));
        assert!(named, "{name}: {told}");
    }
    // What has changed is kept apart, and what was known is not forgotten.
    assert_eq!(manifest["n-changed"].sha256, known);
    let apart: Vec<_> = fs::read_dir(project.path("corpus/changed")).expect("folder").collect();
    assert_eq!(apart.len(), 1);
    // Nothing is left lying about.
    let left: Vec<String> = fs::read_dir(project.path("corpus/pdf"))
        .expect("folder")
        .map(|entry| entry.expect("entry").path())
        .filter(|path| path.extension().is_none_or(|ending| ending != "pdf"))
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .filter(|name| !name.starts_with("i-truncated"))
        .collect();
    assert!(left.is_empty(), "{left:?}");

    // As polite as was asked for, whatever happened in between.
    assert_eq!(server.most_open(), 1);
    assert!(server.shortest_gap() >= Duration::from_millis(50), "{:?}", server.shortest_gap());
    let requests = server.requests();
    let of = |name: &str| -> Vec<&Request> {
        requests.iter().filter(|request| name_of(&request.path) == name).collect()
    };
    assert_eq!(of("b-cut")[1].header("range"), Some("bytes=20000-"));
    assert_eq!(of("b-cut")[1].header("if-range"), Some("\"1\""));
    assert_eq!(of("j-stalls")[1].start(), Some(11_000));
    assert_eq!(of("d-cut-no-range")[1].header("range"), None, "nothing tells the file again");
    assert!(of("e-limited")[1].at - of("e-limited")[0].at >= Duration::from_secs(1));
    assert!(of("g-limited-date")[1].at - of("g-limited-date")[0].at >= Duration::from_secs(1));
    assert_eq!(of("c-challenge").len(), 3, "it is asked as often as --tries says");
    assert_eq!(of("i-truncated").len(), 3, "what cannot be gone on from is no progress");
    assert_eq!(of("l-gone").len(), 1);
    let agent = requests[0].header("user-agent").expect("an agent");
    assert!(agent.starts_with("covid-ct/") && agent.contains("mailto:a@b.org"), "{agent}");

    // Again: only what may come now is asked for.
    let before = requests.len();
    project.command(QUICK).args(["--timeout", "2"]).assert().code(1);
    let again: Vec<String> = server.paths()[before..].iter().map(|path| name_of(path)).collect();
    for name in GOOD.iter().chain(&["l-gone", "n-changed"]) {
        assert!(!again.contains(&(*name).to_owned()), "{name} is asked for again");
    }
    assert!(again.contains(&"c-challenge".to_owned()));

    // The changed one is taken when that is wanted.
    project.command(QUICK).args(["--timeout", "2", "--accept-changed"]).assert().code(1);
    let row = &self::manifest(&project)["n-changed"];
    assert_eq!(
        (row.state, row.sha256.clone()),
        (State::Done, sha256_hex(&pdf("n-changed", LENGTH)))
    );
}

/// Neither a list nor a server leads to this machine or its network, by number or by name.
#[test]
fn strangers_lead_to_no_private_address() {
    let project = Project::new();
    let server = Server::start(|request: &Request| {
        let port = request.header("host").and_then(|host| host.rsplit(':').next()).unwrap_or("80");
        let to = |host: &str| {
            Answer::new(302, "").with("Location", format!("http://{host}:{port}/moved/x.pdf"))
        };
        match name_of(&request.path).as_str() {
            "a-number" => to("127.0.0.2"),
            "b-name" => to("localhost"),
            _ => Answer::new(200, pdf("x", LENGTH)),
        }
    });
    let names = ["a-number", "b-name", "c-plain"];
    write_manifest(&project, names.map(|name| row(&server.address, name)));
    let refused = |output: &Output| text(&output.stderr).matches("--allow-private").count();

    // Named by the list alone.
    let own: Vec<&str> = QUICK.into_iter().filter(|arg| *arg != "--allow-private").collect();
    let output = project.command(own.iter().copied()).output().expect("run");
    assert_eq!((output.status.code(), refused(&output)), (Some(1), 3), "{}", text(&output.stderr));
    assert!(server.requests().is_empty());

    // Named by the user, who has not named where it leads.
    let template = format!("{}/{{doi}}v{{version}}.full.pdf", server.address);
    let mut command = project.command(own.iter().copied());
    let output = command.args(["--retry-failed", "--pdf-url", &template]).output().expect("run");
    assert_eq!((output.status.code(), refused(&output)), (Some(1), 2), "{}", text(&output.stderr));
    assert!(server.paths().iter().all(|path| !path.starts_with("/moved")));
    assert_eq!(manifest(&project)["c-plain"].state, State::Done);
}

#[test]
fn twenty_kills_lose_nothing() {
    let project = Project::new();
    let files: Vec<String> = (0..40).map(|number| format!("paper-{number:02}")).collect();
    let server = Server::start(|request| {
        let file = pdf(&name_of(&request.path), LENGTH);
        // Some break off by themselves too.
        let ranged = Answer::ranged(request, &file, "\"1\"");
        match (request.nth, name_of(&request.path).as_bytes()[7] % 2) {
            (0, 0) => ranged.sent(Sending::Cut(15_000)),
            _ => ranged.sent(Sending::Slow),
        }
    });
    write_manifest(&project, files.iter().map(|name| row(&server.address, name)));
    let mut chance = 12_345_u32;
    let mut kills = 0;
    while kills < 20 {
        chance = chance.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        let until = server.requests().len() + 1 + (chance >> 16) as usize % 3;
        let mut child = std::process::Command::new(crate::PROGRAM)
            .args(QUICK)
            .env("COVID_CT_WORKSPACE", project.path(""))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("started");
        // Killed in the middle of what it does, however slow the machine is.
        let mut ended = false;
        while server.requests().len() < until && !ended {
            ended = child.try_wait().expect("child").is_some();
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(u64::from(chance >> 24) % 40));
        child.kill().expect("killed");
        child.wait().expect("ended");
        kills += 1;
        // At any moment the manifest can be read, and a PDF that has its name is whole.
        assert_eq!(manifest(&project).len(), files.len());
        for name in &files {
            if let Ok(found) = fs::read(project.path(&format!("corpus/pdf/{name}v1.full.pdf"))) {
                assert!(found == pdf(name, LENGTH), "{name} after {kills} kills");
            }
        }
        if ended {
            break;
        }
    }
    project.command(QUICK).assert().success();
    let manifest = manifest(&project);
    for name in &files {
        let found = fs::read(project.path(&format!("corpus/pdf/{name}v1.full.pdf"))).expect(name);
        assert!(found == pdf(name, LENGTH), "{name}");
        assert_eq!(
            (manifest[name].state, &manifest[name].sha256),
            (State::Done, &sha256_hex(&found))
        );
    }
    assert!(kills == 20, "only {kills} kills before all was done: more papers are needed");
    assert!(server.shortest_gap() >= Duration::from_millis(50), "{:?}", server.shortest_gap());
    assert_eq!(fs::read_dir(project.path("corpus/pdf")).expect("folder").count(), files.len());
}

#[test]
fn a_host_that_refuses_is_left_alone_and_it_is_said_what_to_do() {
    let project = Project::new();
    let server = Server::start(|_| Answer::new(403, "<html>no").with("Content-Type", "text/html"));
    write_manifest(&project, (0..9).map(|number| row(&server.address, &format!("p{number}"))));
    let output = project.command(QUICK).output().expect("run");
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert_eq!(server.requests().len(), 9, "three papers, three times each");
    for word in ["is not asked again", "--from DIR", "--requester-pays", "docs/corpus.md"] {
        assert!(told.contains(word), "{word}: {told}");
    }
    assert!(text(&output.stdout).contains("6 not asked for"), "{}", text(&output.stdout));
    let states: Vec<State> = manifest(&project).values().map(|row| row.state).collect();
    assert_eq!(states.iter().filter(|state| **state == State::Refused).count(), 3);
    assert_eq!(states.iter().filter(|state| **state == State::Wanted).count(), 6);
}

#[test]
fn a_server_that_asks_for_a_long_wait_is_left_at_once() {
    let project = Project::new();
    let server = Server::start(|_| Answer::new(429, "").with("Retry-After", "7200"));
    write_manifest(&project, (0..3).map(|number| row(&server.address, &format!("p{number}"))));
    let output = project.command(QUICK).output().expect("run");
    assert_eq!(server.requests().len(), 1);
    assert!(text(&output.stderr).contains("come back in 7200 s"), "{}", text(&output.stderr));
    // Another process knows it too.
    let output = project.command(QUICK).output().expect("run");
    assert_eq!((output.status.code(), server.requests().len()), (Some(1), 1));
    assert!(text(&output.stderr).contains("asked before"), "{}", text(&output.stderr));
}

#[test]
fn a_disk_that_takes_nothing_stops_the_run() {
    let project = Project::new();
    let server = Server::start(|request| Answer::new(200, pdf(&name_of(&request.path), 5000)));
    write_manifest(&project, (0..5).map(|number| row(&server.address, &format!("p{number}"))));
    // Where PDFs are to go is no folder.
    fs::write(project.path("corpus/pdf"), b"").expect("written");
    let output = project.command(QUICK).output().expect("run");
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("corpus/pdf"), "{}", text(&output.stderr));
    assert!(server.requests().is_empty(), "nothing is asked for that cannot be kept");
}

#[test]
fn a_host_whose_answers_make_no_sense_is_left_alone() {
    let project = Project::new();
    let server = Server::start(|_| Answer::new(400, "what?"));
    write_manifest(&project, (0..9).map(|number| row(&server.address, &format!("p{number}"))));
    let output = project.command(QUICK).output().expect("run");
    assert_eq!((output.status.code(), server.requests().len()), (Some(1), 3));
    assert!(text(&output.stderr).contains("is not asked again"), "{}", text(&output.stderr));
}

#[test]
fn redirects_end_and_large_files_are_not_taken() {
    let project = Project::new();
    let server = Server::start(|request| match name_of(&request.path).as_str() {
        "round" => Answer::new(302, "").with("Location", request.path.clone()),
        _ => Answer::new(200, pdf("large", 2 << 20)),
    });
    write_manifest(&project, ["round", "large"].map(|name| row(&server.address, name)));
    let output = project.command(QUICK).args(["--max-size", "1"]).output().expect("run");
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("in circles") && told.contains("--max-size"), "{told}");
    let rounds = server.requests().len() - 1;
    assert!(rounds.is_multiple_of(3) && rounds <= 18, "three tries of a few steps each: {rounds}");
    assert_eq!(fs::read_dir(project.path("corpus/pdf")).expect("folder").count(), 0);
}

#[test]
fn a_file_that_differs_from_the_manifest_is_never_overwritten() {
    let project = Project::new();
    let server = Server::start(|request| Answer::new(200, pdf(&name_of(&request.path), 5000)));
    let sha256 = sha256_hex(&pdf("x", 5000));
    write_manifest(&project, [Row { sha256, ..row(&server.address, "x") }]);
    let path = project.path("corpus/pdf/xv1.full.pdf");
    fs::create_dir_all(path.parent().expect("folder")).expect("folder");
    fs::write(&path, b"%PDF-1.4 mine\n%%EOF").expect("written");
    let output = project.command(QUICK).output().expect("run");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("other bytes"), "{}", text(&output.stderr));
    assert_eq!(fs::read(&path).expect("file"), b"%PDF-1.4 mine\n%%EOF");
    assert!(server.requests().is_empty());
    // Moved away, it comes again as the manifest knows it.
    fs::remove_file(&path).expect("removed");
    project.command(QUICK).assert().success();
    assert_eq!(manifest(&project)["x"].state, State::Done);
}

#[test]
fn one_fetch_at_a_time_works_on_a_workspace() {
    let project = Project::new();
    let server = Server::start(|request| {
        Answer::new(200, pdf(&name_of(&request.path), 5000)).sent(Sending::Stall(100))
    });
    write_manifest(&project, [row(&server.address, "x")]);
    let child = std::process::Command::new(crate::PROGRAM)
        .args(QUICK)
        .env("COVID_CT_WORKSPACE", project.path(""))
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    while server.requests().is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = project.command(QUICK).output().expect("run");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("another `covid-ct fetch`"), "{}", text(&output.stderr));
    // Ctrl-C ends the first at once, and says so.
    let id = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw).expect("id");
    rustix::process::kill_process(id, rustix::process::Signal::INT).expect("signal");
    let output = child.wait_with_output().expect("ended");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("interrupted"), "{}", text(&output.stderr));
    assert_eq!(manifest(&project)["x"].state, State::Wanted);
}

#[test]
fn what_cannot_run_says_why() {
    let project = Project::new();
    let output = project.command(["fetch", "--manifest", "none.csv"]).output().expect("run");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no manifest"), "{}", text(&output.stderr));
    for (args, word) in [
        (["--keyword", " "], "no keyword"),
        (["--since", "2020-04-01"], "ends before it begins"),
        (["--until", "soon"], "no date"),
    ] {
        let output = project.command(["fetch", "--search"]).args(args).output().expect("run");
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(word), "{}", text(&output.stderr));
    }
    fs::create_dir_all(project.path("corpus")).expect("folder");
    fs::write(project.path("corpus/manifest.csv"), "server,doi\nx,y\n").expect("written");
    let output = project.command(["fetch"]).output().expect("run");
    assert!(text(&output.stderr).contains("line 2"), "{}", text(&output.stderr));
}
