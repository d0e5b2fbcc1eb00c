//! Finds the tables of a page: rules with rows of aligned cells between them, and beside them where a
//! table is cut by the page's end.

use crate::pdf::Rect;

/// A path at most so high, in points, is a rule; one up to the other height may be the ground of a
/// cell or a row, whose edges count as rules.
const THIN: f32 = 3.0;
const HIGHEST_CELL: f32 = 60.0;
/// A table's rule is at least so long; its pieces, one a cell, may lie so far apart. In points.
const SHORTEST_RULE: f32 = 100.0;
const PIECES_APART: f32 = 4.0;
/// Rules of one table begin and end together, to so many points.
const SAME_EDGE: f32 = 8.0;
/// Blank between two cells of a row, in heights of its words, at least.
const BETWEEN_CELLS: f32 = 1.0;
/// Cells are aligned if their left edges, middles or right edges agree to so many points.
const ALIGNED: f32 = 4.0;
/// Part of a table's rows that have several cells, at least; of a grid's, whose cells have several lines.
const SHARE: f32 = 0.5;
const SHARE_OF_GRID: f32 = 0.3;
/// Part of the rows that have words in one place of a column, at least, and in a gutter, at most.
const IN_COLUMN: f32 = 0.35;
const IN_GUTTER: f32 = 0.2;
/// Part of the cells that stand in columns, at least.
const CELLS_IN_COLUMNS: f32 = 0.7;
/// So many columns are a table's, however many lines a cell of it has.
const MANY_COLUMNS: usize = 4;
/// A line of text runs across at least this part of a table.
const ACROSS: f32 = 0.6;
/// Width of a place, in points.
const BIN: f32 = 2.0;
/// Part of the tinted cells that may be empty, where there are at least so many.
const EMPTY: f32 = 0.4;
const MANY_CELLS: usize = 20;
/// Blank before the next row of a table cut by the page's end, at most: in heights of a row, or so many
/// times as much as between the rows before, up to the other.
const NEXT_ROW: f32 = 1.5;
const LOOSER: f32 = 1.4;
const FARTHEST_ROW: f32 = 2.5;
/// So many rules of one width are a grid, in which cells may hold whole sentences.
const GRID: usize = 4;
/// Lines of text to a rule of a grid, at most.
const MOST_LINES: usize = 8;
/// A picture of a table's cell is at most so wide and high, in points.
const LARGEST_ICON: f32 = 24.0;
/// A page with more paths than this is a drawing.
const MOST_PATHS: usize = 20_000;

/// What of a page tables are found by, all boxes in points.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub words: Vec<Rect>,
    pub paths: Vec<Rect>,
    pub images: Vec<Rect>,
    pub captions: Vec<Rect>,
    /// Lines of running text.
    pub prose: Vec<Rect>,
}

/// The tables whose rows run across.
pub(super) fn find(sheet: &Sheet) -> Vec<Rect> {
    if sheet.paths.len() > MOST_PATHS {
        return Vec::new();
    }
    let rules = rules(&sheet.paths);
    let mut used = vec![false; rules.len()];
    let mut found: Vec<Rect> = Vec::new();
    for first in 0..rules.len() {
        if used[first] {
            continue;
        }
        let mut members = vec![first];
        let mut last = first;
        for next in first + 1..rules.len() {
            if used[next] || !same_edges(&rules[last], &rules[next]) {
                continue;
            }
            let band = rules[last].union(&rules[next]);
            if !sheet.is_band(&band) {
                break;
            }
            members.push(next);
            last = next;
        }
        let span = rules[first].union(&rules[last]);
        let table = sheet.table(&span, members.len());
        if let Some(table) = table {
            for &rule in &members {
                used[rule] = true;
            }
            for (rule, used) in rules.iter().zip(&mut used) {
                *used |= table.contains_point(rule.centre());
            }
            match found.iter_mut().find(|other| !other.intersect(&table).is_empty()) {
                Some(other) => *other = other.union(&table),
                None => found.push(table),
            }
        }
    }
    found
}

fn same_edges(one: &Rect, other: &Rect) -> bool {
    (one.x0 - other.x0).abs() < SAME_EDGE && (one.x1 - other.x1).abs() < SAME_EDGE
}

