//! MECA archives (NISO RP-30), in which the preprint servers' bulk buckets keep an article: `manifest.xml`
//! lists the files, `content/` holds PDF and JATS.
//!
//! They come from a network: names that lead elsewhere, and archives that grow beyond reason, are refused
//! before anything is written.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use roxmltree::{Document, Node, ParsingOptions};
use zip::ZipArchive;

use super::jats::{Article, JATS_BYTES};

/// Files in an archive at most.
const FILES: usize = 20_000;
/// Bytes of all files, unpacked, at most.
const ALL_BYTES: u64 = 8 << 30;
/// Bytes of the PDF at most.
const PDF_BYTES: u64 = 512 << 20;
/// Bytes of the list at most.
const LIST_BYTES: u64 = 16 << 20;
/// How much larger a file may become: text reaches about 20, deflate ends at 1032.
const RATIO: u64 = 300;
/// Below this many bytes, unpacked, nobody minds.
const SMALL: u64 = 4 << 20;

const LIST: &str = "manifest.xml";

/// What an archive holds of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meca {
    pub pdf: Vec<u8>,
    /// As it is in the archive; `None` where there is none.
    pub jats: Option<Vec<u8>>,
    /// What JATS says; nothing where there is none.
    pub article: Article,
}

impl Meca {
    /// # Errors
    /// What is wrong with the archive.
    pub fn open(path: &Path) -> Result<Self, String> {
        let file = File::open(path).map_err(|error| format!("cannot be read: {error}"))?;
        Self::read(BufReader::new(file))
    }

    fn read(archive: impl Read + Seek) -> Result<Self, String> {
        let mut archive = ZipArchive::new(archive)
            .map_err(|error| format!("no readable ZIP archive: {error}"))?;
        let names = checked_names(&mut archive)?;
        let root = root(&names)?;
        let list = unpack(&mut archive, &format!("{root}{LIST}"), LIST_BYTES)?;
        let listed = listed(&list)?;
        let in_archive = |name: &str| {
            let name = format!("{root}{}", name.trim_start_matches("./"));
            names.contains(&name).then_some(name)
        };
        let missing = |name: &str| {
            format!("{LIST} lists {}, which is not in the archive", name.escape_debug())
        };
        let pdf = choose(&listed, "pdf", &names, &root)?
            .ok_or("no PDF of the article in the archive: neither listed nor alone in content/")?;
        let pdf = in_archive(&pdf).ok_or_else(|| missing(&pdf))?;
        let jats = match choose(&listed, "xml", &names, &root)? {
            Some(name) => Some(in_archive(&name).ok_or_else(|| missing(&name))?),
            None => None,
        };
        let pdf = unpack(&mut archive, &pdf, PDF_BYTES)?;
        let Some(name) = jats else {
            return Ok(Self { pdf, jats: None, article: Article::default() });
        };
        let jats = unpack(&mut archive, &name, JATS_BYTES)?;
        let article = Article::parse(&jats).map_err(|error| format!("{name}: {error}"))?;
        Ok(Self { pdf, jats: Some(jats), article })
    }
}

/// The names of the files, all of which stay within the archive and within reason.
fn checked_names<R: Read + Seek>(archive: &mut ZipArchive<R>) -> Result<Vec<String>, String> {
    if archive.len() > FILES {
        return Err(format!("it holds {} files, more than {FILES}", archive.len()));
    }
    // Which of two counts would be the reader's choice.
    if archive.has_duplicate_names() {
        return Err("two of its files have the same name".into());
    }
    let (mut names, mut all) = (Vec::new(), 0_u64);
    for index in 0..archive.len() {
        let file = archive.by_index_raw(index).map_err(|error| error.to_string())?;
        let name = file.name().map_err(|error| format!("a file's name: {error}"))?.into_owned();
        let (size, packed) = (file.size(), file.compressed_size());
        if name.contains(char::is_control) {
            return Err(format!("'{}' is no name of a file: refused", name.escape_debug()));
        }
        if leads_out(&name) || file.is_symlink() {
            return Err(format!("'{}' leads out of the archive: refused", name.escape_debug()));
        }
        all = all.saturating_add(size);
        let swells = size > SMALL && size / packed.max(1) > RATIO;
        if swells || all > ALL_BYTES {
            let name = name.escape_debug();
            return Err(format!("'{name}' would swell to {size} bytes out of {packed}: refused"));
        }
        if !file.is_dir() {
            names.push(name);
        }
    }
    Ok(names)
}

fn leads_out(name: &str) -> bool {
    name.starts_with('/')
        || name.contains(['\\', '\0', ':'])
        || name.split('/').any(|part| part == "..")
}

