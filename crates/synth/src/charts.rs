//! What a paper shows besides scans: charts as vectors and as rasters, a flow diagram, a table, a
//! logo.

use super::chance::Chance;
use super::encoding::{Encoding, Picture, Turn};
use super::fonts::Face;
use super::page::{Graphic, Mark, Text};
use super::pieces::Manner;
use super::prose::fill;
use super::raster::Canvas;
use covid_ct_extraction::pdf::Rect;

const INK: [f32; 3] = [0.15, 0.15, 0.15];
const SERIES: [[f32; 3]; 4] =
    [[0.22, 0.42, 0.69], [0.85, 0.45, 0.18], [0.35, 0.60, 0.33], [0.55, 0.40, 0.62]];

/// Data of a chart: series of values between 0 and 1.
fn series(count: u32, points: u32, chance: &mut Chance) -> Vec<Vec<f32>> {
    let one = |_| {
        let (start, slope) = (chance.real(0.1, 0.6), chance.real(-0.05, 0.08));
        (0..points)
            .map(|i| (start + slope * i as f32 + chance.real(-0.08, 0.08)).clamp(0.03, 0.97))
            .collect()
    };
    (0..count).map(one).collect()
}

/// A chart of at most `room` points drawn with PDF operators: bars, or lines with markers.
pub fn vector_chart(room: (f32, f32), chance: &mut Chance) -> Graphic {
    let width = room.0 * chance.real(0.7, 0.95);
    let height = (width * chance.real(0.5, 0.7)).min(room.1);
    let (count, points) = (chance.whole(1, 3), chance.whole(4, 8));
    let legend = count > 1 && width > 150.0 && chance.yes(0.6);
    let right = if legend { 52.0 } else { 8.0 };
    let plot = Rect::new(42.0, 10.0, width - right, height - 34.0);
    let mut marks = axes(&plot, chance);
    if legend {
        marks.extend(key(&plot, count));
    }
    let bars = chance.yes(0.5);
    for (k, values) in series(count, points, chance).iter().enumerate() {
        let slot = plot.width() / values.len() as f32;
        let place = |i: usize| plot.x0 + slot * (i as f32 + 0.5);
        let level = |v: f32| plot.y1 - v * plot.height();
        if bars {
            let bar = slot * 0.8 / count as f32;
            marks.extend(values.iter().enumerate().map(|(i, &v)| {
                let left = plot.x0 + slot * (i as f32 + 0.1) + bar * k as f32;
                let area = Rect::new(left, level(v), left + bar * 0.9, plot.y1);
                Mark::Fill { area, colour: SERIES[k] }
            }));
            continue;
        }
        for (i, pair) in values.windows(2).enumerate() {
            let (from, to) = ((place(i), level(pair[0])), (place(i + 1), level(pair[1])));
            marks.push(Mark::Line { from, to, width: 1.3, colour: SERIES[k] });
        }
        marks.extend(values.iter().enumerate().map(|(i, &v)| {
            let (x, y) = (place(i), level(v));
            Mark::Fill { area: Rect::new(x, y, x, y).grow(2.0), colour: SERIES[k] }
        }));
    }
    Graphic { width, height, marks, ..Graphic::default() }
}

/// The legend right of the plot.
fn key(plot: &Rect, count: u32) -> Vec<Mark> {
    let one = |k: u32| {
        let y = plot.y0 + 12.0 * k as f32;
        let area = Rect::new(plot.x1 + 6.0, y, plot.x1 + 12.0, y + 6.0);
        let name = format!("Group {}", k + 1);
        let text = Text::new(plot.x1 + 15.0, y + 5.5, Face::Sans, 7.0, name);
        [Mark::Fill { area, colour: SERIES[k as usize] }, Mark::Text(text)]
    };
    (0..count).flat_map(one).collect()
}

fn axes(plot: &Rect, chance: &mut Chance) -> Vec<Mark> {
    let line = |from, to| Mark::Line { from, to, width: 0.8, colour: INK };
    let mut marks = vec![
        line((plot.x0, plot.y0), (plot.x0, plot.y1)),
        line((plot.x0, plot.y1), (plot.x1, plot.y1)),
    ];
    for i in 0..=4_u8 {
        let y = plot.y1 - plot.height() * f32::from(i) / 4.0;
        let label = (i32::from(i) * 25).to_string();
        marks.push(line((plot.x0 - 3.0, y), (plot.x0, y)));
        marks.push(Mark::Text(Text::ending(plot.x0 - 5.0, y + 2.5, Face::Sans, 7.0, &label)));
    }
    let days = chance.whole(2, 5);
    for i in 0..4_u32 {
        let x = plot.x0 + plot.width() * (i as f32 + 0.5) / 4.0;
        let label = (i * days).to_string();
        marks.push(Mark::Text(Text::centred(x, plot.y1 + 10.0, Face::Sans, 7.0, &label)));
    }
    let title = fill("{Days after onset|Age group|Week of study|Lobe}", chance);
    let middle = plot.centre().0;
    marks.push(Mark::Text(Text::centred(middle, plot.y1 + 23.0, Face::Sans, 8.0, &title)));
    if chance.yes(0.6) {
        let title = fill("{Extent score|Patients, %|Lobes involved}", chance);
        let at = (plot.x0 - 24.0, plot.centre().1);
        marks.push(Mark::Text(Text::upwards(at.0, at.1, Face::Sans, 8.0, &title)));
    }
    marks
}

