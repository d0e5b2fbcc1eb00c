//! What a drawn slice of a chest shows: lesions by kind and place, each with the radiological signs that it makes.

use std::f32::consts::PI;

use super::anatomy::{Lesion, Shape, polar, side};
use super::chance::Chance;
use covid_ct_core::string_enum;

string_enum! {
    /// As radiologists name what they see, and where (Hansell et al., Radiology 2008;246:697).
    pub enum Sign {
        GroundGlass = "ground-glass",
        Consolidation = "consolidation",
        /// Thickened septa within ground glass.
        CrazyPaving = "crazy-paving",
        /// Opacities at the pleura.
        Peripheral = "peripheral",
        /// Opacities around the hila.
        Central = "central",
        /// Opacities in both lungs.
        Bilateral = "bilateral",
        Band = "band",
        Honeycombing = "honeycombing",
        Nodule = "nodule",
        Mass = "mass",
        TreeInBud = "tree-in-bud",
        Cavity = "cavity",
        Emphysema = "emphysema",
        Effusion = "effusion",
    }
}

/// One flag a sign, in the order of [`Sign::ALL`].
pub type Signs = [bool; Sign::ALL.len()];

/// What is wrong with a chest, and what of it is seen.
#[derive(Debug, Default)]
pub struct Findings {
    pub lesions: Vec<Lesion>,
    pub signs: Signs,
}

/// Adds what one process does to the lungs, near the `level` of the slice.
type Process = fn(&mut Findings, f32, &mut Chance);

/// Patches twice: they are what COVID-19 and its likes are told apart by.
const PROCESSES: [Process; 13] = [
    patches,
    patches,
    central,
    lobar,
    nodules,
    mass,
    emphysema,
    effusion,
    cavities,
    tree_in_bud,
    honeycomb,
    bands,
    diffuse,
];

impl Findings {
    /// Of a patient with none to three processes, as seen in a slice at `level` (0 at the apex of the lungs, 1 at
    /// the diaphragm).
    pub fn new(level: f32, chance: &mut Chance) -> Self {
        let mut findings = Self::default();
        for _ in 0..*chance.pick(&[0, 0, 1, 1, 1, 1, 2, 2, 2, 3]) {
            let process = *chance.pick(&PROCESSES);
            process(&mut findings, level, chance);
        }
        findings
    }

    fn sign(&mut self, sign: Sign) {
        self.signs[sign as usize] = true;
    }

    fn opacity(&mut self, dense: bool) {
        self.sign(if dense { Sign::Consolidation } else { Sign::GroundGlass });
    }

    /// How thick the septa in an opacity are; with probability `p` they are seen.
    fn septa(&mut self, p: f64, chance: &mut Chance) -> f32 {
        if !chance.yes(p) {
            return 0.0;
        }
        self.sign(Sign::CrazyPaving);
        chance.real(0.5, 1.1)
    }

    /// A lesion centred at most an eighth of the lungs above or below `level`.
    fn add(&mut self, shape: Shape, at: (f32, f32), level: f32, chance: &mut Chance) {
        let level = (level + chance.real(-0.12, 0.12)).clamp(0.2, 0.95);
        self.lesions.push(Lesion { shape, at, level });
    }

    /// The same, somewhere in a lung.
    fn add_anywhere(&mut self, shape: Shape, level: f32, chance: &mut Chance) {
        let at = polar(side(chance), chance.real(0.35, 0.93), chance.real(-1.1, 1.1));
        self.add(shape, at, level, chance);
    }
}

/// The sides that are affected.
fn sides(first: f32, both: bool) -> impl Iterator<Item = f32> {
    [Some(first), both.then_some(-first)].into_iter().flatten()
}

/// One side or the other where both are affected, else always `first`.
fn either(first: f32, both: bool, chance: &mut Chance) -> f32 {
    if both && chance.yes(0.5) { -first } else { first }
}

