//! Whole sessions over a small store, driven by scripts: what a curator types, what is kept.

use std::io::Cursor;

use image::{GrayImage, Luma};

use super::*;
use crate::Workspace;
use crate::document::{
    Extraction, FoundFigure, FoundImage, FoundPage, FoundPlacement, FoundRegion, PaperMeta,
};
use crate::figures::{FigureKind, ImageOrigin, Mention, Pairing, RegionRole};
use crate::pdf::{Matrix, Rect};
use crate::store::{Source, Store, Subject};
use covid_ct_core::{Evidence, Label, PanelBox, Stage, Value};

pub(super) const CT_CAPTION: &str = "Figure 1. Chest CT of a 39-year-old man with COVID-19. (A) Day 2 after onset. (B) Day 9 after onset.";

pub(super) struct Bench {
    folder: tempfile::TempDir,
    pub(super) store: Store,
}

impl Bench {
    /// A paper with a figure of two scans side by side, a chart, a sliver and a logo on every page.
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("temporary folder");
        let mut store = Store::open(&Workspace::new(folder.path())).expect("store");
        let images = vec![
            picture(&store, 5, &[1, 2, 3, 4, 5], &GrayImage::from_pixel(150, 120, Luma([9]))),
            picture(&store, 6, &[2], &GrayImage::from_pixel(300, 20, Luma([7]))),
            picture(&store, 7, &[2], &GrayImage::from_pixel(200, 150, Luma([200]))),
            picture(&store, 8, &[3], &two_scans()),
        ];
        let figures = vec![
            figure("Figure 1", CT_CAPTION, 3, 3),
            figure("Figure 2", "Figure 2. Number of cases.", 2, 2),
        ];
        let page = |number| FoundPage {
            number,
            width: 612.0,
            height: 792.0,
            rotation: 0,
            text: "We report\nSARS-CoV-2 pneumonia.".into(),
        };
        let found = Extraction {
            sha256: "ab".into(),
            path: "x.pdf".into(),
            extractor: 1,
            paper: PaperMeta {
                name: "x".into(),
                title: "A case".into(),
                abstract_text: "We report SARS-CoV-2 pneumonia.".into(),
                ..PaperMeta::default()
            },
            pages: (1..=5).map(page).collect(),
            images,
            figures,
            suspects: Vec::new(),
        };
        store.record(&found, Source::Pdf).expect("recorded");
        Self { folder, store }
    }

    /// Types `script`, one answer a line, at `stage`; gives what was shown.
    pub(super) fn type_as(
        &mut self,
        curator: &str,
        stage: Option<Stage>,
        script: &str,
    ) -> (Summary, String) {
        self.type_with(&QueueOptions::default(), curator, stage, script)
    }

    pub(super) fn type_with(
        &mut self,
        options: &QueueOptions,
        curator: &str,
        stage: Option<Stage>,
        script: &str,
    ) -> (Summary, String) {
        let mut shown = Vec::new();
        let prompt = Prompt::new(Cursor::new(script.to_owned()), &mut shown, Style::PLAIN);
        let preview = self.folder.path().join("preview.png");
        let mut printer = NotPrinted;
        let mut session =
            Session::new(&mut self.store, prompt, curator, options, &preview, &mut printer);
        let (summary, _) = session.run(stage).expect("a session");
        (summary, String::from_utf8(shown).expect("text"))
    }

    pub(super) fn run(&mut self, stage: Stage, script: &str) -> (Summary, String) {
        self.type_as("ann", Some(stage), script)
    }

    /// `image.id` by xref.
    pub(super) fn image(&self, xref: u32) -> i64 {
        let images = self.store.images().expect("images");
        images.iter().find(|image| image.xref == Some(xref)).expect("image").id
    }

    pub(super) fn values(&self, stage: Stage) -> Vec<String> {
        let decisions = self.store.decisions_in_force(stage).expect("decisions");
        decisions.iter().filter_map(|d| Some(d.value.as_ref()?.to_string())).collect()
    }
}

fn two_scans() -> GrayImage {
    GrayImage::from_fn(308, 130, |x, y| {
        let inside = x % 158;
        Luma([if inside >= 150 { 255 } else { ((inside * 7 + y * 3) % 160) as u8 }])
    })
}

