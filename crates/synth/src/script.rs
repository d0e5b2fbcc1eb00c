//! Writes one paper before it is set: its people, its figures and the text around them.

use super::anatomy::Disease;
use super::chance::Chance;
use super::charts;
use super::cite::{self, Citation};
use super::ct::{self, Panel};
use super::encoding::Picture;
use super::fonts::Face;
use super::habits::{CaptionStyle, Habits, Placement, Varied};
use super::layout::{
    Align, BESIDE, BannerPlace, Block, Float, Furniture, Paragraph, SIDE_CAPTION, Style, Word,
    words,
};
use super::oddities::Oddities;
use super::page::{Graphic, Placed, Sheet};
use super::painter::Setting;
use super::patient::Patient;
use super::prose::{self, Bank, fill};
use super::server::Identity;
use covid_ct_extraction::figures::{FigureKind, Pairing};

/// A paper as written, ready to be set.
#[derive(Debug)]
pub struct Script {
    pub identity: Identity,
    pub title: String,
    pub style: Style,
    pub patients: Vec<Patient>,
    pub pictures: Vec<Picture>,
    pub logo: Option<usize>,
    /// One a float, in the same order.
    pub figures: Vec<Figure>,
    pub floats: Vec<Float>,
    pub mentions: Vec<Citation>,
    pub blocks: Vec<Block>,
    pub setting: Setting,
}

/// A figure or table, its caption printed in full.
#[derive(Debug)]
pub struct Figure {
    /// Normalised: `Figure 1`, `Figure S1`, `Table 1`.
    pub label: String,
    pub kind: FigureKind,
    pub caption: String,
    pub graphic: Graphic,
    pub panels: Vec<Panel>,
    /// Whether it shows CT scans.
    pub ct: bool,
    /// Whether the file has its graphic.
    pub drawn: bool,
    /// What of it stands on the page after.
    pub more: Option<Graphic>,
    /// Points between the parts of its caption, where these begin lines of their own.
    pub apart: f32,
}

impl Figure {
    /// The pictures that stand on the page after.
    pub fn more_pictures(&self) -> impl Iterator<Item = &Placed> {
        self.more.iter().flat_map(|more| &more.pictures)
    }
}

/// Writes the paper that `identity` names, with habits of usual papers, or with varied ones where there are oddities.
/// These are returned, for what is left to do when it is set.
pub fn write(
    identity: Identity,
    oddities: Option<Oddities>,
    chance: &mut Chance,
) -> (Script, Option<Oddities>) {
    let mut style = page_style(&identity, chance);
    let mut habits = match oddities {
        Some(oddities) => Habits::varied(&style, oddities, chance),
        None => Habits::usual(&style, chance),
    };
    let mut pictures = Vec::new();
    style.furniture.logo = chance.yes(0.25).then(|| {
        pictures.push(charts::logo(chance));
        0
    });
    let patients = recruit(chance);
    let title = fill(title_template(&patients), chance);
    let mut figures = draw_figures(&style, &habits, &patients, &mut pictures, chance);
    let mut oddities = habits.varied.as_mut().and_then(|varied| varied.oddities.take());
    if let Some(oddities) = &mut oddities {
        oddities.figures(&habits, &style, &mut figures, &mut pictures);
    }
    let mut floats: Vec<Float> =
        figures.iter().map(|figure| float(figure, &habits, &style)).collect();
    if let Some(oddities) = &mut oddities {
        oddities.floats(&habits, &style, &figures, &mut floats);
    }
    let mut script = Script {
        identity,
        title,
        logo: style.furniture.logo,
        style,
        patients,
        pictures,
        figures,
        floats,
        mentions: Vec::new(),
        blocks: Vec::new(),
        setting: oddities.as_ref().map(Oddities::setting).unwrap_or_default(),
    };
    Writer { script: &mut script, habits: &habits, chance }.write();
    (script, oddities)
}

fn page_style(identity: &Identity, chance: &mut Chance) -> Style {
    let columns = if chance.yes(0.25) { 2 } else { 1 };
    let body = if columns == 2 { chance.real(9.0, 10.0) } else { chance.real(10.5, 12.0) };
    let size = if chance.yes(0.6) { (612.0, 792.0) } else { (595.0, 842.0) };
    Style {
        sheet: sheet(size, chance),
        margin: if columns == 2 { 48.0 } else { chance.real(66.0, 84.0) },
        top: 62.0,
        bottom: 58.0,
        columns,
        body: (body * 2.0).round() / 2.0,
        leading: if columns == 2 { 1.2 } else { *chance.pick(&[1.25, 1.5, 1.5, 1.8]) },
        caption: if columns == 2 { 8.5 } else { 9.5 },
        justified: columns == 2 || chance.yes(0.6),
        line_numbers: columns == 1 && chance.yes(0.3),
        furniture: furniture(identity, chance),
    }
}

