//! Which marks of a page belong together, and whether they make a graphic.

use super::Graphic;
use crate::pdf::{Page, Rect};

/// Side of a cell of the page's occupancy grid, in points.
const CELL: f32 = 3.0;
/// Marks this near to each other, in points, belong together.
pub(super) const REACH: f32 = 9.0;
/// A picture is at least this wide and high when drawn, in points, or part of a mosaic.
const SMALLEST_PICTURE: f32 = 24.0;
/// Pieces of a picture cover at least this part of it.
const MOST_OF_IT: f32 = 0.9;
/// A line of so many points may be an axis.
const SHORTEST_AXIS: f32 = 40.0;
/// A graphic of paths alone has at least this many, and covers at least this many square points:
/// fewer are rules, boxes and ornaments.
pub(super) const FEWEST_PATHS: usize = 5;
pub(super) const SMALLEST_DRAWING: f32 = 3000.0;

/// Groups what lies within reach of each other, with no running text or caption between.
pub(super) fn clusters(
    page: &Page,
    images: &[Rect],
    paths: &[Rect],
    walls: &[Rect],
) -> Vec<Cluster> {
    let mut grid = Grid::new(page.width, page.height);
    for mark in images.iter().chain(paths) {
        grid.mark(mark);
    }
    let mut found: Vec<Cluster> = vec![Cluster::default(); grid.clusters(walls)];
    for (marks, is_image) in [(images, true), (paths, false)] {
        for mark in marks {
            if let Some(cluster) = grid.cluster_at(mark) {
                found[cluster].add(mark, is_image);
            }
        }
    }
    found
}

/// Whether a path is a long thin line: an axis where it belongs to a drawing, else a rule of a table
/// or across the text.
fn is_rule(path: &Rect) -> bool {
    path.width().min(path.height()) < 3.0 && path.width().max(path.height()) > 100.0
}

#[derive(Debug, Clone, Default)]
pub(super) struct Cluster {
    /// Each with whether it is a picture; rules apart.
    pub(super) marks: Vec<(Rect, bool)>,
    bbox: Option<Rect>,
    pub(super) rules: Vec<Rect>,
    image_area: f32,
    largest: f32,
    images: usize,
    paths: usize,
}

impl Cluster {
    pub(super) fn add(&mut self, mark: &Rect, is_image: bool) {
        if !is_image && is_rule(mark) {
            self.rules.push(*mark);
            return;
        }
        self.marks.push((*mark, is_image));
        self.bbox = Some(self.bbox.map_or(*mark, |bbox| bbox.union(mark)));
        if is_image {
            self.images += 1;
            self.image_area += mark.area();
            self.largest = self.largest.max(mark.width().min(mark.height()));
        } else {
            self.paths += 1;
        }
    }

    /// The cluster in parts that no caption lies in. One whose box holds a caption surrounds it, as
    /// pictures above and beside do; each side of the caption is then a graphic of its own.
    pub(super) fn around(self, captions: &[Rect]) -> Vec<Self> {
        let held = |bbox: Rect| {
            captions.iter().copied().find(|caption| bbox.contains_point(caption.centre()))
        };
        let Some(caption) = self.bbox.and_then(held) else { return vec![self] };
        // Printed over a blank corner of the picture, it divides nothing.
        if self
            .marks
            .iter()
            .any(|(mark, is_image)| *is_image && mark.contains_point(caption.centre()))
        {
            return vec![self];
        }
        let side = |mark: &Rect| {
            let (x, y) = mark.centre();
            match () {
                () if mark.y1 <= caption.y0 + 3.0 => Some(0),
                () if mark.y0 >= caption.y1 - 3.0 => Some(1),
                () if mark.x1 <= caption.x0 + 3.0 => Some(2),
                () if mark.x0 >= caption.x1 - 3.0 => Some(3),
                // It touches the caption, and goes with the side that most of it is on.
                () if y < caption.y0 => Some(0),
                () if y > caption.y1 => Some(1),
                () if x < caption.x0 => Some(2),
                () if x > caption.x1 => Some(3),
                () => None,
            }
        };
        let mut parts: [Self; 4] = Default::default();
        for (mark, is_image) in &self.marks {
            if let Some(side) = side(mark) {
                parts[side].add(mark, *is_image);
            }
        }
        for rule in &self.rules {
            if let Some(side) = side(rule) {
                parts[side].rules.push(*rule);
            }
        }
        let others: Vec<Rect> = captions.iter().filter(|c| **c != caption).copied().collect();
        parts.into_iter().flat_map(|part| part.around(&others)).collect()
    }

