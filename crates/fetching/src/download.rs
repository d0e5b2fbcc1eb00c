//! One PDF from its address to its name: asked for again where it broke off, checked, and put in place
//! whole.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use futures_util::StreamExt as _;
use reqwest::Response;
use reqwest::header::{
    CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue,
    IF_RANGE, LAST_MODIFIED, RANGE,
};
use serde::{Deserialize, Serialize};

use covid_ct::atomic;
use covid_ct::corpus::{Got, Kind, Trouble, Wanted, body};
use covid_ct_core::sha256_of_file;

use crate::client::{Client, failed, refusal};

/// A download that may be gone on with.
#[derive(Debug)]
struct Part {
    path: PathBuf,
    /// Says what the part is a part of.
    tag: PathBuf,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Tag {
    address: String,
    /// A strong ETag, or else Last-Modified: what the rest must have too.
    validator: String,
}

impl Part {
    fn of(target: &Path) -> Self {
        let with = |ending: &str| {
            let mut name = target.file_name().unwrap_or_default().to_owned();
            name.push(ending);
            target.with_file_name(name)
        };
        Self { path: with(".part"), tag: with(".part.tag") }
    }

    fn remove(&self) {
        for path in [&self.path, &self.tag] {
            // Where it cannot be removed it is written over.
            let _ = std::fs::remove_file(path);
        }
    }

    fn length(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |found| found.len())
    }

    /// How much is there that the server may go on from, and what the whole must be known by.
    fn held(&self, address: &str) -> Option<(u64, Tag)> {
        let tag: Tag = serde_json::from_slice(&std::fs::read(&self.tag).ok()?).ok()?;
        let length = self.length();
        (length > 0 && tag.address == address).then_some((length, tag))
    }

    /// An empty part of what `response` sends.
    fn begin(&self, address: &str, response: &Response) -> std::io::Result<File> {
        self.remove();
        let file = File::create(&self.path)?;
        if let Some(validator) = validator(response) {
            let tag = Tag { address: address.to_owned(), validator };
            std::fs::write(&self.tag, serde_json::to_vec(&tag)?)?;
        }
        Ok(file)
    }
}

/// Downloads one PDF. `told` hears of each pause.
///
/// # Errors
/// Why it could not be had; what came of it stays, to go on from, unless it is of no use.
pub async fn download(
    client: &Client<'_>,
    wanted: &Wanted<'_>,
    told: &mut (dyn FnMut(&Trouble) + Send),
) -> Result<Got, Trouble> {
    let part = Part::of(wanted.target);
    if let Some(folder) = wanted.target.parent() {
        std::fs::create_dir_all(folder).map_err(|error| disk(folder, &error))?;
    }
    client
        .retrying(told, async || {
            let length = attempt(client, wanted.address, &part).await?;
            body::judge(&part.path, length).inspect_err(|_| part.remove())
        })
        .await?;
    finish(wanted, &part)
}

/// Asks once; tells how long the whole is, where the server said so.
async fn attempt(client: &Client<'_>, address: &str, part: &Part) -> Result<Option<u64>, Trouble> {
    let held = part.held(address);
    let mut headers = HeaderMap::new();
    let mut header = |name: HeaderName, value: String| {
        HeaderValue::try_from(value).ok().map(|value| headers.insert(name, value)).is_some()
    };
    if let Some((length, tag)) = &held {
        // Without the second the first would mix two files.
        let _ =
            header(IF_RANGE, tag.validator.clone()) && header(RANGE, format!("bytes={length}-"));
    }
    let spacing = client.politeness.spacing;
    client
        .ask(address, headers, spacing, async |response| {
            let before = held.as_ref().map_or(0, |(length, _)| *length);
            let taken = take(client, address, part, held, response).await;
            // Bytes that cannot be gone on from are no progress.
            let now = || part.held(address).map_or(0, |(length, _)| length);
            taken.map_err(|trouble| Trouble { progress: now() > before, ..trouble })
        })
        .await
}

