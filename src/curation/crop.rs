//! `label crop`: which rectangles of the picture are single scans?

use std::io::{BufRead, Write};
use std::sync::Arc;

use image::{DynamicImage, GrayImage};

use super::carry;
use super::desk::Desk;
use super::doubts::{self, Letters};
use super::earlier::Earlier;
use super::edit::{Edit, Panels};
use super::item::Item;
use super::lines::{Answer, Line, Result, Session};
use super::nothing;
use super::panels::Hints;
use super::{letters, panels, preview};
use crate::figures::panel_letter;
use crate::store::{ImageRow, Layout, NewPanel, Store, StoreError, Subject, Within};
use crate::task;
use covid_ct_core::{PanelBox, Stage, Value};

const HELP: &str = "\
Which rectangles of the picture are single CT scans? One box a scan, tight, without the others.
  Enter or a        accept what is listed; asked again, what is in force stays as it is
  w                 the whole picture is one scan
  grid 3x4          three rows of four, at the gutters; grid 3,4,2: rows of three, four and two
  d 3               drop panel 3 (not a scan); d 3 5 drops two. Numbers stay with their panels
  m 1 2             merge panels 1 and 2
  + x,y,w,h         add a box, in pixels from the top left corner
  = 3 x,y,w,h       replace the box of panel 3
  l 2 B             panel 2 is B of the caption; l 2 takes its letter away
  l                 letter all panels after the caption; l A: from A on, in reading order
  x 3 | 120         split panel 3 at the column 120 of the picture; x 3 - 80 at the row 80
  c                 clear: start from no panels (accepted so, the picture gives none)
  u                 undo the last of these; with none left, the decision before
  r                 start again from what was first listed; R from what is proposed
";

/// Recorded as the proposer of a panel that was accepted as it was found.
const AUTO: &str = "auto";

/// What there is to start from.
#[derive(Debug, Clone)]
pub(super) struct Opening {
    /// The boxes that pixels and letters propose.
    pub proposal: Panels,
    /// Those that were decided on before, and the decision.
    pub earlier: Option<(Panels, Earlier)>,
    pub letters: Letters,
}

impl Opening {
    /// The boxes to begin with.
    pub fn first(&self) -> &Panels {
        self.earlier.as_ref().map_or(&self.proposal, |(panels, _)| panels)
    }

    /// What Enter leaves as it is: what is in force, unchanged.
    pub fn kept(&self, panels: &Panels) -> Option<&Earlier> {
        let (first, earlier) = self.earlier.as_ref()?;
        (earlier.in_force && first.is_same(panels)).then_some(earlier)
    }

    /// The boxes that were decided on before.
    fn before(&self) -> Vec<PanelBox> {
        match self.earlier.as_ref().and_then(|(_, earlier)| earlier.value()) {
            Some(Value::Crop(boxes)) => boxes.clone(),
            _ => Vec::new(),
        }
    }

    /// What should be known before these boxes are stored, a sentence each.
    pub fn doubts(&self, desk: &Desk<'_>, item: &Item, panels: &Panels) -> Result<Vec<String>> {
        let image = item.task.image.id;
        let mut told = Vec::new();
        if panels.drafts().is_empty()
            && let Some(curator) = who_wants_it(desk, image)?
        {
            told.push(format!(
                "No scans: {curator} called this picture {}.",
                nothing::the_wanted()
            ));
        }
        told.extend(carry::warning(desk.store, image, [&*self.before()], &panels.boxes())?);
        let lettered: Vec<bool> =
            panels.drafts().iter().map(|draft| !draft.letter.is_empty()).collect();
        told.extend(doubts::of_letters(&lettered, &self.letters).map(|doubt| format!("{doubt}.")));
        if let Some(pixels) = panels.pixels() {
            let drafts = panels.drafts();
            let boxes: Vec<PanelBox> = drafts.iter().map(|draft| draft.bounds).collect();
            for (at, parts) in doubts::of_pixels(pixels, &boxes) {
                let number = drafts[at].number;
                told.push(format!("Panel {number} looks like {parts} scans."));
            }
        }
        Ok(told)
    }

    /// Writes the boxes; it is on disk when this returns.
    pub fn store(&self, desk: &mut Desk<'_>, item: &Item, panels: &Panels) -> Result<()> {
        let image = item.task.image.id;
        let rows: Vec<NewPanel> = panels
            .drafts()
            .iter()
            .map(|draft| NewPanel {
                image,
                bounds: draft.bounds,
                letter: draft.letter.clone(),
                sub_caption: draft.sub_caption.clone(),
                proposed_by: if draft.proposed { AUTO.into() } else { desk.curator.clone() },
            })
            .collect();
        desk.decide_crop(image, &rows, panels.boxes(), &self.before())
    }
}

