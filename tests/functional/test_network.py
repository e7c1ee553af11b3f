"""Heads on nodes: real processes, killed, replaced, swapped, and reached over a private network of
Tor.
"""

import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time
import urllib.request

import nodes as network
import pytest
import support

COUNT = 4
# A link gives up a node that says nothing after ten to thirty seconds.
HUNG_NODE_LIMIT_S = 20


@pytest.fixture
def four(tmp_path):
    yield from network.served(tmp_path)


@pytest.fixture
def machine(four, tmp_path):
    return network.machine_on(four, tmp_path / "home")


def refused(machine, *words, code=1):
    done = machine.run(*words)
    assert done.returncode == code, f"{done.returncode}: {done.stdout}{done.stderr}"
    return done.stderr


def test_any_two_nodes_may_be_lost_and_come_back(four, machine):
    machine.expect_check_is_clean()
    four[0].kill()
    four[2].kill()
    shutil.rmtree(machine.home / ".cache")
    machine.expect_first_restores()
    four[3].kill()
    said = refused(machine, "snapshots")
    assert "only 1 of 4 heads answer" in said, said
    for node in (four[0], four[2], four[3]):
        node.start()
    machine.expect_check_is_clean()
    machine.expect_first_restores()


def test_a_backup_goes_on_without_a_node_that_dies_and_heal_completes_it(four, machine):
    (machine.data / "large").write_bytes(random.Random(5).randbytes(40_000_000))
    program = machine.start("backup", machine.data, "--json")
    time.sleep(0.4)
    four[1].kill()
    said, errors = program.communicate(timeout=support.TIME_LIMIT_S)
    snapshot = support.saved_snapshot(said)
    assert snapshot, said + errors
    machine.expect_restores(snapshot, machine.data)
    four[1].start()
    machine.must("heal")
    machine.expect_check_is_clean()


def test_a_node_that_hangs_in_the_middle_holds_nothing_up(four, machine, capsys):
    (machine.data / "large").write_bytes(random.Random(6).randbytes(60_000_000))
    snapshot = machine.backup()
    for hung in (four[0], four[1]):  # those with the data segments
        target = machine.home / "back"
        began = time.monotonic()
        program = machine.start("restore", snapshot, "--target", target, "--json")
        time.sleep(0.3)
        hung.process.send_signal(signal.SIGSTOP)
        said, errors = program.communicate(timeout=support.TIME_LIMIT_S)
        took = time.monotonic() - began
        assert program.returncode == 0, said + errors
        assert took < HUNG_NODE_LIMIT_S, f"it waited for the node that hangs: {took:.1f} s"
        shutil.rmtree(target)
        began = time.monotonic()
        machine.must("snapshots")  # opens with a node that hangs already
        opened = time.monotonic() - began
        assert opened < HUNG_NODE_LIMIT_S, f"{opened:.1f} s to open"
        hung.process.send_signal(signal.SIGCONT)
        with capsys.disabled():
            print(f"a node hangs: restored in {took:.1f} s, opened in {opened:.1f} s ", end="")


def test_a_backup_is_not_held_up_by_a_node_that_hangs(four, machine):
    (machine.data / "large").write_bytes(random.Random(7).randbytes(60_000_000))
    program = machine.start("backup", machine.data, "--json")
    time.sleep(0.3)
    four[2].process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    said, errors = program.communicate(timeout=support.TIME_LIMIT_S)
    took = time.monotonic() - began
    four[2].process.send_signal(signal.SIGCONT)
    snapshot = support.saved_snapshot(said)
    assert snapshot, said + errors
    assert took < HUNG_NODE_LIMIT_S, f"it waited for the node that hangs: {took:.1f} s"
    machine.expect_restores(snapshot, machine.data)
    machine.must("heal")
    machine.expect_check_is_clean()


