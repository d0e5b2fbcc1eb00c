//! The pictures of a dataset on their way out: what is told of each, and how it is cut.

use std::collections::{HashMap, HashSet};

use super::manifest::ManifestRow;
use super::names;
use super::options::{Hosting, Options, SIDE, Size};
use crate::covid_ct::release::CURATOR;
use crate::dataset::{Result, split};
use crate::document::PaperMeta;
use crate::figures::FigureRecord;
use crate::store::{Case, Decision, LabelledPanel, Store, Within};
use covid_ct_core::{Label, ObjectId, PanelBox, Split, sha256_hex};

/// Hexadecimal digits of a decision's id: collisions among a million decisions are one in 500.
const ID_DIGITS: usize = 12;

/// A picture of the dataset: every format writes the same ones.
#[derive(Debug, Clone)]
pub struct Item {
    /// All that is told of it; `file`, `container`, `sha256`, `width`, `height` come with writing.
    pub told: Written,
    pub object: ObjectId,
    /// What to cut out of the object.
    pub bounds: PanelBox,
    /// Scaled to this; `None` is native.
    pub size: Option<(u32, u32)>,
    /// Whether its bytes are written, or only listed in the recipe.
    pub hosted: bool,
}

/// A picture that is written, or that the recipe lists.
#[derive(Debug, Clone, Default)]
pub struct Written {
    pub row: ManifestRow,
    /// `None` of a figure as a whole, which has neither.
    pub label: Option<Label>,
    pub part: Option<Split>,
    pub texts: Texts,
}

impl Written {
    pub fn is_of(&self, label: Label, part: Split) -> bool {
        (self.label, self.part) == (Some(label), Some(part))
    }
}

/// What the paper says of a figure: its text, so never in a recipe.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Texts {
    pub caption: String,
    /// In reading order, each on one line.
    pub citing_sentences: Vec<String>,
    /// Of the paper, as the day it was posted (YYYY-MM-DD).
    pub title: String,
    pub posted: String,
    /// How sure it is that the caption is this figure's, 0 to 1.
    pub confidence: f64,
}

/// A figure that shows a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownIn {
    /// `Figure 1`; empty where the paper gives it none.
    pub label: String,
    pub texts: Texts,
}

/// The figures that show a picture, by `image.id`, in reading order.
pub type Figures = HashMap<i64, Vec<ShownIn>>;

/// Items of a split, and what of it is none.
#[derive(Debug, Default)]
pub struct Chosen {
    pub items: Vec<Item>,
    /// Panels of the split that have lost their label since it was made.
    pub without_label: usize,
    /// Labelled panels that the split does not hold.
    pub not_in_split: usize,
}

/// The labelled panels of the split `name`, those of classes that are not asked for left out.
///
/// # Errors
/// [`DatasetError::NoSuchSplit`], or the database's.
pub fn choose(store: &Store, name: &str, options: &Options<'_>) -> Result<Chosen> {
    let split = split::find(store, name)?;
    let mut part_of: HashMap<i64, Split> = split.parts.iter().copied().collect();
    // A panel whose box was moved a little since is where it was.
    for (from, to) in store.moved_panels(Within::All)? {
        if let Some(part) = part_of.get(&from).copied() {
            part_of.entry(to).or_insert(part);
        }
    }
    let labelled: Vec<LabelledPanel> =
        store.labelled_panels()?.into_iter().filter(|panel| panel.label.is_some()).collect();
    let labelled_len = labelled.len();
    let mut panels: Vec<LabelledPanel> =
        labelled.into_iter().filter(|panel| part_of.contains_key(&panel.id)).collect();
    let (without_label, not_in_split) =
        (split.parts.len().saturating_sub(panels.len()), labelled_len - panels.len());
    // Named before classes are left out: a picture is called the same in every export.
    let stems = names::stems(&mut panels);
    let sources = Sources::of(store, &panels, split.how.to_string())?;
    let mut items = Vec::new();
    for (panel, stem) in panels.into_iter().zip(stems) {
        let (Some(label), Some(part)) = (panel.label, part_of.get(&panel.id)) else { continue };
        if options.classes.index(label).is_none() {
            continue;
        }
        let (row, texts) = sources.row(&panel, label, *part, &stem);
        let square = options.size == Size::Square;
        let hosted = options.hosting == Hosting::Any || row.is_open();
        items.push(Item {
            told: Written { row, label: Some(label), part: Some(*part), texts },
            object: panel.object,
            bounds: panel.bounds,
            size: square.then_some((SIDE, SIDE)),
            hosted,
        });
    }
    Ok(Chosen { items, without_label, not_in_split })
}

