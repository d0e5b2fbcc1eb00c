//! A model card: what a network was trained on, what it comes to at home and elsewhere, which shortcuts are known, and what
//! it is for (Mitchell et al., "Model Cards for Model Reporting", FAT* 2019), as Markdown.

use std::fmt::Write as _;

use crate::metrics::agreement::Interval;
use crate::metrics::three_decimals;
use crate::runs::controls::{Control, Controls};
use crate::runs::{External, RunConfig, RunMetrics};
use crate::task;
use covid_ct_core::Label;

/// How every card begins.
pub const HEADING: &str = "# Model card: ";

/// What is known of a run or series. What was not measured is said in the card.
#[derive(Debug)]
pub struct ModelCard<'a> {
    pub name: &'a str,
    /// Of the run, or of each member of the series; at least one.
    pub configs: &'a [RunConfig],
    pub metrics: Option<&'a RunMetrics>,
    pub controls: Option<&'a Controls>,
}

impl ModelCard<'_> {
    /// The card. The same files give the same text.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let title = &task::in_force().title;
        let _ = writeln!(out, "{HEADING}{}\n\n{title}.\n", self.name);
        self.details(&mut out);
        self.use_of_it(&mut out);
        self.measured(&mut out);
        self.shortcuts(&mut out);
        out
    }

    fn details(&self, out: &mut String) {
        let Some(config) = self.configs.first() else { return };
        let seeds: Vec<String> = self.configs.iter().map(|one| one.seed.to_string()).collect();
        let classes: Vec<&str> =
            Label::all().iter().map(|label| label.class().name.as_str()).collect();
        let recipe = &config.recipe;
        let _ = writeln!(out, "## What it is\n\n| | |\n| --- | --- |");
        let mut row = |name: &str, value: String| {
            let _ = writeln!(out, "| {name} | {value} |");
        };
        row("Network", format!("{}, {} trainable parameters", config.network, config.parameters));
        row("Classes", classes.join(", "));
        row("Score", format!("P({}), 0 to 1", Label::positive().class().noun));
        row("Sees", format!("grey pictures of {0} x {0} pixels, {1}", recipe.size, fitted(config)));
        row("Initial weights", initial(config));
        row(
            "Training",
            format!(
                "profile {}: {} epochs, batches of {}, Adam at {}",
                recipe.profile, recipe.epochs, recipe.batch, recipe.learning_rate
            ),
        );
        row("Trained on", format!("`{}`", config.data));
        if !config.data_sha256.is_empty() {
            row("SHA-256 of lists and pictures", format!("`{}`", config.data_sha256));
        }
        let counts = &config.counts;
        row(
            "Pictures",
            format!("{} training, {} validation", counts.train.total(), counts.val.total()),
        );
        row(if seeds.len() == 1 { "Seed" } else { "Seeds" }, seeds.join(", "));
        row("Made by", format!("covid-ct {}, {}", config.covid_ct, config.created));
        out.push('\n');
    }

    fn use_of_it(&self, out: &mut String) {
        let _ = writeln!(
            out,
            "## What it is for\n\nTo study what can be learned from figures of papers, to order pictures for curators \
             (`covid-ct predict`), and to be compared with.\n\n**Not for diagnosis.** The pictures are screenshots in \
             papers, the labels rest on what captions say, and scores on pictures of other sources differ, as far as \
             below.\n\n    covid-ct predict {} PICTURE…\n",
            self.name
        );
    }

    fn measured(&self, out: &mut String) {
        out.push_str("## Performance\n\n");
        let Some(own) = self.metrics else {
            let _ = writeln!(out, "It has not been measured: `covid-ct evaluate {}`.\n", self.name);
            return;
        };
        out.push_str(
            "| Pictures | Number | AUROC | Accuracy | Calibration error |\n| --- | --- | --- | --- | --- |\n",
        );
        let at = own.details.operating.as_ref();
        let _ = writeln!(
            out,
            "| `{}`, {} split | {} | {} | {} | {} |",
            own.data,
            own.part,
            own.counts.total(),
            told(own.metrics.auroc, own.details.intervals.and_then(|intervals| intervals.auroc)),
            three_decimals(at.and_then(|at| at.metrics.accuracy).or(own.metrics.accuracy)),
            three_decimals(own.details.calibration.as_ref().map(|calibration| calibration.ece))
        );
        for External { data, counts, auroc, auroc_interval, carried, ece, .. } in &own.external {
            let accuracy = carried.as_ref().and_then(|at| at.accuracy);
            let _ = writeln!(
                out,
                "| `{data}`, external | {} | {} | {} | {} |",
                counts.total(),
                told(*auroc, *auroc_interval),
                three_decimals(accuracy),
                three_decimals(*ece)
            );
        }
        out.push_str("\nIn brackets 95 % intervals of a bootstrap by paper. ");
        out.push_str("Accuracy: at the threshold chosen on validation, else at 0.5.\n\n");
        if own.external.is_empty() {
            let _ = writeln!(
                out,
                "It has not been measured on an external dataset: `covid-ct evaluate {} --external DIR`.\n",
                self.name
            );
        }
        if own.details.by_source.len() > 1 {
            out.push_str("| Source | Pictures | AUROC |\n| --- | --- | --- |\n");
            for slice in &own.details.by_source {
                let auroc = three_decimals(slice.metrics.auroc.or(slice.auroc_against_rest));
                let _ = writeln!(
                    out,
                    "| {} | {} | {auroc} |",
                    slice.name,
                    slice.metrics.confusion.total()
                );
            }
            out.push_str("\nA source of one class is held against all pictures of the other.\n\n");
        }
        if let Some(leaks) = own.leaks.as_ref().filter(|leaks| !leaks.is_empty()) {
            let _ = writeln!(
                out,
                "**Leakage**: {} of the measured pictures are in its training data too, so its own score is too good.\n",
                leaks.images
            );
        }
    }

    fn shortcuts(&self, out: &mut String) {
        out.push_str("## Known shortcuts\n\n");
        let Some(controls) = self.controls else {
            let _ =
                writeln!(out, "No controls have been run yet: `covid-ct controls {}`.", self.name);
            return;
        };
        out.push_str(
            "The first row is the network itself; the controls below it see little or nothing of the disease, and should have an AUROC near 0.5.\n\n| | AUROC |\n| --- | --- |\n",
        );
        let row = |before: &str, control: &Control| {
            let auroc = told(control.auroc, control.auroc_interval);
            format!("| {before}{} | {auroc} |\n", control.name)
        };
        out.push_str(&row("", &controls.whole));
        controls.blanked.iter().for_each(|control| out.push_str(&row("the network, ", control)));
        controls
            .giveaways
            .iter()
            .for_each(|control| out.push_str(&row("predicted from ", control)));
        if !controls.contradictions.is_empty() {
            let count = controls.contradictions.len();
            let _ = writeln!(out, "\n{count} duplicate pairs have contradicting labels.");
        }
    }
}

fn fitted(config: &RunConfig) -> String {
    match config.recipe.fit {
        crate::runs::Fit::Crop => "the middle square".into(),
        crate::runs::Fit::Squash => "squashed to a square".into(),
        crate::runs::Fit::Lungs => {
            "the box around the lungs, squashed to a square, in grey levels of air and soft tissue"
                .into()
        }
    }
}

fn initial(config: &RunConfig) -> String {
    match &config.init_sha256 {
        None => config.init.clone(),
        Some(sha256) => format!("`{}`, SHA-256 `{sha256}`", config.init),
    }
}

/// `0.812 [0.741, 0.877]`
fn told(value: Option<f64>, interval: Option<Interval>) -> String {
    match interval {
        Some(Interval { low, high }) => format!("{} [{low:.3}, {high:.3}]", three_decimals(value)),
        None => three_decimals(value),
    }
}
