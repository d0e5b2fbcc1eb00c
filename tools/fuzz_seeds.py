"""Writes seeds for every fuzz target, from what the generator makes.

    fuzz_seeds.py BINARY CORPUS

BINARY is covid-ct; CORPUS gets a folder a target. Seeds are small, so that an input is quick.
"""

import io
import json
import struct
import subprocess
import sys
import tempfile
import zipfile
from hashlib import sha256
from pathlib import Path

COLUMNS = (
    "File name,Image,Patient ID,Age,Gender,Location,Medical history,Time,Severity,Other diseases,DOI,Captions"
)
CELLS = "2020.02.10.20021584-p6-52%0.png,,Patient 1,52,M,Wuhan,fever,day 3,mild,,10.1101/x,Chest CT"


def documents(pdfs):
    """Papers, the smallest first, and pieces of hostile ones."""
    papers = sorted(pdfs.glob("*.pdf"), key=lambda path: path.stat().st_size)
    return {path.stem: path.read_bytes() for path in papers[:8]}


def answers(binary, pdfs, folder):
    """What a worker answers about papers, and what it is asked."""
    found = {}
    for path in sorted(pdfs.glob("*.pdf"))[:4]:
        request = json.dumps({"path": str(path), "sha256": sha256(path.read_bytes()).hexdigest()})
        command = [f"{binary}-worker", "--memory", "4096", "--objects", folder, "--readable", pdfs]
        answer = subprocess.run(command, input=request.encode(), stdout=subprocess.PIPE, check=True)
        found[path.stem] = answer.stdout.strip()
        found[path.stem + "-asked"] = request.encode()
    short = json.loads(next(answer for name, answer in found.items() if not name.endswith("asked")))
    extraction = short["read"]["extraction"]
    extraction["pages"] = extraction["pages"][:1]
    extraction["images"] = extraction["images"][:1]
    extraction["figures"] = extraction["figures"][:1]
    found["short"] = json.dumps(short).encode()
    return found


def annotations(folder):
    names = ["decisions.csv", "panels.csv", "cases.csv", "splits.csv", "pictures.csv"]
    files = [next(iter(folder.rglob(name)), None) for name in names]
    texts = [path.read_bytes() if path else b"" for path in files]
    few = [b"\n".join(text.splitlines()[:4]) for text in texts]
    return {"all": b"\f".join(texts)[:20_000], "few": b"\f".join(few), "decisions": few[0]}


def cell(number, column, text):
    name = "ABCDEFGHIJKL"[column] + str(number)
    return f'<c r="{name}" t="inlineStr"><is><t>{text}</t></is></c>'


def workbook(rows):
    lines = (
        f'<row r="{number}">' + "".join(cell(number, i, text) for i, text in enumerate(row.split(","))) + "</row>"
        for number, row in enumerate(rows, 1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    files = {
        "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="a" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="a" sheetId="1" r:id="b"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}"><Relationship Id="b" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{"".join(lines)}</sheetData></worksheet>',
    }
    return zipped(files)


def zipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def pickled():
    """A checkpoint of one tensor of six numbers, opcode by opcode."""
    ordered = b"ccollections\nOrderedDict\n)R"
    storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text("0") + text("cpu") + b"K\x06tQ"
    tensor = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\0K\2K\3\x86K\3K\1\x86\x89" + ordered + b"tR"
    return b"\x80\2}(" + text("state_dict") + ordered + b"(" + text("a.weight") + tensor + b"uu."


def checkpoints():
    numbers = struct.pack("<6f", *range(6))
    whole = {"a/data.pkl": pickled(), "a/byteorder": "little", "a/data/0": numbers}
    magic = bytes.fromhex("80028a0a6cfc9c46f9206aa850192e") + b"\x80\2M\xe9\3."
    machine = b"\x80\2}(" + text("little_endian") + b"\x88u."
    keys = b"\x80\2](" + text("0") + b"e."
    legacy = magic + machine + pickled() + keys + struct.pack("<Q", 6) + numbers
    return {"zip": zipped(whole), "legacy": legacy}


def captions(figures):
    lines = [json.loads(line)["caption"] for line in figures.read_text().splitlines()[:40]]
    return {str(number): caption.encode() for number, caption in enumerate(lines) if caption}


def fetched(pdf):
    """What preprint servers send."""
    record = {"doi": "10.1101/2020.02.10.20021584", "title": "Chest CT", "date": "2020-02-11", "version": "1",
              "license": "cc_by", "category": "radiology", "abstract": "Words.", "server": "medRxiv"}
    page = {"messages": [{"status": "ok", "cursor": "0", "count": 1, "total": "1"}], "collection": [record]}
    jats = (
        '<article><front><article-meta><article-id pub-id-type="doi">10.1101/2020.02.10.20021584</article-id>'
        "<article-version>1.1</article-version><title-group><article-title>Chest <i>CT</i></article-title>"
        "</title-group><permissions><license><p>CC BY</p></license></permissions></article-meta></front><body>"
        "<sec><title>Methods</title><fig><label>Figure 1</label><caption><p>Day 3.</p></caption></fig></sec>"
        "</body></article>"
    )
    listed = (
        '<manifest><item type="article"><instance media-type="application/pdf" href="content/a.pdf"/>'
        '<instance media-type="application/xml" href="content/a.xml"/></item></manifest>'
    )
    archive = {"manifest.xml": listed, "content/a.xml": jats, "content/a.pdf": pdf}
    return {"api": json.dumps(page).encode(), "jats": jats.encode(), "meca": zipped(archive)}


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    binary, corpus = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as scratch:
        sample = Path(scratch) / "sample"
        subprocess.run([binary, "synth", sample, "--papers", "20"], check=True, stdout=subprocess.DEVNULL)
        pdfs = sample / "pdf"
        seeds = {
            "annotations": annotations(sample),
            "answers": answers(binary, pdfs, Path(scratch) / "objects"),
            "captions": captions(sample / "figures.jsonl"),
            "checkpoint": checkpoints(),
            "corpus": fetched(b"%PDF-1.4\n%%EOF\n"),
            "document": documents(pdfs),
            "metainfo": {"csv": f"{COLUMNS}\n{CELLS}\n".encode(), "xlsx": workbook([COLUMNS, CELLS])},
            "task": {path.stem: path.read_bytes() for path in (Path(__file__).parent.parent / "tasks").glob("*.toml")},
        }
    for target, files in seeds.items():
        folder = corpus / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / f"seed-{name}").write_bytes(content)


if __name__ == "__main__":
    main()