/// The folder that holds the list, with its slash: some archives put all into one.
fn root(names: &[String]) -> Result<String, String> {
    if names.iter().any(|name| name == LIST) {
        return Ok(String::new());
    }
    let nested: Vec<&str> = names
        .iter()
        .filter_map(|name| name.strip_suffix(LIST))
        .filter(|folder| folder.ends_with('/'))
        .collect();
    match nested[..] {
        [folder] => Ok(folder.to_owned()),
        [] => Err(format!("no {LIST}: expected a MECA archive")),
        _ => Err(format!("{} files {LIST}, none at the top: which one counts?", nested.len())),
    }
}

/// Unpacks a file, and no more of it than it may have, whatever the archive says of its size.
fn unpack<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    name: &str,
    most: u64,
) -> Result<Vec<u8>, String> {
    let file = archive.by_name(name).map_err(|error| format!("'{name}': {error}"))?;
    let mut bytes = Vec::new();
    file.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("'{name}' is damaged: {error}"))?;
    if bytes.len() as u64 > most {
        return Err(format!("'{name}' is larger than {} MiB: refused", most >> 20));
    }
    Ok(bytes)
}

/// A file of the list.
struct Listed {
    /// What it is a part of: `article`, `manuscript`, `figure`, `supplementary-material`.
    kind: String,
    media: String,
    name: String,
}

fn listed(list: &[u8]) -> Result<Vec<Listed>, String> {
    let text = std::str::from_utf8(list).map_err(|_| format!("{LIST} is not UTF-8"))?;
    let options =
        ParsingOptions { allow_dtd: true, nodes_limit: 1_000_000, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text.trim_start_matches('\u{feff}'), options)
        .map_err(|error| format!("{LIST} is no valid XML: {error}"))?;
    let root = document.root_element();
    if root.tag_name().name() != "manifest" {
        return Err(format!("{LIST}: expected <manifest>, found <{}>", root.tag_name().name()));
    }
    let attribute = |node: Node<'_, '_>, name: &str| {
        let found = node.attributes().find(|attribute| attribute.name() == name);
        found.map(|attribute| attribute.value().trim().to_owned()).unwrap_or_default()
    };
    let mut listed = Vec::new();
    for item in root.children().filter(|node| node.tag_name().name() == "item") {
        let kind = [attribute(item, "item-type"), attribute(item, "type")].concat();
        for instance in item.children().filter(|node| node.tag_name().name() == "instance") {
            listed.push(Listed {
                kind: kind.to_lowercase(),
                media: attribute(instance, "media-type").to_lowercase(),
                name: attribute(instance, "href"),
            });
        }
    }
    Ok(listed)
}

