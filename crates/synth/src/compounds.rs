//! Compound pictures pasted together from given scans, with exact truth: what proposals of panels
//! are measured on.

use std::io;
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{GrayImage, Luma};

use super::anatomy::Anatomy;
use super::chance::Chance;
use super::phantom::{self, Acquisition};
use super::raster::glyph;
use covid_ct_core::{PanelBox, grey_on_white};

/// A pasted picture and what is true of it.
#[derive(Debug, Clone)]
pub struct Compound {
    pub picture: GrayImage,
    /// Row by row; the whole picture, where it is a single scan. Each is one scan whole, with the
    /// borders that it brought along.
    pub panels: Vec<PanelBox>,
    pub layout: Layout,
    /// Pixels between panels, and their grey level.
    pub gutter: u32,
    pub ground: u8,
}

/// How the panels of a compound are arranged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layout {
    /// One scan, as a control.
    Single,
    /// Columns and rows of one size each.
    Grid,
    /// Rows of equal width, each with a number of panels of its own.
    Rows,
    /// Columns of equal height, each with a number of panels of its own.
    Columns,
    /// Cells of a grid in which scans of their own shape stand in a corner, on bare ground.
    Ragged,
}

/// Makes compound number `index` of `scans`, which must not be empty, with gutters of `gutter`
/// pixels of level `ground`. One in ten is a single scan, one in twenty has an inset in a panel;
/// half carry letters in a corner of each panel; two thirds went through JPEG at quality 75 to 95.
pub fn compound(scans: &[GrayImage], index: u32, gutter: u32, ground: u8) -> Compound {
    let mut chance = Chance::new(COMPOUNDS, u64::from(index));
    let layout = *chance.pick(&[
        Layout::Single,
        Layout::Grid,
        Layout::Grid,
        Layout::Grid,
        Layout::Grid,
        Layout::Rows,
        Layout::Rows,
        Layout::Columns,
        Layout::Columns,
        Layout::Ragged,
    ]);
    let mut panels = place(layout, gutter, &mut chance);
    // Frames of ground around everything.
    let frame = if layout != Layout::Single && chance.yes(0.3) { gutter } else { 0 };
    for panel in &mut panels {
        (panel.x, panel.y) = (panel.x + frame, panel.y + frame);
    }
    let right = panels.iter().map(|p| p.x + p.w).max().unwrap_or(0) + frame;
    let bottom = panels.iter().map(|p| p.y + p.h).max().unwrap_or(0) + frame;
    let mut picture = GrayImage::from_pixel(right, bottom, Luma([ground]));
    for panel in &mut panels {
        let scan = chance.pick(scans);
        if layout == Layout::Ragged {
            // As wide as the cell, as high as the scan's shape says.
            let high = panel.w * scan.height() / scan.width().max(1);
            panel.h = high.clamp(panel.h * 3 / 5, panel.h);
        }
        let resized = imageops::resize(scan, panel.w, panel.h, FilterType::Triangle);
        imageops::replace(&mut picture, &resized, panel.x.into(), panel.y.into());
    }
    if layout != Layout::Single {
        decorate(&mut picture, &panels, &mut chance);
    }
    if chance.yes(0.67) {
        picture = through_jpeg(&picture, chance.whole(75, 95) as u8);
    }
    Compound { picture, panels, layout, gutter, ground }
}

/// Names the stream of chance of these.
const COMPOUNDS: u64 = 0x70_61_6e_65_6c_73;

