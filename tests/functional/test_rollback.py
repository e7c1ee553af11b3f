"""Restores and keys that are turned around again, and what is refused."""

import fcntl
import json
import os
import re
import shutil
import struct
import subprocess

import pytest
import support

FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FS_IMMUTABLE_FL = 0x80086601, 0x40086602, 0x10
UNDO = ".local/state/torgo/receipts/undo"


@pytest.fixture
def restored(machine):
    """A machine, with a target that held something before a restore went over it."""
    target = machine.home / "back"
    (target / "small").mkdir(parents=True)
    (target / "small/file0").write_text("mine")
    (target / "small/file1").symlink_to("nowhere")
    (target / "own").write_text("untouched")
    os.link(target / "small/file0", target / "second name")
    before = tree_of(target)
    restore(machine, target)
    saved = machine.first_data / "small/file0"
    assert (target / "small/file0").read_bytes() == saved.read_bytes()
    return machine, target, before


def restore(machine, target, *more):
    machine.must("restore", f"{machine.first}:{machine.first_data}", "--target", target, *more)


def tree_of(folder):
    """Names, kinds, contents and modes of all below; not of folders, which keep what they got."""
    out = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            out[name] = os.readlink(path)
        elif path.is_dir():
            out[name] = "folder"
        else:
            out[name] = (path.read_bytes(), path.stat().st_mode, path.stat().st_mtime_ns)
    return out


def rollback(machine, code, *words):
    done = machine.run("receipt", "rollback", "--json", *words)
    assert done.returncode == code, done.stdout + done.stderr
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    return objects[-1]["state"], [one["step"] for one in objects[:-1]]


def latest(machine):
    done = machine.must("receipt", "list", "--newest", "1", "--json")
    return json.loads(done.stdout.splitlines()[-1])


# RECEIPT-26
def test_a_restore_is_turned_around(restored):
    machine, target, before = restored
    number = str(latest(machine)["number"])
    assert latest(machine)["undo"]
    after = tree_of(target)
    assert rollback(machine, 0, number) == ("planned", ["remove", "put_back", "stay"])
    assert tree_of(target) == after, "a plan changes nothing"
    assert rollback(machine, 0, number, "--yes")[0] == "rolled_back"
    assert tree_of(target) == before
    assert (target / "second name").stat().st_ino == (target / "small/file0").stat().st_ino
    last = latest(machine)
    assert (last["command"], last["outcome"]) == ("receipt rollback", "ok")
    shown = machine.must("receipt", "show", "latest").stdout
    assert "put_back: 2" in shown and 'kind: "receipt"' in shown
    assert rollback(machine, 0, number, "--yes")[0] == "done"
    assert latest(machine) == last, "nothing was done"
    assert not list((machine.home / UNDO).glob("*/aside"))
    machine.must("receipt", "verify")


# RECEIPT-25
@pytest.mark.parametrize("change", ["content", "mode", "kind", "touch"])
def test_what_was_changed_since_is_not_touched(restored, change):
    machine, target, _ = restored
    file = target / "large"
    if change == "content":
        status = file.stat()
        content = bytearray(file.read_bytes())
        content[5] ^= 1
        file.write_bytes(content)
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    elif change == "mode":
        file.chmod(0o640)
    elif change == "kind":
        file.unlink()
        file.mkdir()
    else:
        os.utime(file)
    after = tree_of(target)
    state, steps = rollback(machine, 1, "latest", "--yes")
    assert (state, steps[-1]) == ("refused", "refused")
    assert tree_of(target) == after


def test_what_is_new_or_gone_since_stands_in_nobodys_way(machine):
    target = machine.home / "back"
    restore(machine, target)
    (target / "small/new").write_text("later")
    (target / "large").unlink()
    assert rollback(machine, 0, "latest", "--yes")[0] == "rolled_back"
    assert tree_of(target) == {"small": "folder",
                               "small/new": (b"later", (target / "small/new").stat().st_mode,
                                             (target / "small/new").stat().st_mtime_ns)}


# RECEIPT-26
def test_a_rollback_that_was_stopped_goes_on(restored):
    machine, target, before = restored
    aside = next((machine.home / UNDO).glob("*/aside"))
    moved = next(path for path in aside.iterdir() if path.is_symlink())
    (target / "small/file1").unlink()
    aside.with_name("put-back").write_text(
        "".join(f"{path.name} {path.lstat().st_ino}\n" for path in aside.iterdir()))
    moved.rename(target / "small/file1")  # as if it had been done
    (target / "large").unlink()
    assert rollback(machine, 0, "latest", "--yes")[0] == "rolled_back"
    assert tree_of(target) == before


