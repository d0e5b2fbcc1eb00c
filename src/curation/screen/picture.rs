//! Pictures on the screen: decoded once, ahead of time on other threads, and drawn with the boxes of
//! panels over them.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use image::{DynamicImage, Rgb, RgbImage};
use ratatui::Frame;
use ratatui::layout::{Rect, Size};
use ratatui::style::{Color, Style};
use ratatui::widgets::Paragraph;
use ratatui_image::protocol::Protocol;
use ratatui_image::{Image, Resize};

use super::super::preview::{fill, label};
use super::protocol::Show;
use super::text::plain;
use super::theme::{self, Theme};
use crate::scaling::{self, Filter};
use covid_ct_core::{ObjectId, ObjectStore, PanelBox};

/// Decoded pictures kept, in bytes: some dozens, or a few enormous ones.
const KEPT: usize = 256 << 20;

/// Drawn pictures kept: two contact sheets.
const KEPT_DRAWN: usize = 24;

/// How many times larger than native a picture is shown at most, where pixels are true pixels.
const LARGEST: f64 = 4.0;

const BOX: Rgb<u8> = Rgb([255, 60, 60]);
const CHOSEN_BOX: Rgb<u8> = Rgb([255, 220, 0]);
/// The edges that the arrow keys move.
const MOVED_EDGE: Rgb<u8> = Rgb([0, 230, 255]);

/// A picture to show.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Source {
    pub path: PathBuf,
    /// Where it is an object: verified when read.
    pub object: Option<ObjectId>,
}

/// A box over a picture, in its native pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Mark {
    pub bounds: PanelBox,
    /// From 1; none where a single box needs no number.
    pub number: Option<u32>,
    pub chosen: bool,
    /// Which edges are set off.
    pub moved: Option<Corner>,
}

/// Two edges of a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Corner {
    TopLeft,
    BottomRight,
}

/// What is to be shown of a picture.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Wanted {
    pub source: Source,
    /// A part of it, enlarged.
    pub part: Option<PanelBox>,
    pub marks: Vec<Mark>,
    pub tone: Tone,
}

/// Brightness and contrast, in steps: what a viewer of scans calls level and window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Tone {
    brightness: i8,
    contrast: i8,
}

/// Grey levels that a step of brightness adds, and by how much a step of contrast spreads them.
const BRIGHTER: f32 = 16.0;
const SPREAD: f32 = 1.25;

/// Most steps either way.
const STEPS: i8 = 8;

impl Tone {
    /// Changes it by some steps; says what it is.
    pub fn shift(&mut self, brightness: i8, contrast: i8) -> String {
        let step = |of: i8, by: i8| (of + by).clamp(-STEPS, STEPS);
        self.brightness = step(self.brightness, brightness);
        self.contrast = step(self.contrast, contrast);
        let signed = |n: i8| if n > 0 { format!("+{n}") } else { n.to_string() };
        format!("brightness {}, contrast {}", signed(self.brightness), signed(self.contrast))
    }

    /// What becomes of each grey level.
    fn levels(self) -> [u8; 256] {
        let (spread, shift) =
            (SPREAD.powi(self.contrast.into()), BRIGHTER * f32::from(self.brightness));
        std::array::from_fn(|level| ((level as f32 - 127.5) * spread + 127.5 + shift).round() as u8)
    }

    fn apply(self, canvas: &mut RgbImage) {
        if self == Self::default() {
            return;
        }
        let levels = self.levels();
        for value in canvas.iter_mut() {
            *value = levels[usize::from(*value)];
        }
    }
}

pub(super) type Decoded = Arc<Result<DynamicImage, String>>;

/// A picture at the size of its place on the screen.
enum Drawn {
    Canvas(RgbImage),
    Pixels(Box<Protocol>),
}

pub(super) struct Pictures {
    pub show: Show,
    theme: Theme,
    objects: ObjectStore,
    /// Newest last.
    decoded: VecDeque<(Source, Decoded)>,
    coming: HashMap<Source, JoinHandle<Result<DynamicImage, String>>>,
    drawn: HashMap<u64, (Size, Drawn)>,
}

impl std::fmt::Debug for Pictures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pictures").field("show", &self.show).finish_non_exhaustive()
    }
}

