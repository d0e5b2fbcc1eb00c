//! `covid-ct history`

use std::path::Path;

use crate::Workspace;
use crate::dataset::history::{Event, History, history};
use crate::store::Store;

use super::Outcome;
use crate::cli::HistoryArgs;

pub fn run(workspace: &Path, args: &HistoryArgs) -> anyhow::Result<Outcome> {
    let store = Store::open_to_read(&Workspace::new(workspace))?;
    let found = history(&store, &args.subject)?;
    if args.json {
        println!("{}", serde_json::to_string(&found)?);
    } else {
        found.iter().for_each(print);
    }
    Ok(Outcome::Done)
}

fn print(history: &History) {
    let version = match history.version.as_str() {
        "" => String::new(),
        version => format!(", version {version}"),
    };
    let panel = history.panel.as_ref().map_or(String::new(), |panel| format!(", panel {panel}"));
    println!("{}{version}, page {}{panel}", history.picture, history.page);
    if history.events.is_empty() {
        println!("  nothing was decided about it");
    }
    for event in &history.events {
        println!("  {}", told(event));
        let evidence = event.evidence.map_or(String::new(), |evidence| format!("{evidence}: "));
        match (evidence.as_str(), event.quote.as_str()) {
            ("", "") => {}
            (evidence, "") => println!("      from the {}", evidence.trim_end_matches(": ")),
            (evidence, quote) => println!("      {evidence}“{quote}”"),
        }
        if !event.note.is_empty() {
            println!("      note: {}", event.note);
        }
    }
}

/// `2020-04-01T00:00:00Z  ann  diagnose  covid  (panel 0,0,10,10)`
fn told(event: &Event) -> String {
    let what = match (&event.value, &event.took_back) {
        (Some(value), _) if value.is_empty() => "no panels".to_owned(),
        (Some(value), _) => value.clone(),
        (None, Some(before)) => format!("took back: {before}"),
        (None, None) => "took back".to_owned(),
    };
    let panel = event.panel.as_ref().map_or(String::new(), |panel| format!("  (panel {panel})"));
    let replaced = if event.value.is_some() && !event.in_force { "  (no longer)" } else { "" };
    let adjudicates = if event.adjudicates { "  (adjudicates)" } else { "" };
    format!(
        "{}  {}  {}  {what}{panel}{adjudicates}{replaced}",
        event.time, event.curator, event.stage
    )
}
