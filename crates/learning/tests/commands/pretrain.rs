//! `covid-ct pretrain`: from pictures without labels, of the database, of X-rays, and from none.

use covid_ct::Workspace;
use covid_ct::store::{NewDecision, Store, now};
use covid_ct_core::Stage;
use predicates::prelude::*;
use rustix::process::Signal;

use crate::common::training::{
    EPOCH, LIGHT, SIZE, SMALL, bright_and_dark, covid_ct, import, kill_after, textured, train,
    workspace,
};

#[test]
fn features_learned_without_labels_start_a_training() {
    let workspace = workspace();
    let folder = workspace.path();
    let export = folder.join("data/export/default");
    let pretrain = [&SMALL[..], &["--epochs", "2", "--batch", "8"]].concat();
    let arguments =
        [&["pretrain", "contrast", "--data", export.to_str().expect("path")], &pretrain[..]]
            .concat();
    covid_ct(folder, &[&arguments[..], &LIGHT].concat()).assert().success().stderr(
        predicate::str::contains("20 pictures to learn from")
            .and(predicate::str::contains("pairs found")),
    );
    let weights = folder.join("data/pretrained/contrast/weights.safetensors");
    train(folder, "r", &[&["--init", weights.to_str().expect("path")], &EPOCH[..]].concat())
        .assert()
        .success()
        .stderr(predicate::str::contains("128 outputs"));

    // Other networks have other widths.
    let wide = ["--network", "densenet169", "--name", "wide"];
    covid_ct(folder, &[&arguments[..], &wide[..]].concat()).assert().success();

    // The same pictures in a folder under other names: those of val and test are known again.
    let copies = folder.join("copies");
    std::fs::create_dir(&copies).expect("folder");
    for (number, class) in [(0, "COVID"), (10, "COVID"), (13, "COVID"), (15, "NonCOVID")] {
        let images = export.join(format!("Images-processed/CT_{class}"));
        std::fs::copy(
            images.join(format!("{class}-{number}.png")),
            copies.join(format!("{class}{number}.png")),
        )
        .expect("copied");
    }
    covid_ct(folder, &[&["pretrain", "contrast", "copies"], &pretrain[..]].concat())
        .current_dir(folder)
        .assert()
        .code(2)
        .stderr(predicate::str::contains("1 pictures to learn from; 3 held out"));
    covid_ct(folder, &[&["pretrain", "contrast", "nowhere"], &pretrain[..]].concat())
        .assert()
        .code(2)
        .stderr(predicate::str::contains("no folder at nowhere"));
}

#[test]
fn of_the_database_nothing_is_learned_that_is_measured_on() {
    let workspace = workspace();
    let folder = workspace.path();
    import(folder);
    let measured = folder.join("measured");
    bright_and_dark(&measured, |_| SIZE);
    // Under the name of a picture that is measured on everywhere.
    textured(0, SIZE, true)
        .save(measured.join("Images-processed/CT_COVID/COVID-13.png"))
        .expect("picture");
    // One that was never cropped is learned from as it is.
    let store = Store::open_existing(&Workspace::new(folder)).expect("store");
    let crops = store.decisions().expect("decisions");
    let crop = crops.iter().find(|decision| decision.stage == Stage::Crop).expect("a crop");
    let undone = NewDecision {
        stage: Stage::Crop,
        subject: crop.subject,
        value: None,
        evidence: None,
        span: String::new(),
        curator: crop.curator.clone(),
        time: now(),
        note: String::new(),
        adjudicates: false,
    };
    store.decide(&undone).expect("undone");
    drop(store);
    let arguments = ["pretrain", "contrast", "--database", "--split", "published"];
    let arguments = [&arguments[..], &SMALL, &LIGHT, &["--epochs", "8", "--batch", "8"]].concat();
    let told = |text: &'static str| predicate::str::contains(text);
    covid_ct(folder, &arguments)
        .assert()
        .success()
        .stderr(told("20 pictures to learn from; 12 held out"));
    let held_out = ["--held-out", measured.to_str().expect("path")];
    covid_ct(folder, &[&arguments[..], &held_out].concat())
        .assert()
        .success()
        .stderr(told("19 pictures to learn from; 13 held out"));

    // Killed or stopped, it comes to the same end, and until then takes nothing's place.
    let weights = folder.join("data/pretrained/contrast/weights.safetensors");
    let complete = std::fs::read(&weights).expect("weights");
    kill_after(folder, "pretrained/.contrast.part", &arguments, 1, Signal::INT);
    assert!(complete == std::fs::read(&weights).expect("weights"), "the complete one stays");
    covid_ct(folder, &arguments).assert().success().stderr(told("going on after epoch"));
    let gone_on = std::fs::read(&weights).expect("weights");
    covid_ct(folder, &[&arguments[..], &["--name", "whole"]].concat()).assert().success();
    let whole = std::fs::read(folder.join("data/pretrained/whole/weights.safetensors"));
    assert!(gone_on == whole.expect("weights"), "the same weights to the last bit");
}

