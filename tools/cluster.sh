#!/usr/bin/env bash
# Runs tools/test_cluster.py with Ray, which pip puts into target/ (300 MB on disk) once, and again when
# tools/cluster-requirements.txt changes.
# Usage: [SHARED=../shared] cluster.sh PROGRAMS [OPTION...]
set -euo pipefail
cd "$(dirname "$0")/.."

requirements=tools/cluster-requirements.txt
packages=$PWD/target/cluster-python
stamp=$packages/.installed
programs=$(realpath "$1")
shift

if ! cmp -s "$requirements" "$stamp"; then
    rm -rf "$packages"
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
        --target "$packages" --requirement "$requirements"
    cp "$requirements" "$stamp"
fi
export PYTHONPATH=$packages:$PWD/python/src PYTHONDONTWRITEBYTECODE=1 COVID_CT_PROGRAMS=$programs
# Nothing is told to Ray's makers; the machines of a test are all this one.
export RAY_USAGE_STATS_ENABLED=0 RAY_DISABLE_IMPORT_WARNING=1
python3 tools/test_cluster.py "$programs" target/cluster-test "${SHARED:-../shared}" "$@"
