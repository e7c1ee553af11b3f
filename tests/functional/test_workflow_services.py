"""What blocks are served by `import torgo`: what the command says, and only by right. No word of a
block becomes an option or a path.
"""

import json

import pytest
from workflows import EXAMPLES, REPOSITORY, command, environment_of, outputs, run, write

CIRCUIT = 'OPENQASM 3;\ninclude "stdgates.inc";\nqubit[2] q;\nbit[2] c;\n' \
          "h q[0];\ncx q[0], q[1];\nc = measure q;\n"
CONTEXT = "dataset: ward.csv\nscenario: mesh.toml\nplan: plan.toml\nself: ward.maml.md\n"
# A ward whose target no plan meets.
PLAN = """
name = "ward"
[[room]]
area = [0, 0, 6, 5]
columns = 2
loss_db = 5
[target]
period_s = 10
latency_ms = 2
[equipment]
cell_sensors = 20
[[sensors]]
place = "random"
area = [0, 0, 12, 5]
count = 20
[[sockets]]
place = "grid"
corner = [3, 2.5]
columns = 2
step_m = 6
network = true
"""
# What a block asks, and the command that says the same.
READING = {
    "torgo.snapshots(['ward'])": ["snapshots", "--tag", "ward"],
    "torgo.snapshots(newest=1)": ["snapshots", "--latest", "1"],
    "torgo.ls()": ["ls", "latest"],
    "torgo.ls('latest', '/')": ["ls", "latest", "/"],
    "torgo.find('*.csv')": ["find", "*.csv"],
    "torgo.diff(torgo.snapshots()[0]['id'])": ["diff", "FIRST", "latest"],
    "torgo.stats()": ["stats"],
    "torgo.status()": ["status"],
    "torgo.check()": ["check"],
    "torgo.keys()": ["key", "list"],
    "torgo.locks()": ["lock", "list"],
    "torgo.grants()": ["grant", "list"],
    "torgo.repairs()": ["repair", "list"],
    "torgo.receipts(5)": ["receipt", "list", "--here", "--newest", "5"],
    "[torgo.receipt(1)]": ["receipt", "show", "1"],
    "torgo.verify_receipts()": ["receipt", "verify"],
    "torgo.transfers()": ["receipt", "transfers"],
    "torgo.validate(self)": ["maml", "validate", "ward.maml.md"],
    "torgo.mesh_simulate(scenario, seed=7)": ["mesh", "simulate", "mesh.toml", "--seed", "7"],
    "torgo.mesh_plan(plan)": ["mesh", "plan", "plan.toml"],
}
# Asked first, and of the command last: they leave receipts.
CHANGING = {
    "torgo.heal()": ["heal"],
    "torgo.sync()": ["sync"],
    "torgo.reconcile()": ["receipt", "reconcile"],
}
# Members that are others each time (a run leaves a receipt, too), or tell how work was divided.
VARIES = {"bytes_free", "bytes_total", "queue_events", "bytes_per_node", "file", "verified"}
WRITING = {"torgo.backup", "torgo.heal", "torgo.sync", "torgo.reconcile", "tor_db.store",
           "bluetooth_mesh.relay_data"}
# In a block: what the host says to each of `asks`.
ASK = """\
from torgo_host import HostError, call
def answer(name, arguments):
    try:
        return call(name, **arguments)
    except HostError as refused:
        return "refused: " + str(refused)
said = [answer(name, arguments) for name, arguments in asks]
"""


@pytest.fixture
def home(tmp_path):
    """A repository on four folders, named hospital, with one snapshot of one file."""
    place = tmp_path / "home"
    place.mkdir()
    heads = [word for name in "abcd" for word in ("--head", place / name)]
    command(place, "init", *heads, "--recovery-kit", place / "kit.txt", "--kdf-memory", "64")
    (place / "ward.csv").write_bytes((EXAMPLES / "ward.csv").read_bytes())
    command(place, "backup", place / "ward.csv")
    return place


