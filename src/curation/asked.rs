//! What a curator is asked about: a picture or a panel, and what others said of it where that is disputed.

use covid_ct_core::task::SubjectKind;

use crate::store::{CaseDetails, Decision, ImageRow, LabelledPanel, Subject};
use crate::task;
use covid_ct_core::Stage;

/// Something to decide on.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    pub image: ImageRow,
    /// At the case stage, or where readings of one panel are disputed, the panel that is asked about.
    pub panel: Option<LabelledPanel>,
    /// Where that is to be settled: what curators disagree on.
    pub dispute: Option<Dispute>,
}

impl Task {
    pub(super) fn of(image: ImageRow) -> Self {
        Self { image, panel: None, dispute: None }
    }

    pub fn subject(&self) -> Subject {
        if let Some(dispute) = &self.dispute {
            return dispute.subject;
        }
        Subject { image: self.image.id, panel: self.panel.as_ref().map(|panel| panel.id) }
    }
}

/// What curators disagree on.
#[derive(Debug, Clone, PartialEq)]
pub struct Dispute {
    pub subject: Subject,
    /// Oldest first; at least two.
    pub readings: Vec<Reading>,
}

/// What one curator says.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// A patient in it goes by the name it has in all.
    pub decision: Decision,
    /// What the curator tells of the patient.
    pub details: CaseDetails,
}

/// Whether a stage asks about panels, one by one.
pub(super) fn is_of_panels(stage: Stage) -> bool {
    let question = task::in_force().question(stage);
    stage == Stage::Case || question.is_some_and(|q| q.subject == SubjectKind::Panel)
}
