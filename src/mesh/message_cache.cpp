#include "mesh/message_cache.hpp"

#include "base/ensure.hpp"

#include <algorithm>
#include <bit>

namespace torgo::mesh {

namespace {
std::uint64_t entry_of(bool ivi, Address src, std::uint32_t seq) {
    return std::uint64_t{ivi} << 39U | std::uint64_t{src} << 24U | seq;
}

std::uint32_t low_of(std::uint64_t entry) {
    return static_cast<std::uint32_t>(entry);
}

std::uint8_t high_of(std::uint64_t entry) {
    return static_cast<std::uint8_t>(entry >> 32U);
}
} // namespace

MessageCache::MessageCache(std::size_t entries) : m_sets(entries / ways) {
    ENSURE(entries >= ways && std::has_single_bit(entries));
}

std::size_t MessageCache::set_of(std::uint64_t entry) const {
    const auto mixed = entry * 0x9E3779B97F4A7C15U >> 32U; // Fibonacci hashing
    return mixed & (m_sets.size() - 1);
}

bool MessageCache::contains(bool ivi, Address src, std::uint32_t seq) const {
    const auto entry = entry_of(ivi, src, seq);
    const auto& set = m_sets[set_of(entry)];
    for (std::size_t i = 0; i < ways; ++i)
        if (set.low[i] == low_of(entry) && set.high[i] == high_of(entry)) return true;
    return false;
}

void MessageCache::insert(bool ivi, Address src, std::uint32_t seq) {
    // A source that is no unicast address is refused when the PDU is read.
    ENSURE(is_unicast(src));
    const auto entry = entry_of(ivi, src, seq);
    auto& set = m_sets[set_of(entry)];
    std::shift_right(set.low.begin(), set.low.end(), 1);
    std::shift_right(set.high.begin(), set.high.end(), 1);
    set.low[0] = low_of(entry);
    set.high[0] = high_of(entry);
}

} // namespace torgo::mesh