def ran(home, *blocks, code=0, words=(), **more):
    path = write(home, *[("python", block) for block in blocks], **more)
    return outputs(run(home, "--json", path, *words, code=code, environment=environment_of(home)))


def asked(home, *asks, **more):
    """What the host says to each request that a worker makes."""
    return ran(home, f"asks = {list(asks)!r}\n" + ASK, **more)["outputs"]["said"]


def served(home):
    """The names that the host says it serves."""
    (said,) = asked(home, ("torgo.nothing", {}))
    return said.split("served are ")[1].split(", ")


def plain(objects):
    """What a program may rely on to be the same twice."""
    return [{key: value for key, value in one.items() if key not in VARIES} for one in objects
            if one["message_type"] not in ("status", "warning")]


def test_what_a_block_is_told_is_what_the_command_says(home):
    (home / "mesh.toml").write_text((REPOSITORY / "examples/mesh/corridor.toml").read_text())
    (home / "plan.toml").write_text(PLAN)
    calls = {**CHANGING, **READING}
    said = ran(home, "import torgo\nmade = torgo.backup(dataset, tags=['ward'])[-1]\n"
               + "".join(f"said_{i} = {call}\n" for i, call in enumerate(calls)),
               context=CONTEXT)["outputs"]
    said = {call: said[f"said_{i}"] for i, call in enumerate(calls)} | {"made": said["made"]}
    assert said["made"]["message_type"] == "summary" and said["made"]["total_files_processed"] == 1
    plan = said["torgo.mesh_plan(plan)"]
    assert plan[0]["message_type"] == "warning" and plan[-1]["met"] is False  # RUN-56
    first = json.loads(command(home, "snapshots", "--json").stdout.splitlines()[0])["id"]
    for call, words in {**READING, **CHANGING}.items():
        words = [first if word == "FIRST" else word for word in words]
        code = 1 if words[:2] == ["mesh", "plan"] else 0  # its target is not met
        told = command(home, *words, "--json", code=code).stdout.splitlines()
        assert plain(said[call]) == plain(map(json.loads, told)), call


def test_every_function_is_tried_here(home):
    tried = {call.split("(")[0].strip("[") for call in {**READING, **CHANGING}}
    tried |= {"torgo.backup", "torgo.dump", "torgo.quantum"}
    assert {name for name in served(home) if name.startswith("torgo.")} == tried


def test_the_module_has_a_function_for_each_name_and_no_other(home):
    there = ran(home, "import torgo\nthere = [n for n in torgo.__all__ if n != 'HostError']\n")
    names = {"torgo." + name for name in there["outputs"]["there"]}
    assert names == {name for name in served(home) if name.startswith("torgo.")}


def test_a_circuit_that_a_block_gives_is_simulated_as_the_command_does(home):
    (home / "bell.qasm").write_text(CIRCUIT)
    told = json.loads(command(home, "quantum", "run", "bell.qasm", "--seed", "3", "--shots", "100",
                              "--json").stdout)
    counts = ran(home, f"import torgo\ncounts = torgo.quantum({CIRCUIT!r}, shots=100, seed=3)\n")
    assert counts["outputs"]["counts"] == {one["result"]: one["count"] for one in told["counts"]}
    wrong = ran(home, "import torgo\ntorgo.quantum('qubit q\\n')\n", code=1)["wrong"][0]
    assert "HostError" in wrong


def test_an_answer_that_fits_no_frame_does_not_end_the_run(home):  # RUN-32
    wide = 'OPENQASM 3;\\ninclude "stdgates.inc";\\nqubit[20] q;\\nh q;\\n'
    report = ran(home, "import torgo\ntry:\n"
                       f"    torgo.quantum('{wide}', shots=100_000)\n"
                       "except torgo.HostError as refused:\n    why = str(refused)\n")
    assert "more than 1 MiB" in report["outputs"]["why"]


