"""Gives the programs damaged inputs of every kind but PDFs, and tells what became of them.

    mutate_inputs.py BINARY FOLDER [--count N] [--seed S] [--kinds KIND,...]

The inputs are made here, of synthetic papers: JATS, MECA archives, RECIPE.csv, MANIFEST.csv, annotations, MetaInfo, tar and
Parquet shards, checkpoints. Of each kind COUNT mutants are made, by the seed and the mutant's number alone, and given to the
command that reads it. What counts: the program ends by itself, within a minute, with exit code 0, 1 or 2; where that is 2 it
says why; nothing outside of where it may write has changed; and what was recorded before is still there. A mutant that one of
these does not hold for is kept in FOLDER/kept. Exit code 1 says so.
"""

import argparse
import collections
import random
import shutil
import sqlite3
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import fuzz_seeds
import mutate

LIMIT = 60
PLAIN = {name: kind for name, kind in mutate.KINDS.items() if name != "objects swapped"}


def words(data, chance):
    """A cell, a name or a text becomes one that means harm or nothing."""
    cells = [at for at, byte in enumerate(data[: 1 << 16]) if byte in b',"<>\n']
    if len(cells) < 2:
        return mutate.flip(data, chance)
    at = chance.randrange(len(cells) - 1)
    data[cells[at] + 1 : cells[at + 1]] = chance.choice(
        [b"", b"..", b"../../x.png", b"/etc/x.png", b"a/b.png", b"=1+1", b"\0", b"\xff\xfe", b"9" * 400, b"x" * 70_000]
    )


KINDS = PLAIN | {"words replaced": words}


def mutant(data, seed, index):
    chance = random.Random(f"{seed} {index}")
    data = bytearray(data)
    for _ in range(chance.choice([1, 1, 2])):
        if data:
            KINDS[chance.choice(list(KINDS))](data, chance)
    return bytes(data)


