//! What all crates of covid-ct speak: the task ([`task`]), classes and boxes of panels, decisions and the rows that exchange them, the parts of
//! a split, licences, names of files, hashes and the objects named by them, the folders of a workspace, files and folders
//! that are whole or not there ([`whole`]). It knows no SQL, no PDF and no tch.
//!
//! String enums: plain enums with one spelling, the same in JSON, CSV, SQL and on the command line ([`string_enum`]).

mod annotation;
pub mod atomic;
pub mod cells;
mod controls;
mod covid_ct;
mod decision;
mod file_name;
mod grey;
mod hash;
mod label;
mod licence;
mod objects;
mod panel;
mod preprint;
mod symbol;
pub mod task;
mod workspace;

pub use annotation::{CaseRow, DecisionRow, ImageKey, PanelRow, SplitRow};
pub use controls::drop_controls;
pub use decision::{Evidence, Split, Stage, Value};
pub use file_name::{FileName, is_one_component, stays_inside};
pub use grey::grey_on_white;
pub use hash::{sha256_hex, sha256_of_file};
pub use label::{ClassCounts, Label};
pub use licence::Licence;
pub use objects::{Elsewhere, ObjectError, ObjectId, ObjectStore};
pub use panel::PanelBox;
pub use preprint::{doi, preprint_doi};
pub use symbol::Symbol;
pub use task::Task;
pub use workspace::Workspace;

/// Declares an enum whose variants each have one word; gives it `as_str`, `ALL`, `Display`,
/// `FromStr` and serde. The crate that uses it has serde among its own dependencies.
#[macro_export]
macro_rules! string_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        $($(#[$variant_meta:meta])* $variant:ident = $word:literal),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize)]
        $vis enum $name { $($(#[$variant_meta])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// All there are, in the order in which they are told.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word by which it goes in files and tables.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(s: &str) -> std::result::Result<Self, String> {
                match s {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(format!("'{s}' is none of: {}", [$($word),+].join(", "))),
                }
            }
        }
    };
}
