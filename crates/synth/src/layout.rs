//! Sets words and figures into pages: lines and columns here, figures with their captions in `floats`,
//! what stands on every page in `furniture`.

mod floats;
mod furniture;

use std::collections::VecDeque;

use super::fonts::Face;
use super::page::{Mark, Page, Sheet, Text};
pub use floats::{BESIDE, Float, SIDE_CAPTION};
pub use furniture::{BannerPlace, Furniture};

/// How a paper is set.
#[derive(Debug, Clone)]
pub struct Style {
    /// Width and height in points, and how the file describes them.
    pub sheet: Sheet,
    pub margin: f32,
    pub top: f32,
    pub bottom: f32,
    /// 1 or 2.
    pub columns: u32,
    pub body: f32,
    /// Distance between baselines, as a multiple of the size.
    pub leading: f32,
    pub caption: f32,
    pub justified: bool,
    /// Whether every line of text is numbered in the margin.
    pub line_numbers: bool,
    pub furniture: Furniture,
}

/// Space between two columns, in points.
const GUTTER: f32 = 18.0;

impl Style {
    pub fn full_width(&self) -> f32 {
        self.sheet.size.0 - 2.0 * self.margin
    }

    pub fn column_width(&self) -> f32 {
        let gaps = GUTTER * (self.columns - 1) as f32;
        (self.full_width() - gaps) / self.columns as f32
    }

    pub fn body_height(&self) -> f32 {
        self.sheet.size.1 - self.top - self.bottom
    }

    fn column_left(&self, column: u32) -> f32 {
        self.margin + column as f32 * (self.column_width() + GUTTER)
    }
}

/// A word, or part of one that a change of face cuts.
#[derive(Debug, Clone)]
pub struct Word {
    pub text: String,
    pub face: Face,
    /// The citation (index of the paper's mentions) this word is part of.
    pub cites: Option<usize>,
    /// Whether it begins a line, whatever room is left on the one before.
    pub starts_line: bool,
}

/// Words of `text` in one face.
pub fn words(text: &str, face: Face) -> impl Iterator<Item = Word> {
    text.split(' ').map(move |word| Word {
        text: word.into(),
        face,
        cites: None,
        starts_line: false,
    })
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Align {
    Left,
    Justified,
}

#[derive(Debug, Clone)]
pub struct Paragraph {
    pub words: Vec<Word>,
    pub size: f32,
    pub leading: f32,
    pub align: Align,
    pub indent: f32,
    pub before: f32,
    pub after: f32,
    /// Lines that must fit below it on the page: keeps a heading with its text.
    pub keep: f32,
    /// Above words that begin a line of their own.
    pub apart: f32,
}

impl Paragraph {
    /// Distance between baselines.
    pub fn step(&self) -> f32 {
        self.size * self.leading
    }
}

#[derive(Debug, Clone)]
pub enum Block {
    Paragraph(Paragraph),
    /// Index into the paper's floats.
    Float(usize),
    /// Two floats beside each other, each with its caption below, the text in one column.
    Row([usize; 2]),
    /// The caption of a float whose graphic is elsewhere.
    Caption(usize),
    /// The graphic of such a float, on a page of its own.
    Plate(usize),
    /// From here on in columns.
    Columns,
    NewPage,
}

/// Where things ended up; pages count from 1.
#[derive(Debug, Default)]
pub struct Laid {
    pub pages: Vec<Page>,
    /// Of each float: page and top left corner of the graphic.
    pub graphics: Vec<Option<(u32, (f32, f32))>>,
    /// Of each float: page and top left corner of what stands on the page after.
    pub more: Vec<Option<(u32, (f32, f32))>>,
    /// Of each float: page its caption starts on.
    pub captions: Vec<Option<u32>>,
    /// Of each mention: page of the citation.
    pub mentions: Vec<Option<u32>>,
}

/// Sets `blocks`; `mentions` is how many there are.
pub fn lay_out(style: &Style, blocks: &[Block], floats: &[Float], mentions: usize) -> Laid {
    let mut setter = Setter {
        style,
        floats,
        laid: Laid {
            pages: Vec::new(),
            graphics: vec![None; floats.len()],
            more: vec![None; floats.len()],
            captions: vec![None; floats.len()],
            mentions: vec![None; mentions],
        },
        columns: 1,
        column: 0,
        column_top: style.top,
        y: style.top,
        line: 0,
        waiting: VecDeque::new(),
        inset: None,
    };
    setter.new_page();
    for block in blocks {
        setter.block(block);
    }
    while let Some(next) = setter.waiting.pop_front() {
        setter.new_page();
        setter.float_here(next);
    }
    setter.laid
}

struct Setter<'a> {
    style: &'a Style,
    floats: &'a [Float],
    laid: Laid,
    /// In use now: the title is set across the page even where the text is in columns.
    columns: u32,
    column: u32,
    column_top: f32,
    /// Bottom of what is set in this column.
    y: f32,
    /// Lines numbered so far.
    line: u32,
    /// Floats that found no room yet.
    waiting: VecDeque<usize>,
    /// Left edge and width of a caption narrower than the column.
    inset: Option<(f32, f32)>,
}

