#include "segment/erasure.hpp"

#include "base/ensure.hpp"

#include <isa-l/erasure_code.h>

#include <algorithm>
#include <array>

namespace torgo::segment {
namespace {

constexpr std::size_t table_size = 32; ///< what ISA-L keeps for one coefficient

/// [SEGMENT-3] n rows of k coefficients: identity, then 1 / (i XOR j) over the polynomial 0x11D.
std::vector<std::uint8_t> code_matrix(Code code) {
    std::vector<std::uint8_t> matrix(std::size_t{code.n} * code.k);
    gf_gen_cauchy1_matrix(matrix.data(), code.n, code.k);
    return matrix;
}

/// The k rows of the matrix that belong to `have`, inverted.
std::vector<std::uint8_t> inverse_of(Code code, std::span<const std::uint8_t> matrix,
                                     std::span<const unsigned> have) {
    std::vector<std::uint8_t> rows;
    rows.reserve(std::size_t{code.k} * code.k);
    for (const auto i : have) {
        const auto row = matrix.subspan(std::size_t{i} * code.k, code.k);
        rows.insert(rows.end(), row.begin(), row.end());
    }
    std::vector<std::uint8_t> inverse(rows.size());
    ENSURE(gf_invert_matrix(rows.data(), inverse.data(), code.k) == 0);
    return inverse;
}

/// `row` (1 by k) times `square` (k by k).
void append_product(std::vector<std::uint8_t>& out, std::span<const std::uint8_t> row,
                    std::span<const std::uint8_t> square) {
    const auto k = row.size();
    for (std::size_t column = 0; column < k; ++column) {
        std::uint8_t sum = 0;
        for (std::size_t i = 0; i < k; ++i)
            sum = static_cast<std::uint8_t>(sum ^ gf_mul(row[i], square[i * k + column]));
        out.push_back(sum);
    }
}

} // namespace

CellMap::CellMap(unsigned inputs, unsigned outputs, std::vector<std::uint8_t> rows)
    : m_inputs(inputs), m_outputs(outputs), m_tables(rows.size() * table_size) {
    if (outputs != 0)
        ec_init_tables(static_cast<int>(inputs), static_cast<int>(outputs), rows.data(),
                       m_tables.data());
}

CellMap CellMap::parity(Code code) {
    auto rows = code_matrix(code);
    rows.erase(rows.begin(), rows.begin() + code.k * code.k);
    return {code.k, static_cast<unsigned>(code.n - code.k), std::move(rows)};
}

CellMap CellMap::restore(Code code, std::span<const unsigned> have,
                         std::span<const unsigned> wanted) {
    ENSURE(have.size() == code.k);
    const auto matrix = code_matrix(code);
    const auto inverse = inverse_of(code, matrix, have);
    std::vector<std::uint8_t> rows;
    rows.reserve(wanted.size() * code.k);
    for (const auto i : wanted)
        append_product(rows, std::span(matrix).subspan(std::size_t{i} * code.k, code.k), inverse);
    return {code.k, static_cast<unsigned>(wanted.size()), std::move(rows)};
}

void CellMap::apply(std::span<const ByteView> from, std::span<const ByteSpan> to) const {
    ENSURE(from.size() == m_inputs && to.size() == m_outputs);
    if (m_outputs == 0) return;
    const auto size = from.front().size();
    std::array<unsigned char*, limits::max_segments> in{};
    std::array<unsigned char*, limits::max_segments> out{};
    for (std::size_t i = 0; i < from.size(); ++i) {
        ENSURE(from[i].size() == size);
        in[i] = const_cast<unsigned char*>(from[i].data()); // ISA-L reads it, and takes no const
    }
    for (std::size_t i = 0; i < to.size(); ++i) {
        ENSURE(to[i].size() == size);
        out[i] = to[i].data();
    }
    ec_encode_data(static_cast<int>(size), static_cast<int>(m_inputs), static_cast<int>(m_outputs),
                   const_cast<unsigned char*>(m_tables.data()), in.data(), out.data());
}

} // namespace torgo::segment
