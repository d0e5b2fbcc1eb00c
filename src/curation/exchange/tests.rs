//! Out and in again: no change; changed by a tool: decisions of a named curator.

use proptest::prelude::*;

use super::super::again::{PLAIN_CAPTION, twelve};
use super::super::scripted::Bench;
use super::*;

/// A bench whose two scans are cropped, diagnosed apart and of patients.
fn decided() -> Bench {
    let mut bench = Bench::new();
    bench.run(Stage::Select, "c\nn\n");
    bench.run(Stage::Crop, "\n");
    bench.run(Stage::Diagnose, "1=c\n\n2=n\n\n");
    bench.run(Stage::Case, "\n\n\n\n=\n\n");
    bench
}

/// A bench with a figure of twelve scans, as one patient's.
fn many() -> Bench {
    let mut bench = twelve(PLAIN_CAPTION, 8);
    bench.run(Stage::Select, "c\n");
    bench.run(Stage::Diagnose, "c\n\n");
    bench.run(Stage::Crop, "grid 3x4\n\n");
    bench.run(Stage::Case, "*\n");
    bench
}

fn exported(bench: &Bench, format: Format) -> (tempfile::TempDir, Written) {
    let folder = tempfile::tempdir().expect("temporary folder");
    let written = export(&bench.store, &folder.path().join("out"), format).expect("exported");
    (folder, written)
}

#[test]
fn out_and_in_again_changes_nothing() {
    for &format in Format::ALL {
        for mut bench in [decided(), many()] {
            let before = bench.store.decisions().expect("decisions");
            let (folder, _) = exported(&bench, format);
            let out = folder.path().join("out");
            let told = import(&mut bench.store, &out, format, "tool").expect("imported");
            assert_eq!(bench.store.decisions().expect("decisions"), before, "{format}: {told:?}");
            assert_eq!((told.unknown.len(), told.left_out.len()), (0, 0), "{format}: {told:?}");
        }
    }
}

#[test]
fn what_one_database_has_comes_into_another_to_the_pixel() {
    let from = decided();
    let wanted = from.values(Stage::Crop);
    for &format in Format::ALL {
        let (folder, written) = exported(&from, format);
        assert_eq!((written.pictures, written.boxes), (1, 2), "{format}");
        let mut to = Bench::new();
        to.run(Stage::Select, "c\nn\n");
        let out = folder.path().join("out");
        let told = import(&mut to.store, &out, format, "tool").expect("imported");
        assert_eq!((told.crops.added, told.classes.added), (1, 2), "{format}: {told:?}");
        assert_eq!(to.values(Stage::Crop), wanted, "{format}");
        assert_eq!(to.values(Stage::Diagnose), ["covid", "non-covid"], "{format}");
        let decisions = to.store.decisions().expect("decisions");
        assert!(decisions.iter().skip(2).all(|d| d.curator == "tool" && d.note.contains("import")));
        if format == Format::Yolo {
            assert_eq!(written.left_out.len(), 4, "{written:?}");
        } else {
            assert_eq!(to.values(Stage::Case), from.values(Stage::Case), "{format}");
            let letters = |bench: &Bench| {
                let panels = bench.store.labelled_panels().expect("panels");
                panels.into_iter().map(|panel| panel.letter).collect::<Vec<_>>()
            };
            assert_eq!(letters(&to), letters(&from), "{format}");
        }
        let again = import(&mut to.store, &out, format, "tool").expect("imported");
        assert_eq!((again.crops.added, again.classes.added, again.cases.added), (0, 0, 0));
    }
}

#[test]
fn what_differs_makes_a_conflict_and_overwrites_nothing() {
    let mut bench = decided();
    let (folder, _) = exported(&bench, Format::Coco);
    let file = folder.path().join("out/annotations.json");
    let text = std::fs::read_to_string(&file).expect("read");
    let mut coco: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    coco["annotations"][0]["category_id"] = 2.into();
    std::fs::write(&file, coco.to_string()).expect("written");
    let own = import(&mut bench.store, &file, Format::Coco, "ann").expect("imported");
    assert_eq!((own.classes.added, own.classes.kept), (0, 1), "ann said otherwise: {own:?}");
    let other = import(&mut bench.store, &file, Format::Coco, "tool").expect("imported");
    assert_eq!((other.classes.added, other.classes.present), (1, 1), "{other:?}");
    let conflicts = super::super::conflicts(&bench.store).expect("conflicts");
    assert_eq!(conflicts.len(), 1, "{conflicts:?}");
    assert_eq!(conflicts[0].decisions, ["ann: covid", "tool: non-covid"]);
}

