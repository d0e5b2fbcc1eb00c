//! From CSV to the database. All is read and checked before anything is written, and all that is
//! written lands in one transaction.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
use std::path::Path;

use super::matching::{MatchedBy, Pictures};
use super::tables::{Lined, OfPicture, Sheet, Table};
use super::{AnnotationsError, Result, TAKEN_BACK};
use crate::store::{
    Case, CaseDetails, CaseRow, DecisionRow, ImageKey, ImageRow, NewDecision, NewPanel, PanelBox,
    PanelRow, Part, Split, SplitRow, Stage, Store, StoreError, Subject, Value,
};

/// How many of a kind were new, and how many the database already held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    pub added: usize,
    pub present: usize,
}

impl Counted {
    fn count(&mut self, is_new: bool) {
        if is_new {
            self.added += 1;
        } else {
            self.present += 1;
        }
    }
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Imported {
    pub decisions: Counted,
    pub panels: Counted,
    pub cases: Counted,
    pub splits: Counted,
    /// Pictures the rows speak of, by how they were known.
    pub pictures: BTreeMap<MatchedBy, usize>,
    /// Panels whose letter, sub-caption or author the database holds otherwise; it keeps its own.
    pub differing_panels: usize,
    /// Pictures and papers that rows speak of and the database lacks, and how many rows do.
    pub unknown: BTreeMap<String, usize>,
}

/// Reads the annotations of `folder` into the database. Rows it already holds are skipped; rows of
/// pictures it lacks are counted in [`Imported::unknown`].
///
/// # Errors
/// The first thing wrong in a file, with file, line and column; then nothing was written. Or the
/// database's, which rolls all back.
pub fn import(store: &mut Store, folder: &Path) -> Result<Imported> {
    let Some(decisions) = Sheet::<DecisionRow>::read(folder)? else {
        return Err(AnnotationsError::NoAnnotations { folder: folder.into() });
    };
    let (panels, cases, splits) =
        (Sheet::<PanelRow>::read(folder)?, Sheet::<CaseRow>::read(folder)?, Sheet::read(folder)?);
    let mut plan = Plan::new(store)?;
    if let Some(panels) = &panels {
        plan.panels(panels)?;
    }
    plan.decisions(&decisions)?;
    if let Some(cases) = &cases {
        plan.cases(cases)?;
    }
    if let Some(splits) = &splits {
        plan.splits(splits)?;
    }
    let Plan { writes, mut imported, matched, .. } = plan;
    for by in matched.into_values().flatten().map(|found| found.by) {
        *imported.pictures.entry(by).or_default() += 1;
    }
    Ok(store.transaction(|store| writes.apply(store, imported))?)
}

/// A picture of this database that rows speak of.
#[derive(Debug, Clone, Copy)]
struct Found {
    image: i64,
    width: u32,
    height: u32,
    by: MatchedBy,
}

/// A decision whose panel may not have an id yet.
struct PlannedDecision {
    panel: Option<PanelBox>,
    decision: NewDecision,
}

struct PlannedSplit {
    how: serde_json::Value,
    parts: BTreeMap<(i64, PanelBox), Part>,
}

/// What is about to be written.
#[derive(Default)]
struct Writes {
    panels: Vec<NewPanel>,
    decisions: Vec<PlannedDecision>,
    cases: Vec<Case>,
    splits: BTreeMap<String, PlannedSplit>,
}

/// The files, checked against each other and against the pictures of the database.
struct Plan {
    pictures: Pictures,
    matched: HashMap<ImageKey, Option<Found>>,
    /// `preprint.id` by name, then version.
    papers: HashMap<String, BTreeMap<String, i64>>,
    writes: Writes,
    imported: Imported,
}

impl Plan {
    fn new(store: &Store) -> Result<Self> {
        let mut papers: HashMap<_, BTreeMap<_, _>> = HashMap::new();
        let ids: BTreeSet<i64> =
            store.documents()?.into_iter().filter_map(|document| document.preprint).collect();
        for id in ids {
            let paper = store.paper(id)?;
            papers.entry(paper.name).or_default().insert(paper.version, id);
        }
        Ok(Self {
            pictures: Pictures::new(store.images()?),
            matched: HashMap::new(),
            papers,
            writes: Writes::default(),
            imported: Imported::default(),
        })
    }

