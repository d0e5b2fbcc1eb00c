//! Tasks that are not covid-ct's: a file and a guideline, and everything else as ever.

use std::path::Path;

use covid_ct::Workspace;
use covid_ct::store::{Source, Store};
use predicates::prelude::*;

use crate::common::terminal::Terminal;
use crate::common::{Project, extraction, figure_on, files, grey_object, image_on, text};

const INFLUENZA: &str = include_str!("../tasks/influenza.toml");
const GUIDELINE: &str = include_str!("../tasks/influenza.md");

/// Papers with a scan each, half of them of influenza, in a workspace whose task is that.
fn influenza(papers: u32) -> Project {
    let project = Project::new();
    std::fs::write(project.path("task.toml"), INFLUENZA).expect("task");
    std::fs::write(project.path("influenza.md"), GUIDELINE).expect("guideline");
    scans(&project, papers);
    project
}

fn scans(project: &Project, papers: u32) {
    // As an ingest with the task leaves it: nothing is decided, so that any task may take the workspace.
    let mut store = Store::open(&Workspace::new(project.path(""))).expect("store");
    for paper in 0..papers {
        let size = (200 + paper, 160);
        let scan = image_on(1, 9, grey_object(&store, size), size);
        let what = if paper % 2 == 0 { "influenza (H1N1)" } else { "COVID-19" };
        let caption = format!("Figure 1. CT of a 4{}-year-old woman with {what}.", paper % 10);
        let found =
            extraction(&format!("2023.01.{paper:02}"), vec![scan], vec![figure_on(1, &caption)]);
        store.record(&found, Source::Pdf).expect("recorded");
    }
}

