//! Where a corpus comes from besides downloads: searches, folders, archives, JATS; and the whole way from a
//! manifest to a dataset.

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;

use crate::common::{Project, files, text};
use crate::server::{Answer, Server};
use covid_ct::corpus::{Manifest, Row, State};
use covid_ct::synth;
use covid_ct_core::sha256_hex;
use serde_json::{Value, json};
use zip::write::{SimpleFileOptions, ZipWriter};

const QUICK: [&str; 9] = [
    "fetch",
    "--spacing",
    "0.01",
    "--api-spacing",
    "0.03",
    "--backoff",
    "0.05",
    "--contact",
    "a@b.org",
];

fn manifest(project: &Project) -> Vec<Row> {
    let manifest = Manifest::read(&project.path("corpus/manifest.csv")).expect("manifest");
    manifest.rows().cloned().collect()
}

/// A record of `details`: paper `number`, posted on a day of February 2020.
fn details(server: &str, number: usize, version: usize) -> Value {
    let topic = if number.is_multiple_of(2) { "COVID-19" } else { "influenza" };
    // The API writes numbers as strings, and not always.
    let version =
        if number.is_multiple_of(3) { json!(version) } else { json!(version.to_string()) };
    json!({
        "doi": format!("10.1101/2020.02.01.2{number:07}"), "title": format!("On {topic}, {number}"),
        "authors": "A, B.", "date": format!("2020-02-{:02}", 1 + number % 28), "version": version,
        "type": "PUBLISHAHEADOFPRINT", "license": "cc_by", "category": "epidemiology",
        "jatsxml": "", "abstract": "Words.", "published": "NA", "server": server
    })
}

