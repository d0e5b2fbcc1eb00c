//! `covid-ct train` and `covid-ct evaluate` on a small dataset anyone can tell apart.

use std::io::Read as _;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::common::disk::Small;
use crate::common::text;
use crate::common::training::{
    EPOCH, LIGHT, SIZE, SMALL, covid_ct, import, kill_after, textured, train, workspace,
};
use assert_cmd::Command;
use covid_ct::Workspace;
use covid_ct::runs::{Fit, HistoryRow, Keep, RunFiles};
use covid_ct::store::Store;
use covid_ct_core::{Label, Split};
use predicates::prelude::*;
use rustix::process::{Pid, Signal, kill_process};

fn run_files(workspace: &Path, run: &str) -> RunFiles {
    RunFiles::new(Workspace::new(workspace).run(run))
}

#[test]
fn trains_evaluates_and_repeats_itself() {
    let workspace = workspace();
    let folder = workspace.path();
    Store::open(&Workspace::new(folder)).expect("database");
    for run in ["first", "second"] {
        train(folder, run, &["--seed", "7", "--epochs", "2", "--learning-rate", "1e-3"])
            .assert()
            .success()
            .stdout(predicate::str::contains("weights.safetensors: epoch 2 of 2 is the last"))
            .stderr(predicate::str::contains("epoch   2"));
        covid_ct(folder, &["evaluate", run, "--threads", "1"])
            .assert()
            .success()
            .stdout(predicate::str::contains("(chosen on validation)"))
            .stdout(predicate::str::contains("95 % intervals"));
    }

    let files = run_files(folder, "first");
    let config = files.read_config().expect("config.json");
    assert_eq!((config.run.as_str(), config.data.as_str()), ("first", "data/export/default"));
    assert_eq!(
        (config.counts.train.get(Label::COVID), config.counts.val.get(Label::NON_COVID)),
        (10, 3)
    );
    assert_eq!((config.parameters, config.seed, config.recipe.size), (6_955_906, 7, 64));
    let history = files.read_history().expect("history.csv");
    assert_eq!(history.len(), 2);
    assert_eq!(history[0].learning_rate, 1e-3);
    assert!((history[1].learning_rate - 5e-4).abs() < 1e-12);
    let metrics = files.read_metrics(Split::Test).expect("metrics.json");
    assert_eq!(metrics.metrics.confusion.total(), 6);
    assert_eq!(metrics.epoch, 2);
    assert_eq!(metrics.metrics.auroc, Some(1.0), "a bright half is easy to see");
    assert_eq!(metrics.metrics.auprc, Some(1.0));
    let details = &metrics.details;
    // By name COVID-13 and the like: each picture is a paper of its own.
    assert_eq!(details.intervals.map(|intervals| intervals.groups), Some(6));
    let operating = details.operating.as_ref().expect("a threshold chosen on val");
    assert_eq!(operating.chosen.chosen_on, Split::Val);
    let sizes: Vec<_> = details.by_size.iter().map(|slice| slice.name.as_str()).collect();
    assert_eq!(sizes, ["under 224 px"]);
    let predictions = files.read_predictions(Split::Test).expect("predictions.csv");
    assert_eq!(predictions[0].file, "COVID-13.png");
    assert_eq!(predictions[5].label, Label::NON_COVID);

    let bytes = |run, path: fn(&RunFiles) -> std::path::PathBuf| {
        std::fs::read(path(&run_files(folder, run))).expect("file")
    };
    let predictions = |files: &RunFiles| files.predictions(Split::Test);
    assert!(bytes("first", predictions) == bytes("second", predictions));
    assert!(bytes("first", RunFiles::checkpoint) == bytes("second", RunFiles::checkpoint));

    let recorded = Store::open_existing(&Workspace::new(folder)).expect("store").runs();
    let recorded = recorded.expect("runs");
    assert_eq!(recorded.len(), 2);
    assert_eq!(recorded[0].metrics["auroc"], 1.0);

    // The same steps, of which the best epoch is kept.
    let best = ["--seed", "7", "--epochs", "2", "--learning-rate", "1e-3", "--keep", "best"];
    train(folder, "second", &best)
        .assert()
        .success()
        .stdout(predicate::str::contains("of 2 is the best"));
    covid_ct(folder, &["evaluate", "second", "--threads", "1"]).assert().success();
    let kept = HistoryRow::best(&history).expect("an epoch").epoch;
    let measured = run_files(folder, "second").read_metrics(Split::Test).expect("metrics.json");
    assert_eq!(measured.epoch, kept);
    let is_same = bytes("first", RunFiles::checkpoint) == bytes("second", RunFiles::checkpoint);
    assert_eq!(is_same, kept == 2);

    // On from those weights, and measured on another part: the test split's files stay.
    let checkpoint = files.checkpoint();
    let init = ["--init", checkpoint.to_str().expect("path"), "--epochs", "1"];
    train(folder, "second", &init).assert().success();
    let json =
        covid_ct(folder, &["evaluate", "first", "--part", "val", "--json"]).assert().success();
    let json: serde_json::Value = serde_json::from_slice(&json.get_output().stdout).expect("JSON");
    assert_eq!((json["part"].as_str(), json["counts"]["covid"].as_u64()), (Some("val"), Some(3)));
    assert!(files.metrics(Split::Val).exists());
    assert_eq!(files.read_metrics(Split::Test).expect("metrics.json").counts.get(Label::COVID), 3);
    assert!(
        !run_files(folder, "second").metrics(Split::Test).exists(),
        "the new run is unmeasured"
    );

    a_loss_that_is_no_number_keeps_the_earlier_run(folder, &checkpoint);
}

