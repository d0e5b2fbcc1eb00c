//! Finds the graphics of a page: clusters of images and painted paths with the short texts on and
//! around them, kept apart by captions and running text.

mod clusters;
mod columns;
mod scans;
mod sheet;
mod tables;

use std::collections::HashMap;

use super::captions::{Caption, pitch, same_size};
use super::cleaning::{PageText, TextLine};
use super::furniture::{self, Furniture};
use super::printed;
use crate::pdf::{Direction, Line, Page, Rect};
use clusters::{Cluster, FEWEST_PATHS, REACH, SMALLEST_DRAWING, clusters};
use tables::Sheet;

/// A graphic on a page, before anyone knows whose figure it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Graphic {
    pub bbox: Rect,
    /// Whether it holds a picture, not only paths.
    pub has_image: bool,
}

/// What of a page matters to figures.
#[derive(Debug, Clone, Default)]
pub struct PageGraphics {
    pub graphics: Vec<Graphic>,
    /// Boxes of running text, which separates figures.
    pub prose: Vec<Rect>,
    /// Boxes of the painted paths that may be part of a graphic.
    pub paths: Vec<Rect>,
    /// Boxes of the other texts: what is printed on and beside graphics, headings, tables.
    pub labels: Vec<Rect>,
    /// Boxes of the tables, which are no graphics.
    pub tables: Vec<Rect>,
    /// Boxes of the pictures of a panel's size.
    pub pictures: Vec<Rect>,
    /// What may be panels' letters, with their boxes.
    pub letters: Vec<(char, Rect)>,
}

impl PageGraphics {
    /// Whether a line of text is printed on a graphic and is no running text.
    pub fn bears(&self, line: &Rect) -> bool {
        self.graphics.iter().any(|graphic| graphic.bbox.contains_point(line.centre()))
            && !self.prose.contains(line)
    }
}

/// A text this near to a mark, in points, is part of the graphic.
const LABEL_REACH: f32 = 6.0;
/// A text that is centred on a graphic may stand off from it by its height, but by no more points.
const MOST_TITLE_REACH: f32 = 10.0;
/// At least this many small marks of a size in a row, each at most so large in points, are a key. It
/// belongs to the graphic above or left of it that is as wide (or as high), up to so far away.
const FEWEST_KEYS: usize = 2;
const LARGEST_KEY: f32 = 24.0;
const KEY_REACH: f32 = 30.0;
/// Graphics that overlap by no more, in points, only touch.
const TOUCHING: f32 = 1.0;
/// Blank between two texts of one line, in sizes of their type.
const WIDE_BLANK: f32 = 3.0;
/// Rows at the end of a paragraph that may be too short, or torn apart, to be told as running text by themselves.
const LAST_LINES: usize = 2;
/// A picture that may be a panel is at least this wide and high when drawn, in points.
const SMALLEST_PANEL: f32 = 60.0;

/// Lines of a page that captions of tables seem to hold and that are cells of these, as page and line index.
pub fn cells(
    page: &Page,
    text: &PageText,
    captions: &[Caption],
    furniture: &Furniture,
) -> Vec<(usize, usize)> {
    let here: Vec<&Caption> =
        captions.iter().filter(|caption| caption.page == page.number).collect();
    let paths: Vec<Rect> =
        page.drawn.paths.iter().filter(|path| !furniture.holds_path(path)).copied().collect();
    let cells = sheet::cells(text, &here, &paths).into_iter().enumerate();
    cells.filter(|(_, cell)| *cell).map(|(line, _)| (page.number as usize - 1, line)).collect()
}

