//! Marks as SVG, to lie over the picture of a page.

use maud::{Markup, html};

use super::plan::{Marked, PageMarks};
use crate::pdf::{Lettering, Mark, arrow_head};

/// The marks of a page; one unit is a point. Every shape has its end tag: within SVG, HTML takes one
/// without for open, and what follows for its content, which is not drawn.
pub fn overlay(page: &PageMarks, lettering: &Lettering) -> Markup {
    let (width, height) = (page.page.width, page.page.height);
    html! {
        svg viewBox=(format!("0 0 {width} {height}")) preserveAspectRatio="none" {
            @for marked in &page.marks { (mark(marked, lettering)) }
        }
    }
}

fn mark(marked: &Marked, lettering: &Lettering) -> Markup {
    let class = match marked.figure {
        Some(figure) => format!("{} of{figure}", marked.kind.class()),
        None => marked.kind.class().to_owned(),
    };
    html! {
        g class=(class) {
            @if !marked.title.is_empty() { title { (marked.title) } }
            @match &marked.mark {
                Mark::Frame { bbox, width, dashed, tint } => {
                    rect x=(round(bbox.x0)) y=(round(bbox.y0))
                        width=(round(bbox.width().max(0.0))) height=(round(bbox.height().max(0.0)))
                        stroke-width=(width) style=(format!("--tint:{tint}"))
                        stroke-dasharray=[dashed.then_some("4 2.5")] {}
                }
                Mark::Arrow { from, to, width } => { (arrow(*from, *to, *width)) }
                Mark::Label { at, text, size } => {
                    @let b = lettering.label_box(*at, text, *size);
                    rect.plate x=(round(b.x0)) y=(round(b.y0)) width=(round(b.width()))
                        height=(round(b.height())) {}
                    text x=(round(at.0 + size * 0.35)) y=(round(at.1 + size * 1.02))
                        font-size=(size) textLength=(round(lettering.width(text, *size)))
                        lengthAdjust="spacingAndGlyphs" { (text) }
                }
            }
        }
    }
}

fn arrow(from: (f32, f32), to: (f32, f32), width: f32) -> Markup {
    let head = arrow_head(from, to, width);
    let base = (f32::midpoint(head[1].0, head[2].0), f32::midpoint(head[1].1, head[2].1));
    let points: Vec<String> =
        head.iter().map(|(x, y)| format!("{},{}", round(*x), round(*y))).collect();
    html! {
        line x1=(round(from.0)) y1=(round(from.1)) x2=(round(base.0)) y2=(round(base.1))
            stroke-width=(width) {}
        polygon points=(points.join(" ")) {}
    }
}

/// A tenth of a point is finer than any screen shows.
fn round(points: f32) -> f32 {
    (points * 10.0).round() / 10.0
}
