//! The task that is compiled in, and what is told of tasks that are not sound.

use proptest::prelude::*;

use super::*;
use crate::Value;

const TINY: &str = r#"name = "tiny"
title = "Tiny"

[[class]]
name = "one"

[[class]]
name = "two"

[[question]]
name = "kind"
ask = "Which?"

[[question.answer]]
key = "a"
word = "one"
class = "one"
words = ['(?i)\bone~kind']

[[question.answer]]
key = "t"
word = "two"
class = "two"

[crop]
asked = false
"#;

fn faults(text: &str) -> Vec<Fault> {
    parse(text, "").expect_err("it is not sound")
}

#[test]
fn the_task_that_is_compiled_in_is_that_of_covid_ct() {
    let task = built_in();
    assert_eq!((task.name.as_str(), task.classes.len(), task.is_default()), ("covid-ct", 2, true));
    assert_eq!(task.stages(), [Stage::Select, Stage::Diagnose, Stage::Crop, Stage::Case]);
    assert_eq!((task.selecting(), task.classifying()), (Stage::Select, Stage::Diagnose));
    let labels: Vec<&str> = Label::all().iter().map(|label| label.as_str()).collect();
    assert_eq!(labels, ["covid", "non-covid"]);
    assert_eq!("non-covid".parse(), Ok(Label::nth(1)));
    assert!("healthy".parse::<Label>().is_err_and(|why| why.contains("covid, non-covid")));
    assert_eq!(task.class_of(Symbol::new("covid")), Some(Label::positive()));
    assert_eq!(task.class_of(Symbol::new("uncertain")), None);
    assert!(Value::answer(Stage::Diagnose, "exclude").known().is_some_and(|answer| answer.drops));
    assert!(
        Value::parse(Stage::Select, "covid").is_err_and(|why| why.contains("ct, not-ct, unsure"))
    );
    assert_eq!(Value::stored(Stage::Select, "xray"), Ok(Value::answer(Stage::Select, "xray")));
    assert_eq!(Value::answer(Stage::Select, "xray").known().map(|answer| answer.key), None);
}

#[test]
fn one_question_may_select_and_classify() {
    let task = parse(TINY, "").expect("sound");
    let kind = Stage::named("kind");
    assert_eq!((task.selecting(), task.classifying()), (kind, kind));
    assert_eq!(task.stages(), [kind, Stage::Case]);
    let question = task.question(kind).expect("question");
    assert_eq!(
        (question.keys(), question.keys_in_words()),
        ("a/t".into(), "a (one) or t (two)".into())
    );
    assert_eq!(question.help(), "Which?\n  a  one\n  t  two\n");
    let words = question.answers[0].words.as_ref().expect("words");
    assert!(words.is_in("One-kind of") && words.is_in("onekind"));
    assert!(!words.is_in("not of one kind"), "negated");
    assert_eq!(task.classes[1].title, "Two");
    assert_ne!(task.sha256, parse(TINY, "Go by the caption.").expect("sound").sha256);
}

#[test]
fn what_is_wrong_is_told_with_its_line_and_what_was_expected() {
    for (from, to, line, told) in [
        ("title = \"Tiny\"", "titel = \"Tiny\"", 2, "unknown field `titel`, expected one of"),
        ("title = \"Tiny\"", "title = \"Tiny\"\ntitle = \"T\"", 3, "duplicate key"),
        ("title = \"Tiny\"", "title = 3", 2, "expected a string"),
        ("title = \"Tiny\"", "", 1, "missing field `title`"),
        ("name = \"tiny\"", "name = \"Tiny Task\"", 1, "small letters"),
        ("(?i)\\bone~kind", "one(", 18, "no regular expression"),
        ("(?i)\\bone~kind", "one|~", 18, "matches where there are no words"),
        ("class = \"two\"", "class = \"three\"", 23, "expected one of one, two"),
        ("class = \"two\"", "", 8, "nobody can answer 'two'"),
        ("key = \"t\"", "key = \"a\"", 21, "key 'a' is there twice, first in line 15"),
        ("key = \"t\"", "key = \"u\"", 21, "expected one letter, none of"),
        ("key = \"t\"", "key = \"tt\"", 21, "expected one letter"),
        ("name = \"kind\"", "name = \"crop\"", 11, "name of a step"),
        ("name = \"kind\"", "name = \"kind\"\nsubject = \"figure\"", 12, "picture, panel"),
        ("name = \"two\"", "name = \"one\"", 8, "class 'one' is there twice"),
        ("name = \"two\"", "name = \"two\"\nfolder = \"../x\"", 9, "no name of a folder"),
        ("name = \"two\"", "name = \"two\"\ncolour = \"red\"", 9, "such as '#b2182b'"),
        (
            "asked = false",
            "asked = false\n[[question]]\nname = \"sex\"\nask = \"?\"\nanswer = []",
            28,
            "column of that name",
        ),
        ("asked = false", "asked = false\n[search]\nsince = \"May 2020\"", 28, "YYYY-MM-DD"),
        (
            "asked = false",
            "asked = false\n[search]\nservers = [\"arxiv\"]",
            28,
            "medrxiv or biorxiv",
        ),
        ("asked = false", "asked = false\n[negation]\nafter = '('", 28, "no regular expression"),
        ("asked = false", "asked = false\n[case]\nfields = [\"shoe\"]", 28, "age, sex, time"),
    ] {
        let text = TINY.replacen(from, to, 1);
        assert_ne!(text, TINY, "{from}");
        let faults = faults(&text);
        let at = |fault: &Fault| fault.line == line && fault.problem.contains(told);
        assert!(faults.iter().any(at), "{to}: expected line {line}: {told}, got {faults:?}");
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let text =
        TINY.replace("key = \"t\"", "key = \"u\"").replace("name = \"tiny\"", "name = \"T\"");
    assert_eq!(faults(&text).iter().map(|fault| fault.line).collect::<Vec<_>>(), [1, 21]);
}

#[test]
fn a_file_is_read_with_its_guideline() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("task.toml");
    let text = TINY.replacen("title", "guideline = \"g.md\"\ntitle", 1);
    std::fs::write(&path, text).expect("written");
    let error = read(&path).expect_err("no guideline").to_string();
    assert!(error.contains("task.toml, line 2: guideline: cannot read"), "{error}");
    std::fs::write(folder.path().join("g.md"), "# Go by the caption\n").expect("written");
    assert_eq!(read(&path).expect("sound").guideline, "# Go by the caption\n");
    assert!(read(&folder.path().join("none.toml")).is_err());
}

proptest! {
    #[test]
    fn any_text_is_a_task_or_faults_in_its_lines(
        at in 0..TINY.len(), length in 0..40usize, new in "[\\PC\n\"\\[\\]=]{0,12}"
    ) {
        let mut text = TINY.to_owned();
        text.replace_range(at..(at + length).min(TINY.len()), &new);
        if let Err(faults) = parse(&text, "") {
            let lines = text.lines().count().max(1) + 1;
            prop_assert!(!faults.is_empty());
            prop_assert!(faults.iter().all(|fault| (1..=lines).contains(&fault.line)));
        }
    }
}
