#pragma once

#include "base/bytes.hpp"
#include "segment/code.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace torgo::segment {

/// A linear map over GF(2^8) from some cells to some others, ready to be applied.
class CellMap {
public:
    CellMap() = default;

    /// The parity cells k..n-1 of a code from its data cells.
    static CellMap parity(Code code);

    /// The cells `wanted` from the k cells `have` (indices, ascending, each once). The Cauchy
    /// matrix makes every choice of k cells enough.
    static CellMap restore(Code code, std::span<const unsigned> have,
                           std::span<const unsigned> wanted);

    /// first half + factor · second half, of one cell: what a helper gives for a lost segment.
    static CellMap combination(std::uint8_t factor);

    /// Both halves of a cell of segment `lost` of a regenerating code, from the combinations by
    /// factor `lost` of its three others, by index.
    static CellMap repair(unsigned lost);

    /// in      `from`, a view for each input; `to`, a span for each output; all of one length. Of
    ///         parity and restore of a regenerating code: whole cells
    void apply(std::span<const ByteView> from, std::span<const ByteSpan> to) const;

private:
    CellMap(unsigned inputs, unsigned outputs, std::span<const std::uint8_t> rows,
            unsigned parts = 1);

    void apply_part(std::span<const ByteView> from, std::span<const ByteSpan> to, std::size_t at,
                    std::size_t size) const;

    unsigned m_inputs = 0;
    unsigned m_outputs = 0;
    unsigned m_parts = 1;               ///< of a cell, each an input or output of its own
    std::vector<std::uint8_t> m_tables; ///< 32 bytes for each coefficient
};

} // namespace torgo::segment
