//! What people decide: the queue of what is left, what the tool proposes, the prompts, the session.
//!
//! [`queue`] says what to ask next; [`evidence`], [`panels`], [`letters`] and [`patient`] propose
//! answers and are pure; [`edit`] is the state of panels being corrected; [`prompt`] and `view` put
//! it into lines; [`session`] drives one curator through a stage, and `select`, `diagnose`, `crop`
//! and `case` ask its questions. [`annotations`] writes what was decided as text, and reads it.

pub mod agreement;
pub mod annotations;
mod case;
mod crop;
mod diagnose;
pub mod edit;
pub mod evidence;
pub mod letters;
pub mod panels;
pub mod patient;
pub mod preview;
pub mod progress;
pub mod prompt;
pub mod queue;
#[cfg(test)]
mod scripted;
mod select;
pub mod session;
mod view;

pub use progress::Progress;
pub use prompt::{Prompt, Style};
pub use queue::{By, Queue};
pub use session::{AsPrinted, Ended, NotPrinted, Session, SessionError, Summary};
