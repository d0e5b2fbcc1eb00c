//! Two readers of one workspace: what the first decided and exported does not change because a second one reads
//! it too and means the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rusqlite::Connection;

use crate::common::{
    CT_ARTICLES, Project, extraction, figure_on, files, image_on, shared_data, skipped, text,
};
use covid_ct::document::FoundFigure;
use covid_ct::store::{ImageRow, Source, Store, Subject};
use covid_ct_core::{Label, ObjectId, Value};

/// Pictures that no two of are alike.
fn scan(store: &Store, seed: u32) -> ObjectId {
    let mut png = std::io::Cursor::new(Vec::new());
    image::GrayImage::from_fn(200, 160, |x, y| {
        image::Luma([((x * (seed + 3) + y * (2 * seed + 1)) % 251) as u8])
    })
    .write_to(&mut png, image::ImageFormat::Png)
    .expect("png");
    store.objects().put(png.get_ref(), "png").expect("object")
}

fn second_figure(page: u32, caption: &str, image: usize) -> FoundFigure {
    FoundFigure {
        label: Some(format!("Figure {}", image + 1)),
        images: vec![(image, 0)],
        ..figure_on(page, caption)
    }
}

/// A paper whose figures show a scan each, of these captions.
fn paper(captions: &[&str]) -> Project {
    let project = Project::new();
    let mut store = project.store();
    let images = (1..)
        .zip(captions)
        .map(|(page, _)| image_on(page, 10 + page, scan(&store, page), (200, 160)))
        .collect();
    let figures = (0..)
        .zip(captions)
        .map(|(image, caption)| {
            second_figure(u32::try_from(image).expect("few") + 1, caption, image)
        })
        .collect();
    store.record(&extraction("2020.01.01.1", images, figures), Source::Pdf).expect("recorded");
    project
}

fn label(project: &Project, curator: &str, args: &[&str], script: &str) -> String {
    let args =
        ["label", "--curator", curator, "--order", "paper"].into_iter().chain(args.iter().copied());
    let out = project.command(args).write_stdin(script.to_owned()).assert().success();
    text(&out.get_output().stdout)
}

/// Ann decides on `count` pictures: CTs of COVID, whole, each of the patient that its caption tells of.
fn first_reader(project: &Project, count: usize) {
    label(project, "ann", &["select"], &"c\n".repeat(count));
    label(project, "ann", &["diagnose"], &"c\n\n".repeat(count));
    label(project, "ann", &["crop"], &"w\n\n".repeat(count));
    label(project, "ann", &["case"], &"\n\n\n\n".repeat(count));
}

fn export(project: &Project, name: &str) {
    project.command(["split", "all", "--ratio", "1,0,0"]).assert().success();
    project.command(["export", name, "--split", "all"]).assert().success();
}

/// Of each picture of an export, by page: patient, age and sex.
fn patients(project: &Project, name: &str) -> BTreeMap<String, String> {
    let path = project.path("data/export").join(name).join("MANIFEST.csv");
    let mut reader = csv::Reader::from_path(path).expect("manifest");
    let header = reader.headers().expect("header").clone();
    let column = |name: &str| header.iter().position(|h| h == name).expect("column");
    let [page, case, age, sex] = ["page", "case", "age", "sex"].map(column);
    let rows = reader.records().map(|row| row.expect("row"));
    rows.filter(|row| !row[page].is_empty())
        .map(|row| (row[page].to_owned(), format!("{}, {} {}", &row[case], &row[age], &row[sex])))
        .collect()
}

fn status(project: &Project) -> serde_json::Value {
    let out = project.command(["status", "--json"]).assert().success();
    serde_json::from_slice(&out.get_output().stdout).expect("JSON")
}

fn conflicts(project: &Project) -> Vec<serde_json::Value> {
    status(project)["conflicts"].as_array().expect("conflicts").clone()
}

