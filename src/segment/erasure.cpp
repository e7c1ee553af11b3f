#include "segment/erasure.hpp"

#include "base/ensure.hpp"

#include <isa-l/erasure_code.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace torgo::segment {
namespace {

constexpr std::size_t table_size = 32; ///< what ISA-L keeps for one coefficient

/// [SEGMENT-16] Rows of the halves of segments 2 and 3, columns those of segments 0 and 1.
constexpr std::array<std::uint8_t, 16> regenerating_parity{5, 6, 4, 0, //
                                                           0, 3, 0, 2, //
                                                           4, 6, 5, 0, //
                                                           0, 2, 0, 3};

/// [SEGMENT-18] By lost segment: two rows, of three coefficients each.
constexpr std::array<std::array<std::uint8_t, 6>, 4> repair_rows{{
    {0x01, 0x01, 0x01, 0x7A, 0xF5, 0x8F},
    {0x7B, 0x8E, 0xF4, 0x7A, 0x8F, 0xF5},
    {0xF6, 0x02, 0xF5, 0xF5, 0x8F, 0x7A},
    {0x8D, 0x03, 0x8F, 0x8F, 0xF5, 0x7A},
}};

/// Inputs and outputs a cell.
unsigned parts_of(Code code) {
    return code.regenerates() ? 2 : 1;
}

/// The rows of all n segments, parts_of(code) each: identity, then the parity. Of Reed-Solomon's
/// [SEGMENT-3]: 1 / (i XOR j) over the polynomial 0x11D.
std::vector<std::uint8_t> code_matrix(Code code) {
    const auto columns = std::size_t{code.k} * parts_of(code);
    std::vector<std::uint8_t> matrix(code.n * parts_of(code) * columns);
    if (!code.regenerates()) {
        gf_gen_cauchy1_matrix(matrix.data(), code.n, code.k);
        return matrix;
    }
    for (std::size_t i = 0; i < columns; ++i)
        matrix[i * columns + i] = 1;
    std::ranges::copy(regenerating_parity, matrix.end() - regenerating_parity.size());
    return matrix;
}

/// The rows of one segment.
std::span<const std::uint8_t> rows_of(Code code, std::span<const std::uint8_t> matrix,
                                      std::size_t index) {
    const auto size = std::size_t{code.k} * parts_of(code) * parts_of(code);
    return matrix.subspan(index * size, size);
}

/// The rows of the matrix that belong to `have`, inverted.
std::vector<std::uint8_t> inverse_of(Code code, std::span<const std::uint8_t> matrix,
                                     std::span<const unsigned> have) {
    const auto columns = code.k * parts_of(code);
    std::vector<std::uint8_t> rows;
    rows.reserve(std::size_t{columns} * columns);
    for (const auto i : have)
        std::ranges::copy(rows_of(code, matrix, i), std::back_inserter(rows));
    std::vector<std::uint8_t> inverse(rows.size());
    ENSURE(gf_invert_matrix(rows.data(), inverse.data(), static_cast<int>(columns)) == 0);
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

CellMap::CellMap(unsigned inputs, unsigned outputs, std::span<const std::uint8_t> rows,
                 unsigned parts)
    : m_inputs(inputs), m_outputs(outputs), m_parts(parts), m_tables(rows.size() * table_size) {
    if (outputs != 0)
        ec_init_tables(static_cast<int>(inputs * parts), static_cast<int>(outputs * parts),
                       const_cast<unsigned char*>(rows.data()), // it reads it, and takes no const
                       m_tables.data());
}

CellMap CellMap::parity(Code code) {
    const auto matrix = code_matrix(code);
    const auto data = code.k * rows_of(code, matrix, 0).size();
    return {code.k, static_cast<unsigned>(code.n - code.k), std::span(matrix).subspan(data),
            parts_of(code)};
}

CellMap CellMap::restore(Code code, std::span<const unsigned> have,
                         std::span<const unsigned> wanted) {
    ENSURE(have.size() == code.k);
    const auto matrix = code_matrix(code);
    const auto inverse = inverse_of(code, matrix, have);
    const auto columns = std::size_t{code.k} * parts_of(code);
    std::vector<std::uint8_t> rows;
    rows.reserve(wanted.size() * parts_of(code) * columns);
    for (const auto i : wanted)
        for (std::size_t part = 0; part < parts_of(code); ++part)
            append_product(rows, rows_of(code, matrix, i).subspan(part * columns, columns),
                           inverse);
    return {code.k, static_cast<unsigned>(wanted.size()), rows, parts_of(code)};
}

// [SEGMENT-17]
CellMap CellMap::combination(std::uint8_t factor) {
    return {2, 1, std::array<std::uint8_t, 2>{1, factor}};
}

CellMap CellMap::repair(unsigned lost) {
    return {3, 2, repair_rows.at(lost)};
}

/// Maps bytes [at, at + size) of every cell, which are m_parts inputs or outputs.
void CellMap::apply_part(std::span<const ByteView> from, std::span<const ByteSpan> to,
                         std::size_t at, std::size_t size) const {
    std::array<unsigned char*, limits::max_segments> in{};
    std::array<unsigned char*, limits::max_segments> out{};
    const auto part = size / m_parts;
    for (std::size_t i = 0; i < from.size() * m_parts; ++i) // ISA-L reads it, and takes no const
        in[i] = const_cast<unsigned char*>(from[i / m_parts].data()) + at + i % m_parts * part;
    for (std::size_t i = 0; i < to.size() * m_parts; ++i)
        out[i] = to[i / m_parts].data() + at + i % m_parts * part;
    ec_encode_data(static_cast<int>(part), static_cast<int>(m_inputs * m_parts),
                   static_cast<int>(m_outputs * m_parts),
                   const_cast<unsigned char*>(m_tables.data()), in.data(), out.data());
}

void CellMap::apply(std::span<const ByteView> from, std::span<const ByteSpan> to) const {
    ENSURE(from.size() == m_inputs && to.size() == m_outputs);
    if (m_outputs == 0) return;
    const auto size = from.front().size();
    for (const auto view : from)
        ENSURE(view.size() == size);
    for (const auto span : to)
        ENSURE(span.size() == size);
    if (m_parts == 1) return apply_part(from, to, 0, size);
    ENSURE(size % cell_size == 0);
    for (std::size_t at = 0; at < size; at += cell_size)
        apply_part(from, to, at, cell_size);
}

} // namespace torgo::segment
