"""Ingests PDFs damaged in every way and tells what became of them.

    mutate.py BINARY FOLDER [--count N] [--seed S] [--jobs J] [--timeout T] PDFS...

PDFS are folders of whole PDFs. Each mutant is one of them with bytes flipped, ranges cut out, doubled or
zeroed, numbers replaced, objects swapped, or its end cut off, which is decided by the seed and the mutant's
number alone. They go through `covid-ct ingest` in batches, into one workspace in FOLDER. What counts: the
parent ends by itself with exit code 0 or 1, within the time that its documents may take; every mutant is in
the database, done or failed with a cause; and `covid-ct doctor` finds no row without its object. A mutant
that one of these does not hold for is kept. Exit code 1 says so.
"""

import argparse
import collections
import json
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

BATCH = 200
OBJECT = re.compile(rb"\d+ \d+ obj\b.*?\bendobj", re.S)
NUMBER = re.compile(rb"\b\d{1,6}\b")
NUMBERS = [b"0", b"-1", b"1", b"65536", b"2147483647", b"-2147483648", b"4294967296", b"99999999999", b"1e9"]


def flip(data, chance):
    for _ in range(chance.choice([1, 4, 32, 256])):
        data[chance.randrange(len(data))] = chance.randrange(256)


def span(data, chance):
    start = chance.randrange(len(data))
    return start, min(len(data), start + chance.choice([1, 16, 256, 4096, len(data) // 4 + 1]))


def cut(data, chance):
    start, end = span(data, chance)
    del data[start:end]


def zero(data, chance):
    start, end = span(data, chance)
    data[start:end] = bytes(end - start)


def double(data, chance):
    start, end = span(data, chance)
    at = chance.randrange(len(data))
    data[at:at] = data[start:end]


def truncate(data, chance):
    del data[chance.randrange(len(data)):]


def number(data, chance):
    found = list(NUMBER.finditer(bytes(data[: 1 << 20])))
    tail = len(data) - min(len(data), 1 << 14)
    found += [match for match in NUMBER.finditer(bytes(data), tail)]
    for match in sorted(chance.sample(found, min(len(found), chance.choice([1, 3, 20]))), key=lambda m: -m.start()):
        data[match.start() : match.end()] = chance.choice(NUMBERS)


def swap(data, chance):
    found = list(OBJECT.finditer(bytes(data)))
    if len(found) < 2:
        return flip(data, chance)
    first, second = sorted(chance.sample(found, 2), key=lambda match: match.start())
    head = re.compile(rb"^\d+ \d+ obj")
    one, other = first.group(), second.group()
    # Each keeps its number and takes the other's content.
    new_first = head.match(one).group() + head.sub(b"", other)
    new_second = head.match(other).group() + head.sub(b"", one)
    data[second.start() : second.end()] = new_second
    data[first.start() : first.end()] = new_first


KINDS = {
    "bytes flipped": flip,
    "a range cut out": cut,
    "a range zeroed": zero,
    "a range doubled": double,
    "cut short": truncate,
    "numbers replaced": number,
    "objects swapped": swap,
}


def mutant(whole, seed, index):
    chance = random.Random(f"{seed} {index}")
    kind = chance.choice(list(KINDS))
    data = bytearray(chance.choice(whole))
    for _ in range(chance.choice([1, 1, 2])):
        if data:
            KINDS[kind](data, chance)
    return kind, bytes(data)


def cause(error):
    """A cause without what is of one document alone."""
    error = re.sub(r"\(\d+ of \d+ pages unreadable\)", "", error)
    error = re.sub(r"failed: .*", "failed", error) if error.startswith(("page ", "damaged")) else error
    return re.sub(r"\d+", "N", error).strip()[:110]


class Campaign:
    def __init__(self, args):
        self.args = args
        self.folder = Path(args.folder)
        self.counts, self.causes = collections.Counter(), collections.Counter()
        self.done = self.twice = 0
        self.faults = []

    def keep(self, batch, what):
        kept = self.folder / "kept"
        kept.mkdir(parents=True, exist_ok=True)
        for path in batch.glob("*.pdf"):
            shutil.copy(path, kept)
        self.faults.append(what)
        print(f"FAULT: {what}; the mutants are in {kept}", file=sys.stderr)

    def run(self, workspace, batch, count):
        args = self.args
        command = [args.binary, "--workspace", workspace, "ingest", "--jobs", str(args.jobs)]
        command += ["--timeout", str(args.timeout), batch]
        # A document may take its time twice, as one of which a worker dies is tried once more.
        limit = 60 + 2 * args.timeout * count
        try:
            ended = subprocess.run(command, capture_output=True, timeout=limit)
        except subprocess.TimeoutExpired:
            return self.keep(batch, f"no end within {limit} s")
        if ended.returncode not in (0, 1):
            told = ended.stderr.decode(errors="replace").strip().splitlines()[-3:]
            self.keep(batch, f"exit code {ended.returncode}: {told}")

    def count(self, workspace, hashes, batch):
        with sqlite3.connect(workspace / "data" / "covid-ct.sqlite") as db:
            rows = dict((row[0], row[1:]) for row in db.execute("SELECT sha256, status, error FROM document"))
        for digest in hashes:
            status, error = rows.get(digest, (None, None))
            if status == "done":
                self.done += 1
            elif status == "failed" and error:
                self.causes[cause(error)] += 1
                # A panic of ours, of which the pool says so.
                if "a defect of covid-ct" in error:
                    self.keep(batch, f"{digest}: {error}")
            else:
                self.keep(batch, f"{digest} is not in the database, or failed without a cause")

    def all(self):
        args, workspace = self.args, self.folder / "workspace"
        whole = [path.read_bytes() for folder in args.pdfs for path in sorted(Path(folder).glob("*.pdf"))]
        # Small ones more often: as much can go wrong in them, and sooner.
        whole.sort(key=len)
        whole += 4 * whole[: len(whole) // 2]
        shutil.rmtree(self.folder, ignore_errors=True)
        workspace.mkdir(parents=True)
        seen = set()
        for start in range(0, args.count, BATCH):
            with tempfile.TemporaryDirectory(dir=self.folder) as name:
                batch, hashes = Path(name), []
                for index in range(start, min(args.count, start + BATCH)):
                    kind, data = mutant(whole, args.seed, index)
                    self.counts[kind] += 1
                    digest = sha256(data).hexdigest()
                    if digest in seen:
                        self.twice += 1
                        continue
                    seen.add(digest)
                    (batch / f"mutant-{index}.pdf").write_bytes(data)
                    hashes.append(digest)
                self.run(workspace, batch, len(hashes))
                self.count(workspace, hashes, batch)
            print(f"{min(args.count, start + BATCH)} of {args.count}", file=sys.stderr)
        command = [args.binary, "--workspace", workspace, "doctor", "--json"]
        report = json.loads(subprocess.run(command, capture_output=True).stdout)
        kinds = collections.Counter(problem["kind"] for problem in report["problems"])
        # A document that failed may have left pictures that no row names.
        for kind in kinds.keys() - {"orphan"}:
            self.faults.append(f"doctor: {kinds[kind]} {kind}")
        self.tell(f"{report['objects']} objects named by rows; {dict(kinds) or 'no problems'}")
        return 1 if self.faults else 0

    def tell(self, doctor):
        print(f"{self.args.count} mutants, seed {self.args.seed} ({self.twice} of them the same as another)")
        for kind, count in self.counts.most_common():
            print(f"  {count:6} {kind}")
        print(f"{self.done} done, {sum(self.causes.values())} failed:")
        for name, count in self.causes.most_common():
            print(f"  {count:6} {name}")
        print(f"doctor: {doctor}")
        print(f"{len(self.faults)} faults")
        for fault in self.faults:
            print(f"  {fault}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("folder")
    parser.add_argument("pdfs", nargs="+")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--timeout", type=int, default=30)
    sys.exit(Campaign(parser.parse_args()).all())


if __name__ == "__main__":
    main()
