//! Who the patients of a paper are and what is known of them, by the case decisions in force.
//!
//! Every reader numbers patients as they come: a name is that reader's own. What counts is who shares a
//! patient with whom. So the names of each reader are matched with those of the readers before, by the
//! panels that they share, and the patient is called what the first reader calls it. Details go with the
//! case decision: a patient's are what the readers whose decisions count told of it, each under the name
//! they use.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::decisions::{Standing, Within};
use super::verdicts::Verdict;
use super::{Case, CaseDetails, Result, Store, Subject};
use covid_ct_core::Value;

/// A case decision that counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'a> {
    pub subject: Subject,
    pub curator: &'a str,
    /// The curator's own.
    pub name: &'a str,
    /// When the curator first decided on the subject, and the decision's id.
    pub first: (&'a str, i64),
    pub adjudicates: bool,
}

impl<'a> Told<'a> {
    /// What a decision tells of `subject`; `None` where it is of no case.
    pub fn of(subject: Subject, standing: &'a Standing) -> Option<Self> {
        let Standing { decision, first } = standing;
        let Some(Value::Case { name, .. }) = &decision.value else { return None };
        Some(Self {
            subject,
            curator: &decision.curator,
            name,
            first: (first, decision.id),
            adjudicates: decision.adjudicates,
        })
    }
}

/// Follows the name of a patient in all, in the words of a reader who gives that name to another.
const IN_ALL: &str = " (in all)";

/// What the readers of one paper call its patients.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// By curator: the name in all by the curator's own.
    common: HashMap<String, BTreeMap<String, String>>,
}

