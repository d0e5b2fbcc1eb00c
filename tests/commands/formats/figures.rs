//! `covid-ct export --figures`: all figures of the corpus with their texts.

use super::*;

/// The pictures of an export of all figures.
fn export_figures(name: &str, options: &[&str]) -> PathBuf {
    let args = ["export", name, "--figures"].into_iter().chain(options.iter().copied());
    CORPUS.command(args).assert().success();
    CORPUS.path("data/export").join(name)
}

#[test]
fn all_figures_come_with_their_texts_in_the_same_bytes_each_time() {
    let one = export_figures("figures-1", &["--format", "parquet", "--jobs", "1"]);
    let two = export_figures("figures-2", &["--format", "parquet", "--jobs", "2"]);
    assert!(files(&one) == files(&two), "differs with the number of jobs");
    verify(&one).success();
    let shards = export_figures("figures-3", &["--format", "webdataset"]);
    verify(&shards).success();
    let hashes = |folder: &Path| -> BTreeMap<String, String> {
        pictures(folder).into_iter().map(|(name, row)| (name, row.sha256)).collect()
    };
    assert_eq!(hashes(&one), hashes(&shards));
    let rows = table(&one.join("data/figures-00000.parquet"));
    assert_eq!(rows.len(), pictures(&one).len());
    let truth = fs::read_to_string(CORPUS.path("corpus/figures.jsonl")).expect("truth");
    let truth: Vec<serde_json::Value> =
        truth.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let captions: BTreeSet<&str> = truth
        .iter()
        .filter(|figure| figure["kind"] != "table")
        .filter_map(|figure| figure["caption"].as_str())
        .filter(|caption| !caption.is_empty())
        .collect();
    let found: BTreeSet<&str> = rows.iter().map(|row| row["caption"].as_str()).collect();
    let missing: Vec<_> = captions.difference(&found).collect();
    assert!(missing.len() * 20 <= captions.len(), "of {}: {missing:#?}", captions.len());
    assert!(!rows.iter().any(|row| row["figure"].starts_with("Table")), "a table is no figure");
    for told in ["citing_sentences", "sub_captions", "licence", "title"] {
        assert!(rows.iter().any(|row| row[told].len() > 2), "nobody tells {told}");
    }
    assert!(rows.iter().any(|row| row["origin"] == "rendered"), "drawn as printed");
    for format in ["covid-ct", "imagefolder"] {
        let refused = CORPUS.command(["export", "f", "--figures", "--format", format]);
        let error = text(&{ refused }.assert().code(2).get_output().stderr);
        assert!(error.contains("give --format webdataset"), "{error}");
    }
}

#[test]
fn figures_that_may_not_be_rehosted_are_left_out_and_rebuilt_to_the_same_bytes() {
    let format = ["--format", "parquet"];
    let all = export_figures("all-figures", &format);
    let open = export_figures("open-figures", &["--format", "parquet", "--licence", "open"]);
    let (hosted, whole) = (pictures(&open), pictures(&all));
    let left_out = rows(&open.join("RECIPE.csv"));
    assert!(!hosted.is_empty() && !left_out.is_empty(), "the corpus has papers of both kinds");
    assert_eq!(hosted.len() + left_out.len(), whole.len());
    assert!(hosted.values().all(|row| Licence::parse(&row.licence).is_open()));
    let exported = fs::read(open.join("data/figures-00000.parquet")).expect("file");
    for row in &left_out {
        let name = row.name.as_bytes();
        let is_there = exported.windows(name.len()).any(|bytes| bytes == name);
        assert!(!is_there, "{} is there all the same", row.name);
    }
    let completed = CORPUS.path("all-figures-again");
    rebuild(&open, &pdfs(), &completed, &format).success();
    assert!(files(&completed) == files(&all), "every file as exported with all licences");
    let refused = rebuild(&open, &pdfs(), &CORPUS.path("not-there"), &[]).code(2);
    let error = text(&refused.get_output().stderr);
    assert!(error.contains("give --format webdataset"), "{error}");
}

#[test]
fn what_is_drawn_for_an_export_is_told_once() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let workspace = folder.path().join("workspace");
    crate::reading_only::fill(&workspace);
    let told = |name: &str| {
        let args = ["export", name, "--figures", "--format", "parquet"];
        let exported = crate::reading_only::covid_ct(&workspace, &args).assert().success();
        text(&exported.get_output().stderr)
    };
    let first = told("one");
    assert!(first.contains("figures were drawn") && first.contains("covid-ct label"), "{first}");
    let again = told("two");
    assert!(!again.contains("were drawn"), "{again}");
}
