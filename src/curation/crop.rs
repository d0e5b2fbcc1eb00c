//! `label crop`: which rectangles of the picture are single scans?

use std::io::{BufRead, Write};

use image::DynamicImage;

use super::desk::Desk;
use super::edit::{Edit, Panels};
use super::evidence::Quote;
use super::item::Item;
use super::panels::Hints;
use super::session::{Answer, Line, Result, Session};
use super::{letters, panels, preview};
use crate::figures::panel_letter;
use crate::store::{Layout, NewPanel, PanelBox, Store, Subject, Value};

const HELP: &str = "\
Which rectangles of the picture are single CT scans? One box a scan, tight, without the others.
  Enter or a        accept what is listed
  w                 the whole picture is one scan
  d 3               drop panel 3 (not a scan); d 3 5 drops two
  m 1 2             merge panels 1 and 2
  + x,y,w,h         add a box, in pixels from the top left corner
  = 3 x,y,w,h       replace the box of panel 3
  l 2 B             panel 2 is B of the caption; l 2 takes its letter away
  l                 letter all panels after the caption, once they are right
  x 3 | 120         split panel 3 at the column 120 of the picture; x 3 - 80 at the row 80
  c                 clear: start from no panels (accepted so, the picture gives none)
  r                 start again from what was proposed
";

/// Recorded as the proposer of a panel that was accepted as it was found.
const AUTO: &str = "auto";

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
    let proposal = propose(session.desk.store, item, picture.as_ref())?;
    let mut current = proposal.clone();
    show(session, &current, picture.as_ref())?;
    loop {
        let text = match session.line(
            "panels? [Enter/a, w, d, m, +, =, l, c, r, s, u, q, o, ?]",
            item,
            HELP,
        )? {
            Line::Leave(answer) => return Ok(answer),
            Line::Text(text) => text,
        };
        match text.as_str() {
            "" | "a" => {
                add_panels(&mut session.desk, item.task.image.id, &current)?;
                let (subject, value) = decision(item.task.image.id, &current);
                session.decide(subject, value, &Quote::image())?;
                return Ok(Answer::Decided);
            }
            "r" => current = proposal.clone(),
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

/// The decoded picture, or why there is none to look at.
fn read_picture(store: &Store, item: &Item) -> std::result::Result<DynamicImage, String> {
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

pub(super) fn propose(
    store: &Store,
    item: &Item,
    picture: Option<&DynamicImage>,
) -> Result<Panels> {
    let image = &item.task.image;
    let boxes = match picture {
        None => vec![PanelBox::whole(image.width, image.height)],
        Some(picture) => {
            let hints = hints(&store.layout(image.id)?, image.width, image.height);
            panels::propose_with(&picture.to_luma8(), &hints)
        }
    };
    let sub_captions = letters::sub_captions(item.caption());
    Ok(Panels::proposed(image.width, image.height, &boxes, sub_captions))
}

/// What the page tells of a picture's panels: where letters stand over it, the first time each, and where
/// its tiles meet. Strips narrower than a panel tell nothing.
fn hints(layout: &Layout, width: u32, height: u32) -> Hints {
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
    for (number, draft) in (1..).zip(panels.drafts()) {
        let PanelBox { x, y, w, h } = draft.bounds;
        let line = format!("{number:>3}  {x},{y},{w},{h}  {} {}", draft.letter, draft.sub_caption);
        let field = session.prompt.style.field("panel", line.trim_end());
        session.prompt.tell(&field)?;
    }
    if let Some(picture) = picture {
        let told = match preview::write(picture, &panels.boxes(), &session.preview) {
            Ok(()) => format!("drawn in {}", session.preview.display()),
            Err(error) => format!("cannot draw {}: {error}", session.preview.display()),
        };
        session.prompt.tell(&told)?;
    }
    Ok(())
}

/// Keeps the rows of the panels that a decision is about to name. Panels without their decision mean
/// nothing, so a crash between the two does no harm.
pub(super) fn add_panels(desk: &mut Desk<'_>, image: i64, panels: &Panels) -> Result<()> {
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
    desk.store.transaction(|store| rows.iter().try_for_each(|row| store.panel(row).map(drop)))?;
    Ok(())
}

pub(super) fn decision(image: i64, panels: &Panels) -> (Subject, Value) {
    (Subject::image(image), Value::Crop(panels.boxes()))
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
        let hints = hints(&layout, 400, 200);
        assert_eq!(hints.letters, [(40, 20), (240, 20)]);
        assert_eq!((hints.columns, hints.rows), (vec![200], vec![]), "strips are no panels");
    }
}