impl Setter<'_> {
    fn block(&mut self, block: &Block) {
        match block {
            Block::Paragraph(paragraph) => self.paragraph(paragraph),
            Block::Float(i) => self.float(*i),
            Block::Row(pair) => self.row(*pair),
            Block::Caption(i) => self.caption(*i),
            Block::Plate(i) => {
                self.plate(*i);
            }
            Block::Columns => {
                self.columns = self.style.columns;
                self.column_top = self.y;
            }
            Block::NewPage => self.new_page(),
        }
    }

    fn page_number(&self) -> u32 {
        self.laid.pages.len() as u32
    }

    fn page(&mut self) -> &mut Page {
        if self.laid.pages.is_empty() {
            self.laid.pages.push(Page::default());
        }
        let last = self.laid.pages.len() - 1;
        &mut self.laid.pages[last]
    }

    fn left(&self) -> f32 {
        if let Some((left, _)) = self.inset {
            return left;
        }
        if self.columns == 1 { self.style.margin } else { self.style.column_left(self.column) }
    }

    fn width(&self) -> f32 {
        if let Some((_, width)) = self.inset {
            return width;
        }
        if self.columns == 1 { self.style.full_width() } else { self.style.column_width() }
    }

    fn room(&self) -> f32 {
        self.style.sheet.size.1 - self.style.bottom - self.y
    }

    fn new_page(&mut self) {
        let sheet = self.style.sheet;
        self.laid.pages.push(Page { sheet, ..Page::default() });
        self.column = 0;
        self.y = self.style.top;
        self.column_top = self.y;
        self.furniture();
    }

    /// The next column or page, waiting floats first.
    fn advance(&mut self) {
        if self.column + 1 < self.columns {
            self.column += 1;
            self.y = self.column_top;
        } else {
            self.new_page();
            if let Some(wide) = self.waiting.iter().position(|&i| self.is_wide(i)) {
                let next = self.waiting.remove(wide).expect("just found");
                self.float_here(next);
                self.column_top = self.y;
            }
        }
        if let Some(&next) = self.waiting.front()
            && !self.is_wide(next)
            && self.unit_height(next) <= self.room()
        {
            self.waiting.pop_front();
            self.float_here(next);
        }
    }

    fn is_wide(&self, float: usize) -> bool {
        self.columns > 1 && self.floats[float].wide
    }

    fn paragraph(&mut self, p: &Paragraph) {
        let step = p.step();
        self.y += p.before;
        if self.room() < step + p.keep {
            self.advance();
        }
        let lines = break_lines(p, self.width());
        let count = lines.len();
        let ends: Vec<bool> = (1..=count)
            .map(|next| lines.get(next).is_none_or(|line| line[0].starts_line))
            .collect();
        for (i, line) in lines.into_iter().enumerate() {
            if i > 0 && line.first().is_some_and(|word| word.starts_line) {
                self.y += p.apart;
            }
            if self.room() < step {
                self.advance();
            }
            self.line(p, &line, i == 0, ends[i]);
            self.y += step;
        }
        self.y += p.after;
    }

    /// One line, its top at `self.y`.
    fn line(&mut self, p: &Paragraph, line: &[Word], first: bool, last: bool) {
        let indent = if first { p.indent } else { 0.0 };
        let natural = line_width(line, p.size);
        let spare = self.width() - indent - natural;
        let blanks = line.len().saturating_sub(1).max(1) as f32;
        let (start, word_spacing) = match p.align {
            Align::Justified if !last => (self.left() + indent, spare / blanks),
            Align::Left | Align::Justified => (self.left() + indent, 0.0),
        };
        let baseline = self.y + p.size * (0.5 * p.leading + 0.3);
        let page_number = self.page_number();
        let mut x = start;
        let mut marks: Vec<Mark> = Vec::new();
        let mut rest = line;
        while let Some(head) = rest.first() {
            let same = rest.iter().take_while(|word| word.face == head.face).count();
            let (run, after) = rest.split_at(same);
            let mut text = run.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
            if !after.is_empty() {
                text.push(' ');
            }
            let mut set = Text::new(x, baseline, head.face, p.size, text);
            set.word_spacing = word_spacing;
            x += set.width();
            marks.push(Mark::Text(set));
            rest = after;
        }
        for cited in line.iter().filter_map(|word| word.cites) {
            self.laid.mentions[cited].get_or_insert(page_number);
        }
        if self.style.line_numbers && self.inset.is_none() {
            self.line += 1;
            let number = self.line.to_string();
            let margin = self.style.margin - 18.0;
            let set = Text::ending(margin, baseline, Face::Roman, 8.0, &number);
            marks.push(Mark::Text(set));
        }
        self.page().marks.extend(marks);
    }
}

