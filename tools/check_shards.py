"""Reads a shard with pyarrow, polars, duckdb and, where it is there, Daft; for tools/check_formats.py.

What each of them reads is held against `covid-ct figures --json` of an ingest of the same papers, and against docs/shards.md.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import polars
import pyarrow.parquet

ROOT = Path(__file__).resolve().parent.parent
TYPES = {"string": "string", "int64": "int64", "float": "float", "boolean": "bool"}


def described() -> dict[str, list[tuple[str, str, bool]]]:
    """Tables and columns as docs/shards.md lists them: name, type, whether a value may be missing."""
    tables = {}
    for part in (ROOT / "docs" / "shards.md").read_text().split("\n### ")[1:]:
        columns = re.findall(r"^\| `(\w+)` \| (\w+)(\??) \|", part, re.M)
        tables[part.split("\n", 1)[0]] = [(name, TYPES[kind], bool(missing)) for name, kind, missing in columns]
    return tables


def check(what: str, found, expected) -> None:
    if found != expected:
        sys.exit(f"shards: {what}: found {found!r}, expected {expected!r}")


def check_shards(binary: Path, papers: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    listed = folder / "list.csv"
    listed.write_text("n,path\n" + "".join(f'{n},"{path}"\n' for n, path in enumerate(sorted(papers.glob("*.pdf")))))
    run = [binary, "extract", listed, "--out", folder / "shards", "--json"]
    told = json.loads(subprocess.run(run, capture_output=True, text=True, check=True).stdout)
    shard = Path(told["shard"])
    tables = described()
    manifest = json.loads((shard / "shard.json").read_text())
    check("tables", sorted(manifest["tables"]), sorted(tables))
    for name, columns in tables.items():
        path = shard / f"{name}.parquet"
        table = pyarrow.parquet.read_table(path)
        check(f"rows of {name}", table.num_rows, manifest["tables"][name])
        schema = [(field.name, str(field.type), field.nullable) for field in table.schema]
        check(f"columns of {name}", schema, columns)
        rows = table.to_pylist()
        check(f"{name} in polars", polars.read_parquet(path).to_dicts(), rows)
        found = duckdb.sql(f"SELECT * FROM read_parquet('{path}')")
        check(f"{name} in duckdb", [dict(zip(found.columns, row)) for row in found.fetchall()], rows)
        in_daft(path, name, rows)
    for image in pyarrow.parquet.read_table(shard / "images.parquet").to_pylist():
        check("a picture", (shard / "objects" / image["object"]).is_file(), True)
    # The query of the document.
    query = re.search(r"```sql\n(.*?)```", (ROOT / "docs" / "shards.md").read_text(), re.S)[1]
    of_ct = duckdb.sql(query.replace("shards/*/", f"{folder}/shards/*/")).fetchall()
    check("figures of CT with pictures", bool(of_ct), True)
    as_ingested(binary, papers, folder, shard)
    print(f"shards: {told['read']} documents in {len(tables)} tables read")


def in_daft(path: Path, name: str, rows: list) -> None:
    try:
        import daft
    except ImportError:
        # No wheel of it is among tools/formats-requirements.txt: it is large.
        return
    check(f"{name} in Daft", daft.read_parquet(str(path)).to_pylist(), rows)


def as_ingested(binary: Path, papers: Path, folder: Path, shard: Path) -> None:
    workspace = folder / "workspace"
    subprocess.run([binary, "--workspace", workspace, "ingest", papers], capture_output=True, check=True)
    run = [binary, "--workspace", workspace, "figures", "--json"]
    lines = subprocess.run(run, capture_output=True, text=True, check=True).stdout.splitlines()
    expected = [figure for figure in map(json.loads, lines) if "suspects" not in figure]
    documents = pyarrow.parquet.read_table(shard / "documents.parquet").to_pylist()
    file = {row["document"]: Path(row["path"]).name for row in documents}
    rows = pyarrow.parquet.read_table(shard / "figures.parquet").to_pylist()
    found = sorted((file[row["document"]], row["label"] or "", row["caption"], row["page"] or 0) for row in rows)
    told = sorted((row["file"], row["label"] or "", row["caption"], row["page"] or 0) for row in expected)
    check("figures of the shard and of an ingest", found, told)
