//! `extract` and `merge`: what was read on any number of machines comes to the database that one `ingest` makes.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{Project, files, papers, rows, shared_data, text};
use covid_ct::synth;

/// Every document of a folder, and what is none; as absolute paths, sorted.
fn corpus(project: &Project, count: u32) -> Vec<PathBuf> {
    let folder = papers(&project.path(""), count);
    fs::write(folder.join("broken.pdf"), "%PDF-1.4 and nothing more").expect("written");
    // The same bytes under another name, on both sides of the first.
    fs::copy(folder.join("paper-1.pdf"), folder.join("a-copy.pdf")).expect("copied");
    fs::create_dir(folder.join("paper-1")).expect("folder");
    fs::copy(folder.join("paper-0.pdf"), folder.join("paper-1/again.pdf")).expect("copied");
    let mut documents: Vec<PathBuf> =
        files(&folder).into_iter().map(|(path, _)| folder.join(path)).collect();
    documents.sort();
    documents
}

fn list(project: &Project, name: &str, documents: &[PathBuf]) -> PathBuf {
    let path = project.path(name);
    let lines: Vec<String> =
        documents.iter().map(|document| document.display().to_string()).collect();
    fs::write(&path, lines.join("\n")).expect("written");
    path
}

fn extract(project: &Project, list: &Path, more: &[&str]) -> (PathBuf, Option<i32>) {
    let out = project.path("shards");
    let (list, out) = (list.to_str().expect("UTF-8"), out.to_str().expect("UTF-8"));
    let args = ["extract", list, "--json", "--out", out].into_iter().chain(more.iter().copied());
    let output = project.command(args).output().expect("run");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)));
    (told["shard"].as_str().expect("a place").into(), output.status.code())
}

/// What an ingest of the corpus makes, in a workspace of its own.
fn ingested(corpus: &Path) -> Project {
    let project = Project::new();
    let output =
        project.command(["ingest", corpus.to_str().expect("UTF-8")]).output().expect("run");
    assert_ne!(output.status.code(), Some(2), "{}", text(&output.stderr));
    project
}

fn merged(shards: &[&Path], more: &[&str]) -> Project {
    let project = Project::new();
    merge(&project, shards, more);
    project
}

