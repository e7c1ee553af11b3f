"""The spool: backups while nodes are away, and `torgo sync` when they are back, killed, resumed."""

import json
import random
import shutil
import time

import nodes as network
import pytest
import support


@pytest.fixture
def four(tmp_path):
    yield from network.served(tmp_path)


@pytest.fixture
def machine(four, tmp_path):
    return network.machine_on(four, tmp_path / "home")


def spool_folder(machine):
    state = machine.home / ".local/state/torgo"
    return next(state.glob("*/spool-folder")).read_text().strip()


def summary(done):
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    return next(one for one in objects if one["message_type"] == "summary")


def add_data(machine, name, size, seed):
    folder = machine.data / name
    folder.mkdir(exist_ok=True)
    (folder / "large").write_bytes(random.Random(seed).randbytes(size))
    return folder


def waiting_segments(machine):
    path = machine.home.joinpath(spool_folder(machine))
    return sum(1 for part in "1234" for _ in (path / part / "segments").rglob("*")
               if _.is_file())


# CLI-26 CLI-27 CLI-28
def test_two_nodes_are_away_during_a_backup_and_get_their_share_later(four, machine):
    add_data(machine, "new", 9_000_000, 11)
    four[2].kill()
    four[3].kill()
    assert machine.run("backup", machine.data).returncode == 1, "no spool was chosen"
    done = machine.must("backup", machine.data, "--spool")
    # Two heads have the data; the record that names it waits until three have.
    assert "is safe only on this machine until \"torgo sync\": " in done.stdout, done.stdout
    assert "wait for heads 1, 2, 3, 4" in done.stdout
    snapshot = json.loads(machine.must("snapshots", "latest", "--json").stdout)["id"]
    machine.expect_restores(snapshot, machine.data)
    # To others the snapshot is not there yet: too few heads have it.
    assert not list(four[0].folder.rglob(f"snapshot-{snapshot}"))
    status = machine.run("status")
    assert status.returncode == 1 and "torgo sync: " in status.stdout, status.stdout
    assert "wait for heads 1, 2, 3, 4" in machine.run("doctor").stdout
    still = machine.run("sync")
    assert still.returncode == 1 and "wait for heads" in still.stdout, still.stdout
    refused = machine.run("backup", machine.data)
    assert refused.returncode == 1 and "torgo sync" in refused.stderr, refused.stderr
    four[2].start()
    four[3].start()
    synced = machine.must("sync")
    assert "Nothing waits any more." in synced.stdout, synced.stdout
    assert "Everything has its full redundancy." in synced.stdout, synced.stdout
    assert all(list(node.folder.rglob(f"snapshot-{snapshot}")) for node in four)
    again = machine.must("sync", "--json")
    assert summary(again)["complete"]
    shutil.rmtree(spool_folder(machine))
    shutil.rmtree(machine.home / ".cache")
    machine.expect_check_is_clean()
    four[0].kill()
    four[1].kill()
    machine.expect_restores(snapshot, machine.data)


def test_all_nodes_are_away_and_the_machine_goes_on_alone(four, machine):
    machine.backup("--spool")  # it takes what opens the repository
    for node in four:
        node.kill()
    new = add_data(machine, "new", 5_000_000, 2)
    done = machine.must("backup", machine.data, "--spool", "--json")
    said = summary(done)
    assert len(said["waiting_heads"]) == 4 and said["bytes_waiting"] > 9_000_000, said
    assert said["files_new"] == 1 and said["files_changed"] == 0, "the parent was read"
    snapshot = said["snapshot_id"]
    machine.expect_restores(snapshot, new, new)
    text = machine.must("backup", machine.data, "--spool").stdout
    assert "is safe only on this machine until" in text, text
    assert machine.run("sync").returncode == 1
    for node in four:
        node.start()
    watching = machine.start("sync", "--watch")
    said = iter(watching.stdout.readline, "")
    assert any("Nothing waits any more." in line for line in said)
    watching.terminate()
    watching.communicate(timeout=support.TIME_LIMIT_S)
    assert watching.returncode == 130
    shutil.rmtree(spool_folder(machine))
    machine.expect_check_is_clean()
    machine.expect_restores(snapshot, machine.data)


def test_a_sync_that_is_killed_at_any_moment_goes_on(four, machine):
    machine.backup("--spool")
    for node in four:
        node.kill()
    add_data(machine, "new", 30_000_000, 3)
    snapshot = summary(machine.must("backup", machine.data, "--spool", "--json"))["snapshot_id"]
    for node in four:
        node.start()
    before = waiting_segments(machine)
    chance = random.Random(4)
    for _ in range(5):
        program = machine.start("sync")
        time.sleep(chance.uniform(0.05, 0.5))
        program.kill()
        program.communicate()
        assert waiting_segments(machine) <= before
        machine.expect_restores(snapshot, machine.data)
    machine.must("sync")
    assert waiting_segments(machine) == 0
    machine.expect_check_is_clean()


# SPOOL-4
def test_a_full_spool_is_an_error_that_names_the_limit(four, machine):
    machine.backup("--spool")
    snapshots = machine.must("snapshots").stdout
    for node in four[1:]:
        node.kill()
    add_data(machine, "new", 9_000_000, 5)
    failed = machine.run("backup", machine.data, "--spool", "--spool-limit", "4M")
    assert failed.returncode == 1
    assert "reached its limit of 4 MiB" in failed.stderr, failed.stderr
    assert machine.must("snapshots").stdout == snapshots
    for node in four[1:]:
        node.start()
    machine.run("sync")
    machine.expect_whole_once_healed()
    machine.expect_first_restores()


# CLI-27
def test_a_spool_elsewhere_is_found_by_every_command(four, machine, tmp_path):
    place = tmp_path / "stick"
    four[1].kill()
    new = add_data(machine, "new", 1_000_000, 6)
    done = machine.must("backup", machine.data, f"--spool={place}")
    assert "is safe on 3 of 4 heads until \"torgo sync\": " in done.stdout, done.stdout
    assert spool_folder(machine).startswith(str(place))
    refused = machine.run("backup", machine.data, f"--spool={tmp_path / 'other'}")
    assert refused.returncode == 2 and "torgo sync" in refused.stderr, refused.stderr
    four[0].kill()
    machine.must("restore", f"latest:{new}", "--target", machine.home / "back")
    four[0].start()
    four[1].start()
    machine.must("sync")
    machine.must("backup", machine.data, f"--spool={tmp_path / 'other'}")
    machine.expect_check_is_clean()
