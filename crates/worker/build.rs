//! Links the program so that MuPDF's C calls functions of ours in place of some of its own (`src/native`).

/// What is replaced; each has a `__wrap_` of its name there.
const REPLACED: [&str; 10] = [
    "fz_new_context_imp",
    "fz_paint_image",
    "inflateInit_",
    "inflateInit2_",
    "inflate",
    "inflateReset",
    "inflateReset2",
    "inflateEnd",
    "lcms2mt_cmsDoTransform",
    "lcms2mt_cmsDeleteTransform",
];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Other linkers than those of ELF cannot; without it all is the same, and slower.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cfg=replaced");
        for name in REPLACED {
            println!("cargo:rustc-link-arg-bins=-Wl,--wrap={name}");
        }
    }
    println!("cargo:rustc-check-cfg=cfg(replaced)");
}
