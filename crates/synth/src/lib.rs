//! A sample corpus for machines that hold no PDFs: manuscripts that look like preprints, compound
//! figures of CT phantoms in them, and the exact truth about every one.
//!
//! A paper is written (`script`: people, figures, sentences), set (`layout`) and put into a file
//! (`writer`); the `truth` is then read off all three. Nothing here comes from real papers.
//!
//! [`write_corpus`] makes
//! - `pdf/2020.02.03.20000017v1.pdf` and so on;
//! - `figures.jsonl`: the truth as [`covid_ct_extraction::figures::FigureRecord`]s, tables included, logos not;
//! - `truth.jsonl`: the same for `score_figures.py`: figures only, `images` a list of xrefs,
//!   `mentions` a count, `image_bbox` beside `bbox`;
//! - `oddities.csv`, for varied papers: what each has that few have;
//! - `annotations/{decisions,panels,cases}.csv`: what a faultless curator would have decided.
//!   Hashes of pictures stay empty, since they depend on how a picture is extracted.
//!
//! Paper k of a seed is the same bytes whatever the number of papers or threads.
//!
//! The same phantoms make the slices of [`SliceId`], which a network can learn from before it sees a scan;
//! [`write_slices`] writes them as pictures.

mod anatomy;
mod chance;
mod charts;
mod cite;
pub mod compounds;
pub mod copies;
mod corpus;
mod ct;
mod encoding;
pub mod excess;
mod fonts;
mod habits;
pub mod hostile;
mod layout;
mod oddities;
mod page;
mod painter;
pub mod pastings;
mod patient;
mod phantom;
mod pieces;
mod prose;
mod raster;
mod scan;
mod script;
mod server;
mod signs;
mod slices;
mod truth;
mod writer;

pub use corpus::{Options, Summary, SynthError, write_corpus, write_slices};
pub use oddities::Oddity;
pub use signs::{Sign, Signs};
pub use slices::SliceId;
pub use truth::{CURATOR, ScoredFigure, TIME, Truth};

use chance::Chance;
use oddities::Oddities;
use server::Identity;

/// A paper of the corpus, as a file and as the truth about it.
#[derive(Debug)]
pub struct Paper {
    /// Base name of the PDF.
    pub file: String,
    pub pdf: Vec<u8>,
    pub pages: u32,
    pub truth: Truth,
    pub oddities: Vec<Oddity>,
}

/// Makes paper `index` (from 0) of the corpus that `seed` names.
pub fn paper(seed: u64, index: u32) -> Paper {
    written(seed, index, None)
}

/// Makes a paper whose layout is drawn from more habits than those of [`paper`].
pub fn varied_paper(seed: u64, index: u32) -> Paper {
    written(seed, index, Some(Oddities::draw(seed, index, None)))
}

/// The same with these oddities, where its other habits have room for them.
pub fn odd_paper(seed: u64, index: u32, oddities: &[Oddity]) -> Paper {
    written(seed, index, Some(Oddities::draw(seed, index, Some(oddities))))
}

fn written(seed: u64, index: u32, oddities: Option<Oddities>) -> Paper {
    let mut chance = Chance::new(seed, u64::from(index));
    let (mut script, mut oddities) = script::write(Identity::of(index), oddities, &mut chance);
    let mut laid =
        layout::lay_out(&script.style, &script.blocks, &script.floats, script.mentions.len());
    if let Some(oddities) = &mut oddities {
        oddities.pages(&mut script, &mut laid);
    }
    let nothing = page::Graphic::default();
    let first = script.figures.iter().map(|figure| &figure.graphic);
    // Only varied papers have any.
    let more = script.figures.iter().filter(|_| oddities.is_some());
    let more = more.map(|figure| figure.more.as_ref().unwrap_or(&nothing));
    let graphics: Vec<_> = first.chain(more).collect();
    let (pdf, xrefs) = writer::write(&writer::Document {
        title: &script.title,
        pages: &laid.pages,
        graphics: &graphics,
        pictures: &script.pictures,
        setting: script.setting,
    });
    let document_sha256 = covid_ct_core::sha256_hex(&pdf);
    let facts = truth::Facts {
        script: &script,
        laid: &laid,
        xrefs: &xrefs,
        document_sha256: &document_sha256,
    };
    Paper {
        file: script.identity.file_name(),
        pages: laid.pages.len() as u32,
        truth: facts.truth(),
        oddities: oddities.map(|oddities| oddities.set).unwrap_or_default(),
        pdf,
    }
}
