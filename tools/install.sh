#!/usr/bin/env bash
# Puts the built programs in place, with its libraries, man pages and shell completions.
# Usage: install.sh [--uninstall] DESTDIR PREFIX
set -euo pipefail
cd "$(dirname "$0")/.."

uninstall=
if [ "${1:-}" = --uninstall ]; then uninstall=1 && shift; fi
root=${1?usage: install.sh [--uninstall] DESTDIR PREFIX}${2:?usage: install.sh [--uninstall] DESTDIR PREFIX}

bin=$root/bin/covid-ct
worker=$root/bin/covid-ct-worker
learning=$root/bin/covid-ct-learning
fetching=$root/bin/covid-ct-fetching
web=$root/bin/covid-ct-web
lib=$root/lib/covid-ct
man=$root/share/man/man1
bash=$root/share/bash-completion/completions/covid-ct
zsh=$root/share/zsh/site-functions/_covid-ct
fish=$root/share/fish/vendor_completions.d/covid-ct.fish

if [ -n "$uninstall" ]; then
    rm -f "$bin" "$worker" "$learning" "$fetching" "$web" "$man"/covid-ct.1 "$man"/covid-ct-*.1 "$bash" "$zsh" "$fish"
    rm -rf "$lib"
    echo "uninstalled: $root"
    exit 0
fi

built=target/release/covid-ct
install -D -m 755 "$built" "$bin"
install -D -m 755 "$built-worker" "$worker"
install -D -m 755 "$built-learning" "$learning"
install -D -m 755 "$built-fetching" "$fetching"
install -D -m 755 "$built-web" "$web"

# The libraries go along when they are the checkout's own, so that the installed binary outlives
# the checkout. A libtorch of the user's stays where it is; the binary knows the way.
rm -rf "$lib"
if [ -z "${LIBTORCH:-}${LIBTORCH_USE_PYTORCH:-}" ]; then
    mkdir -p "$lib"
    cp -a .libtorch/lib/. "$lib/"
fi

mkdir -p "$man"
"$built" man "$man"
for shell in bash zsh fish; do
    "$built" completions "$shell" | install -D -m 644 /dev/stdin "${!shell}"
done
echo "installed: $bin, $worker, $fetching, $web, $learning (with man pages, completions for bash, zsh and fish)"