pub(super) fn picture(store: &Store, xref: u32, pages: &[u32], pixels: &GrayImage) -> FoundImage {
    let mut png = Cursor::new(Vec::new());
    pixels.write_to(&mut png, image::ImageFormat::Png).expect("png");
    let placement = |&page: &u32| FoundPlacement {
        page,
        transform: Matrix::IDENTITY,
        bbox: Rect::new(0.0, 0.0, 1.0, 1.0),
        clip: None,
        overlays: Vec::new(),
    };
    FoundImage {
        xref: Some(xref),
        object: store.objects().put(png.get_ref(), "png").expect("object"),
        width: pixels.width(),
        height: pixels.height(),
        colour_space: "DeviceGray".into(),
        filter: "FlateDecode".into(),
        origin: ImageOrigin::Decoded,
        file_name: None,
        furniture: false,
        tile_of: None,
        placements: pages.iter().map(placement).collect(),
    }
}

pub(super) fn figure(label: &str, caption: &str, page: u32, image: usize) -> FoundFigure {
    FoundFigure {
        label: Some(label.into()),
        kind: FigureKind::Figure,
        caption: caption.into(),
        caption_page: Some(page),
        page: Some(page),
        images: vec![(image, 0)],
        pairing: Pairing::Below,
        confidence: 1.0,
        mentions: vec![Mention {
            page: 1,
            text: format!("He had opacities ({label})."),
            panels: Vec::new(),
        }],
        ..FoundFigure::default()
    }
}

#[test]
fn select_asks_likely_scans_first_and_passes_over_furniture() {
    let mut bench = Bench::new();
    let (summary, shown) = bench.run(Stage::Select, "c\nn\n");
    assert_eq!((summary.ended, summary.decided), (Ended::Finished, 2));
    assert!(shown.contains("2 slivers and page furniture passed over"), "{shown}");
    assert!(shown.contains("select 1 of 2") && shown.contains("select 2 of 2"), "{shown}");
    let (scan, chart) =
        (shown.find("39-year-old").expect("scan"), shown.find("Number").expect("chart"));
    assert!(scan < chart, "the scan comes first");
    assert_eq!(bench.values(Stage::Select), ["not-ct", "ct"], "by image");
    let decisions = bench.store.decisions().expect("decisions");
    let ct = &decisions[0];
    assert_eq!((ct.evidence, ct.curator.as_str()), (Some(Evidence::Caption), "ann"));
    assert!(CT_CAPTION.contains(&ct.span) && ct.span.contains("CT"));
}

#[test]
fn every_answer_is_in_the_database_before_the_next_question() {
    // The reader looks into the database, as another process would after a kill -9, whenever the
    // session asks for a line.
    struct Recorder<'a> {
        script: std::slice::Iter<'a, &'a str>,
        line: Cursor<String>,
        workspace: Workspace,
        seen: Vec<usize>,
    }
    impl std::io::Read for Recorder<'_> {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            unreachable!("lines are read through the buffer")
        }
    }
    impl std::io::BufRead for Recorder<'_> {
        fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
            if std::io::BufRead::fill_buf(&mut self.line)?.is_empty() {
                let store = Store::open(&self.workspace).expect("store");
                self.seen.push(store.decisions().expect("decisions").len());
                let next = self.script.next().map_or(String::new(), |line| format!("{line}\n"));
                self.line = Cursor::new(next);
            }
            std::io::BufRead::fill_buf(&mut self.line)
        }
        fn consume(&mut self, amount: usize) {
            std::io::BufRead::consume(&mut self.line, amount);
        }
    }

    let mut bench = Bench::new();
    let script = ["c", "u", "c", "n"];
    let mut recorder = Recorder {
        script: script.iter(),
        line: Cursor::new(String::new()),
        workspace: Workspace::new(bench.folder.path()),
        seen: Vec::new(),
    };
    let prompt = Prompt::new(&mut recorder, std::io::sink(), Style::PLAIN);
    let preview = bench.folder.path().join("preview.png");
    let mut printer = NotPrinted;
    let mut session = Session::new(
        &mut bench.store,
        prompt,
        "ann",
        &QueueOptions::default(),
        &preview,
        &mut printer,
    );
    session.run(Some(Stage::Select)).expect("a session");
    assert_eq!(recorder.seen, [0, 1, 2, 3], "a decision, a withdrawal, a decision");
    assert_eq!(bench.store.decisions().expect("decisions").len(), 4);
}

