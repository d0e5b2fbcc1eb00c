#!/usr/bin/env bash
# Builds the three programs, and with `pipeline` goes from PDFs to a report on the way: first what needs no libtorch, to
# the first figures, while libtorch is downloaded; then the rest. Usage: build.sh cpu|cuda [pipeline]
set -euo pipefail
cd "$(dirname "$0")/.."

variant=$1 pipeline=${2:-}
log=target/libtorch.log
mkdir -p target
headline() { printf '\n== %s\n' "$*"; }

# It takes what the compiler leaves.
nice tools/setup-libtorch.sh .libtorch "$variant" >"$log" 2>&1 &
libtorch=$!
# Whatever ends this ends the download.
trap 'kill $libtorch 2>/dev/null || true' EXIT

headline "build: covid-ct -> target/release/"
# Of the whole workspace, so that what both programs are made of has the features of both from the first.
cargo build --release --locked --workspace --bin covid-ct
failures=0
if [ -n "$pipeline" ]; then
    tools/pipeline.sh first || { code=$? && [ "$code" = 1 ] && failures=1 || exit "$code"; }
fi

if kill -0 "$libtorch" 2>/dev/null; then
    headline "build: covid-ct-fetching -> target/release/, while libtorch comes"
    cargo build --release --locked --workspace --bin covid-ct --bin covid-ct-fetching
    if kill -0 "$libtorch" 2>/dev/null; then echo "waiting for libtorch: $(tail -n 1 "$log")"; fi
fi
if ! wait "$libtorch"; then
    cat "$log" >&2
    echo "all but covid-ct-learning, which trains, is built or can be: that needs libtorch, see above" >&2
    exit 2
fi
headline "build: covid-ct-fetching, covid-ct-learning -> target/release/ ($(tail -n 1 "$log"))"
cargo build --release --locked --workspace
if [ -n "$pipeline" ]; then
    tools/pipeline.sh rest || { code=$? && [ "$code" = 1 ] && failures=1 || exit "$code"; }
fi
exit "$failures"
