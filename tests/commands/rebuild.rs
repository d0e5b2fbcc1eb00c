//! The same documents and annotations give the same dataset, byte for byte, in any database.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{
    CT_ARTICLES, Project, extraction, figure_on, files, image_on, shared_data, text,
};
use covid_ct::curation::Task;
use covid_ct::curation::annotations::SHORT_QUOTE_WORDS;
use covid_ct::curation::{By, Queue, QueueOptions};
use covid_ct::store::Source;
use covid_ct_core::{Label, Stage, sha256_hex};
use image::{ImageFormat, Rgb, RgbImage};

const PAPERS: [&str; 6] = ["p0", "p1", "p2", "p3", "p4", "p5"];

/// What every export has beside its pictures and lists.
const BESIDE: [&str; 6] = [
    "COVID-CT-MetaInfo.csv",
    ".huggingface.yaml",
    "COVID-CT-MetaInfo.parquet",
    "MANIFEST.csv",
    "README.md",
    "croissant.json",
];

/// A pixel tells its picture and its place.
fn pixel(shade: u8, x: u32, y: u32) -> u8 {
    shade * 30 + (8 * y + x) as u8
}

/// Each paper holds one compound picture of 8 x 4 pixels, on its third page.
fn ingest(project: &Project, papers: impl IntoIterator<Item = &'static str>) {
    let mut store = project.store();
    for name in papers {
        let shade = name.as_bytes()[1] - b'0';
        let picture = RgbImage::from_fn(8, 4, |x, y| Rgb([pixel(shade, x, y); 3]));
        let mut png = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut png, ImageFormat::Png).expect("encoded");
        let object = store.objects().put(&png.into_inner(), "png").expect("object");
        let image = image_on(3, 52, object, (8, 4));
        let figure = figure_on(3, "Figure 1. Two scans.");
        let found = extraction(name, vec![image], vec![figure]);
        store.record(&found, Source::Pdf).expect("recorded");
    }
}

/// Every second paper is COVID; both halves of a picture are scans.
fn write_annotations(project: &Project) {
    let folder = project.path("annotations");
    fs::create_dir_all(&folder).expect("folder");
    let mut rows = String::from(
        "preprint,version,page,xref,panel,stage,value,evidence,span,curator,time,note,\
         image_sha256,document_sha256\n",
    );
    for (index, name) in PAPERS.iter().enumerate() {
        let label = if index % 2 == 0 { "covid" } else { "non-covid" };
        for (stage, value) in [
            ("select", "ct"),
            ("crop", "\"0,0,4,4;4,0,4,4\""),
            ("diagnose", label),
            ("case", "Patient 1 @ day 3"),
        ] {
            let row = [name, ",,3,52,,", stage, ",", value, ",,,ann,2020-03-27T12:00:00Z,,,\n"];
            rows += &row.concat();
        }
    }
    fs::write(folder.join("decisions.csv"), rows).expect("written");
}

fn build(project: &Project, annotations: &Project) {
    let folder = annotations.path("annotations");
    project.command(["annotations", "import"]).arg(folder).assert().success();
    project.command(["split", "--seed", "1"]).assert().success();
    project.command(["export"]).assert().success();
}

#[test]
fn the_order_of_ingestion_does_not_show_in_the_dataset() {
    let (first, second) = (Project::new(), Project::new());
    write_annotations(&first);
    ingest(&first, PAPERS);
    ingest(&second, PAPERS.into_iter().rev());
    build(&first, &first);
    build(&second, &first);
    let exported = |project: &Project| files(&project.path("data/export/default"));
    assert_eq!(exported(&first), exported(&second));
    // Two panels of each of six papers, six lists, and what every export has.
    assert_eq!(exported(&first).len(), 12 + 6 + BESIDE.len());
}

