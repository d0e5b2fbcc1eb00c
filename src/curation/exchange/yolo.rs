//! YOLO as Ultralytics reads it (<https://docs.ultralytics.com/datasets/detect/>): a text file a picture, a line a
//! box: `CLASS X Y W H`, the middle and the sides as shares of the picture. Classes are numbered from 0.

use std::fmt::Write as _;
use std::path::Path;

use super::{
    Boxed, ExchangeError, PICTURES, Picture, Read, ReadPicture, Result, class, classes, read_text,
};
use crate::covid_ct::release::split_extension;

const LABELS: &str = "labels";
const NAMES: &str = "classes.txt";

pub(super) fn write(pictures: &[Picture]) -> Vec<(String, String)> {
    let classes = classes();
    let mut data = format!("path: .\ntrain: {PICTURES}\nval: {PICTURES}\nnames:\n");
    for (number, class) in classes.iter().enumerate() {
        let _ = writeln!(data, "  {number}: {class}");
    }
    let names = classes.join("\n") + "\n";
    let mut files = vec![("data.yaml".to_owned(), data), (NAMES.to_owned(), names)];
    for picture in pictures {
        let (width, height) = (f64::from(picture.image.width), f64::from(picture.image.height));
        let mut lines = String::new();
        for boxed in &picture.boxes {
            let number = classes.iter().position(|class| *class == boxed.class()).unwrap_or(0);
            let [x, y, w, h] =
                [boxed.bounds.x, boxed.bounds.y, boxed.bounds.w, boxed.bounds.h].map(f64::from);
            let (middle_x, middle_y) = ((x + w / 2.0) / width, (y + h / 2.0) / height);
            let _ = writeln!(lines, "{number} {middle_x} {middle_y} {} {}", w / width, h / height);
        }
        let stem = split_extension(&picture.name).0;
        files.push((format!("{LABELS}/{stem}.txt"), lines));
    }
    files
}

/// What YOLO has no place for.
pub(super) fn left_out(pictures: &[Picture]) -> Vec<String> {
    let boxes = || pictures.iter().flat_map(|picture| &picture.boxes);
    let count = |has: fn(&Boxed) -> bool| boxes().filter(|boxed| has(boxed)).count();
    let counts = [
        (count(|boxed| !boxed.letter.is_empty()), "letters"),
        (count(|boxed| !boxed.case.is_empty()), "cases"),
        (count(|boxed| !boxed.time.is_empty()), "times of scans"),
        (pictures.iter().filter(|picture| !picture.caption.is_empty()).count(), "captions"),
    ];
    let told = counts.into_iter().filter(|(count, _)| *count > 0);
    told.map(|(count, what)| format!("YOLO has no place for {count} {what}")).collect()
}

/// A box as it is written, in shares of a picture whose size only the database knows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shares {
    pub x: f64,
    pub y: f64,
    pub w: f64,
    pub h: f64,
}

/// Reads a folder; `size` tells how large the picture of this name is, `None` where there is none such.
pub(super) fn read(path: &Path, size: impl Fn(&str) -> Option<(u32, u32)>) -> Result<Read> {
    let wrong = |path: &Path, problem: &str| ExchangeError::Wrong {
        path: path.to_owned(),
        problem: problem.to_owned(),
    };
    let labels = if path.join(LABELS).is_dir() { path.join(LABELS) } else { path.to_owned() };
    let names = names(path)?;
    let entries = std::fs::read_dir(&labels)
        .map_err(|source| ExchangeError::Read { path: labels.clone(), source })?;
    let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "txt"));
    files.retain(|file| file.file_name().is_some_and(|name| name != NAMES));
    files.sort();
    if files.is_empty() {
        return Err(wrong(&labels, "no *.txt: expected a folder with labels/, as YOLO has it"));
    }
    let mut read = Read::default();
    for file in files {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = read_text(&file)?;
        let (width, height) = size(&stem).unwrap_or((1, 1));
        let mut boxes = Vec::new();
        for (line, row) in (1..).zip(text.lines()).filter(|(_, row)| !row.trim().is_empty()) {
            let told = |why: String| format!("{stem}.txt, line {line}: {why}");
            match boxed(row, &names) {
                Ok((shares, answer)) => match pixels(shares, width, height) {
                    Some(bounds) => boxes.push(Boxed { answer, ..Boxed::new(bounds) }),
                    None => read.left_out.push(told("it holds no pixel".into())),
                },
                Err(why) => read.left_out.push(told(why)),
            }
        }
        read.pictures.push(ReadPicture { name: stem, sha256: None, size: None, boxes });
    }
    Ok(read)
}