#[test]
fn findings_of_xrays_are_learned_and_start_a_training() {
    let workspace = workspace();
    let folder = workspace.path();
    let xrays = folder.join("xrays");
    std::fs::create_dir_all(xrays.join("images")).expect("folder");
    let mut table = String::from("Image Index,Finding Labels,Follow-up #,Patient ID\n");
    for number in 0..40_u32 {
        let name = format!("{number:08}_000.png");
        let sick = number % 2 == 0;
        textured(number, SIZE, sick).save(xrays.join("images").join(&name)).expect("picture");
        let finding = if sick { "Effusion|Mass" } else { "No Finding" };
        table += &[&name, finding, "0", &number.to_string()].join(",");
        table += "\n";
    }
    std::fs::write(xrays.join("Data_Entry_2017.csv"), table).expect("table");
    let arguments = ["pretrain", "xrays", "xrays", "--epochs", "2", "--batch", "8", "--cache", "0"];
    let arguments = [&arguments[..], &SMALL, &LIGHT].concat();
    covid_ct(folder, &arguments)
        .current_dir(folder)
        .assert()
        .success()
        .stderr(predicate::str::contains(
            "28 training images, 4 validation images and 8 test images",
        ))
        .stdout(predicate::str::contains("Pleural_Thickening"));
    let findings = std::fs::read_to_string(folder.join("data/pretrained/xrays/findings.csv"));
    let findings = findings.expect("findings.csv");
    let lines: Vec<&str> = findings.lines().collect();
    assert_eq!((lines.len(), lines[0]), (29, "part,finding,positives,negatives,auroc"));
    assert_eq!(lines[1 + 3], "val,Infiltration,0,4,", "nobody has it");
    let of_mass: Vec<&str> = lines[1 + 14 + 4].split(',').collect();
    assert_eq!(of_mass[..2], ["test", "Mass"]);
    let number = |place: usize| of_mass[place].parse::<f64>().expect("a number");
    assert!(number(2) + number(3) == 8.0 && (0.0..=1.0).contains(&number(4)), "{of_mass:?}");
    let weights = folder.join("data/pretrained/xrays/weights.safetensors");
    train(folder, "r", &[&["--init", weights.to_str().expect("path")], &EPOCH[..]].concat())
        .assert()
        .success()
        .stderr(predicate::str::contains("14 outputs"));

    for number in [3, 30] {
        let path = xrays.join(format!("images/{number:08}_000.png"));
        std::fs::write(path, "no picture").expect("file");
    }
    let named = predicate::str::contains("2 images cannot be used")
        .and(predicate::str::contains("00000003_000.png"))
        .and(predicate::str::contains("00000030_000.png"))
        .and(predicate::str::contains("learning from").not());
    covid_ct(folder, &arguments).current_dir(folder).assert().code(2).stderr(named);
}

#[test]
fn signs_of_drawn_slices_are_learned_without_any_picture() {
    let workspace = workspace();
    let folder = workspace.path();
    let arguments = ["pretrain", "phantoms", "--pictures", "60", "--epochs", "6"];
    let seen = ["--batch", "20", "--fit", "lungs", "--traces", "0.9"];
    let arguments = [&arguments[..], &SMALL, &LIGHT, &seen].concat();
    let weights = folder.join("data/pretrained/phantoms/weights.safetensors");
    kill_after(folder, "pretrained/.phantoms.part", &arguments, 1, Signal::KILL);
    assert!(!weights.exists());
    let told = |text: &'static str| predicate::str::contains(text);
    covid_ct(folder, &arguments)
        .assert()
        .success()
        .stderr(told("learning from 60 pictures").and(told("going on after epoch")))
        .stdout(told("ground-glass").and(told("tree-in-bud")));
    let gone_on = std::fs::read(&weights).expect("weights");
    // Whether a slice is kept in memory or drawn each time makes no difference.
    let whole = ["--name", "whole", "--cache", "0"];
    covid_ct(folder, &[&arguments[..], &whole].concat()).assert().success();
    let whole = folder.join("data/pretrained/whole");
    assert!(gone_on == std::fs::read(whole.join("weights.safetensors")).expect("weights"));
    let findings = std::fs::read_to_string(whole.join("findings.csv")).expect("findings.csv");
    assert_eq!(findings.lines().count(), 29, "14 signs in each of two parts");
    assert!(findings.contains("\nval,effusion,"), "{findings}");

    // Other slices, and none at all.
    covid_ct(folder, &[&arguments[..], &["--seed", "1"]].concat()).assert().success();
    assert!(gone_on != std::fs::read(&weights).expect("weights"));
    covid_ct(folder, &["pretrain", "phantoms", "--pictures", "0"]).assert().code(2);
    train(folder, "r", &[&["--init", weights.to_str().expect("path")], &EPOCH[..]].concat())
        .assert()
        .success()
        .stderr(told("14 outputs"));
}
