//! Charts as inline SVG: lines, bands around them, bars, marked points. Colours come from the page's style
//! sheet (`s0`, `s1`, …), so the same drawing serves light, dark and paper.

use maud::{Markup, html};

/// The drawing's own units; the page scales it.
const WIDTH: f64 = 340.0;
const HEIGHT: f64 = 250.0;
const LEFT: f64 = 36.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 42.0;
/// Lines of at most this many points get a dot on each.
const DOTS: usize = 60;

/// One line of a chart.
#[derive(Debug, Default)]
pub struct Series {
    pub name: &'static str,
    /// Points that are not finite are left out.
    pub points: Vec<(f64, f64)>,
    /// Drawn as a shade behind the line: x, low and high.
    pub band: Vec<(f64, f64, f64)>,
    /// Whether each point gets a dot, where there are few.
    pub dots: bool,
}

/// A point with a name in the legend.
#[derive(Debug)]
pub struct Mark {
    pub name: String,
    pub at: (f64, f64),
}

#[derive(Debug)]
pub struct Chart {
    /// Read out by screen readers, and shown where the pointer rests.
    pub title: String,
    pub x_label: &'static str,
    pub y_label: &'static str,
    pub x: Axis,
    pub y: Axis,
    pub series: Vec<Series>,
    /// Thin lines behind the others: the members of a series.
    pub thin: Vec<Vec<(f64, f64)>>,
    /// What each of them is of.
    pub member: &'static str,
    /// Behind all: from, to and height.
    pub bars: Vec<(f64, f64, f64)>,
    /// At most two.
    pub marks: Vec<Mark>,
    /// Draws the line from corner to corner: of chance, or of what is ideal.
    pub diagonal: bool,
}

impl Chart {
    /// Without anything in it.
    pub fn new(title: String, x: (&'static str, Axis), y: (&'static str, Axis)) -> Self {
        Self {
            title,
            x_label: x.0,
            y_label: y.0,
            x: x.1,
            y: y.1,
            series: Vec::new(),
            thin: Vec::new(),
            member: "run",
            bars: Vec::new(),
            marks: Vec::new(),
            diagonal: false,
        }
    }
}

/// A linear axis with ticks at round numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    min: f64,
    max: f64,
    step: f64,
}

impl Axis {
    /// Widens `min..max` to round numbers with about five steps between them.
    pub fn over(values: impl IntoIterator<Item = f64>) -> Self {
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.into_iter().filter(|value| value.is_finite()) {
            min = min.min(value);
            max = max.max(value);
        }
        if min > max {
            return Self::unit();
        }
        if min == max {
            (min, max) = (min - 0.5, max + 0.5);
        }
        let step = round_step((max - min) / 5.0);
        Self { min: (min / step).floor() * step, max: (max / step).ceil() * step, step }
    }

    /// 0 to 1.
    pub fn unit() -> Self {
        Self { min: 0.0, max: 1.0, step: 0.2 }
    }

    /// Whole numbers from 1 to `last`.
    pub fn counting(last: u32) -> Self {
        let last = f64::from(last.max(2));
        Self { min: 1.0, max: last, step: round_step((last - 1.0) / 6.0).max(1.0) }
    }

    /// At whole multiples of the step.
    fn ticks(&self) -> impl Iterator<Item = f64> {
        let (first, last) = (self.min / self.step, self.max / self.step);
        let (first, last) = ((first - 1e-9).ceil() as i64, (last + 1e-9).floor() as i64);
        (first..=last).map(|n| n as f64 * self.step)
    }

    fn label(&self, tick: f64) -> String {
        let decimals = (-self.step.log10().floor()).max(0.0) as usize;
        format!("{tick:.decimals$}")
    }

    fn fraction(&self, value: f64) -> f64 {
        (value - self.min) / (self.max - self.min)
    }
}

/// The least of 1, 2 and 5 times a power of ten that reaches `rough`.
fn round_step(rough: f64) -> f64 {
    let power = 10_f64.powf(rough.log10().floor());
    let factors = [1.0, 2.0, 5.0, 10.0];
    let factor = factors.into_iter().find(|factor| factor * power >= rough * (1.0 - 1e-9));
    factor.unwrap_or(10.0) * power
}

