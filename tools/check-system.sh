#!/usr/bin/env bash
# Checks for what the build needs from the system, names all that is missing at once, and gives the
# one command that installs it. With --install (as root, on Debian or Ubuntu) it installs it.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=() packages=()
need() { # need WHAT PACKAGE TEST…
    local what=$1 package=$2
    shift 2
    "$@" >/dev/null 2>&1 && return
    missing+=("$what")
    packages+=("$package")
}

# bindgen, which writes MuPDF's Rust bindings, loads libclang and reads the headers beside it.
has_libclang() {
    local folder
    for folder in "${LIBCLANG_PATH:-/nonexistent}" /usr/lib/llvm-*/lib /usr/lib /usr/lib64 \
        /usr/local/lib "/usr/lib/$(uname -m)-linux-gnu"; do
        compgen -G "$folder/libclang[-.]*" >/dev/null && return
    done
    return 1
}
has_clang_headers() {
    compgen -G '/usr/lib*/clang/*/include/stddef.h' >/dev/null ||
        compgen -G '/usr/lib/llvm-*/lib/clang/*/include/stddef.h' >/dev/null ||
        [ -n "${LIBCLANG_PATH:-}" ]
}

need "a C compiler (cc)" build-essential command -v cc
need "a C++ compiler (c++)" build-essential command -v c++
need "make" build-essential command -v make
need "readelf" binutils command -v readelf
need "libclang" libclang-dev has_libclang
need "the C headers of clang" libclang-dev has_clang_headers
need "python3" python3 command -v python3
need "pip for python3" python3-pip python3 -m pip --version

if [ "${#packages[@]}" -gt 0 ]; then
    list=$(printf '%s\n' "${packages[@]}" | sort -u | paste -sd' ')
    if [ "${1:-}" = --install ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        export DEBIAN_FRONTEND=noninteractive
        apt-get update
        # shellcheck disable=SC2086  # a list of packages
        apt-get install -y --no-install-recommends $list
    else
        printf 'missing: %s\n' "${missing[@]}" >&2
        printf 'Install with (Debian, Ubuntu):\n\n    sudo apt-get update && sudo apt-get install -y %s\n\n' "$list" >&2
        exit 1
    fi
fi

wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
if ! command -v cargo >/dev/null; then
    echo "missing: Rust $wanted or newer. Install it with rustup: https://rustup.rs" >&2
    exit 1
fi
found=$(cargo --version | cut -d' ' -f2)
if [ "$(printf '%s\n' "$wanted" "$found" | sort -V | head -n1)" != "$wanted" ]; then
    echo "Rust $wanted or newer is needed, but this is $found. Update it with: rustup update stable" >&2
    exit 1
fi
