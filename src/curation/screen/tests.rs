//! The full screen over a small store, on a terminal that is a buffer: what is seen, what is kept.

use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::Color;

use super::super::scripted::Bench;
use super::super::{Desk, Ended, NotPrinted, QueueOptions, Which};
use super::app::App;
use super::draw::draw;
use super::look::Look;
use super::protocol::Show;
use crate::store::{Decision, Stage, Store};

/// A curator before a screen, who takes a second over each key.
struct Seat<'a> {
    app: App<'a>,
    terminal: Terminal<TestBackend>,
    now: Instant,
}

impl<'a> Seat<'a> {
    fn take(
        store: &'a mut Store,
        printer: &'a mut NotPrinted,
        stage: Option<Stage>,
        size: (u16, u16),
        show: Show,
    ) -> Self {
        Self::take_for(&QueueOptions::default(), store, printer, stage, size, show)
    }

    fn take_for(
        options: &QueueOptions,
        store: &'a mut Store,
        printer: &'a mut NotPrinted,
        stage: Option<Stage>,
        (width, height): (u16, u16),
        show: Show,
    ) -> Self {
        let look = Look { colour: matches!(show, Show::HalfBlocks) };
        let desk = Desk::new(store, "ann", options, printer);
        let app = App::new(desk, stage, show, look).expect("an app");
        let terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
        let mut seat = Self { app, terminal, now: Instant::now() };
        seat.draw();
        seat
    }

    fn draw(&mut self) {
        self.terminal.draw(|frame| draw(frame, &mut self.app)).expect("drawn");
        self.app.drawn(self.now);
    }

    fn event_after(&mut self, ms: u64, event: Event) {
        self.now += Duration::from_millis(ms);
        self.app.event(event, self.now).expect("an event");
        self.draw();
    }

    /// Characters, and between blanks the names of other keys.
    fn press(&mut self, keys: &str) {
        for word in keys.split_whitespace() {
            let named = match word {
                "Enter" => Some(KeyCode::Enter),
                "Tab" => Some(KeyCode::Tab),
                "Esc" => Some(KeyCode::Esc),
                "Right" => Some(KeyCode::Right),
                _ => None,
            };
            let codes =
                named.map_or_else(|| word.chars().map(KeyCode::Char).collect(), |k| vec![k]);
            for code in codes {
                self.event_after(1000, key(code));
            }
        }
    }

    fn clear_line_and_type(&mut self, text: &str) {
        let event = Event::Key(KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL));
        self.event_after(1000, event);
        for c in text.chars() {
            self.event_after(1000, key(KeyCode::Char(c)));
        }
        self.event_after(1000, key(KeyCode::Enter));
    }

    fn seen(&self) -> String {
        self.terminal.backend().to_string()
    }
}

