//! `covid-ct export` in every format, `rebuild` of what an open export leaves out, `export --verify`
//! and `stats`, on the synthetic corpus. What other programs make of the formats: `make test-formats`.

mod figures;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::common::{Project, files, text};
use covid_ct::dataset::{ManifestRow, read_manifest};
use covid_ct_core::{Licence, sha256_hex};

const FORMATS: [&str; 4] = ["covid-ct", "imagefolder", "webdataset", "parquet"];

/// Papers of the corpus: with seed 1, some under every kind of licence show CTs.
const PAPERS: &str = "14";

/// A workspace with the corpus read, labelled and split. Tests add exports, and change nothing else.
static CORPUS: LazyLock<Project> = LazyLock::new(|| {
    let project = Project::new();
    let corpus = project.path("corpus");
    let synth = ["synth", "--papers", PAPERS, "--seed", "1"];
    project.command(synth).arg(&corpus).assert().success();
    project.command(["ingest", "--jobs", "2"]).arg(corpus.join("pdf")).assert().success();
    project.command(["annotations", "import"]).arg(corpus.join("annotations")).assert().success();
    project.command(["split"]).assert().success();
    project
});

fn pdfs() -> PathBuf {
    CORPUS.path("corpus/pdf")
}

/// Exports the split under `name`; gives the folder.
fn export(name: &str, options: &[&str]) -> PathBuf {
    let args = ["export", name, "--split", "default"].into_iter().chain(options.iter().copied());
    CORPUS.command(args).assert().success();
    CORPUS.path("data/export").join(name)
}

fn rows(file: &Path) -> Vec<ManifestRow> {
    read_manifest(file).expect("a manifest")
}

/// The pictures of an export, by name.
fn pictures(folder: &Path) -> BTreeMap<String, ManifestRow> {
    let rows = rows(&folder.join("MANIFEST.csv")).into_iter();
    rows.filter(ManifestRow::is_picture).map(|row| (row.name.clone(), row)).collect()
}

fn verify(folder: &Path) -> assert_cmd::assert::Assert {
    CORPUS.command(["export", "--verify"]).arg(folder).assert()
}

fn rebuild(from: &Path, pdfs: &Path, out: &Path, options: &[&str]) -> assert_cmd::assert::Assert {
    CORPUS
        .command(["rebuild"])
        .arg(from)
        .arg("--pdfs")
        .arg(pdfs)
        .arg("--out")
        .arg(out)
        .args(options)
        .assert()
}

#[test]
fn every_format_holds_the_same_pictures_at_any_number_of_jobs() {
    let mut first: Option<BTreeSet<(String, String)>> = None;
    for format in FORMATS {
        let one = export(&format!("{format}-1"), &["--format", format, "--jobs", "1"]);
        let two = export(&format!("{format}-2"), &["--format", format, "--jobs", "2"]);
        assert!(files(&one) == files(&two), "{format} differs with the number of jobs");
        verify(&one).success();
        let hashes: BTreeSet<(String, String)> =
            pictures(&one).into_values().map(|row| (row.name, row.sha256)).collect();
        assert!(hashes.len() > 20, "{format} holds {} pictures", hashes.len());
        assert_eq!(first.get_or_insert_with(|| hashes.clone()), &hashes, "{format}");
        for file in ["MANIFEST.csv", "COVID-CT-MetaInfo.csv", "README.md", "croissant.json"] {
            assert!(one.join(file).is_file(), "{format} has no {file}");
        }
        assert!(!one.join("RECIPE.csv").exists(), "nothing was left out");
        let listed: BTreeSet<String> = rows(&one.join("MANIFEST.csv"))
            .into_iter()
            .filter(|row| row.container.is_empty())
            .map(|row| row.file)
            .collect();
        let found: BTreeSet<String> = files(&one)
            .into_iter()
            .map(|(path, _)| path.to_string_lossy().into_owned())
            .filter(|path| path != "MANIFEST.csv")
            .collect();
        assert_eq!(listed, found, "{format}: every file is in the manifest, once");
    }
}

