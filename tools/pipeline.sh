#!/usr/bin/env bash
# The stages from PDFs to a report. Usage: pipeline.sh first|page|rest|STAGE, called by the Makefile, which
# sets WORKSPACE, CORPUS, ANNOTATIONS and TRAIN. `first` goes to the first figures with the program that only reads, which
# is built first; `page` draws one of them into the terminal; `rest` goes on to the report.
# shellcheck disable=SC2317  # every stage is called by its name, in the last lines
set -euo pipefail
cd "$(dirname "$0")/.."

binary=target/release/covid-ct
workspace=${WORKSPACE:?run this through make}
sample=data/sample
papers=72

covid_ct() { "$binary" --workspace "$workspace" "$@"; }
headline() { printf '\n== %s\n' "$*"; }
is_sample() { [ "$workspace" = "$sample" ]; }

failures=0
# Exit code 1 says that some items failed, each named; the rest is done, so the pipeline goes on.
tolerant() {
    local code=0
    "$@" || code=$?
    if [ "$code" -gt 1 ]; then exit "$code"; fi
    if [ "$code" -eq 1 ]; then failures=1; fi
}

write_sample() {
    local finished=$sample/.papers
    if [ "$(cat "$finished" 2>/dev/null)" = "$papers" ]; then return; fi
    headline "sample corpus: $papers synthetic preprints -> $sample/"
    "$binary" synth "$sample" --papers "$papers" --seed 0
    echo "$papers" >"$finished"
}

ingest() {
    local corpus=$CORPUS
    if is_sample; then
        write_sample
        corpus=$sample/pdf
    elif [ -z "$corpus" ]; then
        echo "Where are the PDFs? make ingest CORPUS=DIR" >&2
        exit 2
    fi
    headline "ingest: $corpus -> $workspace/data/covid-ct.sqlite, $workspace/data/objects/"
    tolerant covid_ct ingest "$corpus"
}

annotations() {
    local folder=$ANNOTATIONS
    if is_sample && [ -z "$folder" ]; then folder=$sample/annotations; fi
    if [ -z "$folder" ]; then
        echo "Which decisions? make annotations ANNOTATIONS=DIR" >&2
        exit 2
    fi
    headline "annotations: $folder -> $workspace/data/covid-ct.sqlite"
    tolerant covid_ct annotations import "$folder"
}

status() {
    headline "status: $workspace/data/covid-ct.sqlite"
    covid_ct status
}

labelled_panels() {
    covid_ct status --json | python3 -c '
import json, sys
panels = json.load(sys.stdin)["panels"]
print(panels["covid"] + panels["non_covid"])'
}

label() { covid_ct label; }

split() {
    headline "split: whole groups -> train, val, test"
    tolerant covid_ct split
}

export_dataset() {
    headline "export: the COVID-CT layout -> $workspace/data/export/default/"
    covid_ct export
}

train_options() {
    # A minute on two cores, and enough for the sample's phantoms: a demonstration. TRAIN=full, and any
    # corpus of your own, is the recipe of the paper.
    if [ "$TRAIN" = full ]; then return; fi
    if [ -n "$TRAIN" ]; then echo "$TRAIN"; elif is_sample; then echo "--network densenet35 --epochs 30 --size 96 --batch 8 --learning-rate 1e-3 --ema 0.995"; fi
}

# `make train` in a fresh clone: the sample is made first.
dataset_of_sample() {
    if is_sample && [ ! -d "$workspace/data/export/default" ]; then
        ingest
        annotations
        split
        export_dataset
    fi
}

train() {
    dataset_of_sample
    headline "train: $workspace/data/export/default/ -> $workspace/data/runs/default/"
    # shellcheck disable=SC2046  # a list of options
    covid_ct train $(train_options)
}

evaluate() {
    # A run, or a series of that name.
    if is_sample && ! compgen -G "$workspace/data/runs/default*" >/dev/null; then train; fi
    headline "evaluate: the test split -> $workspace/data/runs/default/"
    covid_ct evaluate
}

report() {
    headline "report: -> data/report/index.html"
    covid_ct report --out data/report
}

# The file of the first document with a picture in a figure.
with_picture() {
    covid_ct figures --json | python3 -c '
import json, sys
for line in sys.stdin:
    figure = json.loads(line)
    if figure["images"]:
        print(figure["file"])
        break'
}

# The first figures, extracted and to be leafed through.
first() {
    if ! is_sample && [ -z "$CORPUS" ]; then return; fi
    binary=target/release/covid-ct-reading
    ingest
    headline "show: the pages with what was found -> $workspace/data/show/"
    local document
    document=$(with_picture)
    if [ -n "$document" ]; then tolerant covid_ct show "$document"; fi
    tolerant covid_ct show
    printf '\nThe first figures are there: open %s\n' "$workspace/data/show/index.html"
}

# A page with a figure, where somebody looks at a terminal.
page() {
    local document
    if ! [ -t 0 ] || ! [ -t 1 ] || ! [ -e "$workspace/data/covid-ct.sqlite" ]; then return; fi
    document=$(with_picture)
    if [ -n "$document" ]; then covid_ct show "$document" --terminal || true; fi
}

rest() {
    if is_sample || [ -n "$ANNOTATIONS" ]; then annotations; fi
    if [ "$(labelled_panels)" -eq 0 ]; then
        status
        printf '\nNothing is labelled yet. Next: make label WORKSPACE=%s, or ANNOTATIONS=DIR\n' "$workspace"
        return
    fi
    split
    export_dataset
    train
    evaluate
    report
    if is_sample && [ -z "$TRAIN" ]; then
        printf '\nThe training was a demonstration. In full: make train evaluate report TRAIN=full\n'
    fi
    printf '\nDone. Open data/report/index.html. More of the same database:\n\n    %s --workspace %s status\n\n' "$binary" "$workspace"
}

case $1 in
export) export_dataset ;;
first | page | rest | ingest | annotations | status | label | split | train | evaluate | report) "$1" ;;
*) echo "pipeline.sh: no stage '$1'" >&2 && exit 2 ;;
esac
exit "$failures"
