//! Where PDFs lie: those inside the workspace are noted relative to it, so that it may be moved.

use std::path::{Path, PathBuf};

use super::Store;

impl Store {
    /// A path as it is noted.
    pub(super) fn noted_path(&self, path: &str) -> String {
        let inside = Path::new(path).strip_prefix(&self.root).ok().and_then(Path::to_str);
        inside.filter(|inside| !inside.is_empty()).unwrap_or(path).to_owned()
    }

    /// Where a noted path leads now. One that an earlier version noted as absolute is looked for inside the
    /// workspace if nothing is there any more: the workspace may have been moved.
    pub(super) fn located_path(&self, noted: String) -> String {
        let path = Path::new(&noted);
        let found = if path.is_relative() {
            Some(self.root.join(path)).filter(|path| path.is_file())
        } else if path.is_file() {
            None
        } else {
            moved_with(&self.root, path)
        };
        found.and_then(|path| path.to_str().map(str::to_owned)).unwrap_or(noted)
    }
}

/// The file below `root` whose path ends as `lost` does, the longest such end first.
fn moved_with(root: &Path, lost: &Path) -> Option<PathBuf> {
    let parts: Vec<_> = lost.components().skip(1).collect();
    (1..parts.len())
        .map(|from| root.join(parts[from..].iter().collect::<PathBuf>()))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use crate::tests::scratch;

    #[test]
    fn a_pdf_inside_the_workspace_is_found_after_a_move() {
        let (folder, store) = scratch();
        let inside = folder.path().join("corpus/pdf/a.pdf");
        std::fs::create_dir_all(inside.parent().expect("folder")).expect("folder");
        std::fs::write(&inside, "").expect("file");
        let inside = inside.to_str().expect("UTF-8");
        assert_eq!(store.noted_path(inside), "corpus/pdf/a.pdf");
        assert_eq!(store.noted_path("/elsewhere/a.pdf"), "/elsewhere/a.pdf");
        for noted in [inside, "corpus/pdf/a.pdf", "/gone/since/corpus/pdf/a.pdf"] {
            assert_eq!(store.located_path(noted.into()), inside, "{noted}");
        }
        for lost in ["/gone/since/corpus/pdf/b.pdf", "b.pdf"] {
            assert_eq!(store.located_path(lost.into()), lost, "it is told as it was noted");
        }
    }
}