/// Under the pleura, of one lung or both, from faint to dense.
fn patches(findings: &mut Findings, level: f32, chance: &mut Chance) {
    let first = side(chance);
    let count = chance.whole(1, 9);
    let both = count > 1 && chance.yes(0.7);
    let consolidated = f64::from(chance.real(-0.3, 0.9).max(0.0));
    let net = findings.septa(0.35, chance);
    findings.sign(Sign::Peripheral);
    if both {
        findings.sign(Sign::Bilateral);
    }
    for i in 0..count {
        let side = if both && i % 2 == 1 { -first } else { first };
        let dense = chance.yes(consolidated);
        findings.opacity(dense);
        let size = chance.real(0.07, 0.3) * if dense { 0.75 } else { 1.0 };
        let shape = Shape::Haze {
            rx: size,
            ry: size * chance.real(0.4, 1.0),
            turn: chance.real(0.0, PI),
            density: if dense { chance.real(-0.25, 0.03) } else { chance.real(-0.68, -0.36) },
            edge: chance.real(0.25, 0.85),
            net,
        };
        let at = polar(side, chance.real(0.75, 0.98), chance.real(-0.7, 1.1));
        findings.add(shape, at, level, chance);
    }
}

/// Around one hilum or both, the periphery spared.
fn central(findings: &mut Findings, level: f32, chance: &mut Chance) {
    let both = chance.yes(0.8);
    let dense = chance.yes(0.3);
    findings.sign(Sign::Central);
    if both {
        findings.sign(Sign::Bilateral);
    }
    findings.opacity(dense);
    let density = if dense { chance.real(-0.3, 0.0) } else { chance.real(-0.68, -0.4) };
    let net = findings.septa(0.3, chance);
    let first = side(chance);
    for side in sides(first, both) {
        let shape = Shape::Haze {
            rx: chance.real(0.12, 0.28),
            ry: chance.real(0.14, 0.32),
            turn: 0.0,
            density,
            edge: chance.real(0.5, 0.95),
            net,
        };
        let at = polar(side, chance.real(0.35, 0.5), chance.real(-0.3, 0.5));
        findings.add(shape, at, level, chance);
    }
}

/// A large dense region with sharp edges, from the hilum to the pleura.
fn lobar(findings: &mut Findings, level: f32, chance: &mut Chance) {
    findings.sign(Sign::Consolidation);
    let side = side(chance);
    let angle = chance.real(-0.9, 1.0);
    let density = chance.real(-0.25, 0.04);
    for i in 0..chance.whole(2, 5) {
        let shape = Shape::Haze {
            rx: chance.real(0.14, 0.3),
            ry: chance.real(0.1, 0.24),
            turn: chance.real(-0.5, 0.5),
            density,
            edge: chance.real(0.1, 0.35),
            net: 0.0,
        };
        let at = polar(side, 0.42 + 0.13 * i as f32, angle + chance.real(-0.2, 0.2));
        findings.add(shape, at, level, chance);
    }
}

/// All over both lungs.
fn diffuse(findings: &mut Findings, level: f32, chance: &mut Chance) {
    findings.sign(Sign::GroundGlass);
    findings.sign(Sign::Bilateral);
    let density = chance.real(-0.7, -0.4);
    let net = findings.septa(0.4, chance);
    for side in [-1.0, 1.0] {
        for _ in 0..chance.whole(3, 6) {
            let shape = Shape::Haze {
                rx: chance.real(0.2, 0.42),
                ry: chance.real(0.2, 0.42),
                turn: chance.real(0.0, PI),
                density,
                edge: chance.real(0.6, 0.95),
                net,
            };
            let at = polar(side, chance.real(0.3, 0.9), chance.real(-1.2, 1.2));
            findings.add(shape, at, level, chance);
        }
    }
}

/// Scars, and lung that has lost its air in a plate.
fn bands(findings: &mut Findings, level: f32, chance: &mut Chance) {
    findings.sign(Sign::Band);
    for _ in 0..chance.whole(1, 5) {
        let shape = Shape::Haze {
            rx: chance.real(0.12, 0.35),
            ry: chance.real(0.01, 0.03),
            turn: chance.real(0.0, PI),
            density: chance.real(-0.3, 0.03),
            edge: chance.real(0.3, 0.6),
            net: 0.0,
        };
        let at = polar(side(chance), chance.real(0.5, 0.9), chance.real(-0.5, 1.0));
        findings.add(shape, at, level, chance);
    }
}

fn nodules(findings: &mut Findings, level: f32, chance: &mut Chance) {
    findings.sign(Sign::Nodule);
    let spikes = if chance.yes(0.4) { 0.35 } else { 0.05 };
    for _ in 0..chance.whole(1, 9) {
        let radius = chance.real(0.025, 0.08);
        findings.add_anywhere(Shape::Nodule { radius, spikes }, level, chance);
    }
}