impl Pictures {
    pub fn new(show: Show, theme: Theme, objects: ObjectStore) -> Self {
        Self {
            show,
            theme,
            objects,
            decoded: VecDeque::new(),
            coming: HashMap::new(),
            drawn: HashMap::new(),
        }
    }

    /// Whether a picture leaves pixels behind that no text overwrites.
    pub fn leaves_traces(&self) -> bool {
        matches!(self.show, Show::Pixels(_))
    }

    /// Starts to decode what will be asked for next.
    pub fn ahead(&mut self, sources: impl IntoIterator<Item = Source>) {
        for source in sources {
            let known = self.decoded.iter().any(|(known, _)| *known == source);
            if known || self.coming.contains_key(&source) {
                continue;
            }
            let (objects, wanted) = (self.objects.clone(), source.clone());
            self.coming.insert(source, std::thread::spawn(move || decode(&objects, &wanted)));
        }
    }

    /// The decoded picture, or why there is none.
    pub fn get(&mut self, source: &Source) -> Decoded {
        if let Some((_, picture)) = self.decoded.iter().find(|(known, _)| known == source) {
            return Arc::clone(picture);
        }
        let picture = match self.coming.remove(source) {
            Some(thread) => thread.join().unwrap_or_else(|_| Err("cannot decode it".into())),
            None => decode(&self.objects, source),
        };
        let picture = Arc::new(picture);
        self.decoded.push_back((source.clone(), Arc::clone(&picture)));
        let size = |picture: &Decoded| picture.as_ref().as_ref().map_or(0, |p| p.as_bytes().len());
        let mut held: usize = self.decoded.iter().map(|(_, picture)| size(picture)).sum();
        while held > KEPT && self.decoded.len() > 1 {
            held -= self.decoded.pop_front().map_or(0, |(_, picture)| size(&picture));
        }
        picture
    }

    /// Draws into the middle of `area`, as large as fits.
    pub fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, wanted: &Wanted) {
        if area.is_empty() {
            return;
        }
        if matches!(self.show, Show::Nothing) {
            let told = format!("(no picture: o opens {})", wanted.source.path.display());
            frame.render_widget(
                Paragraph::new(plain(&told, area.width.into(), theme::HEADING)),
                area,
            );
            return;
        }
        let mut hasher = DefaultHasher::new();
        (wanted, area.width, area.height).hash(&mut hasher);
        let key = hasher.finish();
        if !self.drawn.contains_key(&key) {
            match self.prepare(wanted, area) {
                Ok(drawn) => {
                    if self.drawn.len() >= KEPT_DRAWN {
                        self.drawn.clear();
                    }
                    self.drawn.insert(key, drawn);
                }
                Err(why) => {
                    let lines = plain(&why, area.width.into(), self.theme.warning());
                    frame.render_widget(Paragraph::new(lines), area);
                    return;
                }
            }
        }
        let (size, drawn) = &self.drawn[&key];
        let place = middle(area, *size);
        match drawn {
            Drawn::Pixels(protocol) => frame.render_widget(Image::new(protocol), place),
            Drawn::Canvas(canvas) if matches!(self.show, Show::Shades) => {
                shades(frame, place, canvas);
            }
            Drawn::Canvas(canvas) => half_blocks(frame, place, canvas),
        }
        if let Drawn::Canvas(_) = drawn {
            self.numbers(frame, place, wanted);
        }
    }

    fn prepare(&mut self, wanted: &Wanted, area: Rect) -> Result<(Size, Drawn), String> {
        let picture = self.get(&wanted.source);
        let picture = picture.as_ref().as_ref().map_err(Clone::clone)?;
        let part = wanted.part.unwrap_or(PanelBox::whole(picture.width(), picture.height()));
        let (cell_w, cell_h) = self.show.cell();
        let room = (u32::from(area.width) * cell_w, u32::from(area.height) * cell_h);
        let largest = if self.leaves_traces() { LARGEST } else { f64::INFINITY };
        let (width, height) = fitted((part.w, part.h), room, largest);
        let mut canvas = scaled(picture, part, (width, height))?;
        wanted.tone.apply(&mut canvas);
        for mark in &wanted.marks {
            self.draw_mark(&mut canvas, mark, part);
        }
        let cells = Size::new(width.div_ceil(cell_w) as u16, height.div_ceil(cell_h) as u16);
        match &self.show {
            Show::Pixels(picker) => picker
                .new_protocol(DynamicImage::ImageRgb8(canvas), cells, Resize::Fit(None))
                .map(|protocol| (cells, Drawn::Pixels(Box::new(protocol))))
                .map_err(|error| error.to_string()),
            _ => Ok((cells, Drawn::Canvas(canvas))),
        }
    }

    /// Drawn after scaling, so that a line is a line however small the picture is shown.
    fn draw_mark(&self, canvas: &mut RgbImage, mark: &Mark, part: PanelBox) {
        let Some(place) = on_canvas(mark.bounds, part, canvas.dimensions()) else { return };
        let PanelBox { x, y, w, h } = place;
        let true_pixels = self.leaves_traces();
        let line = if true_pixels { 2 } else { 1 }.min(w).min(h);
        let colour = if mark.chosen { CHOSEN_BOX } else { BOX };
        let edge = |corner| if mark.moved == Some(corner) { MOVED_EDGE } else { colour };
        let (first, last) = (edge(Corner::TopLeft), edge(Corner::BottomRight));
        fill(canvas, x, y + h - line, w, line, last);
        fill(canvas, x + w - line, y, line, h, last);
        fill(canvas, x, y, w, line, first);
        fill(canvas, x, y, line, h, first);
        if true_pixels && let Some(number) = mark.number {
            label(canvas, &place, number, 3);
        }
    }

    /// The boxes' numbers as text: digits of a few pixels could not be read here.
    fn numbers(&self, frame: &mut Frame<'_>, place: Rect, wanted: &Wanted) {
        let picture = self.decoded.iter().find(|(known, _)| *known == wanted.source);
        let Some(Ok(picture)) = picture.map(|(_, picture)| picture.as_ref()) else { return };
        let part = wanted.part.unwrap_or(PanelBox::whole(picture.width(), picture.height()));
        let canvas = (u32::from(place.width), u32::from(place.height));
        for mark in &wanted.marks {
            let Some(number) = mark.number else { continue };
            let Some(at) = on_canvas(mark.bounds, part, canvas) else { continue };
            let style = self.theme.number(mark.chosen);
            let (x, y) = (place.x + at.x as u16, place.y + at.y as u16);
            frame.buffer_mut().set_stringn(x, y, number.to_string(), at.w as usize, style);
        }
    }
}

