//! Text from papers as lines of the screen: wrapped, blanked of control characters, with the words
//! that count set off.

use std::ops::Range;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::evidence::marked_words;
use super::super::prompt::wrap;
use super::theme::{self, Theme};

/// `text`, which comes from a PDF, without what a terminal would obey.
pub(super) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// At most `width` characters of a line, the last an ellipsis where something is cut off.
pub(super) fn cut(text: &str, width: usize) -> String {
    let text = clean(text);
    if text.chars().count() <= width {
        return text;
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// `text` in one style, wrapped.
pub(super) fn plain(text: &str, width: usize, style: Style) -> Vec<Line<'static>> {
    let text = clean(text);
    wrap(&text, width.max(1))
        .into_iter()
        .map(|line| Line::styled(text[line].to_owned(), style))
        .collect()
}

/// `text` wrapped, the words that speak for answers marked, and `quote` wherever it stands.
pub(super) fn marked(text: &str, width: usize, quote: &str, theme: Theme) -> Vec<Line<'static>> {
    let text = clean(text);
    let styles = styles(&text, quote, theme);
    wrap(&text, width.max(1)).into_iter().map(|line| painted(&text, line, &styles)).collect()
}

/// Stretches of `text` with a style of their own, in order, none over another.
fn styles(text: &str, quote: &str, theme: Theme) -> Vec<(Range<usize>, Style)> {
    let quote = clean(quote);
    let quoted = match text.find(quote.as_str()) {
        Some(at) if !quote.is_empty() => at..at + quote.len(),
        _ => 0..0,
    };
    let words: Vec<(Range<usize>, Style)> =
        marked_words(text).into_iter().map(|(at, answer)| (at, theme.words(answer))).collect();
    let mut cuts: Vec<usize> = words.iter().flat_map(|(at, _)| [at.start, at.end]).collect();
    cuts.extend([0, quoted.start, quoted.end, text.len()]);
    cuts.sort_unstable();
    cuts.dedup();
    cuts.windows(2)
        .map(|pair| {
            let word = words.iter().find(|(at, _)| at.contains(&pair[0]));
            let style = word.map_or(Style::new(), |(_, style)| *style);
            let style = if quoted.contains(&pair[0]) { style.patch(theme::QUOTE) } else { style };
            (pair[0]..pair[1], style)
        })
        .collect()
}

fn painted(text: &str, line: Range<usize>, styles: &[(Range<usize>, Style)]) -> Line<'static> {
    let spans = styles.iter().filter_map(|(at, style)| {
        let (from, to) = (at.start.max(line.start), at.end.min(line.end));
        (from < to).then(|| Span::styled(text[from..to].to_owned(), *style))
    });
    Line::from(spans.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use ratatui::style::Modifier;

    use super::*;

    const LOOK: Theme = Theme { colour: false };

    #[test]
    fn words_and_quotes_are_marked_across_lines() {
        let text = "Chest CT of a man\u{1b}[2J with COVID-19 and a cough.";
        let lines = marked(text, 20, "man\u{1b}[2J with COVID-19", LOOK);
        let told: Vec<String> = lines.iter().map(ToString::to_string).collect();
        assert_eq!(told, ["Chest CT of a man", "[2J with COVID-19", "and a cough."]);
        let reversed = |span: &Span<'_>| span.style.add_modifier.contains(Modifier::REVERSED);
        let quoted: String = lines
            .iter()
            .flat_map(|line| &line.spans)
            .filter(|span| reversed(span))
            .map(|span| span.content.as_ref())
            .collect();
        assert_eq!(quoted, "man[2J with COVID-19");
        assert_eq!(lines[0].spans[1], Span::styled("CT", LOOK.words(0)));
        assert_eq!(cut("abcdef", 4), "abc…");
    }
}
