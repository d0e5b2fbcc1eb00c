//! Reads a task file strictly: whatever it says must be known, and whatever it needs must be there.

mod questions;

use std::collections::HashSet;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;

pub(super) use self::questions::TAKEN;
use super::faults::{Fault, TaskError};
use super::pattern::Negation;
use super::raw::{RawCase, RawClass, RawExport, RawSearch, RawTask};
use super::{
    CaseField, CaseRules, Class, Comparison, ExportWords, MAX_CLASSES, Question, QueueRules,
    Search, Step, SubjectKind, Task,
};
use crate::{Label, Stage, Symbol, is_one_component, sha256_hex};

/// What negates a word in English, before it.
const BEFORE: &str = r"(?i)(?:\bnon[\s\u{2010}-\u{2015}-]*|\b(?:no|not|nor|without|never|negative\s+for|exclud\w+|rul\w+\s+out|other\s+than|unrelated\s+to|before\s+the|prior\s+to|pre[\s-]*)\s*(?:[\w-]+\s+){0,3})";

/// And after it.
const AFTER: &str = r"(?i)[\s\u{2010}-\u{2015}-]*(?:[\w-]+\s+){0,3}?(?:negative\b|(?:was|were|is|has\s+been|had\s+been)\s+(?:not\b|excluded|ruled\s+out))";

/// Reads a task file, and the guideline that it names, which lies where the file says, seen from its folder.
///
/// # Errors
/// [`TaskError`]: all that is wrong, by line.
pub fn read(path: &Path) -> Result<Task, TaskError> {
    let text = |path: &Path| {
        std::fs::read_to_string(path)
            .map_err(|source| TaskError::Read { path: path.into(), source })
    };
    let toml = text(path)?;
    let faulty = |faults| TaskError::Faults { path: path.into(), faults };
    let raw = raw(&toml).map_err(|fault| faulty(vec![fault]))?;
    let guideline = match &raw.guideline {
        None => String::new(),
        Some(named) => {
            let page = path.parent().unwrap_or(Path::new("")).join(named.get_ref());
            text(&page).map_err(|error| {
                let problem = format!(
                    "guideline: {error}; expected a Markdown file, seen from the folder of the task"
                );
                faulty(vec![Fault { line: line_of(&toml, &named.span()), problem }])
            })?
        }
    };
    Reader::read(&toml, raw, guideline).map_err(faulty)
}

/// Reads the text of a task file; `guideline` is the text of the page that it names.
///
/// # Errors
/// All that is wrong, by line.
pub fn parse(toml: &str, guideline: &str) -> Result<Task, Vec<Fault>> {
    Reader::read(toml, raw(toml).map_err(|fault| vec![fault])?, guideline.to_owned())
}

fn raw(toml: &str) -> Result<RawTask, Fault> {
    toml::from_str(toml).map_err(|error| {
        let line = error.span().map_or(1, |span| line_of(toml, &span));
        Fault { line, problem: error.message().replace('\n', "; ") }
    })
}

fn line_of(text: &str, at: &Range<usize>) -> usize {
    1 + text.get(..at.start).unwrap_or(text).matches('\n').count()
}

/// Gathers faults while it reads.
struct Reader<'a> {
    text: &'a str,
    faults: Vec<Fault>,
    negation: Option<Negation>,
}

impl<'a> Reader<'a> {
    fn read(text: &'a str, raw: RawTask, guideline: String) -> Result<Task, Vec<Fault>> {
        let mut reader = Self { text, faults: Vec::new(), negation: None };
        let task = reader.task(raw, guideline);
        reader.faults.sort();
        reader.faults.dedup();
        match task {
            Some(task) if reader.faults.is_empty() => Ok(task),
            _ => Err(reader.faults),
        }
    }

    fn wrong(&mut self, at: &Range<usize>, problem: impl Into<String>) {
        self.faults.push(Fault { line: line_of(self.text, at), problem: problem.into() });
    }

