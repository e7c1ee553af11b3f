# shellcheck shell=bash
# `./dev test` is a row of stages. Each has a key (the contents of what it depends on and the
# toolchain); when it passes, key and counts are kept in build/.state, and it is not run again until
# the key changes. Runs on the ground, after build.sh.

passed=0 failed=0 skipped=0
fresh=${CI:+yes}
all_kinds=${CI:+yes}

# stage NAME KEY COMMAND...: the command leaves its counts as JUnit files build/.state/NAME*.xml, or
# none and counts as one test itself.
stage() {
    local name=$1 key=$2 kept=$state/stage-$1 status=0 counts start=$SECONDS
    shift 2
    if [ -z "$fresh" ] && [ "$(head -n 1 "$kept" 2>/dev/null)" = "$key" ]; then
        counts=$(sed -n 2p "$kept")
        echo "$name: unchanged since it last passed ($(count_words "$counts"))"
    else
        rm -f "$kept" "$state/$name".*xml
        "$@" || status=$?
        counts=$(python3 "$repo/tools/dev/count.py" "$status" "$state/$name".*xml) || status=1
        echo "$name: $(count_words "$counts"), $((SECONDS - start)) s"
        [ "$status" -ne 0 ] || printf '%s\n%s\n' "$key" "$counts" >"$kept"
    fi
    echo "$counts" >"$state/counts-$name"
    add_counts "$counts"
    return "$status"
}

# beside NAME COMMAND...: runs a command of one stage while others run; come_back NAME waits for it.
beside() {
    rm -f "$state/counts-$1"
    "${@:2}" &
}

come_back() {
    wait
    add_counts "$(cat "$state/counts-$1" 2>/dev/null || echo "0 1 0")"
}

count_words() {
    local p f s
    read -r p f s <<<"$1"
    echo "$p passed, $f failed$([ "$s" -eq 0 ] || echo ", $s skipped")"
}

add_counts() {
    local p f s
    read -r p f s <<<"$1"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

close_tests() {
    count_words "$passed $failed $skipped"
    [ "$failed" -eq 0 ]
}

# quiet LOG COMMAND...: the end of its output only when it fails.
quiet() {
    local log=$logs/$1.log
    shift
    "$@" >"$log" 2>&1 </dev/null {lock_fd}>&- && return 0
    tail -n 40 "$log"
    return 1
}

run_tests() {
    local pattern=''
    while [ $# -gt 0 ]; do
        case $1 in
            -R) pattern=${2:?-R needs a regular expression} && shift 2 ;;
            --fresh) fresh=yes && shift ;;
            --all) all_kinds=yes && shift ;;
            *) die "test: unknown option $1" ;;
        esac
    done
    exec 2>&1
    cd "$repo"
    prepare_build
    forget_own_settings
    if [ -n "$pattern" ]; then
        run_matching_tests "$pattern"
    else
        run_every_test
    fi
    close_tests
}

# The tests must not see the repository and password of whoever runs them.
forget_own_settings() {
    local name
    for name in $(compgen -e | grep -E '^TORGO(_|$)' | grep -v '^TORGO_DEV_'); do
        unset "$name"
    done
}

run_every_test() {
    local all code
    all="$toolchain $(content_hash)"
    code="$toolchain $(content_hash '^[^/]*\.md$|^docs/([^/]*\.md|design/.*)$')"
    repository_stages "$all"
    if stage build "$code" build_preset dev; then
        stage unit "$code" run_ctest unit dev || true
        [ -n "$all_kinds" ] || python_stages "$all"
        [ -z "$all_kinds" ] || slow_stages "$all" "$code"
    fi
}

# In CI and with --all: every header on its own, and the unit tests once more with the sanitizers.
# What python tests is waiting for most of its time, so the compiler works meanwhile.
slow_stages() {
    local sanitized=
    beside functional python_stages "$1"
    stage headers "$2" build_preset dev all_verify_interface_header_sets || true
    ! stage build-asan "$2" build_preset asan || sanitized=yes
    come_back functional
    [ -z "$sanitized" ] || stage unit-asan "$2" run_ctest unit-asan asan || true
}

# The quick ones, which need nothing built.
repository_stages() {
    stage layers "$1" python3 tools/check_layers.py || true
    stage tidy "$1" python3 tools/tidy.py || true
    stage format "$1" quiet format check_format || true
    stage shellcheck "$1" quiet shellcheck check_scripts || true
    stage tools "$1" run_pytest tools tests/tools || true
}

