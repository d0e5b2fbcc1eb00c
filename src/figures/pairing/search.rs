//! Chooses for all captions of a document at once: a beam search over the captions in reading order,
//! for each habit a document may have. A graphic belongs to one caption; captions left without
//! graphics and graphics left without caption cost.

use std::collections::BTreeSet;

use super::super::FigureKind;
use super::options::{Choice, GraphicId, Scene, Way};
use super::sides::Side;

/// Part-way assignments kept at each caption.
const BEAM: usize = 48;
/// Bare pages looked at for the next legend of a list, past those already given.
const LOOK_AHEAD: usize = 3;
/// For a bare page passed over in a list.
const PAGE_SKIPPED: f32 = 0.15;
/// For a caption that gets no graphic.
const CAPTION_LEFT: f32 = 0.5;
/// For a large picture, and for a large drawing, that get no caption.
const PICTURE_LEFT: f32 = 0.3;
const DRAWING_LEFT: f32 = 0.15;
/// For a figure that stands over the one before it, in one column.
const OUT_OF_ORDER: f32 = 0.2;
/// By so much the best assignment must beat the best one without a choice, or that is doubtful.
const MARGIN: f32 = 0.25;

/// What was chosen for a caption, and how surely: 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    pub choice: Choice,
    pub confidence: f32,
}

#[derive(Debug, Clone)]
struct State {
    score: f32,
    claimed: BTreeSet<GraphicId>,
    /// By caption; `None` for one that gets nothing.
    choices: Vec<Option<Choice>>,
    /// First page a list of legends may go on with.
    list_page: usize,
}

/// The best choice for each caption of the scene; `None` where it is to get nothing.
pub fn assign(scene: &Scene<'_>) -> Vec<Option<Chosen>> {
    [Side::Above, Side::Below]
        .map(|habit| search(scene, habit))
        .into_iter()
        .reduce(|above, below| if below.0 > above.0 + 1e-3 { below } else { above })
        .map_or_else(Vec::new, |(_, chosen)| chosen)
}

fn search(scene: &Scene<'_>, habit: Side) -> (f32, Vec<Option<Chosen>>) {
    let start = State { score: 0.0, claimed: BTreeSet::new(), choices: Vec::new(), list_page: 0 };
    let mut beam = vec![start];
    for index in 0..scene.captions.len() {
        let choices = scene.choices(index, habit);
        let mut next: Vec<State> =
            beam.iter().flat_map(|state| expand(scene, state, index, &choices)).collect();
        next.sort_by(|a, b| b.score.total_cmp(&a.score));
        next.dedup_by(|a, b| a.claimed == b.claimed && a.list_page == b.list_page);
        next.truncate(BEAM);
        beam = next;
    }
    for state in &mut beam {
        state.score -= left_over(scene, &state.claimed);
    }
    beam.sort_by(|a, b| b.score.total_cmp(&a.score));
    let Some(best) = beam.first() else { return (0.0, Vec::new()) };
    let chosen = (0..scene.captions.len()).map(|index| {
        let choice = best.choices[index].clone()?;
        let rival = beam.iter().find(|state| state.choices[index].as_ref() != Some(&choice));
        let margin = rival.map_or(MARGIN, |rival| best.score - rival.score);
        let confidence = confidence(&choice, habit, margin);
        Some(Chosen { choice, confidence })
    });
    (best.score, chosen.collect())
}

fn expand(scene: &Scene<'_>, state: &State, index: usize, choices: &[Choice]) -> Vec<State> {
    let caption = &scene.captions[index];
    let table = caption.kind == FigureKind::Table;
    let mut next = Vec::new();
    let mut nothing = state.clone();
    nothing.choices.push(None);
    nothing.score -= if table || caption.bare { 0.0 } else { CAPTION_LEFT };
    next.push(nothing);
    let mut take = |choice: &Choice, cost: f32, list_page: usize| {
        let mut choice = choice.clone();
        let had = choice.graphics.len();
        choice.graphics.retain(|graphic| !state.claimed.contains(graphic));
        // The nearest graphic, or the figure's own page, must be had; the others may be gone.
        if choice.graphics.is_empty() || (choice.way == Way::List && choice.graphics.len() < had) {
            return;
        }
        let mut with = state.clone();
        with.claimed.extend(choice.graphics.iter().copied());
        with.score += choice.score - cost - disorder(scene, state, index, &choice);
        with.list_page = list_page;
        with.choices.push(Some(choice));
        next.push(with);
    };
    for choice in choices {
        take(choice, 0.0, state.list_page);
    }
    if !table && !caption.bare {
        let pages = (state.list_page..scene.pages.len()).filter_map(|page| {
            let choice = scene.bare_page(page)?;
            let free = choice.graphics.iter().all(|graphic| !state.claimed.contains(graphic));
            free.then_some((page, choice))
        });
        for (skipped, (page, choice)) in pages.take(LOOK_AHEAD).enumerate() {
            take(&choice, PAGE_SKIPPED * skipped as f32, page + 1);
        }
    }
    next
}

/// What it costs that the figure before this one, by its caption, stands under it on the page.
fn disorder(scene: &Scene<'_>, state: &State, index: usize, choice: &Choice) -> f32 {
    let Some(before) = state.choices.last().and_then(Option::as_ref) else { return 0.0 };
    let same_page = scene.captions[index - 1].page == scene.captions[index].page;
    let (Some(&one), Some(&other)) = (before.graphics.first(), choice.graphics.first()) else {
        return 0.0;
    };
    let (one_box, other_box) = (scene.graphic(one).bbox, scene.graphic(other).bbox);
    let crossed = same_page
        && one.0 == other.0
        && one_box.x_overlap(&other_box) > 0.0
        && one_box.y0 > other_box.y1 - 1.0;
    if crossed { OUT_OF_ORDER } else { 0.0 }
}

fn left_over(scene: &Scene<'_>, claimed: &BTreeSet<GraphicId>) -> f32 {
    let all = scene.pages.iter().enumerate().flat_map(|(page, graphics)| {
        (0..graphics.graphics.len()).map(move |number| (page, number))
    });
    all.filter(|id| !claimed.contains(id) && scene.is_large(*id))
        .map(|id| if scene.graphic(id).has_image { PICTURE_LEFT } else { DRAWING_LEFT })
        .sum()
}

/// How sure a choice is: by the way it came about, less where another assignment is nearly as good.
fn confidence(choice: &Choice, habit: Side, margin: f32) -> f32 {
    let sure = match choice.way {
        Way::Side(side) if side == habit && choice.gap < 40.0 => 0.97,
        Way::Side(side) if side == habit => 0.9,
        Way::Side(side) if side.is_beside() => 0.85,
        Way::Side(_) => 0.8,
        Way::Mark | Way::Over => 0.95,
        Way::PageBefore | Way::PageAfter => 0.85,
        Way::List => 0.75,
    };
    let doubt = 0.3 * (1.0 - (margin / MARGIN).clamp(0.0, 1.0));
    // Two places are all that the evidence bears.
    ((sure - doubt) * 100.0_f32).round() / 100.0
}
