//! The page in a real browser, headless Chromium by its `WebDriver`: what is decided by keys and by mouse is what a
//! script decides at the prompts. Without a browser a line says that this is not tested.

use serde_json::{Value, json};

use crate::common::{CT_ARTICLES, Project, shared_data};
use crate::pages::papers;
use crate::server::Server;
use crate::stages::{annotations, by_script, left, project};
use crate::webdriver::{Browser, Driver};

const ENTER: char = '\u{e007}';
const TAB: char = '\u{e004}';

/// Begins with the stage that was come to, where it is announced.
fn begin(browser: &mut Browser, stage: &str, by_mouse: bool) {
    browser.wait_for(&format!("now: {stage}"));
    if by_mouse {
        browser.click("begin");
    } else {
        browser.press(' ');
    }
    browser.wait_for_question(stage, 1);
}

/// Takes the boxes that are shown, whatever speaks against them.
fn accept_boxes(browser: &mut Browser, by_mouse: bool) {
    if by_mouse {
        browser.click("accept the boxes");
    } else {
        browser.press(ENTER);
    }
    let script = "return document.querySelector('#doubts').open \
         || !document.querySelector('#main').hasAttribute('aria-busy')";
    browser.wait(script, &[], "doubts or the next picture");
    if browser.run("return document.querySelector('#doubts').open", &[]) == json!(true) {
        if by_mouse {
            browser.click("store it anyway");
        } else {
            browser.press('y');
        }
    }
}

/// The same decisions as the script's, by keys.
fn by_keys(browser: &mut Browser, pictures: u64) {
    browser.wait_for_question("select", 1);
    browser.press('#');
    browser.wait_for("A note, kept");
    browser.write("first");
    browser.press(ENTER);
    browser.wait_for("noted, for");
    browser.press('c');
    browser.wait_for_question("select", 2);
    browser.press('u');
    browser.wait_for("undone: select ct");
    for number in 1..4 {
        browser.wait_for_question("select", number);
        browser.press('c');
    }
    browser.wait_for_question("select", 4);
    browser.press('b');
    browser.wait_for("0 marked");
    browser.press('1');
    browser.wait_for("1 marked");
    browser.screenshot("sheet-wide-light");
    let mut decided = (3 + 10).min(pictures);
    browser.press(ENTER);
    while decided < pictures {
        browser.wait_for_question("select", decided + 1);
        browser.press('n');
        decided = (decided + 10).min(pictures);
    }
    begin(browser, "diagnose", false);
    browser.press('c');
    browser.wait_for("By which words?");
    browser.screenshot("diagnose-wide-light");
    browser.press(ENTER);
    browser.wait_for_question("diagnose", 2);
    browser.press('n');
    browser.wait_for("By which words?");
    browser.press('e');
    browser.wait_for("caption WORDS");
    browser.run("document.querySelector('#typed').value = ''", &[]);
    browser.write("image no lesion");
    browser.press(ENTER);
    browser.wait_for("no lesion");
    browser.press(ENTER);
    browser.wait_for_question("diagnose", 3);
    browser.press('m');
    browser.wait_for("By which words?");
    browser.press(ENTER);
    browser.wait_for_question("diagnose", 4);
    browser.press('c');
    browser.wait_for("By which words?");
    browser.press(ENTER);
    begin(browser, "crop", false);
    browser.screenshot("crop-wide-light");
    for number in 1..=4 {
        browser.wait_for_question("crop", number);
        if number == 2 {
            browser.press('w');
            browser.wait_for("Panels: 1");
        }
        accept_boxes(browser, false);
    }
    begin(browser, "case", false);
    browser.screenshot("case-wide-light");
    let panels = panels(browser);
    for number in 1..=panels {
        browser.wait_for_question("case", number);
        browser.press(ENTER);
    }
    browser.wait_for("Nothing is left.");
}

fn panels(browser: &Browser) -> u64 {
    let script =
        "return document.querySelector('#count').textContent.split(' ')[2].replace(',', '')";
    let count = browser.run(script, &[]);
    count.as_str().and_then(|count| count.parse().ok()).expect("a number")
}

