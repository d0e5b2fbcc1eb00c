//! Labels that are probably wrong, by confident learning (Northcutt, Jiang, Chuang, "Confident learning: estimating
//! uncertainty in dataset labels", JAIR 70, 2021): which pictures, and in what order, given what networks that have not
//! seen them say. It is what cleanlab 2.9's `find_label_issues` does with its defaults (`prune_by_noise_rate`), ranked by
//! `self_confidence`.

/// Classes: 0 is the negative one, 1 the positive.
const CLASSES: usize = 2;
/// As cleanlab compares thresholds and predictions.
const TOLERANCE: f64 = 1e-6;
/// The least threshold of a class.
const LEAST_THRESHOLD: f64 = 2.0 * TOLERANCE;
/// Above every probability: the threshold of a class that no label names.
const NEVER: f64 = 2.0;
/// Examples that each class keeps.
const KEPT: f64 = 1.0;

/// How many examples of a given label (first index) are of a true one (second).
type Matrix = [[f64; CLASSES]; CLASSES];

/// Places of the examples whose label is probably wrong, the least likely label first. `labels` says whether an example
/// is of the positive class, `scores` the probability of that. Of equal scores, the earlier comes first.
pub fn wrong_labels(labels: &[bool], scores: &[f64]) -> Vec<usize> {
    let examples: Vec<Example> =
        labels.iter().zip(scores).map(|(&label, &score)| Example::new(label, score)).collect();
    let joint = calibrated(confident_joint(&examples), &examples);
    let to_prune = pruned(&joint);
    let mut found: Vec<usize> = Vec::new();
    for (given, other) in [(0, 1), (1, 0)] {
        let mut of_class: Vec<usize> =
            (0..examples.len()).filter(|&i| examples[i].given == given).collect();
        if of_class.len() as f64 <= KEPT {
            continue;
        }
        let margin = |i: usize| examples[i].of[other] - examples[i].of[given];
        of_class.sort_by(|&a, &b| margin(b).total_cmp(&margin(a)));
        of_class.truncate(to_prune[other][given] as usize);
        // A label that the prediction bears out, or nearly so, is right.
        of_class.retain(|&i| !examples[i].agrees());
        found.extend(of_class);
    }
    found.sort_unstable();
    found.sort_by(|&a, &b| examples[a].confidence().total_cmp(&examples[b].confidence()));
    found
}

struct Example {
    given: usize,
    /// Probability of each class.
    of: [f64; CLASSES],
}

impl Example {
    fn new(positive: bool, score: f64) -> Self {
        Self { given: usize::from(positive), of: [1.0 - score, score] }
    }

    /// Probability of the label it has.
    fn confidence(&self) -> f64 {
        self.of[self.given]
    }

    fn agrees(&self) -> bool {
        let mut of = self.of;
        of[self.given] += TOLERANCE;
        likeliest(&of) == self.given
    }
}

/// The first of the likeliest classes.
fn likeliest(of: &[f64; CLASSES]) -> usize {
    usize::from(of[1] > of[0])
}

/// Mean probability of each class over the examples of that label.
fn thresholds(examples: &[Example]) -> [f64; CLASSES] {
    std::array::from_fn(|class| {
        let of_class: Vec<f64> =
            examples.iter().filter(|e| e.given == class).map(|e| e.of[class]).collect();
        if of_class.is_empty() {
            return NEVER;
        }
        (of_class.iter().sum::<f64>() / of_class.len() as f64).max(LEAST_THRESHOLD)
    })
}

/// Counts the examples that are confidently of a class, by label.
fn confident_joint(examples: &[Example]) -> Matrix {
    let thresholds = thresholds(examples);
    let mut joint = Matrix::default();
    for example in examples {
        let reached: [bool; CLASSES] =
            std::array::from_fn(|class| example.of[class] >= thresholds[class] - TOLERANCE);
        let guess = match reached {
            [true, true] => likeliest(&example.of),
            [true, false] => 0,
            [false, true] => 1,
            [false, false] => continue,
        };
        joint[example.given][guess] += 1.0;
    }
    for (class, row) in joint.iter_mut().enumerate() {
        row[class] = row[class].max(1.0);
    }
    joint
}

/// The joint with as many examples of each label as there are.
fn calibrated(joint: Matrix, examples: &[Example]) -> Matrix {
    let mut joint = joint;
    for (class, row) in joint.iter_mut().enumerate() {
        let count = examples.iter().filter(|e| e.given == class).count() as f64;
        let sum: f64 = row.iter().sum();
        for n in row.iter_mut() {
            *n = *n / sum * count;
        }
    }
    let all: f64 = joint.iter().flatten().sum();
    let count = examples.len() as f64;
    if all > 0.0 {
        for n in joint.iter_mut().flatten() {
            *n = *n / all * count;
        }
    }
    joint.map(whole)
}

