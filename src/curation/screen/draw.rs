//! The layout: a bar, picture and text side by side (or one above the other where it is narrow), the
//! question with its keys at the foot.

use std::time::Instant;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::super::item::Item;
use super::super::lines::asks;
use super::super::nothing::things;
use super::app::{App, Current, source_of};
use super::ask::Ask;
use super::cropping::with_margin;
use super::effect::Key;
use super::help;
use super::picture::{Mark, Source, Wanted};
use super::sheet::Sheet;
use super::text::{cut, marked, plain};
use super::theme::{self, Theme};
use super::view::View;
use super::words;
use crate::store::LabelledPanel;
use covid_ct_core::Stage;

/// Narrower than this, in cells, picture and text stand one above the other.
const SIDE_BY_SIDE: u16 = 64;

/// With fewer rows than this, text under a picture would have too few.
const ROOMY: u16 = 26;

/// Keys that work everywhere.
const COMMON: &[Key] = &[
    ("s", "skip"),
    ("u", "undo"),
    ("#", "note"),
    ("f", "flag"),
    ("o", "open"),
    (PRINTED, "as printed"),
    ("[]{}", "light"),
    ("?", "help"),
    ("q", "quit"),
];

/// The key for the figure as printed, where that shows more than the picture.
const PRINTED: &str = "p";

/// Those of them that do for a sheet.
const ON_SHEET: &[Key] = &[("u", "undo"), ("[]{}", "light"), ("?", "help"), ("q", "quit")];

/// Where a stage is announced.
const ANNOUNCED: &[Key] = &[("Space", "begin"), ("u", "undo"), ("?", "help"), ("q", "quit")];

/// At the end.
const AT_END: &[Key] = &[("u", "undo"), ("?", "help"), ("q", "quit")];

pub(super) fn draw(frame: &mut Frame<'_>, app: &mut App<'_>) {
    let area = frame.area();
    let keys = key_lines(app, area.width);
    let [bar, body, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(2 + keys.len() as u16),
    ])
    .areas(area);
    frame.render_widget(Paragraph::new(status(app, bar.width)), bar);
    if app.help.is_some() {
        draw_help(frame, body, app);
    } else {
        draw_body(frame, body, app);
    }
    draw_foot(frame, foot, app, keys);
}

/// What is asked about, how far it has come, how fast, by whom.
fn status(app: &App<'_>, width: u16) -> Line<'static> {
    let style = theme::BAR;
    let Some(round) = &app.round else {
        return Line::styled(pad(" nothing is left", width), style);
    };
    let (done, total) = (round.done(), round.total);
    let number = (done + 1).min(total);
    let pace = app.pace(Instant::now()).map_or(String::new(), |pace| format!("  {pace}/h"));
    let disputed = if app.desk.is_settling() { " disputed," } else { "" };
    let left = format!(" {}{disputed} {number} of {total} ", round.stage);
    let right = format!(" {:.0}%{pace}  {} ", 100.0 * done as f64 / total as f64, app.desk.curator);
    let room = usize::from(width).saturating_sub(left.chars().count() + right.chars().count());
    let bar = bar(done, total, room.min(30));
    let gap = " ".repeat(room.saturating_sub(bar.chars().count()));
    Line::styled(cut(&format!("{left}{bar}{gap}{right}"), width.into()), style)
}

fn bar(done: usize, total: usize, width: usize) -> String {
    let full = (width * done).checked_div(total).unwrap_or(0);
    format!("{}{}", "━".repeat(full), "┄".repeat(width - full))
}

fn pad(text: &str, width: u16) -> String {
    format!("{text:width$}", width = usize::from(width))
}

fn draw_body(frame: &mut Frame<'_>, area: Rect, app: &mut App<'_>) {
    if let Some(stage) = app.announced {
        return draw_announced(frame, area, app, stage);
    }
    let Some(current) = app.current.take() else {
        let mut told = vec![String::new(), "Nothing is left to decide here.".into(), String::new()];
        told.extend(app.nothing_left.iter().cloned());
        told.extend([String::new(), "u takes the last decision back.".into()]);
        return draw_told(frame, area, &told, app.theme.key());
    };
    if let Ask::Sheet(sheet) = &current.ask {
        draw_sheet(frame, area, app, sheet);
    } else {
        let wanted = Wanted { tone: app.view.tone, ..wanted(&current, &app.view) };
        let image = &current.item.task.image;
        let shape = wanted.part.map_or((image.width, image.height), |part| (part.w, part.h));
        let (picture, text) = split(area, shape);
        app.pictures.draw(frame, picture, &wanted);
        draw_text(frame, text, app, &current);
    }
    app.current = Some(current);
}

/// A stage that was come to from another: what it asks, and how to begin.
fn draw_announced(frame: &mut Frame<'_>, area: Rect, app: &App<'_>, stage: Stage) {
    let left = app.round.as_ref().map_or(0, |round| round.left().count());
    let told = [
        String::new(),
        format!("Now: {stage}"),
        String::new(),
        asks(stage).to_owned(),
        format!("{} left.", things(stage, left)),
        String::new(),
        "Space begins.".to_owned(),
    ];
    draw_told(frame, area, &told, app.theme.chosen());
}

/// Lines in the middle of the screen, the second of them set off.
fn draw_told(frame: &mut Frame<'_>, area: Rect, told: &[String], style: Style) {
    let [area] = Layout::horizontal([Constraint::Fill(1)]).horizontal_margin(2).areas(area);
    let lines = told.iter().enumerate().flat_map(|(index, line)| {
        let style = if index == 1 { style } else { Style::new() };
        plain(line, area.width.into(), style).into_iter().map(Line::centered)
    });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), area);
}

