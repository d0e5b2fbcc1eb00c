//! Why nothing is left to ask, and what comes next.

use super::asked::is_of_panels;
use super::options::{QueueOptions, Which};
use super::queue::{By, Queue};
use crate::store::{Result, Store};
use crate::task;
use covid_ct_core::Stage;

/// What a stage asks about, as many of them.
pub(super) fn things(stage: Stage, count: usize) -> String {
    let thing = if is_of_panels(stage) { "panel" } else { "picture" };
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

fn are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

/// The first stage, in the order of the work, with something left for `by`, and how much.
///
/// # Errors
/// The database's.
pub fn next_stage(
    store: &Store,
    by: By<'_>,
    options: &QueueOptions,
) -> Result<Option<(Stage, usize)>> {
    let open = QueueOptions { which: Which::Open, ..options.clone() };
    for &stage in Stage::all() {
        let left = Queue::build(store, stage, by, &open)?.tasks.len();
        if left > 0 {
            return Ok(Some((stage, left)));
        }
    }
    Ok(None)
}

/// The command that comes next for `by`, in a sentence.
///
/// # Errors
/// The database's.
pub fn next_command(store: &Store, by: By<'_>, options: &QueueOptions) -> Result<String> {
    if store.images()?.is_empty() {
        return Ok("There are no pictures yet. Next: `covid-ct ingest PATH`.".into());
    }
    if let Some((stage, left)) = next_stage(store, by, options)? {
        return Ok(format!("Next: `covid-ct label {stage}` ({} left).", things(stage, left)));
    }
    let mut disputed = 0;
    for &stage in Stage::all() {
        disputed += disputes(store, stage)?;
    }
    if disputed > 0 {
        let disputes = if disputed == 1 { "dispute is" } else { "disputes are" };
        return Ok(format!("{disputed} {disputes} left. Next: `covid-ct label adjudicate`."));
    }
    let labelled = store.labelled_panels()?.iter().any(|panel| panel.label.is_some());
    Ok(if !labelled {
        "No panel has a class, so there is nothing to export.".into()
    } else if store.split_names()?.is_empty() {
        "Everything is decided. Next: `covid-ct split`, then `covid-ct export`.".into()
    } else {
        "Everything is decided. Next: `covid-ct export`.".into()
    })
}

fn disputes(store: &Store, stage: Stage) -> Result<usize> {
    Ok(store.verdicts(stage)?.values().filter(|verdict| !verdict.agreed).count())
}

/// Why nothing is left of `stages` for a curator, and what comes next, a sentence each.
pub(super) fn why(
    store: &Store,
    curator: &str,
    stages: &[Stage],
    options: &QueueOptions,
) -> Result<Vec<String>> {
    let mut told = Vec::new();
    if options.is_narrowed() {
        told.push("Only some papers were asked about, as the options say.".into());
    }
    match options.which {
        Which::Disputed => told.push("Curators disagree on nothing else.".into()),
        Which::Decided => told.push(format!("{curator} has decided nothing else here.")),
        Which::Flagged => {
            told.push(format!("{curator} has left a note on nothing else here."));
        }
        Which::SecondReading(share) => told.push(format!(
            "Of what others decided, nothing of this sample ({share} of all) is left for {curator}; \
             --share 1 asks about all."
        )),
        Which::Open => {
            if let &[stage] = stages {
                told.extend(of_stage(store, curator, stage, options)?);
            }
        }
    }
    told.push(next_command(store, By::Curator(curator), options)?);
    Ok(told)
}

/// `a CT`: what a picture is called that is wanted.
pub(super) fn the_wanted() -> &'static str {
    let task = task::in_force();
    let sheet = task.question(task.selecting()).and_then(|question| question.sheet.as_ref());
    sheet.map_or("wanted", |sheet| &sheet.one)
}

/// What a stage waits for.
fn of_stage(
    store: &Store,
    curator: &str,
    stage: Stage,
    options: &QueueOptions,
) -> Result<Vec<String>> {
    let by = By::Curator(curator);
    let queue = Queue::build(store, stage, by, options)?;
    let mut told = Vec::new();
    match queue.done {
        _ if !queue.tasks.is_empty() => {
            let left = queue.tasks.len();
            told.push(format!("Skipped, and asked about next time: {}.", things(stage, left)));
        }
        0 => told.push(match stage {
            _ if stage == task::in_force().selecting() => {
                "There is no picture to ask about.".to_owned()
            }
            _ if is_of_panels(stage) && task::in_force().crop.is_asked => {
                "No picture is cropped yet.".to_owned()
            }
            _ => format!("No picture is called {} yet.", the_wanted()),
        }),
        done => told
            .push(format!("All that have come to {stage} are decided: {}.", things(stage, done))),
    }
    let before = Stage::all().iter().take_while(|before| **before != stage);
    for &before in before {
        // A case needs panels, and everything a selection; nothing needs another question.
        if before.is_question() && before != task::in_force().selecting() {
            continue;
        }
        let left = Queue::build(store, before, by, options)?.tasks.len();
        if left > 0 {
            let what = things(before, left);
            told.push(format!("{what} {} left at {before}, which comes before.", are(left)));
        }
        let disputed = disputes(store, before)?;
        if disputed > 0 {
            let what = things(before, disputed);
            told.push(format!(
                "{what} {} disputed at {before}: `covid-ct label adjudicate` settles that.",
                are(disputed)
            ));
        }
    }
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::super::scripted::Bench;
    use super::*;

    fn told(bench: &Bench, stage: Stage) -> String {
        let options = QueueOptions::default();
        why(&bench.store, "ann", &[stage], &options).expect("told").join(" ")
    }

    #[test]
    fn an_empty_queue_says_why_and_what_comes_next() {
        let mut bench = Bench::new();
        assert_eq!(
            told(&bench, Stage::Crop),
            "No picture is called a CT yet. 2 pictures are left at select, which comes before. \
             Next: `covid-ct label select` (2 pictures left)."
        );
        bench.run(Stage::Select, "c\nn\n");
        assert_eq!(
            told(&bench, Stage::Select),
            "All that have come to select are decided: 2 pictures. Next: `covid-ct label diagnose` \
             (1 picture left)."
        );
        let case = told(&bench, Stage::Case);
        assert!(
            case.starts_with("No picture is cropped yet. 1 picture is left at crop,"),
            "{case}"
        );
        bench.type_as("bob", Some(Stage::Select), "n\nn\n");
        let disputed = told(&bench, Stage::Diagnose);
        assert!(disputed.contains("1 picture is disputed at select"), "{disputed}");
        assert!(disputed.ends_with("Next: `covid-ct label adjudicate`."), "{disputed}");
        let again = QueueOptions { which: Which::Decided, ..QueueOptions::default() };
        bench.type_with(&again, "bob", Some(Stage::Select), "c\n\n");
        bench.type_as("ann", None, &format!("c\n\n\n{}", "\n".repeat(8)));
        let done = told(&bench, Stage::Case);
        assert!(done.ends_with("Next: `covid-ct split`, then `covid-ct export`."), "{done}");
    }
}
