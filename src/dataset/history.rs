//! Everything that was ever decided about a picture or a panel, found by the name it has.

use serde::Serialize;

use super::export::{decision_id, picture_stem, stems};
use crate::covid_ct::release::split_extension;
use crate::figures::ImageOrigin;
use crate::store::{Decision, ImageRow, Result, Store, StoreError, Subject};
use covid_ct_core::{Evidence, PanelBox, Stage, Value};

/// What was decided about one picture, or one panel of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct History {
    /// As exported, the panel's number and the extension left out.
    pub picture: String,
    pub paper: String,
    pub version: String,
    /// From 1.
    pub page: u32,
    pub xref: Option<u32>,
    /// The panel asked for, as `x,y,w,h`.
    pub panel: Option<String>,
    /// Oldest first.
    pub events: Vec<Event>,
}

/// One decision, or its being taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// As in the column `decision_ids` of an export's MANIFEST.csv.
    pub id: String,
    /// RFC 3339, UTC
    pub time: String,
    pub curator: String,
    pub stage: Stage,
    /// The panel it is about, as `x,y,w,h`; `None` where it is about the whole picture.
    pub panel: Option<String>,
    /// `None` where the curator took back what they said before.
    pub value: Option<String>,
    /// Of one taken back: what that was.
    pub took_back: Option<String>,
    pub evidence: Option<Evidence>,
    pub quote: String,
    pub note: String,
    /// Whether it settled what curators disagreed on.
    pub adjudicates: bool,
    /// Whether it is what this curator says now.
    pub in_force: bool,
}

/// The history of the pictures that `name` stands for: usually one, several where two versions of a
/// paper were read.
///
/// A name is that of an exported file, with or without extension and `%n` for a panel, or
/// `PAPER:pPAGE:xXREF` with the page counted from 1, `:x,y,w,h` behind it for a panel.
///
/// # Errors
/// The database's, and where no picture or panel has that name.
pub fn history(store: &Store, name: &str) -> Result<Vec<History>> {
    let mut found = Vec::new();
    let panels = store.panels()?;
    let decisions = store.decisions()?;
    let exported = exported(store, name)?;
    for image in store.images()? {
        let stem = stem_of(store, &image)?;
        let wanted = match exported {
            Some((id, bounds)) if id == image.id => bounds.map_or(Wanted::Picture, Wanted::Panel),
            Some(_) => continue,
            None => match wanted(name, &stem, &image) {
                Some(wanted) => wanted,
                None => continue,
            },
        };
        let own: Vec<&Decision> =
            decisions.iter().filter(|d| d.subject.image == image.id).collect();
        let bounds = match wanted {
            Wanted::Picture => None,
            Wanted::Panel(bounds) => Some(bounds),
            Wanted::Numbered(n) => Some(numbered(store, &own, image.id, n).ok_or_else(|| {
                StoreError::Invalid(format!(
                    "{stem} has no panel {n}; panels count from 0 in the order of the crop decision"
                ))
            })?),
        };
        let bounds_of =
            |id: i64| panels.iter().find(|(panel, _)| *panel == id).map(|(_, panel)| panel.bounds);
        let is_wanted = |d: &Decision| match (bounds, d.subject.panel) {
            (Some(bounds), Some(panel)) => bounds_of(panel) == Some(bounds),
            _ => true,
        };
        let events = own
            .iter()
            .enumerate()
            .filter(|(_, decision)| is_wanted(decision))
            .map(|(i, decision)| {
                let bounds = decision.subject.panel.and_then(bounds_of);
                let id = decision_id(decision, &image.object.sha256, bounds);
                event(decision, id, bounds, (&own[..i], &own[i + 1..]))
            })
            .collect();
        found.push(History {
            picture: stem,
            paper: image.preprint_name,
            version: image.preprint_version,
            page: image.page,
            xref: image.xref,
            panel: bounds.map(|bounds| bounds.to_string()),
            events,
        });
    }
    if found.is_empty() {
        return Err(StoreError::Invalid(format!(
            "no picture is named '{name}': expected the name of an exported file, such as \
             2020.02.10.20021584-p6-52%0.png, or PAPER:pPAGE:xXREF, such as \
             2020.02.10.20021584:p7:x52"
        )));
    }
    Ok(found)
}