/// `second` is the earlier run.
fn a_loss_that_is_no_number_keeps_the_earlier_run(workspace: &Path, checkpoint: &Path) {
    let init = workspace.join("init.safetensors");
    let started_with = |name: &str, change: &dyn Fn(&tch::Tensor) -> tch::Tensor| {
        let mut weights = tch::Tensor::read_safetensors(checkpoint).expect("checkpoint");
        let changed = weights.iter_mut().find(|(found, _)| found == name).expect("a head");
        changed.1 = change(&changed.1);
        tch::Tensor::write_safetensors(&weights, &init).expect("file");
        let init = init.to_str().expect("path");
        train(workspace, "second", &["--init", init]).assert().code(2)
    };
    // Sums overflow, and infinity less infinity is no number.
    started_with("classifier.weight", &|weight| weight.ones_like() * 3e38)
        .stderr(predicate::str::contains("lower --learning-rate"));
    started_with("classifier.bias", &|bias| bias * f64::NAN).stderr(predicate::str::contains(
        "init.safetensors: classifier.bias holds what is no number",
    ));
    assert!(run_files(workspace, "second").checkpoint().exists());
}

#[test]
fn a_bad_image_is_named_before_training_starts() {
    let workspace = workspace();
    let images = workspace.path().join("data/export/default/Images-processed/CT_COVID");
    std::fs::remove_file(images.join("COVID-3.png")).expect("remove");
    std::fs::write(images.join("COVID-5.png"), "not a picture").expect("write");
    train(workspace.path(), "r", &[]).assert().code(2).stderr(
        predicate::str::contains("COVID-3.png")
            .and(predicate::str::contains("COVID-5.png"))
            .and(predicate::str::contains("trainCT_COVID.txt")),
    );
    assert!(!workspace.path().join("data/runs").exists());
}

#[test]
fn a_part_without_one_class_is_refused() {
    let workspace = workspace();
    let list = "data/export/default/Data-split/NonCOVID/valCT_NonCOVID.txt";
    std::fs::write(workspace.path().join(list), "\n").expect("write");
    train(workspace.path(), "r", &[])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("val split").and(predicate::str::contains("non-covid")));
}

