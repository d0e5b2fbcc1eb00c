//! `covid-ct show`

use std::collections::HashMap;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use crate::Workspace;
use crate::atomic;
use crate::atomic::Noted;
use crate::extract::{Region, Renderings};
use crate::show::{self, Found, HTML_DPI, PNG_DPI, PageMarks, PagePicture, SMALL_DPI};
use crate::store::{DocumentRow, Source, Store};
use anyhow::{Context as _, bail};
use covid_ct_core::ObjectStore;

use super::{Outcome, find_documents, progress_bar, worker_options};
use crate::cli::ShowArgs;

/// Pages a worker is asked for at a time: each answer moves the bar, and each has its own time limit.
const PAGES_AT_A_TIME: usize = 4;

mod corpus;

/// Draws the picture of that path between the lines of the terminal; the objects are those of the workspace.
pub type Terminal<'a> = &'a dyn Fn(&Path, ObjectStore) -> anyhow::Result<()>;

/// Without a `terminal`, none is drawn into.
///
/// # Errors
/// Whatever keeps it from running.
pub fn run(
    workspace: &Path,
    args: &ShowArgs,
    terminal: Option<Terminal<'_>>,
) -> anyhow::Result<Outcome> {
    let workspace = Workspace::new(workspace);
    let store = Store::open_to_read(&workspace)?;
    let Some(document) = &args.document else { return corpus::run(&workspace, &store, args) };
    let document = choose(&store, document)?;
    let mut renderings = Renderings::new(worker_options(&workspace)?);
    let found = Found::read(&store, &document)?;
    let marks = pages_to_show(&found, args)?;
    if args.terminal {
        let Some(terminal) = terminal else {
            bail!("covid-ct-reading draws into no terminal: `covid-ct show --terminal` does");
        };
        return in_terminal(terminal, &workspace, &mut renderings, &document, marks, args);
    }
    let png = args.png || !args.html && args.out.as_deref().is_some_and(is_png);
    let out = if let Some(out) = &args.out {
        out.clone()
    } else {
        let name = &names(&store.documents()?)[&document.id];
        workspace.show().join(format!("{name}.{}", if png { "png" } else { "html" }))
    };
    let mut failed = false;
    let pictures = draw_pages(&mut renderings, &document, &marks, args, png, &mut failed)?;
    let _noted = Noted::new(&workspace, &out);
    make_folder_of(&out)?;
    check_replaceable(&out, png)?;
    if png {
        failed |= !write_pngs(&out, args.page.is_some(), &marks, &pictures)?;
    } else {
        write(&out, show::html(&found, &marks, &pictures)?.as_bytes())?;
    }
    Ok(if failed { Outcome::DoneWithFailures } else { Outcome::Done })
}

/// Draws one page between the lines of the terminal.
fn in_terminal(
    terminal: Terminal<'_>,
    workspace: &Workspace,
    renderings: &mut Renderings,
    document: &DocumentRow,
    mut marks: Vec<PageMarks>,
    args: &ShowArgs,
) -> anyhow::Result<Outcome> {
    if !(std::io::stdin().is_terminal() && std::io::stdout().is_terminal()) {
        bail!("--terminal draws into a terminal, which stdin and stdout are not here: try --png");
    }
    let with_figure = marks.iter().position(|marks| !marks.marks.is_empty()).unwrap_or(0);
    let page = marks.remove(with_figure);
    let mut failed = false;
    let marks = [page];
    // The page alone, however many the document has.
    let args = ShowArgs { page: Some(marks[0].page.number), ..args.clone() };
    let pictures = draw_pages(renderings, document, &marks, &args, true, &mut failed)?;
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    for picture in &pictures {
        let Ok(png) = &picture.png else { continue };
        let path = folder.path().join("page.png");
        std::fs::write(&path, show::draw(png, &marks[0])?).context("cannot keep the page")?;
        terminal(&path, ObjectStore::at(&workspace.objects()))?;
    }
    Ok(if failed { Outcome::DoneWithFailures } else { Outcome::Done })
}

fn make_folder_of(out: &Path) -> anyhow::Result<()> {
    let Some(folder) = out.parent() else { return Ok(()) };
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make {}: name another place with --out", folder.display()))
}

/// The one document that `name` means.
fn choose(store: &Store, name: &str) -> anyhow::Result<DocumentRow> {
    let mut found = find_documents(store, &[name.to_owned()])?;
    found.retain(|document| document.source == Source::Pdf);
    match found.len() {
        0 => bail!("'{name}' is of a released dataset: there is no PDF to show"),
        1 => Ok(found.remove(0)),
        count => {
            let list: Vec<String> = found
                .iter()
                .map(|document| format!("  {}  {}", &document.sha256[..12], document.path))
                .collect();
            bail!(
                "'{name}' names {count} documents: say which by the start of its SHA-256\n{}",
                list.join("\n")
            )
        }
    }
}