/// 250 records of medRxiv, the last 20 of them second versions of the first 20; pages overlap by one;
/// nothing of bioRxiv.
fn api(path: &str, nth: usize) -> Answer {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match parts[..] {
        ["details", "medrxiv", "2020-01-19", "2020-03-25", cursor, "json"] => {
            if cursor == "100" && nth == 0 {
                return Answer::new(500, "busy");
            }
            let cursor: usize = cursor.parse().expect("a cursor");
            let all: Vec<Value> = (0..250)
                .map(|n| {
                    if n < 230 { details("medrxiv", n, 1) } else { details("medRxiv", n - 230, 2) }
                })
                .collect();
            let start = cursor.saturating_sub(1).min(all.len());
            let end = all.len().min(start + 100);
            let page = json!({
                "messages": [{"status": "ok", "interval": "2020-01-19:2020-03-25",
                    "cursor": cursor.to_string(), "count": end - start, "total": "900"}],
                "collection": &all[start..end]
            });
            Answer::new(200, page.to_string())
        }
        ["details", "biorxiv", ..] => {
            Answer::new(200, r#"{"messages":[{"status":"no posts found"}],"collection":[]}"#)
        }
        ["covid19", cursor, "json"] => {
            let cursor: usize = cursor.parse().expect("a cursor");
            let record = |n: usize| {
                json!({
                    "rel_doi": format!("10.1101/2020.03.0{}.{:08}", 1 + n % 9, 20_000_000 + n),
                    "rel_title": "Chest CT of COVID-19", "rel_abs": "Words.",
                    "rel_date": if n < 40 { "2020-06-01" } else { "2020-03-02" },
                    "rel_site": if n.is_multiple_of(2) { "medRxiv" } else { "bioRxiv" },
                    "rel_link": "https://example.org", "rel_num_authors": 1,
                    "rel_authors": [{"author_name": "A", "author_inst": "B"}],
                    "version": "1", "license": "cc_no", "type": "x", "category": "radiology and imaging"
                })
            };
            let end = 70.min(cursor + 30);
            let page: Vec<Value> = (cursor.min(70)..end).map(record).collect();
            let page = json!({"messages": [{"status": "ok", "collection": "181", "cursor": cursor,
                "count": page.len(), "total": 5000}], "collection": page});
            Answer::new(200, page.to_string())
        }
        _ => Answer::new(404, ""),
    }
}

fn search(project: &Project, server: &Server, args: &[&str]) -> String {
    let output = project
        .command(QUICK)
        .args(["--list-only", "--json", "--api", &server.address])
        .args(args)
        .output()
        .expect("run");
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn a_search_finds_every_preprint_of_the_window_once() {
    let project = Project::new();
    let server = Server::start(|request| api(&request.path, request.nth));
    let told: Value = serde_json::from_str(&search(&project, &server, &[])).expect("json");
    // Of 250 records half are on COVID-19, and ten of those are newer versions of others.
    assert_eq!(told["searched"], json!([250, 115, 115]));
    let rows = manifest(&project);
    assert_eq!(rows.len(), 115);
    let newer = rows.iter().filter(|row| row.version == Some(2)).count();
    assert_eq!(newer, 10);
    let row = &rows[0];
    assert_eq!(row.doi, "10.1101/2020.02.01.20000000");
    assert_eq!((row.server.as_str(), row.licence.as_str()), ("medrxiv", "CC-BY"));
    assert_eq!((row.posted.as_str(), row.state), ("2020-02-01", State::Wanted));
    assert_eq!(row.url, "https://www.medrxiv.org/content/10.1101/2020.02.01.20000000v2.full.pdf");
    assert!(server.shortest_gap().as_millis() >= 30, "{:?}", server.shortest_gap());
    assert_eq!(server.most_open(), 1);

    // The same search again changes nothing, not a byte.
    let before = fs::read(project.path("corpus/manifest.csv")).expect("manifest");
    search(&project, &server, &[]);
    assert_eq!(fs::read(project.path("corpus/manifest.csv")).expect("manifest"), before);

    // All versions, any topic.
    search(&project, &server, &["--versions", "all", "--any-topic"]);
    assert_eq!(manifest(&project).len(), 250);
}

#[test]
fn keywords_categories_and_the_other_collection() {
    let server = Server::start(|request| api(&request.path, request.nth));
    let count = |args: &[&str]| {
        let project = Project::new();
        search(&project, &server, args);
        manifest(&project).len()
    };
    assert_eq!(count(&["--keyword", "influenza"]), 115);
    assert_eq!(count(&["--keyword", "influenza", "--keyword", "COVID-19"]), 230);
    assert_eq!(count(&["--category", "Epidemiology"]), 115);
    assert_eq!(count(&["--category", "oncology"]), 0);
    assert_eq!(count(&["--server", "biorxiv"]), 0);
    assert_eq!(count(&["--collection", "covid19"]), 30, "40 of 70 were posted later");
    assert_eq!(count(&["--collection", "covid19", "--server", "medrxiv"]), 15);
}

#[test]
fn an_api_that_fails_leaves_the_manifest_alone() {
    let project = Project::new();
    let server = Server::start(|_| Answer::new(200, "<html>maintenance</html>"));
    let output = project
        .command(QUICK)
        .args(["--list-only", "--api", &server.address])
        .output()
        .expect("run");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("expected JSON"), "{}", text(&output.stderr));
    assert!(!project.path("corpus/manifest.csv").exists());
}

/// Three synthetic papers and the manifest that wants them.
fn wanted(project: &Project) -> Vec<synth::Paper> {
    let papers: Vec<synth::Paper> = (0..3).map(|index| synth::paper(5, index)).collect();
    let mut manifest = Manifest::default();
    for paper in &papers {
        let number = paper.file.trim_end_matches("v1.pdf");
        manifest.put(Row::new("medrxiv", &format!("10.1101/{number}"), Some(1)));
    }
    manifest.write(&project.path("corpus/manifest.csv")).expect("written");
    papers
}

#[test]
fn pdfs_at_hand_are_adopted_by_hash_banner_and_name() {
    let project = Project::new();
    let papers = wanted(&project);
    let folder = project.path("mine");
    fs::create_dir_all(&folder).expect("folder");
    let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).expect("written");
    write("download (3).pdf", &papers[0].pdf);
    write(&format!("10.1101_{}", papers[1].file.replace(".pdf", ".full.pdf")), &papers[1].pdf);
    // Named as another paper than its banner says.
    write("2020.03.03.20030353v1.full.pdf", &papers[2].pdf);
    write("broken.pdf", b"%PDF-1.4 nothing");
    write("stranger.pdf", &synth::paper(5, 9).pdf);

    let from = folder.to_str().expect("utf-8");
    let output = project.command(["fetch", "--json", "--from", from]).output().expect("run");
    let complaints = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{complaints}");
    let told: Value = serde_json::from_slice(&output.stdout).expect("json");
    assert_eq!(told["adopted"], 2, "{told}");
    assert_eq!(told["strangers"].as_array().map(Vec::len), Some(1), "{told}");
    assert!(
        complaints.contains("which is it?") && complaints.contains("broken.pdf"),
        "{complaints}"
    );
    let rows = manifest(&project);
    for (row, paper) in rows.iter().zip(&papers).take(2) {
        assert_eq!((row.state, &row.sha256), (State::Done, &sha256_hex(&paper.pdf)));
        let path = project.path("corpus/pdf").join(row.file_name());
        assert!(fs::read(path).expect("adopted") == paper.pdf);
        assert!(!row.title.is_empty() && !row.posted.is_empty(), "the banner tells");
    }
    assert_eq!(rows[2].state, State::Wanted);

    // By hash alone: nothing is read again, and all of it is there.
    let again = project.command(["fetch", "--json", "--from", from]).output().expect("run");
    let told: Value = serde_json::from_slice(&again.stdout).expect("json");
    assert_eq!((&told["adopted"], &told["at_hand"]), (&json!(0), &json!(2)), "{told}");

    // A preprint that nobody asked for comes in when that is wanted.
    let stranger = folder.join("stranger.pdf");
    let args = ["fetch", "--add", "--from", stranger.to_str().expect("utf-8")];
    project.command(args).assert().success();
    assert_eq!(manifest(&project).len(), 4);
}

