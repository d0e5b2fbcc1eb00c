//! The page: what it is made of is built into the program.

/// A file of the page.
#[derive(Debug, Clone, Copy)]
pub struct File {
    pub path: &'static str,
    pub kind: &'static str,
    pub text: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

macro_rules! file {
    ($path:literal, $kind:expr, $file:literal) => {
        File { path: $path, kind: $kind, text: include_str!(concat!("page/", $file)) }
    };
}

/// All there are.
pub const FILES: [File; 10] = [
    file!("/", HTML, "index.html"),
    file!("/page.css", CSS, "page.css"),
    file!("/main.js", SCRIPT, "main.js"),
    file!("/talk.js", SCRIPT, "talk.js"),
    file!("/picture.js", SCRIPT, "picture.js"),
    file!("/boxes.js", SCRIPT, "boxes.js"),
    file!("/words.js", SCRIPT, "words.js"),
    file!("/stages.js", SCRIPT, "stages.js"),
    file!("/people.js", SCRIPT, "people.js"),
    File {
        path: "/guideline.txt",
        kind: TEXT,
        text: include_str!("../../../annotations/GUIDELINE.md"),
    },
];
