//! JATS, the XML of an article: what it is, its licence, its sections, and the captions of its figures.
//!
//! The elements are those of JATS 1.2 (NISO Z39.96), as preprint servers and archives write it.

use std::path::Path;

use covid_ct_core::{Licence, doi};
use roxmltree::{Document, Node, ParsingOptions};
use serde::{Deserialize, Serialize};

/// Elements that are read at most: an article has some ten thousand.
const NODES: u32 = 4_000_000;
/// Elements within elements at most; what is read by recursion must end before the stack does.
const DEEPEST: u32 = 200;
/// Largest document that is read.
pub const JATS_BYTES: u64 = 64 << 20;

/// What an article says of itself. Empty where it does not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article {
    /// In lower case, without an address before it.
    pub doi: String,
    pub version: Option<u32>,
    pub title: String,
    /// YYYY-MM-DD
    pub posted: String,
    pub licence: String,
    pub category: String,
    /// Headings of the sections of the body, outermost alone.
    pub sections: Vec<String>,
    /// In the order of the text; tables are not among them.
    pub figures: Vec<JatsFigure>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JatsFigure {
    /// As printed: `Figure 1.`
    pub label: String,
    pub caption: String,
}

impl Article {
    /// # Errors
    /// When the file is no article that can be read.
    pub fn read(path: &Path) -> Result<Self, String> {
        let length = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
        if length > JATS_BYTES {
            return Err(format!("larger than {} MiB: no article", JATS_BYTES >> 20));
        }
        let bytes = std::fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
        Self::parse(&bytes)
    }

    /// # Errors
    /// When the bytes are no XML, or no article.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "the XML is not UTF-8".to_owned())?;
        let text = text.trim_start_matches('\u{feff}');
        // Articles name their DTD. Entities that it would define are not looked for, and those defined in
        // the document are followed only so far.
        let options =
            ParsingOptions { allow_dtd: true, nodes_limit: NODES, ..ParsingOptions::default() };
        let document = Document::parse_with_options(text, options)
            .map_err(|error| format!("no valid XML: {error}"))?;
        let root = document.root_element();
        if depth(root) > DEEPEST {
            return Err(format!("its elements are nested more than {DEEPEST} deep: no article"));
        }
        let article = root
            .descendants()
            .find(|node| node.has_tag_name("article"))
            .ok_or_else(|| format!("expected an <article>, found <{}>", root.tag_name().name()))?;
        Ok(Self::of(article))
    }

    fn of(article: Node<'_, '_>) -> Self {
        let Some(front) = descendant(article, "article-meta") else {
            return Self { figures: figures(article), ..Self::default() };
        };
        let number = front.children().find(|node| {
            node.has_tag_name("article-id") && node.attribute("pub-id-type") == Some("doi")
        });
        let groups = front.descendants().filter(|node| node.has_tag_name("subj-group"));
        let subject = groups
            .filter(|group| group.attribute("subj-group-type") != Some("heading"))
            .find_map(|group| descendant(group, "subject"));
        let body = article.children().find(|node| node.has_tag_name("body"));
        let sections = body.into_iter().flat_map(|body| body.children());
        Self {
            doi: number.map(text).and_then(|text| doi(&text)).unwrap_or_default(),
            version: version(front),
            title: descendant(front, "article-title").map(text).unwrap_or_default(),
            posted: posted(front),
            licence: stated_licence(front),
            category: subject.map(text).unwrap_or_default(),
            sections: sections
                .filter(|node| node.has_tag_name("sec"))
                .filter_map(|section| section.children().find(|node| node.has_tag_name("title")))
                .map(text)
                .collect(),
            figures: figures(article),
        }
    }
}

/// How deep elements are nested, without recursion.
fn depth(root: Node<'_, '_>) -> u32 {
    let (mut node, mut depth, mut deepest) = (root, 0, 0);
    loop {
        if let Some(child) = node.first_child() {
            (node, depth) = (child, depth + 1);
            deepest = deepest.max(depth);
            continue;
        }
        while node.next_sibling().is_none() || node == root {
            match node.parent().filter(|_| node != root) {
                Some(parent) => (node, depth) = (parent, depth - 1),
                None => return deepest,
            }
        }
        node = node.next_sibling().unwrap_or(root);
    }
}

