"""The command line: each transcript of tests/cli is run, in a home of its own, and compared.

    $ torgo snapshots          a command, run by sh in the home folder
    1 snapshot                 what it must print to standard output
    2> torgo: ...              what it must print to standard error
    ? 1                        its exit code, where that is not 0

In an expected line [..] stands for any characters, and a line of three dots for any lines. A line
that begins with # is a comment. TORGO names the program.
"""

import fcntl
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
TRANSCRIPTS = sorted((HERE.parent / "cli").glob("*.txt"))
TORGO = pathlib.Path(os.environ.get("TORGO", "torgo"))
TIME_LIMIT_S = 120
WIDE_COLUMNS = 140  # the QR code of heads with long paths is wider than 80


class Step:
    def __init__(self, line, command):
        self.line, self.command = line, command
        self.out, self.err, self.code = [], [], 0


def read_transcript(path):
    steps = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("#"):
            continue
        if line.startswith("$ "):
            steps.append(Step(number, line[2:]))
        elif line.startswith("> ") and not steps[-1].out:
            steps[-1].command += "\n" + line[2:]
        elif line.startswith("2> "):
            steps[-1].err.append(line[3:])
        elif line.startswith("? "):
            steps[-1].code = int(line[2:])
        elif line or (steps and steps[-1].out):
            steps[-1].out.append(line)
    for step in steps:
        while step.out and not step.out[-1]:
            step.out.pop()
    return steps


def pattern(lines):
    out = ""
    for line in lines:
        if line == "...":
            out += "(?:.*\n)*"
        else:
            out += ".*".join(map(re.escape, line.split("[..]"))) + "\n"
    return out


def environment(home):
    """A user who has nothing but this home; the password is given as most scripts give it."""
    return {
        "HOME": str(home),
        "PATH": f"{TORGO.resolve().parent}:{os.environ['PATH']}",
        "TORGO_PASSWORD": "lapse twig fumes reply ozone shred",
        "TMPDIR": str(home / "tmp"),
        "TZ": "UTC",
        "LANG": "C.UTF-8",
    }


@pytest.fixture
def home(tmp_path):
    (tmp_path / "tmp").mkdir()
    return tmp_path


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda path: path.stem)
def test_transcript(transcript, home):
    for step in read_transcript(transcript):
        done = subprocess.run(
            ["sh", "-c", step.command],
            cwd=home,
            env=environment(home),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIME_LIMIT_S,
            check=False,
        )
        out, err = done.stdout.decode(), done.stderr.decode()
        where = f"{transcript.name}:{step.line}: {step.command}\n--- stdout\n{out}--- stderr\n{err}"
        assert done.returncode == step.code, where
        assert re.fullmatch(pattern(step.out), out), where
        assert re.fullmatch(pattern(step.err), err), where


def run(home, *words, **more):
    more.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run(
        [TORGO, *words],
        cwd=home,
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
        timeout=TIME_LIMIT_S,
        **more,
    )


class Terminal:
    """A program on a terminal of its own, and somebody who types."""

    def __init__(self, home, *words, without=()):
        self.said = ""
        env = {k: v for k, v in environment(home).items() if k not in without}
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, WIDE_COLUMNS, 0, 0))
            os.chdir(home)
            os.execve(TORGO, [str(TORGO), *words], {**env, "TERM": "xterm"})

    def wait_for(self, text):
        end = time.monotonic() + TIME_LIMIT_S
        while text not in self.said:
            assert time.monotonic() < end, self.said
            if select.select([self.descriptor], [], [], 1)[0]:
                try:
                    self.said += os.read(self.descriptor, 65536).decode(errors="replace")
                except OSError:
                    raise AssertionError(f"ended without {text!r}: {self.said}") from None

    def type(self, text):
        os.write(self.descriptor, text.encode())

    def end(self):
        while True:
            try:
                got = os.read(self.descriptor, 65536)
            except OSError:
                break
            if not got:
                break
            self.said += got.decode(errors="replace")
        os.close(self.descriptor)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_password_is_asked_for_twice_without_echo_and_the_kit_is_shown(home):
    terminal = Terminal(home, "init", without=["TORGO_PASSWORD"])
    for question in ("New pass phrase: ", "The same once more: "):
        terminal.wait_for(question)
        terminal.type("orbit plaza quench ribbon sled tulip\n")
    assert terminal.end() == 0, terminal.said
    assert "plaza" not in terminal.said
    assert "TORGO recovery kit" in terminal.said
    assert "▀" in terminal.said, "the QR code is drawn"
    assert (home / ".config/torgo/default.torgo").exists()
    assert not (home / ".config/torgo/default-recovery-kit.txt").exists()


def test_ctrl_c_at_the_prompt_gives_the_echo_back(home):
    terminal = Terminal(home, "init", without=["TORGO_PASSWORD"])
    terminal.wait_for("New pass phrase: ")
    terminal.type("\x03")
    assert terminal.end() == 130, terminal.said
    assert not (home / ".config/torgo/default.torgo").exists()


