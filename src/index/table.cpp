#include "index/table.hpp"

#include "base/ensure.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace torgo::index {

namespace {

constexpr std::size_t slots_min = 64;
constexpr std::uint64_t number_mask = 0xFFFFFFFF;

/// Ids are keyed hashes, so their own bytes are the table hash. The first eight order the run
/// files; others are taken here so that a sorted stream of ids does not fill the table from one
/// end.
std::uint64_t hash_of(const ChunkId& id) noexcept {
    std::uint64_t hash = 0;
    std::memcpy(&hash, id.bytes.data() + 8, sizeof hash);
    return hash;
}

std::uint64_t tag_of(std::uint64_t hash) noexcept {
    return hash & ~number_mask;
}

} // namespace

Entry& Table::entry(std::size_t number) const noexcept {
    return m_pages[number / page_entries][number % page_entries];
}

/// The slot that holds the id, or the empty one where it belongs. Needs at least one empty slot.
std::size_t Table::slot_of(const ChunkId& id) const noexcept {
    const auto hash = hash_of(id);
    const auto mask = m_slots.size() - 1;
    for (auto slot = hash & mask;; slot = (slot + 1) & mask) {
        const auto value = m_slots[slot];
        if (value == 0) return slot;
        if (tag_of(value) == tag_of(hash) && entry((value & number_mask) - 1).id == id) return slot;
    }
}

std::optional<Location> Table::find(const ChunkId& id) const noexcept {
    if (m_slots.empty()) return std::nullopt;
    const auto value = m_slots[slot_of(id)];
    if (value == 0) return std::nullopt;
    return entry((value & number_mask) - 1).location;
}

bool Table::put(const ChunkId& id, Location location) {
    if ((m_size + 1) * 4 > m_slots.size() * 3) grow();
    auto& slot = m_slots[slot_of(id)];
    if (slot != 0) {
        entry((slot & number_mask) - 1).location = location;
        return false;
    }
    ENSURE(m_size < std::numeric_limits<std::uint32_t>::max() - 1);
    if (m_size % page_entries == 0) m_pages.push_back(std::make_unique<Entry[]>(page_entries));
    entry(m_size) = {id, location};
    ++m_size;
    slot = tag_of(hash_of(id)) | m_size;
    return true;
}

void Table::grow() {
    m_slots.assign(std::max(slots_min, m_slots.size() * 2), 0);
    const auto mask = m_slots.size() - 1;
    for (std::size_t number = 0; number < m_size; ++number) {
        const auto hash = hash_of(entry(number).id);
        auto slot = hash & mask;
        while (m_slots[slot] != 0)
            slot = (slot + 1) & mask;
        m_slots[slot] = tag_of(hash) | (number + 1);
    }
}

std::size_t Table::resident_bytes() const noexcept {
    return m_slots.capacity() * sizeof(std::uint64_t) + m_pages.capacity() * sizeof(Page) +
           m_pages.size() * page_entries * sizeof(Entry);
}

std::vector<Entry> Table::sorted() const {
    std::vector<Entry> entries;
    entries.reserve(m_size);
    for (std::size_t number = 0; number < m_size; ++number)
        entries.push_back(entry(number));
    std::ranges::sort(entries, {}, &Entry::id);
    return entries;
}

} // namespace torgo::index