/// Most files describe a page as it is shown; some as one that the viewer turns, trims or scales.
fn sheet(size: (f32, f32), chance: &mut Chance) -> Sheet {
    let plain = Sheet { size, ..Sheet::default() };
    match chance.whole(0, 19) {
        0 => Sheet { rotate: *chance.pick(&[90, 180, 270]), ..plain },
        1 => Sheet { trim: (chance.real(5.0, 40.0), chance.real(5.0, 40.0)), ..plain },
        2 => Sheet { user_unit: 2.0, ..plain },
        _ => plain,
    }
}

fn furniture(identity: &Identity, chance: &mut Chance) -> Furniture {
    let banner_place = match chance.whole(0, 9) {
        0 => BannerPlace::Foot,
        1 => BannerPlace::Edge,
        _ => BannerPlace::Top,
    };
    let head = "CHEST CT OF PATIENTS WITH PNEUMONIA";
    Furniture {
        banner: identity.banner(chance),
        banner_place,
        running_head: chance.yes(0.15).then(|| head.to_owned()),
        watermark: chance.yes(0.08).then(|| (*chance.pick(&["PREPRINT", "MANUSCRIPT"])).to_owned()),
        logo: None,
    }
}

/// The patients: of COVID-19 only, of other diseases only, or of both.
fn recruit(chance: &mut Chance) -> Vec<Patient> {
    let covid = *chance.pick(&[1.0, 1.0, 0.0, 0.0, 0.5]);
    let count = chance.whole(2, 6) as usize;
    let one = |i| {
        let disease = if chance.yes(covid) { Disease::Covid } else { Disease::other(chance) };
        Patient::new(i, disease, chance)
    };
    (1..=count).map(one).collect()
}

fn title_template(patients: &[Patient]) -> &'static str {
    let covid = patients.iter().filter(|p| p.disease == Disease::Covid).count();
    if covid == patients.len() {
        "{Chest CT findings|Serial chest CT|Imaging features and time course} in {patients|adults} \
         with COVID-19 pneumonia: {a retrospective study|a case series}"
    } else if covid == 0 {
        "{Appearance of common lung diseases on chest CT|Chest CT in patients with suspected pneumonia}: \
         {a retrospective study|a pictorial series|a case series}"
    } else {
        "{Separating COVID-19 from other lung disease on chest CT|Chest CT of COVID-19 and its mimics}: \
         {a comparative study|a two-centre series}"
    }
}

