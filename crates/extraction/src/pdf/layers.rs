//! Optional content: which layers a viewer shows by default (ISO 32000-1, 8.11), read as MuPDF does.

use std::collections::{HashMap, HashSet};

use mupdf::pdf::PdfObject;

use super::object::{elements, entry, name, name_at, xref};

/// Groups of the document by object number, and whether the default configuration shows them.
#[derive(Debug, Clone, Default)]
pub(super) struct Layers {
    shown: HashMap<u32, bool>,
}

impl Layers {
    pub(super) fn read(catalog: &PdfObject) -> Self {
        let Some(properties) = entry(catalog, "OCProperties") else { return Self::default() };
        let listed = |dictionary: Option<&PdfObject>, key: &str| -> HashSet<u32> {
            let list = dictionary.and_then(|dictionary| entry(dictionary, key));
            list.iter().flat_map(elements).filter_map(|group| xref(&group)).collect()
        };
        let config = entry(&properties, "D");
        let base = config.as_ref().and_then(|config| name_at(config, "BaseState"));
        let (on, off) = (listed(config.as_ref(), "ON"), listed(config.as_ref(), "OFF"));
        let by_default = base.as_deref() != Some(b"OFF");
        let shown = listed(Some(&properties), "OCGs")
            .into_iter()
            .map(|group| (group, !off.contains(&group) && (by_default || on.contains(&group))))
            .collect();
        Self { shown }
    }

    /// Whether what is marked with `layer`, a group or a membership dictionary, is not shown.
    pub(super) fn hide(&self, layer: &PdfObject) -> bool {
        if self.shown.is_empty() {
            return false;
        }
        match name_at(layer, "Type").as_deref() {
            Some(b"OCG") => self.hide_group(layer),
            Some(b"OCMD") => self.hide_members(layer),
            _ => false,
        }
    }

    fn hide_group(&self, group: &PdfObject) -> bool {
        let state = xref(group).and_then(|xref| self.shown.get(&xref)).copied().unwrap_or(true);
        let intents: Vec<Vec<u8>> = match entry(group, "Intent") {
            None => vec![b"View".to_vec()],
            Some(intent) => match name(&intent) {
                Some(intent) => vec![intent],
                None => elements(&intent).filter_map(|intent| name(&intent)).collect(),
            },
        };
        let for_viewing = intents.iter().any(|intent| matches!(&**intent, b"View" | b"All"));
        let view = entry(group, "Usage").and_then(|usage| entry(&usage, "View"));
        let turned_off =
            view.and_then(|view| name_at(&view, "ViewState")).as_deref() == Some(b"OFF");
        !state || !for_viewing || turned_off
    }

    /// By the policy `P`; visibility expressions are not read, as MuPDF does not.
    fn hide_members(&self, membership: &PdfObject) -> bool {
        let expression = entry(membership, "VE").is_some_and(|ve| ve.is_array().unwrap_or(false));
        let Some(groups) = entry(membership, "OCGs").filter(|_| !expression) else { return false };
        let hidden: Vec<bool> = if groups.is_array().unwrap_or(false) {
            elements(&groups).map(|group| self.hide_group(&group)).collect()
        } else {
            vec![self.hide_group(&groups)]
        };
        match name_at(membership, "P").as_deref() {
            _ if hidden.is_empty() => false,
            Some(b"AllOn") => hidden.contains(&true),
            Some(b"AnyOff") => !hidden.contains(&true),
            Some(b"AllOff") => hidden.contains(&false),
            _ => !hidden.contains(&false),
        }
    }
}