/// The level lines of the page, their pieces joined, top to bottom.
pub(super) fn rules(paths: &[Rect]) -> Vec<Rect> {
    let mut pieces: Vec<Rect> = Vec::new();
    for path in paths {
        let line = |y: f32| Rect::new(path.x0, y, path.x1, y);
        if path.height() < THIN {
            pieces.push(line(path.centre().1));
        } else if path.height() < HIGHEST_CELL && path.width() > path.height() {
            pieces.extend([line(path.y0), line(path.y1)]);
        }
    }
    pieces.retain(|piece| piece.width().is_finite() && piece.y0.is_finite());
    pieces.sort_by(|a, b| a.y0.total_cmp(&b.y0));
    let mut rules: Vec<Rect> = Vec::new();
    for level in pieces.chunk_by_mut(|one, next| next.y0 - one.y0 < 1.5) {
        level.sort_by(|a, b| a.x0.total_cmp(&b.x0));
        let start = rules.len();
        for piece in level {
            match rules[start..].last_mut() {
                Some(rule) if piece.x0 - rule.x1 < PIECES_APART => *rule = rule.union(piece),
                _ => rules.push(*piece),
            }
        }
    }
    rules.retain(|rule| rule.width() >= SHORTEST_RULE);
    rules.sort_by(|a, b| a.y0.total_cmp(&b.y0).then(a.x0.total_cmp(&b.x0)));
    rules
}

/// Words on one level, as cells.
#[derive(Debug)]
struct Row {
    bbox: Rect,
    cells: Vec<Rect>,
}

impl Row {
    fn is_split(&self) -> bool {
        self.cells.len() > 1
    }

    /// Whether a cell behind the first stands as one of `other` does.
    fn agrees(&self, other: &Self) -> bool {
        self.cells.iter().skip(1).any(|cell| other.cells.iter().skip(1).any(|o| aligned(cell, o)))
    }
}

fn aligned(one: &Rect, other: &Rect) -> bool {
    (one.x0 - other.x0).abs() < ALIGNED
        || (one.x1 - other.x1).abs() < ALIGNED
        || (one.centre().0 - other.centre().0).abs() < ALIGNED
}

/// How many columns the rows have, and the part of their cells that stand in one: columns are where many
/// rows have words, with gutters between that few words run across.
fn columns(rows: &[&Row], bbox: &Rect) -> (usize, f32) {
    let bins = ((bbox.width() / BIN).ceil() as usize).clamp(1, 2000);
    let bin = |x: f32| (((x - bbox.x0) / BIN).max(0.0) as usize).min(bins - 1);
    let span = |cell: &Rect| bin(cell.x0)..bin(cell.x1).max(bin(cell.x0)) + 1;
    let cells = || rows.iter().flat_map(|row| &row.cells);
    let mut covered = vec![0_usize; bins];
    for cell in cells() {
        covered[span(cell)].iter_mut().for_each(|count| *count += 1);
    }
    let part = |share: f32| share * rows.len() as f32;
    let (mut columns, mut in_one) = (0, false);
    for &count in &covered {
        if count as f32 >= part(IN_COLUMN) && !in_one {
            columns += 1;
            in_one = true;
        } else if count as f32 <= part(IN_GUTTER) {
            in_one = false;
        }
    }
    let stands =
        |cell: &&Rect| covered[span(cell)].iter().any(|&count| count as f32 >= part(IN_COLUMN));
    let share = cells().filter(stands).count() as f32 / cells().count().max(1) as f32;
    (columns, share)
}

/// The words as rows, top to bottom.
fn rows(words: impl Iterator<Item = Rect>) -> Vec<Row> {
    let mut words: Vec<Rect> = words.collect();
    words.sort_by(|a, b| a.centre().1.total_cmp(&b.centre().1).then(a.x0.total_cmp(&b.x0)));
    let mut levels: Vec<(Rect, Vec<Rect>)> = Vec::new();
    for word in words {
        match levels.last_mut() {
            Some((bbox, level)) if (bbox.y0..=bbox.y1).contains(&word.centre().1) => {
                // Of the first word's height: a bracket over several rows joins none of them.
                level.push(word);
                bbox.x1 = bbox.x1.max(word.x1);
            }
            _ => levels.push((word, vec![word])),
        }
    }
    levels.into_iter().map(|(_, level)| row(level)).collect()
}

fn row(mut words: Vec<Rect>) -> Row {
    words.sort_by(|a, b| a.x0.total_cmp(&b.x0));
    let mut heights: Vec<f32> = words.iter().map(Rect::height).collect();
    heights.sort_by(f32::total_cmp);
    let blank = BETWEEN_CELLS * heights[heights.len() / 2];
    let mut cells: Vec<Rect> = Vec::new();
    for word in &words {
        match cells.last_mut() {
            Some(cell) if word.x0 - cell.x1 < blank => *cell = cell.union(word),
            _ => cells.push(*word),
        }
    }
    let bbox = words[1..].iter().fold(words[0], |all, word| all.union(word));
    Row { bbox, cells }
}