#[test]
fn undo_goes_back_across_sessions_and_never_undoes_itself() {
    let mut bench = Bench::new();
    bench.run(Stage::Select, "c\nn\n");
    let (scan, chart) = (bench.image(8), bench.image(7));
    // Nothing is left to ask about at select, so undo is reached from the next stage.
    let (summary, shown) = bench.run(Stage::Diagnose, "u\nu\n");
    assert_eq!(summary.undone, 2);
    assert!(
        shown.contains("undone: select not-ct") && shown.contains("undone: select ct"),
        "{shown}"
    );
    assert_eq!(bench.values(Stage::Select), Vec::<String>::new());
    let (summary, shown) = bench.run(Stage::Select, "u\nc\nn\nu\n");
    assert!(shown.contains("there is nothing to undo"), "{shown}");
    assert_eq!(
        (summary.decided, summary.undone),
        (2, 0),
        "all decided, so no prompt for the last u"
    );
    let subjects: Vec<Subject> = bench
        .store
        .decisions_in_force(Stage::Select)
        .expect("decisions")
        .iter()
        .map(|decision| decision.subject)
        .collect();
    assert_eq!(subjects, [Subject::image(chart), Subject::image(scan)]);
    assert_eq!(bench.store.decisions().expect("decisions").len(), 6, "nothing is ever removed");
}

#[test]
fn what_was_undone_is_asked_first_and_skips_can_be_undone() {
    let mut bench = Bench::new();
    let (summary, shown) = bench.run(Stage::Select, "s\nu\nc\nu\nm\ns\n");
    assert_eq!((summary.decided, summary.undone, summary.skipped), (1, 1, 1));
    assert!(shown.contains("undone: the skip"), "{shown}");
    assert_eq!(bench.values(Stage::Select), ["unsure"]);
    let only = &bench.store.decisions_in_force(Stage::Select).expect("decisions")[0];
    assert_eq!(only.subject, Subject::image(bench.image(8)));
    let (summary, _) = bench.run(Stage::Select, "n\n");
    assert_eq!(summary.decided, 1, "a skipped picture is asked about again next time");
}

#[test]
fn wrong_keys_are_explained_and_the_end_of_input_quits() {
    let mut bench = Bench::new();
    let (summary, shown) = bench.run(Stage::Select, "maybe\n\n?\nc");
    assert!(shown.contains("'maybe' is no answer here"), "{shown}");
    assert!(shown.contains("undo the last skip or decision"), "{shown}");
    assert_eq!((summary.ended, summary.decided), (Ended::Quit, 1));
    let (summary, _) = bench.run(Stage::Select, "q\nc\n");
    assert_eq!((summary.ended, summary.decided), (Ended::Quit, 0));
}

#[test]
fn diagnose_writes_the_words_it_rests_on() {
    let mut bench = Bench::new();
    bench.run(Stage::Select, "c\nn\n");
    let (_, shown) = bench.run(Stage::Diagnose, "z\nc\nmention 3\n-\nc\n\n");
    assert!(shown.contains("'z' is no answer here"), "{shown}");
    assert!(shown.contains("expected mention 1 to 1"), "{shown}");
    assert!(
        shown.contains("evidence [caption: \"Chest CT of a 39-year-old man with COVID-19.\"]:"),
        "{shown}"
    );
    let decisions = bench.store.decisions_in_force(Stage::Diagnose).expect("decisions");
    assert_eq!(decisions.len(), 1);
    assert_eq!(decisions[0].evidence, Some(Evidence::Caption));
    assert_eq!(decisions[0].span, "Chest CT of a 39-year-old man with COVID-19.");
}

#[test]
fn a_note_goes_with_the_next_decision_on_its_picture_alone() {
    let mut bench = Bench::new();
    let (_, shown) = bench.run(Stage::Select, "# blurred\nm\n# of the first\ns\n");
    assert!(shown.contains("noted"), "{shown}");
    bench.run(Stage::Select, "n\n");
    let notes: Vec<String> =
        bench.store.decisions().expect("decisions").into_iter().map(|d| d.note).collect();
    assert_eq!(notes, ["blurred", ""], "a skip drops the note");
}

