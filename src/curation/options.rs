//! Which of what could be asked is asked, and in which order.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use covid_ct_core::cells;
use jiff::civil::Date;

use super::asked::Task;
use crate::covid_ct::release::split_extension;
use crate::dataset::history::stem_of;
use crate::store::{ImageRow, Result, Store, StoreError, Subject};
use covid_ct_core::{Stage, Value, sha256_hex};

/// What is asked first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Likely CTs, or what [`QueueOptions::scores`] puts higher.
    #[default]
    Likely,
    /// By paper and page.
    Paper,
    /// What somebody was unsure of, or curators disagree on.
    Uncertain,
}

/// What a curator is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Which {
    /// What the curator has not decided.
    #[default]
    Open,
    /// What the curator decided, to be looked at again.
    Decided,
    /// What the curator decided with a note.
    Flagged,
    /// A sample, of this share from 0 to 1, of what others decided and the curator did not.
    SecondReading(f64),
    /// What curators disagree on, with what each of them said, to be settled.
    Disputed,
}

/// One of several shares of the papers, which have none in common and leave none out: the same for
/// everybody, on every machine, whatever papers come later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaperShare {
    /// From 1 to `of`.
    pub number: u32,
    pub of: u32,
}

impl PaperShare {
    /// By a hash of the paper's name.
    pub fn holds(self, paper: &str) -> bool {
        fraction(paper) % u64::from(self.of.max(1)) == u64::from(self.number.saturating_sub(1))
    }
}

impl FromStr for PaperShare {
    type Err = String;

    /// `2/3`
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let wrong = || {
            format!("'{text}' is no share of the papers: expected such as 2/3, the second of three")
        };
        let (number, of) = text.split_once('/').ok_or_else(wrong)?;
        let parse = |number: &str| number.trim().parse::<u32>().map_err(|_| wrong());
        let share = Self { number: parse(number)?, of: parse(of)? };
        if (1..=share.of).contains(&share.number) { Ok(share) } else { Err(wrong()) }
    }
}

/// How a queue is made.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QueueOptions {
    /// Names of preprints; none means all.
    pub papers: Vec<String>,
    /// First and last day on which a paper was posted; papers of an unknown day are then left out.
    pub since: Option<Date>,
    pub until: Option<Date>,
    /// Which of the papers are this curator's; none means all.
    pub share: Option<PaperShare>,
    pub order: Order,
    /// Used by [`Order::Likely`].
    pub scores: Scores,
    pub which: Which,
}

impl QueueOptions {
    /// Of these papers, all else as usual.
    pub fn of_papers(papers: &[String]) -> Self {
        Self { papers: papers.to_vec(), ..Self::default() }
    }

    /// Whether what is decided already is asked about.
    pub(super) fn is_revisit(&self) -> bool {
        matches!(self.which, Which::Decided | Which::Flagged)
    }

    /// Whether nothing of what others decided may be shown.
    pub(super) fn is_blind(&self) -> bool {
        matches!(self.which, Which::SecondReading(_))
    }

    /// Whether only some papers are asked about.
    pub(super) fn is_narrowed(&self) -> bool {
        let days = self.since.is_some() || self.until.is_some();
        !self.papers.is_empty() || days || self.share.is_some()
    }

    /// Whether every picture may be asked about.
    pub(super) fn is_of_all(&self) -> bool {
        !self.is_narrowed() && self.which == Which::Open
    }

    /// Leaves the pictures of the papers wanted.
    pub(super) fn filter(&self, store: &Store, images: &mut Vec<ImageRow>) -> Result<()> {
        if !self.papers.is_empty() {
            images.retain(|image| self.papers.contains(&image.preprint_name));
        }
        if let Some(share) = self.share {
            images.retain(|image| share.holds(&image.preprint_name));
        }
        if self.since.is_none() && self.until.is_none() {
            return Ok(());
        }
        let mut wanted: HashMap<i64, bool> = HashMap::new();
        for image in &*images {
            if let Entry::Vacant(unknown) = wanted.entry(image.preprint) {
                let posted = store.paper(image.preprint)?.posted.parse::<Date>();
                unknown.insert(posted.is_ok_and(|day| {
                    self.since.is_none_or(|since| since <= day)
                        && self.until.is_none_or(|until| day <= until)
                }));
            }
        }
        images.retain(|image| wanted.get(&image.preprint) == Some(&true));
        Ok(())
    }

