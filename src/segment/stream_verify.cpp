#include "segment/stream_verify.hpp"

#include <algorithm>
#include <array>

namespace torgo::segment {

namespace {
constexpr std::size_t cells_at_once = 8;
constexpr std::uint64_t max_cells = limits::max_pack_size / cell_size;
/// What each cell adds to a file, itself and its leaf hash.
constexpr std::uint64_t cell_and_leaf = cell_size + Digest::size;
constexpr std::uint64_t smallest_end = SegmentId::size + tail_size;
} // namespace

Result<std::uint64_t> cells_of_file(std::uint64_t file_size) {
    static_assert(limits::max_segments * SegmentId::size + tail_size < cell_and_leaf);
    if (file_size < cell_and_leaf + smallest_end)
        return fail(Errc::corrupt, "too short for a segment");
    const auto cells = (file_size - smallest_end) / cell_and_leaf;
    const auto names = file_size - tail_size - cells * cell_and_leaf;
    if (cells > max_cells || names % SegmentId::size != 0 ||
        names > limits::max_segments * SegmentId::size)
        return fail(Errc::corrupt, "no segment has a length of " + std::to_string(file_size));
    return cells;
}

Result<StreamVerifier> StreamVerifier::begin(std::uint64_t file_size) {
    TRY(const auto cells, cells_of_file(file_size));
    return StreamVerifier(file_size, cells);
}

/// Whole cells.
void StreamVerifier::hash_cells(ByteView bytes) {
    while (!bytes.empty()) {
        std::array<ByteView, cells_at_once> cells;
        const auto count = std::min<std::size_t>(bytes.size() / cell_size, cells_at_once);
        for (std::size_t i = 0; i < count; ++i)
            cells[i] = bytes.subspan(i * cell_size, cell_size);
        m_leaves.resize(m_leaves.size() + count);
        leaf_hashes(std::span(cells).first(count), std::span(m_leaves).last(count));
        bytes = bytes.subspan(count * cell_size);
    }
}

/// Takes the beginning of `bytes`, of the payload, and tells how much: whole cells where they lie
/// whole, else a part of one.
std::size_t StreamVerifier::take_payload(ByteView bytes) {
    if (m_pending.empty() && bytes.size() >= cell_size) {
        const auto whole = bytes.size() / cell_size * cell_size;
        hash_cells(bytes.first(whole));
        return whole;
    }
    const auto part = bytes.first(std::min(bytes.size(), cell_size - m_pending.size()));
    m_pending.insert(m_pending.end(), part.begin(), part.end());
    if (m_pending.size() == cell_size) {
        hash_cells(m_pending);
        m_pending.clear();
    }
    return part.size();
}

Result<> StreamVerifier::write(ByteView bytes) {
    if (bytes.size() > m_file_size - m_taken)
        return fail(Errc::corrupt, "a segment goes on after its announced end");
    const auto payload = m_cells * cell_size;
    while (!bytes.empty() && m_taken < payload) {
        const auto size = take_payload(bytes.first(
            static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), payload - m_taken))));
        m_taken += size;
        bytes = bytes.subspan(size);
    }
    m_trailer.insert(m_trailer.end(), bytes.begin(), bytes.end());
    m_taken += bytes.size();
    return {};
}

Result<SegmentTrailer> StreamVerifier::finish(const SegmentId& id) {
    if (m_taken != m_file_size) return fail(Errc::corrupt, "a segment ends too early");
    TRY(auto trailer, decode_trailer(m_trailer, m_file_size));
    if (trailer.id() != id)
        return fail(Errc::corrupt, "a segment has another name than it is given");
    if (trailer.leaves != m_leaves) return fail(Errc::corrupt, "a cell of a segment is damaged");
    return trailer;
}

} // namespace torgo::segment