const MANIFEST: &str = r#"<?xml version="1.0"?><manifest xmlns="http://manuscriptexchange.org">
    <item type="article"><instance media-type="application/xml" href="content/a.xml"/>
    <instance media-type="application/pdf" href="content/a.pdf"/></item></manifest>"#;

fn jats(number: &str, figures: &str) -> String {
    format!(
        "<!DOCTYPE article PUBLIC \"-//NLM//DTD JATS (Z39.96) 1.2//EN\" \"x.dtd\">\
         <article xmlns:xlink=\"http://www.w3.org/1999/xlink\"><front><article-meta>\
         <article-id pub-id-type=\"doi\">10.1101/{number}</article-id>\
         <article-version>1.1</article-version>\
         <title-group><article-title>A title</article-title></title-group><permissions>\
         <license xlink:href=\"http://creativecommons.org/licenses/by/4.0/\"/></permissions>\
         </article-meta></front><body><sec><title>Methods</title>{figures}</sec></body></article>"
    )
}

fn meca(path: &Path, pdf: &[u8], jats: &str) {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    let entries: [(&str, &[u8]); 4] = [
        ("manifest.xml", MANIFEST.as_bytes()),
        ("transfer.xml", b"<transfer/>"),
        ("content/a.xml", jats.as_bytes()),
        ("content/a.pdf", pdf),
    ];
    for (name, bytes) in entries {
        zip.start_file(name, options).expect("started");
        zip.write_all(bytes).expect("written");
    }
    fs::create_dir_all(path.parent().expect("folder")).expect("folder");
    fs::write(path, zip.finish().expect("finished").into_inner()).expect("written");
}