fn merge(project: &Project, shards: &[&Path], more: &[&str]) -> serde_json::Value {
    let shards = shards.iter().map(|shard| shard.to_str().expect("UTF-8"));
    let args = ["merge", "--json"].into_iter().chain(shards).chain(more.iter().copied());
    let output = project.command(args).output().expect("run");
    assert_ne!(output.status.code(), Some(2), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Those under their names: what a kill leaves half-written is for `doctor`.
fn objects(project: &Project) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = files(&project.path("data/objects"));
    found.retain(|(path, _)| !path.to_string_lossy().contains(".part-"));
    found
}

#[test]
fn shards_in_any_order_overlapping_and_twice_make_the_database_of_an_ingest() {
    let here = Project::new();
    let documents = corpus(&here, 7);
    let expected = ingested(&here.path("corpus"));
    // Every other one, the first half, and the rest with some again.
    let odd: Vec<PathBuf> = documents.iter().step_by(2).cloned().collect();
    let (first, rest) = (documents[..5].to_vec(), documents[3..].to_vec());
    let shards: Vec<PathBuf> = [("odd", odd), ("first", first), ("rest", rest)]
        .iter()
        .map(|(name, documents)| extract(&here, &list(&here, name, documents), &["--jobs", "2"]).0)
        .collect();
    let [odd, first, rest] = [&shards[0], &shards[1], &shards[2]].map(PathBuf::as_path);
    for order in [[odd, first, rest], [rest, odd, first], [first, rest, rest]] {
        let merged = merged(&order, &[]);
        assert!(rows(&merged) == rows(&expected), "rows of {order:?}");
        assert!(objects(&merged) == objects(&expected), "objects of {order:?}");
        // Again, it does nothing.
        let told = merge(&merged, &order, &[]);
        assert_eq!((&told["recorded"], &told["objects"]), (&0.into(), &0.into()), "{told}");
        assert!(rows(&merged) == rows(&expected), "rows of {order:?} twice");
    }
    // The folder of all.
    let all = merged(&[&here.path("shards")], &[]);
    assert!(rows(&all) == rows(&expected));
    let doctor = all.command(["doctor"]).output().expect("run");
    assert_eq!(doctor.status.code(), Some(0), "{}", text(&doctor.stdout));
}

#[test]
fn real_papers_come_through_shards_as_they_are() {
    let Some(data) = shared_data() else { return };
    let here = Project::new();
    let mut documents: Vec<PathBuf> = fs::read_dir(data.join("preprints"))
        .expect("folder")
        .map(|entry| entry.expect("entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "pdf"))
        .collect();
    documents.sort();
    documents.truncate(6);
    let corpus = here.path("corpus");
    fs::create_dir(&corpus).expect("folder");
    let copies: Vec<PathBuf> = documents
        .iter()
        .map(|path| {
            let copy = corpus.join(path.file_name().expect("name"));
            fs::copy(path, &copy).expect("copied");
            copy
        })
        .collect();
    let expected = ingested(&corpus);
    let shared = here.path("shared");
    let shared = ["--objects", shared.to_str().expect("UTF-8")];
    let (last, _) = extract(&here, &list(&here, "last", &copies[3..]), &shared);
    let (first, _) = extract(&here, &list(&here, "first", &copies[..3]), &shared);
    assert!(!first.join("objects").exists(), "its pictures are in the shared folder");
    let merged = merged(&[&last, &first], &[]);
    assert!(rows(&merged) == rows(&expected));
    assert!(objects(&merged) == objects(&expected));
}

#[test]
fn the_same_list_is_read_once_and_gives_the_same_bytes() {
    let here = Project::new();
    let documents = corpus(&here, 3);
    let (shard, code) = extract(&here, &list(&here, "list", &documents), &["--jobs", "3"]);
    assert_eq!(code, Some(1), "one of them is no PDF");
    let before = files(&shard);
    let names: Vec<&str> = before.iter().filter_map(|(path, _)| path.to_str()).collect();
    assert!(names.contains(&"_SUCCESS") && names.contains(&"documents.parquet"), "{names:?}");
    let modified = shard.metadata().expect("there").modified().expect("time");
    // Another order, and one twice: the same list.
    let mut other: Vec<PathBuf> = documents.iter().rev().cloned().collect();
    other.push(documents[0].clone());
    let (again, code) = extract(&here, &list(&here, "other", &other), &["--jobs", "1"]);
    assert_eq!((&again, code), (&shard, Some(1)), "as it ended then");
    assert_eq!(shard.metadata().expect("there").modified().expect("time"), modified);
    fs::remove_dir_all(&shard).expect("removed");
    extract(&here, &here.path("other"), &["--jobs", "1"]);
    assert!(files(&shard) == before, "the same bytes at any number of jobs");
    // Other settings may give another result: another shard.
    let (limited, _) = extract(&here, &here.path("list"), &["--max-pages", "1"]);
    assert_ne!(limited, shard);
    let manifest = fs::read_to_string(limited.join("shard.json")).expect("manifest");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    assert_eq!(manifest["failed"]["limit"], 3, "{manifest}");
}

#[test]
fn what_cannot_be_read_is_in_the_table_of_failures_and_named() {
    let here = Project::new();
    let folder = papers(&here.path(""), 1);
    let listed = [folder.join("paper-0.pdf"), folder.join("gone.pdf"), folder.clone()];
    let list = list(&here, "list", &listed);
    let out = here.path("shards");
    let args = ["extract", list.to_str().expect("UTF-8"), "--out", out.to_str().expect("UTF-8")];
    let output = here.command(args).output().expect("run");
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(told.contains("gone.pdf: cannot be read") && told.contains("a folder"), "{told}");
    assert!(text(&output.stdout).contains("1 documents read, 2 failed: 2 unreachable"));
    let empty = here.path("empty");
    fs::write(&empty, "# none\n").expect("written");
    let args = ["extract", empty.to_str().expect("UTF-8"), "--out", out.to_str().expect("UTF-8")];
    let output = here.command(args).output().expect("run");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("empty, line 1"), "{}", text(&output.stderr));
}

#[test]
fn a_task_whose_parent_is_gone_does_not_begin() {
    let here = Project::new();
    let folder = papers(&here.path(""), 1);
    let list = list(&here, "list", &[folder.join("paper-0.pdf")]);
    let (list, out) = (list.to_str().expect("UTF-8"), here.path("shards"));
    let extract = |parent: u32| {
        let parent = parent.to_string();
        let args = ["extract", list, "--out", out.to_str().expect("UTF-8"), "--parent", &parent];
        here.command(args).output().expect("run")
    };
    let output = extract(u32::MAX >> 1);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("is gone"), "{}", text(&output.stderr));
    assert!(!out.exists());
    assert_eq!(extract(std::process::id()).status.code(), Some(0));
}

#[test]
fn a_hostile_document_costs_itself_alone() {
    let here = Project::new();
    let folder = papers(&here.path(""), 2);
    for hostile in synth::hostile::documents() {
        fs::write(folder.join(hostile.file), hostile.bytes).expect("written");
    }
    let found = files(&folder);
    let documents: Vec<PathBuf> = found.iter().map(|(path, _)| folder.join(path)).collect();
    let (shard, code) = extract(&here, &list(&here, "list", &documents), &[]);
    assert_eq!(code, Some(1));
    let merged = merged(&[&shard], &[]);
    let expected = ingested(&folder);
    assert!(rows(&merged) == rows(&expected), "the failure is recorded as ingest records it");
}

/// Runs `args` with a kill before each step it takes on disk; `after` each kill.
fn kill_everywhere(project: &Project, args: &[&str], mut after: impl FnMut(usize)) -> usize {
    for step in 1.. {
        let output = Command::new(crate::PROGRAM)
            .env("COVID_CT_WORKSPACE", project.path(""))
            .env("COVID_CT_KILL_AT", step.to_string())
            .args(args)
            .output()
            .expect("run");
        if output.status.signal().is_none() {
            return step - 1;
        }
        after(step);
    }
    unreachable!("there is a last step")
}

#[test]
fn killed_at_any_step_extract_leaves_no_shard_or_a_whole_one() {
    let here = Project::new();
    let folder = papers(&here.path(""), 1);
    let list = list(&here, "list", &[folder.join("paper-0.pdf")]);
    let (whole, _) = extract(&here, &list, &[]);
    let expected = files(&whole);
    fs::remove_dir_all(&whole).expect("removed");
    let out = here.path("shards");
    let args = ["extract", list.to_str().expect("UTF-8"), "--out", out.to_str().expect("UTF-8")];
    let kills = kill_everywhere(&here, &args, |step| {
        if whole.exists() {
            assert!(files(&whole) == expected, "half a shard after step {step}");
            fs::remove_dir_all(&whole).expect("removed");
        }
    });
    assert!(kills > 3, "{kills}");
    assert!(files(&whole) == expected);
    let left: Vec<_> = fs::read_dir(&out).expect("folder").collect();
    assert_eq!(left.len(), 1, "what kills left is gone: {left:?}");
}

#[test]
fn killed_at_any_moment_merge_goes_on_to_the_same_database() {
    let here = Project::new();
    let documents = corpus(&here, 4);
    let expected = ingested(&here.path("corpus"));
    let (shard, _) = extract(&here, &list(&here, "list", &documents), &[]);
    let merged = Project::new();
    let args = ["merge", shard.to_str().expect("UTF-8")];
    // Before its commits.
    let kills = kill_everywhere(&merged, &args, |_| {});
    assert!(kills > 0);
    assert!(rows(&merged) == rows(&expected));
    assert!(objects(&merged) == objects(&expected));
    // At any time, into a new workspace each, and then to its end.
    let mut ended = false;
    for milliseconds in (2..).step_by(7) {
        let merged = Project::new();
        let mut running = Command::new(crate::PROGRAM)
            .env("COVID_CT_WORKSPACE", merged.path(""))
            .args(args)
            .stderr(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("started");
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        running.kill().expect("killed");
        ended |= running.wait().expect("waited for").signal().is_none();
        merge(&merged, &[&shard], &[]);
        assert!(rows(&merged) == rows(&expected), "killed after {milliseconds} ms");
        assert!(objects(&merged) == objects(&expected), "killed after {milliseconds} ms");
        if ended || milliseconds > 300 {
            break;
        }
    }
}

#[test]
fn a_shard_that_is_not_whole_is_named_and_the_others_merged() {
    let here = Project::new();
    let documents = corpus(&here, 4);
    let (good, _) = extract(&here, &list(&here, "good", &documents[..3]), &[]);
    let (half, _) = extract(&here, &list(&here, "half", &documents[3..]), &[]);
    fs::remove_file(half.join("_SUCCESS")).expect("removed");
    let merged = Project::new();
    let args = ["merge", half.to_str().expect("UTF-8"), good.to_str().expect("UTF-8")];
    let output = merged.command(args).output().expect("run");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("_SUCCESS"), "{}", text(&output.stderr));
    let output = merged.command(["merge", half.to_str().expect("UTF-8")]).output().expect("run");
    assert_eq!(output.status.code(), Some(2));
    // A table that is cut off is told with its name.
    fs::write(half.join("_SUCCESS"), "").expect("written");
    fs::write(half.join("figures.parquet"), "PAR1").expect("written");
    let output = merged.command(["merge", half.to_str().expect("UTF-8")]).output().expect("run");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("figures.parquet"), "{}", text(&output.stderr));
}

