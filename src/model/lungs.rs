//! Where the lungs are in an axial slice of a chest, and how grey air and soft tissue are there: found by thresholds,
//! without any weights, so that a network can be shown lungs in the same place and the same greys whoever printed them.

use crate::scaling::{self, Filter};

/// Longer side of the copy in which lungs are looked for, in pixels.
const LOOKED_AT: u32 = 256;
/// Nothing is looked for in what is shorter there.
const SHORTEST: usize = 16;
/// A row or column at the edge whose grey levels deviate by less is a margin of the page.
const FLAT: f64 = 10.0;
/// Lungs cover at least this part of the picture, and the smaller lung this part of the larger one.
const SMALLEST: f64 = 0.04;
const SMALLER_LUNG: f64 = 0.12;
/// Pieces of lungs that are kept: two lungs, or what fissures and opacities leave of them.
const PIECES: usize = 4;
/// Grey levels by which soft tissue is brighter than air at least.
const CONTRAST: f32 = 40.0;

/// Share of the box on each side that is shown around it.
const MARGIN: f64 = 0.05;

/// Grey levels of air in the lungs and of soft tissue once they are shown alike.
pub(super) const AIR: f32 = 40.0;
pub(super) const TISSUE: f32 = 200.0;

/// What was found in a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lungs {
    /// Left, top, width and height of the box around both lungs, in pixels of the picture.
    pub bounds: [f64; 4],
    /// Grey level of the darkest tenth of the lungs.
    pub air: f32,
    /// Grey level of muscle and blood: the median of what is bright around the lungs.
    pub tissue: f32,
}

/// A grey picture: rows from the top.
#[derive(Debug, Clone)]
struct Grey {
    pixels: Vec<u8>,
    width: usize,
    height: usize,
}

/// Columns and rows from the first to before the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}

/// Dark pixels that touch each other side to side.
#[derive(Debug, Clone)]
struct Piece {
    /// Indices of its pixels.
    pixels: Vec<usize>,
    span: Span,
    /// Of its pixels: how many lie at the edge, and whether one lies in a corner.
    at_edge: usize,
    in_corner: bool,
    /// Mean row of its pixels.
    middle: f64,
}

/// The lungs of a grey picture of `size` (width, height) as `side` x `side` grey levels: the box around them with a
/// margin, squashed, air and soft tissue at [`AIR`] and [`TISSUE`]. All of a picture in which none are found, by its
/// own dark and bright levels.
pub(super) fn shown(pixels: &[u8], size: (u32, u32), side: u32) -> Vec<u8> {
    let lungs = Lungs::find(pixels, size).unwrap_or_else(|| Lungs::anywhere(pixels, size));
    let mut seen =
        scaling::grey(pixels, size, lungs.with_margin(size), (side, side), Filter::Bilinear);
    let gain = (TISSUE - AIR) / (lungs.tissue - lungs.air);
    for level in &mut seen {
        let shown = (f32::from(*level) - lungs.air) * gain + AIR;
        *level = shown.clamp(0.0, 255.0).round() as u8;
    }
    seen
}

impl Lungs {
    /// What stands for lungs where none are found.
    fn anywhere(pixels: &[u8], (width, height): (u32, u32)) -> Self {
        let mut levels = pixels.to_vec();
        let air = f32::from(share(&mut levels, 10));
        let tissue = f32::from(share(&mut levels, 80)).max(air + CONTRAST);
        Self { bounds: [0.0, 0.0, f64::from(width), f64::from(height)], air, tissue }
    }

    /// The box with a margin, as far as the picture goes.
    fn with_margin(&self, size: (u32, u32)) -> [f64; 4] {
        let along = |start: f64, length: f64, whole: u32| {
            let first = (start - MARGIN * length).max(0.0);
            let last = (start + (1.0 + MARGIN) * length).min(f64::from(whole));
            (first, last - first)
        };
        let [left, top, width, height] = self.bounds;
        let (left, width) = along(left, width, size.0);
        let (top, height) = along(top, height, size.1);
        [left, top, width, height]
    }

