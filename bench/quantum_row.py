"""Row Q1: circuits of 8 to 26 qubits, beside Qiskit Aer and qulacs where they are installed.

The peers run under the Python that TORGO_QUANTUM_PYTHON names, else the one of this program.
All use as many threads as there are cores, or as TORGO_QUANTUM_THREADS says: on a loaded machine
one, since threads that wait for each other then wait for cores.
"""

import json
import math
import os
import pathlib
import random
import subprocess
import sys

from measure import Taken

QUBITS = (8, 12, 16, 20, 24, 26)
GOAL_MS = 1.0
LAYERS = 10  # of the random circuit
QAOA_LAYERS = 4


def ghz(n):
    return ["h q[0];"] + [f"cx q[{i}],q[{i + 1}];" for i in range(n - 1)]


def qft(n):
    lines = []
    for target in reversed(range(n)):
        lines.append(f"h q[{target}];")
        lines += [
            f"cp({math.pi / 2 ** (target - other)!r}) q[{other}],q[{target}];"
            for other in reversed(range(target))
        ]
    return lines


def random_circuit(n):
    chance = random.Random(n)
    lines = []
    for _ in range(LAYERS):
        for i in range(n):
            values = ",".join(repr(chance.uniform(-3, 3)) for _ in range(3))
            lines.append(f"u3({values}) q[{i}];")
        order = chance.sample(range(n), n)
        lines += [f"cx q[{a}],q[{b}];" for a, b in zip(order[::2], order[1::2])]
    return lines


def qaoa(n):
    chance = random.Random(n)
    lines = [f"h q[{i}];" for i in range(n)]
    for _ in range(QAOA_LAYERS):
        gamma, beta = chance.uniform(0, 1), chance.uniform(0, 1)
        for step in (1, 2, 3):
            lines += [f"rzz({gamma!r}) q[{i}],q[{(i + step) % n}];" for i in range(n)]
        lines += [f"rx({beta!r}) q[{i}];" for i in range(n)]
    return lines


def example(n):
    """The circuit of the example workflow, with as many qubits as it has."""
    return [f"h q[{i}];" for i in range(n)]


CIRCUITS = {"GHZ": ghz, "QFT": qft, "random": random_circuit, "QAOA": qaoa}


class QuantumRow:
    """Part of rows.Bench, which has `options`, `work` and `table`."""

    def q1(self):
        ours = self.quantum_circuit("example", 8, example(8))
        took = ours["read_ms"] + ours["shots_ms"]
        what = "example circuit, 8 qubits, 1024 shots, ms"
        self.table.verdict("Q1", what, took, f"< {GOAL_MS:g}", took < GOAL_MS)
        for name, make in CIRCUITS.items():
            for n in QUBITS:
                self.quantum_circuit(name, n, make(n))

    def quantum_circuit(self, name, n, lines):
        head = ["OPENQASM 2.0;", 'include "qelib1.inc";', f"qreg q[{n}];"]
        file = pathlib.Path(self.work, f"{name}{n}.qasm")
        file.write_text("\n".join(head + lines) + "\n", encoding="utf-8")
        runs = 20 if n < 16 else 5 if n < 24 else 2
        threads = os.environ.get("TORGO_QUANTUM_THREADS", str(os.cpu_count()))
        words = [str(file), str(runs), threads]
        program = pathlib.Path(self.options.build, "bench", "quantum_speed")
        ours = self.quantum_json([program, *words])
        peers = pathlib.Path(__file__).parent / "quantum_peers.py"
        python = os.environ.get("TORGO_QUANTUM_PYTHON", sys.executable)
        theirs = self.quantum_json([python, peers, *words])
        keys = ("aer_ms", "aer_cpu_ms", "qulacs_ms", "qulacs_cpu_ms")
        times = {key: round(theirs[key], 3) for key in keys if key in theirs}
        times["cpu_ms"] = round(ours["gates_cpu_ms"], 3)
        what = f"{name}, {n} qubits, {len(lines)} gates"
        took = Taken(0, 0, 0)
        self.table.add("Q1", what, "torgo", took, ms=round(ours["gates_ms"], 3), **times)
        return ours

    @staticmethod
    def quantum_json(command):
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return json.loads(done.stdout.splitlines()[-1])