/// The same by mouse; words are typed by keys, for which a mouse has none.
fn by_mouse(browser: &mut Browser, pictures: u64) {
    browser.wait_for_question("select", 1);
    browser.click("note");
    browser.write("first");
    browser.click("take it");
    browser.click("CT");
    browser.wait_for_question("select", 2);
    browser.click("undo");
    browser.wait_for("undone: select ct");
    for number in 1..4 {
        browser.wait_for_question("select", number);
        browser.click("CT");
    }
    browser.wait_for_question("select", 4);
    browser.click("sheet of ten");
    browser.wait_for("0 marked");
    browser.click_first("#sheet button");
    browser.wait_for("1 marked");
    let mut decided = (3 + 10).min(pictures);
    browser.click("marked: CT");
    while decided < pictures {
        browser.wait_for_question("select", decided + 1);
        browser.click("none is a CT");
        decided = (decided + 10).min(pictures);
    }
    begin(browser, "diagnose", true);
    browser.click("COVID-19");
    browser.click("take these words");
    browser.wait_for_question("diagnose", 2);
    browser.click("non-COVID");
    browser.click("edit them");
    browser.run("document.querySelector('#typed').value = ''", &[]);
    browser.write("image no lesion");
    browser.click("take it");
    browser.click("take these words");
    browser.wait_for_question("diagnose", 3);
    browser.click("maybe");
    browser.click("take these words");
    browser.wait_for_question("diagnose", 4);
    browser.click("COVID-19");
    browser.click("take these words");
    begin(browser, "crop", true);
    for number in 1..=4 {
        browser.wait_for_question("crop", number);
        if number == 2 {
            browser.click("whole picture");
            browser.wait_for("Panels: 1");
        }
        accept_boxes(browser, true);
    }
    begin(browser, "case", true);
    let panels = panels(browser);
    for number in 1..=panels {
        browser.wait_for_question("case", number);
        browser.click("accept");
    }
    browser.wait_for("Nothing is left.");
}

/// By script, by keys and by mouse: the same annotations. Tells how much was done.
fn compare(driver: &Driver, what: &str, project: impl Fn() -> Project) {
    let scripted = project();
    let pictures = left(&scripted, 0);
    by_script(&scripted, pictures);
    let expected = annotations(&scripted);
    for is_by_mouse in [false, true] {
        let browsed = project();
        let server = Server::start(&browsed, &["ann"], &[]);
        let actions = {
            let mut browser = Browser::open(driver, (1400, 900), false);
            browser.enter(&server, "ann");
            if is_by_mouse {
                by_mouse(&mut browser, pictures);
            } else {
                by_keys(&mut browser, pictures);
            }
            browser.close()
        };
        drop(server);
        assert_eq!(annotations(&browsed), expected, "by mouse: {is_by_mouse}");
        let by = if is_by_mouse { "presses of the mouse and keys typed" } else { "keys" };
        println!("{what}: {pictures} pictures taken through all stages by {actions} {by}");
    }
}

#[test]
fn keys_and_mouse_decide_what_a_script_does() {
    let Some(driver) = Driver::start() else { return };
    compare(&driver, "the synthetic papers", project);
}

#[test]
fn keys_and_mouse_decide_on_the_ct_articles_what_a_script_does() {
    let (Some(data), Some(driver)) = (shared_data(), Driver::start()) else { return };
    compare(&driver, "the seven CT articles", || {
        let project = Project::new();
        let pdfs = CT_ARTICLES.map(|name| data.join(format!("pmc/{name}.pdf")));
        project.command(["ingest"]).args(pdfs).assert().success();
        project
    });
}

/// Takes two papers to the stage after `script` at the prompts.
fn after(script: &[(&str, &str)]) -> Project {
    let project = papers(2);
    for (stage, script) in script {
        project
            .command(["label", stage, "--plain", "--curator", "ann"])
            .write_stdin(*script)
            .assert()
            .success();
    }
    project
}