/// `is_caption` tells which lines of `text` belong to captions; `captions` are those of this page.
pub fn find(
    page: &Page,
    text: &PageText,
    is_caption: &[bool],
    captions: &[&Caption],
    furniture: &Furniture,
) -> PageGraphics {
    let (scanned, rules) = scans::marks(page);
    let drawn = page.drawn.paths.iter().filter(|path| !furniture.holds_path(path)).copied();
    let paths: Vec<Rect> = drawn.chain(rules).collect();
    let is_cell = sheet::cells(text, captions, &paths);
    let caption_lines: Vec<Rect> = boxes(text, |index| is_caption[index] && !is_cell[index]);
    let mut prose_lines = prose(text, is_caption);
    end_paragraphs(text, is_caption, &mut prose_lines);
    let prose: Vec<Rect> = boxes(text, |index| prose_lines[index]);
    let short = text.lines.iter().enumerate();
    let short = short.filter(|(index, _)| !prose_lines[*index] && !is_caption[*index]);
    let mut labels: Vec<Rect> = short.flat_map(|(_, line)| pieces(&line.line)).collect();
    labels.extend(turned_labels(page));
    let images: Vec<Rect> = page
        .drawn
        .images
        .iter()
        .enumerate()
        .filter(|(index, image)| !furniture.holds_image(image) && !page.is_scan(*index))
        .map(|(_, image)| image.bbox)
        .filter(|image| !is_backdrop(image, text, &prose))
        .chain(scanned)
        .collect();

    let lines = text.lines.iter().enumerate();
    let lines = lines.filter(|(index, _)| !is_caption[*index] || is_cell[*index]);
    let words = lines.flat_map(|(_, line)| line.line.words.iter().filter(|w| sheet::is_word(w)));
    let words: Vec<Rect> = words.map(|word| word.bbox).collect();
    let (strips, pictures) = sheet::strips(&images, &words);
    let sheet = Sheet {
        words,
        paths: paths.iter().copied().chain(strips.iter().flat_map(sheet::edges)).collect(),
        images: pictures,
        captions: caption_lines.clone(),
        prose: prose.clone(),
    };
    let mut tables = sheet::of_page(page, &sheet);
    let ink = Ink { page, text, images: &images, captions: &caption_lines, prose: &prose };
    let captions_of = captions.iter().map(|caption| caption.bbox).collect::<Vec<_>>();
    let walls: Vec<Rect> = caption_lines.iter().chain(&prose).copied().collect();
    let (mut graphics, mut own) = ink.graphics(&paths, &tables, &captions_of, &labels, &walls);
    while sheet::give_up(&mut tables, &graphics, captions, &walls) {
        (graphics, own) = ink.graphics(&paths, &tables, &captions_of, &labels, &walls);
    }
    if page.scanned.is_none() {
        graphics.extend(scans::figures(page, &captions_of, &walls, &labels));
    }
    graphics.sort_by(|a, b| a.bbox.y0.total_cmp(&b.bbox.y0).then(a.bbox.x0.total_cmp(&b.bbox.x0)));
    let mut pictures: Vec<Rect> = images.iter().filter(|image| is_panel(image)).copied().collect();
    // What is drawn again in its place is no panel more.
    pictures.sort_by(|a, b| a.y0.total_cmp(&b.y0).then(a.x0.total_cmp(&b.x0)));
    pictures.dedup();
    let lines = text.lines.iter().zip(is_caption).filter(|(_, caption)| !**caption);
    let letters = lines
        .flat_map(|(line, _)| printed::candidates(&line.line))
        .map(|(letter, _, bbox)| (letter, bbox))
        .collect();
    // They are kept until the whole document is read.
    own.shrink_to_fit();
    PageGraphics { graphics, prose, paths: own, labels, tables, pictures, letters }
}

/// What of a page graphics are made of, and what keeps them apart.
struct Ink<'a> {
    page: &'a Page,
    text: &'a PageText,
    images: &'a [Rect],
    /// Lines of captions, and of running text.
    captions: &'a [Rect],
    prose: &'a [Rect],
}

