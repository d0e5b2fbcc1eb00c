//! The ways in which a caption could be paired: graphics on one side of it, on the page before or
//! after, on a page that bears its label, on a bare figure page. Each has a score of its own, which
//! the search weighs against those of all other captions.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::super::FigureKind;
use super::super::captions::Caption;
use super::super::regions::{Graphic, PageGraphics};
use super::sides::{Side, crosses};
use super::tables::Owned;
use crate::pdf::Rect;

/// Index of a graphic in the document: page index, number on the page.
pub type GraphicId = (usize, usize);

/// How a caption and its graphics came together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Side(Side),
    /// On that side, but running text stands between.
    Apart(Side),
    /// The caption is printed over a blank part of the graphic.
    Over,
    /// The graphics end the page before; the caption heads its page.
    PageBefore,
    /// The graphics begin the page after; the caption ends its page.
    PageAfter,
    /// A bare label stands at the graphics.
    Mark,
    /// A list of legends, and figure pages elsewhere in the same order.
    List,
}

/// Where a document sets its graphics, as a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    Side(Side),
    /// On the page before their captions.
    Overleaf,
}

impl Habit {
    pub const ALL: [Self; 3] = [Self::Side(Side::Above), Self::Side(Side::Below), Self::Overleaf];
}

/// One way to pair one caption.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    pub way: Way,
    /// The figure's own graphics first.
    pub graphics: Vec<GraphicId>,
    /// Higher is likelier; see the constants below.
    pub score: f32,
    /// Points between caption and graphics; 0 across pages.
    pub gap: f32,
}

/// Beside a caption a graphic may stand this far off, in points: both may be narrow, at either edge of
/// the text. Above and below, further.
const FARTHEST_BESIDE: f32 = 220.0;
/// A caption so near to a graphic, in points, stands right at it.
pub const RIGHT_AT: f32 = 30.0;
/// A table stands right under its caption.
const FARTHEST_TABLE: f32 = 40.0;
/// A graphic that stands for a figure whose caption is on another page covers at least this part of
/// its page.
pub const LARGE: f32 = 0.05;
/// Lines of running text on a bare figure page, at most: a note, a file's name.
const MOST_TEXT: usize = 3;
/// Graphics that are tried one by one, the nearest first; pages with more have small ones in groups.
const MOST_SINGLE: usize = 6;

// What ways are worth, found on the development documents; only their order and distances matter.
/// On the side where this document sets its graphics.
const HABIT: f32 = 1.0;
const OVER: f32 = 0.9;
const BESIDE: f32 = 0.8;
const OTHER_SIDE: f32 = 0.5;
const MARK: f32 = 0.9;
const NEIGHBOUR_PAGE: f32 = 0.45;
/// The same where it is the document's habit to set captions overleaf.
const OVERLEAF: f32 = 0.85;
/// A neighbour page that bears another label.
const FOREIGN_PAGE: f32 = 0.1;
const LIST: f32 = 0.4;
const TABLE: f32 = 0.6;
const APART: f32 = 0.3;
/// A blank of so many points costs 1.
const GAP_COST: f32 = 250.0;
const MOST_GAP_COST: f32 = 0.4;
/// For each other caption in between.
const CAPTION_BETWEEN: f32 = 0.35;
/// For graphics that the same side offers, but nearer, and that are left out.
const NEARER_LEFT: f32 = 0.15;

/// A document's captions, marks and graphics, with what the options are made of.
#[derive(Debug)]
pub struct Scene<'a> {
    pub captions: &'a [Caption],
    pub marks: &'a [Caption],
    pub pages: &'a [PageGraphics],
    /// Points.
    sizes: &'a [(f32, f32)],
    /// By page: indices into `captions`, and into `marks`.
    captions_on: Vec<Vec<usize>>,
    marks_on: Vec<Vec<usize>>,
    /// Pages that show large graphics and bear no caption, no mark and no running text, in order:
    /// the page, and how to pair all of it with the next legend of a list.
    pub bare: Vec<(usize, Rc<Choice>)>,
    /// By caption: its table, which needs no graphic.
    tables: &'a Owned,
    /// By caption: how many numbers right before its own no caption of the document has, see
    /// [`numbers_lacking`].
    pub lacking: Vec<usize>,
}