def state(folder):
    """Names and contents of files, but those that a database makes beside itself."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in (".lock",))
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in files
        if not path.name.endswith(("-wal", "-shm"))
    }


class Inputs:
    """Whole inputs, made once."""

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        self.sample, self.workspace = folder / "sample", folder / "workspace"
        self.run("synth", self.sample, "--papers", "6", "--seed", "1")
        self.pdfs = self.sample / "pdf"
        self.run("ingest", self.pdfs)
        self.run("annotations", "import", self.sample / "annotations")
        self.run("split", "--ratio", "1,0,0")
        for layout in ("covid-ct", "webdataset", "parquet"):
            for licence in ("any", "open"):
                name = f"{layout}-{licence}"
                self.run("export", "--format", layout, "--licence", licence, "--out", folder / name)
        self.run("annotations", "export", folder / "annotations")
        self.paper = sorted(self.pdfs.glob("*.pdf"))[0]
        self.fetched = fuzz_seeds.fetched(self.paper.read_bytes())

    def run(self, *args):
        command = [self.binary, "--workspace", self.workspace, *args]
        done = subprocess.run(command, capture_output=True)
        if done.returncode not in (0, 1):
            sys.exit(f"{args}: {done.stderr.decode()}")


def files_of(folder, *patterns):
    return [path for pattern in patterns for path in sorted(folder.rglob(pattern))]


def kinds(inputs):
    """By kind: the folder that is copied, the files of it that are damaged, and the command on the copy."""
    made = inputs.folder / "made"
    for name in ("jats", "meca", "metainfo", "checkpoint"):
        (made / name).mkdir(parents=True)
    (made / "jats" / f"{inputs.paper.stem}.xml").write_bytes(inputs.fetched["jats"])
    (made / "meca" / "a.meca").write_bytes(inputs.fetched["meca"])
    shutil.copytree(inputs.folder / "covid-ct-any", made / "metainfo", dirs_exist_ok=True)
    for name, data in fuzz_seeds.checkpoints().items():
        (made / "checkpoint" / f"{name}.pth").write_bytes(data)
    recipe, shards, tables = (inputs.folder / name for name in ("covid-ct-open", "webdataset-open", "parquet-open"))

    def rebuild(copy, out, *_):
        return ["rebuild", copy, "--pdfs", inputs.pdfs, "--out", out]

    def verify(copy, *_):
        return ["export", "--verify", copy]

    def either(copy, out, _, index):
        return verify(copy) if index % 2 else rebuild(copy, out)

    return {
        "JATS": (made / "jats", ["*.xml"], lambda copy, *_: ["ingest", inputs.pdfs, f"--jats={copy}"]),
        "MECA": (made / "meca", ["*.meca"], lambda copy, *_: ["ingest", copy]),
        "RECIPE": (recipe, ["RECIPE.csv"], rebuild),
        "MANIFEST": (inputs.folder / "covid-ct-any", ["MANIFEST.csv"], verify),
        "annotations": (inputs.folder / "annotations", ["*.csv"], lambda copy, *_: ["annotations", "import", copy]),
        "MetaInfo": (made / "metainfo", ["*MetaInfo*"], lambda copy, *_: ["import-release", copy]),
        "tar": (shards, ["*.tar"], either),
        "Parquet": (tables, ["*.parquet"], either),
        "checkpoint": (
            made / "checkpoint",
            ["*.pth"],
            lambda _copy, _out, file, _index: [
                "pretrain", "phantoms", "--pictures", "8", "--epochs", "1", "--size", "64", "--batch", "2",
                "--network", "densenet35", "--precision", "fp32", "--init", file,
            ],
        ),
    }


class Campaign:
    def __init__(self, args):
        self.args, self.folder = args, Path(args.folder)
        self.codes, self.faults = collections.Counter(), []

    def keep(self, kind, file, what):
        kept = self.folder / "kept" / f"{kind}-{len(self.faults)}"
        kept.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, kept)
        self.faults.append(f"{kind}: {what} ({kept})")
        print(f"FAULT: {self.faults[-1]}", file=sys.stderr)

    def fresh(self, source):
        """An empty place with a copy of the whole input."""
        place = self.folder / "place"
        shutil.rmtree(place, ignore_errors=True)
        copy = place / "in" / "copy"
        shutil.copytree(source, copy)
        return place, copy

    def one(self, inputs, kind, source, files, command, index):
        """One mutant, in a place of its own: what it reads, where it writes, and what it must leave alone."""
        place, copy = self.fresh(source)
        workspace, out = place / "workspace", place / "out"
        (workspace / "data").mkdir(parents=True)
        with sqlite3.connect(inputs.workspace / "data" / "covid-ct.sqlite") as database:
            database.execute("VACUUM INTO ?", (str(workspace / "data" / "covid-ct.sqlite"),))
        (workspace / "data" / "objects").symlink_to(inputs.workspace / "data" / "objects")
        file = random.Random(f"{self.args.seed} {kind} {index}").choice(files)
        file = copy / file.relative_to(source)
        file.write_bytes(mutant(file.read_bytes(), f"{self.args.seed} {kind}", index))
        before = {path: state(path) for path in (place / "in", inputs.pdfs)}
        beside = sorted(path.name for path in place.iterdir())
        args = [inputs.binary, "--workspace", workspace, *command(copy, out, file, index)]
        try:
            ended = subprocess.run(args, capture_output=True, timeout=LIMIT, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return self.keep(kind, file, f"no end within {LIMIT} s")
        told = ended.stderr.decode(errors="replace").strip()
        self.codes[kind, ended.returncode] += 1
        if ended.returncode not in (0, 1, 2) or "panicked" in told or "a defect of covid-ct" in told:
            self.keep(kind, file, f"exit code {ended.returncode}: {told[-300:]}")
        elif ended.returncode == 2 and not told:
            self.keep(kind, file, "refused without a word")
        if {path: state(path) for path in before} != before:
            self.keep(kind, file, "what it read was changed")
        if set(path.name for path in place.iterdir()) - set(beside) - {"out"}:
            self.keep(kind, file, "something was written beside")
        self.recorded(inputs, kind, file, workspace)

    def read_whole(self, inputs, kind, source, files, command):
        """The undamaged input comes to the code that reads it: it is taken, or refused by name."""
        place, copy = self.fresh(source)
        args = command(copy, place / "out", copy / files[0].relative_to(source), 0)
        ended = subprocess.run(
            [inputs.binary, "--workspace", place / "workspace", *args], capture_output=True, stdin=subprocess.DEVNULL
        )
        told = ended.stderr.decode(errors="replace")
        if ended.returncode == 2 and str(place) not in told:
            sys.exit(f"{kind}: refused before it is read: {told}")

    def recorded(self, inputs, kind, file, workspace):
        """Every decision that was there still is."""
        rows = "SELECT count(*) FROM decision"
        with sqlite3.connect(inputs.workspace / "data" / "covid-ct.sqlite") as database:
            (wanted,) = database.execute(rows).fetchone()
        with sqlite3.connect(workspace / "data" / "covid-ct.sqlite") as database:
            (found,) = database.execute(rows).fetchone()
        if found < wanted:
            self.keep(kind, file, f"{wanted - found} decisions are gone")

    def all(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        inputs = Inputs(str(Path(self.args.binary).resolve()), self.folder.resolve())
        self.folder = self.folder.resolve()
        for kind, (source, patterns, command) in kinds(inputs).items():
            if self.args.kinds and kind not in self.args.kinds.split(","):
                continue
            files = files_of(source, *patterns)
            if not files:
                sys.exit(f"{kind}: nothing to damage in {source}")
            self.read_whole(inputs, kind, source, files, command)
            for index in range(self.args.count):
                self.one(inputs, kind, source, files, command, index)
            codes = {code: count for (name, code), count in sorted(self.codes.items()) if name == kind}
            print(f"{kind}: {self.args.count} mutants, by exit code {codes}")
        print(f"{len(self.faults)} faults")
        return 1 if self.faults else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("folder")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", help="these alone, such as JATS,tar")
    sys.exit(Campaign(parser.parse_args()).all())


if __name__ == "__main__":
    main()
