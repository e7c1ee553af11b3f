#include "index/summary.hpp"

#include "base/ensure.hpp"
#include "index/run_format.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace torgo::index {

namespace {

/// 21.5 entries a cell: with 30 stored, 5 cells in 100 have more than they can tell apart.
constexpr std::uint64_t entries_per_two_cells = 43;

constexpr std::uint32_t overflow_flag = 0x80000000;

std::uint64_t cells_for(std::uint64_t entries) {
    return std::max<std::uint64_t>(1, (entries * 2 + entries_per_two_cells - 1) /
                                          entries_per_two_cells);
}

} // namespace

std::uint32_t Summary::Cell::first() const noexcept {
    return (lanes[0] | (std::uint32_t{lanes[1]} << 16U)) & ~overflow_flag;
}

bool Summary::Cell::overflows() const noexcept {
    return (lanes[1] >> 15U) != 0;
}

void Summary::Cell::set_first(std::uint64_t number) noexcept {
    lanes[0] = static_cast<std::uint16_t>(number);
    lanes[1] = static_cast<std::uint16_t>(number >> 16U);
}

void Summary::Cell::set_overflows() noexcept {
    lanes[1] = static_cast<std::uint16_t>(lanes[1] | (overflow_flag >> 16U));
}

Summary::Summary(std::uint64_t expected) : m_cells(cells_for(expected)) {}

Summary::Summary(std::uint64_t cells, std::uint64_t count) : m_cells(cells), m_count(count) {
    ENSURE(cells > 0 && count <= entries_max);
}

/// The first eight bytes of the id, as a fraction of the range of all ids, times the number of
/// cells: the cell is the whole part and the remainder the next 16 bits.
Summary::Place Summary::place_of(const ChunkId& id) const noexcept {
    std::uint64_t prefix = 0;
    std::memcpy(&prefix, id.bytes.data(), sizeof prefix);
    __extension__ using Wide = unsigned __int128;
    const auto product = Wide{std::byteswap(prefix)} * m_cells.size();
    return {static_cast<std::size_t>(product >> 64U), static_cast<std::uint16_t>(product >> 48U)};
}

void Summary::add(const ChunkId& id) {
    ENSURE(m_count < entries_max);
    const auto place = place_of(id);
    while (m_begun <= place.cell)
        m_cells[m_begun++].set_first(m_count);
    auto& cell = m_cells[place.cell];
    const auto number_in_cell = m_count - cell.first();
    if (number_in_cell < stored_max)
        cell.remainder(number_in_cell) = place.remainder;
    else
        cell.set_overflows();
    ++m_count;
}

void Summary::finish() {
    while (m_begun < m_cells.size())
        m_cells[m_begun++].set_first(m_count);
}

std::uint32_t Summary::end_of(std::size_t cell) const noexcept {
    return cell + 1 < m_cells.size() ? m_cells[cell + 1].first()
                                     : static_cast<std::uint32_t>(m_count);
}

Result<> Summary::check() const {
    bool fits = m_cells.front().first() == 0;
    for (std::size_t i = 0; i < m_cells.size(); ++i) {
        const auto first = m_cells[i].first();
        const auto end = end_of(i);
        fits &= first <= end && m_cells[i].overflows() == (end - first > stored_max);
    }
    if (!fits || end_of(m_cells.size() - 1) != m_count)
        return fail(Errc::corrupt, "a run's summary contradicts itself");
    return {};
}

Summary::Range Summary::candidates(const ChunkId& id) const noexcept {
    const auto place = place_of(id);
    const auto& cell = m_cells[place.cell];
    // All 32 lanes at once and no branch on each: that the two of the header may agree by chance
    // costs less than to leave them out.
    bool any = cell.overflows() && place.remainder > cell.remainder(stored_max - 1);
    for (const auto lane : cell.lanes)
        any |= lane == place.remainder;
    return any ? exact(place) : Range{};
}

Summary::Range Summary::exact(Place place) const noexcept {
    const auto& cell = m_cells[place.cell];
    const auto start = cell.first();
    const auto end = end_of(place.cell);
    const auto stored = std::min<std::size_t>(stored_max, end - start);
    std::uint32_t first = 0;
    while (first < stored && cell.remainder(first) < place.remainder)
        ++first;
    auto last = first;
    while (last < stored && cell.remainder(last) == place.remainder)
        ++last;
    // What is not stored comes after what is.
    if (last == stored_max) return {start + first, end};
    return {start + first, start + last};
}

void Summary::prefetch(const ChunkId& id) const noexcept {
    __builtin_prefetch(&m_cells[place_of(id).cell]);
}

ByteView Summary::bytes() const noexcept {
    return {reinterpret_cast<const std::uint8_t*>(m_cells.data()), m_cells.size() * cell_size};
}

ByteSpan Summary::bytes() noexcept {
    return {reinterpret_cast<std::uint8_t*>(m_cells.data()), m_cells.size() * cell_size};
}

} // namespace torgo::index
