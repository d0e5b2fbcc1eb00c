#!/usr/bin/env python3
"""Prints what score_figures.py measures, beside what is wanted. Called by score.sh.

    score_table.py SCORER NAME TRUTH PREDICTED [NAME TRUTH PREDICTED]...

Exit code 1 where something wanted is missed.
"""
import importlib.util
import json
import os
import subprocess
import sys
import tempfile

# What is wanted of each truth file: the measure, how to read it off the scorer, and the least value.
WANTED = {
    "hand-made": [
        ("caption F1", ("caption", "f1"), 0.97),
        ("labelled F1", ("labelled", "f1"), 0.96),
        ("region recall", ("region", "recall"), 0.90),
        ("images recall", ("images", "recall"), 0.92),
        ("mentions within 1", None, 0.90),
    ],
    "PMC captions": [("caption F1", ("caption", "f1"), 0.97)],
    # The JATS of some articles lists none of the figures that their PDFs print.
    "PMC, listed": [("caption F1", ("caption", "f1"), 0.97)],
    "synthetic": [
        ("caption F1", ("caption", "f1"), 1.0),
        ("labelled F1", ("labelled", "f1"), 1.0),
        ("region recall", ("region", "recall"), 1.0),
        ("images recall", ("images", "recall"), 1.0),
        ("mentions within 1", None, 1.0),
    ],
    # Layouts drawn from more habits than anybody has gone through one by one.
    "varied": [
        ("caption F1", ("caption", "f1"), 0.99),
        ("region recall", ("region", "recall"), 0.99),
        ("images recall", ("images", "recall"), 0.99),
        ("papers without fault", "papers", 0.99),
    ],
}


def read(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def load(scorer):
    """The scorer as a module, for its way to read labels."""
    spec = importlib.util.spec_from_file_location("score_figures", scorer)
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(module)
    return module


def mentions(label_of, truth, predicted):
    """How many figures that carry a count are cited as often, give or take one; and of how many."""
    found = {}
    for figure in predicted:
        if figure.get("label") and figure.get("kind") != "table":
            key = (os.path.basename(figure["file"]), label_of(figure["label"]))
            count = len(figure.get("mentions") or [])
            found[key] = max(count, found.get(key, 0))
    right = counted = 0
    for figure in truth:
        count = figure.get("mentions")
        if not isinstance(count, int) or not figure.get("label"):
            continue
        counted += 1
        key = (os.path.basename(figure["file"]), label_of(figure["label"]))
        right += abs(found.get(key, 0) - count) <= 1
    return right, counted


def listed(truth, folder):
    """The articles of a truth file that lists any figure of theirs, as a file of its own."""
    path = os.path.join(folder, "listed.jsonl")
    with open(path, "w", encoding="utf-8") as out:
        for row in read(truth):
            if row.get("figures", True):
                out.write(json.dumps(row) + "\n")
    return path


def score(scorer, truth, predicted):
    run = [sys.executable, scorer, "--truth", truth, "--pred", predicted, "--json"]
    return json.loads(subprocess.run(run, check=True, capture_output=True).stdout)


def faultless(scorer, label_of, truth, predicted):
    """How many papers of the truth have every figure right and none too many, and of how many."""
    run = [sys.executable, scorer, "--truth", truth, "--pred", predicted, "--misses"]
    told = subprocess.run(run, check=True, capture_output=True, text=True).stderr
    faulty = {line.split("\t")[0] for line in told.splitlines() if "\t" in line}
    known = {}
    for figure in read(truth):
        known.setdefault(os.path.basename(figure["file"]), []).append(label_of(figure["label"]))
    found = {}
    for figure in read(predicted):
        if figure.get("label") and figure.get("caption") and figure.get("kind") != "table":
            found.setdefault(os.path.basename(figure["file"]), []).append(label_of(figure["label"]))
    faulty |= {file for file in known if sorted(found.get(file, [])) != sorted(known[file])}
    return len(known) - len(faulty & set(known)), len(known)


def main():
    scorer, rest = sys.argv[1], sys.argv[2:]
    label_of = load(scorer).label
    missed = 0
    print(f"{'truth':<14}{'measure':<22}{'of':>6}{'reached':>10}{'wanted':>9}")
    for name, truth, predicted in zip(rest[::3], rest[1::3], rest[2::3]):
        if name == "PMC, listed":
            with tempfile.TemporaryDirectory() as folder:
                scores = score(scorer, listed(truth, folder), predicted)
        else:
            scores = score(scorer, truth, predicted)
        for measure, keys, least in WANTED[name]:
            if keys == "papers":
                right, of = faultless(scorer, label_of, truth, predicted)
                reached = right / of if of else None
            elif keys is None:
                right, of = mentions(label_of, read(truth), read(predicted))
                reached = right / of if of else None
            else:
                reached, of = scores[keys[0]][keys[1]], scores[keys[0]]["of"]
            # Of nothing all is found.
            ok = reached is None or reached >= least - 1e-9
            missed += not ok
            value = "-" if reached is None else f"{reached:.3f}"
            print(f"{name:<14}{measure:<22}{of:>6}{value:>10}{least:>9.2f}{'' if ok else '  missed'}")
    if missed:
        print(f"{missed} missed; score_figures.py --misses names the figures", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
