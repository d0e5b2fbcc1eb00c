"""Times `extract` and `merge` of many documents, and the memory they take, with a stand-in for the worker: it answers for every
document what a synthetic paper has, without reading it. What is measured is all but the reading of PDFs.

Usage: [PAGES=N] bench_shards.py PROGRAMS FOLDER COUNT...
PAGES: of how many pages the text is kept; it is what takes the time, since it is indexed.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

PAGES = int(os.environ.get("PAGES", "5"))

#: Reads a line for each document, and answers with one.
STAND_IN = r'''#!/usr/bin/env python3
import sys, os
folder = os.path.dirname(os.path.abspath(sys.argv[0]))
before, middle, after = open(os.path.join(folder, "answer")).read().split("@@")
objects = sys.argv[sys.argv.index("--objects") + 1]
for name in open(os.path.join(folder, "objects")).read().split():
    path = os.path.join(objects, name)
    if not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + f".{os.getpid()}", "wb") as file:
            file.write(open(os.path.join(folder, "pictures", name), "rb").read())
        os.rename(path + f".{os.getpid()}", path)
for line in sys.stdin:
    at = line.index('"sha256":"') + 10
    sha256 = line[at : at + 64]
    at = line.index('"path":"') + 8
    path = line[at : line.index('"', at)]
    name = os.path.basename(path)[:-4]
    sys.stdout.write(before + sha256 + middle.replace("@PATH@", path).replace("@NAME@", name) + after + "\n")
    sys.stdout.flush()
'''


def timed(command: list) -> tuple[float, float, float, str]:
    """Seconds by the clock, of processors, MiB at most, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    running = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)
    out = running.stdout.read()
    _, status, used = os.wait4(running.pid, 0)
    seconds = time.monotonic() - start
    running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode:
        sys.exit(f"{command}: {running.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, cpu, used.ru_maxrss / 1024, out


def prepare(programs: Path, folder: Path) -> Path:
    """A folder with the program and a worker that only answers."""
    bins = folder / "bin"
    bins.mkdir(parents=True)
    shutil.copy(programs / "covid-ct", bins / "covid-ct")
    subprocess.run([programs / "covid-ct", "synth", folder / "synth", "--papers", "1"], check=True, stdout=subprocess.DEVNULL)
    [pdf] = (folder / "synth" / "pdf").glob("*.pdf")
    objects = bins / "pictures"
    worker = [programs / "covid-ct-worker", "--memory", "4096", "--objects", objects, "--readable", pdf.parent]
    sha256 = subprocess.run(["sha256sum", pdf], capture_output=True, text=True, check=True).stdout.split()[0]
    request = json.dumps({"path": str(pdf), "sha256": sha256}) + "\n"
    objects.mkdir()
    ran = subprocess.run(list(map(str, worker)), input=request, capture_output=True, text=True)
    answer = json.loads(ran.stdout)["read"]
    found = answer["extraction"]
    found["sha256"], found["path"] = "@@", "@PATH@"
    found["paper"]["name"], found["paper"]["doi"] = "@NAME@", ""
    for page in found["pages"][PAGES:]:
        page["text"] = ""
    text = json.dumps({"read": answer}, separators=(",", ":"))
    before, after = text.split('"@@"')
    (bins / "answer").write_text(before + '"@@"' + after + "@@")
    names = [f"{i['object']['sha256'][:2]}/{i['object']['sha256'][2:]}.{i['object']['extension']}" for i in found["images"]]
    (bins / "objects").write_text("\n".join(names))
    (bins / "covid-ct-worker").write_text(STAND_IN.replace("/usr/bin/env python3", sys.executable))
    (bins / "covid-ct-worker").chmod(0o755)
    print(
        f"an answer: {len(text) / 1024:.0f} KiB, {len(found['pages'])} pages, {len(found['figures'])} figures, {len(found['images'])} "
        f"pictures, {sum(len(i['placements']) for i in found['images'])} placements"
    )
    return bins / "covid-ct"


def main() -> None:
    programs, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    shutil.rmtree(folder, ignore_errors=True)
    program = prepare(programs, folder)
    for count in map(int, sys.argv[3:]):
        documents, shards = folder / "documents", folder / "shards"
        documents.mkdir()
        paths = [documents / f"{number:07}.pdf" for number in range(count)]
        for number, path in enumerate(paths):
            path.write_text(f"stand-in {number}")
        extracting = [0.0, 0.0, 0.0]
        for start in range(0, count, 512):
            listed = folder / "list"
            listed.write_text("".join(f"{path}\n" for path in paths[start : start + 512]))
            command = [program, "extract", listed, "--out", shards, "--objects", folder / "objects", "--jobs", "2"]
            seconds, cpu, memory, _ = timed(command)
            extracting = [extracting[0] + seconds, extracting[1] + cpu, max(extracting[2], memory)]
        seconds, cpu, memory = extracting
        print(f"{count} documents: extract {count / seconds:.0f} a second ({cpu:.0f} s of processors), {memory:.0f} MiB at most")
        workspace = folder / "workspace"
        seconds, cpu, memory, out = timed([program, "--workspace", workspace, "merge", shards, "--json"])
        told = json.loads(out)
        assert told["recorded"] == count, told
        size = sum(path.stat().st_size for path in (workspace / "data").glob("covid-ct.sqlite*")) / 1e6
        print(
            f"{count} documents: merge {count / seconds:.0f} a second ({cpu:.1f} s of processors: {count / cpu:.0f} a second), "
            f"{memory:.0f} MiB at most, database {size:.0f} MB"
        )
        for used in (documents, shards, workspace, folder / "objects"):
            shutil.rmtree(used)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