impl Ink<'_> {
    /// The graphics, top to bottom, and the paths that may be part of one. `captions` are whole ones.
    fn graphics(
        &self,
        paths: &[Rect],
        tables: &[Rect],
        captions: &[Rect],
        labels: &[Rect],
        walls: &[Rect],
    ) -> (Vec<Graphic>, Vec<Rect>) {
        let in_table =
            |mark: &Rect| tables.iter().any(|table| table.grow(2.0).contains_point(mark.centre()));
        let paths: Vec<Rect> = paths.iter().filter(|path| !in_table(path)).copied().collect();
        let images: Vec<Rect> =
            self.images.iter().filter(|image| !in_table(image)).copied().collect();
        let frames = furniture::frames(&paths, self.captions);
        let paths: Vec<Rect> = paths
            .into_iter()
            .filter(|path| {
                !is_ground(path, self.text)
                    && !frames_text(path, self.captions, self.prose)
                    && !runs_beside(path, self.captions)
                    && !frames.iter().any(|frame| furniture::is_border(path, frame))
            })
            .collect();
        let clusters = clusters(self.page, &images, &paths, walls);
        let clusters: Vec<Cluster> = clusters
            .into_iter()
            .flat_map(|cluster| cluster.around(captions))
            .flat_map(|cluster| columns::divide(cluster, captions, walls))
            .collect();
        let mut graphics: Vec<Graphic> =
            clusters.iter().filter_map(|cluster| cluster.graphic(walls)).collect();
        for axes in clusters.iter().filter_map(|cluster| cluster.axes(walls)) {
            if !join_axes(&mut graphics, &axes) {
                graphics.extend(plot(&axes, &clusters));
            }
        }
        join_keys(&mut graphics, keys(&clusters), walls);
        join_overlapping(&mut graphics, captions);
        take_in_labels(&mut graphics, labels, walls);
        graphics
            .sort_by(|a, b| a.bbox.y0.total_cmp(&b.bbox.y0).then(a.bbox.x0.total_cmp(&b.bbox.x0)));
        (graphics, paths)
    }
}

/// A line in pieces, where it is cut by wide blanks: the number at an axis and the key level with it are none.
fn pieces(line: &Line) -> Vec<Rect> {
    let mut pieces: Vec<Rect> = Vec::new();
    for word in &line.words {
        match pieces.last_mut() {
            Some(piece) if word.bbox.x0 - piece.x1 < WIDE_BLANK * word.size => {
                *piece = piece.union(&word.bbox);
            }
            _ => pieces.push(word.bbox),
        }
    }
    pieces
}

/// A slanted letter by itself is no part of a chart where it is larger, in points.
const LARGEST_LETTER: f32 = 24.0;

/// Texts that do not run across beside a chart: titles of its axes, slanted names of its bars, those of a chart
/// upside down. A
/// banner that runs along the whole page is none, nor is a watermark.
fn turned_labels(page: &Page) -> impl Iterator<Item = Rect> {
    let turned = page.lines.iter().filter(|line| match line.direction {
        Direction::Up | Direction::Down => line.bbox.height() < 0.4 * page.height,
        Direction::Oblique => {
            let (w, h) = (line.bbox.width(), line.bbox.height());
            // A watermark of which each letter stands for itself.
            let letter = line.text().chars().count() == 1 && w.min(h) > LARGEST_LETTER;
            w.max(h) < 0.15 * page.height && !letter
        }
        Direction::Left => line.bbox.width() < 0.4 * page.width,
        Direction::Right => false,
    });
    turned.map(|line| line.bbox)
}

/// Whether a picture is the ground that running text is printed on: a scanned page, a tint.
fn is_backdrop(image: &Rect, page: &PageText, prose: &[Rect]) -> bool {
    image.area() > 0.6 * page.width * page.height
        && prose.iter().filter(|text| image.contains_point(text.centre())).count() >= 8
}

fn is_panel(image: &Rect) -> bool {
    image.width().min(image.height()) >= SMALLEST_PANEL
}

fn boxes(text: &PageText, wanted: impl Fn(usize) -> bool) -> Vec<Rect> {
    let lines = text.lines.iter().enumerate().filter(|(index, _)| wanted(*index));
    lines.map(|(_, line)| line.line.bbox).collect()
}

