//! The full screen over a small store, on a terminal that is a buffer: what is seen, what is kept.

use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::Color;

use super::super::again::{PLAIN_CAPTION, twelve};
use super::super::scripted::Bench;
use super::super::{Desk, Ended, NotPrinted, QueueOptions, Which};
use super::app::App;
use super::draw::draw;
use super::protocol::Show;
use super::theme::Theme;
use crate::store::{Decision, Store};
use covid_ct_core::Stage;

/// A curator before a screen, who takes a second over each key.
struct Seat<'a> {
    app: App<'a>,
    terminal: Terminal<TestBackend>,
    now: Instant,
    pressed: usize,
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
        let theme = Theme { colour: matches!(show, Show::HalfBlocks) };
        let desk = Desk::new(store, "ann", options, printer);
        let app = App::new(desk, stage, show, theme).expect("an app");
        let terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
        let mut seat = Self { app, terminal, now: Instant::now(), pressed: 0 };
        seat.draw();
        seat
    }

    fn draw(&mut self) {
        self.terminal.draw(|frame| draw(frame, &mut self.app)).expect("drawn");
        self.app.drawn(self.now);
    }

    fn event_after(&mut self, ms: u64, event: Event) {
        self.now += Duration::from_millis(ms);
        self.pressed += 1;
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
                "Space" => Some(KeyCode::Char(' ')),
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
        self.type_line(text);
    }

    fn type_line(&mut self, text: &str) {
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
    assert!(seat.seen().contains("1 marked"), "marks come back with the sheet: {}", seat.seen());
    seat.press("1n q");
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
fn a_new_stage_announces_itself_and_no_rhythm_runs_into_it() {
    let mut bench = Bench::new();
    let mut printer = NotPrinted;
    let mut seat = Seat::take(&mut bench.store, &mut printer, None, (80, 24), Show::Shades);
    assert!(seat.seen().contains("Is it a chest CT?"), "the first stage is what was asked for");
    seat.press("c n");
    insta::assert_snapshot!("announced", seat.seen());
    seat.press("Space c Enter");
    assert!(seat.seen().contains("Now: crop"), "{}", seat.seen());
    // The rhythm of the diagnosis goes on.
    seat.press("c Enter c Enter");
    assert!(seat.seen().contains("space begins with crop"), "{}", seat.seen());
    assert_eq!(seat.app.summary().decided, 3);
    // Even past the announcement it stores nothing.
    seat.press("Space c Enter");
    assert!(seat.seen().contains("No scans: ann called this picture a"), "{}", seat.seen());
    seat.press("c Enter");
    assert_eq!(seat.app.summary().decided, 3);
    seat.press("y");
    assert_eq!(seat.app.summary().decided, 4);
    seat.press("u");
    assert!(seat.seen().contains("undone: crop"), "{}", seat.seen());
    assert!(!seat.seen().contains("Now:"), "whoever goes back knows where to");
}

#[test]
fn every_stage_asked_again_shows_what_is_in_force_and_enter_keeps_it() {
    let mut bench = Bench::new();
    bench.run(Stage::Select, "c\nn\n");
    bench.run(Stage::Diagnose, "c\nmention 1\n");
    bench.run(Stage::Crop, "= 2 160,3,140,120\n\n");
    bench.run(Stage::Case, "\n\n\n\nTwin\n-\n-\n\n");
    let before = kept(&bench.store);
    let again = QueueOptions { which: Which::Decided, ..QueueOptions::default() };
    let mut printer = NotPrinted;
    for (stage, told, enters) in [
        (Stage::Select, "Enter keeps ct", "Enter Enter"),
        (Stage::Diagnose, "mention: ", "Enter"),
        (Stage::Crop, "160,3,140,120", "Enter"),
        (Stage::Case, "Enter keeps Patient 1", "Enter Enter"),
    ] {
        let (store, stage) = (&mut bench.store, Some(stage));
        let mut seat = Seat::take_for(&again, store, &mut printer, stage, (100, 30), Show::Shades);
        let seen = seat.seen();
        assert!(seen.contains("in force") && seen.contains(told), "{seen}");
        seat.press(enters);
        assert!(seat.seen().contains("Nothing is left"), "{}", seat.seen());
        assert_eq!(seat.app.summary().decided, 0);
    }
    assert_eq!(kept(&bench.store), before);
    let (store, stage) = (&mut bench.store, Some(Stage::Crop));
    let mut seat = Seat::take_for(&again, store, &mut printer, stage, (100, 30), Show::Shades);
    let day = crate::store::now()[..10].to_owned();
    let of_any_day = |seen: String| seen.replace(&day, "2020-03-01");
    insta::assert_snapshot!("again", of_any_day(seat.seen()));
    // Dropping a panel on which decisions hang is told, and `u` takes the edit back.
    seat.press("d Enter");
    assert!(seat.seen().contains("Patient 1"), "{}", seat.seen());
    insta::assert_snapshot!("doubts", of_any_day(seat.seen()));
    seat.press("Esc u");
    assert!(seat.seen().contains("the last edit is taken back"), "{}", seat.seen());
    seat.press("Enter");
    drop(seat);
    assert_eq!(kept(&bench.store), before);
}

#[test]
fn an_undone_crop_comes_back_as_it_was_drawn() {
    let mut bench = Bench::new();
    let mut printer = NotPrinted;
    let mut seat = Seat::take(&mut bench.store, &mut printer, None, (100, 30), Show::Shades);
    seat.press("c n Space c Enter Space Tab Right Right Enter");
    assert!(seat.seen().contains("Now: case"), "{}", seat.seen());
    seat.press("u");
    assert!(seat.seen().contains("160,0,148,130"), "not the proposal: {}", seat.seen());
    assert!(seat.seen().contains("taken back"), "{}", seat.seen());
    seat.press("Enter");
    drop(seat);
    assert_eq!(bench.values(Stage::Crop), ["0,0,150,130;160,0,148,130"]);
}

#[test]
fn a_compound_and_the_case_of_its_panels_take_few_keys() {
    let mut bench = twelve(PLAIN_CAPTION, 0);
    bench.run(Stage::Select, "c\n");
    bench.run(Stage::Diagnose, "c\n\n");
    let mut printer = NotPrinted;
    let mut seat = Seat::take(&mut bench.store, &mut printer, None, (100, 30), Show::Shades);
    let before = seat.pressed;
    seat.press(":");
    seat.type_line("grid 3x4");
    seat.press("Enter");
    assert!(seat.pressed - before <= 15, "{}", seat.pressed - before);
    assert!(seat.seen().contains("Now: case"), "{}", seat.seen());
    seat.press("Space");
    let before = seat.pressed;
    seat.press("A");
    assert!(seat.pressed - before <= 3);
    assert!(seat.seen().contains("Nothing is left to decide here."), "{}", seat.seen());
    assert!(seat.seen().contains("covid-ct split"), "and what comes next: {}", seat.seen());
    seat.press("u");
    assert!(seat.seen().contains("undone: case of 12 panels"), "{}", seat.seen());
    seat.press("e");
    seat.clear_line_and_type("Case 7");
    seat.press("Enter Enter Enter u A");
    drop(seat);
    let panels = bench.store.labelled_panels().expect("panels");
    assert_eq!(panels.len(), 12);
    assert!(panels.iter().all(|panel| panel.case.is_some()));
}

#[test]
fn panels_from_ten_on_are_diagnosed_singly() {
    let mut bench = twelve(PLAIN_CAPTION, 8);
    bench.run(Stage::Select, "c\n");
    bench.run(Stage::Crop, "\n");
    let mut printer = NotPrinted;
    let stage = Some(Stage::Diagnose);
    let mut seat = Seat::take(&mut bench.store, &mut printer, stage, (100, 30), Show::Nothing);
    seat.press("12");
    assert!(seat.seen().contains("Panel 12:"), "{}", seat.seen());
    seat.press("n Enter");
    drop(seat);
    let twelfth = bench.store.labelled_panels().expect("panels").remove(11);
    assert_eq!(twelfth.label, Some(covid_ct_core::Label::NON_COVID));
}

#[test]
fn a_picture_is_enlarged_and_lightened_at_every_stage() {
    let mut bench = Bench::new();
    let at = |bench: &mut Bench, stage, keys: &str| see(bench, stage, (100, 30), keys);
    for (stage, script) in [
        (Stage::Select, "c\nn\n"),
        (Stage::Diagnose, "c\n\n"),
        (Stage::Crop, "\n"),
        (Stage::Case, ""),
    ] {
        let plain = at(&mut bench, stage, "");
        let light = at(&mut bench, stage, "] ]");
        assert!(light.contains("brightness +2"), "{stage}: {light}");
        let (zoomed, picture) = (at(&mut bench, stage, "z"), |seen: &str| {
            seen.chars().filter(|c| "░▒▓█".contains(*c)).collect::<String>()
        });
        assert_ne!(picture(&zoomed), picture(&plain), "{stage}: enlarged");
        assert_ne!(picture(&light), picture(&plain), "{stage}: lighter");
        bench.run(stage, script);
    }
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
