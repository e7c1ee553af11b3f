"""The circuits of row Q1 with Qiskit Aer and qulacs: quantum_peers.py FILE.qasm RUNS THREADS

Prints one JSON object: the quickest of so many runs of each that is installed, in milliseconds.
Processor time, of one more run, is the fairer figure on a loaded machine; Aer's holds its Python.
Aer's wall time is what it tells itself, of the simulation with one shot; qulacs' is of the gates on
a fresh state, its light optimisation done before and not counted.
"""

import json
import os
import re
import sys
import time


def quickest(runs, work):
    return min(work() for _ in range(runs))


def aer(text, runs, threads):
    import qiskit_aer
    from qiskit import qasm2, transpile

    circuit = qasm2.loads(text, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
    circuit.measure_all()
    simulator = qiskit_aer.AerSimulator(method="statevector", max_parallel_threads=threads)
    ready = transpile(circuit, simulator, optimization_level=0)

    def once():
        result = simulator.run(ready, shots=1).result()
        assert result.success, result.status
        return 1000 * result.results[0].time_taken

    wall = quickest(runs, once)
    begin = time.process_time()
    once()
    cpu = 1000 * (time.process_time() - begin)
    return {"aer": qiskit_aer.__version__, "aer_ms": wall, "aer_cpu_ms": cpu}


CALL = re.compile(r"(\w+)(?:\(([^)]*)\))? q\[(\d+)\](?:,q\[(\d+)\])?;")


def qulacs_circuit(text, qulacs):
    qubits = int(re.search(r"qreg q\[(\d+)\]", text)[1])
    circuit = qulacs.QuantumCircuit(qubits)
    for name, values, a, b in CALL.findall(text.split("];", 1)[1]):
        values = [float(value) for value in values.split(",")] if values else []
        a, b = int(a), int(b) if b else None
        if name == "h":
            circuit.add_H_gate(a)
        elif name == "rx":
            circuit.add_RX_gate(a, -values[0])  # the other sign
        elif name == "u3":
            circuit.add_U3_gate(a, *values)
        elif name == "cx":
            circuit.add_CNOT_gate(a, b)
        elif name == "rzz":
            circuit.add_multi_Pauli_rotation_gate([a, b], [3, 3], -values[0])
        elif name == "cp":
            gate = qulacs.gate.to_matrix_gate(qulacs.gate.U1(b, values[0]))
            gate.add_control_qubit(a, 1)
            circuit.add_gate(gate)
        else:
            sys.exit(f"no gate {name}")
    return circuit, qubits


def qulacs_times(text, runs):
    import qulacs
    from qulacs.circuit import QuantumCircuitOptimizer

    circuit, qubits = qulacs_circuit(text, qulacs)
    QuantumCircuitOptimizer().optimize_light(circuit)

    def once():
        begin = time.perf_counter()
        state = qulacs.QuantumState(qubits)
        circuit.update_quantum_state(state)
        return 1000 * (time.perf_counter() - begin)

    wall = quickest(runs, once)
    begin = time.process_time()
    once()
    cpu = 1000 * (time.process_time() - begin)
    return {"qulacs": qulacs.__version__, "qulacs_ms": wall, "qulacs_cpu_ms": cpu}


def main():
    path, runs, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    os.environ["OMP_NUM_THREADS"] = os.environ["QULACS_NUM_THREADS"] = str(threads)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    out = {}
    for peer in (lambda: aer(text, runs, threads), lambda: qulacs_times(text, runs)):
        try:
            out |= peer()
        except ImportError as missing:
            out["missing"] = str(missing)
    print(json.dumps(out))


if __name__ == "__main__":
    main()