fn boxes_of(project: &Project) -> Vec<String> {
    let decisions = project.store().decisions_in_force(covid_ct_core::Stage::Crop);
    let values = decisions.expect("decisions").into_iter().filter_map(|decision| decision.value);
    values.map(|value| value.to_string()).collect()
}

#[test]
fn boxes_are_drawn_moved_split_merged_and_gridded_by_mouse() {
    let Some(driver) = Driver::start() else { return };
    let project = after(&[("select", "c\nc\n"), ("diagnose", "c\n\nc\n\n")]);
    let server = Server::start(&project, &["ann"], &["crop"]);
    {
        let mut browser = Browser::open(&driver, (1400, 900), true);
        browser.enter(&server, "ann");
        browser.wait_for_question("crop", 1);
        browser.click("clear");
        browser.wait_for("Panels: 0");
        let (from, to) = (browser.point(10.0, 20.0), browser.point(50.0, 70.0));
        browser.drag(from, to);
        browser.wait_for("1: 10, 20, 40, 50");
        // Its right edge, then all of it.
        let (from, to) = (browser.point(50.0, 45.0), browser.point(60.0, 45.0));
        browser.drag(from, to);
        browser.wait_for("1: 10, 20, 50, 50");
        let (from, to) = (browser.point(35.0, 45.0), browser.point(45.0, 40.0));
        browser.drag(from, to);
        browser.wait_for("1: 20, 15, 50, 50");
        browser.click("split at a column");
        let cut = browser.point(40.0, 40.0);
        browser.drag(cut, cut);
        browser.wait_for("2: 40, 15, 30, 50");
        browser.screenshot("crop-wide-dark");
        browser.click("undo the edit");
        browser.wait_for("Panels: 1");
        browser.click("draw and move boxes");
        browser.run("document.querySelector('#grid-rows').value = '2x2'", &[]);
        browser.click_first("#side form button");
        browser.wait_for("Panels: 4");
        browser.press('m');
        browser.wait_for("Command, such as");
        browser.write("2");
        browser.press(ENTER);
        browser.wait_for("Panels: 3");
        browser.press(TAB);
        browser.press('d');
        browser.wait_for("Panels: 2");
        accept_boxes(&mut browser, true);
        browser.wait_for_question("crop", 2);
        browser.close();
    }
    assert_eq!(boxes_of(&project).len(), 1, "{:?}", boxes_of(&project));
    assert_eq!(boxes_of(&project)[0].split(';').count(), 2);
}

#[test]
fn words_are_chosen_by_dragging_over_them() {
    let Some(driver) = Driver::start() else { return };
    let project = after(&[("select", "c\nc\n")]);
    let server = Server::start(&project, &["ann"], &["diagnose"]);
    {
        let mut browser = Browser::open(&driver, (1400, 900), false);
        browser.enter(&server, "ann");
        browser.wait_for_question("diagnose", 1);
        browser.press('c');
        browser.wait_for("By which words?");
        let script = "const block = document.querySelector('[data-source=caption]'); \
             const walk = document.createTreeWalker(block, NodeFilter.SHOW_TEXT); \
             const at = (text, end) => { walk.currentNode = block; let node; \
               while ((node = walk.nextNode())) { const i = node.data.indexOf(text); if (i >= 0) { \
                 const r = document.createRange(); r.setStart(node, i); r.setEnd(node, i + text.length); \
                 const b = r.getBoundingClientRect(); return [end ? b.right - 2 : b.left + 2, b.top + b.height / 2]; } } }; \
             return [at('61-year', false), at('woman', true)].flat()";
        let at = browser.run(script, &[]);
        let of = |index: usize| at[index].as_f64().expect("a number") as i64;
        browser.drag((of(0), of(1)), (of(2), of(3)));
        browser.wait_for("61-year-old woman from the caption");
        browser.press(ENTER);
        browser.wait_for_question("diagnose", 2);
        browser.close();
    }
    let decisions = project.store().decisions_in_force(covid_ct_core::Stage::Diagnose);
    let decisions = decisions.expect("decisions");
    assert_eq!(decisions[0].span, "61-year-old woman");
}

