#!/usr/bin/env bash
# Draws the diagrams of the documents, and reads exports with the Python programs they are written for. Pip puts all of
# these into target/ (1 GB on disk) once, and again when tools/formats-requirements.txt changes.
# Usage: [SHARED=../shared] test-formats.sh COVID-CT
set -euo pipefail
cd "$(dirname "$0")/.."

requirements=tools/formats-requirements.txt
packages=target/formats-python
stamp=$packages/.installed

# No virtual environment: on Debian that would take one more system package.
if ! cmp -s "$requirements" "$stamp"; then
    rm -rf "$packages"
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
        --target "$packages" --requirement "$requirements"
    cp "$requirements" "$stamp"
fi
PYTHONPATH=$packages PYTHONDONTWRITEBYTECODE=1 python3 tools/check_diagrams.py target/diagrams
PYTHONPATH=$packages PYTHONDONTWRITEBYTECODE=1 python3 tools/check_formats.py "$1" target/formats "${SHARED:-../shared}"
PYTHONPATH=$packages PYTHONDONTWRITEBYTECODE=1 python3 tools/check_exchange.py "$1" target/formats