impl Chart {
    pub fn draw(&self) -> Markup {
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        html! {
            svg.chart viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(self.title) {
                title { (self.title) }
                @for &(from, to, height) in &self.bars { (self.bar(from, to, height)) }
                @for tick in self.y.ticks() {
                    @let y = self.at_y(tick);
                    line.grid x1=(LEFT) y1=(pt(y)) x2=(right) y2=(pt(y)) {}
                    text.tick x=(LEFT - 6.0) y=(pt(y + 4.0)) text-anchor="end" { (self.y.label(tick)) }
                }
                @for tick in self.x.ticks() {
                    @let x = self.at_x(tick);
                    text.tick x=(pt(x)) y=(bottom + 16.0) text-anchor="middle" { (self.x.label(tick)) }
                }
                line.axis x1=(LEFT) y1=(bottom) x2=(right) y2=(bottom) {}
                text.tick x=(pt(f64::midpoint(LEFT, right))) y=(HEIGHT - 6.0) text-anchor="middle" {
                    (self.x_label)
                }
                @if self.diagonal {
                    line.chance x1=(LEFT) y1=(bottom) x2=(right) y2=(TOP) {}
                }
                @for (index, series) in self.series.iter().enumerate() { (self.shade(index, series)) }
                @for points in &self.thin { polyline.thin points=(self.path(points)) {} }
                @for (index, series) in self.series.iter().enumerate() { (self.line(index, series)) }
                @for (index, mark) in self.marks.iter().enumerate() {
                    (shape(index, self.at_x(mark.at.0), self.at_y(mark.at.1)))
                }
                (self.legend())
            }
        }
    }

    fn bar(&self, from: f64, to: f64, height: f64) -> Markup {
        let (left, right) = (self.at_x(from) + 1.0, self.at_x(to) - 1.0);
        let (top, bottom) = (self.at_y(height), HEIGHT - BOTTOM);
        html! {
            rect.bars x=(pt(left)) y=(pt(top)) width=(pt(right - left)) height=(pt(bottom - top)) {}
        }
    }

    fn shade(&self, index: usize, series: &Series) -> Markup {
        let upper = series.band.iter().map(|&(x, _, high)| (x, high));
        let lower = series.band.iter().rev().map(|&(x, low, _)| (x, low));
        let outline: Vec<(f64, f64)> = upper.chain(lower).collect();
        html! {
            @if !outline.is_empty() {
                polygon class=(format!("band s{index}")) points=(self.path(&outline)) {}
            }
        }
    }

    fn path(&self, points: &[(f64, f64)]) -> String {
        let finite = points.iter().filter(|(x, y)| x.is_finite() && y.is_finite());
        let drawn = finite.map(|&(x, y)| format!("{},{}", pt(self.at_x(x)), pt(self.at_y(y))));
        drawn.collect::<Vec<_>>().join(" ")
    }

    fn line(&self, index: usize, series: &Series) -> Markup {
        let finite = series.points.iter().filter(|(x, y)| x.is_finite() && y.is_finite());
        let drawn: Vec<(String, String)> =
            finite.map(|&(x, y)| (pt(self.at_x(x)), pt(self.at_y(y)))).collect();
        html! {
            polyline class=(format!("line s{index}")) points=(self.path(&series.points)) {}
            @if drawn.len() <= DOTS && series.dots {
                @for (x, y) in &drawn { circle class=(format!("dot s{index}")) cx=(x) cy=(y) r="2.5" {} }
            }
        }
    }

    /// Above the plot: the y axis's name, then a swatch a line; marks at the lower right, where curves seldom
    /// are.
    fn legend(&self) -> Markup {
        // Letters of the page's font are about this wide at the legend's size.
        let letter = 6.6;
        let mut x = LEFT + self.y_label.chars().count() as f64 * letter + 20.0;
        html! {
            text.label x=(LEFT) y="16" { (self.y_label) }
            @for (index, series) in self.series.iter().enumerate() {
                @if !series.name.is_empty() {
                    line class=(format!("line s{index}")) x1=(pt(x)) y1="12" x2=(pt(x + 16.0)) y2="12" {}
                    text.tick x=(pt(x + 21.0)) y="16" { (series.name) }
                    @let () = x += 21.0 + series.name.len() as f64 * letter + 18.0;
                }
            }
            @if !self.thin.is_empty() {
                line.thin x1=(pt(x)) y1="12" x2=(pt(x + 16.0)) y2="12" {}
                text.tick x=(pt(x + 21.0)) y="16" { "each " (self.member) }
            }
            @for (index, mark) in self.marks.iter().enumerate() {
                @let y = HEIGHT - BOTTOM - 12.0 - 16.0 * (self.marks.len() - 1 - index) as f64;
                @let start = WIDTH - RIGHT - mark.name.chars().count() as f64 * letter - 4.0;
                (shape(index, start - 10.0, y - 4.0))
                text.tick x=(pt(start)) y=(pt(y)) { (mark.name) }
            }
        }
    }

