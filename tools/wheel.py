"""Builds the wheel of `python/` with the programs of a folder in it, for `make wheel`.

Its tag says which systems it runs on: the newest version of glibc that the programs ask for names the manylinux platform, and
libraries beside those that every such system has are an error.

Usage: wheel.py PROGRAMS OUT
"""

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: What the wheel holds: the worker, and all commands but those that need libtorch.
PROGRAMS = ["covid-ct-worker", "covid-ct-fetching"]
#: Libraries that PEP 600 lets a wheel take for granted, of those that a Rust or C program asks for.
EVERYWHERE = re.compile(r"(ld-linux.*|libc|libm|libdl|librt|libpthread|libgcc_s|libz)\.so\.\d+")


def asked(program: Path) -> list[str]:
    """Names of the libraries that a program is linked with."""
    told = subprocess.run(["readelf", "-dW", program], capture_output=True, text=True, check=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.*)\]", told)


def newest_glibc(programs: list[Path]) -> tuple[int, int]:
    versions = {(2, 17)}
    for program in programs:
        told = subprocess.run(["readelf", "-VW", program], capture_output=True, text=True, check=True).stdout
        versions |= {(int(a), int(b)) for a, b in re.findall(r"\bGLIBC_(\d+)\.(\d+)", told)}
    return max(versions)


def main() -> None:
    programs, out = Path(sys.argv[1]), Path(sys.argv[2]).resolve()
    source = ROOT / "target" / "wheel-source"
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(ROOT / "python", source, ignore=shutil.ignore_patterns("bin", "build", "*.egg-info", "__pycache__"))
    bins = source / "src" / "covid_ct" / "bin"
    bins.mkdir()
    for name in PROGRAMS:
        target = bins / name
        subprocess.run(["strip", "-o", target, programs / name], check=True)
        target.chmod(0o755)
        strange = [library for library in asked(target) if not EVERYWHERE.fullmatch(library)]
        if strange:
            sys.exit(f"{name} asks for {', '.join(strange)}, which not every system has: link it statically")
    major, minor = newest_glibc([bins / name for name in PROGRAMS])
    version = re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text().split("[workspace.package]")[1], re.M)[1]
    environment = os.environ | {
        "COVID_CT_VERSION": version,
        "COVID_CT_PLATFORM": f"manylinux_{major}_{minor}_{platform.machine()}",
        "SOURCE_DATE_EPOCH": "315532800",
    }
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("covid_ct-*.whl"):
        old.unlink()
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--wheel-dir", out, source], check=True, env=environment)
    shutil.rmtree(source)
    [wheel] = out.glob("covid_ct-*.whl")
    print(f"{wheel.relative_to(ROOT) if wheel.is_relative_to(ROOT) else wheel}: {wheel.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
