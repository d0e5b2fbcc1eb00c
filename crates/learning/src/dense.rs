//! Tensors whose values are at hand as a slice.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::slice;

use half::bf16;
use tch::{Device, Kind, Tensor};

use crate::error::Result;

/// What convolutions are computed in.
pub trait Value: Copy + Debug + Send + Sync + 'static {
    const KIND: Kind;

    fn wide(self) -> f32;

    fn narrow(value: f32) -> Self;
}

impl Value for f32 {
    const KIND: Kind = Kind::Float;

    #[inline]
    fn wide(self) -> f32 {
        self
    }

    #[inline]
    fn narrow(value: f32) -> Self {
        value
    }
}

impl Value for bf16 {
    const KIND: Kind = Kind::BFloat16;

    #[inline]
    fn wide(self) -> f32 {
        f32::from_bits(u32::from(self.to_bits()) << 16)
    }

    /// To the nearest, of two the even one, as libtorch rounds.
    #[inline]
    fn narrow(value: f32) -> Self {
        let bits = value.to_bits();
        let nearest = bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16;
        // The half that is cut off may be all that tells what is no number from what is infinite.
        let bits = if value.is_nan() { 0x7fc0 } else { nearest };
        Self::from_bits(bits as u16)
    }
}

/// A tensor on the CPU without gaps, whose memory no other tensor shares for longer than a call.
#[derive(Debug)]
pub struct Dense<V> {
    tensor: Tensor,
    values: PhantomData<V>,
}

impl<V: Value> Dense<V> {
    /// With whatever is in memory.
    ///
    /// # Errors
    /// libtorch's.
    pub fn empty(shape: &[i64]) -> Result<Self> {
        Ok(Self::of(Tensor::f_empty(shape, (V::KIND, Device::Cpu))?))
    }

    /// Takes over what an operation has made.
    ///
    /// # Panics
    /// When it is of another kind, on another device, has gaps or no values at all.
    pub fn of(tensor: Tensor) -> Self {
        assert_eq!((tensor.kind(), tensor.device()), (V::KIND, Device::Cpu));
        assert!(tensor.is_contiguous() && tensor.numel() > 0, "values without gaps");
        Self { tensor, values: PhantomData }
    }

    /// For an operation to read or write. Nobody may keep it over a use of the values.
    pub fn tensor(&self) -> &Tensor {
        &self.tensor
    }

    pub fn into_tensor(self) -> Tensor {
        self.tensor
    }

    #[expect(
        unsafe_code,
        reason = "tch lends no values, and copies would cost what this is there to save"
    )]
    pub fn values(&self) -> &[V] {
        // SAFETY: so many values of this kind lie there without gaps, as was looked at when this was made,
        // as long as the tensor lives, which is borrowed; nothing writes to them meanwhile.
        unsafe {
            slice::from_raw_parts(self.tensor.data_ptr().cast_const().cast(), self.tensor.numel())
        }
    }

    #[expect(
        unsafe_code,
        reason = "tch lends no values, and copies would cost what this is there to save"
    )]
    pub fn values_mut(&mut self) -> &mut [V] {
        // SAFETY: as above; the tensor is borrowed for writing, and no other that shares its memory is
        // read or written meanwhile.
        unsafe { slice::from_raw_parts_mut(self.tensor.data_ptr().cast(), self.tensor.numel()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_as_others_do() {
        let hard =
            [0.0, -0.0, 1.0, 1.003_906_2, 1.011_718_8, -1.5e-40, f32::MAX, f32::MIN, f32::INFINITY];
        let many = (0..10_000_u32).map(|i| f32::from_bits(i.wrapping_mul(429_497)));
        for value in hard.into_iter().chain(many).filter(|value| !value.is_nan()) {
            let ours = <bf16 as Value>::narrow(value);
            assert_eq!(ours.to_bits(), bf16::from_f32(value).to_bits(), "{value}");
            assert_eq!(ours.wide(), ours.to_f32());
        }
        for bits in [0x7f80_0001, 0x7fff_ffff, 0xff80_0001, 0xffff_ffff] {
            assert!(<bf16 as Value>::narrow(f32::from_bits(bits)).wide().is_nan());
        }
    }
}