fn decode(objects: &ObjectStore, source: &Source) -> Result<DynamicImage, String> {
    let bytes = match &source.object {
        Some(object) => objects.read(object).map_err(|error| error.to_string())?,
        None => std::fs::read(&source.path)
            .map_err(|error| format!("cannot read {}: {error}", source.path.display()))?,
    };
    image::load_from_memory(&bytes)
        .map_err(|error| format!("cannot decode {}: {error}", source.path.display()))
}

/// The largest size of the same shape that fits, at least a pixel.
fn fitted((w, h): (u32, u32), room: (u32, u32), largest: f64) -> (u32, u32) {
    let (w, h) = (f64::from(w.max(1)), f64::from(h.max(1)));
    let scale = (f64::from(room.0) / w).min(f64::from(room.1) / h).min(largest);
    let length = |side: f64, most: u32| ((side * scale).round() as u32).clamp(1, most.max(1));
    (length(w, room.0), length(h, room.1))
}

fn scaled(
    picture: &DynamicImage,
    part: PanelBox,
    (width, height): (u32, u32),
) -> Result<RgbImage, String> {
    let PanelBox { x, y, w, h } = part;
    let inside = x.checked_add(w).is_some_and(|right| right <= picture.width())
        && y.checked_add(h).is_some_and(|bottom| bottom <= picture.height());
    if !inside || w == 0 || h == 0 {
        return Err(format!(
            "cannot scale the picture: the part {w} x {h} at {x}, {y} is not inside its {} x {} pixels",
            picture.width(),
            picture.height()
        ));
    }
    let part = [x, y, w, h].map(f64::from);
    let source = picture.to_rgb8();
    let to = (width, height);
    let pixels = scaling::rgb(source.as_raw(), source.dimensions(), part, to, Filter::Lanczos3);
    RgbImage::from_raw(width, height, pixels).ok_or_else(|| "cannot scale the picture".into())
}

