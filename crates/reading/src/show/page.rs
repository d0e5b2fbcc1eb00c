//! Lays the document out as one HTML page: no scripts, nothing loaded from elsewhere. Text goes
//! through `maud`, which escapes it: captions are foreign input.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::found::{Doubt, Found, name, suspect_words};
use super::plan::{Kind, PageMarks};
use super::{PagePicture, data_address, svg};
use crate::figures::{FigureKind, FigureRecord, Gravity, ImageRecord, RegionRole, Suspect};
use crate::html::document;
use crate::pdf::{Ink, Lettering};

pub fn render(
    found: &Found,
    marks: &[PageMarks],
    pictures: &[PagePicture],
    lettering: &Lettering,
) -> Markup {
    let of_page = |picture: &PagePicture| marks.iter().find(|m| m.page.number == picture.page);
    let shown: Vec<(&PagePicture, &PageMarks)> =
        pictures.iter().filter_map(|picture| Some((picture, of_page(picture)?))).collect();
    let (full, empty): (Vec<_>, Vec<_>) =
        shown.into_iter().partition(|(_, marks)| !marks.marks.is_empty());
    let body = html! {
        (header(found))
        (suspects(&found.suspects))
        (doubts(&found.doubts(), found.suspects.is_empty()))
        (figures(found))
        (legend(&full))
        @for (picture, marks) in &full { (sheet(picture, marks, lettering)) }
        (nothing_found(&empty))
    };
    let title = format!("{} · covid-ct show", found.file());
    document(&title, &[include_str!("style.css"), &rules(found)], &body)
}

/// The colours, the legend's switches, and what lights up together with a figure.
fn rules(found: &Found) -> String {
    let mut css = String::new();
    for kind in Kind::ALL {
        let (class, Ink(r, g, b)) = (kind.class(), kind.ink());
        let _ = write!(
            css,
            ".{class}{{--ink-of:rgb({r},{g},{b})}}\
             body:has(#k-{class}:not(:checked)) svg .{class}{{display:none}}"
        );
    }
    for index in 0..found.figures.len() {
        let _ = write!(
            css,
            "body:has(.of{index}:hover,#f{index}:target) svg .of{index}{{--glow:.3}}\
             body:has(svg .of{index}:hover) tr.of{index}{{background:var(--lit)}}"
        );
    }
    css
}

fn header(found: &Found) -> Markup {
    let paper = &found.paper;
    let facts = [&paper.server, &paper.doi, &paper.posted, &paper.licence];
    let facts: Vec<&str> =
        facts.into_iter().map(String::as_str).filter(|fact| !fact.is_empty()).collect();
    let tables = found.figures.iter().filter(|f| f.kind == FigureKind::Table).count();
    let captioned =
        found.figures.iter().filter(|f| f.kind != FigureKind::Table && !f.caption.is_empty());
    let paired = captioned.clone().filter(|figure| figure.page.is_some()).count();
    html! {
        header {
            h1 { (found.file()) }
            @if !paper.title.is_empty() { p.title { (paper.title) } }
            @if !facts.is_empty() { p.quiet { (facts.join(" · ")) } }
            p.quiet {
                (count(found.pages.len(), "page")) " · " (count(captioned.count(), "figure caption")) ", " (paired)
                " paired with a graphic · " (count(tables, "table")) " · " (count(found.placements.len(), "image"))
                " drawn · extractor version " (found.document.extractor) " · SHA-256 "
                code { (found.document.sha256.chars().take(12).collect::<String>()) }
            }
        }
    }
}

/// What the cross-check found: by page, the grave in bold, notes in grey.
fn suspects(suspects: &[Suspect]) -> Markup {
    html! {
        @if !suspects.is_empty() {
            section.note {
                h2 { "Suspects (" (suspects.iter().filter(|s| s.kind.counts()).count()) ")" }
                ul {
                    @for suspect in suspects {
                        @let words = suspect_words(suspect);
                        li {
                            @if let Some(page) = suspect.page { (page_link(page)) " " }
                            @match suspect.kind.gravity() {
                                Gravity::Grave => b { (words) },
                                Gravity::Suspect => (words),
                                Gravity::Note => span.quiet { "note: " (words) },
                            }
                        }
                    }
                }
            }
        }
    }
}

fn doubts(doubts: &[Doubt], nothing_else: bool) -> Markup {
    html! {
        @if doubts.is_empty() && !nothing_else {
        } @else if doubts.is_empty() {
            p.fine { "No suspects: every caption is paired with a graphic, every picture with a caption, all with high confidence." }
        } @else {
            section.note {
                h2 { "To review (" (doubts.len()) ")" }
                ul {
                    @for doubt in doubts {
                        li {
                            a href=(format!("#p{}", doubt.page)) { "p. " (doubt.page) }
                            " " (doubt.text)
                        }
                    }
                }
            }
        }
    }
}

fn figures(found: &Found) -> Markup {
    html! {
        section {
            h2 { "Figures" }
            @if found.figures.is_empty() { p.quiet { "No figures found." } } @else {
                div.wide { table {
                    thead { tr {
                        th { "Figure" } th { "Graphic" } th { "Caption" } th { "Pairing" }
                        th { "Content" } th { "Panels" } th { "Cited by" }
                    } }
                    tbody {
                        @for (index, figure) in found.figures.iter().enumerate() {
                            (row(index, figure))
                        }
                    }
                } }
            }
        }
    }
}