#[test]
fn panels_are_cut_exactly_and_say_where_they_are_from() {
    let project = Project::new();
    write_annotations(&project);
    ingest(&project, PAPERS);
    build(&project, &project);
    let folder = project.path("data/export/default");
    let cut = image::open(folder.join("Images-processed/CT_NonCOVID/p1-p2-52%1.png"))
        .expect("page 3 is p2 in a published name")
        .into_luma8();
    assert_eq!(cut.dimensions(), (4, 4));
    for (x, y, grey) in cut.enumerate_pixels() {
        assert_eq!(grey.0, [pixel(1, x + 4, y)]);
    }
    let meta = fs::read_to_string(folder.join("COVID-CT-MetaInfo.csv")).expect("MetaInfo");
    let row = meta.lines().find(|line| line.starts_with("p1-p2-52%1.png")).expect("a row");
    for told in [
        "\"p1, Patient 1\"",
        "day 3",
        "Figure 1. Two scans.",
        "non-covid",
        "p1,,3,52,\"4,0,4,4\"",
        "Figure 1,",
        "diagnose:ann@2020-03-27T12:00:00Z",
    ] {
        assert!(row.contains(told), "{told} is not in: {row}");
    }
}

#[test]
fn a_picture_lost_from_disk_is_named_and_the_rest_goes_on() {
    let project = Project::new();
    write_annotations(&project);
    ingest(&project, PAPERS);
    build(&project, &project);
    let store = project.store();
    let object = store.images().expect("images")[0].object.clone();
    fs::remove_file(store.objects().path(&object)).expect("removed");
    let failed = project.command(["export"]).assert().code(1);
    let error = text(&failed.get_output().stderr);
    assert!(error.contains("p0-p2-52%0.png: cannot read"), "{error}");
    assert_eq!(files(&project.path("data/export/default")).len(), 10 + 6 + BESIDE.len());
}

fn pmc_sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("annotations/pmc-sample")
}

/// What the extractor finds in the articles and nobody has decided on, by stage and picture.
fn left_to_decide(project: &Project) -> Vec<String> {
    let store = project.store();
    let left = |&stage: &Stage| {
        let queue = Queue::build(&store, stage, By::Anyone, &QueueOptions::default());
        let told = move |task: Task| {
            let image = task.image;
            format!("{stage} {} page {} xref {:?}", image.preprint_name, image.page, image.xref)
        };
        queue.expect("queue").tasks.into_iter().map(told)
    };
    Stage::all().iter().flat_map(left).collect()
}

/// From PDFs and annotations alone to the dataset; every file of it with its hash, as `sha256sum`
/// prints them.
fn rebuild(project: &Project, jobs: &str, pdfs: impl IntoIterator<Item = PathBuf>) -> String {
    project.command(["ingest", "--jobs", jobs]).args(pdfs).assert().success();
    let imported = project.command(["annotations", "import"]).arg(pmc_sample()).assert().success();
    let told = text(&imported.get_output().stdout);
    // The 20 pictures of CTs and the 24 others: all by their bytes, so none is unknown.
    assert!(told.contains("pictures matched: 44 by SHA-256, 0 by preprint"), "{told}");
    assert_eq!(left_to_decide(project), [""; 0], "the annotations lag behind what is found");
    project.command(["export", "pmc-sample"]).assert().success();
    let lines: Vec<String> = files(&project.path("data/export/pmc-sample"))
        .iter()
        .map(|(path, bytes)| format!("{}  {}\n", sha256_hex(bytes), path.display()))
        .collect();
    lines.concat()
}

