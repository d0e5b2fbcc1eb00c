//! How long `covid-ct label` takes to ask its next question where a database holds 50,000 figures.
//! Prints the measured times; a busy machine may be slow, so none of them fails the test.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::terminal::Terminal;
use crate::common::{Project, extraction, grey_object, image_on};
use covid_ct::document::FoundFigure;
use covid_ct::figures::{FigureKind, Mention, Pairing};
use covid_ct::store::Source;

const PAPERS: usize = 500;
const FIGURES: u32 = 100;
const ANSWERS: usize = 40;

fn figure(number: u32, image: usize) -> FoundFigure {
    let text = if number.is_multiple_of(7) {
        "Axial chest CT of a patient"
    } else {
        "Number of cases by week"
    };
    let mentions = (1..=2).map(|page| Mention {
        page,
        text: format!("The findings are shown in Figure {number}."),
        panels: Vec::new(),
    });
    FoundFigure {
        label: Some(format!("Figure {number}")),
        kind: FigureKind::Figure,
        caption: format!("Figure {number}. {text}."),
        caption_page: Some(number),
        page: Some(number),
        images: vec![(image, 0)],
        pairing: Pairing::Below,
        mentions: mentions.collect(),
        ..crate::common::figure_on(number, "")
    }
}

fn corpus() -> Project {
    let project = Project::new();
    let mut store = project.store();
    let object = grey_object(&store, (200, 160));
    for paper in 0..PAPERS {
        let images =
            (1..=FIGURES).map(|number| image_on(number, number, object.clone(), (200, 160)));
        let figures = (1..=FIGURES).map(|number| figure(number, number as usize - 1));
        let name = format!("2020.01.01.{paper:08}");
        let found = extraction(&name, images.collect(), figures.collect());
        store.record(&found, Source::Pdf).expect("recorded");
    }
    project
}

#[test]
fn the_next_screen_of_fifty_thousand_figures_is_measured() {
    if !Terminal::is_there() {
        return;
    }
    let project = corpus();
    let terminal = Terminal::label(&project, &["select", "--image-protocol", "half-blocks"]);
    terminal.wait_for("select 1 of 50000");
    let mut times: Vec<Duration> =
        (2..12).map(|number| terminal.time("n", &format!("select {number} of 50000"))).collect();
    times.sort();
    let undone = terminal.time("u", "undone: select not-ct");
    eprintln!(
        "50,000 figures: the next screen after {} ms (median of {}), after an undo {} ms, of which tmux \
         takes {} ms",
        times[times.len() / 2].as_millis(),
        times.len(),
        undone.as_millis(),
        terminal.time("F12", "select 10 of 50000").as_millis()
    );
}

#[test]
fn the_next_question_of_fifty_thousand_figures_is_measured() {
    let project = corpus();
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_covid-ct"))
        .args(["label", "select", "--plain", "--curator", "ann"])
        .env("COVID_CT_WORKSPACE", project.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    let mut output = child.stdout.take().expect("piped");
    let mut next_question = || {
        let (mut text, mut bytes) = (String::new(), [0; 4096]);
        while !text.contains("CT? [") {
            let read = output.read(&mut bytes).expect("output");
            assert!(read > 0, "ended early: {text}");
            text.push_str(&String::from_utf8_lossy(&bytes[..read]));
        }
        text
    };
    let first = next_question();
    assert!(first.contains("50000 left"), "{first}");
    let opened = start.elapsed();
    let mut input = child.stdin.take().expect("piped");
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..ANSWERS {
        let asked = Instant::now();
        input.write_all(b"n\n").expect("typed");
        let question = next_question();
        times.push(asked.elapsed());
        assert!(question.contains("select: not-ct"), "{question}");
    }
    let asked = Instant::now();
    input.write_all(b"u\n").expect("typed");
    next_question();
    let undone = asked.elapsed();
    input.write_all(b"q\n").expect("typed");
    drop(input);
    assert!(child.wait().expect("ended").success());
    times.sort();
    eprintln!(
        "50,000 figures: first question after {} ms, next one after {:.1} ms (median of {ANSWERS}), \
         after an undo {} ms",
        opened.as_millis(),
        times[ANSWERS / 2].as_secs_f64() * 1e3,
        undone.as_millis()
    );
}