    fn panels(&mut self, sheet: &Sheet<PanelRow>) -> Result<()> {
        for Lined { line, row } in &sheet.rows {
            let bounds = parse_panel(sheet, *line, &row.panel)?;
            let Some(found) = self.picture(sheet, *line, row)? else { continue };
            check_fit(sheet, *line, "panel", bounds, found)?;
            self.writes.panels.push(NewPanel {
                image: found.image,
                bounds,
                letter: row.letter.clone(),
                sub_caption: row.sub_caption.clone(),
                proposed_by: row.proposed_by.clone(),
            });
        }
        Ok(())
    }

    fn decisions(&mut self, sheet: &Sheet<DecisionRow>) -> Result<()> {
        for Lined { line, row } in &sheet.rows {
            let wrong = |column, problem| sheet.wrong(*line, column, problem);
            let stage: Stage = row.stage.parse().map_err(|problem| wrong("stage", problem))?;
            let value = match row.value.as_str() {
                TAKEN_BACK => None,
                text => Some(Value::parse(stage, text).map_err(|problem| wrong("value", problem))?),
            };
            let evidence = match row.evidence.as_str() {
                "" => None,
                word => Some(word.parse().map_err(|problem| wrong("evidence", problem))?),
            };
            let panel = match row.panel.as_str() {
                "" => None,
                text => Some(parse_panel(sheet, *line, text)?),
            };
            check_author(sheet, *line, &row.curator, &row.time)?;
            let Some(found) = self.picture(sheet, *line, row)? else { continue };
            if let Some(bounds) = panel {
                check_fit(sheet, *line, "panel", bounds, found)?;
            }
            if let Some(Value::Crop(boxes)) = &value {
                for bounds in boxes {
                    check_fit(sheet, *line, "value", *bounds, found)?;
                }
            }
            let decision = NewDecision {
                stage,
                subject: Subject::image(found.image),
                value,
                evidence,
                span: row.span.clone(),
                curator: row.curator.clone(),
                time: row.time.clone(),
                note: row.note.clone(),
            };
            self.writes.decisions.push(PlannedDecision { panel, decision });
        }
        // The order decisions were made in: rows of one second stay as the file has them.
        self.writes.decisions.sort_by(|a, b| a.decision.time.cmp(&b.decision.time));
        Ok(())
    }

    fn cases(&mut self, sheet: &Sheet<CaseRow>) -> Result<()> {
        for Lined { line, row } in &sheet.rows {
            if row.case.trim().is_empty() {
                let problem = "a case needs a name, such as 'Patient 1'".into();
                return Err(sheet.wrong(*line, "case", problem));
            }
            check_author(sheet, *line, &row.curator, &row.time)?;
            let Some(preprint) = self.paper(&row.preprint, &row.version) else {
                let name = paper_name(&row.preprint, &row.version);
                *self.imported.unknown.entry(name).or_default() += 1;
                continue;
            };
            self.writes.cases.push(Case {
                preprint,
                name: row.case.clone(),
                details: CaseDetails {
                    age: row.age.clone(),
                    sex: row.sex.clone(),
                    location: row.location.clone(),
                    medical_history: row.medical_history.clone(),
                    severity: row.severity.clone(),
                    other_diseases: row.other_diseases.clone(),
                },
                curator: row.curator.clone(),
                time: row.time.clone(),
            });
        }
        Ok(())
    }

