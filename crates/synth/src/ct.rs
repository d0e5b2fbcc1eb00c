//! Compound figures of CT slices: who is shown in which panel, how the panels are put together, and
//! what the caption says of them.

use super::chance::Chance;
use super::encoding::{Encoding, Picture, Turn};
use super::fonts::Face;
use super::page::{Graphic, Mark, Placed, Text};
use super::patient::Patient;
use super::phantom::Acquisition;
use super::pieces::Manner;
use super::prose::{any, fill};
use super::raster::Canvas;
use covid_ct_core::PanelBox;
use covid_ct_extraction::pdf::Rect;

/// One scan in a figure, with all that is true of it.
#[derive(Debug, Clone)]
pub struct Panel {
    /// Index into the paper's pictures; `None` where it is cut into pieces, which no annotation can
    /// name.
    pub picture: Option<usize>,
    /// In pixels of the picture as seen, or of all pieces put together.
    pub bounds: PanelBox,
    /// As printed, brackets left out; empty where the figure has one panel.
    pub letter: String,
    /// Where the page prints the letter, in points of the graphic.
    pub printed: Option<Rect>,
    /// Whether it stands on the page after the figure's first.
    pub overleaf: bool,
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
    /// `#` stands for the letter: `(#)`.
    letter_style: &'static str,
    /// One raster for the figure, or one a panel.
    split: bool,
    forms: u32,
    manner: Manner,
    /// Burnt into the raster.
    arrow: bool,
    /// Drawn over it as paths.
    drawn_arrow: bool,
    /// A small picture in a corner of this many panels.
    icons: usize,
    acquisition: Acquisition,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Letters {
    /// Part of the raster.
    Baked,
    /// Text drawn over the raster.
    Drawn,
    /// Text above each panel's picture.
    Above,
}

/// Height of the line of letters above a row of panels, in points.
const LETTER_LINE: f32 = 15.0;

impl Arrangement {
    fn new(lower_case: bool, chance: &mut Chance) -> Self {
        let (columns, rows) =
            *chance.pick(&[(1, 1), (2, 1), (2, 1), (2, 2), (2, 2), (3, 2), (3, 1)]);
        let wide = chance.whole(230, 400);
        let gutter = chance.whole(2, 14);
        let letters = *chance.pick(&[
            Letters::Baked,
            Letters::Baked,
            Letters::Drawn,
            Letters::Drawn,
            Letters::Above,
        ]);
        let split = letters == Letters::Above || chance.yes(0.3);
        let plain = Manner::plain(Encoding::any(chance), chance.whole(72, 95) as u8);
        let manner = Manner { turn: Turn::any(chance), clipped: chance.yes(0.08), ..plain };
        let cut = !split && chance.yes(0.15);
        Self {
            columns,
            rows,
            cell: (wide, (wide as f32 * chance.real(0.70, 0.95)) as u32),
            gutter,
            frame: if chance.yes(0.3) { gutter } else { 0 },
            ground: if chance.yes(0.6) { 255 } else { 0 },
            letters,
            first_letter: if lower_case { b'a' } else { b'A' },
            letter_style: *chance.pick::<&'static str>(&["#", "#", "(#)", "#)"]),
            split,
            forms: *chance.pick(&[0, 0, 0, 0, 0, 0, 1, 1, 2, 3]),
            manner: if cut { Manner { clipped: false, ..manner.cut(chance) } } else { manner },
            arrow: chance.yes(0.1),
            drawn_arrow: chance.yes(0.2),
            icons: if chance.yes(0.12) { chance.whole(1, 2) as usize } else { 0 },
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
        let height = height - self.letter_line() * self.rows as f32;
        (width * shrink / w as f32).min(height / h as f32)
    }

    fn letter_line(&self) -> f32 {
        if self.letters == Letters::Above && self.count() > 1 { LETTER_LINE } else { 0.0 }
    }

    /// Where a panel is in the graphic.
    fn place(&self, index: usize, scale: f32) -> Rect {
        let (x, y) = self.corner(index);
        let row = index as u32 / self.columns;
        let area = scaled(&PanelBox { x, y, w: self.cell.0, h: self.cell.1 }, scale);
        super::page::moved(&area, (0.0, self.letter_line() * (row + 1) as f32))
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
    let mut graphic = Graphic { forms: how.forms, ..Graphic::default() };
    let mut panels = Vec::new();
    let (width, height) = how.size();
    let mut sheet = Canvas::new(width, height, [how.ground; 3]);
    for (i, &(patient, day)) in scans.iter().enumerate() {
        let canvas = draw_panel(&how, &patients[patient], day, i, chance);
        let (x, y) = how.corner(i);
        let mut bounds = PanelBox { x, y, w: how.cell.0, h: how.cell.1 };
        let mut picture = None;
        if how.split {
            graphic.pictures.extend(how.manner.place(&canvas, how.place(i, scale), pictures));
            picture = Some(pictures.len() - 1);
            let (x, y) = how.manner.border(&canvas);
            bounds = PanelBox { x, y, ..bounds };
        } else {
            sheet.paste(x, y, &canvas);
        }
        let letter = drawn_letter(&how, i, scale);
        panels.push(Panel {
            picture,
            bounds,
            letter: how.letter(i),
            printed: letter.as_ref().map(Mark::bounds),
            overleaf: false,
            text: describe(&patients[patient], day, scans.len() > 1, chance),
            patient,
            time: format!("day {day} after onset"),
        });
        graphic.marks.extend(letter);
        if how.drawn_arrow {
            graphic.marks.extend(drawn_arrow(&how.place(i, scale), chance));
        }
    }
    (graphic.width, graphic.height) = (width as f32 * scale, height as f32 * scale);
    graphic.height += how.letter_line() * how.rows as f32;
    if !how.split {
        let area = Rect::new(0.0, 0.0, graphic.width, graphic.height);
        graphic.pictures = how.manner.place(&sheet, area, pictures);
        let (x, y) = how.manner.border(&sheet);
        for panel in &mut panels {
            panel.picture = (!how.manner.is_cut()).then(|| pictures.len() - 1);
            panel.bounds =
                PanelBox { x: panel.bounds.x + x, y: panel.bounds.y + y, ..panel.bounds };
        }
    }
    add_icons(&how, scale, &mut graphic, pictures, chance);
    CtFigure { graphic, caption: caption(&panels, patients, chance), panels }
}

/// One small picture in the lower right corner of the first panels: an object of its own drawn as
/// often, or written into the content each time.
fn add_icons(
    how: &Arrangement,
    scale: f32,
    graphic: &mut Graphic,
    pictures: &mut Vec<Picture>,
    chance: &mut Chance,
) {
    let icons = how.icons.min(how.count());
    if icons == 0 {
        return;
    }
    let mut canvas = Canvas::new(40, 40, [20, 60, 120]);
    canvas.fill(6, 6, 28, 28, [240, 240, 240]);
    canvas.text(15, 13, if chance.yes(0.5) { "R" } else { "L" }, 2, [20, 60, 120]);
    let mut icon = Picture::encode(&canvas, Encoding::FlateRgb, 100);
    icon.inline = chance.yes(0.5);
    pictures.push(icon);
    for i in 0..icons {
        let panel = how.place(i, scale);
        let (x, y) = (panel.x1 - 20.0, panel.y1 - 20.0);
        let area = Rect::new(x, y, x + 14.0, y + 14.0);
        graphic.pictures.push(Placed::whole(pictures.len() - 1, area));
    }
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

fn drawn_letter(how: &Arrangement, index: usize, scale: f32) -> Option<Mark> {
    let place = how.place(index, scale);
    let printed = how.letter_style.replace('#', &how.letter(index));
    let (x, y, colour) = match how.letters {
        Letters::Baked => return None,
        _ if how.count() == 1 => return None,
        Letters::Drawn => (place.x0 + 4.0, place.y0 + 12.0, [1.0, 1.0, 0.6]),
        Letters::Above => (place.x0, place.y0 - 4.0, [0.0; 3]),
    };
    let mut letter = Text::new(x, y, Face::SansBold, 11.0, printed);
    letter.colour = colour;
    Some(Mark::Text(letter))
}

/// An arrow over a panel: a line and a head, each a path.
fn drawn_arrow(panel: &Rect, chance: &mut Chance) -> [Mark; 2] {
    let colour = *chance.pick(&[[1.0, 1.0, 1.0], [1.0, 0.9, 0.1], [0.9, 0.1, 0.1]]);
    let x = panel.x0 + panel.width() * chance.real(0.25, 0.75);
    let y = panel.y0 + panel.height() * chance.real(0.35, 0.75);
    let head = [(x, y), (x + 6.0, y - 2.0), (x + 2.0, y - 6.0)];
    [
        Mark::Line { from: (x + 16.0, y - 16.0), to: (x + 4.0, y - 4.0), width: 1.6, colour },
        Mark::Triangle { corners: head, colour },
    ]
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
