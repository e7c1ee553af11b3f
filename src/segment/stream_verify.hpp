#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "segment/verify.hpp"

#include <cstdint>
#include <vector>

namespace torgo::segment {

/// The number of cells of a segment file of `file_size` bytes. Of the many pairs of cells and names
/// that a trailer may have, only one gives a length.
///
/// errors  `corrupt` when no segment file has this length
Result<std::uint64_t> cells_of_file(std::uint64_t file_size);

/// Verifies a segment file that comes in pieces from its beginning, before anything of it is seen
/// by others: what verify_segment does, without a second read.
///
/// cost    hashes every byte once, cells that come whole where they lie; holds a cell and the
/// trailer
class StreamVerifier {
public:
    /// errors  as cells_of_file
    static Result<StreamVerifier> begin(std::uint64_t file_size);

    /// errors  `corrupt` when more comes than was announced
    Result<> write(ByteView bytes);

    /// out     the trailer of the file, when all of it came and its name is `id`
    /// errors  `corrupt` naming what does not fit, `unsupported` for another version
    Result<SegmentTrailer> finish(const SegmentId& id);

private:
    StreamVerifier(std::uint64_t file_size, std::uint64_t cells)
        : m_file_size(file_size), m_cells(cells) {}

    void hash_cells(ByteView bytes);
    std::size_t take_payload(ByteView bytes);

    std::uint64_t m_file_size;
    std::uint64_t m_cells;
    std::uint64_t m_taken = 0;
    Bytes m_pending;              ///< the beginning of a cell
    Bytes m_trailer;              ///< what came after the last cell
    std::vector<Digest> m_leaves; ///< of the cells that came
};

} // namespace torgo::segment
