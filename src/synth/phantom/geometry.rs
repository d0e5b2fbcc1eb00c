//! Distances to outlines, smooth noise, and tubes that bend.

use crate::synth::chance::Chance;

/// Smooth value noise between about -1 and 1, periodic.
pub struct Noise {
    grid: Vec<f32>,
}

impl Noise {
    const SIDE: usize = 64;

    pub fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed, 4);
        Self { grid: (0..Self::SIDE * Self::SIDE).map(|_| chance.real(-1.0, 1.0)).collect() }
    }

    pub fn at(&self, x: f32, y: f32) -> f32 {
        let (fx, fy) = (x.floor(), y.floor());
        let ease = |t: f32| t * t * (3.0 - 2.0 * t);
        let (tx, ty) = (ease(x - fx), ease(y - fy));
        let wrap = |v: f32, step: i32| (v as i32 + step).rem_euclid(Self::SIDE as i32) as usize;
        let knot = |i, j| self.grid[wrap(fy, j) * Self::SIDE + wrap(fx, i)];
        let above = knot(0, 0) + (knot(1, 0) - knot(0, 0)) * tx;
        let below = knot(0, 1) + (knot(1, 1) - knot(0, 1)) * tx;
        above + (below - above) * ty
    }

    /// Clouds in clouds: three octaves, between about -1 and 1.
    pub fn fractal(&self, x: f32, y: f32) -> f32 {
        let (second, third) = (self.at(2.0 * x + 7.0, 2.0 * y), self.at(4.0 * x, 4.0 * y + 3.0));
        (self.at(x, y) + 0.6 * second + 0.4 * third) / 1.4
    }
}

/// Distance to an ellipse, negative inside; exact on the outline, scaled by the smaller radius off
/// it.
pub fn ellipse(p: (f32, f32), centre: (f32, f32), radii: (f32, f32)) -> f32 {
    let (u, v) = ((p.0 - centre.0) / radii.0, (p.1 - centre.1) / radii.1);
    ((u * u + v * v).sqrt() - 1.0) * radii.0.min(radii.1)
}

/// As [`ellipse`], with the corners filled out by `squareness`.
pub fn rounded(p: (f32, f32), centre: (f32, f32), radii: (f32, f32), squareness: f32) -> f32 {
    let (u, v) = ((p.0 - centre.0) / radii.0, (p.1 - centre.1) / radii.1);
    let (u2, v2) = (u * u, v * v);
    let radius = (1.0 - squareness) * (u2 + v2) + squareness * (u2 * u2 + v2 * v2);
    (radius.sqrt() - 1.0) * radii.0.min(radii.1)
}

/// `p` seen from `centre`, in axes turned by `angle`.
pub fn turned(p: (f32, f32), centre: (f32, f32), angle: f32) -> (f32, f32) {
    let (dx, dy) = (p.0 - centre.0, p.1 - centre.1);
    let (sin, cos) = angle.sin_cos();
    (dx * cos + dy * sin, dy * cos - dx * sin)
}

pub fn to_segment(p: (f32, f32), a: (f32, f32), b: (f32, f32)) -> f32 {
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
pub fn smooth_min(a: f32, b: f32, k: f32) -> f32 {
    let h = (k - (a - b).abs()).max(0.0) / k;
    a.min(b) - h * h * k / 4.0
}

/// 0 at `from`, 1 at `to`, smooth between; `from` may be the larger.
pub fn smooth_step(from: f32, to: f32, x: f32) -> f32 {
    let t = ((x - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// A piece of a tube.
#[derive(Debug, Clone, Copy)]
pub struct Tube {
    pub from: (f32, f32),
    pub to: (f32, f32),
    pub radius: f32,
    /// How far it runs above or below the plane of the slice.
    pub away: f32,
}

/// Where a tube begins, and how it goes on.
#[derive(Debug, Clone, Copy)]
pub struct Stem {
    pub at: (f32, f32),
    /// Radians from the x axis.
    pub heading: f32,
    pub radius: f32,
    pub away: f32,
    /// How much further away it is after one body unit.
    pub slope: f32,
}

impl Stem {
    /// Grows until it is thinner than `thinnest`: it bends, tapers, leaves the plane or comes back to it, and sends
    /// off thinner tubes, which do the same.
    pub fn grow(mut self, thinnest: f32, chance: &mut Chance, tubes: &mut Vec<Tube>) {
        while self.radius > thinnest {
            let length = chance.real(0.025, 0.05);
            self.heading += chance.real(-0.22, 0.22);
            let (sin, cos) = self.heading.sin_cos();
            let to = (self.at.0 + cos * length, self.at.1 + sin * length);
            tubes.push(Tube { from: self.at, to, radius: self.radius, away: self.away });
            (self.at, self.away) = (to, self.away + self.slope * length);
            self.radius *= chance.real(0.86, 0.97);
            if chance.yes(0.4) {
                let turn = if chance.yes(0.5) { -1.0 } else { 1.0 } * chance.real(0.4, 1.0);
                let twig = Self {
                    heading: self.heading + turn,
                    radius: self.radius * chance.real(0.5, 0.8),
                    slope: chance.real(-0.7, 0.7),
                    ..self
                };
                twig.grow(thinnest, chance, tubes);
                self.radius *= 0.9;
                self.heading -= 0.25 * turn;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tubes_hang_together_and_become_thinner() {
        let stem = Stem { at: (0.2, 0.0), heading: 0.0, radius: 0.02, away: 0.0, slope: 0.3 };
        for stream in 0..50 {
            let mut tubes = Vec::new();
            stem.grow(0.003, &mut Chance::new(5, stream), &mut tubes);
            assert!((5..2000).contains(&tubes.len()), "{}", tubes.len());
            for (i, tube) in tubes.iter().enumerate().skip(1) {
                assert!((0.003..0.02).contains(&tube.radius));
                let before = tubes[..i].iter().find(|before| before.to == tube.from);
                assert!(before.is_some_and(|before| before.radius > tube.radius));
            }
        }
    }

    #[test]
    fn noise_stays_within_its_bounds_and_repeats() {
        let noise = Noise::new(3);
        for i in 0..500 {
            let (x, y) = (i as f32 * 0.37 - 60.0, i as f32 * 0.11);
            assert!(noise.at(x, y).abs() <= 1.0 && noise.fractal(x, y).abs() <= 1.5);
            assert_eq!(noise.fractal(x, y), Noise::new(3).fractal(x, y));
        }
    }
}