#[test]
fn a_quit_before_the_evidence_decides_nothing() {
    let mut bench = Bench::new();
    bench.run(Stage::Select, "c\nn\n");
    for script in ["c\n", "c\nq\n", "c\ns\n"] {
        bench.run(Stage::Diagnose, script);
        assert_eq!(bench.values(Stage::Diagnose), Vec::<String>::new(), "{script:?}");
    }
}

#[test]
fn crop_accepts_what_was_proposed_with_letters() {
    let mut bench = Bench::new();
    bench.run(Stage::Select, "c\nn\n");
    let (_, shown) = bench.run(Stage::Crop, "\n");
    assert!(shown.contains("preview.png"), "{shown}");
    assert!(bench.folder.path().join("preview.png").exists());
    let panels = bench.store.labelled_panels().expect("panels");
    let found: Vec<(String, &str, &str)> = panels
        .iter()
        .map(|p| (p.bounds.to_string(), p.letter.as_str(), p.sub_caption.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ("0,0,150,130".to_owned(), "A", "Day 2 after onset."),
            ("158,0,150,130".to_owned(), "B", "Day 9 after onset.")
        ]
    );
}

#[test]
fn crop_takes_corrections_and_refuses_wrong_ones() {
    let mut bench = Bench::new();
    bench.run(Stage::Select, "c\nn\n");
    let (_, shown) = bench.run(Stage::Crop, "d 9\nbox\nd 1\n+ 0,0,140,130\nr\nw\na\ny\n");
    assert!(
        shown.contains("there is no panel 9") && shown.contains("'box' is no command"),
        "{shown}"
    );
    let crop = Value::Crop(vec![PanelBox::whole(308, 130)]);
    assert_eq!(bench.values(Stage::Crop), [crop.to_string()]);
}

#[test]
fn a_damaged_picture_can_still_be_cropped_by_hand() {
    let mut bench = Bench::new();
    bench.run(Stage::Select, "c\nn\n");
    let images = bench.store.images().expect("images");
    let scan = images.iter().find(|image| image.xref == Some(8)).expect("scan");
    std::fs::write(bench.store.objects().path(&scan.object), "damaged").expect("damage");
    let (_, shown) = bench.run(Stage::Crop, "= 1 10,10,50,50\n\ny\n");
    assert!(shown.contains("damaged"), "{shown}");
    assert_eq!(bench.values(Stage::Crop), ["10,10,50,50"]);
}

#[test]
fn a_panel_may_have_a_diagnosis_of_its_own() {
    let mut bench = Bench::new();
    bench.run(Stage::Select, "c\nn\n");
    bench.run(Stage::Crop, "\n");
    let (_, shown) = bench.run(Stage::Diagnose, "3=n\n2=n\n\n1=c\n\n");
    assert!(shown.contains("expected 1 to 2"), "{shown}");
    let labels: Vec<_> =
        bench.store.labelled_panels().expect("panels").iter().map(|p| p.label).collect();
    assert_eq!(labels, [Some(Label::COVID), Some(Label::NON_COVID)]);
    let (summary, _) = bench.run(Stage::Diagnose, "c\n");
    assert_eq!(summary.decided, 0, "panel by panel the picture is done");
}

#[test]
fn case_proposes_the_patient_and_keeps_only_what_is_new() {
    let mut bench = Bench::new();
    bench.run(Stage::Select, "c\nn\n");
    bench.run(Stage::Crop, "\n");
    let (summary, shown) = bench.run(Stage::Case, "\nold\n\n\n\n=\n\n");
    assert!(shown.contains("patient [Patient 1]"), "{shown}");
    assert!(shown.contains("'old' is no age"), "{shown}");
    assert_eq!(summary.decided, 2);
    let cases = bench.store.cases().expect("cases");
    assert_eq!(cases.len(), 1);
    assert_eq!((cases[0].details.age.as_str(), cases[0].details.sex.as_str()), ("39", "M"));
    let panels = bench.store.labelled_panels().expect("panels");
    let times: Vec<_> = panels.iter().map(|p| p.scan_time.as_deref()).collect();
    assert_eq!(times, [Some("Day 2 after onset"), Some("Day 9 after onset")]);
    assert!(panels.iter().all(|panel| panel.case.as_deref() == Some("Patient 1")));
}

