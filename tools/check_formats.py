#!/usr/bin/env python3
"""Reads exports with the programs they are written for: datasets, webdataset, pyarrow, polars, duckdb, mlcroissant.

Usage: check_formats.py COVID-CT FOLDER SHARED, called by `make test-formats`. All is made from the synthetic corpus,
and from the published release where SHARED has it; nothing is fetched.
"""

import contextlib
import csv
import glob
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_DATASETS_OFFLINE": "1"}
binary, folder = Path(sys.argv[1]).absolute(), Path(sys.argv[2]).absolute()
published = Path(sys.argv[3]).absolute() / "data/covid-ct"
os.environ["HF_HOME"] = str(folder / "hf")

import datasets  # noqa: E402  (reads the environment)
import duckdb  # noqa: E402
import mlcroissant  # noqa: E402
import pandas  # noqa: E402
import polars  # noqa: E402
import pyarrow.parquet  # noqa: E402
import webdataset  # noqa: E402
from PIL import Image  # noqa: E402

from check_shards import check_shards  # noqa: E402

datasets.disable_progress_bars()
CLASSES = ["covid", "non-covid"]
SPLITS = {"train": "train", "val": "validation", "test": "test"}
FORMATS = ["covid-ct", "imagefolder", "webdataset", "parquet"]
FIGURE_FORMATS = ["webdataset", "parquet"]
# What every format tells of a picture, in the same words.
FACTS = ["patient", "age", "sex", "caption", "sub_caption", "citing_sentences", "page", "xref", "licence", "sha256"]
NUMBERS = ["age", "page", "xref", "width", "height"]
# How `datasets` is asked; None is as usual.
MODE = None
# As the published dataset is split: COVID and other pictures of each part.
PUBLISHED = {"train": 425, "validation": 118, "test": 203}


def load(*args, **options):
    return datasets.load_dataset(*args, download_mode=MODE, **options)


def covid_ct(workspace, *args):
    run = [binary, "--workspace", workspace, *args]
    done = subprocess.run(run, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, run))}: exit code {done.returncode}\n{done.stderr}")


def export(workspace, *names, split="default"):
    """Exports the split in every format, under the format's name; `names` adds exports of other kinds."""
    for name in FORMATS:
        covid_ct(workspace, "export", name, "--split", split, "--format", name)
    if "open" in names:
        for name in FORMATS:
            covid_ct(workspace, "export", name + "-open", "--split", split, "--format", name, "--licence", "open")
    if "figures" in names:
        for name in FIGURE_FORMATS:
            covid_ct(workspace, "export", "figures-" + name, "--figures", "--format", name)
            covid_ct(workspace, "export", f"figures-{name}-open", "--figures", "--format", name, "--licence", "open")


def make():
    """A workspace with the synthetic corpus in it, exported; gives the folder of the exports."""
    shutil.rmtree(folder, ignore_errors=True)
    workspace = folder / "synthetic"
    workspace.mkdir(parents=True)
    covid_ct(workspace, "synth", workspace / "corpus", "--papers", "14", "--seed", "1")
    covid_ct(workspace, "ingest", workspace / "corpus/pdf")
    covid_ct(workspace, "annotations", "import", workspace / "corpus/annotations")
    covid_ct(workspace, "split")
    export(workspace, "open", "figures")
    return workspace


