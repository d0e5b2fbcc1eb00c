#!/usr/bin/env bash
# Lays out the files of the container image and tries them as nobody in a root of their own, for `make image-files`: where no
# container runtime is there.
# Usage: image.sh PROGRAMS FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."

programs=$1
root=$(realpath -m "$2")
# MB that the image may have, unpacked.
most=120

rm -rf "$root"
tools/image-files.sh "$programs" "$root"
size=$(($(du -s --apparent-size --block-size=1000 "$root" | cut -f1) / 1000))
packed=$(($(tar -C "$root" -c . | gzip | wc -c) / 1000000))
echo "image: $size MB, $packed MB packed"
((size < most)) || { echo "more than $most MB" >&2; exit 1; }

# What a container would be given.
"$programs"/covid-ct synth "$root/synth" --papers 2 >/dev/null
mkdir "$root/corpus" "$root/shards"
mv "$root"/synth/pdf/*.pdf "$root/corpus"
rm -r "$root/synth"
(cd "$root" && ls corpus/*.pdf | sed 's|^|/|') >"$root/corpus/00000"
chmod 777 "$root/shards"

# Processes and mounts of its own, as a container has; /proc and /dev/null are what each container has too.
inside='mount -t proc proc "$0/proc" 2>/dev/null || mount --rbind /proc "$0/proc"
touch "$0/dev/null" && mount --bind /dev/null "$0/dev/null"
exec env -i PATH=/usr/local/bin:/bin COVID_CT_WORKSPACE=/tmp/workspace AWS_BATCH_JOB_ARRAY_INDEX=0 \
    "$chroot" --userspec=65534:65534 "$0" "$@"'
try() {
    PATH=$PATH:/usr/sbin chroot=$(PATH=$PATH:/usr/sbin command -v chroot) unshare --mount --pid --fork bash -ec "$inside" "$root" "$@"
}
if ! unshare --mount --pid --fork true 2>/dev/null; then
    echo "skipped: this user may not make namespaces here, to try the files in"
    exit
fi
# As the example for AWS Batch has it.
try /bin/sh -c 'covid-ct extract "$(printf /corpus/%05d "$AWS_BATCH_JOB_ARRAY_INDEX")" --out /shards --jobs 2'
shards=("$root"/shards/shard-*/_SUCCESS)
[ -f "${shards[0]}" ] || { echo "no shard in $root/shards" >&2; exit 1; }
try /usr/local/bin/covid-ct merge /shards
try /usr/local/bin/covid-ct doctor
rm -rf "$root/tmp/workspace"
echo "the image's files work, as user 65534"
