//! Compound figures of CT slices: who is shown in which panel, how the panels are put together, and
//! what the caption says of them.

use super::chance::Chance;
use super::fonts::Face;
use super::page::{Graphic, Mark, Text};
use super::patient::Patient;
use super::phantom::Acquisition;
use super::prose::{any, fill};
use super::raster::{Canvas, Encoding, Picture};
use crate::pdf::Rect;
use crate::store::PanelBox;

/// One scan in a figure, with all that is true of it.
#[derive(Debug, Clone)]
pub struct Panel {
    /// Index into the paper's pictures.
    pub picture: usize,
    pub bounds: PanelBox,
    /// As printed; empty where the figure has one panel.
    pub letter: String,
    /// What the caption says of this panel, its letter left out.
    pub text: String,
    /// Index into the paper's patients.
    pub patient: usize,
    /// `day 6 after onset`
    pub time: String,
}

/// A figure before it is set: drawing, caption without label, panels.
#[derive(Debug)]
pub struct CtFigure {
    pub graphic: Graphic,
    pub caption: String,
    pub panels: Vec<Panel>,
}

/// How panels are put together. Drawn without a look at what they show.
#[derive(Debug)]
struct Arrangement {
    columns: u32,
    rows: u32,
    /// Native pixels of a panel.
    cell: (u32, u32),
    gutter: u32,
    frame: u32,
    ground: u8,
    letters: Letters,
    /// `a` or `A`.
    first_letter: u8,
    /// One raster for the figure, or one a panel.
    split: bool,
    form: bool,
    encoding: Encoding,
    quality: u8,
    arrow: bool,
    acquisition: Acquisition,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Letters {
    /// Part of the raster.
    Baked,
    /// Text drawn over the raster.
    Drawn,
}

impl Arrangement {
    fn new(lower_case: bool, chance: &mut Chance) -> Self {
        let (columns, rows) =
            *chance.pick(&[(1, 1), (2, 1), (2, 1), (2, 2), (2, 2), (3, 2), (3, 1)]);
        let wide = chance.whole(230, 400);
        let gutter = chance.whole(2, 14);
        Self {
            columns,
            rows,
            cell: (wide, (wide as f32 * chance.real(0.70, 0.95)) as u32),
            gutter,
            frame: if chance.yes(0.3) { gutter } else { 0 },
            ground: if chance.yes(0.6) { 255 } else { 0 },
            letters: if chance.yes(0.5) { Letters::Baked } else { Letters::Drawn },
            first_letter: if lower_case { b'a' } else { b'A' },
            split: chance.yes(0.3),
            form: chance.yes(0.2),
            encoding: Encoding::any(chance),
            quality: chance.whole(72, 95) as u8,
            arrow: chance.yes(0.15),
            acquisition: Acquisition::new(chance),
        }
    }

    fn count(&self) -> usize {
        (self.columns * self.rows) as usize
    }

    fn letter(&self, index: usize) -> String {
        if self.count() == 1 {
            String::new()
        } else {
            char::from(self.first_letter + index as u8).to_string()
        }
    }

    /// Top left corner of a panel in a raster of all panels.
    fn corner(&self, index: usize) -> (u32, u32) {
        let (column, row) = (index as u32 % self.columns, index as u32 / self.columns);
        let step = (self.cell.0 + self.gutter, self.cell.1 + self.gutter);
        (self.frame + column * step.0, self.frame + row * step.1)
    }

    /// Native size of a raster of all panels.
    fn size(&self) -> (u32, u32) {
        let (x, y) = self.corner(self.count() - 1);
        (x + self.cell.0 + self.frame, y + self.cell.1 + self.frame)
    }

