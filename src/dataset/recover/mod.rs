//! Where the pictures of a release stand in the figures they were cut out of.

/// Correlation from which a picture is taken to be where it was found.
pub const MIN_SCORE: f64 = 0.9;
