//! `config.json`: how a run was made, and in what two differ.

use std::collections::BTreeSet;

use covid_ct_core::task::{self, Task};
use covid_ct_core::{ClassCounts, Symbol};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Hyperparameters;

/// The images a run learned from and chose its checkpoint by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunCounts {
    pub train: ClassCounts,
    pub val: ClassCounts,
}

/// `config.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunConfig {
    /// Version of the program that trained.
    pub covid_ct: String,
    pub run: String,
    /// What the runs of `train NAME --seeds N` share: `NAME`, of `NAME-seed0`, `NAME-seed1` and so on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
    /// RFC 3339, UTC.
    pub created: String,
    /// Folder of the dataset: relative to the workspace where it lies inside, else absolute.
    pub data: String,
    /// SHA-256 over the lists and the pictures that it was trained on and chosen by.
    #[serde(default)]
    pub data_sha256: String,
    /// Such as `densenet121`.
    pub network: String,
    /// Trainable numbers in the network.
    pub parameters: u64,
    /// `random`, or the file the weights started from.
    pub init: String,
    /// Of that file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init_sha256: Option<String>,
    /// `history.csv` tells how many of its epochs were made.
    #[serde(flatten)]
    pub recipe: Hyperparameters,
    pub seed: u64,
    /// `cpu` or `cuda`.
    pub device: String,
    /// Threads libtorch computed with.
    pub threads: u32,
    /// Of the numbers in convolutions: `fp32` or `bf16`.
    #[serde(default = "full_precision")]
    pub precision: String,
    pub counts: RunCounts,
    /// The task whose classes it tells apart; `None` of the one that is compiled in, as of every run before there were
    /// tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskOfRun>,
}

/// The task of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskOfRun {
    pub name: String,
    /// Of its file and guideline.
    pub sha256: String,
    /// In the order of the network's outputs.
    pub classes: Vec<Symbol>,
}

impl TaskOfRun {
    /// The task in force; `None` of the one that is compiled in.
    pub fn in_force() -> Option<Self> {
        let task = task::in_force();
        (!task.is_default()).then(|| Self {
            name: task.name.clone(),
            sha256: task.sha256.clone(),
            classes: task.classes.iter().map(|class| class.name).collect(),
        })
    }
}

fn full_precision() -> String {
    "fp32".into()
}

/// What of a `config.json` says which task the run is of: all else can be read only under that.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct WhoseRun {
    pub run: String,
    #[serde(default)]
    pub task: Option<TaskOfRun>,
}

impl WhoseRun {
    /// Whether the task in force has the classes that this run tells apart.
    ///
    /// # Errors
    /// Says of which task the run is.
    pub fn check(&self) -> Result<(), String> {
        let (own, here) = (task::built_in(), task::in_force());
        let classes = |task: &Task| task.classes.iter().map(|class| class.name).collect::<Vec<_>>();
        let (name, of_run) = match &self.task {
            Some(of) => (&of.name, of.classes.clone()),
            None => (&own.name, classes(own)),
        };
        if *name == here.name && of_run == classes(here) {
            return Ok(());
        }
        let words: Vec<&str> = of_run.iter().map(|class| class.as_str()).collect();
        Err(format!(
            "the run {} is of the task {name} with the classes {}, and the task here is {}: give the file of {name} with --task",
            self.run,
            words.join(", "),
            here.name
        ))
    }
}

impl RunConfig {
    /// In what this run was trained otherwise than is wanted, a setting each.
    pub fn differences(&self, wanted: &Self) -> Vec<String> {
        differences(self, wanted)
    }

    /// Whether they are runs of one recipe, from one start, in one precision: means over them are of
    /// something. The last digits, which threads and device decide, do not matter to that.
    pub fn trains_alike(&self, other: &Self) -> bool {
        self.recipe == other.recipe
            && self.network == other.network
            && self.init_sha256 == other.init_sha256
            && self.precision == other.precision
    }
}

/// The settings in which what `found` tells of a training is not what is `wanted`, each with both values; none
/// where the two train the same network to the last digit. When they were begun does not matter, nor where the
/// initial weights lie, as long as they are the same.
pub(crate) fn differences(found: &impl Serialize, wanted: &impl Serialize) -> Vec<String> {
    let (found, wanted) = (settings(found), settings(wanted));
    let names: BTreeSet<&String> = found.keys().chain(wanted.keys()).collect();
    let differing = names.into_iter().filter(|name| {
        !["created", "init", "task"].contains(&name.as_str())
            && found.get(*name) != wanted.get(*name)
            || *name == "task" && classes_of(&found) != classes_of(&wanted)
    });
    let told = |name: &String| {
        // A digest says less than the name of what it is of.
        let shown = if name == "init_sha256" { "init" } else { name };
        let value = |of: &Map<String, Value>| of.get(shown).map_or("none".into(), Value::to_string);
        format!("{shown} {}, now {}", value(&found), value(&wanted))
    };
    differing.map(told).collect()
}

/// The classes that a network tells apart: all of a task that matters to a training.
fn classes_of(settings: &Map<String, Value>) -> Option<&Value> {
    settings.get("task")?.get("classes")
}

fn settings(config: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(config) {
        Ok(Value::Object(settings)) => settings,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Config {
        created: u8,
        init: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        init_sha256: Option<&'static str>,
        epochs: u8,
    }

    #[test]
    fn what_differs_is_told_with_both_values() {
        let config =
            |created, init, init_sha256, epochs| Config { created, init, init_sha256, epochs };
        let one = config(1, "a.pth", Some("ab"), 7);
        assert!(differences(&one, &config(2, "./a.pth", Some("ab"), 7)).is_empty());
        assert_eq!(differences(&one, &config(1, "a.pth", Some("ab"), 9)), ["epochs 7, now 9"]);
        let expected = [r#"init "a.pth", now "random""#];
        assert_eq!(differences(&one, &config(1, "random", None, 7)), expected);
    }
}