impl Names {
    /// Matches names reader by reader, in the order in which they came to the paper: two are one patient
    /// that share the most panels, each name taken once. One that shares none is taken by its word, but
    /// where that word is known to be another patient.
    ///
    /// Names that differ in nothing but capitals and blanks are one, spelled as it was first.
    pub(super) fn of(told: &[Told<'_>]) -> Self {
        let spelled = Spelled::of(told);
        let as_told = told;
        let told: Vec<Told<'_>> =
            told.iter().map(|said| Told { name: spelled.first(said.name), ..*said }).collect();
        let mut came: BTreeMap<&str, (&str, i64)> = BTreeMap::new();
        for said in &told {
            let first = came.entry(said.curator).or_insert(said.first);
            *first = said.first.min(*first);
        }
        let mut curators: Vec<_> = came.into_iter().map(|(curator, at)| (at, curator)).collect();
        curators.sort_unstable();
        let mut names = Self::default();
        let mut called: HashMap<Subject, String> = HashMap::new();
        let mut known: HashSet<String> = HashSet::new();
        for (_, curator) in curators {
            let own: Vec<&Told<'_>> = told.iter().filter(|said| said.curator == curator).collect();
            let of_curator = matched(curator, &own, &called, &known);
            for said in &own {
                called.entry(said.subject).or_insert_with(|| of_curator[said.name].clone());
            }
            known.extend(of_curator.values().cloned());
            names.common.insert(curator.to_owned(), of_curator);
        }
        for said in as_told {
            let Some(of_curator) = names.common.get_mut(said.curator) else { continue };
            if let Some(common) = of_curator.get(spelled.first(said.name)).cloned() {
                of_curator.insert(said.name.to_owned(), common);
            }
        }
        names
    }

    /// What the patient that `curator` calls `own` is called in all.
    pub fn common<'a>(&'a self, curator: &str, own: &'a str) -> &'a str {
        let of_curator = self.common.get(curator);
        of_curator.and_then(|names| names.get(own)).map_or(own, String::as_str)
    }

    /// What `curator` calls, or is to call, the patient that is called `common` in all.
    pub fn own(&self, curator: &str, common: &str) -> String {
        let of_curator = self.common.get(curator);
        let mut own = of_curator.into_iter().flatten().filter(|(_, other)| *other == common);
        match own.next() {
            Some((own, _)) => own.clone(),
            // The curator has given the word to another patient.
            None if of_curator.is_some_and(|names| names.contains_key(common)) => {
                format!("{common}{IN_ALL}")
            }
            None => common.to_owned(),
        }
    }
}

/// The common name of each that a curator uses. `called` has what readers before call the subjects, `known`
/// the names they use.
fn matched(
    curator: &str,
    own: &[&Told<'_>],
    called: &HashMap<Subject, String>,
    known: &HashSet<String>,
) -> BTreeMap<String, String> {
    let mut shared: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    // Who adjudicates has the names of all in view.
    for said in own.iter().filter(|said| !said.adjudicates) {
        if let Some(common) = called.get(&said.subject) {
            *shared.entry((said.name, common)).or_default() += 1;
        }
    }
    let read: BTreeSet<&str> = shared.keys().map(|(name, _)| *name).collect();
    let mut pairs: Vec<_> = shared.into_iter().collect();
    pairs.sort_by_key(|&((own, common), count)| (Reverse(count), own != common, own, common));
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut taken: HashSet<&str> = HashSet::new();
    for ((own, common), _) in pairs {
        if !names.contains_key(own) && taken.insert(common) {
            names.insert(own.to_owned(), common.to_owned());
        }
    }
    for said in own {
        if names.contains_key(said.name) {
            continue;
        }
        if let Some(common) = said.name.strip_suffix(IN_ALL) {
            names.insert(said.name.to_owned(), common.to_owned());
            continue;
        }
        let is_another =
            taken.contains(said.name) || read.contains(said.name) && known.contains(said.name);
        let name = if is_another { format!("{} ({curator})", said.name) } else { said.name.into() };
        names.insert(said.name.to_owned(), name);
    }
    names
}

/// What one reader tells of a patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub curator: String,
    pub details: CaseDetails,
    /// RFC 3339, UTC.
    pub time: String,
}

/// A patient of a paper as the decisions in force have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patient {
    /// `preprint.id`
    pub preprint: i64,
    /// In all, local to the paper.
    pub name: String,
    /// What the readers told, put together: a field that one left empty is what another said.
    pub details: CaseDetails,
    /// Those that count, the first reader's first.
    pub statements: Vec<Statement>,
    /// Fields in which they differ, by name.
    pub disputed: Vec<&'static str>,
    /// What is of this patient, ascending.
    pub subjects: Vec<Subject>,
}

/// All that the case decisions of some papers amount to.
#[derive(Debug)]
pub(super) struct CaseRead {
    pub verdicts: HashMap<Subject, Verdict>,
    /// By `preprint.id`.
    pub names: HashMap<i64, Names>,
    /// By paper, then name.
    pub patients: Vec<Patient>,
}

/// The patients that decisions tell of, with what `rows` tell of them.
pub(super) fn gather(
    told: &BTreeMap<i64, Vec<Told<'_>>>,
    names: &HashMap<i64, Names>,
    rows: Vec<Case>,
) -> Vec<Patient> {
    // Oldest first, so that what is left is the newest.
    let mut newest: HashMap<(i64, String, String), Case> = HashMap::new();
    let mut by_name: HashMap<(i64, String), Vec<Case>> = HashMap::new();
    for row in rows {
        by_name.entry((row.preprint, row.name.clone())).or_default().push(row.clone());
        newest.insert((row.preprint, row.curator.clone(), row.name.clone()), row);
    }
    let mut patients = Vec::new();
    for (&preprint, told) in told {
        let mut of_patient: BTreeMap<&str, Vec<&Told<'_>>> = BTreeMap::new();
        for said in told {
            let common =
                names.get(&preprint).map_or(said.name, |n| n.common(said.curator, said.name));
            of_patient.entry(common).or_default().push(said);
        }
        for (name, mut said) in of_patient {
            said.sort_by_key(|said| said.first);
            let row = |said: &Told<'_>| {
                newest.get(&(preprint, said.curator.to_owned(), said.name.to_owned()))
            };
            let mut statements =
                statements(said.iter().filter_map(|said| Some((*said, row(said)?))));
            if statements.is_empty() {
                // Earlier versions wrote no row for a reader who took what another had told.
                let rows =
                    said.iter().filter_map(|said| by_name.get(&(preprint, said.name.to_owned())));
                statements.extend(rows.flatten().max_by_key(|row| &row.time).map(Statement::of));
            }
            let subjects: BTreeSet<Subject> = said.iter().map(|said| said.subject).collect();
            let (details, disputed) = together(&statements);
            patients.push(Patient {
                preprint,
                name: name.to_owned(),
                details,
                statements,
                disputed,
                subjects: subjects.into_iter().collect(),
            });
        }
    }
    patients
}

