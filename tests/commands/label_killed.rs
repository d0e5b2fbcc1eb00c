//! `covid-ct label` killed in the middle of labelling: what it said it wrote is written, and once.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::common::{Project, extraction, figure_on, grey_object, image_on};
use covid_ct::Workspace;
use covid_ct::store::Source;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

const ROUNDS: usize = 50;
/// Answers a round gives at most, before the kill.
const ANSWERS: usize = 6;
/// A kill comes at most so long after the last answer, in microseconds: before, while or after it is
/// written.
const LATEST: u64 = 6000;
/// Longer than any question takes to appear on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A corpus with more pictures than all rounds can decide on.
fn corpus() -> Project {
    let project = Project::new();
    let mut store = project.store();
    let object = grey_object(&store, (120, 120));
    for paper in 0..ROUNDS {
        let images = (1..=8).map(|xref| image_on(2, xref, object.clone(), (120, 120)));
        let figure = figure_on(2, "Figure 1. Chest CT.");
        let name = format!("2020.01.01.{paper:08}");
        let found = extraction(&name, images.collect(), vec![figure]);
        store.record(&found, Source::Pdf).expect("recorded");
    }
    project
}

/// A session whose answers are typed one by one.
struct Session {
    child: Child,
    told: Receiver<String>,
}

impl Session {
    fn start(project: &Project) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_covid-ct"))
            .args(["label", "select", "--plain", "--curator", "ann"])
            .env("COVID_CT_WORKSPACE", project.path(""))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("started");
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        let (tell, told) = channel();
        thread::spawn(move || {
            let mut line = Vec::new();
            // A question ends in ": ", not in a line break.
            while output.read_until(b' ', &mut line).is_ok_and(|read| read > 0) {
                if tell.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    break;
                }
                line.clear();
            }
        });
        Self { child, told }
    }

    /// Waits for the question, and counts the decisions told of before it.
    fn wait_for_question(&self) -> usize {
        let mut text = String::new();
        while !text.contains("CT? [") {
            text += &self.told.recv_timeout(PATIENCE).expect("a question");
        }
        decisions(&text)
    }

    fn answer(&mut self, key: &str) {
        let input = self.child.stdin.as_mut().expect("piped");
        writeln!(input, "{key}").expect("typed");
    }

    /// Kills it; returns the decisions it told of since the last question.
    fn kill(mut self) -> usize {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
        decisions(&self.told.iter().collect::<String>())
    }
}

/// How many decisions a session says, in this text, that it wrote.
fn decisions(text: &str) -> usize {
    ["select: ct\n", "select: not-ct\n", "select: unsure\n"]
        .iter()
        .map(|said| text.matches(said).count())
        .sum()
}

/// Rows in the database, and subjects among them.
fn written(workspace: &Path) -> (usize, usize) {
    let path = Workspace::new(workspace).data().join("covid-ct.sqlite");
    let db = rusqlite::Connection::open(path).expect("opened");
    let sql = "SELECT count(*), count(DISTINCT image) FROM decision WHERE value IS NOT NULL";
    db.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).expect("counted")
}

#[test]
fn a_killed_session_keeps_every_decision_it_told_of_and_none_twice() {
    let project = corpus();
    let mut chance = ChaCha8Rng::seed_from_u64(9);
    let mut known = 0;
    for round in 0..ROUNDS {
        let mut session = Session::start(&project);
        let mut told = session.wait_for_question();
        let answers = chance.random_range(1..=ANSWERS);
        for number in 1..=answers {
            session.answer(["c", "n", "m"][number % 3]);
            if number < answers {
                told += session.wait_for_question();
            }
        }
        thread::sleep(Duration::from_micros(chance.random_range(0..LATEST)));
        told += session.kill();
        let (rows, subjects) = written(&project.path(""));
        let new = rows - known;
        assert!((told..=answers).contains(&new), "round {round}: {told} told, {new} written");
        assert!(told + 1 >= answers, "round {round}: all but the last were told of");
        assert_eq!(rows, subjects, "round {round}: one decision a picture");
        known = rows;
    }
    assert!(known > ROUNDS, "{known} decisions");
}
