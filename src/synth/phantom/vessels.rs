//! The vessels of the lungs, and the fissures between their lobes.

use std::f32::consts::{PI, TAU};

use super::geometry::{Stem, Tube, smooth_step, to_segment};
use super::lungs::Lungs;
use super::{Slice, density};
use crate::synth::chance::Chance;

impl Slice<'_> {
    /// Pulmonary vessels: a tree from each hilum, and cross-sections of those that pass the slice.
    pub fn draw_vessels(&mut self, lungs: &Lungs) {
        let mut chance = Chance::new(self.anatomy.seed, 2 + (self.how.level * 12.0) as u64);
        if self.how.tapering {
            self.draw_tapering(lungs, &mut chance);
            return;
        }
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
            let angle = chance.real(0.0, TAU);
            let out = chance.real(0.35, 0.93);
            let at = (rx * out * angle.cos(), ry * out * angle.sin());
            let radius = 0.003 + chance.real(0.002, 0.013) * (1.2 - out);
            self.vessel(lungs, at, at, radius * self.how.calibre);
        }
    }

    /// Arteries and veins as they are: bent, and thinner from branch to branch. Only what is near the plane is seen.
    fn draw_tapering(&mut self, lungs: &Lungs, chance: &mut Chance) {
        let plane = 0.02 + 0.12 * self.how.branches as f32;
        let mut tubes = Vec::new();
        for side in [-1.0_f32, 1.0] {
            for _ in 0..chance.whole(4, 8) {
                let angle = chance.real(-1.4, 1.4);
                let stem = Stem {
                    at: (side * chance.real(0.2, 0.28), chance.real(-0.05, 0.15)),
                    heading: if side > 0.0 { angle } else { PI - angle },
                    radius: chance.real(0.01, 0.024) * self.how.calibre,
                    away: chance.real(-0.1, 0.1),
                    slope: chance.real(-0.5, 0.5),
                };
                stem.grow(0.0028, chance, &mut tubes);
            }
        }
        for Tube { from, to, radius, away } in tubes {
            let near = smooth_step(plane + radius, 0.6 * plane, away.abs());
            if near > 0.05 {
                self.vessel(lungs, from, to, radius * near.sqrt());
            }
        }
        let (rx, ry) = lungs.cavity;
        for _ in 0..chance.whole(40, 150) {
            let angle = chance.real(0.0, TAU);
            let out = chance.real(0.3, 0.95);
            let at = (rx * out * angle.cos(), ry * out * angle.sin());
            let radius = 0.003 + 0.016 * chance.real(0.0, 1.0).powi(3) * (1.2 - out);
            let to = (at.0 + chance.real(-0.01, 0.01), at.1 + chance.real(-0.01, 0.01));
            self.vessel(lungs, at, to, radius * self.how.calibre);
        }
    }

    /// Between the lobes: a faint line from the wall inwards.
    pub fn draw_fissures(&mut self, lungs: &Lungs) {
        if !self.anatomy.fissures {
            return;
        }
        let mut chance = Chance::new(self.anatomy.seed, 5 + (self.how.level * 12.0) as u64);
        let (rx, ry) = lungs.cavity;
        for side in [-1.0_f32, 1.0] {
            let (outer, inner) = (chance.real(-0.5, 0.5), chance.real(-0.2, 0.3));
            let sag = chance.real(-0.1, 0.1);
            let at = |t: f32| {
                let y = ry * (outer + (inner - outer) * t) + sag * (PI * t).sin();
                (side * rx * (0.98 - 0.68 * t), y)
            };
            for piece in 0..12 {
                let from = piece as f32 / 12.0;
                self.vessel(lungs, at(from), at(from + 1.0 / 12.0), 0.003);
            }
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
            let blood = density::BLOOD - 0.1 + self.how.contrast;
            let above = (blood - self.density[index]).max(0.0);
            self.density[index] += above * seen;
        }
    }
}
