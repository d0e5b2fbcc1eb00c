//! What the folds of a cross-validation are called: `NAME-fold1` and so on, of splits, exports and runs alike.

/// The name of fold `fold`, from 1.
pub fn fold_name(name: &str, fold: u32) -> String {
    format!("{name}-fold{fold}")
}

/// Whose fold is called so, and which it is; `None` of another name.
pub fn fold_of(fold: &str) -> Option<(&str, u32)> {
    let (name, number) = fold.rsplit_once("-fold")?;
    let number = number.parse().ok()?;
    (number > 0 && !name.is_empty() && fold_name(name, number) == fold).then_some((name, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fold_is_known_by_its_name() {
        assert_eq!(fold_of(&fold_name("own", 12)), Some(("own", 12)));
        assert_eq!(fold_of("a-fold2-fold1"), Some(("a-fold2", 1)));
        for other in ["own", "own-fold", "own-fold0", "own-fold01", "-fold1", "own-fold1-seed0"] {
            assert_eq!(fold_of(other), None, "{other}");
        }
    }
}
