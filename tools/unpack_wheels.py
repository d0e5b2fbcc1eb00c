"""Takes the C++ side of PyTorch out of its wheels. Called by setup-libtorch.sh.

    unpack_wheels.py requirements WHEELS           prints the CUDA wheels that torch asks for
    unpack_wheels.py unpack WHEELS DEST cpu|cuda   writes DEST/include and DEST/lib
"""

import email
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

# What every Linux with a C++ compiler has.
SYSTEM = re.compile(r"^(ld-linux|lib(c|m|dl|rt|pthread|util|z|stdc\+\+|gcc_s)\.so)")


def torch_wheel(wheels):
    found = sorted(wheels.glob("torch-*.whl"))
    if len(found) != 1:
        sys.exit(f"setup: expected one torch wheel in {wheels}, found {len(found)}")
    return found[0]


def requirements(wheels):
    """The `Requires-Dist` lines that bring CUDA libraries; Python packages are left out."""
    with zipfile.ZipFile(torch_wheel(wheels)) as wheel:
        name = next(n for n in wheel.namelist() if n.endswith(".dist-info/METADATA"))
        metadata = email.message_from_bytes(wheel.read(name))
    for line in metadata.get_all("Requires-Dist", []):
        if re.match(r"(nvidia-|cuda-toolkit)", line):
            print(line)


def extract(wheel, member, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    with wheel.open(member) as source, open(target, "wb") as out:
        shutil.copyfileobj(source, out, 1 << 20)


def needed(library):
    dynamic = subprocess.run(
        ["readelf", "-d", library], check=True, capture_output=True, text=True
    ).stdout
    return re.findall(r"\(NEEDED\).*\[(.+)\]", dynamic)


def unpack(wheels, dest, variant):
    lib = dest / "lib"
    lib.mkdir(parents=True)
    where = {}  # library name -> (wheel, member)
    for path in sorted(wheels.glob("*.whl")):
        wheel = zipfile.ZipFile(path)
        for member in wheel.namelist():
            name = PurePosixPath(member)
            if re.search(r"\.so(\.\d+)*$", name.name) and not name.name.startswith("_"):
                where.setdefault(name.name, (wheel, member))
            elif member.startswith("torch/include/") and not member.endswith("/"):
                extract(wheel, member, dest / name.relative_to("torch"))

    # libtorch_cpu.so and whatever it needs, recursively. For CUDA every library of the CUDA wheels
    # too: cuDNN and others load their parts by name at run time, which no NEEDED entry tells.
    wanted = ["libtorch_cpu.so"]
    if variant == "cuda":
        wanted += ["libtorch_cuda.so"]
        wanted += [n for n, (_, member) in where.items() if member.startswith("nvidia/")]
    missing = set()
    while wanted:
        name = wanted.pop()
        if SYSTEM.match(name) or (lib / name).exists():
            continue
        # The driver's own library comes with the driver.
        if name in ("libcuda.so.1", "libnvidia-ml.so.1"):
            continue
        if name not in where:
            missing.add(name)
            continue
        extract(*where[name], lib / name)
        wanted += needed(lib / name)
    if variant == "cpu" and missing:
        sys.exit(f"setup: the wheels lack {', '.join(sorted(missing))}")
    if missing:  # parts of CUDA that only clusters have, such as RDMA
        print(f"setup: not in the wheels, left out: {', '.join(sorted(missing))}", file=sys.stderr)

    # torch-sys links with -ltorch. The wheel's libtorch.so is an empty library that pulls in the
    # whole of CUDA; all that is called lives in libtorch_cpu.so.
    (lib / "libtorch.so").unlink(missing_ok=True)
    (lib / "libtorch.so").symlink_to("libtorch_cpu.so")


def main():
    action, *folders = sys.argv[1:] or [""]
    if action == "requirements" and len(folders) == 1:
        requirements(Path(folders[0]))
    elif action == "unpack" and len(folders) == 3:
        unpack(Path(folders[0]), Path(folders[1]), variant=folders[2])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
