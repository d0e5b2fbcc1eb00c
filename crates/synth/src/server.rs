//! The preprint server a paper pretends to come from: its name, its DOI, its banner.

use jiff::ToSpan as _;
use jiff::civil::{Date, date};

use super::chance::Chance;

/// What names a paper. Names rise with the index, so that files, truth and annotations share one
/// order however many papers there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Suffix of the DOI: `2020.02.05.20000017`
    pub name: String,
    pub version: u32,
    pub posted: Date,
}

impl Identity {
    /// Of paper `index`. Papers come ever faster, as they did: by day d about (d / 3)^2 of them.
    pub fn of(index: u32) -> Self {
        let day = (3.0 * f64::from(index).sqrt()) as i64;
        let posted = date(2020, 1, 20).saturating_add(day.days());
        let number = 20_000_017 + u64::from(index) * 7;
        let name = format!("{}.{number}", posted.strftime("%Y.%m.%d"));
        Self { name, version: 1, posted }
    }

    pub fn doi(&self) -> String {
        format!("10.1101/{}", self.name)
    }

    pub fn file_name(&self) -> String {
        format!("{}v{}.pdf", self.name, self.version)
    }

    /// The small print at the head of every page, line by line.
    pub fn banner(&self, chance: &mut Chance) -> Vec<String> {
        let licence = *chance.pick(LICENCES);
        let (doi, posted) = (self.doi(), self.posted.strftime("%B %-d, %Y"));
        vec![
            format!(
                "medRxiv preprint doi: https://doi.org/{doi}; this version posted {posted}. The \
                 copyright holder for this preprint"
            ),
            "(which was not certified by peer review) is the author/funder, who has granted medRxiv \
             a license to display the preprint in perpetuity."
                .into(),
            licence.into(),
        ]
    }
}

const LICENCES: &[&str] = &[
    "It is made available under a CC-BY 4.0 International license .",
    "It is made available under a CC-BY-NC-ND 4.0 International license .",
    "It is made available under a CC-BY-NC 4.0 International license .",
    "It is made available under a CC0 license .",
    "All rights reserved. No reuse allowed without permission.",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_rise_with_the_index() {
        let names: Vec<String> = (0..3000).map(|i| Identity::of(i).name).collect();
        assert!(names.is_sorted());
        assert_eq!(names[0], "2020.01.20.20000017");
    }
}
