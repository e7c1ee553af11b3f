"""Circuits by the command line: the same for the same seed, refused with line and column, and jobs
that print the exact answer beside their own."""

import json
import os
import pathlib
import subprocess
import time
import xml.etree.ElementTree

import pytest

TORGO = pathlib.Path(os.environ.get("TORGO", "torgo"))
EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples/quantum"
TIME_LIMIT_S = 120
GHZ = EXAMPLES / "ghz.qasm"


def torgo(home, *words):
    return subprocess.run(
        [TORGO, *map(str, words)], cwd=home, env={"HOME": str(home), "PATH": os.environ["PATH"]},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        timeout=TIME_LIMIT_S,
    )


def quantum_run(home, *words):
    done = torgo(home, "quantum", "run", *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def counts(run):
    return {one["result"]: one["count"] for one in run["counts"]}


def test_a_ghz_state_has_two_results_in_equal_shares(tmp_path):
    run = quantum_run(tmp_path, GHZ, "--shots", 4000, "--seed", 3)
    assert set(counts(run)) == {"0" * 8, "1" * 8}
    assert abs(counts(run)["0" * 8] - 2000) < 160  # five deviations
    assert run["qubits"] == 8 and run["one_state"]


def test_the_same_seed_gives_the_same_counts_whatever_the_threads(tmp_path):  # [CLI-60]
    words = (GHZ, "--noise", "depolarizing=0.05,damping=0.02", "--shots", 500)
    one = quantum_run(tmp_path, *words, "--seed", 4, "--threads", 1)
    two = quantum_run(tmp_path, *words, "--seed", 4, "--threads", 2)
    other = quantum_run(tmp_path, *words, "--seed", 5)
    assert counts(one) == counts(two)
    assert counts(one) != counts(other)
    assert len(counts(one)) > 2


def test_every_example_runs_and_is_drawn(tmp_path):
    for number, file in enumerate(sorted(EXAMPLES.glob("*.qasm"))):
        picture = tmp_path / f"{number}.svg"
        done = torgo(tmp_path, "quantum", "run", file, "--plot", picture)
        assert done.returncode == 0, done.stderr
        assert "█" in done.stdout
        root = xml.etree.ElementTree.parse(picture).getroot()
        assert root.tag.endswith("svg")
        assert "1024 shots" in picture.read_text()
    assert number == 2


def test_a_teleported_qubit_arrives(tmp_path):
    run = quantum_run(tmp_path, EXAMPLES / "teleport.qasm", "--shots", 8000)
    ones = sum(count for bits, count in counts(run).items() if bits.startswith("1"))
    assert abs(ones / 8000 - 0.2732) < 0.025
    assert not run["one_state"]


def test_expectations_are_printed(tmp_path):
    done = torgo(tmp_path, "quantum", "run", GHZ, "--expect", "Z0*Z7", "--expect", "0.5*Z0 - 2")
    assert "⟨Z0*Z7⟩ = +1.000000000" in done.stdout
    assert "⟨0.5*Z0 - 2⟩ = -2.000000000" in done.stdout
    wrong = torgo(tmp_path, "quantum", "run", GHZ, "--expect", "Z9")
    assert wrong.returncode == 2 and "there is no qubit 9" in wrong.stderr


@pytest.mark.parametrize("text, why", [
    ("OPENQASM 2.0;\nqreg q[1];\nopaque m q;\n", "c.qasm:3:1: \"opaque\" is not in the subset"),
    ("OPENQASM 3.0;\nqubit q;\nwhile (true) {}\n", "c.qasm:3:1: \"while\""),
    ("qreg q[1];", "c.qasm:1:1: the file must begin with its version"),
    ("OPENQASM 2.0;\nqreg q[33];\n", "there are 33 qubits; at most 32 are possible"),
])
def test_a_mistake_is_told_with_file_line_and_column(tmp_path, text, why):  # [CLI-61]
    (tmp_path / "c.qasm").write_text(text)
    done = torgo(tmp_path, "quantum", "run", "c.qasm", "--plot", "c.svg")
    assert done.returncode != 0
    assert why in done.stderr
    assert not (tmp_path / "c.svg").exists()


def test_more_qubits_than_memory_holds_are_refused_at_once(tmp_path):
    (tmp_path / "c.qasm").write_text("OPENQASM 3;\nqubit[32] q;\nU(1, 0, 0) q;\n")
    available = next(int(line.split()[1]) for line in open("/proc/meminfo", encoding="ascii")
                     if line.startswith("MemAvailable"))
    if available > 64 << 20:
        pytest.skip("this machine holds 32 qubits")
    done = torgo(tmp_path, "quantum", "run", "c.qasm")
    assert done.returncode != 0
    assert "32 qubits needs 64.00 GiB of memory" in done.stderr
    assert "qubits can be simulated here" in done.stderr


@pytest.mark.parametrize("job", ["placement", "contacts", "h2", "burn"])
def test_a_job_prints_the_exact_answer_beside_its_own(tmp_path, job):  # [CLI-62]
    done = torgo(tmp_path, "quantum", "job", job, "--plot", "job.svg")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "circuits found" in done.stdout and "exactly, by ordinary" in done.stdout
    assert (tmp_path / "job.svg").exists()
    report = json.loads(torgo(tmp_path, "quantum", "job", job, "--json").stdout)
    assert report["same"] and abs(report["value"] - report["exact_value"]) < 1e-6
    assert report["note"]


def test_a_job_that_missed_the_exact_answer_says_so(tmp_path):  # [CLI-62]
    done = torgo(tmp_path, "quantum", "job", "placement", "--shots", 1)
    assert done.returncode == 1
    assert "They do not agree" in done.stdout


def test_the_energy_of_hydrogen_follows_the_bond(tmp_path):
    def energy(bond):
        done = torgo(tmp_path, "quantum", "job", "h2", "--distance", bond, "--json")
        return json.loads(done.stdout)["value"]

    assert energy(0.735) == pytest.approx(-1.137306, abs=2e-6)
    assert energy(0.735) < energy(0.5) and energy(0.735) < energy(2.5)
    assert torgo(tmp_path, "quantum", "job", "h2", "--distance", "9").returncode == 2


def resident_kib(program):
    """0 where it has ended."""
    lines = pathlib.Path(f"/proc/{program.pid}/status").read_text(encoding="ascii").splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS")), 0)


@pytest.mark.parametrize("words", [(), ("--expect", "*".join(f"X{q}" for q in range(24))),
                                   ("--noise", "damping=0.01")])
def test_sigterm_ends_a_run_at_once(tmp_path, words):
    # Many minutes of work on a state of 256 MiB.
    (tmp_path / "long.qasm").write_text(
        'OPENQASM 3;\ninclude "stdgates.inc";\nqubit[24] q;\n'
        + "".join(f"ryy(0.1) q[{a}], q[{a + 9}]; rxx(0.1) q[{a}], q[{a + 2}];\n"
                  for a in range(15)) * 500)
    with subprocess.Popen(
        [TORGO, "quantum", "run", "long.qasm", *words], cwd=tmp_path, stdin=subprocess.DEVNULL,
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]}, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True,
    ) as program:
        deadline = time.monotonic() + TIME_LIMIT_S
        while program.poll() is None and resident_kib(program) < 256 << 10:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        begin = time.monotonic()
        program.terminate()
        program.wait(timeout=TIME_LIMIT_S)
        assert program.returncode == 130, program.stderr.read()
        assert time.monotonic() - begin < 3  # a second, and what a busy machine adds
