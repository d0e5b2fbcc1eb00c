//! Sets words and figures into pages: lines, columns, floats, and what stands on every page.

use std::collections::VecDeque;

use super::fonts::Face;
use super::page::{Mark, Page, Placed, Sheet, Text};
use crate::figures::Pairing;

/// How a paper is set.
#[derive(Debug, Clone)]
pub struct Style {
    /// Width and height in points.
    pub size: (f32, f32),
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
    /// Small print at the top of every page.
    pub banner: Vec<String>,
    /// Picture at the top left of every page.
    pub logo: Option<usize>,
}

/// Space between two columns, in points.
const GUTTER: f32 = 18.0;
/// Space around a figure and between it and its caption, in points.
const AROUND: f32 = 14.0;
const TO_CAPTION: f32 = 8.0;

impl Style {
    pub fn full_width(&self) -> f32 {
        self.size.0 - 2.0 * self.margin
    }

    pub fn column_width(&self) -> f32 {
        let gaps = GUTTER * (self.columns - 1) as f32;
        (self.full_width() - gaps) / self.columns as f32
    }

    pub fn body_height(&self) -> f32 {
        self.size.1 - self.top - self.bottom
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
}

/// Words of `text` in one face.
pub fn words(text: &str, face: Face) -> impl Iterator<Item = Word> {
    text.split(' ').map(move |word| Word { text: word.into(), face, cites: None })
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
}

/// A figure as the layout sees it.
#[derive(Debug, Clone)]
pub struct Float {
    pub width: f32,
    pub height: f32,
    pub caption: Paragraph,
    /// Where the caption goes, seen from the graphic: as [`Pairing`].
    pub pairing: Pairing,
    /// Across both columns.
    pub wide: bool,
    /// Printed above the graphic where the caption is elsewhere.
    pub tag: Option<String>,
}

#[derive(Debug, Clone)]
pub enum Block {
    Paragraph(Paragraph),
    /// Index into the paper's floats.
    Float(usize),
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
            captions: vec![None; floats.len()],
            mentions: vec![None; mentions],
        },
        columns: 1,
        column: 0,
        column_top: style.top,
        y: style.top,
        line: 0,
        waiting: VecDeque::new(),
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
}

impl Setter<'_> {
    fn block(&mut self, block: &Block) {
        match block {
            Block::Paragraph(paragraph) => self.paragraph(paragraph),
            Block::Float(i) => self.float(*i),
            Block::Caption(i) => self.caption(*i),
            Block::Plate(i) => {
                self.new_page();
                self.graphic(*i);
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
        if self.columns == 1 { self.style.margin } else { self.style.column_left(self.column) }
    }

    fn width(&self) -> f32 {
        if self.columns == 1 { self.style.full_width() } else { self.style.column_width() }
    }

    fn room(&self) -> f32 {
        self.style.size.1 - self.style.bottom - self.y
    }

    fn new_page(&mut self) {
        let sheet = Sheet { size: self.style.size, ..Sheet::default() };
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

    /// What stands on every page: banner, logo, page number.
    fn furniture(&mut self) {
        let (width, height) = self.style.size;
        let number = self.page_number().to_string();
        let banner: Vec<Mark> = self
            .style
            .banner
            .iter()
            .enumerate()
            .map(|(i, line)| {
                let y = 16.0 + 8.0 * i as f32;
                Mark::Text(Text::centred(width / 2.0, y, Face::Sans, 6.5, line))
            })
            .collect();
        let foot = Text::centred(width / 2.0, height - 30.0, Face::Roman, 10.0, &number);
        let logo = self.style.logo;
        let page = self.page();
        page.marks.extend(banner);
        page.marks.push(Mark::Text(foot));
        if let Some(picture) = logo {
            let area = crate::pdf::Rect::new(24.0, 12.0, 72.0, 36.0);
            page.pictures.push(Placed::whole(picture, area));
        }
    }

    fn paragraph(&mut self, p: &Paragraph) {
        let step = p.size * p.leading;
        self.y += p.before;
        if self.room() < step + p.keep {
            self.advance();
        }
        let lines = break_lines(p, self.width());
        let count = lines.len();
        for (i, line) in lines.into_iter().enumerate() {
            if self.room() < step {
                self.advance();
            }
            self.line(p, &line, i == 0, i + 1 == count);
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
        if self.style.line_numbers {
            self.line += 1;
            let number = self.line.to_string();
            let margin = self.style.margin - 18.0;
            let set = Text::ending(margin, baseline, Face::Roman, 8.0, &number);
            marks.push(Mark::Text(set));
        }
        self.page().marks.extend(marks);
    }

    fn unit_height(&self, i: usize) -> f32 {
        let float = &self.floats[i];
        let width = if self.is_wide(i) { self.style.full_width() } else { self.width() };
        let lines = break_lines(&float.caption, width).len() as f32;
        let caption = lines * float.caption.size * float.caption.leading;
        float.height + caption + TO_CAPTION + 2.0 * AROUND
    }

    /// Here where there is room, else at the top of the next column or page.
    fn float(&mut self, i: usize) {
        if self.floats[i].pairing == Pairing::NextPage {
            self.new_page();
            self.graphic(i);
            self.new_page();
            self.caption(i);
        } else if self.is_wide(i) || !self.waiting.is_empty() || self.unit_height(i) > self.room() {
            self.waiting.push_back(i);
        } else {
            self.float_here(i);
        }
    }

    fn float_here(&mut self, i: usize) {
        let columns = self.columns;
        if self.is_wide(i) {
            self.columns = 1;
        }
        if self.y > self.column_top {
            self.y += AROUND;
        }
        if self.floats[i].pairing == Pairing::Above {
            self.caption(i);
            self.y += TO_CAPTION;
            self.graphic(i);
        } else {
            self.graphic(i);
            self.y += TO_CAPTION;
            self.caption(i);
        }
        self.y += AROUND;
        self.columns = columns;
    }

    fn graphic(&mut self, i: usize) {
        let float = &self.floats[i];
        if let Some(tag) = &float.tag {
            let set = Text::new(self.left(), self.y + 11.0, Face::Bold, 11.0, tag.as_str());
            self.page().marks.push(Mark::Text(set));
            self.y += 20.0;
        }
        let at = (self.left() + (self.width() - float.width) / 2.0, self.y);
        self.laid.graphics[i] = Some((self.page_number(), at));
        self.page().graphics.push((i, at));
        self.y += float.height;
    }

    fn caption(&mut self, i: usize) {
        let floats = self.floats;
        let caption = &floats[i].caption;
        if self.room() < caption.size * caption.leading {
            self.advance();
        }
        self.laid.captions[i] = Some(self.page_number());
        self.paragraph(caption);
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
            Some(line) if x + blank + wide <= width => {
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

    fn style(columns: u32) -> Style {
        Style {
            size: (612.0, 792.0),
            margin: 72.0,
            top: 60.0,
            bottom: 60.0,
            columns,
            body: 11.0,
            leading: 1.3,
            caption: 9.5,
            justified: true,
            line_numbers: true,
            banner: vec!["banner".into()],
            logo: None,
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
            };
            let mut blocks = vec![Block::Columns];
            for i in 0..5 {
                let text = "opacities of both lungs ".repeat(150);
                blocks.push(Block::Paragraph(paragraph(text.trim_end())));
                blocks.push(Block::Float(i));
            }
            let laid = lay_out(&style, &blocks, &vec![float; 5], 0);
            let sheet = crate::pdf::Rect::new(0.0, 0.0, 612.0, 792.0);
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
