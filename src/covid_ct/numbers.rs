//! What the paper of COVID-CT prints of it: Zhao et al., arXiv 2003.13865.

use crate::dataset::numbers::{ClassStats, Spread};
use covid_ct_core::{Label, Split};

/// Heights and widths of the 349 COVID-19 CTs as published: Zhao et al., arXiv 2003.13865, section
/// on the dataset.
pub const PUBLISHED_HEIGHT: Spread = Spread { min: 153, mean: 491.0, max: 1853 };
pub const PUBLISHED_WIDTH: Spread = Spread { min: 124, mean: 383.0, max: 1485 };

/// What Zhao et al. print of COVID-CT (arXiv 2003.13865, version 1 of the dataset): sizes are of the
/// COVID class.
pub fn paper() -> Vec<ClassStats> {
    let parts = |counts: [usize; 3]| Split::ALL.iter().copied().zip(counts).collect();
    vec![
        ClassStats {
            label: Label::COVID,
            images: 275,
            patients: Some(143),
            preprints: None,
            height: Some(Spread { min: 153, mean: 491.0, max: 1853 }),
            width: Some(Spread { min: 124, mean: 383.0, max: 1485 }),
            parts: parts([183, 57, 35]),
        },
        ClassStats {
            label: Label::NON_COVID,
            images: 195,
            patients: None,
            preprints: None,
            height: None,
            width: None,
            parts: parts([146, 15, 34]),
        },
    ]
}
