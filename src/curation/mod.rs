//! What people decide: the queue of what is left, what the tool proposes, the prompts, the session.
//!
//! `asked` is what somebody is asked about, [`queue`] what to ask next, `disputes` where readers differ; [`evidence`], [`panels`], [`letters`] and [`patient`] propose
//! answers and are pure; [`edit`] is the state of panels being corrected. `select`, `classify`, `crop`
//! and `case` say what a stage asks and what an answer means, `adjudicate` what is disputed; `desk` writes
//! it, and `round` is the queue as it is worked through. There are three front
//! ends to them: lines ([`prompt`], `view`, `lines`, `session`), which scripts drive too, a full screen
//! ([`screen`]), and messages ([`seat`]), which the page of `label --web` sends. [`annotations`] writes what was decided as text, and reads it; [`exchange`] does so in the
//! formats of other tools.

mod adjudicate;
#[cfg(test)]
mod again;
pub mod agreement;
pub mod annotations;
mod asked;
mod carry;
mod case;
mod classify;
mod crop;
mod desk;
mod disputes;
pub mod doubts;
mod earlier;
pub mod edit;
mod error;
pub mod evidence;
pub mod exchange;
mod item;
pub mod letters;
mod lines;
pub mod names;
pub mod nothing;
pub mod options;
pub mod panels;
pub mod patient;
pub mod preview;
pub mod progress;
pub mod prompt;
pub mod queue;
mod round;
pub mod screen;
#[cfg(test)]
mod scripted;
pub mod seat;
mod select;
mod session;
mod view;
mod viewer;

pub use asked::{Dispute, Reading, Task};
pub use crop::proposed as proposed_panels;
pub use desk::Desk;
pub use error::SessionError;
pub use item::{AsPrinted, NotPrinted};
pub use lines::{Ended, Session, Summary};
pub use options::{Order, PaperShare, QueueOptions, Scores, Which};
pub use progress::{Conflict, Progress, conflicts};
pub use prompt::{Prompt, Style};
pub use queue::{By, Queue};
