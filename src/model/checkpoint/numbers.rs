//! Tensors out of the bytes of storages.

use super::pickle::{Storage, Tensor};

/// A convolution's weights have four.
const MOST_DIMENSIONS: usize = 8;

type Result<T> = std::result::Result<T, String>;

/// Bytes a number has in a storage of the class.
///
/// # Errors
/// When the class is none that weights have.
pub fn width(class: &str) -> Result<usize> {
    Ok(match class {
        "DoubleStorage" | "LongStorage" => 8,
        "FloatStorage" | "IntStorage" => 4,
        "HalfStorage" | "BFloat16Storage" | "ShortStorage" => 2,
        "CharStorage" | "ByteStorage" | "BoolStorage" => 1,
        _ => return Err(format!("its numbers are of the kind '{class}', which is not read")),
    })
}

/// The tensor's numbers in row-major order, in single precision; at most `most`.
///
/// # Errors
/// When it looks beyond its storage, or shows numbers more than once.
pub fn read(tensor: &Tensor, storage: &Storage, bytes: &[u8], most: usize) -> Result<Vec<f32>> {
    let width = width(&storage.class)?;
    if tensor.shape.len() > MOST_DIMENSIONS || tensor.shape.len() != tensor.strides.len() {
        return Err(format!("it has {} dimensions: the file is damaged", tensor.shape.len()));
    }
    let beyond = || "it reaches beyond its numbers: the file is damaged".to_owned();
    let count = tensor.shape.iter().try_fold(1_usize, |all, &size| all.checked_mul(size));
    let count = count.filter(|&count| count <= most).ok_or("it is too large for a DenseNet")?;
    let start = storage.start.checked_add(tensor.offset).ok_or_else(beyond)?;
    if count == 0 {
        return Ok(Vec::new());
    }
    let last = tensor.shape.iter().zip(&tensor.strides).try_fold(start, |last, (size, stride)| {
        (size - 1).checked_mul(*stride).and_then(|step| last.checked_add(step))
    });
    let held = bytes.len() / width;
    // A number shown twice is no weight, and would let a small file ask for much memory.
    let last = last.filter(|&last| last < held && count <= held).ok_or_else(beyond)?;
    debug_assert!(start <= last);
    let mut values = Vec::with_capacity(count);
    let mut place = vec![0; tensor.shape.len()];
    for _ in 0..count {
        let steps = place.iter().zip(&tensor.strides).map(|(index, stride)| index * stride);
        let index = start + steps.sum::<usize>();
        values.push(number(&storage.class, &bytes[index * width..][..width]));
        advance(&mut place, &tensor.shape);
    }
    Ok(values)
}

/// To the next place in row-major order.
fn advance(place: &mut [usize], shape: &[usize]) {
    for (index, size) in place.iter_mut().zip(shape).rev() {
        *index += 1;
        if *index < *size {
            return;
        }
        *index = 0;
    }
}

/// A number of a class that has a [`width`], little-endian.
fn number(class: &str, bytes: &[u8]) -> f32 {
    let mut wide = [0; 8];
    wide[..bytes.len()].copy_from_slice(bytes);
    let bits = u64::from_le_bytes(wide);
    match class {
        "DoubleStorage" => f64::from_bits(bits) as f32,
        "LongStorage" => bits as i64 as f32,
        "FloatStorage" => f32::from_bits(bits as u32),
        "IntStorage" => bits as i32 as f32,
        "HalfStorage" => half(bits as u16),
        "BFloat16Storage" => f32::from_bits((bits as u32) << 16),
        "ShortStorage" => f32::from(bits as i16),
        "CharStorage" => f32::from(bits as i8),
        _ => f32::from(bits as u8),
    }
}

/// IEEE 754 binary16: a sign, five bits of exponent, ten of fraction.
fn half(bits: u16) -> f32 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023) / 1024.0);
    let size = match exponent {
        0 => fraction * 2_f32.powi(-14),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction) * 2_f32.powi(exponent - 15),
    };
    if bits >> 15 == 1 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision() {
        // Of numpy: np.array([…], np.uint16).view(np.float16).
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_5e-8),
            (0x3555, 0.333_251_95),
            (0xfc00, f32::NEG_INFINITY),
        ] {
            assert_eq!(half(bits), value, "{bits:#06x}");
        }
        assert!(half(0x7e00).is_nan());
    }

    #[test]
    fn strides_are_followed_and_never_leave_the_storage() {
        let storage = Storage { key: "0".into(), class: "ByteStorage".into(), count: 6, start: 0 };
        let tensor = |offset, shape: &[usize], strides: &[usize]| Tensor {
            storage: 0,
            offset,
            shape: shape.into(),
            strides: strides.into(),
        };
        let bytes = [0, 1, 2, 3, 4, 5];
        let read = |tensor: &Tensor| read(tensor, &storage, &bytes, 100);
        // 2 by 3, transposed.
        let transposed = read(&tensor(0, &[3, 2], &[1, 3])).expect("read");
        assert_eq!(transposed, [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
        assert_eq!(read(&tensor(5, &[], &[])).expect("a scalar"), [5.0]);
        assert!(read(&tensor(0, &[0, 9], &[9, 1])).expect("empty").is_empty());
        for refused in [
            tensor(1, &[6], &[1]),
            tensor(usize::MAX, &[2], &[1]),
            tensor(0, &[2], &[usize::MAX]),
            tensor(0, &[usize::MAX, 3], &[1, 1]),
            tensor(0, &[50], &[0]),
        ] {
            assert!(read(&refused).is_err(), "{refused:?}");
        }
    }
}
