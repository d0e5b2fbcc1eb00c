//! Which pictures are one picture: [`look`] knows a picture again (perceptual hash), [`duplicates`] finds pictures that are
//! one picture or of one scan (near-duplicates), [`locate`] where a scaled crop stands in a figure (template
//! matching). Pure functions over grey pictures.

pub mod duplicates;
pub mod locate;
pub mod perceptual_hash;
pub mod scaling;
