"""Nothing that was saved is ever lost: the real program, killed, crowded and starved.

TORGO_SURVIVAL_ROUNDS is how often a backup is killed; when not given, 200 in CI and 30 elsewhere.
1000 before a release.
"""

import contextlib
import ctypes
import itertools
import os
import random
import re
import shutil
import signal
import time

import pytest
import support

ROUNDS = int(os.environ.get("TORGO_SURVIVAL_ROUNDS", "200" if os.environ.get("CI") else "30"))
SEED = int(os.environ.get("TORGO_SURVIVAL_SEED", "1"))


def expect_sound(machine):
    machine.expect_check_is_clean()
    machine.expect_first_restores()


def timed_backup(machine):
    start = time.monotonic()
    snapshot = machine.backup()
    return snapshot, time.monotonic() - start


def largest_in(folder):
    """The size of the largest file of a folder in which files come and go."""
    with os.scandir(folder) as entries:
        sizes = [0]
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                sizes.append(entry.stat(follow_symlinks=False).st_size)
    return max(sizes)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_restore_that_is_stopped_leaves_no_file_that_looks_whole(machine, how):
    large = machine.data / "large"
    large.write_bytes(random.Random(SEED).randbytes(150_000_000))
    snapshot, target = machine.backup(), machine.home / "back"
    target.mkdir()
    (target / "large").write_text("mine")
    os.utime(target / "large", (1, 1))
    words = ("restore", f"{snapshot}:{machine.data}", "--target", target, "--overwrite",
             "if-newer", "--no-undo", "--threads", "1")
    program = machine.start(*words)
    while program.poll() is None and largest_in(target) < 1_000_000:
        pass
    program.send_signal(how)
    program.communicate(timeout=support.TIME_LIMIT_S)
    assert program.returncode != 0, "it was stopped in the middle"
    assert (target / "large").read_text() == "mine"
    if how == signal.SIGINT:
        assert not list(target.rglob(".torgo-new-*"))
    machine.must(*words)
    assert (target / "large").read_bytes() == large.read_bytes()


def test_backup_killed_at_any_moment_loses_nothing(machine, tmp_path, capsys):
    chance = random.Random(SEED)
    large, truth = machine.data / "large", tmp_path / "truth"
    large.write_bytes(chance.randbytes(6_000_000))
    last, duration = timed_backup(machine)
    shutil.copytree(machine.data, truth)
    killed = 0
    for turn in range(ROUNDS):
        large.write_bytes(chance.randbytes(6_000_000))
        (machine.data / f"new{turn % 7}").write_bytes(chance.randbytes(30_000))
        program = machine.start("backup", machine.data, "--json")
        time.sleep(chance.uniform(0, 1.1 * duration))
        program.kill()
        said, _ = program.communicate(timeout=support.TIME_LIMIT_S)
        killed += program.returncode == -signal.SIGKILL
        saved = support.saved_snapshot(said)
        if saved is not None:
            last = saved
            shutil.rmtree(truth)
            shutil.copytree(machine.data, truth)
        machine.expect_restores(last, truth)
        if turn % 3 == 0:
            machine.expect_whole_once_healed()
            machine.expect_first_restores()
    last, _ = timed_backup(machine)
    machine.expect_restores(last, machine.data)
    machine.expect_whole_once_healed()
    expect_sound(machine)
    with capsys.disabled():
        print(f"\nkill -9 in {ROUNDS} rounds, {killed} before the end, seed {SEED}: nothing lost")
    assert killed > ROUNDS // 3, "the delays are too long"


def test_two_backups_at_once_both_succeed(machine, tmp_path):
    other = tmp_path / "other"
    support.make_data(other, seed=2)
    (machine.data / "new").write_bytes(random.Random(3).randbytes(2_000_000))
    for _ in range(3):
        programs = [machine.start("backup", path, "--json") for path in (machine.data, other)]
        said = [program.communicate(timeout=support.TIME_LIMIT_S) for program in programs]
        assert [program.returncode for program in programs] == [0, 0], said
        machine.expect_restores(support.saved_snapshot(said[0][0]), machine.data)
        machine.expect_restores(support.saved_snapshot(said[1][0]), other, other)
        (machine.data / "large").write_bytes(random.Random(4).randbytes(2_000_000))
        (other / "large").write_bytes(random.Random(4).randbytes(2_000_000))
    expect_sound(machine)


