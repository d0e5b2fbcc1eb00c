#!/usr/bin/env python3
"""Prints what a confidence is worth: figures by how sure the program is of them, and the share of them
that is right. Called by score.sh.

    calibration.py SCORER NAME TRUTH PREDICTED [NAME TRUTH PREDICTED]...

TRUTH and PREDICTED are JSON lines as SCORER reads them, with pages and boxes. A figure that the truth has
under its label is right if its page and box agree (as for `region` of SCORER) and, where the truth lists
pictures, its pictures too. A caption left without graphic has no confidence and is counted apart, as wrong
where the truth has a graphic. The last lines are of all truth files together.
"""
import json
import os
import sys

sys.dont_write_bytecode = True
from score_table import load  # noqa: E402

BINS = [0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.01]
SAME = 0.80


def is_right(scorer, truth, figure):
    """Whether page, box and pictures agree; `None` where the truth says nothing of them."""
    boxed = truth.get("bbox") and truth.get("page")
    listed = truth.get("images") and len(truth["images"]) <= 12
    if not boxed and not listed:
        return None
    right = True
    if boxed:
        pages = [truth["page"]] + (truth.get("also_pages") or [])
        right = figure.get("page") in pages and bool(figure.get("bbox"))
        if right and figure["page"] == truth["page"]:
            boxes = [truth.get(key) for key in ("bbox", "image_bbox", "placed_bbox", "frame")]
            right = any(scorer.iou(box, figure["bbox"]) >= SAME for box in boxes if box)
    if right and listed:
        found = {image["xref"] for image in figure.get("images") or [] if image.get("xref")}
        right = found == set(truth["images"])
    return right


def judged(scorer, truth, predicted):
    """(confidence, right) of each figure that both have, once a label."""
    rows, _ = scorer.truth_rows(truth)
    wanted = {(row["file"], scorer.label(row["label"])): row for row in rows if row.get("label")}
    found = {}
    for figure in scorer.read(predicted):
        if figure.get("label") and figure.get("caption") and figure.get("kind") != "table":
            key = (os.path.basename(figure["file"]), scorer.label(figure["label"]))
            best = found.get(key)
            if best is None or figure["confidence"] > best["confidence"]:
                found[key] = figure
    for key in sorted(wanted):
        if key in found:
            right = is_right(scorer, wanted[key], found[key])
            if right is not None:
                placed = found[key].get("page") is not None
                yield found[key]["confidence"] if placed else None, right


def table(name, pairs):
    for low, high in zip(BINS, BINS[1:]):
        inside = [(sure, right) for sure, right in pairs if sure is not None and low <= sure < high]
        if inside:
            mean = sum(sure for sure, _ in inside) / len(inside)
            share = sum(right for _, right in inside) / len(inside)
            span = f"{low:.2f} to {min(high, 1.0):.2f}"
            print(f"{name:<14}{span:<20}{len(inside):>6}{mean:>10.3f}{share:>9.3f}")
    lost = [right for sure, right in pairs if sure is None]
    if lost:
        print(f"{name:<14}{'no graphic':<20}{len(lost):>6}{'-':>10}{sum(lost) / len(lost):>9.3f}")


def main():
    scorer, rest = load(sys.argv[1]), sys.argv[2:]
    print(f"{'truth':<14}{'confidence':<20}{'of':>6}{'mean':>10}{'right':>9}")
    everything = []
    for name, truth, predicted in zip(rest[::3], rest[1::3], rest[2::3]):
        pairs = list(judged(scorer, truth, predicted))
        everything += pairs
        table(name, pairs)
    table("all", everything)
    sure = [(sure, right) for sure, right in everything if sure is not None]
    if sure:
        off = sum((confidence - right) ** 2 for confidence, right in sure) / len(sure)
        print(f"{'all':<14}{'squared error':<20}{len(sure):>6}{off:>10.3f}")


if __name__ == "__main__":
    main()
