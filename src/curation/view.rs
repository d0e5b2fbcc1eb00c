//! What a curator sees of a task, as text.

use std::fmt::Write as _;

use super::item::Item;
use super::prompt::Style;

/// Most citing sentences shown.
const MAX_MENTIONS: usize = 6;

/// The paper, the figure, the sentences that cite it, the picture; `title` on a rule above.
pub(super) fn describe(item: &Item, style: Style, title: &str) -> String {
    let mut out = String::from("\n");
    out.push_str(&style.rule(title));
    out.push_str(&style.field("paper", &paper_line(item)));
    if !item.paper.title.is_empty() {
        out.push_str(&style.field("title", &item.paper.title));
    }
    if !item.paper.doi.is_empty() {
        out.push_str(&style.field("doi", &item.paper.doi));
    }
    out.push_str(&figure_lines(item, style));
    out.push_str(&style.field("picture", &picture_line(item)));
    match &item.as_printed {
        Some(Ok(path)) => out.push_str(&style.field("as printed", &path.display().to_string())),
        Some(Err(error)) => {
            out.push_str(&style.field("as printed", &format!("cannot be drawn: {error}")));
        }
        None => {}
    }
    if let Some(panel) = &item.task.panel {
        let letter = Some(panel.letter.as_str()).filter(|letter| !letter.is_empty());
        let number =
            panel.index.map_or("the whole picture".into(), |index| format!("{}", index + 1));
        let letter = letter.map_or(String::new(), |letter| format!(" ({letter})"));
        out.push_str(&style.field("panel", &format!("{number}{letter}, {}", panel.bounds)));
        if !panel.sub_caption.is_empty() {
            out.push_str(&style.field("", &panel.sub_caption));
        }
    }
    out
}

fn paper_line(item: &Item) -> String {
    let paper = &item.paper;
    let mut line = paper.name.clone();
    if !paper.version.is_empty() {
        let _ = write!(line, " v{}", paper.version);
    }
    if !paper.server.is_empty() {
        let _ = write!(line, ", {}", paper.server);
    }
    if !paper.posted.is_empty() {
        let _ = write!(line, ", posted {}", paper.posted);
    }
    line
}

fn figure_lines(item: &Item, style: Style) -> String {
    let Some(figure) = &item.figure else {
        return style.field("figure", "none: a picture outside every figure found");
    };
    let mut line = figure.label.clone().unwrap_or_else(|| "without a caption".into());
    if let Some(page) = figure.page {
        let _ = write!(line, ", page {page}");
    }
    if figure.images > 1 {
        let _ = write!(line, ", one of its {} images", figure.images);
    }
    let mut out = style.field("figure", &line);
    if !figure.caption.is_empty() {
        out.push_str(&style.field("caption", &figure.caption));
    }
    for (number, mention) in (1..).zip(figure.mentions.iter().take(MAX_MENTIONS)) {
        let text = format!("page {}: {}", mention.page, mention.text);
        out.push_str(&style.field(&format!("cited {number}"), &text));
    }
    if figure.mentions.len() > MAX_MENTIONS {
        let more = figure.mentions.len() - MAX_MENTIONS;
        out.push_str(&style.field("", &format!("and {more} more sentences")));
    }
    out
}

fn picture_line(item: &Item) -> String {
    let image = &item.task.image;
    let xref = image.xref.map_or("inline".into(), |xref| format!("xref {xref}"));
    let name = image.file_name.as_ref().map_or(String::new(), |name| format!(", {name}"));
    format!(
        "{} ({} x {} px, page {}, {xref}{name})",
        item.path.display(),
        image.width,
        image.height,
        image.page
    )
}
