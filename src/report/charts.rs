//! Line charts as inline SVG. Colours come from the page's style sheet (`s0`, `s1`, …), so the same
//! drawing serves light, dark and paper.

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
#[derive(Debug)]
pub struct Series {
    pub name: &'static str,
    /// Points that are not finite are left out.
    pub points: Vec<(f64, f64)>,
}

#[derive(Debug)]
pub struct Chart {
    /// Read out by screen readers.
    pub title: String,
    pub x_label: &'static str,
    pub y_label: &'static str,
    pub x: Axis,
    pub y: Axis,
    pub series: Vec<Series>,
    /// Draws the line of chance from corner to corner.
    pub diagonal: bool,
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
                @for (index, series) in self.series.iter().enumerate() { (self.line(index, series)) }
                (self.legend())
            }
        }
    }

    fn line(&self, index: usize, series: &Series) -> Markup {
        let finite = series.points.iter().filter(|(x, y)| x.is_finite() && y.is_finite());
        let drawn: Vec<(String, String)> =
            finite.map(|&(x, y)| (pt(self.at_x(x)), pt(self.at_y(y)))).collect();
        let path: Vec<String> = drawn.iter().map(|(x, y)| format!("{x},{y}")).collect();
        html! {
            polyline class=(format!("line s{index}")) points=(path.join(" ")) {}
            @if drawn.len() <= DOTS && !self.diagonal {
                @for (x, y) in &drawn { circle class=(format!("dot s{index}")) cx=(x) cy=(y) r="2.5" {} }
            }
        }
    }

    /// Above the plot: the y axis's name, then a swatch a line.
    fn legend(&self) -> Markup {
        // Letters of the page's font are about this wide at the legend's size.
        let letter = 6.6;
        let mut x = LEFT + self.y_label.len() as f64 * letter + 20.0;
        html! {
            text.label x=(LEFT) y="16" { (self.y_label) }
            @for (index, series) in self.series.iter().enumerate() {
                @if !series.name.is_empty() {
                    line class=(format!("line s{index}")) x1=(pt(x)) y1="12" x2=(pt(x + 16.0)) y2="12" {}
                    text.tick x=(pt(x + 21.0)) y="16" { (series.name) }
                    @let () = x += 21.0 + series.name.len() as f64 * letter + 14.0;
                }
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
        let chart = Chart {
            title: "loss".into(),
            x_label: "epoch",
            y_label: "loss",
            x: Axis::counting(3),
            y: Axis::unit(),
            series: vec![Series {
                name: "train",
                points: vec![(1.0, 0.5), (2.0, f64::NAN), (3.0, 0.25)],
            }],
            diagonal: false,
        };
        let svg = chart.draw().into_string();
        assert!(!svg.contains("NaN"), "{svg}");
        assert_eq!(svg.matches("<circle").count(), 2, "{svg}");
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