const TWO_PATIENTS: [&str; 2] = [
    "Figure 1. Chest CT of a 44-year-old woman with COVID-19.",
    "Figure 2. Chest CT of a 39-year-old woman with COVID-19.",
];

#[test]
fn a_second_readers_patient_of_the_same_name_is_not_the_first_readers() {
    let project = paper(&TWO_PATIENTS);
    first_reader(&project, 2);
    export(&project, "one-reader");
    let told = [("1", "Patient 1, 44 F"), ("2", "Patient 2, 39 F")];
    let told: BTreeMap<_, _> = told.map(|(page, of)| (page.into(), of.into())).into();
    assert_eq!(patients(&project, "one-reader"), told);
    // Bob, who sees nothing of what ann said, calls the patient of the second figure Patient 1.
    let shown = label(&project, "bob", &["case", "--second-reader", "--share", "1"], "s\n\n\n\n\n");
    assert!(shown.contains("patient [Patient 1]"), "{shown}");
    assert_eq!(conflicts(&project), [serde_json::Value::Null; 0]);
    export(&project, "two-readers");
    assert_eq!(patients(&project, "two-readers"), told);
}

#[test]
fn what_one_reader_left_empty_is_what_the_other_said() {
    let project = paper(&TWO_PATIENTS);
    first_reader(&project, 2);
    label(&project, "bob", &["case", "--second-reader", "--share", "1"], "\n-\n-\n\n\n-\nF\n\n");
    export(&project, "two-readers");
    let told = patients(&project, "two-readers");
    assert_eq!(told["1"], "Patient 1, 44 F");
    assert_eq!(told["2"], "Patient 2, 39 F");
}

#[test]
fn details_that_differ_are_disputed_until_somebody_settles_them() {
    let project = paper(&TWO_PATIENTS);
    first_reader(&project, 2);
    label(&project, "bob", &["case", "--second-reader", "--share", "1"], "\n45\n\n\n\n\n\n\n");
    let disputed = conflicts(&project);
    assert_eq!(disputed.len(), 1, "{disputed:?}");
    let said = &disputed[0]["decisions"];
    assert_eq!(said, &serde_json::json!(["ann: Patient 1, age 44", "bob: Patient 1, age 45"]));
    let panels = project.store().labelled_panels().expect("panels");
    let labels: Vec<_> = panels.iter().map(|panel| panel.label).collect();
    assert_eq!(labels, [None, Some(Label::COVID)], "a dispute leaves no class");
    let shown = label(&project, "eve", &["adjudicate"], "2\n");
    assert!(
        shown.contains("ann: Patient 1; 44, F") && shown.contains("bob: Patient 1; 45, F"),
        "{shown}"
    );
    assert_eq!(conflicts(&project), [serde_json::Value::Null; 0]);
    export(&project, "settled");
    assert_eq!(patients(&project, "settled")["1"], "Patient 1, 45 F");
}

#[test]
fn a_case_of_one_panel_that_both_readers_number_otherwise_shares_nothing() {
    // Ann: 1 and 2 are of one patient. Bob: each of its own. That is a dispute, of one of them.
    let captions = ["Figure 1. Chest CT, COVID-19.", "Figure 2. Chest CT, COVID-19."];
    let project = paper(&captions);
    label(&project, "ann", &["select"], "c\nc\n");
    label(&project, "ann", &["diagnose"], "c\n\nc\n\n");
    label(&project, "ann", &["crop"], "w\n\nw\n\n");
    label(&project, "ann", &["case"], "A\n\n\n\n=\n\n");
    label(&project, "bob", &["case", "--second-reader", "--share", "1"], "B\n\n\n\nC\n\n\n\n");
    assert_eq!(conflicts(&project).len(), 1, "{:?}", conflicts(&project));
    // Settled as bob has it, the other panel is as it was.
    label(&project, "eve", &["adjudicate"], "2\n");
    assert_eq!(conflicts(&project), [serde_json::Value::Null; 0]);
    let panels = project.store().labelled_panels().expect("panels");
    assert_ne!(panels[0].case, panels[1].case);
    let told = project.command(["curators"]).assert().success();
    let told = text(&told.get_output().stdout);
    assert!(told.contains("case      adjusted Rand index"), "{told}");
}

