//! A patient's chest and what is wrong with it: the parameters a phantom slice is drawn from.
//!
//! Body coordinates: x from -1 to 1 across the body, patient's right at -1 as on any axial CT, y
//! downwards to the back in the same unit. Densities are Hounsfield units divided by 1000.

use std::f32::consts::PI;

use super::chance::Chance;
use covid_ct_core::Label;

/// What stays the same from scan to scan of one patient.
#[derive(Debug, Clone)]
pub struct Anatomy {
    /// Half depth of the body, front to back.
    pub depth: f32,
    /// Chest wall at the side.
    pub wall: f32,
    pub fat: f32,
    /// 0 for an ellipse, 1 for a box with round corners.
    pub squareness: f32,
    pub heart: f32,
    pub mediastinum: f32,
    /// Radians.
    pub tilt: f32,
    pub lung_density: f32,
    /// Seed of vessels and tissue texture.
    pub seed: u64,
}

impl Anatomy {
    pub fn new(chance: &mut Chance) -> Self {
        Self {
            depth: chance.real(0.62, 0.80),
            wall: chance.real(0.11, 0.20),
            fat: chance.real(0.02, 0.07),
            squareness: chance.real(0.15, 0.45),
            heart: chance.real(0.85, 1.15),
            mediastinum: chance.real(0.85, 1.2),
            tilt: chance.real(-0.07, 0.07),
            lung_density: chance.real(-0.88, -0.80),
            seed: u64::from(chance.whole(0, u32::MAX - 1)),
        }
    }

    /// Within wider bounds than the people of papers, to learn from.
    pub fn of_anyone(chance: &mut Chance) -> Self {
        Self {
            depth: chance.real(0.58, 0.85),
            fat: chance.real(0.02, 0.12),
            heart: chance.real(0.75, 1.25),
            tilt: chance.real(-0.15, 0.15),
            lung_density: chance.real(-0.92, -0.72),
            ..Self::new(chance)
        }
    }

    /// Half width and half depth of the cavity that holds the lungs, at `level`.
    pub fn cavity(&self, level: f32) -> (f32, f32) {
        let shrink = 0.72 + 0.28 * (level / 0.45).min(1.0).sqrt();
        let wall = self.wall + self.fat;
        ((1.0 - wall) * shrink, (self.depth - wall * 0.85) * (0.9 + 0.1 * shrink))
    }
}

/// Something abnormal in a lung.
#[derive(Debug, Clone)]
pub struct Lesion {
    pub shape: Shape,
    /// Centre, as a fraction of the cavity: (0, 0) its middle, length 1 its wall.
    pub at: (f32, f32),
    /// Level it is centred on.
    pub level: f32,
}

#[derive(Debug, Clone)]
pub enum Shape {
    /// Filled airspace: ground glass at -0.6, consolidation at 0; `edge` is the share of the radius
    /// over which it fades; `net` thickens the septa inside it.
    Haze {
        rx: f32,
        ry: f32,
        turn: f32,
        density: f32,
        edge: f32,
        net: f32,
    },
    Nodule {
        radius: f32,
        spikes: f32,
    },
    /// A hole: emphysema, or a cavity when its wall is thick.
    Hole {
        radius: f32,
        wall: f32,
    },
    /// Pleural fluid up to this share of the cavity's depth; the side is that of `at`.
    Effusion {
        height: f32,
    },
}

/// What the phantoms can suffer from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disease {
    Covid,
    Clean,
    Lobar,
    Nodule,
    Emphysema,
    Effusion,
    Oedema,
    Tuberculosis,
}

impl Disease {
    pub fn label(self) -> Label {
        if self == Self::Covid { Label::COVID } else { Label::NON_COVID }
    }

    /// One that is not COVID-19.
    pub fn other(chance: &mut Chance) -> Self {
        *chance.pick(&[
            Self::Clean,
            Self::Clean,
            Self::Lobar,
            Self::Lobar,
            Self::Nodule,
            Self::Emphysema,
            Self::Effusion,
            Self::Oedema,
            Self::Tuberculosis,
        ])
    }

