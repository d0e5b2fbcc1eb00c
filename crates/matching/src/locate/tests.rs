//! Pieces cut out of generated pictures, scaled, are found where they were cut.

use image::Luma;
use image::imageops::crop_imm;

use super::*;

/// Smooth texture without a period.
fn texture(width: u32, height: u32) -> GrayImage {
    GrayImage::from_fn(width, height, |x, y| {
        let (x, y) = (f64::from(x), f64::from(y));
        let waves = (x / 17.0 + (y / 23.0).sin() * 2.0).sin()
            + (y / 11.0 + (x / 31.0).cos() * 3.0).sin()
            + ((x * y) / 4000.0).cos();
        Luma([(waves * 40.0 + 125.0) as u8])
    })
}

#[test]
fn a_scaled_piece_is_found_within_a_pixel() {
    let figure = texture(700, 420);
    let (x, y, w, h) = (301, 87, 180, 140);
    let piece = crop_imm(&figure, x, y, w, h).to_image();
    for scale in [0.5, 0.77, 1.0, 1.31, 2.0] {
        let template = resized(&piece, scale, scale);
        let place = locate(&template, &figure).expect("found");
        let edges = [(place.x0, x), (place.y0, y), (place.x1, x + w), (place.y1, y + h)];
        assert!(
            edges.iter().all(|(at, of)| (at - f64::from(*of)).abs() < 1.0),
            "{scale}: {place:?}"
        );
        assert!(place.score > 0.98, "{scale}: {place:?}");
        assert!((place.scale(template.width()) - scale).abs() < 0.02, "{scale}: {place:?}");
    }
}

#[test]
fn the_whole_picture_is_a_piece_of_itself() {
    let figure = texture(300, 200);
    let place = locate(&figure, &figure).expect("found");
    assert!(
        place.score > 0.999 && place.x0.abs() < 0.2 && (place.x1 - 300.0).abs() < 0.2,
        "{place:?}"
    );
}

#[test]
fn what_is_not_there_scores_low_and_what_cannot_be_looked_for_is_nowhere() {
    let other = GrayImage::from_fn(120, 90, |x, y| Luma([((x * x + y * y * 3) % 255) as u8]));
    let figure = texture(500, 300);
    assert!(locate(&other, &figure).is_none_or(|place| place.score < 0.6));
    assert_eq!(locate(&GrayImage::new(50, 50), &figure), None, "no texture");
    assert_eq!(locate(&texture(3000, 2000), &figure), None, "too large");
    assert_eq!(locate(&texture(1, 1), &figure), None);
}
