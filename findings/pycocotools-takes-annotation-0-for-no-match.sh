#!/usr/bin/env bash
# Library: pycocotools 2.0.11 (Python).
#
# COCO's format lets annotations have any ids that are unique. `COCOeval` notes with each detection the id of the annotation that it
# matches, and 0 where there is none. A detection that matches annotation 0 therefore counts as a false alarm, and its annotation as
# missed: a perfect detector of two boxes has an average precision of .252. Nothing is said. Ids must begin with 1.
#
# Seen (average precision, and recall, of detections that are the two boxes themselves):
#   ids from 1: 1.000 1.000
#   ids from 0: 0.252 0.500
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target packages \
    pycocotools==2.0.11 numpy==2.4.6

cat >look.py <<'PYTHON'
import contextlib
import io

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

BOXES = [[0, 0, 40, 40], [50, 0, 40, 40]]


def scores(first):
    truth = COCO()
    truth.dataset = {
        "images": [{"id": 1, "width": 100, "height": 100}],
        "categories": [{"id": 1, "name": "panel"}],
        "annotations": [
            {"id": id, "image_id": 1, "category_id": 1, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
            for id, box in enumerate(BOXES, first)
        ],
    }
    found = [{"image_id": 1, "category_id": 1, "bbox": box, "score": 0.9} for box in BOXES]
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        run = COCOeval(truth, truth.loadRes(found), "bbox")
        run.evaluate()
        run.accumulate()
        run.summarize()
    return f"{run.stats[0]:.3f} {run.stats[8]:.3f}"


print("ids from 1:", scores(1))
print("ids from 0:", scores(0))
PYTHON

PYTHONPATH=packages python3 look.py | tee seen
diff - seen <<'SEEN'
ids from 1: 1.000 1.000
ids from 0: 0.252 0.500
SEEN
