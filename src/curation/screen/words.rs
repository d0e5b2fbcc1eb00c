//! What is told of a picture in words, as lines beside it: the stage's own first, then the paper, the
//! caption, the sentences that cite the figure, and the other pictures of it.

use crate::task;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::adjudicate::told;
use super::super::item::Item;
use super::app::Current;
use super::ask::Ask;
use super::cropping::Cropping;
use super::disputing::Disputing;
use super::naming::Naming;
use super::text::{cut, marked, plain};
use super::theme::{self, Theme};

pub(super) fn of(current: &Current, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    // What is to be answered first stands where even a small terminal shows it.
    for doubt in current.ask.doubts() {
        lines.extend(plain(doubt, width, theme.warning()));
        lines.push(Line::default());
    }
    for (title, told) in current.ask.earlier() {
        lines.push(Line::styled(title, theme::HEADING));
        lines.extend(plain(&told, width, theme.chosen()));
        lines.push(Line::default());
    }
    lines.extend(match &current.ask {
        Ask::Crop(cropping) => panels(cropping, width, theme),
        Ask::Case(naming) => patient(naming, &current.item, width, theme),
        Ask::Dispute(disputing) => readings(disputing, width, theme),
        _ => Vec::new(),
    });
    let mut quote = "";
    if let Ask::Dispute(disputing) = &current.ask {
        quote = disputing.span();
    }
    if let Ask::Classify(classifying) = &current.ask
        && let Some(chosen) = classifying.quote()
    {
        quote = &chosen.span;
        lines.extend(evidence(&chosen.to_string(), quote, width, theme));
    }
    paper(&mut lines, &current.item, width);
    figure(&mut lines, &current.item, quote, width, theme);
    neighbours(&mut lines, current, width, theme);
    picture(&mut lines, &current.item, width);
    lines
}

/// The words an answer would rest on, wherever they stand.
fn evidence(told: &str, quote: &str, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut lines = vec![Line::styled("evidence", theme::HEADING)];
    lines.extend(marked(told, width, quote, theme));
    lines.push(Line::default());
    lines
}

/// What each curator said, oldest first.
fn readings(disputing: &Disputing, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut lines = vec![Line::styled("readings", theme::HEADING)];
    for (index, reading) in disputing.dispute.readings.iter().enumerate() {
        let chosen = disputing.chosen() == index;
        let (sign, style) = if chosen { ("▸", theme.chosen()) } else { (" ", Style::new()) };
        lines.extend(plain(&format!("{sign}{} {}", index + 1, told(reading)), width, style));
    }
    lines.push(Line::default());
    lines
}

/// Most panels listed at a time, so that the caption stays in sight.
const PANELS: usize = 8;

fn panels(cropping: &Cropping, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let drafts = cropping.panels.drafts();
    let first = match cropping.chosen() {
        Some(chosen) if drafts.len() > PANELS => {
            chosen.saturating_sub(PANELS / 2).min(drafts.len() - PANELS)
        }
        _ => 0,
    };
    let mut lines = vec![Line::styled(format!("panels ({})", drafts.len()), theme::HEADING)];
    for (index, draft) in drafts.iter().enumerate().skip(first).take(PANELS) {
        let chosen = cropping.chosen() == Some(index);
        let (sign, style) = if chosen { ("▸", theme.chosen()) } else { (" ", Style::new()) };
        let (number, bounds) = (draft.number, draft.bounds);
        let text = format!("{sign}{number:<2} {:2} {bounds}  {}", draft.letter, draft.sub_caption);
        lines.push(Line::styled(cut(&text, width), style));
    }
    lines.push(Line::default());
    lines
}

fn patient(naming: &Naming, item: &Item, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let Some(panel) = &item.task.panel {
        let number = panel.index.map_or("the whole picture".into(), |i| format!("panel {}", i + 1));
        let letter = &panel.letter;
        let letter = if letter.is_empty() { String::new() } else { format!(" ({letter})") };
        lines.push(Line::styled(format!("{number}{letter}, {}", panel.bounds), theme::HEADING));
        lines.extend(marked(&panel.sub_caption, width, "", theme));
    }
    let details = &naming.details;
    lines.push(row("patient", &details.name, width, theme.chosen()));
    for &field in &task::in_force().case.fields {
        lines.push(row(field.as_str(), details.get(field), width, theme::STRONG));
    }
    lines.push(Line::default());
    lines
}