# CLI-14
def test_first_interrupt_stops_cleanly_and_loses_nothing(home):
    assert run(home, "init").returncode == 0
    feeder, fed = os.pipe()
    program = subprocess.Popen(
        [TORGO, "backup", "--stdin"], cwd=home, env=environment(home), stdin=feeder,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    os.write(fed, b"x" * 10000)
    wait_until_it_reads(program.pid, feeder)
    program.send_signal(signal.SIGINT)
    out, err = program.communicate(timeout=TIME_LIMIT_S)
    os.close(fed)
    os.close(feeder)
    assert program.returncode == 130, err
    assert "Nothing that was saved before is lost" in err, (out, err)
    assert "0 snapshots" in run(home, "snapshots").stdout
    assert run(home, "check").returncode == 0


def wait_until_it_reads(pid, feeder):
    """Until the pipe is empty, so that the signal meets a program at work."""
    end = time.monotonic() + TIME_LIMIT_S
    while time.monotonic() < end:
        if not select.select([feeder], [], [], 0)[0]:
            return
        time.sleep(0.02)
    raise AssertionError(f"process {pid} never read")


# CLI-20, CLI-22
def test_json_output_is_one_valid_object_a_line(home):
    tree = home / "data"
    tree.mkdir()
    (tree / "plain").write_text("hello")
    (tree / os.fsdecode(b"odd-\xff\n-name")).write_text("x")
    lines = run(home, "init", "--json").stdout.splitlines()
    assert [json.loads(line)["message_type"] for line in lines] == ["initialized"]
    summary = json.loads(run(home, "backup", "data", "--json").stdout.splitlines()[-1])
    assert summary["message_type"] == "summary" and len(summary["snapshot_id"]) == 64
    nodes = [json.loads(line) for line in run(home, "ls", "latest", "--json").stdout.splitlines()]
    odd = [node for node in nodes if node.get("name_hex")]
    assert [bytes.fromhex(node["name_hex"]) for node in odd] == [b"odd-\xff\n-name"]
    listed = [json.loads(line) for line in run(home, "snapshots", "--json").stdout.splitlines()]
    assert [snapshot["id"] for snapshot in listed] == [summary["snapshot_id"]]
    wrong = run(home, "ls", "ffffffff", "--json")
    error = json.loads(wrong.stderr)
    assert error["message_type"] == "error" and error["exit_code"] == wrong.returncode == 1
    usage = json.loads(run(home, "backup", "--bogus", "--json").stderr)
    assert usage["exit_code"] == 2


def test_recovery_kit_opens_the_repository_on_an_empty_home(home):
    assert run(home, "init", "--recovery-kit", "kit.txt").returncode == 0
    (home / "precious").write_text("do not lose this")
    assert run(home, "backup", "precious").returncode == 0
    kit = (home / "kit.txt").read_text()
    words = "\n".join(re.findall(r"^ +((?:[a-z]{5}-){5}[a-z]{5})$", kit, re.MULTILINE))
    heads = home / ".local/share/torgo/heads"

    # Another machine: only two of the heads, and the words as somebody types them.
    other = home / "other"
    (other / "tmp").mkdir(parents=True)
    typed = run(other, "init", "--recover", "--head", heads / "2", "--head", heads / "4",
                stdin=None, input=words.upper().replace("-", " "))
    assert typed.returncode == 0, typed.stderr
    restored = run(other, "restore", "latest", "--target", "back")
    assert restored.returncode == 0, restored.stderr
    assert next((other / "back").rglob("precious")).read_text() == "do not lose this"

    # The kit file says where the heads are by itself.
    third = home / "third"
    (third / "tmp").mkdir(parents=True)
    assert run(third, "init", "--recover", "--kit", home / "kit.txt").returncode == 0
    assert "1 snapshot" in run(third, "snapshots").stdout


def test_unreadable_file_is_named_and_gives_exit_code_3():
    with tempfile.TemporaryDirectory() as folder:
        home = pathlib.Path(folder)
        # Root can read everything: then the program runs as nobody.
        somebody = {"user": 65534, "group": 65534} if os.geteuid() == 0 else {}
        home.chmod(0o777)
        (home / "data").mkdir()
        (home / "data" / "closed").write_text("secret")
        (home / "data" / "closed").chmod(0)
        (home / "data" / "open").write_text("ok")
        assert run(home, "init", **somebody).returncode == 0
        saved = run(home, "backup", "data", **somebody)
        assert saved.returncode == 3, saved.stderr
        assert "data/closed: " in saved.stderr
        assert "Not complete: 1 thing could not be read" in saved.stdout
        assert run(home, "restore", "latest", "--target", "back", **somebody).returncode == 0
        assert next((home / "back").rglob("open")).read_text() == "ok"
        assert not list((home / "back").rglob("closed"))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script_is_valid(home, shell):
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    script = home / "script"
    script.write_text(run(home, "completion", shell).stdout)
    checked = subprocess.run([program, "-n", script], capture_output=True, text=True, check=False)
    assert checked.returncode == 0 and not checked.stderr, checked.stderr


@pytest.mark.parametrize(
    "typed, offered",
    [
        ("torgo ba", ["backup"]),
        ("torgo key a", ["add"]),
        ("torgo restore --over", ["--overwrite"]),
        ("torgo restore --overwrite if-", ["if-changed", "if-newer"]),
        ("torgo snapshots --password-f", ["--password-file"]),
        ("torgo -r x stat", ["stats", "status"]),
    ],
)
def test_bash_completes(home, typed, offered):
    script = home / "script"
    script.write_text(run(home, "completion", "bash").stdout)
    words = typed.split(" ")
    program = (
        f"source {script}; COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; _torgo; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.split() == offered, done.stderr


def test_man_pages_have_no_mistakes(home):
    assert run(home, "man", "--dir", "man").returncode == 0
    pages = sorted((home / "man").glob("*.1"))
    assert len(pages) > 15
    if shutil.which("mandoc") is None:
        pytest.skip("mandoc is not installed")
    checked = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *pages], capture_output=True,
                             text=True, check=False)
    # A date is left out so that the pages are the same each time.
    complaints = [line for line in checked.stdout.splitlines() if "missing date" not in line]
    assert complaints == []
