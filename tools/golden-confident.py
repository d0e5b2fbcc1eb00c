#!/usr/bin/env python3
"""Prints src/metrics/confident.json: which labels cleanlab takes for wrong, and in what order, of seeded predictions.

    python3 -m pip install cleanlab==2.9.0
    tools/golden-confident.py > src/metrics/confident.json

Given a file of the same shape, or - for stdin, the found labels are those of its cases.
"""
import json
import random
import sys

import cleanlab
import numpy
from cleanlab.filter import find_label_issues


def drawn(seed, count, share, skill, wrong):
    """Labels of which some are wrong, and the probabilities of somebody who sees through most of it."""
    chance = random.Random(seed)
    labels, scores = [], set()
    while len(labels) < count:
        true = chance.random() < share
        score = chance.betavariate(skill, 1.5) if true else chance.betavariate(1.5, skill)
        score = round(score, 6)
        # Of equal scores, the order would be chance.
        if score in scores or 1 - score in scores:
            continue
        scores.add(score)
        labels.append((int(true != (chance.random() < wrong)), score))
    return labels


def found(case):
    positive = numpy.array(case["scores"])
    probabilities = numpy.column_stack([1 - positive, positive])
    ranked = find_label_issues(
        labels=numpy.array(case["labels"]),
        pred_probs=probabilities,
        return_indices_ranked_by="self_confidence",
        n_jobs=1,
    )
    return [int(place) for place in ranked]


def main():
    if len(sys.argv) > 1:
        text = sys.stdin.read() if sys.argv[1] == "-" else open(sys.argv[1], encoding="utf-8").read()
        cases = json.loads(text)["cases"]
    else:
        cases = []
        for seed, how in enumerate(
            [
                (40, 0.5, 4, 0.1),
                (400, 0.45, 3, 0.08),
                (250, 0.1, 3, 0.15),
                (60, 0.5, 1.5, 0.2),
                (12, 0.5, 6, 0.2),
                (80, 0.5, 20, 0.0),
                (90, 0.9, 2, 0.3),
            ]
        ):
            rows = drawn(seed, *how)
            cases.append({"labels": [row[0] for row in rows], "scores": [row[1] for row in rows]})
    for case in cases:
        case["wrong"] = found(case)
    print(json.dumps({"cleanlab": cleanlab.__version__, "cases": cases}, separators=(",", ":")))


if __name__ == "__main__":
    main()
