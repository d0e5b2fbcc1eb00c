#!/usr/bin/env bash
# Library: datasets 5.2.0 (Python).
#
# `load_dataset(FOLDER)` keeps what it has read in a cache, and looks it up by the folder's last name and by what the header of its
# README.md says of the files, not by where the folder lies or what is in the files. Another folder of the same name with the same
# header is answered with the rows of the first; so is the same folder once its files have changed. `streaming=True` reads the files.
# A word that changes with the content, in a `description` of the header's entry, makes it read anew.
#
# Seen:
#   first folder:                    covid
#   another folder of that name:     covid
#   the first one, changed:          covid
#   another folder, streamed:        other
#   another folder, described:       other
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target packages datasets==5.2.0

cat >look.py <<'PYTHON'
import sys
from pathlib import Path

import datasets

datasets.disable_progress_bars()


def write(folder, label, entry=""):
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    files = "  data_files:\n  - split: train\n    path: train.csv\n"
    (path / "README.md").write_text(f"---\nconfigs:\n- config_name: default\n{entry}{files}---\n")
    (path / "train.csv").write_text(f"label\n{label}\n")


def told(folder, **how):
    return next(iter(datasets.load_dataset(folder, split="train", **how)))["label"]


write("one/scans", "covid")
print("first folder:                   ", told("one/scans"))
write("two/scans", "other")
print("another folder of that name:    ", told("two/scans"))
write("one/scans", "changed")
print("the first one, changed:         ", told("one/scans"))
print("another folder, streamed:       ", told("two/scans", streaming=True))
write("two/scans", "other", "  description: 4f2a\n")
print("another folder, described:      ", told("two/scans"))
PYTHON

HF_HOME=$folder/cache HF_HUB_OFFLINE=1 PYTHONPATH=packages python3 look.py 2>&1 | tee seen
diff - seen <<'SEEN'
first folder:                    covid
another folder of that name:     covid
the first one, changed:          covid
another folder, streamed:        other
another folder, described:       other
SEEN
