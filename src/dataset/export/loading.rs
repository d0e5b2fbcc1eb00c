//! What tells Hugging Face `datasets` how an export is opened: the entry `configs` of a dataset card.
//!
//! `datasets` 4.4 and 5.2 keep what they have loaded of a local folder under its base name and a hash of this entry,
//! and look at no file: after a new export of the same name, `load_dataset(DIR)` answered with the old one, and two
//! workspaces' exports of one name were taken for one. So the entry says a digest of the content. (Streaming keeps
//! nothing.)

use crate::dataset::layout::meta_info;
use std::fmt::Write as _;

use super::fields::{self, Field};
use super::items::Written;
use super::options::{Classes, Format};
use covid_ct_core::Split;

/// Read beside README.md, and where both have an entry, this counts.
pub const YAML: &str = ".huggingface.yaml";

/// The entry of a format whose parts have patterns; `None` of one that lists its pictures.
pub fn entry(
    format: Format,
    parts: impl IntoIterator<Item = Option<Split>>,
    digest: &str,
) -> Option<String> {
    let mut splits = String::new();
    for part in parts {
        let _ = writeln!(
            splits,
            "  - split: {}\n    path: \"{}\"",
            split_name(part),
            format.pattern(part)?
        );
    }
    (!splits.is_empty()).then(|| head(digest) + &splits)
}

fn head(digest: &str) -> String {
    format!(
        "configs:\n- config_name: default\n  description: \"SHA-256 of the content: {digest}\"\n  data_files:\n"
    )
}

/// As `datasets` calls a part; figures are in none.
fn split_name(part: Option<Split>) -> &'static str {
    match part {
        Some(Split::Val) => "validation",
        Some(part) => part.as_str(),
        None => "train",
    }
}

/// The file [`YAML`] of the published layout, where lists tell the parts: every picture by its path. Without it,
/// `datasets` 5.2 takes all pictures for one split. A file of its own, so that people can read the card.
pub fn listed(hosted: &[Written], digest: &str) -> String {
    let mut yaml = head(digest);
    for part in Split::ALL {
        let of_part = hosted.iter().filter(|written| written.part == Some(*part));
        let mut of_part = of_part.peekable();
        if of_part.peek().is_some() {
            let _ = writeln!(yaml, "  - split: {}\n    path:", split_name(Some(*part)));
            for written in of_part {
                let _ = writeln!(yaml, "    - {}", quoted(&literal(&written.row.file)));
            }
        }
    }
    yaml
}

/// A path as a pattern that only it matches.
fn literal(path: &str) -> String {
    let mut pattern = String::with_capacity(path.len());
    for c in path.chars() {
        match c {
            '*' | '?' | '[' => pattern.extend(['[', c, ']']),
            c => pattern.push(c),
        }
    }
    pattern
}

/// A text as YAML: JSON's way of quoting is one of its.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The types of a `WebDataset`'s fields. Without them `datasets` takes the class for a number.
pub fn types_of_shards(classes: Option<&Classes>, fields: &[Field]) -> String {
    let mut yaml = String::from("dataset_info:\n- config_name: default\n  features:\n");
    yaml += "  - name: png\n    dtype: image\n";
    match classes {
        Some(classes) => {
            yaml += "  - name: cls\n    dtype:\n      class_label:\n        names:\n";
            for (number, name) in classes.names().enumerate() {
                let _ = writeln!(yaml, "          '{number}': {}", quoted(name));
            }
        }
        None => yaml += "  - name: txt\n    dtype: string\n",
    }
    yaml += "  - name: json\n    struct:\n";
    let label = classes.map(|_| ("label", "string"));
    let told = fields.iter().map(|field| (field.name, field.value.json_dtype()));
    for (name, dtype) in label.into_iter().chain(told) {
        let _ = writeln!(yaml, "    - name: {name}\n      dtype: {dtype}");
    }
    for name in ["__key__", "__url__"] {
        let _ = writeln!(yaml, "  - name: {name}\n    dtype: string");
    }
    yaml
}

