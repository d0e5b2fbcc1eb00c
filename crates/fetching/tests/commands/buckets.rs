//! Buckets, served on loopback by an S3 service from a package.

use std::fs;
use std::path::Path;

use crate::common::{Project, text};
use covid_ct::corpus::{Manifest, Row, State};
use covid_ct::synth;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;

/// Serves the folders below `root` as buckets until the process ends; with a key, to its holder alone, who
/// must say that they pay.
fn serve(root: &Path, key: Option<(&str, &str)>) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("nonblocking");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(root).expect("a file system"));
    if let Some((id, secret)) = key {
        service.set_auth(SimpleAuth::from_single(id, secret));
    }
    let service = service.build();
    let must_pay = key.is_some();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                let service = service.clone();
                let paying = service_fn(move |request: hyper::Request<Incoming>| {
                    let payer = request.headers().get("x-amz-request-payer");
                    let pays = payer.is_some_and(|who| who == "requester");
                    let answer = (pays || !must_pay).then(|| Service::call(&service, request));
                    async move {
                        match answer {
                            Some(answer) => answer.await,
                            None => Ok(s3s::HttpResponse::builder()
                                .status(403)
                                .body(s3s::Body::empty())
                                .expect("an answer")),
                        }
                    }
                });
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), paying);
                tokio::spawn(async {
                    // A client that goes away is no failure of the test.
                    let _ = connection.await;
                });
            }
        });
    });
    address
}

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
