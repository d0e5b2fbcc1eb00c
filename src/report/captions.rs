//! The captions of pictures that runs were measured on: what the database has, else the dataset's MetaInfo.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::ReportError;
use super::runs::RunSummary;
use super::samples::{NamedPanel, caption_of, excerpt};
use crate::Workspace;
use crate::covid_ct::release::{captions_of, split_extension};
use crate::store::{DocumentRow, Store};

/// Characters of a caption shown beside a wrong prediction.
const EXCERPT: usize = 300;

/// Finds the caption of every wrong prediction. A MetaInfo that cannot be read is named in `problems`.
pub fn add_captions(
    runs: &mut [RunSummary],
    workspace: &Workspace,
    store: &Store,
    documents: &[DocumentRow],
    panels: &[NamedPanel],
    problems: &mut Vec<String>,
) -> Result<(), ReportError> {
    let of_names = panels.iter().flat_map(|panel| {
        let published = panel.panel.file_name.as_deref().filter(|_| panel.panel.index.is_none());
        published.into_iter().chain([panel.name.as_str()]).map(move |name| (name, panel))
    });
    let by_name: HashMap<&str, &NamedPanel> = of_names.collect();
    let mut meta_infos: HashMap<PathBuf, HashMap<String, String>> = HashMap::new();
    for evaluation in runs.iter_mut().flat_map(RunSummary::every_evaluation) {
        let root = workspace.root().join(&evaluation.metrics.data);
        for wrong in &mut evaluation.wrong {
            let caption = match by_name.get(wrong.told.file.as_str()) {
                Some(NamedPanel { panel, .. }) if !panel.sub_caption.is_empty() => {
                    panel.sub_caption.clone()
                }
                Some(NamedPanel { panel, .. }) => caption_of(store, documents, panel)?,
                None => String::new(),
            };
            let caption = if caption.is_empty() {
                let known =
                    meta_infos.entry(root.clone()).or_insert_with(|| meta_info(&root, problems));
                known.get(split_extension(&wrong.told.file).0).cloned().unwrap_or_default()
            } else {
                caption
            };
            wrong.caption = excerpt(&caption, EXCERPT);
        }
    }
    Ok(())
}

/// By the pictures' names without extension. A dataset that is gone has none.
fn meta_info(root: &Path, problems: &mut Vec<String>) -> HashMap<String, String> {
    captions_of(root).unwrap_or_else(|error| {
        problems.push(error.to_string());
        HashMap::new()
    })
}