#[test]
fn every_picture_is_grey_and_has_no_metadata() {
    let folder = export("plain", &["--format", "imagefolder"]);
    for (path, bytes) in
        files(&folder).into_iter().filter(|(path, _)| path.extension() == Some("png".as_ref()))
    {
        let picture = image::load_from_memory(&bytes).expect("a picture");
        assert_eq!(picture.color(), image::ColorType::L8, "{}", path.display());
        let mut chunks = BTreeSet::new();
        let mut at = 8;
        while let Some(length) = bytes.get(at..at + 4) {
            let length = u32::from_be_bytes(length.try_into().expect("four bytes")) as usize;
            chunks.insert(text(&bytes[at + 4..at + 8]));
            at += length + 12;
        }
        assert_eq!(chunks, BTreeSet::from(["IHDR", "IDAT", "IEND"].map(String::from)));
    }
}

/// Rows of a Parquet file, each by column; what is missing is empty.
fn table(path: &Path) -> Vec<BTreeMap<String, String>> {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::Field;

    let file = fs::File::open(path).expect("a file");
    let reader = SerializedFileReader::new(file).expect("Parquet");
    let told = |field: &Field| match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        Field::Long(number) => number.to_string(),
        Field::Bool(truth) => truth.to_string(),
        Field::Double(number) => number.to_string(),
        _ => "a picture".into(),
    };
    let rows = reader.get_row_iter(None).expect("rows").map(|row| row.expect("a row"));
    rows.map(|row| row.get_column_iter().map(|(name, field)| (name.clone(), told(field))).collect())
        .collect()
}

/// The metadata of a Parquet file that says what its columns are.
fn features(path: &Path) -> serde_json::Value {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};

    let file = fs::File::open(path).expect("a file");
    let reader = SerializedFileReader::new(file).expect("Parquet");
    let metadata = reader.metadata().file_metadata();
    assert_eq!(metadata.created_by(), Some("covid-ct"), "no version: bytes must not change");
    let told = metadata.key_value_metadata().expect("metadata");
    let told = told.iter().find(|entry| entry.key == "huggingface").expect("features");
    let features: serde_json::Value =
        serde_json::from_str(told.value.as_deref().expect("a value")).expect("JSON");
    features["info"]["features"].clone()
}

#[test]
fn an_imagefolder_has_a_folder_a_class_and_a_typed_table_a_part() {
    let classes = ["--format", "imagefolder", "--classes", "non-covid=Other,covid=COVID-19"];
    let folder = export("named", &classes);
    for part in ["train", "val", "test"] {
        let path = folder.join(part).join("metadata.parquet");
        let features = features(&path);
        assert_eq!(features["label"]["names"], serde_json::json!(["Other", "COVID-19"]));
        assert_eq!(features["age"]["dtype"], "int64");
        for told in ["caption", "sub_caption", "sex", "citing_sentences"] {
            assert_eq!(features[told]["dtype"], "string", "{told}");
        }
        let rows = table(&path);
        assert!(!rows.is_empty(), "{part}");
        for row in &rows {
            let (class, _) = row["file_name"].split_once('/').expect("a folder");
            let number = if class == "Other" { "0" } else { "1" };
            assert_eq!(row["label"], number, "{class}");
            let bytes = fs::read(folder.join(part).join(&row["file_name"])).expect("a picture");
            assert_eq!(sha256_hex(&bytes), row["sha256"]);
        }
    }
    let one = export("one-class", &["--format", "imagefolder", "--classes", "covid"]);
    assert!(pictures(&one).into_values().all(|row| row.label == "covid"));
    let card = fs::read_to_string(one.join("README.md")).expect("card");
    assert!(!card.contains("Splits that lack"), "a class that is not asked for is missing nowhere");
    let refused = CORPUS.command(["export", "x", "--split", "default", "--classes", "covid=C"]);
    let error = text(&{ refused }.assert().code(2).get_output().stderr);
    assert!(error.contains("give --classes without names"), "{error}");
}