fn key(code: KeyCode) -> Event {
    Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

/// Presses `keys` at `stage`; gives what is seen then.
fn see(bench: &mut Bench, stage: Stage, size: (u16, u16), keys: &str) -> String {
    let mut printer = NotPrinted;
    let mut seat = Seat::take(&mut bench.store, &mut printer, Some(stage), size, Show::Shades);
    seat.press(keys);
    seat.seen()
}

/// Decisions less their ids and times.
fn kept(store: &Store) -> Vec<Decision> {
    let decisions = store.decisions().expect("decisions").into_iter();
    decisions.map(|d| Decision { id: 0, time: String::new(), ..d }).collect()
}

#[test]
fn each_stage_in_one_view() {
    let mut bench = Bench::new();
    insta::assert_snapshot!("select", see(&mut bench, Stage::Select, (110, 28), ""));
    insta::assert_snapshot!("sheet", see(&mut bench, Stage::Select, (80, 24), "b1"));
    bench.run(Stage::Select, "c\nn\n");
    insta::assert_snapshot!("evidence", see(&mut bench, Stage::Diagnose, (80, 24), "c Tab"));
    insta::assert_snapshot!("crop", see(&mut bench, Stage::Crop, (80, 24), "Tab"));
    bench.run(Stage::Crop, "\n");
    insta::assert_snapshot!("case", see(&mut bench, Stage::Case, (80, 24), ""));
    insta::assert_snapshot!("narrow", see(&mut bench, Stage::Case, (40, 24), ""));
}

#[test]
fn any_size_is_drawn() {
    let mut bench = Bench::new();
    bench.run(Stage::Select, "c\nn\n");
    for size in [(1, 1), (5, 3), (20, 5), (63, 10), (300, 4), (300, 90)] {
        see(&mut bench, Stage::Crop, size, "? ? =");
    }
}

#[test]
fn keys_and_lines_decide_the_same() {
    let mut by_lines = Bench::new();
    by_lines.run(Stage::Select, "# blurred\nc\ns\n");
    by_lines.run(Stage::Select, "n\n");
    by_lines.run(Stage::Diagnose, "c\nmention 1\n");
    by_lines.run(Stage::Crop, "= 2 159,0,149,130\nx 1 - 65\nl 1 A\n\n");
    by_lines.run(Stage::Case, "\n\n\n\nTwin\n40\n-\n\n=\n\n");

    let mut by_keys = Bench::new();
    let mut printer = NotPrinted;
    let size = (100, 30);
    let mut stage = |stage: Stage, keys: &[&str]| {
        let store = &mut by_keys.store;
        let mut seat = Seat::take(store, &mut printer, Some(stage), size, Show::HalfBlocks);
        for keys in keys {
            match keys.strip_prefix('"') {
                Some(line) => seat.clear_line_and_type(line),
                None => seat.press(keys),
            }
        }
    };
    stage(Stage::Select, &["#", "\"blurred", "c s"]);
    stage(Stage::Select, &["n"]);
    stage(Stage::Diagnose, &["c Tab Tab Enter"]);
    stage(Stage::Crop, &["Tab Right", ":", "\"x 1 - 65", ":", "\"l 1 A", "Enter"]);
    stage(Stage::Case, &["Enter e", "\"Twin", "\"40", "\"", "\"", "Enter ="]);
    assert_eq!(kept(&by_lines.store), kept(&by_keys.store));
    let cases = |bench: &Bench| {
        let cases = bench.store.cases().expect("cases").into_iter();
        cases.map(|case| (case.name, case.details)).collect::<Vec<_>>()
    };
    assert_eq!(cases(&by_lines), cases(&by_keys));
}

#[test]
fn a_sheet_is_decided_and_undone_in_one_step() {
    let mut bench = Bench::new();
    let mut printer = NotPrinted;
    let stage = Some(Stage::Select);
    let mut seat = Seat::take(&mut bench.store, &mut printer, stage, (100, 30), Show::Nothing);
    seat.press("b1n");
    assert!(seat.seen().contains("some are marked"), "{}", seat.seen());
    seat.press("Enter");
    assert!(seat.seen().contains("nothing is left"), "{}", seat.seen());
    assert_eq!(seat.app.summary().decided, 2);
    seat.press("u");
    assert!(seat.seen().contains("undone: select of 2 pictures"), "{}", seat.seen());
    assert_eq!((seat.app.summary().decided, seat.app.summary().undone), (0, 2));
    seat.press("n q");
    assert_eq!(seat.app.summary().ended, Ended::Finished);
    drop(seat);
    assert_eq!(bench.values(Stage::Select), ["not-ct", "not-ct"]);
    assert_eq!(bench.store.decisions().expect("decisions").len(), 6, "nothing is ever removed");
}

#[test]
fn skips_are_undone_and_a_quit_loses_nothing() {
    let mut bench = Bench::new();
    let mut printer = NotPrinted;
    let stage = Some(Stage::Select);
    let mut seat = Seat::take(&mut bench.store, &mut printer, stage, (80, 24), Show::Nothing);
    seat.press("s u");
    assert!(seat.seen().contains("select 1 of 2"), "{}", seat.seen());
    seat.press("c z q");
    assert_eq!((seat.app.summary().ended, seat.app.summary().decided), (Ended::Quit, 1));
    drop(seat);
    assert_eq!(bench.values(Stage::Select), ["ct"]);
}

#[test]
fn what_is_typed_before_a_question_is_seen_answers_nothing() {
    let mut bench = Bench::new();
    let mut printer = NotPrinted;
    let stage = Some(Stage::Select);
    let mut seat = Seat::take(&mut bench.store, &mut printer, stage, (80, 24), Show::Nothing);
    seat.event_after(10, key(KeyCode::Char('n')));
    seat.event_after(1000, key(KeyCode::Char('c')));
    for _ in 0..20 {
        seat.event_after(30, key(KeyCode::Char('c')));
    }
    seat.event_after(1000, Event::Paste("c\nc\n".into()));
    assert_eq!(seat.app.summary().decided, 1);
}

#[test]
fn a_late_answer_of_the_terminal_is_no_key() {
    let mut bench = Bench::new();
    let mut printer = NotPrinted;
    let stage = Some(Stage::Select);
    let mut seat = Seat::take(&mut bench.store, &mut printer, stage, (80, 24), Show::Nothing);
    let begin = KeyEvent::new(KeyCode::Char('_'), KeyModifiers::ALT);
    seat.event_after(2000, Event::Key(begin));
    for c in "Gi=31;nmc".chars() {
        seat.event_after(0, key(KeyCode::Char(c)));
    }
    assert_eq!(seat.app.summary().decided, 0);
    seat.event_after(1000, key(KeyCode::Char('c')));
    assert_eq!(seat.app.summary().decided, 1);
}

#[test]
fn wrong_evidence_stays_to_be_corrected() {
    let mut bench = Bench::new();
    bench.run(Stage::Select, "c\nn\n");
    let mut printer = NotPrinted;
    let stage = Some(Stage::Diagnose);
    let mut seat = Seat::take(&mut bench.store, &mut printer, stage, (80, 24), Show::Nothing);
    seat.press("c e");
    seat.clear_line_and_type("caption influenza");
    assert!(seat.seen().contains("does not stand in the caption"), "{}", seat.seen());
    seat.clear_line_and_type("caption a 39-year-old man");
    assert!(seat.seen().contains("caption: \"a 39-year-old man\""), "{}", seat.seen());
    seat.press("Enter");
    drop(seat);
    assert_eq!(kept(&bench.store).last().expect("decided").span, "a 39-year-old man");
}

#[test]
fn panels_are_diagnosed_one_by_one() {
    let mut bench = Bench::new();
    bench.run(Stage::Select, "c\nn\n");
    bench.run(Stage::Crop, "\n");
    let mut printer = NotPrinted;
    let stage = Some(Stage::Diagnose);
    let mut seat = Seat::take(&mut bench.store, &mut printer, stage, (80, 24), Show::Nothing);
    seat.press("3");
    assert!(seat.seen().contains("expected 1 to 2"), "{}", seat.seen());
    seat.press("1c Enter n Enter");
    drop(seat);
    assert_eq!(bench.values(Stage::Diagnose), ["covid", "non-covid"]);
}

#[test]
fn without_colours_none_is_drawn() {
    let mut bench = Bench::new();
    let mut printer = NotPrinted;
    let stage = Some(Stage::Select);
    let seat = Seat::take(&mut bench.store, &mut printer, stage, (80, 24), Show::Shades);
    let cells = seat.terminal.backend().buffer().content();
    assert!(cells.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
}

#[test]
fn a_dispute_shows_both_readings_and_is_settled_by_a_key() {
    let mut bench = Bench::new();
    for (curator, diagnosis) in [("bob", "c\n\n"), ("cat", "# doubtful\nn\nimage clear lungs\n")] {
        for (stage, script) in
            [(Stage::Select, "c\nn\n"), (Stage::Diagnose, diagnosis), (Stage::Crop, "\n")]
        {
            let options = QueueOptions::default();
            bench.type_with(&options, curator, Some(stage), script);
        }
    }
    let disputed = QueueOptions { which: Which::Disputed, ..QueueOptions::default() };
    let mut printer = NotPrinted;
    let (store, size) = (&mut bench.store, (100, 28));
    let mut seat = Seat::take_for(&disputed, store, &mut printer, None, size, Show::Shades);
    seat.press("3");
    assert!(seat.seen().contains("expected 1 to 2"), "{}", seat.seen());
    seat.press("2");
    insta::assert_snapshot!("dispute", seat.seen());
    seat.press("b");
    assert!(seat.seen().contains("b is no answer here"), "{}", seat.seen());
    seat.press("Enter");
    assert!(seat.seen().contains("Nothing is left"), "{}", seat.seen());
    seat.press("u Tab a x Enter");
    assert!(seat.seen().contains("Nothing is left"), "{}", seat.seen());
    drop(seat);
    let verdicts = bench.store.verdicts(Stage::Diagnose).expect("verdicts");
    let verdict = verdicts.values().next().expect("a verdict");
    assert_eq!((verdict.value.to_string().as_str(), verdict.agreed), ("exclude", true));
}