#[test]
fn what_is_said_of_a_panel_does_not_silently_overrule_what_another_said_of_the_picture() {
    let project = paper(&TWO_PATIENTS[..1]);
    first_reader(&project, 1);
    let store = project.store();
    let panel = &store.labelled_panels().expect("panels")[0];
    let said = |curator: &str, time: &str, value: &str| covid_ct::store::NewDecision {
        stage: covid_ct_core::Stage::Diagnose,
        subject: Subject::panel(panel.image, panel.id),
        value: Some(Value::answer(covid_ct_core::Stage::Diagnose, value)),
        evidence: None,
        span: String::new(),
        curator: curator.into(),
        time: time.into(),
        note: String::new(),
        adjudicates: false,
    };
    let healthy = "non-covid";
    store.decide(&said("bob", "2099-01-01T00:00:00Z", healthy)).expect("decided");
    assert_eq!(conflicts(&project).len(), 1);
    // The same reader's word on the panel goes before the word on the picture.
    store.decide(&said("ann", "2099-01-01T00:00:01Z", healthy)).expect("decided");
    assert_eq!(conflicts(&project).len(), 0);
    assert_eq!(store.labelled_panels().expect("panels")[0].label, Some(Label::NON_COVID));
}

#[test]
fn an_export_refuses_where_a_class_has_become_empty() {
    let captions =
        ["Figure 1. Chest CT of COVID-19.", "Figure 2. Chest CT of a patient without COVID-19."];
    let project = paper(&captions);
    label(&project, "ann", &["select"], "c\nc\n");
    label(&project, "ann", &["diagnose"], "c\n\nn\n\n");
    label(&project, "ann", &["crop"], "w\n\nw\n\n");
    export(&project, "both");
    let before = files(&project.path("data/export/both"));
    label(&project, "bob", &["diagnose", "--second-reader", "--share", "1"], "c\n\nc\n\n");
    let args = ["export", "both", "--split", "all"];
    let refused = project.command(args).assert().code(2);
    let told = text(&refused.get_output().stderr);
    for said in
        ["class non-covid has become empty in train: 1 panels", "adjudicate", "--allow-empty"]
    {
        assert!(told.contains(said), "{said}: {told}");
    }
    assert_eq!(files(&project.path("data/export/both")), before, "what was there stays");
    project.command(args).arg("--allow-empty").assert().success();
    project.command(args).args(["--classes", "covid"]).assert().success();
}

/// The rows of a file of annotations, by column.
type Rows = Vec<BTreeMap<String, String>>;

fn read(folder: &Path, file: &str) -> (csv::StringRecord, Rows) {
    let mut reader = csv::Reader::from_path(folder.join(file)).expect("CSV");
    let header = reader.headers().expect("header").clone();
    let rows = reader.deserialize().map(|row| row.expect("row")).collect();
    (header, rows)
}

fn write(folder: &Path, file: &str, header: &csv::StringRecord, rows: &Rows) {
    fs::create_dir_all(folder).expect("folder");
    let mut writer = csv::Writer::from_path(folder.join(file)).expect("CSV");
    writer.write_record(header).expect("header");
    for row in rows {
        writer.write_record(header.iter().map(|column| &row[column])).expect("row");
    }
    writer.flush().expect("written");
}

/// A box of at least 20 pixels a side, a pixel less wide and high.
fn moved(bounds: &str) -> String {
    let numbers: Vec<u32> = bounds.split(',').map(|n| n.parse().expect("number")).collect();
    let [x, y, w, h] = numbers[..] else { panic!("{bounds} is no box") };
    if w < 20 || h < 20 { bounds.into() } else { format!("{},{},{},{}", x + 1, y, w - 1, h - 1) }
}

