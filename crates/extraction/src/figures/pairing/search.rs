//! Chooses for all captions of a document at once: a beam search over the captions in reading order,
//! for each habit a document may have. A graphic belongs to one caption; captions left without
//! graphics and graphics left without caption cost.

use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;

use super::super::FigureKind;
use super::options::{Choice, GraphicId, Habit, Scene, Way};

/// Part-way assignments kept at each caption.
const BEAM: usize = 48;
/// Bare pages looked at for the next legend of a list, past those already given.
const LOOK_AHEAD: usize = 3;
/// For a list that begins with a bare page before its own: the figures are set first.
const PAGE_BEFORE_LIST: f32 = 0.25;
/// For a bare page passed over in a list, and for a missing legend without one.
const PAGE_SKIPPED: f32 = 0.15;
/// Legends that are missing in a row, at most, for which bare pages are passed over at no cost.
const MOST_LACKING: usize = 12;
/// For a caption that gets no graphic; for a supplementary figure's, which is often in another file.
const CAPTION_LEFT: f32 = 0.35;
const SUPPLEMENT_LEFT: f32 = 0.15;
/// For a large picture, and for a large drawing, that get no caption.
const PICTURE_LEFT: f32 = 0.3;
const DRAWING_LEFT: f32 = 0.15;
/// For a figure that stands over the one before it, in one column.
const OUT_OF_ORDER: f32 = 0.2;
/// For a figure on a page before that of the one before it.
const PAGES_OUT_OF_ORDER: f32 = 0.5;
/// By so much the best assignment must beat the best one without a choice, or that is doubtful.
const MARGIN: f32 = 0.25;

/// What was chosen for a caption, and how surely: 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    pub choice: Choice,
    pub confidence: f32,
}

/// Captions decided together; a document with more is gone through in parts.
const TOGETHER: usize = 150;

#[derive(Debug, Clone)]
struct State {
    score: f32,
    /// Graphics given to the captions of this part.
    claimed: BTreeSet<GraphicId>,
    /// By caption of this part; `None` for one that gets nothing.
    choices: Vec<Option<Rc<Choice>>>,
    /// Bare pages before this one, by their place in [`Scene::bare`], are given or passed over.
    list: usize,
}

impl State {
    /// The better, the lower. Scores that differ by the rounding of sums are the same.
    fn rank(&self) -> i64 {
        -(f64::from(self.score) * 1e3).round() as i64
    }
}

/// One walk over the document's captions.
struct Search<'a> {
    scene: &'a Scene<'a>,
    habit: Habit,
    /// Graphics given to captions of earlier parts.
    claimed: BTreeSet<GraphicId>,
}

/// The best choice for each caption of the scene; `None` where it is to get nothing.
pub fn assign(scene: &Scene<'_>) -> Vec<Option<Chosen>> {
    Habit::ALL
        .map(|habit| Search { scene, habit, claimed: BTreeSet::new() }.run())
        .into_iter()
        .reduce(|first, other| if other.0 > first.0 + 1e-3 { other } else { first })
        .map_or_else(Vec::new, |(_, chosen)| chosen)
}

