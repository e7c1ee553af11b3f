#include "quantum/state.hpp"

#include "base/ensure.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace torgo::quantum {

namespace {
constexpr std::size_t register_bytes = 64; ///< the widest load
constexpr std::size_t huge_page = std::size_t{2} << 20U;

std::string gibibytes(std::uint64_t bytes) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f GiB", static_cast<double>(bytes) / 0x1p30);
    return text;
}

std::uint32_t qubits_that_fit(std::uint64_t bytes) {
    std::uint32_t out = 0;
    while (out < max_qubits && state_bytes(out + 1) <= bytes)
        ++out;
    return out;
}

Error too_large(std::uint32_t qubits, std::uint64_t memory_free) {
    return {Errc::limit_exceeded, "the state of " + std::to_string(qubits) + " qubits needs " +
                                      gibibytes(state_bytes(qubits)) + " of memory, and " +
                                      gibibytes(memory_free) + " are free: at most " +
                                      std::to_string(qubits_that_fit(memory_free)) +
                                      " qubits can be simulated here"};
}
} // namespace

Result<State> State::make(std::uint32_t qubits, std::uint64_t memory_free) {
    ENSURE(qubits >= 1 && qubits <= max_qubits);
    if (state_bytes(qubits) > memory_free) return std::unexpected(too_large(qubits, memory_free));
    const auto bytes = std::max<std::size_t>(state_bytes(qubits), register_bytes);
    const auto alignment = bytes >= huge_page ? huge_page : register_bytes;
    auto* const memory = std::aligned_alloc(alignment, bytes);
    if (memory == nullptr) return std::unexpected(too_large(qubits, memory_free));
    // Large pages halve the time of a pass; a system that refuses loses nothing else.
    if (bytes >= huge_page) (void)::madvise(memory, bytes, MADV_HUGEPAGE);
    State out;
    out.m_qubits = qubits;
    out.m_amplitudes.reset(static_cast<Complex*>(memory));
    out.clear();
    return out;
}

void State::clear() {
    std::ranges::fill(amplitudes(), Complex{});
    m_amplitudes[0] = 1;
}

void State::copy(const State& other) {
    ENSURE(other.m_qubits == m_qubits);
    std::ranges::copy(other.amplitudes(), m_amplitudes.get());
}

double State::probability_of_one(Qubit qubit) const {
    const auto stride = std::size_t{1} << qubit;
    double sum = 0;
    for (std::size_t from = stride; from < size(); from += 2 * stride)
        for (std::size_t i = from; i < from + stride; ++i)
            sum += std::norm(m_amplitudes[i]);
    return sum;
}

void State::collapse(Qubit qubit, bool value, double probability) {
    const auto stride = std::size_t{1} << qubit;
    const auto scale = 1 / std::sqrt(probability);
    for (std::size_t from = 0; from < size(); from += 2 * stride) {
        const auto kept = value ? from + stride : from;
        const auto lost = value ? from : from + stride;
        for (std::size_t i = 0; i < stride; ++i) {
            m_amplitudes[kept + i] *= scale;
            m_amplitudes[lost + i] = 0;
        }
    }
}

double State::fidelity(const State& other) const {
    ENSURE(other.m_qubits == m_qubits);
    Complex sum{};
    for (std::size_t i = 0; i < size(); ++i)
        sum += std::conj(m_amplitudes[i]) * other.m_amplitudes[i];
    return std::norm(sum);
}

} // namespace torgo::quantum
