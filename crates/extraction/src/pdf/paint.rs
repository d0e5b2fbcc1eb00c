//! The colours that a content stream paints with, as far as they matter: whether a path leaves a mark
//! on white paper, what pattern fills it, and how to set the colour again for a stencil.

use std::rc::Rc;

use mupdf::pdf::PdfObject;

use super::Matrix;
use super::content::{Operand, Operation};
use super::object;

/// The current colour of one kind, filling or stroking.
#[derive(Debug, Clone)]
pub(super) struct Paint {
    /// Whether it leaves no mark on white paper.
    pub(super) white: bool,
    /// In a `Separation` or `DeviceN` space 0 is no ink, elsewhere it is black.
    subtractive: bool,
    /// The operators that set it, and the resources they name things of.
    pub(super) operators: Rc<[u8]>,
    pub(super) resources: Option<Rc<PdfObject>>,
    pub(super) pattern: Option<Rc<Pattern>>,
}

/// A tiling pattern, and the space its matrix starts from.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) object: PdfObject,
    pub(super) base: Matrix,
}

impl Paint {
    pub(super) fn black() -> Self {
        Self {
            white: false,
            subtractive: false,
            operators: Rc::from(*b""),
            resources: None,
            pattern: None,
        }
    }

    /// Follows a colour operator, written `text` in the stream whose resources and space these are.
    pub(super) fn follow(
        &mut self,
        operation: &Operation<'_>,
        text: &[u8],
        resources: &Rc<PdfObject>,
        base: Matrix,
    ) {
        let operands = &operation.operands;
        match operation.operator {
            b"cs" | b"CS" => {
                let subtractive = match operands.last() {
                    Some(Operand::Name(name)) => is_subtractive(resources, name),
                    _ => false,
                };
                // The initial colour of every space is black, or full ink.
                *self = Self {
                    subtractive,
                    operators: line(text),
                    resources: Some(Rc::clone(resources)),
                    ..Self::black()
                };
            }
            b"sc" | b"scn" | b"SC" | b"SCN" => {
                // Only the last choice in the space set before counts; that space is the first line.
                let space = self.operators.split(|byte| *byte == b'\n').next().unwrap_or_default();
                self.operators = lines(space, text);
                self.set(operation);
                self.pattern = match operands.last() {
                    Some(Operand::Name(name)) => object::resource(resources, "Pattern", name)
                        .filter(|pattern| object::integer_at(pattern, "PatternType") == Some(1))
                        .map(|object| Rc::new(Pattern { object, base })),
                    _ => None,
                };
            }
            _ => {
                *self = Self { operators: line(text), ..Self::black() };
                self.set(operation);
            }
        }
    }

    fn set(&mut self, operation: &Operation<'_>) {
        let named_pattern = matches!(operation.operands.last(), Some(Operand::Name(_)));
        let no_ink = if self.subtractive { 0.0 } else { 1.0 };
        self.white = !named_pattern && is_white(&operation.numbers(), no_ink);
    }
}

/// An operator on one line; none of these holds a line break that matters.
fn line(operator: &[u8]) -> Rc<[u8]> {
    operator.iter().copied().map(blank).collect()
}

/// Two operators, one after the other.
fn lines(first: &[u8], second: &[u8]) -> Rc<[u8]> {
    let (first, second) = (first.iter().copied(), second.iter().copied());
    first.map(blank).chain([b'\n']).chain(second.map(blank)).collect()
}

/// A line break as a blank.
fn blank(byte: u8) -> u8 {
    if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }
}

/// `no_ink` is the value of an unmarked component in a space of 1 to 3 components; four are CMYK.
fn is_white(tints: &[f32], no_ink: f32) -> bool {
    let blank = if tints.len() == 4 { 0.0 } else { no_ink };
    !tints.is_empty() && tints.iter().all(|tint| (tint - blank).abs() < 0.004)
}

fn is_subtractive(resources: &PdfObject, name: &[u8]) -> bool {
    let Some(space) = object::resource(resources, "ColorSpace", name) else { return false };
    let family = space.get_array(0).ok().flatten().and_then(|family| object::name(&family));
    matches!(family.as_deref(), Some(b"Separation" | b"DeviceN"))
}