def test_a_client_killed_at_any_moment_leaves_nothing_half_done(four, machine):
    chance = random.Random(11)
    for _ in range(6):
        (machine.data / "large").write_bytes(chance.randbytes(6_000_000))
        program = machine.start("backup", machine.data)
        time.sleep(chance.uniform(0, 1.0))
        program.kill()
        program.communicate()
        machine.expect_whole_once_healed()
        machine.expect_first_restores()


def test_nodes_killed_at_any_moment_lose_nothing_they_said_they_had(four, machine):
    chance = random.Random(12)
    for turn in range(4):
        (machine.data / "large").write_bytes(chance.randbytes(6_000_000))
        program = machine.start("backup", machine.data, "--json")
        time.sleep(chance.uniform(0, 0.8))
        four[turn].process.send_signal(signal.SIGKILL)
        said, errors = program.communicate(timeout=support.TIME_LIMIT_S)
        snapshot = support.saved_snapshot(said)
        four[turn].process.wait()
        four[turn].start()
        assert snapshot, said + errors
        machine.must("heal")
        machine.expect_restores(snapshot, machine.data)
    machine.expect_check_is_clean()


def test_a_lost_node_is_replaced_by_another_without_any_key(four, machine, tmp_path):
    four[1].destroy()
    fresh = network.Node(tmp_path / "n5").start()
    try:
        without = machine.environment()
        del without["TORGO_PASSWORD"]
        invite = fresh.invite()
        machine.must("heal", 2, "--onto", invite, env=without)
        assert f":{fresh.port}/" in machine.descriptor.read_text()
        machine.expect_check_is_clean()
        four[0].kill()
        four[3].kill()
        machine.expect_first_restores()
        said = refused(machine, "heal", 1, "--onto", invite)
        assert "invite" in said
    finally:
        fresh.end()


def bytes_sent(node):
    with urllib.request.urlopen(f"http://{node.metrics}/metrics", timeout=10) as page:
        text = page.read().decode()
    whole = re.search(r'requests_total{kind="get_segment",outcome="ok"} (\d+)', text)
    return (int(re.search(r"^torgo_node_sent_bytes_total (\d+)$", text, re.M)[1]),
            int(whole[1]) if whole else 0)


@pytest.fixture
def five_that_count(tmp_path):
    def begin(node):
        node.metrics = f"127.0.0.1:{support.free_port()}"
        return node.begin("--metrics", node.metrics)

    yield from network.served(tmp_path, COUNT + 1, begin)


def test_a_lost_node_is_made_again_from_one_and_a_half_segments_for_each(five_that_count, tmp_path):
    *four, fresh = five_that_count
    machine = network.machine_on(four, tmp_path / "home", words=["--code", "2/4r"])
    (machine.data / "large").write_bytes(random.Random(8).randbytes(24_000_000))
    snapshot = machine.backup()
    four[2].destroy()
    others = [four[i] for i in (0, 1, 3)]
    before = [bytes_sent(node) for node in others]
    machine.must("heal", 3, "--onto", fresh.invite())
    after = [bytes_sent(node) for node in others]
    made = sum(path.stat().st_size for path in fresh.folder.rglob("segments/*/*"))
    sent = sum(now[0] - then[0] for now, then in zip(after, before, strict=True))
    assert made > 12_000_000
    assert 1.45 * made < sent < 1.6 * made, sent / made  # with 2/4 it is 2
    for now, then in zip(after, before, strict=True):
        assert now[1] == then[1], "a segment was read as it is"
    machine.expect_check_is_clean()
    four[0].kill()
    four[1].kill()
    machine.expect_restores(snapshot, machine.data)


def test_the_recovery_kit_gets_in_at_the_nodes(four, machine, tmp_path):
    four[3].kill()
    other = support.Machine(tmp_path / "other")
    other.home.mkdir()
    other.must("init", "--recover", "--kit", machine.home / "kit.txt")
    other.expect_restores(machine.first, machine.first_data, machine.data)
    other.must("backup", machine.data)