#[test]
fn what_cannot_be_is_refused_and_leaves_no_run() {
    let workspace = workspace();
    let folder = workspace.path();
    for (arguments, told) in [
        (vec!["--init", "missing.safetensors"], "missing.safetensors"),
        (vec!["--data", "nowhere"], "Images-processed"),
        (vec!["--learning-rate", "-1"], "above 0"),
        (vec!["--epochs", "0"], "--epochs"),
        (vec!["--network", "vgg"], "densenet121"),
    ] {
        train(folder, "r", &arguments).assert().code(2).stderr(predicate::str::contains(told));
    }
    train(folder, "../r", &[]).assert().code(2).stderr(predicate::str::contains("name a run"));
    if !Path::new("/dev/nvidiactl").exists() {
        let cuda = ["train", "r", "--device", "cuda"];
        covid_ct(folder, &cuda).assert().code(2).stderr(predicate::str::contains("no GPU"));
    }
    covid_ct(folder, &["evaluate", "r"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("covid-ct train r"));
    let left = std::fs::read_dir(folder.join("data/runs")).expect("folder").count();
    assert_eq!(left, 0, "nothing is left of refused runs");
}

#[test]
fn an_interrupted_run_keeps_an_epoch() {
    let workspace = workspace();
    let folder = workspace.path();
    let mut long = std::process::Command::new(assert_cmd::cargo::cargo_bin!("covid-ct-learning"))
        .args(["train", "r", "--epochs", "300"])
        .args(SMALL)
        .args(LIGHT)
        .arg("--workspace")
        .arg(folder)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("started");
    let first_epoch = folder.join("data/runs/.r.part/history.csv");
    let deadline = Instant::now() + Duration::from_mins(2);
    while !first_epoch.exists() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    train(folder, "r", &[]).assert().code(2).stderr(predicate::str::contains("another process"));
    kill_process(Pid::from_child(&long), Signal::INT).expect("signal");
    let mut told = String::new();
    let mut stderr = long.stderr.take().expect("piped");
    stderr.read_to_string(&mut told).expect("UTF-8");
    assert_eq!(long.wait().expect("ended").code(), Some(1), "{told}");
    assert!(told.contains("the last epoch before it was kept"), "{told}");
    assert!(!run_files(folder, "r").read_history().expect("history").is_empty());
    covid_ct(folder, &["evaluate", "r", "--threads", "1"])
        .assert()
        .success()
        .stderr(predicate::str::contains("r was stopped before its end"));
    let made = run_files(folder, "r").read_history().expect("history").len();
    let other = [&LIGHT[..], &["--epochs", "300", "--patience", "1", "--fresh"]].concat();
    let refused = train(folder, "r", &other[..6]).assert().code(2);
    let told = text(&refused.get_output().stderr);
    assert!(told.contains("keep \"last\", now \"best\"; patience 0, now 1"), "{told}");
    assert!(run_files(folder, "r").state().exists(), "what was learned is there");
    train(folder, "r", &other)
        .assert()
        .success()
        .stderr(predicate::str::contains("going on").not());
    assert!(made < 300 && !run_files(folder, "r").state().exists(), "other options, another run");
    let history = run_files(folder, "r").read_history().expect("history");
    let best = HistoryRow::best(&history).expect("an epoch");
    let config = run_files(folder, "r").read_config().expect("config");
    assert_eq!(config.recipe.keep, Keep::Best, "with --patience");
    assert_eq!(best.epoch as usize, history.len() - 1);

    // One that is stopped leaves the complete one its name.
    let complete = std::fs::read(run_files(folder, "r").checkpoint()).expect("checkpoint");
    let long = [&["train", "r"], &SMALL[..], &LIGHT].concat();
    kill_after(folder, "runs/.r.part", &long, 1, Signal::INT);
    assert!(complete == std::fs::read(run_files(folder, "r").checkpoint()).expect("checkpoint"));
    let short = [&LIGHT[..], &["--epochs", "2"]].concat();
    train(folder, "r", &short).assert().code(2).stderr(
        predicate::str::contains("epochs 50, now 2").and(predicate::str::contains("--fresh")),
    );
    train(folder, "r", &[&short[..], &["--fresh"]].concat()).assert().success();
}

#[test]
fn a_full_disk_costs_no_epoch_that_was_made() {
    let workspace = workspace();
    let folder = workspace.path();
    let options = ["--epochs", "3", "--ema", "0"];
    train(folder, "r", &options).assert().success();
    let undisturbed = std::fs::read(run_files(folder, "r").checkpoint()).expect("weights");
    // Room for the weights and the state of one epoch, but not for another state beside them.
    let Some(disk) = Small::mount(&folder.join("data/runs"), 160_000) else { return };
    let refused = train(folder, "r", &options).assert().code(2);
    let told = text(&refused.get_output().stderr);
    assert_eq!(told.matches("No space left on device").count(), 1, "{told}");
    assert!(told.contains("run r (the same command resumes it)"), "{told}");
    let part = folder.join("data/runs/.r.part");
    assert!(!part.join("state.part.safetensors").exists(), "it would fill the disk");
    disk.grow(400_000);
    train(folder, "r", &options)
        .assert()
        .success()
        .stderr(predicate::str::contains("going on after epoch 1"));
    let weights = std::fs::read(run_files(folder, "r").checkpoint()).expect("weights");
    assert!(weights == undisturbed, "the weights differ");
    drop(disk);
}

#[test]
fn a_killed_run_comes_to_the_same_end() {
    let workspace = workspace();
    let folder = workspace.path();
    let recipe = [
        "--profile",
        "tuned",
        "--epochs",
        "4",
        "--batch",
        "4",
        "--balance",
        "--ema",
        "0.99",
        "--mixup",
        "0.4",
        "--label-smoothing",
        "0.1",
        "--jitter",
        "0.1",
        "--freeze",
        "1",
        "--fit",
        "lungs",
        "--traces",
        "0.9",
    ];
    let arguments = |run: &'static str| [&["train", run], &SMALL[..], &recipe].concat();
    covid_ct(folder, &arguments("whole")).assert().success();
    for epochs in [1, 2] {
        kill_after(folder, "runs/.killed.part", &arguments("killed"), epochs, Signal::KILL);
        assert!(folder.join("data/runs/.killed.part/state.safetensors").exists());
    }
    covid_ct(folder, &arguments("killed"))
        .assert()
        .success()
        .stderr(predicate::str::contains("going on after epoch"));
    let [whole, killed] = ["whole", "killed"].map(|run| run_files(folder, run));
    let epochs = |files: &RunFiles| -> Vec<HistoryRow> {
        let history = files.read_history().expect("history").into_iter();
        history.map(|row| HistoryRow { seconds: 0.0, ..row }).collect()
    };
    assert_eq!(epochs(&whole), epochs(&killed));
    let bytes = |files: &RunFiles| std::fs::read(files.checkpoint()).expect("checkpoint");
    assert!(bytes(&whole) == bytes(&killed), "the same weights to the last bit");
    assert!(!killed.state().exists() && !folder.join("data/runs/.killed.part").exists());

    covid_ct(folder, &arguments("killed")).assert().success().stderr(
        predicate::str::contains("--fresh").and(predicate::str::contains("epoch   1").not()),
    );
    let config = whole.read_config().expect("config");
    assert_eq!((config.recipe.profile.as_str(), config.recipe.ema), ("tuned", 0.99));
    assert_eq!((config.recipe.fit, config.recipe.traces), (Fit::Lungs, 0.9));
    assert_eq!(config.data_sha256.len(), 64);
    let events = std::fs::read_dir(whole.folder()).expect("folder");
    let events = events.filter_map(std::result::Result::ok);
    assert!(events.into_iter().any(|e| e.file_name().to_string_lossy().contains("tfevents")));
}

/// What was measured at its start may come out otherwise the next time: the run says what it was trained in.
#[test]
fn a_precision_that_is_left_open_is_that_of_the_run() {
    let workspace = workspace();
    let folder = workspace.path();
    let of = |precision: &'static str| {
        let small = ["--size", "64", "--threads", "1", "--device", "cpu", "--precision", precision];
        covid_ct(folder, &[&["train", "r"], &small[..], &EPOCH].concat())
    };
    of("bf16").assert().success().stderr(predicate::str::contains("computing in bf16"));
    of("auto").assert().success().stderr(predicate::str::contains("--fresh trains it again"));
    assert_eq!(run_files(folder, "r").read_config().expect("config").precision, "bf16");
}