    /// Puts tasks, which come by paper and page or as likely CTs, in the order wanted.
    pub(super) fn sort(&self, store: &Store, stage: Stage, tasks: &mut [Task]) -> Result<()> {
        match self.order {
            Order::Paper => {}
            Order::Likely => tasks
                .sort_by(|a, b| self.scores.of(b.image.id).total_cmp(&self.scores.of(a.image.id))),
            Order::Uncertain => {
                let unsure = unsure(store, stage)?;
                let images: HashSet<i64> = unsure.iter().map(|subject| subject.image).collect();
                tasks.sort_by_key(|task| {
                    let subject = task.subject();
                    let of_picture = Subject::image(subject.image);
                    let is_unsure = match subject.panel {
                        None => images.contains(&subject.image),
                        Some(_) => unsure.contains(&subject) || unsure.contains(&of_picture),
                    };
                    !is_unsure
                });
            }
        }
        Ok(())
    }
}

/// Subjects that somebody was unsure of, or on which curators disagree.
fn unsure(store: &Store, stage: Stage) -> Result<HashSet<Subject>> {
    let is_unsure = |value: &Option<Value>| {
        value.as_ref().and_then(Value::known).is_some_and(|answer| answer.is_unsure)
    };
    let decisions = store.decisions_in_force(stage)?;
    let mut subjects: HashSet<Subject> =
        decisions.iter().filter(|d| is_unsure(&d.value)).map(|d| d.subject).collect();
    let verdicts = store.verdicts(stage)?;
    subjects.extend(verdicts.iter().filter(|(_, v)| !v.agreed).map(|(subject, _)| *subject));
    Ok(subjects)
}

/// Whether a picture is of the sample of this share that is read twice at a stage: the same for
/// everybody, on every machine, at any time; and a greater share holds the smaller.
pub(super) fn is_sampled(image_sha256: &str, stage: Stage, share: f64) -> bool {
    let first = fraction(&format!("{image_sha256}:{stage}"));
    (first as f64) < share * (f64::from(u32::MAX) + 1.0)
}

/// A number of 32 bits that a text is given by its hash.
fn fraction(text: &str) -> u64 {
    let hash = sha256_hex(text.as_bytes());
    u64::from_str_radix(&hash[..8], 16).unwrap_or_default()
}

