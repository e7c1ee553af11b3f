#!/usr/bin/env python3
"""Makes quantum.json: what Qiskit Aer says of gates, circuits, counts and noise.

Needs qiskit, qiskit-aer and qiskit-qasm3-import. Shares no code with the C++ program; versions stand in the file.

    python3 make_quantum_vectors.py > quantum.json
"""
import json
import math
import random

import qiskit
import qiskit_aer
from qiskit import QuantumCircuit, qasm2, qasm3, transpile
from qiskit.circuit import library
from qiskit_aer import AerSimulator
from qiskit_aer import noise as aer_noise

SHOTS = 20_000
CHANCE = random.Random(20261122)

# name -> (parameters, qubits, maker)
GATES = {
    "id": (0, 1, library.IGate), "x": (0, 1, library.XGate), "y": (0, 1, library.YGate),
    "z": (0, 1, library.ZGate), "h": (0, 1, library.HGate), "s": (0, 1, library.SGate),
    "sdg": (0, 1, library.SdgGate), "t": (0, 1, library.TGate), "tdg": (0, 1, library.TdgGate),
    "sx": (0, 1, library.SXGate), "sxdg": (0, 1, library.SXdgGate), "rx": (1, 1, library.RXGate),
    "ry": (1, 1, library.RYGate), "rz": (1, 1, library.RZGate), "p": (1, 1, library.PhaseGate),
    "phase": (1, 1, library.PhaseGate), "u1": (1, 1, library.U1Gate), "u2": (2, 1, library.U2Gate),
    "u3": (3, 1, library.U3Gate), "u": (3, 1, library.UGate), "U": (3, 1, library.UGate),
    "cx": (0, 2, library.CXGate), "CX": (0, 2, library.CXGate), "cy": (0, 2, library.CYGate),
    "cz": (0, 2, library.CZGate), "ch": (0, 2, library.CHGate), "csx": (0, 2, library.CSXGate),
    "crx": (1, 2, library.CRXGate), "cry": (1, 2, library.CRYGate), "crz": (1, 2, library.CRZGate),
    "cp": (1, 2, library.CPhaseGate), "cphase": (1, 2, library.CPhaseGate),
    "cu1": (1, 2, library.CU1Gate), "cu3": (3, 2, library.CU3Gate), "cu": (4, 2, library.CUGate),
    "swap": (0, 2, library.SwapGate), "iswap": (0, 2, library.iSwapGate),
    "rxx": (1, 2, library.RXXGate), "ryy": (1, 2, library.RYYGate), "rzz": (1, 2, library.RZZGate),
    "ccx": (0, 3, library.CCXGate), "ccz": (0, 3, library.CCZGate), "cswap": (0, 3, library.CSwapGate),
    "c3x": (0, 4, library.C3XGate), "c3sqrtx": (0, 4, library.C3SXGate), "c4x": (0, 5, library.C4XGate),
}
THREE = {
    "ctrl": "ctrl @ h q[2], q[0];",
    "negctrl": "negctrl @ rx(0.7) q[1], q[2];",
    "mixed": "ctrl @ negctrl @ ry(1.1) q[2], q[0], q[1];",
    "inverse": "h q; inv @ u3(0.3, 0.9, -1.2) q[1]; inv @ ctrl @ sx q[0], q[2];",
    "power": "h q[0]; pow(3) @ rz(0.4) q[0]; pow(-2) @ cry(0.6) q[0], q[2];",
    "own": "gate mine(a, b) x, y { h x; crz(a * 2) x, y; gphase(b / 3); cx y, x; }\n"
           "h q; ctrl @ mine(0.4, pi / 5) q[1], q[2], q[0]; inv @ mine(-1.5, 1.25 * 2) q[0], q[1];",
    "phase": "h q; ctrl(2) @ gphase(pi / 7) q[0], q[2];",
    "u": "h q; ctrl @ U(0.4, 1.3, -0.6) q[1], q[0]; U(pi / 3, 0.2, tau / 9) q[2];",
}


def numbers(values):
    return [x for value in values for x in (float(value.real), float(value.imag))]


def final_state(circuit):
    simulator = AerSimulator(method="statevector")
    ready = transpile(circuit, simulator, optimization_level=0)
    ready.save_statevector()
    return numbers(simulator.run(ready).result().get_statevector().data)


def unitary(circuit):
    simulator = AerSimulator(method="unitary")
    ready = transpile(circuit, simulator, optimization_level=0)
    ready.save_unitary()
    return numbers(simulator.run(ready).result().get_unitary().data.reshape(-1))


def counts(circuit, model=None, shots=SHOTS):
    simulator = AerSimulator(method="statevector", noise_model=model, seed_simulator=7)
    return simulator.run(transpile(circuit, simulator, optimization_level=0),
                         shots=shots).result().get_counts()


def call(name, values, qubits):
    inner = f"({', '.join(repr(value) for value in values)})" if values else ""
    return f"{name}{inner} {', '.join(f'q[{q}]' for q in qubits)};"


