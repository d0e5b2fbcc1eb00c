#!/usr/bin/env bash
# Builds the programs, and with `pipeline` goes from PDFs to a report on the way: first what reads papers, to the first
# figures, while libtorch is downloaded; then covid-ct; then what needs libtorch. Usage: build.sh cpu|cuda [pipeline]
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

# Of the whole workspace, so that what the programs are made of has the features of all from the first.
build() { cargo build --release --locked --workspace "$@"; }
failures=0
tolerant() { "$@" || { code=$? && [ "$code" = 1 ] && failures=1 || exit "$code"; }; }

if [ -n "$pipeline" ]; then
    headline "build: covid-ct-reading, covid-ct-worker -> target/release/"
    build --bin covid-ct-reading --bin covid-ct-worker
    tolerant tools/pipeline.sh first
fi
headline "build: covid-ct -> target/release/"
build --bin covid-ct-worker --bin covid-ct
if [ -n "$pipeline" ]; then tolerant tools/pipeline.sh page; fi

if kill -0 "$libtorch" 2>/dev/null; then
    headline "build: covid-ct-fetching, covid-ct-web -> target/release/, while libtorch comes"
    build --bin covid-ct-fetching --bin covid-ct-web
    if kill -0 "$libtorch" 2>/dev/null; then echo "waiting for libtorch: $(tail -n 1 "$log")"; fi
fi
if ! wait "$libtorch"; then
    cat "$log" >&2
    echo "all but covid-ct-learning, which trains, is built or can be: that needs libtorch, see above" >&2
    exit 2
fi
headline "build: covid-ct-fetching, covid-ct-web, covid-ct-learning -> target/release/ ($(tail -n 1 "$log"))"
build
if [ -n "$pipeline" ]; then tolerant tools/pipeline.sh rest; fi
exit "$failures"
