//! Tasks: `task check`, `task new`, `task show`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub struct TaskArgs {
    #[command(subcommand)]
    pub action: TaskAction,
}

#[derive(Debug, Subcommand)]
pub enum TaskAction {
    /// Tell whether a task file is sound; all that is wrong with it, by line
    Check {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Write a new task file, with a comment at each key; what no option says is asked
    New(NewTaskArgs),
    /// Print the task in force: its questions, answers and classes
    Show {
        /// One JSON object
        #[arg(long)]
        json: bool,

        /// The file, to begin a task of your own with
        #[arg(long, conflicts_with = "json")]
        text: bool,

        /// Its guideline
        #[arg(long, conflicts_with_all = ["json", "text"])]
        guideline: bool,
    },
}

#[derive(Debug, Args)]
pub struct NewTaskArgs {
    /// File to write, such as task.toml in the workspace
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// One word of small letters, digits and hyphens, such as influenza-ct
    #[arg(long, value_name = "WORD")]
    pub name: Option<String>,

    /// What the dataset is called
    #[arg(long, value_name = "WORDS")]
    pub title: Option<String>,

    /// What a picture that is wanted shows, such as 'a chest CT'
    #[arg(long, value_name = "WORDS")]
    pub thing: Option<String>,

    /// The question that gives classes
    #[arg(long, value_name = "SENTENCE")]
    pub ask: Option<String>,

    /// A class, and after a colon words of captions that speak for it, such as 'influenza: influenza, H1N1'; one option a
    /// class, two at least, the positive one first
    #[arg(long = "class", value_name = "NAME[: WORDS, ...]")]
    pub classes: Vec<String>,

    /// Do not cut pictures into panels: a picture is its only panel
    #[arg(long)]
    pub whole: bool,

    /// Do not ask whose scan a panel is
    #[arg(long)]
    pub no_cases: bool,

    /// Replace the file if it is there
    #[arg(long)]
    pub force: bool,
}