fn who_wants_it(desk: &Desk<'_>, image: i64) -> Result<Option<String>> {
    let selecting = task::in_force().selecting();
    let selected = desk.store.decisions_in_force_within(selecting, Within::Image(image))?;
    let is_wanted = |value: &Value| value.known().is_some_and(|answer| answer.keeps);
    let said = selected.into_iter().filter(|said| said.value.as_ref().is_some_and(is_wanted));
    let mut curators: Vec<String> = said.map(|decision| decision.curator).collect();
    if desk.is_blind() && !curators.is_empty() {
        // That it is asked about says as much; by whom it was said, nothing does.
        curators = vec!["somebody".into()];
    }
    Ok((!curators.is_empty()).then(|| curators.join(" and ")))
}

pub(super) fn ask<R: BufRead, W: Write>(
    session: &mut Session<'_, R, W>,
    item: &Item,
) -> Result<Answer> {
    let picture = match read_picture(session.desk.store, item) {
        Ok(picture) => Some(picture),
        Err(why) => {
            session.prompt.tell(&format!("{why}; boxes can still be typed"))?;
            None
        }
    };
    let opening = open(&session.desk, item, picture.as_ref())?;
    if let Some((_, earlier)) = &opening.earlier {
        session.tell_earlier(earlier)?;
    }
    let mut current = opening.first().clone();
    show(session, &current, picture.as_ref())?;
    loop {
        let enter = opening.kept(&current).map_or_else(|| "Enter/a".to_owned(), Earlier::enter);
        let question = format!("panels? [{enter}, w, grid, d, m, +, =, l, c, r, s, u, q, o, ?]");
        let text = match session.line(&question, item, HELP)? {
            Line::Leave(Answer::Undo) if current.take_back() => {
                show(session, &current, picture.as_ref())?;
                continue;
            }
            Line::Leave(answer) => return Ok(answer),
            Line::Text(text) => text,
        };
        match text.as_str() {
            "" | "a" => {
                if let Some(earlier) = opening.kept(&current) {
                    session.keep(Stage::Crop, Subject::image(item.task.image.id), earlier)?;
                    return Ok(Answer::Decided);
                }
                if !is_certain(session, &opening, item, &current)? {
                    continue;
                }
                let told = format!("  crop: {}", Value::Crop(current.boxes()));
                opening.store(&mut session.desk, item, &current)?;
                session.prompt.tell(&told)?;
                return Ok(Answer::Decided);
            }
            "r" => current.restart(opening.first()),
            "R" => current.restart(&opening.proposal),
            _ => {
                if let Err(why) = Edit::parse(&text).and_then(|edit| current.apply(&edit)) {
                    session.prompt.tell(&format!("{why}; ? explains"))?;
                    continue;
                }
            }
        }
        show(session, &current, picture.as_ref())?;
    }
}

/// Tells what speaks against the boxes, and asks whether they are meant so.
fn is_certain<R: BufRead, W: Write>(
    session: &mut Session<'_, R, W>,
    opening: &Opening,
    item: &Item,
    panels: &Panels,
) -> Result<bool> {
    let doubts = opening.doubts(&session.desk, item, panels)?;
    session.is_meant(&doubts)
}

/// The decoded picture, or why there is none to look at.
pub(super) fn read_picture(
    store: &Store,
    item: &Item,
) -> std::result::Result<DynamicImage, String> {
    let bytes = store.objects().read(&item.task.image.object).map_err(|error| error.to_string())?;
    let picture = image::load_from_memory(&bytes)
        .map_err(|error| format!("cannot decode {}: {error}", item.path.display()))?;
    check_size(item, &picture)?;
    Ok(picture)
}

/// That panels, which are in pixels, mean the same in `picture` as in the database.
pub(super) fn check_size(item: &Item, picture: &DynamicImage) -> std::result::Result<(), String> {
    let (width, height) = (item.task.image.width, item.task.image.height);
    if (picture.width(), picture.height()) == (width, height) {
        Ok(())
    } else {
        Err(format!("{} is not of the {width} x {height} pixels recorded", item.path.display()))
    }
}

/// The boxes that pixels and letters propose for a picture, as `label` shows them.
///
/// # Errors
/// The database's.
pub fn proposed(
    store: &Store,
    image: &ImageRow,
    pixels: &GrayImage,
) -> std::result::Result<Vec<PanelBox>, StoreError> {
    let letters = Letters::read(store, image.id, image.file_name.is_some())?;
    let layout = store.layout(image.id)?;
    let hints = hints(&layout, letters.count(), image.width, image.height);
    Ok(panels::propose_with(pixels, &hints))
}

