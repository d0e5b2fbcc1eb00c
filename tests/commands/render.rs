//! Renderings by a worker process.

use std::path::Path;
use std::time::Duration;

use covid_ct::extract::{Options, Region, RenderError, RenderRequest, Renderer, render};
use covid_ct::pdf::Rect;
use covid_ct_core::{ObjectStore, sha256_hex};

/// A page of 100 x 100 points with a black square of 10 points at its lower left corner.
const PDF: &[u8] = b"%PDF-1.4
1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj
2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj
3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Contents 4 0 R/Resources<<>>>> endobj
4 0 obj <</Length 14>> stream
0 0 10 10 re f
endstream endobj
trailer <</Root 1 0 R>>
";

fn options(folder: &Path) -> Options {
    Options {
        program: crate::common::worker_program(),
        objects: folder.join("objects"),
        jobs: 1,
        timeout: Duration::from_mins(1),
        memory: 2048,
        limits: covid_ct::pdf::Limits::DEFAULT,
    }
}

fn region(page: u32, bbox: Option<Rect>, dpi: Option<f32>) -> Region {
    Region { page, bbox, dpi, file: None }
}

#[test]
fn regions_go_to_the_object_store_and_pages_to_files() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let (path, file) = (folder.path().join("x.pdf"), folder.path().join("page.png"));
    std::fs::write(&path, PDF).expect("write");
    let whole = Region { file: Some(file.clone()), ..region(1, None, Some(72.0)) };
    let corner = region(1, Some(Rect::new(0.0, 90.0, 10.0, 100.0)), None);
    let request = RenderRequest {
        path,
        sha256: sha256_hex(PDF),
        regions: vec![whole, region(2, None, None), corner],
    };
    let drawn = render(&options(folder.path()), &request).expect("renders");

    let page = drawn[0].as_ref().expect("page");
    assert_eq!((page.width, page.height, &page.object), (100, 100, &None));
    assert_eq!(image::open(&file).expect("PNG").into_luma8().get_pixel(5, 95).0, [0]);
    let error = drawn[1].as_ref().expect_err("no such page");
    assert!(error.contains("has 1 pages"), "{error}");
    let corner = drawn[2].as_ref().expect("corner");
    assert_eq!((corner.width, corner.height, corner.dpi.round() as i32), (42, 42, 302));
    let objects = ObjectStore::open(&folder.path().join("objects")).expect("store");
    let bytes = objects.read(corner.object.as_ref().expect("object")).expect("read");
    let picture = image::load_from_memory(&bytes).expect("PNG").into_luma8();
    // The last row and column reach beyond the box by a third of a pixel.
    assert!((0..41).all(|at| picture.get_pixel(at, at).0 == [0]));
}

#[test]
fn a_changed_or_missing_document_is_an_error_and_the_worker_goes_on() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("x.pdf");
    std::fs::write(&path, PDF).expect("write");
    let mut renderer = Renderer::start(&options(folder.path())).expect("starts");
    let mut request = RenderRequest { path, sha256: String::new(), regions: Vec::new() };
    let error = renderer.render(&request).expect_err("changed");
    assert!(error.to_string().contains("changed since it was ingested"), "{error}");
    request.sha256 = sha256_hex(PDF);
    assert_eq!(renderer.render(&request).expect("renders"), []);
    request.path = folder.path().join("gone.pdf");
    assert!(matches!(renderer.render(&request), Err(RenderError::Document { .. })));
}

#[test]
fn a_worker_that_stalls_is_given_up() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("x.pdf");
    std::fs::write(&path, PDF).expect("write");
    let options = Options { timeout: Duration::ZERO, ..options(folder.path()) };
    let regions = vec![region(1, Some(Rect::new(0.0, 0.0, 100.0, 100.0)), Some(1200.0)); 20];
    let request = RenderRequest { path, sha256: sha256_hex(PDF), regions };
    let error = render(&options, &request).expect_err("stalls");
    assert!(error.to_string().contains("took longer than 0 s"), "{error}");
}
