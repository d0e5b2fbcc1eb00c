//! Which panels must not be torn apart by a split.

use std::collections::{BTreeMap, HashMap};

use crate::store::LabelledPanel;
use covid_ct_core::{PanelBox, string_enum};

string_enum! {
    /// What stays together.
    pub enum GroupBy {
        /// All panels that may show one patient: of one paper, in all its versions, and of papers tied to
        /// it by a picture or a scan that both show.
        Group = "group",
        /// The panels of one case of one paper, in all its versions.
        Patient = "patient",
        /// All panels of one paper, in all its versions.
        Paper = "paper",
    }
}

/// Whose panel it is, in names that hold in any database.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Owner {
    Paper {
        paper: String,
    },
    Case {
        paper: String,
        case: String,
    },
    /// Of a panel without a case: the picture it was cut from.
    Picture(Picture),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Picture {
    Extracted {
        paper: String,
        sha256: String,
    },
    /// Releases come in pieces of pictures; the name tells which picture.
    Released {
        paper: String,
        page: u32,
        xref: Option<u32>,
    },
}

impl Picture {
    fn of(panel: &LabelledPanel) -> Self {
        let paper = panel.preprint_name.clone();
        match panel.file_name {
            Some(_) => Self::Released { paper, page: panel.page, xref: panel.xref },
            None => Self::Extracted { paper, sha256: panel.object.sha256.clone() },
        }
    }
}

impl Owner {
    fn of(panel: &LabelledPanel, by: GroupBy) -> Self {
        let paper = panel.preprint_name.clone();
        match (by, &panel.case) {
            (GroupBy::Group | GroupBy::Paper, _) => Self::Paper { paper },
            (GroupBy::Patient, Some(case)) => Self::Case { paper, case: case.clone() },
            (GroupBy::Patient, None) => Self::Picture(Picture::of(panel)),
        }
    }
}

