//! What every page that is written has around its contents. Nothing is loaded from elsewhere.

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// A whole page: its title, its style sheets one after the other, and what stands in its body.
pub fn document(title: &str, styles: &[&str], body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { @for style in styles { (PreEscaped(style)) } }
            }
            body { (body) }
        }
    }
}