# --- contents -------------------------------------------------------------------------------------


def test_a_file_that_is_gone_comes_back_into_the_block(home):  # RUN-54
    before = (home / "ward.csv").read_bytes()
    (home / "ward.csv").unlink()
    back = ran(home, "import torgo\nfrom tor_db import TorStorage\n"
                     "back = torgo.dump(dataset).decode()\n"
                     "same = TorStorage('tor://localhost:9050/hospital').fetch(dataset) == "
                     "torgo.dump(dataset)\n", context=CONTEXT)["outputs"]
    assert back["back"].encode() == before and back["same"] is True


def test_contents_are_given_only_of_files_that_inputs_name(home):  # RUN-54
    other = home / "salaries.csv"
    other.write_text("secret\n")
    (home / "link.csv").symlink_to(other)
    (home / ".netrc").write_text("secret\n")
    (home / "deep").mkdir()
    (home / "deep" / "x.csv").write_text("secret\n")
    command(home, "backup", home / "salaries.csv", home / "link.csv", home / ".netrc",
            home / "deep")
    files = ["salaries.csv", "../home/salaries.csv", str(other), ".netrc", "deep/x.csv", "deep",
             "link.csv", "ward.csv"]
    said = asked(home, *[("torgo.dump", {"file": name, "snapshot": "latest"}) for name in files],
                 context="a: link.csv\nb: .netrc\nc: deep/x.csv\nd: deep\ne: ../home/salaries.csv"
                         f"\nf: {other}\n")
    for name, why in zip(files[:5], said, strict=False):
        assert "is no name of a file beside the workflow" in why, (name, why)
    assert "is no file in that snapshot (dir)" in said[5]
    assert "is no file in that snapshot (symlink)" in said[6]
    assert "is no name of a file" in said[7]


@pytest.mark.parametrize(("size", "why"), [(600_000, "more than 512 KiB"),
                                           (1_200_000, "more than 1 MiB")])
def test_a_file_that_is_too_large_is_left_to_the_command_line(home, size, why):
    (home / "large.bin").write_bytes(bytes(size))
    command(home, "backup", home / "large.bin")
    (said,) = asked(home, ("torgo.dump", {"file": "large.bin", "snapshot": "latest"}),
                    context="a: large.bin\n")
    assert why in said


def test_a_receipt_of_another_repository_is_not_shown(home):  # RUN-55
    heads = [word for name in "efgh" for word in ("--head", home / name)]
    bank = ("--repo", home / "bank.torgo")
    command(home, "init", *bank, *heads, "--recovery-kit", home / "k", "--kdf-memory", "64")
    command(home, "backup", *bank, home / "kit.txt")
    rows = [json.loads(line) for line in command(home, "receipt", "list", "--json").stdout
            .splitlines()]
    theirs = [row["number"] for row in rows if row["repository"] != rows[0]["repository"]]
    assert len(theirs) == 2
    said = asked(home, *[("torgo.receipt", {"number": row["number"]}) for row in rows],
                 ("torgo.receipts", {"newest": 100}), ("torgo.receipt", {"number": 99}))
    for row, answer in zip(rows, said, strict=False):
        if row["number"] in theirs:
            assert "is not about this repository" in answer
        else:
            assert answer["number"] == row["number"]
    assert {row["number"] for row in said[-2]}.isdisjoint(theirs)
    assert "no receipt 99" in said[-1]


# --- answers that are not good --------------------------------------------------------------------


def test_what_is_lost_is_told_and_not_raised(home):  # RUN-56
    (home / "b").rename(home / "b-away")
    said = ran(home, "import torgo\nheads = torgo.status()\n")["outputs"]
    heads = [one for one in said["heads"] if one["message_type"] == "head"]
    assert [head["usable"] for head in heads] == [True, False, True, True]
    assert said["heads"][-1]["message_type"] == "redundancy"
    wrong = ran(home, "import torgo\ntorgo.check()\n", code=1)["wrong"][0]
    assert "HostError: torgo check: " in wrong and "head 2" in wrong