    fn splits(&mut self, sheet: &Sheet<SplitRow>) -> Result<()> {
        for Lined { line, row } in &sheet.rows {
            let wrong = |column, problem| sheet.wrong(*line, column, problem);
            if row.split.is_empty() {
                return Err(wrong("split", "a split needs a name".into()));
            }
            let part: Part = row.part.parse().map_err(|problem| wrong("part", problem))?;
            let how: serde_json::Value = serde_json::from_str(&row.how)
                .map_err(|error| wrong("how", format!("expected JSON: {error}")))?;
            let bounds = parse_panel(sheet, *line, &row.panel)?;
            let found = self.picture(sheet, *line, row)?;
            let split = self.writes.splits.entry(row.split.clone()).or_insert_with(|| {
                PlannedSplit { how: how.clone(), parts: BTreeMap::new() }
            });
            if split.how != how {
                let problem = format!("the split '{}' was made otherwise above", row.split);
                return Err(wrong("how", problem));
            }
            let Some(found) = found else { continue };
            check_fit(sheet, *line, "panel", bounds, found)?;
            let earlier = split.parts.insert((found.image, bounds), part);
            if let Some(earlier) = earlier.filter(|earlier| *earlier != part) {
                return Err(wrong("part", format!("this panel is in {earlier} above")));
            }
        }
        Ok(())
    }

    /// The picture a row speaks of. An unknown one is counted.
    fn picture<T: Table + OfPicture>(
        &mut self,
        sheet: &Sheet<T>,
        line: u64,
        row: &T,
    ) -> Result<Option<Found>> {
        let key = row.image_key();
        if key.page == 0 {
            return Err(sheet.wrong(line, "page", "pages count from 1".into()));
        }
        let name = picture_name(&key);
        let found = *self.matched.entry(key).or_insert_with_key(|key| {
            self.pictures.find(key).map(|(image, by)| {
                let ImageRow { id, width, height, .. } = *image;
                Found { image: id, width, height, by }
            })
        });
        if found.is_none() {
            *self.imported.unknown.entry(name).or_default() += 1;
        }
        Ok(found)
    }

    /// `preprint.id` of this version, else of the only one that may be it.
    fn paper(&self, name: &str, version: &str) -> Option<i64> {
        let versions = self.papers.get(name)?;
        versions.get(version).copied().or_else(|| {
            let mut candidates =
                versions.iter().filter(|(found, _)| version.is_empty() || found.is_empty());
            let (_, id) = candidates.next()?;
            candidates.next().is_none().then_some(*id)
        })
    }
}

impl Writes {
    fn apply(
        self,
        store: &mut Store,
        mut imported: Imported,
    ) -> std::result::Result<Imported, StoreError> {
        let mut panels = Panels::of(store)?;
        for panel in self.panels {
            match panels.known.get(&(panel.image, panel.bounds)) {
                Some((_, known)) => {
                    imported.panels.present += 1;
                    imported.differing_panels += usize::from(*known != panel);
                }
                None => {
                    imported.panels.added += 1;
                    panels.id(store, panel)?;
                }
            }
        }
        let mut held = Held::new(store.decisions()?.into_iter().map(|decision| NewDecision {
            stage: decision.stage,
            subject: decision.subject,
            value: decision.value,
            evidence: decision.evidence,
            span: decision.span,
            curator: decision.curator,
            time: decision.time,
            note: decision.note,
        }));
        for PlannedDecision { panel, mut decision } in self.decisions {
            let image = decision.subject.image;
            let drawn = |bounds| bare_panel(image, bounds, &decision.curator);
            if let Some(Value::Crop(boxes)) = &decision.value {
                for bounds in boxes {
                    panels.id(store, drawn(*bounds))?;
                }
            }
            let panel = panel.map(|bounds| panels.id(store, drawn(bounds))).transpose()?;
            decision.subject.panel = panel;
            let is_new = !held.take(&decision);
            if is_new {
                store.decide(&decision)?;
            }
            imported.decisions.count(is_new);
        }
        let mut held = Held::new(store.case_history()?);
        for case in self.cases {
            let is_new = !held.take(&case);
            if is_new {
                store.add_case(&case)?;
            }
            imported.cases.count(is_new);
        }
        for (name, PlannedSplit { how, parts }) in self.splits {
            let mut ids = Vec::with_capacity(parts.len());
            for ((image, bounds), part) in parts {
                ids.push((panels.id(store, bare_panel(image, bounds, "auto"))?, part));
            }
            if ids.is_empty() {
                continue;
            }
            ids.sort_unstable();
            let split = Split { name, how, parts: ids };
            let is_new = store.split(&split.name)?.as_ref() != Some(&split);
            if is_new {
                store.save_split(&split)?;
            }
            imported.splits.count(is_new);
        }
        Ok(imported)
    }
}

/// The panels of the database with their ids, growing as the import adds to them.
struct Panels {
    known: HashMap<(i64, PanelBox), (i64, NewPanel)>,
}

impl Panels {
    fn of(store: &Store) -> std::result::Result<Self, StoreError> {
        let known = store
            .panels()?
            .into_iter()
            .map(|(id, panel)| ((panel.image, panel.bounds), (id, panel)))
            .collect();
        Ok(Self { known })
    }

