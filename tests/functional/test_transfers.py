"""What both ends wrote down of their transfers, compared; and what was done to one of them."""

import json
import random
import shutil
import signal
import time

import nodes as network
import pytest
import support

COUNT = 4
MARKS = ".local/state/torgo/*/receipts/*/run-*"


@pytest.fixture
def four(tmp_path):
    yield from network.served(tmp_path)


@pytest.fixture
def machine(four, tmp_path):
    return network.machine_on(four, tmp_path / "home")


def reconcile(machine, code):
    """The objects that it prints, by their type."""
    environment = machine.environment()
    del environment["TORGO_PASSWORD"]
    done = machine.run("receipt", "reconcile", "--json", env=environment)
    assert done.returncode == code, f"{done.returncode}: {done.stdout}{done.stderr}"
    found = {"head": [], "fault": [], "difference": [], "summary": []}
    for line in done.stdout.splitlines():
        one = json.loads(line)
        found[one["message_type"]].append(one)
    return found


def batches(node):
    return sorted((node.folder / "repositories").glob("*/receipts/*.ledger"))


def restarted(node):
    assert node.stop() == 0
    return node


def test_both_ends_agree_after_a_backup_and_a_restore(four, machine):
    machine.expect_first_restores()
    found = reconcile(machine, 0)
    assert found["summary"][0]["compared"] > 50
    assert found["difference"] == [] and found["fault"] == []
    assert [one["state"] for one in found["head"]] == ["compared"] * COUNT
    listed = [json.loads(line) for line in
              machine.must("receipt", "transfers", "--json").stdout.splitlines()]
    assert len(listed) == found["summary"][0]["compared"]
    assert {"put segment", "get segment", "put root", "get root"} <= {one["kind"] for one in listed}
    for node in four:
        assert list((node.folder / "repositories").glob("*/mirrors/*/*.ledger"))
    for left in (four[1].folder / "repositories").glob("*/mirrors/*/*.ledger"):
        left.unlink()
    found = reconcile(machine, 1)
    assert [one["fault"] for one in found["fault"]] == ["not mirrored"]
    reconcile(machine, 0)  # left again
    machine.backup()
    for node in four:  # a node that ends well has written all
        restarted(node).start()
    reconcile(machine, 0)


def mirrored(node):
    return sorted((node.folder / "repositories").glob("*/mirrors/*/*.ledger"))


# CLI-33
def test_each_command_leaves_its_receipts_with_the_nodes(four, machine):
    before = [len(mirrored(node)) for node in four]
    assert all(before), before
    four[1].kill()
    machine.backup()
    after = [len(mirrored(node)) for node in four]
    assert [new - old for new, old in zip(after, before)] == [1, 0, 1, 1]
    four[1].start()
    machine.must("snapshots")
    assert len({tuple(path.name for path in mirrored(node)) for node in four}) == 1


def test_a_node_that_hangs_does_not_hold_the_end_of_a_command_up(four, machine):
    program = machine.start("backup", machine.data, "--json")
    line = program.stdout.readline()
    while line and '"summary"' not in line:
        line = program.stdout.readline()
    four[0].process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    program.communicate(timeout=support.TIME_LIMIT_S)
    took = time.monotonic() - began
    four[0].process.send_signal(signal.SIGCONT)
    assert program.returncode == 0
    assert took < 6, f"{took:.1f} s"


def test_a_batch_that_a_node_took_away_and_one_that_it_changed_are_named(four, machine):
    for _ in range(3):
        machine.backup()
        reconcile(machine, 0)  # asking closes a batch
    restarted(four[0])
    restarted(four[1])
    gone = batches(four[0])[1]
    gone.unlink()
    changed = batches(four[1])[1]
    content = bytearray(changed.read_bytes())
    content[2100] ^= 1
    changed.write_bytes(content)
    four[0].start()
    four[1].start()
    found = reconcile(machine, 1)
    assert [(one["fault"], one["batch"]) for one in found["fault"]] == [
        ("missing", 2), ("damaged", 1)]
    lost = [one for one in found["difference"] if one["difference"] == "lost"]
    assert lost and {one["cause"] for one in lost} == {"damaged"}
    assert {one["head"] for one in lost} == {
        one["head"] for one in found["head"][:2]}, "and of no other"
    batches(four[2])[-1].unlink()
    assert "cut" in {one["fault"] for one in reconcile(machine, 1)["fault"]}


def test_receipts_lost_in_a_crash_are_told_from_lies(four, machine):
    reconcile(machine, 0)
    machine.backup()
    four[0].kill()
    four[0].start()
    found = reconcile(machine, 1)
    assert found["fault"] == []
    lost = found["difference"]
    assert lost and {(one["difference"], one["cause"]) for one in lost} == {("lost", "unfinished")}
    (machine.data / "more").write_bytes(random.Random(3).randbytes(60_000_000))
    program = machine.start("backup", machine.data)
    while program.poll() is None and not list(machine.home.glob(MARKS)):
        time.sleep(network.POLL_S)
    program.kill()
    program.communicate()
    assert list(machine.home.glob(MARKS)), "it had receipts to write"
    found = reconcile(machine, 1)
    extra = [one for one in found["difference"] if one["difference"] == "extra"]
    assert all(one["cause"] == "unfinished" and one["explained"] for one in extra), extra


def test_a_ledger_that_this_machine_lost_leaves_what_the_nodes_have(four, machine):
    state = machine.home / ".local/state/torgo"
    for folder in state.glob("*/receipts/*"):
        shutil.rmtree(folder)
    found = reconcile(machine, 1)
    assert found["summary"][0]["compared"] == 0
    assert {(one["difference"], one["cause"]) for one in found["difference"]} == {
        ("extra", "none")}
    assert found["summary"][0]["unreachable"] == 0


def test_heads_in_folders_are_said_to_keep_none(tmp_path):
    machine = support.make_machine(tmp_path / "home")
    found = reconcile(machine, 0)
    assert [one["state"] for one in found["head"]] == ["no records"] * COUNT
    assert machine.must("receipt", "transfers", "--json").stdout == ""
    assert not list((machine.home / ".local/state/torgo").glob("*/receipts"))


def test_two_machines_of_one_owner_do_not_disturb_each_other(four, machine, tmp_path):
    other = support.Machine(tmp_path / "other")
    other.home.mkdir()
    other.must("init", "--recover", "--kit", machine.home / "kit.txt")
    shutil.copytree(machine.data, other.data)
    programs = [one.start("backup", one.data) for one in (machine, other, machine)]
    for program in programs:
        said, errors = program.communicate(timeout=support.TIME_LIMIT_S)
        assert program.returncode == 0, said + errors
    for one in (machine, other):
        assert reconcile(one, 0)["difference"] == []