    /// As a caption names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Covid => "COVID-19 pneumonia",
            Self::Clean => "no lung disease",
            Self::Lobar => "bacterial lobar pneumonia",
            Self::Nodule => "a solitary lung nodule",
            Self::Emphysema => "emphysema",
            Self::Effusion => "pleural effusion",
            Self::Oedema => "pulmonary oedema",
            Self::Tuberculosis => "pulmonary tuberculosis",
        }
    }

    /// What a caption says is seen; templates as in [`super::prose`].
    pub fn descriptions(self) -> &'static [&'static str] {
        match self {
            Self::Covid => &[
                "{patchy|multiple} ground-glass opacities {in the periphery|under the pleura}",
                "peripheral ground-glass opacities with {some consolidation|septal thickening}",
                "{ill-defined|faint} ground-glass opacities close to the pleura",
                "subpleural opacities of {mixed|varying} density",
            ],
            Self::Clean => {
                &["clear lungs", "no abnormality of the lungs", "normal lung parenchyma"]
            }
            Self::Lobar => &["dense consolidation on one side", "segmental consolidation"],
            Self::Nodule => &["a {single|solid} nodule", "a nodule in one lung"],
            Self::Emphysema => &["centrilobular emphysema", "low-density areas without walls"],
            Self::Effusion => &["pleural fluid on one side", "layering pleural effusion"],
            Self::Oedema => &["central haze around the hila", "perihilar opacities on both sides"],
            Self::Tuberculosis => &["a thick-walled cavity among small nodules", "a cavity"],
        }
    }

    /// The lesions of a new patient.
    pub fn lesions(self, chance: &mut Chance) -> Vec<Lesion> {
        match self {
            Self::Covid => covid(chance),
            Self::Clean => Vec::new(),
            Self::Lobar => lobar(chance),
            Self::Nodule => {
                let radius = chance.real(0.04, 0.11);
                let spikes = if chance.yes(0.5) { 0.35 } else { 0.05 };
                vec![anywhere(Shape::Nodule { radius, spikes }, chance)]
            }
            Self::Emphysema => (0..chance.whole(14, 40))
                .map(|_| {
                    let radius = chance.real(0.015, 0.06);
                    anywhere(Shape::Hole { radius, wall: 0.0 }, chance)
                })
                .collect(),
            Self::Effusion => {
                let height = chance.real(0.2, 0.55);
                vec![anywhere(Shape::Effusion { height }, chance)]
            }
            Self::Oedema => oedema(chance),
            Self::Tuberculosis => tuberculosis(chance),
        }
    }
}

pub fn side(chance: &mut Chance) -> f32 {
    if chance.yes(0.5) { 1.0 } else { -1.0 }
}

/// A point at `radius` of the cavity, `angle` radians below the horizontal on one `side`.
pub fn polar(side: f32, radius: f32, angle: f32) -> (f32, f32) {
    (side * radius * angle.cos(), radius * angle.sin())
}

fn anywhere(shape: Shape, chance: &mut Chance) -> Lesion {
    let at = polar(side(chance), chance.real(0.5, 0.85), chance.real(-0.6, 0.9));
    Lesion { shape, at, level: chance.real(0.3, 0.8) }
}

/// Peripheral, often bilateral, lower and posterior more than upper and anterior; from two faint
/// patches to many dense ones.
fn covid(chance: &mut Chance) -> Vec<Lesion> {
    let first = side(chance);
    let bilateral = chance.yes(0.8);
    let count = chance.whole(2, 8);
    let dense = chance.real(0.0, 0.6);
    let net = if chance.yes(0.4) { chance.real(0.4, 1.0) } else { 0.0 };
    let patch = |i: u32| {
        let side = if bilateral && i % 2 == 1 { -first } else { first };
        let consolidated = chance.yes(f64::from(dense));
        let density = if consolidated { chance.real(-0.3, 0.0) } else { chance.real(-0.62, -0.36) };
        let size = chance.real(0.13, 0.28) * if consolidated { 0.7 } else { 1.0 };
        let shape = Shape::Haze {
            rx: size,
            ry: size * chance.real(0.5, 1.0),
            turn: chance.real(0.0, PI),
            density,
            edge: chance.real(0.35, 0.8),
            net,
        };
        let at = polar(side, chance.real(0.72, 0.95), chance.real(-0.5, 0.95));
        Lesion { shape, at, level: chance.real(0.45, 0.75) }
    };
    (0..count).map(patch).collect()
}