/// The places of picture and text: beside each other, unless that is too narrow or a wide picture is
/// much larger above the text.
fn split(area: Rect, shape: (u32, u32)) -> (Rect, Rect) {
    let [left, _, right] = Layout::horizontal([
        Constraint::Percentage(52),
        Constraint::Length(1),
        Constraint::Fill(1),
    ])
    .areas(area);
    let [above, _, below] =
        Layout::vertical([Constraint::Percentage(55), Constraint::Length(1), Constraint::Fill(1)])
            .areas(area);
    // A cell is about twice as high as it is wide.
    let scale = |room: Rect| {
        let (w, h) = (f64::from(shape.0.max(1)), f64::from(shape.1.max(1)));
        (f64::from(room.width) / w).min(2.0 * f64::from(room.height) / h)
    };
    let roomy = area.height >= ROOMY && scale(above) > 1.25 * scale(left);
    if area.width < SIDE_BY_SIDE || roomy { (above, below) } else { (left, right) }
}

fn wanted(current: &Current, view: &View) -> Wanted {
    let item = &current.item;
    let tone = view.tone;
    let size = (item.task.image.width, item.task.image.height);
    if let (true, Some(Ok(path))) = (current.printed, &item.as_printed) {
        let source = Source { path: path.clone(), object: None };
        return Wanted { source, part: None, marks: Vec::new(), tone };
    }
    let (part, marks) = match &current.ask {
        Ask::Crop(cropping) => (cropping.part(), cropping.marks()),
        Ask::Classify(classifying) => {
            let chosen = classifying.chosen().map(|panel| panel.bounds);
            (view.part(size, chosen), classifying.marks())
        }
        Ask::Dispute(disputing) if disputing.marks().is_empty() => {
            let chosen = item.task.panel.as_ref().map(|panel| panel.bounds);
            (view.part(size, chosen), panel_mark(item))
        }
        Ask::Dispute(disputing) => (view.part(size, None), disputing.marks()),
        Ask::Case(naming) => {
            let panel = item.task.panel.as_ref().filter(|_| naming.zoomed);
            let part = panel.map(|panel| with_margin(panel.bounds, panel.width, panel.height));
            (part, panel_mark(item))
        }
        Ask::Select(_) | Ask::Sheet(_) => (view.part(size, None), Vec::new()),
    };
    Wanted { source: source_of(item), part, marks, tone }
}

/// The box of the panel that is asked about, where it is not the whole picture.
fn panel_mark(item: &Item) -> Vec<Mark> {
    let mark = |panel: &LabelledPanel| {
        let number = panel.index? + 1;
        Some(Mark { bounds: panel.bounds, number: Some(number), chosen: true, moved: None })
    };
    item.task.panel.iter().filter_map(mark).collect()
}

fn draw_text(frame: &mut Frame<'_>, area: Rect, app: &mut App<'_>, current: &Current) {
    let lines = words::of(current, usize::from(area.width), app.theme);
    scrolled(frame, area, lines, &mut app.scroll);
}

/// As many of `lines` as fit from `scroll` on, which is brought into range; says where there is more.
fn scrolled(frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'static>>, scroll: &mut usize) {
    let height = usize::from(area.height);
    let total = lines.len();
    *scroll = (*scroll).min(total.saturating_sub(height));
    let mut shown: Vec<Line<'static>> = lines.into_iter().skip(*scroll).take(height).collect();
    let below = total - *scroll - shown.len();
    if below > 0 && !shown.is_empty() {
        let more = format!("⋯ {} more lines (PgDn)", below + 1);
        *shown.last_mut().unwrap_or(&mut Line::default()) = Line::styled(more, theme::HEADING);
    }
    frame.render_widget(Paragraph::new(shown), area);
}

fn draw_help(frame: &mut Frame<'_>, area: Rect, app: &mut App<'_>) {
    let [area] = Layout::horizontal([Constraint::Max(100)]).horizontal_margin(1).areas(area);
    frame.render_widget(Clear, area);
    let scroll = app.help.unwrap_or_default();
    let (lines, mut scroll) = help::lines(usize::from(area.width), scroll, app.theme);
    scrolled(frame, area, lines, &mut scroll);
    app.help = Some(scroll);
}

