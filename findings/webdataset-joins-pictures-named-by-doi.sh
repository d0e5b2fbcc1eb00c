#!/usr/bin/env bash
# Libraries: webdataset 1.0.2, datasets 5.2.0 (Python).
#
# Files of a WebDataset shard that share a name up to the first dot are one sample; what follows is the name of a field. DOIs of preprints
# have dots (`2020.02.10.20021584`), so pictures that are named by their paper become one sample a year. Neither reader complains: there
# is one sample, whose fields are called `02.10.20021584-p3-12.png` and so on.
#
# Seen (three pictures of two papers, samples and their fields):
#   webdataset: 1 sample, of 3 fields
#   datasets: 1 sample, of 3 fields
#   dots written as underscores: 3 samples, of 1 field
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target packages \
    webdataset==1.0.2 datasets==5.2.0

cat >look.py <<'PYTHON'
import io
import tarfile

import datasets
import webdataset

datasets.disable_progress_bars()
NAMES = ["2020.02.10.20021584-p3-12", "2020.02.10.20021584-p4-15", "2020.03.01.20029462-p1-7"]


def shard(path, names):
    with tarfile.open(path, "w") as tar:
        for name in names:
            member = tarfile.TarInfo(f"{name}.txt")
            member.size = 3
            tar.addfile(member, io.BytesIO(b"CT\n"))


def told(reader, samples):
    fields = {sum(not key.startswith("__") for key in sample) for sample in samples}
    plural = lambda count, word: f"{count} {word}" + ("s" if count > 1 else "")
    print(f"{reader}: {plural(len(samples), 'sample')}, of {plural(max(fields), 'field')}")


shard("dots.tar", NAMES)
shard("plain.tar", [name.replace(".", "_") for name in NAMES])
told("webdataset", list(webdataset.WebDataset("dots.tar", shardshuffle=False)))
told("datasets", list(datasets.load_dataset("webdataset", data_files="dots.tar", split="train")))
told("dots written as underscores", list(webdataset.WebDataset("plain.tar", shardshuffle=False)))
PYTHON

HF_HOME=$folder/cache HF_HUB_OFFLINE=1 PYTHONPATH=packages python3 look.py 2>/dev/null | tee seen
diff - seen <<'SEEN'
webdataset: 1 sample, of 3 fields
datasets: 1 sample, of 3 fields
dots written as underscores: 3 samples, of 1 field
SEEN