#[test]
fn a_picture_that_is_gone_or_changed_keeps_its_document_out() {
    let here = Project::new();
    let folder = papers(&here.path(""), 1);
    let (shard, _) = extract(&here, &list(&here, "list", &[folder.join("paper-0.pdf")]), &[]);
    let (object, _) = files(&shard.join("objects")).swap_remove(0);
    fs::write(shard.join("objects").join(&object), "other bytes").expect("written");
    let merged = Project::new();
    let output = merged.command(["merge", shard.to_str().expect("UTF-8")]).output().expect("run");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("no longer match"), "{}", text(&output.stderr));
    assert!(merged.store().documents().expect("documents").is_empty(), "no rows without bytes");
}

#[test]
fn only_likely_pictures_are_copied_and_the_others_had_when_needed() {
    let here = Project::new();
    let documents = corpus(&here, 5);
    let expected = ingested(&here.path("corpus"));
    let (shard, _) = extract(&here, &list(&here, "list", &documents), &[]);
    let merged = merged(&[&shard], &["--only", "likely"]);
    let (some, all) = (objects(&merged), objects(&expected));
    assert!(!some.is_empty() && some.len() < all.len(), "{} of {}", some.len(), all.len());
    let without = |rows: Vec<String>| -> Vec<String> {
        let places = ["object_place ", "document_objects "];
        rows.into_iter().filter(|row| !places.iter().any(|place| row.starts_with(place))).collect()
    };
    assert!(without(rows(&merged)) == without(rows(&expected)));
    // Nothing is amiss, and whatever is asked for is there.
    let doctor = merged.command(["doctor"]).output().expect("run");
    assert_eq!(doctor.status.code(), Some(0), "{}", text(&doctor.stdout));
    let store = merged.store();
    for image in store.images().expect("images") {
        let bytes = store.objects().read(&image.object).expect("had from the shard");
        let path = expected.path("data/objects").join(image.object.relative_path());
        assert!(bytes == fs::read(path).expect("object"));
    }
    assert!(objects(&merged) == all);
}
