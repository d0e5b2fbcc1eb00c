//! What is measured: a run, or the runs of a series together; and the pictures that it is shown.

use crate::Workspace;
use crate::model::{
    self, DatasetFolder, Example, Explainer, InputTransform, Odds, Pictures, Preparation,
    Transformed,
};
use crate::runs::{Member, Members, RunConfig, RunCounts, RunFiles, check_run_name};
use anyhow::{anyhow, bail};
use covid_ct_core::Split;

use crate::commands::environment::Computing;
use crate::commands::pace::Pace;
use crate::commands::progress_bar;
use crate::commands::train::recorded_path;

#[derive(Debug)]
pub struct Subject {
    pub name: String,
    pub files: RunFiles,
    /// At least one; of a run itself alone.
    pub members: Vec<Member>,
    /// Names of members that should be there.
    pub missing: Vec<String>,
    pub is_series: bool,
}

impl Subject {
    /// The run `name`, else the series of that name.
    pub fn find(workspace: &Workspace, name: &str) -> anyhow::Result<Self> {
        check_run_name(name)?;
        let files = RunFiles::new(workspace.run(name));
        if files.config().is_file() {
            let member = Member { config: files.read_config()?, files: files.clone() };
            let (members, missing) = (vec![member], Vec::new());
            return Ok(Self { name: name.into(), files, members, missing, is_series: false });
        }
        let Members { present, missing } = Members::find(&workspace.runs(), name)?;
        if present.is_empty() {
            bail!(
                "no run at {}, and no run of a series '{name}': run `covid-ct train {name}` first",
                files.folder().display()
            );
        }
        one_dataset(name, &present)?;
        one_recipe(name, present.iter().map(|member| &member.config))?;
        Ok(Self { name: name.into(), files, members: present, missing, is_series: true })
    }

    /// Names on stderr what is not there as it was meant to be.
    pub fn tell_missing(&self) {
        for missing in &self.missing {
            eprintln!("covid-ct: {missing} is missing or not complete: done without it");
        }
        if !self.is_series && self.files.state().exists() {
            eprintln!(
                "covid-ct: {} was stopped before its end: the weights that it had kept until then are used here",
                self.name
            );
        }
    }

    pub fn config(&self) -> &RunConfig {
        &self.members[0].config
    }

    /// What is said of all pictures: by the run, or by the members together.
    pub fn score(
        &self,
        networks: &mut [Box<dyn Explainer>],
        shown: &mut Shown,
        transform: InputTransform,
    ) -> anyhow::Result<Vec<Odds>> {
        let mut scores = Vec::new();
        for (member, network) in self.members.iter().zip(networks) {
            scores.push(shown.score(network.as_mut(), &member.config, transform)?);
        }
        Ok(Odds::mean_probability(&scores))
    }
}

/// Where what is measured of a run goes: to its own files, but on another dataset than it was trained on to a
/// folder beside them, so that neither takes the place of the other.
#[derive(Debug)]
pub struct Destination {
    /// The dataset, as runs record it.
    pub data: String,
    elsewhere: bool,
}

impl Destination {
    pub fn of(
        workspace: &Workspace,
        config: &RunConfig,
        dataset: &DatasetFolder,
    ) -> anyhow::Result<Self> {
        let data = recorded_path(workspace, dataset.root())?;
        let gone = !workspace.root().join(&config.data).exists();
        // Pictures that cannot be read are others than those that it learned from.
        let learned_from = || dataset.digest().is_ok_and(|digest| digest == config.data_sha256);
        let in_place = data == config.data;
        if in_place && !config.data_sha256.is_empty() && !learned_from() {
            eprintln!(
                "covid-ct: {data} has changed since {} was trained on it: the measured images may be among its training images; \
                 train it again",
                config.run
            );
        }
        Ok(Self { data, elsewhere: !(in_place || gone && learned_from()) })
    }

    /// Whether the dataset is the one that the run was trained on.
    pub fn is_own(&self) -> bool {
        !self.elsewhere
    }

    pub fn within(&self, run: &RunFiles) -> RunFiles {
        if self.elsewhere { run.elsewhere(&self.data) } else { run.clone() }
    }
}