fn mass(findings: &mut Findings, level: f32, chance: &mut Chance) {
    findings.sign(Sign::Mass);
    let (radius, spikes) = (chance.real(0.11, 0.24), chance.real(0.03, 0.35));
    findings.add_anywhere(Shape::Nodule { radius, spikes }, level, chance);
}

fn emphysema(findings: &mut Findings, level: f32, chance: &mut Chance) {
    findings.sign(Sign::Emphysema);
    let largest = chance.real(0.03, 0.09);
    for _ in 0..chance.whole(14, 60) {
        let radius = chance.real(0.012, largest);
        findings.add_anywhere(Shape::Hole { radius, wall: 0.0 }, level, chance);
    }
}

fn effusion(findings: &mut Findings, level: f32, chance: &mut Chance) {
    findings.sign(Sign::Effusion);
    let first = side(chance);
    let both = chance.yes(0.4);
    for side in sides(first, both) {
        let shape = Shape::Effusion { height: chance.real(0.08, 0.55) };
        findings.lesions.push(Lesion { shape, at: (side * 0.5, 0.5), level });
    }
}

fn cavities(findings: &mut Findings, level: f32, chance: &mut Chance) {
    findings.sign(Sign::Cavity);
    for _ in 0..chance.whole(1, 3) {
        let (radius, wall) = (chance.real(0.04, 0.12), chance.real(0.015, 0.05));
        findings.add_anywhere(Shape::Hole { radius, wall }, level, chance);
    }
}

/// Small airways filled: a cluster of specks, here or in both lungs.
fn tree_in_bud(findings: &mut Findings, level: f32, chance: &mut Chance) {
    findings.sign(Sign::TreeInBud);
    let (first, both) = (side(chance), chance.yes(0.5));
    let (angle, out) = (chance.real(-0.7, 0.9), chance.real(0.4, 0.8));
    for _ in 0..chance.whole(15, 70) {
        let shape = Shape::Nodule { radius: chance.real(0.007, 0.022), spikes: 0.1 };
        let side = either(first, both, chance);
        let out = (out + chance.real(-0.25, 0.25)).min(0.95);
        let at = polar(side, out, angle + chance.real(-0.5, 0.5));
        findings.add(shape, at, level, chance);
    }
}

/// Cysts with walls under the pleura, more at the back.
fn honeycomb(findings: &mut Findings, level: f32, chance: &mut Chance) {
    findings.sign(Sign::Honeycombing);
    let (first, both) = (side(chance), chance.yes(0.8));
    for _ in 0..chance.whole(40, 140) {
        let shape =
            Shape::Hole { radius: chance.real(0.01, 0.035), wall: chance.real(0.006, 0.014) };
        let side = either(first, both, chance);
        let at = polar(side, chance.real(0.8, 0.99), chance.real(-0.2, 1.2));
        findings.add(shape, at, level, chance);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_process_leaves_lesions_in_the_lungs_and_a_sign() {
        for (number, process) in PROCESSES.iter().enumerate() {
            for stream in 0..40 {
                let mut findings = Findings::default();
                process(&mut findings, 0.5, &mut Chance::new(number as u64, stream));
                assert!(findings.signs.contains(&true), "{number}");
                assert!(!findings.lesions.is_empty(), "{number}");
                assert!(findings.lesions.iter().all(|lesion| lesion.at.0.hypot(lesion.at.1) < 1.1));
            }
        }
    }

    #[test]
    fn no_sign_is_rare_and_none_is_usual() {
        let mut counts = [0; Sign::ALL.len()];
        let mut clean = 0;
        for stream in 0..1000 {
            let findings = Findings::new(0.5, &mut Chance::new(3, stream));
            assert_eq!(findings.lesions.is_empty(), !findings.signs.contains(&true));
            clean += usize::from(findings.lesions.is_empty());
            for (count, seen) in counts.iter_mut().zip(findings.signs) {
                *count += usize::from(seen);
            }
        }
        assert!((120..280).contains(&clean), "{clean}");
        assert!(counts.iter().all(|count| (50..500).contains(count)), "{counts:?}");
    }
}
