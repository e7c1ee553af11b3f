"""./dev: where it runs, which mirror it takes, what it shows inside, and what a stage keeps."""

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
BOOKWORM = 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n'

SOURCED = """
set -euo pipefail
repo=$1
for part in common ground elsewhere build stages; do source "$repo/tools/dev/$part.sh"; done
"""


def shell(text, *arguments, cwd=None, **variables):
    """What a piece of shell prints, run with all of ./dev's functions."""
    done = subprocess.run(
        ["bash", "-c", SOURCED + text, "test", str(ROOT), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, **{name: str(value) for name, value in variables.items()}},
    )
    return done.returncode, done.stdout + done.stderr


def dev(*arguments, **variables):
    done = subprocess.run(
        [str(ROOT / "dev"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **variables},
    )
    return done.returncode, done.stdout, done.stderr


def test_an_unknown_command_shows_the_help_and_fails():
    status, out, err = dev("nonsense")
    assert (status, out) == (2, "")
    assert "no such command: nonsense" in err
    assert "./dev COMMAND" in err


def test_help_names_every_command():
    status, out, _ = dev("help")
    assert status == 0
    words = {line.split()[0] for line in out.splitlines() if line.startswith("  ") and line.strip()}
    commands = "up test torgo build bench fuzz lint fmt shell install clean help"
    assert set(commands.split()) <= words


@pytest.mark.parametrize(
    ("release", "in_place"),
    [
        ("ID=debian\nVERSION_ID=13\n", True),
        ('ID=debian\nVERSION_ID="13"\n', True),
        ("ID=debian\n", True),
        (BOOKWORM, False),
        ('ID=ubuntu\nVERSION_ID="25.10"\n', True),
        ('ID=ubuntu\nVERSION_ID="24.04"\n', False),
        ("ID=fedora\nVERSION_ID=42\n", False),
    ],
)
def test_only_debian_13_and_later_is_built_on_in_place(tmp_path, release, in_place):
    (tmp_path / "os").write_text(release)
    status, _ = shell("in_place_system", TORGO_DEV_OS_RELEASE=tmp_path / "os")
    assert (status == 0) == in_place


def test_installing_packages_starts_no_service_and_leaves_no_policy(tmp_path):
    policy = tmp_path / "policy"
    text = 'as_root() { "$@"; }; without_services sh -c "$2; exit 3" || echo "status $?"'
    status, out = shell(text, f"sh {policy} || echo denied $?", TORGO_DEV_POLICY=policy)
    assert (status, out) == (0, "denied 101\nstatus 3\n")
    assert not policy.exists()
    policy.write_text("exit 0")
    assert shell(text, "true", TORGO_DEV_POLICY=policy) == (0, "status 3\n")
    assert policy.read_text() == "exit 0"


def test_packages_that_dpkg_does_not_know_are_missing():
    # `missing` is read as ./dev does it: in a process substitution, where a failure is silence.
    status, out = shell(
        'mapfile -t missing < <(missing_packages "${@:2}"); echo "missing: ${missing[*]}"',
        "no-such-package-here",
        "dpkg",
        "nor-this-one",
    )
    assert (status, out) == (0, "missing: no-such-package-here nor-this-one\n")
    status, out = shell('missing_packages "${@:2}"', "dpkg")
    assert (status, out) == (0, "")


def mirrors(tmp_path, files, release=BOOKWORM):
    (tmp_path / "os").write_text(release)
    for name, text in files.items():
        path = tmp_path / "apt" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    status, out = shell(
        "debian_mirrors",
        TORGO_DEV_OS_RELEASE=tmp_path / "os",
        TORGO_DEV_APT=tmp_path / "apt",
    )
    assert status == 0
    return out.splitlines()


DEB822 = """# the system
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://safe.example/debian-security
Suites: bookworm-security
Components: main
"""


def test_the_mirror_is_that_of_the_machine_deb822(tmp_path):
    assert mirrors(tmp_path, {"sources.list.d/debian.sources": DEB822}) == [
        "deb http://mirror.example/debian trixie main",
        "deb http://mirror.example/debian trixie-updates main",
        "deb http://safe.example/debian-security trixie-security main",
    ]


def test_the_mirror_is_that_of_the_machine_one_line(tmp_path):
    text = "# deb http://old.example/debian bookworm main\n"
    text += "deb-src http://source.example/debian bookworm main\n"
    text += "deb [arch=amd64] http://mirror.example/debian/ bookworm main non-free # mine\n"
    assert mirrors(tmp_path, {"sources.list": text}) == [
        "deb http://mirror.example/debian/ trixie main",
        "deb http://mirror.example/debian/ trixie-updates main",
    ]


def test_a_list_of_mirrors_is_followed(tmp_path):
    (tmp_path / "list").write_text("# all\nhttps://mirror.example/debian priority:1\n")
    text = f"deb mirror+file:{tmp_path}/list bookworm main\n"
    found = mirrors(tmp_path, {"sources.list.d/debian.list": text})
    assert found[0] == "deb https://mirror.example/debian trixie main"


@pytest.mark.parametrize(
    "text",
    [
        "deb https://docker.example/linux/debian bookworm stable\n",
        "deb https://php.example/php bookworm main\n",
        "deb [signed-by=/etc/keys/a.gpg] https://a.example/debian bookworm main\n",
        "deb https://a.example/debian bookworm-pgdg2 extra\n",
        "deb cdrom:[Debian]/ bookworm main\n",
    ],
)
def test_what_is_not_debians_own_is_no_mirror(tmp_path, text):
    assert mirrors(tmp_path, {"sources.list.d/other.list": text}) == []


def test_a_disabled_source_is_no_mirror(tmp_path):
    text = DEB822.replace("Types: deb deb-src", "Enabled: no\nTypes: deb deb-src")
    assert mirrors(tmp_path, {"sources.list.d/debian.sources": text}) == []


def test_elsewhere_mmdebstrap_chooses_the_mirror(tmp_path):
    text = "deb http://archive.example/ubuntu jammy main\n"
    release = "ID=ubuntu\nVERSION_ID=22.04\nVERSION_CODENAME=jammy\n"
    assert mirrors(tmp_path, {"sources.list": text}, release) == []


def shown(tmp_path, keeps, *words):
    text = """
    shown=()
    keeps=$2
    shift 2
    show_words "$keeps" strict "$@"
    printf '%s ' "${shown[@]}"
    """
    return shell(text, keeps, *words, cwd=tmp_path)


KEEPS = " usr etc var bin lib "


@pytest.mark.parametrize("word", ["/tmp", "/home/a", "a", "--tag=x", "backup", "tor://abc/d"])
def test_what_is_shown_anyway_needs_nothing(tmp_path, word):
    assert shown(tmp_path, KEEPS, word) == (0, " ")


@pytest.mark.parametrize("form", ["{}", "--repo={}", "dir://{}", "--head=dir://{}", "/tmp/../{}"])
def test_a_path_of_the_command_line_is_shown(tmp_path, form):
    assert shown(tmp_path, KEEPS, form.format("/etc/apt")) == (0, "/etc/apt /etc/apt ")


def test_of_a_path_to_be_made_its_folder_is_shown(tmp_path):
    assert shown(tmp_path, KEEPS, "/etc/apt/none/new")[1] == "/etc/apt /etc/apt "


def test_a_relative_path_is_meant_from_where_the_caller_is(tmp_path):
    keeps = f" usr {tmp_path.parts[1]} "
    (tmp_path / "data").mkdir()
    assert shown(tmp_path, keeps, "data")[1] == f"{tmp_path}/data {tmp_path}/data "


def test_a_link_and_what_it_leads_to_are_shown(tmp_path):
    (tmp_path / "link").symlink_to("/etc/apt")
    assert shown(tmp_path, KEEPS, tmp_path / "link")[1] == "/etc/apt /etc/apt "


@pytest.mark.parametrize("word", ["/", "/etc", "/usr", "/usr/lib", "/bin/sh", "/var", "dir:///etc"])
def test_what_the_root_has_for_itself_is_refused(tmp_path, word):
    status, out = shown(tmp_path, KEEPS, word)
    assert status == 1
    assert "/host" in out


def test_a_target_that_would_be_made_inside_the_root_is_refused(tmp_path):
    status, out = shown(tmp_path, KEEPS, "--target", "/no-such-folder/a")
    assert status == 1
    assert "Make it first" in out


@pytest.mark.parametrize("words", [["--exclude", "/etc"], ["--exclude=/etc"], ["/no-such-folder"]])
def test_a_pattern_is_not_refused(tmp_path, words):
    assert shown(tmp_path, KEEPS, *words)[0] == 0


def stage(tmp_path, key, command, **variables):
    text = """
    state=$2 key=$3 logs=$2
    shift 3
    stage one "$key" eval "$1" || true
    close_tests
    """
    return shell(text, tmp_path, key, command, **{"CI": "", **variables})


def test_a_stage_that_passed_is_not_run_again_until_its_key_changes(tmp_path):
    count = f"echo ran >>{tmp_path}/ran"
    runs = [stage(tmp_path, key, count)[1] for key in ("a", "a", "b")]
    assert (tmp_path / "ran").read_text().count("ran") == 2
    assert "unchanged since it last passed" in runs[1]
    assert all(run.splitlines()[-1] == "1 passed, 0 failed" for run in runs)


def test_continuous_integration_runs_every_stage(tmp_path):
    count = f"echo ran >>{tmp_path}/ran"
    for _ in range(2):
        stage(tmp_path, "a", count, CI="true")
    assert (tmp_path / "ran").read_text().count("ran") == 2


def test_a_stage_that_failed_is_run_again_and_fails_the_whole(tmp_path):
    for _ in range(2):
        status, out = stage(tmp_path, "a", "false")
        assert status == 1
        assert out.splitlines()[-1] == "0 passed, 1 failed"


@pytest.mark.parametrize(("ending", "counts"), [("true", "2 passed, 0 failed"),
                                                ("false", "1 passed, 1 failed"),
                                                ("kill -9 $BASHPID", "1 passed, 1 failed")])
def test_a_stage_beside_another_counts_as_well(tmp_path, ending, counts):
    text = f"""
    state=$2 logs=$2
    late() {{ sleep 0.3; {ending}; }}
    aside() {{ stage slow a late || true; }}
    beside slow aside
    stage quick a true
    come_back slow
    close_tests
    """
    status, out = shell(text, tmp_path, CI="true")[:2]
    assert counts in out.splitlines()
    assert out.index("quick: 1 passed") < (out.index("slow: ") if "slow: " in out else len(out))
    assert (status == 0) == (ending == "true")


def suite(tmp_path, text):
    return shell(f"logs=$2 suite_seconds_max=1\n{text}", tmp_path)


def test_a_suite_that_hangs_is_ended(tmp_path):
    status, out = suite(tmp_path, "as_suite one sleep 60")
    assert status == 1
    assert "ended after 1 s" in out


def test_a_suite_hears_interrupts_though_its_caller_ignores_them(tmp_path):
    text = "trap '' INT\nas_suite one sh -c 'kill -INT $$; echo deaf'"
    assert suite(tmp_path, text)[0] == 1
    assert (tmp_path / "one.log").read_text() == ""


JUNIT = """<testsuite>
<testcase name="a.good" status="run"><system-out>fine</system-out></testcase>
<testcase name="a.bad" status="fail"><failure message=""/><system-out>saw 3</system-out></testcase>
<testcase name="a.left" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>
<system-out>/a_test.cpp:3: Skipped
needs a tape drive

</system-out></testcase>
</testsuite>"""


def count(tmp_path, status, text):
    (tmp_path / "a.xml").write_text(text)
    done = subprocess.run(
        [sys.executable, ROOT / "tools/dev/count.py", str(status), tmp_path / "a.xml"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip(), done.stderr


def test_results_are_counted_and_failures_and_skips_told(tmp_path):
    counts, told = count(tmp_path, 8, JUNIT)
    assert counts == "1 1 1"
    assert "FAILED a.bad\n" in told
    assert "saw 3" in told
    assert "skipped a.left: needs a tape drive" in told


def test_a_command_that_fails_without_a_failed_test_counts_as_failed(tmp_path):
    counts, told = count(tmp_path, 8, '<testsuite><testcase name="a"/></testsuite>')
    assert counts == "1 1 0"
    assert "FAILED as a whole" in told


ENGINE = """#!/bin/sh
case $1 in
    info) exit 0 ;;
    image) exit 0 ;;
    run) printf '%s\\n' "$@" ;;
esac
"""


def test_a_container_gets_the_folders_and_the_command(tmp_path):
    engine = tmp_path / "podman"
    engine.write_text(ENGINE)
    engine.chmod(0o755)
    text = """
    shift
    inside_root() { return 1; }
    words=(/etc/apt)
    find_ground
    on_ground run program /etc/apt
    """
    path = f"{tmp_path}:{os.environ['PATH']}"
    status, out = shell(text, cwd=tmp_path, PATH=path, TORGO_DEV_CONTAINER="1", TORGO_X="a b")
    lines = out.splitlines()
    assert status == 0
    assert lines[-2:] == ["program", "/etc/apt"]
    assert {"/:/host", f"{ROOT}:{ROOT}", "/etc/apt:/etc/apt", "TORGO_X"} <= set(lines)
    assert str(tmp_path) == lines[lines.index("-w") + 1]
