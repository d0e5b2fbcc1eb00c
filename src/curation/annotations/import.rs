//! From CSV to the database. All is read and checked before anything is written, and all that is
//! written lands in one transaction.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use super::matching::{MatchedBy, Pictures};
use super::pictures::{PictureHashes, PictureRow};
use super::tables::{Lined, OfPicture, Sheet, Table};
use super::writes::{Imported, PlannedDecision, PlannedSplit, Writes};
use super::{AnnotationsError, Result, TAKEN_BACK, YES};
use crate::perceptual_hash::PerceptualHash;
use crate::store::{Case, CaseDetails, ImageRow, NewDecision, NewPanel, Store, Subject};
use covid_ct_core::{
    CaseRow, DecisionRow, ImageKey, PanelBox, PanelRow, Split, SplitRow, Stage, Value,
};

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
    super::check_task(folder)?;
    let (panels, cases, splits) =
        (Sheet::<PanelRow>::read(folder)?, Sheet::<CaseRow>::read(folder)?, Sheet::read(folder)?);
    let mut plan = Plan::new(store)?;
    if let Some(pictures) = Sheet::<PictureRow>::read(folder)? {
        plan.pictures(&pictures)?;
    }
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

/// The files, checked against each other and against the pictures of the database.
struct Plan {
    pictures: Pictures,
    /// What the pictures that rows speak of look like, by SHA-256, where the folder tells.
    wanted: HashMap<String, PerceptualHash>,
    looks: PictureHashes,
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
            wanted: HashMap::new(),
            looks: PictureHashes::new(store),
            matched: HashMap::new(),
            papers,
            writes: Writes::default(),
            imported: Imported::default(),
        })
    }

    fn pictures(&mut self, sheet: &Sheet<PictureRow>) -> Result<()> {
        for Lined { line, row } in &sheet.rows {
            let look = row.look.parse().map_err(|problem| sheet.wrong(*line, "look", problem))?;
            self.wanted.insert(row.image_sha256.clone(), look);
        }
        Ok(())
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
            let adjudicates = match row.adjudicates.as_str() {
                "" => false,
                YES => true,
                other => {
                    let problem = format!("'{other}' is neither {YES} nor empty");
                    return Err(wrong("adjudicates", problem));
                }
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
                adjudicates,
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
            let part: Split = row.part.parse().map_err(|problem| wrong("part", problem))?;
            let how: serde_json::Value = serde_json::from_str(&row.how)
                .map_err(|error| wrong("how", format!("expected JSON: {error}")))?;
            let bounds = parse_panel(sheet, *line, &row.panel)?;
            let found = self.picture(sheet, *line, row)?;
            let split = self
                .writes
                .splits
                .entry(row.split.clone())
                .or_insert_with(|| PlannedSplit { how: how.clone(), parts: BTreeMap::new() });
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
            let found = match self.wanted.get(&key.image_sha256) {
                Some(look) => self.pictures.find_like(key, *look, |image| self.looks.of(image)),
                None => self.pictures.find(key),
            };
            found.map(|(image, by)| {
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
    let problem =
        format!("the panel {bounds} reaches outside its picture of {width} x {height} pixels");
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