    /// The lungs in a grey picture of `size` (width, height); `None` where nothing looks like lungs.
    pub fn find(pixels: &[u8], size: (u32, u32)) -> Option<Self> {
        let scale = f64::from(LOOKED_AT) / f64::from(size.0.max(size.1));
        let scaled = |length: u32| ((f64::from(length) * scale).round() as u32).max(8);
        let small = (scaled(size.0), scaled(size.1));
        let whole = [0.0, 0.0, f64::from(size.0), f64::from(size.1)];
        let pixels = scaling::grey(pixels, size, whole, small, Filter::Bilinear);
        let grey = Grey { pixels, width: small.0 as usize, height: small.1 as usize };
        let page = grey.without_margins();
        if page.width().min(page.height()) < SHORTEST {
            return None;
        }
        let seen = grey.smoothed().cut(page);
        let (threshold, lungs) = seen.thresholds().into_iter().find_map(|threshold| {
            let lungs = seen.lungs(threshold);
            let covered = lungs.iter().filter(|&&lung| lung).count() as f64;
            (covered >= SMALLEST * seen.pixels.len() as f64).then_some((threshold, lungs))
        })?;
        let sharp = grey.cut(page);
        let span = sharp.around(&lungs);
        let (air, tissue) = sharp.anchors(&lungs, span, threshold);
        let (across, down) =
            (f64::from(size.0) / f64::from(small.0), f64::from(size.1) / f64::from(small.1));
        let bounds = [
            (page.left + span.left) as f64 * across,
            (page.top + span.top) as f64 * down,
            (span.right - span.left) as f64 * across,
            (span.bottom - span.top) as f64 * down,
        ];
        Some(Self { bounds, air, tissue })
    }
}

impl Grey {
    fn row(&self, y: usize, span: Span) -> impl Iterator<Item = u8> {
        self.pixels[y * self.width..][span.left..span.right].iter().copied()
    }

    fn column(&self, x: usize, span: Span) -> impl Iterator<Item = u8> {
        (span.top..span.bottom).map(move |y| self.pixels[y * self.width + x])
    }

    /// The picture without flat rows and columns at its edges, but at least half of it each way; where one was left
    /// out, two more are, for frames have soft edges.
    fn without_margins(&self) -> Span {
        let (width, height) = (self.width, self.height);
        let mut span = Span { left: 0, top: 0, right: width, bottom: height };
        while 2 * (span.bottom - span.top) > height && flat(self.row(span.top, span)) {
            span.top += 1;
        }
        while 2 * (span.bottom - span.top) > height && flat(self.row(span.bottom - 1, span)) {
            span.bottom -= 1;
        }
        while 2 * (span.right - span.left) > width && flat(self.column(span.left, span)) {
            span.left += 1;
        }
        while 2 * (span.right - span.left) > width && flat(self.column(span.right - 1, span)) {
            span.right -= 1;
        }
        let more = |cut: usize| if cut > 0 { 2.min(cut) } else { 0 };
        Span {
            left: span.left + more(span.left),
            top: span.top + more(span.top),
            right: span.right - more(width - span.right),
            bottom: span.bottom - more(height - span.bottom),
        }
    }

    fn cut(&self, span: Span) -> Self {
        let pixels = (span.top..span.bottom).flat_map(|y| self.row(y, span)).collect();
        Self { pixels, width: span.right - span.left, height: span.bottom - span.top }
    }

    /// By the binomial filter of 5 x 5.
    fn smoothed(&self) -> Self {
        let along = |pixels: &[u8], length: usize, step: usize, at: usize, index: usize| -> u8 {
            let start = index - at * step;
            let sum: u32 = [1, 4, 6, 4, 1_u32]
                .iter()
                .zip(0..)
                .map(|(weight, place): (&u32, usize)| {
                    let at = (at + place).saturating_sub(2).min(length - 1);
                    weight * u32::from(pixels[start + at * step])
                })
                .sum();
            ((sum + 8) / 16) as u8
        };
        let (width, height) = (self.width, self.height);
        let across: Vec<u8> = (0..self.pixels.len())
            .map(|index| along(&self.pixels, width, 1, index % width, index))
            .collect();
        let pixels =
            (0..across.len()).map(|index| along(&across, height, width, index / width, index));
        Self { pixels: pixels.collect(), width, height }
    }

    /// The grey levels up to which a pixel may be lung, the likeliest first: between dark and bright; in a window for
    /// soft tissue, where fat is dark too, between the darkest and the rest; between what is bright.
    fn thresholds(&self) -> [u8; 3] {
        let middle = otsu(self.pixels.iter().copied());
        let lower = otsu(self.pixels.iter().copied().filter(|&level| level <= middle));
        let upper = otsu(self.pixels.iter().copied().filter(|&level| level > middle));
        [middle, lower, middle.midpoint(upper)]
    }

    /// One flag a pixel: whether it is dark and in one of the largest pieces that may be lungs.
    fn lungs(&self, threshold: u8) -> Vec<bool> {
        let mut pieces = self.pieces(threshold);
        pieces.retain(|piece| self.may_be_lung(piece));
        pieces.sort_by_key(|piece| std::cmp::Reverse(piece.pixels.len()));
        let largest = pieces.first().map_or(0, |piece| piece.pixels.len()) as f64;
        let mut lungs = vec![false; self.pixels.len()];
        for piece in pieces.iter().take(PIECES) {
            if piece.pixels.len() as f64 > SMALLER_LUNG * largest {
                for &index in &piece.pixels {
                    lungs[index] = true;
                }
            }
        }
        lungs
    }

