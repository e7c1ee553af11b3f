"""The model of rights, locks, deletes and tombstones holds, and each of its rules is needed."""

import pathlib
import re
import shutil
import subprocess

import pytest

MODEL = pathlib.Path(__file__).parents[2] / "docs" / "model" / "retention.pml"
DEPTH = 100_000  # steps; the deepest search needs 80,000
SECONDS = 60

pytestmark = pytest.mark.skipif(
    not (shutil.which("spin") and shutil.which("gcc")),
    reason="spin or gcc is not installed: Debian's packages spin and gcc",
)

ASSERTIONS = ""  # in place of a property's name: those in the processes

LARGE = ("NODE", "")
HOLDS = [
    (*LARGE, ASSERTIONS),  # (a) (b) (c), two nodes
    ("NODE", "-DNODES=1", "revoked_for_ever"),  # (c)
    ("NODE", "-DNODES=1", "locked_until_released"),  # (b)
    ("SNAPSHOT", "", ASSERTIONS),  # (d)
    ("SNAPSHOT", "-DCOMMIT=3", "readable"),
    ("DELETE", "", "takes_effect"),  # (e)
    ("DELETE", "", "stays_gone"),
    ("DELETE", "-DSEGMENT", "takes_effect"),
    ("PRUNE", "", "readable"),
]

BROKEN = [
    ("NODE", "-DNODES=1 -DBROKEN_LOCK_ORDER", ASSERTIONS),
    ("NODE", "-DNODES=1 -DWRITE_MAY_DELETE", ASSERTIONS),
    ("NODE", "-DNODES=1 -DREVOCATION_FORGOTTEN", "revoked_for_ever"),
    ("NODE", "-DNODES=1 -DREVOCATION_MAY_BE_DELETED", "revoked_for_ever"),
    ("NODE", "-DNODES=1 -DLOCK_MAY_BE_DELETED", "locked_until_released"),
    ("NODE", "-DNODES=1 -DRIGHTS_AT_THE_HEAD_ONLY", ASSERTIONS),
    ("NODE", "-DNODES=1 -DANSWER_BEFORE_SYNC", ASSERTIONS),
    ("SNAPSHOT", "-DLOCK_AFTER_THE_SEGMENT", "readable"),
    ("SNAPSHOT", "-DCOMMIT=3 -DUNLOCKED=2", "readable"),
    ("DELETE", "-DASK_ONCE", "takes_effect"),
    ("DELETE", "-DNEVER_RELEASED", "takes_effect"),
    ("DELETE", "-DSEGMENT", "stays_gone"),
    ("DELETE", "-DSEGMENT -DLISTED_ONCE", "takes_effect"),
    ("PRUNE", "-DPRUNE_AT_ONCE", ASSERTIONS),
    ("PRUNE", "-DWITHOUT_LOOKING", ASSERTIONS),
    ("PRUNE", "-DNAME_USED_AGAIN", ASSERTIONS),
    ("PRUNE", "-DTWO_SESSIONS_OF_A_WRITER", ASSERTIONS),
    ("PRUNE", "-DNEW_WRITER_READS_FIRST", ASSERTIONS),
]


def run(folder, *command):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS)
    return done.stdout + done.stderr


def switches_of(part, switches):
    return [f"-DPART_{part}", *switches.split()]


def verify(folder, part, switches, prop):
    """What the verifier of one part says, and the number of errors that it found."""
    shutil.copy(MODEL, folder)
    made = run(folder, "spin", "-a", *switches_of(part, switches), MODEL.name)
    # The compiler takes longer than all but the one large search.
    options = ["-O1" if (part, switches) == LARGE else "-O0", "-w", "-DCOLLAPSE"]
    options += [] if prop else ["-DNOCLAIM", "-DSAFETY"]
    made += run(folder, "gcc", *options, "-o", "pan", "pan.c")
    assert (folder / "pan").exists(), made
    wanted = ["-a", "-N", prop] if prop else []
    fairness = ["-f"] if prop == "takes_effect" else []
    said = run(folder, "./pan", "-n", "-E", f"-m{DEPTH}", *wanted, *fairness)
    errors = re.search(r"errors: (\d+)", said)
    assert errors, said
    return said, int(errors[1])


def name_of(case):
    return " ".join(filter(None, case)).replace("-D", "")


@pytest.mark.parametrize("case", HOLDS, ids=name_of)
def test_the_rules_hold_in_every_state(tmp_path, case):
    said, errors = verify(tmp_path, *case)
    assert errors == 0, said
    assert "Search not completed" not in said and "too small" not in said, said
    print(name_of(case), re.search(r"\d+ states, stored", said)[0])


@pytest.mark.parametrize("case", BROKEN, ids=name_of)
def test_without_one_rule_there_is_a_way_to_lose(tmp_path, case):
    part, switches, prop = case
    said, errors = verify(tmp_path, *case)
    assert errors == 1, said
    replayed = run(tmp_path, "spin", "-t", "-p", *switches_of(part, switches), MODEL.name)
    assert "assertion violated" in replayed or "START OF CYCLE" in replayed, replayed[-2000:]