#[test]
fn a_patient_the_caption_does_not_name_keeps_its_age_and_sex_under_any_name() {
    let mut bench = Bench::new();
    bench.run(Stage::Select, "c\nn\n");
    bench.run(Stage::Crop, "\n");
    bench.run(Stage::Case, "Case 7\n\n\n\nTwin\n-\n-\n\n");
    let cases = bench.store.cases().expect("cases");
    let told: Vec<[&str; 3]> =
        cases.iter().map(|c| [&*c.name, &*c.details.age, &*c.details.sex]).collect();
    assert_eq!(told, [["Case 7", "39", "M"], ["Twin", "", ""]]);
}

#[test]
fn slices_of_one_letter_were_taken_at_one_time() {
    let mut bench = Bench::new();
    bench.run(Stage::Select, "c\nn\n");
    bench.run(Stage::Crop, "l 2 A\n\n");
    bench.run(Stage::Case, "\n\n\nthe third day\n\n\n");
    let panels = bench.store.labelled_panels().expect("panels");
    assert!(panels.iter().all(|panel| panel.scan_time.as_deref() == Some("the third day")));
}

#[test]
fn a_case_name_that_would_not_read_back_is_refused() {
    let mut bench = Bench::new();
    bench.run(Stage::Select, "c\nn\n");
    bench.run(Stage::Crop, "w\n\ny\n");
    let (_, shown) = bench.run(Stage::Case, "=\nann @ home\nTwin\n-\nf\n-\n");
    assert!(shown.contains("no panel before") && shown.contains("cannot hold an @"), "{shown}");
    assert_eq!(bench.values(Stage::Case), ["Twin"]);
    let case = &bench.store.cases().expect("cases")[0];
    assert_eq!((case.details.age.as_str(), case.details.sex.as_str()), ("", "F"));
}

#[test]
fn without_a_stage_the_work_goes_on_where_it_is() {
    let mut bench = Bench::new();
    let script = "c\nn\nc\n\n\n\n\n\n\n\n\n\n\n";
    let (summary, shown) = bench.type_as("ann", None, script);
    for stage in ["select: 2 left", "diagnose: 1 left", "crop: 1 left", "case: 2 left"] {
        assert!(shown.contains(stage), "{stage}: {shown}");
    }
    assert_eq!((summary.ended, summary.decided), (Ended::Finished, 6));
}

#[test]
fn two_curators_each_have_their_own_queue_and_disagreement_shows() {
    let mut bench = Bench::new();
    bench.run(Stage::Select, "c\nn\n");
    bench.type_as("bob", Some(Stage::Select), "n\nn\n");
    let progress = Progress::read(&bench.store).expect("progress");
    assert_eq!(progress.conflicts.len(), 1);
    assert_eq!(progress.conflicts[0].decisions, ["ann: ct", "bob: not-ct"]);
    assert_eq!(progress.stages[1].left, 0, "nothing to diagnose while they disagree");
    bench.type_as("bob", Some(Stage::Crop), "u\n");
    assert_eq!(
        Queue::build(&bench.store, Stage::Select, By::Anyone, &QueueOptions::default())
            .expect("queue")
            .tasks
            .len(),
        0
    );
}

#[test]
fn a_clock_that_was_set_back_does_not_hide_a_decision() {
    let mut bench = Bench::new();
    let scan = Subject::image(bench.image(8));
    let decision = |value| crate::store::NewDecision {
        stage: Stage::Select,
        subject: scan,
        value,
        evidence: None,
        span: String::new(),
        curator: "ann".into(),
        time: "2999-01-01T00:00:00Z".into(),
        note: String::new(),
        adjudicates: false,
    };
    bench.store.decide(&decision(Some(Value::answer(Stage::Select, "not-ct")))).expect("decided");
    bench.run(Stage::Select, "u\nc\nq\n");
    assert_eq!(bench.values(Stage::Select), ["ct"]);
    let covid = Value::answer(Stage::Diagnose, "covid");
    assert!(bench.store.decide(&decision(Some(covid))).is_err(), "a stage keeps to its values");
}