#[test]
fn archives_are_adopted_and_bad_ones_named() {
    let project = Project::new();
    let papers = wanted(&project);
    let number = |index: usize| papers[index].file.trim_end_matches("v1.pdf").to_owned();
    let folder = project.path("bulk");
    meca(&folder.join("1.meca"), &papers[0].pdf, &jats(&number(0), ""));
    // The same DOI and version once more, with the same PDF, and with another.
    meca(&folder.join("2.meca"), &papers[0].pdf, &jats(&number(0), ""));
    meca(&folder.join("3.meca"), &papers[1].pdf, &jats(&number(0), ""));
    meca(&folder.join("4.meca"), &papers[1].pdf, "<article><front>");
    fs::write(folder.join("5.meca"), b"no archive").expect("written");
    let from = folder.to_str().expect("utf-8");
    let output = project.command(["fetch", "--json", "--from", from]).output().expect("run");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).expect("json");
    assert_eq!((&told["adopted"], &told["at_hand"]), (&json!(1), &json!(1)), "{told}");
    let failed = told["failed"].as_object().expect("failed");
    let why = |name: &str| {
        let found = failed.iter().find(|(path, _)| path.ends_with(name));
        found.and_then(|(_, what)| what.as_str()).unwrap_or_default().to_owned()
    };
    assert!(why("3.meca").contains("other bytes"), "{told}");
    assert!(why("4.meca").contains("no valid XML"), "{told}");
    assert!(why("5.meca").contains("ZIP"), "{told}");
    let row = &manifest(&project)[0];
    assert_eq!((row.licence.as_str(), row.title.as_str()), ("CC-BY", "A title"));
    let xml = project.path("corpus/pdf").join(row.file_name()).with_extension("xml");
    assert!(xml.is_file(), "JATS lies beside its PDF");
}

#[test]
fn ingest_reads_archives_and_hears_their_jats() {
    let project = Project::new();
    let papers = wanted(&project);
    let number = papers[0].file.trim_end_matches("v1.pdf").to_owned();
    let figures = "<fig><label>Figure 1</label><caption><p>Of nothing that is there.</p></caption></fig>\
        <fig><label>Figure 99</label><caption><p>Another.</p></caption></fig>";
    meca(&project.path("bulk/1.meca"), &papers[0].pdf, &jats(&number, figures));
    let bulk = project.path("bulk");
    let bulk = bulk.to_str().expect("utf-8");
    let output = project.command(["ingest", bulk, "--jats", "--json"]).output().expect("run");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let heard: Value = serde_json::from_slice(&output.stdout).expect("one document");
    assert_eq!((&heard["figures"], &heard["sections"]), (&json!(2), &json!(["Methods"])));
    let about: Vec<(&str, &str)> = heard["disagreements"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|found| (found["about"].as_str().unwrap_or(""), found["label"].as_str().unwrap_or("")))
        .collect();
    assert!(about.contains(&("caption", "Figure 1")), "{about:?}");
    assert!(about.contains(&("only in JATS", "Figure 99")), "{about:?}");
    assert!(project.command(["ingest", bulk, "--jats"]).output().expect("run").status.success());
}

/// An element with very many attributes takes the parser of XML the square of their number.
#[test]
fn xml_that_takes_too_long_costs_its_own_file_alone() {
    let project = Project::new();
    let papers = wanted(&project);
    let number = |index: usize| papers[index].file.trim_end_matches("v1.pdf").to_owned();
    let attributes: Vec<String> = (0..300_000).map(|index| format!("a{index}=''")).collect();
    let long = format!("<p {}/>", attributes.join(" "));
    let bulk = project.path("bulk");
    meca(&bulk.join("1.meca"), &papers[0].pdf, &jats(&number(0), &long));
    meca(&bulk.join("2.meca"), &papers[1].pdf, &jats(&number(1), ""));
    fs::write(bulk.join("3.pdf"), &papers[2].pdf).expect("written");
    fs::write(bulk.join("3.xml"), jats(&number(2), &long)).expect("written");
    let bulk = bulk.to_str().expect("utf-8");
    let args = ["ingest", bulk, "--jats", "--json", "--timeout", "3"];
    let output = project.command(args).output().expect("run");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let told = text(&output.stderr);
    for name in ["1.meca: took longer than 3 s", "3.xml: took longer than 3 s"] {
        assert!(told.contains(name), "{told}");
    }
    assert_eq!(text(&output.stdout).lines().count(), 1, "the JATS of 2.meca is heard");
}

