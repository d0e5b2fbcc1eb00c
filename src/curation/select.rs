//! `label select`: is the picture a CT?

use std::io::{BufRead, Write};

use super::earlier::Earlier;
use super::evidence::{Quote, ct_words, quote};
use super::item::Item;
use super::session::{Answer, Line, Result, Session};
use crate::store::{Evidence, Selection, Stage, Subject, Value};

const HELP: &str = "\
Does the picture show computed tomography of the chest?
  c  CT: one scan or several, any plane or window, letters and arrows over them allowed
  n  not a CT: an X-ray, MRI, histology, chart, drawing, photograph, logo
  m  maybe: cannot be told from picture, caption and text
A figure of CTs beside other pictures is a CT: cropping leaves the others out.
";

pub(super) fn ask<R: BufRead, W: Write>(
    session: &mut Session<'_, R, W>,
    item: &Item,
) -> Result<Answer> {
    let subject = Subject::image(item.task.image.id);
    let earlier = session.desk.earlier(Stage::Select, subject)?;
    if let Some(earlier) = &earlier {
        session.tell_earlier(earlier)?;
    }
    let enter = earlier.as_ref().map_or(String::new(), |earlier| earlier.enter() + ", ");
    let question = format!("CT? [{enter}c/n/m, s, u, q, o, ?]");
    loop {
        let line = session.line(&question, item, HELP)?;
        if let (Line::Text(text), Some(earlier)) = (&line, &earlier)
            && text.is_empty()
        {
            session.say_again(subject, earlier)?;
            return Ok(Answer::Decided);
        }
        let text = match line {
            Line::Leave(answer) => return Ok(answer),
            Line::Text(text) => text,
        };
        match parse(&text) {
            Ok(selection) => {
                let (subject, value, quote) = decision(item, selection);
                session.decide(subject, value, &quote)?;
                return Ok(Answer::Decided);
            }
            Err(why) => session.prompt.tell(&why)?,
        }
    }
}

fn parse(text: &str) -> std::result::Result<Selection, String> {
    match text {
        "c" | "ct" => Ok(Selection::Ct),
        "n" | "not-ct" => Ok(Selection::NotCt),
        "m" | "unsure" => Ok(Selection::Unsure),
        _ => Err(format!(
            "'{text}' is no answer here: c (CT), n (not a CT) or m (maybe); ? explains"
        )),
    }
}

/// What is written when `selection` is said of a picture.
pub(super) fn decision(item: &Item, selection: Selection) -> (Subject, Value, Quote) {
    let subject = Subject::image(item.task.image.id);
    (subject, Value::Select(selection), grounds(selection, item.caption()))
}

/// What a sheet says of a picture whose mark as a CT stands, was turned, or both; nothing where it is in force
/// already, or where something else than CT or not is and its mark was not turned.
pub(super) fn said_on_sheet(
    marked: bool,
    turned: bool,
    earlier: Option<&Earlier>,
) -> Option<Selection> {
    let said = if marked { Selection::Ct } else { Selection::NotCt };
    let in_force = earlier.filter(|e| e.in_force).and_then(Earlier::value);
    let keeps = match in_force {
        Some(Value::Select(Selection::Unsure)) => !turned,
        Some(value) => *value == Value::Select(said),
        None => false,
    };
    (!keeps).then_some(said)
}

/// A CT whose caption says so rests on the caption too; all else was seen in the picture.
fn grounds(selection: Selection, caption: &str) -> Quote {
    match ct_words(caption).first() {
        Some(at) if selection == Selection::Ct => {
            Quote { source: Some(Evidence::Caption), span: quote(caption, at) }
        }
        _ => Quote::image(),
    }
}
