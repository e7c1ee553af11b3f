#!/usr/bin/env bash
# Goes into the private root and runs a command there. Starts in a mount namespace of its own, so
# all it mounts is gone when the command ends, and changes nothing for anybody else.
#
#   enter.sh ROOT USER FOLDER KEEPS VARIABLES [REAL PLACE]... -- COMMAND...
#
# USER       root:0:0, namespace:UID:GID or sudo:UID:GID: by which way we are root here, and who
#            the command is to run as
# FOLDER     where it runs
# KEEPS      the names of top folders that the root has for itself, with a space around each
# VARIABLES  a file of `declare -x` lines to read and remove, or - when the environment came along
# REAL PLACE further folders and files of the machine: where they really are, where to show them
set -euo pipefail
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# shellcheck source=tools/dev/environment.sh
source "$(dirname "$0")/environment.sh"
root=$1 user=$2 folder=$3 keeps=$4 variables=$5
shift 5
ids=${user#*:}
uid=${ids%%:*} gid=${ids##*:}

# put FILE TEXT-COMMAND...: what the command prints becomes the root's FILE, whole or not at all.
put() {
    local file=$root$1
    shift
    "$@" >"$file.$$" 2>/dev/null || true
    if [ ! -s "$file.$$" ] || cmp -s "$file.$$" "$file"; then
        rm -f "$file.$$"
    else
        chmod 644 "$file.$$"
        mv -f "$file.$$" "$file"
    fi
}

# Resolver, certificates, pip and npm settings, clock and the names of users, as this machine has
# them.
carry_settings() {
    local name
    [ -e "$root/etc/passwd.root" ] || put /etc/passwd.root cat "$root/etc/passwd"
    [ -e "$root/etc/group.root" ] || put /etc/group.root cat "$root/etc/group"
    put /etc/passwd merged passwd "$uid"
    put /etc/group merged group "$gid"
    for name in resolv.conf hosts pip.conf npmrc localtime; do
        put "/etc/$name" cat "/etc/$name"
    done
    put /etc/ssl/certs/ca-certificates.crt cat /etc/ssl/certs/ca-certificates.crt
}

# Who is whom: the machine's names first, whoever asks (perhaps from a directory service), then the
# root's.
merged() {
    { cat "/etc/$1" && { getent "$1" "$2" || true; } && cat "$root/etc/$1.root"; } |
        awk -F: '!seen[$1]++'
}

# show REAL PLACE: what the machine has at REAL, at PLACE inside.
show() {
    local real=/host$1 place=$2
    if [ -d "$real" ]; then
        mkdir -p "$place" && mount --rbind "$real" "$place"
    elif [ -e "$real" ]; then
        mkdir -p "$(dirname "$place")" && { [ -e "$place" ] || : >"$place"; } &&
            mount --bind "$real" "$place"
    fi
}

show_machine() {
    local name real
    for name in /host/*; do
        name=${name#/host/}
        [[ $keeps != *" $name "* ]] || continue
        real=$(readlink "/host/$name" || true) # a link at the top becomes the folder it leads to
        [[ $real == /* ]] || real=/${real:-$name}
        [ ! -d "/host$real" ] || show "$real" "/$name"
    done
    for name in /run/user /run/dbus /run/media /var/tmp; do
        [ ! -d "/host$name" ] || show "$name" "$name"
    done
}

carry_settings
mount --bind "$root" "$root"
mkdir -p "$root/host"
cd "$root"
pivot_root . host
cd /
hash -r # from here on, the root's programs
show_machine
while [ "$1" != -- ]; do
    show "$1" "$2" || echo "dev: cannot show $2 inside" >&2
    shift 2
done
shift
cd "$folder" 2>/dev/null || cd "/host$folder"

# shellcheck disable=SC1090
[ "$variables" = - ] || { source "/host$variables" && rm -f "/host$variables"; }
keep_carried_variables
case $user in
    namespace:*) exec unshare -U --map-user="$uid" --map-group="$gid" -- "$@" ;;
    sudo:*) exec setpriv --reuid="$uid" --regid="$gid" --init-groups -- "$@" ;;
    *) exec "$@" ;;
esac
