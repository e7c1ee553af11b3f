"""The examples of docs/workflows.md, the original specification's own, and Qiskit."""

import os
import pathlib
import subprocess

import pytest

from support import TORGO
from workflows import (EXAMPLES, ORIGINAL, REPOSITORY, command, environment_of, outputs, run,
                       run_original, write)

EXPECTED = {
    "early-warning": {"alarms": [2], "highest": 4},
    "medication": {"stopped": [11], "checked": 3},
    "shift-report": {"report": "4 notes, 2 of them urgent"},
    "ward-backup": {"saved": 55, "snapshots": 1, "errors": 0},
    "restore-drill": {"same": True, "saved": 55, "returned": 55, "versions": 1},
    "vitals-relay": {"rows": 24, "lost": 0, "in_time": True},
    "downlink": {"chosen": [1, 3, 5, 7], "volume": 195, "shots": 1024},
    "flare": {"minutes": 8, "late": ["rover"], "level": "X"},
    "habitat-air": {"days": 6.25, "enough": True},
    "emergency": {"status": "completed"},
}


@pytest.fixture
def home(tmp_path):
    place = tmp_path / "home"
    place.mkdir()
    return place


@pytest.fixture
def hospital(home):
    """A repository on four folders, named hospital, and the examples beside it."""
    heads = [word for name in "abcd" for word in ("--head", home / name)]
    command(home, "init", *heads, "--recovery-kit", home / "kit.txt")
    for file in EXAMPLES.iterdir():
        (home / file.name).write_bytes(file.read_bytes())
    return home


def test_every_example_has_an_expectation_and_a_place_in_the_guide():
    names = {path.name.removesuffix(".maml.md") for path in EXAMPLES.glob("*.maml.md")}
    assert names == set(EXPECTED)
    guide = (REPOSITORY / "docs" / "workflows.md").read_text()
    assert [name for name in names if f"{name}.maml.md" not in guide] == []


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_an_example_of_the_guide_runs_and_gives_what_it_promises(hospital, name):
    if name == "habitat-air" and not pathlib.Path("/usr/bin/qjs").exists():
        pytest.skip("quickjs is not installed here")
    command(hospital, "maml", "validate", "--strict", f"{name}.maml.md")
    done = run(hospital, "--json", f"{name}.maml.md", environment=environment_of(hospital))
    report = outputs(done)
    assert report["state"] == "completed"
    assert {key: report["outputs"][key] for key in EXPECTED[name]} == EXPECTED[name]


def test_an_answer_that_is_too_large_is_an_error_and_takes_no_memory(hospital):
    many = hospital / "many"
    many.mkdir()
    for i in range(5000):
        (many / f"{i:05d}{'x' * 200}").touch()
    command(hospital, "backup", many)
    path = write(hospital, ("python", "import torgo\ntorgo.find('0*')\n"))
    report = outputs(run(hospital, "--json", path, code=1,
                         environment=environment_of(hospital)))
    assert "more than 1 MiB" in report["wrong"][0]


def test_the_emergency_is_relayed_stored_simulated_and_proved(hospital):
    report = outputs(run(hospital, "--json", "emergency.maml.md",
                         environment=environment_of(hospital)))["outputs"]
    assert report["proof"]["rows"] == 24 and report["proof"]["nodes"] == 9600
    assert report["proof"]["lost"] == report["proof"]["doubled"] == report["proof"]["changed"] == 0
    assert sum(report["quantum_counts"].values()) == 1024
    snapshot = report["stored"]["snapshot"]
    file = command(hospital, "dump", snapshot, hospital / "vitals.csv").stdout
    assert file == (EXAMPLES / "vitals.csv").read_text()


# --- Qiskit ---------------------------------------------------------------------------------------


def test_a_qiskit_circuit_that_a_block_leaves_is_simulated(home, qiskit_python):
    path = write(home, ("python", "from qiskit import QuantumCircuit\n"
                                  "bell = QuantumCircuit(2)\nbell.h(0)\nbell.cx(0, 1)\n"
                                  "bell.measure_all()\n"),
                 more='requires:\n  libs: ["qiskit>=0.45"]\n')
    assert "pip install" in run(home, path, code=1).stderr  # /usr/bin/python3 has none
    report = outputs(run(home, "--json", path, "--python", qiskit_python))["outputs"]
    assert set(report["quantum_counts"]) == {"00", "11"}
    assert report["quantum_counts"] == report["bell_counts"]


def test_the_workflow_of_the_original_specification_runs_unchanged(home, qiskit_python):
    if not ORIGINAL.exists():
        pytest.skip("the original specification's example is not beside this clone")
    heads = [word for name in "abcd" for word in ("--head", home / name)]
    environment = {**environment_of(home), "TORGO_REPO": str(home / "torgo.torgo")}
    subprocess.run([TORGO, "init", *map(str, heads), "--recovery-kit", home / "kit.txt"], cwd=home,
                   env=environment, check=True, capture_output=True)
    run_original(home, qiskit_python, environment)
    receipts = home / ".local/state/torgo/receipts"
    assert [path for path in receipts.rglob("*.mu") if path.stat().st_size > 0]
