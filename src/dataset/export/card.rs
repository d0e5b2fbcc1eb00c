//! The dataset card, `README.md`: what the dataset holds, how it was made, what it is not good for.

use crate::covid_ct::paper;
use crate::dataset::layout::meta_info;
use crate::task;
use covid_ct_core::task::Comparison;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::items::Written;
use super::loading;
use super::manifest::RECIPE;
use super::options::{Classes, Format, Hosting, Options, SIDE, Size};
use crate::dataset::stats::{ClassStats, Counted, Spread, count};
use crate::synth;
use covid_ct_core::{Label, Licence, Split};

const TITLE_OF_FIGURES: &str = "Figures of papers with their captions and citing sentences";

/// What the card and the Croissant metadata tell.
#[derive(Debug)]
pub struct Facts {
    pub format: Format,
    /// Whether it holds figures as a whole.
    pub figures: bool,
    pub classes: Classes,
    pub hosting: Hosting,
    size: Size,
    stats: Vec<ClassStats>,
    pub pictures: usize,
    /// Of the pictures written.
    pub papers: usize,
    pub dois: BTreeSet<String>,
    /// Pictures that papers give a caption; and that a sentence cites.
    captioned: usize,
    cited: usize,
    /// Parts that hold pictures; `None` of figures.
    pub parts: BTreeSet<Option<Split>>,
    /// Pictures and papers by licence; of the pictures written.
    licences: BTreeMap<Licence, (usize, usize)>,
    /// Pictures by licence of those left out.
    left_out: BTreeMap<Licence, usize>,
    pub curators: BTreeSet<String>,
    /// Whether decisions came with a synthetic corpus: then its pictures are drawings.
    pub synthetic: bool,
    /// YYYY-MM-DD of the newest decision, of figures of the newest paper; `None` where none is dated.
    pub newest: Option<String>,
    split_how: BTreeSet<String>,
}

