//! What a network says of a picture: of two classes one number, of more one a class.

use crate::task;
use covid_ct_core::Label;

/// What a network says of a picture.
///
/// Of two classes it holds the log-odds of the positive one. Of more it also holds the natural logarithm of each class's
/// probability, in the order of the task, as a softmax of the logits gives it; the log-odds are those of the positive class
/// against the rest.
#[derive(Debug, Clone, PartialEq)]
pub struct Odds {
    log_odds: f64,
    /// Empty of two classes.
    logs: Vec<f64>,
}

impl From<f64> for Odds {
    /// Log-odds of the positive one of two classes.
    fn from(log_odds: f64) -> Self {
        Self { log_odds, logs: Vec::new() }
    }
}

impl Odds {
    /// Of the logits of three classes or more, in the order of the task; `positive` is the place of the positive class.
    ///
    /// # Panics
    /// When there are fewer than three.
    pub fn of_logits(logits: &[f64], positive: usize) -> Self {
        assert!(logits.len() > 2, "of two classes the log-odds tell all");
        let sum = log_sum(logits.iter().copied());
        let rest = logits.iter().enumerate().filter(|(class, _)| *class != positive);
        let log_odds = logits[positive] - log_sum(rest.map(|(_, &logit)| logit));
        Self { log_odds, logs: logits.iter().map(|logit| logit - sum).collect() }
    }

    /// Of the positive class, against the rest.
    pub fn log_odds(&self) -> f64 {
        self.log_odds
    }

    /// Probabilities of the classes, in the order of the task; empty of two.
    pub fn probabilities(&self) -> Vec<f64> {
        self.logs.iter().map(|log| log.exp()).collect()
    }

    /// Natural logarithm of the probability of a class; of two classes `None`.
    pub fn log_probability(&self, label: Label) -> Option<f64> {
        self.logs.get(label.index()).copied()
    }

    pub fn is_finite(&self) -> bool {
        self.log_odds.is_finite() && self.logs.iter().all(|log| !log.is_nan())
    }

    /// The class that is said: of two the positive one where its probability reaches the threshold, of more the likeliest,
    /// the first of equals.
    pub fn predicted(&self, threshold: f64) -> Label {
        let task = task::in_force();
        if let Some(negative) = task.negative() {
            let is_positive = probability(self.log_odds) >= threshold;
            return if is_positive { task.positive() } else { negative };
        }
        let greatest = self.logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Label::nth(self.logs.iter().position(|&log| log == greatest).unwrap_or_default())
    }

    /// The mean of what is said of two views of a picture: of log-odds, or of log-probabilities before they are made to add up
    /// to 1.
    #[must_use]
    pub fn midpoint(&self, other: &Self) -> Self {
        if self.logs.is_empty() {
            return f64::midpoint(self.log_odds, other.log_odds).into();
        }
        let logs =
            self.logs.iter().zip(&other.logs).map(|(&one, &other)| f64::midpoint(one, other));
        Self::of_logits(&logs.collect::<Vec<_>>(), task::in_force().positive().index())
    }

    /// What several networks say together, by the mean of the probabilities that they give; one list a network. From
    /// logarithms rather than probabilities, which round to 0 and 1 where a network is sure.
    ///
    /// # Panics
    /// When the lists are not equally long.
    pub fn mean_probability(members: &[Vec<Self>]) -> Vec<Self> {
        let Some(first) = members.first() else { return Vec::new() };
        assert!(
            members.iter().all(|member| member.len() == first.len()),
            "a score a picture of each"
        );
        if members.len() == 1 {
            return first.clone();
        }
        let of_two = |picture: usize| {
            let log_odds = || members.iter().map(|member| member[picture].log_odds);
            // ln of the mean cancels in the difference: the logarithm of the sums will do.
            log_sum(log_odds().map(|z| -softplus(-z))) - log_sum(log_odds().map(|z| -softplus(z)))
        };
        let of_picture = |picture: usize| {
            if first[picture].logs.is_empty() {
                return Self::from(of_two(picture));
            }
            let class = |class: usize| log_sum(members.iter().map(|m| m[picture].logs[class]));
            let logs: Vec<f64> = (0..first[picture].logs.len()).map(class).collect();
            Self::of_logits(&logs, task::in_force().positive().index())
        };
        (0..first.len()).map(of_picture).collect()
    }
}