fn row(name: &str, text: &str, width: usize, style: Style) -> Line<'static> {
    let text = if text.is_empty() { "–" } else { text };
    Line::from(vec![
        Span::styled(format!("{name:9}"), theme::HEADING),
        Span::styled(cut(text, width.saturating_sub(9)), style),
    ])
}

fn paper(lines: &mut Vec<Line<'static>>, item: &Item, width: usize) {
    let paper = &item.paper;
    let title = if paper.title.is_empty() { &paper.name } else { &paper.title };
    lines.extend(plain(title, width, theme::STRONG));
    let version = |version: &str| format!("v{version}");
    let told = [
        if paper.doi.is_empty() { paper.name.clone() } else { paper.doi.clone() },
        paper.server.clone(),
        if paper.version.is_empty() { String::new() } else { version(&paper.version) },
        if paper.posted.is_empty() { String::new() } else { format!("posted {}", paper.posted) },
    ];
    let told: Vec<&str> = told.iter().map(String::as_str).filter(|t| !t.is_empty()).collect();
    lines.extend(plain(&told.join(" · "), width, theme::HEADING));
    lines.push(Line::default());
}

fn figure(lines: &mut Vec<Line<'static>>, item: &Item, quote: &str, width: usize, theme: Theme) {
    let Some(figure) = &item.figure else {
        lines.push(Line::styled("a picture outside every figure found", theme::HEADING));
        return;
    };
    let label = figure.label.as_deref().unwrap_or("a figure without a caption");
    let page = figure.page.map_or(String::new(), |page| format!(", page {page}"));
    lines.push(Line::styled(format!("{label}{page}"), theme::HEADING));
    if !figure.caption.is_empty() {
        lines.extend(marked(&figure.caption, width, quote, theme));
    }
    for (number, mention) in (1..).zip(&figure.mentions) {
        lines.push(Line::default());
        let heading = format!("mention {number}, page {}", mention.page);
        lines.push(Line::styled(heading, theme::HEADING));
        lines.extend(marked(&mention.text, width, quote, theme));
    }
}

fn neighbours(lines: &mut Vec<Line<'static>>, current: &Current, width: usize, theme: Theme) {
    if current.neighbours.len() < 2 {
        return;
    }
    let count = current.neighbours.len();
    lines.push(Line::default());
    lines.push(Line::styled(format!("the {count} pictures of the figure"), theme::HEADING));
    for neighbour in &current.neighbours {
        let this = neighbour.image == current.item.task.image.id;
        let (sign, style) = if this { ("▸", theme.chosen()) } else { (" ", Style::new()) };
        let xref = neighbour.xref.map_or("inline".into(), |xref| format!("xref {xref}"));
        let (w, h) = (neighbour.width, neighbour.height);
        let decided = if neighbour.decided.is_empty() {
            "undecided".to_owned()
        } else {
            neighbour.decided.join(", ")
        };
        let text = format!("{sign}p{} {xref}  {w} x {h}  {decided}", neighbour.page);
        lines.push(Line::styled(cut(&text, width), style));
    }
}

fn picture(lines: &mut Vec<Line<'static>>, item: &Item, width: usize) {
    let image = &item.task.image;
    let xref = image.xref.map_or("inline".into(), |xref| format!("xref {xref}"));
    let name = image.file_name.as_ref().map_or(String::new(), |name| format!(", {name}"));
    let more = if item.has_more_printed() { ", more is printed over it (p)" } else { "" };
    let (w, h) = (image.width, image.height);
    lines.push(Line::default());
    let told = format!("picture {w} x {h} px, page {}, {xref}{name}{more}", image.page);
    lines.extend(plain(&told, width, theme::HEADING));
}
