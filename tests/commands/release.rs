//! `covid-ct import-release`, `split` and `export`, on a tiny release and on the published one.

use std::fs;
use std::path::Path;

use crate::common::{Project, files, published_release, text};
use covid_ct::corpus::Manifest;
use covid_ct::dataset::read_manifest;
use covid_ct::store::{NewDecision, Subject};
use covid_ct_core::{Stage, Value};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

const COVID: [&str; 5] = [
    "2020.02.10.20021584-p6-52%0.png",
    "2020.02.10.20021584-p6-52%1.png",
    "2020.03.25.20043166-p17-78.png",
    "ehaa254-p0-63%3.png",
    "kjr-21-e25-p1-8.png",
];
const NON_COVID: [&str; 4] = ["1060.png", "18%0.jpg", "18%1.jpg", "18.png"];

fn picture(shade: u8) -> RgbImage {
    RgbImage::from_fn(12, 9, |x, y| Rgb([shade, shade.wrapping_add(x as u8), y as u8]))
}

fn save(path: &Path, picture: impl Into<DynamicImage>, format: ImageFormat) {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).expect("encoded");
    fs::write(path, bytes.into_inner()).expect("written");
}

/// A release with the published one's traps in it.
fn write_release(folder: &Path) {
    for class in ["CT_COVID", "CT_NonCOVID"] {
        fs::create_dir_all(folder.join("Images").join(class)).expect("folder");
    }
    for (shade, name) in (0..).zip(COVID) {
        // The last is a JPEG under a .png name.
        let format = if shade == 4 { ImageFormat::Jpeg } else { ImageFormat::Png };
        save(&folder.join("Images/CT_COVID").join(name), picture(shade * 20), format);
    }
    for (shade, name) in (5..).zip(NON_COVID) {
        let path = folder.join("Images/CT_NonCOVID").join(name);
        save(&path, picture(shade * 20), ImageFormat::from_path(name).expect("format"));
    }
    let see_through = RgbaImage::from_pixel(12, 9, Rgba([7, 7, 7, 0]));
    save(&folder.join("Images/CT_NonCOVID/1060.png"), see_through, ImageFormat::Png);
    let list = |file: &str, names: &[&str]| {
        let path = folder.join("Data-split").join(file);
        fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        fs::write(path, names.join("\n")).expect("list");
    };
    list("COVID/trainCT_COVID.txt", &COVID[..2]);
    list("COVID/valCT_COVID.txt", &COVID[2..3]);
    list("COVID/testCT_COVID.txt", &COVID[3..]);
    list("NonCOVID/trainCT_NonCOVID.txt", &NON_COVID[..1]);
    list("NonCOVID/valCT_NonCOVID.txt", &[]);
    list("NonCOVID/testCT_NonCOVID.txt", &[NON_COVID[1], NON_COVID[2], "lost.jpg"]);
    fs::write(
        folder.join("COVID-CT-MetaInfo.csv"),
        "File name,Patient ID,Age,Gender,Location,Medical history,Time,Severity,Other diseases,\
         DOI,Captions\n\
         2020.02.10.20021584-p6-52%0.png,Patient 2,50,M ,Beijing,,day 8,early,,,\"['Figure 1. The \
         model's view.']\"\n\
         2020.02.10.20021584-p6-52%1.png,Patient 2,50,M,Beijing,,day 9,late,,,\"['Figure 1. The \
         model's view.']\"\n\
         2020.03.25.20043166-p17-78 ,Patient 3,,,,,,,,,Plain words\n\
         2020.03.25.20043166-p17-78,Patient 4,,,,,,,,,Again\n\
         ehaa254-p0-63%3.png,Patient 5,,,,,,,,10.1093/x ,\n\
         ,,,,,,,,,,of nothing\n",
    )
    .expect("MetaInfo");
}

fn released() -> Project {
    let project = Project::new();
    write_release(&project.path("release"));
    project
}

fn import(project: &Project) -> assert_cmd::assert::Assert {
    let release = project.path("release");
    project.command(["import-release", release.to_str().expect("UTF-8")]).assert()
}

fn export(project: &Project, name: &str, threads: &str) {
    let args = ["export", name, "--split", "published"];
    project.command(args).env("RAYON_NUM_THREADS", threads).assert().success();
}