# RECEIPT-29
def test_what_was_deleted_aside_after_a_rollback_was_stopped_is_not_taken_for_put_back(restored):
    machine, target, _ = restored
    aside = next((machine.home / UNDO).glob("*/aside"))
    aside.with_name("put-back").write_text(
        "".join(f"{path.name} {path.lstat().st_ino}\n" for path in aside.iterdir()))
    (aside / "0").unlink()
    number = str(latest(machine)["number"])
    state, steps = rollback(machine, 1, number, "--yes")
    assert (state, steps.count("gone")) == ("incomplete", 1)


# RECEIPT-29
def test_what_is_gone_from_aside_is_named_and_not_called_rolled_back(restored):
    machine, target, _ = restored
    aside = next((machine.home / UNDO).glob("*/aside"))
    put = next(line for line in aside.with_name("journal").read_text().splitlines()
               if line.startswith("moved 0 ")).split('"')[1]
    (aside / "0").unlink()
    left = tree_of(target)[put]
    state, steps = rollback(machine, 0, "latest")
    assert (state, steps.count("gone")) == ("planned", 1)
    number = str(latest(machine)["number"])
    state, steps = rollback(machine, 1, number, "--yes")
    assert (state, steps.count("gone")) == ("incomplete", 1)
    assert tree_of(target)[put] == left, "all that there is"
    assert not list((machine.home / UNDO).glob("*/done"))
    assert rollback(machine, 0, number, "--discard", "--yes")[0] == "discarded"


def test_what_was_half_given_up_is_never_rolled_back(restored):
    machine, target, _ = restored
    aside = next((machine.home / UNDO).glob("*/aside"))
    held = next(path for path in aside.iterdir() if not path.is_symlink())
    if not set_immutable(held, True):
        pytest.skip("nothing can be held fast here")
    number = str(latest(machine)["number"])
    after = tree_of(target)
    done = machine.run("receipt", "rollback", number, "--discard", "--yes")
    set_immutable(held, False)
    assert done.returncode == 1, "something stays"
    assert rollback(machine, 0, number, "--yes")[0] == "done"
    assert tree_of(target) == after
    assert rollback(machine, 0, number, "--discard", "--yes")[0] == "discarded"
    assert not aside.exists()


def set_immutable(path, held):
    """Whether it can be done; for root alone."""
    with path.open("rb") as file:
        try:
            flags = struct.unpack("i", fcntl.ioctl(file, FS_IOC_GETFLAGS, bytes(4)))[0]
            flags = flags | FS_IMMUTABLE_FL if held else flags & ~FS_IMMUTABLE_FL
            fcntl.ioctl(file, FS_IOC_SETFLAGS, struct.pack("i", flags))
        except OSError:
            return False
    return True


# RECEIPT-26
def test_two_rollbacks_of_one_receipt_take_turns(restored):
    machine, target, before = restored
    number = str(latest(machine)["number"])
    lock = next((machine.home / UNDO).glob("*/journal")).with_name("lock")
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        second = machine.start("receipt", "rollback", number, "--yes")
        with pytest.raises(subprocess.TimeoutExpired):
            second.wait(timeout=1)
        assert (target / "large").exists()
    assert second.wait(timeout=60) == 0
    assert tree_of(target) == before
    both = [machine.start("receipt", "rollback", number, "--yes") for _ in range(2)]
    assert [one.wait(timeout=60) for one in both] == [0, 0]
    assert tree_of(target) == before


# RECEIPT-23
def test_what_cannot_be_moved_aside_is_named_and_stays_and_the_rest_is_restored(machine):
    target = machine.home / "back"
    (target / "small").mkdir(parents=True)
    for i in range(60):
        (target / "small" / f"file{i}").write_text("mine")
    held = target / "small/file7"
    if not set_immutable(held, True):
        pytest.skip("nothing can be held fast here")
    try:
        done = machine.run("restore", f"{machine.first}:{machine.first_data}", "--target", target)
    finally:
        set_immutable(held, False)
    assert done.returncode == 1 and "file7" in done.stderr, done.stderr
    assert held.read_text() == "mine"
    for i in set(range(60)) - {7}:
        name = f"small/file{i}"
        assert (target / name).read_bytes() == (machine.first_data / name).read_bytes()
    assert rollback(machine, 0, "latest", "--yes")[0] == "rolled_back"
    assert {path.read_text() for path in (target / "small").iterdir()} == {"mine"}