impl Sheet {
    fn rows_in(&self, space: &Rect) -> Vec<Row> {
        rows(self.words.iter().filter(|word| space.contains_point(word.centre())).copied())
    }

    fn holds_picture(&self, space: &Rect) -> bool {
        let large = |image: &Rect| image.width().min(image.height()) > LARGEST_ICON;
        self.images.iter().any(|image| large(image) && space.contains_point(image.centre()))
    }

    fn holds_caption(&self, space: &Rect) -> bool {
        self.captions.iter().any(|caption| space.contains_point(caption.centre()))
    }

    /// Whether the space between two rules may be part of a table: its rows have cells.
    fn is_band(&self, band: &Rect) -> bool {
        let inner = Rect { x0: band.x0 - 3.0, x1: band.x1 + 3.0, ..*band };
        if self.holds_caption(&inner) || self.holds_picture(&inner) {
            return false;
        }
        let rows = self.rows_in(&inner);
        // Columns show over many rows only; here it is enough that no lines run all across.
        let runs = |row: &&Row| !row.is_split() && row.bbox.width() > ACROSS * band.width();
        match rows.iter().filter(runs).count() {
            _ if rows.is_empty() => band.height() < HIGHEST_CELL,
            0 | 1 => true,
            across => 2 * across < rows.len(),
        }
    }

    /// The table whose first and last rule bound `span`, with the rows that go on above and below.
    fn table(&self, span: &Rect, rules: usize) -> Option<Rect> {
        let column = Rect { x0: span.x0 - 3.0, x1: span.x1 + 3.0, y0: f32::MIN, y1: f32::MAX };
        let all = self.rows_in(&column);
        let inside = |row: &Row| (span.y0 - 1.0..=span.y1 + 1.0).contains(&row.bbox.centre().1);
        let first = all.iter().position(|row| row.bbox.centre().1 > span.y0 - 1.0);
        let first = first.unwrap_or(all.len());
        let behind = all.iter().rposition(inside).map_or(first, |last| last + 1);
        let (mut from, mut to) = (first, behind.max(first));
        // A single rule stands under the head of its table, or under its last row.
        if rules == 1 && from > 0 {
            let head = all[from - 1].bbox;
            let near = span.y0 - head.y1 < FARTHEST_ROW * head.height();
            from -= usize::from(near && !self.holds_caption(&head.union(span).grow(1.0)));
        }
        while let Some(more) = self.next_row(&all, &(from..to).collect::<Vec<_>>(), to..all.len()) {
            to = more + 1;
        }
        while let Some(more) = self.next_row(&all, &(from..to).collect::<Vec<_>>(), (0..from).rev())
        {
            from = more;
        }
        let rows = &all[from..to];
        let bbox = rows.iter().fold(*span, |all, row| all.union(&row.bbox));
        (self.is_table(rows, rules, &bbox)).then_some(bbox)
    }

    /// The next of the rows `beyond` a table's that goes on in its columns: right at it, or behind a
    /// row or two of a single cell.
    fn next_row(
        &self,
        all: &[Row],
        own: &[usize],
        beyond: impl Iterator<Item = usize>,
    ) -> Option<usize> {
        let mut edge = own.iter().map(|&row| all[row].bbox).reduce(|all, row| all.union(&row))?;
        let apart = own.windows(2).map(|two| all[two[1]].bbox.y0 - all[two[0]].bbox.y1);
        let usual = LOOSER * apart.fold(0.0, f32::max);
        for next in beyond.take(3) {
            let row = &all[next];
            let gap = (row.bbox.y0 - edge.y1).max(edge.y0 - row.bbox.y1);
            let joint = edge.union(&row.bbox);
            let height = row.bbox.height();
            if gap > (NEXT_ROW * height).max(usual.min(FARTHEST_ROW * height))
                || self.holds_caption(&joint.grow(1.0))
                || self.holds_picture(&joint)
            {
                return None;
            }
            let alike = own.iter().filter(|&&other| row.agrees(&all[other])).count();
            let split = own.iter().filter(|&&other| all[other].is_split()).count();
            if row.is_split() && alike >= split.clamp(1, 2) {
                return Some(next);
            }
            edge = joint;
        }
        None
    }

