//! What stands on every page whatever its text: banner, running head, page number, watermark, logo.

use super::Setter;
use crate::fonts::Face;
use crate::page::{Mark, Placed, Text};
use covid_ct_extraction::pdf::Rect;

/// Of a paper.
#[derive(Debug, Clone, Default)]
pub struct Furniture {
    /// Small print of the preprint server, line by line.
    pub banner: Vec<String>,
    pub banner_place: BannerPlace,
    /// In the head of every page but the first, the page's number beside it.
    pub running_head: Option<String>,
    /// Large grey letters across the page.
    pub watermark: Option<String>,
    /// Picture at the top left of every page.
    pub logo: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BannerPlace {
    #[default]
    Top,
    Foot,
    /// Upwards along the left edge.
    Edge,
}

/// Size of a banner's type and distance of its lines, in points.
const SMALL: f32 = 6.5;
const PITCH: f32 = 8.0;
const GREY: [f32; 3] = [0.85; 3];
/// Degrees a watermark is turned, and the share of the page's width it takes.
const TURNED: f32 = 40.0;
const ACROSS: f32 = 0.8;

impl Setter<'_> {
    /// On the page just begun.
    pub(super) fn furniture(&mut self) {
        let style = self.style;
        let (width, height) = style.sheet.size;
        let number = self.page_number();
        let mut marks: Vec<Mark> = Vec::new();
        let furniture = &style.furniture;
        marks.extend(furniture.watermark.iter().map(|words| watermark(words, width, height)));
        marks.extend(banner(furniture, width, height));
        let digits = number.to_string();
        if let Some(head) = furniture.running_head.as_ref().filter(|_| number > 1) {
            let right = width - style.margin;
            let head = Text::new(style.margin, 50.0, Face::Italic, 8.5, head.as_str());
            marks.push(Mark::Text(head));
            marks.push(Mark::Text(Text::ending(right, 50.0, Face::Roman, 9.0, &digits)));
        } else {
            let low = furniture.banner_place == BannerPlace::Foot;
            let foot = height - if low { 44.0 } else { 30.0 };
            let centred = Text::centred(width / 2.0, foot, Face::Roman, 10.0, &digits);
            marks.push(Mark::Text(centred));
        }
        let page = self.page();
        page.marks.extend(marks);
        if let Some(picture) = furniture.logo {
            page.pictures.push(Placed::whole(picture, Rect::new(24.0, 12.0, 72.0, 36.0)));
        }
    }
}

fn banner(furniture: &Furniture, width: f32, height: f32) -> impl Iterator<Item = Mark> {
    furniture.banner.iter().enumerate().map(move |(i, line)| {
        let down = PITCH * i as f32;
        let centred = |y: f32| Text::centred(width / 2.0, y + down, Face::Sans, SMALL, line);
        Mark::Text(match furniture.banner_place {
            BannerPlace::Top => centred(16.0),
            BannerPlace::Foot => centred(height - 30.0),
            BannerPlace::Edge => Text::upwards(14.0 + down, height / 2.0, Face::Sans, SMALL, line),
        })
    })
}

fn watermark(words: &str, width: f32, height: f32) -> Mark {
    let size = ACROSS * width / Face::SansBold.width(words, 1.0);
    let length = Face::SansBold.width(words, size);
    let (sin, cos) = TURNED.to_radians().sin_cos();
    let start = (width / 2.0 - 0.5 * length * cos, height / 2.0 + 0.5 * length * sin);
    let text = Text::new(start.0, start.1, Face::SansBold, size, words);
    Mark::Text(Text { turned: TURNED, colour: GREY, ..text })
}
