//! All stages over HTTP: what a page decides is what a script decides at the prompts.

use serde_json::{Value, json};

use crate::common::{CT_ARTICLES, Project, files, shared_data, text};
use crate::server::{Page, Server};

/// The synthetic corpus, ingested.
pub fn project() -> Project {
    let project = Project::new();
    let pdfs = project.path("pdfs");
    let pdfs = pdfs.to_str().expect("a path of text");
    project.command(["synth", pdfs, "--papers", "3", "--seed", "7"]).assert().success();
    project.command(["ingest", pdfs]).assert().success();
    project
}

pub fn left(project: &Project, stage: usize) -> u64 {
    let output = project.command(["status", "--json"]).output().expect("status");
    let status: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    status["stages"][stage]["left"].as_u64().expect("a number")
}

/// The decisions as CSV, without the times at which they were made.
pub fn annotations(project: &Project) -> Vec<(String, String)> {
    let folder = project.path("annotations");
    let told = folder.to_str().expect("a path of text");
    project.command(["annotations", "export", told]).assert().success();
    files(&folder)
        .into_iter()
        .map(|(path, bytes)| (path.display().to_string(), without_times(&text(&bytes))))
        .collect()
}

/// `2020-04-01T00:00:00Z` as TIME.
fn without_times(csv: &str) -> String {
    let is_time =
        |cell: &str| cell.len() == 20 && cell.ends_with('Z') && cell.as_bytes()[10] == b'T';
    let line = |line: &str| {
        let cells = line.split(',').map(|cell| if is_time(cell) { "TIME" } else { cell });
        cells.collect::<Vec<_>>().join(",")
    };
    csv.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Four pictures taken as CTs, the first after an undo, and taken through every stage.
pub fn by_script(project: &Project, pictures: u64) {
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

/// The words that are proposed for an answer, as they are to be sent.
pub fn proposed(view: &Value, answer: &str) -> Value {
    let quotes = view["shown"]["asked"]["quotes"].as_array().expect("quotations");
    let of = quotes.iter().find(|of| of["answer"] == answer && of["panel"].is_null());
    of.expect("quotations")["quotes"][0]["typed"].clone()
}

fn diagnosis(view: &Value, value: &str, words: Option<&str>) -> Value {
    let words = words.map_or_else(|| proposed(view, value), |words| json!(words));
    json!({ "do": "classify", "panel": null, "value": value, "words": words })
}

/// Whatever is proposed of the patient.
pub fn accept_case(view: &Value) -> Value {
    let patient = &view["shown"]["asked"]["patient"];
    json!({
        "do": "case", "name": patient["name"], "age": patient["age"], "sex": patient["sex"],
        "time": patient["time"], "all": false,
    })
}

fn select(value: &str) -> Value {
    json!({ "do": "select", "value": value })
}

/// The same as [`by_script`], with a sheet on the way.
fn by_page(page: &mut Page, pictures: u64) {
    let view = page.view();
    assert_eq!((&view["stage"], &view["total"]), (&json!("select"), &json!(pictures)));
    let view = page.answer(&view, "first", &select("ct"))["view"].clone();
    let mut view = page.go(&view, &json!({ "do": "undo" }));
    for _ in 0..3 {
        view = page.go(&view, &select("ct"));
    }
    let mut view = page.go(&view, &json!({ "do": "batch", "on": true }));
    let mut marked = 1;
    while view["stage"] == "select" {
        let tiles = view["shown"]["asked"]["tiles"].as_array().expect("tiles");
        let images: Vec<Value> = tiles.iter().map(|tile| tile["picture"]["id"].clone()).collect();
        let turned = &images[..marked];
        let sheet = json!({ "do": "sheet", "images": images, "marked": turned, "turned": turned });
        view = page.go(&view, &sheet);
        marked = 0;
    }
    let view = page.go(&view, &diagnosis(&view, "covid", None));
    let view = page.go(&view, &diagnosis(&view, "non-covid", Some("image no lesion")));
    let view = page.go(&view, &diagnosis(&view, "uncertain", None));
    let mut view = page.go(&view, &diagnosis(&view, "covid", None));
    let whole: [&[&str]; 4] = [&[], &["w"], &[], &[]];
    for edits in whole {
        assert_eq!(view["stage"], "crop");
        let shown = page.answer(&view, "", &json!({ "do": "edit", "edits": edits }));
        assert!(shown["panels"].is_array(), "{shown}");
        view = page.go(&view, &json!({ "do": "crop", "edits": edits, "certain": true }));
    }
    while view["stage"] == "case" {
        view = page.go(&view, &accept_case(&view));
    }
    assert!(view["stage"].is_null(), "{view}");
}

/// Labels what `project` makes by script, then by a page.
fn compare(project: impl Fn() -> Project) {
    let scripted = project();
    let pictures = left(&scripted, 0);
    assert!(pictures > 6, "a sheet and more");
    by_script(&scripted, pictures);
    let expected = annotations(&scripted);
    assert!(expected.iter().any(|(_, csv)| csv.contains("TIME")));
    let paged = project();
    let mut server = Server::start(&paged, &["ann"], &[]);
    by_page(&mut server.page("ann"), pictures);
    assert_eq!(server.stop(), Some(0));
    assert_eq!(annotations(&paged), expected);
}

#[test]
fn a_page_decides_what_a_script_does() {
    compare(project);
}

#[test]
fn a_page_decides_on_the_ct_articles_what_a_script_does() {
    let Some(data) = shared_data() else { return };
    compare(|| {
        let project = Project::new();
        let pdfs = CT_ARTICLES.map(|name| data.join(format!("pmc/{name}.pdf")));
        project.command(["ingest"]).args(pdfs).assert().success();
        project
    });
}

#[test]
fn pictures_are_sent_as_they_are_stored() {
    let project = project();
    let server = Server::start(&project, &["ann"], &[]);
    let page = server.page("ann");
    let view = page.view();
    let picture = &view["shown"]["picture"];
    let sent = page.get(&format!("/picture/{}", picture["id"]));
    let decoded = image::load_from_memory(&sent.body).expect("a picture");
    let size = (json!(decoded.width()), json!(decoded.height()));
    assert_eq!((&size.0, &size.1), (&picture["width"], &picture["height"]));
    for ahead in view["ahead"].as_array().expect("ids") {
        assert_eq!(page.get(&format!("/picture/{ahead}")).status, 200);
    }
    assert_eq!(page.get("/picture/999999").status, 404);
    assert_eq!(page.get("/printed/999999").status, 404);
}

#[test]
fn a_dispute_is_settled_with_what_each_said() {
    let project = project();
    for (curator, script) in [("ann", "c\nq\n"), ("bob", "n\nq\n")] {
        let label = ["label", "select", "--plain", "--curator", curator];
        project.command(label).write_stdin(script).assert().success();
    }
    let options = ["adjudicate"];
    let server = Server::start(&project, &["eve"], &options);
    let mut page = server.page("eve");
    let view = page.view();
    let readings = &view["shown"]["asked"]["readings"];
    assert!(readings[0]["told"].as_str().is_some_and(|told| told.starts_with("ann: ct")));
    assert!(readings[1]["told"].as_str().is_some_and(|told| told.starts_with("bob: not-ct")));
    let view = page.go(&view, &json!({ "do": "settle", "reading": 1, "certain": false }));
    assert!(view["stage"].is_null());
    let decided = project.store().decisions().expect("decisions");
    let last = decided.last().expect("a decision");
    assert!(last.adjudicates && last.curator == "eve", "{last:?}");
}