    /// The box of its marks.
    pub(super) fn bbox(&self) -> Option<Rect> {
        self.bbox
    }

    /// The cluster in parts, in order: its marks and rules by which of the `cuts`, in rising order, lie
    /// before their middles, across the page (`row`) or down it.
    pub(super) fn cut(&self, cuts: &[f32], row: bool) -> Vec<Self> {
        let part = |bbox: &Rect| {
            let (x, y) = bbox.centre();
            let at = if row { x } else { y };
            cuts.iter().filter(|cut| **cut < at).count()
        };
        let mut parts = vec![Self::default(); cuts.len() + 1];
        for (mark, is_image) in &self.marks {
            parts[part(mark)].add(mark, *is_image);
        }
        for rule in &self.rules {
            parts[part(rule)].rules.push(*rule);
        }
        parts
    }

    /// Whether a rule belongs to the drawing made of `marks`: it hardly passes them, or meets another
    /// rule at a corner as axes do. The rule of a running head, or over a table, does neither.
    fn is_axis(&self, rule: &Rect, marks: &Rect) -> bool {
        let within =
            rule.width() < 1.1 * marks.width() + 6.0 && rule.height() < 1.1 * marks.height() + 6.0;
        let near = rule.width() < 2.0 * marks.width() && rule.height() < 2.0 * marks.height();
        within || (near && self.has_corner(rule))
    }

    /// The straight lines of the cluster: rules, and marks that may be an axis of a small chart.
    fn lines(&self) -> impl Iterator<Item = &Rect> {
        let thin = |mark: &&Rect| {
            mark.width().min(mark.height()) < 3.0 && mark.width().max(mark.height()) > SHORTEST_AXIS
        };
        let marks = self.marks.iter().filter(|(_, is_image)| !is_image).map(|(mark, _)| mark);
        self.rules.iter().chain(marks.filter(thin))
    }

    /// Whether another line meets this one at a right angle.
    fn has_corner(&self, rule: &Rect) -> bool {
        let across = rule.width() > rule.height();
        self.lines().any(|other| {
            (other.width() > other.height()) != across
                && !rule.grow(1.5).intersect(&other.grow(1.5)).is_empty()
        })
    }

    /// The box of axes that stand away from what is plotted on them: lines that meet at a corner.
    pub(super) fn axes(&self, texts: &[Rect]) -> Option<Rect> {
        let mut corners = self.lines().filter(|line| self.has_corner(line));
        let first = *corners.next()?;
        let bbox = corners.fold(first, |all, rule| all.union(rule));
        (!texts.iter().any(|text| bbox.contains_point(text.centre()))).then_some(bbox)
    }

