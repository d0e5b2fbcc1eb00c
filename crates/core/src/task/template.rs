//! A new task file, with a comment at each key.

use std::fmt::Write as _;

use super::MAX_CLASSES;

/// What `task new` was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// One word, such as `influenza-ct`.
    pub name: String,
    pub title: String,
    /// What pictures should show: `a chest CT`.
    pub thing: String,
    /// The class question, a sentence: `What do the authors say that it shows?`
    pub ask: String,
    /// The first is the positive one.
    pub classes: Vec<DraftAnswer>,
    /// Whether pictures are cut into panels.
    pub crop: bool,
    /// Whether panels belong to patients.
    pub case: bool,
}

/// A class that `task new` was told, and words of captions that speak for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftAnswer {
    pub name: String,
    pub words: Vec<String>,
}

/// A string of TOML.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A pattern of plain words: any case, whole, blanks and hyphens alike.
fn pattern(words: &str) -> String {
    let parts: Vec<String> =
        words.split([' ', '-']).filter(|part| !part.is_empty()).map(regex::escape).collect();
    format!(r"(?i)\b{}\b", parts.join("~"))
}

fn words_of(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|words| quoted(&pattern(words))).collect();
    format!("[{}]", words.join(", "))
}

/// Keys for answers: the first letter of the name that is free.
fn keys(names: &[&str]) -> Vec<char> {
    let mut taken: Vec<char> = super::read::TAKEN.chars().chain(['m', 'x']).collect();
    let free = |name: &str, taken: &[char]| {
        let of_name = name.chars().filter(char::is_ascii_lowercase);
        let any = ('a'..='z').chain('A'..='Z');
        of_name.chain(any).find(|letter| !taken.contains(letter)).unwrap_or('Z')
    };
    names
        .iter()
        .map(|name| {
            let key = free(name, &taken);
            taken.push(key);
            key
        })
        .collect()
}

/// The file, which [`super::parse`] reads where the names are words and there are 2 to [`MAX_CLASSES`] classes.
#[expect(clippy::too_many_lines, reason = "it is one text")]
pub fn template(draft: &Draft) -> String {
    let Draft { name, title, thing, ask, classes, crop, case } = draft;
    let names: Vec<&str> = classes.iter().map(|class| class.name.as_str()).collect();
    let first = names.first().copied().unwrap_or_default();
    let mut toml = format!(
        "# A task of covid-ct: what is asked of the figures of papers, and what the answers mean.
# `covid-ct task check FILE` says whether it is sound; docs/tasks.md tells of every key.

# One word of small letters, digits and hyphens; what is decided is kept under it.
name = {name}
title = {title}
# What curators go by, shown under ? in `label`; a file seen from the folder of this one.
# guideline = \"GUIDELINE.md\"
# Of two classes, the one that networks look for.
positive = {first}

# What `covid-ct fetch` looks for. Keywords are words of title or abstract; * stands for the rest of a word.
[search]
servers = [\"medrxiv\", \"biorxiv\"]
# since = \"2020-01-01\"
# until = \"2020-12-31\"
keywords = []

# Which pictures are asked about first: points for words of a wanted answer in the caption, for a picture without
# colours, and for one whose width by height lies between two numbers.
[queue]
words = 4
grey = 0
aspect = 1
aspects = [0.4, 2.6]

# The classes of the dataset, 2 to {MAX_CLASSES}. folder and list are what an export calls them.
",
        name = quoted(name),
        title = quoted(title),
        first = quoted(first),
    );
    for class in &names {
        let _ = writeln!(toml, "\n[[class]]\nname = {0}\nfolder = {0}", quoted(class));
    }
    let _ = write!(
        toml,
        "
# The first question about pictures says which are wanted: keep = true wants them, keep = false does not, and of unsure
# = true somebody else is asked. A key is one letter; a word is what is stored.
[[question]]
name = \"select\"
subject = \"picture\"
ask = {ask}
prompt = \"wanted?\"
evidence = \"caption\"
sheet = {{ marked = \"yes\", others = \"no\", one = {thing}, many = \"of them\" }}

[[question.answer]]
key = \"y\"
word = \"yes\"
help = {yes}
keep = true
# Regular expressions: captions that have them are asked about first, and the sentence is quoted. ~ stands for any hyphen,
# a blank or nothing. Words that are negated do not count, unless even_negated = true.
words = {all}
even_negated = true

[[question.answer]]
key = \"n\"
word = \"no\"
help = \"anything else\"
keep = false

[[question.answer]]
key = \"m\"
word = \"maybe\"
help = \"cannot be told\"
unsure = true

# The question that gives classes. subject = \"picture\": what is said of a panel overrules; \"panel\": each panel is asked
# about. evidence: \"asked\" (which words say so?), \"caption\" (taken from the caption where it says so), \"none\".
[[question]]
name = \"class\"
subject = \"picture\"
ask = {class}
prompt = \"class?\"
evidence = \"asked\"
",
        ask = quoted(&format!("Does the picture show {thing}?")),
        thing = quoted(thing),
        yes = quoted(thing),
        class = quoted(ask),
        all = words_of(&classes.iter().flat_map(|class| class.words.clone()).collect::<Vec<_>>()),
    );
    for (class, key) in classes.iter().zip(keys(&names)) {
        let _ = write!(
            toml,
            "
[[question.answer]]
key = \"{key}\"
word = {word}
class = {word}
mark = {mark}
words = {words}
",
            word = quoted(&class.name),
            mark = !class.words.is_empty(),
            words = words_of(&class.words),
        );
    }
    let _ = write!(
        toml,
        "
[[question.answer]]
key = \"m\"
word = \"uncertain\"
label = \"maybe\"
unsure = true

[[question.answer]]
key = \"x\"
word = \"exclude\"
keep = false

# Whether pictures are cut into panels; without, a picture is its only panel.
[crop]
asked = {crop}

# Whether panels belong to patients, who stay together when the dataset is split; what is asked of them.
[case]
asked = {case}
fields = [\"age\", \"sex\", \"time\"]

# What an export calls things, and whom to cite beside the papers.
[export]
title = {title}
what = {what}
keywords = [\"scientific figures\"]
limits = []
",
        title = quoted(title),
        what = quoted(&format!("Pictures of {thing}")),
    );
    toml
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for (crop, case) in [(true, true), (false, false)] {
            let class = |name: &str, words: &[&str]| DraftAnswer {
                name: name.into(),
                words: words.iter().map(ToString::to_string).collect(),
            };
            let draft = Draft {
                name: "flu".into(),
                title: "Influenza \"on\" CT".into(),
                thing: "a chest CT".into(),
                ask: "What do the authors say?".into(),
                classes: vec![
                    class("influenza", &["influenza", "H1N1 virus", "(pdm-09)"]),
                    class("other", &[]),
                    class("none", &["healthy"]),
                ],
                crop,
                case,
            };
            let task = super::super::parse(&template(&draft), "").expect("sound");
            assert_eq!(
                (task.classes.len(), task.crop.is_asked, task.case.is_asked),
                (3, crop, case)
            );
            let question = task.question(task.classifying()).expect("question");
            let influenza = question.answer(crate::Symbol::new("influenza")).expect("answer");
            let words = influenza.words.as_ref().expect("words");
            assert!(words.is_in("a case of H1N1-Virus") && !words.is_in("no influenza here"));
            assert_eq!(question.keys(), "i/t/n/m/x");
        }
    }
}
