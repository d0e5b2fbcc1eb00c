//! The classes of the task `covid-ct` by name: for what is that dataset's own, for the sample corpus, and for tests.

use crate::Label;

impl Label {
    pub const COVID: Self = Self::nth(0);
    pub const NON_COVID: Self = Self::nth(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_those_of_the_task() {
        let task = crate::task::built_in();
        assert_eq!(task.classes[Label::COVID.index()].name.as_str(), "covid");
        assert_eq!(task.classes[Label::NON_COVID.index()].name.as_str(), "non-covid");
    }
}
