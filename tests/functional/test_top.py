"""`torgo top`: what it says of heads, commands and a node, in text, in JSON and in a terminal.
CLI-35
"""

import fcntl
import json
import os
import pty
import random
import re
import select
import struct
import subprocess
import termios
import time

import nodes as network
import pytest
import support

LIMIT_S = 60
SIZES = [(60, 15), (100, 30), (200, 50)]


@pytest.fixture
def four(tmp_path):
    yield from network.served(tmp_path)


@pytest.fixture
def machine(four, tmp_path):
    return network.machine_on(four, tmp_path / "home")


class Terminal:
    """A program in a terminal of its own."""

    def __init__(self, machine, *words, size=(100, 30), controls=True, **environment):
        self.master, slave = pty.openpty()
        self.resize(size)
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.process = subprocess.Popen(
            [support.TORGO, *words], cwd=machine.home, stdin=slave, stdout=slave, stderr=slave,
            env=machine.environment(TERM="xterm-256color", **environment), start_new_session=True,
            preexec_fn=lambda: controls and fcntl.ioctl(slave, termios.TIOCSCTTY, 0))
        self.said = b""

    def resize(self, size):
        columns, rows = size
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read_until(self, pattern):
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end:
            if re.search(pattern, self.said):
                return self.said
            if select.select([self.master], [], [], 0.2)[0]:
                self.said += os.read(self.master, 65536)
        raise AssertionError(f"{pattern} was not shown: {self.said[-3000:]!r}")

    def press(self, keys):
        os.write(self.master, keys)

    def ends(self):
        end = time.monotonic() + LIMIT_S
        while self.process.poll() is None and time.monotonic() < end:
            if select.select([self.master], [], [], 0.1)[0]:
                self.said += os.read(self.master, 65536)
        return self.process.wait(timeout=1)

    def is_as_before(self):
        return termios.tcgetattr(self.slave) == self.before


def test_once_says_what_heads_are_there(four, machine):
    four[1].kill()
    said = machine.must("top", "--once", "--metrics", "off").stdout
    assert "3/4 heads" in said and "away" in said and "1 more may be lost" in said, said
    assert "\x1b" not in said


def test_json_is_an_object_a_moment(four, machine):
    said = machine.must("top", "--once", "--json", "--metrics", "off").stdout
    lines = said.splitlines()
    assert len(lines) == 1
    found = json.loads(lines[0])
    assert found["message_type"] == "top"
    assert [head["state"] for head in found["heads"]] == ["ok"] * len(four)
    assert all(0 < head["p50_seconds"] < 5 for head in found["heads"])
    assert found["work"] == []


def test_a_running_backup_and_a_node_are_seen(four, machine):
    (machine.data / "large").write_bytes(random.Random(9).randbytes(6_000_000))
    port = network_metrics(four[0])
    backup = machine.start("backup", machine.data, "--limit-upload", "1M")
    try:
        end = time.monotonic() + LIMIT_S
        found = {"work": []}
        while not all_is_seen(found) and time.monotonic() < end and backup.poll() is None:
            found = json.loads(machine.must("top", "--once", "--json", "--metrics",
                                            f"127.0.0.1:{port}").stdout)
        assert [one["command"] for one in found["work"]] == ["backup"]
        assert all_is_seen(found), found
    finally:
        backup.communicate(timeout=LIMIT_S)
    assert not list((machine.home / ".local/state/torgo/activity").glob("*")), "it leaves no file"


def all_is_seen(found):
    """Whether a command, what it sends, and what the node has got of it are there together."""
    return bool(found["work"]) and sum(head["up"] for head in found["heads"]) > 0 and \
        sum(head["queue"] for head in found["heads"]) > 0 and \
        found["node"]["segments"] > 0 and found["node"]["down"] > 0


def test_what_waits_in_the_spool_is_seen(four, machine):
    machine.backup("--spool")  # it takes what opens the repository
    for node in four:
        node.kill()
    (machine.data / "new").write_bytes(random.Random(3).randbytes(300_000))
    machine.must("backup", machine.data, "--spool")
    said = machine.must("top", "--once", "--metrics", "off").stdout
    assert "0/4 heads" in said and re.search(r"spool: .* wait for 4 heads", said), said


def network_metrics(node):
    """Starts a node again with metrics; gives their port."""
    port = support.free_port()
    node.stop()
    node.start("--metrics", f"127.0.0.1:{port}")
    return port


@pytest.mark.parametrize("end", ["q", "SIGTERM", "ctrl-c"])
def test_in_a_terminal_it_redraws_and_leaves_it_as_it_was(machine, end):
    terminal = Terminal(machine, "top", "--metrics", "off")
    terminal.read_until(rb"4/4 heads")
    shown = len(re.findall(rb"torgo top", terminal.said))
    terminal.read_until(rb"(?s)(torgo top.*){%d}" % (shown + 2))
    assert not terminal.is_as_before()
    terminal.resize(SIZES[0])
    terminal.press(b"h")
    terminal.read_until(rb"pause, and go on")
    terminal.press(b"h")
    if end == "q":
        terminal.press(b"q")
    elif end == "ctrl-c":
        terminal.press(b"\x03")
    else:
        terminal.process.terminate()
    code = terminal.ends()
    assert code in (0, 130), code
    assert terminal.is_as_before()
    assert b"\x1b[?1049l" in terminal.said, "the screen that was there is back"
    assert b"\x1b[?25h" in terminal.said, "so is the cursor"


def test_it_ends_with_a_terminal_that_sends_no_signal(machine):
    terminal = Terminal(machine, "top", "--metrics", "off", controls=False)
    terminal.read_until(rb"4/4 heads")
    os.close(terminal.slave)
    os.close(terminal.master)
    try:
        terminal.process.wait(timeout=LIMIT_S)
    finally:
        terminal.process.kill()


def test_colours_only_where_they_are_wanted(machine):
    coloured = Terminal(machine, "top", "--metrics", "off")
    coloured.read_until(rb"4/4 heads")
    coloured.press(b"q")
    assert coloured.ends() == 0
    assert re.search(rb"\x1b\[3[1-6]m", coloured.said)
    plain = Terminal(machine, "top", "--metrics", "off", NO_COLOR="1")
    plain.read_until(rb"4/4 heads")
    plain.press(b"q")
    assert plain.ends() == 0
    assert not re.search(rb"\x1b\[3[1-6]m", plain.said)
