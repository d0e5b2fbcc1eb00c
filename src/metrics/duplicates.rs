//! How well near-duplicates are found: pairs found against pairs that are.

/// Counts of pairs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PairCounts {
    /// Pairs of one original.
    pub pairs: u64,
    /// Of these, found.
    pub found: u64,
    /// Found, but of two originals.
    pub wrong: u64,
}

impl PairCounts {
    /// Counts pairs `found`, each given once, of pictures whose originals are `originals`.
    pub fn of(originals: &[usize], found: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let mut sizes = vec![0_u64; originals.iter().max().map_or(0, |most| most + 1)];
        for original in originals {
            sizes[*original] += 1;
        }
        let pairs = sizes.iter().map(|size| size * size.saturating_sub(1) / 2).sum();
        let mut counts = Self { pairs, ..Self::default() };
        for (one, other) in found {
            let is_right = originals[one] == originals[other];
            *(if is_right { &mut counts.found } else { &mut counts.wrong }) += 1;
        }
        counts
    }

    /// Found of the pairs there are; 1 where there are none.
    pub fn recall(&self) -> f64 {
        share(self.found, self.pairs)
    }

    /// Right of those found; 1 where none is.
    pub fn precision(&self) -> f64 {
        share(self.found, self.found + self.wrong)
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_within_an_original_are_right() {
        let counts = PairCounts::of(&[0, 0, 0, 3], [(0, 1), (1, 3)]);
        assert_eq!(counts, PairCounts { pairs: 3, found: 1, wrong: 1 });
        assert_eq!((counts.recall(), counts.precision()), (1.0 / 3.0, 0.5));
        assert_eq!(PairCounts::of(&[], []).recall(), 1.0);
    }
}
