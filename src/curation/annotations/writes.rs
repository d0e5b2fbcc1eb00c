//! What an import is about to write, and the writing of it: rows the database holds are skipped.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use super::matching::MatchedBy;
use crate::store::{Case, CaseDetails, NamedSplit, NewDecision, NewPanel, Result, Store};
use covid_ct_core::{PanelBox, Split, Value};

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
    /// Splits of which the database held one of the same name and other panels.
    pub replaced_splits: Vec<String>,
    /// Pictures and papers that rows speak of and the database lacks, and how many rows do.
    pub unknown: BTreeMap<String, usize>,
}

/// A decision whose panel may not have an id yet.
pub struct PlannedDecision {
    pub panel: Option<PanelBox>,
    pub decision: NewDecision,
}

pub struct PlannedSplit {
    pub how: serde_json::Value,
    pub parts: BTreeMap<(i64, PanelBox), Split>,
}

/// What is about to be written.
#[derive(Default)]
pub struct Writes {
    pub panels: Vec<NewPanel>,
    pub decisions: Vec<PlannedDecision>,
    pub cases: Vec<Case>,
    pub splits: BTreeMap<String, PlannedSplit>,
}

impl Writes {
    /// Writes all that the database does not hold yet, and counts both.
    pub fn apply(self, store: &mut Store, mut imported: Imported) -> Result<Imported> {
        let mut panels = Panels::of(store)?;
        add_panels(self.panels, store, &mut panels, &mut imported)?;
        add_decisions(self.decisions, store, &mut panels, &mut imported)?;
        add_cases(self.cases, store, &mut imported)?;
        add_splits(self.splits, store, &mut panels, &mut imported)?;
        Ok(imported)
    }
}

fn add_panels(
    rows: Vec<NewPanel>,
    store: &Store,
    panels: &mut Panels,
    imported: &mut Imported,
) -> Result<()> {
    for panel in rows {
        let known = panels.known.get(&(panel.image, panel.bounds));
        imported.panels.count(known.is_none());
        imported.differing_panels +=
            usize::from(known.is_some_and(|(_, known)| differ(known, &panel)));
        panels.id(store, panel)?;
    }
    Ok(())
}

/// A row without its sub-caption, which an export may leave out, differs in nothing by that.
fn differ(known: &NewPanel, row: &NewPanel) -> bool {
    let left_out = row.sub_caption.is_empty();
    known.letter != row.letter
        || known.proposed_by != row.proposed_by
        || !left_out && known.sub_caption != row.sub_caption
}

/// Panels that only a decision names are drawn by its curator.
fn add_decisions(
    rows: Vec<PlannedDecision>,
    store: &Store,
    panels: &mut Panels,
    imported: &mut Imported,
) -> Result<()> {
    let mut held = HeldDecisions::new(store.decisions()?.into_iter().map(NewDecision::from));
    for PlannedDecision { panel, mut decision } in rows {
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
    Ok(())
}

fn add_cases(rows: Vec<Case>, store: &Store, imported: &mut Imported) -> Result<()> {
    let history = store.case_history()?;
    let mut held = Held::new(history.clone());
    for case in rows {
        let is_shortened = || history.iter().any(|here| is_shortened(here, &case));
        let is_new = !held.take(&case) && !is_shortened();
        if is_new {
            store.add_case(&case)?;
        }
        imported.cases.count(is_new);
    }
    Ok(())
}

/// Whether a row is one that the database holds, less details that an export may leave out.
fn is_shortened(here: &Case, row: &Case) -> bool {
    let CaseDetails { medical_history, severity, other_diseases, .. } = &row.details;
    let or_left_out = |told: &String, here: &String| {
        if told.is_empty() { here.clone() } else { told.clone() }
    };
    let details = CaseDetails {
        medical_history: or_left_out(medical_history, &here.details.medical_history),
        severity: or_left_out(severity, &here.details.severity),
        other_diseases: or_left_out(other_diseases, &here.details.other_diseases),
        ..row.details.clone()
    };
    Case { details, ..row.clone() } == *here
}

fn add_splits(
    rows: BTreeMap<String, PlannedSplit>,
    store: &mut Store,
    panels: &mut Panels,
    imported: &mut Imported,
) -> Result<()> {
    for (name, PlannedSplit { how, parts }) in rows {
        let mut ids = Vec::with_capacity(parts.len());
        for ((image, bounds), part) in parts {
            ids.push((panels.id(store, bare_panel(image, bounds, "auto"))?, part));
        }
        if ids.is_empty() {
            continue;
        }
        ids.sort_unstable();
        let split = NamedSplit { name, how, parts: ids };
        let held = store.split(&split.name)?;
        let is_new = held.as_ref() != Some(&split);
        imported.splits.count(is_new);
        if is_new {
            store.save_split(&split)?;
            imported.replaced_splits.extend(held.map(|held| held.name));
        }
    }
    Ok(())
}

/// The panels of the database with their ids, growing as the import adds to them.
struct Panels {
    known: HashMap<(i64, PanelBox), (i64, NewPanel)>,
}

impl Panels {
    fn of(store: &Store) -> Result<Self> {
        let known = store
            .panels()?
            .into_iter()
            .map(|(id, panel)| ((panel.image, panel.bounds), (id, panel)))
            .collect();
        Ok(Self { known })
    }

    /// The id of the panel with these bounds, added where there is none.
    fn id(&mut self, store: &Store, panel: NewPanel) -> Result<i64> {
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

/// Decisions the database holds: the spans left of each that is otherwise alike. A row without its
/// span, which an export may leave out, is any of them.
struct HeldDecisions(HashMap<NewDecision, Vec<String>>);

impl HeldDecisions {
    fn new(decisions: impl IntoIterator<Item = NewDecision>) -> Self {
        let mut spans: HashMap<_, Vec<_>> = HashMap::new();
        for mut decision in decisions {
            let span = std::mem::take(&mut decision.span);
            spans.entry(decision).or_default().push(span);
        }
        Self(spans)
    }

    /// Whether the database holds one more of this decision; takes it.
    fn take(&mut self, row: &NewDecision) -> bool {
        let key = NewDecision { span: String::new(), ..row.clone() };
        let Some(spans) = self.0.get_mut(&key) else { return false };
        let same = spans.iter().position(|span| *span == row.span);
        let left_out = || (row.span.is_empty() && !spans.is_empty()).then_some(0);
        let Some(found) = same.or_else(left_out) else { return false };
        spans.swap_remove(found);
        true
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
