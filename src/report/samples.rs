//! Sample panels: which to show, their thumbnails and where they come from.

use std::collections::HashMap;
use std::io::Cursor;
use std::path::Path;

use base64::Engine as _;
use image::DynamicImage;
use image::codecs::jpeg::JpegEncoder;

use super::ReportError;
use crate::store::{DocumentRow, LabelledPanel, Store};
use covid_ct_core::PanelBox;

/// Panels shown of a class.
const SAMPLES: usize = 10;
/// Longest side of a thumbnail, in pixels: twice what the page shows, for sharp screens.
const THUMBNAIL: u32 = 320;
const JPEG_QUALITY: u8 = 82;
/// Characters of a caption shown under a thumbnail.
const EXCERPT: usize = 110;

/// A panel and the name its file has in an export.
#[derive(Debug)]
pub struct NamedPanel {
    pub name: String,
    pub panel: LabelledPanel,
}

/// A panel as the report shows it.
#[derive(Debug)]
pub struct Sample {
    pub name: String,
    /// A JPEG as `data:` URI, so that the page is one file.
    pub thumbnail: String,
    pub paper: String,
    pub version: String,
    /// 1-based.
    pub page: u32,
    pub xref: Option<u32>,
    /// Native pixels.
    pub bounds: PanelBox,
    pub patient: Option<String>,
    /// The beginning of the sub-caption, else of the figure's caption.
    pub caption: String,
}

/// A few panels, from as many papers as there are. A picture that cannot be read is named in
/// `problems` and left out.
pub fn pick_samples(
    store: &Store,
    documents: &[DocumentRow],
    panels: &[&NamedPanel],
    problems: &mut Vec<String>,
) -> Result<Vec<Sample>, ReportError> {
    let mut samples = Vec::new();
    for NamedPanel { name, panel } in one_paper_after_another(panels).into_iter().take(SAMPLES) {
        let thumbnail = match thumbnail(store, panel) {
            Ok(uri) => uri,
            Err(reason) => {
                problems.push(reason);
                continue;
            }
        };
        let caption = match panel.sub_caption.as_str() {
            "" => caption_of(store, documents, panel)?,
            text => text.to_owned(),
        };
        samples.push(Sample {
            name: name.clone(),
            thumbnail,
            paper: panel.preprint_name.clone(),
            version: panel.preprint_version.clone(),
            page: panel.page,
            xref: panel.xref,
            bounds: panel.bounds,
            patient: panel.case.clone(),
            caption: excerpt(&caption, EXCERPT),
        });
    }
    Ok(samples)
}

/// The first panel of every paper, then the second of every paper, and so on.
fn one_paper_after_another<'a>(panels: &[&'a NamedPanel]) -> Vec<&'a NamedPanel> {
    let mut seen: HashMap<i64, u32> = HashMap::new();
    let mut ranked: Vec<(u32, &NamedPanel)> = panels
        .iter()
        .map(|&named| {
            let rank = seen.entry(named.panel.preprint).or_default();
            *rank += 1;
            (*rank, named)
        })
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, named)| named).collect()
}

pub fn thumbnail(store: &Store, panel: &LabelledPanel) -> Result<String, String> {
    let bytes = store.objects().read(&panel.object).map_err(|e| e.to_string())?;
    let unreadable = |e: image::ImageError| {
        format!("{}: cannot be shown: {e}", store.objects().path(&panel.object).display())
    };
    let PanelBox { x, y, w, h } = panel.bounds;
    let picture = image::load_from_memory(&bytes).map_err(unreadable)?.crop_imm(x, y, w, h);
    let small =
        if w.max(h) > THUMBNAIL { picture.thumbnail(THUMBNAIL, THUMBNAIL) } else { picture };
    data_address(&small).map_err(unreadable)
}

/// A picture of a run's folder, as `data:` address.
pub fn picture_of_file(path: &Path) -> Result<String, String> {
    let unreadable = |e: image::ImageError| format!("{}: cannot be shown: {e}", path.display());
    data_address(&image::open(path).map_err(unreadable)?).map_err(unreadable)
}

fn data_address(picture: &DynamicImage) -> image::ImageResult<String> {
    let mut jpeg = Cursor::new(Vec::new());
    JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY).encode_image(&picture.to_rgb8())?;
    let text = base64::engine::general_purpose::STANDARD.encode(jpeg.into_inner());
    Ok(format!("data:image/jpeg;base64,{text}"))
}

/// The caption of the first figure that shows the panel's picture; empty where none does.
pub fn caption_of(
    store: &Store,
    documents: &[DocumentRow],
    panel: &LabelledPanel,
) -> Result<String, ReportError> {
    let Some(document) = documents.iter().find(|d| d.sha256 == panel.document_sha256) else {
        return Ok(String::new());
    };
    for (figure, record) in store.figures(document)? {
        if store.images_of_figure(figure)?.contains(&panel.image) {
            return Ok(record.caption);
        }
    }
    Ok(String::new())
}

/// The first `limit` characters, cut at a word where there is one.
pub fn excerpt(text: &str, limit: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(limit) else { return text.to_owned() };
    let cut = text[..end].rfind(' ').unwrap_or(end);
    format!("{}…", text[..cut].trim_end_matches([',', ';', ':', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_ends_at_a_word() {
        assert_eq!(excerpt("Axial chest CT, day 5", 16), "Axial chest CT…");
        assert_eq!(excerpt("short", 16), "short");
        assert_eq!(excerpt("ÄÖÜÄÖÜÄÖÜ", 4), "ÄÖÜÄ…");
    }
}
