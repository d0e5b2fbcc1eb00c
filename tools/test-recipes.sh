#!/usr/bin/env bash
# Applies each diff of docs/recipes to a copy of the sources, has cargo check all that comes of it, and runs the tests that the
# diff names ("Test: ARGUMENTS OF CARGO TEST"). Needs no network: it builds on what the tests and lints have compiled.
# Usage: test-recipes.sh [NAME…], such as `export-format`
set -euo pipefail
cd "$(dirname "$0")/.."

root=$PWD
tree=target/recipes/tree
[ $# -gt 0 ] || set -- docs/recipes/*.diff

rm -rf "$tree"
mkdir -p "$tree"
# With the time of now: cargo goes by times, and what it built of an earlier copy must not pass for this one.
tar --exclude=./target --exclude=./.git --exclude=./.libtorch --exclude=./data -cf - . | tar -xmf - -C "$tree"

export CARGO_BUILD_BUILD_DIR=$root/target/build CARGO_TARGET_DIR=$root/target/recipes/made
export LIBTORCH=${LIBTORCH:-$root/.libtorch}
cd "$tree"

cargo_of_copy() {
    local command=$1
    shift
    cargo --config .cargo/recipes.toml "$command" --quiet --workspace --release --locked --offline "$@"
}

say() { printf 'recipe %s: %s\n' "$1" "$2"; }

fail() {
    printf 'recipe %s: %s\n  mend docs/recipes/%s.diff, which CONTRIBUTING.md names\n' "$1" "$2" "$1" >&2
    exit 1
}

for diff in "$@"; do
    name=$(basename "$diff" .diff)
    diff=$root/docs/recipes/$name.diff
    [ -f "$diff" ] || fail "$name" "there is no such recipe"
    mapfile -t tests < <(sed -n '/^diff /q; s/^Test: //p' "$diff")
    [ ${#tests[@]} -gt 0 ] || fail "$name" "it names no test: expected a line 'Test: ARGUMENTS OF CARGO TEST' at its head"
    # Word for word: a recipe that applies only with fuzz shows sources that are gone.
    patch --quiet --strip=1 --fuzz=0 --forward --no-backup-if-mismatch --reject-file=- <"$diff" ||
        fail "$name" "it no longer applies"
    cargo fmt --all --check >/dev/null || fail "$name" "what it adds is not formatted: cargo fmt"
    cargo_of_copy check --bins || fail "$name" "what comes of it does not build"
    for arguments in "${tests[@]}"; do
        # shellcheck disable=SC2086  (arguments, not one)
        ran=$(cargo_of_copy test $arguments 2>&1) || fail "$name" "its test fails: $arguments"$'\n'"$ran"
        grep -q '^test result: ok\. [1-9]' <<<"$ran" || fail "$name" "no test is called so: $arguments"
        say "$name" "applies, builds, passes $arguments"
    done
    patch --quiet --strip=1 --reverse --no-backup-if-mismatch <"$diff"
done
