#!/usr/bin/env python3
"""Draws every Mermaid diagram of the documents as SVG, and says file and line of one that cannot be drawn.

Usage: check_diagrams.py FOLDER, which gets the drawings; called by `make test-formats`. What the diagrams name (tables,
programs, commands) is checked by tests/commands/documents.rs.
"""

import re
import shutil
import sys
import xml.etree.ElementTree
from pathlib import Path

import mmdr

root, folder = Path(__file__).resolve().parent.parent, Path(sys.argv[1])
# What is no source: builds, data, what begins with a dot.
MADE = {"target", "data", "papers", "runs"}
BLOCK = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def documents():
    for path in sorted(root.rglob("*.md")):
        parts = path.relative_to(root).parts
        if parts[0] not in MADE and not any(part.startswith(".") for part in parts):
            yield path


shutil.rmtree(folder, ignore_errors=True)
folder.mkdir(parents=True)
drawn, faults = 0, []
for path in documents():
    text = path.read_text(encoding="utf-8")
    blocks = list(BLOCK.finditer(text))
    name = path.relative_to(root)
    if text.count("```mermaid") != len(blocks):
        faults.append(f"{name}: a block of Mermaid does not end, or is indented: expected ``` at the beginning of a line")
    for number, block in enumerate(blocks, 1):
        line = text.count("\n", 0, block.start()) + 2
        try:
            svg = mmdr.render(block[1]).svg()
            xml.etree.ElementTree.fromstring(svg)
        except (ValueError, xml.etree.ElementTree.ParseError) as error:
            faults.append(f"{name}:{line}: {error}")
            continue
        (folder / f"{path.stem}-{number}.svg").write_text(svg, encoding="utf-8")
        drawn += 1
if faults:
    sys.exit("diagrams that cannot be drawn:\n" + "\n".join(faults))
if not drawn:
    sys.exit("no document has a diagram: are they looked at? docs/terms.md has three")
print(f"{drawn} diagrams of the documents drawn")