/// The tiles of a sheet in a grid whose tiles are about as wide as they are high.
fn draw_sheet(frame: &mut Frame<'_>, area: Rect, app: &mut App<'_>, sheet: &Sheet) {
    let count = sheet.tiles.len().max(1);
    let columns = if area.width >= SIDE_BY_SIDE { count.min(5) } else { count.min(2) };
    let rows = count.div_ceil(columns);
    let bands = Layout::vertical(vec![Constraint::Fill(1); rows]).split(area);
    for (row, band) in bands.iter().enumerate() {
        let cells = Layout::horizontal(vec![Constraint::Fill(1); columns]).spacing(1).split(*band);
        for (column, cell) in cells.iter().enumerate() {
            let index = row * columns + column;
            let Some((item, _)) = sheet.tiles.get(index) else { continue };
            let [label, caption, picture] = Layout::vertical([
                Constraint::Length(1),
                Constraint::Length(1),
                Constraint::Fill(1),
            ])
            .areas(*cell);
            let digit = Sheet::digit(index);
            let said = sheet.word(index);
            let style = if said == "not CT" { theme::HEADING } else { app.theme.chosen() };
            let title = Line::from(vec![
                Span::styled(format!("{digit} "), app.theme.key()),
                Span::styled(said, style),
            ]);
            frame.render_widget(Paragraph::new(title), label);
            let words = marked(&cut(item.caption(), caption.width.into()), 999, "", app.theme);
            frame.render_widget(Paragraph::new(words), caption);
            let (source, tone) = (source_of(item), app.view.tone);
            let wanted = Wanted { source, part: None, marks: Vec::new(), tone };
            app.pictures.draw(frame, picture, &wanted);
        }
    }
}

fn draw_foot(frame: &mut Frame<'_>, area: Rect, app: &App<'_>, keys: Vec<Line<'static>>) {
    let [message, question, foot] =
        Layout::vertical([Constraint::Length(1), Constraint::Length(1), Constraint::Fill(1)])
            .areas(area);
    let width = usize::from(area.width);
    if let Some(told) = &app.message {
        let style = if told.is_warning { app.theme.warning() } else { app.theme.done() };
        let lines = plain(&cut(&told.text, width), width, style);
        frame.render_widget(Paragraph::new(lines), message);
    } else if !app.desk.note.is_empty() {
        let note = cut(&format!("# {}", app.desk.note), width);
        frame.render_widget(Paragraph::new(Line::styled(note, theme::HEADING)), message);
    }
    if let Some((typing, input)) = &app.typing {
        let asked = format!("{} ", typing.question());
        let start = asked.chars().count();
        let (text, cursor) = input.window(width.saturating_sub(start + 1));
        let line = Line::from(vec![Span::styled(asked, theme::STRONG), Span::raw(text)]);
        frame.render_widget(Paragraph::new(line), question);
        let column = question.x.saturating_add((start + cursor) as u16);
        frame.set_cursor_position(Position::new(column, question.y));
    } else if let (None, Some(current)) = (app.announced, &app.current) {
        let asked = cut(&current.ask.question(), width);
        frame.render_widget(Paragraph::new(Line::styled(asked, theme::STRONG)), question);
    }
    frame.render_widget(Paragraph::new(keys), foot);
}

/// The keys, in as many lines as they need.
fn key_lines(app: &App<'_>, width: u16) -> Vec<Line<'static>> {
    if app.help.is_some() {
        return vec![keys_line(
            &[("↓ ↑ PgDn PgUp", "scroll"), ("g", "guideline"), ("?", "close")],
            app.theme,
        )];
    }
    if app.typing.is_some() {
        return vec![keys_line(&[("Enter", "take it"), ("Esc", "leave it")], app.theme)];
    }
    if app.announced.is_some() {
        return vec![keys_line(ANNOUNCED, app.theme)];
    }
    let Some(current) = &app.current else { return vec![keys_line(AT_END, app.theme)] };
    let mut lines: Vec<Vec<Key>> = vec![Vec::new()];
    let mut used = 0;
    let common = if matches!(current.ask, Ask::Sheet(_)) { ON_SHEET } else { COMMON };
    let in_doubt = current.ask.is_in_doubt();
    let common = if in_doubt { &[] } else { common };
    let has_more = current.item.has_more_printed();
    let common = common.iter().filter(|(key, _)| *key != PRINTED || has_more);
    for &key in current.ask.keys().iter().chain(common) {
        let length = key.0.chars().count() + key.1.chars().count() + 3;
        if used + length > usize::from(width) + 2 {
            lines.push(Vec::new());
            used = 0;
        }
        used += length;
        lines.last_mut().into_iter().for_each(|line| line.push(key));
    }
    lines.iter().map(|line| keys_line(line, app.theme)).collect()
}

fn keys_line(keys: &[Key], theme: Theme) -> Line<'static> {
    let spans = keys.iter().flat_map(|(key, does)| {
        [
            Span::styled((*key).to_owned(), theme.key()),
            Span::styled(format!(" {does}  "), Style::new()),
        ]
    });
    Line::from(spans.collect::<Vec<_>>())
}
