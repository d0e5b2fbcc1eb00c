//! Draws an axial slice of a phantom chest.

mod geometry;
mod lesions;
mod lungs;
mod vessels;

use super::anatomy::{Anatomy, Lesion};
use super::chance::Chance;
use geometry::{Noise, ellipse, rounded, smooth_min, turned};

/// Densities (Hounsfield units / 1000) of what a chest is made of.
mod density {
    pub const AIR: f32 = -1.0;
    pub const FAT: f32 = -0.1;
    pub const MUSCLE: f32 = 0.05;
    pub const BLOOD: f32 = 0.06;
    pub const MARROW: f32 = 0.25;
    pub const BONE: f32 = 0.7;
    pub const TABLE: f32 = -0.2;
}

/// One examination: how a slice was taken and shown. Drawn the same way for every disease.
#[derive(Debug, Clone)]
pub struct Acquisition {
    /// 0 at the apex of the lungs, 1 at the diaphragm.
    pub level: f32,
    /// Body half widths across half the picture.
    pub field: f32,
    pub shift: (f32, f32),
    pub noise: f32,
    /// Centre and width of the window, in densities.
    pub window: (f32, f32),
    /// Whether the picture is black outside the scanner's circle.
    pub circle: bool,
    /// How likely a branch of a vessel runs in the plane of the slice.
    pub branches: f64,
    /// Radius of vessels over the usual one.
    pub calibre: f32,
    /// Whether vessels bend and taper as real ones do; else they are straight pieces.
    pub tapering: bool,
    /// What a contrast agent adds to the density of blood.
    pub contrast: f32,
    pub seed: u64,
}

impl Acquisition {
    pub fn new(chance: &mut Chance) -> Self {
        let width = chance.real(1.15, 1.8);
        Self {
            level: chance.real(0.3, 0.85),
            field: chance.real(0.86, 1.15),
            shift: (chance.real(-0.04, 0.04), chance.real(-0.03, 0.03)),
            noise: chance.real(0.015, 0.06),
            window: (chance.real(-0.6, -0.4), width),
            circle: chance.yes(0.4),
            branches: 0.5,
            calibre: 1.0,
            tapering: false,
            contrast: 0.0,
            seed: u64::from(chance.whole(0, u32::MAX - 1)),
        }
    }

    /// Within wider bounds, as scanners and papers differ.
    pub fn anywhere(chance: &mut Chance) -> Self {
        Self {
            level: chance.real(0.25, 0.92),
            field: chance.real(0.74, 1.12),
            shift: (chance.real(-0.06, 0.06), chance.real(-0.06, 0.06)),
            noise: chance.real(0.07, 0.27).powi(2),
            window: (chance.real(-0.75, -0.25), chance.real(0.9, 2.1)),
            branches: f64::from(chance.real(0.08, 0.5)),
            calibre: chance.real(0.6, 1.3),
            tapering: true,
            contrast: if chance.yes(0.3) { chance.real(0.05, 0.35) } else { 0.0 },
            ..Self::new(chance)
        }
    }

    /// Another examination shown alongside: same window, other noise, other position on the couch.
    pub fn again(&self, chance: &mut Chance) -> Self {
        let fresh = Self::new(chance);
        Self { window: self.window, circle: self.circle, noise: self.noise, ..fresh }
    }
}

/// The slice as `width` x `height` grey levels, row by row.
pub fn render(
    anatomy: &Anatomy,
    lesions: &[Lesion],
    extent: f32,
    acquisition: &Acquisition,
    (width, height): (u32, u32),
) -> Vec<u8> {
    let mut slice = Slice::new(anatomy, acquisition, width as usize, height as usize);
    slice.draw_body();
    slice.draw_bones();
    let mut lungs = slice.draw_lungs();
    slice.draw_blood();
    slice.draw_vessels(&lungs);
    slice.draw_fissures(&lungs);
    for lesion in lesions {
        slice.draw_lesion(&mut lungs, lesion, extent);
    }
    slice.draw_airways();
    slice.draw_table();
    slice.finish()
}

/// A slice in the making.
struct Slice<'a> {
    anatomy: &'a Anatomy,
    how: &'a Acquisition,
    width: usize,
    height: usize,
    /// Body units in a pixel.
    unit: f32,
    density: Vec<f32>,
    texture: Noise,
}

impl<'a> Slice<'a> {
    fn new(anatomy: &'a Anatomy, how: &'a Acquisition, width: usize, height: usize) -> Self {
        Self {
            anatomy,
            how,
            width,
            height,
            unit: 2.0 * how.field / width as f32,
            density: vec![density::AIR; width * height],
            texture: Noise::new(anatomy.seed),
        }
    }

    /// Body coordinates of a pixel's centre.
    fn place(&self, x: usize, y: usize) -> (f32, f32) {
        let px = (x as f32 + 0.5 - self.width as f32 / 2.0) * self.unit - self.how.shift.0;
        let py = (y as f32 + 0.5 - self.height as f32 / 2.0) * self.unit - self.how.shift.1;
        let (sin, cos) = self.anatomy.tilt.sin_cos();
        (px * cos + py * sin, py * cos - px * sin)
    }

