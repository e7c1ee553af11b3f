#pragma once

#include "quantum/circuit.hpp"

#include <cstdlib>
#include <memory>
#include <span>

namespace torgo::quantum {

/// 2^n amplitudes. Bit q of an index is qubit q.
class State {
public:
    /// All qubits zero.
    ///
    /// in      1 to max_qubits qubits; `memory_free`: bytes that may be taken
    /// errors  `limit_exceeded` with what is needed, what is free, and how many qubits fit
    /// cost    2^n · 16 bytes
    static Result<State> make(std::uint32_t qubits, std::uint64_t memory_free);

    std::uint32_t qubits() const noexcept { return m_qubits; }

    std::size_t size() const noexcept { return std::size_t{1} << m_qubits; }

    std::span<Complex> amplitudes() noexcept { return {m_amplitudes.get(), size()}; }

    std::span<const Complex> amplitudes() const noexcept { return {m_amplitudes.get(), size()}; }

    /// All qubits zero again.
    void clear();

    /// Becomes the same as another state of as many qubits.
    void copy(const State& other);

    /// How likely a measurement of the qubit gives 1. cost  one pass
    double probability_of_one(Qubit qubit) const;

    /// Leaves what a measurement leaves that gave `value` with this probability. cost  one pass
    void collapse(Qubit qubit, bool value, double probability);

    /// |⟨this|other⟩|². in  as many qubits
    double fidelity(const State& other) const;

private:
    struct Free {
        void operator()(Complex* what) const { std::free(what); } // NOLINT: from aligned_alloc
    };

    std::uint32_t m_qubits = 0;
    std::unique_ptr<Complex[], Free> m_amplitudes; // NOLINT: aligned, which vector cannot be
};

/// Bytes of a state of so many qubits.
constexpr std::uint64_t state_bytes(std::uint32_t qubits) {
    return (std::uint64_t{1} << qubits) * sizeof(Complex);
}

} // namespace torgo::quantum
