//! The question that says which pictures are wanted, such as `label select`, where nobody is asked for words.

use std::io::{BufRead, Write};

use covid_ct_core::task::{Answer as TaskAnswer, Question, SheetWords};

use super::earlier::Earlier;
use super::evidence::{Quote, grounds};
use super::item::Item;
use super::lines::{Answer, Line, Result, Session};
use crate::store::Subject;
use covid_ct_core::{Symbol, Value};

pub(super) fn ask<R: BufRead, W: Write>(
    session: &mut Session<'_, R, W>,
    item: &Item,
    asked: &Question,
) -> Result<Answer> {
    let subject = Subject::image(item.task.image.id);
    let earlier = session.desk.earlier(asked.stage, subject)?;
    if let Some(earlier) = &earlier {
        session.tell_earlier(earlier)?;
    }
    let enter = earlier.as_ref().map_or(String::new(), |earlier| earlier.enter() + ", ");
    let question = format!("{} [{enter}{}, s, u, q, o, ?]", asked.prompt, asked.keys());
    let note = if asked.note.is_empty() { String::new() } else { format!("{}\n", asked.note) };
    let help = asked.help() + &note;
    loop {
        let line = session.line(&question, item, &help)?;
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
        match asked.typed(&text) {
            Some(answer) => {
                let (subject, value, quote) = decision(item, asked, answer);
                session.decide(subject, value, &quote)?;
                return Ok(Answer::Decided);
            }
            None => session.prompt.tell(&format!(
                "'{text}' is no answer here: {}; ? explains",
                asked.keys_in_words()
            ))?,
        }
    }
}

/// What is written when `answer` is given of a picture.
pub(super) fn decision(
    item: &Item,
    asked: &Question,
    answer: &TaskAnswer,
) -> (Subject, Value, Quote) {
    let subject = Subject::image(item.task.image.id);
    let value = Value::Answer(asked.stage, answer.word);
    (subject, value, grounds(asked, answer, item.caption()))
}

/// What a sheet says of a picture whose mark stands, was turned, or both; nothing where it is in force already, or
/// where something else than a mark says is and its mark was not turned.
pub(super) fn said_on_sheet(
    asked: &Question,
    words: &SheetWords,
    marked: bool,
    turned: bool,
    earlier: Option<&Earlier>,
) -> Option<Symbol> {
    let said = if marked { words.marked } else { words.others };
    let in_force = earlier.filter(|e| e.in_force).and_then(Earlier::value);
    let is = |word: Symbol, value: &Value| *value == Value::Answer(asked.stage, word);
    let keeps = match in_force {
        Some(value) if !is(words.marked, value) && !is(words.others, value) => !turned,
        Some(value) => is(said, value),
        None => false,
    };
    (!keeps).then_some(said)
}