impl Statement {
    fn of(row: &Case) -> Self {
        let Case { curator, details, time, .. } = row.clone();
        Self { curator, details, time }
    }
}

/// What counts of the rows: one of each curator; what was told before somebody settled it is overruled.
fn statements<'a>(said: impl Iterator<Item = (&'a Told<'a>, &'a Case)>) -> Vec<Statement> {
    let (mut rows, mut settled): (Vec<&Case>, Option<&Case>) = (Vec::new(), None);
    for (said, row) in said {
        if !rows.contains(&row) {
            rows.push(row);
        }
        if said.adjudicates {
            settled = settled.filter(|settled| settled.time > row.time).or(Some(row));
        }
    }
    rows.retain(|row| settled.is_none_or(|settled| *row == settled || row.time > settled.time));
    rows.into_iter().map(Statement::of).collect()
}

/// The details that statements amount to, and the names of the fields in which they differ: there the first
/// counts.
fn together(statements: &[Statement]) -> (CaseDetails, Vec<&'static str>) {
    let mut details = CaseDetails::default();
    let mut disputed = Vec::new();
    for statement in statements {
        for (held, (name, said)) in details.fields_mut().into_iter().zip(statement.details.fields())
        {
            if held.is_empty() {
                said.clone_into(held);
            } else if !said.is_empty()
                && !same_detail(name, held, said)
                && !disputed.contains(&name)
            {
                disputed.push(name);
            }
        }
    }
    (details, disputed)
}

/// Whether two readers mean the same; of the sex, releases write words and the prompts letters.
fn same_detail(field: &str, one: &str, other: &str) -> bool {
    let sex = |text: &str| match text.trim().to_lowercase().as_str() {
        "f" | "female" | "woman" => Some('f'),
        "m" | "male" | "man" => Some('m'),
        _ => None,
    };
    same_words(one, other) || field == "sex" && sex(one).is_some() && sex(one) == sex(other)
}

/// Whether two texts differ in nothing but capitals and blanks.
pub(super) fn same_words(one: &str, other: &str) -> bool {
    one == other || words(one) == words(other)
}

fn words(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How each name of a paper was first spelled.
struct Spelled<'a>(HashMap<String, &'a str>);

impl<'a> Spelled<'a> {
    fn of(told: &[Told<'a>]) -> Self {
        let mut in_order: Vec<&Told<'a>> = told.iter().collect();
        in_order.sort_by_key(|said| said.first);
        let mut first = HashMap::new();
        for said in in_order {
            first.entry(words(said.name)).or_insert(said.name);
        }
        Self(first)
    }

    fn first<'b>(&'b self, name: &'b str) -> &'b str
    where
        'a: 'b,
    {
        self.0.get(&words(name)).copied().unwrap_or(name)
    }
}

impl Store {
    /// The patients that the case decisions in force tell of, by paper, then name.
    ///
    /// # Errors
    /// The database's.
    pub fn patients(&self, within: Within) -> Result<Vec<Patient>> {
        Ok(self.cases_read(within)?.patients)
    }