/// What tells datasets apart: their contents, wherever they lie, or of runs that do not tell them the folder.
fn dataset_of(config: &RunConfig) -> (&str, RunCounts) {
    let known = if config.data_sha256.is_empty() { &config.data } else { &config.data_sha256 };
    (known, config.counts.clone())
}

/// Runs that learned different things have no mean.
fn one_dataset(series: &str, members: &[Member]) -> anyhow::Result<()> {
    let first = dataset_of(&members[0].config);
    if members.iter().all(|member| dataset_of(&member.config) == first) {
        return Ok(());
    }
    let lines: Vec<String> = members
        .iter()
        .map(|Member { config, .. }| {
            let RunCounts { train, val } = &config.counts;
            format!("  {}: {}, {} + {} images", config.run, config.data, train.total(), val.total())
        })
        .collect();
    bail!(
        "the runs of '{series}' were trained on different datasets, so they have no mean; train those \
         again that differ, or move them out of data/runs:\n{}",
        lines.join("\n")
    )
}

/// Nor have runs that learned in different ways, as when some of a series were trained again otherwise.
pub fn one_recipe<'a>(
    series: &str,
    configs: impl IntoIterator<Item = &'a RunConfig>,
) -> anyhow::Result<()> {
    let mut configs = configs.into_iter();
    let Some(first) = configs.next() else { return Ok(()) };
    let others: Vec<&str> = configs
        .filter(|config| !config.trains_alike(first))
        .map(|config| config.run.as_str())
        .collect();
    if others.is_empty() {
        return Ok(());
    }
    bail!(
        "the runs of '{series}' were trained in different ways, so they have no mean: {} and {} differ in their \
         recipe, network, initial weights or precision (config.json tells); train those again that differ, \
         or move them out of data/runs",
        first.run,
        others.join(", ")
    )
}

/// The member's network, ready to score.
pub fn load(member: &Member, computing: &Computing<'_>) -> anyhow::Result<Box<dyn Explainer>> {
    let Member { files, config } = member;
    let network = config.network.parse().map_err(|e: String| {
        anyhow!("{}: network: {e}; train the run again", files.config().display())
    })?;
    Ok(computing.backend.load_scorer(network, &files.checkpoint(), computing.compute)?)
}

/// How a run's pictures are brought to size, and the size.
pub fn preparation(config: &RunConfig) -> (Preparation, u32) {
    (Preparation::Whole(config.recipe.fit), config.recipe.size)
}

/// The pictures of a part, decoded once for all runs that see them alike.
#[derive(Debug)]
pub struct Shown {
    part: Split,
    examples: Vec<Example>,
    loaded: Vec<((Preparation, u32), Pictures)>,
}

impl Shown {
    pub fn new(dataset: &DatasetFolder, part: Split) -> model::Result<Self> {
        Ok(Self { part, examples: dataset.examples(part)?, loaded: Vec::new() })
    }

    pub fn examples(&self) -> &[Example] {
        &self.examples
    }

    /// Says on stderr where there is nothing of a class, so that half of the numbers are undefined.
    pub fn tell_missing_class(&self) {
        if let Some(label) = model::missing_class(&self.examples) {
            eprintln!(
                "covid-ct: the {} split holds no {label} image: AUROC and other measures that need both classes are undefined",
                self.part
            );
        }
    }

    /// What the network says of all examples.
    pub fn score(
        &mut self,
        network: &mut dyn Explainer,
        config: &RunConfig,
        transform: InputTransform,
    ) -> anyhow::Result<Vec<Odds>> {
        let how = preparation(config);
        let known = self.loaded.iter().position(|(loaded, _)| *loaded == how);
        let place = if let Some(place) = known {
            place
        } else {
            let pictures = Pictures::load(self.examples.clone(), how.0, how.1, || ())?;
            self.loaded.push((how, pictures));
            self.loaded.len() - 1
        };
        let bar = progress_bar(self.examples.len(), self.part.as_str());
        let mut viewed = Transformed { scorer: network, transform };
        let mut pace =
            Pace::new(format!("scoring the {} split", self.part), self.examples.len() as u64);
        let scored = model::score(&mut viewed, &self.loaded[place].1, |images| {
            bar.inc(images);
            pace.advance(images);
        });
        bar.finish_and_clear();
        Ok(scored?)
    }
}
