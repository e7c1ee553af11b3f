#include "quantum/circuit.hpp"

#include "base/ensure.hpp"

#include <algorithm>
#include <bit>

namespace torgo::quantum {

namespace {
/// The side of a square matrix; its size is a power of four.
std::size_t side(const Matrix& matrix) {
    return std::size_t{1} << (static_cast<std::size_t>(std::countr_zero(matrix.size())) / 2);
}

std::size_t place_of(Qubit qubit, const std::vector<Qubit>& all) {
    const auto found = std::ranges::find(all, qubit);
    ENSURE(found != all.end());
    return static_cast<std::size_t>(found - all.begin());
}

/// The bits of `index` at these places, as a number.
std::size_t gathered(std::size_t index, const std::vector<std::size_t>& places) {
    std::size_t out = 0;
    for (std::size_t i = 0; i < places.size(); ++i)
        out |= (index >> places[i] & 1U) << i;
    return out;
}
} // namespace

bool Condition::holds(std::uint64_t bits) const noexcept {
    const auto mask = count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
    return ((bits >> first & mask) == value) == equal;
}

Circuit make_circuit(std::uint32_t qubits) {
    return {.qubits = qubits,
            .bits = qubits,
            .quantum = {{"q", 0, qubits}},
            .classical = {{"c", 0, qubits}},
            .operations = {}};
}

Matrix product(const Matrix& left, const Matrix& right) {
    ENSURE(left.size() == right.size());
    const auto n = side(left);
    Matrix out(n * n);
    for (std::size_t row = 0; row < n; ++row)
        for (std::size_t k = 0; k < n; ++k)
            for (std::size_t column = 0; column < n; ++column)
                out[row * n + column] += left[row * n + k] * right[k * n + column];
    return out;
}

Matrix adjoint(const Matrix& matrix) {
    const auto n = side(matrix);
    Matrix out(n * n);
    for (std::size_t row = 0; row < n; ++row)
        for (std::size_t column = 0; column < n; ++column)
            out[column * n + row] = std::conj(matrix[row * n + column]);
    return out;
}

bool is_diagonal(const Matrix& matrix) noexcept {
    const auto n = side(matrix);
    for (std::size_t i = 0; i < n * n; ++i)
        if (i / n != i % n && matrix[i] != Complex{}) return false;
    return true;
}

Matrix widened(const Matrix& matrix, const std::vector<Qubit>& at,
               const std::vector<Control>& controls, const std::vector<Qubit>& all) {
    const auto n = std::size_t{1} << all.size();
    std::vector<std::size_t> places;
    for (const auto qubit : at)
        places.push_back(place_of(qubit, all));
    std::size_t mask = 0;
    std::size_t wanted = 0;
    for (const auto& control : controls) {
        const auto bit = std::size_t{1} << place_of(control.qubit, all);
        mask |= bit;
        if (control.value) wanted |= bit;
    }
    std::size_t moved = 0;
    for (const auto place : places)
        moved |= std::size_t{1} << place;
    const auto inner = side(matrix);
    Matrix out(n * n);
    for (std::size_t row = 0; row < n; ++row)
        for (std::size_t column = 0; column < n; ++column) {
            if ((row & ~moved) != (column & ~moved)) continue;
            out[row * n + column] =
                (row & mask) == wanted
                    ? matrix[gathered(row, places) * inner + gathered(column, places)]
                    : Complex{row == column ? 1.0 : 0.0};
        }
    return out;
}

std::string bits_text(const Circuit& circuit, std::uint64_t bits) {
    std::string out;
    for (auto one = circuit.classical.rbegin(); one != circuit.classical.rend(); ++one) {
        if (!out.empty()) out += ' ';
        for (auto i = one->size; i-- > 0;)
            out += (bits >> (one->first + i) & 1U) != 0 ? '1' : '0';
    }
    return out;
}

} // namespace torgo::quantum