#[test]
fn the_pmc_sample_is_rebuilt_from_pdfs_and_annotations_to_the_same_bytes() {
    let Some(data) = shared_data() else { return };
    let pdfs = CT_ARTICLES.map(|name| data.join(format!("pmc/{name}.pdf")));
    let (project, again) = (Project::new(), Project::new());
    let first = rebuild(&project, "1", pdfs.clone());
    let second = rebuild(&again, "3", pdfs.into_iter().rev());
    assert_eq!(first, second);

    let panels = project.store().labelled_panels().expect("panels");
    let of = |label| panels.iter().filter(|panel| panel.label == Some(label)).count();
    assert_eq!((of(Label::COVID), of(Label::NON_COVID), panels.len()), (82, 12, 94));
    let mut patients = BTreeMap::<_, usize>::new();
    for panel in &panels {
        *patients.entry((panel.preprint, panel.case.clone().expect("a case"))).or_default() += 1;
    }
    assert_eq!(patients.len(), 26);

    // A change that is meant to change the dataset writes the list anew: annotations/README.md. What an
    // export tells of itself may change with its wording, and is not listed.
    let listed = fs::read_to_string(pmc_sample().join("SHA256SUMS")).expect("SHA256SUMS");
    let told_only = |line: &&str| !BESIDE[1..].iter().any(|name| line.ends_with(name));
    let made: Vec<&str> = first.lines().filter(told_only).collect();
    let changed: Vec<&&str> = made.iter().filter(|line| !listed.contains(**line)).collect();
    assert!(changed.is_empty(), "not as in SHA256SUMS: {changed:#?}");
    assert_eq!(made.len(), listed.lines().count(), "files are missing");
}

#[test]
fn the_pmc_sample_is_rebuilt_from_pdfs_and_what_an_open_export_may_hold() {
    let Some(data) = shared_data() else { return };
    let pdfs = CT_ARTICLES.map(|name| data.join(format!("pmc/{name}.pdf")));
    let project = Project::new();
    project.command(["ingest"]).args(&pdfs).assert().success();
    project.command(["annotations", "import"]).arg(pmc_sample()).assert().success();
    let export = |name: &str, options: [&str; 2]| {
        let args = ["export", name, "--split", "pmc-sample"].into_iter().chain(options);
        project.command(args).assert().success();
        project.path("data/export").join(name)
    };
    let whole = export("whole", ["--licence", "any"]);
    let open = export("open", ["--licence", "open"]);

    // Elsewhere: no database, an empty folder, the export that may be passed on, and the PDFs.
    let reader = Project::new();
    let rebuilt = reader.path("rebuilt");
    let rebuild = |from: &Path, out: &Path| {
        let mut command = reader.command(["rebuild"]);
        command.arg(from).arg("--out").arg(out).arg("--pdfs").args(&pdfs);
        text(&command.assert().success().get_output().stdout)
    };
    let told = rebuild(&open, &rebuilt);
    assert!(told.contains("pictures known: 13 by the PDF's SHA-256 and their own, 0 by"), "{told}");
    assert!(files(&rebuilt) == files(&whole), "not every file is as it was exported");
    let checked = reader.command(["export", "--verify"]).arg(&rebuilt).assert().success();
    let told = text(&checked.get_output().stdout);
    assert!(told.starts_with("94 pictures and 11 other files"), "{told}");

    let told = rebuild(&pmc_sample(), &reader.path("from-annotations"));
    assert!(told.contains("every file is as SHA256SUMS lists it"), "{told}");
    let other = Project::new();
    other.command(["import-release", "--split", "pmc-sample"]).arg(&whole).assert().success();
    other.command(["export", "whole", "--split", "pmc-sample"]).assert().success();
    assert!(files(&other.path("data/export/whole")) == files(&whole), "import and export again");
}

#[test]
fn the_pmc_sample_holds_no_text_of_the_articles() {
    let read = |file: &str| {
        let mut reader = csv::Reader::from_path(pmc_sample().join(file)).expect(file);
        let header = reader.headers().expect(file).clone();
        reader
            .records()
            .map(|row| {
                let row = row.expect("row");
                header.iter().map(str::to_owned).zip(row.iter().map(str::to_owned)).collect()
            })
            .collect::<Vec<BTreeMap<String, String>>>()
    };
    for row in read("decisions.csv") {
        let words = row["span"].split_whitespace().count();
        assert!(row["evidence"] == "image" || words <= SHORT_QUOTE_WORDS, "{row:?}");
    }
    assert!(read("panels.csv").iter().all(|row| row["sub_caption"].is_empty()));
}