/// How many examples of a label (second index) are to be taken for another class (first).
fn pruned(joint: &Matrix) -> Matrix {
    let mut prune: Matrix =
        std::array::from_fn(|class| std::array::from_fn(|given| joint[given][class]));
    let kept: [f64; CLASSES] = std::array::from_fn(|class| prune[class][class].max(KEPT));
    let more: [f64; CLASSES] = std::array::from_fn(|class| kept[class] - prune[class][class]);
    let rates: [f64; CLASSES] = std::array::from_fn(|given| {
        let filled = (0..CLASSES).filter(|&class| prune[class][given] != 0.0).count() as f64;
        (filled - 1.0).max(1.0)
    });
    for (class, row) in prune.iter_mut().enumerate() {
        for (given, n) in row.iter_mut().enumerate() {
            *n = (*n - more[given] / rates[given]).max(0.0);
            if class == given {
                *n = kept[class];
            }
            *n = n.trunc();
        }
    }
    prune.map(whole)
}

/// A row rounded so that its sum stays, rounded: what was rounded down most goes up first, and the other way round.
fn whole(row: [f64; CLASSES]) -> [f64; CLASSES] {
    let mut rounded = row.map(f64::round_ties_even);
    let wanted = row.iter().sum::<f64>().round_ties_even();
    let mut lacking = wanted - rounded.iter().sum::<f64>();
    while lacking.abs() > TOLERANCE {
        let step = lacking.signum();
        let mut order: Vec<usize> = (0..CLASSES).collect();
        let rest = |class: usize| row[class] - rounded[class];
        order.sort_by(|&a, &b| (step * rest(b)).total_cmp(&(step * rest(a))));
        order.truncate(lacking.abs() as usize);
        for class in order {
            rounded[class] += step;
        }
        lacking = wanted - rounded.iter().sum::<f64>();
    }
    rounded
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use serde::Deserialize;

    use super::*;

    const GOLDEN: &str = include_str!("confident.json");
    const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tools/golden-confident.py");

    #[derive(Deserialize)]
    struct Golden {
        cleanlab: String,
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        labels: Vec<u8>,
        scores: Vec<f64>,
        wrong: Vec<usize>,
    }

    fn agrees(golden: &Golden) {
        for (number, case) in golden.cases.iter().enumerate() {
            let labels: Vec<bool> = case.labels.iter().map(|&label| label == 1).collect();
            assert_eq!(wrong_labels(&labels, &case.scores), case.wrong, "case {number}");
        }
    }

    #[test]
    fn wrong_labels_are_those_of_cleanlab() {
        let golden: Golden = serde_json::from_str(GOLDEN).expect("JSON");
        assert_eq!((golden.cleanlab.as_str(), golden.cases.len()), ("2.9.0", 7));
        assert!(golden.cases.iter().filter(|case| case.wrong.len() > 3).count() > 3);
        agrees(&golden);
    }

    /// On numbers of today, where python3 has the reference.
    #[test]
    fn wrong_labels_are_those_of_the_cleanlab_that_is_installed() {
        let has = Command::new("python3").args(["-c", "import cleanlab"]).output();
        if !has.is_ok_and(|output| output.status.success()) {
            println!("skipped: python3 has no cleanlab (python3 -m pip install cleanlab==2.9.0)");
            return;
        }
        let mut state = 7_u64;
        let mut draw = || {
            // Numerical Recipes' quick generator: all that is asked of it is to be no pattern.
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223) & 0xffff_ffff;
            state as f64 / f64::from(u32::MAX)
        };
        let cases: Vec<String> = (0..20)
            .map(|case| {
                let rows: Vec<(u8, f64)> = (0..30 + 15 * case)
                    .map(|_| {
                        let (positive, wrong) = (draw() < 0.4, draw() < 0.15);
                        let score = draw().sqrt();
                        let score = if positive { score } else { 1.0 - score };
                        (u8::from(positive != wrong), score)
                    })
                    .collect();
                let labels: Vec<String> = rows.iter().map(|row| row.0.to_string()).collect();
                let scores: Vec<String> = rows.iter().map(|row| format!("{:?}", row.1)).collect();
                format!("{{\"labels\":[{}],\"scores\":[{}]}}", labels.join(","), scores.join(","))
            })
            .collect();
        let asked = format!("{{\"cases\":[{}]}}", cases.join(","));
        let mut python = Command::new("python3")
            .args([SCRIPT, "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3");
        python.stdin.take().expect("piped").write_all(asked.as_bytes()).expect("written");
        let output = python.wait_with_output().expect("python3");
        assert!(output.status.success());
        let golden: Golden = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(golden.cases.len(), 20);
        agrees(&golden);
    }

    #[test]
    fn few_examples_or_one_class_give_no_wrong_label() {
        assert_eq!(wrong_labels(&[], &[]), [0; 0]);
        assert_eq!(wrong_labels(&[true], &[0.1]), [0; 0]);
        assert_eq!(wrong_labels(&[true; 4], &[0.1, 0.9, 0.8, 0.2]), [0; 0]);
    }
}