/// Which lines are running text: long ones, and those in blocks of them.
fn prose(text: &PageText, is_caption: &[bool]) -> Vec<bool> {
    let words =
        |index: usize| text.lines[index].text.split(' ').filter(|word| word.len() > 1).count();
    let mut blocks: HashMap<usize, (usize, usize)> = HashMap::new();
    for (index, line) in text.lines.iter().enumerate() {
        let (lines, all) = blocks.entry(line.line.block).or_default();
        *lines += 1;
        *all += words(index);
    }
    (0..text.lines.len())
        .map(|index| {
            let line = &text.lines[index];
            let (lines, all) = blocks[&line.line.block];
            let long = words(index) >= 8 && line.line.bbox.width() > 0.25 * text.width;
            let in_paragraph = lines >= 2 && all >= 6 * lines && line.line.bbox.width() > 60.0;
            !is_caption[index] && (long || in_paragraph)
        })
        .collect()
}

/// Marks the last lines of paragraphs, which [`prose`] misses where they are short or torn into words by justifying: rows in
/// the type and at the margin of the lines above, as far below them as these are apart.
fn end_paragraphs(text: &PageText, is_caption: &[bool], prose: &mut [bool]) {
    let lines = &text.lines;
    let beside = |a: &TextLine, b: &TextLine| {
        (a.line.bbox.x0 - b.line.bbox.x0).abs() < 2.0 && same_size(a.size, b.size)
    };
    for _ in 0..LAST_LINES {
        let texts: Vec<usize> = (0..lines.len()).filter(|&index| prose[index]).collect();
        // The right edge of the paragraph that a line goes on with.
        let goes_on = |below: &TextLine| {
            let column: Vec<&TextLine> =
                texts.iter().map(|&index| &lines[index]).filter(|l| beside(l, below)).collect();
            let is_paced = column.iter().any(|last| {
                let step = pitch(last, below);
                (0.5..3.0).contains(&(step / below.size))
                    && column.iter().any(|above| (pitch(above, last) - step).abs() < 0.05 * step)
            });
            column.iter().map(|line| line.line.bbox.x1).max_by(f32::total_cmp).filter(|_| is_paced)
        };
        let heads: Vec<(Rect, f32)> = (0..lines.len())
            .filter(|&index| !prose[index] && !is_caption[index])
            .filter(|&index| lines[index].text.chars().filter(|c| c.is_alphabetic()).count() > 3)
            .filter_map(|index| Some((lines[index].line.bbox, goes_on(&lines[index])?)))
            .collect();
        for (head, right) in heads {
            for index in (0..lines.len()).filter(|&index| !is_caption[index]) {
                let bbox = lines[index].line.bbox;
                let level = bbox.y_overlap(&head) > 0.6 * bbox.height().min(head.height());
                prose[index] |= level && bbox.x0 > head.x0 - 2.0 && bbox.x1 < right + 2.0;
            }
        }
    }
}

/// Whether a path is the page's ground, or an ornament of its head or foot.
fn is_ground(path: &Rect, page: &PageText) -> bool {
    path.area() > 0.8 * page.width * page.height
        || path.y1 < 0.06 * page.height
        || path.y0 > 0.94 * page.height
}

/// Whether a path is a box drawn around text: a caption's frame, a tinted panel of prose.
fn frames_text(path: &Rect, captions: &[Rect], prose: &[Rect]) -> bool {
    let inside = |text: &&Rect| path.grow(1.0).contains_point(text.centre());
    path.height() > 8.0
        && (captions.iter().any(|text| inside(&text)) || prose.iter().filter(inside).count() >= 2)
}

/// Whether a path is the side of a frame drawn as four lines: a thin upright that runs on beside a
/// caption.
fn runs_beside(path: &Rect, captions: &[Rect]) -> bool {
    path.width() < 3.0
        && path.height() > 40.0
        && captions.iter().any(|text| {
            let (_, y) = text.centre();
            let gap = (text.x0 - path.x1).max(path.x0 - text.x1);
            (path.y0..=path.y1).contains(&y) && (0.0..30.0).contains(&gap)
        })
}

/// Gives axes to the graphics that lie in the space they span; whether there are any.
fn join_axes(graphics: &mut [Graphic], axes: &Rect) -> bool {
    let mut joined = false;
    for graphic in graphics {
        if graphic.bbox.intersect(axes).area() > 0.8 * graphic.bbox.area() {
            graphic.bbox = graphic.bbox.union(axes);
            joined = true;
        }
    }
    joined
}

