//! Canvases of pixels and a bitmap alphabet to write on them.

/// RGB pixels, row by row.
#[derive(Debug, Clone)]
pub struct Canvas {
    pub width: u32,
    pub height: u32,
    pixels: Vec<[u8; 3]>,
}

impl Canvas {
    pub fn new(width: u32, height: u32, colour: [u8; 3]) -> Self {
        Self { width, height, pixels: vec![colour; (width * height) as usize] }
    }

    /// Sets a pixel; outside the canvas nothing happens.
    pub fn set(&mut self, x: i32, y: i32, colour: [u8; 3]) {
        if (0..self.width as i32).contains(&x) && (0..self.height as i32).contains(&y) {
            self.pixels[(y as u32 * self.width + x as u32) as usize] = colour;
        }
    }

    pub fn fill(&mut self, x: i32, y: i32, w: i32, h: i32, colour: [u8; 3]) {
        for row in y..y + h {
            for column in x..x + w {
                self.set(column, row, colour);
            }
        }
    }

    /// A line with square ends, `thick` pixels wide.
    pub fn line(&mut self, from: (i32, i32), to: (i32, i32), thick: i32, colour: [u8; 3]) {
        let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).max(1);
        for i in 0..=steps {
            let x = from.0 + (to.0 - from.0) * i / steps;
            let y = from.1 + (to.1 - from.1) * i / steps;
            self.fill(x - thick / 2, y - thick / 2, thick, thick, colour);
        }
    }

    /// Puts `width` pixels a row of grey levels at (`x`, `y`).
    pub fn paste_grey(&mut self, x: u32, y: u32, width: u32, grey: &[u8]) {
        for (i, &level) in grey.iter().enumerate() {
            let (dx, dy) = (i as u32 % width, i as u32 / width);
            self.set((x + dx) as i32, (y + dy) as i32, [level; 3]);
        }
    }

    /// Puts `other` with its top left corner at (`x`, `y`).
    pub fn paste(&mut self, x: u32, y: u32, other: &Self) {
        for (i, &colour) in other.pixels.iter().enumerate() {
            let (dx, dy) = (i as u32 % other.width, i as u32 / other.width);
            self.set((x + dx) as i32, (y + dy) as i32, colour);
        }
    }

    /// Writes `text` (capitals, digits, `%`, `-`, blank) with letters 7 * `scale` pixels high.
    pub fn text(&mut self, x: i32, y: i32, text: &str, scale: i32, colour: [u8; 3]) {
        for (i, c) in text.chars().enumerate() {
            let left = x + 6 * scale * i as i32;
            for (row, bits) in glyph(c).iter().enumerate() {
                for column in (0..5).filter(|column| bits & (0x10 >> column) != 0) {
                    self.fill(left + column * scale, y + row as i32 * scale, scale, scale, colour);
                }
            }
        }
    }

    /// The colour at (`x`, `y`), which must be on the canvas.
    pub fn at(&self, x: u32, y: u32) -> [u8; 3] {
        self.pixels[(y * self.width + x) as usize]
    }

    pub fn pixels(&self) -> &[[u8; 3]] {
        &self.pixels
    }

    /// The `w` by `h` pixels from (`x`, `y`) on.
    pub fn cut(&self, x: u32, y: u32, w: u32, h: u32) -> Self {
        let rows = (y..y + h).flat_map(|row| (x..x + w).map(move |column| (column, row)));
        let pixels = rows.map(|(column, row)| self.at(column, row)).collect();
        Self { width: w, height: h, pixels }
    }

    pub fn grey(&self) -> Vec<u8> {
        self.pixels.iter().map(|p| p[1]).collect()
    }

    pub fn rgb(&self) -> Vec<u8> {
        self.pixels.iter().flatten().copied().collect()
    }
}

/// Five columns by seven rows; bit 4 is the left column. Unknown letters are blank.
#[rustfmt::skip]
pub(super) fn glyph(c: char) -> [u8; 7] {
    match c {
        '0' => [14, 17, 19, 21, 25, 17, 14], '1' => [4, 12, 4, 4, 4, 4, 14],
        '2' => [14, 17, 1, 6, 8, 16, 31],    '3' => [30, 1, 1, 14, 1, 1, 30],
        '4' => [2, 6, 10, 18, 31, 2, 2],     '5' => [31, 16, 30, 1, 1, 17, 14],
        '6' => [6, 8, 16, 30, 17, 17, 14],   '7' => [31, 1, 2, 4, 8, 8, 8],
        '8' => [14, 17, 17, 14, 17, 17, 14], '9' => [14, 17, 17, 15, 1, 2, 12],
        'A' => [14, 17, 17, 31, 17, 17, 17], 'B' => [30, 17, 17, 30, 17, 17, 30],
        'C' => [14, 17, 16, 16, 16, 17, 14], 'D' => [30, 17, 17, 17, 17, 17, 30],
        'E' => [31, 16, 16, 30, 16, 16, 31], 'F' => [31, 16, 16, 30, 16, 16, 16],
        'G' => [14, 17, 16, 23, 17, 17, 14], 'H' => [17, 17, 17, 31, 17, 17, 17],
        'I' => [14, 4, 4, 4, 4, 4, 14],      'J' => [7, 2, 2, 2, 2, 18, 12],
        'K' => [17, 18, 20, 24, 20, 18, 17], 'L' => [16, 16, 16, 16, 16, 16, 31],
        'M' => [17, 27, 21, 21, 17, 17, 17], 'N' => [17, 25, 21, 19, 17, 17, 17],
        'O' => [14, 17, 17, 17, 17, 17, 14], 'P' => [30, 17, 17, 30, 16, 16, 16],
        'Q' => [14, 17, 17, 17, 21, 18, 13], 'R' => [30, 17, 17, 30, 20, 18, 17],
        'S' => [15, 16, 16, 14, 1, 1, 30],   'T' => [31, 4, 4, 4, 4, 4, 4],
        'U' => [17, 17, 17, 17, 17, 17, 14], 'V' => [17, 17, 17, 17, 17, 10, 4],
        'W' => [17, 17, 17, 21, 21, 27, 17], 'X' => [17, 17, 10, 4, 10, 17, 17],
        'Y' => [17, 17, 10, 4, 4, 4, 4],     'Z' => [31, 1, 2, 4, 8, 16, 31],
        '%' => [25, 26, 2, 4, 8, 11, 19],    '-' => [0, 0, 0, 31, 0, 0, 0],
        _ => [0; 7],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawing_outside_the_canvas_is_harmless() {
        let mut canvas = Canvas::new(4, 4, [0; 3]);
        canvas.text(-3, 2, "A9", 2, [255; 3]);
        canvas.line((-5, -5), (9, 9), 3, [9; 3]);
        assert_eq!(canvas.pixels.len(), 16);
    }

    #[test]
    fn a_cut_starts_where_it_is_told() {
        let mut canvas = Canvas::new(6, 4, [0; 3]);
        canvas.set(3, 2, [7; 3]);
        let cut = canvas.cut(3, 2, 2, 2);
        assert_eq!((cut.width, cut.height, cut.at(0, 0), cut.at(1, 1)), (2, 2, [7; 3], [0; 3]));
    }
}
