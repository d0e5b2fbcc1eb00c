//! Cells of CSV files that a spreadsheet would run as formulas.
//!
//! Text of strangers (captions, titles, notes) may begin as a formula does: with `=`, `+`, `-`, `@`, a tab or a carriage
//! return. Such a cell is written with an apostrophe before it, as people type it to have it taken as text; so is one
//! that begins with apostrophes and then so, which makes it reversible: who reads takes one apostrophe away where what
//! follows the apostrophes begins a formula. Numbers are no formulas.

use std::borrow::Cow;

/// What begins a formula (OWASP, CSV injection).
const BEGINS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

fn runs(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(BEGINS) && cell.parse::<f64>().is_err()
}

/// A cell as it is written.
pub fn guarded(cell: &str) -> Cow<'_, str> {
    if runs(cell) { format!("'{cell}").into() } else { cell.into() }
}

/// A cell as it was before it was [`guarded`].
pub fn plain(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if runs(rest) => rest,
        _ => cell,
    }
}

/// The CSV with each cell guarded. What is no CSV stays what it is.
pub fn guard(csv: Vec<u8>) -> Vec<u8> {
    map(csv, guarded)
}

/// The CSV with each cell as it was before. Lines keep their numbers; what is no CSV stays what it is, for its reader to
/// say what is wrong.
pub fn unguard(csv: Vec<u8>) -> Vec<u8> {
    if csv.contains(&b'\'') { map(csv, |cell| plain(cell).into()) } else { csv }
}

fn map(csv: Vec<u8>, of: impl Fn(&str) -> Cow<'_, str>) -> Vec<u8> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&csv[..]);
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let mut changed = false;
    for record in reader.records() {
        let Ok(record) = record else { return csv };
        let cells: Vec<Cow<'_, str>> = record.iter().map(&of).collect();
        changed |= cells.iter().zip(&record).any(|(new, old)| new != old);
        if writer.write_record(cells.iter().map(|cell| cell.as_bytes())).is_err() {
            return csv;
        }
    }
    match writer.into_inner() {
        Ok(written) if changed => written,
        _ => csv,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_become_text_and_come_back() {
        for (cell, written) in [
            ("=1+2", "'=1+2"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("-- a dash", "'-- a dash"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("'=1", "''=1"),
            ("''@", "'''@"),
            ("'quoted'", "'quoted'"),
            ("-3.5e-2", "-3.5e-2"),
            ("+44", "+44"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(guarded(cell), written);
            assert_eq!(plain(written), cell);
        }
    }

    #[test]
    fn a_table_without_formulas_keeps_its_bytes() {
        let table = b"a,b\n\"x, y\",'z'\n".to_vec();
        assert_eq!(guard(table.clone()), table);
        assert_eq!(unguard(table.clone()), table);
        let broken = b"a,b\n\xff,'=1\n".to_vec();
        assert_eq!(unguard(broken.clone()), broken);
    }

    proptest! {
        #[test]
        fn any_table_comes_back(rows in proptest::collection::vec(
            proptest::collection::vec("[='+@a,\"\\-\\t\\n]{0,6}", 3), 1..6))
        {
            let mut writer = csv::Writer::from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).expect("written");
            }
            let table = writer.into_inner().expect("bytes");
            let written = guard(table.clone());
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&written[..]);
            for row in reader.records() {
                for cell in &row.expect("a row") {
                    prop_assert!(!cell.starts_with(BEGINS) || cell.parse::<f64>().is_ok());
                }
            }
            prop_assert_eq!(unguard(written), table);
        }
    }
}