def test_what_was_not_done_is_raised_with_the_reason(home):
    (home / "a").rename(home / "a-away")
    (home / "b").rename(home / "b-away")
    wrong = ran(home, "import torgo\ntorgo.backup(dataset)\n", context=CONTEXT, code=1)["wrong"][0]
    assert "HostError: torgo backup: " in wrong and "head" in wrong
    wrong = ran(home, "import torgo\ntorgo.ls('0000')\n", code=1)["wrong"][0]
    assert "HostError: torgo ls: " in wrong and "0000" in wrong


# --- rights ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("rights", [(), ("read",), ("write",), ("read", "write")])
def test_each_function_needs_its_right(home, rights):
    names = served(home)
    assert set(names) >= WRITING
    allowed = {right: '"agent://*"' if right in rights else "" for right in ("read", "write")}
    said = asked(home, *[(name, {"unknown": 1}) for name in names], **allowed)
    for name, answer in zip(names, said, strict=True):
        # Who has the right is told that there is no such argument, and nothing is done either.
        has_right = ("write" if name in WRITING else "read") in rights
        why = f'{name} takes no "unknown"' if has_right else "denied to agent://local"
        assert why in answer, (name, answer)
    assert len(command(home, "snapshots", "--json").stdout.splitlines()) == 1


# --- words that are none --------------------------------------------------------------------------

LINE = "has to be a text of 1 to 4096 bytes without control characters"
LARGE = "x" * 1_000_000
REFUSED = [
    ("torgo.ls", {"snapshot": "--repo=/x"}, '--repo=/x'),
    ("torgo.ls", {"snapshot": "-h"}, '-h'),
    ("torgo.ls", {"snapshot": "--"}, '--'),
    ("torgo.ls", {"snapshot": "latest", "folder": "--recursive"}, "/--recursive is not in"),
    ("torgo.ls", {"snapshot": "latest", "folder": "/../etc"}, "is not in the snapshot"),
    ("torgo.ls", {"snapshot": ["latest", "--json"]}, LINE),
    ("torgo.ls", {"snapshot": {"latest": 1}}, LINE),
    ("torgo.ls", {"snapshot": "latest\n--repo=/x"}, LINE),
    ("torgo.ls", {"snapshot": "latest\0"}, LINE),
    ("torgo.ls", {"snapshot": ""}, LINE),
    ("torgo.ls", {}, "torgo.ls needs snapshot"),
    ("torgo.find", {"pattern": LARGE}, LINE),
    ("torgo.find", {"pattern": ["*", "*"]}, LINE),
    ("torgo.diff", {"before": "--metadata", "after": "latest"}, "--metadata"),
    ("torgo.stats", {"repo": "/x"}, 'torgo.stats takes no "repo"; it takes nothing'),
    ("torgo.stats", {LARGE: "/x"}, "takes no"),
    ("torgo.check", {"read_data": True}, "takes no"),
    ("torgo.heal", {"head": 1}, "takes no"),
    ("torgo.heal", {"onto": "/tmp/x"}, "takes no"),
    ("torgo.snapshots", {"newest": "1 --withdrawn"}, "a whole number from 1 to 1000"),
    ("torgo.snapshots", {"newest": 0}, "a whole number from 1 to 1000"),
    ("torgo.receipt", {"number": "/etc/passwd"}, "a whole number"),
    ("torgo.receipt", {"number": "latest"}, "a whole number"),
    ("torgo.receipt", {"number": -1}, "a whole number"),
    ("torgo.backup", {"files": ["--stdin"]}, "is no file beside the workflow"),
    ("torgo.backup", {"files": ["../home/kit.txt"]}, "is no file beside the workflow"),
    ("torgo.backup", {"files": ["/etc/passwd"]}, "is no file beside the workflow"),
    ("torgo.backup", {"files": [LARGE]}, "files has to be a list"),
    ("torgo.backup", {"files": "ward.csv"}, "files has to be a list"),
    ("torgo.backup", {"files": []}, "files has to be a list"),
    ("torgo.backup", {"files": [["ward.csv"]]}, "files has to be a list"),
    ("torgo.backup", {"files": ["ward.csv"] * 33}, "files has to be a list of 1 to 32"),
    ("torgo.backup", {"files": ["ward.csv"], "tags": ["run:00"]}, "are given by the run"),
    ("torgo.backup", {"files": ["ward.csv"], "tags": ["a\nb"]}, "tags has to be a list"),
    ("torgo.validate", {"file": "../home/ward.csv"}, "is no file beside the workflow"),
    ("torgo.validate", {"file": "kit.txt"}, "is no file beside the workflow"),
    ("torgo.mesh_simulate", {"file": "--csv=/tmp/x"}, "is no file beside the workflow"),
    ("torgo.dump", {"file": "ward.csv", "snapshot": "--help"}, "--help"),
    ("torgo.quantum", {"circuit": CIRCUIT, "shots": 10**9, "seed": 1}, "from 1 to 100000"),
    ("torgo.quantum", {"circuit": CIRCUIT, "shots": 1, "seed": -1}, "from 0 to"),
    ("tor_db.open", {"uri": ["tor://localhost:9050/hospital"]}, LINE),
    ("tor_db.fetch", {"uri": "tor://localhost:9050/hospital", "data": "../x", "snapshot": "latest"},
     "is no name of a file"),
    ("bluetooth_mesh.relay_data", {"data": "ward.csv", "nodes": 1, "latency_target": 1, "seed": 1},
     "nodes has to be a whole number from 2 to 100000"),
    ("bluetooth_mesh.relay_data",
     {"data": "ward.csv", "nodes": 9, "latency_target": "x", "seed": 1},
     "latency_target has to be a number"),
    ("torgo.restore", {"snapshot": "latest", "target": "/"}, 'nobody here serves "torgo.restore"'),
    ("torgo.key_add", {}, "served are torgo.snapshots, torgo.ls"),
    ("torgo", {}, "nobody here serves"),
    ("--repo=/x\n", {}, "nobody here serves"),
    (LARGE, {}, "nobody here serves"),
]