    fn task(&mut self, raw: RawTask, guideline: String) -> Option<Task> {
        self.word(&raw.name, "name");
        if raw.title.trim().is_empty() {
            self.wrong(&raw.name.span(), "title is empty: expected what the dataset is called");
        }
        let negation = self.negation(&raw)?;
        self.negation = Some(negation.clone());
        let classes = self.classes(&raw.classes);
        let name = raw.name.get_ref().clone();
        let questions: Vec<Question> =
            raw.questions.iter().map(|question| self.question(question, &classes)).collect();
        self.distinct(raw.questions.iter().map(|q| &q.get_ref().name), "question");
        let crop = Step {
            is_asked: raw.crop.asked.unwrap_or(true),
            ask: raw
                .crop
                .ask
                .unwrap_or_else(|| "Which boxes of the picture are single scans?".into()),
        };
        let case = self.case(&raw.case);
        let (selecting, classifying) = self.roles(&raw.questions, &questions, &classes)?;
        let positive = self.positive(raw.positive.as_ref(), &classes);
        let compares_with =
            raw.compares_with.as_ref().and_then(|named| self.one_of::<Comparison>(named));
        let aspects = *raw.queue.aspects.get_ref();
        if !(aspects[0] > 0.0 && aspects[0] <= aspects[1] && aspects[1].is_finite()) {
            let problem =
                "aspects: expected the least and the greatest width by height, such as [0.4, 2.6]";
            self.wrong(&raw.queue.aspects.span(), problem);
        }
        let sha256 = sha256_hex(format!("{}\0{guideline}", self.text).as_bytes());
        let of = |kind| {
            let questions = questions.iter().filter(move |q| q.subject == kind);
            questions.map(|question| question.stage).collect::<Vec<_>>()
        };
        let mut stages = of(SubjectKind::Picture);
        stages.extend(crop.is_asked.then_some(Stage::Crop));
        stages.extend(of(SubjectKind::Panel));
        stages.extend(case.is_asked.then_some(Stage::Case));
        let names: Vec<&str> = stages.iter().map(|stage| stage.as_str()).collect();
        let export = self.export(raw.export, &raw.title, &name, &names);
        Some(Task {
            name,
            title: raw.title,
            guideline,
            search: self.search(raw.search),
            queue: QueueRules {
                words: raw.queue.words,
                grey: raw.queue.grey,
                aspect: raw.queue.aspect,
                aspects,
            },
            negation,
            classes,
            positive,
            questions,
            crop,
            case,
            export,
            compares_with,
            stages,
            selecting,
            classifying,
            text: self.text.to_owned(),
            sha256,
        })
    }

    fn negation(&mut self, raw: &RawTask) -> Option<Negation> {
        let text = |of: &Option<Spanned<String>>, default: &str| {
            of.as_ref().map_or_else(|| default.to_owned(), |given| given.get_ref().clone())
        };
        let (before, after) = (&raw.negation.before, &raw.negation.after);
        match Negation::new(&text(before, BEFORE), &text(after, AFTER)) {
            Ok(negation) => Some(negation),
            Err(why) => {
                // Tried one by one, to name the line of the one that is wrong.
                let is_before = Negation::new(&text(before, BEFORE), "x").is_err();
                let given = if is_before { before } else { after };
                let span = given.as_ref().map_or(0..0, Spanned::span);
                self.wrong(&span, why);
                None
            }
        }
    }

    /// A name that is stored: small letters, digits and hyphens.
    fn word(&mut self, word: &Spanned<String>, what: &str) {
        let text = word.get_ref();
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !(begins && text.len() <= 40 && text.chars().all(is_plain)) {
            let problem = format!(
                "{what} '{text}': expected a word of small letters, digits and hyphens, such as 'ground-glass'"
            );
            self.wrong(&word.span(), problem);
        }
    }

