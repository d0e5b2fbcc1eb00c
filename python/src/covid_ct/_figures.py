"""The figures of one paper."""

import io
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Literal

from ._programs import program


class ReadError(Exception):
    """A document could not be read; the message says why, and what to do."""


def figures(
    paper: str | os.PathLike[str] | bytes,
    *,
    pictures: Literal["bytes", "pil"] | None = "bytes",
    render: bool = False,
    timeout: int = 120,
    memory: int = 4096,
) -> list[dict[str, Any]]:
    """The figures of a PDF, in reading order, tables included.

    Each is a dict as `covid-ct figures --json` prints it: `label`, `kind`, `caption`, `caption_page`, `page`, `bbox`,
    `confidence`, `panels`, `mentions`, `images` and more. Each image has a `picture`: the bytes of a JPEG or PNG, or a
    PIL image.

    paper: a path, or the bytes of a PDF.
    pictures: how pictures are given, "bytes" or "pil" (which needs Pillow); None leaves them out.
    render: also draw figures that are made of lines and text, or have text over their pictures.
    timeout: seconds the document may take.
    memory: MiB the worker may use.

    Raises ReadError where the document cannot be read, FileNotFoundError where it is not there.
    """
    if pictures not in ("bytes", "pil", None):
        raise ValueError(f'pictures={pictures!r}: expected "bytes", "pil" or None')
    with tempfile.TemporaryDirectory(prefix="covid-ct-") as folder:
        if isinstance(paper, bytes):
            path = Path(folder) / "paper.pdf"
            path.write_bytes(paper)
        else:
            path = Path(paper)
            if not path.is_file():
                raise FileNotFoundError(f"{path}: no such file")
        ingest = ["ingest", os.path.abspath(path), "--jobs", "1", "--timeout", str(timeout), "--memory", str(memory)]
        _run(folder, ingest)
        if render:
            # A figure that cannot be drawn is a figure all the same.
            _run(folder, [*ingest, "--render"], codes=(0, 1))
        lines = _run(folder, ["figures", "--json"]).splitlines()
        # What is told of the document as a whole is no figure.
        found = [figure for figure in map(json.loads, lines) if "suspects" not in figure]
        if pictures is not None:
            for image in _images(found):
                image["picture"] = _picture(Path(folder) / "data" / "objects" / image["object"], pictures)
        return found


def _images(found: list[dict[str, Any]]):
    for figure in found:
        yield from figure["images"]
        yield from figure.get("icons", [])
        for region in figure.get("regions", []):
            yield from region.get("images", [])


def _picture(path: Path, pictures: str):
    picture = path.read_bytes()
    if pictures == "bytes":
        return picture
    from PIL import Image

    opened = Image.open(io.BytesIO(picture))
    opened.load()
    return opened


def _run(workspace: str, args: list[str], codes: tuple[int, ...] = (0,)) -> str:
    ran = subprocess.run(
        [program(), "--workspace", workspace, *args],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        errors="replace",
    )
    if ran.returncode not in codes:
        raise ReadError(ran.stderr.strip() or f"covid-ct {args[0]} ended with {ran.returncode}")
    return ran.stdout
