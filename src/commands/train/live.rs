//! How a training goes, on stderr: on a terminal a bar with the curves so far below it, and everywhere
//! a line an epoch.

use crate::model::Progress;
use crate::runs::HistoryRow;
use crate::task;
use covid_ct_core::{ClassCounts, Label};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::commands::pace::Pace;
use crate::runs::Hyperparameters;

/// Of a curve, from low to high.
const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Epochs that a curve shows; the last ones, if there are more.
const SHOWN: usize = 60;

#[derive(Debug)]
pub struct Live<'a> {
    /// What every line begins with.
    label: String,
    /// Of all that go on at once.
    bars: &'a MultiProgress,
    bar: ProgressBar,
    history: Vec<HistoryRow>,
    epochs: u32,
    /// Pictures in a step.
    batch: u64,
    /// Where there is no terminal; from the start on.
    pace: Option<Pace>,
}

impl<'a> Live<'a> {
    /// Named where others train beside it.
    pub fn new(name: Option<&str>, recipe: &Hyperparameters, bars: &'a MultiProgress) -> Self {
        let label = name.map(|name| format!("{name} ")).unwrap_or_default();
        let (epochs, batch) = (recipe.epochs, u64::from(recipe.batch));
        let bar = ProgressBar::hidden();
        Self { label, bars, bar, history: Vec::new(), epochs, batch, pace: None }
    }

    fn tell(&self, line: &str) {
        self.bars.suspend(|| eprintln!("{}{line}", self.label));
    }

    pub fn show(&mut self, news: &Progress<'_>) {
        match news {
            Progress::Started { device, counts, steps_per_epoch, speed, resumed, fresh_head } => {
                self.tell(&format!(
                    "training on {} images ({}), validating on {} ({}), on the {device}",
                    counts.train.total(),
                    by_class(&counts.train),
                    counts.val.total(),
                    by_class(&counts.val)
                ));
                if let Some(speed) = speed {
                    self.tell(&speed.to_string());
                }
                if let Some(head) = fresh_head {
                    self.tell(&format!("{head}: it starts afresh with {}", Label::all().len()));
                }
                if let Some(last) = resumed.last() {
                    self.tell(&format!("going on after epoch {}", last.epoch));
                }
                self.history = resumed.to_vec();
                self.bar = self.bars.add(bar(*steps_per_epoch));
                let epoch = counts.train.total();
                let pace =
                    Pace::new(format!("{}training", self.label), epoch * u64::from(self.epochs));
                self.pace = Some(pace.after(epoch * resumed.len() as u64));
                self.name_epoch(resumed.len() as u32 + 1);
            }
            Progress::Step { .. } => {
                self.bar.inc(1);
                if let Some(pace) = &mut self.pace {
                    pace.advance(self.batch);
                }
            }
            Progress::Epoch { row, best } => {
                let line = epoch_line(row, *best);
                self.tell(&line);
                self.history.push(**row);
                self.bar.reset();
                self.name_epoch(row.epoch + 1);
            }
        }
    }

    fn name_epoch(&self, epoch: u32) {
        self.bar.set_prefix(format!("{}epoch {epoch}", self.label));
        self.bar.set_message(curves(&self.history));
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Of all epochs, those before it was stopped among them.
    pub fn history(&self) -> &[HistoryRow] {
        &self.history
    }
}

fn bar(steps: u64) -> ProgressBar {
    let template = "{prefix:>12} [{wide_bar:.cyan}] {pos}/{len} {eta_precise}{msg}";
    let style = ProgressStyle::with_template(template).expect("a sound template");
    ProgressBar::new(steps).with_style(style.progress_chars("=> "))
}

fn epoch_line(row: &HistoryRow, best: bool) -> String {
    format!(
        "epoch {:3}  train loss {:.4}  val loss {:.4}  accuracy {:.3}  AUROC {:.3}  {:.0} s{}",
        row.epoch,
        row.train_loss,
        row.val_loss,
        row.val_accuracy,
        row.val_auroc,
        row.seconds,
        if best { "  *" } else { "" }
    )
}

/// A line a curve, each after a line end; nothing before there are two epochs.
fn curves(history: &[HistoryRow]) -> String {
    if history.len() < 2 {
        return String::new();
    }
    let shown = &history[history.len().saturating_sub(SHOWN)..];
    let curve = |name: &str, value: fn(&HistoryRow) -> f64| {
        let values: Vec<f64> = shown.iter().map(value).collect();
        let (low, high) =
            values.iter().fold((f64::MAX, f64::MIN), |(low, high), &v| (low.min(v), high.max(v)));
        format!("\n{name:>12} {} {low:.3} to {high:.3}", sparkline(&values, low, high))
    };
    curve("train loss", |row| row.train_loss)
        + &curve("val loss", |row| row.val_loss)
        + &curve("AUROC", |row| row.val_auroc)
}

fn sparkline(values: &[f64], low: f64, high: f64) -> String {
    let step = |value: &f64| {
        let part = if high > low { (value - low) / (high - low) } else { 0.5 };
        STEPS[((part * STEPS.len() as f64) as usize).min(STEPS.len() - 1)]
    };
    values.iter().map(step).collect()
}

/// `40 COVID`; of more than two classes, how many each has.
fn by_class(counts: &ClassCounts) -> String {
    let told = |(label, count): (Label, u64)| format!("{count} {}", label.class().noun);
    match task::in_force().negative() {
        Some(_) => told((Label::positive(), counts.get(Label::positive()))),
        None => counts.iter().map(told).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(epoch: u32) -> HistoryRow {
        let epoch_part = f64::from(epoch) / 100.0;
        HistoryRow {
            epoch,
            learning_rate: 1e-4,
            train_loss: 0.7 - epoch_part,
            val_loss: 0.6,
            val_accuracy: 0.5,
            val_auroc: 0.5 + epoch_part,
            seconds: 1.0,
        }
    }

    #[test]
    fn curves_run_from_low_to_high() {
        assert_eq!(curves(&[row(1)]), "");
        let history: Vec<HistoryRow> = (1..=8).map(row).collect();
        let told = curves(&history);
        let lines: Vec<&str> = told.trim_start_matches('\n').lines().collect();
        assert_eq!(lines[0], "  train loss █▇▆▅▄▃▂▁ 0.620 to 0.690");
        assert_eq!(lines[1], "    val loss ▅▅▅▅▅▅▅▅ 0.600 to 0.600");
        assert_eq!(lines[2], "       AUROC ▁▂▃▄▅▆▇█ 0.510 to 0.580");
        let long: Vec<HistoryRow> = (1..=80).map(row).collect();
        assert_eq!(
            curves(&long)
                .lines()
                .nth(1)
                .expect("a curve")
                .chars()
                .filter(|c| STEPS.contains(c))
                .count(),
            SHOWN
        );
    }
}
