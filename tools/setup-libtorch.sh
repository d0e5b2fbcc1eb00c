#!/usr/bin/env bash
# Puts libtorch into a folder. Usage: setup-libtorch.sh DEST [cpu|cuda]
#
# The C++ libraries and headers come out of PyTorch's Python wheels (tools/libtorch.txt); Python
# itself never sees them. A LIBTORCH or LIBTORCH_USE_PYTORCH of the user's is checked and used
# instead. Running it again does nothing; a run that is cut short leaves DEST as it was, and the wheels
# that had come, in DEST.wheels-VERSION, are not downloaded again.
set -euo pipefail
cd "$(dirname "$0")/.."

dest=${1:?usage: setup-libtorch.sh DEST [cpu|cuda]}
variant=${2:-cpu}
wheels=tools/libtorch.txt
version=$(sed -n 's/^torch==\([0-9.]*\).*/\1/p' "$wheels")

fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}

# torch-sys asks these two in this order, so they are answered in this order.
if [ -n "${LIBTORCH_USE_PYTORCH:-}" ]; then
    found=$(python3 -c 'import torch; print(torch.__version__.split("+")[0])' 2>/dev/null) ||
        fail "LIBTORCH_USE_PYTORCH is set, but python3 cannot import torch: pip install torch==$version"
    [ "$found" = "$version" ] ||
        fail "LIBTORCH_USE_PYTORCH is set, but python3 has PyTorch $found: pip install torch==$version"
    echo "libtorch: PyTorch $found of $(command -v python3)"
    exit 0
fi
if [ -n "${LIBTORCH:-}" ]; then
    [ -e "$LIBTORCH/lib/libtorch_cpu.so" ] ||
        fail "LIBTORCH=$LIBTORCH holds no lib/libtorch_cpu.so: point it at a libtorch $version, or unset it"
    found=$(cut -d+ -f1 "$LIBTORCH/build-version" 2>/dev/null || echo "$version")
    [ "$found" = "$version" ] || fail "LIBTORCH=$LIBTORCH holds libtorch $found, but $version is needed"
    echo "libtorch: $LIBTORCH"
    exit 0
fi

have=$(cat "$dest/build-version" 2>/dev/null || true)
case "$have,$variant" in
"$version+cuda-pypi,"* | "$version+cpu-pypi,cpu")
    echo "libtorch: $dest ($have)"
    exit 0
    ;;
esac

machine=$(uname -m)
case "$(uname -s) $machine" in
"Linux x86_64" | "Linux aarch64") ;;
*) fail "PyTorch's wheels are known to this script for Linux on x86_64 and aarch64 only." \
    "Set LIBTORCH to a libtorch $version of your own, or build without training: cargo build --release" ;;
esac
case $variant in
cpu) download="530 MB" space_mib=1600 ;;
cuda) download="2.6 GB" space_mib=9000 ;;
*) fail "no such variant: $variant (cpu or cuda)" ;;
esac
command -v python3 >/dev/null || fail "python3 is missing: sudo apt-get install python3 python3-pip"
python3 -m pip --version >/dev/null 2>&1 || fail "python3 has no pip: sudo apt-get install python3-pip"
command -v readelf >/dev/null || fail "readelf is missing: sudo apt-get install binutils"
mkdir -p "$(dirname "$dest")"
free_mib=$(df -Pm "$(dirname "$dest")" | awk 'NR == 2 { print $4 }')
[ "$free_mib" -ge "$space_mib" ] ||
    fail "$(dirname "$(realpath -m "$dest")") has $free_mib MiB free, but setting up needs $space_mib MiB"

# Of what is killed nothing stays but whole wheels.
wheels_there=$(realpath -m "$dest").wheels-$version
part=$(mktemp -d "$(realpath -m "$dest").part-XXXXXX")
trap 'rm -rf "$part"' EXIT
mkdir -p "$wheels_there" "$part/libtorch"

# Only C++ parts are taken, so the wheels of one fixed Python serve whatever Python is here.
pip_download() {
    local glibc platforms=()
    for glibc in $(seq 28 -1 17); do platforms+=(--platform "manylinux_2_${glibc}_$machine"); done
    TMPDIR=$part python3 -m pip download --quiet --disable-pip-version-check --only-binary=:all: \
        --implementation cp --python-version 3.12 "${platforms[@]}" \
        --platform "manylinux2014_$machine" --dest "$wheels_there" "$@" ||
        fail "the download of PyTorch $version failed (pip's reason is above)." \
            "Without a network, set LIBTORCH to a libtorch $version of your own," \
            "or build without training: cargo build --release"
}
echo "libtorch: downloading PyTorch $version for $variant (about $download)" >&2
# One at a time, so that one that has come stays.
for wheel in torch nvidia-cuda-runtime nvidia-cuda-cupti; do
    sed -n "/^$wheel==/,/[^\\\\]\$/p" "$wheels" >"$part/$wheel.txt"
    pip_download --no-deps --require-hashes --requirement "$part/$wheel.txt"
done
if [ "$variant" = cuda ]; then
    # The CUDA libraries, in the versions the torch wheel itself asks for.
    python3 tools/unpack_wheels.py requirements "$wheels_there" >"$part/cuda.txt"
    pip_download --requirement "$part/cuda.txt"
fi
python3 tools/unpack_wheels.py unpack "$wheels_there" "$part/libtorch" "$variant"
printf '%s' "$version+$variant-pypi" >"$part/libtorch/build-version"

rm -rf "$dest"
chmod 755 "$part/libtorch"
mv "$part/libtorch" "$dest"
rm -rf "$wheels_there"
echo "libtorch: $dest ($version+$variant-pypi, $(du -sm "$dest" | cut -f1) MiB)"