#[test]
fn a_lost_connection_is_told_and_nothing_is_lost() {
    let Some(driver) = Driver::start() else { return };
    let project = papers(3);
    let mut server = Server::start(&project, &["ann"], &["select"]);
    let address = server.address.clone();
    {
        let mut browser = Browser::open(&driver, (1400, 900), false);
        browser.enter(&server, "ann");
        browser.wait_for_question("select", 1);
        server.kill();
        browser.press('c');
        browser.wait_for("not stored yet: CT");
        let again = Server::start_at(&project, &address, &["ann"], &["select"]);
        let _again = again.expect("the same address");
        browser.wait_for_question("select", 2);
        let hidden = "return document.querySelector('#trouble').hidden";
        browser.wait(hidden, &[], "no trouble any more");
        browser.close();
    }
    assert_eq!(project.store().decisions().expect("decisions").len(), 1);
}

#[test]
fn texts_of_papers_are_shown_as_text() {
    use crate::common::{extraction, figure_on, grey_object, image_on};
    let Some(driver) = Driver::start() else { return };
    let project = Project::new();
    let mut store = project.store();
    let mut scan = image_on(1, 1, grey_object(&store, (120, 120)), (120, 120));
    scan.file_name = Some("a\" onerror=\"alert(1)'<i>.png".into());
    let caption = "Figure 1. CT <img src=x onerror=alert(1)> <b>bold</b> & more.";
    let mut found = extraction("x", vec![scan], vec![figure_on(1, caption)]);
    found.paper.title = "</title><script>alert(1)</script>\u{1b}[31m".into();
    store.record(&found, covid_ct::store::Source::Pdf).expect("recorded");
    drop(store);
    let server = Server::start(&project, &["ann"], &[]);
    {
        let browser = Browser::open(&driver, (420, 860), true);
        browser.enter(&server, "ann");
        browser.wait_for("CT <img src=x onerror=alert(1)> <b>bold</b> & more.");
        browser.wait_for("</title><script>alert(1)</script> [31m");
        browser.wait_for("a\" onerror=\"alert(1)'<i>.png");
        let found = browser.run(
            "return document.querySelectorAll('#side b, #side img, #side script').length",
            &[],
        );
        assert_eq!(found, json!(0));
        browser.screenshot("select-narrow-dark");
        browser.close();
    }
}

#[test]
fn the_next_picture_is_there_at_once() {
    let Some(driver) = Driver::start() else { return };
    let count =
        std::env::var("COVID_CT_WEB_PAPERS").ok().and_then(|n| n.parse().ok()).unwrap_or(200);
    let project = papers(count);
    let server = Server::start(&project, &["ann"], &["select"]);
    let times = {
        let browser = Browser::open(&driver, (1400, 900), false);
        browser.enter(&server, "ann");
        browser.wait_for_question("select", 1);
        let script = "const done = arguments[0]; (async () => { const times = []; \
             const image = document.querySelector('#picture'); \
             for (let n = 0; n < 40; n++) { \
               await new Promise((r) => setTimeout(r, 400)); \
               const before = image.src; const began = performance.now(); \
               document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'n', bubbles: true })); \
               while (image.src === before || !image.complete) await new Promise(requestAnimationFrame); \
               await image.decode().catch(() => {}); \
               times.push(performance.now() - began); } done(times); })()";
        let times = browser.run_async(script);
        browser.close();
        times
    };
    let mut times: Vec<f64> =
        times.as_array().expect("times").iter().filter_map(Value::as_f64).collect();
    times.sort_by(f64::total_cmp);
    assert_eq!(times.len(), 40);
    let (median, worst) = (times[20], times[39]);
    // A busy machine may be slow, so this is told, and does not fail.
    println!(
        "{count} pictures: the next is decoded {median:.0} ms after the key (median), {worst:.0} ms at worst"
    );
}