/// The marks of the pages to show: the one asked for, else all for HTML and those with marks for PNG.
fn pages_to_show(found: &Found, args: &ShowArgs) -> anyhow::Result<Vec<PageMarks>> {
    let mut marks = show::plan(found)?;
    if let Some(page) = args.page {
        marks.retain(|marks| marks.page.number == page);
        if marks.is_empty() {
            bail!("no page {page}: {} has pages 1 to {}", found.file(), found.pages.len());
        }
    }
    Ok(marks)
}

fn is_png(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png"))
}

/// What each document's page is called, by its id: the file's name without its extension; of several that have
/// the same, with the start of the SHA-256 after it.
fn names(documents: &[DocumentRow]) -> HashMap<i64, String> {
    let stem =
        |path: &str| Path::new(path).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut namesakes: HashMap<String, u32> = HashMap::new();
    for document in documents {
        *namesakes.entry(stem(&document.path)).or_default() += 1;
    }
    let name = |document: &DocumentRow| {
        let own = stem(&document.path);
        if namesakes[&own] > 1 { format!("{own}-{}", &document.sha256[..8]) } else { own }
    };
    documents.iter().map(|document| (document.id, name(document))).collect()
}

/// Renders the pages; those without marks small for HTML, and not at all for PNG unless asked for.
fn draw_pages(
    renderings: &mut Renderings,
    document: &DocumentRow,
    marks: &[PageMarks],
    args: &ShowArgs,
    png: bool,
    failed: &mut bool,
) -> anyhow::Result<Vec<PagePicture>> {
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let wanted: Vec<Region> = marks
        .iter()
        .filter(|marks| !png || args.page.is_some() || !marks.marks.is_empty())
        .map(|marks| Region {
            page: marks.page.number,
            bbox: None,
            dpi: Some(match (png, marks.marks.is_empty() && args.page.is_none()) {
                (true, _) => PNG_DPI,
                (false, false) => HTML_DPI,
                (false, true) => SMALL_DPI,
            }),
            file: Some(folder.path().join(format!("{}.png", marks.page.number))),
        })
        .collect();
    let bar = progress_bar(wanted.len(), "pages");
    let mut pictures = Vec::with_capacity(wanted.len());
    for some in wanted.chunks(PAGES_AT_A_TIME) {
        let drawn = renderings
            .render(document, args.pdf.as_deref(), some.to_vec())
            .map_err(anyhow::Error::msg)?;
        for (region, drawn) in some.iter().zip(drawn) {
            let read = drawn.and_then(|_| match &region.file {
                Some(file) => std::fs::read(file).map_err(|error| error.to_string()),
                None => Err("no file".into()),
            });
            if let Err(error) = &read {
                *failed = true;
                bar.suspend(|| eprintln!("covid-ct: page {}: {error}", region.page));
            }
            pictures.push(PagePicture { page: region.page, png: read });
        }
        bar.inc(some.len() as u64);
    }
    bar.finish_and_clear();
    Ok(pictures)
}

/// Writes a file a page; false where nothing is to be drawn at all.
fn write_pngs(
    out: &Path,
    one: bool,
    marks: &[PageMarks],
    pictures: &[PagePicture],
) -> anyhow::Result<bool> {
    if pictures.is_empty() {
        eprintln!("covid-ct: nothing was found on any page; --page N draws one all the same");
        return Ok(false);
    }
    for picture in pictures {
        let Ok(png) = &picture.png else { continue };
        let of_page = marks.iter().find(|marks| marks.page.number == picture.page);
        let Some(marks) = of_page else { continue };
        let path = if one { out.to_owned() } else { numbered(out, picture.page) };
        check_replaceable(&path, true)?;
        write(&path, &show::draw(png, marks)?)?;
    }
    Ok(true)
}

/// `out-p3.png` for `out.png`.
fn numbered(out: &Path, page: u32) -> PathBuf {
    let stem = out.file_stem().unwrap_or_default().to_string_lossy();
    let extension = out.extension().unwrap_or("png".as_ref()).to_string_lossy();
    out.with_file_name(format!("{stem}-p{page}.{extension}"))
}

/// Refuses to write a page over what is none.
fn check_replaceable(path: &Path, png: bool) -> anyhow::Result<()> {
    let kind = if png { atomic::Kind::Png } else { atomic::Kind::Html };
    atomic::replaceable(path, kind).with_context(|| format!("cannot write {}", path.display()))
}

/// Writes a file and says where it is.
fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    atomic::replace(path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    println!("{}", path.display());
    Ok(())
}
