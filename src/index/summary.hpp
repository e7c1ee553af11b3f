#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "index/huge_pages.hpp"
#include "index/location.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace torgo::index {

/// What a run keeps in memory of its entries: 3 bytes of each. Ids are sorted and uniform, so the
/// range of all ids is divided into equal cells of 21.5 entries in the mean, one line of the
/// processor's cache each: the number of the cell's first entry, and 16 more bits of the first 30.
/// One access to memory tells that an id is unknown, but for one in 300; a known id is found at its
/// exact place in the file. docs/design/chunk_index.md
///
/// Holds for every set of ids; a skewed one costs time, never a wrong answer.
class Summary {
public:
    /// Entry numbers [first, last) whose ids may be the one asked for.
    struct Range {
        std::uint32_t first = 0;
        std::uint32_t last = 0;

        bool empty() const noexcept { return first == last; }
    };

    static constexpr std::uint64_t entries_max = 0x7FFFFFFF;
    static constexpr std::size_t cell_size = 64;

    /// A summary to be filled by `add`, for about `expected` entries.
    explicit Summary(std::uint64_t expected);

    /// A summary to be filled through `bytes`, as they were, and then checked.
    Summary(std::uint64_t cells, std::uint64_t count);

    /// Errors: `corrupt` when the bytes contradict each other; nothing else may be asked then.
    Result<> check() const;

    /// The next entry, by rising id.
    void add(const ChunkId& id);

    /// After the last `add` and before anything below.
    void finish();

    Range candidates(const ChunkId& id) const noexcept;

    /// Brings what `candidates` reads into the processor's cache.
    void prefetch(const ChunkId& id) const noexcept;

    std::uint64_t count() const noexcept { return m_count; }

    std::uint64_t cells() const noexcept { return m_cells.size(); }

    ByteView bytes() const noexcept;
    ByteSpan bytes() noexcept;

private:
    static constexpr std::size_t stored_max = 30;

    /// Two lanes for the number of the first entry and a flag for more than 30 entries, then
    /// theirs.
    struct alignas(cell_size) Cell {
        std::array<std::uint16_t, 2 + stored_max> lanes{};

        std::uint32_t first() const noexcept;
        bool overflows() const noexcept;
        void set_first(std::uint64_t number) noexcept;
        void set_overflows() noexcept;

        std::uint16_t& remainder(std::size_t i) noexcept { return lanes[2 + i]; }

        std::uint16_t remainder(std::size_t i) const noexcept { return lanes[2 + i]; }
    };

    static_assert(sizeof(Cell) == cell_size);

    struct Place {
        std::size_t cell = 0;
        std::uint16_t remainder = 0;
    };

    Place place_of(const ChunkId& id) const noexcept;
    std::uint32_t end_of(std::size_t cell) const noexcept;
    Range exact(Place place) const noexcept;

    std::vector<Cell, HugePages<Cell>> m_cells;
    std::uint64_t m_count = 0;
    std::size_t m_begun = 0; ///< cells whose first entry is known
};

} // namespace torgo::index