#[test]
fn a_patient_has_one_name_in_every_format() {
    let patients = |name: &str, tables: &[&str]| -> BTreeMap<String, String> {
        let folder = export(&format!("patients-{name}"), &["--format", name]);
        let mut told = BTreeMap::new();
        let rows = tables.iter().flat_map(|path| table(&folder.join(path)));
        told.extend(rows.map(|row| (row["name"].clone(), row["patient"].clone())));
        let of_manifest: BTreeMap<String, String> =
            pictures(&folder).into_iter().map(|(name, row)| (name, row.patient)).collect();
        assert_eq!(told, of_manifest, "{name}");
        let mut meta =
            csv::Reader::from_path(folder.join("COVID-CT-MetaInfo.csv")).expect("MetaInfo");
        let rows = meta.records().map(|row| row.expect("row"));
        let of_meta: BTreeMap<String, String> =
            rows.map(|row| (row[0].to_owned(), row[1].to_owned())).collect();
        assert_eq!(told, of_meta, "{name}");
        told
    };
    let parts = ["train", "val", "test"];
    let folders = parts.map(|part| format!("{part}/metadata.parquet"));
    let files = parts.map(|part| format!("data/{part}-00000.parquet"));
    let of_tables = patients("imagefolder", &folders.each_ref().map(String::as_str));
    assert_eq!(of_tables, patients("parquet", &files.each_ref().map(String::as_str)));
    assert_eq!(of_tables, patients("covid-ct", &["COVID-CT-MetaInfo.parquet"]));
    let rows = pictures(&CORPUS.path("data/export/patients-parquet"));
    let mut of_name: BTreeMap<&str, BTreeSet<(&str, &str)>> = BTreeMap::new();
    for row in rows.values().filter(|row| !row.case.is_empty()) {
        of_name.entry(&row.patient).or_default().insert((&row.preprint, &row.case));
    }
    assert!(of_name.len() > 5, "patients are told");
    assert!(of_name.values().all(|whose| whose.len() == 1), "one name, one patient");
}

#[test]
fn another_content_has_another_card() {
    let entry = |name: &str, options: &[&str]| {
        let folder = export(name, options);
        let card = [".huggingface.yaml", "README.md"].map(|file| folder.join(file));
        let card = card.iter().find(|path| path.is_file()).expect("a card");
        let card = fs::read_to_string(card).expect("card");
        let line = card.lines().find(|line| line.contains("SHA-256 of the content"));
        line.expect("a digest").to_owned()
    };
    for format in FORMATS {
        let name = format!("digest-{format}");
        let first = entry(&name, &["--format", format]);
        assert_eq!(first, entry(&name, &["--format", format]), "the same content");
        let smaller = entry(&name, &["--format", format, "--size", "224"]);
        assert_ne!(first, smaller, "{format}: other pictures under the same names");
    }
}

#[test]
fn a_part_that_lacks_a_class_has_a_section_of_the_card() {
    let folder = export("whole", &[]);
    let rows: Vec<ManifestRow> = pictures(&folder)
        .into_values()
        .filter(|row| (row.part.as_str(), row.label.as_str()) != ("val", "non-covid"))
        .collect();
    let path = CORPUS.path("lacking.csv");
    let mut writer = csv::Writer::from_path(&path).expect("file");
    for row in &rows {
        writer.serialize(row).expect("a row");
    }
    drop(writer);
    let out = CORPUS.path("lacking");
    rebuild(&path, &pdfs(), &out, &[]).success();
    let card = fs::read_to_string(out.join("README.md")).expect("card");
    assert!(card.contains(
        "## Splits that lack a class\n\n- `val` holds no picture of the class non-covid."
    ));
    let whole = fs::read_to_string(folder.join("README.md")).expect("card");
    assert!(!whole.contains("Splits that lack"), "nothing lacks there");
    assert!(whole.contains("dtype=str, keep_default_na=False"), "how the lists are read");
}

#[test]
fn a_shard_holds_a_picture_its_class_and_its_facts_under_one_key() {
    let folder = export("shards", &["--format", "webdataset"]);
    let told = pictures(&folder);
    let mut seen = 0;
    for (path, _) in
        files(&folder).iter().filter(|(path, _)| path.extension() == Some("tar".as_ref()))
    {
        let file = fs::File::open(folder.join(path)).expect("a shard");
        let mut archive = tar::Archive::new(file);
        let mut members: BTreeMap<String, BTreeMap<String, Vec<u8>>> = BTreeMap::new();
        for entry in archive.entries().expect("entries") {
            let mut entry = entry.expect("an entry");
            let header = entry.header();
            assert_eq!((header.mtime().ok(), header.uid().ok()), (Some(0), Some(0)));
            let name = entry.path().expect("a name").to_string_lossy().into_owned();
            let (key, extension) = name.split_once('.').expect("cut at the first dot");
            let (key, extension) = (key.to_owned(), extension.to_owned());
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut bytes).expect("bytes");
            members.entry(key).or_default().insert(extension, bytes);
        }
        for sample in members.values() {
            let facts: serde_json::Value = serde_json::from_slice(&sample["json"]).expect("facts");
            let row = &told[facts["name"].as_str().expect("a name")];
            assert_eq!(sha256_hex(&sample["png"]), row.sha256);
            let xref = row.xref.map(|xref| xref.to_string()).unwrap_or_default();
            for (name, value) in [
                ("sha256", &row.sha256),
                ("patient", &row.patient),
                ("crop", &row.crop),
                ("xref", &xref),
                ("decision_ids", &row.decision_ids),
            ] {
                assert_eq!(facts[name], **value, "{name}");
            }
            let values = facts.as_object().expect("an object");
            assert!(values.values().all(|value| !value.is_null()), "null is of no type: {facts}");
            let class = if row.label == "covid" { "0" } else { "1" };
            assert_eq!(text(&sample["cls"]), class);
            assert_eq!(*path, PathBuf::from(&row.container));
            seen += 1;
        }
    }
    assert_eq!(seen, told.len());
}

