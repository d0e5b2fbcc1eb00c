//! Draws an axial slice of a phantom chest.

use super::anatomy::{Anatomy, Lesion, Shape};
use super::chance::Chance;

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
            seed: u64::from(chance.whole(0, u32::MAX - 1)),
        }
    }

    /// Within wider bounds, as scanners and papers differ.
    pub fn anywhere(chance: &mut Chance) -> Self {
        Self {
            level: chance.real(0.25, 0.92),
            field: chance.real(0.8, 1.12),
            shift: (chance.real(-0.06, 0.06), chance.real(-0.06, 0.06)),
            noise: chance.real(0.07, 0.27).powi(2),
            window: (chance.real(-0.75, -0.25), chance.real(0.9, 2.1)),
            branches: f64::from(chance.real(0.08, 0.5)),
            calibre: chance.real(0.6, 1.3),
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
    slice.draw_vessels(&lungs);
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
                if skin < self.unit {
                    self.cover(index, density::FAT, skin);
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

    /// Draws the lungs and the heart between them; returns how deep inside a lung each pixel lies.
    fn draw_lungs(&mut self) -> Lungs {
        let a = self.anatomy;
        let cavity = a.cavity(self.how.level);
        let mut lungs = Lungs { depth: vec![-1.0; self.width * self.height], cavity };
        for y in 0..self.height {
            for x in 0..self.width {
                let p = self.place(x, y);
                let wall = rounded(p, (0.0, 0.0), cavity, a.squareness * 0.7);
                if wall > 0.02 {
                    continue;
                }
                let index = y * self.width + x;
                let middle = self.mediastinum(p, cavity);
                let depth = (-wall).min(middle);
                lungs.depth[index] = depth;
                self.cover(
                    index,
                    if middle < 0.01 { density::BLOOD } else { density::MUSCLE },
                    wall,
                );
                // Blood pools at the back of a supine patient.
                let gravity = 0.035 * p.1 / cavity.1;
                let grain = 0.02 * self.texture.at(p.0 * 9.0, p.1 * 9.0);
                self.cover(index, a.lung_density + gravity + grain, -depth);
            }
        }
        lungs
    }

    /// Distance to the mediastinum: spine, great vessels, and further down the heart.
    fn mediastinum(&self, p: (f32, f32), (_, ry): (f32, f32)) -> f32 {
        let a = self.anatomy;
        let down = ((self.how.level - 0.45) / 0.3).clamp(0.0, 1.0);
        let m = a.mediastinum;
        let spine = ellipse(p, (0.0, ry * 0.98), (0.22, 0.42));
        let middle = ellipse(p, (0.01, 0.05), (0.17 * m + 0.04 * down, ry * 0.75));
        let front = ellipse(p, (0.0, -ry * 0.85), (0.10 * m, 0.30));
        let aorta = ellipse(p, (0.13, ry * 0.52), (0.095, 0.095));
        let arch = ellipse(p, (0.05, -0.12), (0.27 * m * (1.0 - 0.3 * down), 0.17));
        let size = a.heart * (0.25 + 0.75 * down);
        let heart =
            ellipse(turned(p, (0.16, -ry * 0.22), 0.5), (0.0, 0.0), (0.43 * size, 0.33 * size));
        [spine, middle, front, aorta, arch].iter().fold(heart, |d, &e| smooth_min(d, e, 0.05))
    }

    fn draw_lesion(&mut self, lungs: &mut Lungs, lesion: &Lesion, extent: f32) {
        let away = ((lesion.level - self.how.level) / 0.6).abs();
        let strength = extent * (1.0 - 0.35 * away.min(1.0));
        let (rx, ry) = lungs.cavity;
        let at = (lesion.at.0 * rx, lesion.at.1 * ry);
        match lesion.shape {
            Shape::Haze { .. } => self.haze(lungs, &lesion.shape, at, strength),
            Shape::Nodule { radius, spikes } => {
                for (index, p) in self.around(at, radius * 1.5) {
                    let angle = (p.1 - at.1).atan2(p.0 - at.0);
                    let edge =
                        radius * (1.0 + spikes * self.texture.at(angle * 2.0, radius * 90.0));
                    let signed = (p.0 - at.0).hypot(p.1 - at.1) - edge;
                    self.cover(index, density::MUSCLE - 0.03, signed.max(-lungs.depth[index]));
                }
            }
            Shape::Hole { radius, wall } => {
                for (index, p) in self.around(at, radius + wall) {
                    let wobble = 0.25 * radius * self.texture.at(p.0 * 14.0, p.1 * 14.0);
                    let signed = (p.0 - at.0).hypot(p.1 - at.1) - radius + wobble;
                    let outside = -lungs.depth[index];
                    if wall > 0.0 {
                        self.cover(index, density::MUSCLE, (signed - wall).max(outside));
                    }
                    self.cover(index, -0.97, signed.max(outside));
                }
            }
            Shape::Effusion { height } => self.effusion(lungs, at.0.signum(), height),
        }
    }

    fn haze(&mut self, lungs: &Lungs, shape: &Shape, at: (f32, f32), strength: f32) {
        let Shape::Haze { rx, ry, turn, density, edge, net } = *shape else { return };
        let grow = strength.sqrt();
        let (rx, ry) = (rx * grow, ry * grow);
        for (index, p) in self.around(at, rx.max(ry) * 1.5) {
            if lungs.depth[index] <= 0.0 {
                continue;
            }
            let (u, v) = turned(p, at, turn);
            let ragged = 0.35 * self.texture.at(p.0 * 7.0, p.1 * 7.0);
            let r = (u / rx).hypot(v / ry) + ragged;
            let cloud = 0.8 + 0.35 * self.texture.at(p.0 * 13.0 + 5.0, p.1 * 13.0);
            let mut share = smooth_step(1.0, 1.0 - edge, r) * cloud * strength;
            if net > 0.0 {
                let septum =
                    1.0 - (self.texture.at(p.0 * 16.0, p.1 * 16.0 + 9.0).abs() * 7.0).min(1.0);
                share += 0.35 * net * septum * smooth_step(1.0, 0.6, r);
            }
            let target = density.max(self.density[index]);
            let inside = (lungs.depth[index] / self.unit).min(1.0);
            self.density[index] += (target - self.density[index]) * share.clamp(0.0, 1.0) * inside;
        }
    }

    /// Fluid lies at the back with a slightly hollow surface; what it fills is no lung any more.
    fn effusion(&mut self, lungs: &mut Lungs, side: f32, height: f32) {
        let (rx, ry) = lungs.cavity;
        for index in 0..self.density.len() {
            let p = self.place(index % self.width, index / self.width);
            if lungs.depth[index] <= 0.0 || p.0 * side <= 0.0 {
                continue;
            }
            let across = (p.0.abs() / rx - 0.45) / 0.55;
            let surface = ry * (1.0 - 2.0 * height * (0.55 + 0.45 * across * across));
            self.cover(index, 0.01, surface - p.1);
            lungs.depth[index] = lungs.depth[index].min(surface - p.1);
        }
    }

    /// Pulmonary vessels: a tree from each hilum, and cross-sections of those that pass the slice.
    fn draw_vessels(&mut self, lungs: &Lungs) {
        let mut chance = Chance::new(self.anatomy.seed, 2 + (self.how.level * 12.0) as u64);
        for side in [-1.0_f32, 1.0] {
            let hilum = (side * 0.24, 0.03);
            for i in 0..6 {
                let angle = -1.2 + 0.48 * i as f32 + chance.real(-0.2, 0.2);
                let heading = (side * angle.cos(), angle.sin());
                self.branch(lungs, hilum, heading, 0.017, 4, &mut chance);
            }
        }
        let (rx, ry) = lungs.cavity;
        for _ in 0..90 {
            let angle = chance.real(0.0, std::f32::consts::TAU);
            let out = chance.real(0.35, 0.93);
            let at = (rx * out * angle.cos(), ry * out * angle.sin());
            let radius = 0.003 + chance.real(0.002, 0.013) * (1.2 - out);
            self.vessel(lungs, at, at, radius * self.how.calibre);
        }
    }

    fn branch(
        &mut self,
        lungs: &Lungs,
        from: (f32, f32),
        heading: (f32, f32),
        radius: f32,
        generations: u32,
        chance: &mut Chance,
    ) {
        let length = chance.real(0.07, 0.18);
        let to = (from.0 + heading.0 * length, from.1 + heading.1 * length);
        // Vessels leave the plane of the slice: not every branch is seen.
        if chance.yes(self.how.branches) {
            self.vessel(lungs, from, to, radius * self.how.calibre);
        }
        if generations == 0 {
            return;
        }
        for bend in [chance.real(-0.6, -0.1), chance.real(0.1, 0.6)] {
            let (sin, cos) = bend.sin_cos();
            let next = (heading.0 * cos - heading.1 * sin, heading.1 * cos + heading.0 * sin);
            self.branch(lungs, to, next, radius * 0.66, generations - 1, chance);
        }
    }

    fn vessel(&mut self, lungs: &Lungs, from: (f32, f32), to: (f32, f32), radius: f32) {
        let middle = (f32::midpoint(from.0, to.0), f32::midpoint(from.1, to.1));
        let reach = (to.0 - from.0).hypot(to.1 - from.1) / 2.0 + radius;
        // Thinner than a pixel, it is fainter rather than wider: partial volume.
        let shown = radius.max(self.unit * 0.5);
        let contrast = (radius / shown).powi(2).max(0.15);
        for (index, p) in self.around(middle, reach) {
            if lungs.depth[index] <= 0.0 {
                continue;
            }
            let share = (0.5 - (to_segment(p, from, to) - shown) / self.unit).clamp(0.0, 1.0);
            let seen = share * contrast * (lungs.depth[index] / 0.02).min(1.0);
            let above = (density::BLOOD - 0.1 - self.density[index]).max(0.0);
            self.density[index] += above * seen;
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

/// Where the lungs are.
struct Lungs {
    /// Of each pixel, distance inside a lung in body units; negative outside.
    depth: Vec<f32>,
    cavity: (f32, f32),
}

/// Smooth value noise between about -1 and 1, periodic.
struct Noise {
    grid: Vec<f32>,
}

impl Noise {
    const SIDE: usize = 64;

    fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed, 4);
        Self { grid: (0..Self::SIDE * Self::SIDE).map(|_| chance.real(-1.0, 1.0)).collect() }
    }

    fn at(&self, x: f32, y: f32) -> f32 {
        let (fx, fy) = (x.floor(), y.floor());
        let ease = |t: f32| t * t * (3.0 - 2.0 * t);
        let (tx, ty) = (ease(x - fx), ease(y - fy));
        let wrap = |v: f32, step: i32| (v as i32 + step).rem_euclid(Self::SIDE as i32) as usize;
        let knot = |i, j| self.grid[wrap(fy, j) * Self::SIDE + wrap(fx, i)];
        let above = knot(0, 0) + (knot(1, 0) - knot(0, 0)) * tx;
        let below = knot(0, 1) + (knot(1, 1) - knot(0, 1)) * tx;
        above + (below - above) * ty
    }
}

/// Distance to an ellipse, negative inside; exact on the outline, scaled by the smaller radius off
/// it.
fn ellipse(p: (f32, f32), centre: (f32, f32), radii: (f32, f32)) -> f32 {
    let (u, v) = ((p.0 - centre.0) / radii.0, (p.1 - centre.1) / radii.1);
    ((u * u + v * v).sqrt() - 1.0) * radii.0.min(radii.1)
}

/// As [`ellipse`], with the corners filled out by `squareness`.
fn rounded(p: (f32, f32), centre: (f32, f32), radii: (f32, f32), squareness: f32) -> f32 {
    let (u, v) = ((p.0 - centre.0) / radii.0, (p.1 - centre.1) / radii.1);
    let (u2, v2) = (u * u, v * v);
    let radius = (1.0 - squareness) * (u2 + v2) + squareness * (u2 * u2 + v2 * v2);
    (radius.sqrt() - 1.0) * radii.0.min(radii.1)
}

/// `p` seen from `centre`, in axes turned by `angle`.
fn turned(p: (f32, f32), centre: (f32, f32), angle: f32) -> (f32, f32) {
    let (dx, dy) = (p.0 - centre.0, p.1 - centre.1);
    let (sin, cos) = angle.sin_cos();
    (dx * cos + dy * sin, dy * cos - dx * sin)
}

fn to_segment(p: (f32, f32), a: (f32, f32), b: (f32, f32)) -> f32 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length2 = dx * dx + dy * dy;
    let t = if length2 > 0.0 {
        (((p.0 - a.0) * dx + (p.1 - a.1) * dy) / length2).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (p.0 - a.0 - t * dx).hypot(p.1 - a.1 - t * dy)
}

/// Minimum of two distances with a fillet of size `k`.
fn smooth_min(a: f32, b: f32, k: f32) -> f32 {
    let h = (k - (a - b).abs()).max(0.0) / k;
    a.min(b) - h * h * k / 4.0
}

/// 0 at `from`, 1 at `to`, smooth between; `from` may be the larger.
fn smooth_step(from: f32, to: f32, x: f32) -> f32 {
    let t = ((x - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
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
