//! Small projects, and what several pages of one curator do.

use std::path::Path;

use covid_ct::store::Source;
use serde_json::{Value, json};

use crate::common::{Project, extraction, figure_on, grey_object, image_on};
use crate::server::Server;

/// Two papers of a scan each.
pub fn two_papers() -> Project {
    papers(2)
}

/// So many papers of a scan each.
pub fn papers(count: usize) -> Project {
    let project = Project::new();
    let mut store = project.store();
    for paper in 0..count {
        let side = 120 + u32::try_from(paper % 7).expect("a number");
        let scan = image_on(1, 1, grey_object(&store, (side, side)), (side, side));
        let caption = "Figure 1. Chest CT of a 61-year-old woman with COVID-19.";
        let found =
            extraction(&format!("paper{paper:05}"), vec![scan], vec![figure_on(1, caption)]);
        store.record(&found, Source::Pdf).expect("recorded");
    }
    drop(store);
    project
}

#[test]
fn a_repeated_request_is_stored_once_and_gets_the_same_reply() {
    let project = two_papers();
    let mut server = Server::start(&project, &["ann"], &[]);
    let mut page = server.page("ann");
    let view = page.view();
    let body = page.say(&view, "", &json!({ "do": "select", "value": "ct" }));
    let first = page.try_post(&body).expect("a reply").text();
    assert_eq!(page.try_post(&body).expect("a reply").text(), first);
    // A server that was started again does not know the page, but the decision.
    server.kill();
    let server = Server::start(&project, &["ann"], &[]);
    let again = server.page("ann").try_post(&body).expect("a reply").json();
    assert_eq!(again["told"], "stored already");
    assert_eq!(project.store().decisions().expect("decisions").len(), 1);
}

#[test]
fn a_page_that_was_left_behind_is_told_so() {
    let project = two_papers();
    let server = Server::start(&project, &["ann"], &[]);
    let (mut one, mut other) = (server.page("ann"), server.page("ann"));
    let view = one.view();
    one.go(&view, &json!({ "do": "select", "value": "ct" }));
    let reply = other.answer(&view, "", &json!({ "do": "select", "value": "not-ct" }));
    assert!(reply["refused"].as_str().is_some_and(|why| why.contains("not stored")), "{reply}");
    assert!(reply["view"].is_object(), "what is asked now is shown");
    assert_eq!(project.store().decisions().expect("decisions").len(), 1);
}

/// Has the project work on one of the repository's tasks.
fn take_task(project: &Project, name: &str) {
    let tasks = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tasks");
    for (from, to) in [(format!("{name}.toml"), "task.toml"), (format!("{name}.md"), "")] {
        let to = if to.is_empty() { from.as_str() } else { to };
        std::fs::copy(tasks.join(&from), project.path(to)).expect("copied");
    }
}

#[test]
fn the_questions_words_and_keys_are_those_of_the_task() {
    let project = two_papers();
    take_task(&project, "ct-findings");
    let server = Server::start(&project, &["ann"], &[]);
    let mut page = server.page("ann");
    let mut view = page.view();
    assert_eq!(view["shown"]["asked"]["sheet"]["many"], "CTs");
    for stage in ["select", "select"] {
        assert_eq!(view["stage"], stage);
        view = page.go(&view, &json!({ "do": "select", "value": "ct" }));
    }
    for _ in 0..2 {
        assert_eq!(view["stage"], "crop");
        view = page.go(&view, &json!({ "do": "crop", "edits": ["w"], "certain": true }));
    }
    assert_eq!(view["stage"], "finding");
    let asked = view["shown"]["asked"].clone();
    assert_eq!((&asked["kind"], &asked["by_words"]), (&json!("classify"), &json!(true)));
    let answers = asked["answers"].as_array().expect("answers");
    let keys: Vec<&str> = answers.iter().filter_map(|answer| answer["key"].as_str()).collect();
    assert_eq!(keys, ["g", "c", "i", "n", "m", "x"]);
    let panel = asked["about"]["id"].clone();
    let answer = |panel, value: &str, words: &str| {
        let panel: Value = panel;
        json!({ "do": "classify", "panel": panel, "value": value, "words": words })
    };
    // Of the panel, and of nothing else; in a word of this question.
    for wrong in [
        answer(Value::Null, "effusion", "image"),
        answer(panel.clone(), "axial", "image"),
        answer(panel.clone(), "effusion", "caption never printed"),
    ] {
        let reply = page.answer(&view, "", &wrong);
        assert_ne!(reply["refused"], "", "{wrong}: {reply}");
    }
    let covid = page.say(&view, "", &answer(panel.clone(), "covid", "image"));
    assert_eq!(page.try_post(&covid).map(|response| response.status), Some(400));
    let reply = page.answer(&view, "", &answer(panel, "effusion", "image white below"));
    assert_eq!(reply["told"], "finding: effusion");
    let view = page.go(&reply["view"], &json!({ "do": "undo" }));
    assert_eq!(view["shown"]["earlier"].as_array().map(Vec::len), Some(1), "{view}");
    // The plane rests on no words.
    let server = Server::start(&project, &["bob"], &["plane"]);
    let mut page = server.page("bob");
    let view = page.view();
    let asked = view["shown"]["asked"].clone();
    assert_eq!((&view["stage"], &asked["by_words"]), (&json!("plane"), &json!(false)));
    assert_eq!(asked["quotes"], json!([]));
    let reply = page.answer(&view, "", &answer(asked["about"]["id"].clone(), "coronal", ""));
    assert_eq!(reply["told"], "plane: coronal");
}