/// Brings an answer to the part.
async fn take(
    client: &Client<'_>,
    address: &str,
    part: &Part,
    held: Option<(u64, Tag)>,
    response: Response,
) -> Result<Option<u64>, Trouble> {
    let length = header(&response, &CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    let (mut file, start, whole) = match (response.status().as_u16(), held) {
        (206, Some((held, tag))) => {
            let range = header(&response, &CONTENT_RANGE).and_then(content_range);
            let fits = range.is_some_and(|(start, _)| start == held);
            let same = validator(&response).is_none_or(|validator| validator == tag.validator);
            if !(fits && same) {
                part.remove();
                let what = "the server went on with another file, or from another place";
                return Err(Trouble::new(Kind::Failed, what));
            }
            let file = File::options().append(true).open(&part.path);
            let file = file.map_err(|error| disk(&part.path, &error))?;
            let total = range.and_then(|(_, total)| total);
            (file, held, total.or_else(|| held.checked_add(length?)))
        }
        (200, _) => {
            let file = part.begin(address, &response);
            (file.map_err(|error| disk(&part.path, &error))?, 0, length)
        }
        (416, Some(_)) => {
            // There is no rest: the file is another now.
            part.remove();
            return Err(Trouble::new(Kind::Failed, "the server has no rest of the file"));
        }
        _ => return Err(refused(&response)),
    };
    let limit = client.politeness.max_bytes;
    let too_large = || {
        part.remove();
        Trouble::new(Kind::Hopeless, format!("more than {} MiB (see --max-size)", limit >> 20))
    };
    if whole.is_some_and(|whole| whole > limit) {
        return Err(too_large());
    }
    let (mut at, mut head) = (start, Vec::new());
    let mut stream = response.bytes_stream();
    while let Some(bytes) = stream.next().await {
        let bytes = bytes.map_err(|error| failed(&error))?;
        client.lock.mark();
        if start == 0 && head.len() < body::SIGN_WITHIN {
            head.extend_from_slice(&bytes);
            if let Some(trouble) = body::judge_start(&head, false) {
                part.remove();
                return Err(trouble);
            }
        }
        at += bytes.len() as u64;
        if at > limit {
            return Err(too_large());
        }
        file.write_all(&bytes).map_err(|error| disk(&part.path, &error))?;
    }
    Ok(whole)
}

/// Gives the part, which is a whole PDF, its name, if it is what is known.
fn finish(wanted: &Wanted<'_>, part: &Part) -> Result<Got, Trouble> {
    let sha256 = sha256_of_file(&part.path).map_err(|error| disk(&part.path, &error))?;
    let bytes = part.length();
    let is_known = wanted.known.is_empty() || wanted.known == sha256 || wanted.accept_changed;
    // Before the part has another name: nothing would look for its tag any more.
    let _ = std::fs::remove_file(&part.tag);
    let got = if is_known {
        atomic::rename(&part.path, wanted.target).map_err(|error| disk(wanted.target, &error))?;
        Got::Whole { sha256, bytes }
    } else {
        let stem = wanted.target.file_stem().unwrap_or_default().to_string_lossy();
        let kept = wanted.apart.join(format!("{stem}-{}.pdf", &sha256[..12]));
        atomic::rename(&part.path, &kept).map_err(|error| disk(&kept, &error))?;
        Got::Changed { kept }
    };
    Ok(got)
}

fn refused(response: &Response) -> Trouble {
    let trouble = refusal(response);
    let is_page = header(response, &CONTENT_TYPE).is_some_and(|kind| kind.contains("text/html"));
    if trouble.kind == Kind::Refused && is_page {
        let what = format!("{}, with an HTML page that wants to see a person", trouble.what);
        return Trouble { what, ..trouble };
    }
    trouble
}

fn header<'a>(response: &'a Response, name: &HeaderName) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

/// What tells this file from another at the same address. A weak ETag does not: RFC 9110, 13.1.5.
fn validator(response: &Response) -> Option<String> {
    let strong = header(response, &ETAG).filter(|tag| tag.starts_with('"'));
    strong.or_else(|| header(response, &LAST_MODIFIED)).map(ToOwned::to_owned)
}

/// `bytes 10-99/100`: where it starts, and how long the whole is.
fn content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.trim().strip_prefix("bytes")?.trim().split_once('/')?;
    let (start, _) = range.split_once('-')?;
    Some((start.trim().parse().ok()?, total.trim().parse().ok()))
}

fn disk(path: &Path, error: &std::io::Error) -> Trouble {
    let what = format!("cannot write {}: {error}; is there room?", path.display());
    Trouble::new(Kind::Disk, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_range_tells_start_and_length() {
        assert_eq!(content_range("bytes 10-99/100"), Some((10, Some(100))));
        assert_eq!(content_range("bytes 10-99/*"), Some((10, None)));
        assert_eq!(content_range("bytes */100"), None);
        assert_eq!(content_range("items 1-2/3"), None);
    }

    #[test]
    fn a_part_is_gone_on_with_only_from_its_own_address() {
        let folder = tempfile::tempdir().expect("folder");
        let part = Part::of(&folder.path().join("x.pdf"));
        assert!(part.path.ends_with("x.pdf.part"));
        let tag = Tag { address: "http://a/x".into(), validator: "\"1\"".into() };
        std::fs::write(&part.path, b"%PDF").expect("written");
        assert!(part.held("http://a/x").is_none(), "nothing says what it is a part of");
        std::fs::write(&part.tag, serde_json::to_vec(&tag).expect("json")).expect("written");
        assert_eq!(part.held("http://a/x"), Some((4, tag)));
        assert!(part.held("http://b/x").is_none());
    }
}
