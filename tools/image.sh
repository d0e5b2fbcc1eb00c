#!/usr/bin/env bash
# Lays out what Containerfile puts over its base, and tries it as nobody in a root of its own, with read-only files, where no
# container runtime is there. The base here is what the programs are linked with on this machine.
# Usage: image.sh PROGRAMS FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."

programs=$1
root=$(realpath -m "$2")
# MB that the image may have, with its base.
most=120
# What debian:trixie-slim has unpacked, in MB, as its makers tell; ca-certificates has 1.
base=79

rm -rf "$root"
mkdir -p "$root"/{usr/local/bin,tmp,proc,dev,corpus,shards,etc}
install -m 755 "$programs"/covid-ct-{worker,fetching} "$root/usr/local/bin"
ln -s covid-ct-fetching "$root/usr/local/bin/covid-ct"
size=$(du -sm --apparent-size "$root/usr/local/bin" | cut -f1)
echo "image: programs $size MB, with the base about $((base + 1 + size)) MB"
((base + 1 + size < most)) || { echo "more than $most MB" >&2; exit 1; }

# The libraries that the base has, from here.
for program in "$root"/usr/local/bin/covid-ct-{worker,fetching}; do
    ldd "$program" | grep -o '/[^ ]*' | while read -r library; do
        mkdir -p "$root$(dirname "$library")"
        cp -L "$library" "$root$library"
    done
done
"$programs"/covid-ct synth target/image-papers --papers 2 >/dev/null
cp target/image-papers/pdf/*.pdf "$root/corpus"
rm -rf target/image-papers
(cd "$root" && ls corpus/*.pdf | sed 's|^|/|') >"$root/corpus/list.txt"
chmod 777 "$root/shards" "$root/tmp"

# A user of no rights in a namespace of its own, as a container has.
try() {
    unshare --user --map-root-user --mount --pid --fork --mount-proc="$root/proc" \
        chroot --userspec=65534:65534 "$root" "$@" 2>/dev/null ||
        chroot --userspec=65534:65534 "$root" "$@"
}
export COVID_CT_WORKSPACE=/tmp/workspace
try /usr/local/bin/covid-ct extract /corpus/list.txt --out /shards
shards=("$root"/shards/shard-*/_SUCCESS)
[ -f "${shards[0]}" ] || { echo "no shard in $root/shards" >&2; exit 1; }
try /usr/local/bin/covid-ct merge /shards
try /usr/local/bin/covid-ct doctor
echo "the image's files work, as user 65534"
