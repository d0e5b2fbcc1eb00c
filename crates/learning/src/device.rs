//! Where libtorch computes, and how its CUDA part comes in.

use std::path::Path;

use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};

use tch::Kind;

use crate::error::Result;
use covid_ct::model::{Compute, Device, ModelError, Precision};

/// libtorch's CUDA part. Not linked, so that one binary serves machines with and without a GPU and
/// a CPU run is spared its 250 MB.
const CUDA_LIBRARY: &str = "libtorch_cuda.so";

/// There where NVIDIA's kernel driver is.
const NVIDIA_DRIVER: &str = "/dev/nvidiactl";

/// Where a network lives, and in what its convolutions are computed.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub device: tch::Device,
    pub kind: Kind,
}

impl Place {
    #[cfg(test)]
    pub const CPU: Self = Self { device: tch::Device::Cpu, kind: Kind::Float };

    /// The same in the words of the command line.
    pub fn named(self) -> (Device, Precision) {
        let device = if self.device.is_cuda() { Device::Cuda } else { Device::Cpu };
        let precision = if self.kind == Kind::BFloat16 { Precision::Bf16 } else { Precision::Fp32 };
        (device, precision)
    }
}

/// Readies the device and sets the threads that libtorch computes with.
///
/// # Errors
/// [`ModelError::NoGpu`] where a GPU was asked for and cannot be had.
pub fn open(compute: Compute) -> Result<Place> {
    // libtorch takes an i32; nobody has as many processors.
    tch::set_num_threads(i32::try_from(compute.threads).unwrap_or(i32::MAX));
    let device = match compute.device {
        Device::Cpu => tch::Device::Cpu,
        Device::Cuda => cuda()?,
        Device::Auto if !Path::new(NVIDIA_DRIVER).exists() => tch::Device::Cpu,
        Device::Auto => cuda().unwrap_or_else(|error| {
            tracing::info!("computing on the CPU: {error}");
            tch::Device::Cpu
        }),
    };
    let kind = match compute.precision {
        Precision::Bf16 => Kind::BFloat16,
        Precision::Auto if device.is_cuda() => Kind::BFloat16,
        Precision::Auto | Precision::Fp32 => Kind::Float,
    };
    Ok(Place { device, kind })
}

fn cuda() -> Result<tch::Device> {
    load_cuda_library()
        .map_err(|e| ModelError::NoGpu(format!("this libtorch has no CUDA part ({e})")))?;
    if !tch::Cuda::is_available() {
        return Err(ModelError::NoGpu("libtorch finds no CUDA device or driver".into()).into());
    }
    Ok(tch::Device::Cuda(0))
}

#[expect(unsafe_code, reason = "dlopen is the one way to add libtorch's CUDA part at run time")]
fn load_cuda_library() -> std::result::Result<(), libloading::Error> {
    // SAFETY: the library comes with the libtorch this binary is linked to; its initialisers only
    // register kernels with it, which is what they are for.
    let library = unsafe { Library::open(Some(CUDA_LIBRARY), RTLD_NOW | RTLD_GLOBAL) }?;
    // The registered kernels must stay as long as the process.
    std::mem::forget(library);
    Ok(())
}