/// The chart that axes make of marks too few or too flat to be a graphic: a line that hardly rises.
fn plot(axes: &Rect, clusters: &[Cluster]) -> Option<Graphic> {
    let on_it = |mark: &Rect| axes.grow(REACH).contains(mark);
    let marks = clusters.iter().flat_map(|cluster| &cluster.marks);
    let marks: Vec<&Rect> = marks.map(|(mark, _)| mark).filter(|mark| on_it(mark)).collect();
    let plotted = marks.iter().filter(|mark| axes.grow(-REACH).contains_point(mark.centre()));
    let drawing = marks.len() >= FEWEST_PATHS
        && plotted.count() > 0
        && axes.area() >= SMALLEST_DRAWING
        && axes.width().min(axes.height()) > 20.0;
    let bbox = marks.into_iter().fold(*axes, |all, mark| all.union(mark));
    drawing.then_some(Graphic { bbox, has_image: false })
}

/// The keys to charts' colours: rows and columns of marks, each small and by itself, its name beside it.
fn keys(clusters: &[Cluster]) -> Vec<Rect> {
    let small = |mark: &Rect| mark.width().max(mark.height()) < LARGEST_KEY;
    let lone = clusters.iter().filter(|cluster| {
        let all_small = cluster.marks.iter().all(|(mark, is_image)| !is_image && small(mark));
        cluster.rules.is_empty() && all_small
    });
    let mut marks: Vec<Rect> = lone.flat_map(|c| &c.marks).map(|(mark, _)| *mark).collect();
    let mut keys = Vec::new();
    for edge in [|mark: &Rect| mark.y0, |mark: &Rect| mark.x0] {
        marks.sort_by(|a, b| edge(a).total_cmp(&edge(b)));
        let alike = |a: &Rect, b: &Rect| {
            (edge(a) - edge(b)).abs() < 3.0
                && (a.width() - b.width()).abs() < 1.5
                && (a.height() - b.height()).abs() < 1.5
        };
        let lined_up = marks.chunk_by(alike);
        let many = lined_up.filter(|line| line.len() >= FEWEST_KEYS);
        keys.extend(many.filter_map(|line| line.iter().copied().reduce(|all, m| all.union(&m))));
    }
    keys
}

/// Gives each key to the graphic it stands below or beside, where no text is between.
fn join_keys(graphics: &mut [Graphic], keys: Vec<Rect>, walls: &[Rect]) {
    for key in keys {
        let home = graphics.iter_mut().find(|graphic| {
            let bbox = graphic.bbox;
            let below = (0.0..KEY_REACH).contains(&(key.y0 - bbox.y1))
                && bbox.x0 <= key.x0
                && key.x1 <= bbox.x1
                && key.width() > 0.3 * bbox.width();
            let beside = (0.0..KEY_REACH).contains(&(key.x0 - bbox.x1))
                && bbox.y0 - REACH <= key.y0
                && key.y1 <= bbox.y1 + REACH
                && key.height() > key.width();
            let between = if below {
                Rect::new(key.x0, bbox.y1, key.x1, key.y0)
            } else {
                Rect::new(bbox.x1, key.y0, key.x0, key.y1)
            };
            (below || beside) && !walls.iter().any(|wall| !wall.intersect(&between).is_empty())
        });
        if let Some(graphic) = home {
            graphic.bbox = graphic.bbox.union(&key);
        }
    }
}

/// Makes one of graphics whose boxes overlap: a legend in its chart, an inset in its picture. Not
/// where the joint box would hold a caption.
fn join_overlapping(graphics: &mut Vec<Graphic>, captions: &[Rect]) {
    let mut index = 0;
    while index < graphics.len() {
        let bbox = graphics[index].bbox;
        let other = (index + 1..graphics.len()).find(|&other| {
            let joint = bbox.union(&graphics[other].bbox);
            let shared = graphics[other].bbox.intersect(&bbox);
            shared.width().min(shared.height()) > TOUCHING
                && !captions.iter().any(|caption| joint.contains_point(caption.centre()))
        });
        match other {
            Some(other) => {
                let other = graphics.swap_remove(other);
                graphics[index].bbox = bbox.union(&other.bbox);
                graphics[index].has_image |= other.has_image;
                // The joint box may reach graphics passed before.
                index = 0;
            }
            None => index += 1,
        }
    }
}