impl<'a> Scene<'a> {
    pub fn new(
        captions: &'a [Caption],
        marks: &'a [Caption],
        pages: &'a [PageGraphics],
        sizes: &'a [(f32, f32)],
        tables: &'a Owned,
    ) -> Self {
        let by_page = |all: &[Caption]| {
            let mut by_page = vec![Vec::new(); pages.len()];
            for (index, caption) in all.iter().enumerate() {
                if let Some(on_page) = by_page.get_mut(caption.page as usize - 1) {
                    on_page.push(index);
                }
            }
            by_page
        };
        let (captions_on, marks_on) = (by_page(captions), by_page(marks));
        let (bare, lacking) = (Vec::new(), numbers_lacking(captions));
        let mut scene =
            Self { captions, marks, pages, sizes, captions_on, marks_on, bare, tables, lacking };
        let bare = (0..pages.len()).filter(|&page| {
            scene.captions_on[page].is_empty()
                && scene.marks_on[page].is_empty()
                && pages[page].prose.len() <= MOST_TEXT
        });
        scene.bare = bare
            .filter_map(|page| Some((page, Rc::new(scene.beyond(Way::List, page, |_| true)?))))
            .collect();
        scene
    }

    pub fn graphic(&self, id: GraphicId) -> &Graphic {
        &self.pages[id.0].graphics[id.1]
    }

    /// Of a page, in points.
    pub fn height(&self, page: usize) -> f32 {
        self.sizes[page].1
    }

    pub fn is_large(&self, id: GraphicId) -> bool {
        let (width, height) = self.sizes[id.0];
        self.graphic(id).bbox.area() > LARGE * width * height
    }

    pub fn is_bare(&self, page: usize) -> bool {
        self.bare.binary_search_by_key(&page, |(page, _)| *page).is_ok()
    }

    /// Whether a figure's caption has the graphic right on one of these sides, and no other there: no figure
    /// of another page has it.
    pub fn has_own_caption(&self, id: GraphicId, sides: &[Side]) -> bool {
        let (page, bbox) = (id.0, &self.graphic(id).bbox);
        let graphics = &self.pages[page].graphics;
        self.on_page(page).filter(|caption| caption.kind != FigureKind::Table).any(|caption| {
            let near = |graphic: &Rect| {
                sides.iter().any(|side| {
                    let space = side.between(&caption.bbox, graphic);
                    let apart = self.pages[page].prose.iter().any(|text| crosses(text, &space));
                    !apart && side.gap(&caption.bbox, graphic).is_some_and(|gap| gap < RIGHT_AT)
                })
            };
            near(bbox) && graphics.iter().all(|other| other.bbox == *bbox || !near(&other.bbox))
        })
    }

    fn on_page(&self, page: usize) -> impl Iterator<Item = &Caption> {
        self.captions_on[page].iter().map(|&index| &self.captions[index])
    }

    fn marks_on_page(&self, page: usize) -> impl Iterator<Item = &Caption> {
        self.marks_on[page].iter().map(|&index| &self.marks[index])
    }

    /// The ways to pair caption number `index`, given the side this document sets graphics on.
    /// [`Way::List`] is left to the search, which knows how far the list has come.
    pub fn choices(&self, index: usize, habit: Habit) -> Vec<Rc<Choice>> {
        let caption = &self.captions[index];
        let page = caption.page as usize - 1;
        if page >= self.pages.len() || self.tables[index].is_some() {
            return Vec::new();
        }
        let mut choices: Vec<Choice> =
            Side::ALL.into_iter().flat_map(|side| self.on_side(index, side, habit)).collect();
        if caption.kind != FigureKind::Table {
            choices.extend(self.over(caption));
            // What stands right at it in this document's way is its own, whatever bears its label.
            let at_hand = |choice: &Choice| match choice.way {
                Way::Side(side) => {
                    (side == Side::Above || habit == Habit::Side(side)) && choice.gap < RIGHT_AT
                }
                _ => false,
            };
            if !choices.iter().any(at_hand) {
                choices.extend(self.at_marks(caption));
            }
            choices.extend(self.on_neighbour_pages(caption, habit));
        }
        choices.into_iter().map(Rc::new).collect()
    }

