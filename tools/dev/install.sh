#!/usr/bin/env bash
# install.sh FOLDER PREFIX: puts the program that `./dev install` made ready in FOLDER below PREFIX.
# Where FOLDER holds libraries too, all of it goes to PREFIX/lib/torgo, and PREFIX/bin/torgo is a
# link.
set -euo pipefail
from=$1 prefix=$2 libraries=$2/lib/torgo

mkdir -p "$prefix/bin"
loader=$(find "$from" -name 'ld-linux*' -printf '%f\n')
if [ -z "$loader" ]; then
    install "$from/torgo" "$prefix/bin/torgo"
else
    rm -rf --one-file-system -- "$libraries"
    mkdir -p "$libraries"
    install -t "$libraries" "$from"/*
    ln -sfn "$libraries/torgo" "$prefix/bin/torgo"
fi