    fn is_table(&self, rows: &[Row], rules: usize, bbox: &Rect) -> bool {
        let split: Vec<&Row> = rows.iter().filter(|row| row.is_split()).collect();
        let fewest = if rules == 1 { 5 } else { 3 };
        if split.len() + 1 < fewest || rows.len() < fewest {
            return false;
        }
        // A rule over columns of text, or one under a heading, proves little.
        let (columns, in_columns) = columns(&split, bbox);
        if columns < if rules == 1 { 3 } else { 2 } {
            return false;
        }
        let share = split.len() as f32 / rows.len() as f32;
        let enough = if rules >= GRID { SHARE_OF_GRID } else { SHARE };
        (share >= enough || columns >= MANY_COLUMNS)
            && in_columns > CELLS_IN_COLUMNS
            && !self.is_text(rows, rules, bbox)
            && !self.is_drawing(rows, bbox)
    }

    /// Whether the rows are columns of running text under a rule.
    fn is_text(&self, rows: &[Row], rules: usize, bbox: &Rect) -> bool {
        let prose = |row: &Row| {
            row.cells.iter().any(|cell| {
                self.prose.iter().any(|text| {
                    text.contains_point(cell.centre()) && text.width() > 0.25 * bbox.width()
                })
            })
        };
        let running = rows.iter().filter(|row| prose(row)).count();
        // Cells with whole sentences have a rule every few lines.
        let loose = rules < GRID || rows.len() > MOST_LINES * rules;
        loose && running as f32 > 0.5 * rows.len() as f32
    }

