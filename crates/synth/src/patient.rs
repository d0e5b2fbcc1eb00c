//! The people of a paper: who they are, what they have, and when they were scanned.

use super::anatomy::{Anatomy, Disease, Lesion, extent};
use super::chance::Chance;
use super::phantom::{Acquisition, render};
use super::prose::fill;

/// What a slice of one patient always shows alike, and what the paper tells of them.
#[derive(Debug, Clone)]
pub struct Patient {
    /// `Patient 2`
    pub name: String,
    pub age: u32,
    pub man: bool,
    pub location: String,
    pub history: String,
    pub severity: String,
    pub disease: Disease,
    anatomy: Anatomy,
    lesions: Vec<Lesion>,
    /// Level the radiologist chose to show.
    level: f32,
}

impl Patient {
    pub fn new(number: usize, disease: Disease, chance: &mut Chance) -> Self {
        let anatomy = Anatomy::new(chance);
        let lesions = disease.lesions(chance);
        Self {
            name: format!("Patient {number}"),
            age: chance.whole(19, 88),
            man: chance.yes(0.55),
            location: fill("{@place}", chance),
            history: fill("{none|hypertension|diabetes|asthma||}", chance),
            severity: fill("{mild|moderate|severe|}", chance),
            disease,
            anatomy,
            lesions,
            level: chance.real(0.3, 0.85),
        }
    }

    /// `a 39-year-old man`
    pub fn who(&self) -> String {
        let article = if self.age / 10 == 8 { "an" } else { "a" };
        format!("{article} {}-year-old {}", self.age, if self.man { "man" } else { "woman" })
    }

    pub fn sex(&self) -> &'static str {
        if self.man { "male" } else { "female" }
    }

    /// Grey levels of a scan on `day` after onset, `size` pixels, shown as `shown` says.
    pub fn scan(
        &self,
        day: u32,
        size: (u32, u32),
        shown: &Acquisition,
        chance: &mut Chance,
    ) -> Vec<u8> {
        let mut how = shown.again(chance);
        // The same level every time, as far as a breath allows.
        how.level = (self.level + chance.real(-0.03, 0.03)).clamp(0.25, 0.9);
        render(&self.anatomy, &self.lesions, extent(self.disease, day), &how, size)
    }
}