def test_a_file_where_a_folder_belongs_costs_what_is_in_it_and_no_more(machine):
    target = machine.home / "back"
    target.mkdir()
    (target / "small").write_text("a file")
    done = machine.run("restore", f"{machine.first}:{machine.first_data}", "--target", target,
                       "--include", "file12", "--include", "odd*", "--include", "large")
    assert done.returncode == 1 and "file12" in done.stderr, done.stderr
    assert (target / "large").read_bytes() == (machine.first_data / "large").read_bytes()
    assert len(list(target.iterdir())) == 3 and (target / "small").read_text() == "a file"


# RECEIPT-23
def test_a_file_system_within_the_target_gets_a_hidden_folder_too(machine):
    target = machine.home / "back"
    (target / "small").mkdir(parents=True)
    (target / "large").write_text("mine")
    script = f"""
        mount -t tmpfs none '{target}/small' || exit 77
        mkdir '{target}/small/x'; echo mine > '{target}/small/file0'
        $TORGO restore '{machine.first}:{machine.first_data}' --target '{target}' || exit 1
        test -e '{target}'/small/.torgo-undo-*/? || exit 2
        cmp '{target}/small/file0' '{machine.first_data}/small/file0' || exit 3
        $TORGO receipt rollback latest --yes || exit 4
        test "$(cat '{target}/small/file0')" = mine || exit 5
        test "$(ls -A '{target}/small')" = "$(printf 'file0\\nx')" || exit 6
    """
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True,
                          env=machine.environment(TORGO=str(support.TORGO)), check=False)
    if done.returncode == 77 or "unshare:" in done.stderr:
        pytest.skip("nothing can be mounted here")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (target / "large").read_text() == "mine"


# RECEIPT-24
def test_a_journal_that_was_changed_is_refused(restored):
    machine, target, _ = restored
    journal = next((machine.home / UNDO).glob("*/journal"))
    text = journal.read_text()
    mirrored = machine.must("receipt", "mirror", journal.with_name("journal.mu")).stdout
    assert mirrored.splitlines() == [line[::-1] for line in reversed(text.split("\n"))]
    journal.write_text(text.replace("made", "lost", 1))
    assert rollback(machine, 0, "latest")[0] == "planned", "the mirror has it still (RECEIPT-28)"
    journal.with_name("journal.mu").unlink()
    after = tree_of(target)
    done = machine.run("receipt", "rollback", "latest", "--yes")
    assert done.returncode == 1 and "journal" in done.stderr
    assert tree_of(target) == after


# RECEIPT-23
def test_another_file_system_gets_a_hidden_folder_of_its_own(machine):
    target = next((p for p in map(machine.home.__class__, ("/dev/shm", "/run/shm"))
                   if p.is_dir() and p.stat().st_dev != machine.home.stat().st_dev), None)
    if target is None:
        pytest.skip("there is no second file system to write to")
    target = target / f"torgo-rollback-{os.getpid()}"
    try:
        target.mkdir()
        (target / "large").write_text("mine")
        restore(machine, target)
        assert len(list(target.glob(".torgo-undo-*/0"))) == 1
        assert rollback(machine, 0, "latest", "--yes")[0] == "rolled_back"
        assert [path.name for path in target.iterdir()] == ["large"]
        assert (target / "large").read_text() == "mine"
    finally:
        shutil.rmtree(target, ignore_errors=True)


def test_the_way_back_can_be_given_up_or_never_kept(restored):
    machine, target, _ = restored
    after = tree_of(target)
    assert rollback(machine, 0, "latest", "--discard")[0] == "planned"
    number = str(latest(machine)["number"])
    assert rollback(machine, 0, number, "--discard", "--yes")[0] == "discarded"
    assert tree_of(target) == after
    assert not list((machine.home / UNDO).glob("*/aside"))
    assert rollback(machine, 0, number, "--yes")[0] == "done"
    restore(machine, target, "--no-undo")
    assert rollback(machine, 1, "latest", "--yes")[0] == "irreversible"


def test_a_restore_that_was_killed_leaves_what_it_moved_to_be_found(restored):
    machine, _, _ = restored
    journal = next((machine.home / UNDO).glob("*/journal"))
    assert "moved things aside" not in machine.must("receipt", "list").stderr
    shutil.copytree(journal.parent, journal.parent.with_name("ab" * 16), symlinks=True)
    assert f"{'ab' * 16}/journal" in machine.must("receipt", "list").stderr


