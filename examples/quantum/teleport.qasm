// A qubit's state moved to another by two classical bits; the last bit is 1 with sin²(0.55) = 27.3 %.
OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
bit[2] told;
bit there;
ry(1.1) q[0];
h q[1];
cx q[1], q[2];
barrier;
cx q[0], q[1];
h q[0];
told[0] = measure q[0];
told[1] = measure q[1];
if (told[1]) x q[2];
if (told[0]) z q[2];
there = measure q[2];
