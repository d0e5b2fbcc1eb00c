#!/usr/bin/env python3
"""A scorer of one's own, for the order in which pictures are labelled. Needs `pip install pillow numpy`.

    covid-ct figures --json | python3 score_pictures.py WORKSPACE > scores.csv
    covid-ct label select --scores scores.csv

A chest that is cut across looks much like its mirror image, a chart does not. So the score is how well a picture agrees with its
mirror image: the correlation of their grey levels, -1 to 1. A network of yours goes in its place.
"""

import csv
import json
import sys
from pathlib import Path

import numpy
from PIL import Image


def symmetry(file):
    grey = numpy.asarray(Image.open(file).convert("L").resize((64, 64)), dtype=float)
    if grey.std() == 0:
        return 0.0
    return float(numpy.corrcoef(grey.ravel(), grey[:, ::-1].ravel())[0, 1])


objects = Path(sys.argv[1]) / "data/objects"
out = csv.writer(sys.stdout)
out.writerow(["sha256", "score"])
seen = set()
for line in sys.stdin:
    for image in json.loads(line)["images"]:
        # An object is named by the SHA-256 of its bytes: ab/cdef….png
        object = Path(image["object"])
        if object not in seen:
            seen.add(object)
            out.writerow([object.parent.name + object.stem, f"{symmetry(objects / object):.4f}"])