/// Names a decision by what it says: the same in every database that holds it, as ids are not.
pub fn decision_id(decision: &Decision, image_sha256: &str, panel: Option<PanelBox>) -> String {
    let text = |value: Option<String>| value.unwrap_or_else(|| "-".into());
    let facts = [
        image_sha256.to_owned(),
        text(panel.map(|bounds| bounds.to_string())),
        decision.stage.to_string(),
        text(decision.value.as_ref().map(ToString::to_string)),
        decision.curator.clone(),
        decision.time.clone(),
        decision.adjudicates.to_string(),
    ];
    let mut id = sha256_hex(facts.join("\n").as_bytes());
    id.truncate(ID_DIGITS);
    id
}

/// The figures of the papers that are wanted, by `preprint.id`.
///
/// # Errors
/// The database's.
pub fn figures(store: &Store, is_wanted: impl Fn(i64) -> bool) -> Result<Figures> {
    let mut figures = Figures::new();
    for document in store.documents()? {
        let Some(preprint) = document.preprint.filter(|preprint| is_wanted(*preprint)) else {
            continue;
        };
        let paper = store.paper(preprint)?;
        for (id, figure) in store.figures(&document)? {
            let shown = ShownIn {
                label: figure.label.clone().unwrap_or_default(),
                texts: texts(&figure, &paper),
            };
            let rendering = store.rendering(id)?.map(|(image, _)| image);
            for image in store.images_of_figure(id)?.into_iter().chain(rendering) {
                figures.entry(image).or_default().push(shown.clone());
            }
        }
    }
    Ok(figures)
}

/// What the paper says of a figure.
pub fn texts(figure: &FigureRecord, paper: &PaperMeta) -> Texts {
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    Texts {
        caption: figure.caption.clone(),
        citing_sentences: figure.mentions.iter().map(|mention| one_line(&mention.text)).collect(),
        title: paper.title.clone(),
        posted: paper.posted.clone(),
        // In hundredths, so that no format rounds it otherwise.
        confidence: (f64::from(figure.confidence) * 100.0).round() / 100.0,
    }
}

/// What the rows quote, by the ids panels name it with.
struct Sources {
    papers: HashMap<i64, PaperMeta>,
    cases: HashMap<(i64, String), Case>,
    figures: Figures,
    decisions: HashMap<i64, Decision>,
    /// By `panel.id`.
    bounds: HashMap<i64, PanelBox>,
    /// What an imported export told of its pictures, by `image.id`.
    manifests: HashMap<i64, ManifestRow>,
    split_how: String,
}

impl Sources {
    fn of(store: &Store, panels: &[LabelledPanel], split_how: String) -> Result<Self> {
        let wanted: HashSet<i64> = panels.iter().map(|panel| panel.preprint).collect();
        let papers = wanted
            .iter()
            .map(|preprint| Ok((*preprint, store.paper(*preprint)?)))
            .collect::<Result<_>>()?;
        let figures = figures(store, |preprint| wanted.contains(&preprint))?;
        let manifest =
            |(image, json): (i64, String)| Some((image, serde_json::from_str(&json).ok()?));
        Ok(Self {
            papers,
            cases: store
                .cases()?
                .into_iter()
                .map(|case| ((case.preprint, case.name.clone()), case))
                .collect(),
            figures,
            decisions: store.decisions()?.into_iter().map(|d| (d.id, d)).collect(),
            bounds: store.panels()?.into_iter().map(|(id, panel)| (id, panel.bounds)).collect(),
            manifests: store.provenance()?.into_iter().filter_map(manifest).collect(),
            split_how,
        })
    }