    /// Pixel (fractional) of body coordinates.
    fn pixel(&self, (x, y): (f32, f32)) -> (f32, f32) {
        let (sin, cos) = self.anatomy.tilt.sin_cos();
        let (px, py) = (x * cos - y * sin + self.how.shift.0, y * cos + x * sin + self.how.shift.1);
        (px / self.unit + self.width as f32 / 2.0, py / self.unit + self.height as f32 / 2.0)
    }

    /// Index and place of the pixels within `reach` of `centre` (body units).
    fn around(&self, centre: (f32, f32), reach: f32) -> std::vec::IntoIter<(usize, (f32, f32))> {
        let (cx, cy) = self.pixel(centre);
        let reach = reach / self.unit + 1.0;
        let clamp = |v: f32, size: usize| v.clamp(0.0, size as f32) as usize;
        let (x0, x1) = (clamp(cx - reach, self.width), clamp(cx + reach + 1.0, self.width));
        let (y0, y1) = (clamp(cy - reach, self.height), clamp(cy + reach + 1.0, self.height));
        let pixels: Vec<_> = (y0..y1)
            .flat_map(|y| (x0..x1).map(move |x| (x, y)))
            .map(|(x, y)| (y * self.width + x, self.place(x, y)))
            .collect();
        pixels.into_iter()
    }

    /// Covers `density` with `value` where `signed` distance (body units) is below 0.
    fn cover(&mut self, index: usize, value: f32, signed: f32) {
        let share = (0.5 - signed / self.unit / 1.5).clamp(0.0, 1.0);
        self.density[index] += (value - self.density[index]) * share;
    }

    fn draw_body(&mut self) {
        let a = self.anatomy;
        for y in 0..self.height {
            for x in 0..self.width {
                let p = self.place(x, y);
                let index = y * self.width + x;
                let skin = rounded(p, (0.0, 0.0), (1.0, a.depth), a.squareness);
                let outline = if a.breasts > 0.0 {
                    let breast = ellipse((p.0.abs(), p.1), (0.45, -a.depth), (0.36, a.breasts));
                    smooth_min(skin, breast, 0.1)
                } else {
                    skin
                };
                if outline < self.unit {
                    self.cover(index, density::FAT, outline);
                    let flesh = skin + a.fat + 0.015 * self.texture.at(p.0 * 3.0, p.1 * 3.0);
                    self.cover(index, density::MUSCLE, flesh);
                }
            }
        }
    }

    fn draw_bones(&mut self) {
        let (rx, ry) = self.anatomy.cavity(self.how.level);
        let out = (rx + 0.045, ry + 0.04);
        let mut chance = Chance::new(self.anatomy.seed, 1);
        let phase = chance.real(0.0, 0.4) + self.how.level * 2.0;
        for i in 0..11 {
            let angle = phase + i as f32 * 0.571;
            let at = (out.0 * angle.cos(), out.1 * angle.sin());
            // Ribs run along the wall; none through the sternum or the spine.
            if at.0.abs() > 0.22 {
                let along = (ry * angle.cos()).atan2(-rx * angle.sin());
                self.bone(at, (0.085, 0.026), along);
            }
        }
        self.bone((0.0, -out.1 - 0.005), (0.13, 0.03), 0.0);
        let spine = ry * 0.83;
        self.bone((0.0, spine), (0.14, 0.115), 0.0);
        for side in [-1.0, 1.0] {
            self.bone((side * 0.19, spine + 0.13), (0.11, 0.03), side * 0.5);
            if self.how.level < 0.55 {
                self.bone((side * (rx + 0.02), ry * 0.66), (0.16, 0.02), side * -0.9);
            }
        }
        self.bone((0.0, spine + 0.2), (0.025, 0.07), 0.0);
        let canal = (0.0, spine + 0.135);
        for (index, p) in self.around(canal, 0.08) {
            self.cover(index, density::MUSCLE, ellipse(p, canal, (0.055, 0.045)));
        }
    }

    fn bone(&mut self, at: (f32, f32), radii: (f32, f32), turn: f32) {
        for (index, p) in self.around(at, radii.0.max(radii.1)) {
            let signed = ellipse(turned(p, at, turn), (0.0, 0.0), radii);
            self.cover(index, density::BONE, signed);
            self.cover(index, density::MARROW, signed + 0.018);
        }
    }

    /// Trachea above the carina, two main bronchi below it.
    fn draw_airways(&mut self) {
        let level = self.how.level;
        let (right, left, radii) = if level < 0.42 {
            ((0.0, 0.1), (0.0, 0.1), (0.075, 0.07))
        } else if level < 0.6 {
            ((-0.14, 0.1), (0.13, 0.12), (0.068, 0.048))
        } else {
            ((-0.24, 0.14), (0.27, 0.16), (0.03, 0.029))
        };
        for at in [right, left] {
            for (index, p) in self.around(at, radii.0 + 0.03) {
                let signed = ellipse(p, at, radii);
                self.cover(index, density::MUSCLE, signed - 0.015);
                self.cover(index, -0.98, signed);
            }
        }
    }