    /// What the readers of a `preprint.id` call its patients.
    ///
    /// # Errors
    /// The database's.
    pub fn patient_names(&self, preprint: i64) -> Result<Names> {
        let mut read = self.cases_read(Within::Preprint(preprint))?;
        Ok(read.names.remove(&preprint).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Readings such as `ann: 1=A, 2=B`: who says which patient is on which panel, in the order in which they
    /// came.
    fn names(readings: &[&str]) -> Names {
        let mut told = Vec::new();
        for (came, reading) in (0..).zip(readings) {
            let (curator, said) = reading.split_once(": ").expect("a curator");
            for pair in said.split(", ") {
                let (panel, name) = pair.split_once('=').expect("a panel");
                let subject = Subject::panel(1, panel.parse().expect("a number"));
                let first = ("2020-01-01T00:00:00Z", came);
                told.push(Told { subject, curator, name, first, adjudicates: curator == "eve" });
            }
        }
        Names::of(&told)
    }

    #[test]
    fn names_are_matched_by_the_panels_they_share() {
        let names = names(&["ann: 1=A, 2=B, 3=B, 4=C", "bob: 1=B, 2=C, 3=C"]);
        let common = |name| names.common("bob", name);
        assert_eq!((common("B"), common("C")), ("A", "B"));
        assert_eq!((names.common("ann", "B"), names.common("cat", "B")), ("B", "B"));
        assert_eq!(
            (names.own("bob", "A"), names.own("bob", "C")),
            ("B".into(), "C (in all)".into())
        );
        assert_eq!(names.own("ann", "A"), "A");
    }

    #[test]
    fn a_name_that_shares_no_panel_is_taken_by_its_word_unless_that_is_another() {
        let by_word = names(&["ann: 1=A, 2=B", "bob: 3=A, 4=D"]);
        assert_eq!((by_word.common("bob", "A"), by_word.common("bob", "D")), ("A", "D"));
        // Bob's B is A, so that his A, of which ann said nothing, is not.
        let shifted = names(&["ann: 1=A, 2=B", "bob: 1=B, 3=A"]);
        assert_eq!(shifted.common("bob", "A"), "A (bob)");
        let in_all = names(&["ann: 1=A, 2=B", "bob: 1=B, 3=B (in all)"]);
        assert_eq!(in_all.common("bob", "B (in all)"), "B", "as he was shown it");
    }

    #[test]
    fn capitals_and_blanks_make_no_other_patient() {
        let names =
            names(&["ann: 1=Patient 1, 2=patient  1, 3=Case 2", "bob: 1=PATIENT 1, 4=case 2"]);
        let common = |curator, name| names.common(curator, name).to_owned();
        assert_eq!(common("ann", "patient  1"), "Patient 1");
        assert_eq!(common("bob", "PATIENT 1"), "Patient 1");
        assert_eq!(common("bob", "case 2"), "Case 2");
    }

    #[test]
    fn who_divides_a_patient_keeps_the_larger_part() {
        let divided = names(&["ann: 1=A, 2=A, 3=A", "bob: 1=X, 2=X, 3=A"]);
        assert_eq!((divided.common("bob", "X"), divided.common("bob", "A")), ("A", "A (bob)"));
        // Who adjudicates has the names of all in view.
        let settled = names(&["ann: 1=A, 2=B", "eve: 1=B"]);
        assert_eq!(settled.common("eve", "B"), "B");
    }

    #[test]
    fn empty_fields_are_filled_and_differing_ones_disputed() {
        let said = |curator: &str, age: &str, sex: &str| Statement {
            curator: curator.into(),
            details: CaseDetails { age: age.into(), sex: sex.into(), ..CaseDetails::default() },
            time: String::new(),
        };
        let (details, disputed) = together(&[said("ann", "44", "female"), said("bob", "", "F")]);
        assert_eq!((&*details.age, &*details.sex, disputed), ("44", "female", vec![]));
        let (details, disputed) = together(&[said("ann", "", "F"), said("bob", "39", "M")]);
        assert_eq!((&*details.age, &*details.sex, disputed), ("39", "F", vec!["sex"]));
    }
}