#[test]
fn a_parquet_file_says_what_its_columns_are() {
    let folder = export("tables", &["--format", "parquet"]);
    let mut rows = 0;
    for (path, _) in files(&folder).iter().filter(|(path, _)| path.starts_with("data")) {
        let features = features(&folder.join(path));
        assert_eq!(features["image"]["_type"], "Image");
        assert_eq!(features["label"]["names"], serde_json::json!(["covid", "non-covid"]));
        for number in ["age", "page", "xref", "width", "height"] {
            assert_eq!(features[number]["dtype"], "int64", "{number}");
        }
        for row in table(&folder.join(path)) {
            let told = &pictures(&folder)[&row["name"]];
            assert_eq!(row["xref"], told.xref.map(|xref| xref.to_string()).unwrap_or_default());
            assert_eq!(row["age_told"], told.age);
            rows += 1;
        }
    }
    assert_eq!(rows, pictures(&folder).len());
}

#[test]
fn pictures_are_scaled_to_the_networks_size() {
    let folder = export("square", &["--size", "224", "--format", "imagefolder"]);
    for row in pictures(&folder).into_values() {
        assert_eq!((row.width, row.height), (Some(224), Some(224)));
        let picture = image::open(folder.join(&row.file)).expect("a picture");
        assert_eq!((picture.width(), picture.height()), (224, 224));
    }
    let again = CORPUS.path("square-again");
    rebuild(&folder, &pdfs(), &again, &["--format", "imagefolder", "--size", "224"]).success();
    assert!(files(&again) == files(&folder), "the recipe tells the size");
}

#[test]
fn what_may_not_be_rehosted_is_left_out_and_rebuilt_to_the_same_bytes() {
    let all = export("all", &[]);
    let open = export("open", &["--licence", "open"]);
    let (hosted, whole) = (pictures(&open), pictures(&all));
    let left_out = rows(&open.join("RECIPE.csv"));
    assert!(!hosted.is_empty() && !left_out.is_empty(), "the corpus has papers of both kinds");
    assert_eq!(hosted.len() + left_out.len(), whole.len());
    assert!(hosted.values().all(|row| Licence::parse(&row.licence).is_open()));
    let exported: BTreeSet<String> =
        files(&open).iter().map(|(_, bytes)| sha256_hex(bytes)).collect();
    let meta = fs::read_to_string(open.join("COVID-CT-MetaInfo.csv")).expect("MetaInfo");
    for row in &left_out {
        assert!(!Licence::parse(&row.licence).is_open(), "{}", row.licence);
        assert_eq!(row.sha256, whole[&row.name].sha256);
        assert!(!exported.contains(&row.sha256), "{} is there all the same", row.name);
        assert!(!meta.contains(&row.name), "the caption of {} is there", row.name);
    }
    let missing = CORPUS.path("missing");
    rebuild(&open.join("RECIPE.csv"), &pdfs(), &missing, &["--jobs", "1"]).success();
    let rebuilt = pictures(&missing);
    assert_eq!(rebuilt.len(), left_out.len());
    assert!(left_out.iter().all(|row| rebuilt[&row.name].sha256 == row.sha256));
    // The folder of an export stands for all of it: what was hosted, and what was left out.
    let completed = CORPUS.path("completed");
    let out = rebuild(&open, &pdfs(), &completed, &["--jobs", "2"]).success();
    assert!(text(&out.get_output().stdout).contains("0 by perceptual hash"));
    assert!(files(&completed) == files(&all), "every file as exported with all licences");
}