impl Facts {
    pub fn of(hosted: &[Written], left_out: &[Written], options: &Options<'_>) -> Self {
        let counted: Vec<Counted<'_>> = hosted
            .iter()
            .filter_map(|written| {
                Some(Counted {
                    label: written.label?,
                    part: written.part,
                    width: written.row.width.unwrap_or_default(),
                    height: written.row.height.unwrap_or_default(),
                    preprint: &written.row.preprint,
                    case: &written.row.case,
                })
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
        let curators: BTreeSet<String> =
            decisions().map(|(curator, _)| curator.to_owned()).collect();
        let rows = || hosted.iter().map(|written| &written.row);
        let told = |tells: fn(&Written) -> bool| hosted.iter().filter(|w| tells(w)).count();
        let dois = rows().map(|row| row.doi.clone()).filter(|doi| !doi.is_empty());
        Self {
            format: options.format,
            figures: options.figures,
            papers: rows().map(|row| &row.preprint).collect::<BTreeSet<_>>().len(),
            dois: dois.collect(),
            captioned: told(|written| !written.texts.caption.is_empty()),
            cited: told(|written| !written.texts.citing_sentences.is_empty()),
            synthetic: curators.contains(synth::CURATOR),
            classes: options.classes.clone(),
            hosting: options.hosting,
            size: options.size,
            stats: count(&counted),
            pictures: hosted.len(),
            parts: hosted.iter().map(|written| written.part).collect(),
            licences,
            left_out: by_licence,
            curators,
            newest: if options.figures {
                let posted = hosted.iter().chain(left_out).map(|w| w.texts.posted.clone());
                posted.filter(|day| day.len() == 10).max()
            } else {
                decisions().filter_map(|(_, time)| time.get(..10)).max().map(Into::into)
            },
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

    pub fn title(&self) -> &'static str {
        if self.figures { TITLE_OF_FIGURES } else { &task::in_force().export.title }
    }

    pub fn class_names(&self) -> Vec<&str> {
        self.classes.names().collect()
    }

    pub fn left_out_len(&self) -> usize {
        self.left_out.values().sum()
    }

    /// Whether the licences of all pictures let everybody pass them on.
    pub fn may_be_shared(&self) -> bool {
        self.licences.keys().all(|licence| licence.is_open())
    }

    pub fn size_in_words(&self) -> String {
        match self.size {
            Size::Native => "in native pixels".to_owned(),
            Size::Square => format!("scaled to {SIDE} x {SIDE} pixels"),
        }
    }

    /// Parts of the split that lack a class which other parts have, with the name of the class.
    pub fn parts_without_class(&self) -> Vec<(Split, &str)> {
        let mut lacking = Vec::new();
        for part in Split::ALL.iter().filter(|_| !self.figures) {
            let missing = |(stats, _): &(&ClassStats, &str)| {
                stats.parts.get(part).copied().unwrap_or_default() == 0
            };
            lacking.extend(self.of_classes().filter(missing).map(|(_, name)| (*part, name)));
        }
        lacking
    }

    fn of_classes(&self) -> impl Iterator<Item = (&ClassStats, &str)> {
        let written = |stats: &&ClassStats| self.classes.index(stats.label).is_some();
        self.stats.iter().filter(written).map(|stats| (stats, self.classes.name(stats.label)))
    }
}

/// The text of the card; `digest` is of all other data.
pub fn write(facts: &Facts, digest: &str) -> String {
    let mut card = front_matter(facts, digest);
    let _ = write!(card, "# {}\n\n", facts.title());
    if facts.synthetic {
        card += "**Synthetic.** The papers were generated by `covid-ct synth`; the scans are drawings.\n\n";
    }
    card += if facts.figures { ABOUT_FIGURES } else { &task::in_force().export.about };
    if !facts.figures {
        card += "\n";
    }
    if facts.figures {
        card += &figures(facts);
    } else {
        card += &contents(facts);
        card += &lacking(facts);
    }
    card += &loading::how(facts.format, facts.figures);
    card += &loading::glossary(loading::fields_of(facts.figures), facts.format);
    if !facts.figures {
        card += &sizes(facts);
    }
    card += &licences(facts);
    if facts.figures {
        card += LIMITS_OF_FIGURES;
    } else {
        card += &how_made(facts);
        card += &limits();
    }
    card
}

/// What the Hugging Face Hub reads.
fn front_matter(facts: &Facts, digest: &str) -> String {
    let mut own_tags = String::new();
    for tag in &task::in_force().export.tags {
        let _ = writeln!(own_tags, "- {tag}");
    }
    let (task, tags) = if facts.figures {
        ("image-to-text", "- medical\n- figures\n- scientific-literature\n")
    } else {
        ("image-classification", own_tags.as_str())
    };
    let mut yaml = format!(
        "---\npretty_name: {}\nlicense: other\ntask_categories:\n- {task}\ntags:\n{tags}size_categories:\n- {}\n",
        facts.title(),
        size_category(facts.pictures)
    );
    let entry = loading::entry(facts.format, facts.parts.iter().copied(), digest);
    if entry.is_some() && facts.format == Format::WebDataset {
        let classes = (!facts.figures).then_some(&facts.classes);
        yaml += &loading::types_of_shards(classes, loading::fields_of(facts.figures));
    }
    yaml + &entry.unwrap_or_default() + "---\n\n"
}

const ABOUT_FIGURES: &str = "\
Every figure of the papers that were read, whatever it shows: the picture, its caption, what the caption says
of each panel, and the sentences of the text that cite it. Made by `covid-ct` from PDFs; nobody labelled anything.

";

fn figures(facts: &Facts) -> String {
    format!(
        "## What it holds\n\n| Pictures | Papers | with a caption | cited by a sentence |\n| ---: | ---: | ---: | ---:          |\n| {} | {} | {} | {} |\n\nA figure that pictures alone do not show (drawn, or written over) is there as \
         printed; any other by its pictures, one entry each. `MANIFEST.csv` lists every file with its SHA-256, and of \
         each picture the paper, version, page and PDF object.\n\n",
        facts.pictures, facts.papers, facts.captioned, facts.cited
    )
}

/// Of parts in which a class is missing; nothing where none is.
fn lacking(facts: &Facts) -> String {
    let lacking = facts.parts_without_class();
    if lacking.is_empty() {
        return String::new();
    }
    let mut text = String::from("## Splits that lack a class\n\n");
    for (part, class) in &lacking {
        let _ = writeln!(text, "- `{part}` holds no picture of the class {class}.");
    }
    text + "\nWhat needs both classes, such as AUROC, sensitivity and specificity, cannot be measured on such a split, \
            and it cannot be used for model selection.\n\n"
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
            part(Split::Train),
            part(Split::Val),
            part(Split::Test),
            stats.patients.unwrap_or_default(),
            stats.preprints.unwrap_or_default(),
        );
    }
    text + &format!(
        "\nPatients are those that papers tell apart; a picture without a stated patient counts \
            for none. A patient's name is that of the paper and the one within it, the same in every file. \
            `{}.csv` has a row a picture: patient, age, sex, time and what else the paper tells, \
            caption, and where the picture is from. `MANIFEST.csv` lists every \
            file with its SHA-256, and of each picture the paper, version, page, PDF object, crop and \
            decisions.\n\n",
        meta_info()
    )
}

fn sizes(facts: &Facts) -> String {
    let compares = task::in_force().compares_with == Some(Comparison::CovidCt);
    let beside = if compares { ", beside those of COVID-CT as its paper prints them" } else { "" };
    let mut text = format!(
        "## Sizes\n\nPixels, smallest / mean / greatest{beside}.\n\n| Class | Height | Width |\n| --- | --- | --- |\n"
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
    let published = if compares { paper() } else { Vec::new() };
    for stats in published.iter().filter(|stats| stats.height.is_some()) {
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
            facts.left_out_len()
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
    let size = facts.size_in_words();
    let curators: Vec<&str> = facts.curators.iter().map(String::as_str).collect();
    let splits: Vec<String> = facts.split_how.iter().map(|how| describe_split(how)).collect();
    let newest = facts.newest.as_deref().unwrap_or("no known day");
    let any = if Label::all().len() == 2 { "either" } else { "any" };
    format!(
        "## How it was made\n\n\
         `covid-ct` took the pictures out of the PDFs at native quality and paired them with \
         captions. Curators decided {} ({}; the last decision is of \
         {newest}). Where curators disagree a picture is left out. Every picture, of {any} class, is \
         an 8-bit greyscale PNG {size}, without alpha channel and metadata. The split: {}.\n\n",
        task::in_force().export.decisions,
        if curators.is_empty() { "nobody named".into() } else { curators.join(", ") },
        splits.join("; "),
    )
}

/// `by patient, ratio 0.7 : 0.12 : 0.18, seed 0`.
fn describe_split(how: &str) -> String {
    let json: serde_json::Value = serde_json::from_str(how).unwrap_or_default();
    let Some(by) = json["by"].as_str() else {
        return if json.is_null() { "not recorded".into() } else { format!("`{json}`") };
    };
    let ratio: Vec<String> =
        json["ratio"].as_array().into_iter().flatten().map(ToString::to_string).collect();
    format!("by {by}, ratio {}, seed {}", ratio.join(" : "), json["seed"])
}

const LIMITS_OF_FIGURES: &str = "\
## Known limits

- Captions are paired with figures by rules; `pairing_confidence` says how sure each pair is.
- A figure may show patients; papers do not name them.
- What papers print is chosen: no number drawn from this dataset says how common anything is.
- Papers of the test split of a dataset of scans may be among these: leave them out before a network learns from
  figures and is measured on scans.

## Citation

Cite the papers that the pictures are from (field `doi`).
";

fn limits() -> String {
    let words = &task::in_force().export;
    let mut text = String::from("## Known limits\n\n");
    for limit in &words.limits {
        let _ = writeln!(text, "- {}", limit.replace('\n', "\n  "));
    }
    if words.limits.is_empty() {
        text += "- What papers print is chosen, compressed and written on; a network may learn that in place of what is shown.\n";
    }
    text += "\n## Citation\n\nCite the papers that the pictures are from (column `doi`)";
    if words.bibtex.is_empty() {
        return text + ".\n";
    }
    text += ", and\n\n";
    for line in words.bibtex.lines() {
        let _ = writeln!(text, "    {line}");
    }
    text
}
