//! The lungs and what lies between them.

use super::geometry::{ellipse, rounded, smooth_min, turned};
use super::{Slice, density};

/// Where the lungs are.
pub struct Lungs {
    /// Of each pixel, distance inside a lung in body units; negative outside.
    pub depth: Vec<f32>,
    pub cavity: (f32, f32),
}

impl Slice<'_> {
    /// Draws the lungs and the heart between them; returns how deep inside a lung each pixel lies.
    pub fn draw_lungs(&mut self) -> Lungs {
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

    /// Distance to the mediastinum: spine, great vessels, further down the heart, and beside it the liver.
    fn mediastinum(&self, p: (f32, f32), (rx, ry): (f32, f32)) -> f32 {
        let a = self.anatomy;
        let down = self.downwards();
        let m = a.mediastinum;
        let spine = ellipse(p, (0.0, ry * 0.98), (a.spine, 0.42));
        let middle = ellipse(p, (0.01, 0.05), (0.17 * m + 0.04 * down, ry * 0.75));
        let front = ellipse(p, (0.0, -ry * 0.85), (0.10 * m, 0.30));
        let aorta = ellipse(p, (0.13, ry * 0.52), (0.095, 0.095));
        let arch = ellipse(p, (0.05, -0.12), (0.27 * m * (1.0 - 0.3 * down), 0.17));
        let size = self.heart_size();
        let heart =
            ellipse(turned(p, (0.16, -ry * 0.22), 0.5), (0.0, 0.0), (0.43 * size, 0.33 * size));
        let all =
            [spine, middle, front, aorta, arch].iter().fold(heart, |d, &e| smooth_min(d, e, 0.05));
        let dome = (self.how.level - 0.68) * a.liver;
        if dome <= 0.0 {
            return all;
        }
        let radius = 0.7 * dome.sqrt();
        smooth_min(all, ellipse(p, (-0.5 * rx, 0.0), (radius, 1.15 * radius)), 0.03)
    }

    fn heart_size(&self) -> f32 {
        self.anatomy.heart * (0.25 + 0.75 * self.downwards())
    }

    /// 0 above the heart, 1 where it is widest.
    fn downwards(&self) -> f32 {
        ((self.how.level - 0.45) / 0.3).clamp(0.0, 1.0)
    }

    /// What a contrast agent makes brighter: the aorta and the chambers of the heart.
    pub fn draw_blood(&mut self) {
        let (contrast, size) = (self.how.contrast, self.heart_size());
        if contrast == 0.0 {
            return;
        }
        let (_, ry) = self.anatomy.cavity(self.how.level);
        let vessels = [
            ((0.13, ry * 0.52), (0.08, 0.08), 1.0),
            ((0.03, -0.13), (0.1, 0.1), 0.9),
            ((0.22, -ry * 0.16), (0.2 * size, 0.24 * size), 1.0),
            ((-0.05, -ry * 0.3), (0.15 * size, 0.2 * size), 0.5),
        ];
        for (at, radii, share) in vessels {
            for (index, p) in self.around(at, radii.0.max(radii.1)) {
                self.cover(index, density::BLOOD + share * contrast, ellipse(p, at, radii));
            }
        }
    }
}