/// The cells of a layout, top left at the origin.
fn place(layout: Layout, gutter: u32, chance: &mut Chance) -> Vec<PanelBox> {
    let (wide, shape) = (chance.whole(150, 400), chance.real(0.62, 0.95));
    let high = (wide as f32 * shape) as u32;
    let mut vary = |size: u32, by: f32| (size as f32 * chance.real(1.0 - by, 1.0 + by)) as u32;
    match layout {
        Layout::Single => vec![PanelBox::whole(wide, high)],
        Layout::Grid | Layout::Ragged => {
            let by = if wide % 2 == 0 { 0.0001 } else { 0.2 };
            let columns: Vec<u32> = (0..vary(5, 0.6).clamp(1, 4)).map(|_| vary(wide, by)).collect();
            let rows: Vec<u32> = (0..vary(5, 0.6).clamp(1, 4)).map(|_| vary(high, by)).collect();
            let mut panels = Vec::new();
            let mut y = 0;
            for h in rows {
                panels.extend(row(0, y, h, &columns, gutter));
                y += h + gutter;
            }
            panels
        }
        Layout::Rows => stack(wide, high, gutter, chance),
        Layout::Columns => {
            let turned = stack(high, wide, gutter, chance).into_iter();
            turned.map(|PanelBox { x, y, w, h }| PanelBox { x: y, y: x, w: h, h: w }).collect()
        }
    }
}

/// One row of panels, from (`x`, `y`) on.
fn row(x: u32, y: u32, h: u32, widths: &[u32], gutter: u32) -> Vec<PanelBox> {
    let mut x = x;
    let mut panels = Vec::new();
    for &w in widths {
        panels.push(PanelBox { x, y, w, h });
        x += w + gutter;
    }
    panels
}

/// Two or three rows of equal width, each of one to four panels of one shape.
fn stack(wide: u32, high: u32, gutter: u32, chance: &mut Chance) -> Vec<PanelBox> {
    let counts: Vec<u32> = (0..chance.whole(2, 3)).map(|_| chance.whole(1, 4)).collect();
    let most = counts.iter().copied().max().unwrap_or(1);
    let total = wide * most.min(3) + gutter * (most - 1);
    let mut panels = Vec::new();
    let mut y = 0;
    for count in counts {
        let inner = total - gutter * (count - 1);
        let mut widths = vec![inner / count; count as usize];
        widths[count as usize - 1] = inner - inner / count * (count - 1);
        let h = (inner / count) * high / wide;
        panels.extend(row(0, y, h, &widths, gutter));
        y += h + gutter;
    }
    panels
}

/// Letters in a corner of each panel, an inset in one.
fn decorate(picture: &mut GrayImage, panels: &[PanelBox], chance: &mut Chance) {
    if chance.yes(0.05) {
        let panel = *chance.pick(panels);
        let (w, h) = (panel.w / 3, panel.h / 3);
        let from = imageops::crop_imm(picture, panel.x + w, panel.y + h, w / 2, h / 2).to_image();
        let inset = imageops::resize(&from, w, h, FilterType::Triangle);
        let (x, y) = (panel.x + panel.w - w, panel.y + panel.h - h);
        fill(picture, PanelBox { x: x - 2, y: y - 2, w: w + 2, h: h + 2 }, 255);
        imageops::replace(picture, &inset, x.into(), y.into());
    }
    if !chance.yes(0.5) {
        return;
    }
    let scale = chance.whole(1, 3);
    let (right, low, plate) = (chance.yes(0.3), chance.yes(0.3), chance.yes(0.3));
    let ink = if chance.yes(0.5) { 255 } else { 0 };
    for (letter, panel) in ('A'..='Z').zip(panels) {
        let (w, h) = (7 * scale, 9 * scale);
        let x = if right { panel.x + panel.w - w - 2 } else { panel.x + 2 };
        let y = if low { panel.y + panel.h - h - 2 } else { panel.y + 2 };
        if plate {
            fill(picture, PanelBox { x, y, w, h }, 255 - ink);
        }
        for (row, bits) in (0..).zip(glyph(letter)) {
            for column in (0..5).filter(|column| bits & (0x10 >> column) != 0) {
                let (x, y) = (x + (column + 1) * scale, y + (row + 1) * scale);
                fill(picture, PanelBox { x, y, w: scale, h: scale }, ink);
            }
        }
    }
}

fn fill(picture: &mut GrayImage, area: PanelBox, level: u8) {
    for y in area.y..(area.y + area.h).min(picture.height()) {
        for x in area.x..(area.x + area.w).min(picture.width()) {
            picture.put_pixel(x, y, Luma([level]));
        }
    }
}

