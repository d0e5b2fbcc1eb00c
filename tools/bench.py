"""Times `covid-ct ingest` on a synthetic corpus beside other readers, where they are installed.

    bench.py BINARY FOLDER [PAPERS]

Each contestant reads every PDF into a fresh folder, ROUNDS times, the contestants taking turns so
that a busy machine is unfair to all alike; the best time counts. The others only write pictures and
text, covid-ct also pairs captions and fills a database that survives a power cut, so a ratio above 1
is not a fault in itself. What to watch is how it changes.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 3


def covid_ct(binary, *options):
    def read(pdfs, out):
        command = [binary, "--workspace", out, "ingest", *options, pdfs]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    return read


def poppler(pdfs, out):
    for pdf in sorted(pdfs.glob("*.pdf")):
        subprocess.run(["pdfimages", "-all", pdf, out / pdf.stem], check=True)
        subprocess.run(["pdftotext", "-layout", pdf, out / f"{pdf.stem}.txt"], check=True)


def pymupdf(pdfs, out):
    script = """
import pathlib, sys, pymupdf
pdfs, out = map(pathlib.Path, sys.argv[1:])
for path in sorted(pdfs.glob("*.pdf")):
    document = pymupdf.open(path)
    for page in document:
        (out / f"{path.stem}-{page.number}.txt").write_text(page.get_text())
        for image in page.get_images():
            found = document.extract_image(image[0])
            (out / f"{path.stem}-{image[0]}.{found['ext']}").write_bytes(found["image"])
"""
    subprocess.run([sys.executable, "-c", script, pdfs, out], check=True)


def contestants(binary):
    cores = os.cpu_count() or 1
    found = {"covid-ct, 1 job": covid_ct(binary, "--jobs", "1")}
    if cores > 1:
        found[f"covid-ct, {cores} jobs"] = covid_ct(binary, "--jobs", str(cores))
    if shutil.which("pdfimages") and shutil.which("pdftotext"):
        found["poppler (pdfimages, pdftotext)"] = poppler
    else:
        print("poppler is not here: apt-get install poppler-utils", file=sys.stderr)
    if subprocess.run([sys.executable, "-c", "import pymupdf"], capture_output=True).returncode == 0:
        found["PyMuPDF (text, images)"] = pymupdf
    else:
        print("PyMuPDF is not here: pip install pymupdf", file=sys.stderr)
    return found


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    binary, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    papers = int(sys.argv[3]) if len(sys.argv) == 4 else 40
    corpus = folder / f"papers-{papers}"
    if not (corpus / "pdf").is_dir():
        subprocess.run([binary, "synth", corpus, "--papers", str(papers)], check=True)
    pdfs = corpus / "pdf"
    readers = contestants(binary)
    best = dict.fromkeys(readers, float("inf"))
    for _ in range(ROUNDS):
        for name, read in readers.items():
            with tempfile.TemporaryDirectory(dir=folder) as out:
                start = time.perf_counter()
                read(pdfs, Path(out))
                best[name] = min(best[name], time.perf_counter() - start)
    size = sum(pdf.stat().st_size for pdf in pdfs.glob("*.pdf")) / 1e6
    print(f"\n{papers} synthetic papers, {size:.1f} MB, best of {ROUNDS}:\n")
    unit = next(iter(best.values()))
    for name, seconds in best.items():
        print(f"{name:<32}{seconds:8.2f} s {papers / seconds:8.1f} papers/s {seconds / unit:8.2f}x")


if __name__ == "__main__":
    main()
