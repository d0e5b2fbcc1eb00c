//! Divides marks that stand close together by the captions beside them: pictures in a row with a
//! caption under each are so many figures, and so are those in a column with a caption beside each.

use super::clusters::Cluster;
use crate::pdf::Rect;

/// A caption divides the marks within so many points of it.
const NEAR: f32 = 40.0;
/// Marks of two figures overlap by no more, in points.
const OVERLAP: f32 = 1.0;
/// Gaps that differ by less, in points, are as wide.
const SAME_WIDTH: f32 = 3.0;

/// A box seen along a row, or along a column: its span in the direction of division, and across it.
#[derive(Debug, Clone, Copy)]
struct Seen {
    along: (f32, f32),
    across: (f32, f32),
}

impl Seen {
    fn of(bbox: &Rect, row: bool) -> Self {
        let (x, y) = ((bbox.x0, bbox.x1), (bbox.y0, bbox.y1));
        if row { Self { along: x, across: y } } else { Self { along: y, across: x } }
    }

    fn middle(&self) -> f32 {
        f32::midpoint(self.along.0, self.along.1)
    }
}

/// The parts of a cluster that captions in a row along one of its sides divide it into; itself where
/// none do, or where something is drawn across.
pub(super) fn divide(cluster: Cluster, captions: &[Rect], walls: &[Rect]) -> Vec<Cluster> {
    let Some(bbox) = cluster.bbox() else { return vec![cluster] };
    for row in [true, false] {
        let cuts = cuts(&cluster, &Seen::of(&bbox, row), captions, row);
        if cuts.is_empty() {
            continue;
        }
        let parts = cluster.cut(&cuts, row);
        if parts.len() > 1 && parts.iter().all(|part| part.graphic(walls).is_some()) {
            return parts;
        }
    }
    vec![cluster]
}

fn cuts(cluster: &Cluster, own: &Seen, captions: &[Rect], row: bool) -> Vec<f32> {
    let gaps = gaps(cluster, row);
    let seen: Vec<Seen> = captions.iter().map(|caption| Seen::of(caption, row)).collect();
    let beside = |caption: &&Seen| caption.middle() > own.along.0 && caption.middle() < own.along.1;
    let before = |c: &&Seen| (-6.0..NEAR).contains(&(own.across.0 - c.across.1)) && beside(c);
    let behind = |c: &&Seen| (-6.0..NEAR).contains(&(c.across.0 - own.across.1)) && beside(c);
    let rows: [Vec<Seen>; 2] = [
        seen.iter().filter(before).copied().collect(),
        seen.iter().filter(behind).copied().collect(),
    ];
    let mut cuts: Vec<f32> = Vec::new();
    for mut captions in rows {
        captions.sort_by(|a, b| a.along.0.total_cmp(&b.along.0));
        for pair in captions.windows(2) {
            let (one, next) = (&pair[0], &pair[1]);
            if next.along.0 < one.along.1 {
                continue;
            }
            let between = |gap: &&Gap| (one.middle()..=next.middle()).contains(&gap.at);
            // Between the captions, and there the widest: a picture may itself be of several side by side.
            let gutter = f32::midpoint(one.along.1, next.along.0);
            let off = |gap: &Gap| (one.along.1 - gap.at).max(gap.at - next.along.0).max(0.0);
            let best = gaps.iter().filter(between).min_by(|a, b| {
                let near = |gap: &Gap| (gap.at - gutter).abs();
                let wide = |gap: &Gap| (gap.width / SAME_WIDTH).round();
                off(a)
                    .total_cmp(&off(b))
                    .then(wide(b).total_cmp(&wide(a)))
                    .then(near(a).total_cmp(&near(b)))
            });
            cuts.extend(best.map(|gap| gap.at));
        }
    }
    cuts.sort_by(f32::total_cmp);
    cuts.dedup();
    cuts
}

/// Where no mark is, all across a cluster.
#[derive(Debug, Clone, Copy)]
struct Gap {
    at: f32,
    width: f32,
}