    /// What is told of a panel, and what its paper says of the figure.
    fn row(
        &self,
        panel: &LabelledPanel,
        label: Label,
        part: Split,
        stem: &str,
    ) -> (ManifestRow, Texts) {
        let paper = self.papers.get(&panel.preprint).cloned().unwrap_or_default();
        let case = panel.case.as_ref().and_then(|name| {
            self.cases.get(&(panel.preprint, name.clone())).map(|case| case.details.clone())
        });
        let case = case.unwrap_or_default();
        // Of several figures that show it, the first.
        let shown = self.figures.get(&panel.image).and_then(|figures| figures.first()).cloned();
        let (figure, texts) = shown.map(|shown| (shown.label, shown.texts)).unwrap_or_default();
        let (decisions, decision_ids) = self.decided(panel, |_| true);
        let row = ManifestRow {
            name: format!("{stem}.png"),
            label: label.to_string(),
            part: part.to_string(),
            preprint: paper.name,
            version: paper.version,
            doi: paper.doi,
            page: Some(panel.page),
            xref: panel.xref,
            origin: panel.origin.to_string(),
            crop: panel.bounds.to_string(),
            letter: panel.letter.clone(),
            figure,
            licence: paper.licence,
            case: panel.case.clone().unwrap_or_default(),
            age: case.age,
            sex: case.sex,
            location: case.location,
            medical_history: case.medical_history,
            time: panel.scan_time.clone().unwrap_or_default(),
            severity: case.severity,
            other_diseases: case.other_diseases,
            image_sha256: panel.object.sha256.clone(),
            document_sha256: panel.document_sha256.clone(),
            decisions,
            decision_ids,
            split_how: self.split_how.clone(),
            answers: panel
                .answers
                .iter()
                .map(|(stage, word)| (stage.to_string(), word.to_string()))
                .collect(),
            ..ManifestRow::default()
        };
        (self.with_origin(panel, row), texts)
    }

    /// Of a picture out of an export that was imported: where that export said it was from, and who
    /// decided so. A piece cut out of it since is only of that export.
    fn with_origin(&self, panel: &LabelledPanel, row: ManifestRow) -> ManifestRow {
        let Some(told) = self.manifests.get(&panel.image).filter(|_| panel.index.is_none()) else {
            return row;
        };
        let told = told.clone();
        let (since, ids_since) = self.decided(panel, |decision| decision.curator != CURATOR);
        let join = |separator: &str, [one, two]: [String; 2]| {
            let both = [one, two].into_iter().filter(|text| !text.is_empty());
            both.collect::<Vec<_>>().join(separator)
        };
        ManifestRow {
            preprint: told.preprint,
            version: told.version,
            doi: told.doi,
            page: told.page,
            xref: told.xref,
            origin: told.origin,
            crop: told.crop,
            letter: told.letter,
            figure: told.figure,
            licence: told.licence,
            image_sha256: told.image_sha256,
            image_look: told.image_look,
            document_sha256: told.document_sha256,
            decisions: join("; ", [told.decisions, since]),
            decision_ids: join(" ", [told.decision_ids, ids_since]),
            ..row
        }
    }

    /// The decisions a panel rests on, as lines of `decisions.csv` and by id.
    fn decided(
        &self,
        panel: &LabelledPanel,
        counts: impl Fn(&Decision) -> bool,
    ) -> (String, String) {
        let found =
            || panel.decisions.iter().filter_map(|id| self.decisions.get(id)).filter(|d| counts(d));
        let mut lines: Vec<String> =
            found().map(|d| format!("{}:{}@{}", d.stage, d.curator, d.time)).collect();
        lines.sort_unstable();
        let id = |decision: &Decision| {
            let bounds = decision.subject.panel.and_then(|id| self.bounds.get(&id).copied());
            decision_id(decision, &panel.object.sha256, bounds)
        };
        let mut ids: Vec<String> = found().map(id).collect();
        ids.sort_unstable();
        (lines.join("; "), ids.join(" "))
    }
}