python_stages() {
    [ ! -d tests/functional ] ||
        stage functional "$1" run_pytest functional tests/functional || true
}

run_matching_tests() {
    local pattern=$1
    stage build none build_preset dev || return 0
    fresh=yes
    add_counts "-1 0 0" # the build is no test here
    stage unit-matching none run_ctest unit-matching dev -R "$pattern" || true
    matching_python_tests "$pattern" >"$state/matching"
    [ ! -s "$state/matching" ] ||
        stage python-matching none run_pytest python-matching "@$state/matching" || true
    [ $((passed + failed + skipped)) -gt 0 ] || die "no test matches $pattern"
}

matching_python_tests() {
    TORGO=$(program dev) python3 -m pytest -q --collect-only -p no:cacheprovider tests 2>/dev/null |
        grep '::' | grep -E -- "$1" || true
}

# What ends a suite that hangs, so that a run always ends. One test of ctest has its own limit
# (CMakePresets.json).
suite_seconds_max=2400

# as_suite LOG COMMAND...: no input, nothing shown, and no signal ignored: whoever starts us in the
# background has us ignore interrupts, which tests send.
as_suite() {
    local log=$logs/$1.log
    shift
    timeout --foreground --kill-after=10 "$suite_seconds_max" env --default-signal "$@" \
        >"$log" 2>&1 </dev/null {lock_fd}>&- && return 0
    [ "$?" -ne 124 ] || echo "ended after $suite_seconds_max s" | tee -a "$log"
    return 1
}

# run_ctest STAGE PRESET [OPTION...]
run_ctest() {
    local name=$1 preset=$2
    shift 2
    [ $# -gt 0 ] || set -- --no-tests=error
    as_suite "$name" ctest --preset "$preset" -j "$(jobs_count)" \
        --output-junit "$state/$name.xml" "$@"
}

# run_pytest STAGE PATH
run_pytest() {
    TORGO=$(program dev) as_suite "$1" \
        python3 -m pytest -q -p no:cacheprovider --junitxml="$state/$1.xml" "$2"
}

check_format() { cpp_files | xargs -0 -r clang-format-19 --dry-run -Werror; }

# Each program with all it sources.
check_scripts() {
    shellcheck -x -a -P "$repo" dev .ci/run tools/dev/{enter,install,runtime_packages}.sh
}

# run_clang_tidy [--deep]
run_clang_tidy() {
    python3 tools/clang_tidy.py --build build/dev --cache "$cache/tidy" --jobs "$(jobs_count)" \
        --toolchain "$toolchain" "$@"
}

run_lint() {
    exec 2>&1
    cd "$repo"
    fresh=yes
    prepare_build
    configure dev || die "cannot configure."
    stage layers none python3 tools/check_layers.py || true
    stage tidy none python3 tools/tidy.py || true
    stage format none quiet format check_format || true
    stage shellcheck none quiet shellcheck check_scripts || true
    stage clang-tidy none run_clang_tidy --deep || true
    close_tests
}

# Fuzzes each target from its committed corpus and from what earlier runs found; both stay.
run_fuzz() {
    local only='' seconds=60 target found=0
    while [ $# -gt 0 ]; do
        case $1 in
            --seconds) seconds=${2:?--seconds needs a number} && shift 2 ;;
            -*) die "fuzz: unknown option $1" ;;
            *) only=${1#fuzz_} && shift ;;
        esac
    done
    prepare_build
    build_preset fuzz || exit 1
    while IFS= read -r target; do
        [ -z "$only" ] || [ "$(basename "$target")" = "fuzz_$only" ] || continue
        found=1
        fuzz_one "$target" "$seconds"
    done < <(find "$repo/build/fuzz" -type f -executable -name 'fuzz_*' | sort)
    [ "$found" -eq 1 ] || die "no such fuzz target: ${only:-any}"
}

fuzz_one() {
    local target=$1 seconds=$2 name corpus work
    name=$(basename "$target")
    corpus=$repo/fuzz/corpus/$name work=$repo/build/fuzz-found/$name
    mkdir -p "$work" "$corpus"
    step "$logs/fuzz-$name.log" "fuzzing $name for $seconds s" \
        "$target" "$work" "$corpus" -max_total_time="$seconds" -artifact_prefix="$work/broke-" ||
        die "$name broke; the input is in $work. Keep it under fuzz/corpus/$name with the repair."
    tail -n 1 "$logs/fuzz-$name.log" >&2
}
