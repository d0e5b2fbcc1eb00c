//! `covid-ct task`

use std::fmt::Write as _;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use anyhow::{Context as _, bail};
use covid_ct_core::task::{Draft, DraftAnswer, Task, parse, read, template};
use serde_json::json;

use super::Outcome;
use crate::cli::{NewTaskArgs, TaskAction, TaskArgs};
use crate::{atomic, task};

pub fn run(args: &TaskArgs) -> anyhow::Result<Outcome> {
    match &args.action {
        TaskAction::Check { file } => {
            let task = read(file)?;
            println!("{}: sound", file.display());
            print!("{}", told(&task));
            Ok(Outcome::Done)
        }
        TaskAction::New(args) => new(args),
        TaskAction::Show { json: true, .. } => {
            println!("{}", as_json(task::in_force()));
            Ok(Outcome::Done)
        }
        TaskAction::Show { text: true, .. } => {
            print!("{}", to_begin_with(&task::in_force().text));
            Ok(Outcome::Done)
        }
        TaskAction::Show { guideline: true, .. } => {
            print!("{}", task::in_force().guideline);
            Ok(Outcome::Done)
        }
        TaskAction::Show { .. } => {
            print!("{}", told(task::in_force()));
            Ok(Outcome::Done)
        }
    }
}

/// The file as it is, but for its guideline, which lies where the file lay.
fn to_begin_with(text: &str) -> String {
    let line = |line: &str| {
        match line.strip_prefix("guideline = ") {
        Some(_) => "# A Markdown file beside this one; `covid-ct task show --guideline` prints the one there was.\n\
                    # guideline = \"GUIDELINE.md\"\n"
            .to_owned(),
        None => format!("{line}\n"),
    }
    };
    text.lines().map(line).collect()
}

/// The stages in the order of the work, each with its answers, and the classes.
fn told(task: &Task) -> String {
    let mut text = format!("{task}: {}\n", task.title);
    for &stage in task.stages() {
        let question = task.question(stage);
        let ask = match question {
            Some(question) => &question.ask,
            None if stage == covid_ct_core::Stage::Crop => &task.crop.ask,
            None => &task.case.ask,
        };
        let _ = writeln!(text, "\n{stage:<12}{ask}");
        for answer in question.into_iter().flat_map(|question| &question.answers) {
            let becomes = match answer.class {
                Some(class) => format!("class {}", task.classes[class.index()].name),
                None if answer.keeps => "wanted".into(),
                None if answer.drops => "left out".into(),
                None if answer.is_unsure => "unsure".into(),
                None => String::new(),
            };
            let line = format!("  {}  {:<20}{becomes}", answer.key, answer.word);
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }
    let classes: Vec<&str> = task.classes.iter().map(|class| class.name.as_str()).collect();
    let positive = &task.classes[task.positive().index()].name;
    text + &format!("\nclasses     {}; {positive} is the positive one\n", classes.join(", "))
}

fn as_json(task: &Task) -> serde_json::Value {
    let question = |question: &task::Question| {
        let answers: Vec<_> = question
            .answers
            .iter()
            .map(|answer| {
                json!({
                    "key": answer.key,
                    "word": answer.word,
                    "class": answer.class.map(|class| task.classes[class.index()].name),
                    "keeps": answer.keeps,
                    "drops": answer.drops,
                    "unsure": answer.is_unsure,
                })
            })
            .collect();
        json!({
            "name": question.stage,
            "subject": question.subject,
            "ask": question.ask,
            "evidence": question.evidence,
            "answers": answers,
        })
    };
    let class = |class: &task::Class| json!({ "name": class.name, "title": class.title, "folder": class.folder, "list": class.list });
    json!({
        "name": task.name,
        "title": task.title,
        "sha256": task.sha256,
        "stages": task.stages(),
        "questions": task.questions.iter().map(question).collect::<Vec<_>>(),
        "classes": task.classes.iter().map(class).collect::<Vec<_>>(),
        "positive": task.classes[task.positive().index()].name,
    })
}

fn new(args: &NewTaskArgs) -> anyhow::Result<Outcome> {
    if args.file.exists() && !args.force {
        bail!("{} is there already: --force replaces it", args.file.display());
    }
    let classes = if args.classes.is_empty() {
        let typed = ask(
            "Its classes, the one looked for first, such as: influenza, other",
            None,
            "--class",
        )?;
        let names = typed.split(',').map(str::trim).filter(|name| !name.is_empty());
        let mut classes = Vec::new();
        for name in names {
            let question = format!(
                "Words of captions that speak for {name}, with commas between (Enter: none)"
            );
            let words = ask(&question, Some(""), "--class")?;
            classes.push(class(&format!("{name}: {words}")));
        }
        classes
    } else {
        args.classes.iter().map(|text| class(text)).collect()
    };
    let given =
        |given: &Option<String>, question: &str, default: Option<&str>, option: &str| match given {
            Some(text) => Ok(text.clone()),
            None => ask(question, default, option),
        };
    let name = given(&args.name, "The task's name, one word such as influenza-ct", None, "--name")?;
    let title = given(&args.title, "What the dataset is called", Some(&name), "--title")?;
    let thing = given(
        &args.thing,
        "What a picture that is wanted shows, such as: a chest CT",
        None,
        "--thing",
    )?;
    let ask = given(
        &args.ask,
        "The question that gives classes",
        Some("What do the authors say that it shows?"),
        "--ask",
    )?;
    let draft = Draft { name, title, thing, ask, classes, crop: !args.whole, case: !args.no_cases };
    let text = template(&draft);
    if let Err(faults) = parse(&text, "") {
        let told: Vec<String> = faults.into_iter().map(|fault| fault.problem).collect();
        bail!("nothing was written: {}", told.join("; "));
    }
    atomic::write(&args.file, text.as_bytes())
        .with_context(|| format!("cannot write {}", args.file.display()))?;
    println!(
        "{}: written. Look it over, then `covid-ct task check {}`; in a workspace as task.toml, or with --task, it is \
         used",
        args.file.display(),
        args.file.display()
    );
    Ok(Outcome::Done)
}

/// `NAME: WORDS, WORDS`
fn class(text: &str) -> DraftAnswer {
    let (name, words) = text.split_once(':').unwrap_or((text, ""));
    let words = words.split(',').map(str::trim).filter(|words| !words.is_empty());
    DraftAnswer { name: name.trim().into(), words: words.map(String::from).collect() }
}

/// Asks at a terminal or of a script, a line an answer; the option that says it otherwise is named where nobody answers.
fn ask(question: &str, default: Option<&str>, option: &str) -> anyhow::Result<String> {
    let shown = default.filter(|default| !default.is_empty());
    let shown = shown.map_or(String::new(), |default| format!(" [{default}]"));
    loop {
        if io::stdin().is_terminal() {
            eprint!("{question}{shown}: ");
            io::stderr().flush()?;
        }
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line).context("cannot read an answer")? == 0 {
            bail!("no answer to '{question}': say it with {option}");
        }
        match (line.trim(), default) {
            ("", Some(default)) => return Ok(default.to_owned()),
            ("", None) if io::stdin().is_terminal() => {}
            ("", None) => bail!("no answer to '{question}': say it with {option}"),
            (answer, _) => return Ok(answer.to_owned()),
        }
    }
}