fn gaps(cluster: &Cluster, row: bool) -> Vec<Gap> {
    let mut spans: Vec<(f32, f32)> =
        cluster.marks.iter().map(|(mark, _)| Seen::of(mark, row).along).collect();
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut end = f32::NEG_INFINITY;
    let mut gaps = Vec::new();
    for (from, to) in spans {
        if end.is_finite() && from > end - OVERLAP {
            gaps.push(Gap { at: f32::midpoint(end, from), width: from - end });
        }
        end = end.max(to);
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::super::clusters::tests::cluster;
    use super::*;

    const LEFT: Rect = Rect { x0: 50.0, y0: 100.0, x1: 296.0, y1: 300.0 };
    const RIGHT: Rect = Rect { x0: 304.0, y0: 100.0, x1: 550.0, y1: 300.0 };

    fn under(x0: f32, x1: f32) -> Rect {
        Rect::new(x0, 306.0, x1, 340.0)
    }

    fn boxes(marks: &[Rect], captions: &[Rect]) -> Vec<Rect> {
        let parts = divide(cluster(marks, true), captions, &[]);
        parts.iter().filter_map(Cluster::bbox).collect()
    }

    #[test]
    fn pictures_in_a_row_go_each_with_its_own_caption() {
        let captions = [under(50.0, 280.0), under(304.0, 500.0)];
        assert_eq!(boxes(&[LEFT, RIGHT], &captions), [LEFT, RIGHT]);
        let above = captions.map(|c| Rect { y0: 60.0, y1: 94.0, ..c });
        assert_eq!(boxes(&[LEFT, RIGHT], &above), [LEFT, RIGHT]);
        let touching = Rect { x0: 296.0, ..RIGHT };
        assert_eq!(boxes(&[LEFT, touching], &captions), [LEFT, touching]);
    }

    #[test]
    fn one_caption_or_something_drawn_across_divides_nothing() {
        let all = LEFT.union(&RIGHT);
        assert_eq!(boxes(&[LEFT, RIGHT], &[under(50.0, 550.0)]), [all]);
        let captions = [under(50.0, 280.0), under(304.0, 500.0)];
        assert_eq!(boxes(&[LEFT, RIGHT, Rect::new(250.0, 100.0, 350.0, 120.0)], &captions), [all]);
        let far = captions.map(|c| Rect { y0: 400.0, y1: 430.0, ..c });
        assert_eq!(boxes(&[LEFT, RIGHT], &far), [all]);
    }

    #[test]
    fn pictures_in_a_column_go_each_with_the_caption_beside_it() {
        let (upper, lower) =
            (Rect::new(50.0, 100.0, 300.0, 296.0), Rect::new(50.0, 304.0, 300.0, 500.0));
        let captions =
            [Rect::new(310.0, 110.0, 500.0, 150.0), Rect::new(310.0, 330.0, 500.0, 360.0)];
        assert_eq!(boxes(&[upper, lower], &captions), [upper, lower]);
    }

    #[test]
    fn a_picture_in_pieces_is_cut_from_the_next_where_blank_is() {
        let piece = |x0: f32, x1: f32| Rect { x0, x1, ..LEFT };
        let marks = [piece(110.0, 180.0), piece(180.0, 250.0), piece(250.0, 292.0), RIGHT];
        let captions = [under(70.0, 200.0), under(304.0, 440.0)];
        assert_eq!(boxes(&marks, &captions), [piece(110.0, 292.0), RIGHT]);
    }

    #[test]
    fn panels_of_one_figure_stay_together_beside_those_of_another() {
        let narrow = Rect { x1: 170.0, ..LEFT };
        let second = Rect { x0: 176.0, ..LEFT };
        let captions = [under(50.0, 280.0), under(304.0, 500.0)];
        assert_eq!(boxes(&[narrow, second, RIGHT], &captions), [LEFT, RIGHT]);
    }
}