/// The annotations of `from` as another reader would have made them, who numbers patients from the last and
/// draws boxes a pixel off.
fn as_second_reader(from: &Path, to: &Path) {
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let (header, mut decisions) = read(from, "decisions.csv");
    let patient = |value: &str| value.split(" @ ").next().unwrap_or_default().to_owned();
    for row in decisions.iter().filter(|row| row["stage"] == "case" && row["value"] != "-") {
        let of_paper = names.entry(row["preprint"].clone()).or_default();
        let name = patient(&row["value"]);
        if !of_paper.contains(&name) {
            of_paper.push(name);
        }
    }
    let renamed = |paper: &str, name: &str| {
        let of_paper = &names[paper];
        let at = of_paper.iter().position(|other| other == name).expect("a patient");
        of_paper[of_paper.len() - 1 - at].clone()
    };
    for row in &mut decisions {
        row.insert("curator".into(), "second".into());
        row.insert("time".into(), row["time"].replace("2026-", "2027-"));
        let value = row["value"].clone();
        if value != "-" && row["stage"] == "case" {
            let name = patient(&value);
            let other = renamed(&row["preprint"], &name);
            row.insert("value".into(), value.replacen(&name, &other, 1));
        }
        if value != "-" && row["stage"] == "crop" && !value.is_empty() {
            let boxes: Vec<String> = value.split(';').map(moved).collect();
            row.insert("value".into(), boxes.join(";"));
        }
        if !row["panel"].is_empty() {
            row.insert("panel".into(), moved(&row["panel"]));
        }
    }
    write(to, "decisions.csv", &header, &decisions);
    let (header, mut panels) = read(from, "panels.csv");
    for row in &mut panels {
        row.insert("panel".into(), moved(&row["panel"]));
    }
    write(to, "panels.csv", &header, &panels);
    let (header, mut cases) = read(from, "cases.csv");
    cases.retain(|row| names.get(&row["preprint"]).is_some_and(|of| of.contains(&row["case"])));
    for row in &mut cases {
        row.insert("curator".into(), "second".into());
        row.insert("time".into(), row["time"].replace("2026-", "2027-"));
        row.insert("case".into(), renamed(&row["preprint"], &row["case"]));
    }
    write(to, "cases.csv", &header, &cases);
}

/// An export without what names the readers: the pictures and lists, and of MetaInfo and manifest all but the
/// decisions.
fn without_readers(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let facts = |file: &str| {
        let (header, rows) = read(folder, file);
        let facts = rows.iter().filter(|row| !row["page"].is_empty()).map(|row| {
            let columns = header.iter().filter(|column| !column.starts_with("decision"));
            columns.map(|column| row[column].clone()).collect::<Vec<_>>().join("|")
        });
        facts.collect::<Vec<_>>().join("\n").into_bytes()
    };
    let lists = ["MANIFEST.csv", "COVID-CT-MetaInfo.csv"];
    // Digests of the content, and the same facts as a table.
    let about = ["README.md", "croissant.json", ".huggingface.yaml", "COVID-CT-MetaInfo.parquet"];
    let files = files(folder).into_iter();
    let mut all: BTreeMap<String, Vec<u8>> = files
        .map(|(path, bytes)| (path.to_string_lossy().into_owned(), bytes))
        .filter(|(path, _)| !about.contains(&path.as_str()))
        .collect();
    all.extend(lists.map(|list| (list.to_owned(), facts(list))));
    all
}

