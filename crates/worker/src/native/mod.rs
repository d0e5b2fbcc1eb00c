//! What MuPDF's C calls in place of its own: the linker has each call of a function `f` named in `build.rs` go to
//! `__wrap_f`, and calls that function itself `__real_f`. Results are the same to the bit; only the time differs.

mod colours;
mod inflate;
mod memory;
mod painting;
