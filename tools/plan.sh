#!/usr/bin/env bash
# Says what `make` is going to do and about how long each stage takes on this machine. Usage: plan.sh
# BINARY LEARNING-BINARY. Nothing where both are there.
#
# Estimates are processor seconds measured on one machine, scaled by how long the compiler takes for a small program
# here, and divided among the processors.
set -euo pipefail
cd "$(dirname "$0")/.."

binary=$1 learning=$2
if [ -e "$binary" ] && [ -e "$learning" ]; then exit 0; fi

# Stage, processor seconds there, and how many of them no second processor shortens.
READING_BUILD=360 READING_ALONE=25
FIRST=12 FIRST_ALONE=6
MAIN_BUILD=160 MAIN_ALONE=30
LEARNING_BUILD=145 LEARNING_ALONE=20
REST=135 REST_ALONE=10
# Milliseconds that the small program took there.
REFERENCE=650

processors=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Milliseconds that the compiler takes for a program that is the same everywhere; `$REFERENCE` where it cannot tell.
probe() {
    local number
    for number in $(seq 12); do
        echo "pub fn f$number(v: &[u32]) -> String {
            let mut m = std::collections::BTreeMap::new();
            for x in v { *m.entry(x % ($number + 2)).or_insert(0u64) += u64::from(*x); }
            m.iter().map(|(k, v)| format!(\"{k}{v}\")).collect::<Vec<_>>().join(\",\")
        }"
    done >"$folder/probe.rs"
    local from to
    from=$(python3 -c 'import time; print(int(time.time() * 1000))')
    (cd "$folder" && rustc --edition 2021 --crate-type lib -O -C codegen-units=1 probe.rs 2>/dev/null) || { echo "$REFERENCE" && return; }
    to=$(python3 -c 'import time; print(int(time.time() * 1000))')
    echo $((to - from))
}

took=$(probe)
about() { # about SECONDS ALONE
    awk -v all="$1" -v alone="$2" -v n="$processors" -v took="$took" -v there="$REFERENCE" 'BEGIN {
        seconds = (alone + (all - alone) / n) * took / there
        if (seconds < 50) printf "about %d s", seconds < 10 ? 10 : 10 * int((seconds + 5) / 10)
        else printf "about %d min", seconds < 90 ? 1 : int(seconds / 60 + .5)
    }'
}

echo "make is going to, on this machine's $processors processors:"
number=0
stage() { # stage WHAT SECONDS ALONE
    number=$((number + 1))
    printf '  %d. %-51s %s\n' "$number" "$1" "$(about "$2" "$3")"
}
if [ ! -e "$binary" ]; then
    stage "build covid-ct-reading, covid-ct-worker" $READING_BUILD $READING_ALONE
    [ -e .libtorch/build-version ] || [ -n "${LIBTORCH:-}${LIBTORCH_USE_PYTORCH:-}" ] ||
        echo "     and download libtorch, 530 MB, meanwhile            as fast as the network is"
fi
stage "extract the papers, show the first figures" $FIRST $FIRST_ALONE
if [ ! -e "$binary" ]; then stage "build covid-ct" $MAIN_BUILD $MAIN_ALONE; fi
stage "build covid-ct-fetching, -web and -learning" $LEARNING_BUILD $LEARNING_ALONE
stage "split, export, train, evaluate, report (the sample)" $REST $REST_ALONE
echo "Ctrl-C stops it; make goes on where it was."