#[test]
fn the_articles_read_by_a_second_reader_who_means_the_same_are_exported_as_before() {
    let Some(data) = shared_data() else { return };
    let project = Project::new();
    let pdfs = CT_ARTICLES.map(|name| data.join(format!("pmc/{name}.pdf")));
    if !pdfs.iter().all(|pdf| pdf.is_file()) {
        return skipped("the articles of ../shared/data/pmc are not here");
    }
    project.command(["ingest"]).args(&pdfs).assert().success();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("annotations/pmc-sample");
    project.command(["annotations", "import"]).arg(&sample).assert().success();
    project.command(["export", "one", "--split", "pmc-sample"]).assert().success();
    let before = status(&project);
    as_second_reader(&sample, &project.path("second"));
    let out = project.command(["annotations", "import"]).arg(project.path("second")).assert();
    let told = text(&out.success().get_output().stderr);
    assert!(!told.contains("disagree"), "{told}");
    let after = status(&project);
    assert_eq!(after["conflicts"], serde_json::json!([]));
    assert_eq!(after["panels"], before["panels"]);
    project.command(["export", "two", "--split", "pmc-sample"]).assert().success();
    let exported = |name: &str| without_readers(&project.path("data/export").join(name));
    let (one, two) = (exported("one"), exported("two"));
    let differing: Vec<&String> =
        one.keys().filter(|path| one.get(*path) != two.get(*path)).collect();
    assert!(differing.is_empty() && one.len() == two.len(), "{differing:?}");
    let out = project.command(["curators", "--json"]).assert().success();
    let told: serde_json::Value = serde_json::from_slice(&out.get_output().stdout).expect("JSON");
    for pair in told["pairs"].as_array().expect("pairs") {
        let measure = if pair["stage"] == "case" { "adjusted_rand" } else { "kappa" };
        assert_eq!(pair[measure]["value"], 1.0, "{pair}");
    }
}

/// The database of commit 533b6f0 that lies beside the tests, in a workspace.
pub fn labelled_before() -> Project {
    let project = Project::new();
    fs::create_dir_all(project.path("data")).expect("folder");
    let packed = include_bytes!("data/labelled-533b6f0.sqlite.gz");
    let mut unpacked = fs::File::create(project.path("data/covid-ct.sqlite")).expect("file");
    std::io::copy(&mut flate2::read::GzDecoder::new(&packed[..]), &mut unpacked).expect("unpacked");
    project
}

/// Has bob read all again in a database of before, with names and boxes of his own.
fn second_reading_of_before(project: &Project) {
    let db = Connection::open(project.path("data/covid-ct.sqlite")).expect("database");
    db.execute_batch(
        "INSERT INTO decision (stage, image, panel, value, curator, time)
             SELECT stage, image, panel, replace(value, 'Patient', 'Case'), 'bob',
                 '2020-05-01T00:00:00Z'
             FROM decision WHERE stage = 'case';
         INSERT INTO panel (image, x, y, w, h, proposed_by) VALUES (3, 13, 9, 302, 217, 'bob');
         INSERT INTO decision (stage, image, value, curator, time)
             VALUES ('crop', 3, '13,9,302,217', 'bob', '2020-05-01T00:00:00Z');
         INSERT INTO patient_case (preprint, name, age, sex, curator, time)
             VALUES (1, 'Patient 3', '', 'F', 'bob', '2020-05-01T00:00:00Z');",
    )
    .expect("a second reading");
}

#[test]
fn a_database_of_before_opens_and_tells_what_is_read_otherwise() {
    let project = labelled_before();
    let told = status(&project);
    assert_eq!((&told["upgrades"], &told["conflicts"]), (&[(); 0][..].into(), &[(); 0][..].into()));
    let labelled = told["panels"].clone();

    let project = labelled_before();
    second_reading_of_before(&project);
    let out = project.command(["status"]).assert().success();
    let (shown, warned) = (text(&out.get_output().stdout), text(&out.get_output().stderr));
    for told in [
        "16 disputes at case are none",
        "1 disputes at crop are none",
        "Patient 3 of 2020.01.20.20000017: before: F; now: 57, female, Port Averne",
    ] {
        assert!(warned.contains(told) && shown.contains(told), "{told}:\n{warned}\n{shown}");
    }
    assert_eq!(status(&project)["panels"], labelled, "nothing lost its class");
    let again = project.command(["status"]).assert().success();
    assert_eq!(text(&again.get_output().stderr), "", "it is told once");
    let _: Vec<ImageRow> = project.store().images().expect("images");
}