/// The picture, and the panel of it, that is in force under exactly this name: of two pictures that
/// would share one, the export numbers the second.
fn exported(store: &Store, name: &str) -> Result<Option<(i64, Option<PanelBox>)>> {
    let mut panels = store.labelled_panels()?;
    let at = stems(&mut panels).iter().position(|stem| stem == split_extension(name).0);
    Ok(at.map(|at| &panels[at]).map(|panel| (panel.image, panel.index.map(|_| panel.bounds))))
}

/// The name that a picture's file is exported under, without its extension.
///
/// # Errors
/// The database's.
pub fn stem_of(store: &Store, image: &ImageRow) -> Result<String> {
    let rendering_of = match image.origin {
        ImageOrigin::Rendered => store.figure_of_image(image.id)?.and_then(|figure| figure.label),
        _ => None,
    };
    Ok(picture_stem(
        image.file_name.as_deref(),
        &image.preprint_name,
        image.page,
        (image.xref, image.origin, rendering_of.as_deref()),
    ))
}

/// What a name means of a picture.
enum Wanted {
    Picture,
    Panel(PanelBox),
    Numbered(usize),
}

/// What `name` means of this picture; `None` where it names another.
fn wanted(name: &str, stem: &str, image: &ImageRow) -> Option<Wanted> {
    if let Some(rest) = name.strip_prefix(&format!("{}:p{}:", image.preprint_name, image.page)) {
        let (xref, panel) =
            rest.split_once(':').map_or((rest, None), |(x, panel)| (x, Some(panel)));
        let xref = xref.strip_prefix('x')?.parse::<u32>().ok()?;
        if image.xref != Some(xref) {
            return None;
        }
        return match panel {
            None => Some(Wanted::Picture),
            Some(panel) => panel.parse().ok().map(Wanted::Panel),
        };
    }
    let name = split_extension(name).0;
    if name == stem {
        return Some(Wanted::Picture);
    }
    let number = name.strip_prefix(stem)?.strip_prefix('%')?;
    number.parse().ok().map(Wanted::Numbered)
}

/// Panel `n` of the crop in force; where none is, of the last there was.
fn numbered(store: &Store, decisions: &[&Decision], image: i64, n: usize) -> Option<PanelBox> {
    let verdict = store.verdicts(Stage::Crop).ok()?.remove(&Subject::image(image));
    let last = || decisions.iter().rev().filter_map(|d| d.value.clone()).find(is_crop);
    match verdict.map(|verdict| verdict.value).or_else(last)? {
        Value::Crop(boxes) => boxes.get(n).copied(),
        _ => None,
    }
}

fn is_crop(value: &Value) -> bool {
    matches!(value, Value::Crop(_))
}

/// `before` and `after` are the decisions on the picture made earlier and later.
fn event(
    decision: &Decision,
    id: String,
    bounds: Option<PanelBox>,
    (before, after): (&[&Decision], &[&Decision]),
) -> Event {
    let same = |other: &&&Decision| {
        (other.curator == decision.curator)
            && (other.stage, other.subject) == (decision.stage, decision.subject)
    };
    let earlier = before.iter().rev().find(same).and_then(|d| d.value.as_ref());
    Event {
        id,
        time: decision.time.clone(),
        curator: decision.curator.clone(),
        stage: decision.stage,
        panel: bounds.map(|bounds| bounds.to_string()),
        value: decision.value.as_ref().map(ToString::to_string),
        took_back: match decision.value {
            None => earlier.map(ToString::to_string),
            Some(_) => None,
        },
        evidence: decision.evidence,
        quote: decision.span.clone(),
        note: decision.note.clone(),
        adjudicates: decision.adjudicates,
        in_force: decision.value.is_some() && !after.iter().any(|other| same(&other)),
    }
}
