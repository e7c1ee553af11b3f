"""A node that strangers flood: bench/net_load.py is the strangers, row N4 the large version."""

import contextlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import time
import urllib.request

import nodes as network
import pytest
import support

LOAD = pathlib.Path(__file__).parents[2] / "bench/net_load.py"
COUNT = 4
LIMIT_S = 60
POLL_S = 0.1
# 512 connections of 83 KiB and 128 requests at once of 626 KiB (docs/design/node-server.md).
MEMORY_MAX = (512 * 83 + 128 * 626) * 1024


class Strangers:
    def __init__(self, node, folder):
        folder.mkdir()
        self.process = subprocess.Popen(
            [sys.executable, LOAD, "127.0.0.1", str(node.port), folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def do(self, order):
        """What happened to all of them so far."""
        self.process.stdin.write(order + "\n")
        self.process.stdin.flush()
        said = self.process.stdout.readline()
        assert said, f"the strangers ended at {order}"
        return json.loads(said)

    def wait_for(self, **counts):
        end = time.monotonic() + LIMIT_S
        while any((said := self.do("look")).get(name, 0) < count
                  for name, count in counts.items()):
            assert time.monotonic() < end, f"{counts} did not happen: {said}"
            time.sleep(POLL_S)

    def end(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()


@pytest.fixture
def machine(tmp_path):
    """One whose first node can be asked for `metrics`; `nodes` are all of them."""
    made = [network.Node(tmp_path / f"n{i}") for i in range(1, COUNT + 1)]
    metrics = f"127.0.0.1:{support.free_port()}"
    try:
        made[0].start("--metrics", metrics)
        for node in made[1:]:
            node.start()
        machine = network.machine_on(made, tmp_path / "home")
        machine.nodes, machine.metrics = made, metrics
        yield machine
    finally:
        for node in made:
            node.end()
        shutil.rmtree(tmp_path, ignore_errors=True)


def peak_memory(node):
    status = pathlib.Path(f"/proc/{node.process.pid}/status").read_text()
    return int(re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)[1]) * 1024


def counted(machine, name):
    with urllib.request.urlopen(f"http://{machine.metrics}/metrics", timeout=10) as page:
        text = page.read().decode()
    return sum(map(int, re.findall(rf"^torgo_server_{name}(?:\{{.*\}})? (\d+)$", text, re.M)))


def test_a_flood_of_strangers_neither_stops_a_node_nor_grows_it(machine, tmp_path):
    flooded = machine.nodes[0]
    before = peak_memory(flooded)
    strangers = Strangers(flooded, tmp_path / "strangers")
    try:
        strangers.do("idle 700 60")  # more than a node takes
        strangers.do("busy 50")
        strangers.do("slow 20")
        strangers.do("broken 40")
        strangers.wait_for(slow_bytes=40, broken_sent=80, broken_thrown_out=40, status_403=200)
        assert counted(machine, "handshakes_failed_total") > 500  # those that never began one
        assert counted(machine, "bad_heads_total") > 0
        # The flooded node and one more: both are needed.
        machine.nodes[1].kill()
        machine.nodes[2].kill()
        machine.expect_first_restores()
        for node in machine.nodes[1:3]:
            node.start()
        (machine.data / "new").write_bytes(b"written in the flood" * 50_000)
        snapshot = support.saved_snapshot(
            machine.must("backup", machine.data, "--json").stdout)
        assert snapshot
    finally:
        strangers.end()
    assert peak_memory(flooded) - before < MEMORY_MAX
    machine.must("heal")  # whoever was slow in the flood
    machine.expect_check_is_clean()
    machine.expect_restores(snapshot, machine.data)
    assert flooded.stop() == 0