/// What a file says of pictures: what has the highest score is asked first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scores(HashMap<i64, f64>);

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScoresError {
    #[error("cannot read {path}: {source}", path = path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path}, line {line}: {problem}", path = path.display())]
    Line { path: PathBuf, line: u64, problem: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Scores {
    /// Reads CSV with a header that names `score` and `sha256`, or `name`, of a picture; other columns
    /// are passed over. A name is that of an exported file; its extension and the number of its panel
    /// may be there. Of a picture's several scores the highest counts.
    ///
    /// # Errors
    /// The first line that is no score of a picture of the store, by its number.
    pub fn read(path: &Path, store: &Store) -> std::result::Result<Self, ScoresError> {
        let bytes = std::fs::read(path)
            .map_err(|source| ScoresError::Read { path: path.into(), source })?;
        let bytes = cells::unguard(bytes);
        let named = Named::read(store)?;
        let wrong = |line, problem| ScoresError::Line { path: path.into(), line, problem };
        let broken = |error: &csv::Error| {
            wrong(error.position().map_or(1, csv::Position::line), error.to_string())
        };
        let mut reader = csv::Reader::from_reader(&bytes[..]);
        let header = reader.headers().map_err(|error| broken(&error))?.clone();
        let column = |name| header.iter().position(|found| found.trim() == name);
        let (Some(score), Some((key, by))) = (
            column("score"),
            column("sha256").map(|at| (at, By::Sha256)).or(column("name").map(|at| (at, By::Name))),
        ) else {
            let problem = "expected a header with 'score' and 'sha256' or 'name'";
            return Err(wrong(1, problem.into()));
        };
        let mut scores: HashMap<i64, f64> = HashMap::new();
        for record in reader.records() {
            let record = record.map_err(|error| broken(&error))?;
            let line = record.position().map_or(0, csv::Position::line);
            let field = |at: usize| record.get(at).unwrap_or_default().trim();
            let value = field(score)
                .parse::<f64>()
                .ok()
                .filter(|value| value.is_finite())
                .ok_or_else(|| wrong(line, format!("'{}' is no number", field(score))))?;
            let images = named.find(by, field(key));
            if images.is_empty() {
                let problem = format!("no picture has the {} '{}'", by.column(), field(key));
                return Err(wrong(line, problem));
            }
            for &image in images {
                let held = scores.entry(image).or_insert(value);
                *held = held.max(value);
            }
        }
        Ok(Self(scores))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Below every score where the picture has none.
    fn of(&self, image: i64) -> f64 {
        self.0.get(&image).copied().unwrap_or(f64::NEG_INFINITY)
    }
}

#[derive(Debug, Clone, Copy)]
enum By {
    Sha256,
    Name,
}

impl By {
    fn column(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Name => "name",
        }
    }
}

/// `image.id` by what a file may call it.
struct Named {
    by_sha256: HashMap<String, Vec<i64>>,
    by_name: HashMap<String, Vec<i64>>,
}

impl Named {
    fn read(store: &Store) -> Result<Self> {
        let mut named = Self { by_sha256: HashMap::new(), by_name: HashMap::new() };
        for image in store.images()? {
            let stem = stem_of(store, &image)?;
            named.by_name.entry(stem).or_default().push(image.id);
            named.by_sha256.entry(image.object.sha256).or_default().push(image.id);
        }
        Ok(named)
    }

    fn find(&self, by: By, text: &str) -> &[i64] {
        let found = match by {
            By::Sha256 => self.by_sha256.get(&text.to_ascii_lowercase()),
            By::Name => {
                let stem = split_extension(text).0;
                let whole = || stem.rsplit_once('%').and_then(|(stem, _)| self.by_name.get(stem));
                self.by_name.get(text).or_else(|| self.by_name.get(stem)).or_else(whole)
            }
        };
        found.map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines::Ended;
    use super::super::queue::{By as Whose, Queue};
    use super::super::scripted::Bench;
    use super::*;

    #[test]
    fn a_sample_is_of_about_its_share_and_grows_with_it() {
        let names: Vec<String> = (0..2000).map(|n| sha256_hex(format!("{n}").as_bytes())).collect();
        let sample = |stage, share| -> HashSet<&String> {
            names.iter().filter(|name| is_sampled(name, stage, share)).collect()
        };
        let (fifth, half) = (sample(Stage::Select, 0.2), sample(Stage::Select, 0.5));
        assert!((340..460).contains(&fifth.len()), "{}", fifth.len());
        assert!(fifth.is_subset(&half));
        assert_ne!(fifth, sample(Stage::Crop, 0.2));
        assert_eq!((sample(Stage::Case, 0.0).len(), sample(Stage::Case, 1.0).len()), (0, 2000));
    }

    #[test]
    fn shares_of_the_papers_are_even_and_hold_each_paper_once() {
        let names: Vec<String> = (0..600).map(|n| format!("2020.03.{n:03}")).collect();
        let shares: Vec<PaperShare> =
            ["1/3", "2/3", "3/3"].map(|text| text.parse().expect(text)).into();
        let mut counts = [0; 3];
        for name in &names {
            let holders: Vec<usize> = (0..3).filter(|&at| shares[at].holds(name)).collect();
            assert_eq!(holders.len(), 1, "{name}");
            counts[holders[0]] += 1;
        }
        assert!(counts.iter().all(|count| (150..250).contains(count)), "{counts:?}");
        for wrong in ["0/3", "4/3", "1/0", "a/3", "1"] {
            assert!(wrong.parse::<PaperShare>().is_err(), "{wrong}");
        }
    }

    fn asked(bench: &Bench, options: &QueueOptions) -> Vec<u32> {
        let queue = Queue::build(&bench.store, Stage::Select, Whose::Curator("cat"), options);
        queue.expect("queue").tasks.iter().filter_map(|task| task.image.xref).collect()
    }

    fn which(which: Which) -> QueueOptions {
        QueueOptions { which, ..QueueOptions::default() }
    }

    fn scores(bench: &Bench, text: &str) -> std::result::Result<Scores, String> {
        let file = tempfile::NamedTempFile::new().expect("file");
        std::fs::write(file.path(), text).expect("written");
        Scores::read(file.path(), &bench.store).map_err(|error| error.to_string())
    }

    #[test]
    fn the_order_is_by_likelihood_or_page_or_doubt() {
        let mut bench = Bench::new();
        let order = |order| QueueOptions { order, ..QueueOptions::default() };
        assert_eq!(asked(&bench, &order(Order::Likely)), [8, 7]);
        assert_eq!(asked(&bench, &order(Order::Paper)), [7, 8]);
        assert_eq!(asked(&bench, &order(Order::Uncertain)), [8, 7], "nobody has any doubt");
        bench.run(Stage::Select, "c\nm\n");
        assert_eq!(asked(&bench, &order(Order::Uncertain)), [7, 8]);
        bench.run(Stage::Select, "u\nn\n");
        bench.type_with(&QueueOptions::default(), "bob", Some(Stage::Select), "c\nc\n");
        assert_eq!(asked(&bench, &order(Order::Uncertain)), [7, 8], "they disagree");
    }

    #[test]
    fn scores_go_before_likelihood() {
        let bench = Bench::new();
        let images = bench.store.images().expect("images");
        let chart = images.iter().find(|image| image.xref == Some(7)).expect("image");
        let by_hash = format!("score,sha256\n0.1,{}\n", chart.object.sha256);
        for text in [
            "name,score\nx-p1-7.png,0.9\nx-p2-8,0.2\n",
            "name,of,score\nx-p1-7%0.png,a,0\nx-p1-7%1.png,b,5\nx-p2-8.png,c,4\n",
            &by_hash,
        ] {
            let scores = scores(&bench, text).expect("scores");
            let options = QueueOptions { scores, ..QueueOptions::default() };
            assert_eq!(asked(&bench, &options), [7, 8], "{text}");
        }
        for (text, told) in [
            (
                "name,score\nx-p1-7,1\nnobody-p1-2.png,1\n",
                "line 3: no picture has the name 'nobody",
            ),
            ("name,score\nx-p1-7,high\n", "line 2: 'high' is no number"),
            ("name,score\nx-p1-7,NaN\n", "line 2: 'NaN' is no number"),
            ("name,score\nx-p1-7\n", "line 2: "),
            ("picture,score\nx-p1-7,1\n", "line 1: expected a header"),
            ("sha256,score\nab,1\n", "line 2: no picture has the SHA-256 'ab'"),
        ] {
            let error = scores(&bench, text).expect_err(text);
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn what_was_decided_is_looked_at_again_once() {
        let mut bench = Bench::new();
        bench.run(Stage::Select, "# odd\nc\nn\n");
        let select = Some(Stage::Select);
        let (summary, shown) = bench.type_with(&which(Which::Flagged), "ann", select, "c\n");
        assert_eq!((summary.decided, summary.ended), (1, Ended::Finished), "{shown}");
        let (summary, shown) =
            bench.type_with(&which(Which::Decided), "ann", select, "n\nu\nn\nc\n");
        assert_eq!((summary.decided, summary.undone, summary.ended), (2, 1, Ended::Finished));
        assert!(shown.contains("select: 2 left, 0 done"), "{shown}");
        assert_eq!(bench.values(Stage::Select), ["ct", "not-ct"]);
        let (summary, _) = bench.type_with(&which(Which::Decided), "bob", select, "c\n");
        assert_eq!(summary.decided, 0, "bob decided nothing");
    }

    #[test]
    fn a_second_reader_is_asked_what_others_decided() {
        let mut bench = Bench::new();
        let (all, none) = (which(Which::SecondReading(1.0)), which(Which::SecondReading(0.0)));
        assert_eq!(asked(&bench, &all), [0; 0], "nobody has decided anything");
        bench.run(Stage::Select, "c\nn\n");
        assert_eq!((asked(&bench, &all), asked(&bench, &none)), (vec![8, 7], vec![]));
        let select = Some(Stage::Select);
        let (summary, _) = bench.type_with(&all, "ann", select, "c\nc\n");
        assert_eq!(summary.decided, 0, "her own decisions are no others'");
        bench.type_with(&all, "cat", select, "c\nc\n");
        assert_eq!(asked(&bench, &all), [0; 0]);
        let verdicts = bench.store.verdicts(Stage::Select).expect("verdicts");
        assert_eq!(verdicts.values().filter(|verdict| !verdict.agreed).count(), 1);
    }

    #[test]
    fn a_second_reader_is_not_told_whose_scan_others_say_it_is() {
        let mut bench = Bench::new();
        bench.run(Stage::Select, "c\nn\n");
        bench.run(Stage::Crop, "\n");
        bench.run(Stage::Case, "Zed\n50\nF\nday 77\n=\nday 78\n");
        let all = which(Which::SecondReading(1.0));
        let (summary, shown) =
            bench.type_with(&all, "bob", Some(Stage::Case), "\n\n\n\nZed\n\n\n\n");
        assert_eq!(summary.decided, 2, "{shown}");
        assert!(shown.contains("patient [Patient 1]"), "{shown}");
        assert!(!shown.contains("[Zed]") && !shown.contains("day 77"), "{shown}");
        assert!(!shown.contains("[50]"), "{shown}");
    }
}
