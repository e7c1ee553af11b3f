"""Heads that are groups: real nodes in four groups, killed, replaced and healed; and folders."""

import datetime
import json
import shutil
import time

import nodes as network
import pytest
import support

GROUPS = 4
MEMBERS = 3  # of each group, each a domain of its own; 6 of 12 puts one segment of a pack on each


def write_groups(machine, groups):
    """`groups`: for each group the members, as {domain: [what stands in the file]}."""
    file = machine.home / ".config/torgo/groups.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(
        f"[group.{name}.{domain}]\nmembers = {json.dumps(list(map(str, members)))}\n"
        for name, domains in groups.items() for domain, members in domains.items()))


def group_heads():
    return [word for i in range(GROUPS) for word in ("--head", f"group://g{i}")]


def status(machine):
    done = machine.run("status", "--json")
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    heads = [one for one in objects if one["message_type"] == "head"]
    return done.returncode, heads, objects[-1]


@pytest.fixture
def twelve(tmp_path):
    yield from network.served(tmp_path, count=GROUPS * MEMBERS)


@pytest.fixture
def machine(twelve, tmp_path):
    machine = support.Machine(tmp_path / "home")
    machine.home.mkdir()
    support.make_data(machine.data)
    write_groups(machine, {
        f"g{i}": {f"site-{j}": [node.invite()] for j, node in enumerate(group)}
        for i, group in enumerate(in_groups(twelve))})
    machine.must("init", "--kdf-memory", "64", "--mode", "512", "--code", "6/12", "--recovery-kit",
                 machine.home / "kit.txt", *group_heads())
    machine.first, machine.first_data = machine.backup(), machine.home / "truth"
    shutil.copytree(machine.data, machine.first_data)
    return machine


def in_groups(nodes):
    return [nodes[i * MEMBERS:(i + 1) * MEMBERS] for i in range(GROUPS)]


def test_a_node_of_each_group_and_a_whole_group_may_be_lost(twelve, machine, tmp_path):
    groups = in_groups(twelve)
    machine.expect_check_is_clean()
    code, heads, redundancy = status(machine)
    assert code == 0 and redundancy["heads_to_spare"] == 2
    assert all(head["packs_crowded"] == 0 and len(head["members"]) == MEMBERS for head in heads)

    restore = machine.start("restore", f"{machine.first}:{machine.data}", "--target", "back")
    for i, group in enumerate(groups):
        group[i % MEMBERS].kill()
    for node in groups[2]:
        node.end()
    said, errors = restore.communicate(timeout=support.TIME_LIMIT_S)
    assert restore.returncode == 0, said + errors
    shutil.rmtree(machine.home / ".cache")
    machine.expect_restores(machine.first, machine.first_data, machine.data)
    code, heads, redundancy = status(machine)
    assert code == 1 and redundancy["restorable"]
    assert redundancy["packs"] == [{"segments": 6, "packs": redundancy["packs"][0]["packs"]}]
    assert [sum(not one["usable"] for one in head["members"]) for head in heads][:2] == [1, 1]

    for node in groups[2]:
        node.start()
    report = machine.run("check")
    assert "member tls://" in report.stderr and "of head 1 (group://g0)" in report.stderr
    saved = machine.run("backup", machine.data, "--tag", "with nodes away", "--json")
    assert saved.returncode == 0, saved.stderr

    # A machine that has nothing but the kit, while nodes are away.
    bare = support.Machine(tmp_path / "bare")
    bare.home.mkdir()
    bare.must("init", "--recover", "--kit", machine.home / "kit.txt", "--kdf-memory", "64")
    bare.expect_restores(machine.first, machine.first_data, machine.data)

    # The node of group 0 is gone for good and another one takes its place; the others come back.
    spare = network.Node(tmp_path / "spare").start()
    for i, group in enumerate(groups[1:], 1):
        if group[i % MEMBERS].process.poll() is not None:
            group[i % MEMBERS].start()
    write_groups(machine, {
        "g0": {f"site-{j}": [node.invite()] for j, node in enumerate([spare, *groups[0][1:]])}})
    machine.must("heal", "1", "--onto", "group://g0")
    machine.must("heal")
    machine.expect_check_is_clean()
    code, heads, redundancy = status(machine)
    assert code == 0 and redundancy["heads_to_spare"] == 2, heads
    assert heads[0]["members"][0]["uri"] != "" and "group://g0?" in heads[0]["uri"]
    for node in groups[1] + groups[3]:
        node.kill()
    machine.expect_restores(machine.first, machine.first_data, machine.data)
    spare.end()


