"""Nodes for tests: real `torgo start` processes, straight over loopback or behind onion services of
a private Tor network.
"""

import re
import shutil
import subprocess
import time

import support

START_LIMIT_S = 120  # an onion service on a busy machine
POLL_S = 0.05


class Node:
    """One node with a folder of its own."""

    def __init__(self, folder, torrc=None):
        self.folder = folder
        self.torrc = torrc
        self.log = folder.with_suffix(".log")
        self.process = None
        self.port = 0
        folder.parent.mkdir(parents=True, exist_ok=True)

    def environment(self):
        home = self.folder.with_suffix(".home")
        home.mkdir(exist_ok=True)
        environment = support.Machine(home).environment()
        if self.torrc:
            environment["TORGO_TOR_CONFIG"] = str(self.torrc)
        return environment

    def begin(self, *words):
        how = [] if self.torrc else ["--no-onion", "--listen", f"127.0.0.1:{self.port}"]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [support.TORGO, "start", "--folder", self.folder,
                 *([] if "--metrics" in words else ["--metrics", "off"]), *how, *words],
                env=self.environment(), stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT)
        return self

    def wait(self):
        pattern = r"^reachable at (\S+)," if self.torrc else r"^Listens on 127\.0\.0\.1:(\d+)$"
        found = self.wait_for(pattern)
        if not self.torrc:
            self.port = int(found[1])
        return self

    def wait_for(self, pattern):
        end = time.monotonic() + START_LIMIT_S
        while time.monotonic() < end and self.process.poll() is None:
            if found := re.search(pattern, self.said(), re.MULTILINE):
                return found
            time.sleep(POLL_S)
        raise AssertionError(f"{pattern} was not said:\n{self.said()}")

    def said(self):
        return self.log.read_text(errors="replace")

    def start(self, *words):
        return self.begin(*words).wait()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Gives the exit code."""
        self.process.terminate()
        return self.process.wait(timeout=support.TIME_LIMIT_S)

    def end(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def invite(self, *words):
        done = subprocess.run(
            [support.TORGO, "node", "invite", "--quiet", "--folder", self.folder, *words],
            env=self.environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def destroy(self):
        self.end()
        shutil.rmtree(self.folder)


def served(folder, count=4, begin=Node.begin):
    """Nodes that run, as long as a fixture yields them; `begin` starts one."""
    made = [begin(Node(folder / f"n{i}")) for i in range(1, count + 1)]
    for node in made:
        node.wait()
    yield made
    for node in made:
        node.end()
    shutil.rmtree(folder, ignore_errors=True)


def machine_on(nodes, home, environment=None, words=()):
    """A machine whose repository lies on the nodes, with one snapshot; `words` go to `init`."""
    machine = support.Machine(home)
    if environment:
        usual = machine.environment
        machine.environment = lambda **more: usual(**{**environment, **more})
    home.mkdir()
    support.make_data(machine.data)
    heads = [word for node in nodes for word in ("--head", node.invite())]
    machine.must("init", "--kdf-memory", "64", "--recovery-kit", home / "kit.txt", *words, *heads)
    machine.first, machine.first_data = machine.backup(), home / "truth"
    shutil.copytree(machine.data, machine.first_data)
    machine.expect_first_restores = lambda: machine.expect_restores(
        machine.first, machine.first_data, machine.data)
    return machine
