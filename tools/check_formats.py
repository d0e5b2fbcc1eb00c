#!/usr/bin/env python3
"""Reads exports with the programs they are written for: datasets, webdataset, pyarrow, mlcroissant.

Usage: check_formats.py COVID-CT FOLDER, called by `make test-formats`. Everything is made from the
synthetic corpus and nothing is fetched.
"""

import csv
import glob
import hashlib
import io
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_DATASETS_OFFLINE": "1"}
binary, folder = Path(sys.argv[1]).absolute(), Path(sys.argv[2]).absolute()
os.environ["HF_HOME"] = str(folder / "hf")

import datasets  # noqa: E402  (reads the environment)
import mlcroissant  # noqa: E402
import pyarrow.parquet  # noqa: E402
import webdataset  # noqa: E402
from PIL import Image  # noqa: E402

datasets.disable_progress_bars()
CLASSES = ["covid", "non-covid"]
SPLITS = {"train": "train", "val": "validation", "test": "test"}
FORMATS = ["covid-ct", "imagefolder", "webdataset", "parquet"]


def covid_ct(*args):
    run = [binary, "--workspace", folder, *args]
    done = subprocess.run(run, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, run))}: exit code {done.returncode}\n{done.stderr}")


def exports():
    """Exports of one dataset in every format, beside one without what may not be re-hosted."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    covid_ct("synth", folder / "corpus", "--papers", "14", "--seed", "1")
    covid_ct("ingest", folder / "corpus/pdf")
    covid_ct("annotations", "import", folder / "corpus/annotations")
    covid_ct("split")
    for name in FORMATS:
        covid_ct("export", name, "--split", "default", "--format", name)
        covid_ct("export", name + "-open", "--split", "default", "--format", name, "--licence", "open")
    return folder / "data/export"


def manifest(export):
    """The pictures of an export: {name: line of MANIFEST.csv}."""
    with open(export / "MANIFEST.csv", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file) if row["name"]}


def check(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: found {found}, expected {expected}")


def counts(pictures):
    return Counter((SPLITS[row["part"]], row["label"]) for row in pictures.values())


def counts_loaded(dataset, label):
    """Of a DatasetDict, as counts()."""
    return Counter((split, label(row)) for split in dataset for row in dataset[split])


def check_image(what, image):
    check(what, (isinstance(image, Image.Image), image.mode), (True, "L"))


def imagefolder(export):
    pictures = manifest(export)
    for loaded in [
        datasets.load_dataset("imagefolder", data_dir=str(export)),
        datasets.load_dataset(str(export)),
    ]:
        check("imagefolder", counts_loaded(loaded, lambda row: row["label"]), counts(pictures))
        for split in loaded:
            check_image("imagefolder", loaded[split][0]["image"])


def parquet(export):
    pictures = manifest(export)
    loaded = datasets.load_dataset(str(export))
    name = loaded["train"].features["label"].names
    check("classes of Parquet", name, CLASSES)
    check("Parquet", counts_loaded(loaded, lambda row: name[row["label"]]), counts(pictures))
    check_image("Parquet", loaded["train"][0]["image"])
    seen = 0
    for path in sorted(glob.glob(f"{export}/data/*.parquet")):
        for row in pyarrow.parquet.read_table(path).to_pylist():
            bytes = row["image"]["bytes"]
            check(row["name"], hashlib.sha256(bytes).hexdigest(), pictures[row["name"]]["sha256"])
            seen += 1
    check("rows that pyarrow reads", seen, len(pictures))


def web_dataset(export):
    pictures = manifest(export)
    loaded = datasets.load_dataset(str(export))
    check("WebDataset", counts_loaded(loaded, lambda row: row["json"]["label"]), counts(pictures))
    seen = 0
    shards = sorted(glob.glob(f"{export}/*.tar"))
    for sample in webdataset.WebDataset(shards, shardshuffle=False).decode():
        row = sample["json"]
        check("class of a sample", CLASSES[sample["cls"]], row["label"])
        check("name of a sample", pictures[row["name"]]["sha256"], row["sha256"])
        seen += 1
    check("samples that webdataset reads", seen, len(pictures))
    for sample in webdataset.WebDataset(shards, shardshuffle=False):
        digest = hashlib.sha256(sample["png"]).hexdigest()
        check(sample["__key__"], digest in {row["sha256"] for row in pictures.values()}, True)
        check_image("WebDataset", Image.open(io.BytesIO(sample["png"])))


def croissant(export):
    """Loading checks it against the specification, and raises what is wrong; warnings count too."""
    dataset = mlcroissant.Dataset(jsonld=str(export / "croissant.json"))
    issues = dataset.metadata.ctx.issues
    check(f"{export.name}/croissant.json", (set(issues.errors), set(issues.warnings)), (set(), set()))
    found = {row["pictures/name"].decode(): row for row in dataset.records("pictures")}
    pictures = manifest(export)
    check("records of Croissant", found.keys(), pictures.keys())
    for name, row in found.items():
        check(name, row["pictures/sha256"].decode(), pictures[name]["sha256"])


def main():
    made = exports()
    readers = {"imagefolder": imagefolder, "webdataset": web_dataset, "parquet": parquet}
    for name in FORMATS:
        for export in [made / name, made / (name + "-open")]:
            if name in readers:
                readers[name](export)
            croissant(export)
        print(f"{name}: {len(manifest(made / name))} pictures read")


main()