    /// Points a pixel, so that the figure is at most `width` x `height` points.
    fn scale(&self, (width, height): (f32, f32), chance: &mut Chance) -> f32 {
        let (w, h) = self.size();
        let shrink = if self.columns == 1 { 0.6 } else { chance.real(0.75, 1.0) };
        (width * shrink / w as f32).min(height / h as f32)
    }
}

/// Makes a figure of at most `room` points, its pictures appended to `pictures`; `shown` are indices
/// into `patients` to choose from.
pub fn compose(
    patients: &[Patient],
    shown: &[usize],
    lower_case: bool,
    room: (f32, f32),
    pictures: &mut Vec<Picture>,
    chance: &mut Chance,
) -> CtFigure {
    let how = Arrangement::new(lower_case, chance);
    let scans = choose_scans(how.count(), shown, chance);
    let scale = how.scale(room, chance);
    let mut graphic = Graphic { form: how.form, ..Graphic::default() };
    let mut panels = Vec::new();
    let (width, height) = how.size();
    let mut sheet = Canvas::new(width, height, [how.ground; 3]);
    for (i, &(patient, day)) in scans.iter().enumerate() {
        let canvas = draw_panel(&how, &patients[patient], day, i, chance);
        let (x, y) = how.corner(i);
        let mut bounds = PanelBox { x, y, w: how.cell.0, h: how.cell.1 };
        let mut picture = pictures.len();
        if how.split {
            pictures.push(Picture::encode(&canvas, how.encoding, how.quality));
            graphic.pictures.push((picture, scaled(&bounds, scale)));
            bounds = PanelBox::whole(how.cell.0, how.cell.1);
        } else {
            sheet.paste(x, y, &canvas);
            picture = pictures.len();
        }
        panels.push(Panel {
            picture,
            bounds,
            letter: how.letter(i),
            text: describe(&patients[patient], day, scans.len() > 1, chance),
            patient,
            time: format!("day {day} after onset"),
        });
        if how.letters == Letters::Drawn && scans.len() > 1 {
            graphic.marks.push(drawn_letter(&how, i, scale));
        }
    }
    if !how.split {
        graphic.pictures.push((pictures.len(), scaled(&PanelBox::whole(width, height), scale)));
        pictures.push(Picture::encode(&sheet, how.encoding, how.quality));
    }
    (graphic.width, graphic.height) = (width as f32 * scale, height as f32 * scale);
    CtFigure { graphic, caption: caption(&panels, patients, chance), panels }
}

/// Patient and day of each panel: one patient followed over days, or several side by side, some of
/// them twice.
fn choose_scans(count: usize, shown: &[usize], chance: &mut Chance) -> Vec<(usize, u32)> {
    let mut people = shown.to_vec();
    chance.shuffle(&mut people);
    people.truncate(if chance.yes(0.4) { 1 } else { count });
    let mut scans: Vec<(usize, u32)> = Vec::new();
    for i in 0..count {
        let patient = people[i * people.len() / count];
        let day = match scans.last() {
            Some(&(previous, day)) if previous == patient => day + chance.whole(2, 6),
            _ => chance.whole(1, 9),
        };
        scans.push((patient, day));
    }
    scans
}

fn draw_panel(
    how: &Arrangement,
    patient: &Patient,
    day: u32,
    index: usize,
    chance: &mut Chance,
) -> Canvas {
    let (w, h) = how.cell;
    let mut canvas = Canvas::new(w, h, [0; 3]);
    canvas.paste_grey(0, 0, w, &patient.scan(day, how.cell, &how.acquisition, chance));
    if how.arrow {
        let tip = (w as f32 * chance.real(0.2, 0.8), h as f32 * chance.real(0.3, 0.75));
        let (x, y) = (tip.0 as i32, tip.1 as i32);
        canvas.line((x + 22, y - 22), (x, y), 3, [255; 3]);
        canvas.line((x + 9, y), (x, y), 3, [255; 3]);
        canvas.line((x, y - 9), (x, y), 3, [255; 3]);
    }
    if how.letters == Letters::Baked && how.count() > 1 {
        let letter = how.letter(index).to_uppercase();
        canvas.fill(4, 4, 22, 26, [0; 3]);
        canvas.text(8, 7, &letter, 3, [255; 3]);
    }
    canvas
}

fn drawn_letter(how: &Arrangement, index: usize, scale: f32) -> Mark {
    let (x, y) = how.corner(index);
    let (x, y) = (x as f32 * scale + 4.0, y as f32 * scale + 12.0);
    let mut letter = Text::new(x, y, Face::SansBold, 11.0, how.letter(index));
    letter.colour = [1.0, 1.0, 0.6];
    Mark::Text(letter)
}

fn scaled(bounds: &PanelBox, scale: f32) -> Rect {
    let [x, y, w, h] = [bounds.x, bounds.y, bounds.w, bounds.h].map(|v| v as f32 * scale);
    Rect::new(x, y, x + w, y + h)
}

/// `Patient 2, a 39-year-old man with emphysema, day 6 after onset: centrilobular emphysema.`
fn describe(patient: &Patient, day: u32, one_of_many: bool, chance: &mut Chance) -> String {
    let seen = any(patient.disease.descriptions(), chance);
    let (name, who, disease) = (&patient.name, patient.who(), patient.disease.name());
    if one_of_many && chance.yes(0.5) {
        format!("{name}, {who} with {disease}, day {day} after onset: {seen}.")
    } else {
        format!("{name} ({who} with {disease}), scanned on day {day} after onset, shows {seen}.")
    }
}

fn caption(panels: &[Panel], patients: &[Patient], chance: &mut Chance) -> String {
    let mut people: Vec<usize> = panels.iter().map(|panel| panel.patient).collect();
    people.dedup();
    let lead = match (panels.len(), people.as_slice()) {
        (1, _) => fill("Axial chest CT {image|slice} at lung window.", chance),
        (_, [one]) => format!("Serial axial chest CT scans of {}.", patients[*one].name),
        _ => fill("Axial chest CT {images|scans} of {representative|selected} patients.", chance),
    };
    let bracketed = chance.yes(0.7);
    let parts = panels.iter().map(|panel| match (panel.letter.as_str(), bracketed) {
        ("", _) => panel.text.clone(),
        (letter, true) => format!("({letter}) {}", panel.text),
        (letter, false) => format!("{letter}, {}", panel.text),
    });
    let tail = if panels.len() == 1 || chance.yes(0.6) {
        None
    } else {
        Some(fill(
            "{All images are shown at lung window|Window width 1500 HU, level -600 HU}.",
            chance,
        ))
    };
    std::iter::once(lead).chain(parts).chain(tail).collect::<Vec<_>>().join(" ")
}