def test_words_that_are_none_are_refused_with_what_is_wanted(home):  # RUN-53
    for begin in range(0, len(REFUSED), 8):  # a megabyte of text is no literal of a file
        some = REFUSED[begin : begin + 8]
        source = f"large = 'x' * {len(LARGE)}\nasks = " + repr(
            [(name, arguments) for name, arguments, _ in some]).replace(f"'{LARGE}'", "large")
        said = ran(home, source + "\n" + ASK + "del large, asks\n", context=CONTEXT)
        for (name, arguments, why), answer in zip(some, said["outputs"]["said"], strict=True):
            shown = (name[:40], str(arguments)[:80])
            assert isinstance(answer, str) and answer.startswith("refused: "), shown
            assert why in answer and len(answer) < 2000, (shown, answer)
    assert len(command(home, "snapshots", "--json").stdout.splitlines()) == 1


def test_a_word_that_looks_like_an_option_is_a_name_like_any_other(home):  # RUN-53
    tags = ["--dry-run", "a,b", "-h"]
    said = asked(home, ("torgo.backup", {"files": ["ward.csv"], "tags": tags}),
                 ("torgo.snapshots", {"tags": ["--dry-run"]}), ("torgo.snapshots", {"tags": ["b"]}),
                 ("torgo.find", {"pattern": "--help"}), context=CONTEXT)
    assert said[0][-1]["message_type"] == "summary" and said[0][-1]["dry_run"] is False
    assert set(tags) < set(said[1][0]["tags"]) and len(said[1]) == 1
    assert said[2] == []
    assert said[3][-1]["matches"] == 0
