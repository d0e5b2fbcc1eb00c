"""`covid-ct-ray`: a list of documents read by a Ray cluster, shard by shard.

A task has some documents read by `covid-ct extract`, which finds the shard if it is there; so the same command run again goes
on. Between machines go paths and counts, never documents.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ._programs import program

#: Documents of a shard. Fewer, and starting a task counts; more, and a task that is lost costs much.
DOCUMENTS = 256
MOST_DOCUMENTS = 512
#: MiB beside the workers': the program that hands documents out, and Ray's own process.
BESIDE = 512
#: Tasks that wait, for each that runs: enough that no processor is idle, few enough that memory does not grow with the list.
AHEAD = 2


class ShardFailed(Exception):
    """A shard could not be written; the message is what `covid-ct extract` said."""


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="covid-ct-ray",
        description="Reads the documents that LIST names on a Ray cluster, into shards that `covid-ct merge` brings together.",
        epilog="Exit codes: 0 all read, 1 some documents or shards failed, 2 could not run. Run again, it goes on.",
    )
    parser.add_argument("list", metavar="LIST", help="text file with a path or address a line, or CSV with a column `path`")
    parser.add_argument("--out", required=True, metavar="DIR|ADDRESS", help="where shards go; all machines must reach it")
    parser.add_argument("--objects", metavar="DIR|ADDRESS", help="where pictures go [default: into each shard]")
    parser.add_argument("--address", help="of the cluster, such as ray://HOST:10001 or auto [default: this machine alone]")
    parser.add_argument("--documents", type=int, default=DOCUMENTS, metavar="N", help=f"documents of a shard, at most {MOST_DOCUMENTS} [{DOCUMENTS}]")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="documents that a task reads at the same time [1]")
    parser.add_argument("--memory", type=int, default=4096, metavar="MIB", help="memory a worker may use [4096]")
    parser.add_argument("--reserve", type=int, metavar="MIB", help="memory that Ray sets apart for a task [jobs x memory, and 512]")
    parser.add_argument("--timeout", type=int, default=120, metavar="SECONDS", help="seconds a document may take [120]")
    parser.add_argument("--retries", type=int, default=3, metavar="N", help="how often a shard is tried again [3]")
    parser.add_argument("--account", action="store_true", help="use the credentials of the environment for buckets")
    parser.add_argument("--requester-pays", action="store_true", help="pay for what is read")
    parser.add_argument("--endpoint", metavar="URL", help="host of an S3 service other than Amazon's")
    parser.add_argument("--json", action="store_true", help="print what came of it as one JSON object")
    return parser


def extract_arguments(args: argparse.Namespace) -> list[str]:
    """What each task gives `covid-ct extract`."""
    given = ["--out", _anywhere(args.out), "--jobs", str(args.jobs), "--memory", str(args.memory)]
    given += ["--timeout", str(args.timeout)]
    if args.objects:
        given += ["--objects", _anywhere(args.objects)]
    return given + _buckets(args)


def _buckets(args: argparse.Namespace) -> list[str]:
    endpoint = ["--endpoint", args.endpoint] if args.endpoint else []
    return endpoint + ["--account"] * args.account + ["--requester-pays"] * args.requester_pays


def _anywhere(place: str) -> str:
    """A place as other machines, in other folders, find it."""
    return place if "://" in place else os.path.abspath(place)


def read_shard(documents: str, given: list[str]) -> dict[str, Any]:
    """Has documents, one a line, read on this machine; what `covid-ct extract --json` tells. Runs in a Ray task.

    The program ends with this process, and its workers with the program: a task that is killed leaves nothing behind.
    """
    command = [program(), "extract", "-", "--json", "--parent", str(os.getpid()), *given]
    ran = subprocess.run(command, input=documents.encode(), capture_output=True)
    if ran.returncode not in (0, 1):
        told = ran.stderr.decode(errors="replace").strip()
        raise ShardFailed(told[-2000:] or f"covid-ct extract ended with {ran.returncode}")
    return json.loads(ran.stdout)


def shards_of(listed, size: int) -> Iterator[str]:
    """The documents of each shard, one a line. `listed` is a file of all."""
    waiting: list[str] = []
    for line in listed:
        waiting.append(line)
        if len(waiting) == size:
            yield "".join(waiting)
            waiting = []
    if waiting:
        yield "".join(waiting)


@dataclass
class Told:
    """What came of a run."""

    documents: int = 0
    shards: int = 0
    #: Shards that were there before.
    had: int = 0
    read: int = 0
    copies: int = 0
    failed: int = 0
    figures: int = 0
    images: int = 0
    causes: Counter = field(default_factory=Counter)
    #: Of shards that could not be written: their first document, how many, and why.
    lost: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
    #: Documents done, and those of them that were read now.
    done: int = 0
    now: int = 0

    def add(self, told: dict[str, Any]) -> None:
        self.shards += 1
        self.had += told["had"]
        for name in ("read", "copies", "failed", "figures", "images"):
            setattr(self, name, getattr(self, name) + told[name])
        self.causes.update(told["causes"])
        self.done += told["listed"]
        self.now += 0 if told["had"] else told["listed"]

    def lose(self, documents: str, error: Exception) -> None:
        lines = documents.splitlines()
        why = str(getattr(error, "cause", None) or error).strip()
        self.lost.append({"first": lines[0], "documents": len(lines), "error": why})
        self.done += len(lines)
        print(f"shard of {len(lines)} documents from {lines[0]}: {why}", file=sys.stderr)


class Progress:
    """A line on stderr: again and again on a terminal, else twice a minute."""

    def __init__(self, total: int):
        self.total = total
        self.start = time.monotonic()
        self.is_terminal = sys.stderr.isatty()
        self.told_at = self.start

    def tell(self, told: Told) -> None:
        now = time.monotonic()
        if now - self.told_at < (0.5 if self.is_terminal else 30):
            return
        self.told_at = now
        rate = told.now / (now - self.start)
        left = self.total - told.done
        eta = time.strftime("%H:%M:%S", time.gmtime(left / rate)) if rate else "?"
        if rate and left / rate >= 86400:
            eta = f"{left / rate / 86400:.1f} days"
        line = f"{told.done} of {self.total} documents, {rate:.1f} a second, {told.failed} failed, {eta} left"
        print(f"\r\x1b[K{line}" if self.is_terminal else line, end="" if self.is_terminal else "\n", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self.is_terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def run(args: argparse.Namespace) -> Told:
    """Has all documents read; the cluster must be connected to."""
    import ray

    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n") as listed:
        # Sorted, each once, absolute; on disk, as lists may be long.
        subprocess.run([program(), "list-documents", args.list, *_buckets(args)], stdout=listed, check=True)
        listed.seek(0)
        told = Told(documents=sum(1 for _ in listed))
        listed.seek(0)
        return _run(ray, args, told, shards_of(listed, args.documents))


def _run(ray, args: argparse.Namespace, told: Told, shards: Iterator[str]) -> Told:
    reserve = args.reserve or args.jobs * args.memory + BESIDE
    task = ray.remote(read_shard).options(
        num_cpus=args.jobs,
        memory=reserve << 20,
        max_retries=args.retries,
        retry_exceptions=True,
        name="covid-ct extract",
    )
    given = extract_arguments(args)
    _warn_of_small_machines(ray, args.jobs, reserve)
    progress = Progress(told.documents)
    waiting: dict[Any, str] = {}
    ended = False
    while waiting or not ended:
        # A cluster may grow and shrink meanwhile.
        most = AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1)) // args.jobs) + 1
        while not ended and len(waiting) < most:
            documents = next(shards, None)
            if documents is None:
                ended = True
                break
            waiting[task.remote(documents, given)] = documents
        if not waiting:
            break
        done, _ = ray.wait(list(waiting), num_returns=1, timeout=1.0)
        for ref in done:
            documents = waiting.pop(ref)
            try:
                told.add(ray.get(ref))
            except Exception as error:  # noqa: BLE001: whatever became of one shard, the others are read.
                told.lose(documents, error)
        progress.tell(told)
    progress.end()
    told.seconds = time.monotonic() - progress.start
    return told


def _warn_of_small_machines(ray, jobs: int, reserve: int) -> None:
    """Ray lets a task wait without a word until a machine comes that is large enough."""
    machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    fits = any(m.get("CPU", 0) >= jobs and m.get("memory", 0) >= reserve << 20 for m in machines)
    if not fits:
        largest = max((m.get("memory", 0) for m in machines), default=0)
        print(
            f"covid-ct-ray: no machine has {jobs} processors and {reserve} MiB for a task (the largest has "
            f"{int(largest) >> 20} MiB): waiting for one; lower --jobs, --memory or --reserve otherwise",
            file=sys.stderr,
        )


def describe(told: Told) -> str:
    had = f" ({told.had} of them there already)" if told.had else ""
    copies = f", {told.copies} copies of others" if told.copies else ""
    lines = [
        f"{told.read} documents read{copies}, {told.failed} failed; {told.figures} figures, tables and uncaptioned pictures, "
        f"{told.images} images; {told.shards} shards{had} in {told.seconds:.0f} s, {told.now / max(told.seconds, 1e-9):.1f} "
        "documents a second"
    ]
    lines += [f"  {count} {cause}" for cause, count in told.causes.most_common()]
    if told.lost:
        lines.append(f"{len(told.lost)} shards could not be written: run the same command again")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    args = arguments().parse_args(argv)
    if not 1 <= args.documents <= MOST_DOCUMENTS:
        print(f"covid-ct-ray: --documents {args.documents}: expected 1 to {MOST_DOCUMENTS}", file=sys.stderr)
        return 2
    try:
        import ray
    except ImportError:
        print("covid-ct-ray: Ray is not installed: pip install covid-ct[ray]", file=sys.stderr)
        return 2
    try:
        # Ray tells of machines that are lost on stdout, which is for what came of it.
        with contextlib.redirect_stdout(sys.stderr):
            ray.init(address=args.address, log_to_driver=False, logging_level="WARNING")
            told = run(args)
    except KeyboardInterrupt:
        print("covid-ct-ray: interrupted; shards that are done stay, run the same command to go on", file=sys.stderr)
        return 2
    except (ConnectionError, FileNotFoundError, RuntimeError, ValueError, subprocess.CalledProcessError) as error:
        print(f"covid-ct-ray: {error}", file=sys.stderr)
        return 2
    finally:
        with contextlib.redirect_stdout(sys.stderr):
            ray.shutdown()
    if args.json:
        print(json.dumps({**told.__dict__, "causes": dict(told.causes)}))
    else:
        print(describe(told))
    return 1 if told.failed or told.lost else 0


if __name__ == "__main__":
    sys.exit(main())
