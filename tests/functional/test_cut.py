"""A network that is cut in two: each side has another half of the nodes, and goes on by itself."""

import json

import nodes as network
import pytest
from test_rights import let
from test_rights import laptop  # noqa: F401 (a fixture)


@pytest.fixture
def four(tmp_path):
    yield from network.served(tmp_path)


@pytest.fixture
def machine(four, tmp_path):
    return network.machine_on(four, tmp_path / "home")


def seen_by(machine):
    lines = machine.must("snapshots", "--json").stdout.splitlines()
    return {json.loads(line)["id"] for line in lines}


def spooled(machine):
    done = machine.must("backup", machine.data, "--spool", "--json")
    said = [json.loads(line) for line in done.stdout.splitlines()]
    return next(one["snapshot_id"] for one in said if one["message_type"] == "summary")


# Neither side may take what it has for the whole: a record that two heads have counts for nobody
# else, and after the cut both sides' snapshots are there, each whole, none instead of the other.
def test_both_sides_save_and_both_snapshots_are_there_when_it_is_whole_again(
    four, machine, laptop  # noqa: F811
):
    let(machine, laptop, "write", "read")
    laptop.backup()
    before = seen_by(machine)

    for node in four[2:]:
        node.kill()
    (machine.data / "left").write_text("written on the left side")
    left = spooled(machine)

    for node in four[:2]:
        node.kill()
    for node in four[2:]:
        node.start()
    (laptop.data / "right").write_text("written on the right side")
    right = spooled(laptop)
    assert left not in seen_by(laptop)
    assert right in seen_by(laptop)

    for node in four[:2]:
        node.start()
    assert right not in seen_by(machine), "a record on two heads counts for its writer alone"
    machine.must("sync")
    laptop.must("sync")
    assert seen_by(machine) == seen_by(laptop) == before | {left, right}
    machine.expect_check_is_clean()

    for node in four[1:3]:
        node.kill()
    machine.expect_restores(left, machine.data)
    machine.expect_restores(right, laptop.data, laptop.data)