/// A limit on the size of files stands in for a full disk: the write fails in the same place.
#[test]
fn a_disk_that_is_full_leaves_no_half_of_a_checkpoint() {
    let workspace = workspace();
    let folder = workspace.path();
    train(folder, "r", &["--epochs", "1"]).assert().success();
    let before = std::fs::read(run_files(folder, "r").checkpoint()).expect("checkpoint");
    let binary = assert_cmd::cargo::cargo_bin!("covid-ct-learning");
    let full = "trap '' XFSZ; ulimit -f 10000; exec \"$@\"";
    Command::new("sh")
        .args(["-c", full, "sh"])
        .arg(binary)
        .args(["train", "r", "--size", "64", "--threads", "1", "--device", "cpu", "--seed", "1"])
        .arg("--workspace")
        .arg(folder)
        .assert()
        .code(2)
        .stderr(
            predicate::str::contains("cannot write")
                .and(predicate::str::contains("weights.safetensors")),
        );
    assert!(std::fs::read(run_files(folder, "r").checkpoint()).expect("checkpoint") == before);
    let left: Vec<_> = std::fs::read_dir(folder.join("data/runs")).expect("folder").collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn seeds_make_a_run_each_and_are_not_trained_twice() {
    let workspace = workspace();
    let folder = workspace.path();
    let of = |seeds: &'static str, more: &[&'static str]| {
        [&["--seeds", seeds], &EPOCH[..], more].concat()
    };
    let twice = of("2", &[]);
    train(folder, "series", &twice)
        .assert()
        .success()
        .stdout(predicate::str::contains("series of 2 seeds: mean validation AUROC"));
    let configs: Vec<_> = ["series-seed0", "series-seed1"]
        .map(|run| run_files(folder, run).read_config().expect("config"))
        .into();
    assert!(configs.iter().all(|config| config.series.as_deref() == Some("series")));
    assert_eq!([configs[0].seed, configs[1].seed], [0, 1]);
    train(folder, "series", &of("3", &[]))
        .assert()
        .success()
        .stderr(predicate::str::contains("series-seed1 is already trained"));
    assert!(run_files(folder, "series-seed2").checkpoint().exists());

    // At once they come to the same, told in the same order.
    let told = train(folder, "beside", &of("3", &["--jobs", "2"]))
        .assert()
        .success()
        .stderr(predicate::str::contains("beside-seed2 epoch   1"));
    let told = String::from_utf8(told.get_output().stdout.clone()).expect("UTF-8");
    let lines: Vec<&str> = told.lines().collect();
    for (seed, line) in lines[..3].iter().enumerate() {
        assert!(line.contains(&format!("beside-seed{seed}")), "{told}");
        let weights = |series| {
            let files = run_files(folder, &format!("{series}-seed{seed}"));
            std::fs::read(files.checkpoint()).expect("checkpoint")
        };
        assert!(weights("series") == weights("beside"), "seed {seed}");
    }
    assert!(lines[3].starts_with("beside of 3 seeds: mean validation AUROC"), "{told}");
    train(folder, "beside", &[]).assert().code(2).stderr(predicate::str::contains("is a series"));

    // What was stopped is no member of the series, and one trained otherwise has no mean with the others.
    let stopped = run_files(folder, "series-seed1").state();
    std::fs::write(&stopped, "").expect("file");
    covid_ct(folder, &["evaluate", "series", "--threads", "1"])
        .assert()
        .code(1)
        .stderr(predicate::str::contains("series-seed1 is missing or not complete"));
    std::fs::remove_file(stopped).expect("removed");
    let otherwise = of("1", &["--batch", "8"]);
    train(folder, "series", &otherwise).assert().success();
    covid_ct(folder, &["evaluate", "series", "--threads", "1"]).assert().code(2).stderr(
        predicate::str::contains("different ways").and(predicate::str::contains("series-seed1")),
    );
    covid_ct(folder, &["controls", "beside"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("covid-ct evaluate beside"));

    // One that is damaged is trained again, and keeps nobody from it.
    let config = run_files(folder, "beside-seed0").config();
    std::fs::write(&config, "{").expect("damaged");
    train(folder, "beside", &of("1", &[])).assert().success();
    assert_eq!(run_files(folder, "beside-seed0").read_config().expect("config").seed, 0);
}

#[test]
fn a_seed_that_fails_leaves_the_others_alone() {
    let workspace = workspace();
    let folder = workspace.path();
    let part = folder.join("data/runs/.series-seed0.part");
    std::fs::create_dir_all(&part).expect("folder");
    let elsewhere = std::fs::File::open(&part).expect("folder");
    elsewhere.lock().expect("locked, as by another process");
    for jobs in ["1", "2"] {
        train(folder, "series", &[&["--seeds", "2", "--jobs", jobs], &EPOCH[..]].concat())
            .assert()
            .code(1)
            .stdout(predicate::str::contains("mean validation").not())
            .stderr(
                predicate::str::contains("another process")
                    .and(predicate::str::contains("1 of the 2 seeds")),
            );
        assert!(run_files(folder, "series-seed1").checkpoint().exists());
    }
}

#[test]
fn new_pictures_are_scored_and_unreadable_ones_named() {
    let workspace = workspace();
    let folder = workspace.path();
    train(folder, "default", &["--epochs", "2", "--learning-rate", "1e-3"]).assert().success();
    let new = folder.join("new");
    std::fs::create_dir(&new).expect("folder");
    textured(100, SIZE, true).save(new.join("bright.png")).expect("save");
    textured(101, SIZE, false).save(new.join("dark.png")).expect("save");
    std::fs::write(new.join("broken.png"), "no picture").expect("file");
    let scored = covid_ct(folder, &["predict", "new", "--threads", "1"])
        .current_dir(folder)
        .assert()
        .code(1)
        .stderr(predicate::str::contains("broken.png"));
    let text = String::from_utf8(scored.get_output().stdout.clone()).expect("UTF-8");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "score,file");
    let score = |line: &str| line.split(',').next().and_then(|score| score.parse::<f64>().ok());
    assert!(lines[1].ends_with("bright.png") && lines[2].ends_with("dark.png"), "{text}");
    assert!(score(lines[1]) > score(lines[2]), "{text}");
    covid_ct(folder, &["predict", "--run", "../runs/default", "new"]).assert().code(2);
    // The run is named as `evaluate` is told it, or as before.
    for named in [&["predict", "default", "new"][..], &["predict", "--run", "default", "new"]] {
        let again = covid_ct(folder, named).args(["--threads", "1"]).current_dir(folder).assert();
        assert_eq!(text.as_bytes(), again.code(1).get_output().stdout, "{named:?}");
    }
    for (wrong, told) in [
        (&["predict", "defautl", "new"][..], "'defautl' is neither a run"),
        (&["predict", "default"], "covid-ct predict default FILE"),
        (&["predict", "default", "new", "--database"], "not from both"),
    ] {
        let refused = covid_ct(folder, wrong).current_dir(folder).assert().code(2);
        refused.stderr(predicate::str::contains(told));
    }
    let earlier = folder.join("earlier.csv");
    std::fs::write(&earlier, "score,file\n").expect("file");
    covid_ct(folder, &["predict", "new/broken.png", "--threads", "1", "--out", "earlier.csv"])
        .current_dir(folder)
        .assert()
        .code(2)
        .stderr(predicate::str::contains("none of the pictures can be read"));
    assert_eq!(std::fs::read_to_string(&earlier).expect("file"), "score,file\n", "it stays");
    // Runs are reported without a database too.
    covid_ct(folder, &["evaluate", "--threads", "1", "--explain", "0"]).assert().success();
    covid_ct(folder, &["report"]).assert().success();
    let html = std::fs::read_to_string(folder.join("data/report/index.html")).expect("report");
    assert!(html.contains("1 training run") && html.contains("Reliability"), "{html}");
    covid_ct(folder, &["predict", "--database"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("covid-ct.sqlite"));

    // What is scored of the database is asked for in that order.
    import(folder);
    let scores = folder.join("scores.csv");
    let scores = scores.to_str().expect("path");
    covid_ct(folder, &["predict", "--database", "--threads", "1", "--out", scores])
        .assert()
        .success();
    let text = std::fs::read_to_string(scores).expect("scores.csv");
    assert_eq!(text.lines().next(), Some("score,sha256,name"));
    assert!(text.lines().count() == 33 && text.contains(",COVID-0\n"), "{text}");
    let best =
        text.lines().skip(1).max_by(|a, b| score(a).partial_cmp(&score(b)).expect("numbers"));
    let best = best.and_then(|line| line.rsplit(',').next()).expect("a name");
    // The import has decided all: ann reads them for the second time.
    let second = ["--second-reader", "--share", "1", "--scores", scores];
    covid_ct(folder, &["label", "select", "--plain", "--curator", "ann"])
        .args(second)
        .write_stdin("q\n")
        .assert()
        .success()
        .stdout(predicate::str::is_match(format!(r"\b{best}\b")).expect("pattern"));
}