#[test]
fn annotations_are_rebuilt_as_they_are_exported() {
    let exported = export("by-hand", &[]);
    let out = CORPUS.path("from-annotations");
    let annotations = CORPUS.path("corpus/annotations");
    rebuild(&annotations, &pdfs(), &out, &[]).success();
    assert!(files(&out) == files(&exported), "the default split is the one `split` makes");
}

/// A copy of the corpus whose PDFs have other bytes, as when a server stamps them anew.
fn stamped(folder: &Path) {
    fs::create_dir_all(folder).expect("folder");
    for (path, mut bytes) in files(&pdfs()) {
        bytes.extend(b"\n% stamped anew\n");
        fs::write(folder.join(path), bytes).expect("written");
    }
}

#[test]
fn a_paper_stamped_anew_is_known_by_its_pictures_places_or_looks() {
    let open = export("to-stamp", &["--licence", "open"]);
    let folder = CORPUS.path("stamped");
    stamped(&folder);
    let recipe = open.join("RECIPE.csv");
    let lines = |change: &dyn Fn(&mut ManifestRow)| {
        let mut rows = rows(&recipe);
        rows.iter_mut().for_each(change);
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in &rows {
            writer.serialize(row).expect("a row");
        }
        let path = CORPUS.path("changed.csv");
        fs::write(&path, writer.into_inner().expect("text")).expect("written");
        path
    };
    let out = CORPUS.path("from-stamped");
    let by = |recipe: &Path| {
        let told = rebuild(recipe, &folder, &out, &[]).success();
        assert_eq!(pictures(&out).len(), rows(recipe).len());
        text(&told.get_output().stdout)
    };
    let told = by(&recipe);
    assert!(told.contains("0 by the PDF's SHA-256") && told.contains("0 by paper, page"), "{told}");
    let told = by(&lines(&|row| row.image_sha256 = "0".repeat(64)));
    assert!(told.contains("0 by their own SHA-256"), "{told}");
    assert!(told.contains("0 by perceptual hash"), "{told}");
    let told = by(&lines(&|row| {
        row.image_sha256 = "0".repeat(64);
        row.xref = row.xref.map(|xref| xref + 100_000);
    }));
    assert!(told.contains("0 by paper, page and xref"), "{told}");
    // Another picture stands at the place: none is better than that one.
    let elsewhere = lines(&|row| {
        row.image_sha256 = "0".repeat(64);
        let (size, _) = row.image_look.split_once(':').expect("a look");
        row.image_look = format!("{size}:{}", "f0".repeat(32));
    });
    let told = rebuild(&elsewhere, &folder, &CORPUS.path("nothing"), &[]).code(2);
    let error = text(&told.get_output().stderr);
    assert!(error.contains("is in none of the PDFs"), "{error}");
    assert!(!CORPUS.path("nothing").exists());
}

#[test]
fn what_lacks_or_comes_out_otherwise_is_named() {
    let exported = export("to-break", &[]);
    let left: PathBuf = CORPUS.path("some-pdfs");
    fs::create_dir_all(&left).expect("folder");
    let kept = pictures(&exported).into_values().next().expect("a picture").document_sha256;
    for (path, bytes) in files(&pdfs()) {
        if sha256_hex(&bytes) == kept {
            fs::write(left.join(path), bytes).expect("copied");
        }
    }
    let out = CORPUS.path("in-part");
    let told = rebuild(&exported, &left, &out, &[]).code(1);
    let error = text(&told.get_output().stderr);
    assert!(error.contains("not rebuilt: ") && error.contains("is in none of the PDFs"), "{error}");
    verify(&out).success();

    let mut changed = rows(&exported.join("MANIFEST.csv"));
    changed.retain(ManifestRow::is_picture);
    changed[0].crop = "0,0,8,8".into();
    let path = CORPUS.path("wrong.csv");
    let mut writer = csv::Writer::from_path(&path).expect("file");
    for row in &changed {
        writer.serialize(row).expect("a row");
    }
    drop(writer);
    let told = rebuild(&path, &pdfs(), &CORPUS.path("otherwise"), &[]).code(1);
    let error = text(&told.get_output().stderr);
    assert!(error.contains(&format!("{}: rebuilt, but not to the same bytes", changed[0].name)));

    let told = rebuild(&CORPUS.path("corpus"), &pdfs(), &out, &[]).code(2);
    let error = text(&told.get_output().stderr);
    assert!(error.contains("expected RECIPE.csv or MANIFEST.csv"), "{error}");
}

