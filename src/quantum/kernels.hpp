#pragma once

#include "quantum/circuit.hpp"

#include <array>
#include <span>

namespace torgo::quantum {

/// Qubits of the largest matrix that a kernel applies.
inline constexpr std::size_t dense_qubits_max = 4;
/// Qubits of the largest table of a diagonal.
inline constexpr std::size_t diagonal_qubits_max = 8;

/// A matrix on some qubits, made ready for a kernel of so many lanes: amplitudes in one register.
///
/// Qubits below log2(lanes) lie within a register. Such a target changes places with another qubit
/// (its partner) while a group is in registers; so every group is whole registers.
struct DenseStep {
    std::uint32_t lanes = 1;
    std::uint32_t targets = 0;
    std::uint32_t lows = 0;                ///< targets within a register; they come first
    std::array<std::uint32_t, 2> low{};    ///< their qubits
    bool real = false;                     ///< the matrix has no imaginary parts
    std::size_t taken = 0;                 ///< bits of an index that groups do not count through
    std::size_t value = 0;                 ///< what the controls among them must be
    std::array<std::size_t, 16> offsets{}; ///< amplitude of each row, from the group's first
    std::vector<double> re;
    std::vector<double> im;
};

/// A diagonal: a table of factors, looked up by some bits of an index.
struct DiagonalStep {
    std::uint32_t lanes = 1;
    /// For each combination of the bits above the lanes: the real parts of a register of factors,
    /// each twice, then the imaginary parts with signs − and +.
    std::vector<double> table;
    std::vector<std::uint16_t> low_map;   ///< the low bits of a register's number to the table's
    std::vector<std::uint32_t> high_bits; ///< bit of the number ≥ low_map's, for the bits after it
    std::uint32_t high_first = 0;         ///< index of the first of them in the table
    std::size_t part_size = 0;            ///< doubles for one combination of the other qubits
};

/// The same without anything that has code of its own: such code would be compiled for one
/// processor and could be taken by the linker for all.
struct DenseView {
    const double* re;
    const double* im;
    const std::size_t* offsets;
    std::size_t taken;
    std::size_t value;
    std::uint32_t targets;
    std::uint32_t lows;
    std::uint32_t low[2];
    bool real;
};

struct DiagonalView {
    const double* table;
    const std::uint16_t* low_map;
    std::size_t low_map_size;
    const std::uint32_t* high_bits;
    std::uint32_t high_count;
    std::uint32_t high_first;
};

DenseView view(const DenseStep& step) noexcept;

/// `part`: which part of the table, where some of its qubits are no bits of the index.
DiagonalView view(const DiagonalStep& step, std::size_t part) noexcept;

/// The loops for one kind of processor. `size`: amplitudes.
struct Kernels {
    const char* name;
    std::uint32_t lanes;
    void (*dense)(double* amplitudes, std::size_t size, const DenseView& step);
    void (*diagonal)(double* amplitudes, std::size_t size, const DiagonalView& step);
};

/// Any processor: two doubles at a time.
const Kernels& base_kernels() noexcept;

/// All that this processor can run, slowest first.
std::span<const Kernels* const> kernels_here();

/// The last of them.
const Kernels& best_kernels();

/// Kernels of so many lanes out of those that `best` implies: a small state has no room for many.
const Kernels& kernels_of(const Kernels& best, std::uint32_t lanes) noexcept;

/// Makes a matrix ready. One lane where the qubits leave no room for partners.
///
/// in  `qubits` ascending, bit i of the matrix's rows belongs to qubits[i]; controls apart from
///     them; all below `state_qubits`
DenseStep prepare_dense(const Matrix& matrix, const std::vector<Qubit>& qubits,
                        const std::vector<Control>& controls, std::uint32_t state_qubits,
                        std::uint32_t lanes);

/// Makes a table of 2^(local + outer) factors ready, `qubits` ascending. Only those below
/// `state_qubits` are bits of the index; the others choose a part of the table.
DiagonalStep prepare_diagonal(const std::vector<Complex>& factors, const std::vector<Qubit>& qubits,
                              std::uint32_t state_qubits, std::uint32_t lanes);

#ifdef __x86_64__
const Kernels& avx2_kernels() noexcept;
const Kernels& avx512_kernels() noexcept;
#endif

} // namespace torgo::quantum