/// All figures in the order of their numbers, then the table.
fn draw_figures(
    style: &Style,
    habits: &Habits,
    patients: &[Patient],
    pictures: &mut Vec<Picture>,
    chance: &mut Chance,
) -> Vec<Figure> {
    let wide = style.columns == 1 || chance.yes(0.4);
    let width = if wide { style.full_width() } else { style.column_width() };
    let beside = matches!(habits.placement, Placement::InText(Pairing::Left | Pairing::Right));
    let width = if beside { width * (1.0 - SIDE_CAPTION) } else { width };
    let room = (width, style.body_height() * 0.45);
    let mut drafts: Vec<(Graphic, String, Vec<Panel>, bool)> = Vec::new();
    if chance.yes(0.3) {
        let text = "Flow of patients through the study.".to_owned();
        drafts.push((charts::diagram(room, chance), text, Vec::new(), false));
    }
    let all: Vec<usize> = (0..patients.len()).collect();
    for _ in 0..chance.whole(1, 3) {
        let figure = ct::compose(patients, &all, habits.lower_case, room, pictures, chance);
        drafts.push((figure.graphic, figure.caption, figure.panels, true));
    }
    for _ in 0..chance.whole(0, 2) {
        let graphic = if chance.yes(0.5) {
            charts::vector_chart(room, chance)
        } else {
            charts::raster_chart(room, pictures, chance)
        };
        drafts.push((graphic, fill(CHART_CAPTION, chance), Vec::new(), false));
    }
    if let Some(varied) = &habits.varied {
        varied_charts(varied, room, &mut drafts, pictures, chance);
    }
    // The two that stand beside each other are the last that are numbered through.
    let neighbours = habits.varied.as_ref().is_some_and(|varied| varied.neighbours);
    let supplementary = drafts.len() > 2 && chance.yes(0.25) && !neighbours;
    let last = drafts.len();
    let mut figures: Vec<Figure> = drafts
        .into_iter()
        .enumerate()
        .map(|(i, (graphic, text, panels, ct))| {
            let (label, kind) = if supplementary && i + 1 == last {
                ("Figure S1".to_owned(), FigureKind::Supplementary)
            } else {
                (format!("Figure {}", i + 1), FigureKind::Figure)
            };
            let head = habits.head.of(&label, kind);
            let (caption, panels) = match &habits.varied {
                Some(varied) => varied.caption(&head, i, &text, panels),
                None => (format!("{head} {text}"), panels),
            };
            Figure {
                label,
                kind,
                caption,
                graphic,
                panels,
                ct,
                drawn: true,
                more: None,
                apart: 0.0,
            }
        })
        .collect();
    let without = habits.varied.as_ref().map_or(0, |varied| varied.without_graphic);
    let first = if supplementary { 2 } else { 1 };
    for number in first..first + without {
        let label = format!("Figure S{number}");
        let head = habits.head.of(&label, FigureKind::Supplementary);
        figures.push(Figure {
            caption: format!("{head} {}", fill(CHART_CAPTION, chance)),
            label,
            kind: FigureKind::Supplementary,
            graphic: Graphic::default(),
            panels: Vec::new(),
            ct: false,
            drawn: false,
            more: None,
            apart: 0.0,
        });
    }
    if chance.yes(0.4) {
        figures.push(Figure {
            label: "Table 1".into(),
            kind: FigureKind::Table,
            caption: "Table 1. Features of the patients in both groups.".into(),
            graphic: charts::table(room, chance),
            panels: Vec::new(),
            ct: false,
            drawn: true,
            more: None,
            apart: 0.0,
        });
    }
    figures
}

/// More charts, and two small ones that stand beside each other.
fn varied_charts(
    varied: &Varied,
    room: (f32, f32),
    drafts: &mut Vec<(Graphic, String, Vec<Panel>, bool)>,
    pictures: &mut Vec<Picture>,
    chance: &mut Chance,
) {
    let half = ((room.0 - BESIDE) / 2.0, room.1);
    let beside = if varied.neighbours { 2 } else { 0 };
    for i in 0..varied.more_charts + beside {
        let room = if i < varied.more_charts { room } else { half };
        let graphic = if chance.yes(0.3) && i < varied.more_charts {
            charts::vector_chart(room, chance)
        } else {
            charts::raster_chart(room, pictures, chance)
        };
        drafts.push((graphic, fill(CHART_CAPTION, chance), Vec::new(), false));
    }
}

const CHART_CAPTION: &str = "{Extent score over time|Number of examinations by week|Share of patients \
     with involvement of each lobe|Distribution of age in the series}. {Values are means of both \
     readers|Percentages refer to all patients|Error margins are left out for clarity}.";

fn float(figure: &Figure, habits: &Habits, style: &Style) -> Float {
    let head_words = habits.head.of(&figure.label, figure.kind).split(' ').count();
    let varied = habits.varied.as_ref().filter(|_| figure.kind != FigureKind::Table);
    let mut set: Vec<Word> = Vec::new();
    for line in figure.caption.split('\n') {
        let starts = !set.is_empty();
        set.extend(
            words(line, Face::Roman)
                .enumerate()
                .map(|(i, word)| Word { starts_line: starts && i == 0, ..word }),
        );
    }
    let bold = if varied.is_some_and(|varied| varied.bold) {
        set.len()
    } else if habits.bold_head {
        head_words
    } else {
        0
    };
    set.iter_mut().take(bold).for_each(|word| word.face = Face::Bold);
    let (pairing, tag) = match (figure.kind, habits.placement) {
        (FigureKind::Table, _) => (Pairing::Above, None),
        (_, Placement::InText(pairing)) => (pairing, None),
        (_, Placement::AtEnd { tagged }) => {
            (Pairing::LegendList, tagged.then(|| figure.label.clone()))
        }
    };
    let full_size = varied.is_some_and(|varied| varied.full_size);
    Float {
        width: figure.graphic.width,
        height: figure.graphic.height,
        caption: Paragraph {
            words: set,
            size: if full_size { style.body } else { style.caption },
            leading: if full_size {
                style.leading
            } else if style.line_numbers {
                1.4
            } else {
                1.2
            },
            align: if style.columns == 2 { Align::Justified } else { Align::Left },
            indent: 0.0,
            before: 0.0,
            after: 0.0,
            keep: 0.0,
            apart: figure.apart,
        },
        pairing,
        wide: figure.graphic.width > style.column_width(),
        tag,
        framed: habits.captions == CaptionStyle::Framed && figure.kind != FigureKind::Table,
        in_two: habits.captions == CaptionStyle::InTwo && figure.kind != FigureKind::Table,
        fitted: habits.list.fitted,
        more: figure.more.as_ref().map(|more| (more.width, more.height)),
        quarters: 0,
        rest: None,
    }
}

