"""Times `covid-ct ingest` beside other readers of PDFs, and beside what no reader can do without.

    bench.py BINARY FOLDER [--shared DIR] [--docs N]... [--rounds R] [--only TEXT]

The corpora are the papers in DIR (preprints and pmc), where they are, and synthetic ones of N papers, 100 and
1,000 unless said otherwise. All contestants read every PDF into a fresh folder, R times, taking turns, so
that a busy machine is unfair to all alike; the best time counts. What each does:

    covid-ct     text, figures, captions, pictures; a database and objects that survive a power cut
    PyMuPDF      words with their boxes, pictures with xref and box; both written to files
    poppler      pdftotext -bbox-layout and pdfimages -all; both write files
    hash         reads the files and takes their SHA-256: less is impossible
    text walk    MuPDF's text of every page, kept in its memory: what covid-ct and PyMuPDF build on

The ratios are how many times as long each takes as covid-ct at as many processes: by the clock, and by the
time of processors, which says more on a machine that others use. Memory is that of the largest process of
each, at its peak.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

POOL = """
import hashlib, json, multiprocessing, pathlib, sys
out, jobs = pathlib.Path(sys.argv[1]), int(sys.argv[2])
paths = [path for folder in sys.argv[3:] for path in sorted(pathlib.Path(folder).glob("*.pdf"))]
{work}
if jobs == 1:
    for path in paths:
        read(path)
else:
    with multiprocessing.Pool(jobs) as pool:
        for _ in pool.imap_unordered(read, paths):
            pass
"""

PYMUPDF = """
import pymupdf
def read(path):
    document, known = pymupdf.open(path), set()
    for page in document:
        images = page.get_image_info(xrefs=True)
        for image in images:
            xref = image["xref"]
            if xref and xref not in known:
                known.add(xref)
                found = document.extract_image(xref)
                (out / f"{path.stem}-{xref}.{found['ext']}").write_bytes(found["image"])
        told = {"words": page.get_text("words"), "images": [(i["xref"], i["bbox"]) for i in images]}
        (out / f"{path.stem}-{page.number}.json").write_text(json.dumps(told))
"""

TEXT_WALK = """
import pymupdf
def read(path):
    for page in pymupdf.open(path):
        page.get_textpage()
"""

HASH = """
def read(path):
    hashlib.sha256(path.read_bytes()).hexdigest()
"""

POPPLER = """
import subprocess
def read(path):
    subprocess.run(["pdfimages", "-all", path, out / path.stem], stderr=subprocess.DEVNULL)
    subprocess.run(["pdftotext", "-bbox-layout", path, out / f"{path.stem}.xml"], stderr=subprocess.DEVNULL)
"""


def python(work, jobs):
    return lambda folders, out: [sys.executable, "-c", POOL.format(work=work), out, str(jobs), *folders]


def covid_ct(binary, jobs):
    return lambda folders, out: [binary, "--workspace", out, "ingest", "--jobs", str(jobs), *folders]


def has_pymupdf():
    command = [sys.executable, "-c", "import pymupdf"]
    return subprocess.run(command, capture_output=True).returncode == 0


def contestants(binary):
    """(name, processes): a command, by the folders to read and the one to write to."""
    found = {("covid-ct", jobs): covid_ct(binary, jobs) for jobs in (1, 2)}
    if has_pymupdf():
        found |= {("PyMuPDF", jobs): python(PYMUPDF, jobs) for jobs in (1, 2)}
        found["text walk", 1] = python(TEXT_WALK, 1)
    else:
        print("PyMuPDF is not here: pip install pymupdf", file=sys.stderr)
    if shutil.which("pdfimages") and shutil.which("pdftotext"):
        found |= {("poppler", jobs): python(POPPLER, jobs) for jobs in (1, 2)}
    else:
        print("poppler is not here: apt-get install poppler-utils", file=sys.stderr)
    found["hash", 1] = python(HASH, 1)
    return found


def run(command):
    """Seconds, of the clock and of processors, and MB of the largest of its processes."""
    start = time.perf_counter()
    quiet = subprocess.DEVNULL
    child = subprocess.Popen([str(part) for part in command], stdout=quiet, stderr=quiet)
    _, status, used = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1):
        sys.exit(f"exit code {child.returncode}: {command[:6]}")
    # Of the process and of all it waited for.
    return seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000


def pages_of(folders):
    if not has_pymupdf():
        return None
    count = "import sys, pymupdf, pathlib; print(sum(len(pymupdf.open(p)) for f in sys.argv[1:] for p in pathlib.Path(f).glob('*.pdf')))"
    told = subprocess.run([sys.executable, "-c", count, *map(str, folders)], capture_output=True, text=True)
    return int(told.stdout)


def measure(name, folders, readers, rounds, scratch):
    pdfs = [path for folder in folders for path in folder.glob("*.pdf")]
    size = sum(path.stat().st_size for path in pdfs) / 1e6
    pages = pages_of(folders)
    times = {reader: [] for reader in readers}
    for turn in range(rounds):
        for reader, command in readers.items():
            with tempfile.TemporaryDirectory(dir=scratch) as out:
                times[reader].append(run(command(folders, out)))
        print(f"{name}: round {turn + 1} of {rounds}", file=sys.stderr)
    best = {reader: min(found) for reader, found in times.items()}
    print(f"\n{name}: {len(pdfs)} papers, {pages} pages, {size:.0f} MB; best of {rounds}, "
          f"load {os.getloadavg()[0]:.1f}\n")
    print("| | processes | seconds | processor s | papers/s | pages/s | peak MB | clock | processor |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for (reader, jobs), (seconds, used, memory) in best.items():
        # The median of the rounds' ratios: what stood beside each other is compared.
        turns = list(zip(times["covid-ct", jobs], times[reader, jobs]))
        ratios = [statistics.median(other[i] / own[i] for own, other in turns) for i in (0, 1)]
        told = " | " if reader == "covid-ct" else "{:.2f}x | {:.2f}x".format(*ratios)
        rate = f"{pages / seconds:.0f}" if pages else ""
        print(f"| {reader} | {jobs} | {seconds:.2f} | {used:.2f} | {len(pdfs) / seconds:.1f} | {rate} "
              f"| {memory:.0f} | {told} |")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shared", type=Path)
    parser.add_argument("--docs", type=int, action="append")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="contestants whose name has this")
    args = parser.parse_args()
    binary = str(Path(args.binary).resolve())
    readers = {reader: command for reader, command in contestants(binary).items()
               if args.only in reader[0] or reader[0] == "covid-ct"}
    args.folder.mkdir(parents=True, exist_ok=True)
    papers = [args.shared / "data" / name for name in ("preprints", "pmc")] if args.shared else []
    if papers and all(folder.is_dir() for folder in papers):
        measure("papers", papers, readers, args.rounds, args.folder)
    elif papers:
        print(f"skipped: {args.shared}/data is not here", file=sys.stderr)
    for count in args.docs or (100, 1000):
        corpus = args.folder / f"papers-{count}"
        if not (corpus / "pdf").is_dir():
            command = [binary, "synth", corpus, "--papers", str(count)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        rounds = args.rounds if count <= 200 else 1
        measure(f"synthetic, {count}", [corpus / "pdf"], readers, rounds, args.folder)


if __name__ == "__main__":
    main()
