"""`torgo receipt rollback` of a backup and of a workflow: snapshots are withdrawn, and stay.
RECEIPT-30 RECEIPT-31 REPO-48 REPO-49 PEER-52 RUN-45
"""

import json
import shutil
import signal
import time

import nodes as network
import pytest
import support
from workflows import outputs, write


def rollback(machine, code, *words):
    """The last line of what it said, and its state."""
    done = machine.run("receipt", "rollback", *words, "--json")
    assert done.returncode == code, done.stdout + done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return lines[-1]["state"], [line for line in lines if line["message_type"] == "plan"]


def listed(machine, *words):
    said = machine.must("snapshots", "--json", *words).stdout
    return [json.loads(line) for line in said.splitlines()]


def ids(machine, *words):
    return [one["id"] for one in listed(machine, *words)]


def receipts(machine):
    return machine.home / ".local/state/torgo/receipts"


def number_of(machine, words):
    """Of the newest receipt whose text has these."""
    return str(max(int(path.stem) for path in receipts(machine).rglob("*.md")
                   if words in path.read_text()))


def second(machine):
    """Another snapshot; the machine's first one before it."""
    (machine.data / "new").write_text("later")
    return machine.backup()


def test_a_backup_is_withdrawn_and_its_snapshot_stays(machine):
    later = second(machine)
    assert ids(machine) == [machine.first, later]
    state, plan = rollback(machine, 0, "latest")
    assert state == "planned" and [step["step"] for step in plan] == ["withdraw"]
    assert ids(machine) == [machine.first, later]
    assert rollback(machine, 0, "latest", "--yes")[0] == "rolled_back"
    assert ids(machine) == [machine.first]
    shown = listed(machine, "--withdrawn")
    assert [(one["id"], one["withdrawn"]) for one in shown] == [(machine.first, False),
                                                                (later, True)]
    assert "1 withdrawn" in machine.must("snapshots").stdout
    assert "new" not in machine.must("ls", "latest").stdout
    assert not machine.must("find", "new", "--json").stdout.count('"match"')
    named = machine.must("ls", later)
    assert "/new" in named.stdout and "withdrawn" in named.stderr
    machine.expect_restores(later, machine.data)
    machine.expect_check_is_clean()
    again = machine.backup()  # goes on from both
    assert ids(machine) == [machine.first, again]


def test_one_that_others_have_gone_on_from_is_withdrawn_alone(machine):
    number = number_of(machine, machine.first)
    later = second(machine)
    state, plan = rollback(machine, 0, number, "--yes")
    assert state == "rolled_back" and [one["step"] for one in plan] == ["withdraw", "stay"]
    assert ids(machine) == [later]
    assert rollback(machine, 0, number, "--yes")[0] == "done"


def test_two_heads_may_be_lost_and_a_new_one_learns_of_it(machine):
    second(machine)
    rollback(machine, 0, "latest", "--yes")
    for head in machine.heads[:2]:
        shutil.rmtree(head)
    assert ids(machine) == [machine.first]
    for number in ("1", "2"):
        machine.must("heal", number)
    for head in machine.heads[2:]:
        assert list(head.rglob("withdrawn-*"))
    for head in machine.heads[:2]:
        assert list(head.rglob("withdrawn-*")), "a healed head has it, too"


def test_a_record_that_is_not_the_owners_withdraws_nothing(machine, first_machine):
    later = second(machine)
    rollback(machine, 0, "latest", "--yes")
    for head in machine.heads:
        (record,) = head.rglob("withdrawn-*")
        data = bytearray(record.read_bytes())
        data[-1] ^= 1
        record.chmod(0o644)
        record.write_bytes(data)
    done = machine.run("snapshots", "--json")
    assert later in done.stdout
    assert "withdraws nothing" in done.stderr or "withdrawn-" in done.stderr


def test_a_withdrawal_reaches_nodes_and_two_may_be_lost(tmp_path):
    for made in network.served(tmp_path):
        machine = network.machine_on(made, tmp_path / "home")
        second(machine)
        rollback(machine, 0, "latest", "--yes")
        assert ids(machine) == [machine.first]
        made[0].kill()
        made[1].kill()
        assert ids(machine) == [machine.first]


@pytest.fixture
def ward(machine):
    """A workflow that saves two files and heals; the number of its receipt."""
    for name in ("a.csv", "b.csv"):
        (machine.home / name).write_text(name)
    path = write(machine.home, ("python", "import torgo\ntorgo.backup([one])\n"
                                          "torgo.backup([two])\ntorgo.heal()\n"),
                 context="one: a.csv\ntwo: b.csv")
    done = machine.must("maml", "run", path, "--json")
    assert outputs(done)["state"] == "completed"
    return machine


def test_a_workflow_is_rolled_back_from_its_last_step_to_its_first(ward):
    assert len(ids(ward)) == 3
    state, plan = rollback(ward, 0, "latest")
    assert state == "planned"
    assert [one["step"] for one in plan if one["step"] in ("stay", "withdraw")][:2] == [
        "stay", "withdraw"]
    assert len(ids(ward)) == 3
    number = number_of(ward, "maml run")
    assert rollback(ward, 0, number, "--yes")[0] == "rolled_back"
    assert ids(ward) == [ward.first]
    assert rollback(ward, 0, number, "--yes")[0] == "done"
    text = ward.must("receipt", "show", "latest").stdout
    assert "receipt" in text and "withdrawn" in text


def test_one_that_was_killed_goes_on(ward):
    number = number_of(ward, "maml run")
    for wait in (0.05, 0.15, 0.3, 0.6):
        program = ward.start("receipt", "rollback", number, "--yes")
        time.sleep(wait)
        program.send_signal(signal.SIGKILL)
        program.communicate()
    both = [ward.start("receipt", "rollback", number, "--yes") for _ in range(2)]
    for program in both:
        said, errors = program.communicate(timeout=support.TIME_LIMIT_S)
        assert program.returncode == 0, said + errors
    assert ids(ward) == [ward.first]
    ward.expect_check_is_clean()
