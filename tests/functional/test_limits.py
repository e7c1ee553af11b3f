"""Limits of bandwidth, measured: clients towards nodes and folders, and nodes towards clients.
CLI-29
"""

import datetime
import json
import random
import shutil
import time

import nodes as network
import pytest
import support

MIB = 1 << 20
SIZE = 8_000_000
TOLERANCE = 0.2


@pytest.fixture
def four(tmp_path):
    yield from network.served(tmp_path)


@pytest.fixture
def machine(four, tmp_path):
    made = network.machine_on(four, tmp_path / "home")
    (made.data / "large").write_bytes(random.Random(3).randbytes(SIZE))
    return made


def summary(done):
    return json.loads(done.stdout.splitlines()[-1])


def timed(machine, *words):
    began = time.monotonic()
    done = machine.must(*words, "--json")
    return summary(done), time.monotonic() - began


def begun(machine, *words):
    """What a command takes before and after what is limited: it has nothing to do."""
    began = time.monotonic()
    machine.must(*words, "--json")
    return time.monotonic() - began


def expect_rate(size, seconds, rate):
    assert abs(size / seconds / rate - 1) <= TOLERANCE, f"{size / seconds / MIB:.2f} MiB/s"


def hours_around_now():
    now = datetime.datetime.now(datetime.timezone.utc)
    hour = datetime.timedelta(hours=1)
    return f"{now - hour:%H:%M}-{now + 2 * hour:%H:%M}"


def test_a_backup_to_nodes_keeps_to_its_limit_and_takes_it(machine):
    idle = begun(machine, "backup", machine.first_data)
    saved, took = timed(machine, "backup", machine.data, "--limit-upload", "4M")
    assert saved["bytes_heads"] >= 2 * SIZE
    expect_rate(saved["bytes_heads"], took - idle, 4 * MIB)
    machine.expect_restores(saved["snapshot_id"], machine.data)


def test_a_restore_from_nodes_keeps_to_its_limit(machine):
    snapshot = machine.backup()
    target = machine.home / "back"
    idle = begun(machine, "restore", f"{snapshot}:{machine.data}/small", "--target", target)
    shutil.rmtree(target)
    _, took = timed(machine, "restore", snapshot, "--target", target, "--limit-download", "2M")
    expect_rate(SIZE, took - idle, 2 * MIB)
    shutil.rmtree(target)


def test_off_peak_the_limit_does_not_hold(machine):
    _, took = timed(machine, "backup", machine.data, "--limit-upload", "256K",
                    "--off-peak", hours_around_now())
    assert took < SIZE * 2 / (256 << 10) / 4, f"{took:.1f} s"


def test_a_folder_keeps_to_the_limit_as_well(first_machine, tmp_path):
    machine = support.copy_machine(first_machine, tmp_path / "home")
    (machine.data / "large").write_bytes(random.Random(4).randbytes(SIZE))
    idle = begun(machine, "backup", machine.first_data)
    saved, took = timed(machine, "backup", machine.data, "--limit-upload", "4M")
    expect_rate(saved["bytes_heads"], took - idle, 4 * MIB)


def test_a_node_keeps_to_its_own_limit(tmp_path):
    begin = lambda node: node.begin("--limit-repository", "1M")  # noqa: E731
    for four in network.served(tmp_path, begin=begin):
        machine = network.machine_on(four, tmp_path / "home")
        (machine.data / "large").write_bytes(random.Random(5).randbytes(SIZE))
        idle = begun(machine, "backup", machine.first_data)
        saved, took = timed(machine, "backup", machine.data)
        expect_rate(saved["bytes_heads"] / len(four), took - idle, MIB)
        machine.expect_restores(saved["snapshot_id"], machine.data)
