"""Commands that use the Bluetooth mesh daemon: real ones, a private bus, an air of datagrams."""

import json
import os
import pathlib
import re
import selectors
import socket
import subprocess
import threading
import time

import pytest

TORGO = pathlib.Path(os.environ.get("TORGO", "torgo")).resolve()
SHIM = TORGO.parents[1] / "src/bluez/testing/libtorgo_meshd_shim.so"
MESHD = pathlib.Path("/usr/libexec/bluetooth/bluetooth-meshd")
DBUS = pathlib.Path("/usr/bin/dbus-daemon")
LIMIT_S = 120
LINK_OPEN_PAUSE_S = 1.2  # src/bluez/testing/virtual_air.cpp tells why
PB_ADV, PB_ADV_LEAST, LINK_OPEN, MESSAGE = 0x29, 10, 3, 0x2A

pytestmark = [
    pytest.mark.skipif(not MESHD.exists(), reason="the package bluez-meshd is not installed"),
    pytest.mark.skipif(not DBUS.exists(), reason="the package dbus-daemon is not installed"),
    pytest.mark.skipif(not SHIM.exists(), reason="the library that makes an air is not built"),
]


class Air:
    """Each daemon hears what the others send."""

    def __init__(self, folder):
        self.folder = folder
        self.names = {}
        self.sockets = {}
        self.opened = {}
        self.mute = False  # True: all is lost but provisioning
        self.muted = threading.Event()  # something of A was
        self.ended = threading.Event()
        self.waiting = selectors.DefaultSelector()
        self.thread = threading.Thread(target=self.run)

    def add(self, name):
        one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        one.bind(str(self.folder / f"{name}.air"))
        one.setblocking(False)
        self.sockets[name] = one
        self.waiting.register(one, selectors.EVENT_READ, name)

    def send(self, name, datagram):
        try:
            self.sockets[name].sendto(datagram, str(self.folder / f"{name}.sock"))
        except OSError:  # it does not listen yet, or is behind
            pass

    def run(self):
        while not self.ended.is_set():
            for name in set(self.sockets) - set(self.names):
                self.send(name, b"\0")
            for key, _ in self.waiting.select(0.02):
                self.take(key.data, key.fileobj.recv(512))

    def take(self, name, frame):
        if frame[0] == 0:
            self.names[name] = frame[1:].split(b"\0")[0].decode()
            return
        if self.mute and frame[0] == MESSAGE:
            if name == "A":
                self.muted.set()
            return
        if frame[0] == PB_ADV and len(frame) > 6 and frame[6] == LINK_OPEN:
            now = time.monotonic()
            if now - self.opened.get(frame[1:5], -LINK_OPEN_PAUSE_S) < LINK_OPEN_PAUSE_S:
                return
            self.opened[frame[1:5]] = now
        if frame[0] == PB_ADV:
            frame = frame.ljust(PB_ADV_LEAST, b"\0")
        for other in self.sockets:
            if other != name:
                self.send(other, bytes([len(frame)]) + frame)