/// One large sharp-edged region of one lung.
fn lobar(chance: &mut Chance) -> Vec<Lesion> {
    let side = side(chance);
    let angle = chance.real(-0.4, 0.8);
    let density = chance.real(-0.35, 0.02);
    let pieces = chance.whole(2, 3);
    let piece = |i: u32| Lesion {
        shape: Shape::Haze {
            rx: chance.real(0.16, 0.28),
            ry: chance.real(0.12, 0.22),
            turn: chance.real(-0.4, 0.4),
            density,
            edge: chance.real(0.15, 0.4),
            net: 0.0,
        },
        at: polar(side, 0.45 + 0.17 * i as f32, angle + chance.real(-0.15, 0.15)),
        level: 0.6,
    };
    (0..pieces).map(piece).collect()
}

/// Both lungs, around the hila, the periphery spared.
fn oedema(chance: &mut Chance) -> Vec<Lesion> {
    let density = chance.real(-0.68, -0.4);
    let mut lesions: Vec<Lesion> = [-1.0, 1.0]
        .iter()
        .map(|&side| Lesion {
            shape: Shape::Haze {
                rx: chance.real(0.16, 0.26),
                ry: chance.real(0.18, 0.30),
                turn: 0.0,
                density,
                edge: 0.9,
                net: chance.real(0.0, 0.5),
            },
            at: polar(side, chance.real(0.4, 0.5), chance.real(0.0, 0.4)),
            level: 0.55,
        })
        .collect();
    if chance.yes(0.5) {
        let height = chance.real(0.08, 0.2);
        lesions.push(anywhere(Shape::Effusion { height }, chance));
    }
    lesions
}

/// A cavity among small nodules, in one lung.
fn tuberculosis(chance: &mut Chance) -> Vec<Lesion> {
    let side = side(chance);
    let angle = chance.real(-0.5, 0.5);
    let cavity = Shape::Hole { radius: chance.real(0.06, 0.11), wall: chance.real(0.02, 0.04) };
    let mut lesions = vec![Lesion { shape: cavity, at: polar(side, 0.65, angle), level: 0.45 }];
    lesions.extend((0..chance.whole(5, 14)).map(|_| {
        let shape = Shape::Nodule { radius: chance.real(0.012, 0.03), spikes: 0.1 };
        let at = polar(side, chance.real(0.5, 0.85), angle + chance.real(-0.5, 0.5));
        Lesion { shape, at, level: 0.5 }
    }));
    lesions
}

/// How far the disease has come `day` days after onset, 0 to 1: COVID-19 pneumonia is densest
/// around day 10 (Pan et al., Radiology 2020;295:715).
pub fn extent(disease: Disease, day: u32) -> f32 {
    if disease != Disease::Covid {
        return 1.0;
    }
    let away = (day as f32 - 10.0) / 9.0;
    0.65 + 0.35 * (-away * away).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lesions_of_every_disease_lie_in_the_cavity() {
        for disease in [Disease::Covid, Disease::Lobar, Disease::Oedema, Disease::Tuberculosis] {
            for stream in 0..50 {
                let lesions = disease.lesions(&mut Chance::new(2, stream));
                assert!(!lesions.is_empty());
                assert!(lesions.iter().all(|lesion| lesion.at.0.hypot(lesion.at.1) < 1.0));
            }
        }
    }

    #[test]
    fn covid_is_at_its_height_around_day_ten() {
        let course: Vec<f32> = [1, 5, 10].map(|day| extent(Disease::Covid, day)).into();
        assert!(course.is_sorted() && extent(Disease::Covid, 25) < course[2]);
        assert_eq!(extent(Disease::Nodule, 1), extent(Disease::Nodule, 25));
    }
}