fn row(index: usize, figure: &FigureRecord) -> Markup {
    html! {
        tr id=(format!("f{index}")) class=(format!("of{index}")) {
            th { (name(figure)) }
            td {
                @if let Some(page) = figure.page { (page_link(page)) }
                @else if figure.kind == FigureKind::Table { span.quiet { "–" } }
                @else { span.bad { "none" } }
                @for region in &figure.regions {
                    div.quiet {
                        @match region.role {
                            RegionRole::Continued => "continued ",
                            RegionRole::Copy => "drawn again ",
                        }
                        (page_link(region.page))
                    }
                }
            }
            td.text { (caption(figure)) }
            td {
                @if !figure.caption.is_empty() {
                    (figure.pairing) div.quiet { (format!("{:.2}", figure.confidence)) }
                }
            }
            td.text {
                @if let Some(composition) = figure.composition { div { (composition) } }
                (images(&figure.images))
            }
            td.text { (panels(figure)) }
            td.text { (mentions(figure)) }
        }
    }
}

fn page_link(page: u32) -> Markup {
    html! { a href=(format!("#p{page}")) { "p. " (page) } }
}

/// `1 page`, `2 pages`.
pub(super) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// Characters of a caption that are told before it is unfolded.
const LEAD: usize = 110;

fn caption(figure: &FigureRecord) -> Markup {
    let lead: String = figure.caption.chars().take(LEAD).collect();
    html! {
        @if let Some(page) = figure.caption_page { (page_link(page)) " " }
        @if lead.len() < figure.caption.len() {
            details { summary { (lead) "…" } (figure.caption) }
        } @else { (figure.caption) }
    }
}

/// Pictures told one by one; of more, only how many.
const PICTURES: usize = 6;

fn images(images: &[ImageRecord]) -> Markup {
    let whole: Vec<&ImageRecord> = images.iter().filter(|image| image.tile_of.is_none()).collect();
    let tiles = images.len() - whole.len();
    html! {
        @for image in whole.iter().take(PICTURES) {
            div.quiet {
                @match image.xref { Some(xref) => { "xref " (xref) } None => "no xref" }
                " · " (image.width) " x " (image.height) " · " (image.origin)
            }
        }
        @if whole.len() > PICTURES { div.quiet { "and " (whole.len() - PICTURES) " more" } }
        @if tiles > 0 { div.quiet { (tiles) " tiles" } }
    }
}

fn panels(figure: &FigureRecord) -> Markup {
    html! {
        @if !figure.panels.is_empty() {
            details {
                summary {
                    @for panel in &figure.panels {
                        span.panel title=(panel.text) { (panel.letter) }
                    }
                }
                dl { @for panel in &figure.panels {
                    dt { (panel.letter) }
                    dd { (panel.text) }
                } }
            }
        }
    }
}

fn mentions(figure: &FigureRecord) -> Markup {
    html! {
        @if figure.mentions.is_empty() {
            @if !figure.caption.is_empty() { span.quiet { "0" } }
        } @else {
            details {
                summary { (figure.mentions.len()) }
                ul { @for mention in &figure.mentions {
                    li { (page_link(mention.page)) " " (mention.text) }
                } }
            }
        }
    }
}

/// The kinds of marks with a switch each.
fn legend(pages: &[(&PagePicture, &PageMarks)]) -> Markup {
    html! {
        @if !pages.is_empty() {
            div.legend {
                @for kind in Kind::ALL {
                    @if pages.iter().any(|(_, marks)| marks.kinds().any(|other| other == kind)) {
                        label class=(kind.class()) {
                            input type="checkbox" checked id=(format!("k-{}", kind.class()));
                            span.swatch {}
                            (kind.words())
                        }
                    }
                }
            }
        }
    }
}

fn sheet(picture: &PagePicture, marks: &PageMarks, lettering: &Lettering) -> Markup {
    let page = &marks.page;
    html! {
        section.page id=(format!("p{}", page.number)) {
            h2 {
                "Page " (page.number)
                @if page.rotation != 0 { span.quiet { " turned by " (page.rotation) "°" } }
            }
            @match &picture.png {
                Ok(png) => {
                    div.sheet style=(format!("aspect-ratio:{}/{}", page.width, page.height)) {
                        img alt=(format!("page {}", page.number)) src=(data_address(png));
                        (svg::overlay(marks, lettering))
                    }
                }
                Err(error) => p.note { (error) },
            }
        }
    }
}

fn nothing_found(pages: &[(&PagePicture, &PageMarks)]) -> Markup {
    html! {
        @if !pages.is_empty() {
            section {
                h2 { "Pages where nothing was found (" (pages.len()) ")" }
                div.small {
                    @for (picture, marks) in pages {
                        figure id=(format!("p{}", marks.page.number)) {
                            @match &picture.png {
                                Ok(png) => {
                                    img alt=(format!("page {}", marks.page.number))
                                        src=(data_address(png));
                                }
                                Err(error) => p.note { (error) },
                            }
                            figcaption { (marks.page.number) }
                        }
                    }
                }
            }
        }
    }
}
