//! What every whole-command test needs: a workspace of its own, the command to run in it, and papers
//! to put into it without reading a PDF.

pub mod disk;
pub mod terminal;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use covid_ct::Workspace;
use covid_ct::document::{Extraction, FoundFigure, FoundImage, FoundPlacement, PaperMeta};
use covid_ct::figures::{FigureKind, FigureRecord, ImageOrigin, Pairing};
use covid_ct::pdf::Matrix;
use covid_ct::store::Store;
use covid_ct::synth;
use covid_ct_core::{ObjectId, sha256_hex};

/// Makes a database what the sixth migration left, but for decisions, whose table a later one makes anew anyway.
pub const BACK_TO_SIX: &str =
    "DROP TABLE related; DROP TABLE compared; DROP TABLE document_objects;
     DROP TABLE object_place; DROP TABLE task; DROP TABLE upgrade; PRAGMA user_version = 6;";

/// A workspace that goes with the value.
pub struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("temporary folder") }
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    /// `covid-ct` in this workspace.
    pub fn command<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(crate::PROGRAM);
        command.env("COVID_CT_WORKSPACE", self.folder.path()).args(args);
        command
    }

    /// The program that reads PDFs, with `objects` here as its object store.
    pub fn worker(&self) -> Command {
        let mut command = Command::new(worker_program());
        command.args(["--memory", "4096", "--objects"]).arg(self.path("objects"));
        command
    }

    pub fn store(&self) -> Store {
        Store::open(&Workspace::new(self.folder.path())).expect("store")
    }
}

/// The program that reads PDFs: it lies beside the one under test.
pub fn worker_program() -> PathBuf {
    Path::new(crate::PROGRAM).with_file_name("covid-ct-worker")
}

/// Makes `script` the program `path`.
pub fn install_script(script: &str, path: &Path) {
    let written = path.with_extension("script");
    std::fs::write(&written, script).expect("written");
    install(&written, path);
}

/// Makes a copy of the file `from` the program `path`. Another process puts it there: one that other tests fork meanwhile
/// must not hold it open for writing.
pub fn install(from: &Path, path: &Path) {
    let mut install = std::process::Command::new("install");
    let installed = install.args(["-m", "755"]).args([from, path]).status();
    assert!(installed.expect("install").success());
}

/// What reading the paper `name` would find: no text, these pictures and figures.
pub fn extraction(name: &str, images: Vec<FoundImage>, figures: Vec<FoundFigure>) -> Extraction {
    Extraction {
        sha256: sha256_hex(name.as_bytes()),
        path: format!("{name}.pdf"),
        extractor: 1,
        paper: PaperMeta { name: name.into(), ..PaperMeta::default() },
        pages: Vec::new(),
        images,
        figures,
        suspects: Vec::new(),
    }
}

/// The object of a plain grey picture.
pub fn grey_object(store: &Store, (width, height): (u32, u32)) -> ObjectId {
    let mut png = std::io::Cursor::new(Vec::new());
    image::GrayImage::from_pixel(width, height, image::Luma([90]))
        .write_to(&mut png, image::ImageFormat::Png)
        .expect("png");
    store.objects().put(png.get_ref(), "png").expect("object")
}

/// A grey picture of `width` x `height` pixels, drawn once.
pub fn image_on(page: u32, xref: u32, object: ObjectId, (width, height): (u32, u32)) -> FoundImage {
    FoundImage {
        xref: Some(xref),
        object,
        width,
        height,
        colour_space: "DeviceGray".into(),
        filter: "FlateDecode".into(),
        origin: ImageOrigin::Decoded,
        file_name: None,
        furniture: false,
        tile_of: None,
        placements: vec![FoundPlacement {
            page,
            transform: Matrix::IDENTITY,
            bbox: Matrix::IDENTITY.unit_square(),
            clip: None,
            overlays: Vec::new(),
        }],
    }
}

/// Figure 1, which shows the first picture of its paper.
pub fn figure_on(page: u32, caption: &str) -> FoundFigure {
    FoundFigure {
        label: Some("Figure 1".into()),
        kind: FigureKind::Figure,
        caption: caption.into(),
        caption_page: Some(page),
        page: Some(page),
        images: vec![(0, 0)],
        pairing: Pairing::Below,
        confidence: 1.0,
        ..FoundFigure::default()
    }
}

/// The articles of the shared data that show chest CTs, on which `annotations/pmc-sample` decides.
pub const CT_ARTICLES: [&str; 7] = [
    "PMC7493721",
    "PMC7500500",
    "PMC7546332",
    "PMC7553375",
    "PMC7569564",
    "PMC7572017",
    "PMC7582078",
];

/// Says what is not tested here, where everybody sees it: what a test prints is shown only when it fails.
pub fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

/// The real documents, where this machine has them; says so where not.
pub fn shared_data() -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Beside the checkout, whichever crate of it this is.
    let beside = [own.join("../shared"), own.join("../../../shared")];
    let named = std::env::var_os("COVID_CT_SHARED").map(PathBuf::from);
    let places = named.map_or_else(|| beside.to_vec(), |named| vec![named]);
    if let Some(data) = places.iter().map(|place| place.join("data")).find(|data| data.is_dir()) {
        return Some(data);
    }
    skipped("../shared/data is not here");
    None
}

/// The published dataset, where this machine has it; says so where not.
pub fn published_release() -> Option<PathBuf> {
    let folder = shared_data()?.join("covid-ct");
    if folder.is_dir() {
        return Some(folder);
    }
    skipped(&format!("{} is not here", folder.display()));
    None
}

/// What a command printed.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Every file below `folder` with its bytes, by path.
pub fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.expect("entry"))
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let relative = entry.path().strip_prefix(folder).expect("below").to_owned();
            (relative, std::fs::read(entry.path()).expect("file"))
        })
        .collect()
}

/// Every row of every table, as text; SQLite's own file may differ in its pages.
pub fn rows(project: &Project) -> Vec<String> {
    let db = rusqlite::Connection::open(project.path("data/covid-ct.sqlite")).expect("database");
    let mut tables = db
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        .expect("schema");
    let tables: Vec<String> = tables
        .query_map([], |row| row.get(0))
        .expect("tables")
        .map(|t| t.expect("table"))
        .collect();
    let mut all = Vec::new();
    for table in tables {
        let mut query = db.prepare(&format!("SELECT * FROM {table}")).expect("table");
        let columns = query.column_count();
        let mut rows = query.query([]).expect("rows");
        while let Some(row) = rows.next().expect("row") {
            let values: Vec<String> =
                (0..columns).map(|i| format!("{:?}", row.get_ref(i).expect("value"))).collect();
            all.push(format!("{table} {}", values.join("|")));
        }
    }
    all
}

/// `count` synthetic papers in `folder/corpus`.
pub fn papers(folder: &Path, count: u32) -> PathBuf {
    let folder = folder.join("corpus");
    std::fs::create_dir_all(&folder).expect("folder");
    for index in 0..count {
        let paper = synth::paper(3, index).pdf;
        std::fs::write(folder.join(format!("paper-{index}.pdf")), paper).expect("written");
    }
    folder
}

/// The figures that the workspace has; what is told of documents as a whole (`suspects`) left out.
pub fn figure_records(project: &Project) -> Vec<FigureRecord> {
    let output = project.command(["figures", "--json"]).assert().success();
    let lines = text(&output.get_output().stdout);
    let figures = lines.lines().filter(|line| !line.contains("\"suspects\":"));
    figures.map(|line| serde_json::from_str(line).expect("a figure")).collect()
}