fn pixels(shares: Shares, width: u32, height: u32) -> Option<covid_ct_core::PanelBox> {
    let (width, height) = (f64::from(width), f64::from(height));
    let (w, h) = (shares.w * width, shares.h * height);
    super::rounded(shares.x * width - w / 2.0, shares.y * height - h / 2.0, w, h)
}

fn boxed(
    row: &str,
    names: &[String],
) -> std::result::Result<(Shares, Option<covid_ct_core::Symbol>), String> {
    let numbers: Vec<f64> = row
        .split_whitespace()
        .map(|number| number.parse().map_err(|_| format!("'{number}' is no number")))
        .collect::<std::result::Result<_, _>>()?;
    // A sixth number tells how sure a network was.
    let ([number, x, y, w, h] | [number, x, y, w, h, _]) = numbers[..] else {
        return Err("expected CLASS X Y W H; outlines and turned boxes are not taken".into());
    };
    if number < 0.0 || number.fract() != 0.0 {
        return Err(format!("{number} is no class"));
    }
    let name = names.get(number as usize).ok_or_else(|| format!("there is no class {number}"))?;
    Ok((Shares { x, y, w, h }, class(name)?))
}

/// The names of the classes: of `classes.txt`, or of `data.yaml`; ours where there is neither.
fn names(folder: &Path) -> Result<Vec<String>> {
    let list = folder.join(NAMES);
    if list.is_file() {
        return Ok(read_text(&list)?.lines().map(|name| name.trim().to_owned()).collect());
    }
    let data = folder.join("data.yaml");
    if !data.is_file() {
        return Ok(classes().into_iter().map(str::to_owned).collect());
    }
    let names = names_in(&read_text(&data)?);
    names.ok_or_else(|| ExchangeError::Wrong {
        path: data,
        problem: "expected names: [one, two] or a line '0: one' for each class".into(),
    })
}

/// The names in a `data.yaml`: `names: [a, b]`, or a line each.
fn names_in(yaml: &str) -> Option<Vec<String>> {
    let plain = |name: &str| name.trim().trim_matches(['"', '\'']).to_owned();
    let mut lines = yaml.lines().skip_while(|line| !line.starts_with("names:"));
    let first = lines.next()?.trim_start_matches("names:").trim();
    if let Some(list) = first.strip_prefix('[').and_then(|list| list.strip_suffix(']')) {
        return Some(list.split(',').map(plain).collect());
    }
    let of_list = lines.take_while(|line| line.starts_with([' ', '-']));
    let name = |line: &str| {
        let line = line.trim();
        let of_list = line.strip_prefix("- ");
        of_list.or_else(|| line.split_once(':').map(|(_, name)| name)).map(plain)
    };
    let names: Vec<String> = of_list.filter_map(name).collect();
    (!names.is_empty()).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_yaml_has_them() {
        let told = |yaml| names_in(yaml).map(|names| names.join("|"));
        assert_eq!(told("path: x\nnames: ['a', \"b c\"]\n").as_deref(), Some("a|b c"));
        assert_eq!(told("names:\n  0: a\n  1: b\nnc: 2\n").as_deref(), Some("a|b"));
        assert_eq!(told("names:\n- a\n- b\n").as_deref(), Some("a|b"));
        assert_eq!(told("nc: 2\n"), None);
    }
}
