//! The dataset card, `README.md`: what the dataset holds, how it was made, what it is not good for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::formats::Format;
use super::manifest::RECIPE;
use super::options::{Classes, Hosting, Options, SIDE, Size};
use super::write::Written;
use crate::dataset::licence::Licence;
use crate::dataset::stats::{ClassStats, Counted, Spread, count, paper};
use crate::store::{Label, Part};

pub const TITLE: &str = "Chest CTs from preprints, COVID-19 and other";

/// What the card and the Croissant metadata tell.
#[derive(Debug)]
pub struct Facts {
    pub format: Format,
    pub classes: Classes,
    hosting: Hosting,
    size: Size,
    stats: Vec<ClassStats>,
    pub pictures: usize,
    /// Parts that hold pictures.
    pub parts: BTreeSet<Part>,
    /// Pictures and papers by licence; of the pictures written.
    licences: BTreeMap<Licence, (usize, usize)>,
    /// Pictures by licence of those left out.
    left_out: BTreeMap<Licence, usize>,
    curators: BTreeSet<String>,
    /// YYYY-MM-DD of the newest decision; `None` where none is dated.
    pub newest: Option<String>,
    split_how: BTreeSet<String>,
}

impl Facts {
    pub fn of(hosted: &[Written], left_out: &[Written], options: &Options<'_>) -> Self {
        let counted: Vec<Counted<'_>> = hosted
            .iter()
            .map(|written| Counted {
                label: written.label,
                part: Some(written.part),
                width: written.row.width.unwrap_or_default(),
                height: written.row.height.unwrap_or_default(),
                preprint: &written.row.preprint,
                case: &written.row.case,
            })
            .collect();
        let mut papers: BTreeMap<Licence, BTreeSet<&str>> = BTreeMap::new();
        let mut licences: BTreeMap<Licence, (usize, usize)> = BTreeMap::new();
        for Written { row, .. } in hosted {
            let licence = Licence::parse(&row.licence);
            papers.entry(licence).or_default().insert(&row.preprint);
            let (pictures, of_papers) = licences.entry(licence).or_default();
            *pictures += 1;
            *of_papers = papers[&licence].len();
        }
        let mut by_licence = BTreeMap::new();
        for Written { row, .. } in left_out {
            *by_licence.entry(Licence::parse(&row.licence)).or_default() += 1;
        }
        let decisions = || {
            let all = hosted.iter().chain(left_out);
            all.flat_map(|written| written.row.decisions.split("; ")).filter_map(|decision| {
                let (who, time) = decision.rsplit_once('@')?;
                Some((who.split_once(':')?.1, time))
            })
        };
        Self {
            format: options.format,
            classes: options.classes.clone(),
            hosting: options.hosting,
            size: options.size,
            stats: count(&counted),
            pictures: hosted.len(),
            parts: hosted.iter().map(|written| written.part).collect(),
            licences,
            left_out: by_licence,
            curators: decisions().map(|(curator, _)| curator.to_owned()).collect(),
            newest: decisions().filter_map(|(_, time)| time.get(..10)).max().map(Into::into),
            split_how: hosted
                .iter()
                .chain(left_out)
                .map(|written| written.row.split_how.clone())
                .collect(),
        }
    }

    /// Addresses of the licences of the pictures.
    pub fn licence_urls(&self) -> Vec<String> {
        self.licences.keys().filter_map(|licence| licence.url()).collect()
    }

    fn of_classes(&self) -> impl Iterator<Item = (&ClassStats, &str)> {
        let written = |stats: &&ClassStats| self.classes.index(stats.label).is_some();
        self.stats.iter().filter(written).map(|stats| (stats, self.classes.name(stats.label)))
    }
}

/// The text of the card.
pub fn write(facts: &Facts) -> String {
    let mut card = front_matter(facts);
    let _ = write!(
        card,
        "# {TITLE}\n\n\
         Single CT scans cut out of the figures of papers, each with the diagnosis that its authors \
         state, in the manner of COVID-CT (Zhao et al., 2020). Made by `covid-ct` from PDFs and the \
         decisions of curators.\n\n\
         **Not for diagnosis.** The pictures are screenshots of scans; the labels rest on what \
         captions say.\n\n"
    );
    card += &contents(facts);
    card += &sizes(facts);
    card += &licences(facts);
    card += &how_made(facts);
    card += LIMITS;
    card
}

/// What the Hugging Face Hub reads.
fn front_matter(facts: &Facts) -> String {
    let mut yaml = format!(
        "---\npretty_name: {TITLE}\nlicense: other\ntask_categories:\n- image-classification\n\
         tags:\n- medical\n- ct\n- covid-19\nsize_categories:\n- {}\n",
        size_category(facts.pictures)
    );
    if facts.format != Format::CovidCt && !facts.parts.is_empty() {
        yaml += "configs:\n- config_name: default\n  data_files:\n";
        for part in &facts.parts {
            let split = if *part == Part::Val { "validation" } else { part.as_str() };
            let _ =
                writeln!(yaml, "  - split: {split}\n    path: \"{}\"", facts.format.pattern(*part));
        }
    }
    yaml + "---\n\n"
}

fn size_category(pictures: usize) -> &'static str {
    match pictures {
        0..1000 => "n<1K",
        1000..10_000 => "1K<n<10K",
        10_000..100_000 => "10K<n<100K",
        _ => "100K<n<1M",
    }
}

