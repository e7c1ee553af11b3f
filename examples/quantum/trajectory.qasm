// The circuit of the example workflow: eight qubits, each 0 or 1 by an even chance.
OPENQASM 3.0;
include "stdgates.inc";
qubit[8] q;
bit[8] meas;
h q;
meas = measure q;