# RECEIPT-25
def test_what_has_no_folder_to_be_put_back_into_is_named_before_anything_is_changed(restored):
    machine, target, before = restored
    number = str(latest(machine)["number"])
    shutil.rmtree(target / "small")
    after = tree_of(target)
    state, _ = rollback(machine, 1, number, "--yes")
    assert state == "refused"
    assert tree_of(target) == after
    done = machine.run("receipt", "rollback", number)
    assert "small/file0: the folder it was in is not there any more" in done.stdout
    (target / "small").mkdir()
    assert rollback(machine, 0, number, "--yes")[0] == "rolled_back"
    back = tree_of(target)
    assert back["small/file0"] == before["small/file0"]
    assert back["small/file1"] == before["small/file1"]


def killed_in_the_middle(machine, source, target):
    """A restore that was killed when it had begun to write."""
    process = machine.start("restore", f"latest:{source}", "--target", target, "--threads", "1")
    while process.poll() is None and not (target / "many" / "f300").exists():
        pass
    process.kill()
    process.communicate(timeout=support.TIME_LIMIT_S)
    return process.returncode


# RECEIPT-32
def test_a_restore_that_was_killed_is_turned_around(machine):
    source = machine.home / "source"
    target = machine.home / "back"
    for folder in (source, target):
        (folder / "many").mkdir(parents=True)
    for number in range(2500):
        (source / "many" / f"f{number:03}").write_bytes(os.urandom(20_000))
    for number in range(0, 2500, 7):
        (target / "many" / f"f{number:03}").write_text("mine")
    (target / "many" / "own").write_text("untouched")
    machine.must("backup", source)
    before = tree_of(target)
    assert killed_in_the_middle(machine, source, target) < 0, "it was done too soon"
    shown = machine.must("receipt", "list", "--newest", "1", "--json")
    assert "was killed; receipt" in shown.stderr
    receipt = json.loads(shown.stdout.splitlines()[-1])
    assert (receipt["outcome"], bool(receipt["undo"])) == ("failed", True)
    half = tree_of(target)
    assert half != before
    words = ["receipt", "rollback", str(receipt["number"]), "--yes", "--json"]
    done = machine.run(*words)
    if done.returncode != 0:
        # Killed between a file's name and the note of what it is: nobody can tell whose that is.
        objected = re.findall(r"many/f\d+", done.stdout + done.stderr)
        assert len(objected) == 1, done.stdout + done.stderr
        (target / objected[0]).unlink()
        done = machine.must(*words)
    assert json.loads(done.stdout.splitlines()[-1])["state"] == "rolled_back"
    after = {name: is_ for name, is_ in tree_of(target).items() if ".torgo-new-" not in name}
    assert after == before


def test_an_added_key_is_removed_and_one_that_was_replaced_does_not_come_back(machine):
    again = machine.environment(TORGO_NEW_PASSWORD="umber plank vivid otter")
    machine.must("key", "add", "--kdf-memory", "64", env=again)
    number = str(latest(machine)["number"])
    keys = machine.must("key", "list").stdout
    assert rollback(machine, 0, number) == ("planned", ["remove_key"])
    assert machine.must("key", "list").stdout == keys
    assert rollback(machine, 0, number, "--yes")[0] == "rolled_back"
    assert len(machine.must("key", "list").stdout.splitlines()) == len(keys.splitlines()) - 1
    assert rollback(machine, 0, number, "--yes")[0] == "done"
    machine.must("restore", "latest", "--target", machine.home / "x")
    machine.must("key", "passwd", "--kdf-memory", "64", env=again)
    assert rollback(machine, 1, "latest", "--yes") == ("irreversible", ["none"])


def lose_data(machine):
    """The data, not what tells where it lies."""
    for head in machine.heads[:3]:
        for path in head.rglob("*"):
            if path.is_file() and path.stat().st_size > 300_000:
                path.unlink()


def test_what_was_there_stays_when_the_data_of_the_new_can_not_be_had(restored):
    machine, target, before = restored
    rollback(machine, 0, "latest", "--yes")
    (target / "large").write_text("mine")
    lose_data(machine)
    done = machine.run("restore", f"{machine.first}:{machine.first_data}", "--target", target,
                       "--no-undo")
    assert done.returncode == 1, "its data can not be had whole"
    assert (target / "large").read_text() == "mine"
    assert (target / "small/file0").stat().st_ino == (target / "second name").stat().st_ino
    assert not list(target.rglob(".torgo-*"))


def test_a_restore_that_fails_in_the_middle_can_be_turned_around(restored):
    machine, target, before = restored
    rollback(machine, 0, "latest", "--yes")
    lose_data(machine)
    done = machine.run("restore", f"{machine.first}:{machine.first_data}", "--target", target)
    assert done.returncode == 1, "its data can not be had whole"
    assert rollback(machine, 0, "latest", "--yes")[0] == "rolled_back"
    assert tree_of(target) == before
