//! Where a dataset's pictures come from, as far as its folder tells: what to resample together, and what to
//! tell apart.

use std::collections::HashMap;
use std::path::Path;

use super::Example;
use super::picture::dimensions;
use crate::covid_ct::release::{ReleasedName, numbered_kind};
use crate::dataset::layout::class_name;
use crate::dataset::{MANIFEST, Result, read_manifest};
use crate::metrics::{Origin, SizeBand};
use covid_ct_core::preprint_doi;

/// The origin of each example, in their order. The paper is what `MANIFEST.csv` in `root` says, as each
/// export writes it, and else what the picture's name says, as published; all patients of a paper are one
/// group. A picture that is only numbered is a group of its own.
///
/// # Errors
/// When there is a manifest that cannot be read.
pub fn origins(root: &Path, examples: &[Example]) -> Result<Vec<Origin>> {
    let manifest = root.join(MANIFEST);
    let rows = if manifest.is_file() { read_manifest(&manifest)? } else { Vec::new() };
    let papers: HashMap<String, String> = rows
        .into_iter()
        .filter(|row| row.is_picture() && !row.preprint.is_empty())
        .map(|row| (row.file, row.preprint))
        .collect();
    Ok(examples.iter().map(|example| origin(root, example, &papers)).collect())
}

fn origin(root: &Path, example: &Example, papers: &HashMap<String, String>) -> Origin {
    let inside = example.path.strip_prefix(root).unwrap_or(&example.path);
    // As the manifest separates folders.
    let inside: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
    let numbered = class_name(example.label).to_lowercase();
    let told = papers.get(&inside.join("/")).cloned();
    let group = told.unwrap_or_else(|| ReleasedName::parse(&example.file, &numbered).paper);
    let size = dimensions(&example.path)
        .map_or(SizeBand::Unknown, |(width, height)| SizeBand::of(width, height));
    Origin { source: source(&group), group, size }
}

/// As `split` tells sources apart: the server of a preprint, the kind of file of pictures that the
/// release only numbered.
fn source(paper: &str) -> String {
    if let Some((_, server)) = preprint_doi(paper) {
        return server.into();
    }
    numbered_kind(paper).map_or("other papers".into(), |kind| format!("numbered {kind}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use covid_ct_core::Label;
    use image::{GrayImage, ImageFormat};

    fn example(root: &Path, file: &str, label: Label, side: u32) -> Example {
        let path = root.join("Images-processed").join(format!("CT_{}", class_name(label)));
        std::fs::create_dir_all(&path).expect("folder");
        let path = path.join(file);
        // As some published ones are: a JPEG, whatever it is called.
        GrayImage::new(side, side + 9).save_with_format(&path, ImageFormat::Jpeg).expect("picture");
        Example { file: file.into(), path, list: "list.txt".into(), label }
    }

    #[test]
    fn the_manifest_tells_and_else_the_name() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let root = folder.path();
        let examples = [
            example(root, "2020.02.10.20021584-p6-52%0.png", Label::COVID, 100),
            example(root, "x.png", Label::COVID, 224),
            example(root, "17%1.png", Label::NON_COVID, 500),
        ];
        let told = |origins: Vec<Origin>| -> Vec<(String, String, SizeBand)> {
            origins.into_iter().map(|o| (o.group, o.source, o.size)).collect()
        };
        let row = |group: &str, source: &str, size| (group.into(), source.into(), size);
        let sizes = [SizeBand::Under224, SizeBand::From224, SizeBand::From448];
        let mut expected = [
            row("2020.02.10.20021584", "medrxiv", sizes[0]),
            row("x", "other papers", sizes[1]),
            row("noncovid-png-17", "numbered png", sizes[2]),
        ];
        assert_eq!(told(origins(root, &examples).expect("origins")), expected);

        let manifest = "name,sha256,crop,file,preprint\n\
            x.png,00,,Images-processed/CT_COVID/x.png,2020.02.10.123456\n";
        std::fs::write(root.join(MANIFEST), manifest).expect("manifest");
        expected[1] = row("2020.02.10.123456", "biorxiv", sizes[1]);
        assert_eq!(told(origins(root, &examples).expect("origins")), expected);

        std::fs::write(root.join(MANIFEST), "a,b\n").expect("manifest");
        let error = origins(root, &examples).expect_err("refused").to_string();
        assert!(error.contains(MANIFEST), "{error}");
    }
}
