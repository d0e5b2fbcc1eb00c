#!/usr/bin/env python3
"""Sets covid-ct's network beside PyTorch's with torchvision: images a second of a training step, of
scoring, of an epoch with augmentation, and of the first one, in which ours decodes too as PyTorch's workers do
in each. Usage: bench_train.py BINARY DATASET [ROUNDS]

Each contestant runs in turn, round after round, in a process of its own, so that a busy machine is busy
for all; what counts is the ratio of the medians. Threads: two, or THREADS.
"""

import json
import os
import statistics
import subprocess
import sys

BINARY, DATASET = sys.argv[1], sys.argv[2]
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 3
THREADS = os.environ.get("THREADS", "2")
STEPS = os.environ.get("STEPS", "8")

# What each benchmark sees at once; a training step as the paper has it.
BATCH = {"train": 4, "infer": 16, "epoch": 4, "first-epoch": 4}

TORCH = """
import glob, json, os, sys, time
import torch, torchvision
from torchvision import transforms
what, variant, batch, steps, threads, dataset = sys.argv[1:]
batch, steps = int(batch), int(steps)
torch.set_num_threads(int(threads))
torch.manual_seed(0)
net = torchvision.models.densenet121(weights=None, num_classes=2)
last = "channels-last" in variant
if last:
    net = net.to(memory_format=torch.channels_last)
images = torch.randn(batch, 3, 224, 224)
if last:
    images = images.contiguous(memory_format=torch.channels_last)
classes = torch.arange(batch) % 2
optimizer = torch.optim.Adam(net.parameters(), lr=1e-4)
loss_of = torch.nn.functional.cross_entropy
bf16 = torch.autocast("cpu", torch.bfloat16, enabled="bf16" in variant)

def learn(images, classes):
    with bf16:
        loss = loss_of(net(images).float(), classes)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

class Scans(torch.utils.data.Dataset):
    def __init__(self):
        self.files = []
        for label, folder in enumerate(["NonCOVID", "COVID"]):
            names = open(f"{dataset}/Data-split/{folder}/trainCT_{folder}.txt").read().split("\\n")
            images = "Images-processed" if os.path.isdir(dataset + "/Images-processed") else "Images"
            self.files += [(f"{dataset}/{images}/CT_{folder}/{n.strip()}", label) for n in names if n.strip()]
        self.view = transforms.Compose([
            transforms.Resize(256),
            transforms.RandomAffine(15, translate=(0.1, 0.1)),
            transforms.RandomResizedCrop(224, scale=(0.5, 1.0)),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ])
    def __len__(self):
        return len(self.files)
    def __getitem__(self, index):
        from PIL import Image
        path, label = self.files[index]
        return self.view(Image.open(path).convert("RGB")), label

seconds = []
if what.endswith("epoch"):
    loader = torch.utils.data.DataLoader(Scans(), batch, shuffle=True, num_workers=2, drop_last=True)
    net.train()
    at = time.perf_counter()
    for images, classes in loader:
        if last:
            images = images.contiguous(memory_format=torch.channels_last)
        learn(images, classes)
        seconds.append(time.perf_counter() - at)
        at = time.perf_counter()
        if len(seconds) > steps:
            break
elif what == "train":
    net.train()
    for _ in range(steps + 1):
        at = time.perf_counter()
        learn(images, classes)
        seconds.append(time.perf_counter() - at)
else:
    net.eval()
    with torch.inference_mode(), bf16:
        for _ in range(steps + 1):
            at = time.perf_counter()
            net(images).sum().item()
            seconds.append(time.perf_counter() - at)
print(json.dumps(seconds[1:]))
"""


def run(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{command[0]} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def ours(what, precision):
    command = [BINARY, "bench-network", what, "--batch", str(BATCH[what]), "--steps", STEPS]
    command += ["--threads", THREADS, "--device", "cpu", "--precision", precision]
    return run(command + (["--data", DATASET] if what.endswith("epoch") else []))


def theirs(what, variant):
    arguments = [what, variant, str(BATCH[what]), STEPS, THREADS, DATASET]
    return run([sys.executable, "-c", TORCH, *arguments])


def has_bf16():
    try:
        with open("/proc/cpuinfo") as told:
            flags = told.read()
            return "avx512_bf16" in flags or "amx_bf16" in flags
    except OSError:
        return False


def main():
    probe = "import torch, torchvision; print(torch.__version__, torchvision.__version__)"
    versions = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    if versions.returncode:
        sys.exit("bench-train compares with PyTorch: python3 needs torch and torchvision")
    print(f"PyTorch and torchvision {versions.stdout.strip()}; {THREADS} threads, DenseNet-121, 224 x 224")
    contests = [("train", "fp32"), ("infer", "fp32")]
    if os.path.isdir(DATASET):
        contests += [("epoch", "fp32"), ("first-epoch", "fp32")]
    else:
        print(f"skipped: epochs, as there is no dataset at {DATASET}")
    if has_bf16():
        contests += [("train", "bf16"), ("infer", "bf16")]
    else:
        print("skipped: bf16, which this processor has no instructions for")
    for what, precision in contests:
        variants = ["plain", "channels-last"] if precision == "fp32" else ["bf16 channels-last"]
        seconds = {name: [] for name in ["ours", *variants]}
        for _ in range(ROUNDS):
            seconds["ours"] += ours(what, precision)
            for variant in variants:
                seconds[variant] += theirs(what, variant)
        speed = {name: BATCH[what] / statistics.median(taken) for name, taken in seconds.items()}
        best = max(variants, key=speed.get)
        told = ", ".join(f"PyTorch {name} {speed[name]:.1f}" for name in variants)
        print(
            f"{what:11} {precision} batch {BATCH[what]:2}: covid-ct {speed['ours']:.1f} images/s, {told};"
            f" {speed['ours'] / speed[best]:.2f} times PyTorch's best",
            flush=True,
        )


main()
