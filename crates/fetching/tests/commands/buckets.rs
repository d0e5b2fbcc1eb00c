//! Buckets, served on loopback by an S3 service from a package.

use std::fs;
use std::path::Path;

use crate::common::{Project, rows, text};
use crate::s3::serve;
use crate::server::{Answer, Request, Server};
use covid_ct::corpus::{Manifest, Row, State};
use covid_ct::synth;

/// Two synthetic papers in a bucket, below a prefix, and a file of another kind.
fn bucket(root: &Path) -> Vec<synth::Paper> {
    let folder = root.join("papers/Current_Content/March_2020");
    fs::create_dir_all(&folder).expect("folder");
    let papers: Vec<synth::Paper> = (0..2).map(|index| synth::paper(8, index)).collect();
    for paper in &papers {
        fs::write(folder.join(&paper.file), &paper.pdf).expect("written");
    }
    fs::write(folder.join("notes.txt"), "not a paper").expect("written");
    papers
}

#[test]
fn ingest_reads_a_bucket_and_does_not_ask_twice() {
    let project = Project::new();
    let root = project.path("s3");
    bucket(&root);
    let endpoint = serve(&root, None);
    let args = ["ingest", "s3://papers/Current_Content", "--endpoint", &endpoint];
    let output = project.command(args).output().expect("run");
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("2 documents read"), "{}", text(&output.stdout));
    let again = project.command(args).output().expect("run");
    assert!(text(&again.stdout).starts_with("0 documents read"), "{}", text(&again.stdout));

    let none = ["ingest", "s3://papers/Back_Content", "--endpoint", &endpoint];
    let output = project.command(none).output().expect("run");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no *.pdf or *.meca"), "{}", text(&output.stderr));
}

#[test]
fn fetch_adopts_from_a_bucket_as_who_may_read_it() {
    let project = Project::new();
    let root = project.path("s3");
    let papers = bucket(&root);
    let endpoint = serve(&root, Some(("an-id", "a-secret")));
    let mut manifest = Manifest::default();
    for paper in &papers {
        let number = paper.file.trim_end_matches("v1.pdf");
        manifest.put(Row::new("medrxiv", &format!("10.1101/{number}"), Some(1)));
    }
    let path = project.path("corpus/manifest.csv");
    manifest.write(&path).expect("written");
    let args = ["fetch", "--from", "s3://papers", "--endpoint", &endpoint];

    let output = project.command(args).output().expect("run");
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("--account") && told.contains("--requester-pays"), "{told}");

    let as_holder = |access| {
        let mut command = project.command(args);
        command.arg(access);
        command.env("AWS_ACCESS_KEY_ID", "an-id").env("AWS_SECRET_ACCESS_KEY", "a-secret");
        command.output().expect("run")
    };
    assert_eq!(as_holder("--account").status.code(), Some(2), "who does not pay gets nothing");
    let output = as_holder("--requester-pays");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let manifest = Manifest::read(&path).expect("manifest");
    assert!(manifest.rows().all(|row| row.state == State::Done));
    for (row, paper) in manifest.rows().zip(&papers) {
        let found = fs::read(project.path("corpus/pdf").join(row.file_name())).expect("adopted");
        assert!(found == paper.pdf);
    }
}

fn run(project: &Project, args: &[&str]) -> std::process::Output {
    project.command(args.iter().copied()).output().expect("run")
}

/// The workspace without what tells where documents and objects lay.
fn told(project: &Project) -> Vec<String> {
    let mut rows = rows(project);
    rows.retain(|row| !row.starts_with("object_place ") && !row.starts_with("document_objects "));
    rows
}

