//! What a suspect is: its kind, how grave it is, and what is said of it.

use serde::{Deserialize, Serialize};

use covid_ct_core::string_enum;

/// Something of a document that a person should look at: two accounts of it do not agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspect {
    /// What does not agree.
    pub kind: SuspectKind,
    /// From 1; `None` where it is about the document as a whole.
    pub page: Option<u32>,
    /// Of the figure it is about, normalised as [`Figure::label`](super::super::Figure::label); `None`
    /// where there is none.
    pub label: Option<String>,
    /// In plain English: what was seen, and what to look at.
    pub reason: String,
}

impl Suspect {
    pub(super) fn new(kind: SuspectKind, page: Option<u32>, reason: String) -> Self {
        Self { kind, page, label: None, reason }
    }

    #[must_use]
    pub(super) fn about(mut self, label: Option<&str>) -> Self {
        self.label = label.map(ToOwned::to_owned);
        self
    }
}

string_enum! {
    /// How much depends on a suspect.
    pub enum Gravity {
        /// Worth knowing; it counts for nothing, since most such papers are read right.
        Note = "note",
        /// Something may be incomplete.
        Suspect = "suspect",
        /// A figure may be lost, or stand under the caption of another.
        Grave = "grave",
    }
}

string_enum! {
    /// What does not agree.
    pub enum SuspectKind {
        /// The text cites a figure that was not found.
        FigureNotFound = "figure_not_found",
        /// The numbers of the captions have a gap.
        NumberMissing = "number_missing",
        /// Several captions bear one label.
        LabelTwice = "label_twice",
        /// Captions in a list follow one another otherwise than their graphics do.
        OutOfOrder = "out_of_order",
        /// Text is on the page that was not read, or not as words.
        TextUnread = "text_unread",
        /// A second reader sees a caption in the text that the first one does not.
        ReadingsDiffer = "readings_differ",
        /// A picture could not be decoded.
        PictureLost = "picture_lost",
        /// A caption without a graphic.
        NoGraphic = "no_graphic",
        /// A graphic of a figure's size without a caption.
        NoCaption = "no_caption",
        /// A caption cites its own figure as the running text would.
        CaptionRunsOn = "caption_runs_on",
        /// A caption that breaks off within a sentence.
        CaptionCut = "caption_cut",
        /// A caption that is nothing but its label.
        CaptionBare = "caption_bare",
        /// Pictures lie over one another, so that none of them is the figure as printed.
        PicturesLayered = "pictures_layered",
        /// A picture came out in nearly one colour, or nearly black.
        PicturePlain = "picture_plain",
        /// One picture covers the page, and its text is not what is seen.
        ScannedPage = "scanned_page",
        /// The text cites a supplementary figure that the document does not hold.
        SupplementNotFound = "supplement_not_found",
        /// The caption of a supplementary figure without a graphic.
        SupplementNoGraphic = "supplement_no_graphic",
        /// No sentence cites the figure.
        NeverCited = "never_cited",
    }
}

impl SuspectKind {
    /// How much depends on suspects of this kind.
    pub fn gravity(self) -> Gravity {
        match self {
            Self::FigureNotFound
            | Self::NumberMissing
            | Self::LabelTwice
            | Self::OutOfOrder
            | Self::TextUnread
            | Self::ReadingsDiffer
            | Self::PictureLost => Gravity::Grave,
            Self::NoGraphic
            | Self::NoCaption
            | Self::CaptionRunsOn
            | Self::CaptionCut
            | Self::CaptionBare
            | Self::PicturesLayered
            | Self::PicturePlain
            | Self::ScannedPage => Gravity::Suspect,
            Self::SupplementNotFound | Self::SupplementNoGraphic | Self::NeverCited => {
                Gravity::Note
            }
        }
    }

    /// In plain English, singular, as a heading has it.
    pub fn words(self) -> &'static str {
        match self {
            Self::FigureNotFound => "figure cited, but not found",
            Self::NumberMissing => "number missing in the sequence of captions",
            Self::LabelTwice => "label on more than one caption",
            Self::OutOfOrder => "captions and graphics in different orders",
            Self::TextUnread => "text that was not read",
            Self::ReadingsDiffer => "text that two PDF libraries read differently",
            Self::PictureLost => "picture that could not be decoded",
            Self::NoGraphic => "caption without a graphic",
            Self::NoCaption => "graphic without a caption",
            Self::CaptionRunsOn => "caption that may hold running text",
            Self::CaptionCut => "caption that breaks off",
            Self::CaptionBare => "caption without words",
            Self::PicturesLayered => "pictures over one another",
            Self::PicturePlain => "picture of nearly one colour",
            Self::ScannedPage => "scanned page",
            Self::SupplementNotFound => "supplementary figure cited, but not in the document",
            Self::SupplementNoGraphic => "supplementary caption without a graphic",
            Self::NeverCited => "figure that no sentence cites",
        }
    }

    /// Whether it makes a document one to look at.
    pub fn counts(self) -> bool {
        self.gravity() > Gravity::Note
    }
}
