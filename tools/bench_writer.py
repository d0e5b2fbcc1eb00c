"""Times `ingest` of many documents whose workers answer at once: what is measured is the writer, and what it waits for.

Usage: [PAGES=N] bench_writer.py PROGRAMS FOLDER COUNT [JOBS]
PAGES: of how many pages the text is kept (see bench_shards.py); 0 leaves the rows alone.

Prints documents a second by the clock, and by processor time of `covid-ct-reading` without its workers; on a machine that others use,
and whose processors stand-ins take too, the second says what one writer can do.
"""

import os
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

from bench_shards import prepare, timed

#: Runs `ingest` and says on the last line what it took itself, without its children.
ALONE = "import os,resource,subprocess,sys,time;p=subprocess.Popen(sys.argv[1:]);os.waitid(os.P_PID,p.pid,os.WEXITED|os.WNOWAIT);" \
    "f=open(f'/proc/{p.pid}/stat').read().rsplit(')',1)[1].split();p.wait();" \
    "print(sum(map(int,f[11:13]))/os.sysconf('SC_CLK_TCK'));sys.exit(p.returncode)"


def main() -> None:
    programs, folder, count = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), int(sys.argv[3])
    jobs = sys.argv[4] if len(sys.argv) > 4 else "2"
    shutil.rmtree(folder, ignore_errors=True)
    bins = prepare(programs, folder).parent
    shutil.copy(programs / "covid-ct-reading", bins)
    documents = folder / "documents"
    documents.mkdir()
    for number in range(count):
        (documents / f"{number:07}.pdf").write_text(f"stand-in {number}")
    with tempfile.TemporaryDirectory(dir=folder) as workspace:
        command = [bins / "covid-ct-reading", "ingest", "--workspace", workspace, "--jobs", jobs, documents]
        seconds, _, memory, out = timed([sys.executable, "-c", ALONE, *command])
        alone = float(out.split()[-1])
        [recorded] = sqlite3.connect(Path(workspace) / "data/covid-ct.sqlite").execute("SELECT count(*) FROM document").fetchone()
    if recorded != count:
        sys.exit(f"{recorded} documents recorded, of {count}")
    print(f"{count} documents, {jobs} jobs: {count / seconds:.0f} a second by the clock, {count / alone:.0f} a second of the writer's "
          f"processor time ({alone:.1f} s)")


if __name__ == "__main__":
    main()
