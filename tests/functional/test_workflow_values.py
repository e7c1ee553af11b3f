"""What a value becomes in another language, and what a block may do to those after it."""

import os
import time

import pytest
from workflows import ran, run, write


@pytest.fixture
def home(tmp_path):
    place = tmp_path / "home"
    place.mkdir()
    return place


LARGE = ("python", "patient = 2**53 + 1\n")


@pytest.mark.parametrize(("blocks", "why"), [
    ((LARGE, ("javascript", "outputs.n = 1;\n")), "JavaScript cannot hold"),
    ((("javascript", "outputs.n = 2 ** 60;\n"),), "JavaScript cannot hold"),
    ((("sql", "SELECT 1 AS v, 2 AS v;\n"),), "two columns are named v"),
    ((("python", "day = {1: 'morning', '1': 'evening'}\n"),), "two keys that are one text"),
    ((("python", "PATH = '/nowhere'\n"), ("bash", "true\n")), "PATH means something to bash"),
    ((("python", "LD_PRELOAD = '/x.so'\n"), ("bash", "true\n")), "means something to bash"),
    ((("python", "big = 'x' * 200_000\n"), ("bash", "echo $big\n")), "exit code"),
])
def test_a_value_that_a_language_would_change_is_refused(home, blocks, why):  # [RUN-24]
    if any(language == "javascript" for language, _ in blocks) and not any(
            os.path.exists(path) for path in ("/usr/bin/node", "/usr/bin/qjs")):
        pytest.skip("neither node nor qjs is installed here")
    assert why in ran(home, *blocks, code=1)["wrong"][0]


def test_what_bash_can_not_hold_harms_no_block_that_does_not_use_it(home):
    report = ran(home, ("python", "big = 'x' * 200_000\nodd = 'a\\0b'\nsmall = 'y'\n"),
                 ("bash", 'echo "said=$small" >>"$TORGO_OUTPUT"\n'
                          'echo "not=NaN" >>"$TORGO_OUTPUT"\n'))
    assert report["outputs"]["said"] == "y"
    assert report["outputs"]["not"] == "NaN"
    assert report["outputs"]["odd"] == "a\0b"


def test_what_runs_on_in_the_background_holds_nobody_up(home):
    begin = time.monotonic()
    report = ran(home, ("bash", 'sleep 300 &\necho n=1 >>"$TORGO_OUTPUT"\n'),
                 ("python", "m = n + 1\n"))
    assert report["outputs"]["m"] == 2
    assert time.monotonic() - begin < 60


def test_what_a_last_block_prints_is_always_told(home):  # [RUN-31]
    path = write(home, ("python", "print('ALARM')\n"))
    for _ in range(10):
        assert "| ALARM" in run(home, path).stdout


def test_an_interpreter_shows_its_virtual_environment_and_nothing_else(home):  # [RUN-21]
    place = home / "tools" / "bin"
    place.mkdir(parents=True)
    (place / "python3").symlink_to("/usr/bin/python3")
    path = write(home, ("python", "n = 1\n"))
    refused = run(home, path, "--python", place / "python3", code=2)
    assert "in no virtual environment" in refused.stderr
    (home / ".local" / "bin").mkdir(parents=True, exist_ok=True)
    (home / ".local" / "bin" / "python3").symlink_to("/usr/bin/python3")
    (home / ".local" / "pyvenv.cfg").write_text("home = /usr/bin\n")
    refused = run(home, path, "--python", home / ".local" / "bin" / "python3", code=2)
    assert "own state" in refused.stderr


def test_a_time_limit_is_told_in_one_way(home):
    report = ran(home, ("python", "import time\ntime.sleep(60)\n"), code=1,
                 words=("--timeout", "2"))
    assert "was not done after 2 seconds" in report["wrong"][0]
