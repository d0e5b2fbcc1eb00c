//! The tables of a page as a whole: those set sideways too, without those that are part of a figure, and
//! told from the captions that seem to run on into them.

use super::super::FigureKind;
use super::super::captions::Caption;
use super::super::cleaning::PageText;
use super::Graphic;
use super::tables::{self, Sheet};
use crate::pdf::{Direction, Page, Rect, Word};

/// Words of a direction, at least, for a table to be set in it.
const FEWEST_WORDS: usize = 12;
/// A table with its title so near, in points, is one wherever it stands.
const TITLE: f32 = 60.0;
/// A drawing within so many points of a table is part of one figure with it, if it is no smaller than this
/// part of it.
const BESIDE: f32 = 9.0;
const AS_LARGE: f32 = 0.5;
/// Words cover at least this part of a strip of a table, which has so many; a line between is no higher,
/// in points.
const WORDS_ON_STRIP: f32 = 0.02;
const FEWEST_STRIPS: usize = 3;
const HIGHEST_LINE: f32 = 6.0;

/// Whether it is more than a mark of a plot, which may be a glyph of a symbols' font.
pub(super) fn is_word(word: &Word) -> bool {
    word.text
        .chars()
        .any(|c| c.is_alphanumeric() || "+-\u{2212}\u{2013}\u{2713}\u{2714}\u{221a}*".contains(c))
}

/// Which lines of the page, though a table's caption seems to hold them, are cells of the table: a rule
/// stands between them and the caption's first line.
pub(super) fn cells(text: &PageText, captions: &[&Caption], paths: &[Rect]) -> Vec<bool> {
    let mut cells = vec![false; text.lines.len()];
    let titles = captions.iter().filter(|caption| caption.kind == FigureKind::Table);
    let titles: Vec<&&Caption> = titles.filter(|caption| caption.lines.len() > 1).collect();
    if titles.is_empty() {
        return cells;
    }
    let rules = tables::rules(paths);
    for title in titles {
        let here = |&&(page, _): &&(usize, usize)| page + 1 == text.number as usize;
        let lines: Vec<usize> = title.lines.iter().filter(here).map(|(_, line)| *line).collect();
        let Some((&first, rest)) = lines.split_first() else { continue };
        let top = text.lines[first].line.bbox.centre().1;
        for &line in rest {
            let (x, y) = text.lines[line].line.bbox.centre();
            cells[line] = rules
                .iter()
                .any(|rule| (top..y).contains(&rule.y0) && (rule.x0..rule.x1).contains(&x));
        }
    }
    cells
}

/// The pictures that are the lines and tints of tables, under their words, and the others. Some programs
/// draw a table as strips, one a row; a single picture under words is a figure.
pub(super) fn strips(images: &[Rect], words: &[Rect]) -> (Vec<Rect>, Vec<Rect>) {
    let is_strip = |image: &Rect| {
        let printed = words.iter().filter(|word| image.contains_point(word.centre()));
        let printed: f32 = printed.map(Rect::area).sum();
        image.width() > image.height() && printed > WORDS_ON_STRIP * image.area()
    };
    let strips: Vec<Rect> = images.iter().filter(|image| is_strip(image)).copied().collect();
    let alike = |one: &Rect| {
        let same = |other: &&Rect| (other.x0 - one.x0).abs() < 3.0;
        strips.iter().filter(same).count() >= FEWEST_STRIPS
    };
    if !strips.iter().any(alike) {
        return (Vec::new(), images.to_vec());
    }
    let line = |image: &Rect| image.height() < HIGHEST_LINE;
    images.iter().partition(|image| is_strip(image) || line(image))
}

/// The edges of a picture, as rules.
pub(super) fn edges(image: &Rect) -> [Rect; 2] {
    [Rect { y1: image.y0, ..*image }, Rect { y0: image.y1, ..*image }]
}

/// The tables of a page, top to bottom. `sheet` is of the upright text.
pub(super) fn of_page(page: &Page, sheet: &Sheet) -> Vec<Rect> {
    let mut found = tables::find(sheet);
    let (width, height) = (page.width, page.height);
    let words = |direction: Direction| -> Vec<Rect> {
        let lines = page.lines.iter().filter(|line| line.direction == direction);
        let words = lines.flat_map(|line| line.words.iter().filter(|word| is_word(word)));
        words.map(|word| word.bbox).collect()
    };
    let upwards = words(Direction::Up);
    if upwards.len() >= FEWEST_WORDS {
        let turn = |b: &Rect| Rect::new(height - b.y1, b.x0, height - b.y0, b.x1);
        let back = |b: &Rect| Rect::new(b.y0, height - b.x1, b.y1, height - b.x0);
        found.extend(tables::find(&turned(sheet, &upwards, turn)).iter().map(back));
    }
    let downwards = words(Direction::Down);
    if downwards.len() >= FEWEST_WORDS {
        let turn = |b: &Rect| Rect::new(b.y0, width - b.x1, b.y1, width - b.x0);
        let back = |b: &Rect| Rect::new(width - b.y1, b.x0, width - b.y0, b.x1);
        found.extend(tables::find(&turned(sheet, &downwards, turn)).iter().map(back));
    }
    found.sort_by(|a, b| a.y0.total_cmp(&b.y0).then(a.x0.total_cmp(&b.x0)));
    found
}

