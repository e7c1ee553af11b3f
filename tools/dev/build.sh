# shellcheck shell=bash
# Configuring and building the presets, each in build/PRESET. Runs on the ground.

state=$repo/build/.state
logs=$repo/build/logs

program() { echo "$repo/build/$1/apps/torgo"; }

cpp_files() {
    repository_files | grep -E '\.(cpp|hpp)$' | while IFS= read -r file; do
        [ ! -f "$repo/$file" ] || printf '%s\0' "$file"
    done
}

# One build at a time in a clone; objects are shared between clones through the compiler cache.
prepare_build() {
    mkdir -p "$state" "$logs"
    take_lock "$repo/build/.lock" "works in this clone"
    export CCACHE_DIR=${CCACHE_DIR:-$cache/ccache} CCACHE_BASEDIR=$repo CCACHE_NOHASHDIR=1
    export CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-5G} CCACHE_COMPILERCHECK=content
    toolchain=$(toolchain_name)
}

# What the compiler and the libraries are: the root's name, or in place the versions of the
# packages.
toolchain_name() {
    if inside_root; then
        cat /etc/torgo-root
    else
        packages | xargs dpkg-query -W 2>/dev/null | short_hash
    fi
}

# build_preset PRESET [TARGET...]
build_preset() {
    local preset=$1 target=()
    shift
    [ $# -eq 0 ] || target=(--target "$@")
    grep -q "\"name\": \"$preset\"" "$repo/CMakePresets.json" || die "no such preset: $preset"
    configure "$preset" || return 1
    # What is tested beside it, and whoever sits before it, comes first.
    step "$logs/build-$preset.log" "building $preset${*:+: $*}" \
        nice cmake --build "$repo/build/$preset" -j "$(jobs_count)" "${target[@]}"
}

# CMake itself sees changed CMakeLists; this sees changed presets, another toolchain or a moved
# clone.
configure() {
    local preset=$1 folder=$repo/build/$1 is
    is=$({ echo "$repo $toolchain"; cat "$repo/CMakePresets.json"; } | short_hash)
    [ "$(cat "$folder/.configured" 2>/dev/null)" != "$is" ] || return 0
    rm -rf --one-file-system -- "$folder"
    step "$logs/configure-$preset.log" "configuring $preset" \
        cmake -S "$repo" --preset "$preset" || return 1
    echo "$is" >"$folder/.configured"
}

build_if_changed() {
    local preset=$1 key built=$state/built-$1
    key=$(program_key)
    [ ! -x "$(program "$preset")" ] || [ "$(cat "$built" 2>/dev/null)" != "$key" ] || return 0
    prepare_build
    build_preset "$preset" torgo || die "the program could not be built."
    echo "$key" >"$built"
}

# All that the built program depends on.
program_key() {
    echo "$(toolchain_name) $(content_hash '\.md$|^(docs|web|deploy|tools|tests)/|_test\.cpp$')"
}

# pack_program GROUND PREFIX: the release program into build/install/, ready to be put below PREFIX.
# Built in a private root it brings its libraries and its loader, since those of the machine are
# older.
pack_program() {
    local ground=$1 home=$2/lib/torgo out=$repo/build/install loader
    build_if_changed release
    rm -rf --one-file-system -- "$out"
    install -D -s "$(program release)" "$out/torgo"
    [ "$ground" != place ] || return 0
    ldd "$out/torgo" | awk '$2 == "=>" && $3 ~ /^\// { print $3 }  $1 ~ /^\// { print $1 }' |
        xargs install -t "$out"
    loader=$(cd "$out" && echo ld-linux*)
    # RPATH and not RUNPATH: the libraries have to find each other there too.
    patchelf --set-interpreter "$home/$loader" --force-rpath --set-rpath "$home" "$out/torgo"
}