def turn_labels(workspace):
    """Has the same curator say the other class of every scan, a year later."""
    turned = workspace / "turned"
    turned.mkdir()
    with open(workspace / "corpus/annotations/decisions.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["stage"] == "diagnose" and row["value"] in CLASSES]
    for row in rows:
        row["value"] = CLASSES[1 - CLASSES.index(row["value"])]
        row["time"] = str(int(row["time"][:4]) + 1) + row["time"][4:]
    with open(turned / "decisions.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    covid_ct(workspace, "annotations", "import", turned)


def manifest(export, file="MANIFEST.csv"):
    """The pictures of an export: {name: line of MANIFEST.csv}."""
    with open(export / file, newline="") as text:
        return {row["name"]: row for row in csv.DictReader(text) if row["name"]}


def check(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: found {found}, expected {expected}")


def counts(pictures):
    return Counter((SPLITS[row["part"]], row["label"]) for row in pictures.values())


def counts_loaded(dataset, label):
    """Of a DatasetDict, as counts()."""
    return Counter((split, label(row)) for split in dataset for row in dataset[split])


def check_image(what, image, modes=("L",)):
    check(what, (isinstance(image, Image.Image), image.mode in modes), (True, True))


def facts(rows):
    """What is told of each picture, whatever format told it: {name: values}."""
    told = {}
    for row in rows:
        value = {fact: row[fact] for fact in FACTS}
        for fact in NUMBERS:
            if fact in value:
                # Of an age in words, such as "Young Child", no format makes a number.
                value[fact] = int(value[fact]) if str(value[fact]).isdigit() else None
        told[row["name"]] = value
    return told


def from_meta_info(export):
    """As COVID-CT-MetaInfo.csv tells it, read as text."""
    with open(export / "COVID-CT-MetaInfo.csv", newline="") as text:
        rows = list(csv.DictReader(text))
    names = {"name": "File name", "patient": "Patient ID", "age": "Age", "sex": "Gender", "caption": "Captions"}
    return facts({fact: row[names.get(fact, fact)] for fact in ["name", *FACTS]} for row in rows)


def covid_ct_layout(export):
    loaded = load(str(export))
    label = loaded["train"].features["label"]
    names = {"CT_COVID": "covid", "CT_NonCOVID": "non-covid"}
    found = counts_loaded(loaded, lambda row: names[label.int2str(row["label"])])
    check("the published layout", found, counts(manifest(export)))
    return loaded


def imagefolder(export):
    pictures = manifest(export)
    for loaded in [
        load("imagefolder", data_dir=str(export)),
        load(str(export)),
    ]:
        label = loaded["train"].features["label"]
        check("classes of imagefolder", label.names, CLASSES)
        found = counts_loaded(loaded, lambda row: label.int2str(row["label"]))
        check("imagefolder", found, counts(pictures))
        for split in loaded:
            check_image("imagefolder", loaded[split][0]["image"])
            for number in NUMBERS:
                check(number, loaded[split].features[number].dtype, "int64")
        rows = [row for split in loaded for row in loaded[split]]
        check("what imagefolder tells", facts(rows), from_meta_info(export))
    return loaded


def parquet(export):
    pictures = manifest(export)
    loaded = load(str(export))
    name = loaded["train"].features["label"].names
    check("classes of Parquet", name, CLASSES)
    check("Parquet", counts_loaded(loaded, lambda row: name[row["label"]]), counts(pictures))
    check_image("Parquet", loaded["train"][0]["image"])
    rows = [row for split in loaded for row in loaded[split]]
    check("what Parquet tells", facts(rows), from_meta_info(export))
    seen = 0
    for path in sorted(glob.glob(f"{export}/data/*.parquet")):
        for row in pyarrow.parquet.read_table(path).to_pylist():
            bytes = row["image"]["bytes"]
            check(row["name"], hashlib.sha256(bytes).hexdigest(), pictures[row["name"]]["sha256"])
            seen += 1
    check("rows that pyarrow reads", seen, len(pictures))
    by_polars = polars.read_parquet(f"{export}/data/*.parquet")
    check("rows that polars reads", len(by_polars), len(pictures))
    by_duckdb = duckdb.sql(f"SELECT * FROM '{export}/data/*.parquet'")
    check("rows that duckdb reads", len(by_duckdb), len(pictures))
    for number in NUMBERS + ["label"]:
        check(f"{number} in polars", by_polars.schema[number], polars.Int64)
        check(f"{number} in duckdb", str(by_duckdb.types[by_duckdb.columns.index(number)]), "BIGINT")
    return loaded


def web_dataset(export):
    pictures = manifest(export)
    loaded = load(str(export))
    check("classes of WebDataset", loaded["train"].features["cls"].names, CLASSES)
    check("WebDataset", counts_loaded(loaded, lambda row: row["json"]["label"]), counts(pictures))
    rows = [row["json"] for split in loaded for row in loaded[split]]
    check("what WebDataset tells", facts(rows), from_meta_info(export))
    # By the shards alone the types are taken from the first samples.
    shards = sorted(glob.glob(f"{export}/*.tar"))
    alone = load("webdataset", data_files=shards, split="train")
    check("samples of the shards alone", len(alone), len(pictures))
    seen = 0
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
    return loaded


READERS = {"covid-ct": covid_ct_layout, "imagefolder": imagefolder, "webdataset": web_dataset, "parquet": parquet}


def lists(export):
    """The CSV files, read as the dataset card says."""
    for path in sorted(export.glob("*.csv")):
        with open(path, newline="") as text:
            expected = [tuple(row) for row in csv.reader(text)][1:]
        by_pandas = pandas.read_csv(path, dtype=str, keep_default_na=False)
        check(f"{path.name} in pandas", list(by_pandas.itertuples(index=False, name=None)), expected)
        # Both take an empty text for a missing one.
        by_polars = polars.read_csv(path, infer_schema=False).rows()
        by_duckdb = duckdb.read_csv(str(path), all_varchar=True).fetchall()
        for name, rows in [("polars", by_polars), ("duckdb", by_duckdb)]:
            check(f"{path.name} in {name}", [tuple(cell or "" for cell in row) for row in rows], expected)


def croissant(export, records):
    """Loading checks it against the specification, and raises what is wrong; warnings count too."""
    path = export / "croissant.json"
    dataset = mlcroissant.Dataset(jsonld=str(path))
    issues = dataset.metadata.ctx.issues
    check(f"{export.name}/croissant.json", (set(issues.errors), set(issues.warnings)), (set(), set()))
    check("version of Croissant", dataset.metadata.ctx.is_v1_1(), True)
    for told in ["data_collection", "data_annotation_protocol", "data_biases", "data_limitations", "data_use_cases",
                 "data_social_impact", "personal_sensitive_information", "license"]:
        check(f"{told} is told", bool(getattr(dataset.metadata, told)), True)
    check("synthetic data is told", "rai:hasSyntheticData" in json.loads(path.read_text()), True)
    found = [{key.split("/")[1]: value for key, value in row.items()} for row in dataset.records(records)]
    found = [{key: value.decode() if isinstance(value, bytes) else value for key, value in row.items()} for row in found]
    pictures = manifest(export)
    check("records of Croissant", sorted(row["name"] for row in found), sorted(pictures))
    for row in found:
        check(row["name"], row["sha256"], pictures[row["name"]]["sha256"])
    if records == "pictures":
        ages = {type(row["age"]) for row in found}
        check("types of ages in Croissant", ages <= {int, type(None)}, True)
        check("what Croissant tells", facts(found), from_meta_info(export))


def figures(export):
    """All figures: pictures and texts, the same in both formats."""
    pictures = manifest(export)
    check("pictures of figures", len(pictures) > 10, True)
    loaded = load(str(export), split="train")
    if list(export.glob("*.tar")):
        rows = [row["json"] for row in loaded]
        image = "png"
        for sample in webdataset.WebDataset(sorted(map(str, export.glob("*.tar"))), shardshuffle=False).decode():
            check("caption of a sample", sample["txt"], sample["json"]["caption"])
    else:
        rows = loaded.to_list()
        image = "image"
        by_polars = polars.read_parquet(f"{export}/data/*.parquet")
        check("figures that polars reads", len(by_polars), len(pictures))
        check("a share in polars", by_polars.schema["pairing_confidence"], polars.Float64)
        check("a truth in polars", by_polars.schema["may_be_rehosted"], polars.Boolean)
    check("figures", {row["name"]: row["sha256"] for row in rows},
          {name: row["sha256"] for name, row in pictures.items()})
    for row in loaded:
        check_image("figure", row[image], ("L", "RGB"))
    check("captions", any(row["caption"] for row in rows), True)
    check("citing sentences", any(row["citing_sentences"] for row in rows), True)
    check("sub-captions", any(json.loads(row["sub_captions"]) for row in rows), True)
    return {row["name"]: {key: row[key] for key in ["caption", "citing_sentences", "licence", "figure"]} for row in rows}


def of_every_figure(made):
    told = []
    for name in FIGURE_FORMATS:
        whole, hosted = made / f"figures-{name}", made / f"figures-{name}-open"
        told.append(figures(whole))
        croissant(whole, "figures")
        croissant(hosted, "figures")
        left_out = manifest(hosted, "RECIPE.csv")
        check("figures of an open export", manifest(hosted).keys() | left_out.keys(), manifest(whole).keys())
        check("figures that are left out", bool(left_out), True)
    check("what the formats tell of figures", told[0], told[1])
    print(f"figures: {len(told[0])} pictures read")


def of_every_format(made, names):
    for name in FORMATS:
        for export in [made / name] + [made / f"{name}-{kind}" for kind in names]:
            READERS[name](export)
            lists(export)
            croissant(export, "pictures")
        print(f"{name}: {len(manifest(made / name))} pictures read")


def after_a_change(workspace):
    """A new export of the same name, and another workspace's, are read as they are, whatever was read before."""
    global MODE
    other = folder / "other/synthetic"
    shutil.copytree(workspace, other)
    turn_labels(workspace)
    before = {name: counts(manifest(workspace / "data/export" / name)) for name in FORMATS}
    export(workspace)
    for name in FORMATS:
        after = counts(manifest(workspace / "data/export" / name))
        turned = Counter({(part, CLASSES[1 - CLASSES.index(label)]): n for (part, label), n in before[name].items()})
        check("classes turned", after, turned)
        check("they differ", after != before[name], True)
        READERS[name](workspace / "data/export" / name)
        # Its content was loaded before, from the other folder. datasets 5.2 keeps paths of pictures that are files, as
        # the dataset card warns.
        MODE = "force_redownload" if name in ["covid-ct", "imagefolder"] else None
        READERS[name](other / "data/export" / name)
        MODE = None
        READERS[name](workspace / "data/export" / name)
    for name in FORMATS:
        # Of another content, though of the same name: read as it is, without being told.
        covid_ct(other, "export", name, "--split", "default", "--format", name, "--size", "224")
        loaded = READERS[name](other / "data/export" / name)
        image = "png" if name == "webdataset" else "image"
        check(f"size of {name}", loaded["train"][0][image].size, (224, 224))
        READERS[name](workspace / "data/export" / name)
    print("new exports of old names are read as they are")


def of_the_release():
    if not published.is_dir():
        print(f"skipped: {published} is not here")
        return
    workspace = folder / "published"
    workspace.mkdir()
    covid_ct(workspace, "import-release", published)
    export(workspace, split="published")
    for name in FORMATS:
        loaded = READERS[name](workspace / "data/export" / name)
        check(f"rows of the release as {name}", {split: len(loaded[split]) for split in loaded}, PUBLISHED)
        lists(workspace / "data/export" / name)
        croissant(workspace / "data/export" / name, "pictures")
    print(f"the published release: {PUBLISHED} rows in each of {', '.join(FORMATS)}")


def examples(workspace):
    """Runs what lies in examples/."""
    here = Path(__file__).parent.parent / "examples"
    path = os.pathsep.join([str(binary.parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "COVID_CT_WORKSPACE": str(workspace)}

    def run(command, **options):
        done = subprocess.run(command, capture_output=True, text=True, env=environment, **options)
        if done.returncode:
            sys.exit(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stderr}")
        return done.stdout

    for name in ["imagefolder", "parquet"]:
        told = run([sys.executable, here / "read_export.py", workspace / "data/export" / name])
        check(f"parts that read_export.py tells of {name}", [line.split()[0] for line in told.splitlines()[:3]],
              ["train", "validation", "test"])
    listed = run([binary, "figures", "--json"])
    scores = run([sys.executable, here / "score_pictures.py", workspace], input=listed)
    (workspace / "scores.csv").write_text(scores)
    pictures = {image["object"] for line in listed.splitlines() for image in json.loads(line)["images"]}
    check("pictures that score_pictures.py scores", len(scores.splitlines()) - 1, len(pictures))
    options = ["--curator", "reader", "--plain", "--scores", workspace / "scores.csv"]
    run([binary, "label", "select", *options], input="q\n")

    notebook = json.loads((here / "figures.ipynb").read_text())
    shown = []
    known = {"display": shown.append}
    before, was = os.getcwd(), os.environ.copy()
    os.chdir(workspace)
    os.environ.update(environment)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile("".join(cell["source"]), "figures.ipynb", "exec"), known)
    os.chdir(before)
    os.environ.clear()
    os.environ.update(was)
    check("pictures that figures.ipynb shows", all(isinstance(picture, Image.Image) for picture in shown), True)
    print(f"examples: 3 run; the notebook shows {len(shown)} pictures of {len(known['figures'])} figures")


def main():
    workspace = make()
    examples(workspace)
    of_every_format(workspace / "data/export", ["open"])
    of_every_figure(workspace / "data/export")
    after_a_change(workspace)
    of_the_release()
    check_shards(binary, workspace / "corpus/pdf", folder / "shards")


main()
