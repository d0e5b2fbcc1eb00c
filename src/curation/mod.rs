//! What people decide: queue, prompts, annotations as text.

pub mod annotations;