    fn pieces(&self, threshold: u8) -> Vec<Piece> {
        let mut seen: Vec<bool> = self.pixels.iter().map(|&level| level > threshold).collect();
        let mut pieces = Vec::new();
        for first in 0..seen.len() {
            if seen[first] {
                continue;
            }
            seen[first] = true;
            let (mut pixels, mut next) = (vec![first], 0);
            while let Some(&index) = pixels.get(next) {
                next += 1;
                let (x, y) = (index % self.width, index / self.width);
                let beside = [
                    (x > 0).then(|| index - 1),
                    (x + 1 < self.width).then(|| index + 1),
                    (y > 0).then(|| index - self.width),
                    (y + 1 < self.height).then(|| index + self.width),
                ];
                for index in beside.into_iter().flatten() {
                    if !std::mem::replace(&mut seen[index], true) {
                        pixels.push(index);
                    }
                }
            }
            pieces.push(self.piece(pixels));
        }
        pieces
    }

    fn piece(&self, pixels: Vec<usize>) -> Piece {
        let (width, height) = (self.width, self.height);
        let corner = ((width.min(height) * 3) / 100).max(2);
        let mut span = Span { left: width, top: height, right: 0, bottom: 0 };
        let (mut at_edge, mut in_corner, mut rows) = (0, false, 0);
        for &index in &pixels {
            let (x, y) = (index % width, index / width);
            span.left = span.left.min(x);
            span.right = span.right.max(x + 1);
            span.top = span.top.min(y);
            span.bottom = span.bottom.max(y + 1);
            at_edge += usize::from(x == 0) + usize::from(y == 0);
            at_edge += usize::from(x + 1 == width) + usize::from(y + 1 == height);
            let beside = |at: usize, length: usize| at < corner || at + corner >= length;
            in_corner |= beside(x, width) && beside(y, height);
            rows += y;
        }
        let middle = rows as f64 / pixels.len() as f64;
        Piece { pixels, span, at_edge, in_corner, middle }
    }

    /// Neither too small, nor what surrounds the body or the page, nor the couch.
    fn may_be_lung(&self, piece: &Piece) -> bool {
        let (width, height) = (self.width as f64, self.height as f64);
        let (across, down) = (piece.span.width() as f64, piece.span.height() as f64);
        let area = piece.pixels.len() as f64;
        let surrounds = piece.in_corner || piece.at_edge as f64 > 0.18 * 2.0 * (width + height);
        let couch = across > 0.5 * width && down < 0.2 * height && piece.middle > 0.75 * height;
        let ring = area < 0.3 * across * down && across > 0.7 * width && down > 0.7 * height;
        area >= 0.008 * width * height && !surrounds && !couch && !ring
    }

    /// The span of the pixels that are lung; there is one.
    fn around(&self, lungs: &[bool]) -> Span {
        let lung = (0..lungs.len()).filter(|&index| lungs[index]).collect();
        self.piece(lung).span
    }

    /// Grey levels of air and of soft tissue.
    fn anchors(&self, lungs: &[bool], span: Span, threshold: u8) -> (f32, f32) {
        let mut inside: Vec<u8> = Vec::new();
        let mut bright: Vec<u8> = Vec::new();
        for y in span.top..span.bottom {
            let row = y * self.width + span.left..y * self.width + span.right;
            for (&level, &lung) in self.pixels[row.clone()].iter().zip(&lungs[row]) {
                if lung {
                    inside.push(level);
                } else if level > threshold {
                    bright.push(level);
                }
            }
        }
        let air = f32::from(share(&mut inside, 10));
        let tissue = if bright.len() > 50 { f32::from(share(&mut bright, 50)) } else { 255.0 };
        (air, tissue.max(air + CONTRAST))
    }
}

impl Span {
    fn width(&self) -> usize {
        self.right - self.left
    }

    fn height(&self) -> usize {
        self.bottom - self.top
    }
}

/// Whether grey levels hardly differ.
fn flat(levels: impl Iterator<Item = u8>) -> bool {
    let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for level in levels.map(f64::from) {
        count += 1.0;
        sum += level;
        squares += level * level;
    }
    let mean = sum / f64::max(count, 1.0);
    squares / f64::max(count, 1.0) - mean * mean < FLAT * FLAT
}

/// The grey level that so many percent do not exceed; 0 of none.
fn share(levels: &mut [u8], percent: usize) -> u8 {
    levels.sort_unstable();
    let last = levels.len().saturating_sub(1);
    levels.get(last * percent / 100).copied().unwrap_or(0)
}

