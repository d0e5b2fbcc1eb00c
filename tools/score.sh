#!/usr/bin/env bash
# Ingests the papers with hand-made truth and a synthetic corpus into a temporary workspace and prints
# how much of the truth was found, of panels, crops and copies of pictures, beside what is wanted, and how many papers
# the cross-check suspects. Usage:
# score.sh [SHARED], called by the Makefile; SHARED is a folder with data/preprints, data/pmc, data/truth
# and tools/score_figures.py.
# SEED=N draws other varied papers. Exit code 1: something wanted is missed; 2: could not run.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
shared=${1:-$here/../shared}
binary=${BINARY:-$here/target/release/covid-ct}
papers=24

scorer=$shared/tools/score_figures.py
if [ ! -d "$shared/data/truth" ] || [ ! -f "$scorer" ]; then
    echo "score: no hand-made truth here: $shared/data/truth and $scorer are needed." >&2
    echo "Nothing was scored. SHARED=DIR names the folder that holds data/ and tools/." >&2
    exit 2
fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/covid-ct-score.XXXXXX")
trap 'rm -rf "$folder"' EXIT

# The figures found in PATH..., as JSON lines, into FILE. Documents that fail are named and count as
# missed.
extract() {
    local file=$1 code=0
    shift
    "$binary" --workspace "$folder/$(basename "$file" .jsonl)" ingest "$@" >&2 || code=$?
    if [ "$code" -gt 1 ]; then exit 2; fi
    "$binary" --workspace "$folder/$(basename "$file" .jsonl)" figures --json >"$file"
}

extract "$folder/real.jsonl" "$shared/data/preprints" "$shared/data/pmc"
"$binary" synth "$folder/synth" --papers "$papers" >&2
extract "$folder/synthetic.jsonl" "$folder/synth/pdf"

# Drawn anew from habits that nobody has gone through: what was not thought of shows up here.
"$binary" synth "$folder/varied" --varied --papers 300 --seed "${SEED:-20261201}" >&2
extract "$folder/varied.jsonl" "$folder/varied/pdf"

"$binary" --workspace "$folder/synthetic" annotations import "$folder/synth/annotations" >&2

missed=0
python3 "$here/tools/score_table.py" "$scorer" \
    "hand-made" "$shared/data/truth/figures.jsonl" "$folder/real.jsonl" \
    "PMC captions" "$shared/data/truth/pmc_figures.jsonl" "$folder/real.jsonl" \
    "PMC, listed" "$shared/data/truth/pmc_figures.jsonl" "$folder/real.jsonl" \
    "synthetic" "$folder/synth/truth.jsonl" "$folder/synthetic.jsonl" \
    "varied" "$folder/varied/truth.jsonl" "$folder/varied.jsonl" || missed=$?
if [ "$missed" -gt 1 ]; then exit 2; fi
echo
python3 "$here/tools/calibration.py" "$scorer" \
    "hand-made" "$shared/data/truth/figures.jsonl" "$folder/real.jsonl" \
    "synthetic" "$folder/synth/truth.jsonl" "$folder/synthetic.jsonl" \
    "varied" "$folder/varied/truth.jsonl" "$folder/varied.jsonl"

# The cross-check: quiet on papers that are read right, and what it tells of small PDFs with a fault each. Those
# that are read right by now are no suspects any more.
suspects=("real papers" "$shared/data/preprints:$shared/data/pmc" "$folder/real.jsonl" 0.2
    "synthetic" "$folder/synth/pdf" "$folder/synthetic.jsonl" 0)
if [ -d "$shared/data/faults" ]; then
    extract "$folder/faults.jsonl" "$shared/data/faults"
    suspects+=("faults" "$shared/data/faults" "$folder/faults.jsonl" -)
else
    echo "score: no PDFs with known faults in $shared/data/faults; what is told of them is not counted" >&2
fi
echo
python3 "$here/tools/score_suspects.py" "${suspects[@]}" || missed=1

# Compounds pasted from the published scans, where they are here; the corpus's own always.
scans=()
if [ -d "$shared/data/covid-ct/Images" ]; then
    scans=(--scans "$shared/data/covid-ct/Images")
else
    echo "score: no published scans in $shared/data/covid-ct; compounds and copies of them are not scored" >&2
fi
echo
"$binary" --workspace "$folder/synthetic" score-panels "${scans[@]}" || {
    code=$?
    if [ "$code" -gt 1 ]; then exit 2; fi
    missed=1
}
echo
"$binary" score-duplicates "${scans[@]}" || {
    code=$?
    if [ "$code" -gt 1 ]; then exit 2; fi
    missed=1
}
exit "$missed"
