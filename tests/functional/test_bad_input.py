"""What cannot work is refused with one clear line and the right exit code, and touches no head."""

import re
import shutil

import pytest
import support


def expect_refusal(machine, code, pattern, *words, **more):
    before = support.hash_of_heads(machine)
    done = machine.run(*words, **more)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("torgo: "), lines
    assert re.search(pattern, lines[0]), lines
    assert support.hash_of_heads(machine) == before, "a head was touched"


@pytest.mark.parametrize("command", ["snapshots", "backup", "restore", "check", "key"])
def test_wrong_password_is_refused(machine, command):
    words = {
        "backup": ["backup", machine.data],
        "restore": ["restore", "latest", "--target", machine.home / "back"],
        "key": ["key", "list"],
    }.get(command, [command])
    wrong = machine.environment(TORGO_PASSWORD="not it")
    expect_refusal(machine, 12, "no key slot opens with it", *words, env=wrong)
    assert not (machine.home / "back").exists()


@pytest.mark.parametrize("missing", [None, ""], ids=["not given", "empty"])
def test_missing_password_without_terminal_is_refused(machine, missing):
    env = machine.environment()
    del env["TORGO_PASSWORD"]
    if missing is not None:
        (machine.home / "password").write_text(missing)
        env["TORGO_PASSWORD_FILE"] = str(machine.home / "password")
    pattern = "no terminal.*--password-file" if missing is None else "an empty pass phrase"
    expect_refusal(machine, 2, pattern, "backup", machine.data, env=env)


@pytest.mark.parametrize(
    "words, pattern",
    [
        (["backup", "data", "--bogus"], "no option --bogus"),
        (["bakcup", "data"], "bakcup"),
        (["backup", "data", "--compression", "-3"], "--compression.*-3"),
        (["backup", "data", "--min-heads", "-1"], "--min-heads.*-1"),
        (["backup", "data", "--min-heads", "1"], "--min-heads must be 2 to 4"),
        (["backup", "data", "--threads", "99999999999999999999"], "--threads"),
        (["restore", "latest", "--target", "back", "--threads=-1"], "--threads.*-1"),
        (["restore", "latest"], "--target"),
        (["check", "--read-data=-5%"], "--read-data"),
        (["check", "--read-data=101%"], "--read-data"),
        (["heal", "-1"], "-1"),
        (["heal", "5"], "5"),
        (["backup"], "PATH|path"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_senseless_command_line_is_refused(machine, words, pattern):
    expect_refusal(machine, 2, pattern, *words)
    assert not (machine.home / "back").exists()


@pytest.mark.parametrize(
    "words, pattern",
    [
        (["restore", "ffffffff", "--target", "back"], "no snapshot ffffffff"),
        (["restore", "latest:/not/there", "--target", "back"], "/not is not in the snapshot"),
        (["backup", "not-there"], "not-there: No such file"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_name_of_nothing_is_refused(machine, words, pattern):
    expect_refusal(machine, 1, pattern, *words)


def test_no_descriptor_file_is_said(machine):
    machine.descriptor.unlink()
    expect_refusal(machine, 10, "no descriptor file", "snapshots")


def test_folders_that_hold_no_repository_are_refused(machine):
    for head in machine.heads:
        shutil.rmtree(head)
        head.mkdir()
        (head / "letter").write_text("somebody's own")
    expect_refusal(machine, 10, "none of the heads holds a repository", "backup", machine.data)
    expect_refusal(machine, 10, "", "init", "--from", *machine.heads)


def test_foreign_file_as_descriptor_is_refused_with_its_line(machine):
    machine.descriptor.write_text("version = 1\nsurprise = 2\n")
    expect_refusal(machine, 2, "surprise", "snapshots")


# CLI-32
def test_descriptor_file_of_a_newer_version_is_refused(machine):
    text = machine.descriptor.read_text()
    machine.descriptor.write_text(text.replace("version = 1", "version = 2\nnew_key = 3"))
    expect_refusal(machine, 1, "version 2.*newer version", "backup", machine.data)


def test_repository_of_a_newer_version_is_refused(machine):
    for head in machine.heads:
        record = bytearray((head / "roots/descriptor").read_bytes())
        assert record[:5] == b"TGD1\x01"
        record[4] = 2
        (head / "roots/descriptor").write_bytes(record)
    expect_refusal(machine, 1, "format 2", "backup", machine.data)


def test_too_few_heads_are_said_with_their_number(machine):
    for head in machine.heads[:3]:
        head.rename(head.with_suffix(".away"))
    expect_refusal(machine, 1, "only 1 of 4 heads answer, 2 are needed", "snapshots")


def test_backup_without_enough_heads_is_refused_and_leaves_the_others_alone(machine):
    for head in machine.heads[:2]:
        head.rename(head.with_suffix(".away"))
    (machine.data / "new").write_text("not saved yet")
    before = machine.run("snapshots").stdout
    done = machine.run("backup", machine.data)
    assert done.returncode == 1 and "2 of 4 heads" in done.stderr, done.stderr
    assert machine.run("snapshots").stdout == before
    for head in machine.heads[:2]:
        head.with_suffix(".away").rename(head)
    machine.expect_first_restores()