#[test]
fn what_cannot_be_taken_is_told_and_the_rest_is_taken() {
    let mut bench = decided();
    let tasks = serde_json::json!([
        { "data": { "image": "/upload/1/0123abcd-x-p2-8.png" }, "annotations": [{ "result": [
            { "type": "brushlabels", "id": "a" },
            { "type": "rectanglelabels", "id": "b", "original_width": 308, "original_height": 130,
              "value": { "x": 0, "y": 0, "width": 10, "height": 10, "rotation": 12 } },
            { "type": "rectanglelabels", "id": "c", "original_width": 308, "original_height": 130,
              "value": { "x": 0, "y": 0, "width": 50, "height": 50, "rectanglelabels": ["lesion"] } },
        ] }] },
        { "data": { "image": "https://example.org/other.png" } },
    ]);
    let folder = tempfile::tempdir().expect("temporary folder");
    let file = folder.path().join("tasks.json");
    std::fs::write(&file, tasks.to_string()).expect("written");
    let told = import(&mut bench.store, &file, Format::LabelStudio, "tool").expect("imported");
    assert_eq!(told.unknown, ["other.png"]);
    let all = told.left_out.join("\n");
    for why in ["'brushlabels'", "turned", "'lesion'", "those here are kept"] {
        assert!(all.contains(why), "{why}: {all}");
    }
    for (format, text) in [
        (Format::Coco, "[]"),
        (Format::LabelStudio, "{}"),
        (Format::Cvat, "<html/>"),
        (Format::Cvat, "<annotations>"),
    ] {
        std::fs::write(&file, text).expect("written");
        let wrong = import(&mut bench.store, &file, format, "tool").expect_err("wrong");
        assert!(wrong.to_string().contains("tasks.json"), "{wrong}");
    }
}

#[test]
fn nothing_is_written_over_a_folder_with_something_in_it() {
    let bench = decided();
    let folder = tempfile::tempdir().expect("temporary folder");
    std::fs::write(folder.path().join("mine.txt"), "x").expect("written");
    let told = export(&bench.store, folder.path(), Format::Coco).expect_err("taken");
    assert!(told.to_string().contains("not empty"), "{told}");
}

proptest! {
    #[test]
    fn boxes_survive_every_unit(
        (width, height) in (1_u32..5000, 1_u32..5000),
        shares in (0.0..1.0_f64, 0.0..1.0_f64, 0.0..1.0_f64, 0.0..1.0_f64),
    ) {
        let place = |of: u32, share: f64| ((f64::from(of) * share) as u32).min(of - 1);
        let (x, y) = (place(width, shares.0), place(height, shares.1));
        let (w, h) = (place(width - x, shares.2) + 1, place(height - y, shares.3) + 1);
        let bounds = PanelBox { x, y, w, h };
        let [fx, fy, fw, fh] = [x, y, w, h].map(f64::from);
        let (iw, ih) = (f64::from(width), f64::from(height));
        // Percent, and shares about the middle, as Label Studio and YOLO have them.
        let percent = |v: f64, of: f64| (v * 100.0 / of) * of / 100.0;
        let read = rounded(percent(fx, iw), percent(fy, ih), percent(fw, iw), percent(fh, ih));
        prop_assert_eq!(read, Some(bounds));
        let (mx, my) = ((fx + fw / 2.0) / iw, (fy + fh / 2.0) / ih);
        let (sw, sh) = (fw / iw, fh / ih);
        let read = rounded(mx * iw - sw * iw / 2.0, my * ih - sh * ih / 2.0, sw * iw, sh * ih);
        prop_assert_eq!(read, Some(bounds));
        // As tools that write six decimals do.
        let six = |v: f64| (v * 1e6).round() / 1e6;
        let (mx, my, sw, sh) = (six(mx), six(my), six(sw), six(sh));
        let read = rounded(mx * iw - sw * iw / 2.0, my * ih - sh * ih / 2.0, sw * iw, sh * ih);
        prop_assert_eq!(read, Some(bounds));
    }
}
