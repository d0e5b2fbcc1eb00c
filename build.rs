//! Writes the path of libtorch into the binary, so that it runs by plain path without
//! `LD_LIBRARY_PATH`. torch-sys publishes the folder as `DEP_TCH_LIBTORCH_LIB`; its own rpath flag
//! does not reach the crates that depend on it.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=DEP_TCH_LIBTORCH_LIB");
    if let Ok(lib) = std::env::var("DEP_TCH_LIBTORCH_LIB") {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{lib}");
    }
}