def test_a_stranger_gets_nothing(four, machine, tmp_path):
    stranger = support.Machine(tmp_path / "stranger")
    stranger.descriptor.parent.mkdir(parents=True)
    shutil.copy(machine.descriptor, stranger.descriptor)
    said = refused(stranger, "snapshots", code=10)
    assert "none lets this machine see it" in said, said
    refused(stranger, "init", "--head", four[0].invite()[:-3] + "AAA", "-r", "x.torgo", code=2)


def test_another_node_at_the_address_is_not_spoken_to(four, machine):
    for node in four[:2]:
        node.kill()
    a, b = (node.folder / "identity" for node in four[:2])
    theirs = b.read_bytes()
    b.write_bytes(a.read_bytes())
    a.write_bytes(theirs)
    for node in four[:2]:
        node.start()
    done = machine.run("doctor")
    assert done.stdout.count("another") + done.stderr.count("another") >= 2, done.stdout
    machine.expect_first_restores()  # the other two suffice


def test_decay_on_a_node_is_found_by_it_and_healed(four, machine):
    segments = sorted((four[0].folder / "repositories").rglob("segments/*/*"),
                      key=lambda path: path.stat().st_size)
    damaged = segments[-1]
    four[0].kill()
    content = bytearray(damaged.read_bytes())
    content[1000] ^= 1
    damaged.chmod(0o600)
    damaged.write_bytes(content)
    four[0].start("--scrub", "1000")
    four[0].wait_for("damaged segments were moved to quarantine")
    said = refused(machine, "check")
    assert "is missing on" in said
    machine.must("heal")
    machine.expect_check_is_clean()


def test_metrics_are_there_and_the_node_ends_cleanly(tmp_path):
    node = network.Node(tmp_path / "n1")
    node.start("--metrics", "127.0.0.1:19290")
    try:
        with urllib.request.urlopen("http://127.0.0.1:19290/metrics", timeout=10) as page:
            text = page.read().decode()
        for name in set(re.findall(r"^(torgo_\w+?)(?:_bucket|_sum|_count)?[{ ]", text, re.M)):
            assert f"# HELP {name} " in text and f"# TYPE {name} " in text, name
        again = network.Node(tmp_path / "n1")
        again.log = tmp_path / "again.log"
        again.begin().process.wait(timeout=30)
        assert "a node runs in" in again.said()
        assert node.stop() == 0
    finally:
        node.end()


