//! The most confident errors, drawn with what the network went by.

use crate::model::{Example, Picture, Pictures, SaliencyMap, explain};
use crate::runs::{Explained, Prediction, RunFiles};
use anyhow::Context as _;
use covid_ct_core::Split;

use super::subject::{Subject, load, preparation};
use crate::commands::environment::Computing;

/// Writes at most `count` pictures and their index, where none are any more. The index comes last: without it, they are
/// not all there.
pub fn write(
    subject: &Subject,
    files: &RunFiles,
    part: Split,
    examples: &[Example],
    predictions: &[Prediction],
    count: usize,
    computing: &Computing<'_>,
) -> anyhow::Result<()> {
    if count == 0 {
        return Ok(());
    }
    let folder = files.explained(part);
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    let worst = most_wrong(predictions, count);
    let maps = evidence(subject, examples, predictions, &worst, computing)?;
    let (how, side) = preparation(subject.config());
    let mut rows = Vec::new();
    for (rank, (&index, map)) in (1..).zip(worst.iter().zip(&maps)) {
        let prediction = &predictions[index];
        let picture = Picture::decode(&examples[index].path).map_err(anyhow::Error::msg)?;
        let name = format!("{rank:02}.png");
        map.beside(&picture.prepared(how, side))
            .save(folder.join(&name))
            .with_context(|| format!("cannot write {}", folder.join(&name).display()))?;
        rows.push(Explained {
            picture: name,
            file: prediction.file.clone(),
            label: prediction.label,
            score: prediction.score,
            predicted: prediction.predicted,
            evidence_for: prediction.predicted,
        });
    }
    files.write_explained(part, &rows)?;
    Ok(())
}

/// Indices of wrong predictions, the furthest from undecided first; of equals in their order.
fn most_wrong(predictions: &[Prediction], count: usize) -> Vec<usize> {
    let mut wrong: Vec<usize> = (0..predictions.len())
        .filter(|&index| predictions[index].label != predictions[index].predicted)
        .collect();
    let sure = |index: usize| {
        let Prediction { score, predicted, probabilities, .. } = &predictions[index];
        // Of more than two classes: the probability of what was said.
        probabilities.get(predicted.index()).copied().unwrap_or((score - 0.5).abs())
    };
    wrong.sort_by(|&one, &other| sure(other).total_cmp(&sure(one)));
    wrong.truncate(count);
    wrong
}

/// What speaks for the class that was predicted; the mean over the members, which must see pictures alike.
fn evidence(
    subject: &Subject,
    examples: &[Example],
    predictions: &[Prediction],
    indices: &[usize],
    computing: &Computing<'_>,
) -> anyhow::Result<Vec<SaliencyMap>> {
    let classes: Vec<_> = indices.iter().map(|&index| predictions[index].predicted).collect();
    let wanted: Vec<Example> = indices.iter().map(|&index| examples[index].clone()).collect();
    let mut of_members: Vec<Vec<SaliencyMap>> = Vec::new();
    for member in &subject.members {
        let (how, side) = preparation(&member.config);
        let pictures = Pictures::load(wanted.clone(), how, side, || ())?;
        of_members.push(explain(load(member, computing)?.as_mut(), &pictures, &classes)?);
    }
    let mean = |index: usize| {
        let maps: Vec<SaliencyMap> = of_members.iter().map(|maps| maps[index].clone()).collect();
        SaliencyMap::mean(&maps).context(
            "the runs see pictures of different sizes: evaluate them one by one, or --explain 0",
        )
    };
    (0..indices.len()).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use covid_ct_core::Label;

    #[test]
    fn the_surest_errors_come_first() {
        let of = |(label, score): (Label, f64)| Prediction {
            file: String::new(),
            label,
            score,
            probabilities: Vec::new(),
            predicted: if score >= 0.5 { Label::COVID } else { Label::NON_COVID },
        };
        let predictions = [
            (Label::COVID, 0.4),
            (Label::COVID, 0.9),
            (Label::NON_COVID, 0.8),
            (Label::COVID, 0.2),
            (Label::NON_COVID, 0.99),
        ]
        .map(of);
        assert_eq!(most_wrong(&predictions, 3), [4, 2, 3]);
        assert_eq!(most_wrong(&predictions, 9), [4, 2, 3, 0]);
    }
}