/// What JPEG of `quality` makes of a picture.
pub(super) fn through_jpeg(picture: &GrayImage, quality: u8) -> GrayImage {
    let mut bytes = Vec::new();
    picture
        .write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality))
        .expect("a picture of this size encodes");
    image::load_from_memory(&bytes).expect("what was just encoded decodes").into_luma8()
}

/// Widths and levels of the gutters of [`series`].
const GUTTERS: [u32; 10] = [2, 3, 4, 5, 6, 8, 10, 12, 16, 20];
const GROUNDS: [u8; 6] = [255, 0, 128, 190, 60, 255];

/// Number of compounds of a [`series`] with gutters; a third as many follow without.
pub const WITH_GUTTERS: u32 = 300;

/// How many compounds a [`series`] has.
pub const SERIES: u32 = WITH_GUTTERS + WITH_GUTTERS / 3;

/// Compound number `index` of a series that goes through gutters of all widths and greys, then
/// through scans that abut. Other series of `scans`, to see that nothing is tuned to the first, begin at
/// another multiple of [`SERIES`].
pub fn series(scans: &[GrayImage], index: u32) -> Compound {
    let (at, turn) = (index % SERIES, (index % SERIES) as usize / GUTTERS.len());
    if at < WITH_GUTTERS {
        let gutter = GUTTERS[at as usize % GUTTERS.len()];
        compound(scans, index, gutter, GROUNDS[turn % GROUNDS.len()])
    } else {
        compound(scans, index, 0, GROUNDS[at as usize % 3])
    }
}

/// Slices drawn at different levels and windows, for want of real scans.
pub fn phantoms(count: u32) -> Vec<GrayImage> {
    let draw = |index| {
        let mut chance = Chance::new(PHANTOMS, u64::from(index));
        let anatomy = Anatomy::new(&mut chance);
        let acquisition = Acquisition::new(&mut chance);
        let wide = chance.whole(240, 400);
        let high = (wide as f32 * chance.real(0.7, 0.95)) as u32;
        let levels = phantom::render(&anatomy, &[], 0.0, &acquisition, (wide, high));
        GrayImage::from_fn(wide, high, |x, y| Luma([levels[(y * wide + x) as usize]]))
    };
    (0..count).map(draw).collect()
}

/// Names the stream of chance of these.
const PHANTOMS: u64 = 0x73_6c_69_63_65_73;

/// The pictures in the folders of `folder`, by path, as grey on white.
///
/// # Errors
/// Where a folder or file cannot be read or a file is no picture, naming it.
pub fn read_scans(folder: &Path) -> io::Result<Vec<GrayImage>> {
    Ok(read_named_scans(folder)?.into_iter().map(|(_, scan)| scan).collect())
}

/// The same with the names of their files.
///
/// # Errors
/// As [`read_scans`].
pub fn read_named_scans(folder: &Path) -> io::Result<Vec<(String, GrayImage)>> {
    let mut scans = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file() {
            // Some of the published files are JPEG under another name.
            let picture = image::load_from_memory(&std::fs::read(entry.path())?);
            let picture = picture
                .map_err(|e| io::Error::other(format!("{}: {e}", entry.path().display())))?;
            scans.push((entry.file_name().to_string_lossy().into_owned(), grey_on_white(&picture)));
        }
    }
    Ok(scans)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compounds_repeat_and_their_panels_lie_inside_and_apart() {
        let scans = [GrayImage::from_pixel(40, 30, Luma([90])), GrayImage::new(30, 30)];
        for index in (0..SERIES).step_by(9) {
            let made = series(&scans, index);
            assert_eq!(made.picture, series(&scans, index).picture);
            for (i, panel) in made.panels.iter().enumerate() {
                assert!(panel.fits(made.picture.width(), made.picture.height()), "{index}");
                for other in &made.panels[..i] {
                    assert_eq!(panel.overlap(*other), 0.0, "{index}");
                }
            }
        }
    }
}
