"""What commands leave behind of what they did, and what can be proved and looked up of it."""

import json
import os
import pathlib
import re
import signal
import sqlite3
import subprocess

import pytest
import support

RECEIPTS = ".local/state/torgo/receipts"


def objects(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def listed(machine, *words):
    return objects(machine.must("receipt", "list", "--json", *words))


def faults(machine, code, *words):
    done = machine.run("receipt", "verify", "--json", *words)
    assert done.returncode == code, done.stdout + done.stderr
    return [(one["receipt"], one["fault"]) for one in objects(done)
            if one["message_type"] == "fault"]


def mirror_of(machine, number):
    return machine.home / RECEIPTS / "000000" / f"{number:09}.mu"


def text_of(machine, number):
    return mirror_of(machine, number).with_suffix(".md")


def backwards(text):
    """The mirror, by another program."""
    return "\n".join(line[::-1] for line in reversed(text.split("\n")))


# RECEIPT-20
def test_commands_that_change_something_leave_receipts(machine):
    machine.backup()
    before = [one["command"] for one in listed(machine)]
    snapshot = machine.backup()
    machine.must("restore", "latest", "--target", machine.home / "back")
    machine.must("heal")
    again = machine.environment(TORGO_NEW_PASSWORD="umber plank vivid otter")
    added = objects(machine.must("key", "add", "--json", "--kdf-memory", "64", env=again))
    machine.must("key", "remove", added[0]["id"])
    for quiet in (["snapshots"], ["backup", "--dry-run", machine.data], ["status"], ["check"],
                  ["restore", "latest", "--target", machine.home / "x", "--dry-run"]):
        machine.must(*quiet)
    assert machine.run("backup").returncode == 2
    wrong = machine.environment(TORGO_PASSWORD="wrong")
    assert machine.run("restore", "latest", "--target", "/nowhere", env=wrong).returncode == 12
    rows = listed(machine)
    assert [one["command"] for one in rows[len(before):]] == [
        "backup", "restore", "heal", "key add", "key remove"]
    assert [one["number"] for one in rows] == list(range(len(rows)))
    assert faults(machine, 0) == []
    shown = machine.must("receipt", "show", str(len(before))).stdout
    assert f'hash: "sha256:{snapshot}"' in shown and f'name: "{machine.data}"' in shown
    assert "\n## Figures\n" in shown and "files_unmodified: 62" in shown
    assert len(listed(machine, "--of", "key add")) == 1
    assert [one["command"] for one in listed(machine, "--newest", "1")] == ["key remove"]
    assert {one["command"] for one in listed(machine, "--here")} == {
        "init", "backup", "restore", "heal", "key add", "key remove"}


# RECEIPT-21
def test_what_fails_or_is_not_whole_leaves_a_receipt_too(machine):
    (machine.data / "locked").symlink_to("nowhere")
    for head in machine.heads[:3]:
        head.rename(head.with_suffix(".away"))
    assert machine.run("backup", machine.data).returncode != 0
    for head in machine.heads[:3]:
        head.with_suffix(".away").rename(head)
    assert listed(machine)[-1]["command"] != "restore"
    (machine.home / "full").write_text("a file where a folder should be")
    done = machine.run("restore", "latest", "--target", machine.home / "full")
    assert done.returncode == 1
    last = listed(machine)[-1]
    assert (last["command"], last["outcome"]) == ("restore", "failed")
    assert last["error"]


def test_a_mirror_reads_backwards_in_any_program(machine):
    machine.backup()
    number = listed(machine)[-1]["number"]
    text = text_of(machine, number).read_text()
    body = mirror_of(machine, number).read_text().split("\n---\n", 1)[1]
    assert backwards(body.removesuffix("\n")) == text
    assert machine.must("receipt", "mirror", "latest").stdout == backwards(text)
    assert machine.must("receipt", "mirror", mirror_of(machine, number)).stdout == backwards(text)
    assert machine.must("receipt", "show", "latest").stdout == text
    notes = machine.home / "notes.md"
    notes.write_text("# Vitals\n\nfever: 38.5\n")
    assert machine.must("receipt", "mirror", "--words", notes).stdout == "# slatiV\n\nrevef: 83.5\n"
    assert machine.must("receipt", "mirror", notes).stdout == "\n5.83 :revef\n\nslatiV #"
    forged = machine.home / "forged.mu"
    mu = mirror_of(machine, number).read_text()
    forged.write_text(re.sub(r'prev: "sha256:(.)', lambda m: m[0][:-1] + "10"[m[1] == "1"], mu))
    refused = machine.run("receipt", "mirror", forged)
    assert refused.returncode == 1 and "signature" in refused.stderr
    notes.write_bytes(b"ok\nab\xff")
    refused = machine.run("receipt", "mirror", notes)
    assert refused.returncode == 1 and "line 2, byte 3" in refused.stderr


def test_what_was_changed_or_taken_away_is_named(machine):
    for _ in range(4):
        machine.backup()
    last = listed(machine)[-1]["number"]
    text_of(machine, last - 3).write_text("another\n")
    damaged = bytearray(mirror_of(machine, last - 2).read_bytes())
    damaged[-100] ^= 1
    mirror_of(machine, last - 2).write_bytes(damaged)
    mirror_of(machine, last).unlink()
    assert "1 receipt of this list" in machine.must("receipt", "list").stderr
    assert faults(machine, 1) == [(str(last - 3), "altered"), (str(last - 2), "damaged"),
                                  (str(last), "cut")]
    assert faults(machine, 0, str(last - 1)) == []
    assert faults(machine, 1, str(last - 2)) == [(str(last - 2), "damaged")]
    rebuilt = machine.must("receipt", "list", "--rebuild")
    assert f'the ledger forgets receipt {last}, "backup" of 2' in rebuilt.stderr
    assert faults(machine, 1) == [(str(last - 2), "damaged")], "the Markdown came out of the mirror"
    machine.backup()
    assert listed(machine)[-1]["number"] == last


# RECEIPT-15, RECEIPT-17
def test_a_chain_that_was_cut_and_has_grown_again_is_seen(machine):
    for _ in range(3):
        machine.backup()
    rows = listed(machine)
    last = rows[-1]["number"]
    for number in (last, last - 1):
        mirror_of(machine, number).unlink()
        text_of(machine, number).unlink()
    for _ in range(3):
        done = machine.must("backup", machine.data)
    assert "warning" not in done.stderr, "its number is new"
    assert faults(machine, 1) == [(str(last - 1), "cut"), (str(last), "cut")]
    done = machine.must("receipt", "list", "--json")
    assert "2 receipts of this list" in done.stderr
    assert objects(done)[last]["hash"] == rows[last]["hash"], "what is gone is still known"
    mirror_of(machine, last + 1).unlink()
    done = machine.must("backup", machine.data)
    assert f"another receipt {last + 1}, sha256:" in done.stderr and "verify" in done.stderr
    done = machine.must("receipt", "list", "--rebuild")
    assert done.stderr.count("the ledger forgets receipt") == 3
    assert faults(machine, 0) == []


# RECEIPT-14, RECEIPT-15
def test_a_receipt_that_can_not_be_read_ends_no_chain(machine):
    machine.backup()
    last = listed(machine)[-1]["number"]
    with mirror_of(machine, last).open("ab") as file:
        file.write(b"x" * (6 << 20))
    done = machine.must("backup", machine.data)
    assert "warning" not in done.stderr
    machine.backup()
    assert listed(machine)[-1]["number"] == last + 2
    assert faults(machine, 1) == [(str(last), "damaged")]


# RECEIPT-14
def test_markdown_that_a_power_cut_took_is_no_fault(machine):
    machine.backup()
    machine.backup()
    last = listed(machine)[-1]["number"]
    text = text_of(machine, last).read_text()
    text_of(machine, last).write_text("")
    text_of(machine, last - 1).unlink()
    done = machine.must("receipt", "verify")
    assert "2 receipts is missing or empty, the first beside number" in done.stderr
    assert "torgo receipt list --rebuild" in done.stderr
    machine.must("receipt", "list", "--rebuild")
    assert machine.must("receipt", "verify").stderr == ""
    assert text_of(machine, last).read_text() == text


def test_a_receipt_of_another_machine_is_believed_for_its_own_key(machine, first_machine, tmp_path):
    other = support.copy_machine(first_machine, tmp_path / "other")
    (other.home / ".local/state/torgo/identity").unlink()
    other.backup()
    sent = sorted((other.home / RECEIPTS).glob("*/*.mu"))[-1]
    peer = other.must("grant", "id").stdout.strip()
    assert faults(machine, 1, sent) == [(str(sent), "foreign")]
    assert faults(machine, 0, sent, "--by", peer) == []
    assert faults(other, 1)[-1][1] == "foreign", "the key is another from here on"
    assert machine.run("receipt", "verify", "--by", peer).returncode == 2


# RECEIPT-17
def test_the_ledger_is_made_again_from_the_files(machine):
    machine.backup()
    rows = listed(machine)
    ledger = machine.home / RECEIPTS / "ledger.sqlite"
    ledger.unlink()
    assert listed(machine) == rows, "on its own"
    with sqlite3.connect(ledger) as table:
        assert table.execute("SELECT COUNT(*) FROM torgo_receipts").fetchone() == (len(rows),)
        table.execute("UPDATE torgo_receipts SET command = 'nothing'")
    assert listed(machine, "--rebuild") == rows
    ledger.write_text("rubbish that is no database " * 100)
    done = machine.must("backup", machine.data)
    assert "is not in the ledger yet" in done.stderr
    assert len(listed(machine, "--rebuild")) == len(rows) + 1
    machine.must("--ledger", "none", "backup", machine.data)
    assert len(listed(machine)) == len(rows) + 2
    elsewhere = f"sqlite://{machine.home}/elsewhere.sqlite"
    assert len(listed(machine, "--ledger", elsewhere)) == len(rows) + 2
    assert machine.run("receipt", "list", "--ledger", "mysql://x/y").returncode == 2


# RECEIPT-20
def test_a_repository_that_was_half_made_leaves_a_receipt(machine):
    before = len(listed(machine))

    def init(*heads):
        words = [word for head in heads for word in ("--head", machine.home / head)]
        return machine.run("init", "-r", machine.home / "second.torgo", "--kdf-memory", "64",
                           "--recovery-kit", machine.home / "second.txt", *words)

    (machine.home / "file").write_text("no folder")
    assert init("a", "b", "c", "c").returncode == 2, "named twice"
    assert init("a", "b", "c", machine.heads[3]).returncode != 0, "it is a head already"
    assert len(listed(machine)) == before, "nothing was begun"
    assert init("a", "b", "c", "file/d").returncode == 1
    (row,) = listed(machine)[before:]
    assert (row["command"], row["outcome"]) == ("init", "failed") and row["repository"]
    shown = machine.must("receipt", "show", "latest").stdout
    for head in ("a", "b", "c", "file/d"):
        assert f'name: "dir://{machine.home}/{head}"' in shown


# RECEIPT-20
def test_a_descriptor_that_is_written_again_leaves_a_receipt(machine):
    machine.descriptor.unlink()
    machine.must("init", "--from", *machine.heads)
    row = listed(machine)[-1]
    assert (row["command"], row["outcome"]) == ("init", "ok") and row["repository"]
    assert f'name: "{machine.descriptor}"' in machine.must("receipt", "show", "latest").stdout


# RECEIPT-20
def test_what_is_refused_before_it_begins_leaves_none(machine):
    before = listed(machine)
    keys = objects(machine.must("key", "list", "--json"))
    current = next(one["id"] for one in keys if one["current"])
    for wrong in ("nosuch", current):
        assert machine.run("key", "remove", wrong).returncode != 0
    assert machine.run("init", "--from", *machine.heads, "-r", machine.data / "large").returncode
    assert listed(machine) == before


def test_a_pass_phrase_that_was_changed_in_part_says_so(machine):
    old = next(one["id"] for one in objects(machine.must("key", "list", "--json"))
               if one["current"])
    away = machine.heads[3].with_suffix(".away")
    machine.heads[3].rename(away)
    new = "umber plank vivid otter"
    done = machine.run("key", "passwd", "--kdf-memory", "64",
                       env=machine.environment(TORGO_NEW_PASSWORD=new))
    assert done.returncode != 0
    assert "is still on" in done.stderr and f"torgo key remove {old[:8]}" in done.stderr
    with_new = machine.environment(TORGO_PASSWORD=new)
    assert machine.run("snapshots", env=with_new).returncode == 0, "as it says"
    away.rename(machine.heads[3])
    assert machine.run("snapshots").returncode == 0, "as it says"
    added = next(one["id"] for one in objects(machine.must("key", "list", "--json", env=with_new))
                 if one["current"])
    assert f"key {added[:8]}" in done.stderr
    shown = machine.must("receipt", "show", "latest").stdout
    outputs = shown[shown.index("\noutputs:"):shown.index("\nleft_out:")]
    inputs = shown[shown.index("\ninputs:"):shown.index("\noutputs:")]
    assert added in outputs and old in inputs and 'outcome: "failed"' in shown
    machine.must("key", "remove", old[:8], env=with_new)
    assert machine.run("snapshots").returncode == 12


# RECEIPT-20
def test_a_receipt_that_can_not_be_written_is_a_warning(machine):
    folder = machine.home / RECEIPTS
    folder.rename(machine.home / "elsewhere")
    folder.write_text("in the way")
    done = machine.must("backup", machine.data)
    assert "no receipt could be left of this: " in done.stderr


# RECEIPT-20
def test_what_happens_at_a_node_leaves_receipts(machine):
    folder = machine.home / "node"
    node = machine.start("start", "--json", "--folder", folder, "--no-onion", "--listen",
                         "127.0.0.1:0", "--metrics", "off", "--scrub", "0")
    while '"started"' not in node.stdout.readline():
        assert node.poll() is None
    machine.must("node", "invite", "--folder", folder, "--quota", "5", "--label", "ward7")
    refused = machine.run("start", "--folder", folder, "--no-onion", "--listen", "127.0.0.1:0",
                          "--metrics", "off")
    assert refused.returncode == 1
    retrieve = ["node", "retrieve", "00" * 16, "--folder", folder]
    assert machine.run(*retrieve).returncode == 1
    assert listed(machine)[-1]["command"] == "node invite", "two were refused"
    node.send_signal(signal.SIGTERM)
    node.communicate(timeout=support.TIME_LIMIT_S)
    assert [(one["command"], one["outcome"]) for one in listed(machine)][-2:] == [
        ("node invite", "ok"), ("start", "ok")]
    assert machine.run("node", "invite", "--folder", machine.home / "none").returncode == 1
    assert machine.run(*retrieve).returncode == 1
    assert listed(machine)[-1]["command"] == "start", "nothing was begun"


# RECEIPT-32
def test_a_killed_command_leaves_a_receipt_by_the_next_one(machine):
    folder = machine.home / "node"
    node = machine.start("start", "--json", "--folder", folder, "--no-onion", "--listen",
                         "127.0.0.1:0", "--metrics", "off", "--scrub", "0")
    while '"started"' not in node.stdout.readline():
        assert node.poll() is None
    before = listed(machine)
    machine.backup()
    assert [one["command"] for one in listed(machine)[len(before):]] == ["backup"], "it lives"
    node.kill()
    node.communicate(timeout=support.TIME_LIMIT_S)
    done = machine.must("backup", machine.data)
    assert '"torgo start" was killed' in done.stderr
    rows = listed(machine)[len(before) + 1:]
    assert [(one["command"], one["outcome"]) for one in rows] == [
        ("start", "failed"), ("backup", "ok")]
    shown = machine.must("receipt", "show", str(rows[0]["number"])).stdout
    assert 'error: "killed: ' in shown and f'name: "{folder}"' in shown
    assert faults(machine, 0) == []
    assert list((machine.home / RECEIPTS / "begun").iterdir()) == []
    assert "was killed" not in machine.must("backup", machine.data).stderr


# RECEIPT-32
def test_a_receipt_that_was_left_before_the_kill_is_not_left_again(machine):
    number = listed(machine)[-1]["number"]
    begun = machine.home / RECEIPTS / "begun"
    begun.mkdir(exist_ok=True)
    text = text_of(machine, number).read_text()
    (begun / "00.lock").touch()
    (begun / "00.md").write_text(text)
    # What a power cut leaves: the copy for people is not flushed, and nor is the note's removal.
    text_of(machine, number).write_text("")
    machine.backup()
    (begun / "00.lock").touch()
    (begun / "00.md").write_text(text)
    assert [one["number"] for one in listed(machine)] == list(range(number + 2))
    assert list(begun.iterdir()) == []
    assert faults(machine, 0) == []


# RECEIPT-32
def test_a_note_that_can_not_be_read_is_told_and_stays(machine):
    begun = machine.home / RECEIPTS / "begun"
    begun.mkdir(exist_ok=True)
    (begun / "00.lock").touch()
    (begun / "00.md").write_text("no receipt")
    done = machine.must("receipt", "list")
    assert "no receipt can be left" in done.stderr and str(begun / "00.md") in done.stderr
    assert (begun / "00.md").exists()


# RECEIPT-13
def test_commands_at_once_take_turns(machine):
    before = len(listed(machine, "--of", "heal"))
    running = [machine.start("heal") for _ in range(6)]
    for one in running:
        one.communicate(timeout=support.TIME_LIMIT_S)
        assert one.returncode == 0
    assert faults(machine, 0) == []
    assert len(listed(machine, "--of", "heal")) == before + 6


MODELS = """
import sys, sqlalchemy, torgo_receipts as t
with t.open_ledger(sys.argv[1]) as session:
    last = t.newest(session, command="backup")
    print(last.command, last.outcome, [i.kind for i in last.inputs],
          [o.kind for o in last.outputs], last.figure("files_unmodified"), last.figure("no"))
    there = sqlalchemy.inspect(session.get_bind())
    for name, table in t.Base.metadata.tables.items():
        found = {c["name"]: c["nullable"] for c in there.get_columns(name)}
        said = {c.name: c.nullable for c in table.columns}
        assert found.keys() == said.keys(), (name, found, said)
        assert all(found[k] == said[k] for k in said if not table.columns[k].primary_key), name
        keys = set(there.get_pk_constraint(name)["constrained_columns"])
        assert keys == {c.name for c in table.primary_key.columns}, name
    assert {n for n in there.get_table_names() if n.startswith("torgo_")} == set(
        t.Base.metadata.tables)
    session.execute(sqlalchemy.text("INSERT INTO torgo_schema VALUES (99)"))
    session.commit()
try:
    with t.open_ledger(sys.argv[1]):
        print("opened")
except t.LedgerError as error:
    print(error)
"""


def test_the_models_for_python_fit_the_ledger(machine):
    pytest.importorskip("sqlalchemy", reason="python3-sqlalchemy is not installed")
    machine.backup()
    machine.backup()
    python = pathlib.Path(__file__).parents[2] / "python"
    done = subprocess.run(
        ["python3", "-c", MODELS, f"sqlite:///{machine.home / RECEIPTS}/ledger.sqlite"],
        env={**os.environ, "PYTHONPATH": str(python), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, check=False)
    assert done.stdout == ("backup ok ['path', 'parent'] ['snapshot'] 62 None\n"
                           "the ledger is of version 99, not 2\n"), done.stderr