def test_any_two_heads_of_four_may_be_lost(machine):
    for pair in itertools.combinations(machine.heads, 2):
        shutil.rmtree(machine.home / ".cache")
        for head in pair:
            head.rename(head.with_suffix(".away"))
        machine.expect_first_restores()
        for head in pair:
            head.with_suffix(".away").rename(head)


def test_healed_heads_have_the_bytes_they_had(machine):
    before = support.hash_of_heads(machine)
    shutil.rmtree(machine.heads[0])
    shutil.rmtree(machine.heads[2])
    env = machine.environment()
    del env["TORGO_PASSWORD"]
    for number in (1, 3):
        machine.must("heal", number, env=env)
    assert support.hash_of_heads(machine) == before
    expect_sound(machine)


LIBC = ctypes.CDLL(None, use_errno=True)
MS_REMOUNT = 32


def mount(folder, megabytes, flags=0):
    done = LIBC.mount(b"torgo-test", os.fsencode(folder), b"tmpfs", ctypes.c_ulong(flags),
                      f"size={megabytes}m".encode())
    return None if done == 0 else os.strerror(ctypes.get_errno())


@pytest.fixture
def small_disk():
    """Gives a function that puts a folder with what is in it on a small real file system; skips
    where this user cannot mount one."""
    mounted = []

    def make(folder, megabytes):
        away = folder.with_suffix(".disk")
        folder.rename(away)
        folder.mkdir()
        failure = mount(folder, megabytes)
        if failure:
            pytest.skip(f"cannot mount a small disk: {failure}")
        mounted.append(folder)
        shutil.copytree(away, folder, dirs_exist_ok=True)

    yield make
    for folder in mounted:
        assert LIBC.umount2(os.fsencode(folder), 0) == 0


def grow(folder, megabytes):
    assert mount(folder, megabytes, MS_REMOUNT) is None


def test_the_old_place_of_a_head_is_kept_as_long_as_it_may_be_needed(machine, tmp_path):
    new = tmp_path / "new place"
    hidden = []
    for head in machine.heads[2:]:  # of one pack only heads 1 and 2 have a segment
        pack = min((head / "segments").glob("*/*"), key=lambda path: path.stat().st_size)
        hidden.append((pack, tmp_path / f"hidden{len(hidden)}"))
        shutil.move(*hidden[-1])
    before = machine.descriptor.read_text()
    done = machine.run("heal", "2", "--onto", new)
    assert done.returncode == 1 and "is not at the new place yet" in done.stderr, done.stderr
    assert str(machine.heads[1]) in done.stderr and str(machine.descriptor) in done.stderr
    assert machine.descriptor.read_text() == before
    machine.expect_first_restores()
    for pack, aside in hidden:
        shutil.move(aside, pack)
    said = machine.must("heal", "2", "--onto", new).stdout
    assert "it was at dir://" in said and str(machine.heads[1]) in said, said
    assert "new%20place" in machine.descriptor.read_text()
    receipts = [path.read_text() for path in machine.home.rglob("*.md")
                if f"dir://{machine.heads[1]}" in path.read_text()]
    assert any("old_place" in text and "new%20place" in text for text in receipts)
    shutil.rmtree(machine.heads[1])
    expect_sound(machine)


def test_what_is_bad_on_another_head_holds_no_move_up(machine, tmp_path):
    record = next(machine.heads[2].rglob("batch-*"))
    record.with_name("batch-" + "0" * 64).write_bytes(b"junk of a hostile head")
    done = machine.run("heal", "2", "--onto", tmp_path / "new")
    assert done.returncode == 1 and "batch-" in done.stderr, (done.stdout, done.stderr)
    assert "it was at dir://" in done.stdout, done.stdout
    assert str(tmp_path / "new") in machine.descriptor.read_text()
    machine.expect_first_restores()


def test_full_disk_is_said_and_harms_nothing(machine, small_disk):
    heads = machine.home / "heads"
    small_disk(heads, 16)
    (machine.data / "new").write_bytes(random.Random(1).randbytes(8_000_000))
    done = machine.run("backup", machine.data)
    assert done.returncode == 1, (done.stdout, done.stderr)
    full = "(No space left on device|bytes left, too few for a segment).*Make room there"
    assert re.search(full, done.stderr), done.stderr
    expect_sound(machine)
    grow(heads, 64)
    machine.expect_restores(machine.backup(), machine.data)
    expect_sound(machine)


