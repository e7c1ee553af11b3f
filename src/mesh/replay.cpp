#include "mesh/replay.hpp"

#include <algorithm>

namespace torgo::mesh {

namespace {

/// A first SEQ that no message has: a segmented message needs a following SEQ for a second segment,
/// and one of a single segment gives this one number away.
constexpr std::uint32_t no_segmented = sequence_max;

template <std::size_t N>
std::uint32_t read(const std::array<std::uint8_t, N>& bytes) {
    std::uint32_t value = 0;
    for (const auto byte : bytes)
        value = value << 8U | byte;
    return value;
}

template <std::size_t N>
std::array<std::uint8_t, N> write(std::uint32_t value) {
    std::array<std::uint8_t, N> bytes{};
    for (std::size_t i = 0; i < N; ++i)
        bytes[i] = static_cast<std::uint8_t>(value >> (8 * (N - 1 - i)));
    return bytes;
}

} // namespace

ReplayMark ReplayList::unpack(const Entry& entry) const {
    const auto behind = (m_iv_index - entry.iv) & 0xFFU;
    ReplayMark mark{.src = static_cast<Address>(read(entry.src)),
                    .iv_index = m_iv_index - behind,
                    .seq = read(entry.seq)};
    if (const auto first = read(entry.segmented); first != no_segmented) mark.segmented = first;
    return mark;
}

ReplayList::Entry ReplayList::pack(const ReplayMark& mark) {
    return {.src = write<2>(mark.src),
            .iv = static_cast<std::uint8_t>(mark.iv_index),
            .seq = write<3>(mark.seq),
            .segmented = write<3>(mark.segmented.value_or(no_segmented))};
}

std::vector<ReplayList::Entry>::const_iterator ReplayList::position(Address src) const {
    return std::ranges::lower_bound(m_entries, src, {},
                                    [](const Entry& entry) { return read(entry.src); });
}

std::optional<ReplayMark> ReplayList::find(Address src) const {
    const auto at = position(src);
    if (at == m_entries.end() || read(at->src) != src) return std::nullopt;
    return unpack(*at);
}

bool ReplayList::is_new(Address src, std::uint32_t iv_index, std::uint32_t seq) const {
    const auto mark = find(src);
    if (!mark) return m_entries.size() < m_capacity;
    return iv_index > mark->iv_index || (iv_index == mark->iv_index && seq > mark->seq);
}

bool ReplayList::is_new_message(Address src, std::uint32_t iv_index, std::uint32_t first) const {
    const auto mark = find(src);
    if (!mark) return m_entries.size() < m_capacity;
    if (iv_index != mark->iv_index) return iv_index > mark->iv_index;
    return !mark->segmented || first > *mark->segmented;
}

ReplayMark ReplayList::take(Address src, std::uint32_t iv_index, std::uint32_t seq,
                            std::optional<std::uint32_t> first) {
    auto mark = find(src).value_or(ReplayMark{.src = src, .iv_index = iv_index});
    if (iv_index > mark.iv_index) mark = {.src = src, .iv_index = iv_index};
    if (iv_index == mark.iv_index) {
        mark.seq = std::max(mark.seq, seq);
        if (first) mark.segmented = std::max(mark.segmented.value_or(0), *first);
    }
    restore(mark);
    return mark;
}

void ReplayList::restore(const ReplayMark& mark) {
    m_iv_index = std::max(m_iv_index, mark.iv_index);
    const auto at = position(mark.src);
    if (at != m_entries.end() && read(at->src) == mark.src)
        m_entries[static_cast<std::size_t>(at - m_entries.begin())] = pack(mark);
    else if (m_entries.size() < m_capacity)
        m_entries.insert(at, pack(mark));
}

void ReplayList::forget_before(std::uint32_t oldest) {
    std::erase_if(m_entries, [&](const Entry& entry) { return unpack(entry).iv_index < oldest; });
    m_iv_index = std::max(m_iv_index, oldest);
}

} // namespace torgo::mesh