def tcp_sockets_of(process):
    """The remote addresses of a process's TCP sockets."""
    inodes = set()
    for link in pathlib.Path(f"/proc/{process}/fd").iterdir():
        try:
            found = re.fullmatch(r"socket:\[(\d+)\]", str(link.readlink()))
        except FileNotFoundError:
            continue
        if found:
            inodes.add(found[1])
    open_ones = []
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path(f"/proc/{process}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] in inodes:
                open_ones.append(fields[2])
    return open_ones


@pytest.fixture
def behind_tor(onion_torrc, tmp_path):
    """Four nodes behind onion services, one more, and a machine on the four."""
    for made in network.served(tmp_path, COUNT + 1,
                               lambda node: network.Node(node.folder, onion_torrc).begin()):
        yield made, network.machine_on(made[:COUNT], tmp_path / "home",
                                       {"TORGO_TOR_CONFIG": str(onion_torrc),
                                        "TORGO_LIMIT_UPLOAD": "none"})


def circuits_of(machine, process):
    """What a running command tells `torgo top` of the circuits of its tor."""
    path = machine.home / f".local/state/torgo/activity/{process}.activity"
    found = re.search(r"^circuits (\d+)$", path.read_text() if path.exists() else "", re.M)
    return int(found[1]) if found else 0


def test_four_nodes_behind_onion_services(behind_tor):
    made, machine = behind_tor
    (machine.data / "large").write_bytes(random.Random(6).randbytes(12_000_000))
    program = machine.start("backup", machine.data, "--json")
    looks = circuits = 0
    while program.poll() is None:
        try:
            assert tcp_sockets_of(program.pid) == [], "a way around Tor"
            looks += 1
            circuits = max(circuits, circuits_of(machine, program.pid))
        except (FileNotFoundError, ProcessLookupError):
            break
        time.sleep(0.02)
    said, errors = program.communicate()
    snapshot = support.saved_snapshot(said)
    assert snapshot, said + errors
    assert looks > 20
    assert circuits >= COUNT, "each onion service has a circuit of its own"
    made[0].kill()
    made[1].stop()
    machine.expect_restores(snapshot, machine.data)


def kill_tor_of(process):
    """Kills the tor that a program has started; gives whether there was one."""
    found = subprocess.run(["pgrep", "-P", str(process), "-x", "tor"], capture_output=True,
                           text=True, check=False).stdout.split()
    for one in found:
        os.kill(int(one), signal.SIGKILL)
    return bool(found)


def kill_tor_after(program, enough):
    """Once `enough()`; the program must still run."""
    end = time.monotonic() + REPAIR_LIMIT_S
    while not enough() and program.poll() is None and time.monotonic() < end:
        time.sleep(0.05)
    assert kill_tor_of(program.pid), "it ended too soon"


def test_a_tor_that_is_killed_in_the_middle_is_started_again(behind_tor, tmp_path):
    made, machine = behind_tor
    (machine.data / "large").write_bytes(random.Random(16).randbytes(9_000_000))
    program = machine.start("backup", machine.data, "--json", "--limit-upload", "3M")
    kill_tor_after(program, lambda: sent_by(machine, program.pid) > 4_000_000)
    said, errors = program.communicate(timeout=ONION_REPAIR_LIMIT_S)
    # What was on its way to all heads at once is lost; the same again takes what is there already.
    assert program.returncode == 0 or "run the same command again" in errors, said + errors
    snapshot = machine.backup()
    target = tmp_path / "back"
    program = machine.start("restore", snapshot, "--target", target, "--limit-download", "2M")
    kill_tor_after(program, lambda: sent_by(machine, program.pid, 2) > 3_000_000)
    said, errors = program.communicate(timeout=ONION_REPAIR_LIMIT_S)
    assert program.returncode == 0, said + errors
    # A node's own: it is found again under its address.
    assert kill_tor_of(made[0].process.pid)
    made[0].wait_for(r"^Tor: down(?s:.*)^reachable at ")
    made[1].kill()
    made[2].kill()
    machine.expect_restores(snapshot, machine.data)


def test_a_heal_goes_on_when_its_tor_is_killed_in_the_middle(behind_tor):
    made, machine = behind_tor
    (machine.data / "large").write_bytes(random.Random(17).randbytes(9_000_000))
    snapshot = machine.backup()
    made[1].destroy()
    program = machine.start("heal", "2", "--onto", made[COUNT].invite(), "--json",
                            "--limit-download", "2M")
    kill_tor_after(program, lambda: sent_by(machine, program.pid, 2) > 3_000_000)
    said, errors = program.communicate(timeout=ONION_REPAIR_LIMIT_S)
    assert program.returncode == 0, said + errors
    machine.expect_check_is_clean()
    made[0].kill()
    made[3].kill()
    machine.expect_restores(snapshot, machine.data)


def sent_by(machine, process, column=1):
    """Bytes that a running command tells of: to heads, or with column 2 from them."""
    path = machine.home / f".local/state/torgo/activity/{process}.activity"
    text = path.read_text() if path.exists() else ""
    return sum(int(line.split()[column]) for line in text.splitlines() if line.startswith("head "))


REPAIR_LIMIT_S = 90
ONION_REPAIR_LIMIT_S = 240  # a way to an onion service that is gone is given up after half a minute
ORDERS_SEEN_S = 15  # a node looks for orders every ten seconds


def lose_and_wait(node, standby, limit_s=REPAIR_LIMIT_S):
    """The node and all that it kept are gone; the standby makes it again by itself."""
    node.destroy()
    end = time.monotonic() + limit_s
    while "is rebuilt here" not in standby.said():
        assert time.monotonic() < end, standby.said()
        time.sleep(network.POLL_S)


def test_a_lost_node_is_rebuilt_by_a_standby_while_the_owner_is_away(four, machine, tmp_path):
    standby = network.Node(tmp_path / "standby").start("--metrics", "127.0.0.1:19291")
    try:
        machine.must("repair", "allow", "--onto", standby.invite(), "--every", 1, "--misses", 3,
                     "--lost-after", 2, "--rate", 100_000, "--label", "attic")
        assert "stands by" in machine.must("repair", "list").stdout
        lose_and_wait(four[1], standby)
        with urllib.request.urlopen("http://127.0.0.1:19291/metrics", timeout=10) as page:
            text = page.read().decode()
        assert re.search(r'torgo_node_audits_total{.*head="2",outcome="missed"} [3-9]', text), text
        assert "torgo_node_lost_heads_total 1" in text
        assert not re.search(r"torgo_node_rebuilt_bytes_total 0$", text, re.M)
        # The owner comes back.
        done = machine.run("snapshots")
        assert "torgo heal 2 --onto-takeover" in done.stderr, done.stderr
        assert "rebuilt head 2" in machine.must("repair", "list").stdout
        without = machine.environment()
        del without["TORGO_PASSWORD"]
        said = machine.must("heal", 2, "--onto-takeover", env=without).stdout
        assert "Rebuilt 0 segments" in said, said
        assert f":{standby.port}/" in machine.descriptor.read_text()
        machine.expect_check_is_clean()
        four[0].kill()
        four[3].kill()
        machine.expect_first_restores()
    finally:
        standby.end()


def test_a_standby_behind_tor_rebuilds_a_node_that_was_lost_there(behind_tor):
    made, machine = behind_tor
    standby = made[COUNT]
    machine.must("repair", "allow", "--onto", standby.invite(), "--every", 1, "--misses", 2,
                 "--lost-after", 2, "--rate", 100_000)
    lose_and_wait(made[1], standby, ONION_REPAIR_LIMIT_S)
    assert tcp_sockets_of(standby.process.pid) == [], "a way around Tor"
    without = machine.environment()
    del without["TORGO_PASSWORD"]
    said = machine.must("heal", 2, "--onto-takeover", env=without).stdout
    assert "Rebuilt 0 segments" in said, said
    assert "onion" in machine.descriptor.read_text()
    machine.expect_check_is_clean()
    made[0].kill()
    made[3].kill()
    machine.expect_first_restores()


def test_an_order_that_was_taken_back_is_not_followed(four, machine, tmp_path):
    standby = network.Node(tmp_path / "standby").start()
    try:
        rule = ["--every", 1, "--misses", 2, "--lost-after", 0]
        machine.must("repair", "allow", "--onto", standby.invite(), *rule)
        first = json.loads(machine.must("repair", "list", "--json").stdout)
        said = machine.must("repair", "allow", "--onto", first["standby"], *rule,
                            "--rate", 7).stdout
        order = re.match(r"Order (\w+):", said)[1]
        second = json.loads(machine.must("repair", "list", "--json").stdout)  # and no other
        assert second["id"].startswith(order) and second["bytes_per_second"] == 7000
        machine.must("repair", "revoke", order)
        assert "stands by" not in machine.must("repair", "list").stdout
        four[1].destroy()
        time.sleep(ORDERS_SEEN_S)
        assert "rebuilt" not in standby.said(), standby.said()
        said = refused(machine, "heal", 2, "--onto-takeover")
        assert "no standby says" in said, said
    finally:
        standby.end()
