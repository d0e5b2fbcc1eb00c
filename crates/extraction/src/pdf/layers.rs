//! Optional content: which layers a viewer shows by default (ISO 32000-1, 8.11). Groups are read as MuPDF does.

use std::collections::{HashMap, HashSet};

use mupdf::pdf::PdfObject;

use super::object::{elements, entry, name, name_at, xref};

/// Groups of the document by object number, and whether the default configuration shows them.
#[derive(Debug, Clone, Default)]
pub(super) struct Layers {
    shown: HashMap<u32, bool>,
}

/// Expressions within expressions that are looked into.
const DEEPEST: u32 = 32;

impl Layers {
    /// The policy of a membership dictionary without groups that is never shown.
    pub(super) const NEVER: &str = "AllOff";

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

    /// By the visibility expression, or else by the policy `P`.
    fn hide_members(&self, membership: &PdfObject) -> bool {
        let expression = entry(membership, "VE").filter(|ve| ve.is_array().unwrap_or(false));
        if let Some(shown) = expression.and_then(|expression| self.shows(&expression, 0)) {
            return !shown;
        }
        let policy = name_at(membership, "P");
        let groups = entry(membership, "OCGs");
        let hidden: Vec<bool> = match &groups {
            Some(groups) if groups.is_array().unwrap_or(false) => {
                let there = elements(groups).filter(|group| group.is_dict().unwrap_or(false));
                there.map(|group| self.hide_group(&group)).collect()
            }
            Some(group) => vec![self.hide_group(group)],
            None => Vec::new(),
        };
        match policy.as_deref() {
            // Without groups a policy has no effect (ISO 32000-1, Table 99), but that with which
            // `Mender` writes that something is never shown.
            _ if hidden.is_empty() => {
                groups.is_none() && policy.as_deref() == Some(Self::NEVER.as_bytes())
            }
            Some(b"AllOn") => hidden.contains(&true),
            Some(b"AnyOff") => !hidden.contains(&true),
            Some(b"AllOff") => hidden.contains(&false),
            _ => !hidden.contains(&false),
        }
    }

    /// What a visibility expression comes to: a group, or an array of an operator and what it is applied to
    /// (ISO 32000-1, 8.11.2.2). `None` for what is no expression.
    fn shows(&self, expression: &PdfObject, depth: u32) -> Option<bool> {
        if !expression.is_array().unwrap_or(false) {
            return expression.is_dict().unwrap_or(false).then(|| !self.hide_group(expression));
        }
        if depth > DEEPEST {
            return None;
        }
        let operator = name(&expression.get_array(0).ok().flatten()?)?;
        let mut terms =
            elements(expression).skip(1).filter_map(|term| self.shows(&term, depth + 1));
        match &*operator {
            b"And" => Some(terms.all(|shown| shown)),
            b"Or" => Some(terms.any(|shown| shown)),
            b"Not" => terms.next().map(|shown| !shown),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use mupdf::pdf::PdfDocument;

    use super::*;

    /// Layers of which object 1 is shown and 2 is not, and whether they hide this membership dictionary.
    fn hides(membership: &str) -> bool {
        let mut document = PdfDocument::new();
        let mut add = |text: &str| {
            let object = document.new_object_from_str(text).expect("object");
            document.add_object(&object).expect("added").as_indirect().expect("xref")
        };
        let (on, off) = (add("<</Type/OCG/Name(on)>>"), add("<</Type/OCG/Name(off)>>"));
        let catalog =
            format!("<</OCProperties<</OCGs[{on} 0 R {off} 0 R]/D<</OFF[{off} 0 R]>>>>>>");
        let catalog = document.new_object_from_str(&catalog).expect("catalog");
        let membership =
            membership.replace("ON", &format!("{on} 0 R")).replace("OFF", &format!("{off} 0 R"));
        let object = format!("<</Type/OCMD{membership}>>");
        let object = document.new_object_from_str(&object).expect("membership");
        Layers::read(&catalog).hide(&object)
    }

    #[test]
    fn each_policy_counts_its_groups() {
        for (groups, any_on, all_on, any_off, all_off) in [
            ("[ON]", true, true, false, false),
            ("[OFF]", false, false, true, true),
            ("[ON OFF]", true, false, true, false),
            ("[OFF ON ON]", true, false, true, false),
            ("OFF", false, false, true, true),
            ("[]", true, true, true, true),
            ("[null]", true, true, true, true),
        ] {
            let shown = |policy: &str| !hides(&format!("/P/{policy}/OCGs {groups}"));
            assert_eq!(!hides(&format!("/OCGs {groups}")), any_on, "{groups}");
            assert_eq!(shown("AnyOn"), any_on, "{groups}");
            assert_eq!(shown("AllOn"), all_on, "{groups}");
            assert_eq!(shown("AnyOff"), any_off, "{groups}");
            assert_eq!(shown("AllOff"), all_off, "{groups}");
        }
    }

    #[test]
    fn an_expression_stands_above_the_policy() {
        for (expression, shown) in [
            ("[/Not OFF]", true),
            ("[/Not ON]", false),
            ("[/And ON OFF]", false),
            ("[/Or ON OFF]", true),
            ("[/And ON[/Not OFF]]", true),
            ("[/Or OFF[/And ON[/Not ON]]]", false),
        ] {
            assert_eq!(
                !hides(&format!("/VE{expression}/OCGs[OFF]/P/AllOff")),
                shown,
                "{expression}"
            );
        }
        // What is no expression does not count.
        assert!(hides("/VE[/Xor ON ON]/OCGs[OFF]"));
        let deep = format!("/VE{}ON{}/OCGs[OFF]", "[/Not ".repeat(200), "]".repeat(200));
        assert!(hides(&deep));
    }
}