    fn at_x(&self, value: f64) -> f64 {
        LEFT + self.x.fraction(value) * (WIDTH - LEFT - RIGHT)
    }

    fn at_y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - self.y.fraction(value) * (HEIGHT - TOP - BOTTOM)
    }
}

/// A disc for the first mark, a square for the second: told apart without colours.
fn shape(index: usize, x: f64, y: f64) -> Markup {
    html! {
        @if index == 0 { circle.mark cx=(pt(x)) cy=(pt(y)) r="4" {} }
        @else { rect.mark x=(pt(x - 3.8)) y=(pt(y - 3.8)) width="7.6" height="7.6" {} }
    }
}

/// A coordinate to a tenth, the same on every machine.
fn pt(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ticks_are_round() {
        let axis = Axis::over([0.13, 0.71]);
        let labels: Vec<String> = axis.ticks().map(|tick| axis.label(tick)).collect();
        assert_eq!(labels, ["0.0", "0.2", "0.4", "0.6", "0.8"]);
        let epochs = Axis::counting(50);
        let labels: Vec<String> = epochs.ticks().map(|tick| epochs.label(tick)).collect();
        assert_eq!(labels, ["10", "20", "30", "40", "50"]);
        let few = Axis::counting(1);
        assert_eq!(few.ticks().map(|tick| few.label(tick)).collect::<Vec<_>>(), ["1", "2"]);
    }

    #[test]
    fn a_line_leaves_out_what_is_not_finite() {
        let axes = (("epoch", Axis::counting(3)), ("loss", Axis::unit()));
        let mut chart = Chart::new("loss".into(), axes.0, axes.1);
        chart.series.push(Series {
            name: "train",
            points: vec![(1.0, 0.5), (2.0, f64::NAN), (3.0, 0.25)],
            dots: true,
            ..Series::default()
        });
        let svg = chart.draw().into_string();
        assert!(!svg.contains("NaN"), "{svg}");
        assert_eq!(svg.matches("<circle").count(), 2, "{svg}");
    }

    #[test]
    fn bands_bars_and_marks_are_drawn_within_the_chart() {
        let mut chart = Chart::new("a < b".into(), ("x", Axis::unit()), ("y", Axis::unit()));
        chart.series.push(Series {
            points: vec![(0.0, 0.0), (1.0, 1.0)],
            band: vec![(0.0, 0.0, 0.5), (1.0, 0.5, 1.0)],
            ..Series::default()
        });
        chart.bars.push((0.0, 0.1, 0.5));
        chart.marks.push(Mark { name: "0.500".into(), at: (0.2, 0.8) });
        chart.marks.push(Mark { name: "0.310".into(), at: (0.3, 0.9) });
        let svg = chart.draw().into_string();
        // Up along the upper edge, back along the lower one.
        assert!(svg.contains("36.0,119.0 328.0,30.0 328.0,119.0 36.0,208.0"), "{svg}");
        assert!(svg.contains("<title>a &lt; b</title>"), "{svg}");
        // Each in the plot and in the legend.
        assert_eq!((svg.matches("<circle").count(), svg.matches("class=\"mark\"").count()), (2, 4));
        assert_eq!(svg.matches("class=\"bars\"").count(), 1);
    }

    proptest! {
        #[test]
        fn an_axis_holds_its_values(values in proptest::collection::vec(-1e6..1e6, 1..20)) {
            let axis = Axis::over(values.iter().copied());
            for value in values {
                let fraction = axis.fraction(value);
                prop_assert!((-1e-9..=1.0 + 1e-9).contains(&fraction), "{} in {:?}", value, axis);
            }
            prop_assert!((2..=12).contains(&axis.ticks().count()));
        }
    }
}