/// The grey level that divides others best into dark ones, itself among them, and bright ones (Otsu, IEEE Transactions
/// on Systems, Man, and Cybernetics 1979;9:62): between both the variance is highest.
fn otsu(levels: impl Iterator<Item = u8>) -> u8 {
    let mut counts = [0.0_f64; 256];
    for level in levels {
        counts[usize::from(level)] += 1.0;
    }
    let all: f64 = counts.iter().sum();
    let total: f64 = counts.iter().zip(0..).map(|(count, level)| count * f64::from(level)).sum();
    let (mut below, mut sum, mut best) = (0.0, 0.0, (0.0, 0));
    for (level, count) in counts.iter().enumerate() {
        below += count;
        sum += count * level as f64;
        if below == 0.0 || below >= all {
            continue;
        }
        let between = (total * below / all - sum).powi(2) / (below * (all - below));
        if between > best.0 {
            best = (between, level as u8);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::SliceId;

    /// A chest of `width` x `height` pixels in the middle of a page with such a margin: grey levels of the page, of air
    /// around the body and in the lungs, and of soft tissue.
    fn chest((width, height): (u32, u32), margin: u32, [page, air, tissue]: [u8; 3]) -> Vec<u8> {
        let (w, h) = (f64::from(width), f64::from(height));
        let inside = |x: f64, y: f64, [cx, cy, rx, ry]: [f64; 4]| {
            ((x / w - cx) / rx).hypot((y / h - cy) / ry) < 1.0
        };
        let level = |x: u32, y: u32| {
            let (x, y) = (f64::from(x) - f64::from(margin), f64::from(y) - f64::from(margin));
            let lung = |cx| inside(x, y, [cx, 0.5, 0.14, 0.28]);
            match (0.0..w).contains(&x) && (0.0..h).contains(&y) {
                false => page,
                true if !inside(x, y, [0.5, 0.5, 0.46, 0.44]) || lung(0.3) || lung(0.7) => air,
                true => tissue,
            }
        };
        let (wide, high) = (width + 2 * margin, height + 2 * margin);
        (0..high).flat_map(|y| (0..wide).map(move |x| (x, y))).map(|(x, y)| level(x, y)).collect()
    }

    #[test]
    fn the_box_is_around_both_lungs_and_the_greys_are_those_of_tissue() {
        let lungs = Lungs::find(&chest((300, 240), 0, [0, 20, 180]), (300, 240)).expect("lungs");
        let [left, top, width, height] = lungs.bounds;
        // From .16 to .84 of the width, .22 to .78 of the height.
        for (found, is) in [(left, 48.0), (top, 52.8), (width, 204.0), (height, 134.4)] {
            assert!((found - is).abs() < 4.0, "{found} for {is}");
        }
        assert_eq!((lungs.air, lungs.tissue), (20.0, 180.0));
    }

    #[test]
    fn page_size_window_and_what_lies_around_change_little() {
        let side = 64;
        let plain = shown(&chest((300, 240), 0, [0, 0, 200]), (300, 240), side);
        let others = [
            shown(&chest((300, 240), 20, [255, 0, 200]), (340, 280), side),
            shown(&chest((300, 240), 31, [128, 70, 225]), (362, 302), side),
            shown(&chest((600, 480), 0, [0, 30, 255]), (600, 480), side),
            shown(&chest((150, 160), 9, [255, 10, 120]), (168, 178), side),
        ];
        for other in others {
            let apart = plain.iter().zip(&other).map(|(a, b)| f64::from(a.abs_diff(*b)));
            let mean = apart.sum::<f64>() / f64::from(side * side);
            assert!(mean < 8.0, "{mean}");
        }
    }

    #[test]
    fn what_shows_no_lungs_is_shown_whole() {
        for size in [(1, 1), (2, 900), (40, 40), (300, 16)] {
            for level in [0, 90, 255] {
                let flat = vec![level; (size.0 * size.1) as usize];
                assert_eq!(Lungs::find(&flat, size), None, "{size:?}");
                assert_eq!(shown(&flat, size, 32).len(), 32 * 32);
            }
        }
        let stripes: Vec<u8> = (0..90 * 90).map(|at| if at % 90 < 45 { 10 } else { 200 }).collect();
        assert_eq!(Lungs::find(&stripes, (90, 90)), None);
        let whole = shown(&stripes, (90, 90), 30);
        assert_eq!((whole[0], whole[29]), (AIR as u8, TISSUE as u8));
    }

    #[test]
    fn lungs_are_found_in_nearly_all_drawn_slices() {
        let found = (0..100).filter(|&index| {
            let slice = SliceId { seed: 5, index }.draw();
            Lungs::find(slice.as_raw(), slice.dimensions()).is_some()
        });
        let found = found.count();
        assert!(found >= 96, "{found}");
    }
}
