# shellcheck shell=bash
# Which folders and files of the machine have to be shown inside the private root beside the top
# folders that are always there: those the command line or a carried variable names. Sourced by
# enter_root's file.

# named_paths WORD...: the absolute paths that words of a command line may mean: as they are,
# relative, as --option=PATH or as URI. Links are left as they are.
named_paths() {
    local word value
    for word in "$@"; do
        value=$word
        [[ $value != --*=* ]] || value=${value#*=}
        [[ ! $value =~ ^[a-z]+://(/.*)$ ]] || value=${BASH_REMATCH[1]}
        [ -n "$value" ] || continue
        case $value in
            /*) ;;
            */*) value=$PWD/$value ;;
            *) if [ -e "$value" ]; then value=$PWD/$value; else continue; fi ;;
        esac
        realpath -ms -- "$value"
    done
}

existing_part() {
    local path=$1
    while [ ! -e "$path" ]; do path=$(dirname "$path"); done
    echo "$path"
}

# At its place inside already, with top folders KEEPS hidden?
always_shown() {
    local path=$1 keeps=$2 top
    [[ ! $path =~ ^/(run/(user|dbus|media)|var/tmp)/ ]] || return 0
    top=${path#/}
    [ -n "$top" ] && [[ $keeps != *" ${top%%/*} "* ]]
}

# What the root needs for itself at that place, so the machine's cannot be shown there.
needed_by_root() {
    case $1 in
        / | /usr | /etc | /run | /host) ;;
        /var) [[ $2 == *" var "* ]] ;;
        *) [[ $1 =~ ^(/usr)?/(bin|sbin|lib|lib32|lib64|libx32|libexec)(/|$) ]] ;;
    esac
}

# show_path PATH KEEPS: adds to `shown`, pairs of REAL and PLACE. 1: the root needs that place.
show_path() {
    local path=$1 keeps=$2 real
    real=$(realpath -m -- "$path")
    if ! always_shown "$path" "$keeps"; then
        ! needed_by_root "$path" "$keeps" || return 1
        shown+=("$real" "$path")
    fi
    [ "$real" != "$path" ] || return 0
    always_shown "$real" "$keeps" || needed_by_root "$real" "$keeps" || shown+=("$real" "$real")
}

# show_words KEEPS STRICT WORD...: with STRICT a path that cannot mean the same inside ends
# everything, since the program would quietly read or write another place.
show_words() {
    local keeps=$1 strict=$2 word before='' path part
    shift 2
    for word in "$@"; do
        while IFS= read -r path; do
            part=$(existing_part "$path")
            show_path "$part" "$keeps" && continue
            [ "$strict" = strict ] || continue
            refuse_path "$path" "$part" "$word" "$before"
        done < <(named_paths "$word")
        before=$word
    done
}

refuse_path() {
    local path=$1 part=$2 word=$3 before=$4
    [[ ! "$word" =~ ^--i?exclude && ! $before =~ ^(-e|--i?exclude)$ ]] || return 0
    if [ "$path" = "$part" ]; then
        die "$path is the private root's own inside; the machine's is /host${path%/}."
    elif [[ "$before $word" =~ ://|--(target|repo|head)[\ =]|^-[tr]\  ]]; then
        die "$path does not exist. Make it first, and it is shown at its place inside."
    fi
}

# Variables that hold one path, such as a certificate bundle or a folder of wheels.
show_variables() {
    local keeps=$1 name
    for name in $(carried_variables); do
        [[ ${!name} == /* && -e ${!name} ]] || continue
        show_path "$(realpath -ms -- "${!name}")" "$keeps" || true
    done
}