/// The sheet with other words, turned; `turn` takes a box to where it lies then.
fn turned(sheet: &Sheet, words: &[Rect], turn: impl Fn(&Rect) -> Rect) -> Sheet {
    let all = |boxes: &[Rect]| boxes.iter().map(&turn).collect();
    Sheet {
        words: all(words),
        paths: all(&sheet.paths),
        images: all(&sheet.images),
        captions: all(&sheet.captions),
        prose: Vec::new(),
    }
}

/// Takes out the tables that are part of a figure: without title, at a graphic; whether there were any.
pub(super) fn give_up(
    tables: &mut Vec<Rect>,
    graphics: &[Graphic],
    captions: &[&Caption],
    walls: &[Rect],
) -> bool {
    let before = tables.len();
    if captions.iter().all(|caption| caption.kind == FigureKind::Table) {
        return false;
    }
    tables.retain(|table| {
        let titled = captions.iter().any(|caption| {
            caption.kind == FigureKind::Table
                && caption.bbox.x_overlap(table) > 0.0
                && (-TITLE..TITLE).contains(&(table.y0 - caption.bbox.y1))
        });
        let part = graphics.iter().any(|graphic| {
            let counts = graphic.has_image || graphic.bbox.area() > AS_LARGE * table.area();
            let joint = graphic.bbox.union(table);
            let apart = |wall: &Rect| {
                let centre = wall.centre();
                joint.contains_point(centre)
                    && !graphic.bbox.contains_point(centre)
                    && !table.contains_point(centre)
            };
            counts
                && !graphic.bbox.grow(BESIDE).intersect(table).is_empty()
                && !walls.iter().any(apart)
        });
        titled || !part
    });
    tables.len() < before
}

#[cfg(test)]
mod tests {
    use super::super::super::by_hand::{line, page};
    use super::*;

    fn caption(kind: FigureKind, bbox: [f32; 4], lines: &[usize]) -> Caption {
        Caption {
            label: "Table 1".into(),
            kind,
            text: "Table 1. Features".into(),
            page: 1,
            bbox: bbox.into(),
            bare: false,
            continued: false,
            lines: lines.iter().map(|line| (0, *line)).collect(),
        }
    }

    #[test]
    fn what_a_tables_caption_holds_under_a_rule_are_cells() {
        let text = page(
            1,
            vec![
                line("Table 1. Features of", 72.0, 100.0),
                line("the patients", 72.0, 112.0),
                line("Age", 72.0, 130.0),
            ],
        );
        let own = caption(FigureKind::Table, [72.0, 100.0, 200.0, 140.0], &[0, 1, 2]);
        let rule = Rect::new(72.0, 125.0, 400.0, 125.5);
        assert_eq!(cells(&text, &[&own], &[rule]), [false, false, true]);
        let beside = Rect::new(300.0, 125.0, 500.0, 125.5);
        assert_eq!(cells(&text, &[&own], &[beside]), [false; 3]);
        let figure = Caption { kind: FigureKind::Figure, ..own };
        assert_eq!(cells(&text, &[&figure], &[rule]), [false; 3]);
    }

    #[test]
    fn strips_under_the_words_of_a_table_are_no_pictures() {
        let strip = |row: f32| Rect::new(50.0, 100.0 + 30.0 * row, 450.0, 130.0 + 30.0 * row);
        let images: Vec<Rect> = [0.0, 1.0, 2.0].map(strip).to_vec();
        let word =
            |row: f32, x: f32| Rect::new(x, 110.0 + 30.0 * row, x + 40.0, 120.0 + 30.0 * row);
        let words: Vec<Rect> =
            [0.0, 1.0, 2.0].iter().flat_map(|row| [word(*row, 60.0), word(*row, 300.0)]).collect();
        assert_eq!(strips(&images, &words), (images.clone(), Vec::new()));
        assert_eq!(
            strips(&images, &[]),
            (Vec::new(), images.clone()),
            "nothing is printed on them"
        );
        assert_eq!(strips(&images[..1], &words), (Vec::new(), images[..1].to_vec()), "one alone");
    }

    #[test]
    fn a_table_at_the_chart_of_a_figure_is_part_of_it_unless_it_has_a_title() {
        let table = Rect::new(300.0, 100.0, 500.0, 200.0);
        let chart = Graphic { bbox: Rect::new(80.0, 90.0, 296.0, 260.0), has_image: false };
        let figure = caption(FigureKind::Figure, [80.0, 270.0, 500.0, 290.0], &[]);
        let given_up = |chart: &Graphic, captions: &[&Caption]| {
            let mut tables = vec![table];
            give_up(&mut tables, std::slice::from_ref(chart), captions, &[]);
            tables.is_empty()
        };
        assert!(given_up(&chart, &[&figure]));
        let title = caption(FigureKind::Table, [300.0, 80.0, 480.0, 95.0], &[]);
        assert!(!given_up(&chart, &[&figure, &title]));
        assert!(!given_up(&chart, &[&title]), "no figure on the page");
        let far = Graphic { bbox: Rect::new(80.0, 90.0, 250.0, 260.0), has_image: false };
        assert!(!given_up(&far, &[&figure]));
    }
}