fn status(project: &Project) -> serde_json::Value {
    let output = project.command(["status", "--json"]).output().expect("status");
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// What was decided, without times.
fn decisions(project: &Project) -> String {
    let folder = project.path("told");
    let told = folder.to_str().expect("a path of text");
    project.command(["annotations", "export", told]).assert().success();
    let csv = std::fs::read_to_string(folder.join("decisions.csv")).expect("decisions");
    let time = regex::Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").expect("a pattern");
    time.replace_all(&csv, "TIME").into_owned()
}

/// What a script types for `papers` pictures at every stage: all are CTs, every other one is influenza.
fn by_script(project: &Project, papers: u32) {
    let virus: String =
        (0..papers).map(|paper| if paper % 2 == 0 { "i\n\n" } else { "c\n\n" }).collect();
    let script = format!(
        "{}{virus}{}{}{}",
        "y\n".repeat(papers as usize),
        "w\n\ny\n".repeat(papers as usize),
        "a\n".repeat(papers as usize),
        "\n\n".repeat(papers as usize)
    );
    project
        .command(["label", "--curator", "ann", "--order", "paper"])
        .write_stdin(script)
        .assert()
        .success()
        .stderr(predicate::str::contains("nothing is left"));
}

#[test]
fn a_two_class_task_is_a_file_and_a_guideline() {
    let project = influenza(6);
    by_script(&project, 6);
    let told = status(&project);
    let stages: Vec<&str> = told["stages"]
        .as_array()
        .expect("stages")
        .iter()
        .filter_map(|s| s["stage"].as_str())
        .collect();
    assert_eq!(stages, ["select", "virus", "crop", "plane", "case"]);
    assert_eq!(told["panels"]["influenza"], 3);
    assert_eq!(told["panels"]["no_flu"], 3);
    assert_eq!(told["stages"][1]["values"]["influenza"], 3);
    assert!(decisions(&project).contains("CT of a 40-year-old woman with influenza (H1N1)."));
    assert_eq!(std::fs::read_to_string(project.path("told/task.toml")).expect("task"), INFLUENZA);

    project.command(["split", "default", "--by", "paper"]).assert().success();
    for format in ["covid-ct", "imagefolder", "webdataset", "parquet"] {
        project
            .command(["export", "flu", "--split", "default", "--format", format])
            .assert()
            .success()
            .stdout(
                predicate::str::contains("influenza ").and(predicate::str::contains("no-flu ")),
            );
        let folder = project.path("data/export/flu");
        let card = std::fs::read_to_string(folder.join("README.md")).expect("card");
        assert!(
            card.contains("Influenza on CT") && !card.to_lowercase().contains("covid-19"),
            "{card}"
        );
        let meta = std::fs::read_to_string(folder.join("INFLUENZA.csv")).expect("MetaInfo");
        assert!(meta.lines().next().is_some_and(|header| header.ends_with(",plane")), "{meta}");
        assert_eq!(meta.lines().filter(|line| line.ends_with(",axial")).count(), 6, "{meta}");
        let written = folder.to_str().expect("a path of text");
        project.command(["export", "--verify", written]).assert().success();
        if format == "covid-ct" {
            assert!(folder.join("Images-processed/influenza").is_dir());
            assert!(folder.join("Data-split/no-flu/trainno-flu.txt").is_file());
        }
    }
    project.command(["stats"]).assert().success().stdout(predicate::str::contains("paper").not());
    project.command(["report"]).assert().success();
    let page = std::fs::read_to_string(project.path("data/report/index.html")).expect("page");
    assert!(page.contains("Influenza panels") && page.contains("No influenza panels"));
    assert!(!page.contains("Non-COVID"), "words of another task");
}

#[test]
fn keys_decide_what_a_script_does() {
    if !Terminal::is_there() {
        return;
    }
    let (scripted, typed) = (influenza(2), influenza(2));
    by_script(&scripted, 2);
    let terminal = Terminal::label(&typed, &["--order", "paper", "--image-protocol", "none"]);
    terminal.wait_for("Is it a chest CT?");
    terminal.press("?", "Everywhere:");
    terminal.press("g", "What counts as influenza");
    terminal.press("q", "select 1 of 2");
    terminal.press("y", "select 2 of 2");
    terminal.press("y", "Now: virus");
    terminal.press("Space", "Do the authors say that it is influenza?");
    terminal.press("i", "by which words?");
    terminal.press("Enter", "virus 2 of 2");
    terminal.press("c", "by which words?");
    terminal.press("Enter", "Now: crop");
    terminal.press("Space", "Enter accept");
    for next in ["crop 2 of 2", "Now: plane"] {
        terminal.press("w", "Is the whole picture one scan?");
        terminal.tmux(&["send-keys", "Enter"]);
        if !terminal.wait_for_either(next, "Store it anyway?") {
            terminal.press("y", next);
        }
    }
    terminal.press("Space", "In which plane?");
    terminal.press("a", "plane 2 of 2");
    terminal.press("a", "Now: case");
    terminal.press("Space", "Enter accept");
    terminal.press("Enter", "case 2 of 2");
    terminal.press("Enter", "nothing is left");
    terminal.press("q", "ended with 0");
    assert_eq!(decisions(&typed), decisions(&scripted));
}

#[test]
fn another_question_of_covid_ct_is_one_block() {
    let project = Project::new();
    let own = project.command(["task", "show", "--text"]).output().expect("task").stdout;
    let block = "
[[question]]
name = \"plane\"
subject = \"panel\"
ask = \"In which plane is the scan?\"

[[question.answer]]
key = \"a\"
word = \"axial\"

[[question.answer]]
key = \"c\"
word = \"coronal\"
";
    std::fs::write(project.path("task.toml"), text(&own) + block).expect("task");
    scans(&project, 2);
    let shown = project.command(["task", "show"]).output().expect("task").stdout;
    assert!(text(&shown).contains("In which plane is the scan?"));
    // Crop, then the plane, then the case.
    project
        .command(["label", "--curator", "ann", "--order", "paper"])
        .write_stdin("c\nc\nn\n\nc\n\nw\n\ny\nw\n\ny\na\nc\n\n\n\n\n\n\n\n\n")
        .assert()
        .success()
        .stderr(predicate::str::contains("nothing is left"));
    // Of so few panels a part stays empty, which is told.
    project.command(["split", "s", "--by", "paper"]).output().expect("split");
    project.command(["export", "s", "--split", "s", "--allow-empty"]).assert().success();
    let meta = std::fs::read_to_string(project.path("data/export/s/COVID-CT-MetaInfo.csv"))
        .expect("MetaInfo");
    assert!(meta.contains(",axial\n") && meta.contains(",coronal\n"), "{meta}");
    let manifest =
        std::fs::read_to_string(project.path("data/export/s/MANIFEST.csv")).expect("manifest");
    assert!(
        manifest.lines().next().is_some_and(|header| header.ends_with("split_how,plane")),
        "{manifest}"
    );
}

#[test]
fn decisions_of_one_task_are_not_taken_for_those_of_another() {
    let project = influenza(2);
    by_script(&project, 2);
    let task = project.path("task.toml");
    std::fs::rename(&task, project.path("flu.toml")).expect("renamed");
    project.command(["status"]).assert().code(2).stderr(
        predicate::str::contains("the task influenza-ct").and(predicate::str::contains("--task")),
    );
    let named = project.path("flu.toml");
    let named = named.to_str().expect("a path of text");
    project.command(["--task", named, "status"]).assert().success();
    // Annotations say so, too.
    project
        .command(["--task", named, "annotations", "export", "told"])
        .current_dir(project.path(""))
        .assert()
        .success();
    let other = Project::new();
    scans(&other, 2);
    let told = project.path("told");
    other
        .command(["annotations", "import", told.to_str().expect("a path of text")])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("annotations of the task influenza-ct"));
    other
        .command(["--task", named, "annotations", "import", told.to_str().expect("a path of text")])
        .assert()
        .success();
    assert_eq!(decisions_with(&other, named), decisions_with(&project, named));
    project
        .command(["--task", named, "import-release", told.to_str().expect("a path of text")])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("published dataset of the task covid-ct"));
}

