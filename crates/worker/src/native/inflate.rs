//! Inflating by `zlib-rs`, which is faster than the zlib that MuPDF brings. Both are called alike.

use std::ffi::{c_char, c_int};

use libz_rs_sys::z_stream;

/// # Safety
/// As zlib's `inflateInit_`.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_inflateInit_(
    stream: *mut z_stream,
    version: *const c_char,
    size: c_int,
) -> c_int {
    // SAFETY: the caller keeps zlib's contract, which is the same.
    unsafe { libz_rs_sys::inflateInit_(stream, version, size) }
}

/// # Safety
/// As zlib's `inflateInit2_`.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_inflateInit2_(
    stream: *mut z_stream,
    window_bits: c_int,
    version: *const c_char,
    size: c_int,
) -> c_int {
    // SAFETY: as above.
    unsafe { libz_rs_sys::inflateInit2_(stream, window_bits, version, size) }
}

/// # Safety
/// As zlib's `inflate`.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_inflate(stream: *mut z_stream, flush: c_int) -> c_int {
    // SAFETY: as above.
    unsafe { libz_rs_sys::inflate(stream, flush) }
}

/// # Safety
/// As zlib's `inflateReset`.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_inflateReset(stream: *mut z_stream) -> c_int {
    // SAFETY: as above.
    unsafe { libz_rs_sys::inflateReset(stream) }
}

/// # Safety
/// As zlib's `inflateReset2`.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_inflateReset2(stream: *mut z_stream, window_bits: c_int) -> c_int {
    // SAFETY: as above.
    unsafe { libz_rs_sys::inflateReset2(stream, window_bits) }
}

/// # Safety
/// As zlib's `inflateEnd`.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_inflateEnd(stream: *mut z_stream) -> c_int {
    // SAFETY: as above.
    unsafe { libz_rs_sys::inflateEnd(stream) }
}
