#!/usr/bin/env bash
# Holds the dependencies to deny.toml with cargo-deny, which cargo compiles into target/tools once, and again
# when the version below changes.
set -euo pipefail
cd "$(dirname "$0")/.."

version=0.20.2
deny=target/tools/bin/cargo-deny

if [ "$("$deny" --version 2>/dev/null)" != "cargo-deny $version" ]; then
    echo "cargo-deny $version is compiled first, once"
    # Not optimised: what it does takes a second anyway.
    CARGO_TARGET_DIR=target/tools/build cargo install --quiet --locked --debug --force \
        --root target/tools --version "=$version" cargo-deny
    rm -rf target/tools/build
fi

"$deny" --workspace --offline --locked check --hide-inclusion-graph --allow parse-error licenses sources bans

# The database of advisories is a repository of its own, which not everybody can reach.
if timeout 60 "$deny" --locked fetch db >/dev/null 2>&1; then
    "$deny" --workspace --offline --locked check --hide-inclusion-graph advisories
else
    echo 'advisories: not looked at, since their database cannot be had from here'
fi
