#!/usr/bin/env bash
# runtime_packages.sh PROGRAM: the Debian packages whose libraries a program is linked to.
set -euo pipefail

ldd "$1" | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' | xargs realpath |
    while IFS= read -r file; do
        # Packages may name the file where it was before /lib became /usr/lib.
        dpkg-query -S "$file" 2>/dev/null || dpkg-query -S "${file#/usr}"
    done | sed 's/[:,].*//' | sort -u
echo ca-certificates
echo tor # started, not linked