    /// `texts` are the captions and the running text, which a graphic does not hold.
    pub(super) fn graphic(&self, texts: &[Rect]) -> Option<Graphic> {
        let marks = self.bbox?;
        let axes: Vec<&Rect> =
            self.rules.iter().filter(|rule| self.is_axis(rule, &marks)).collect();
        let framed = axes.iter().fold(marks, |all, rule| all.union(rule));
        // Rules that enclose text are a frame around figure and caption.
        let holds = |text: &Rect| {
            framed.contains_point(text.centre()) && !marks.contains_point(text.centre())
        };
        let (bbox, axes) = if texts.iter().any(holds) { (marks, 0) } else { (framed, axes.len()) };
        // Strips of a picture leave no blank between them.
        let strips = self.images > 1
            && self.image_area > MOST_OF_IT * marks.area()
            && marks.width().min(marks.height()) > 1.5 * SMALLEST_PICTURE;
        let mosaic = (self.images > 3 || strips)
            && self.image_area > 4.0 * SMALLEST_PICTURE * SMALLEST_PICTURE;
        let picture = self.images > 0 && (self.largest >= SMALLEST_PICTURE || mosaic);
        let drawing = self.paths + axes >= FEWEST_PATHS
            && bbox.area() >= SMALLEST_DRAWING
            && bbox.width().min(bbox.height()) > 20.0;
        (picture || drawing).then_some(Graphic { bbox, has_image: self.images > 0 })
    }
}

/// Which parts of the page are marked, in cells.
struct Grid {
    columns: usize,
    rows: usize,
    cells: Vec<bool>,
    cluster: Vec<Option<usize>>,
}

impl Grid {
    fn new(width: f32, height: f32) -> Self {
        let cells = |length: f32| ((length / CELL).ceil() as usize).clamp(1, 4000);
        let (columns, rows) = (cells(width), cells(height));
        Self {
            columns,
            rows,
            cells: vec![false; columns * rows],
            cluster: vec![None; columns * rows],
        }
    }

