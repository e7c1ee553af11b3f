# shellcheck shell=bash
# Into the private root, or into a container: how a command gets there. Sourced after ground.sh.

source "$repo/tools/dev/environment.sh"
source "$repo/tools/dev/paths.sh"

# enter_root KIND COMMAND...: does not come back. With KIND `run` also the machine's /var is shown,
# as the program may know folders there that no command line names; to build, the root needs its
# own. `words` are the words of the command line whose paths must be there.
enter_root() {
    local kind=$1 keeps=$root_keeps strict=lenient variables=- ids
    local shown=()
    shift
    if [ "$kind" = run ]; then
        keeps=${keeps/ var / }
        strict=strict
    fi
    show_words "$keeps" lenient "$repo" "$HOME" "$PWD"
    show_words "$keeps" "$strict" "${words[@]}"
    show_variables "$keeps"
    ids=$(id -u):$(id -g)
    set -- "$root" "$root_mode:$ids" "$PWD" "$keeps" "$variables" "${shown[@]}" -- "$@"
    case $root_mode in
        root) exec unshare -m --propagation private "$repo/tools/dev/enter.sh" "$@" ;;
        namespace) exec unshare -Urm --propagation private "$repo/tools/dev/enter.sh" "$@" ;;
        sudo) enter_by_sudo "$@" ;;
    esac
}

# sudo keeps no environment, and a command line can be read by everybody: so through a file.
enter_by_sudo() {
    local file
    file=$(mktemp "$cache/variables.XXXXXX")
    carried_variables | while IFS= read -r name; do declare -p "$name"; done >"$file"
    set -- "${@:1:4}" "$file" "${@:6}"
    exec sudo -n -- unshare -m --propagation private "$repo/tools/dev/enter.sh" "$@"
}

# --- container ------------------------------------------------------------------------------------

# Sets `engine` to the first of podman and docker that answers.
container_engine() {
    for engine in podman docker; do
        ! "$engine" info >/dev/null 2>&1 || return 0
    done
    return 1
}

make_image() {
    image=torgo-dev:$({ packages; cat "$repo/deploy/container/Dockerfile"; } | short_hash)
    ! "$engine" image inspect "$image" >/dev/null 2>&1 || return 0
    step "$cache/image.log" "building the container image (once)" \
        "$engine" build --target tools -t "$image" -f "$repo/deploy/container/Dockerfile" "$repo" ||
        die "could not build the container image."
}

enter_container() {
    local options=(--rm --init --network host -w "$PWD" -v /:/host -v "$repo:$repo") folder
    [ ! -t 0 ] || options+=(-t)
    for folder in "$HOME" /home /tmp /mnt /media /srv "$PWD"; do
        [ ! -d "$folder" ] || options+=(-v "$folder:$folder")
    done
    if [ "$engine" = podman ]; then
        options+=(--userns keep-id)
    else
        options+=(--user "$(id -u):$(id -g)")
    fi
    local shown=() i
    show_words "$root_keeps" lenient "${words[@]}"
    for ((i = 0; i < ${#shown[@]}; i += 2)); do
        options+=(-v "${shown[i]}:${shown[i + 1]}")
    done
    while IFS= read -r name; do options+=(-e "$name"); done < <(carried_variables)
    exec "$engine" run -i "${options[@]}" "$image" "$@"
}