#[test]
fn a_check_names_what_differs() {
    for format in FORMATS {
        let folder = export(&format!("check-{format}"), &["--format", format]);
        let (name, row) = pictures(&folder).into_iter().next().expect("a picture");
        let file = if row.container.is_empty() { &row.file } else { &row.container };
        let path = folder.join(file);
        let mut bytes = fs::read(&path).expect("file");
        // Inside the first picture, whose pixels come after the headers.
        let at = bytes.windows(4).position(|chunk| chunk == b"IDAT").expect("pixels") + 20;
        bytes[at] ^= 1;
        fs::write(&path, bytes).expect("written");
        fs::remove_file(folder.join("croissant.json")).expect("removed");
        fs::write(folder.join("stray.txt"), "x").expect("written");
        let out = text(&verify(&folder).code(1).get_output().stdout);
        for told in [
            format!("{file}: its bytes have changed"),
            "croissant.json: is missing".into(),
            "stray.txt: is in no line of the manifest".into(),
        ] {
            assert!(out.contains(&told), "{told} is not in: {out}");
        }
        if !row.container.is_empty() {
            assert!(out.contains(&format!("{file}, ")), "the picture is not named: {out}");
        }
        assert!(!name.is_empty());
    }
    let error = text(&verify(&CORPUS.path("corpus")).code(2).get_output().stderr);
    assert!(error.contains("holds no MANIFEST.csv"), "{error}");
}

#[test]
fn decisions_go_by_the_same_ids_everywhere() {
    let folder = export("ids", &[]);
    let (name, row) = pictures(&folder).into_iter().next().expect("a picture");
    let out = CORPUS.command(["history", "--json", &name]).assert().success();
    let history: serde_json::Value =
        serde_json::from_slice(&out.get_output().stdout).expect("JSON");
    let told: BTreeSet<&str> = history[0]["events"]
        .as_array()
        .expect("events")
        .iter()
        .filter_map(|event| event["id"].as_str())
        .collect();
    assert!(!row.decision_ids.is_empty());
    for id in row.decision_ids.split(' ') {
        assert!(told.contains(id), "{id} is none of {told:?}");
    }
}

#[test]
fn the_numbers_stand_beside_the_papers() {
    let out = CORPUS.command(["stats", "--json"]).assert().success();
    let stats: serde_json::Value = serde_json::from_slice(&out.get_output().stdout).expect("JSON");
    let exported = pictures(&export("counted", &[]));
    let of = |label: &str| exported.values().filter(|row| row.label == label).count();
    assert_eq!(stats["split"], "default");
    assert_eq!(stats["dataset"][0]["images"], of("covid"));
    assert_eq!(stats["dataset"][1]["images"], of("non-covid"));
    let heights = exported.values().filter(|row| row.label == "covid").filter_map(|row| row.height);
    assert_eq!(stats["dataset"][0]["height"]["max"], heights.max().expect("a height"));
    assert_eq!(stats["paper"][0]["patients"], 143);
    assert_eq!(stats["paper"][0]["height"]["mean"], 491.0);
    let table = text(&CORPUS.command(["stats"]).assert().success().get_output().stdout);
    assert!(table.contains("153 / 491.0 / 1853"), "{table}");
    let error = text(&CORPUS.command(["stats", "none"]).assert().code(2).get_output().stderr);
    assert!(error.contains("no split named 'none' here (there are: default)"), "{error}");
}

#[test]
fn a_manifest_of_an_older_version_is_rebuilt() {
    let exported = export("of-today", &[]);
    let text = fs::read_to_string(exported.join("MANIFEST.csv")).expect("manifest");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().expect("header").clone();
    // As 533b6f0 wrote it: without the columns that came since.
    let kept: Vec<usize> =
        (0..header.len()).filter(|&i| !["patient", "kind"].contains(&&header[i])).collect();
    let path = CORPUS.path("older.csv");
    let mut writer = csv::Writer::from_path(&path).expect("file");
    writer.write_record(kept.iter().map(|&i| &header[i])).expect("header");
    for row in reader.records() {
        let row = row.expect("a row");
        writer.write_record(kept.iter().map(|&i| &row[i])).expect("a row");
    }
    drop(writer);
    let out = CORPUS.path("from-older");
    rebuild(&path, &pdfs(), &out, &[]).success();
    assert!(files(&out) == files(&exported), "what is new is worked out anew");
}