    fn distinct<'b>(&mut self, words: impl Iterator<Item = &'b Spanned<String>>, what: &str) {
        let mut seen: Vec<(&str, usize)> = Vec::new();
        for word in words {
            let line = line_of(self.text, &word.span());
            match seen.iter().find(|(other, _)| *other == word.get_ref()) {
                Some((_, first)) => {
                    let problem = format!(
                        "{what} '{}' is there twice, first in line {first}: expected each once",
                        word.get_ref()
                    );
                    self.faults.push(Fault { line, problem });
                }
                None => seen.push((word.get_ref(), line)),
            }
        }
    }

    fn one_of<T: std::str::FromStr<Err = String>>(&mut self, word: &Spanned<String>) -> Option<T> {
        word.get_ref().parse().map_err(|why: String| self.wrong(&word.span(), why)).ok()
    }

    fn classes(&mut self, raw: &[Spanned<RawClass>]) -> Vec<Class> {
        let count = raw.len();
        if !(2..=MAX_CLASSES).contains(&count) {
            let span = raw.last().map_or(0..0, Spanned::span);
            self.wrong(&span, format!("{count} classes: expected 2 to {MAX_CLASSES}"));
        }
        self.distinct(raw.iter().map(|class| &class.get_ref().name), "class");
        let mut folders = HashSet::new();
        let mut classes = Vec::new();
        for class in raw.iter().map(Spanned::get_ref) {
            self.word(&class.name, "class");
            let name = class.name.get_ref();
            let text = |of: &Option<Spanned<String>>, default: &str| {
                of.as_ref().map_or_else(|| default.to_owned(), |given| given.get_ref().clone())
            };
            let list = text(&class.list, name);
            let folder = text(&class.folder, &list);
            for (given, of) in [(&class.folder, &folder), (&class.list, &list)] {
                let span = given.as_ref().map_or(class.name.span(), Spanned::span);
                if !is_one_component(of) || of.starts_with('.') {
                    self.wrong(
                        &span,
                        format!("'{of}' is no name of a folder: expected one without '/'"),
                    );
                }
            }
            if !folders.insert(folder.to_lowercase()) {
                let problem = format!("two classes have the folder '{folder}': expected one each");
                self.wrong(&class.name.span(), problem);
            }
            let colour = text(&class.colour, "");
            let is_colour = |text: &str| {
                text.strip_prefix('#')
                    .is_some_and(|hex| hex.len() == 6 && hex.chars().all(|c| c.is_ascii_hexdigit()))
            };
            if let Some(given) = &class.colour
                && !is_colour(&colour)
            {
                let problem = format!("colour '{colour}': expected one such as '#b2182b'");
                self.wrong(&given.span(), problem);
            }
            let title = class.title.clone().unwrap_or_else(|| capitalised(name));
            classes.push(Class {
                name: Symbol::new(name),
                noun: class.noun.clone().unwrap_or_else(|| title.clone()),
                title,
                folder,
                list,
                colour,
            });
        }
        classes.truncate(MAX_CLASSES);
        classes
    }

    /// Where the name of a class first stands in quotes.
    fn span_of_class(&self, class: &Class) -> Range<usize> {
        let at = self.text.find(&format!("\"{}\"", class.name)).unwrap_or(0);
        at..at
    }

    fn positive(&mut self, named: Option<&Spanned<String>>, classes: &[Class]) -> Label {
        let Some(named) = named else { return Label::nth(0) };
        let at = classes.iter().position(|class| class.name == *named.get_ref().as_str());
        if at.is_none() {
            let problem = format!("positive: '{}' is not among the classes", named.get_ref());
            self.wrong(&named.span(), problem);
        }
        Label::nth(at.unwrap_or(0))
    }

    fn case(&mut self, raw: &RawCase) -> CaseRules {
        let fields = raw.fields.as_ref().map(|fields| {
            self.distinct(fields.iter(), "field");
            fields.iter().filter_map(|field| self.one_of(field)).collect()
        });
        CaseRules {
            is_asked: raw.asked.unwrap_or(true),
            ask: raw.ask.clone().unwrap_or_else(|| "Whose scan is it?".into()),
            fields: fields.unwrap_or_else(|| CaseField::ALL.to_vec()),
        }
    }

    fn search(&mut self, raw: RawSearch) -> Search {
        let servers = raw.servers.map(|servers| {
            for server in &servers {
                if !matches!(server.get_ref().as_str(), "medrxiv" | "biorxiv") {
                    let problem =
                        format!("server '{}': expected medrxiv or biorxiv", server.get_ref());
                    self.wrong(&server.span(), problem);
                }
            }
            servers.into_iter().map(Spanned::into_inner).collect()
        });
        let mut day = |of: Option<Spanned<String>>| {
            let day = of?;
            let parts: Vec<&str> = day.get_ref().split('-').collect();
            let is_number = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit());
            if !(parts.iter().map(|part| part.len()).eq([4, 2, 2]) && parts.iter().all(is_number)) {
                let problem = format!("'{}' is no day: expected YYYY-MM-DD", day.get_ref());
                self.wrong(&day.span(), problem);
            }
            Some(day.into_inner())
        };
        let (since, until) = (day(raw.since), day(raw.until));
        for keyword in &raw.keywords {
            if !keyword.get_ref().chars().any(char::is_alphanumeric) {
                self.wrong(
                    &keyword.span(),
                    "a keyword without a letter: expected words of title or abstract",
                );
            }
        }
        Search {
            servers: servers.unwrap_or_else(|| vec!["medrxiv".into(), "biorxiv".into()]),
            since: since.unwrap_or_default(),
            until: until.unwrap_or_default(),
            keywords: raw.keywords.into_iter().map(Spanned::into_inner).collect(),
            categories: raw.categories,
        }
    }

    fn export(&mut self, raw: RawExport, title: &str, name: &str, stages: &[&str]) -> ExportWords {
        let word = |given: &Option<Spanned<String>>, default: &str| {
            given.as_ref().map_or_else(|| default.to_owned(), |given| given.get_ref().clone())
        };
        let meta_info = word(&raw.meta_info, "META-INFO");
        if !is_one_component(&meta_info) || meta_info.starts_with('.') {
            let span = raw.meta_info.as_ref().map_or(0..0, Spanned::span);
            self.wrong(
                &span,
                format!("meta_info '{meta_info}': expected the name of a file, without '/'"),
            );
        }
        if let Some(given) = &raw.name {
            self.word(given, "name");
        }
        ExportWords {
            title: raw.title.unwrap_or_else(|| title.to_owned()),
            name: word(&raw.name, name),
            meta_info,
            description: raw.description.unwrap_or_else(|| {
                "pictures out of the figures of papers, each with the class that a curator gave it; rebuilt from PDFs."
                    .into()
            }),
            about: raw.about.unwrap_or_else(|| {
                "Pictures out of the figures of papers, each with the class that a curator gave it. Made by `covid-ct`\n\
                 from PDFs and the decisions of curators.\n"
                    .into()
            }),
            what: raw.what.unwrap_or_else(|| "Pictures".into()),
            decisions: raw.decisions.unwrap_or_else(|| {
                "which pictures are wanted, and of which class each is".into()
            }),
            activity: raw.activity.unwrap_or_else(|| {
                "Pictures selected and put into classes by curators with covid-ct".into()
            }),
            keywords: raw.keywords.unwrap_or_else(|| vec!["scientific figures".into()]),
            tags: raw.tags.unwrap_or_else(|| vec!["scientific-literature".into()]),
            annotation: raw.annotation.unwrap_or_else(|| {
                vec![
                    "Curators decide by the guideline of the task. Where they disagree a picture has no class and is left out."
                        .into(),
                ]
            }),
            stages: raw.stages.unwrap_or_else(|| stages.join(", ")),
            shown: raw.shown.unwrap_or_else(|| "what is shown".into()),
            limits: raw.limits.unwrap_or_default(),
            limitations: raw.limitations.unwrap_or_default(),
            url: raw.url.unwrap_or_default(),
            cite: raw.cite.unwrap_or_default(),
            bibtex: raw.bibtex.unwrap_or_default(),
        }
    }
}

/// `Ground glass` of `ground-glass`.
fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters.map(|c| if c == '-' { ' ' } else { c })).collect()
}
