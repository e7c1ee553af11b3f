"""Machines with fewer rights, and retention locks: what a thief of each can do.
PEER-17 PEER-22 PEER-47 CLI-34
"""

import datetime
import json
import random
import shutil
import time
from pathlib import Path

import nodes as network
import pytest
import support

PEER_DIGITS = 64


@pytest.fixture
def four(tmp_path):
    yield from network.served(tmp_path)


@pytest.fixture
def machine(four, tmp_path):
    return network.machine_on(four, tmp_path / "home")


@pytest.fixture
def laptop(machine, tmp_path):
    """Another machine: the descriptor file and the pass phrase, and no right at any node."""
    other = support.Machine(tmp_path / "laptop")
    other.descriptor.parent.mkdir(parents=True)
    shutil.copy(machine.descriptor, other.descriptor)
    support.make_data(other.data, seed=7)
    return other


def peer_id(machine):
    digits = machine.must("grant", "id").stdout.strip()
    assert len(digits) == PEER_DIGITS
    return digits


def refused(machine, *words, code=1):
    done = machine.run(*words)
    assert done.returncode == code, f"{done.returncode}: {done.stdout}{done.stderr}"
    return done.stderr


def grants(machine):
    said = machine.must("grant", "list", "--json").stdout
    return [json.loads(line) for line in said.splitlines()]


def let(machine, other, *rights, words=()):
    for right in rights:
        machine.must("grant", right, "--to", peer_id(other), "--label", "laptop", *words)


def new_key(machine):
    path = machine.home / "key"
    path.write_bytes(random.Random(1).randbytes(64))
    return path


def key_ids(machine):
    said = machine.must("key", "list", "--json").stdout
    return [json.loads(line)["id"] for line in said.splitlines()]


def own_key(machine):
    said = machine.must("key", "list", "--json").stdout
    return [one["id"] for one in map(json.loads, said.splitlines()) if one["current"]]


def test_a_stranger_with_the_pass_phrase_gets_nothing(machine, laptop):
    said = refused(laptop, "snapshots", code=10)
    assert "none lets this machine see it" in said, said


def test_a_backup_client_adds_and_never_destroys(four, machine, laptop):
    let(machine, laptop, "write", "read")
    mine = [one for one in grants(machine) if one["label"] == "laptop"]
    assert {one["rights"] for one in mine} == {"write", "read"}
    saved = laptop.backup()
    laptop.expect_restores(saved, laptop.data)
    machine.expect_restores(saved, laptop.data, laptop.data)
    # Giving itself more, taking rights from others, locking, removing keys: all for an admin.
    said = refused(laptop, "grant", "admin", "--to", peer_id(laptop))
    assert "no right to that" in said, said
    founder = next(one for one in grants(machine) if one["label"] == "recovery kit")
    assert "no right to that" in refused(laptop, "grant", "revoke", founder["id"])
    assert "no right to that" in refused(laptop, "lock", "set", "--for", "1d")
    machine.must("key", "add", "--new-key-file", new_key(machine))
    keys = key_ids(machine)
    for key in keys:
        laptop.run("key", "remove", key)
    assert key_ids(machine) == keys
    machine.expect_check_is_clean()


def test_who_may_write_alone_reads_nothing(machine, laptop):
    let(machine, laptop, "write")
    assert laptop.run("snapshots").returncode != 0
    assert laptop.run("backup", laptop.data).returncode != 0


def test_a_verifier_sees_what_is_missing_and_no_key(machine, laptop):
    let(machine, laptop, "verify")
    said = laptop.run("status")
    assert "heads" in said.stdout, said.stdout + said.stderr
    assert laptop.run("snapshots").returncode != 0
    assert laptop.run("backup", laptop.data).returncode != 0


def test_a_revoked_machine_is_refused_for_good(machine, laptop):
    let(machine, laptop, "write", "read")
    laptop.backup()
    mine = next(one for one in grants(machine) if one["label"] == "laptop")
    machine.must("grant", "revoke", mine["id"])
    assert {one["state"] for one in grants(machine) if one["peer"] == mine["peer"]} == {"revoked"}
    assert laptop.run("backup", laptop.data).returncode != 0
    said = refused(machine, "grant", "write", "--to", mine["peer"])
    assert "revoked" in said, said
    machine.expect_first_restores()


def test_rights_end(machine, laptop):
    """The nodes' clocks are what is asked: an end that is near, and has come."""
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=6)
    until = f"{end:%Y-%m-%dT%H:%M:%SZ}"
    let(machine, laptop, "write", "read", words=("--until", until))
    laptop.must("snapshots")
    while datetime.datetime.now(datetime.timezone.utc) <= end:
        time.sleep(0.1)
    assert laptop.run("snapshots").returncode != 0
    assert {one["state"] for one in grants(machine) if one["label"] == "laptop"} == {"ended"}


def test_a_lock_outlasts_stolen_keys_and_ends_at_the_nodes(four, machine):
    machine.must("key", "add", "--new-key-file", new_key(machine))
    keys = key_ids(machine)
    lock = json.loads(machine.must("lock", "set", "--for", "30d", "--label", "winter",
                                   "--json").stdout)
    assert lock["heads"] == len(four)
    shown = machine.must("lock", "list").stdout
    assert "winter" in shown and "1, 2, 3, 4" in shown, shown
    for key in keys:
        machine.run("key", "remove", key)
    assert key_ids(machine) == keys
    said = refused(machine, "lock", "release", lock["id"])
    assert "stands until" in said, said
    machine.expect_first_restores()
    for node in four:
        at_node = ["node", "release", lock["id"], "--folder", node.folder]
        assert "--early" in refused(machine, *at_node)
        assert "winter" in machine.must("node", "locks", "--folder", node.folder).stdout
        # PEER-50: nobody knows any more until when it stands, so it does.
        (held,) = Path(node.folder).glob(f"repositories/*/head/roots/lock-{lock['id']}")
        held.write_bytes(held.read_bytes()[:50])
        assert "can not be read" in machine.must("node", "locks", "--folder", node.folder).stdout
        assert "--early" in refused(machine, *at_node)
        machine.must(*at_node, "--early")
    machine.must("key", "remove", next(key for key in keys if key not in own_key(machine)))
    assert len(key_ids(machine)) == len(keys) - 1


def test_what_was_deleted_comes_back_from_nodes_that_keep_it(tmp_path):
    begin = lambda node: node.begin("--keep", "30")  # noqa: E731
    for four in network.served(tmp_path, begin=begin):
        machine = network.machine_on(four, tmp_path / "home")
        machine.must("key", "add", "--new-key-file", new_key(machine))
        keys = key_ids(machine)
        machine.must("key", "remove", next(key for key in keys if key not in own_key(machine)))
        assert len(key_ids(machine)) == len(keys) - 1
        repository = machine.descriptor.read_text().split('repository = "')[1].split('"')[0]
        for node in four:
            at_node = ["node", "retrieve", repository, "--folder", node.folder]
            assert "runs in" in refused(machine, *at_node)
            node.stop()
            assert "1 root put back" in machine.must(*at_node).stdout
            node.start("--keep", "30")
        assert key_ids(machine) == keys
