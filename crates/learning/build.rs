//! Writes into the binary where libtorch lies, so that it runs by plain path without
//! `LD_LIBRARY_PATH`: first beside an installed binary (`make install` puts the libraries into
//! `PREFIX/lib/covid-ct`), then the folder it was linked with. torch-sys publishes that one as
//! `DEP_TCH_LIBTORCH_LIB`; its own rpath flag does not reach the crates that depend on it.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=DEP_TCH_LIBTORCH_LIB");
    if let Ok(lib) = std::env::var("DEP_TCH_LIBTORCH_LIB") {
        println!("cargo:rustc-link-arg=-Wl,-rpath,$ORIGIN/../lib/covid-ct");
        println!("cargo:rustc-link-arg=-Wl,-rpath,{lib}");
    }
}