def test_one_full_head_does_not_stop_a_backup_and_heal_completes_it(machine, small_disk):
    head = machine.heads[3]
    small_disk(head, 4)
    (machine.data / "new").write_bytes(random.Random(1).randbytes(8_000_000))
    done = machine.must("backup", machine.data, "--json")
    assert str(head) in done.stdout, "the full head is named"
    snapshot = support.saved_snapshot(done.stdout)
    machine.expect_restores(snapshot, machine.data)
    grow(head, 64)
    machine.must("heal")
    expect_sound(machine)
    shutil.rmtree(machine.heads[0])
    shutil.rmtree(machine.heads[1])
    machine.expect_restores(snapshot, machine.data)


def test_kit_file_and_two_heads_alone_bring_everything_back(tmp_path):
    machine = support.make_machine(tmp_path / "lost")
    bare = support.Machine(tmp_path / "bare")
    (bare.home / "heads").mkdir(parents=True)
    for i in (1, 2):
        machine.heads[i].rename(bare.heads[i])
    (machine.home / "kit.txt").rename(bare.home / "kit.txt")
    truth = machine.data.rename(tmp_path / "truth")
    shutil.rmtree(machine.home)
    new = bare.environment(TORGO_PASSWORD="orbit plaza quench ribbon sled tulip")
    bare.must("init", "--recover", "--kit", bare.home / "kit.txt",
              "--head", bare.heads[1], "--head", bare.heads[2], env=new)
    bare.environment = lambda: new
    bare.expect_restores("latest", truth, machine.data)


def opened(pid):
    folder = f"/proc/{pid}/fd"
    try:
        return {os.readlink(f"{folder}/{name}") for name in os.listdir(folder)}
    except OSError:
        return set()


def stop_while_it_reads(program, path):
    """True when the program stands still with the file open; false when it ended before."""
    while program.poll() is None:
        if str(path) in opened(program.pid):
            program.send_signal(signal.SIGSTOP)
            if str(path) in opened(program.pid):
                return True
            program.send_signal(signal.SIGCONT)
    return False


def start_and_stop(machine, path):
    """A backup that stands still while it reads this large file; on a busy machine it may take
    more than one attempt to catch it."""
    for attempt in range(5):
        path.write_bytes(random.Random(attempt).randbytes(40_000_000))
        program = machine.start("backup", machine.data, "--json", "--threads", "1")
        if stop_while_it_reads(program, path):
            return program
        program.communicate()
    raise AssertionError("no backup could be stopped in time")


def test_file_that_changes_while_it_is_read_is_named(machine):
    large = machine.data / "large"
    program = start_and_stop(machine, large)
    with large.open("ab") as file:
        file.write(b"more")
    program.send_signal(signal.SIGCONT)
    said, errors = program.communicate(timeout=support.TIME_LIMIT_S)
    assert program.returncode == 3, (said, errors)
    named = [line for line in (said + errors).splitlines() if str(large) in line]
    assert any("changed while it was read" in line for line in named), (said, errors)
    expect_sound(machine)


def test_files_that_vanish_are_named_and_the_rest_is_saved(machine):
    large, gone = machine.data / "a", [machine.data / f"b{i}" for i in range(200)]
    for path in gone:
        path.write_bytes(random.Random(str(path)).randbytes(200_000))
    program = start_and_stop(machine, large)
    for path in gone[100:]:
        path.unlink()
    program.send_signal(signal.SIGCONT)
    said, errors = program.communicate(timeout=support.TIME_LIMIT_S)
    assert program.returncode == 3, (said, errors)
    missed = [path for path in gone[100:] if f'"{path}"' in said + errors]
    assert missed, (said, errors)
    assert '"kind":"vanished"' in said + errors, (said, errors)
    target = machine.home / "back"
    machine.must("restore", f"{support.saved_snapshot(said)}:{machine.data}", "--target", target)
    for path in missed:
        assert not (target / path.name).exists()
    for path in gone[:100]:
        assert (target / path.name).read_bytes() == path.read_bytes()
    expect_sound(machine)


def test_interrupted_backup_ends_with_130_and_loses_nothing(machine):
    large = machine.data / "large"
    program = start_and_stop(machine, large)
    program.send_signal(signal.SIGINT)
    program.send_signal(signal.SIGCONT)
    said, errors = program.communicate(timeout=support.TIME_LIMIT_S)
    assert program.returncode == 130, (said, errors)
    assert support.saved_snapshot(said) is None
    assert "Nothing that was saved before is lost" in errors, errors
    expect_sound(machine)
    machine.expect_restores(machine.backup(), machine.data)