/// Where a box in native pixels lies on a canvas that shows `part`; `None` where it lies outside.
fn on_canvas(bounds: PanelBox, part: PanelBox, canvas: (u32, u32)) -> Option<PanelBox> {
    let along = |from: u32, length: u32, part_from: u32, part_length: u32, canvas: u32| {
        let place = |at: u32| {
            let at = f64::from(at) - f64::from(part_from);
            (at * f64::from(canvas) / f64::from(part_length)).round().clamp(0.0, f64::from(canvas))
                as u32
        };
        let (start, end) = (place(from), place(from + length));
        let start = start.min(canvas.saturating_sub(1));
        (from < part_from + part_length && from + length > part_from)
            .then(|| (start, end.max(start + 1) - start))
    };
    let (x, w) = along(bounds.x, bounds.w, part.x, part.w, canvas.0)?;
    let (y, h) = along(bounds.y, bounds.h, part.y, part.h, canvas.1)?;
    Some(PanelBox { x, y, w, h })
}

fn middle(area: Rect, size: Size) -> Rect {
    let (width, height) = (size.width.min(area.width), size.height.min(area.height));
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}

fn half_blocks(frame: &mut Frame<'_>, place: Rect, canvas: &RgbImage) {
    let colour = |x, y| {
        canvas.get_pixel_checked(x, y).map_or(Color::Reset, |Rgb([r, g, b])| Color::Rgb(*r, *g, *b))
    };
    for (row, column) in cells(place) {
        let (x, y) = (u32::from(column), 2 * u32::from(row));
        let style = Style::new().fg(colour(x, y)).bg(colour(x, y + 1));
        frame.buffer_mut().set_string(place.x + column, place.y + row, "▀", style);
    }
}

fn shades(frame: &mut Frame<'_>, place: Rect, canvas: &RgbImage) {
    const SHADES: [&str; 5] = [" ", "░", "▒", "▓", "█"];
    for (row, column) in cells(place) {
        let pixel = |y| {
            let pixel = canvas.get_pixel_checked(u32::from(column), y);
            pixel.map_or(0, |Rgb([r, g, b])| u32::from(*r) + u32::from(*g) + u32::from(*b))
        };
        let y = 2 * u32::from(row);
        let shade = SHADES[((pixel(y) + pixel(y + 1)) * 5 / (6 * 256)) as usize];
        frame.buffer_mut().set_string(place.x + column, place.y + row, shade, Style::new());
    }
}

fn cells(place: Rect) -> impl Iterator<Item = (u16, u16)> {
    (0..place.height).flat_map(move |row| (0..place.width).map(move |column| (row, column)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_fit_and_keep_their_shape() {
        assert_eq!(fitted((200, 100), (40, 40), f64::INFINITY), (40, 20));
        assert_eq!(fitted((10, 10), (400, 100), f64::INFINITY), (100, 100));
        assert_eq!(fitted((10, 10), (400, 100), 4.0), (40, 40));
        assert_eq!(fitted((10_000, 1), (40, 40), 4.0), (40, 1));
    }

    #[test]
    fn tones_spread_and_shift_grey_levels_and_leave_others_as_they_are() {
        assert_eq!(Tone::default().levels(), std::array::from_fn(|level| level as u8));
        let mut tone = Tone::default();
        assert_eq!(tone.shift(0, 2), "brightness 0, contrast +2");
        let levels = tone.levels();
        assert_eq!((levels[0], levels[255]), (0, 255));
        assert!(levels[100] < 100 && levels[155] > 155 && levels[127].abs_diff(127) <= 1);
        let mut dark = Tone::default();
        (0..20).for_each(|_| drop(dark.shift(-1, 0)));
        assert_eq!(dark.shift(0, 0), "brightness -8, contrast 0");
        assert_eq!(dark.levels()[128], 0);
    }

    #[test]
    fn boxes_lie_where_their_part_is_shown() {
        let part = PanelBox { x: 100, y: 0, w: 100, h: 100 };
        let inside = PanelBox { x: 150, y: 50, w: 100, h: 50 };
        let placed = on_canvas(inside, part, (10, 10));
        assert_eq!(placed, Some(PanelBox { x: 5, y: 5, w: 5, h: 5 }));
        assert_eq!(on_canvas(PanelBox { x: 0, y: 0, w: 100, h: 9 }, part, (10, 10)), None);
        let thin = on_canvas(PanelBox { x: 199, y: 99, w: 1, h: 1 }, part, (10, 10));
        assert_eq!(thin, Some(PanelBox { x: 9, y: 9, w: 1, h: 1 }));
    }
}
