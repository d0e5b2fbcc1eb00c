//! Reads bytes as a task file: it is a task, or faults at lines that it has; a task can be asked about.

#![no_main]

use covid_ct::task::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match parse(text, "") {
        Ok(task) => {
            for question in &task.questions {
                assert!(question.answers.iter().all(|answer| question.typed(answer.word.as_str()).is_some()));
                for answer in &question.answers {
                    let found = answer.words.as_ref().map(|words| words.find(text).count());
                    assert!(found.is_none_or(|found| found <= text.len()));
                }
            }
            assert!(task.question(task.selecting()).is_some());
        }
        Err(faults) => {
            let lines = text.lines().count().max(1) + 1;
            assert!(!faults.is_empty() && faults.iter().all(|fault| (1..=lines).contains(&fault.line)));
        }
    }
});