fn line_width(line: &[Word], size: f32) -> f32 {
    let blanks = line.windows(2).map(|pair| pair[0].face.width(" ", size)).sum::<f32>();
    line.iter().map(|word| word.face.width(&word.text, size)).sum::<f32>() + blanks
}

/// Fills each line with as many words as it takes; a word wider than the line stands alone.
pub fn break_lines(p: &Paragraph, width: f32) -> Vec<Vec<Word>> {
    let mut lines: Vec<Vec<Word>> = Vec::new();
    let mut x = p.indent;
    for word in &p.words {
        let wide = word.face.width(&word.text, p.size);
        let blank = word.face.width(" ", p.size);
        match lines.last_mut() {
            Some(line) if x + blank + wide <= width && !word.starts_line => {
                x += blank + wide;
                line.push(word.clone());
            }
            _ => {
                x = wide + if lines.is_empty() { p.indent } else { 0.0 };
                lines.push(vec![word.clone()]);
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use covid_ct_extraction::figures::Pairing;

    fn style(columns: u32) -> Style {
        Style {
            sheet: Sheet { size: (612.0, 792.0), ..Sheet::default() },
            margin: 72.0,
            top: 60.0,
            bottom: 60.0,
            columns,
            body: 11.0,
            leading: 1.3,
            caption: 9.5,
            justified: true,
            line_numbers: true,
            furniture: Furniture { banner: vec!["banner".into()], ..Furniture::default() },
        }
    }

    fn paragraph(text: &str) -> Paragraph {
        Paragraph {
            words: words(text, Face::Roman).collect(),
            size: 11.0,
            leading: 1.3,
            align: Align::Justified,
            indent: 14.0,
            before: 0.0,
            after: 6.0,
            keep: 0.0,
            apart: 0.0,
        }
    }

    #[test]
    fn no_line_is_wider_than_its_column_and_no_word_is_lost() {
        let p = paragraph(&"alveolar opacities of both lungs ".repeat(40));
        let lines = break_lines(&p, 200.0);
        assert!(lines.iter().all(|line| line_width(line, p.size) <= 200.0));
        assert_eq!(lines.iter().map(Vec::len).sum::<usize>(), p.words.len());
    }

    #[test]
    fn everything_stays_on_the_page() {
        for columns in [1, 2] {
            let style = style(columns);
            let float = Float {
                width: style.column_width(),
                height: 150.0,
                caption: paragraph("Figure 1. A caption."),
                pairing: Pairing::Below,
                wide: false,
                tag: None,
                framed: false,
                in_two: false,
                fitted: None,
                more: None,
                quarters: 0,
                rest: None,
            };
            let mut blocks = vec![Block::Columns];
            for i in 0..5 {
                let text = "opacities of both lungs ".repeat(150);
                blocks.push(Block::Paragraph(paragraph(text.trim_end())));
                blocks.push(Block::Float(i));
            }
            let laid = lay_out(&style, &blocks, &vec![float; 5], 0);
            let sheet = covid_ct_extraction::pdf::Rect::new(0.0, 0.0, 612.0, 792.0);
            let marks = laid.pages.iter().flat_map(|page| &page.marks);
            for mark in marks {
                assert!(sheet.contains(&mark.bounds()), "{mark:?}");
            }
            for at in &laid.graphics {
                let (_, (x, y)) = at.expect("placed");
                assert!(x >= 0.0 && x + style.column_width() <= 612.0, "{x}");
                assert!(y >= style.top && y + 150.0 <= 792.0 - style.bottom, "{y}");
            }
        }
    }

    #[test]
    fn a_citation_is_found_on_its_page() {
        let style = style(1);
        let filler = paragraph(&"opacities of both lungs ".repeat(400));
        let mut citing = paragraph("as Figure 1 shows");
        citing.words[1].cites = Some(0);
        let blocks = [Block::Paragraph(filler), Block::Paragraph(citing)];
        let laid = lay_out(&style, &blocks, &[], 1);
        assert_eq!(laid.mentions, [Some(laid.pages.len() as u32)]);
        assert!(laid.pages.len() > 1);
    }
}
