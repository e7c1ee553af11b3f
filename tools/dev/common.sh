# shellcheck shell=bash
# What every part of ./dev uses: the folders, one-line messages, steps with a log, content hashes.
# Sourced, after `repo` is set.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/torgo
packages_file=$repo/tools/packages.txt

say() { printf 'dev: %s\n' "$*" >&2; }

die() {
    say "$*"
    exit 1
}

# step LOG TEXT COMMAND...: one line with the seconds it took; of a failure, the log's end too.
step() {
    local log=$1 text=$2 start=$SECONDS status=0
    shift 2
    mkdir -p "$(dirname "$log")"
    printf 'dev: %s … ' "$text" >&2
    "$@" >"$log" 2>&1 </dev/null {lock_fd}>&- || status=$?
    if [ "$status" -eq 0 ]; then
        printf '%d s\n' $((SECONDS - start)) >&2
        return 0
    fi
    printf 'failed after %d s\n' $((SECONDS - start)) >&2
    tail -n 40 "$log" >&2
    say "the whole log: $log"
    return "$status"
}

# Twelve hex digits that name what comes in on standard input.
short_hash() { sha256sum | cut -c1-12; }

# The package names of tools/packages.txt, one a line, comments left out.
packages() { sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$packages_file"; }

# As many jobs as there are cores, but no more than memory allows (a heavy C++ file takes 2 GB).
jobs_count() {
    local cores gigabytes
    cores=$(nproc)
    gigabytes=$(awk '/^MemTotal/ { print int($2 / 2097152) }' /proc/meminfo)
    [ "$gigabytes" -ge 1 ] || gigabytes=1
    echo "${TORGO_DEV_JOBS:-$((cores < gigabytes ? cores : gigabytes))}"
}

# Names and contents of every file that belongs to the repository, committed or not, as one hash.
# content_hash [GREP-PATTERN-OF-NAMES-TO-LEAVE-OUT]
content_hash() {
    (
        cd "$repo" || exit 1
        repository_files | grep -vE "${1:-^$}" | LC_ALL=C sort | while IFS= read -r file; do
            [ ! -f "$file" ] || printf '%s\0' "$file"
        done | xargs -0 sha256sum
    ) | short_hash
}

repository_files() {
    if [ -e "$repo/.git" ]; then # a clone may belong to somebody else: -c says that is fine
        git -C "$repo" -c safe.directory='*' ls-files -co --exclude-standard
    else
        (cd "$repo" && find . -type f -not -path './build/*' -printf '%P\n')
    fi
}

# take_lock FILE WHAT: waits for it, then holds it until this process ends. `step` keeps it from the
# commands it runs, so that nothing they leave running can hold it.
exec {lock_fd}</dev/null
take_lock() {
    mkdir -p "$(dirname "$1")"
    exec {lock_fd}>"$1"
    if ! flock -n "$lock_fd"; then
        say "waiting: another ./dev $2"
        flock "$lock_fd"
    fi
}
