//! The questions of a task file: their subjects, answers and words, and which of them select and classify.

use regex::Regex;
use toml::Spanned;

use super::Reader;
use crate::task::pattern::{Pattern, compile};
use crate::task::raw::{RawAnswer, RawQuestion, RawSheet};
use crate::task::{Answer, Class, EvidenceRule, Question, SheetWords, SubjectKind};
use crate::{Label, Stage, Symbol};

/// Keys that mean something at every question or in a step of one.
pub(in crate::task) const TAKEN: &str = "befkopqsuzO";

/// Columns of exports, which a question would stand beside as one of its own.
const COLUMNS: [&str; 24] = [
    "age",
    "caption",
    "container",
    "doi",
    "figure",
    "file",
    "height",
    "kind",
    "label",
    "letter",
    "licence",
    "location",
    "name",
    "origin",
    "page",
    "part",
    "patient",
    "preprint",
    "severity",
    "sex",
    "sha256",
    "time",
    "version",
    "width",
];

/// Most answers that a question may have.
const MAX_ANSWERS: usize = 40;

impl Reader<'_> {
    pub(super) fn question(&mut self, raw: &Spanned<RawQuestion>, classes: &[Class]) -> Question {
        let span = raw.span();
        let raw = raw.get_ref();
        self.word(&raw.name, "question");
        let name = raw.name.get_ref();
        if matches!(name.as_str(), "crop" | "case" | "adjudicate") {
            let problem =
                format!("question '{name}': this is the name of a step, expected another");
            self.wrong(&raw.name.span(), problem);
        }
        let subject = raw.subject.as_ref().and_then(|given| self.one_of(given));
        let evidence = raw.evidence.as_ref().and_then(|given| self.one_of(given));
        if !(2..=MAX_ANSWERS).contains(&raw.answers.len()) {
            let problem = format!(
                "question '{name}' has {} answers: expected 2 to {MAX_ANSWERS}",
                raw.answers.len()
            );
            self.wrong(&span, problem);
        }
        self.distinct(raw.answers.iter().map(|answer| &answer.get_ref().word), "answer");
        self.distinct(raw.answers.iter().map(|answer| &answer.get_ref().key), "key");
        let answers: Vec<Answer> =
            raw.answers.iter().map(|answer| self.answer(answer.get_ref(), classes)).collect();
        let sheet = raw.sheet.as_ref().map(|sheet| self.sheet(sheet, &answers));
        Question {
            stage: Stage::named(name),
            subject: subject.unwrap_or(SubjectKind::Picture),
            short: raw.short.clone().unwrap_or_else(|| raw.ask.clone()),
            prompt: raw.prompt.clone().unwrap_or_else(|| format!("{name}?")),
            about: raw.about.clone().unwrap_or_else(|| raw.ask.clone()),
            note: raw.note.clone().unwrap_or_default(),
            ask: raw.ask.clone(),
            evidence: evidence.unwrap_or(EvidenceRule::None),
            answers,
            sheet,
        }
    }

    fn sheet(&mut self, raw: &RawSheet, answers: &[Answer]) -> SheetWords {
        let mut known = |word: &Spanned<String>| {
            let symbol = Symbol::new(word.get_ref());
            if !answers.iter().any(|answer| answer.word == symbol) {
                let words: Vec<&str> = answers.iter().map(|answer| answer.word.as_str()).collect();
                let problem =
                    format!("'{symbol}' is no answer here: expected {}", words.join(", "));
                self.wrong(&word.span(), problem);
            }
            symbol
        };
        SheetWords {
            marked: known(&raw.marked),
            others: known(&raw.others),
            one: raw.one.clone(),
            many: raw.many.clone(),
        }
    }

    fn answer(&mut self, raw: &RawAnswer, classes: &[Class]) -> Answer {
        self.word(&raw.word, "word");
        let key = raw.key.get_ref();
        let mut letters = key.chars();
        let letter = match (letters.next(), letters.next()) {
            (Some(letter), None) if letter.is_ascii_alphabetic() && !TAKEN.contains(letter) => {
                letter
            }
            _ => {
                let taken: Vec<String> = TAKEN.chars().map(String::from).collect();
                let problem = format!(
                    "key '{key}': expected one letter, none of {}, which mean something else",
                    taken.join(" ")
                );
                self.wrong(&raw.key.span(), problem);
                '?'
            }
        };
        let class = raw.class.as_ref().and_then(|named| {
            let at = classes.iter().position(|class| class.name == *named.get_ref().as_str());
            if at.is_none() {
                let names: Vec<&str> = classes.iter().map(|class| class.name.as_str()).collect();
                let problem = format!(
                    "class '{}' is not among the classes: expected one of {}",
                    named.get_ref(),
                    names.join(", ")
                );
                self.wrong(&named.span(), problem);
            }
            at.map(Label::nth)
        });
        let keep = raw.keep.as_ref().map(|keep| *keep.get_ref());
        if let Some(keep) = raw.keep.as_ref().filter(|_| raw.unsure) {
            self.wrong(
                &keep.span(),
                "an answer that is unsure neither keeps nor drops: leave one out",
            );
        }
        if let (Some(class), true) = (&raw.class, keep == Some(false) || raw.unsure) {
            let problem =
                "what is dropped or unsure has no class: expected keep = true, or no class";
            self.wrong(&class.span(), problem);
        }
        let word = raw.word.get_ref();
        let label = raw.label.clone().unwrap_or_else(|| word.replace('-', " "));
        let says = raw.says.clone().unwrap_or_else(|| label.clone());
        Answer {
            key: letter,
            word: Symbol::new(word),
            help: raw.help.clone().unwrap_or_else(|| says.clone()),
            says,
            label,
            class,
            keeps: keep.unwrap_or(class.is_some()),
            drops: keep == Some(false),
            is_unsure: raw.unsure,
            words: self.words(raw),
            is_marked: raw.mark,
        }
    }

    /// The words of an answer as one pattern: of two that begin at one place, the first.
    fn words(&mut self, raw: &RawAnswer) -> Option<Pattern> {
        let mut all = Vec::new();
        for pattern in &raw.words {
            match compile(pattern.get_ref()) {
                Ok(compiled) => all.push(format!("(?:{})", compiled.as_str())),
                Err(why) => self.wrong(&pattern.span(), why),
            }
        }
        if all.is_empty() {
            if raw.mark {
                self.wrong(
                    &raw.word.span(),
                    "mark sets words off, and there are none: expected words",
                );
            }
            return None;
        }
        match Regex::new(&all.join("|")) {
            Ok(words) => {
                let negation = if raw.even_negated { None } else { self.negation.clone() };
                Some(Pattern::new(words, negation))
            }
            Err(why) => {
                self.wrong(&raw.word.span(), format!("its words together are no pattern: {why}"));
                None
            }
        }
    }

    /// The questions that select and that classify.
    pub(super) fn roles(
        &mut self,
        raw: &[Spanned<RawQuestion>],
        questions: &[Question],
        classes: &[Class],
    ) -> Option<(Stage, Stage)> {
        let Some(at) = questions.iter().position(|q| q.subject == SubjectKind::Picture) else {
            self.wrong(
                &(0..0),
                "no question is about pictures: expected one that says which are wanted",
            );
            return None;
        };
        let selecting = &questions[at];
        if !selecting.answers.iter().any(|answer| answer.keeps) {
            let problem = format!(
                "the first question about pictures, '{}', says which are wanted: expected an answer with \
                 keep = true or with a class",
                selecting.stage
            );
            self.wrong(&raw[at].span(), problem);
        }
        let gives_class = |q: &Question| q.answers.iter().any(|answer| answer.class.is_some());
        let mut classifying = (0..).zip(questions).filter(|(_, q)| gives_class(q));
        let Some((_, first)) = classifying.next() else {
            self.wrong(
                &(0..0),
                "no answer has a class: expected class = \"NAME\" at the answers of a question",
            );
            return None;
        };
        let further: Vec<usize> = classifying.map(|(at, _)| at).collect();
        for at in further {
            let at: usize = at;
            let problem = format!(
                "question '{}' gives classes, and so does '{}': expected one question that does",
                questions[at].stage, first.stage
            );
            self.wrong(&raw[at].span(), problem);
        }
        for (index, class) in classes.iter().enumerate() {
            let label = Label::nth(index);
            if !first.answers.iter().any(|answer| answer.class == Some(label)) {
                let span = self.span_of_class(class);
                let problem = format!(
                    "nobody can answer '{}': expected an answer of '{}' with class = \"{}\"",
                    class.name, first.stage, class.name
                );
                self.wrong(&span, problem);
            }
        }
        for (raw, question) in raw.iter().zip(questions) {
            let name = &raw.get_ref().name;
            let is_further = question.stage != selecting.stage && question.stage != first.stage;
            if is_further && COLUMNS.contains(&name.get_ref().as_str()) {
                let problem = format!(
                    "question '{}': exports have a column of that name, expected another",
                    name.get_ref()
                );
                self.wrong(&name.span(), problem);
            }
        }
        Some((selecting.stage, first.stage))
    }
}