/// Grows each graphic over the short texts on it and right beside it, twice, so that an axis title
/// beyond the tick labels is reached. What is centred below or above it, as titles are, may stand off
/// by its own height, unless it is level with a line of `walls`: a stray piece of that.
fn take_in_labels(graphics: &mut [Graphic], labels: &[Rect], walls: &[Rect]) {
    let mut free: Vec<Rect> = labels.to_vec();
    for _ in 0..2 {
        let before: Vec<Rect> = graphics.iter().map(|graphic| graphic.bbox).collect();
        free.retain(|label| {
            let near = before.iter().position(|bbox| {
                let gap = (label.y0 - bbox.y1).max(bbox.y0 - label.y1);
                let titles = bbox.x0 <= label.x0
                    && label.x1 <= bbox.x1
                    && label.width() < 0.5 * bbox.width()
                    && gap < label.height().min(MOST_TITLE_REACH)
                    && !walls.iter().any(|wall| wall.y_overlap(label) > 0.0);
                (titles || !bbox.grow(LABEL_REACH).intersect(label).is_empty())
                    && label.width() < bbox.width() + 2.0 * LABEL_REACH
            });
            if let Some(index) = near {
                graphics[index].bbox = graphics[index].bbox.union(label);
            }
            near.is_none()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::by_hand::{block, line, page};
    use super::clusters::tests::cluster;
    use super::*;

    #[test]
    fn running_text_is_long_or_in_paragraphs_and_labels_are_neither() {
        let mut lines = block(1, &[line("Days after onset", 200.0, 100.0)]);
        lines.extend(block(2, &[line("a line long enough to be a text of its own", 72.0, 300.0)]));
        lines.extend(block(
            3,
            &[
                line("two shorter lines of a narrow column", 72.0, 400.0),
                line("that make up a paragraph of their own", 72.0, 412.0),
            ],
        ));
        let page = page(1, lines);
        assert_eq!(prose(&page, &[false; 4]), [false, true, true, true]);
        assert_eq!(prose(&page, &[false, true, false, false]), [false, false, true, true]);
    }

    #[test]
    fn the_last_lines_of_a_paragraph_are_running_text_though_they_are_torn_or_short() {
        let long = "a line that is long enough to be a text of its own as it stands here";
        let mut lines = block(1, &[line(long, 72.0, 100.0)]);
        lines.extend(block(2, &[line(long, 72.0, 120.0)]));
        for (number, word) in ["situation", "gradually"].into_iter().enumerate() {
            lines.extend(block(3 + number, &[line(word, 72.0 + 150.0 * number as f32, 140.0)]));
        }
        lines.extend(block(5, &[line("disappeared.", 72.0, 160.0)]));
        // A title of a chart further down, and one that is not at the margin.
        lines.extend(block(6, &[line("Days after onset", 72.0, 200.0)]));
        lines.extend(block(7, &[line("Days after onset", 120.0, 180.0)]));
        let page = page(1, lines);
        let mut found = prose(&page, &[false; 7]);
        assert_eq!(found, [true, true, false, false, false, false, false]);
        end_paragraphs(&page, &[false; 7], &mut found);
        assert_eq!(found, [true, true, true, true, true, false, false]);
    }

    #[test]
    fn a_line_is_in_pieces_where_a_wide_blank_is() {
        let mut words = line("100", 72.0, 100.0).line.words;
        words.extend(line("Group 1", 150.0, 100.0).line.words);
        let all = Line::of_words(words, Direction::Right, 0);
        let (number, key) =
            (Rect::new(72.0, 100.0, 87.0, 110.0), Rect::new(150.0, 100.0, 185.0, 110.0));
        assert_eq!(pieces(&all), [number, key]);
    }

    #[test]
    fn the_ground_and_frames_of_text_are_no_part_of_a_graphic() {
        let page = page(1, Vec::new());
        assert!(is_ground(&Rect::new(0.0, 0.0, 600.0, 800.0), &page));
        assert!(is_ground(&Rect::new(50.0, 20.0, 550.0, 21.0), &page));
        assert!(!is_ground(&Rect::new(50.0, 200.0, 550.0, 400.0), &page));
        let text = Rect::new(110.0, 310.0, 490.0, 320.0);
        let frame = Rect::new(100.0, 100.0, 500.0, 350.0);
        assert!(frames_text(&frame, &[text], &[]));
        assert!(!frames_text(&frame, &[], &[text]), "one line may be a long label");
        assert!(!frames_text(&Rect::new(100.0, 100.0, 500.0, 300.0), &[text], &[]));
        assert!(runs_beside(&Rect::new(100.0, 100.0, 101.0, 350.0), &[text]));
        assert!(!runs_beside(&Rect::new(100.0, 100.0, 101.0, 300.0), &[text]));
    }

    #[test]
    fn a_flat_line_between_axes_is_a_chart() {
        let ticks = (0..5).map(|n| 72.0 + 44.0 * n as f32).map(|y| Rect::new(157.0, y, 160.0, y));
        let rules = [Rect::new(160.0, 72.0, 160.0, 248.0), Rect::new(160.0, 248.0, 468.0, 248.0)];
        let axes = cluster(&ticks.chain(rules).collect::<Vec<_>>(), false);
        let line = cluster(&[Rect::new(199.0, 188.0, 276.0, 190.0)], false);
        assert_eq!((axes.graphic(&[]), line.graphic(&[])), (None, None));
        let space = axes.axes(&[]).expect("rules that meet");
        let chart = plot(&space, &[axes.clone(), line]).expect("a chart");
        assert_eq!(chart.bbox, Rect::new(157.0, 72.0, 468.0, 248.0));
        assert_eq!(plot(&space, &[axes]), None, "nothing is plotted");
    }

    #[test]
    fn a_row_of_small_marks_below_a_chart_is_its_key() {
        let swatches = (0..4).map(|n| 110.0 + 40.0 * n as f32);
        let lone = swatches.map(|x| cluster(&[Rect::new(x, 220.0, x + 8.0, 226.0)], false));
        let found = keys(&lone.collect::<Vec<_>>());
        assert_eq!(found, [Rect::new(110.0, 220.0, 238.0, 226.0)]);
        let chart = Graphic { bbox: Rect::new(100.0, 100.0, 300.0, 200.0), has_image: false };
        let mut graphics = [chart.clone()];
        join_keys(&mut graphics, found.clone(), &[Rect::new(100.0, 205.0, 300.0, 215.0)]);
        assert_eq!(graphics[0], chart, "text stands between");
        join_keys(&mut graphics, found, &[]);
        assert_eq!(graphics[0].bbox, Rect::new(100.0, 100.0, 300.0, 226.0));
    }

    #[test]
    fn overlapping_graphics_become_one() {
        let graphic =
            |x0: f32, x1: f32, has_image| Graphic { bbox: Rect::new(x0, 0.0, x1, 10.0), has_image };
        // The second joins the first only by way of the third.
        let mut graphics =
            vec![graphic(0.0, 10.0, false), graphic(20.0, 30.0, true), graphic(5.0, 25.0, false)];
        join_overlapping(&mut graphics, &[]);
        assert_eq!(graphics, [graphic(0.0, 30.0, true)]);
    }

    #[test]
    fn a_graphic_takes_in_its_tick_labels_and_the_title_beyond() {
        let chart = Rect::new(100.0, 100.0, 300.0, 200.0);
        let mut graphics = [Graphic { bbox: chart, has_image: false }];
        let (tick, title) =
            (Rect::new(100.0, 203.0, 120.0, 213.0), Rect::new(150.0, 217.0, 250.0, 227.0));
        let far = Rect::new(150.0, 260.0, 250.0, 270.0);
        take_in_labels(&mut graphics, &[tick, title, far], &[]);
        assert_eq!(graphics[0].bbox, chart.union(&tick).union(&title));
    }
}
