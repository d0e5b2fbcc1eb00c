//! Finds the pages whose text stands sideways or upside down, and how to turn them: landscape figures with
//! their captions on upright pages, and pages that a stray `/Rotate` turns. Figures that stand otherwise than
//! most of their page's text are looked for on the page turned their way.

use super::join::Vocabulary;
use super::label::{self, Ending};
use super::{Figure, Furniture, Pairing, clean, search};
use crate::pdf::{Direction, Line, Matrix, Page, Rect, Turn};

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

/// A page on which nothing reads upright is turned round for so many words upside down: titles of axes stand
/// sideways, but nobody sets them on their heads.
const UPSIDE_DOWN: usize = 4;

/// The turn that sets upright what there is to read on a page, as it is here; none where most of it is.
pub fn upright(page: &Page) -> Turn {
    let across = evidence(page, Direction::Right).0;
    let mut best = (0, Direction::Right);
    for direction in [Direction::Up, Direction::Down, Direction::Left] {
        let (words, labelled) = evidence(page, direction);
        let enough = match labelled {
            // Of a page that bears nothing else, a figure's label says it all.
            true if across == 0 => LABEL,
            true => ENOUGH,
            false => ENOUGH_WITHOUT_LABEL,
        };
        if words >= enough && words > best.0 {
            best = (words, direction);
        }
    }
    if best.0 > 0 && across >= best.0 {
        return Turn::NONE;
    }
    let words = |direction| within(page, direction).map(|line| line.words.len()).sum::<usize>();
    if best.0 == 0 && words(Direction::Right) == 0 && words(Direction::Left) >= UPSIDE_DOWN {
        return Direction::Left.upright();
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

/// The lines in a direction, but for those at the edges.
fn within(page: &Page, direction: Direction) -> impl Iterator<Item = &Line> {
    let (x, y) = (EDGE * page.width, EDGE * page.height);
    let inner = Rect::new(x, y, page.width - x, page.height - y);
    let lines = page.lines.iter().filter(move |line| line.direction == direction);
    lines.filter(move |line| inner.contains_point(line.bbox.centre()))
}

/// How much there is to read in a direction, in words, and whether a label is part of it.
fn evidence(page: &Page, direction: Direction) -> (usize, bool) {
    within(page, direction).fold((0, false), |(words, labelled), line| {
        let count = line.words.len();
        if is_labelled(line) {
            return (words + count + LABEL, true);
        }
        (words + if count >= FEWEST_WORDS { count } else { 0 }, labelled)
    })
}

/// Whether a line begins as captions do.
fn is_labelled(line: &Line) -> bool {
    let label = label::read(&label::normalise(&line.text()));
    label.is_some_and(|label| label.ending != Ending::Sentence)
}

/// Adds the figures whose captions stand otherwise than the text of their pages: with the graphic above, below
/// or beside the caption, as it is read. What `figures` has without a caption in that place goes.
pub(super) fn add(figures: &mut Vec<Figure>, pages: &[Page], furniture: &Furniture) {
    for page in pages {
        for direction in [Direction::Up, Direction::Down, Direction::Left] {
            let begins = |line: &Line| {
                line.direction == direction && line.words.len() >= FEWEST_WORDS && is_labelled(line)
            };
            if page.lines.iter().any(begins) {
                let found = find_turned(page, direction.upright(), furniture);
                for figure in found {
                    insert(figures, figure);
                }
            }
        }
    }
}

/// The captioned figures of a page once it is turned, in places of the page as it is here.
fn find_turned(page: &Page, turn: Turn, furniture: &Furniture) -> Vec<Figure> {
    // A document of its own, so that its only page is the first.
    let mut turned = page.clone();
    turned.number = 1;
    turned.turn(turn);
    let back = turn.back().matrix(turned.width, turned.height);
    let pages = [turned];
    let texts = clean(&pages);
    let found = search(&pages, &texts, furniture, &Vocabulary::of(&texts)).figures;
    let beside = |figure: &Figure| {
        let near = [Pairing::Below, Pairing::Above, Pairing::Left, Pairing::Right];
        figure.label.is_some() && figure.bbox.is_some() && near.contains(&figure.pairing)
    };
    let found = found.into_iter().filter(beside);
    found.map(|figure| Figure { turn, ..brought_back(figure, page.number, &back) }).collect()
}

fn brought_back(mut figure: Figure, number: u32, back: &Matrix) -> Figure {
    let bring = |page: &mut u32, bbox: &mut Rect| {
        *page = number;
        *bbox = back.bounds(bbox);
    };
    if let (Some(page), Some(bbox)) = (&mut figure.page, &mut figure.bbox) {
        bring(page, bbox);
    }
    if let (Some(page), Some(bbox)) = (&mut figure.caption_page, &mut figure.caption_bbox) {
        bring(page, bbox);
    }
    figure.regions.iter_mut().for_each(|region| bring(&mut region.page, &mut region.bbox));
    for (page, bbox) in figure.panels.iter_mut().filter_map(|panel| panel.printed.as_mut()) {
        bring(page, bbox);
    }
    figure
}

/// Puts a figure among the others, in order, unless another caption has its graphic, or its label another
/// graphic.
fn insert(figures: &mut Vec<Figure>, figure: Figure) {
    let in_place = |other: &Figure| match (figure.bbox, other.bbox) {
        (Some(a), Some(b)) if figure.page == other.page => {
            a.intersect(&b).area() > 0.5 * a.area().min(b.area())
        }
        _ => false,
    };
    let taken = figures
        .iter()
        .filter(|other| other.label.is_some())
        .any(|other| in_place(other) || (other.label == figure.label && other.bbox.is_some()));
    if taken {
        return;
    }
    figures.retain(|other| match &other.label {
        None => !in_place(other),
        // A caption that was found twice has its graphic here.
        label => *label != figure.label,
    });
    let after = |other: &Figure| other.label.is_none() || other.caption_page > figure.caption_page;
    let at = figures.iter().position(after).unwrap_or(figures.len());
    figures.insert(at, figure);
}

#[cfg(test)]
mod tests;
