#pragma once

#include "quantum/pauli.hpp"

namespace torgo::quantum {

/// Integrals over the two orbitals of a hydrogen molecule: 0 is the sum of the atoms' orbitals, 1
/// the difference. In hartree.
struct Hydrogen {
    double repulsion = 0;        ///< between the nuclei
    double one[2] = {};          ///< motion, and attraction by the nuclei; mixed ones are zero
    double two[2][2][2][2] = {}; ///< (pq|rs) in chemists' order
};

/// source  Szabo and Ostlund, Modern Quantum Chemistry, appendix A; basis of Hehre, Stewart and
///         Pople (1969) with the scale 1.24
/// in      bond length in ångström
Hydrogen hydrogen(double bond);

/// Its energy as an operator on four qubits: two orbitals with two spins, the spin the lower bit.
PauliSum hydrogen_sum(const Hydrogen& molecule);

/// The lowest energy of two electrons of opposite spin: of a matrix of two rows.
double exact_energy(const Hydrogen& molecule);

} // namespace torgo::quantum