    /// Columns and rows that `bbox` touches, ends excluded.
    fn span(&self, bbox: &Rect) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
        let range = |from: f32, to: f32, most: usize| {
            let first = ((from / CELL).floor().max(0.0) as usize).min(most - 1);
            let last = ((to / CELL).ceil().max(0.0) as usize).clamp(first + 1, most);
            first..last
        };
        (range(bbox.x0, bbox.x1, self.columns), range(bbox.y0, bbox.y1, self.rows))
    }

    fn mark(&mut self, bbox: &Rect) {
        let (columns, rows) = self.span(bbox);
        for row in rows {
            self.cells[row * self.columns..][columns.clone()].fill(true);
        }
    }

    /// Groups marked cells that lie within reach of each other, with no wall between; returns how
    /// many groups there are.
    fn clusters(&mut self, walls: &[Rect]) -> usize {
        let mut wall = vec![false; self.cells.len()];
        for bbox in walls {
            let (columns, rows) = self.span(bbox);
            for row in rows {
                wall[row * self.columns..][columns.clone()].fill(true);
            }
        }
        let reach = (REACH / CELL).round() as usize;
        let mut count = 0;
        let mut queue = Vec::new();
        for start in 0..self.cells.len() {
            if !self.cells[start] || self.cluster[start].is_some() {
                continue;
            }
            self.cluster[start] = Some(count);
            queue.push(start);
            while let Some(cell) = queue.pop() {
                self.spread(cell, reach, &wall, count, &mut queue);
            }
            count += 1;
        }
        count
    }

    /// Walks from a marked cell in the four directions, up to `reach` blank cells, and claims what
    /// marked cells it meets; a wall between stops it.
    fn spread(
        &mut self,
        cell: usize,
        reach: usize,
        wall: &[bool],
        group: usize,
        queue: &mut Vec<usize>,
    ) {
        let (row, column) = (cell / self.columns, cell % self.columns);
        let steps: [(isize, isize); 4] = [(0, 1), (0, -1), (1, 0), (-1, 0)];
        for (down, right) in steps {
            for distance in 1..=reach as isize + 1 {
                let (r, c) = (row as isize + down * distance, column as isize + right * distance);
                if r < 0 || c < 0 || r >= self.rows as isize || c >= self.columns as isize {
                    break;
                }
                let next = r as usize * self.columns + c as usize;
                if self.cells[next] {
                    if self.cluster[next].is_none() {
                        self.cluster[next] = Some(group);
                        queue.push(next);
                    }
                    break;
                }
                if wall[next] {
                    break;
                }
            }
        }
    }

    fn cluster_at(&self, bbox: &Rect) -> Option<usize> {
        let (columns, rows) = self.span(bbox);
        self.cluster[rows.start * self.columns + columns.start]
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn cluster(marks: &[Rect], is_image: bool) -> Cluster {
        let mut cluster = Cluster::default();
        for mark in marks {
            cluster.add(mark, is_image);
        }
        cluster
    }

    /// A bar chart's bars.
    fn bars() -> Vec<Rect> {
        (0..6)
            .map(|n| 100.0 + 30.0 * n as f32)
            .map(|x| Rect::new(x, 100.0, x + 20.0, 200.0))
            .collect()
    }

    fn clusters(marks: &[Rect], walls: &[Rect]) -> usize {
        let mut grid = Grid::new(600.0, 800.0);
        for mark in marks {
            grid.mark(mark);
        }
        grid.clusters(walls)
    }

    #[test]
    fn marks_within_reach_join_unless_text_stands_between() {
        let (left, right) =
            (Rect::new(100.0, 100.0, 150.0, 200.0), Rect::new(157.0, 100.0, 250.0, 200.0));
        assert_eq!(clusters(&[left, right], &[]), 1);
        assert_eq!(clusters(&[left, right], &[Rect::new(151.0, 90.0, 156.0, 210.0)]), 2);
        assert_eq!(clusters(&[left, Rect::new(180.0, 100.0, 250.0, 200.0)], &[]), 2);
    }

    #[test]
    fn a_page_of_absurd_size_does_not_ask_for_memory() {
        let grid = Grid::new(1e9, 1e9);
        assert!(grid.cells.len() <= 16_000_000);
        let mut grid = Grid::new(f32::NAN, f32::NEG_INFINITY);
        grid.mark(&Rect::new(f32::NEG_INFINITY, f32::NAN, f32::INFINITY, f32::NAN));
        assert_eq!(grid.clusters(&[]), 1);
    }

    #[test]
    fn a_few_rules_and_icons_are_no_graphic() {
        assert_eq!(cluster(&bars()[..3], false).graphic(&[]), None);
        assert!(cluster(&bars(), false).graphic(&[]).is_some_and(|chart| !chart.has_image));
        let icon = Rect::new(100.0, 100.0, 112.0, 112.0);
        assert_eq!(cluster(&[icon], true).graphic(&[]), None);
        let scan = Rect::new(100.0, 100.0, 200.0, 200.0);
        assert!(cluster(&[scan], true).graphic(&[]).is_some_and(|scan| scan.has_image));
    }

    #[test]
    fn a_picture_in_low_strips_is_one() {
        let strip = |y: f32| Rect::new(100.0, y, 330.0, y + 18.0);
        let picture = cluster(&[strip(100.0), strip(118.0), strip(136.0)], true).graphic(&[]);
        assert_eq!(picture.map(|one| one.bbox), Some(Rect::new(100.0, 100.0, 330.0, 154.0)));
        assert_eq!(cluster(&[strip(100.0), strip(124.0)], true).graphic(&[]), None, "banners");
    }

    #[test]
    fn axes_belong_to_their_chart_and_other_rules_do_not() {
        let axis = Rect::new(95.0, 200.0, 280.0, 201.0);
        let chart = cluster(&[bars(), vec![axis]].concat(), false).graphic(&[]).expect("chart");
        assert_eq!(chart.bbox, Rect::new(95.0, 100.0, 280.0, 201.0));
        let head = Rect::new(40.0, 90.0, 560.0, 91.0);
        let chart = cluster(&[bars(), vec![head]].concat(), false).graphic(&[]).expect("chart");
        assert_eq!(chart.bbox, Rect::new(100.0, 100.0, 270.0, 200.0));
    }
}