fn decisions_with(project: &Project, task: &str) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let folder = project.path("again");
    let told = folder.to_str().expect("a path of text");
    project.command(["--task", task, "annotations", "export", told]).assert().success();
    files(&folder)
}

#[test]
fn what_a_changed_task_changes_is_told_and_nothing_is_lost() {
    let project = influenza(2);
    by_script(&project, 2);
    let changed = INFLUENZA
        .replace("word = \"covid\"", "word = \"not-influenza\"")
        .replace("key = \"r\"\nword = \"coronal\"", "key = \"r\"\nword = \"axial-other\"");
    std::fs::write(project.path("task.toml"), changed).expect("task");
    project
        .command(["status"])
        .assert()
        .success()
        .stderr(predicate::str::contains("the task influenza-ct has changed"))
        .stderr(predicate::str::contains("of 1 decisions at virus 'covid' is no answer any more"))
        .stdout(predicate::str::contains("unknown"));
    let told = status(&project);
    assert_eq!(told["unknown"][0]["word"], "covid");
    assert_eq!(told["panels"]["no_flu"], 0);
    assert_eq!(told["panels"]["without_label"], 1);
    assert!(decisions(&project).contains(",virus,covid,"), "kept");
    std::fs::write(project.path("task.toml"), INFLUENZA).expect("task");
    assert_eq!(status(&project)["panels"]["no_flu"], 1, "and counts again");
}