    fn on_side(&self, index: usize, side: Side, habit: Habit) -> Vec<Choice> {
        let caption = &self.captions[index];
        let page = caption.page as usize - 1;
        let table = caption.kind == FigureKind::Table;
        let worth = match side {
            _ if table && side.is_beside() => return Vec::new(),
            _ if table => TABLE,
            side if habit == Habit::Side(side) => HABIT,
            side if side.is_beside() => BESIDE,
            _ => OTHER_SIDE,
        };
        let (mut offered, mut apart) = (Vec::new(), Vec::new());
        for (number, graphic) in self.pages[page].graphics.iter().enumerate() {
            let gap = side.gap(&caption.bbox, &graphic.bbox);
            let gap = gap.or_else(|| self.gap_aside(caption, number, side));
            let Some(gap) = gap.or_else(|| self.gap_behind(caption, &graphic.bbox, side)) else {
                continue;
            };
            // A table is set under its title; a picture over the title is a figure's.
            let foreign =
                table && (gap > FARTHEST_TABLE || side == Side::Above && graphic.has_image);
            if foreign || side.is_beside() && gap > FARTHEST_BESIDE {
                continue;
            }
            let space = side.between(&caption.bbox, &graphic.bbox);
            if self.pages[page].prose.iter().any(|text| crosses(text, &space)) {
                if !table && !side.is_beside() && self.is_large((page, number)) {
                    apart.push((gap, number));
                }
                continue;
            }
            let others = self.on_page(page).filter(|other| other.bbox != caption.bbox);
            let between = others
                .chain(self.marks_on_page(page))
                .filter(|other| crosses(&other.bbox, &space))
                .count();
            offered.push(Offer { gap, behind: between, number });
        }
        let mut choices = on_open_side(page, side, worth, offered);
        let nearest = apart.into_iter().min_by(|a, b| a.0.total_cmp(&b.0));
        choices.extend(nearest.map(|(gap, number)| Choice {
            way: Way::Apart(side),
            graphics: vec![(page, number)],
            score: APART - gap_cost(gap),
            gap,
        }));
        choices
    }

    /// Blank between a short caption and a narrow graphic right over or under it that do not overlap, one at the
    /// edge of the text and one in its middle; `None` unless both stand by themselves.
    fn gap_aside(&self, caption: &Caption, number: usize, side: Side) -> Option<f32> {
        let page = &self.pages[caption.page as usize - 1];
        let graphic = &page.graphics[number].bbox;
        if side.is_beside() {
            return None;
        }
        // As wide as the text that both are set in.
        let joint = caption.bbox.union(graphic);
        let alone = |other: &Rect| *other == caption.bbox || other.y_overlap(&joint) <= 0.0;
        let others = self.on_page(caption.page as usize - 1).map(|other| &other.bbox);
        let drawn = page.graphics.iter().map(|other| &other.bbox).filter(|other| *other != graphic);
        let wide = Rect { x0: joint.x0, x1: joint.x1, ..caption.bbox };
        let gap = side.gap(&wide, graphic).filter(|gap| *gap < RIGHT_AT)?;
        others.chain(drawn).chain(&page.prose).chain(&page.tables).all(alone).then_some(gap)
    }