/// ln(1 + e^z) without overflow.
fn softplus(z: f64) -> f64 {
    z.max(0.0) + (-z.abs()).exp().ln_1p()
}

/// ln of the sum of e^z; NaN stays NaN.
fn log_sum(terms: impl Iterator<Item = f64> + Clone) -> f64 {
    let greatest = terms.clone().fold(f64::NEG_INFINITY, f64::max);
    greatest + terms.map(|term| (term - greatest).exp()).sum::<f64>().ln()
}

/// The probability of log-odds.
pub fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mean(members: &[Vec<f64>]) -> Vec<f64> {
        let odds = |member: &Vec<f64>| member.iter().copied().map(Odds::from).collect::<Vec<_>>();
        let members: Vec<Vec<Odds>> = members.iter().map(odds).collect();
        Odds::mean_probability(&members).iter().map(Odds::log_odds).collect()
    }

    #[test]
    fn an_ensemble_of_sure_members_stays_finite() {
        let ensemble = mean(&[vec![800.0, 3.0], vec![-800.0, 3.0]]);
        assert!(ensemble[0].abs() < 1e-9 && (ensemble[1] - 3.0).abs() < 1e-12, "{ensemble:?}");
        assert!(mean(&[vec![f64::NAN], vec![0.0]])[0].is_nan());
        assert_eq!(mean(&[vec![0.1]]), [0.1]);
        assert!(mean(&[]).is_empty());
    }

    #[test]
    fn of_three_classes_the_likeliest_is_said() {
        let odds = Odds::of_logits(&[1.0, 3.0, 3.0], 0);
        let told = odds.probabilities();
        assert!((told.iter().sum::<f64>() - 1.0).abs() < 1e-12 && told[1] == told[2], "{told:?}");
        // The log-odds of the first against the two others together.
        assert!((odds.log_odds() - (1.0 - (3.0 + 2.0_f64.ln()))).abs() < 1e-12);
        assert_eq!(odds.logs.iter().copied().fold(f64::MIN, f64::max), odds.logs[1]);
        let sure = Odds::of_logits(&[900.0, 0.0, -900.0], 0);
        assert!(sure.is_finite() && sure.log_odds() == 900.0);
        assert!(!Odds::of_logits(&[f64::NAN, 0.0, 0.0], 0).is_finite());
    }

    proptest! {
        #[test]
        fn an_ensemble_is_the_mean_of_probabilities(z in proptest::collection::vec(-20.0..20.0_f64, 1..6)) {
            let probability = |z: f64| 1.0 / (1.0 + (-z).exp());
            let members: Vec<Vec<f64>> = z.iter().map(|&z| vec![z]).collect();
            let expected = z.iter().map(|&z| probability(z)).sum::<f64>() / z.len() as f64;
            prop_assert!((probability(mean(&members)[0]) - expected).abs() < 1e-12);
        }

        #[test]
        fn so_is_one_of_three_classes(
            members in proptest::collection::vec(proptest::array::uniform3(-20.0..20.0_f64), 1..6)
        ) {
            let odds: Vec<Vec<Odds>> =
                members.iter().map(|logits| vec![Odds::of_logits(logits, 0)]).collect();
            let together = Odds::mean_probability(&odds)[0].probabilities();
            for (class, probability) in together.iter().enumerate() {
                let of = |member: &Vec<Odds>| member[0].probabilities()[class];
                let expected = odds.iter().map(of).sum::<f64>() / odds.len() as f64;
                prop_assert!((probability - expected).abs() < 1e-12);
            }
        }
    }
}
