//! Small projects, and what several pages of one curator do.

use covid_ct::store::Source;
use serde_json::json;

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