    /// Blank between a short caption and a graphic behind the one right at it: rows of one figure, of which the nearest
    /// begins above the caption's last word, and the others are no nearer to the edge of the text.
    fn gap_behind(&self, caption: &Caption, graphic: &Rect, side: Side) -> Option<f32> {
        let page = &self.pages[caption.page as usize - 1];
        if side.is_beside() {
            return None;
        }
        let mut all = page.graphics.iter().map(|other| &other.bbox).enumerate();
        let (_, first) = all.find(|(number, other)| {
            let gap = side.gap(&caption.bbox, other);
            let gap = gap.or_else(|| self.gap_aside(caption, *number, side));
            *other != graphic
                && gap.is_some_and(|gap| gap < RIGHT_AT)
                && other.x_overlap(graphic) > 0.8 * graphic.width()
        })?;
        let blank = (graphic.y0 - first.y1).max(first.y0 - graphic.y1);
        (blank > -1.0 && blank < RIGHT_AT).then(|| {
            let wide = Rect {
                x0: caption.bbox.x0.min(first.x0),
                x1: caption.bbox.x1.max(first.x1),
                ..caption.bbox
            };
            side.gap(&wide, graphic)
        })?
    }

    fn over(&self, caption: &Caption) -> Option<Choice> {
        let page = caption.page as usize - 1;
        let graphics = self.pages[page].graphics.iter();
        let number = graphics.into_iter().position(|graphic| {
            graphic.has_image && graphic.bbox.contains_point(caption.bbox.centre())
        })?;
        Some(Choice { way: Way::Over, graphics: vec![(page, number)], score: OVER, gap: 0.0 })
    }

    /// The graphics that bear this caption's label: all of a page with one mark, else those that the
    /// mark is a caption of. A figure may have several such pages.
    fn at_marks(&self, caption: &Caption) -> Option<Choice> {
        let mut graphics: Vec<GraphicId> = Vec::new();
        let own = |mark: &&Caption| mark.label == caption.label && !mark.continued;
        for mark in self.marks.iter().filter(own) {
            let page = mark.page as usize - 1;
            let Some(found) = self.pages.get(page) else { continue };
            let alone = self.marks_on[page].len() == 1
                && self.on_page(page).all(|other| other.label == caption.label);
            let numbers: Vec<usize> = if alone {
                (0..found.graphics.len()).collect()
            } else {
                nearest(&mark.bbox, &found.graphics)
            };
            graphics.extend(numbers.into_iter().map(|number| (page, number)));
        }
        graphics.dedup();
        (!graphics.is_empty()).then_some(Choice { way: Way::Mark, graphics, score: MARK, gap: 0.0 })
    }

    fn on_neighbour_pages(&self, caption: &Caption, habit: Habit) -> Vec<Choice> {
        let page = caption.page as usize - 1;
        let is = |other: fn(f32, f32) -> bool| {
            self.on_page(page)
                .all(|one| one.bbox == caption.bbox || other(one.bbox.y0, caption.bbox.y0))
        };
        let prose = &self.pages[page].prose;
        let heads =
            is(|other, own| other >= own) && !prose.iter().any(|text| text.y1 <= caption.bbox.y0);
        let ends =
            is(|other, own| other <= own) && !prose.iter().any(|text| text.y0 >= caption.bbox.y1);
        let mut choices = Vec::new();
        if heads && page > 0 {
            // What stands under the last caption of the page before; all of a page without one.
            let last = self.on_page(page - 1).map(|other| other.bbox.y1).fold(0.0, f32::max);
            let before = self.beyond(Way::PageBefore, page - 1, |bbox| bbox.y0 >= last - 6.0);
            let listed = self.lists_legends(page);
            choices.extend(before.map(|choice| match habit {
                Habit::Overleaf if choice.score == NEIGHBOUR_PAGE && !listed => {
                    Choice { score: OVERLEAF, ..choice }
                }
                _ => choice,
            }));
        }
        if ends && page + 1 < self.pages.len() {
            let first =
                self.on_page(page + 1).map(|other| other.bbox.y0).fold(f32::INFINITY, f32::min);
            choices.extend(self.beyond(Way::PageAfter, page + 1, |bbox| bbox.y1 <= first + 6.0));
        }
        choices
    }

