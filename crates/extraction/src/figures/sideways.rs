//! Finds the pages whose text stands sideways or upside down, and how to turn them: landscape figures with
//! their captions on upright pages, and pages that a stray `/Rotate` turns.

use super::label::{self, Ending};
use crate::pdf::{Direction, Line, Page, Turn};

/// What stands within this part of the page from an edge tells nothing: servers and publishers print there as
/// they please.
const EDGE: f32 = 0.06;
/// A line of at least so many words is a sentence, or part of one; what is printed on a chart is shorter.
const FEWEST_WORDS: usize = 4;
/// A label says as much as so many words.
const LABEL: usize = 12;
/// A page is turned for at least so many words.
const ENOUGH: usize = 16;
/// Without a label among them it takes so many: titles of axes, and long names of bars, stand sideways too.
const ENOUGH_WITHOUT_LABEL: usize = 48;

/// The turn that sets upright what there is to read on a page, as it is here; none where most of it is.
pub fn upright(page: &Page) -> Turn {
    let mut best = (0, Direction::Right);
    for direction in [Direction::Up, Direction::Down, Direction::Left] {
        let (words, labelled) = evidence(page, direction);
        let enough = if labelled { ENOUGH } else { ENOUGH_WITHOUT_LABEL };
        if words >= enough && words > best.0 {
            best = (words, direction);
        }
    }
    if best.0 > 0 && evidence(page, Direction::Right).0 >= best.0 {
        return Turn::NONE;
    }
    best.1.upright()
}

/// Turns the pages whose text does not stand upright. Their boxes are then points of the page as turned:
/// [`Page::to_displayed`] leads back.
pub fn set_upright(pages: &mut [Page]) {
    for page in pages {
        page.turn(upright(page));
    }
}

/// How much there is to read in a direction, in words, and whether a label is part of it.
fn evidence(page: &Page, direction: Direction) -> (usize, bool) {
    let (x, y) = (EDGE * page.width, EDGE * page.height);
    let within = |line: &&Line| {
        let (cx, cy) = line.bbox.centre();
        (x..=page.width - x).contains(&cx) && (y..=page.height - y).contains(&cy)
    };
    let lines = page.lines.iter().filter(|line| line.direction == direction).filter(within);
    lines.fold((0, false), |(words, labelled), line| {
        let count = line.words.len();
        let label = label::read(&label::normalise(&line.text()));
        if label.is_some_and(|label| label.ending != Ending::Sentence) {
            return (words + count + LABEL, true);
        }
        (words + if count >= FEWEST_WORDS { count } else { 0 }, labelled)
    })
}