#[test]
fn a_release_becomes_panels_decisions_and_a_split() {
    let project = released();
    let printed = import(&project).success();
    let (out, err) = (text(&printed.get_output().stdout), text(&printed.get_output().stderr));
    assert!(out.contains("5 panels; split 'published': train 2, val 1, test 2"), "{out}");
    assert!(out.contains("4 panels; split 'published': train 1, val 0, test 2"), "{out}");
    for told in [
        "lists 'lost.jpg'",
        "line 5 speaks of '2020.03.25.20043166-p17-78' again; line 4 is kept",
        "line 7 names no picture",
        "has no row for 'kjr-21-e25-p1-8.png'",
    ] {
        assert!(err.contains(told), "{told} is not in: {err}");
    }
    let panels = project.store().labelled_panels().expect("panels");
    let of = |name: &str| {
        panels.iter().find(|panel| panel.file_name.as_deref() == Some(name)).expect("panel")
    };
    let first = of(COVID[0]);
    assert_eq!((first.preprint_name.as_str(), first.page), ("2020.02.10.20021584", 7));
    assert_eq!((first.xref, first.index), (Some(52), None));
    assert_eq!(first.case.as_deref(), Some("Patient 2"));
    assert_eq!(first.scan_time.as_deref(), Some("day 8"));
    assert_eq!(of(COVID[2]).case.as_deref(), Some("Patient 3"), "matched without extension");
    assert_eq!(of(COVID[4]).object.extension, "jpg", "by content");
    assert_ne!(of("18.png").preprint_name, of("18%0.jpg").preprint_name);
    assert_eq!(of("18%1.jpg").preprint_name, of("18%0.jpg").preprint_name);
    let decisions = project.store().decisions().expect("decisions");
    assert!(decisions.iter().any(|decision| decision.span == "Figure 1. The model's view."));
}

#[test]
fn importing_again_changes_nothing() {
    let project = released();
    import(&project).success();
    let totals = project.store().totals().expect("totals");
    let again = import(&project).success();
    assert!(text(&again.get_output().stdout).contains("nothing changed"));
    assert_eq!(project.store().totals().expect("totals"), totals);
}

#[test]
fn an_export_has_the_lists_and_one_kind_of_picture() {
    let project = released();
    import(&project).success();
    export(&project, "first", "1");
    let folder = project.path("data/export/first");
    for (list, names) in [
        ("COVID/trainCT_COVID.txt", &COVID[..2]),
        ("COVID/testCT_COVID.txt", &COVID[3..]),
        ("NonCOVID/valCT_NonCOVID.txt", &[]),
        ("NonCOVID/testCT_NonCOVID.txt", &["18%0.png", "18%1.png"]),
    ] {
        let text = fs::read_to_string(folder.join("Data-split").join(list)).expect("list");
        assert_eq!(text.lines().collect::<Vec<_>>(), names, "{list}");
    }
    for (path, bytes) in files(&folder.join("Images-processed")) {
        assert_eq!(image::guess_format(&bytes).expect("format"), ImageFormat::Png);
        let picture = image::load_from_memory(&bytes).expect("picture");
        assert_eq!(picture.color(), image::ColorType::L8, "{}", path.display());
        if path.ends_with("1060.png") {
            assert!(picture.into_luma8().pixels().all(|pixel| pixel.0 == [255]), "not on white");
        }
    }
    let mut meta = csv::Reader::from_path(folder.join("COVID-CT-MetaInfo.csv")).expect("MetaInfo");
    let rows: Vec<csv::StringRecord> = meta.records().map(|row| row.expect("row")).collect();
    assert_eq!(rows.len(), 8, "both classes");
    let expected = "2020.02.10.20021584-p6-52%0.png,2020.02.10.20021584, Patient 2,50,M,Beijing,,day 8,early; late,,\
                    10.1101/2020.02.10.20021584,Figure 1. The model's view.,covid,train";
    let first: Vec<&str> = rows[0].iter().take(13).collect();
    assert_eq!(first.join(","), expected);
}

#[test]
fn exports_are_the_same_bytes_at_any_number_of_threads() {
    let project = released();
    import(&project).success();
    export(&project, "first", "1");
    // Of an older export nothing stays.
    let older = ["export", "second", "--split", "published", "--format", "webdataset"];
    project.command(older).assert().success();
    assert!(project.path("data/export/second/train-000000.tar").is_file());
    export(&project, "second", "4");
    let (first, second) =
        (files(&project.path("data/export/first")), files(&project.path("data/export/second")));
    assert_eq!(first, second);
    let left: Vec<_> = fs::read_dir(project.path("data/export")).expect("folder").collect();
    assert_eq!(left.len(), 2, "temporary folders stay behind");
}

