"""What the tests of survival share: a machine of its own for each, made by copying one that has a
repository of four heads and one snapshot, and the questions that are asked of it afterwards.
"""

import hashlib
import json
import os
import pathlib
import random
import shutil
import socket
import subprocess

TORGO = pathlib.Path(os.environ.get("TORGO", "torgo"))
TIME_LIMIT_S = 120
PASSWORD = "lapse twig fumes reply ozone shred"
# Below those that the kernel gives to whoever asks for any, and above those of the private Tor
# network: nobody else gets one before the program that it is for.
PORTS = range(32_000, 32_768)
_given_ports = set()


def free_port():
    """A port of 127.0.0.1 that nobody has, and that was not given before."""
    while True:
        port = random.SystemRandom().choice(PORTS)
        if port in _given_ports:
            continue
        with socket.socket() as door:
            try:
                door.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given_ports.add(port)
        return port


class Machine:
    """A home folder with everything in it: heads, descriptor file, cache, state, data."""

    def __init__(self, home):
        self.home = home
        self.data = home / "data"
        self.heads = [home / "heads" / str(i) for i in range(1, 5)]
        self.descriptor = home / ".config/torgo/default.torgo"
        self.first = None  # the id of the snapshot that the machine came with
        self.first_data = None  # where its data was, and is

    def environment(self, **more):
        return {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "TORGO_PASSWORD": PASSWORD,
            "TZ": "UTC",
            "LANG": "C.UTF-8",
            **more,
        }

    def start(self, *words, env=None):
        return subprocess.Popen(
            [TORGO, *map(str, words)], cwd=self.home, env=env or self.environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )

    def run(self, *words, env=None, **more):
        if "input" not in more:
            more["stdin"] = subprocess.DEVNULL
        return subprocess.run(
            [TORGO, *map(str, words)], cwd=self.home, env=env or self.environment(),
            capture_output=True, text=True, check=False, timeout=TIME_LIMIT_S, **more,
        )

    def must(self, *words, **more):
        done = self.run(*words, **more)
        assert done.returncode == 0, f"torgo {words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def backup(self, *words):
        """A backup that must succeed; gives the snapshot's id."""
        return saved_snapshot(self.must("backup", self.data, "--json", *words).stdout)

    def expect_restores(self, snapshot, truth, saved_at=None):
        """`truth`: a folder with what was saved; `diff -r` is the judge."""
        target = self.home / "back"
        shutil.rmtree(target, ignore_errors=True)
        self.must("restore", f"{snapshot}:{saved_at or self.data}", "--target", target)
        compared = subprocess.run(["diff", "-r", truth, target], capture_output=True, text=True,
                                  check=False)
        assert compared.returncode == 0, compared.stdout[:2000]
        shutil.rmtree(target)

    def expect_first_restores(self):
        self.expect_restores(self.first, self.first_data, self.first_data)

    def expect_whole_once_healed(self):
        """A session that died may have left its last record on some heads only."""
        done = self.run("check")
        if done.returncode == 0:
            return
        warnings = [line for line in done.stderr.splitlines() if "warning" in line]
        assert done.returncode == 1 and warnings, done.stdout + done.stderr
        assert all(" is missing on " in line for line in warnings), done.stderr
        self.must("heal")
        self.must("check")

    def expect_check_is_clean(self):
        self.must("check", "--read-data")


def saved_snapshot(stdout):
    """The id in the summary that `backup --json` printed, or nothing."""
    for line in stdout.splitlines():
        if '"message_type":"summary"' in line:
            return json.loads(line)["snapshot_id"]
    return None


def copy_machine(machine, home):
    """Another machine with the same content; its descriptor file names its own heads."""
    shutil.copytree(machine.home, home, symlinks=True, dirs_exist_ok=True)
    copy = Machine(home)
    text = copy.descriptor.read_text().replace(str(machine.home), str(home))
    copy.descriptor.write_text(text)
    copy.first, copy.first_data = machine.first, machine.first_data
    return copy


def make_data(folder, seed=1):
    chance = random.Random(seed)
    (folder / "small").mkdir(parents=True)
    for i in range(60):
        (folder / "small" / f"file{i}").write_bytes(chance.randbytes(100 + 37 * i))
    (folder / "large").write_bytes(chance.randbytes(3_000_000))
    (folder / os.fsdecode(b"odd-\xff\n-name")).write_text("x")


def make_machine(home):
    machine = Machine(home)
    home.mkdir(exist_ok=True)
    make_data(machine.data)
    heads = [word for head in machine.heads for word in ("--head", head)]
    machine.must("init", "--kdf-memory", "64", "--recovery-kit", home / "kit.txt", *heads)
    machine.first, machine.first_data = machine.backup(), machine.data
    return machine


def hash_of_heads(machine):
    """Names and bytes of everything on the heads."""
    hasher = hashlib.sha256()
    for head in machine.heads:
        for path in sorted(head.rglob("*")):
            hasher.update(str(path).encode())
            if path.is_file():
                hasher.update(hashlib.sha256(path.read_bytes()).digest())
    return hasher.hexdigest()