/// In words and code, for the card: how the export is opened.
pub fn how(format: Format, figures: bool) -> String {
    let opened = match format {
        Format::CovidCt => {
            "`datasets.load_dataset(FOLDER)` gives pictures and classes by split; loaders of COVID-CT read \
             `Images-processed/` and the lists of `Data-split/`."
        }
        Format::ImageFolder => {
            "`datasets.load_dataset(FOLDER)` gives pictures, classes (`label`) and the fields below by \
             split; `torchvision.datasets.ImageFolder(\"FOLDER/train\")` pictures and classes."
        }
        Format::WebDataset if figures => {
            "`webdataset.WebDataset(\"FOLDER/figures-000000.tar\")` gives samples of `png`, `txt` (the caption) and \
             `json` (the fields below); `datasets.load_dataset(FOLDER)` the same as one split, `train`."
        }
        Format::WebDataset => {
            "`webdataset.WebDataset(\"FOLDER/train-000000.tar\")` gives samples of `png`, `cls` (number of the class) \
             and `json` (the fields below); `datasets.load_dataset(FOLDER)` the same by split."
        }
        Format::Parquet => {
            "`datasets.load_dataset(FOLDER)` gives pictures and the fields below; polars, DuckDB and pyarrow \
             read `data/*.parquet`, in which `image` is a struct of the file's `bytes` and its `path`."
        }
    };
    let warning = if matches!(format, Format::CovidCt | Format::ImageFolder) {
        " `datasets` caches the paths of the pictures: after moving or copying the folder, or exporting to another one, load with \
         `download_mode=\"force_redownload\"`."
    } else {
        ""
    };
    let meta_info = meta_info();
    let list = if figures {
        "`MANIFEST.csv`".to_owned()
    } else {
        format!("`{meta_info}.csv` and `MANIFEST.csv`")
    };
    let table = if figures { "figures.parquet".to_owned() } else { format!("{meta_info}.parquet") };
    format!(
        "## How to open it\n\n{opened}{warning} `{table}` is the table without pictures, in which numbers are numbers.\n\n\
         Read the CSV files ({list}) as text: readers that guess types make `45.0` of an age where another is \
         missing, nothing of a place called `NA`, a number of a version, and fail where a text comes late in a \
         column of numbers. A text that a spreadsheet would run as a formula has an apostrophe before it, which is no \
         part of it.\n\n    pandas.read_csv(\"MANIFEST.csv\", dtype=str, keep_default_na=False)\n    \
         polars.read_csv(\"MANIFEST.csv\", infer_schema=False)\n    \
         duckdb.read_csv(\"MANIFEST.csv\", all_varchar=True)\n\n"
    )
}

/// The fields that the tables and samples have, as a list.
pub fn glossary(fields: &[Field], format: Format) -> String {
    let mut text = String::from("| Field | Type | What it is |\n| --- | --- | --- |\n");
    for Field { name, what, value } in fields {
        // The samples of WebDataset have their fields as JSON.
        let is_json = format == Format::WebDataset;
        let dtype = if is_json { value.json_dtype() } else { value.dtype() };
        let _ = writeln!(text, "| `{name}` | {dtype} | {what} |");
    }
    text + "\n"
}

/// Fields of the pictures that an export holds.
pub fn fields_of(figures: bool) -> &'static [Field] {
    if figures { &fields::OF_FIGURES } else { fields::of_panels() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_pattern_of_itself_alone() {
        assert_eq!(literal("a%0.png"), "a%0.png");
        assert_eq!(literal("a[1]*?.png"), "a[[]1][*][?].png");
        assert_eq!(quoted("a\"b\\c"), r#""a\"b\\c""#);
    }

    #[test]
    fn another_content_is_another_entry() {
        let of = |digest| entry(Format::Parquet, [Some(Split::Val)], digest).expect("an entry");
        assert!(of("ab").contains("split: validation\n    path: \"data/val-*.parquet\""));
        assert_ne!(of("ab"), of("cd"));
        assert_ne!(listed(&[], "ab"), listed(&[], "cd"));
        assert_eq!(entry(Format::CovidCt, [Some(Split::Val)], "ab"), None);
    }
}
