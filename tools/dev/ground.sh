# shellcheck shell=bash
# The ground ./dev stands on: this machine where it is a Debian 13 (or later), else a private
# Debian 13 root below the user's cache folder, else a container. Sourced after common.sh.
#
#   find_ground      sets `ground` to place, root or container, and makes it ready
#   on_ground KIND   runs a command there: KIND is `build`, or `run` for the built program

suite=trixie
# Part of a root's name: counts up when the way a root is made changes.
root_recipe=1
# Of the machine's own folders, those that a root has for itself. All others are shown at their
# place.
root_keeps=" bin sbin lib lib32 lib64 libx32 libo32 usr etc var run host lost+found "
unused_root_days=30

os_release=${TORGO_DEV_OS_RELEASE:-/etc/os-release}
os_field() { sed -n "s/^$1=\"\\?\\([^\"]*\\)\"\\?$/\\1/p" "$os_release"; }

# Debian 13 or later, Ubuntu 25.10 or later; testing and unstable have no number.
in_place_system() {
    local id version
    id=$(os_field ID)
    version=$(os_field VERSION_ID)
    case $id in
        debian) [ -z "$version" ] || [ "${version%%.*}" -ge 13 ] ;;
        ubuntu) [ "${version/./}" -ge 2510 ] ;;
        *) return 1 ;;
    esac
}

inside_root() { [ -f /etc/torgo-root ]; }

find_ground() {
    ground=place
    inside_root && return 0
    if [ -n "${TORGO_DEV_CONTAINER:-}" ]; then
        container_engine || die "TORGO_DEV_CONTAINER is set, but no podman or docker answers here."
        ground=container
        make_image
    elif [ -z "${TORGO_DEV_ROOT:-}" ] && in_place_system && install_in_place; then
        ground=place
    elif command -v apt-get >/dev/null; then
        ground=root
        find_root
    elif container_engine; then
        ground=container
        make_image
    else
        die "this system has no apt, and neither podman nor docker answers. ./dev needs one of" \
            "them: Debian, Ubuntu or another system with apt, or a container engine."
    fi
}

on_ground() {
    local kind=$1
    shift
    case $ground in
        place) exec "$@" ;;
        root) enter_root "$kind" "$@" ;;
        container) enter_container "$@" ;;
    esac
}

# --- packages of this machine ---------------------------------------------------------------------

# as_root COMMAND...: without a question, or not at all.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n -- "$@"; fi
}

