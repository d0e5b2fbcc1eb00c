//! `covid-ct annotations export|import --format`, as whole commands.

use std::path::Path;

use predicates::prelude::*;

use crate::common::{Project, extraction, figure_on, grey_object, image_on};
use covid_ct::store::Source;

const TOOLS: [&str; 4] = ["coco", "label-studio", "cvat", "yolo"];

/// A paper with a compound figure of two scans, and its picture called a CT; labelled by `script` at each stage.
fn labelled(scripts: &[(&str, &str)]) -> Project {
    let project = Project::new();
    let mut store = project.store();
    let scan = image_on(2, 8, grey_object(&store, (311, 127)), (311, 127));
    let caption = "Figure 1. Chest CT of a 39-year-old man with COVID-19 on day 3 after onset.";
    let found = extraction("a & \"b\"", vec![scan], vec![figure_on(2, caption)]);
    store.record(&found, Source::Pdf).expect("recorded");
    drop(store);
    for (stage, script) in scripts {
        let label = ["label", stage, "--plain", "--curator", "ann"];
        project.command(label).write_stdin(*script).assert().success();
    }
    project
}

/// Of two boxes, one COVID and one not, of two patients.
fn both() -> Project {
    labelled(&[
        ("select", "c\n"),
        ("crop", "c\n+ 3,5,101,117\n+ 107,0,204,127\nl A\n\ny\n"),
        ("diagnose", "1=c\n\n2=n\nimage clear\n"),
        ("case", "One\n\n\nday 3\nTwo\n-\n-\n-\n"),
    ])
}

#[test]
fn what_is_exported_for_a_tool_comes_in_as_a_curators_decisions() {
    let from = both();
    for tool in TOOLS {
        let folder = from.path(tool);
        let out = folder.to_str().expect("a path of text");
        let export = ["annotations", "export", out, "--format", tool];
        let exported = from.command(export).assert().code(0);
        exported.stdout(predicate::str::contains("1 pictures, 2 boxes"));
        from.command(export).assert().code(2).stderr(predicate::str::contains("not empty"));
        let import = ["annotations", "import", out, "--format", tool, "--curator", "tool"];
        from.command(import)
            .assert()
            .code(0)
            .stdout(predicate::str::contains("crops: 0 added, 1 already here"));
        let to = labelled(&[("select", "c\n")]);
        to.command(import)
            .assert()
            .code(0)
            .stdout(predicate::str::contains("crops: 1 added"))
            .stdout(predicate::str::contains("classes: 2 added"));
        let boxes: Vec<String> = to
            .store()
            .labelled_panels()
            .expect("panels")
            .iter()
            .map(|panel| format!("{} {}", panel.bounds, panel.label.expect("a class")))
            .collect();
        assert_eq!(boxes, ["3,5,101,117 covid", "107,0,204,127 non-covid"], "{tool}");
    }
}

#[test]
fn whoever_decided_there_is_named_and_conflicts_are_told() {
    let project = both();
    let folder = project.path("cvat");
    let out = folder.to_str().expect("a path of text");
    project.command(["annotations", "export", out, "--format", "cvat"]).assert().success();
    let file = folder.join("annotations.xml");
    let xml = std::fs::read_to_string(&file).expect("read");
    assert!(xml.contains("a &amp; &quot;b&quot;-p1-8.png"), "{xml}");
    let changed = xml.replacen("label=\"non-covid\"", "label=\"covid\"", 1).replacen(
        "</image>",
        "<polygon label=\"covid\" points=\"1,1;2,2\"/></image>",
        1,
    );
    std::fs::write(&file, changed).expect("written");
    let import = ["annotations", "import", out, "--format", "cvat"];
    project.command(import).env_remove("COVID_CT_CURATOR").assert().code(2);
    project
        .command(import)
        .args(["--curator", "tool"])
        .assert()
        .code(1)
        .stderr(predicate::str::contains("curators disagree on 1"))
        .stderr(predicate::str::contains("ann: non-covid; tool: covid"))
        .stderr(predicate::str::contains("a <polygon> is not taken"));
}

/// A picture of a paper that is asked about under the task `figure-kind`, which cuts nothing.
fn uncut() -> Project {
    let project = labelled(&[]);
    for name in ["figure-kind.toml", "figure-kind.md"] {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tasks").join(name);
        let to = if name.ends_with("toml") { "task.toml" } else { name };
        std::fs::copy(from, project.path(to)).expect("copied");
    }
    project
}

#[test]
fn the_classes_are_the_answers_of_the_task_also_of_uncut_pictures() {
    for tool in TOOLS {
        let (from, to) = (uncut(), uncut());
        for (project, curator, key) in [(&from, "ann", "c\n"), (&to, "bob", "g\n")] {
            let label = ["label", "kind", "--plain", "--curator", curator];
            project.command(label).write_stdin(key).assert().success();
        }
        let folder = from.path(tool);
        let out = folder.to_str().expect("a path of text");
        from.command(["annotations", "export", out, "--format", tool])
            .assert()
            .code(0)
            .stdout(predicate::str::contains("1 pictures, 1 boxes"));
        let import = ["annotations", "import", out, "--format", tool, "--curator"];
        from.command(import)
            .arg("tool")
            .assert()
            .code(0)
            .stdout(predicate::str::contains("classes: 0 added, 1 already here"));
        to.command(import)
            .arg("tool")
            .assert()
            .code(0)
            .stdout(predicate::str::contains("classes: 1 added"))
            .stderr(predicate::str::contains("bob: gel; tool: chart"));
    }
}
