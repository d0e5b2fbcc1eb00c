//! What the file names of published pictures tell.
//!
//! The COVID pictures are named `<paper>-p<page>-<xref>` by the extraction recipe of `PyMuPDF`,
//! which counts pages from 0, with `_n`, `-n` and `%n` after it where a picture was cut further. The
//! non-COVID ones are numbered, once for `.png` and once again for `.jpg`.

use std::sync::LazyLock;

use regex::Regex;

/// What a name tells of a picture.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReleasedName {
    /// As a preprint is named in the database.
    pub paper: String,
    /// 1-based; `None` where the name does not tell.
    pub page: Option<u32>,
    pub xref: Option<u32>,
}

static PLACED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(.+)-p(\d{1,6})-(?:(\d{1,9})|inline|r[A-Za-z0-9]*)(?:[_-]\d+)*(?:%\d+)?$")
        .expect("valid regex")
});

static UNPLACED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(.+?)(?:_\d+)?(?:%\d+)?$").expect("valid regex"));

impl ReleasedName {
    /// Reads a file name. A bare number names no paper: `numbered` and the extension, which tells
    /// the two numberings apart, are put before it.
    pub fn parse(file_name: &str, numbered: &str) -> Self {
        let (stem, extension) = split_extension(file_name);
        if let Some(found) = PLACED.captures(stem) {
            let number = |group| found.get(group).and_then(|m| m.as_str().parse::<u32>().ok());
            return Self {
                paper: found[1].to_owned(),
                page: number(2).map(|page| page + 1),
                xref: number(3),
            };
        }
        let paper = UNPLACED.captures(stem).map_or(stem, |found| found.extract::<1>().1[0]);
        let paper = if paper.bytes().all(|byte| byte.is_ascii_digit()) {
            format!("{numbered}-{extension}-{paper}")
        } else {
            paper.to_owned()
        };
        Self { paper, page: None, xref: None }
    }
}

/// The kind of file of pictures that are only numbered, of the paper that [`ReleasedName::parse`] makes of
/// them.
pub fn numbered_kind(paper: &str) -> Option<&str> {
    let rest = paper.strip_prefix("noncovid-").or_else(|| paper.strip_prefix("covid-"))?;
    let (kind, number) = rest.rsplit_once('-')?;
    number.bytes().all(|byte| byte.is_ascii_digit()).then_some(kind)
}

/// Stem and extension of a picture's name; names as the MetaInfo writes them may have none, and
/// those have dots of their own.
pub fn split_extension(name: &str) -> (&str, &str) {
    match name.rsplit_once('.') {
        Some((stem, extension))
            if ["png", "jpg", "jpeg"].iter().any(|known| extension.eq_ignore_ascii_case(known)) =>
        {
            (stem, extension)
        }
        _ => (name, ""),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(name: &str) -> (String, Option<u32>, Option<u32>) {
        let ReleasedName { paper, page, xref } = ReleasedName::parse(name, "noncovid");
        (paper, page, xref)
    }

    #[test]
    fn reads_the_published_forms() {
        let placed = |paper: &str, page, xref| (paper.to_owned(), Some(page), Some(xref));
        let bare = |paper: &str| (paper.to_owned(), None, None);
        let cases = [
            ("2020.02.10.20021584-p6-52%0.png", placed("2020.02.10.20021584", 7, 52)),
            ("2020.03.25.20043166-p17-78", placed("2020.03.25.20043166", 18, 78)),
            ("2020.02.26.20026989-p34-114_1%0.png", placed("2020.02.26.20026989", 35, 114)),
            ("2020.03.12.20034686-p17-91-5.png", placed("2020.03.12.20034686", 18, 91)),
            ("2020.03.01.20029769-p21-73_4.png", placed("2020.03.01.20029769", 22, 73)),
            ("kjr-21-e25-p1-8.png", placed("kjr-21-e25", 2, 8)),
            ("ehaa254-p0-63%3.png", placed("ehaa254", 1, 63)),
            ("bmj.m606.full-p0-1.png", placed("bmj.m606.full", 1, 1)),
            ("PIIS0140673620303603%0.png", bare("PIIS0140673620303603")),
            ("PIIS0140673620301549_0%1.png", bare("PIIS0140673620301549")),
            ("1060.png", bare("noncovid-png-1060")),
            ("18%0.jpg", bare("noncovid-jpg-18")),
            ("18%1.jpg", bare("noncovid-jpg-18")),
            ("x-p3-inline_2%1.png", ("x".to_owned(), Some(4), None)),
        ];
        for (name, expected) in cases {
            assert_eq!(parsed(name), expected, "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_name_is_read(name in "\\PC{0,40}") {
            ReleasedName::parse(&name, "noncovid");
        }

        #[test]
        fn reads_back_what_the_recipe_writes(
            paper in "[a-zA-Z0-9._-]{1,20}", page in 0u32..500, xref in 1u32..9999, n in 0u32..30,
        ) {
            let name = format!("{paper}-p{page}-{xref}%{n}.png");
            prop_assert_eq!(parsed(&name), (paper, Some(page + 1), Some(xref)));
        }
    }
}
