#pragma once

#include "index/location.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace torgo::index {

/// A hash table of entries in memory: about 52 bytes an entry, never moved once it is in. Not
/// thread-safe.
class Table {
public:
    /// True when the id is new; otherwise its location is replaced.
    bool put(const ChunkId& id, Location location);

    std::optional<Location> find(const ChunkId& id) const noexcept;

    std::size_t size() const noexcept { return m_size; }

    std::size_t resident_bytes() const noexcept;

    /// A copy of all entries by rising id.
    std::vector<Entry> sorted() const;

private:
    static constexpr std::size_t page_entries = 1024;
    using Page = std::unique_ptr<Entry[]>;

    Entry& entry(std::size_t number) const noexcept;
    std::size_t slot_of(const ChunkId& id) const noexcept;
    void grow();

    std::vector<std::uint64_t>
        m_slots; ///< 0 empty, else 32 bits of the id and the entry's number + 1
    std::vector<Page> m_pages;
    std::size_t m_size = 0;
};

} // namespace torgo::index
