//! What each command does to the panels of a picture.

use proptest::prelude::*;

use super::super::letters::sub_captions;
use super::*;

fn two() -> Panels {
    let boxes = [PanelBox { x: 0, y: 0, w: 50, h: 80 }, PanelBox { x: 50, y: 0, w: 50, h: 80 }];
    Panels::proposed(100, 80, &boxes, sub_captions("CT. (A) First. (B) Second."))
}

fn after(commands: &[&str]) -> Vec<String> {
    let mut panels = two();
    for command in commands {
        let edit = Edit::parse(command).expect("a command");
        panels.apply(&edit).expect("applied");
    }
    panels
        .drafts()
        .iter()
        .map(|d| {
            format!(
                "{}{} {}{}",
                d.letter,
                d.bounds,
                d.sub_caption,
                if d.proposed { " auto" } else { "" }
            )
        })
        .collect()
}

#[test]
fn commands_do_what_they_say() {
    assert_eq!(after(&[]), ["A0,0,50,80 First. auto", "B50,0,50,80 Second. auto"]);
    assert_eq!(after(&["d 1"]), ["B50,0,50,80 Second. auto"]);
    assert_eq!(after(&["d1"]), ["B50,0,50,80 Second. auto"]);
    assert_eq!(after(&["m 1 2"]), ["A0,0,100,80 First."]);
    assert_eq!(after(&["w"]), ["0,0,100,80 "]);
    assert_eq!(after(&["c"]), Vec::<String>::new());
    assert_eq!(after(&["d 2", "+ 60,0,40,80"]), ["A0,0,50,80 First. auto", "60,0,40,80 "]);
    assert_eq!(after(&["c", "10 10 20 20"]), ["10,10,20,20 "]);
    assert_eq!(after(&["= 2 60,0,40,80"])[1], "B60,0,40,80 Second.");
    assert_eq!(after(&["l 1 B", "l 2"]), ["B0,0,50,80 Second.", "50,0,50,80 "]);
    assert_eq!(after(&["l b"])[0], "b0,0,50,80 Second. auto", "letters in reading order");
    assert_eq!(after(&["w", "x 1 | 40"]), ["0,0,40,80 ", "40,0,60,80 "]);
    assert_eq!(after(&["d 1", "x2-30"]), ["B50,0,50,30 Second.", "50,30,50,50 "]);
    let redrawn = after(&["c", "+ 50,0,50,80", "+ 0,0,49,80", "l"]);
    assert_eq!(redrawn, ["B50,0,50,80 Second.", "A0,0,49,80 First."]);
}

#[test]
fn numbers_stay_put_and_boxes_are_read_in_order() {
    let mut panels = two();
    let mut apply = |command: &str| {
        panels.apply(&Edit::parse(command).expect(command)).expect(command);
        panels.drafts().iter().map(|draft| draft.number).collect::<Vec<_>>()
    };
    assert_eq!(apply("x 1 | 20"), [1, 2, 3], "the right half is new");
    assert_eq!(apply("d 2"), [1, 3]);
    assert_eq!(apply("+ 0,0,10,10"), [1, 3, 4]);
    assert_eq!(apply("m 3 4"), [1, 3]);
    assert_eq!(apply("= 3 60,0,40,80"), [1, 3]);
    let error = panels.apply(&Edit::Drop(vec![2])).expect_err("dropped");
    assert_eq!(error, "there is no panel 2: expected 1, 3");
    let last = panels.boxes().pop().expect("boxes");
    assert_eq!(last, PanelBox { x: 60, y: 0, w: 40, h: 80 });
}

#[test]
fn edits_are_taken_back_one_by_one_and_moves_as_one() {
    let mut panels = two();
    panels.apply(&Edit::Drop(vec![1])).expect("dropped");
    for x in 51..60 {
        panels.nudge(2, PanelBox { x, y: 0, w: 100 - x, h: 80 }).expect("moved");
    }
    panels.apply(&Edit::Clear).expect("cleared");
    let mut boxes = || panels.take_back().then(|| panels.boxes());
    assert_eq!(boxes(), Some(vec![PanelBox { x: 59, y: 0, w: 41, h: 80 }]));
    assert_eq!(boxes(), Some(vec![PanelBox { x: 50, y: 0, w: 50, h: 80 }]));
    assert_eq!(boxes(), Some(two().boxes()));
    assert_eq!(boxes(), None);
}

#[test]
fn a_grid_has_rows_of_equal_or_different_counts() {
    assert_eq!(Edit::parse("grid 3x4"), Ok(Edit::Grid(vec![4, 4, 4])));
    assert_eq!(Edit::parse("grid 3,4,2"), Ok(Edit::Grid(vec![3, 4, 2])));
    let boxes = after(&["grid 1x2"]);
    assert_eq!(boxes, ["A0,0,50,80 First.", "B50,0,50,80 Second."], "lettered after the caption");
    assert_eq!(after(&["grid 2,1"]).len(), 3);
}

#[test]
fn what_cannot_be_done_is_said_and_changes_nothing() {
    for (command, why) in [
        ("d 3", "1 to 2"),
        ("+ 60,0,41,80", "100 x 80"),
        ("+ 0,0,50,80", "already"),
        ("= 1 50,0,50,80", "already"),
        ("l 1 WXYZ", "letter"),
        ("x 1 | 50", "0 to 50"),
        ("x 3 | 10", "1 to 2"),
        ("grid 12x12", "do not fit"),
        ("l Z", "no letters for all"),
    ] {
        let mut panels = two();
        let edit = Edit::parse(command).expect(command);
        let error = panels.apply(&edit).expect_err(command);
        assert!(error.contains(why), "{command}: {error}");
        assert!(panels.is_same(&two()) && !panels.take_back());
    }
    for command in [
        "",
        "z",
        "d",
        "d x",
        "m 1",
        "+ 1,2,3",
        "= 1",
        "w 1",
        "l AB",
        "x",
        "x 1",
        "x 1 |",
        "grid",
        "grid 3x",
        "grid 0x2",
        "grid 99999x99999",
        "grid 3,b",
    ] {
        assert!(Edit::parse(command).is_err(), "{command}");
    }
}

#[test]
fn letters_that_do_not_fit_are_not_given() {
    let mut panels = two();
    for command in ["c", "+ 0,0,20,30", "+ 30,0,20,30", "+ 60,0,20,30"] {
        panels.apply(&Edit::parse(command).expect(command)).expect(command);
    }
    let error = panels.apply(&Edit::Reletter).expect_err("two letters, three panels");
    assert!(error.contains("letters 2 panels") && error.contains("these 3"), "{error}");
    let mut panels = Panels::proposed(100, 80, &[], sub_captions("CT."));
    let error = panels.apply(&Edit::Reletter).expect_err("no letters");
    assert!(error.contains("in the caption"), "{error}");
}

proptest! {
    #[test]
    fn any_commands_leave_panels_inside(commands in prop::collection::vec("(grid|[wcdmlx=+]) ?[0-9]{0,2}([ ,x|-][0-9]{1,2}){0,4}", 0..8)) {
        let mut panels = two();
        for command in &commands {
            if let Ok(edit) = Edit::parse(command) {
                let _ = panels.apply(&edit);
            }
        }
        prop_assert!(panels.boxes().iter().all(|bounds| bounds.fits(100, 80)));
        while panels.take_back() {}
        prop_assert!(panels.is_same(&two()));
    }
}
