//! `covid-ct label` on the full screen of a real terminal, which tmux plays: what is decided by keys is
//! what a script decides at the prompts.

use crate::common::terminal::Terminal;
use crate::common::{CT_ARTICLES, Project, files, shared_data, text};

/// The synthetic corpus, ingested.
fn project() -> Project {
    let project = Project::new();
    let pdfs = project.path("pdfs");
    let pdfs = pdfs.to_str().expect("a path of text");
    project.command(["synth", pdfs, "--papers", "3", "--seed", "7"]).assert().success();
    project.command(["ingest", pdfs]).assert().success();
    project
}

fn left(project: &Project, stage: usize) -> u64 {
    let output = project.command(["status", "--json"]).output().expect("status");
    let status: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    status["stages"][stage]["left"].as_u64().expect("a number")
}

/// The decisions as CSV, without the times at which they were made.
fn annotations(project: &Project) -> Vec<(String, String)> {
    let folder = project.path("annotations");
    let told = folder.to_str().expect("a path of text");
    project.command(["annotations", "export", told]).assert().success();
    let time = regex::Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").expect("a pattern");
    files(&folder)
        .into_iter()
        .map(|(path, bytes)| {
            (path.display().to_string(), time.replace_all(&text(&bytes), "TIME").into_owned())
        })
        .collect()
}

/// Four pictures taken as CTs, the first after an undo, and taken through every stage.
fn by_script(project: &Project, pictures: u64) {
    let select = format!("# first\nc\nu\nc\nc\nc\nc\n{}", "n\n".repeat(pictures as usize - 4));
    let diagnose = "c\n\nn\nimage no lesion\nm\n\nc\n\n";
    // What speaks against boxes is answered with yes; where nothing does, a y is no command.
    let crop = "\ny\nw\n\ny\n\ny\n\ny\n";
    // Whatever is proposed of the patients is taken.
    let case = "\n".repeat(400);
    for (stage, script) in
        [("select", select.as_str()), ("diagnose", diagnose), ("crop", crop), ("case", &case)]
    {
        project
            .command(["label", stage, "--plain", "--curator", "ann"])
            .write_stdin(script)
            .assert()
            .success();
    }
}

/// Takes the boxes that are shown, whatever speaks against them.
fn accept(terminal: &Terminal, leads_to: &str) {
    terminal.tmux(&["send-keys", "Enter"]);
    if terminal.wait_for_either(leads_to, "Store it anyway?") {
        return;
    }
    terminal.press("y", leads_to);
}

fn by_keys(project: &Project, pictures: u64, protocol: &str) {
    let terminal = Terminal::label(project, &["--image-protocol", protocol]);
    let select = |number: u64| format!("select {number} of {pictures}");
    terminal.wait_for(&select(1));
    terminal.press("#", "note:");
    terminal.write("first", "noted");
    terminal.press("c", &select(2));
    terminal.press("u", "undone: select ct");
    for number in 1..4 {
        terminal.press("c", &select(number + 1));
    }
    terminal.press("b", "Which of these");
    terminal.press("1", "1 marked");
    let mut decided = (3 + 10).min(pictures);
    let next =
        |decided| if decided < pictures { select(decided + 1) } else { "diagnose 1 of 4".into() };
    terminal.press("Enter", &next(decided));
    while decided < pictures {
        decided = (decided + 10).min(pictures);
        terminal.press("n", &next(decided));
    }
    terminal.press("Space", "What do the authors say it shows?");
    terminal.press("c", "by which words?");
    terminal.press("Enter", "diagnose 2 of 4");
    terminal.press("n", "by which words?");
    terminal.press("e", "evidence:");
    terminal.write("image no lesion", "no lesion\"");
    terminal.press("Enter", "diagnose 3 of 4");
    terminal.press("m", "uncertain, by");
    terminal.press("Enter", "diagnose 4 of 4");
    terminal.press("c", "by which words?");
    terminal.press("Enter", "Now: crop");
    terminal.press("Space", "Enter accept");
    accept(&terminal, "crop 2 of 4");
    terminal.press("w", "Is the whole picture one scan?");
    accept(&terminal, "crop 3 of 4");
    accept(&terminal, "crop 4 of 4");
    accept(&terminal, "Now: case");
    terminal.press("Space", "Enter accept");
    let panels = left(project, 3);
    for number in 1..panels {
        terminal.press("Enter", &format!("case {} of {panels}", number + 1));
    }
    terminal.press("Enter", "nothing is left");
    terminal.press("q", "ended with 0");
    assert!(terminal.screen().contains("0 skipped; nothing is left"), "{}", terminal.screen());
}

#[test]
fn keys_on_a_real_terminal_decide_what_a_script_does() {
    if !Terminal::is_there() {
        return;
    }
    compare(project);
}

#[test]
fn keys_decide_on_the_ct_articles_what_a_script_does() {
    let Some(data) = shared_data() else { return };
    if !Terminal::is_there() {
        return;
    }
    compare(|| {
        let project = Project::new();
        let pdfs = CT_ARTICLES.map(|name| data.join(format!("pmc/{name}.pdf")));
        project.command(["ingest"]).args(pdfs).assert().success();
        project
    });
}

/// Labels what `project` makes by script, then by keys with every protocol that tmux can show.
fn compare(project: impl Fn() -> Project) {
    let scripted = project();
    let pictures = left(&scripted, 0);
    assert!(pictures > 6, "a sheet and more");
    by_script(&scripted, pictures);
    let expected = annotations(&scripted);
    assert!(expected.iter().any(|(_, csv)| csv.contains("TIME")));
    for protocol in ["half-blocks", "none"] {
        let pressed = project();
        by_keys(&pressed, pictures, protocol);
        assert_eq!(annotations(&pressed), expected, "{protocol}");
    }
}

#[test]
fn a_terminal_that_never_answers_is_not_waited_for_and_is_given_back() {
    if !Terminal::is_there() {
        return;
    }
    let project = project();
    // Nobody is attached to this tmux, so nobody says what the terminal can.
    let terminal = Terminal::label(&project, &[]);
    terminal.wait_for("select 1 of ");
    assert!(terminal.screen().contains('▀'), "half blocks:\n{}", terminal.screen());
    terminal.tmux(&["resize-window", "-x", "80", "-y", "24"]);
    terminal.press("?", "skip: asked again");
    terminal.press("g", "Guideline for curators");
    terminal.press("Escape", "Is it a chest CT?");
    terminal.press("C-c", "ended with 0");
    assert!(!terminal.screen().contains('▀'), "{}", terminal.screen());
    terminal.tmux(&["send-keys", "-l", "echo"]);
    terminal.wait_for("echo");
}
