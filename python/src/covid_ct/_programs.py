"""The programs in the wheel: `covid-ct-worker`, which reads PDFs, and `covid-ct-fetching`, which is all of `covid-ct` but
what needs libtorch."""

import os
import subprocess
import sys
from pathlib import Path

#: A folder of programs to run instead of the wheel's, such as `target/release` of a checkout.
PROGRAMS = "COVID_CT_PROGRAMS"


def program() -> str:
    """Path of the program that has the commands.

    Raises FileNotFoundError where it, or the worker, is not there.
    """
    folder = Path(os.environ.get(PROGRAMS) or Path(__file__).with_name("bin"))
    for name in ("covid-ct-worker", "covid-ct-fetching"):
        if not (folder / name).is_file():
            raise FileNotFoundError(
                f"{folder / name} is not there: install a wheel of covid-ct, which `make wheel` builds, "
                f"or name a folder of its programs in {PROGRAMS}"
            )
    return str(folder / "covid-ct-fetching")


def version() -> str:
    """Version of the programs."""
    asked = subprocess.run([program(), "--version"], capture_output=True, text=True, check=True)
    return asked.stdout.split()[-1]


def main() -> None:
    """`covid-ct`, as if it were started itself."""
    path = program()
    os.execv(path, [path, *sys.argv[1:]])
