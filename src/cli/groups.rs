//! The commands as `--help` lists them: in groups, each with an example, and what to type instead of commands that
//! people expect and that have another name here.

use std::fmt::Write as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, FromArgMatches as _};

use super::Cli;

/// A group's name, and its commands with an example of each.
type Group = (&'static str, &'static [(&'static str, &'static str)]);

/// In the order of the work; README.md has the same groups.
const GROUPS: &[Group] = &[
    (
        "Get papers",
        &[
            ("fetch", "covid-ct fetch --contact you@example.org"),
            ("synth", "covid-ct synth papers --papers 9 --seed 1"),
        ],
    ),
    (
        "Read them",
        &[
            ("ingest", "covid-ct ingest ~/papers --jobs 4"),
            ("extract", "covid-ct extract list.txt --out shards"),
            ("merge", "covid-ct merge shards"),
        ],
    ),
    (
        "Look",
        &[
            ("figures", "covid-ct figures --json 2020.02.10.20021584"),
            ("show", "covid-ct show NAME.pdf --page 7 --out page.png"),
            ("status", "covid-ct status --suspects"),
            ("report", "covid-ct report"),
        ],
    ),
    (
        "Label",
        &[
            ("task", "covid-ct task new task.toml"),
            ("label", "covid-ct label select --curator ann"),
            ("annotations", "covid-ct annotations export annotations/mine"),
            ("curators", "covid-ct curators"),
            ("history", "covid-ct history 2020.02.10.20021584-p6-52%1.png"),
        ],
    ),
    (
        "Dataset",
        &[
            ("import-release", "covid-ct import-release ~/COVID-CT"),
            ("recover-crops", "covid-ct recover-crops --release ~/COVID-CT --pdfs ~/papers"),
            ("split", "covid-ct split cv --folds 5"),
            ("audit", "covid-ct audit --split default --html"),
            ("export", "covid-ct export --format parquet --licence open"),
            ("publish", "covid-ct publish open --repo me/my-dataset"),
            ("rebuild", "covid-ct rebuild annotations/mine --pdfs ~/papers"),
            ("resplit", "covid-ct resplit data/export/default data/export/by-image"),
            ("stats", "covid-ct stats"),
        ],
    ),
    (
        "Learn",
        &[
            ("pretrain", "covid-ct pretrain phantoms"),
            ("train", "covid-ct train mine --seeds 5 --jobs 2"),
            ("evaluate", "covid-ct evaluate mine"),
            ("predict", "covid-ct predict mine scan.png"),
            ("controls", "covid-ct controls mine"),
            ("model", "covid-ct model card mine"),
        ],
    ),
    (
        "Look after",
        &[
            ("doctor", "covid-ct doctor --repair"),
            ("backup", "covid-ct backup ~/covid-ct.sqlite"),
            (
                "completions",
                "covid-ct completions bash > ~/.local/share/bash-completion/completions/covid-ct",
            ),
        ],
    ),
];

/// What people type, and what does it.
const INSTEAD: &[(&str, &[&str])] = &[
    ("import", &["annotations import", "import-release"]),
    ("adjudicate", &["label adjudicate"]),
    ("case", &["label case"]),
    ("crop", &["label crop"]),
    ("diagnose", &["label diagnose"]),
    ("select", &["label select"]),
    ("annotate", &["label"]),
    ("download", &["fetch"]),
    ("read", &["ingest"]),
    ("list", &["figures"]),
    ("repair", &["doctor --repair"]),
    ("check", &["doctor", "audit"]),
    ("test", &["evaluate"]),
    ("version", &["--version"]),
];

/// The command line with its commands in groups.
pub fn command() -> clap::Command {
    let mut command = Cli::command();
    let mut listed = String::new();
    for (group, commands) in GROUPS {
        let _ = writeln!(listed, "{group}:");
        for (name, example) in *commands {
            let about = command.find_subcommand(name).and_then(clap::Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(listed, "  {name:<15} {about}");
            command =
                command.mut_subcommand(name, |it| it.after_help(format!("Example:\n  {example}")));
        }
        listed.push('\n');
    }
    command.help_template(format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{listed}Options:\n{{options}}\n\n\
         `covid-ct help COMMAND` tells a command's options."
    ))
}

/// What was typed. Ends the process where that is no command line, or asks for help.
pub fn parse() -> Cli {
    let cli = command().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    cli.unwrap_or_else(|error| with_suggestion(error).exit())
}

/// Names the command that does what was typed, where the name alone would not lead to it.
fn with_suggestion(mut error: clap::Error) -> clap::Error {
    if error.kind() == ErrorKind::InvalidSubcommand
        && let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidSubcommand)
        && let Some((_, instead)) = INSTEAD.iter().find(|(name, _)| name == typed)
    {
        let instead = instead.iter().map(ToString::to_string).collect();
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(instead));
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_that_is_shown_is_in_one_group_with_an_example() {
        let command = Cli::command();
        let mut shown: Vec<&str> = command
            .get_subcommands()
            .filter(|it| !it.is_hide_set())
            .map(clap::Command::get_name)
            .collect();
        let mut grouped: Vec<&str> =
            GROUPS.iter().flat_map(|(_, commands)| *commands).map(|(name, _)| *name).collect();
        shown.sort_unstable();
        grouped.sort_unstable();
        assert_eq!(grouped, shown);
    }

    #[test]
    fn examples_are_command_lines() {
        for (name, example) in GROUPS.iter().flat_map(|(_, commands)| *commands) {
            let line = example.split(" > ").next().unwrap_or_default();
            let parsed = command().try_get_matches_from(line.split(' '));
            assert!(parsed.is_ok(), "{name}: {parsed:?}");
            assert_eq!(line.split(' ').nth(1), Some(*name));
        }
    }

    #[test]
    fn what_people_expect_leads_to_what_there_is() {
        for (typed, instead) in INSTEAD {
            let error =
                command().try_get_matches_from(["covid-ct", typed]).expect_err("no command");
            let told = with_suggestion(error).to_string();
            assert!(instead.iter().all(|name| told.contains(&format!("'{name}'"))), "{told}");
            for name in instead.iter().filter(|name| !name.contains("--")) {
                let line = std::iter::once("covid-ct").chain(name.split(' ')).chain(["--help"]);
                let asked = command().try_get_matches_from(line).expect_err("help");
                assert_eq!(asked.kind(), ErrorKind::DisplayHelp, "{name}");
            }
        }
    }
}