def set_short_lock(machine):
    """Gives its JSON object and what was said, when its time is over."""
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=6)
    done = machine.must("lock", "set", "--until", f"{end:%Y-%m-%dT%H:%M:%SZ}", "--json")
    while datetime.datetime.now(datetime.timezone.utc) <= end:
        time.sleep(0.1)
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


def roots_at(node, prefix):
    return sorted(path.name for path in node.folder.glob(f"repositories/*/head/roots/{prefix}-*"))


def test_rights_and_locks_reach_every_node_of_the_groups(twelve, machine, tmp_path):
    """CLI-34: most members are enough to keep a record, and not to end a right."""
    laptop = support.Machine(tmp_path / "laptop")
    laptop.home.mkdir()
    peer = laptop.must("grant", "id").stdout.strip()
    machine.must("grant", "write", "--to", peer, "--label", "laptop")
    away = twelve[4]
    away.kill()
    shown = machine.must("grant", "list", "--json").stdout.splitlines()
    (grant,) = [one for one in map(json.loads, shown) if one["label"] == "laptop"]
    done = machine.run("grant", "revoke", grant["id"])
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"head 2, member tls://127.0.0.1:{away.port}/" in done.stderr, done.stderr
    assert "has no right on head 1, 3, 4 any more" in done.stdout, done.stdout
    away.start()
    assert [len(roots_at(node, "revocation")) for node in twelve] == [
        node is not away for node in twelve]
    machine.must("grant", "revoke", grant["id"])
    assert all(roots_at(node, "revocation") for node in twelve)

    lock, _ = set_short_lock(machine)
    assert lock["heads"] == GROUPS
    assert all(roots_at(node, "lock") == [f"lock-{lock['id']}"] for node in twelve)
    done = machine.run("lock", "release", lock["id"])
    assert done.returncode == 1 and done.stdout.count("torgo node release") == len(twelve), (
        done.stdout + done.stderr)


def test_a_lock_on_groups_of_folders_is_released_behind_a_failure(tmp_path):
    machine = support.Machine(tmp_path / "home")
    machine.home.mkdir()
    folder = machine.home / "disks"
    write_groups(machine, {f"g{i}": {f"d{j}": [folder / f"{i}{j}"] for j in range(2)}
                           for i in range(GROUPS)})
    machine.must("init", "--kdf-memory", "64", "--mode", "512", "--code", "6/12",
                 "--recovery-kit", machine.home / "kit.txt", *group_heads())
    lock, said = set_short_lock(machine)
    assert "a folder obeys no lock (head 1, member dir://" in said, said
    in_the_way = folder / "00/roots" / f"lock-{lock['id']}"
    in_the_way.unlink()
    (in_the_way / "x").mkdir(parents=True)  # can be neither read nor removed
    done = machine.run("lock", "release", lock["id"])
    assert done.returncode == 1 and "head 1, member dir://" in done.stderr, done.stderr
    assert done.stdout.count(": released") == 2 * GROUPS - 1, done.stdout
    assert not list(folder.glob("[1-3]?/roots/lock-*"))


def test_groups_of_folders_and_what_is_said_of_them(tmp_path):
    machine = support.Machine(tmp_path / "home")
    machine.home.mkdir()
    support.make_data(machine.data)
    folder = machine.home / "disks"
    write_groups(machine, {f"g{i}": {f"d{j}": [folder / f"{i}{j}"] for j in range(2)}
                           for i in range(GROUPS)})
    missing = machine.run("init", "--head", "group://other", *group_heads()[2:])
    assert missing.returncode == 2 and 'has no group "other"' in missing.stderr, missing.stderr
    made = machine.must("init", "--kdf-memory", "64", "--mode", "512", "--code", "6/12",
                        "--recovery-kit", machine.home / "kit.txt", *group_heads())
    assert "any 2 of which restore it" in made.stdout and "\n  group://g0\n" in made.stdout
    assert "group g0 has 2 domains for 3 segments of each pack" in made.stderr
    snapshot = machine.backup()
    shutil.rmtree(folder / "01")
    done = machine.run("status")
    assert done.returncode == 1 and "1 member away" in done.stdout, done.stdout
    assert "Head 1: member dir://" in done.stdout and "/01 (d1) is away" in done.stdout
    done = machine.run("heal")
    assert done.returncode == 1 and "if it is lost for good: torgo heal 1" in done.stderr
    machine.must("heal", "group://g0")
    assert "Everything has its full redundancy" in machine.run("status").stdout
    shutil.rmtree(folder / "10")
    shutil.rmtree(folder / "11")
    shutil.rmtree(machine.home / ".cache")
    machine.expect_restores(snapshot, machine.data)