#[test]
fn an_export_is_a_release() {
    let project = released();
    import(&project).success();
    export(&project, "first", "1");
    let other = Project::new();
    let exported = project.path("data/export/first");
    other.command(["import-release", exported.to_str().expect("UTF-8")]).assert().success();
    export(&other, "first", "1");
    let exported = |project: &Project| files(&project.path("data/export/first"));
    // Where a picture is from and who decided so comes back out of the manifest.
    assert!(exported(&project) == exported(&other), "not every file is the same");
}

#[test]
fn what_was_decided_since_an_import_is_told_beside_what_the_export_told() {
    let project = released();
    import(&project).success();
    export(&project, "first", "1");
    let other = Project::new();
    let folder = project.path("data/export/first");
    other.command(["import-release"]).arg(&folder).assert().success();
    let store = other.store();
    let image = store.images().expect("images").remove(0);
    store
        .decide(&NewDecision {
            stage: Stage::Diagnose,
            subject: Subject::image(image.id),
            value: Some(Value::answer(Stage::Diagnose, "covid")),
            evidence: None,
            span: String::new(),
            curator: "ann".into(),
            time: "2021-01-01T00:00:00Z".into(),
            note: String::new(),
            adjudicates: false,
        })
        .expect("decided");
    export(&other, "first", "1");
    let rows = |project: &Project| {
        let rows =
            read_manifest(&project.path("data/export/first/MANIFEST.csv")).expect("manifest");
        rows.into_iter().find(|row| row.name == COVID[0]).expect("a row")
    };
    let (before, after) = (rows(&project), rows(&other));
    assert_eq!(after.image_sha256, before.image_sha256, "of the picture that was released");
    assert_eq!(after.decisions, before.decisions + "; diagnose:ann@2021-01-01T00:00:00Z");
    assert_eq!(after.decision_ids.split(' ').count(), 1 + before.decision_ids.split(' ').count());
}

#[test]
fn a_broken_picture_is_named_and_the_rest_goes_on() {
    let project = released();
    fs::write(project.path("release/Images/CT_COVID/kjr-21-e25-p1-8.png"), "no picture")
        .expect("file");
    let printed = import(&project).code(1);
    let (out, err) = (text(&printed.get_output().stdout), text(&printed.get_output().stderr));
    assert!(err.contains("kjr-21-e25-p1-8.png: expected a PNG or a JPEG"), "{err}");
    assert!(out.contains("4 panels"), "{out}");
}

#[test]
fn a_picture_mended_later_joins_those_of_its_paper() {
    let project = released();
    let broken = project.path("release/Images/CT_COVID").join(COVID[1]);
    fs::write(&broken, "no picture").expect("file");
    import(&project).code(1);
    write_release(&project.path("release"));
    import(&project).success();
    let panels = project.store().labelled_panels().expect("panels");
    assert_eq!(panels.len(), 9, "none twice");
    assert!(panels.iter().all(|panel| panel.label.is_some() && !panel.conflict));
}

#[test]
fn a_folder_that_is_no_release_is_told_what_lacks() {
    let project = released();
    fs::remove_file(project.path("release/Data-split/COVID/valCT_COVID.txt")).expect("removed");
    let error = text(&import(&project).code(2).get_output().stderr);
    assert!(error.contains("Data-split/COVID/valCT_COVID.txt is missing"), "{error}");
    assert!(!project.path("data").exists(), "nothing was made");
}

#[test]
fn a_split_keeps_patients_whole_and_is_the_same_each_time() {
    let project = released();
    import(&project).success();
    let split = |name: &str, seed: &str| {
        let args = ["split", name, "--seed", seed, "--ratio", "50,25,25"];
        text(&project.command(args).assert().success().get_output().stdout)
    };
    let table = split("one", "7");
    assert!(table.contains("left out: 0 in conflict, 0 without a label"), "{table}");
    split("two", "7");
    let store = project.store();
    let parts = |name| store.split(name).expect("read").expect("a split").parts;
    assert_eq!(parts("one"), parts("two"));
    assert_eq!(parts("one").len(), 9, "all panels");
    let part_of: std::collections::HashMap<_, _> = parts("one").into_iter().collect();
    let panels = store.labelled_panels().expect("panels");
    let part = |name: &str| {
        let panel = panels.iter().find(|panel| panel.file_name.as_deref() == Some(name));
        part_of[&panel.expect("panel").id]
    };
    assert_eq!(part(COVID[0]), part(COVID[1]), "one patient");
    assert_eq!(part("18%0.jpg"), part("18%1.jpg"), "one picture");
}