/// Indices into `panels`, group by group, in an order that no database id enters.
///
/// By patient, a panel without a case forms a group with all others of its picture, and joins that
/// group to the cases of those: whose scan it is, nobody said. Panels of the same pixels, in two
/// versions or two papers, are one group whatever their owners, and so are those that `ties` names.
pub fn groups(panels: &[LabelledPanel], by: GroupBy, ties: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut joined = Joined::new(panels.len());
    for &(one, other) in ties {
        joined.join(one, other);
    }
    let mut owners: HashMap<Owner, usize> = HashMap::new();
    let mut pixels: HashMap<(&str, PanelBox), usize> = HashMap::new();
    let mut pictures: HashMap<Picture, Vec<usize>> = HashMap::new();
    for (index, panel) in panels.iter().enumerate() {
        joined.join(index, *owners.entry(Owner::of(panel, by)).or_insert(index));
        let cut = (panel.object.sha256.as_str(), panel.bounds);
        joined.join(index, *pixels.entry(cut).or_insert(index));
        pictures.entry(Picture::of(panel)).or_default().push(index);
    }
    for of_picture in pictures.values() {
        if of_picture.iter().any(|&index| panels[index].case.is_none()) {
            for pair in of_picture.windows(2) {
                joined.join(pair[0], pair[1]);
            }
        }
    }
    let mut groups: BTreeMap<usize, (Option<Owner>, Vec<usize>)> = BTreeMap::new();
    for (index, panel) in panels.iter().enumerate() {
        let (first, members) = groups.entry(joined.root(index)).or_default();
        let owner = Owner::of(panel, by);
        if first.as_ref().is_none_or(|first| owner < *first) {
            *first = Some(owner);
        }
        members.push(index);
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.sort();
    groups.into_iter().map(|(_, members)| members).collect()
}

/// Disjoint sets.
struct Joined(Vec<usize>);

impl Joined {
    fn new(len: usize) -> Self {
        Self((0..len).collect())
    }

    fn root(&mut self, mut index: usize) -> usize {
        while self.0[index] != index {
            self.0[index] = self.0[self.0[index]];
            index = self.0[index];
        }
        index
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.0[one.max(other)] = one.min(other);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::figures::ImageOrigin;
    use covid_ct_core::{Label, ObjectId};

    /// A panel of picture `bytes` of `paper`.
    pub fn panel(paper: &str, bytes: &str, case: Option<&str>, label: Label) -> LabelledPanel {
        LabelledPanel {
            id: 0,
            image: 0,
            index: None,
            bounds: PanelBox::whole(8, 8),
            letter: String::new(),
            sub_caption: String::new(),
            object: ObjectId { sha256: bytes.into(), extension: "png".into() },
            origin: ImageOrigin::Decoded,
            width: 8,
            height: 8,
            xref: Some(1),
            page: 1,
            rendering_of: None,
            file_name: None,
            preprint: 1,
            preprint_name: paper.into(),
            preprint_version: String::new(),
            document_sha256: String::new(),
            label: Some(label),
            answers: Vec::new(),
            conflict: false,
            case: case.map(Into::into),
            scan_time: None,
            decisions: Vec::new(),
        }
    }

    fn half(mut panel: LabelledPanel, x: u32) -> LabelledPanel {
        panel.bounds = PanelBox { x, y: 0, w: 4, h: 8 };
        panel
    }

    #[test]
    fn a_case_is_one_group_in_all_versions_of_its_paper_only() {
        let mut second = panel("a", "2", Some("Patient 1"), Label::COVID);
        second.preprint_version = "2".into();
        let panels = [
            panel("a", "1", Some("Patient 1"), Label::COVID),
            panel("b", "3", Some("Patient 1"), Label::COVID),
            second,
        ];
        assert_eq!(groups(&panels, GroupBy::Patient, &[]), [vec![0, 2], vec![1]]);
    }

    #[test]
    fn panels_of_two_patients_in_one_picture_may_part() {
        let panels = [
            half(panel("a", "1", Some("Patient 1"), Label::COVID), 0),
            half(panel("a", "1", Some("Patient 2"), Label::COVID), 4),
        ];
        assert_eq!(groups(&panels, GroupBy::Patient, &[]), [vec![0], vec![1]]);
        assert_eq!(groups(&panels, GroupBy::Paper, &[]), [vec![0, 1]]);
    }

    #[test]
    fn a_panel_without_a_case_stays_with_its_picture() {
        let panels = [
            half(panel("a", "1", Some("Patient 1"), Label::COVID), 0),
            half(panel("a", "1", None, Label::COVID), 4),
            panel("a", "2", None, Label::COVID),
            panel("a", "3", Some("Patient 1"), Label::COVID),
        ];
        assert_eq!(groups(&panels, GroupBy::Patient, &[]), [vec![0, 1, 3], vec![2]]);
    }

    #[test]
    fn pieces_of_a_released_picture_stay_together() {
        let piece = |bytes, name: &str| {
            let mut piece = panel("noncovid-jpg-18", bytes, None, Label::NON_COVID);
            piece.file_name = Some(name.into());
            piece
        };
        let panels = [piece("1", "18%0.jpg"), piece("2", "18%1.jpg")];
        assert_eq!(groups(&panels, GroupBy::Patient, &[]), [[0, 1]]);
    }

    #[test]
    fn the_same_pixels_in_two_papers_are_one_group() {
        let panels = [
            panel("a", "1", Some("Patient 1"), Label::COVID),
            panel("b", "1", Some("Patient 9"), Label::COVID),
        ];
        assert_eq!(groups(&panels, GroupBy::Paper, &[]), [[0, 1]]);
    }

    #[test]
    fn a_tie_joins_papers_and_all_that_is_theirs() {
        let panels = [
            panel("a", "1", Some("Patient 1"), Label::COVID),
            panel("b", "2", None, Label::NON_COVID),
            panel("b", "3", None, Label::NON_COVID),
            panel("c", "4", None, Label::NON_COVID),
        ];
        assert_eq!(groups(&panels, GroupBy::Group, &[(0, 2)]), [vec![0, 1, 2], vec![3]]);
        assert_eq!(groups(&panels, GroupBy::Patient, &[(0, 2)]), [vec![0, 2], vec![1], vec![3]]);
    }
}
