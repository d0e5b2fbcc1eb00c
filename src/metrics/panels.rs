//! How well a picture was divided into panels, as `ImageCLEF`'s task of figure separation counts it.
//!
//! Garcia Seco de Herrera, Schaer, Bromuri, Müller, "Overview of the `ImageCLEF` 2016 medical task",
//! CLEF working notes 2016: a found panel is right where it overlaps a true one by at least two
//! thirds, each true one counting once, and a figure scores its right panels over the larger of the
//! two counts. Overlap here is the intersection over the larger of the two areas, so that neither a
//! panel with its neighbour nor half a panel passes. The best published there reach 0.84 to 0.86.

use covid_ct_core::PanelBox;

/// Overlap from which a found panel is a true one.
pub const LEAST_OVERLAP: f64 = 0.66;

/// Number of panels found, one to one. True panels lie apart, and of two found panels that lie
/// apart only one can cover two thirds of a third: so which is taken first makes no difference.
pub fn matched(found: &[PanelBox], truth: &[PanelBox]) -> usize {
    let mut left = found.to_vec();
    truth
        .iter()
        .filter(|panel| {
            let hit = left.iter().position(|found| found.overlap(**panel) >= LEAST_OVERLAP);
            hit.map(|hit| left.swap_remove(hit)).is_some()
        })
        .count()
}

/// Right panels of one figure over the larger of the numbers found and true; 1 where both are none.
pub fn separation_accuracy(found: &[PanelBox], truth: &[PanelBox]) -> f64 {
    match found.len().max(truth.len()) {
        0 => 1.0,
        most => matched(found, truth) as f64 / most as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel(x: u32, y: u32, w: u32, h: u32) -> PanelBox {
        PanelBox { x, y, w, h }
    }

    #[test]
    fn a_merged_or_halved_panel_is_not_found() {
        let truth = [panel(0, 0, 100, 100), panel(100, 0, 100, 100)];
        assert_eq!(separation_accuracy(&truth, &truth), 1.0);
        assert_eq!(separation_accuracy(&[panel(0, 0, 200, 100)], &truth), 0.0);
        let halves = [panel(0, 0, 50, 100), panel(50, 0, 50, 100), truth[1]];
        assert_eq!(separation_accuracy(&halves, &truth), 1.0 / 3.0);
        // Two thirds of one are enough.
        assert_eq!(separation_accuracy(&[panel(0, 0, 67, 100), truth[1]], &truth), 1.0);
        assert_eq!(separation_accuracy(&[panel(0, 0, 65, 100), truth[1]], &truth), 0.5);
    }

    #[test]
    fn one_panel_counts_once() {
        let one = panel(0, 0, 100, 100);
        assert_eq!(separation_accuracy(&[one, one], &[one]), 0.5);
        assert_eq!(separation_accuracy(&[one], &[]), 0.0);
        assert_eq!(separation_accuracy(&[], &[]), 1.0);
    }
}
