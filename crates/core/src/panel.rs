//! The rectangles that show one scan.

use std::fmt;
use std::str::FromStr;

/// A rectangle in native pixels of its image, origin top left. Written `x,y,w,h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PanelBox {
    pub x: u32,
    pub y: u32,
    pub w: u32,
    pub h: u32,
}

impl PanelBox {
    /// The whole of a `width` x `height` picture.
    pub fn whole(width: u32, height: u32) -> Self {
        Self { x: 0, y: 0, w: width, h: height }
    }

    /// Whether it holds a pixel and lies inside a `width` x `height` picture.
    pub fn fits(&self, width: u32, height: u32) -> bool {
        self.w > 0
            && self.h > 0
            && self.x.checked_add(self.w).is_some_and(|right| right <= width)
            && self.y.checked_add(self.h).is_some_and(|bottom| bottom <= height)
    }

    /// Area in common over the larger of the two areas: 0 of boxes that lie apart, 1 of a box with itself.
    pub fn overlap(self, other: Self) -> f64 {
        let larger = self.area().max(other.area());
        if larger > 0.0 { self.intersection(other) / larger } else { 0.0 }
    }

    /// Intersection over union: 0 of boxes that lie apart, 1 of a box with itself.
    pub fn iou(self, other: Self) -> f64 {
        let both = self.intersection(other);
        let union = self.area() + other.area() - both;
        if union > 0.0 { both / union } else { 0.0 }
    }

    fn area(self) -> f64 {
        f64::from(self.w) * f64::from(self.h)
    }

    /// Area in common.
    fn intersection(self, other: Self) -> f64 {
        let common = |a0: u32, a1: u32, b0: u32, b1: u32| -> f64 {
            f64::from(a1.min(b1).saturating_sub(a0.max(b0)))
        };
        common(self.x, self.x + self.w, other.x, other.x + other.w)
            * common(self.y, self.y + self.h, other.y, other.y + other.h)
    }
}

impl fmt::Display for PanelBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{},{}", self.x, self.y, self.w, self.h)
    }
}

impl FromStr for PanelBox {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let wrong =
            || format!("'{text}' is no box: expected x,y,w,h in pixels, such as 0,0,512,512");
        let numbers: Vec<u32> = text
            .split(',')
            .map(|n| n.trim().parse().map_err(|_| wrong()))
            .collect::<std::result::Result<_, _>>()?;
        match numbers[..] {
            [x, y, w, h] if w > 0 && h > 0 => Ok(Self { x, y, w, h }),
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intersection_over_union() {
        let [one, other] = [0, 50].map(|x| PanelBox { x, y: 0, w: 100, h: 10 });
        assert_eq!((one.iou(one), one.iou(other)), (1.0, 500.0 / 1500.0));
        assert_eq!(one.iou(PanelBox { x: 100, ..one }), 0.0);
    }

    #[test]
    fn boxes_read_what_they_write() {
        let bounds = PanelBox { x: 1, y: 2, w: 3, h: 4 };
        assert_eq!(bounds.to_string().parse(), Ok(bounds));
        assert!("1,2,3".parse::<PanelBox>().is_err());
        assert!("1,2,0,4".parse::<PanelBox>().is_err());
        assert!(!PanelBox { x: u32::MAX, y: 0, w: 1, h: 1 }.fits(10, 10));
    }
}
