//! PDF in, figures out: [`pdf`] opens a document with MuPDF and tells what its pages draw and say; [`figures`] finds
//! the figures in that, with their captions and the sentences that cite them; [`document`] puts together what a paper
//! holds, its pictures and its own details included. Nothing here knows a database.

pub mod document;
pub mod figures;
pub mod pdf;