#[test]
fn jats_in_a_folder_is_known_by_name_or_doi_and_not_believed_of_another_paper() {
    let project = Project::new();
    let papers = wanted(&project);
    let (mine, xml) = (project.path("mine"), project.path("xml"));
    fs::create_dir_all(&mine).expect("folder");
    fs::create_dir_all(&xml).expect("folder");
    let number = |index: usize| papers[index].file.trim_end_matches("v1.pdf").to_owned();
    for paper in &papers {
        fs::write(mine.join(&paper.file), &paper.pdf).expect("written");
    }
    // Known by what it says, by its name, and by the name of a paper that it is not of.
    fs::write(xml.join("any.xml"), jats(&number(0), "")).expect("written");
    fs::write(xml.join(format!("{}v1.xml", number(1))), jats(&number(1), "")).expect("written");
    fs::write(xml.join(format!("{}v1.xml", number(2))), jats("2019.01.01.19000001", ""))
        .expect("written");
    fs::write(xml.join("broken.xml"), "<article>").expect("written");
    let jats = format!("--jats={}", xml.to_str().expect("utf-8"));
    let args = ["ingest", mine.to_str().expect("utf-8"), &jats, "--json"];
    let output = project.command(args).output().expect("run");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("broken.xml"), "{}", text(&output.stderr));
    let heard: Vec<Value> = text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("a document"))
        .collect();
    assert_eq!(heard.len(), 3);
    for heard in heard {
        let is_other = heard["file"] == papers[2].file;
        let about = |about: &str| {
            let list = heard["disagreements"].as_array().expect("a list");
            list.iter().any(|found| found["about"] == about)
        };
        assert_eq!(about("DOI"), is_other, "{heard}");
        assert!(!(is_other && heard["licence_noted"] == true), "{heard}");
    }
}

#[test]
fn an_archive_that_is_not_there_is_named() {
    let project = Project::new();
    let papers = wanted(&project);
    let number = papers[0].file.trim_end_matches("v1.pdf").to_owned();
    let good = project.path("good.meca");
    meca(&good, &papers[0].pdf, &jats(&number, ""));
    let typo = project.path("typo.meca");
    let args = ["ingest", good.to_str().expect("utf-8"), typo.to_str().expect("utf-8")];
    let output = project.command(args).output().expect("run");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("typo.meca"), "{}", text(&output.stderr));
}

#[test]
fn a_single_file_of_a_web_server_is_read() {
    let project = Project::new();
    let paper = synth::paper(5, 0);
    let bytes = paper.pdf.clone();
    let server = Server::start(move |request| match request.path.as_str() {
        "/papers/x.pdf" => Answer::new(200, bytes.clone())
            .with("Last-Modified", "Tue, 11 Feb 2020 10:00:00 GMT")
            .with("ETag", "\"1\""),
        _ => Answer::new(404, ""),
    });
    let address = format!("{}/papers/x.pdf", server.address);
    let output = project.command(["ingest", &address]).output().expect("run");
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("1 documents read"), "{}", text(&output.stdout));
    let agent = server.requests()[0].header("user-agent").expect("an agent").to_owned();
    assert!(agent.starts_with("covid-ct/"), "{agent}");
    let missing = format!("{}/papers/y.pdf", server.address);
    let output = project.command(["ingest", &missing]).output().expect("run");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("y.pdf"), "{}", text(&output.stderr));
}