#[test]
fn a_split_of_nothing_says_what_to_do() {
    let project = Project::new();
    project.store();
    let error = text(&project.command(["split"]).assert().code(2).get_output().stderr);
    assert!(error.contains("no labelled panels") && error.contains("covid-ct label"), "{error}");
    let error = text(&project.command(["export"]).assert().code(2).get_output().stderr);
    assert!(error.contains("covid-ct split default"), "{error}");
    let outside = project.command(["export", "../x"]).assert().code(2);
    assert!(text(&outside.get_output().stderr).contains("'../x' cannot name an export"));
}

/// Stems: the published lists keep `.jpg` where an export writes `.png`.
fn stems(list: &Path) -> Vec<String> {
    let text = fs::read_to_string(list).expect("list");
    let stem = |name: &str| name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned();
    let mut stems: Vec<String> = text.lines().map(stem).collect();
    stems.sort_unstable();
    stems
}

#[test]
fn the_published_dataset_comes_out_as_it_was_split() {
    let Some(published) = published_release() else { return };
    let project = Project::new();
    let args = ["import-release", published.to_str().expect("UTF-8")];
    let out = text(&project.command(args).assert().success().get_output().stdout);
    assert!(out.contains("349 panels; split 'published': train 191, val 60, test 98"), "{out}");
    assert!(out.contains("397 panels; split 'published': train 234, val 58, test 105"), "{out}");
    for format in ["imagefolder", "webdataset", "parquet"] {
        let args = ["export", format, "--split", "published", "--format", format];
        project.command(args).assert().success();
        let rows = read_manifest(&project.path("data/export").join(format).join("MANIFEST.csv"));
        let rows = rows.expect("manifest");
        let of = |part: &str| rows.iter().filter(|row| row.part == part).count();
        assert_eq!([of("train"), of("val"), of("test")], [425, 118, 203], "{format}");
    }
    export(&project, "released", "2");
    let exported = project.path("data/export/released");
    for class in ["COVID", "NonCOVID"] {
        for part in ["train", "val", "test"] {
            let list = format!("Data-split/{class}/{part}CT_{class}.txt");
            assert_eq!(stems(&exported.join(&list)), stems(&published.join(&list)), "{list}");
        }
    }
}

#[test]
fn the_published_annotations_are_the_facts_of_the_release() {
    let Some(published) = published_release() else { return };
    let project = Project::new();
    project.command(["import-release"]).arg(&published).assert().success();
    let folder = project.path("annotations");
    let mut export = project.command(["annotations", "export", "--short-quotes"]);
    export.arg(&folder).assert().success();
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("annotations/covid-ct-2020");
    for ((name, made), (of, kept)) in files(&folder).iter().zip(&files(&committed)) {
        assert_eq!((name, text(made)), (of, text(kept)), "annotations export --short-quotes");
    }
    // On a database without the release nothing is taken for one of its pictures.
    let empty = Project::new();
    drop(empty.store());
    let out = empty.command(["annotations", "import"]).arg(&committed).assert().code(1);
    assert!(text(&out.get_output().stderr).contains("not in this database"));
}

#[test]
fn the_published_set_names_the_44_preprints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("corpus/covid-ct-2020.csv");
    let manifest = Manifest::read(&path).expect("manifest");
    assert_eq!(manifest.len(), 44);
    // A fetch notes what it got in this very file.
    assert!(manifest.to_csv() == fs::read(&path).expect("file"), "as covid-ct writes it");
    let decisions = fs::read_to_string(root.join("annotations/covid-ct-2020/decisions.csv"));
    let decisions = decisions.expect("annotations");
    let templates = covid_ct::corpus::Templates::default();
    for row in manifest.rows() {
        let number = row.doi.trim_start_matches("10.1101/");
        assert!(decisions.contains(&format!("\n{number},")), "{number}");
        assert_eq!(row.url, templates.pdf(&row.server, &row.doi, row.version));
    }
}