    /// The couch: two thin arcs below the body.
    fn draw_table(&mut self) {
        let top = self.anatomy.depth + 0.03;
        for index in 0..self.density.len() {
            let (x, y) = self.place(index % self.width, index / self.width);
            let sag = top - 0.16 * x * x;
            if y < sag - 0.02 || self.density[index] > -0.9 || x.abs() > 1.1 {
                continue;
            }
            for gap in [0.0, 0.11] {
                self.cover(index, density::TABLE, (y - sag - gap).abs() - 0.008);
            }
        }
    }

    /// Adds the noise, applies the window.
    fn finish(self) -> Vec<u8> {
        let mut chance = Chance::new(self.how.seed, 3);
        let grain: Vec<f32> = (0..self.density.len()).map(|_| chance.coarse_normal()).collect();
        let (centre, width) = self.how.window;
        let half = (self.width.max(self.height) as f32) / 2.0;
        let grey = |index: usize| {
            let (x, y) = (index % self.width, index / self.width);
            let out =
                (x as f32 - self.width as f32 / 2.0).hypot(y as f32 - self.height as f32 / 2.0);
            if self.how.circle && out > half {
                return 0;
            }
            // A reconstruction's noise is correlated between neighbours.
            let (left, up) = (index.saturating_sub(1), index.saturating_sub(self.width));
            let noise = (grain[index] + 0.6 * grain[left] + 0.6 * grain[up]) * self.how.noise;
            let value = (self.density[index] + noise - centre) / width + 0.5;
            (value.clamp(0.0, 1.0) * 255.0).round() as u8
        };
        (0..self.density.len()).map(grey).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::anatomy::Disease;
    use super::*;

    const SIZE: (u32, u32) = (160, 128);

    fn mean(grey: &[u8]) -> f32 {
        grey.iter().map(|&level| f32::from(level)).sum::<f32>() / grey.len() as f32
    }

    fn scan(disease: Disease, stream: u64) -> Vec<u8> {
        let mut chance = Chance::new(11, stream);
        let anatomy = Anatomy::new(&mut chance);
        let how = Acquisition::new(&mut chance);
        let lesions = disease.lesions(&mut chance);
        render(&anatomy, &lesions, 1.0, &how, SIZE)
    }

    #[test]
    fn a_chest_has_dark_lungs_in_bright_tissue() {
        for stream in 0..20 {
            let grey = scan(Disease::Clean, stream);
            let share = |from: u8, to: u8| {
                let inside = grey.iter().filter(|level| (from..=to).contains(level)).count();
                inside as f32 / grey.len() as f32
            };
            assert!(share(0, 110) > 0.2, "lungs and air: {}", share(0, 110));
            assert!(share(150, 255) > 0.2, "tissue: {}", share(150, 255));
        }
    }

    #[test]
    fn what_people_and_scans_differ_in_is_seen() {
        let mean_of = |change: fn(&mut Anatomy, &mut Acquisition)| {
            let mut chance = Chance::new(13, 0);
            let mut anatomy = Anatomy::new(&mut chance);
            let new = Acquisition::new(&mut chance);
            let mut how = Acquisition { level: 0.85, noise: 0.0, window: (0.0, 2.0), ..new };
            change(&mut anatomy, &mut how);
            mean(&render(&anatomy, &[], 1.0, &how, SIZE))
        };
        let plain = mean_of(|_, _| ());
        assert!(mean_of(|anatomy, _| anatomy.liver = 1.0) > plain + 1.0);
        assert!(mean_of(|anatomy, _| anatomy.breasts = 0.2) > plain + 1.0);
        assert!(mean_of(|anatomy, _| anatomy.fissures = true) > plain);
        assert!(mean_of(|anatomy, _| anatomy.spine = 0.16) < plain);
        assert!(mean_of(|_, how| how.contrast = 0.3) > plain + 1.0);
        let tapering = mean_of(|_, how| how.tapering = true);
        assert!(tapering != plain && (tapering - plain).abs() < 4.0);
    }

    #[test]
    fn covid_makes_the_same_chest_brighter_but_little() {
        for stream in 0..20 {
            let more = mean(&scan(Disease::Covid, stream)) - mean(&scan(Disease::Clean, stream));
            assert!((0.05..40.0).contains(&more), "stream {stream}: {more}");
        }
    }

    /// A network has to look at more than brightness: the area under the ROC curve of the mean
    /// grey level stays near one half.
    #[test]
    fn mean_grey_does_not_tell_the_classes_apart() {
        let covid: Vec<f32> = (0..40).map(|i| mean(&scan(Disease::Covid, i))).collect();
        let mut chance = Chance::new(12, 0);
        let others: Vec<f32> =
            (100..140).map(|i| mean(&scan(Disease::other(&mut chance), i))).collect();
        let pairs = covid.iter().flat_map(|c| others.iter().map(move |o| (c, o)));
        let above = pairs.filter(|(c, o)| c > o).count();
        let auroc = above as f32 / (covid.len() * others.len()) as f32;
        assert!((0.3..0.75).contains(&auroc), "{auroc}");
    }
}
