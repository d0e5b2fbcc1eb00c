#!/usr/bin/env bash
# Lays out all files of the container image: the programs, the libraries that they are linked with, a shell and certificates,
# all but the programs from the system it runs on. Called by Containerfile, and by tools/image.sh where no container runtime is.
# Usage: image-files.sh PROGRAMS ROOT
set -euo pipefail

programs=$1
root=$2
certificates=/etc/ssl/certs/ca-certificates.crt

mkdir -p "$root"/{bin,dev,etc/ssl/certs,proc,tmp,usr/local/bin}
chmod 1777 "$root/tmp"
for name in covid-ct-worker covid-ct-fetching; do
    strip -o "$root/usr/local/bin/$name" "$programs/$name"
    chmod 755 "$root/usr/local/bin/$name"
done
# All of covid-ct but what needs libtorch.
ln -s covid-ct-fetching "$root/usr/local/bin/covid-ct"
# AWS Batch has each job find its list by a variable, which takes a shell.
cp -L /bin/sh "$root/bin/sh"
for program in "$root"/usr/local/bin/covid-ct-{worker,fetching} "$root/bin/sh"; do
    ldd "$program" | grep -o '/[^ ]*' | while read -r library; do
        mkdir -p "$root$(dirname "$library")"
        cp -L "$library" "$root$library"
    done
done
if [ -f "$certificates" ]; then
    cp -L "$certificates" "$root$certificates"
else
    echo "no $certificates: buckets will not be reached (package ca-certificates)" >&2
fi
echo 'nobody:x:65534:65534:nobody:/tmp:/bin/sh' >"$root/etc/passwd"
echo 'nobody:x:65534:' >"$root/etc/group"