#[test]
fn shards_go_through_a_bucket_and_come_out_as_an_ingest() {
    let here = Project::new();
    let root = here.path("s3");
    fs::create_dir_all(root.join("shards")).expect("a bucket");
    let endpoint = serve(&root, None);
    let corpus = here.path("corpus");
    fs::create_dir_all(&corpus).expect("folder");
    let mut list = Vec::new();
    for index in 0..3 {
        let paper = synth::paper(8, index);
        let path = corpus.join(&paper.file);
        fs::write(&path, &paper.pdf).expect("written");
        list.push(path.display().to_string());
    }
    fs::write(here.path("list"), list.join("\n")).expect("written");
    let (list, corpus) = (here.path("list"), corpus.to_str().expect("UTF-8").to_owned());
    let list = list.to_str().expect("UTF-8");
    let extract = |more: &[&str]| {
        let args = ["extract", list, "--out", "s3://shards/run", "--endpoint", &endpoint];
        let output = run(&here, &[&args[..], more].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    assert!(extract(&["--objects", "s3://shards/objects"]).starts_with("3 documents read"));
    assert!(extract(&[]).contains("there already"), "the bucket is asked first");
    let expected = Project::new();
    assert!(run(&expected, &["ingest", &corpus]).status.success());
    let merged = Project::new();
    let merge = ["merge", "s3://shards/run", "--endpoint", &endpoint];
    let output = run(&merged, &merge);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(rows(&merged) == rows(&expected));

    // What is left in the bucket is had from there by whatever command needs it.
    let sparse = Project::new();
    let output = run(&sparse, &[&merge[..], &["--only", "likely"]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(told(&sparse) == told(&expected));
    let objects = sparse.path("data/objects");
    fs::remove_dir_all(&objects).expect("removed");
    let shown = run(&sparse, &["label", "select", "--curator", "a", "--plain"]);
    let had = walkdir::WalkDir::new(&objects)
        .into_iter()
        .filter(|entry| entry.as_ref().is_ok_and(|entry| entry.file_type().is_file()));
    assert_eq!(had.count(), 1, "the picture that was asked about: {}", text(&shown.stderr));

    // Half a shard in a bucket is none.
    let shards: Vec<_> = fs::read_dir(root.join("shards/run")).expect("folder").collect();
    let shard = shards[0].as_ref().expect("entry").path();
    fs::remove_file(shard.join("_SUCCESS")).expect("removed");
    let output = run(&Project::new(), &merge);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("_SUCCESS"), "{}", text(&output.stderr));
    assert!(extract(&[]).starts_with("3 documents read"), "it is written again");
}

#[test]
fn documents_of_a_bucket_are_read_from_where_they_lie() {
    let here = Project::new();
    let root = here.path("s3");
    let papers = bucket(&root);
    let endpoint = serve(&root, None);
    let prefix = "s3://papers/Current_Content/March_2020";
    let address = |paper: &synth::Paper| format!("{prefix}/{}", paper.file);
    let expected: Vec<String> = papers.iter().map(address).collect();
    let list = format!("{}\ns3://papers/gone.pdf\n", expected.join("\n"));
    let out = here.path("shards");
    let out = out.to_str().expect("UTF-8");
    let output = here
        .command(["extract", "-", "--out", out, "--endpoint", &endpoint])
        .write_stdin(list)
        .output()
        .expect("run");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("s3://papers/gone.pdf: "), "{}", text(&output.stderr));
    let merged = run(&here, &["merge", out]);
    assert!(merged.status.success(), "{}", text(&merged.stderr));
    let documents = here.store().documents().expect("documents");
    let paths: Vec<&str> = documents.iter().map(|document| document.path.as_str()).collect();
    assert_eq!(paths, expected);
    // What was downloaded is gone.
    let left = walkdir::WalkDir::new(out).into_iter().filter(|entry| {
        entry.as_ref().is_ok_and(|entry| entry.path().extension().is_some_and(|e| e == "pdf"))
    });
    assert_eq!(left.count(), 0);
}

/// What a source redirects to is not on a private network, but where the source itself is what it leads to.
#[test]
fn sources_lead_to_no_private_address_but_their_own() {
    let project = Project::new();
    let paper = synth::paper(8, 0).pdf;
    let server = Server::start(move |request: &Request| {
        let port = request.header("host").and_then(|host| host.rsplit(':').next()).unwrap_or("80");
        let to = |host: &str| {
            Answer::new(302, "").with("Location", format!("http://{host}:{port}/moved/x.pdf"))
        };
        match request.path.as_str() {
            "/a-number.pdf" => to("127.0.0.2"),
            "/b-name.pdf" => to("localhost"),
            "/c-metadata.pdf" => to("metadata.google.internal"),
            "/d-own.pdf" => to("127.0.0.1"),
            _ => Answer::new(200, paper.clone())
                .with("Last-Modified", "Sun, 01 Mar 2020 00:00:00 GMT"),
        }
    });
    let ingest = |name: &str| {
        let address = format!("{}/{name}.pdf", server.address);
        project.command(["ingest", &address]).output().expect("run")
    };
    for name in ["a-number", "b-name", "c-metadata"] {
        let output = ingest(name);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}: {told}");
        assert!(told.contains("private network") && told.contains("give the address"), "{told}");
    }
    assert!(server.paths().iter().all(|path| !path.starts_with("/moved")));
    let output = ingest("d-own");
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("1 documents read"), "{}", text(&output.stdout));
}
