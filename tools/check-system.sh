#!/usr/bin/env bash
# Checks for what the build needs from the system, and installs what is missing on Debian and Ubuntu where
# that may be done: as root, or with sudo. On a terminal it asks first; where sudo would ask for a password and
# nobody is there to give it, it names the one command instead, as it does for other systems.
# Usage: check-system.sh [--install | --no-install] [--browser]: without a question, or not at all; with what the tests of
# the page need besides.
set -euo pipefail
cd "$(dirname "$0")/.."

may_install=ask browser=
for option in "$@"; do
    case $option in
    --install) may_install=yes ;;
    --no-install) may_install=no ;;
    --browser) browser=yes ;;
    *) echo "usage: check-system.sh [--install | --no-install] [--browser]" >&2 && exit 2 ;;
    esac
done

# bindgen, which writes MuPDF's Rust bindings, loads libclang and reads the headers beside it.
has_libclang() {
    local folder
    for folder in "${LIBCLANG_PATH:-/nonexistent}" /usr/lib/llvm-*/lib /usr/lib /usr/lib64 \
        /usr/local/lib "/usr/lib/$(uname -m)-linux-gnu" /opt/homebrew/opt/llvm/lib \
        /usr/local/opt/llvm/lib /Library/Developer/CommandLineTools/usr/lib; do
        compgen -G "$folder/libclang[-.]*" >/dev/null && return
    done
    return 1
}
has_clang_headers() {
    [ "$(uname -s)" = Darwin ] ||
        compgen -G '/usr/lib*/clang/*/include/stddef.h' >/dev/null ||
        compgen -G '/usr/lib/llvm-*/lib/clang/*/include/stddef.h' >/dev/null ||
        [ -n "${LIBCLANG_PATH:-}" ]
}
# macOS has no readelf, nor has it a use for it: libtorch is a user's own there.
has_readelf() { [ "$(uname -s)" = Darwin ] || command -v readelf; }

has_browser() { command -v chromium || command -v google-chrome; }

missing=() debian=() fedora=() brew=()
need() { # need WHAT DEBIAN'S FEDORA'S HOMEBREW'S TEST…
    local what=$1 in_debian=$2 in_fedora=$3 in_brew=$4
    shift 4
    "$@" >/dev/null 2>&1 && return
    missing+=("$what") debian+=("$in_debian") fedora+=("$in_fedora") brew+=("$in_brew")
}
find_missing() {
    missing=() debian=() fedora=() brew=()
    need "a C compiler (cc)" build-essential gcc - command -v cc
    need "a C++ compiler (c++)" build-essential gcc-c++ - command -v c++
    need "make" build-essential make - command -v make
    need "readelf" binutils binutils - has_readelf
    need "libclang" libclang-dev clang-devel llvm has_libclang
    need "the C headers of clang" libclang-dev clang-devel llvm has_clang_headers
    need "python3" python3 python3 python command -v python3
    need "pip for python3" python3-pip python3-pip python python3 -m pip --version
    if [ -n "$browser" ]; then
        need "Chromium" chromium chromium - has_browser
        need "Chromium's driver" chromium-driver chromedriver - command -v chromedriver
    fi
}
once_each() { printf '%s\n' "$@" | grep -v '^-$' | sort -u | paste -sd' ' -; }

# Debian's and Ubuntu's packages, as whoever may install them. Prints what it does: it is the user's system.
install_debian() {
    local as=("$@") packages
    read -ra packages <<<"$(once_each "${debian[@]}")"
    echo "installing: ${packages[*]}" >&2
    export DEBIAN_FRONTEND=noninteractive
    "${as[@]}" apt-get update >&2
    "${as[@]}" apt-get install -y --no-install-recommends "${packages[@]}" >&2
}

# Whether there is somebody to ask, and they agree.
is_agreed() {
    local answer
    [ "$may_install" = yes ] && return
    [ -t 0 ] && [ -t 2 ] || return 0
    printf 'Install now, with apt-get: %s? [Y/n] ' "$(once_each "${debian[@]}")" >&2
    read -r answer
    case $answer in '' | [yY]*) ;; *) return 1 ;; esac
}

may_sudo() { command -v sudo >/dev/null && { sudo -n true 2>/dev/null || { [ -t 0 ] && [ -t 2 ]; }; }; }

try_to_install() {
    [ "$may_install" != no ] && command -v apt-get >/dev/null || return 0
    if [ "$(id -u)" = 0 ]; then
        is_agreed && install_debian env
    elif may_sudo; then
        # Not by sudo's own leave to keep the environment, which not every system gives.
        is_agreed && install_debian sudo env DEBIAN_FRONTEND=noninteractive
    fi
    find_missing
}

find_missing
if [ "${#missing[@]}" -gt 0 ]; then
    printf 'missing: %s\n' "${missing[@]}" >&2
    try_to_install || true
fi
if [ "${#missing[@]}" -gt 0 ]; then
    if command -v dnf >/dev/null; then
        printf 'Install with (Fedora):\n\n    sudo dnf install -y %s\n\n' "$(once_each "${fedora[@]}")" >&2
    elif [ "$(uname -s)" = Darwin ]; then
        printf 'Install with (macOS):\n\n    xcode-select --install\n' >&2
        [ -z "$(once_each "${brew[@]}")" ] || printf '    brew install %s\n' "$(once_each "${brew[@]}")" >&2
        echo >&2
    else
        printf 'Install with (Debian, Ubuntu):\n\n    sudo apt-get update && sudo apt-get install -y %s\n\n' \
            "$(once_each "${debian[@]}")" >&2
    fi
    exit 1
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