#[test]
fn a_task_file_is_checked_by_line() {
    let project = Project::new();
    let file = project.path("t.toml");
    let check = |text: &str| {
        std::fs::write(&file, text).expect("task");
        project.command(["task", "check", file.to_str().expect("a path of text")]).assert()
    };
    std::fs::write(project.path("influenza.md"), GUIDELINE).expect("guideline");
    check(INFLUENZA).success().stdout(predicate::str::contains(
        "classes     influenza, no-flu; influenza is the positive one",
    ));
    let line = 1 + INFLUENZA.lines().position(|line| line == "[queue]").expect("a line");
    check(&INFLUENZA.replace("[queue]", "[queue]\ncolour = 1")).code(2).stderr(
        predicate::str::contains(format!("t.toml, line {}: unknown field `colour`", line + 1)),
    );
    std::fs::rename(&file, project.path("task.toml")).expect("renamed");
    // Nothing is done under a task that is not sound.
    project.command(["status"]).assert().code(2).stderr(predicate::str::contains("line"));
    // And where the guideline is not there.
    std::fs::remove_file(project.path("influenza.md")).expect("removed");
    check(INFLUENZA).code(2).stderr(predicate::str::contains("guideline: cannot read"));
}

#[test]
fn a_new_task_is_written_by_options_or_by_answers_and_is_sound() {
    let project = Project::new();
    let (one, other) = (project.path("one.toml"), project.path("other.toml"));
    let [one, other] = [&one, &other].map(|path| path.to_str().expect("a path of text"));
    project
        .command([
            "task",
            "new",
            one,
            "--name",
            "gels",
            "--title",
            "Gels",
            "--thing",
            "a gel",
            "--ask",
            "Of what?",
            "--class",
            "protein: western blot, immunoblot",
            "--class",
            "dna: agarose",
        ])
        .args(["--whole", "--no-cases"])
        .assert()
        .success();
    project
        .command(["task", "new", other, "--whole", "--no-cases"])
        .write_stdin(
            "protein, dna\nwestern blot, immunoblot\nagarose\ngels\nGels\na gel\nOf what?\n",
        )
        .assert()
        .success();
    let read = |path: &str| std::fs::read_to_string(Path::new(path)).expect("task");
    assert_eq!(read(one), read(other));
    project
        .command(["task", "check", one])
        .assert()
        .success()
        .stdout(predicate::str::contains("class protein"));
    project
        .command(["task", "new", one, "--name", "x"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("--force"));
    project
        .command(["task", "new", "x.toml", "--name", "x", "--class", "a b", "--class", "c"])
        .args(["--title", "X", "--thing", "x", "--ask", "x"])
        .current_dir(project.path(""))
        .assert()
        .code(2)
        .stderr(
            predicate::str::contains("nothing was written")
                .and(predicate::str::contains("small letters")),
        );
    project
        .command(["task", "new", "y.toml"])
        .current_dir(project.path(""))
        .write_stdin("")
        .assert()
        .code(2)
        .stderr(predicate::str::contains("--class"));
}

#[test]
fn one_question_selects_and_classifies_uncut_pictures() {
    let project = Project::new();
    for name in ["figure-kind.toml", "figure-kind.md"] {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tasks").join(name);
        let to = if name.ends_with("toml") { "task.toml" } else { name };
        std::fs::copy(from, project.path(to)).expect("copied");
    }
    scans(&project, 4);
    project
        .command(["label", "--curator", "ann", "--order", "paper"])
        .write_stdin("x\nc\nr\nx\n")
        .assert()
        .success()
        .stderr(predicate::str::contains("nothing is left"));
    let told = status(&project);
    assert_eq!((&told["panels"]["scan"], &told["panels"]["chart"]), (&2.into(), &1.into()));
    assert_eq!(told["stages"].as_array().map(Vec::len), Some(1));
    // Of so few panels a part stays empty, which is told.
    project.command(["split", "s", "--by", "paper"]).output().expect("split");
    project.command(["export", "s", "--split", "s", "--allow-empty"]).assert().success();
    let listed = files(&project.path("data/export/s/Images-processed"));
    assert_eq!(listed.len(), 3, "{:?}", listed.iter().map(|(path, _)| path).collect::<Vec<_>>());
}

#[test]
fn the_tasks_that_come_along_are_sound() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tasks");
    let project = Project::new();
    for name in ["covid-ct", "figure-kind", "ct-findings"] {
        let file = folder.join(format!("{name}.toml"));
        project
            .command(["task", "check", file.to_str().expect("a path of text")])
            .assert()
            .success();
    }
}
