//! The commands by which panels are edited, as a curator types them.

use covid_ct_core::PanelBox;

/// What a curator may do to the panels; numbers are those of the drafts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// `w`: one panel, the whole picture.
    Whole,
    /// `c`: no panels.
    Clear,
    /// `d 3`, `d 3 5`
    Drop(Vec<usize>),
    /// `m 1 2`: one panel around all of them.
    Merge(Vec<usize>),
    /// `+ x,y,w,h`, or the four numbers alone.
    Add(PanelBox),
    /// `= 3 x,y,w,h`
    Replace(usize, PanelBox),
    /// `x 3 | 120`, `x 3 - 80`: two panels for one, cut at a column or a row of the picture.
    Split(usize, Cut),
    /// `l 2 B`; without a letter, none.
    Letter(usize, String),
    /// `l`: all as the caption letters them, where the numbers agree.
    Reletter,
    /// `l A`: all in reading order, from this letter on.
    LetterFrom(char),
    /// `grid 3x4`: rows of as many panels each; `grid 3,4,2`: rows of different counts.
    Grid(Vec<usize>),
}

/// Where a panel is split, in pixels of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Left and right of a column.
    Column(u32),
    /// Above and below a row.
    Row(u32),
}

impl Edit {
    /// Reads one command.
    ///
    /// # Errors
    /// Says what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (command, rest) = match text.find(|c: char| c.is_whitespace() || c.is_ascii_digit()) {
            Some(at) => text.split_at(at),
            None => (text, ""),
        };
        let rest = rest.trim();
        match (command.trim(), rest) {
            ("w", "") => Ok(Self::Whole),
            ("c", "") => Ok(Self::Clear),
            ("d", _) => numbers(rest, 1).map(Self::Drop),
            ("m", _) => numbers(rest, 2).map(Self::Merge),
            ("+" | "", rest) if !rest.is_empty() => bounds(rest).map(Self::Add),
            ("=", _) => {
                let (number, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                Ok(Self::Replace(panel_number(number)?, bounds(rest)?))
            }
            ("x", _) => split(rest),
            ("l", "") => Ok(Self::Reletter),
            ("grid", _) => grid(rest),
            ("l", _) if !rest.starts_with(|c: char| c.is_ascii_digit()) => letter_from(rest),
            ("l", _) => {
                let (number, letter) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                Ok(Self::Letter(panel_number(number)?, letter.trim().to_owned()))
            }
            _ => Err(format!("'{text}' is no command here")),
        }
    }
}

fn panel_number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("'{text}' is no panel's number"))
}

fn numbers(text: &str, least: usize) -> Result<Vec<usize>, String> {
    let numbers: Vec<usize> = text
        .split([' ', ','])
        .filter(|word| !word.is_empty())
        .map(panel_number)
        .collect::<Result<_, _>>()?;
    if numbers.len() < least {
        return Err(format!("expected at least {least} panel number(s), such as 'd 3' or 'm 1 2'"));
    }
    Ok(numbers)
}

/// `3 | 120` or `3 - 80`, blanks or none between.
fn split(text: &str) -> Result<Edit, String> {
    let wrong = || format!("'x {text}' splits nothing: expected 'x 3 | 120' or 'x 3 - 80'");
    let at = text.find(['|', '-']).ok_or_else(wrong)?;
    let place = text[at + 1..].trim().parse().map_err(|_| wrong())?;
    let cut = if text[at..].starts_with('|') { Cut::Column(place) } else { Cut::Row(place) };
    Ok(Edit::Split(panel_number(text[..at].trim())?, cut))
}

/// Panels that a grid may have; a figure of more is a chart.
const MOST_CELLS: usize = 200;

/// `3x4`, three rows of four; `3,4,2`, rows of three, four and two.
fn grid(text: &str) -> Result<Edit, String> {
    let wrong = || {
        format!(
            "'grid {text}' is no grid: expected rows x panels a row, such as 'grid 3x4', or the \
             panels of each row, such as 'grid 3,4,2'"
        )
    };
    let number = |text: &str| text.trim().parse::<usize>().ok().filter(|&number| number > 0);
    let rows: Option<Vec<usize>> = match text.split_once(['x', 'X', '*']) {
        Some((rows, each)) => number(rows)
            .zip(number(each))
            .filter(|(rows, _)| *rows <= MOST_CELLS)
            .map(|(rows, each)| vec![each; rows]),
        None => text.split([',', ' ']).filter(|n| !n.is_empty()).map(number).collect(),
    };
    let total = |rows: &Vec<usize>| rows.iter().fold(0_usize, |sum, n| sum.saturating_add(*n));
    rows.filter(|rows| (1..=MOST_CELLS).contains(&total(rows))).map(Edit::Grid).ok_or_else(wrong)
}

fn letter_from(text: &str) -> Result<Edit, String> {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(first), None) if first.is_ascii_alphabetic() => Ok(Edit::LetterFrom(first)),
        _ => Err(format!(
            "'l {text}' letters nothing: expected 'l' for the caption's letters, 'l A' for all from A \
             on, 'l 2 B' for one panel"
        )),
    }
}

/// `x,y,w,h`, or with blanks between.
fn bounds(text: &str) -> Result<PanelBox, String> {
    let numbers: Vec<&str> = text.split([' ', ',']).filter(|n| !n.is_empty()).collect();
    numbers.join(",").parse()
}
