#!/usr/bin/env python3
"""Reads an export of covid-ct: read_export.py data/export/NAME. Needs `pip install datasets pillow`.

Any --format does: the dataset card in the folder tells `datasets` how to read it.
"""

import sys
from collections import Counter

from datasets import load_dataset

splits = load_dataset(sys.argv[1])
label = splits["train"].features["label"]
for name, rows in splits.items():
    counts = Counter(label.int2str(number) for number in rows["label"])
    print(name, dict(sorted(counts.items())))

first = splits["train"][0]
print(first["image"].size, label.int2str(first["label"]), first["patient"])
print(first["caption"])

try:
    import torch
except ImportError:
    print("torch is not installed: no DataLoader")
    sys.exit()

from torchvision.transforms.functional import pil_to_tensor, resize


def as_tensors(batch):
    """A batch as pictures of N x 1 x 224 x 224, 0 to 1, and classes of N."""
    pictures = [resize(pil_to_tensor(row["image"].convert("L")), [224, 224]) for row in batch]
    return torch.stack(pictures) / 255, torch.tensor([row["label"] for row in batch])


loader = torch.utils.data.DataLoader(splits["train"], batch_size=8, shuffle=True, collate_fn=as_tensors)
pictures, classes = next(iter(loader))
print(pictures.shape, classes.tolist())
