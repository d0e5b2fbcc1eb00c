//! Twenty curators at once, and a server that is killed: every acknowledged decision is there, none twice.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::common::Project;
use crate::pages::papers;
use crate::server::{Page, Server};

const CURATORS: usize = 20;
const DECISIONS: usize = 2000;
const KILLS: usize = 20;

/// How long a curator goes on without any answer.
const PATIENCE: Duration = Duration::from_mins(5);

fn names() -> Vec<String> {
    (0..CURATORS).map(|number| format!("curator-{number:02}")).collect()
}

/// Sends until it is acknowledged, as the page does.
fn acknowledged(page: &Page, body: &str) -> Value {
    let began = Instant::now();
    loop {
        if let Some(response) = page.try_post(body)
            && response.status == 200
        {
            return response.json();
        }
        assert!(began.elapsed() < PATIENCE, "no answer to {body}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// What a page shows once there is a server.
fn shown(page: &Page) -> Value {
    let began = Instant::now();
    let lines = crate::server::request(&page.address, "GET", "/view", &page.cookie, 0);
    loop {
        if let Some(response) = crate::server::send(&page.address, &lines, b"")
            && response.status == 200
        {
            return response.json();
        }
        assert!(began.elapsed() < PATIENCE, "nothing is shown");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Selects until nothing is left; gives what was acknowledged, by picture.
fn curate(mut page: Page) -> HashMap<i64, &'static str> {
    let mut told = HashMap::new();
    let mut view = shown(&page);
    let mut idle = 0;
    while idle < 3 {
        if view["stage"].is_null() {
            // Others have the rest at hand, or did it.
            idle += 1;
            thread::sleep(Duration::from_millis(300));
            view = shown(&page);
            continue;
        }
        idle = 0;
        let image = view["shown"]["picture"]["id"].as_i64().expect("an id");
        let value = ["ct", "not-ct", "unsure"][image as usize % 3];
        let body = page.say(&view, "", &json!({ "do": "select", "value": value }));
        let reply = acknowledged(&page, &body);
        if reply["refused"] == "" {
            told.insert(image, value);
        }
        view = reply["view"].clone();
    }
    told
}

#[test]
fn twenty_curators_and_twenty_kills_lose_and_double_nothing() {
    let project = papers(DECISIONS);
    let names = names();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let options = ["select"];
    let mut server = Server::start(&project, &names, &options);
    let address = server.address.clone();
    let pages: Vec<Page> = names.iter().map(|name| server.page(name)).collect();
    let done = AtomicBool::new(false);
    let began = Instant::now();
    let (told, kills) = thread::scope(|scope| {
        let curators: Vec<_> =
            pages.into_iter().map(|page| scope.spawn(move || curate(page))).collect();
        let killer =
            scope.spawn(|| kill_now_and_then(&project, &mut server, &address, &names, &done));
        let told: Vec<HashMap<i64, &str>> =
            curators.into_iter().map(|curator| curator.join().expect("a curator")).collect();
        done.store(true, Ordering::Relaxed);
        (told, killer.join().expect("kills"))
    });
    let took = began.elapsed();
    let by_curator: Vec<usize> = told.iter().map(HashMap::len).collect();
    let decisions = project.store().decisions().expect("decisions");
    let mut written: BTreeMap<i64, Vec<(String, String)>> = BTreeMap::new();
    for decision in decisions {
        let value = decision.value.map(|value| value.to_string()).unwrap_or_default();
        written.entry(decision.subject.image).or_default().push((decision.curator, value));
    }
    let twice: Vec<_> = written.iter().filter(|(_, said)| said.len() > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    for (name, told) in names.iter().zip(&told) {
        for (image, value) in told {
            assert_eq!(written[image], [((*name).to_owned(), (*value).to_owned())], "{image}");
        }
    }
    assert_eq!(written.len(), DECISIONS);
    println!(
        "{CURATORS} curators, {DECISIONS} decisions, {kills} kills: {:.1} s; by curator {by_curator:?}",
        took.as_secs_f64()
    );
    assert!(kills > 0);
}

/// Kills the server and starts it again at the same address, until all is done.
fn kill_now_and_then(
    project: &Project,
    server: &mut Server,
    address: &str,
    names: &[&str],
    done: &AtomicBool,
) -> usize {
    let mut chance = ChaCha8Rng::seed_from_u64(34);
    let mut kills = 0;
    while kills < KILLS && !done.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(chance.random_range(100..900)));
        server.kill();
        kills += 1;
        let began = Instant::now();
        loop {
            // Without the selected stage another would be asked about next.
            let again = Server::start_at(project, address, names, &["select"]);
            if let Some(again) = again {
                *server = again;
                break;
            }
            assert!(began.elapsed() < PATIENCE, "the address stays taken");
            thread::sleep(Duration::from_millis(20));
        }
    }
    kills
}