    /// The id of the panel with these bounds, added where there is none.
    fn id(&mut self, store: &Store, panel: NewPanel) -> std::result::Result<i64, StoreError> {
        if let Some((id, _)) = self.known.get(&(panel.image, panel.bounds)) {
            return Ok(*id);
        }
        let id = store.panel(&panel)?;
        self.known.insert((panel.image, panel.bounds), (id, panel));
        Ok(id)
    }
}

/// A panel that a decision or a split names and `panels.csv` does not.
fn bare_panel(image: i64, bounds: PanelBox, proposed_by: &str) -> NewPanel {
    NewPanel {
        image,
        bounds,
        letter: String::new(),
        sub_caption: String::new(),
        proposed_by: proposed_by.into(),
    }
}

/// Rows the database holds. Counted, as the same decision may rightly be there twice within a
/// second: made, taken back, made again.
struct Held<T>(HashMap<T, usize>);

impl<T: Eq + Hash> Held<T> {
    fn new(rows: impl IntoIterator<Item = T>) -> Self {
        let mut counts = HashMap::new();
        for row in rows {
            *counts.entry(row).or_default() += 1;
        }
        Self(counts)
    }

    /// Whether the database holds one more of this row; takes it.
    fn take(&mut self, row: &T) -> bool {
        match self.0.get_mut(row) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }
}

fn parse_panel<T: Table>(sheet: &Sheet<T>, line: u64, text: &str) -> Result<PanelBox> {
    text.parse().map_err(|problem| sheet.wrong(line, "panel", problem))
}

fn check_fit<T: Table>(
    sheet: &Sheet<T>,
    line: u64,
    column: &'static str,
    bounds: PanelBox,
    picture: Found,
) -> Result<()> {
    let Found { width, height, .. } = picture;
    if bounds.fits(width, height) {
        return Ok(());
    }
    let problem = format!("the panel {bounds} reaches outside its picture of {width} x {height} pixels");
    Err(sheet.wrong(line, column, problem))
}

fn check_author<T: Table>(sheet: &Sheet<T>, line: u64, curator: &str, time: &str) -> Result<()> {
    if curator.is_empty() {
        return Err(sheet.wrong(line, "curator", "expected the name of who decided".into()));
    }
    // Text order must be time order, so only one spelling is taken.
    let is_time = time
        .parse::<jiff::Timestamp>()
        .is_ok_and(|parsed| parsed.strftime("%Y-%m-%dT%H:%M:%SZ").to_string() == time);
    if is_time {
        return Ok(());
    }
    let problem = format!("'{time}' is no time in UTC such as 2020-03-27T12:00:00Z");
    Err(sheet.wrong(line, "time", problem))
}

fn picture_name(key: &ImageKey) -> String {
    let paper = paper_name(&key.preprint, &key.version);
    match key.xref {
        Some(xref) => format!("{paper} page {} xref {xref}", key.page),
        None => format!("{paper} page {} inline image", key.page),
    }
}

fn paper_name(name: &str, version: &str) -> String {
    if version.is_empty() { name.to_owned() } else { format!("{name} v{version}") }
}
