#!/usr/bin/env python3
"""Reads what `annotations export --format` writes as the tools do: COCO with pycocotools, which evaluates a file against
itself; the others by what their formats say, since Label Studio's and CVAT's own libraries bring OpenCV along.

Usage: check_exchange.py COVID-CT FOLDER, called by `make test-formats`. All is made from the synthetic corpus.
"""

import contextlib
import io
import json
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from PIL import Image
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

binary, folder = Path(sys.argv[1]).absolute(), Path(sys.argv[2]).absolute()
workspace = folder / "exchange"


def covid_ct(*args):
    run = [binary, "--workspace", workspace, *args]
    done = subprocess.run(run, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, run))}: exit code {done.returncode}\n{done.stderr}")
    return done.stdout


def coco(out):
    with contextlib.redirect_stdout(io.StringIO()) as told:
        truth = COCO(str(out / "annotations.json"))
        found = [
            {"image_id": a["image_id"], "category_id": a["category_id"], "bbox": a["bbox"], "score": 1.0}
            for a in truth.dataset["annotations"]
        ]
        evaluation = COCOeval(truth, truth.loadRes(found), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    # Evaluators drop an annotation of the id 0: then not all of them would be found.
    assert evaluation.stats[0] > 0.999 and evaluation.stats[8] > 0.999, told.getvalue()
    boxes = {}
    for image in truth.loadImgs(truth.getImgIds()):
        with Image.open(out / image["file_name"]) as picture:
            assert picture.size == (image["width"], image["height"]), image
        of = truth.loadAnns(truth.getAnnIds(imgIds=image["id"]))
        boxes[Path(image["file_name"]).name] = sorted(tuple(a["bbox"]) for a in of)
    return boxes


def label_studio(out):
    boxes = {}
    for task in json.loads((out / "tasks.json").read_text()):
        path = parse_qs(urlsplit(task["data"]["image"]).query)["d"][0]
        name = Path(path).name
        assert (out / "images" / name).is_file(), path
        found = []
        for region in task["predictions"][0]["result"]:
            if region["type"] == "rectanglelabels":
                value, width, height = region["value"], region["original_width"], region["original_height"]
                sides = ("x", width), ("y", height), ("width", width), ("height", height)
                found.append(tuple(round(value[key] * of / 100, 6) for key, of in sides))
        boxes[name] = sorted(found)
    interface = ElementTree.parse(out / "labels.xml").getroot()
    assert {label.get("value") for label in interface.iter("Label")} >= {"covid", "non-covid"}
    return boxes


def cvat(out):
    root = ElementTree.parse(out / "annotations.xml").getroot()
    assert root.findtext("version") == "1.1"
    boxes = {}
    for image in root.findall("image"):
        corners = ([float(box.get(edge)) for edge in ("xtl", "ytl", "xbr", "ybr")] for box in image.findall("box"))
        boxes[image.get("name")] = sorted((x, y, right - x, bottom - y) for x, y, right, bottom in corners)
    return boxes


def yolo(out):
    boxes = {}
    for file in sorted((out / "images").iterdir()):
        with Image.open(file) as picture:
            width, height = picture.size
        found = []
        for line in (out / "labels" / f"{file.stem}.txt").read_text().splitlines():
            _, x, y, w, h = map(float, line.split())
            left, top = (x - w / 2) * width, (y - h / 2) * height
            found.append((round(left, 6), round(top, 6), round(w * width, 6), round(h * height, 6)))
        boxes[file.name] = sorted(found)
    return boxes


shutil.rmtree(workspace, ignore_errors=True)
workspace.mkdir(parents=True)
covid_ct("synth", workspace / "corpus", "--papers", "14", "--seed", "1")
covid_ct("ingest", workspace / "corpus/pdf")
covid_ct("annotations", "import", workspace / "corpus/annotations")
expected = None
for name, read in {"coco": coco, "label-studio": label_studio, "cvat": cvat, "yolo": yolo}.items():
    out = workspace / name
    covid_ct("annotations", "export", out, "--format", name)
    boxes = read(out)
    expected = expected or boxes
    assert boxes == expected, f"{name}: other boxes than COCO has"
    told = covid_ct("annotations", "import", out, "--format", name, "--curator", "tool")
    added = [line for line in told.splitlines() if " added" in line]
    assert len(added) == 3 and all(": 0 added" in line for line in added), told
    print(f"{name}: {len(boxes)} pictures, {sum(map(len, boxes.values()))} boxes, read to the pixel; in again: no change")
