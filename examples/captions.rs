use covid_ct::{figures, pdf};
fn main() {
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path).unwrap();
        let doc = match pdf::Document::open(&bytes) {
            Ok(d) => d,
            Err(e) => {
                eprintln!("{path}: {e}");
                continue;
            }
        };
        let pages: Vec<_> = (1..=doc.page_count()).filter_map(|n| doc.page(n).ok()).collect();
        let texts = figures::clean(&pages);
        let vocab = figures::Vocabulary::of(&texts);
        let name = path.rsplit('/').next().unwrap();
        for c in figures::split_marks(figures::find_captions(&texts, &vocab)).0 {
            println!(
                "{}",
                serde_json::json!({"file": name, "label": c.label, "kind": c.kind, "caption": c.text, "caption_page": c.page, "page": null, "bbox": null, "images": []})
            );
        }
    }
}