fn descendant<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.descendants().find(|node| node.has_tag_name(name))
}

/// All text below, blanks made one.
fn text(node: Node<'_, '_>) -> String {
    let mut words = String::new();
    collect(node, &mut words);
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn collect(node: Node<'_, '_>, words: &mut String) {
    // Alternatives of a formula, and text for machines, are no words of the caption.
    const SILENT: [&str; 5] = ["tex-math", "alt-text", "long-desc", "object-id", "permissions"];
    for child in node.children() {
        if let Some(text) = child.text().filter(|_| child.is_text()) {
            words.push_str(text);
        } else if child.is_element() && !SILENT.contains(&child.tag_name().name()) {
            let is_block = matches!(child.tag_name().name(), "p" | "title" | "list-item" | "break");
            if is_block {
                words.push(' ');
            }
            collect(child, words);
            if is_block {
                words.push(' ');
            }
        }
    }
}

/// `1.2` is version 1, its second revision.
fn version(front: Node<'_, '_>) -> Option<u32> {
    let mut versions = front.descendants().filter(|node| node.has_tag_name("article-version"));
    let read = |text: String| {
        let number = text.trim().trim_start_matches(['v', 'V']);
        number.split('.').next()?.parse::<u32>().ok().filter(|version| *version > 0)
    };
    versions.find_map(|node| read(text(node)))
}

fn posted(front: Node<'_, '_>) -> String {
    let dates = || front.children().filter(|node| node.has_tag_name("pub-date"));
    let kind = |node: &Node<'_, '_>| {
        node.attribute("pub-type").or(node.attribute("date-type")).unwrap_or_default().to_owned()
    };
    let online = dates().find(|node| matches!(kind(node).as_str(), "epub" | "pub" | "preprint"));
    let Some(date) = online.or_else(|| dates().next()) else { return String::new() };
    let part = |name| descendant(date, name).and_then(|node| text(node).parse::<u32>().ok());
    let whole = (part("year"), part("month"), part("day"));
    let (Some(year), Some(month), Some(day)) = whole else { return String::new() };
    let date: Option<jiff::civil::Date> = format!("{year:04}-{month:02}-{day:02}").parse().ok();
    date.map(|date| date.to_string()).unwrap_or_default()
}

/// The address of the licence, or what is said of it.
fn stated_licence(front: Node<'_, '_>) -> String {
    let Some(permissions) = descendant(front, "permissions") else { return String::new() };
    let mut told = Vec::new();
    for node in permissions.descendants() {
        let is_reference = node.has_tag_name("license") || node.has_tag_name("ext-link");
        if is_reference {
            let link = node.attributes().find(|attribute| attribute.name() == "href");
            told.extend(link.map(|link| link.value().to_owned()));
        }
        if node.tag_name().name() == "license_ref" {
            told.push(text(node));
        }
    }
    told.extend(descendant(permissions, "license").map(text));
    told.extend(descendant(permissions, "copyright-statement").map(text));
    let read = told.iter().map(|told| Licence::spelled(told)).zip(&told);
    let known = read.clone().find(|(read, told)| read != *told).map(|(read, _)| read);
    known.or_else(|| told.first().cloned()).unwrap_or_default()
}

fn figures(article: Node<'_, '_>) -> Vec<JatsFigure> {
    let figures = article.descendants().filter(|node| node.has_tag_name("fig"));
    let part = |figure: Node<'_, '_>, name: &str| {
        figure.children().find(|node| node.has_tag_name(name)).map(text).unwrap_or_default()
    };
    figures
        .map(|figure| JatsFigure { label: part(figure, "label"), caption: part(figure, "caption") })
        .filter(|figure| !(figure.label.is_empty() && figure.caption.is_empty()))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ARTICLE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) Journal Archiving 1.2//EN" "JATS.dtd">
<article xmlns:xlink="http://www.w3.org/1999/xlink"><front><article-meta>
<article-id pub-id-type="doi">10.1101/2020.02.10.20021584</article-id>
<article-version>1.2</article-version>
<article-categories><subj-group subj-group-type="heading"><subject>Article</subject></subj-group>
<subj-group subj-group-type="hwp-journal-coll"><subject>Radiology and Imaging</subject></subj-group>
</article-categories>
<title-group><article-title>Chest <italic>CT</italic>
 of all</article-title></title-group>
<pub-date pub-type="epub"><day>11</day><month>2</month><year>2020</year></pub-date>
<permissions><copyright-statement>&#169; 2020</copyright-statement>
<license license-type="creative-commons" xlink:href="http://creativecommons.org/licenses/by-nc/4.0/"><p>Open.</p></license>
</permissions></article-meta></front>
<body><sec><title>Introduction</title><sec><title>Inner</title><p>x</p></sec>
<fig id="F1"><label>Figure 1.</label><caption><title>Scans.</title><p>Day <bold>3</bold>.</p></caption>
<graphic xlink:href="f1.tif"/></fig></sec><sec><title>Methods</title></sec></body></article>"#;

    #[test]
    fn an_article_says_what_it_is() {
        let article = Article::parse(ARTICLE.as_bytes()).expect("an article");
        let expected = Article {
            doi: "10.1101/2020.02.10.20021584".into(),
            version: Some(1),
            title: "Chest CT of all".into(),
            posted: "2020-02-11".into(),
            licence: "CC-BY-NC".into(),
            category: "Radiology and Imaging".into(),
            sections: vec!["Introduction".into(), "Methods".into()],
            figures: vec![JatsFigure {
                label: "Figure 1.".into(),
                caption: "Scans. Day 3.".into(),
            }],
        };
        assert_eq!(article, expected);
    }

    #[test]
    fn what_is_no_article_is_refused() {
        let refused = |text: &str| Article::parse(text.as_bytes()).expect_err(text);
        assert!(refused("<article><front></article>").contains("no valid XML"));
        assert!(refused("<html/>").contains("<html>"));
        assert!(refused("").contains("XML"));
        assert!(Article::parse(b"\xff\xfe").is_err());
    }

    #[test]
    fn entities_that_grow_without_end_are_refused() {
        let mut bomb = String::from("<!DOCTYPE article [<!ENTITY a0 \"lol\">");
        for level in 1..=12 {
            let inner = format!("&a{};", level - 1).repeat(10);
            bomb.extend(["<!ENTITY a", &level.to_string(), " \"", &inner, "\">"]);
        }
        bomb += "]><article>&a12;</article>";
        assert!(Article::parse(bomb.as_bytes()).is_err());
    }

    #[test]
    fn elements_without_end_are_refused() {
        let deep = |levels: usize| {
            let (open, close) = ("<b>".repeat(levels), "</b>".repeat(levels));
            let article = ARTICLE.replace("of all", &format!("{open}of all{close}"));
            Article::parse(article.as_bytes())
        };
        assert_eq!(deep(100).expect("an article").title, "Chest CT of all");
        assert!(deep(100_000).expect_err("refused").contains("nested"));
    }

    #[test]
    fn a_doi_is_one_or_is_left_out() {
        let doi = |told: &str| {
            let article = ARTICLE.replace("10.1101/2020.02.10.20021584", told);
            Article::parse(article.as_bytes()).expect("an article").doi
        };
        assert_eq!(
            doi("https://doi.org/10.1101/2020.02.10.20021584"),
            "10.1101/2020.02.10.20021584"
        );
        assert_eq!(doi("2020.02.10.20021584"), "");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Article::parse(&bytes);
        }

        #[test]
        fn a_cut_article_is_read_or_refused(at in 0usize..ARTICLE.len()) {
            let _ = Article::parse(&ARTICLE.as_bytes()[..at]);
        }
    }
}
