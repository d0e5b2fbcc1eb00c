//! `covid-ct audit --predictions`: labels that networks which have not seen a picture hold for wrong.

use std::fmt::Write as _;
use std::fs;

use crate::common::{Project, files, text};
use serde_json::Value;

/// The command in the workspace's folder.
fn command<'a>(project: &Project, args: impl IntoIterator<Item = &'a str>) -> assert_cmd::Command {
    let mut command = project.command(args);
    command.current_dir(project.path(""));
    command
}

/// A workspace whose labelled panels are exported, and the names of these with whether they are of COVID-19.
fn exported() -> (Project, Vec<(String, bool)>) {
    let project = Project::new();
    command(&project, ["synth", "corpus", "--papers", "8"]).assert().success();
    command(&project, ["ingest", "corpus/pdf"]).assert().success();
    command(&project, ["annotations", "import", "corpus/annotations"]).assert().success();
    command(&project, ["split", "own"]).assert().success();
    command(&project, ["export", "own", "--split", "own"]).assert().success();
    let pictures = files(&project.path("data/export/own"));
    let names: Vec<(String, bool)> = pictures
        .iter()
        .filter(|(path, _)| path.extension().is_some_and(|extension| extension == "png"))
        .map(|(path, _)| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, path.components().any(|part| part.as_os_str() == "CT_COVID"))
        })
        .collect();
    assert!(names.len() > 20, "{names:?}");
    (project, names)
}

/// Predictions that bear out all labels but `wrong`, of which each is less likely than the one before.
fn predictions(names: &[(String, bool)], wrong: &[usize]) -> String {
    let mut csv = String::from("file,label,score,predicted\n");
    for (place, (name, covid)) in names.iter().enumerate() {
        let at = wrong.iter().position(|&other| other == place);
        let confidence = match at {
            Some(at) => 0.10 - 0.02 * at as f64,
            None => 0.85 + 0.001 * place as f64,
        };
        let score = if *covid { confidence } else { 1.0 - confidence };
        let label = if *covid { "covid" } else { "non-covid" };
        writeln!(csv, "{name},{label},{score:.4},{label}").expect("written");
    }
    csv
}

#[test]
fn labels_that_networks_doubt_are_listed_shown_and_asked_again() {
    let (project, names) = exported();
    let half = names.len() / 2;
    let wrong = [3, half + 1, half + 5];
    let (first, second) = names.split_at(half);
    // Two folds, each with its half of the pictures.
    fs::write(project.path("one.csv"), predictions(first, &[3])).expect("written");
    fs::write(project.path("two.csv"), predictions(second, &[1, 5])).expect("written");
    let mut asked: Vec<&str> = Vec::new();
    asked.extend(["audit", "--predictions", "one.csv", "two.csv"]);
    asked.extend(["--wrong-labels", "queue.csv", "--html", "--json"]);
    let out = command(&project, asked).assert().success();
    let told: Value = serde_json::from_slice(&out.get_output().stdout).expect("JSON");
    let found = &told["wrong_labels"];
    assert_eq!((&found["predicted"], &found["unpredicted"]), (&names.len().into(), &0.into()));
    let listed: Vec<&str> = found["found"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|wrong| wrong["name"].as_str().expect("a name"))
        .collect();
    let mut doubted: Vec<&str> = wrong.iter().map(|&place| names[place].0.as_str()).collect();
    doubted.sort_unstable();
    let mut sorted = listed.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, doubted);
    let page = fs::read_to_string(project.path("data/audit/all.html")).expect("page");
    assert!(page.contains("Probable label errors (3)"));
    assert!(listed.iter().all(|name| page.contains(*name)));

    let queue = fs::read_to_string(project.path("queue.csv")).expect("queue");
    let stems: Vec<&str> = listed.iter().map(|name| name.trim_end_matches(".png")).collect();
    let queued: Vec<&str> =
        queue.lines().skip(1).filter_map(|line| line.split(',').nth(2)).collect();
    assert_eq!(queued, stems);
    let mut label = command(&project, ["label", "diagnose", "--curator", "synth"]);
    label.args(["--state", "decided", "--scores", "queue.csv"]);
    let out = label.write_stdin("q\n").assert().success();
    let shown = text(&out.get_output().stdout);
    // The paper, and the picture's place in it.
    let paper = stems[0].split("-p").next().expect("a paper");
    assert!(shown.contains(paper), "{shown}");

    let out =
        command(&project, ["audit", "--predictions", "one.csv", "two.csv"]).assert().success();
    let told = text(&out.get_output().stdout);
    assert!(told.contains("3 labels are probably wrong, of "), "{told}");
}

#[test]
fn predictions_of_other_pictures_are_refused() {
    let (project, _) = exported();
    fs::write(project.path("other.csv"), "file,score\nx-p1-1.png,0.5\n").expect("written");
    let out = command(&project, ["audit", "--predictions", "other.csv"]).assert().code(2);
    let complaint = text(&out.get_output().stderr);
    assert!(complaint.contains("none of the 1 predicted pictures"), "{complaint}");
    let out = command(&project, ["audit", "--predictions", "gone"]).assert().code(2);
    assert!(text(&out.get_output().stderr).contains("`covid-ct evaluate` writes"));
    command(&project, ["audit", "--wrong-labels", "x.csv"]).assert().code(2);
}