impl Search<'_> {
    /// The score of the best assignment, and that.
    fn run(mut self) -> (f32, Vec<Option<Chosen>>) {
        let (mut score, mut chosen, mut list) = (0.0, Vec::new(), 0);
        let count = self.scene.captions.len();
        for start in (0..count).step_by(TOGETHER) {
            let part = start..count.min(start + TOGETHER);
            let beam = self.part(part.clone(), list);
            let Some(best) = beam.first() else { break };
            chosen.extend((0..part.len()).map(|index| {
                let choice = best.choices[index].as_deref()?;
                // One that only leaves out, or adds, a small thing beside is none.
                let other = |state: &&State| {
                    let rival = state.choices[index].as_deref();
                    rival.is_none_or(|rival| self.differ(choice, rival))
                };
                let rival = beam.iter().find(other);
                let margin = rival.map_or(MARGIN, |rival| best.score - rival.score);
                let confidence = confidence(choice, self.habit, margin);
                Some(Chosen { choice: choice.clone(), confidence })
            }));
            score += best.score;
            list = best.list;
            self.claimed.extend(&best.claimed);
        }
        (score, chosen)
    }

    /// The best assignments of the captions `part`, the best first.
    fn part(&self, part: Range<usize>, list: usize) -> Vec<State> {
        let first = State { score: 0.0, claimed: BTreeSet::new(), choices: Vec::new(), list };
        let mut beam = vec![first];
        for index in part.clone() {
            let choices = self.scene.choices(index, self.habit);
            let mut next: Vec<State> = beam
                .iter()
                .flat_map(|state| self.expand(state, index, &choices, index == part.start))
                .collect();
            next.sort_by_key(State::rank);
            next.dedup_by(|a, b| a.claimed == b.claimed && a.list == b.list);
            next.truncate(BEAM);
            beam = next;
        }
        for state in &mut beam {
            state.score -= self.left_over(&state.claimed);
        }
        beam.sort_by_key(State::rank);
        beam
    }

    /// Whether two choices show something else, or one of them a large graphic more.
    fn differ(&self, one: &Choice, other: &Choice) -> bool {
        let own: BTreeSet<&GraphicId> = one.graphics.iter().collect();
        let others: BTreeSet<&GraphicId> = other.graphics.iter().collect();
        own.is_disjoint(&others)
            || own.symmetric_difference(&others).any(|id| self.scene.is_large(**id))
    }

    fn is_free(&self, state: &State, graphic: &GraphicId) -> bool {
        !state.claimed.contains(graphic) && !self.claimed.contains(graphic)
    }

    fn expand(
        &self,
        state: &State,
        index: usize,
        choices: &[Rc<Choice>],
        is_first: bool,
    ) -> Vec<State> {
        let caption = &self.scene.captions[index];
        let expected = caption.kind != FigureKind::Table && !caption.bare;
        let mut nothing = state.clone();
        nothing.choices.push(None);
        nothing.score -= match caption.kind {
            _ if !expected => 0.0,
            FigureKind::Supplementary => SUPPLEMENT_LEFT,
            FigureKind::Figure | FigureKind::Table => CAPTION_LEFT,
        };
        let mut next = Vec::new();
        let mut take = |choice: &Rc<Choice>, cost: f32, list: usize| {
            let free: Vec<GraphicId> = choice
                .graphics
                .iter()
                .filter(|graphic| self.is_free(state, graphic))
                .copied()
                .collect();
            if free.is_empty() {
                return;
            }
            let choice = if free.len() == choice.graphics.len() {
                Rc::clone(choice)
            } else {
                Rc::new(Choice { graphics: free, ..(**choice).clone() })
            };
            let mut with = state.clone();
            with.claimed.extend(&choice.graphics);
            with.score += choice.score - cost;
            if !is_first {
                with.score -= self.disorder(state, index, &choice);
            }
            with.list = list;
            with.choices.push(Some(choice));
            next.push(with);
        };
        for choice in choices {
            take(choice, 0.0, state.list);
        }
        if expected {
            let whole = |choice: &Choice| choice.graphics.iter().all(|id| self.is_free(state, id));
            let bare = self.scene.bare.iter().enumerate().skip(state.list);
            let lacking = self.scene.lacking[index].min(MOST_LACKING);
            let bare = bare.filter(|(_, (_, choice))| whole(choice)).take(LOOK_AHEAD + lacking);
            let last = state.choices.last().and_then(Option::as_ref);
            let begun = last.is_some_and(|last| last.way == Way::List);
            for (skipped, (place, (page, choice))) in bare.enumerate() {
                let early = !begun && *page + 1 < caption.page as usize;
                let early = if early { PAGE_BEFORE_LIST } else { 0.0 };
                take(choice, PAGE_SKIPPED * skipped.abs_diff(lacking) as f32 + early, place + 1);
            }
        }
        // Of assignments as good, the first is kept: the last legends of a list go without.
        next.push(nothing);
        next
    }

    /// What it costs that the figure before this one, by its caption, stands under it on the page, or on a
    /// later page.
    fn disorder(&self, state: &State, index: usize, choice: &Choice) -> f32 {
        let Some(before) = state.choices.last().and_then(Option::as_ref) else { return 0.0 };
        let captions = self.scene.captions;
        let same_page = captions[index - 1].page == captions[index].page;
        let (Some(&one), Some(&other)) = (before.graphics.first(), choice.graphics.first()) else {
            return 0.0;
        };
        let (one_box, other_box) = (self.scene.graphic(one).bbox, self.scene.graphic(other).bbox);
        let crossed = same_page
            && one.0 == other.0
            && one_box.x_overlap(&other_box) > 0.0
            && one_box.y0 > other_box.y1 - 1.0;
        let marked = before.way == Way::Mark || choice.way == Way::Mark;
        let turned = one.0 > other.0 && !marked && choice.way != Way::PageBefore;
        match () {
            () if crossed => OUT_OF_ORDER,
            () if turned => PAGES_OUT_OF_ORDER,
            () => 0.0,
        }
    }

    /// What the large graphics cost that nobody claimed.
    fn left_over(&self, claimed: &BTreeSet<GraphicId>) -> f32 {
        let all = self.scene.pages.iter().enumerate().flat_map(|(page, graphics)| {
            (0..graphics.graphics.len()).map(move |number| (page, number))
        });
        all.filter(|id| !claimed.contains(id) && !self.claimed.contains(id))
            .filter(|id| self.scene.is_large(*id))
            .map(|id| if self.scene.graphic(id).has_image { PICTURE_LEFT } else { DRAWING_LEFT })
            .sum()
    }
}

/// How sure a choice is: by the way it came about, less where another assignment is nearly as good.
fn confidence(choice: &Choice, habit: Habit, margin: f32) -> f32 {
    let sure = match choice.way {
        Way::Side(side) if habit == Habit::Side(side) && choice.gap < 40.0 => 0.97,
        Way::Side(side) if habit == Habit::Side(side) => 0.9,
        Way::Side(side) if side.is_beside() => 0.85,
        Way::Side(_) => 0.8,
        Way::Mark | Way::Over => 0.95,
        Way::PageBefore | Way::PageAfter => 0.85,
        Way::List | Way::Apart(_) => 0.75,
    };
    let doubt = 0.3 * (1.0 - (margin / MARGIN).clamp(0.0, 1.0));
    // Two places are all that the evidence bears.
    ((sure - doubt) * 100.0_f32).round() / 100.0
}