    /// Whether there is more drawn than rules and cells: the squares of a forest plot, bars, curves.
    fn is_drawing(&self, rows: &[Row], bbox: &Rect) -> bool {
        let mut heights: Vec<f32> = rows.iter().map(|row| row.bbox.height()).collect();
        heights.sort_by(f32::total_cmp);
        let height = heights[heights.len() / 2];
        let inner = bbox.grow(1.0);
        let (mut loose, mut empty, mut filled) = (0, 0, 0);
        for path in self.paths.iter().filter(|path| inner.contains_point(path.centre())) {
            let (w, h) = (path.width(), path.height());
            if w.min(h) < 2.5 || path.area() > 0.8 * bbox.area() {
                continue;
            }
            let is_cell = (0.9 * height..=HIGHEST_CELL).contains(&h) && w >= height;
            let written =
                self.words.iter().any(|word| path.grow(1.0).contains_point(word.centre()));
            match (is_cell, written) {
                (true, true) => filled += 1,
                (true, false) => empty += 1,
                (false, true) => (),
                (false, false) => loose += 1,
            }
        }
        let cells: usize = rows.iter().map(|row| row.cells.len()).sum();
        // A map of colours, a course of time.
        let map = empty + filled >= MANY_CELLS && empty as f32 > EMPTY * (empty + filled) as f32;
        loose > 3.max(cells / 20) || map
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words of 8 points' height at these left edges, a row every 14 points.
    fn cells(edges: &[f32], top: f32, count: usize) -> Vec<Rect> {
        let rows = (0..count).map(|row| top + 14.0 * row as f32);
        rows.flat_map(|y| edges.iter().map(move |x| Rect::new(*x, y, x + 30.0, y + 8.0))).collect()
    }

    fn rule(y: f32) -> Rect {
        Rect::new(100.0, y, 500.0, y + 0.5)
    }

    #[test]
    fn rows_of_cells_between_rules_are_a_table() {
        let sheet = Sheet {
            words: cells(&[105.0, 250.0, 400.0], 204.0, 6),
            paths: vec![rule(200.0), rule(215.0), rule(290.0)],
            ..Sheet::default()
        };
        assert_eq!(find(&sheet), [Rect::new(100.0, 200.25, 500.0, 290.25)]);
        let prose = Sheet { words: cells(&[105.0], 204.0, 6), ..sheet };
        assert_eq!(find(&prose), [], "one column is none");
    }

    #[test]
    fn rules_drawn_in_pieces_bound_a_table_and_so_do_the_edges_of_tinted_cells() {
        let pieces = |y: f32| (0..8).map(move |n| 100.0 + 50.0 * n as f32).map(move |x| (x, y));
        let rules = [200.0, 215.0, 290.0].into_iter().flat_map(pieces);
        let words = cells(&[105.0, 250.0, 400.0], 204.0, 6);
        let sheet = Sheet {
            words: words.clone(),
            paths: rules.map(|(x, y)| Rect::new(x, y, x + 49.0, y + 0.5)).collect(),
            ..Sheet::default()
        };
        assert_eq!(find(&sheet).len(), 1);
        let tints = (0..6).map(|n| 202.0 + 14.0 * n as f32);
        let tinted = Sheet {
            words,
            paths: tints.map(|y| Rect::new(100.0, y, 500.0, y + 14.0)).collect(),
            ..Sheet::default()
        };
        assert_eq!(find(&tinted), [Rect::new(100.0, 202.0, 500.0, 286.0)]);
    }

    #[test]
    fn a_table_cut_by_the_pages_end_goes_on_past_its_last_rule() {
        let sheet = Sheet {
            words: cells(&[105.0, 250.0, 400.0], 204.0, 9),
            paths: vec![rule(200.0), rule(215.0)],
            ..Sheet::default()
        };
        assert_eq!(find(&sheet), [Rect::new(100.0, 200.25, 500.0, 324.0)]);
        let overleaf = Sheet { paths: vec![rule(330.0)], ..sheet };
        assert_eq!(find(&overleaf), [Rect::new(100.0, 204.0, 500.0, 330.25)]);
    }

    #[test]
    fn a_forest_plot_and_the_lines_behind_a_chart_are_no_table() {
        let words = cells(&[105.0, 250.0, 400.0], 204.0, 6);
        let rules = [rule(200.0), rule(215.0), rule(290.0)];
        let squares = (0..6).map(|n| 206.0 + 14.0 * n as f32);
        let squares = squares.map(|y| Rect::new(320.0, y, 324.0, y + 4.0));
        let plot =
            Sheet { words, paths: rules.into_iter().chain(squares).collect(), ..Sheet::default() };
        assert_eq!(find(&plot), []);
        let chart = Sheet {
            words: cells(&[70.0], 204.0, 6),
            paths: (0..6).map(|n| rule(208.0 + 14.0 * n as f32)).collect(),
            ..Sheet::default()
        };
        assert_eq!(find(&chart), []);
    }

    #[test]
    fn columns_of_text_between_rules_and_pictures_in_a_grid_are_no_table() {
        let words = cells(&[105.0, 250.0, 400.0], 204.0, 6);
        let paths = vec![rule(200.0), rule(290.0)];
        let lines = [105.0, 250.0, 400.0].map(|x| Rect::new(x, 200.0, x + 140.0, 290.0));
        let text = Sheet { prose: lines.to_vec(), words, paths, ..Sheet::default() };
        assert_eq!(find(&text), []);
        let pictured = Sheet {
            images: vec![Rect::new(300.0, 220.0, 380.0, 280.0)],
            prose: Vec::new(),
            ..text
        };
        assert_eq!(find(&pictured), []);
    }

    #[test]
    fn a_rule_under_the_caption_of_a_table_above_is_not_the_tables() {
        let sheet = Sheet {
            words: cells(&[105.0, 250.0, 400.0], 204.0, 6),
            paths: vec![rule(200.0), rule(215.0), rule(286.0), rule(330.0)],
            captions: vec![Rect::new(100.0, 300.0, 480.0, 310.0)],
            ..Sheet::default()
        };
        assert_eq!(find(&sheet), [Rect::new(100.0, 200.25, 500.0, 286.25)]);
    }

    #[test]
    fn points_strewn_between_the_lines_of_a_plot_are_no_table() {
        let at = |n: usize| (102.0 + (n * 173 % 390) as f32, 204.0 + 9.0 * (n / 3) as f32);
        let points = (0..36).map(at).map(|(x, y)| Rect::new(x, y, x + 4.0, y + 4.0));
        let paths = vec![rule(200.0), rule(240.0), rule(320.0)];
        assert_eq!(find(&Sheet { words: points.collect(), paths, ..Sheet::default() }), []);
    }

    #[test]
    fn a_map_of_tinted_cells_is_no_table() {
        let words = cells(&[105.0], 204.0, 8);
        let names = cells(&[140.0], 204.0, 8);
        let tints = (0..8).flat_map(|row| {
            let y = 202.0 + 14.0 * row as f32;
            (0..7)
                .map(move |n| 100.0 + 57.0 * n as f32)
                .map(move |x| Rect::new(x, y, x + 57.0, y + 14.0))
        });
        let words: Vec<Rect> = words.into_iter().chain(names).collect();
        assert_eq!(find(&Sheet { words, paths: tints.collect(), ..Sheet::default() }), []);
    }

    #[test]
    fn paths_of_any_size_are_read() {
        let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30];
        let boxes: Vec<Rect> = odd.iter().map(|v| Rect::new(0.0, *v, *v, *v)).collect();
        let sheet = Sheet { words: boxes.clone(), paths: boxes, ..Sheet::default() };
        assert_eq!(find(&sheet), []);
    }
}