/// A store with one paper that holds what `found` makes.
pub(super) fn bench_of(found: impl FnOnce(&Store) -> (Vec<FoundImage>, Vec<FoundFigure>)) -> Bench {
    let folder = tempfile::tempdir().expect("temporary folder");
    let mut store = Store::open(&Workspace::new(folder.path())).expect("store");
    let (images, figures) = found(&store);
    let found = Extraction {
        sha256: "cd".into(),
        path: "y.pdf".into(),
        extractor: 2,
        paper: PaperMeta { name: "y".into(), ..PaperMeta::default() },
        pages: Vec::new(),
        images,
        figures,
        suspects: Vec::new(),
    };
    store.record(&found, Source::Pdf).expect("recorded");
    Bench { folder, store }
}

fn asked(bench: &Bench) -> (Vec<Option<u32>>, usize) {
    let queue = Queue::build(&bench.store, Stage::Select, By::Anyone, &QueueOptions::default())
        .expect("queue");
    (queue.tasks.iter().map(|task| task.image.xref).collect(), queue.passed_over)
}

fn plain(width: u32, height: u32, shade: u8) -> GrayImage {
    GrayImage::from_pixel(width, height, Luma([shade]))
}

#[test]
fn tiles_are_not_asked_about_and_furniture_is_passed_over() {
    let bench = bench_of(|store| {
        let whole = picture(store, 5, &[1], &plain(300, 300, 1));
        let tile = |xref, shade| FoundImage {
            tile_of: Some(0),
            ..picture(store, xref, &[1], &plain(150, 300, shade))
        };
        let logo = FoundImage { furniture: true, ..picture(store, 9, &[1], &plain(200, 200, 4)) };
        let images = vec![whole, tile(5, 2), tile(6, 3), logo];
        (images, vec![figure("Figure 1", CT_CAPTION, 1, 0)])
    });
    assert_eq!(asked(&bench), (vec![Some(5)], 1));
}

#[test]
fn of_a_figure_drawn_twice_the_finer_drawing_is_asked_about() {
    let twice = |own: u32, copy: u32| {
        bench_of(|store| {
            let images = vec![
                picture(store, 5, &[1], &plain(own, own, 1)),
                picture(store, 6, &[9], &plain(copy, copy, 2)),
            ];
            let region = FoundRegion {
                role: RegionRole::Copy,
                page: 9,
                bbox: Rect::new(0.0, 0.0, 1.0, 1.0),
                images: vec![(1, 0)],
            };
            let regions = vec![region];
            (images, vec![FoundFigure { regions, ..figure("Figure 1", CT_CAPTION, 1, 0) }])
        })
    };
    assert_eq!(asked(&twice(200, 400)).0, [Some(6)]);
    assert_eq!(asked(&twice(400, 200)).0, [Some(5)]);
    assert_eq!(asked(&twice(300, 300)).0, [Some(5)], "of equals the figure's own");
    let mut decided = twice(400, 200);
    // Somebody decided on the copy, before its figure was known to be drawn twice.
    let copy = Subject::image(decided.image(6));
    decided
        .store
        .decide(&crate::store::NewDecision {
            stage: Stage::Select,
            subject: copy,
            value: Some(Value::answer(Stage::Select, "ct")),
            evidence: None,
            span: String::new(),
            curator: "ann".into(),
            time: crate::store::now(),
            note: String::new(),
            adjudicates: false,
        })
        .expect("decided");
    assert_eq!(asked(&decided).0, [None; 0], "nothing else of the figure is asked about");
    let (summary, _) = decided.run(Stage::Select, "");
    assert_eq!(summary.ended, Ended::Finished);
}

#[test]
fn an_undo_brings_back_what_was_said_before() {
    let mut bench = Bench::new();
    bench.run(Stage::Select, "c\nn\n");
    let again = QueueOptions { which: Which::Decided, ..QueueOptions::default() };
    bench.type_with(&again, "ann", Some(Stage::Select), "n\nq\n");
    assert_eq!(bench.values(Stage::Select), ["not-ct", "not-ct"]);
    bench.type_with(&again, "ann", Some(Stage::Select), "u\nq\n");
    assert_eq!(bench.values(Stage::Select), ["not-ct", "ct"], "as before the second look");
    bench.type_with(&again, "ann", Some(Stage::Select), "n\nu\nu\nq\n");
    assert_eq!(bench.values(Stage::Select), ["not-ct"], "the first word is taken back as well");
}
