//! Lists of documents: a text file with one a line, or a CSV file with a column `path`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::{Result, ShardError};

/// What the column of a CSV file may be called.
const COLUMNS: [&str; 4] = ["path", "address", "url", "file"];
/// What addresses begin with.
const SCHEMES: [&str; 4] = ["s3://", "gs://", "https://", "http://"];

/// Whether an entry is no path.
pub fn is_address(entry: &str) -> bool {
    SCHEMES.iter().any(|scheme| entry.starts_with(scheme))
}

/// The documents that a list names, sorted as `ingest` sorts paths, each once. Paths are made absolute: `folder` is where
/// relative ones start. Blank lines, and of a text file those that begin with `#`, are left out. `path` is for errors.
///
/// # Errors
/// Where it names none, is not UTF-8, or is CSV whose lines have no cell in the column.
pub fn parse(path: &Path, bytes: &[u8], folder: &Path) -> Result<Vec<String>> {
    let failed = |line, what: &str| ShardError::List { path: path.into(), line, what: what.into() };
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].split(|&byte| byte == b'\n').count() as u64;
        failed(line, "not UTF-8: paths must be, as in all that covid-ct keeps")
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let named = match column_of(text) {
        Some(column) => cells(text, column, path)?,
        None => text
            .lines()
            .map(str::trim_end)
            .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
            .map(str::to_owned)
            .collect(),
    };
    if named.is_empty() {
        return Err(failed(1, "it names no document: expected a path or an address a line"));
    }
    let mut sorted: BTreeSet<PathBuf> = BTreeSet::new();
    for name in named {
        sorted.insert(if is_address(&name) { name.into() } else { plain(&folder.join(name)) });
    }
    Ok(sorted.into_iter().map(|path| path.to_string_lossy().into_owned()).collect())
}

/// Without `.` and doubled slashes.
fn plain(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.components().collect())
}

/// The column of a CSV file that has one of the names.
fn column_of(text: &str) -> Option<usize> {
    let header = text.lines().next()?;
    let cells: Vec<String> =
        header.split(',').map(|cell| cell.trim().trim_matches('"').to_ascii_lowercase()).collect();
    COLUMNS.iter().find_map(|name| cells.iter().position(|cell| cell == name))
}

fn cells(text: &str, column: usize, path: &Path) -> Result<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let mut named = Vec::new();
    for row in reader.records() {
        let failed = |line, what: String| ShardError::List { path: path.into(), line, what };
        let row = row.map_err(|error| {
            failed(error.position().map_or(0, csv::Position::line), error.to_string())
        })?;
        match row.get(column).map(str::trim) {
            Some("") | None => {
                let line = row.position().map_or(0, csv::Position::line);
                return Err(failed(line, "no path or address in this line".into()));
            }
            Some(cell) => named.push(cell.to_owned()),
        }
    }
    Ok(named)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Vec<String>> {
        parse(Path::new("list"), text.as_bytes(), Path::new("/here"))
    }

    #[test]
    fn text_and_csv_name_the_same() {
        let text = "# papers\nb.pdf\n\n/x/a.pdf\r\ns3://bucket/k.pdf\n./b.pdf\n";
        let expected = ["/here/b.pdf", "/x/a.pdf", "s3://bucket/k.pdf"];
        assert_eq!(read(text).expect("read"), expected);
        let csv = "doi,Path\n1,b.pdf\n2,/x/a.pdf\n\"3,4\",s3://bucket/k.pdf\n";
        assert_eq!(read(csv).expect("read"), expected);
        // A file that happens to be called so, alone, is a header.
        assert!(read("path\n").is_err());
    }

    #[test]
    fn paths_are_sorted_as_ingest_sorts_them() {
        let sorted = read("/a-b/x.pdf\n/a/y.pdf\n").expect("read");
        assert_eq!(sorted, ["/a/y.pdf", "/a-b/x.pdf"], "by components, not by letters");
    }

    #[test]
    fn what_is_no_list_is_refused_with_its_line() {
        for (text, line) in [("", 1), ("\n# nothing\n", 1), ("path,x\na.pdf,1\n,2\n", 3)] {
            let told = read(text).expect_err(text).to_string();
            assert!(told.contains(&format!("list, line {line}:")), "{told}");
        }
        let told =
            parse(Path::new("list"), b"a.pdf\n\xff.pdf\n", Path::new("/")).expect_err("refused");
        assert!(told.to_string().contains("line 2: not UTF-8"), "{told}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_list_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(entries) = parse(Path::new("list"), &bytes, Path::new("/here")) {
                prop_assert!(!entries.is_empty());
                prop_assert!(entries.iter().all(|entry| is_address(entry) || entry.starts_with('/')));
            }
        }
    }
}
