"""Reads papers on a Ray cluster of three machines that are not there, with an S3 service on loopback, while a machine and a task
are killed; merges the shards, and compares the database with that of one `ingest`. For `make cluster-test`.

Usage: test_cluster.py PROGRAMS FOLDER SHARED [--papers N] [--real N] [--kills N]
PROGRAMS is a folder with covid-ct, its neighbours and examples/s3_service. COVID_CT_PROGRAMS and PYTHONPATH are set by
tools/cluster.sh.
"""

import argparse
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import ray
from ray.cluster_utils import Cluster

#: Seconds after which nothing of a killed driver or machine may be left.
PATIENCE = 10
DOCUMENTS = 16
MACHINE = {"num_cpus": 1, "memory": 3 << 30, "object_store_memory": 80 << 20}


def start_cluster() -> Cluster:
    head = {"num_cpus": 0, "object_store_memory": 80 << 20, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    for _ in range(3):
        cluster.add_node(**MACHINE)
    cluster.wait_for_nodes()
    return cluster


def driver(cluster: Cluster, listed: Path, *more: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "covid_ct.cluster", str(listed), "--address", cluster.address, "--json"]
    command += ["--documents", str(DOCUMENTS), "--memory", "2048", *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(running: subprocess.Popen, seconds: float) -> dict:
    """What a driver that ends with failures tells."""
    out, told = running.communicate(timeout=seconds)
    if running.returncode != 1 or not out.startswith("{"):
        sys.exit(f"covid-ct-ray ended with {running.returncode}\n{out}\n{told}")
    return json.loads(out)


def processes(word: str, program: str) -> list[int]:
    """Processes of a program that have a word among their arguments."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            arguments = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if arguments[0].decode(errors="replace").endswith(program) and any(word.encode() in a for a in arguments):
            found.append(int(entry.name))
    return found


def until(what: str, is_so, seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            sys.exit(f"after {seconds:.0f} s: {what}")
        time.sleep(0.05)


def rows(workspace: Path) -> list[str]:
    """Every row of every table; those of the index of pages' text included, as they lie in it."""
    db = sqlite3.connect(workspace / "data" / "covid-ct.sqlite")
    db.text_factory = bytes
    named = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
    tables = [name.decode() for (name,) in db.execute(named)]
    return [f"{table} {row!r}" for table in tables for row in db.execute(f'SELECT * FROM "{table}"')]


def objects(workspace: Path) -> set[str]:
    folder = workspace / "data" / "objects"
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def run(programs: Path, *args, codes=(0,)) -> str:
    ran = subprocess.run([programs / "covid-ct", *map(str, args)], capture_output=True, text=True)
    if ran.returncode not in codes:
        sys.exit(f"covid-ct {args}: {ran.returncode}\n{ran.stderr}")
    return ran.stdout


def corpus(programs: Path, folder: Path, shared: Path, papers: int, real: int) -> Path:
    run(programs, "synth", folder / "synth", "--papers", papers, "--seed", "35")
    pdfs = folder / "corpus"
    pdfs.mkdir()
    for path in (folder / "synth" / "pdf").glob("*.pdf"):
        path.rename(pdfs / path.name)
    shutil.rmtree(folder / "synth")
    found = sorted((shared / "data" / "preprints").glob("*.pdf")) + sorted((shared / "data" / "pmc").rglob("*.pdf"))
    if not found:
        print("skipped: no real papers here")
    for path in found[:real]:
        shutil.copy(path, pdfs / path.name)
    # One that costs its reader all of the operations that a document may have.
    sys.path.insert(0, str(Path(__file__).parent))
    from test_wheel import endless

    (pdfs / "hostile.pdf").write_bytes(endless())
    (pdfs / "broken.pdf").write_text("%PDF-1.4 and nothing more")
    listed = folder / "list.txt"
    listed.write_text("".join(f"{path}\n" for path in sorted(pdfs.iterdir())))
    return listed


def check_run(programs: Path, folder: Path, cluster: Cluster, listed: Path, root: Path, endpoint: str) -> None:
    total = len(listed.read_text().splitlines())
    where = ["--out", "s3://shards/run", "--objects", "s3://shards/objects", "--endpoint", endpoint]
    start = time.monotonic()
    running = driver(cluster, listed, *where)
    made = lambda: len(list((root / "shards" / "run").glob("shard-*/_SUCCESS")))  # noqa: E731
    until("no shard was made", lambda: made() >= 1 or running.poll() is not None, 300)
    extracting = processes("s3://shards/run", "covid-ct-fetching")
    if extracting:
        os.kill(extracting[0], signal.SIGKILL)
        print("killed: the program of a task")
    cluster.remove_node(next(iter(cluster.worker_nodes)), allow_graceful=False)
    print(f"killed: a machine, after {made()} shards")
    came = ended(running, 500)
    print(f"the cluster read {came['read']} documents in {time.monotonic() - start:.0f} s; failed: {came['causes']}")
    assert came["read"] + came["failed"] + came["copies"] == total and not came["lost"], came
    assert came["failed"] >= 2, came
    again = driver(cluster, listed, *where)
    came = ended(again, 300)
    assert came["had"] == came["shards"] == -(-total // DOCUMENTS) and came["now"] == 0, came
    print(f"again, {came['had']} shards were there, in {came['seconds']:.1f} s")
    merged, ingested = folder / "merged", folder / "ingested"
    start = time.monotonic()
    run(programs, "--workspace", merged, "merge", "s3://shards/run", "--endpoint", endpoint, codes=(1,))
    print(f"merged in {time.monotonic() - start:.1f} s")
    start = time.monotonic()
    run(programs, "--workspace", ingested, "ingest", folder / "corpus", codes=(1,))
    print(f"ingest read the same in {time.monotonic() - start:.1f} s")
    assert rows(merged) == rows(ingested), "the database differs from that of ingest"
    assert objects(merged) == objects(ingested), "the objects differ from those of ingest"
    print("the merged database is that of ingest, row by row")


def check_orphans(folder: Path, cluster: Cluster, listed: Path, kills: int) -> None:
    for number in range(kills):
        mark = f"orphans-{number}-"
        running = driver(cluster, listed, "--out", str(folder / mark))
        left = lambda: [*processes(mark, "covid-ct-worker"), *processes(mark, "covid-ct-fetching")]  # noqa: B023,E731
        until("no worker was started", lambda: processes(mark, "covid-ct-worker"))  # noqa: B023
        machine = None
        if number % 2 == 0:
            running.kill()
        else:
            # All machines, as any may read: what they start must end with them.
            for machine in list(cluster.worker_nodes):
                cluster.remove_node(machine, allow_graceful=False)
            running.kill()
        start = time.monotonic()
        until(f"orphans are left: {left()}", lambda: not left(), PATIENCE)
        print(f"kill {number + 1}, of {'the machines' if machine else 'the driver'}: nothing left after {time.monotonic() - start:.1f} s")
        running.communicate()
        if machine:
            for _ in range(3):
                cluster.add_node(**MACHINE)
            cluster.wait_for_nodes()
        shutil.rmtree(folder / mark, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("programs", type=lambda p: Path(p).resolve())
    parser.add_argument("folder", type=lambda p: Path(p).resolve())
    parser.add_argument("shared", type=lambda p: Path(p).resolve())
    parser.add_argument("--papers", type=int, default=60)
    parser.add_argument("--real", type=int, default=6)
    parser.add_argument("--kills", type=int, default=4)
    args = parser.parse_args()
    shutil.rmtree(args.folder, ignore_errors=True)
    root = args.folder / "s3"
    (root / "shards").mkdir(parents=True)
    service = [args.programs / "examples" / "s3_service", root]
    bucket = subprocess.Popen(service, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    cluster = start_cluster()
    try:
        listed = corpus(args.programs, args.folder, args.shared, args.papers, args.real)
        check_orphans(args.folder, cluster, listed, args.kills)
        check_run(args.programs, args.folder, cluster, listed, root, bucket.stdout.readline().strip())
    finally:
        ray.shutdown()
        cluster.shutdown()
        bucket.stdin.close()
        bucket.wait()
    shutil.rmtree(args.folder)


if __name__ == "__main__":
    start = time.monotonic()
    main()
    print(f"the cluster works ({time.monotonic() - start:.0f} s)")