class Lab:
    """A bus, daemons, and the commands that use one of them."""

    def __init__(self, folder):
        self.folder = folder
        self.air = Air(folder)
        self.processes = []
        bus = self.start(
            [DBUS, "--session", "--nofork", "--nopidfile", "--print-address=1",
             f"--address=unix:path={folder}/bus"], stdout=subprocess.PIPE, text=True)
        self.bus = bus.stdout.readline().strip()
        for name in ("A", "B"):
            self.air.add(name)
            (folder / f"{name}.store").mkdir()
            # In this thread, at whose end the kernel ends them (PR_SET_PDEATHSIG).
            self.start([MESHD, "--nodetach", "--io", f"unit:{folder}/{name}.sock",
                        "--storage", folder / f"{name}.store"],
                       env={"DBUS_SESSION_BUS_ADDRESS": self.bus, "LD_PRELOAD": str(SHIM),
                            "TORGO_MESHD_AIR": f"{folder}/{name}.air"},
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.air.thread.start()
        end = time.monotonic() + LIMIT_S
        while len(self.air.names) < 2:
            assert time.monotonic() < end, "the daemons do not answer"
            self.air.ended.wait(0.02)

    def start(self, words, **more):
        process = subprocess.Popen(list(map(str, words)), **more)
        self.processes.append(process)
        return process

    def words(self, node, *words):
        return [TORGO, "mesh", *words, "--state", self.folder / f"{node}.node",
                "--bus", self.bus, "--daemon", self.air.names[node]]

    def environment(self):
        return {"HOME": str(self.folder), "PATH": os.environ["PATH"]}

    def run(self, node, *words):
        return subprocess.run(
            list(map(str, self.words(node, *words))), env=self.environment(), check=False,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT_S)

    def begin(self, node, *words):
        return self.start(self.words(node, *words), env=self.environment(), text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def close(self):
        for process in reversed(self.processes):
            process.kill()
            process.communicate()
        self.air.ended.set()
        self.air.thread.join()
        for one in self.air.sockets.values():
            one.close()


@pytest.fixture(name="lab")
def make_lab(tmp_path_factory):
    lab = Lab(tmp_path_factory.mktemp("m"))
    yield lab
    lab.close()


def good(done):
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_node_that_got_no_key_gets_it_from_the_next_run(lab):  # [CLI-51]
    joining = lab.begin("B", "join")
    uuid = joining.stdout.readline().strip()
    lab.air.mute = True
    killed = lab.begin("A", "provision", uuid)
    assert lab.air.muted.wait(LIMIT_S)  # the key, to a node that is in the network by now
    killed.kill()
    killed.communicate()
    away = lab.run("A", "provision", "--seconds", 8)
    assert away.returncode == 0 and "node 0002 was given an address earlier" in away.stderr
    lab.air.mute = False
    assert "Node 0002 of an earlier run has its key now." in good(
        lab.run("A", "provision", "--seconds", 12))
    told, _ = joining.communicate(timeout=LIMIT_S)
    assert joining.returncode == 0 and told.splitlines()[-1] == "0002"
    # An address whose device was never added holds nobody up, and is forgotten.
    node = lab.folder / "A.node"
    settled = node.read_bytes()
    node.write_bytes(settled + b"\x09\x00")
    began = time.monotonic()
    again = lab.run("A", "provision", "--seconds", 2)
    assert time.monotonic() - began < 4 and node.read_bytes() == settled
    assert again.returncode == 0 and not {"0002", "0009"} & set(
        re.findall("[0-9]{4}", again.stdout + again.stderr))


def test_a_machine_is_taken_in_and_messages_go_both_ways(lab):  # [CLI-51] [CLI-52]
    joining = lab.begin("B", "join")
    uuid = joining.stdout.readline().strip()
    assert len(uuid) == 32
    assert uuid in good(lab.run("A", "provision", "--seconds", 3)).splitlines()

    added = json.loads(good(lab.run("A", "provision", uuid, "--json")).splitlines()[-1])
    assert (added["uuid"], added["address"], added["elements"]) == (uuid, "0002", 1)
    told, _ = joining.communicate(timeout=LIMIT_S)
    assert joining.returncode == 0
    assert told.splitlines()[-1] == "0002"
    for node in ("A", "B"):
        assert (lab.folder / f"{node}.node").stat().st_mode & 0o777 == 0o600
    left = subprocess.run([TORGO, "receipt", "list", "--json"], env=lab.environment(), check=True,
                          capture_output=True, text=True, timeout=LIMIT_S).stdout.splitlines()
    commands = [(json.loads(one)["command"], json.loads(one)["outcome"]) for one in left]
    assert sorted(commands) == [("mesh join", "ok")] + [("mesh provision", "ok")] * 2  # RECEIPT-20

    for sender, receiver, address, text in (
        ("A", "B", "0002", "hello"), ("B", "A", "0001", "x" * 377), ("A", "B", "0002", "a\x1b[2Jb"),
    ):
        listening = lab.begin(receiver, "listen")
        assert listening.stdout.readline() == "Listening.\n"
        good(lab.run(sender, "send", address, text))
        heard, complaint = listening.communicate(timeout=LIMIT_S)
        assert listening.returncode == 0, complaint
        assert "\x1b" not in heard
        if "\x1b" not in text:
            assert heard.split() == ["0002" if sender == "B" else "0001", text]


def test_what_cannot_be_is_refused(lab):
    def refused(code, *words):
        done = lab.run("A", *words)
        assert done.returncode == code, done.stderr
        return done.stderr

    assert "torgo mesh join" in refused(1, "send", "0002", "hello")
    assert "four hexadecimal digits" in refused(2, "send", "2", "hello")
    assert "377" in refused(2, "send", "0002", "x" * 378)
    assert "32 hexadecimal digits" in refused(2, "provision", "abc")
    (lab.folder / "A.node").write_text("something else")
    assert "no file of a mesh node" in lab.run("A", "listen").stderr
    (lab.folder / "A.node").unlink()
    assert lab.run("A", "provision", "00" * 16, "--seconds", 2).returncode != 0