fn contents(facts: &Facts) -> String {
    let mut text = String::from(
        "## What it holds\n\n| Class | Pictures | train | val | test | Patients | Papers |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for (stats, name) in facts.of_classes() {
        let part = |part| stats.parts.get(&part).copied().unwrap_or_default();
        let _ = writeln!(
            text,
            "| {name} | {} | {} | {} | {} | {} | {} |",
            stats.images,
            part(Part::Train),
            part(Part::Val),
            part(Part::Test),
            stats.patients.unwrap_or_default(),
            stats.preprints.unwrap_or_default(),
        );
    }
    text + "\nPatients are those that papers tell apart; a picture whose patient is not told counts \
            for none. `COVID-CT-MetaInfo.csv` has a row a picture: patient, age, sex, time and what \
            else the paper tells, caption, and where the picture is from. `MANIFEST.csv` lists every \
            file with its SHA-256, and of each picture the paper, version, page, PDF object, crop and \
            decisions.\n\n"
}

fn sizes(facts: &Facts) -> String {
    let mut text = String::from(
        "## Sizes\n\nPixels, smallest / mean / greatest, beside those of COVID-CT as its paper prints \
         them.\n\n| Class | Height | Width |\n| --- | --- | --- |\n",
    );
    let spread = |spread: Option<Spread>| {
        spread.map_or_else(
            || "-".to_owned(),
            |Spread { min, mean, max }| format!("{min} / {mean:.0} / {max}"),
        )
    };
    for (stats, name) in facts.of_classes() {
        let _ = writeln!(text, "| {name} | {} | {} |", spread(stats.height), spread(stats.width));
    }
    for stats in paper().iter().filter(|stats| stats.label == Label::Covid) {
        let (height, width) = (spread(stats.height), spread(stats.width));
        let _ = writeln!(text, "| COVID-CT, COVID | {height} | {width} |");
    }
    text + "\n"
}

fn licences(facts: &Facts) -> String {
    let mut text = String::from(
        "## Licences\n\nEach picture stays under the licence of its paper (column `licence` of \
         MANIFEST.csv).\n\n| Licence | Pictures | Papers |\n| --- | ---: | ---: |\n",
    );
    for (licence, (pictures, papers)) in &facts.licences {
        let _ = writeln!(text, "| {licence} | {pictures} | {papers} |");
    }
    text += "\n";
    if facts.licences.keys().any(|licence| licence.is_non_commercial()) {
        text += "Some allow no commercial use; so the dataset as a whole allows none.\n\n";
    }
    if facts.licences.keys().any(|licence| !licence.is_open()) {
        text += "**Some of the pictures may not be passed on**: their licence forbids it, or none is \
                 stated. Share the export that `--licence open` writes instead.\n\n";
    }
    if facts.hosting == Hosting::Open {
        let _ = write!(
            text,
            "{} more pictures may not be passed on, and are left out. `{RECIPE}` says where they are; \
             `covid-ct rebuild` makes them again out of your own copies of the PDFs, with the same \
             bytes:\n\n    covid-ct rebuild THIS-FOLDER --pdfs FOLDER-OF-PDFS\n\n",
            facts.left_out.values().sum::<usize>()
        );
        if !facts.left_out.is_empty() {
            text += "| Licence | Left out |\n| --- | ---: |\n";
            for (licence, pictures) in &facts.left_out {
                let _ = writeln!(text, "| {licence} | {pictures} |");
            }
            text += "\n";
        }
    }
    text
}

fn how_made(facts: &Facts) -> String {
    let size = match facts.size {
        Size::Native => "in native pixels".to_owned(),
        Size::Square => format!("scaled to {SIDE} x {SIDE} pixels"),
    };
    let curators: Vec<&str> = facts.curators.iter().map(String::as_str).collect();
    let splits: Vec<String> = facts.split_how.iter().map(|how| describe_split(how)).collect();
    let newest = facts.newest.as_deref().unwrap_or("no known day");
    format!(
        "## How it was made\n\n\
         `covid-ct` took the pictures out of the PDFs at native quality and paired them with \
         captions. Curators decided which are CTs of the chest, which rectangles of them single scans, \
         what the authors say of the diagnosis, and whose scans they are ({}; the last decision is of \
         {newest}). Where curators disagree a picture is left out. Every picture, of either class, is \
         an 8-bit greyscale PNG {size}, without alpha channel and metadata. The split: {}.\n\n",
        if curators.is_empty() { "nobody named".into() } else { curators.join(", ") },
        splits.join("; "),
    )
}

/// `by patient, ratio 0.7 : 0.12 : 0.18, seed 0`.
fn describe_split(how: &str) -> String {
    let json: serde_json::Value = serde_json::from_str(how).unwrap_or_default();
    let Some(by) = json["by"].as_str() else {
        return if json.is_null() { "not told".into() } else { format!("`{json}`") };
    };
    let ratio: Vec<String> =
        json["ratio"].as_array().into_iter().flatten().map(ToString::to_string).collect();
    format!("by {by}, ratio {}, seed {}", ratio.join(" : "), json["seed"])
}

const LIMITS: &str = "\
## Known limits

- Pictures in papers are compressed, windowed, annotated and chosen: they are no substitute for DICOM,
  and a network may learn the journal, the window or the letters printed over a scan in place of the
  lungs.
- Labels are the authors' words about a patient. A scan of a COVID patient may look clear.
- Scans of one patient are many and alike; numbers of pictures overstate how much there is to learn.
- Papers report unusual cases; no number drawn from this dataset says how common anything is.

## Citation

Cite the papers that the pictures are from (column `doi`), and

    @article{zhao2020covid,
      title   = {COVID-CT-Dataset: a CT scan dataset about COVID-19},
      author  = {Zhao, Jinyu and Zhang, Yichen and He, Xuehai and Xie, Pengtao},
      journal = {arXiv preprint arXiv:2003.13865},
      year    = {2020}
    }
";
