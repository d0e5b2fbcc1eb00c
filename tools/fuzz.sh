#!/usr/bin/env bash
# Runs every fuzz target for a while: fuzz.sh BINARY SECONDS [TARGET…]. Needs cargo-fuzz.
#
# A compiler of the stable channel does, told to take the options that cargo-fuzz gives. The sanitizers
# need the nightly channel's libraries; without it the targets run without.
set -euo pipefail

binary=$(realpath "$1") seconds=$2
shift 2
cd "$(dirname "$0")/../fuzz"

if ! cargo fuzz --version >/dev/null 2>&1; then
    echo 'cargo-fuzz is not here: cargo install cargo-fuzz' >&2
    exit 2
fi
if rustc --version | grep -q nightly; then
    sanitizer=address
else
    export RUSTC_BOOTSTRAP=1
    sanitizer=none
fi
python3 ../tools/fuzz_seeds.py "$binary" corpus

failed=()
for target in ${*:-$(cargo fuzz list)}; do
    echo "== $target: $seconds s"
    log=$(mktemp)
    cargo fuzz run -s "$sanitizer" "$target" -- -max_total_time="$seconds" -timeout=20 \
        -rss_limit_mb=4096 -malloc_limit_mb=2048 -print_final_stats=1 >"$log" 2>&1 ||
        failed+=("$target")
    grep -E '^(stat::|SUMMARY)|panicked|ERROR|Test unit written' "$log" || true
    rm -f "$log"
done
if [[ ${#failed[@]} -gt 0 ]]; then
    echo "inputs that fail are in fuzz/artifacts: ${failed[*]}" >&2
    exit 1
fi
