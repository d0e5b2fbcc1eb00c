#!/usr/bin/env bash
# Tool: cargo 1.95.0. Package used: semver 1.0.26.
#
# A crate that a build script and the program both need, with the same options for both (here by a profile override of its name), is
# compiled once by `cargo build`. `cargo check` in the same profile needs it for the build script alone and, by default, finds it there.
# With `lto = "off"` in the profile it does not: the crate is compiled again, and so is all that is built on it, build scripts and the C
# that they compile included. Shared with the program it counts as one without LTO; of a build script alone, as one that LTO does not
# concern; the two are told apart, though the compiler is called with the same options for both. A `build-override` that differs in
# anything keeps them from being shared, and nothing is compiled again.
#
# Seen:
#   default:                        check after build compiles semver: no
#   lto = "off":                    check after build compiles semver: yes
#   lto = "off", never shared:      check after build compiles semver: no
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir src
echo 'fn main() { assert!(semver::Version::parse("1.0.0").is_ok()); }' | tee build.rs >src/main.rs

# Whether `check` compiles again what `build` has compiled, with these lines in the profile.
again() {
    cat >Cargo.toml <<TOML
[package]
name = "shared"
version = "0.1.0"
edition = "2021"

[dependencies]
semver = "=1.0.26"

[build-dependencies]
semver = "=1.0.26"

[profile.release]
overflow-checks = true
$1

[profile.release.package]
semver = { opt-level = 0, codegen-units = 1 }
TOML
    rm -rf target
    cargo build --release >/dev/null 2>&1
    cargo check --release >said 2>&1
    if grep -q 'Compiling semver' said; then echo yes; else echo no; fi
}

default=$(again '')
off=$(again 'lto = "off"')
apart=$(again $'lto = "off"\n[profile.release.build-override]\noverflow-checks = false')
cargo --version
echo "default:                        check after build compiles semver: $default"
echo "lto = \"off\":                    check after build compiles semver: $off"
echo "lto = \"off\", never shared:      check after build compiles semver: $apart"
[ "$default $off $apart" = "no yes no" ]