def text(lines, qubits, version="2.0", bits=0):
    file = "qelib1.inc" if version == "2.0" else "stdgates.inc"
    out = [f"OPENQASM {version};", f'include "{file}";', f"qreg q[{qubits}];"]
    return "\n".join(out + ([f"creg c[{bits}];"] if bits else []) + lines) + "\n"


def one_gate(name):
    parameters, own, maker = GATES[name]
    qubits = own + 1
    values = [CHANCE.uniform(-2 * math.pi, 2 * math.pi) for _ in range(parameters)]
    at = CHANCE.sample(range(qubits), own)
    circuit = QuantumCircuit(qubits)
    circuit.append(maker(*values), at)
    return {"name": name, "qasm": text([call(name, values, at)], qubits), "unitary": unitary(circuit)}


def random_circuit(qubits, depth):
    circuit, lines = QuantumCircuit(qubits), []
    usable = [name for name, (_, own, _) in GATES.items() if own <= qubits]
    for _ in range(depth):
        name = CHANCE.choice(usable)
        parameters, own, maker = GATES[name]
        values = [CHANCE.uniform(-math.pi, math.pi) for _ in range(parameters)]
        at = CHANCE.sample(range(qubits), own)
        circuit.append(maker(*values), at)
        lines.append(call(name, values, at))
    return {"name": f"random of {qubits}", "qasm": text(lines, qubits), "state": final_state(circuit)}


def three(name, lines):
    source = f'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\n{lines}\n'
    # The importer wants sized control modifiers in full.
    return {"name": name, "qasm": source, "state": final_state(qasm3.loads(source))}


MEASURED = {
    "bell": (text(["h q[0];", "cx q[0], q[1];", "measure q -> c;"], 2, bits=2)),
    "teleport": (text(["ry(1.1) q[0];", "h q[1];", "cx q[1], q[2];", "cx q[0], q[1];", "h q[0];",
                       "measure q[0] -> a[0];", "measure q[1] -> b[0];", "if (b == 1) x q[2];",
                       "if (a == 1) z q[2];", "measure q[2] -> c[0];"], 3)
                 .replace("qreg q[3];", "qreg q[3];\ncreg a[1];\ncreg b[1];\ncreg c[1];")),
    "reset": (text(["h q[0];", "cx q[0], q[1];", "reset q[0];", "ry(0.8) q[0];", "measure q -> c;"], 2,
                   bits=2)),
    "again": (text(["ry(0.9) q[0];", "measure q[0] -> c[0];", "h q[0];", "measure q[0] -> c[1];"], 1,
                   bits=2)),
}


def every_gate(model, one, two):
    names = ["x", "h", "ry", "u1", "u2", "u3", "rz", "sx"]
    model.add_all_qubit_quantum_error(one, names)
    model.add_all_qubit_quantum_error(two, ["cx"])
    return model


def noisy():
    source = text(["h q[0];", "cx q[0], q[1];", "ry(0.7) q[2];", "cx q[1], q[2];", "x q[0];",
                   "measure q -> c;"], 3, bits=3)
    flips = [("bitflip", aer_noise.pauli_error([("X", 0.08), ("I", 0.92)])),
             ("phaseflip", aer_noise.pauli_error([("Z", 0.15), ("I", 0.85)])),
             ("depolarizing", aer_noise.depolarizing_error(0.12, 1)),
             ("damping", aer_noise.amplitude_damping_error(0.2))]
    values = {"bitflip": 0.08, "phaseflip": 0.15, "depolarizing": 0.12, "damping": 0.2}
    circuit = qasm2.loads(source)
    out = []
    for name, error in flips:
        model = every_gate(aer_noise.NoiseModel(), error, error.tensor(error))
        out.append({"name": name, "value": values[name], "qasm": source,
                    "counts": counts(circuit, model, 200_000)})
    model = aer_noise.NoiseModel()
    model.add_all_qubit_readout_error([[0.93, 0.07], [0.07, 0.93]])
    out.append({"name": "readout", "value": 0.07, "qasm": source,
                "counts": counts(circuit, model, 200_000)})
    return out


def main():
    vectors = {
        "made_by": f"qiskit {qiskit.__version__}, qiskit-aer {qiskit_aer.__version__}",
        "gates": [one_gate(name) for name in GATES],
        "circuits": [random_circuit(qubits, depth) for qubits, depth in
                     ((1, 20), (2, 30), (3, 40), (4, 60), (5, 80), (6, 120), (7, 200))],
        "three": [three(name, lines) for name, lines in THREE.items()],
        "counts": [{"name": name, "qasm": source, "shots": SHOTS,
                    "counts": counts(qasm2.loads(source))} for name, source in MEASURED.items()],
        "noise": noisy(),
    }
    print(json.dumps(vectors, indent=None, separators=(",", ":")))


if __name__ == "__main__":
    main()