#[test]
fn jats_that_repeats_the_captions_agrees() {
    let project = Project::new();
    let paper = &wanted(&project)[0];
    let pdf = project.path("mine").join(&paper.file);
    fs::create_dir_all(project.path("mine")).expect("folder");
    fs::write(&pdf, &paper.pdf).expect("written");
    let mine = project.path("mine");
    project.command(["ingest", mine.to_str().expect("utf-8")]).assert().success();
    let output = project.command(["figures", "--json"]).output().expect("run");
    let mut figures = String::new();
    for line in text(&output.stdout).lines() {
        let figure: Value = serde_json::from_str(line).expect("a figure");
        let (label, caption) = (figure["label"].as_str(), figure["caption"].as_str());
        if let (Some(label), Some(caption), false) = (label, caption, figure["kind"] == "table") {
            let caption = caption.replace('&', "&amp;").replace('<', "&lt;");
            // The caption begins with its label, as some XML has it too.
            figures.extend(["<fig><caption><p>", &caption, "</p></caption></fig>"]);
            assert!(label.starts_with("Figure"), "{label}");
        }
    }
    assert!(!figures.is_empty());
    let number = paper.file.trim_end_matches("v1.pdf");
    fs::write(pdf.with_extension("xml"), jats(number, &figures)).expect("written");
    let args = ["ingest", mine.to_str().expect("utf-8"), "--jats", "--json"];
    let output = project.command(args).output().expect("run");
    let heard: Value = serde_json::from_slice(&output.stdout).expect("one document");
    let differing: Vec<&Value> = heard["disagreements"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|found| found["about"] != "licence")
        .collect();
    assert!(differing.is_empty(), "{differing:?}");
}

#[test]
fn a_manifest_and_annotations_are_the_whole_reproduction() {
    let project = Project::new();
    let sample = project.path("sample");
    let args = ["synth", sample.to_str().expect("utf-8"), "--papers", "3"];
    project.command(args).assert().success();
    let served = sample.join("pdf");
    let mut manifest = Manifest::default();
    for (path, _) in files(&served) {
        let name = path.to_str().expect("utf-8").trim_end_matches("v1.pdf").to_owned();
        // As the published set has them: no more than server and DOI.
        manifest.put(Row::new("medrxiv", &format!("10.1101/{name}"), None));
    }
    manifest.write(&project.path("corpus/set.csv")).expect("written");
    let folder = served.clone();
    let server = Server::start(move |request| {
        let file = request.path.trim_start_matches("/medrxiv/10.1101/");
        match fs::read(folder.join(file)) {
            Ok(bytes) => Answer::new(200, bytes),
            Err(_) => Answer::new(404, ""),
        }
    });
    let template = format!("{}/{{server}}/{{doi}}v{{version}}.pdf", server.address);
    let set = project.path("corpus/set.csv");
    let fetch = ["--manifest", set.to_str().expect("utf-8"), "--pdf-url", &template];
    project.command(QUICK).args(fetch).assert().success();
    let noted = Manifest::read(&set).expect("manifest");
    let elsewhere = |row: &Row| !row.url.starts_with(&server.address);
    assert!(noted.rows().all(elsewhere), "whence PDFs came this time is no property of the set");

    let annotations = sample.join("annotations");
    let rebuild = |pdfs: &Path, out: &str| {
        let out = project.path(out);
        project
            .command(["rebuild", annotations.to_str().expect("utf-8"), "--pdfs"])
            .args([pdfs.as_os_str(), "--out".as_ref(), out.as_os_str()])
            .assert()
            .success();
        // The file's name may tell the version or not, and the lists with it: the pictures are the same.
        let mut files = files(&out);
        files.retain(|(path, _)| path.extension().is_some_and(|ending| ending == "png"));
        files
    };
    let fetched = rebuild(&project.path("corpus/pdf"), "fetched");
    assert!(!fetched.is_empty());
    assert!(fetched == rebuild(&served, "served"), "the same pictures as from the PDFs themselves");
}
