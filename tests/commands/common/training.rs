//! Datasets to train on in a test.

use std::path::Path;

use image::{GrayImage, Luma};

/// A dataset that anyone can tell apart: per class 10 pictures to train on, 3 to validate, 3 to test, each
/// class numbered through. COVID is bright, non-COVID dark; `size` tells how large a picture is.
pub fn bright_and_dark(folder: &Path, size: impl Fn(u32) -> (u32, u32)) {
    for (class, bright) in [("COVID", true), ("NonCOVID", false)] {
        let images = folder.join(format!("Images-processed/CT_{class}"));
        std::fs::create_dir_all(&images).expect("folder");
        let mut number = 0;
        for (part, count) in [("train", 10), ("val", 3), ("test", 3)] {
            let mut files = Vec::new();
            for _ in 0..count {
                let file = format!("{class}-{number}.png");
                textured(number, size(number), bright).save(images.join(&file)).expect("picture");
                files.push(file);
                number += 1;
            }
            write_list(folder, class, part, &files);
        }
    }
}

pub fn write_list(folder: &Path, class: &str, part: &str, files: &[String]) {
    let lists = folder.join(format!("Data-split/{class}"));
    std::fs::create_dir_all(&lists).expect("folder");
    std::fs::write(lists.join(format!("{part}CT_{class}.txt")), files.join("\n")).expect("list");
}

/// No two of a brightness are alike.
pub fn textured(number: u32, (width, height): (u32, u32), bright: bool) -> GrayImage {
    GrayImage::from_fn(width, height, |x, y| {
        let texture = (x * 7 + y * 13 + number * 31) % 40;
        Luma([texture as u8 + if bright { 190 } else { 20 }])
    })
}