    /// Whether a page has legends of several figures and shows none.
    fn lists_legends(&self, page: usize) -> bool {
        let legends = self.on_page(page).filter(|other| other.kind != FigureKind::Table);
        let large =
            (0..self.pages[page].graphics.len()).any(|number| self.is_large((page, number)));
        legends.count() > 1 && !large
    }

    fn beyond(&self, way: Way, page: usize, fits: impl Fn(&Rect) -> bool) -> Option<Choice> {
        let graphics = &self.pages[page].graphics;
        let all: Vec<GraphicId> = (0..graphics.len())
            .filter(|&number| fits(&graphics[number].bbox))
            .filter(|&number| !self.has_own_caption((page, number), &[Side::Above]))
            .map(|number| (page, number))
            .collect();
        let large = all.iter().any(|id| self.is_large(*id));
        // A page with the label of another figure on it is that figure's.
        let score = if self.marks_on[page].is_empty() { NEIGHBOUR_PAGE } else { FOREIGN_PAGE };
        let score = if way == Way::List { LIST } else { score };
        large.then_some(Choice { way, graphics: all, score, gap: 0.0 })
    }
}

/// For each caption, how many numbers lie between its own and the next lower one of its series that the
/// document has a caption of: legends that were lost, or that nobody wrote. 0 without a number.
fn numbers_lacking(captions: &[Caption]) -> Vec<usize> {
    let read = |caption: &Caption| -> Option<(String, u32)> {
        let digits = caption.label.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let number = caption.label[digits..].parse().ok()?;
        Some((caption.label[..digits].to_owned(), number))
    };
    let all: BTreeSet<(String, u32)> = captions.iter().filter_map(read).collect();
    let lacking = captions.iter().map(|caption| {
        let Some((series, number)) = read(caption) else { return 0 };
        let before = all.range((series.clone(), 0)..(series, number)).next_back();
        let before = before.map_or(0, |(_, before)| *before);
        number.saturating_sub(before + 1) as usize
    });
    lacking.collect()
}

/// A graphic that stands on one side of a caption.
struct Offer {
    /// Points.
    gap: f32,
    /// Captions and marks between the two.
    behind: usize,
    /// Of the graphic on its page.
    number: usize,
}

fn gap_cost(gap: f32) -> f32 {
    (gap / GAP_COST).min(MOST_GAP_COST)
}

/// All that is offered with nothing in between, and each of the nearest alone.
fn on_open_side(page: usize, side: Side, worth: f32, mut offered: Vec<Offer>) -> Vec<Choice> {
    offered.sort_by(|a, b| a.gap.total_cmp(&b.gap));
    let mut choices = Vec::new();
    let open: Vec<&Offer> = offered.iter().filter(|offer| offer.behind == 0).collect();
    if let [first, _, ..] = open[..] {
        choices.push(Choice {
            way: Way::Side(side),
            graphics: open.iter().map(|offer| (page, offer.number)).collect(),
            score: worth - gap_cost(first.gap),
            gap: first.gap,
        });
    }
    let singles = offered.iter().enumerate().take(MOST_SINGLE);
    choices.extend(singles.map(|(nearer, offer)| Choice {
        way: Way::Side(side),
        graphics: vec![(page, offer.number)],
        score: worth
            - gap_cost(offer.gap)
            - CAPTION_BETWEEN * offer.behind as f32
            - NEARER_LEFT * nearer as f32,
        gap: offer.gap,
    }));
    choices
}

/// The graphics nearest to a mark, of those on one side of it.
fn nearest(mark: &Rect, graphics: &[Graphic]) -> Vec<usize> {
    let gaps = Side::ALL.into_iter().flat_map(|side| {
        let gaps = graphics.iter().enumerate();
        gaps.filter_map(move |(number, graphic)| Some((side.gap(mark, &graphic.bbox)?, number)))
    });
    gaps.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, number)| number).into_iter().collect()
}