/// Turns the outline into blocks.
struct Writer<'a> {
    script: &'a mut Script,
    habits: &'a Habits,
    chance: &'a mut Chance,
}

impl Writer<'_> {
    fn write(&mut self) {
        self.front();
        self.script.blocks.push(Block::Columns);
        self.section("Introduction", prose::INTRODUCTION, 5, &[]);
        let (methods, results) = self.figures_by_section();
        self.section("Methods", prose::METHODS, 6, &methods);
        self.section("Results", prose::RESULTS, 7, &results);
        self.section("Discussion", prose::DISCUSSION, 6, &[]);
        let at_end = matches!(self.habits.placement, Placement::AtEnd { .. });
        let list = self.habits.list;
        if at_end && list.before_references {
            self.legends();
        }
        self.references();
        if at_end && list.plates_first {
            self.plates();
        }
        if at_end && !list.before_references {
            self.script.blocks.push(Block::NewPage);
            self.legends();
        }
        if at_end && !list.plates_first {
            self.plates();
        }
    }

    /// Diagrams and tables belong to the methods, what was found to the results.
    fn figures_by_section(&self) -> (Vec<usize>, Vec<usize>) {
        (0..self.script.figures.len()).partition(|&i| {
            let figure = &self.script.figures[i];
            figure.kind == FigureKind::Table || figure.caption.contains("Flow of patients")
        })
    }

    fn paragraph(&self, words: Vec<Word>) -> Paragraph {
        let style = &self.script.style;
        Paragraph {
            words,
            size: style.body,
            leading: style.leading,
            align: if style.justified { Align::Justified } else { Align::Left },
            indent: if style.columns == 2 { 10.0 } else { 0.0 },
            before: 0.0,
            after: if style.columns == 2 { 0.0 } else { style.body * 0.6 },
            keep: 0.0,
            apart: 0.0,
        }
    }

    fn heading(&mut self, text: &str, size: f32) {
        let style = &self.script.style;
        let face = if style.columns == 2 { Face::SansBold } else { Face::Bold };
        let keep = 2.0 * style.body * style.leading;
        let heading = Paragraph {
            words: words(text, face).collect(),
            size,
            leading: 1.3,
            align: Align::Left,
            indent: 0.0,
            before: 8.0,
            after: 4.0,
            keep,
            apart: 0.0,
        };
        self.script.blocks.push(Block::Paragraph(heading));
    }

    fn line(&mut self, text: &str, face: Face, size: f32, after: f32) {
        let line = Paragraph {
            words: words(text, face).collect(),
            size,
            leading: 1.3,
            align: Align::Left,
            indent: 0.0,
            before: 0.0,
            after,
            keep: 0.0,
            apart: 0.0,
        };
        self.script.blocks.push(Block::Paragraph(line));
    }

    /// Title, authors, affiliations, abstract.
    fn front(&mut self) {
        let title = self.script.title.clone();
        self.line(&title, Face::Bold, 16.0, 8.0);
        let count = self.chance.whole(3, 8) as usize;
        let authors = prose::authors(count, self.chance).join(", ");
        self.line(&authors, Face::Roman, 11.0, 6.0);
        for i in 1..=self.chance.whole(1, 3) {
            let place = format!("{i} {}", fill(prose::AFFILIATION, self.chance));
            self.line(&place, Face::Italic, 9.5, 2.0);
        }
        let post = fill(
            "Correspondence: {radiology|imaging|chest.ct}@{hospital|clinic|university}.example",
            self.chance,
        );
        self.line(&post, Face::Roman, 9.5, 6.0);
        self.heading("Abstract", self.script.style.body + 1.0);
        let mut text = Vec::new();
        for bank in [prose::INTRODUCTION, prose::METHODS, prose::RESULTS, prose::DISCUSSION] {
            let mut bank = Bank::new(bank);
            text.extend((0..3).filter_map(|_| bank.sentence(self.chance)));
        }
        let abstract_text = self.paragraph(words(&text.join(" "), Face::Roman).collect());
        self.script.blocks.push(Block::Paragraph(abstract_text));
    }

    /// A section of at most `paragraphs` paragraphs, or as many as it has figures, that cites `figures` in order, each figure placed
    /// after the paragraph that cites it first.
    fn section(
        &mut self,
        name: &str,
        bank: &'static [&'static str],
        paragraphs: usize,
        figures: &[usize],
    ) {
        let size = self.script.style.body + 2.0;
        self.heading(name, size);
        let mut bank = Bank::new(bank);
        let count = paragraphs.max(figures.len());
        for i in 0..count {
            let cited = figures.get(i).copied();
            let words = self.body_words(&mut bank, cited, figures);
            if words.is_empty() {
                break;
            }
            let paragraph = self.paragraph(words);
            self.script.blocks.push(Block::Paragraph(paragraph));
            if let Some(figure) = cited {
                self.place(figure);
            }
        }
    }

    /// Puts a figure where its paper puts figures.
    fn place(&mut self, figure: usize) {
        let floats = &self.script.floats;
        if floats[figure].pairing == Pairing::LegendList {
            return;
        }
        let is_second = self.pair().is_some_and(|pair| pair[1] == figure);
        match self.pair().filter(|pair| pair.contains(&figure)) {
            Some(_) if is_second => {}
            Some(pair) => self.script.blocks.push(Block::Row(pair)),
            None => self.script.blocks.push(Block::Float(figure)),
        }
    }

    /// The two figures that stand beside each other: the last that are numbered through.
    fn pair(&self) -> Option<[usize; 2]> {
        self.habits.varied.as_ref().filter(|varied| varied.neighbours)?;
        let numbered =
            self.script.figures.iter().filter(|figure| figure.kind == FigureKind::Figure);
        let last = numbered.count().checked_sub(1)?;
        Some([last.checked_sub(1)?, last])
    }

    /// Sentences of one paragraph, one or two of them citing `cited`.
    fn body_words(&mut self, bank: &mut Bank, cited: Option<usize>, all: &[usize]) -> Vec<Word> {
        let length = self.chance.whole(3, 6);
        let citing = cited.map(|figure| (figure, self.chance.whole(0, length - 1)));
        let mut set = Vec::new();
        for i in 0..length {
            match citing {
                Some((figure, at)) if at == i => {
                    set.extend(self.citing_sentence(figure, None));
                    if self.chance.yes(0.4) {
                        let partner = all.iter().copied().find(|&other| other < figure);
                        set.extend(self.citing_sentence(figure, partner));
                    }
                }
                _ => {
                    let sentence = bank.sentence(self.chance);
                    set.extend(sentence.iter().flat_map(|text| words(text, Face::Roman)));
                }
            }
        }
        set
    }

    fn citing_sentence(&mut self, figure: usize, partner: Option<usize>) -> Vec<Word> {
        let figures = &self.script.figures;
        let partner = partner.filter(|&p| figures[p].kind == figures[figure].kind);
        let citation = cite::sentence(figures, figure, partner, self.habits.cite, self.chance);
        let mention = self.script.mentions.len();
        let marked = citation.marked_words(mention);
        self.script.mentions.push(citation);
        marked
    }

    fn references(&mut self) {
        let size = self.script.style.body + 2.0;
        self.heading("References", size);
        for i in 1..=self.chance.whole(12, 22) {
            let reference = format!("{i}. {}", fill(prose::REFERENCE, self.chance));
            let size = (self.script.style.body - 1.5).max(8.0);
            self.line(&reference, Face::Roman, size, 2.0);
        }
    }

    fn listed(&self) -> Vec<usize> {
        let floats = self.script.floats.iter().enumerate();
        let listed = floats.filter(|(_, float)| float.pairing == Pairing::LegendList);
        listed.map(|(i, _)| i).collect()
    }

    /// The list of legends.
    fn legends(&mut self) {
        let size = self.script.style.body + 2.0;
        if let Some(heading) = self.habits.list.heading {
            self.heading(heading, size);
        }
        for i in self.listed() {
            self.script.floats[i].caption.after = self.habits.list.after;
            self.script.blocks.push(Block::Caption(i));
        }
    }

    /// The figures of the list, one a page.
    fn plates(&mut self) {
        let listed = self.listed().into_iter();
        let drawn = listed.filter(|&i| self.script.figures[i].drawn);
        self.script.blocks.extend(drawn.map(Block::Plate));
    }
}
