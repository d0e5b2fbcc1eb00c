#!/usr/bin/env bash
# Builds the wheel of python/ with the programs of a folder, and tries it in an empty virtual environment.
# Usage: [SHARED=../shared] wheel.sh build|test PROGRAMS
set -euo pipefail
cd "$(dirname "$0")/.."

wheels=target/wheel
case $1 in
    build) python3 tools/wheel.py "$2" "$wheels" ;;
    test)
        python3 tools/wheel.py "$2" "$wheels"
        PYTHONDONTWRITEBYTECODE=1 python3 tools/test_wheel.py "$wheels" target/wheel-test "${SHARED:-../shared}"
        ;;
    *) echo "usage: $0 build|test PROGRAMS" >&2; exit 2 ;;
esac