/// A bar chart as a colour raster, at most `room` points, its pictures appended to `pictures`.
pub fn raster_chart(room: (f32, f32), pictures: &mut Vec<Picture>, chance: &mut Chance) -> Graphic {
    let (w, h) = (chance.whole(560, 900) as i32, chance.whole(380, 560) as i32);
    let mut canvas = Canvas::new(w as u32, h as u32, [255; 3]);
    let (left, bottom) = (70, h - 60);
    canvas.line((left, 20), (left, bottom), 2, [30; 3]);
    canvas.line((left, bottom), (w - 20, bottom), 2, [30; 3]);
    for i in 0..=4 {
        let y = bottom - (bottom - 30) * i / 4;
        canvas.line((left - 6, y), (left, y), 2, [30; 3]);
        canvas.text(14, y - 7, &format!("{:>3}", i * 25), 2, [30; 3]);
    }
    let values = series(1, chance.whole(4, 9), chance).remove(0);
    let slot = (w - 20 - left) / values.len() as i32;
    let colour = SERIES[chance.whole(0, 3) as usize].map(|v| (v * 255.0) as u8);
    for (i, v) in values.iter().enumerate() {
        let tall = (v * (bottom - 30) as f32) as i32;
        let x = left + slot * i as i32 + slot / 6;
        canvas.fill(x, bottom - tall, slot * 2 / 3, tall, colour);
        canvas.text(x, bottom + 10, &format!("G{}", i + 1), 2, [30; 3]);
    }
    let title = fill("{PATIENTS|EXTENT SCORE|SCANS}", chance);
    canvas.text(w / 2 - 60, h - 26, &title, 2, [30; 3]);
    let scale = (room.0 * chance.real(0.7, 0.95) / w as f32).min(room.1 / h as f32);
    let (width, height) = (w as f32 * scale, h as f32 * scale);
    let manner = Manner {
        turn: Turn::any(chance),
        clipped: chance.yes(0.1),
        ..Manner::plain(Encoding::coloured(chance), 92)
    };
    let cut = chance.yes(0.35);
    let manner = if cut { Manner { clipped: false, ..manner.cut(chance) } } else { manner };
    let forms = *chance.pick(&[0, 0, 0, 1, 2]);
    let area = Rect::new(0.0, 0.0, width, height);
    let placed = manner.place(&canvas, area, pictures);
    Graphic { width, height, pictures: placed, marks: Vec::new(), forms }
}

/// A flow diagram of how patients were included.
pub fn diagram(room: (f32, f32), chance: &mut Chance) -> Graphic {
    let width = room.0.min(330.0);
    let found = chance.whole(120, 400);
    let left_out = chance.whole(10, 60);
    let steps = [
        format!("{found} patients with chest CT"),
        format!("{left_out} excluded: motion or missing records"),
        format!("{} read by two radiologists", found - left_out),
        "Included in the analysis".to_owned(),
    ];
    let (tall, gap) = (26.0, 16.0);
    let mut marks = Vec::new();
    for (i, step) in steps.iter().enumerate() {
        let y = 1.0 + i as f32 * (tall + gap);
        let area = Rect::new(1.0, y, width - 1.0, y + tall);
        marks.push(Mark::Frame { area, width: 0.8 });
        let text = Text::centred(width / 2.0, y + tall / 2.0 + 3.0, Face::Sans, 8.0, step);
        marks.push(Mark::Text(text));
        if i + 1 < steps.len() {
            let (from, to) = ((width / 2.0, y + tall), (width / 2.0, y + tall + gap));
            marks.push(Mark::Line { from, to, width: 0.8, colour: INK });
            for side in [-3.0, 3.0] {
                let from = (to.0 + side, to.1 - 4.0);
                marks.push(Mark::Line { from, to, width: 0.8, colour: INK });
            }
        }
    }
    let height = steps.len() as f32 * (tall + gap) - gap + 2.0;
    Graphic { width, height, marks, ..Graphic::default() }
}

