use std::sync::LazyLock;

use image::{GrayImage, Luma, imageops};
use proptest::prelude::*;

use super::*;
use covid_ct_synth::compounds::phantoms;
use covid_ct_synth::copies::copies;

static SCANS: LazyLock<Vec<GrayImage>> = LazyLock::new(|| phantoms(12));

fn sketches(pictures: &[GrayImage]) -> Vec<Sketch> {
    pictures.iter().map(Sketch::of).collect()
}

fn same(pictures: &[GrayImage]) -> Vec<(usize, usize)> {
    let related = pairs(&sketches(pictures), &());
    let same = related.into_iter().filter(|pair| pair.kinship == Kinship::Same);
    same.map(|pair| (pair.one, pair.other)).collect()
}

#[test]
fn copies_are_found_and_nothing_else() {
    for round in 0..2 {
        let mut pictures = SCANS.clone();
        pictures.extend(copies(&SCANS, 3, round).into_iter().map(|copy| copy.picture));
        let wanted: Vec<(usize, usize)> = (0..SCANS.len()).map(|i| (i, SCANS.len() + i)).collect();
        assert_eq!(same(&pictures), wanted, "round {round}");
    }
}

#[test]
fn a_mirrored_copy_is_said_to_be_one() {
    let mut pictures = SCANS[..1].to_vec();
    pictures.push(imageops::flip_horizontal(&SCANS[0]));
    let found = pairs(&sketches(&pictures), &());
    assert_eq!(found.len(), 1);
    assert!(found[0].mirrored && found[0].detail > 0.99, "{found:?}");
}

#[test]
fn the_map_tells_where_a_crop_lies() {
    let scan = &SCANS[1];
    let (width, height) = scan.dimensions();
    let crop = imageops::crop_imm(scan, width / 10, 0, width - width / 10, height).to_image();
    let found = pairs(&sketches(&[scan.clone(), crop]), &());
    let Map { scale, offset } = found[0].map;
    assert!((scale[0] - 1.111).abs() < 0.01 && (scale[1] - 1.0).abs() < 0.01, "{scale:?}");
    assert!((offset[0] + 0.111).abs() < 0.01 && offset[1].abs() < 0.01, "{offset:?}");
}

#[test]
fn flat_and_tiny_pictures_are_no_copies() {
    let flat = GrayImage::from_pixel(200, 100, Luma([7]));
    let tiny = GrayImage::from_fn(2, 1, |x, _| Luma([200 * x as u8]));
    assert_eq!(same(&[flat.clone(), flat, tiny.clone(), tiny]), []);
}

#[test]
fn order_and_threads_do_not_matter() {
    let mut pictures = SCANS[..6].to_vec();
    pictures.extend(copies(&SCANS[..6], 8, 0).into_iter().map(|copy| copy.picture));
    let sketches = sketches(&pictures);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| pairs(&sketches, &()))
    };
    assert_eq!(with(1), with(3));
}

/// Scans and two copies of each, all changes at once and one.
fn scans_and_copies(seed: u64) -> Vec<Sketch> {
    let mut pictures = SCANS.clone();
    for round in 0..2 {
        pictures.extend(copies(&SCANS, seed, round).into_iter().map(|copy| copy.picture));
    }
    sketches(&pictures)
}

#[test]
fn the_index_finds_what_a_look_at_each_finds() {
    let sketches = scans_and_copies(5);
    let none = vec![false; sketches.len()];
    let indexed = index::couples(&sketches, &none, &());
    let each = screen::each(&sketches, &none, &());
    assert!(indexed.len() < each.len() / 3, "{} of {}", indexed.len(), each.len());
    assert_eq!(related(&sketches, &indexed, &()), related(&sketches, &each, &()));
}

#[test]
fn a_turned_pair_lies_as_the_other_way_round() {
    let scan = &SCANS[2];
    let (width, height) = scan.dimensions();
    let mut crop = imageops::crop_imm(scan, width / 12, 0, width - width / 12, height).to_image();
    for mirrored in [false, true] {
        if mirrored {
            imageops::flip_horizontal_in_place(&mut crop);
        }
        let [there, back] = [[scan, &crop], [&crop, scan]].map(|[one, other]| {
            let found = pairs(&[Sketch::of(one), Sketch::of(other)], &());
            assert_eq!((found.len(), found[0].mirrored), (1, mirrored));
            found[0]
        });
        let turned = there.turned();
        assert_eq!((turned.one, turned.other), (1, 0));
        for axis in 0..2 {
            let (scale, offset) = (turned.map.scale[axis], turned.map.offset[axis]);
            assert!((scale - back.map.scale[axis]).abs() < 0.01, "{there:?} {back:?}");
            assert!((offset - back.map.offset[axis]).abs() < 0.01, "{there:?} {back:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn new_pictures_add_what_a_look_at_all_finds(
        seed in 0_u64..1000, known in prop::collection::vec(any::<bool>(), 36),
    ) {
        let sketches = scans_and_copies(seed);
        let mut found = pairs_with_new(&sketches, &known, &());
        let places: Vec<usize> = (0..known.len()).filter(|place| known[*place]).collect();
        let before: Vec<&Sketch> = places.iter().map(|place| &sketches[*place]).collect();
        let before = pairs(&before, &()).into_iter();
        found.extend(before.map(|p| Pair { one: places[p.one], other: places[p.other], ..p }));
        found.sort_by_key(|pair| (pair.one, pair.other));
        prop_assert_eq!(found, pairs(&sketches, &()));
    }

    #[test]
    fn a_packed_picture_is_what_it_was(pixels in prop::collection::vec(any::<u8>(), 128 * 128)) {
        let picture = GrayImage::from_vec(128, 128, pixels.clone()).expect("a picture");
        prop_assert_eq!(Sketch::of(&picture).pixels(false), pixels);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn brightness_contrast_and_mirroring_do_not_matter(
        index in 0_usize..12, gain in 0.6_f32..1.0, shift in 0.0_f32..100.0, mirrored in any::<bool>(),
    ) {
        let scan = SCANS[index].clone();
        let mut other = scan.clone();
        for pixel in other.pixels_mut() {
            pixel.0[0] = (f32::from(pixel.0[0]) * gain + shift * (1.0 - gain)) as u8;
        }
        if mirrored {
            imageops::flip_horizontal_in_place(&mut other);
        }
        prop_assert_eq!(same(&[scan.clone(), other.clone()]), [(0, 1)]);
        prop_assert_eq!(same(&[other, scan]), [(0, 1)]);
    }

    #[test]
    fn any_picture_can_be_sketched(
        width in 1_u32..9, height in 1_u32..9, pixels in prop::collection::vec(any::<u8>(), 64),
    ) {
        let picture = GrayImage::from_fn(width, height, |x, y| Luma([pixels[(y * 8 + x) as usize]]));
        let pair = pairs(&sketches(&[picture.clone(), picture]), &());
        prop_assert!(pair.iter().all(|pair| pair.correlation.is_finite()));
    }
}