/// What there is to start from; without a picture, the whole of it is proposed.
pub(super) fn open(
    desk: &Desk<'_>,
    item: &Item,
    picture: Option<&DynamicImage>,
) -> Result<Opening> {
    let image = &item.task.image;
    let named = letters::sub_captions(item.caption());
    let letters = Letters::read(desk.store, image.id, image.file_name.is_some())?;
    let grey = picture.map(|picture| Arc::new(picture.to_luma8()));
    let boxes = match &grey {
        None => vec![PanelBox::whole(image.width, image.height)],
        Some(grey) => proposed(desk.store, image, grey)?,
    };
    let proposal = Panels::proposed(image.width, image.height, &boxes, named).of_pixels(grey);
    let earlier = desk.earlier(Stage::Crop, Subject::image(image.id))?;
    let earlier = match earlier {
        Some(earlier) => Some((stored(desk.store, image.id, &proposal, &earlier)?, earlier)),
        None => None,
    };
    Ok(Opening { proposal, earlier, letters })
}

/// The panels of a crop that was decided on, with their letters.
fn stored(store: &Store, image: i64, proposal: &Panels, earlier: &Earlier) -> Result<Panels> {
    let Some(Value::Crop(boxes)) = earlier.value() else { return Ok(proposal.clone()) };
    let rows = store.panels_of(image)?;
    let told = boxes.iter().map(|bounds| {
        let row = rows.iter().find(|(_, panel)| panel.bounds == *bounds);
        let (letter, by) = row.map_or((String::new(), AUTO), |(_, panel)| {
            (panel.letter.clone(), panel.proposed_by.as_str())
        });
        (*bounds, letter, by == AUTO)
    });
    Ok(proposal.stored(told))
}

/// What the page tells of a picture's panels: where letters stand over it, the first time each, and where
/// its tiles meet. Strips narrower than a panel tell nothing.
fn hints(layout: &Layout, count: Option<usize>, width: u32, height: u32) -> Hints {
    let pixel = |share: f32, side: u32| (f64::from(share) * f64::from(side)).round() as u32;
    let mut seen = Vec::new();
    let letters = layout.texts.iter().filter_map(|(x, y, text)| {
        let letter = panel_letter(text.trim())?.to_ascii_uppercase();
        let is_new = !seen.contains(&letter);
        seen.push(letter);
        is_new.then(|| (pixel(*x, width), pixel(*y, height)))
    });
    let letters = letters.collect();
    let starts = |shares: Vec<f32>, side: u32| {
        let mut starts: Vec<u32> = shares.iter().map(|&share| pixel(share, side)).collect();
        starts.sort_unstable();
        starts.dedup();
        let are_panels = starts.windows(2).all(|pair| pair[1] - pair[0] >= panels::MIN_SIDE);
        starts.retain(|&at| at > 0 && at < side);
        if are_panels { starts } else { Vec::new() }
    };
    Hints {
        letters,
        count,
        columns: starts(layout.tiles.iter().map(|(x, _)| *x).collect(), width),
        rows: starts(layout.tiles.iter().map(|(_, y)| *y).collect(), height),
    }
}

/// Lists the panels and draws them over the picture.
fn show<R: BufRead, W: Write>(
    session: &mut Session<'_, R, W>,
    panels: &Panels,
    picture: Option<&DynamicImage>,
) -> Result<()> {
    if panels.drafts().is_empty() {
        session.prompt.tell("no panels")?;
    }
    for draft in panels.drafts() {
        let number = draft.number;
        let PanelBox { x, y, w, h } = draft.bounds;
        let line = format!("{number:>3}  {x},{y},{w},{h}  {} {}", draft.letter, draft.sub_caption);
        let field = session.prompt.style.field("panel", line.trim_end());
        session.prompt.tell(&field)?;
    }
    if let Some(picture) = picture {
        let boxes: Vec<(u32, PanelBox)> =
            panels.drafts().iter().map(|draft| (draft.number as u32, draft.bounds)).collect();
        let told = match preview::write(picture, &boxes, &session.preview) {
            Ok(()) => format!("drawn in {}", session.preview.display()),
            Err(error) => format!("cannot draw {}: {error}", session.preview.display()),
        };
        session.prompt.tell(&told)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_tiles_are_hints_in_pixels() {
        let text = |x: f32, text: &str| (x, 0.1, text.to_owned());
        let layout = Layout {
            texts: vec![text(0.1, "(a)"), text(0.6, "b"), text(0.7, "b"), text(0.8, "R lung")],
            tiles: vec![(0.0, 0.0), (0.5, 0.0), (0.0, 0.001), (0.5, 0.05)],
        };
        let hints = hints(&layout, Some(2), 400, 200);
        assert_eq!(hints.letters, [(40, 20), (240, 20)]);
        assert_eq!((hints.columns, hints.rows), (vec![200], vec![]), "strips are no panels");
    }
}