can_be_root() { [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; }

# dpkg-query fails when it knows one of them not at all, which is what is asked here.
missing_packages() {
    local installed name
    installed=$({ dpkg-query -W -f '${db:Status-Abbrev} ${binary:Package}\n' "$@" 2>/dev/null ||
        true; } | sed -n 's/^ii *\([^ :]*\).*/\1/p')
    for name in "$@"; do
        grep -qxF -- "$name" <<<"$installed" || echo "$name"
    done
}

apt_install() {
    as_root apt-get -qq update || true # somebody else's source may fail; the install counts
    without_services as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -y --no-install-recommends install "$@"
}

# without_services COMMAND...: nginx, prometheus and tor are there to be run by tests, on ports of
# their own; no service of theirs is started. (A machine with a policy of its own keeps it.)
without_services() {
    local policy=${TORGO_DEV_POLICY:-/usr/sbin/policy-rc.d}
    if [ -e "$policy" ]; then
        "$@"
        return
    fi
    # shellcheck disable=SC2016 # $0 is the other shell's
    as_root sh -c 'printf "#!/bin/sh\nexit 101\n" >"$0" && chmod 755 "$0"' "$policy"
    (
        trap 'as_root rm -f "$policy"' EXIT # also when interrupted
        "$@"
    )
}

install_in_place() {
    local wanted missing
    mapfile -t wanted < <(packages)
    mapfile -t missing < <(missing_packages "${wanted[@]}")
    [ "${#missing[@]}" -gt 0 ] || return 0
    if ! can_be_root; then
        say "not installed here, and no way to install without a question: ${missing[*]}"
        say "so they go into a private root. In place: sudo apt-get install ${missing[*]}"
        return 1
    fi
    step "$cache/install.log" "installing ${#missing[@]} packages" apt_install "${missing[@]}" ||
        die "could not install the packages of tools/packages.txt."
}

# --- the private root -----------------------------------------------------------------------------

# How a root is entered: as root, by a user namespace of one's own, or by sudo.
find_root_mode() {
    if [ "$(id -u)" -eq 0 ]; then
        unshare -m true 2>/dev/null ||
            die "root may not mount here, so no private root can be entered." \
                "In a container: give it CAP_SYS_ADMIN, or start from a Debian 13 image."
        root_mode=root
    elif unshare -Urm mount -t tmpfs none /mnt 2>/dev/null; then
        root_mode=namespace
    elif can_be_root; then
        root_mode=sudo
    elif container_engine; then
        die "this user may make no user namespace here and has no sudo without a password." \
            "Run: TORGO_DEV_CONTAINER=1 ./dev …"
    else
        die "this user may make no user namespace here, so no private root can be entered." \
            "Allow them (sysctl user.max_user_namespaces and" \
            "kernel.apparmor_restrict_unprivileged_userns), or run 'sudo -v' first, or be root."
    fi
}

find_root() {
    find_root_mode
    root_hash=$({ packages; echo "$suite $root_recipe $root_mode"; } | short_hash)
    root=$cache/root-$root_hash
    mkdir -p "$cache" 2>/dev/null || true
    [ -w "$cache" ] || die "cannot write to $cache; set XDG_CACHE_HOME to a folder of yours."
    if [ ! -d "$root" ]; then
        take_lock "$cache/lock" "makes the private root"
        [ -d "$root" ] || make_root
        exec {lock_fd}</dev/null
    fi
    # Held for as long as anything runs inside: keeps remove_unused_roots away.
    exec {root_fd}>>"$root.used"
    flock -s "$root_fd"
    touch "$root.used"
}

make_root() {
    local log=$root.log need=(mmdebstrap)
    [ "$(os_field ID)" = debian ] || need+=(debian-archive-keyring)
    [ "$root_mode" != namespace ] || need+=(uidmap)
    mapfile -t need < <(missing_packages "${need[@]}")
    if [ "${#need[@]}" -gt 0 ]; then
        can_be_root || die "to make a private Debian 13 root, an administrator has to run:" \
            "apt-get install ${need[*]}"
        step "$log" "installing ${need[*]}" apt_install "${need[@]}" ||
            die "could not install ${need[*]}."
    fi
    remove_unused_roots
    remove_root "$root.new"
    step "$log" "making the private Debian 13 root (once, about a minute)" fill_root "$root.new" ||
        die "could not make the private root. Is the package mirror within reach?"
    mv -T "$root.new" "$root" # the name is there only when all of it is
}

# Into $1. As root in a mount namespace, so that nothing stays mounted when this is interrupted.
fill_root() {
    local new=$1 options mirrors
    umask 022
    options=(--variant=apt --include="$(packages | paste -sd,)" "--dpkgopt=force-unsafe-io"
        "--dpkgopt=path-exclude=/usr/share/man/*" "--dpkgopt=path-exclude=/usr/share/info/*"
        "--dpkgopt=path-exclude=/usr/share/locale/*" "--dpkgopt=path-exclude=/usr/share/doc/*")
    mapfile -t -O "${#options[@]}" options < <(apt_network_options)
    mapfile -t mirrors < <(debian_mirrors)
    if [ "$root_mode" = namespace ]; then
        mkdir "$new" || return 1
        mmdebstrap --mode=unshare --format=tar "${options[@]}" "$suite" - "${mirrors[@]}" |
            tar -x -C "$new" --no-same-owner --exclude='./dev/*' || return 1
        echo "$root_hash" >"$new/etc/torgo-root"
    else
        as_root unshare -m --propagation private \
            mmdebstrap --mode=root "${options[@]}" "$suite" "$new" "${mirrors[@]}" || return 1
        echo "$root_hash" | as_root tee "$new/etc/torgo-root" >/dev/null
    fi
}

# remove_root FOLDER: never leaves the file system it is on, should anything be mounted there.
remove_root() {
    [ -e "$1" ] || return 0
    if [ "$(stat -c %u "$1")" = "$(id -u)" ]; then
        rm -rf --one-file-system -- "$1"
    else
        as_root rm -rf --one-file-system -- "$1"
    fi
}

# Roots that nothing runs in and that were not entered for a month.
remove_unused_roots() {
    local used
    find "$cache" -maxdepth 1 -name 'root-*.used' -mtime +"$unused_root_days" |
        while IFS= read -r used; do
            remove_root_if_free "${used%.used}"
        done
}

remove_root_if_free() {
    local old=$1 used_fd
    exec {used_fd}>>"$old.used"
    if flock -n "$used_fd"; then
        remove_root "$old"
        rm -f "$old.log" "$old.used"
    fi
    exec {used_fd}>&-
}

# What mmdebstrap takes as mirrors: nothing (its own default) unless this is a Debian whose apt
# names one of Debian's. TORGO_DEV_APT is apt's folder, for the tests.
debian_mirrors() {
    [ "$(os_field ID)" = debian ] || return 0
    local apt=${TORGO_DEV_APT:-/etc/apt} main security
    main=$(debian_sources "$apt" | awk '$2 !~ /security/ { print $1; exit }')
    security=$(debian_sources "$apt" | awk '$2 ~ /security/ { print $1; exit }')
    [ -n "$main" ] || return 0
    printf 'deb %s %s main\n' "$main" "$suite"
    printf 'deb %s %s-updates main\n' "$main" "$suite"
    [ -z "$security" ] || printf 'deb %s %s-security main\n' "$security" "$suite"
}

# URI and suites of the sources that are Debian's own: suite of Debian, component main, Debian's
# keyring or none named, and "debian" in the address.
debian_sources() {
    local files=() file suite_names # the system's own first: the first that fits is taken
    for file in "$1"/sources.list "$1"/sources.list.d/{debian*,*}.{sources,list}; do
        [ ! -f "$file" ] || files+=("$file")
    done
    [ "${#files[@]}" -gt 0 ] || return 0
    suite_names="$(os_field VERSION_CODENAME)|stable|oldstable|testing|unstable|sid"
    while read -r uri suites components keyring; do
        [[ ,$components, == *,main,* ]] || continue
        [[ $keyring == - || $keyring == */debian-archive-* ]] || continue
        [[ ,$suites, =~ ,($suite_names)[-/,] ]] || continue
        [[ $uri != mirror+file:* ]] || uri=$(first_word "${uri#mirror+file:}")
        [[ $uri =~ ^(https?|ftp|tor\+https?)://.*debian ]] || continue
        echo "$uri $suites"
    done < <(awk -f "$repo/tools/dev/mirror.awk" "${files[@]}")
}

# A list of mirrors has one a line, with options behind.
first_word() { sed -n '/^[^#]/{s/[[:space:]].*//;p;q}' "$1"; }

# The machine's proxy for packages goes with it.
apt_network_options() {
    apt-config dump 2>/dev/null | sed -n 's/^\(Acquire::https\?::Proxy .*\);$/--aptopt=\1/p'
}
