//! What is wrong in the lungs.

use super::geometry::{Stem, Tube, smooth_step, to_segment, turned};
use super::lungs::Lungs;
use super::{Slice, density};
use crate::synth::anatomy::{Haze, Lesion, Shape};
use crate::synth::chance::Chance;

impl Slice<'_> {
    pub fn draw_lesion(&mut self, lungs: &mut Lungs, lesion: &Lesion, extent: f32) {
        let away = ((lesion.level - self.how.level) / 0.6).abs();
        let strength = extent * (1.0 - 0.35 * away.min(1.0));
        let (rx, ry) = lungs.cavity;
        let at = (lesion.at.0 * rx, lesion.at.1 * ry);
        match &lesion.shape {
            Shape::Haze(haze) => self.haze(lungs, haze, at, strength),
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
                    if *wall > 0.0 {
                        self.cover(index, density::MUSCLE, (signed - wall).max(outside));
                    }
                    self.cover(index, -0.97, signed.max(outside));
                }
            }
            Shape::Effusion { height } => self.effusion(lungs, at.0.signum(), *height),
        }
    }

    fn haze(&mut self, lungs: &Lungs, haze: &Haze, at: (f32, f32), strength: f32) {
        let grow = strength.sqrt();
        let (rx, ry) = (haze.rx * grow, haze.ry * grow);
        for (index, p) in self.around(at, rx.max(ry) * 1.5) {
            if lungs.depth[index] <= 0.0 {
                continue;
            }
            let (u, v) = turned(p, at, haze.turn);
            let ragged = 0.35 * self.texture.at(p.0 * 7.0, p.1 * 7.0);
            let mut r = (u / rx).hypot(v / ry) + ragged;
            let mut cloud = 0.8 + 0.35 * self.texture.at(p.0 * 13.0 + 5.0, p.1 * 13.0);
            if haze.grain > 0.0 {
                let fine = haze.grain * self.texture.fractal(p.0 * 15.0, p.1 * 15.0 + 11.0);
                r += 0.35 * fine;
                cloud += 0.6 * fine;
            }
            let mut share = smooth_step(1.0, 1.0 - haze.edge, r) * cloud * strength;
            if haze.rim > 0.0 {
                let depth = lungs.depth[index] * (1.0 + ragged);
                share *= smooth_step(haze.rim, haze.rim * 0.4, depth);
            }
            if haze.hollow > 0.0 {
                share *= smooth_step(haze.hollow - 0.25, haze.hollow, r).max(0.3);
            }
            share *= 1.0 - haze.clear;
            if haze.net > 0.0 {
                let septum =
                    1.0 - (self.texture.at(p.0 * 16.0, p.1 * 16.0 + 9.0).abs() * 7.0).min(1.0);
                share += 0.35 * haze.net * septum * smooth_step(1.0, 0.6, r);
            }
            let target = haze.density.max(self.density[index]);
            let inside = (lungs.depth[index] / self.unit).min(1.0);
            self.density[index] += (target - self.density[index]) * share.clamp(0.0, 1.0) * inside;
        }
        if haze.bronchi {
            self.bronchi(lungs, at, (rx, ry));
        }
    }

    /// Air in the bronchi of lung that holds none: dark branches from the side of the hilum.
    fn bronchi(&mut self, lungs: &Lungs, at: (f32, f32), (rx, ry): (f32, f32)) {
        let mut chance = Chance::new(self.anatomy.seed, u64::from(at.0.to_bits()));
        let outwards = at.1.atan2(at.0);
        let reach = rx.max(ry);
        let mut tubes = Vec::new();
        for _ in 0..chance.whole(1, 3) {
            let heading = outwards + chance.real(-0.5, 0.5);
            let back = reach * chance.real(0.5, 0.9);
            let stem = Stem {
                at: (at.0 - back * heading.cos(), at.1 - back * heading.sin()),
                heading,
                radius: chance.real(0.009, 0.017),
                away: 0.0,
                slope: 0.0,
            };
            stem.grow(0.006, &mut chance, &mut tubes);
        }
        for Tube { from, to, radius, .. } in tubes {
            for (index, p) in self.around(from, radius + 0.05) {
                // Elsewhere a bronchus has air around it and is not seen.
                if lungs.depth[index] > 0.01 && self.density[index] > -0.62 {
                    self.cover(index, -0.9, to_segment(p, from, to) - radius);
                }
            }
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
}

#[cfg(test)]
mod tests {
    use super::super::Acquisition;
    use super::*;
    use crate::synth::anatomy::Anatomy;

    /// A patch of consolidation in the middle of the left lung.
    fn patch() -> Haze {
        Haze { rx: 0.2, ry: 0.2, density: 0.0, edge: 0.2, ..Haze::default() }
    }

    /// Of each pixel of a lung: its place from the centre of the haze, its depth in the lung, its density.
    fn drawn(haze: Haze, at: (f32, f32)) -> Vec<(f32, f32, f32)> {
        let mut chance = Chance::new(8, 0);
        let anatomy = Anatomy { tilt: 0.0, ..Anatomy::new(&mut chance) };
        let how = Acquisition { level: 0.5, shift: (0.0, 0.0), ..Acquisition::new(&mut chance) };
        let mut slice = Slice::new(&anatomy, &how, 240, 190);
        let mut lungs = slice.draw_lungs();
        slice.draw_lesion(&mut lungs, &Lesion { shape: Shape::Haze(haze), at, level: 0.5 }, 1.0);
        let centre = (at.0 * lungs.cavity.0, at.1 * lungs.cavity.1);
        let mut pixels = Vec::new();
        for (index, &density) in slice.density.iter().enumerate() {
            let p = slice.place(index % slice.width, index / slice.width);
            if lungs.depth[index] > 0.0 {
                let from = (p.0 - centre.0).hypot(p.1 - centre.1);
                pixels.push((from, lungs.depth[index], density));
            }
        }
        pixels
    }

    fn mean(densities: impl Iterator<Item = f32>) -> f32 {
        let all: Vec<f32> = densities.collect();
        assert!(!all.is_empty());
        all.iter().sum::<f32>() / all.len() as f32
    }

    #[test]
    fn what_clings_to_the_pleura_spares_the_depth() {
        let wide = Haze { rx: 0.5, ry: 0.5, rim: 0.1, ..patch() };
        let pixels = drawn(wide, (0.95, 0.1));
        let between = |low: f32, high: f32| {
            let near = pixels.iter().filter(|&&(from, ..)| from < 0.3);
            mean(near.filter(|&&(_, d, _)| (low..high).contains(&d)).map(|p| p.2))
        };
        assert!(between(0.01, 0.03) > -0.35, "{}", between(0.01, 0.03));
        assert!(between(0.15, 0.5) < -0.75, "{}", between(0.15, 0.5));
    }

    #[test]
    fn a_ring_is_clear_in_its_middle() {
        let at = (0.65, 0.0);
        let middle = |haze: Haze| {
            mean(drawn(haze, at).into_iter().filter(|&(from, ..)| from < 0.06).map(|p| p.2))
        };
        assert!(middle(patch()) > -0.3, "{}", middle(patch()));
        assert!(middle(Haze { hollow: 0.7, ..patch() }) < -0.5);
        assert!(middle(Haze { clear: 1.0, ..patch() }) < -0.75, "only septa, and there are none");
    }

    #[test]
    fn bronchi_are_dark_in_what_is_dense() {
        let holes = |haze: Haze| {
            let inside = drawn(haze, (0.65, 0.0)).into_iter().filter(|&(from, ..)| from < 0.12);
            inside.filter(|&(.., density)| density < -0.75).count()
        };
        assert_eq!(holes(patch()), 0);
        assert!(holes(Haze { bronchi: true, ..patch() }) > 3);
    }
}
