//! Memory by mimalloc, for MuPDF too, which asks for little pieces a million times a paper; and how much of it MuPDF may hold on to.

use std::ffi::{c_char, c_int, c_long, c_void};

use libmimalloc_sys::{mi_free, mi_malloc, mi_option_set, mi_option_t, mi_realloc};
use mupdf_sys::{fz_alloc_context, fz_context, fz_locks_context};

unsafe extern "C" {
    fn __real_fz_new_context_imp(
        memory: *const fz_alloc_context,
        locks: *const fz_locks_context,
        store: usize,
        version: *const c_char,
    ) -> *mut fz_context;
}

/// Bytes that MuPDF keeps of what it has decoded, such as fonts and pictures, as long as they are of no use.
const STORE: usize = 64 << 20;

#[global_allocator]
static ALL: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Of mimalloc's options, the one that says how many KiB of addresses are reserved at once, a GiB unless it is told. The limit
/// of memory counts all of them.
const RESERVE: (mi_option_t, c_long) = (23, 32 << 10);

/// Called before anything asks for memory.
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = reserve_little;

extern "C" fn reserve_little() {
    // SAFETY: the option is one of mimalloc's own.
    unsafe { mi_option_set(RESERVE.0, RESERVE.1) }
}

unsafe extern "C" fn allocate(_: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: any size will do.
    unsafe { mi_malloc(size) }
}

unsafe extern "C" fn reallocate(_: *mut c_void, old: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: MuPDF hands in what it was given here, or null.
    unsafe { mi_realloc(old, size) }
}

unsafe extern "C" fn free(_: *mut c_void, old: *mut c_void) {
    // SAFETY: as above.
    unsafe { mi_free(old) }
}

/// A process of one thread keeps nobody out.
unsafe extern "C" fn pass(_: *mut c_void, _: c_int) {}

/// # Safety
/// As MuPDF's `fz_new_context_imp`; the process must have one thread.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_fz_new_context_imp(
    _: *const fz_alloc_context,
    _: *const fz_locks_context,
    _: usize,
    version: *const c_char,
) -> *mut fz_context {
    let memory = fz_alloc_context {
        user: std::ptr::null_mut(),
        malloc: Some(allocate),
        realloc: Some(reallocate),
        free: Some(free),
    };
    let locks =
        fz_locks_context { user: std::ptr::null_mut(), lock: Some(pass), unlock: Some(pass) };
    // SAFETY: MuPDF copies what `memory` and `locks` hold.
    unsafe { __real_fz_new_context_imp(&raw const memory, &raw const locks, STORE, version) }
}
