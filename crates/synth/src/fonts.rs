//! The base-14 fonts the corpus is set in: names, advance widths, encoding.
//!
//! A viewer brings these fonts itself, so that a synthetic paper embeds none.

/// A face; the order is that of [`Face::ALL`] and of the width tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Face {
    Roman,
    Bold,
    Italic,
    Sans,
    SansBold,
}

impl Face {
    pub const ALL: [Self; 5] = [Self::Roman, Self::Bold, Self::Italic, Self::Sans, Self::SansBold];

    /// `PostScript` name of the base-14 font.
    pub fn base_font(self) -> &'static str {
        match self {
            Self::Roman => "Times-Roman",
            Self::Bold => "Times-Bold",
            Self::Italic => "Times-Italic",
            Self::Sans => "Helvetica",
            Self::SansBold => "Helvetica-Bold",
        }
    }

    /// Name in a page's resources.
    pub fn resource(self) -> &'static str {
        match self {
            Self::Roman => "F1",
            Self::Bold => "F2",
            Self::Italic => "F3",
            Self::Sans => "F4",
            Self::SansBold => "F5",
        }
    }

    /// Width of `text` set at `size` points, in points.
    pub fn width(self, text: &str, size: f32) -> f32 {
        let thousandths: u32 = text.chars().map(|c| u32::from(self.advance(c))).sum();
        thousandths as f32 * size / 1000.0
    }

    pub fn is_bold(self) -> bool {
        matches!(self, Self::Bold | Self::SansBold)
    }

    /// Advance width of the letter with this byte, in thousandths of the font size; `None` where there is none.
    pub fn advance_of(self, byte: u8) -> Option<u16> {
        let c = match byte {
            b' '..=b'~' | 0xa0 | 0xb1 | 0xd7 => char::from(byte),
            0x96 => '\u{2013}',
            0x97 => '\u{2014}',
            0x92 => '\u{2019}',
            0x1c => '\u{fb01}',
            0x1d => '\u{fb02}',
            0x1e => '\u{2009}',
            _ => return None,
        };
        Some(self.advance(c))
    }

    /// Advance width in thousandths of the font size.
    fn advance(self, c: char) -> u16 {
        let sans = matches!(self, Self::Sans | Self::SansBold);
        match c {
            ' '..='~' => WIDTHS[self as usize][c as usize - ' ' as usize],
            '\u{2013}' if sans => 556,
            '\u{2013}' => 500,
            '\u{2019}' if sans => 222,
            '\u{2019}' => 333,
            '\u{b1}' | '\u{d7}' if sans => 584,
            '\u{b1}' | '\u{d7}' => 564,
            '\u{2014}' if self == Self::Italic => 889,
            '\u{2014}' => 1000,
            '\u{a0}' | '\u{2009}' => WIDTHS[self as usize][0],
            '\u{fb01}' | '\u{fb02}' => match self {
                Self::Roman | Self::Bold => 556,
                Self::Italic | Self::Sans => 500,
                Self::SansBold => 611,
            },
            _ => unreachable!("'{c}' is not in the corpus' alphabet"),
        }
    }
}

/// What the fonts' encoding has beyond `WinAnsiEncoding`: ligatures, and a blank that
/// [`TO_UNICODE`] makes a thin one.
pub const DIFFERENCES: [(u8, &[u8]); 3] = [(0x1c, b"fi"), (0x1d, b"fl"), (0x1e, b"space")];

/// What the codes mean that their glyphs do not tell.
pub const TO_UNICODE: &[u8] = b"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n\
    /CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n\
    /CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n\
    1 begincodespacerange\n<00> <FF>\nendcodespacerange\n\
    3 beginbfchar\n<1C> <FB01>\n<1D> <FB02>\n<1E> <2009>\nendbfchar\n\
    1 beginbfrange\n<20> <7E> <0020>\nendbfrange\n\
    endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend";

/// `text` in the fonts' encoding.
pub fn win_ansi(text: &str) -> Vec<u8> {
    let byte = |c| match c {
        ' '..='~' | '\u{b1}' | '\u{d7}' => c as u8,
        '\u{2013}' => 0x96,
        '\u{2014}' => 0x97,
        '\u{2019}' => 0x92,
        '\u{a0}' => 0xa0,
        '\u{fb01}' => 0x1c,
        '\u{fb02}' => 0x1d,
        '\u{2009}' => 0x1e,
        _ => unreachable!("'{c}' is not in the corpus' alphabet"),
    };
    text.chars().map(byte).collect()
}

/// Advance widths of ' ' to '~', in thousandths of the font size (Adobe's metrics of the base-14
/// fonts).
#[rustfmt::skip]
const WIDTHS: [[u16; 95]; 5] = [
    // Roman
    [
        250, 333, 408, 500, 500, 833, 778, 180, 333, 333, 500, 564, 250, 333, 250, 278,
        500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 278, 278, 564, 564, 564, 444,
        921, 722, 667, 667, 722, 611, 556, 722, 722, 333, 389, 722, 611, 889, 722, 722,
        556, 722, 667, 556, 611, 722, 722, 944, 722, 722, 611, 333, 278, 333, 469, 500,
        333, 444, 500, 444, 500, 444, 333, 500, 500, 278, 278, 500, 278, 778, 500, 500,
        500, 500, 333, 389, 278, 500, 500, 722, 500, 500, 444, 480, 200, 480, 541,
    ],
    // Bold
    [
        250, 333, 555, 500, 500, 1000, 833, 278, 333, 333, 500, 570, 250, 333, 250, 278,
        500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 333, 333, 570, 570, 570, 500,
        930, 722, 667, 722, 722, 667, 611, 778, 778, 389, 500, 778, 667, 944, 722, 778,
        611, 778, 722, 556, 667, 722, 722, 1000, 722, 722, 667, 333, 278, 333, 581, 500,
        333, 500, 556, 444, 556, 444, 333, 500, 556, 278, 333, 556, 278, 833, 556, 500,
        556, 556, 444, 389, 333, 556, 500, 722, 500, 500, 444, 394, 220, 394, 520,
    ],
    // Italic
    [
        250, 333, 420, 500, 500, 833, 778, 214, 333, 333, 500, 675, 250, 333, 250, 278,
        500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 333, 333, 675, 675, 675, 500,
        920, 611, 611, 667, 722, 611, 611, 722, 722, 333, 444, 667, 556, 833, 667, 722,
        611, 722, 611, 500, 556, 722, 611, 833, 611, 556, 556, 389, 278, 389, 422, 500,
        333, 500, 500, 444, 500, 444, 278, 500, 500, 278, 278, 444, 278, 722, 500, 500,
        500, 500, 389, 389, 278, 500, 444, 667, 444, 444, 389, 400, 275, 400, 541,
    ],
    // Sans
    [
        278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
        556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
        1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
        667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
        333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
        556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
    ],
    // SansBold
    [
        278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278,
        556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611,
        975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778,
        667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556,
        333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611,
        611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_the_fonts_own() {
        let thousandths = [722, 500, 278, 444, 278, 250, 667, 611].iter().sum::<i32>();
        assert_eq!(Face::Roman.width("Axial CT", 10.0), thousandths as f32 / 100.0);
        assert!(Face::Bold.width("Figure 1.", 10.0) > Face::Roman.width("Figure 1.", 10.0));
    }

    #[test]
    fn every_letter_of_the_alphabet_has_a_byte() {
        assert_eq!(win_ansi("a\u{2013}\u{2019}\u{b1}\u{d7}"), [b'a', 0x96, 0x92, 0xb1, 0xd7]);
    }
}