/// The article's file of a kind (`pdf` or `xml`): the one that the list names, else the only one of its
/// ending in `content/`.
fn choose(
    listed: &[Listed],
    ending: &str,
    names: &[String],
    root: &str,
) -> Result<Option<String>, String> {
    let is_article = |kind: &str| {
        ["article", "manuscript"].iter().any(|word| kind.starts_with(word))
            && !kind.contains("suppl")
    };
    let has_ending = |name: &str| name.to_lowercase().ends_with(&format!(".{ending}"));
    let fitting: Vec<&str> = listed
        .iter()
        .filter(|file| is_article(&file.kind))
        .filter(|file| has_ending(&file.name) || file.media == format!("application/{ending}"))
        .map(|file| file.name.as_str())
        .collect();
    match fitting[..] {
        [name] => return Ok(Some(name.to_owned())),
        [] => {}
        _ => {
            return Err(format!("{LIST} lists several {ending} files of the article: {fitting:?}"));
        }
    }
    let content: Vec<&str> = names
        .iter()
        .filter_map(|name| name.strip_prefix(root))
        .filter(|name| {
            name.strip_prefix("content/").is_some_and(|rest| !rest.contains('/'))
                && has_ending(name)
        })
        .collect();
    match content[..] {
        [name] => Ok(Some(name.to_owned())),
        [] => Ok(None),
        _ => Err(format!("several {ending} files, and {LIST} does not say which is the article's")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use proptest::prelude::*;
    use zip::write::{SimpleFileOptions, ZipWriter};

    use super::*;

    const PDF: &[u8] = b"%PDF-1.4\n%%EOF";
    const MANIFEST: &str = r#"<?xml version="1.0"?><manifest xmlns="http://manuscriptexchange.org">
        <item type="article"><instance media-type="application/xml" href="content/a.xml"/>
        <instance media-type="application/pdf" href="content/a.pdf"/></item>
        <item type="figure"><instance media-type="image/tiff" href="content/f1.tif"/></item>
        </manifest>"#;
    const JATS: &str = "<article><front><article-meta><article-id pub-id-type='doi'>10.1101/A\
        </article-id></article-meta></front></article>";

    fn archive(files: &[(&str, &[u8])]) -> Cursor<Vec<u8>> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let options =
            SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        for (name, bytes) in files {
            zip.start_file(*name, options).expect("started");
            zip.write_all(bytes).expect("written");
        }
        zip.finish().expect("finished")
    }

    fn refused(files: &[(&str, &[u8])]) -> String {
        Meca::read(archive(files)).expect_err("refused")
    }

    #[test]
    fn an_archive_gives_pdf_and_article() {
        let files: &[(&str, &[u8])] = &[
            (LIST, MANIFEST.as_bytes()),
            ("transfer.xml", b"<transfer/>"),
            ("content/a.xml", JATS.as_bytes()),
            ("content/a.pdf", PDF),
            ("content/supplements/b.pdf", b"%PDF-1.4 other"),
        ];
        let meca = Meca::read(archive(files)).expect("an archive");
        assert_eq!((meca.pdf.as_slice(), meca.article.doi.as_str()), (PDF, "10.1101/a"));
        // All of it in a folder of its own.
        let nested: Vec<(String, &[u8])> =
            files.iter().map(|(name, bytes)| (format!("x/{name}"), *bytes)).collect();
        let nested: Vec<(&str, &[u8])> =
            nested.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
        assert_eq!(Meca::read(archive(&nested)), Ok(meca));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let (list, jats) = (MANIFEST.as_bytes(), JATS.as_bytes());
        let pdf = ("content/a.pdf", PDF);
        let xml = ("content/a.xml", jats);
        assert!(refused(&[pdf]).contains("no manifest.xml"));
        assert!(
            refused(&[("x/manifest.xml", list), ("y/manifest.xml", list)]).contains("which one")
        );
        assert!(refused(&[(LIST, b"<manifest><item>"), pdf]).contains("no valid XML"));
        assert!(refused(&[(LIST, b"<other/>"), pdf]).contains("<other>"));
        assert!(refused(&[(LIST, list), pdf]).contains("content/a.xml, which is not"));
        assert!(refused(&[(LIST, list), xml]).contains("content/a.pdf, which is not"));
        assert!(
            refused(&[(LIST, list), pdf, ("content/a.xml", b"<article")]).contains("a.xml: no")
        );
        let two: &[(&str, &[u8])] =
            &[(LIST, b"<manifest/>"), ("content/a.pdf", PDF), ("content/b.pdf", PDF)];
        assert!(refused(two).contains("several pdf"));
        assert!(Meca::read(Cursor::new(b"PK no".to_vec())).is_err());
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in ["../x.pdf", "content/../../x.pdf", "/etc/x.pdf", "C:\\x.pdf", "a\\..\\b"] {
            let files: &[(&str, &[u8])] = &[(LIST, MANIFEST.as_bytes()), (name, PDF)];
            assert!(refused(files).contains("leads out"), "{name}");
        }
    }

    #[test]
    fn archives_that_swell_are_refused() {
        let zeros = vec![0_u8; 64 << 20];
        let files: &[(&str, &[u8])] = &[(LIST, MANIFEST.as_bytes()), ("content/a.pdf", &zeros)];
        assert!(refused(files).contains("swell"));
    }

    #[test]
    fn an_archive_that_lies_about_a_size_is_not_believed() {
        // The list grows past what a list may have, and the directory says that it is small.
        let blanks = vec![b' '; (LIST_BYTES + 10) as usize];
        let mut bytes = archive(&[(LIST, &blanks)]).into_inner();
        let size = (blanks.len() as u32).to_le_bytes();
        let small = 100_u32.to_le_bytes();
        let mut at = 0;
        while let Some(found) = bytes[at..].windows(4).position(|window| window == size) {
            bytes[at + found..at + found + 4].copy_from_slice(&small);
            at += found + 4;
        }
        let refused = Meca::read(Cursor::new(bytes)).expect_err("refused");
        assert!(refused.contains("larger"), "{refused}");
    }

    proptest! {
        #[test]
        fn a_damaged_archive_is_read_or_refused(at in 0usize..400, byte: u8) {
            let files: &[(&str, &[u8])] =
                &[(LIST, MANIFEST.as_bytes()), ("content/a.xml", JATS.as_bytes()), ("content/a.pdf", PDF)];
            let mut bytes = archive(files).into_inner();
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = Meca::read(Cursor::new(bytes));
        }
    }
}
