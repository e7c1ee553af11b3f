#pragma once

#include "base/bytes.hpp"
#include "segment/code.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace torgo::segment {

/// A linear map over GF(2^8) from k cells to some others, ready to be applied.
class CellMap {
public:
    CellMap() = default;

    /// The parity cells k..n-1 of a code from its data cells.
    static CellMap parity(Code code);

    /// The cells `wanted` from the k cells `have` (indices, ascending, each once). The Cauchy
    /// matrix makes every choice of k cells enough.
    static CellMap restore(Code code, std::span<const unsigned> have,
                           std::span<const unsigned> wanted);

    /// in      `from`, k views; `to`, one span for each output; all of one length
    void apply(std::span<const ByteView> from, std::span<const ByteSpan> to) const;

private:
    CellMap(unsigned inputs, unsigned outputs, std::vector<std::uint8_t> rows);

    unsigned m_inputs = 0;
    unsigned m_outputs = 0;
    std::vector<std::uint8_t> m_tables; ///< 32 bytes for each coefficient
};

} // namespace torgo::segment
