use covid_ct::{figures, pdf};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let bytes = std::fs::read(&a[1]).unwrap();
    let doc = pdf::Document::open(&bytes).unwrap();
    let pages: Vec<_> = (1..=doc.page_count()).filter_map(|n| doc.page(n).ok()).collect();
    let texts = figures::clean(&pages);
    println!("body {}", figures::body_size(&texts));
    let n: usize = a[2].parse().unwrap();
    for l in &texts[n - 1].lines {
        let b = l.line.bbox;
        println!(
            "[{:3}] {:5.1} {:5.1} {:5.1} {:5.1} s{:4.1} {}{} {}",
            l.line.block,
            b.x0,
            b.y0,
            b.x1,
            b.y1,
            l.size,
            if l.starts_bold() { "B" } else { " " },
            if l.is_bold() { "b" } else { " " },
            l.text.chars().take(90).collect::<String>()
        );
    }
}
