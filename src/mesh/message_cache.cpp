#include "mesh/message_cache.hpp"

#include "base/ensure.hpp"

#include <algorithm>
#include <bit>

namespace torgo::mesh {

namespace {
std::uint64_t entry_of(bool ivi, Address src, std::uint32_t seq) {
    return std::uint64_t{ivi} << 40U | std::uint64_t{src} << 24U | seq;
}
} // namespace

MessageCache::MessageCache(std::size_t entries) : m_entries(entries) {
    ENSURE(entries >= ways && std::has_single_bit(entries));
}

std::size_t MessageCache::set_of(std::uint64_t entry) const {
    const auto mixed = entry * 0x9E3779B97F4A7C15U >> 32U; // Fibonacci hashing
    return (mixed & (m_entries.size() / ways - 1)) * ways;
}

bool MessageCache::contains(bool ivi, Address src, std::uint32_t seq) const {
    const auto entry = entry_of(ivi, src, seq);
    const auto* set = m_entries.data() + set_of(entry);
    return std::find(set, set + ways, entry) != set + ways;
}

void MessageCache::insert(bool ivi, Address src, std::uint32_t seq) {
    const auto entry = entry_of(ivi, src, seq);
    auto* set = m_entries.data() + set_of(entry);
    std::copy_backward(set, set + ways - 1, set + ways);
    set[0] = entry;
}

} // namespace torgo::mesh