/// A table of patients' features between three rules.
pub fn table(room: (f32, f32), chance: &mut Chance) -> Graphic {
    let (width, step) = (room.0, 14.0);
    let share = "{12-88} ({10-98}%)";
    let rows = [
        ("Age, years", "{38-66} \u{b1} {8-17}"),
        ("Women", share),
        ("Fever", share),
        ("Cough", share),
        ("Dyspnoea", share),
        ("Extent score", "{3-14}.{1-9} \u{b1} {1-4}.{1-9}"),
    ];
    let columns = [0.0, width * 0.45, width * 0.75];
    let height = step * (rows.len() + 1) as f32 + 6.0;
    let cell = |column: usize, row: usize, face: Face, text: &str| {
        let baseline = step * (row as f32 + 0.75) + if row > 0 { 3.0 } else { 0.0 };
        Mark::Text(Text::new(columns[column], baseline, face, 8.5, text))
    };
    let mut marks: Vec<Mark> = [0.5, step + 2.0, height - 0.5]
        .map(|y| Mark::Line { from: (0.0, y), to: (width, y), width: 0.7, colour: INK })
        .into();
    for (column, head) in ["Feature", "Group 1", "Group 2"].iter().enumerate() {
        marks.push(cell(column, 0, Face::Bold, head));
    }
    for (i, (name, values)) in rows.iter().enumerate() {
        marks.push(cell(0, i + 1, Face::Roman, name));
        for column in 1..=2 {
            let value = fill(values, chance);
            marks.push(cell(column, i + 1, Face::Roman, &value));
        }
    }
    Graphic { width, height, marks, ..Graphic::default() }
}

/// Height of a row of a long table, in points.
pub const TABLE_STEP: f32 = 14.0;

/// A table of so many rows, and what goes on of it overleaf, in the manners that ruled tables have.
pub fn long_table(
    width: f32,
    (first, rest): (usize, usize),
    chance: &mut Chance,
) -> (Graphic, Graphic) {
    let columns = [0.0, width * 0.5, width * 0.72, width * 0.9];
    let (head_again, closed, every) = (chance.yes(0.4), chance.yes(0.5), chance.yes(0.25));
    let mut part = |rows: usize, opens: bool, ends: bool| {
        let head = if opens || head_again { TABLE_STEP } else { 0.0 };
        let height = head + 4.0 + TABLE_STEP * rows as f32;
        let rule = |y: f32| Mark::Line { from: (0.0, y), to: (width, y), width: 0.7, colour: INK };
        let mut marks = Vec::new();
        if opens || head_again {
            marks.extend([rule(0.5), rule(head + 2.0)]);
            for (x, name) in columns.iter().zip(["Feature", "Group 1", "Group 2", "P"]) {
                marks.push(Mark::Text(Text::new(*x, 0.75 * TABLE_STEP, Face::Bold, 8.5, name)));
            }
        }
        for row in 0..rows {
            let baseline = head + TABLE_STEP * (row as f32 + 0.75) + 2.0;
            let name = fill(ROW, chance);
            let share = "{12-88} ({10-98}%)";
            let cells = [name, fill(share, chance), fill(share, chance), fill("0.{10-99}", chance)];
            for (x, cell) in columns.iter().zip(cells) {
                marks.push(Mark::Text(Text::new(*x, baseline, Face::Roman, 8.5, cell)));
            }
            if every && row + 1 < rows {
                marks.push(rule(head + 2.0 + TABLE_STEP * (row + 1) as f32));
            }
        }
        if ends || closed {
            marks.push(rule(height - 0.5));
        }
        Graphic { width, height, marks, ..Graphic::default() }
    };
    (part(first, true, false), part(rest, false, true))
}

const ROW: &str = "{Fever|Cough|Dyspnoea|Headache|Fatigue|Women|Diabetes|Asthma|Smokers} {at onset|at \
     admission|in week one|in week two|at discharge}";

/// A hospital's or journal's mark, for the head of every page.
pub fn logo(chance: &mut Chance) -> Picture {
    let mut canvas = Canvas::new(160, 80, [255; 3]);
    let colour = SERIES[chance.whole(0, 3) as usize].map(|v| (v * 255.0) as u8);
    canvas.fill(4, 8, 64, 64, colour);
    canvas.text(14, 22, &fill("{NH|AC|UR|QX}", chance), 4, [255; 3]);
    canvas.text(78, 32, &fill("{CHEST|LUNG|IMAGE}", chance), 2, colour);
    Picture::encode(&canvas, Encoding::FlateRgb, 100)
}
