#pragma once

#include "base/codec.hpp"
#include "reading/bundle.hpp"

#include <array>
#include <bitset>
#include <cstdint>
#include <vector>

namespace torgo::reading {

/// What a gateway remembers of one source: which numbers it has, and the lines by which times
/// follow from numbers.
class SourceState {
public:
    /// Readings further above the first gap than this are refused until it closes. [READING-12]
    static constexpr std::size_t window = ack_bits_max;
    static constexpr std::size_t lines_max = 4; ///< of one slot

    enum class Place : std::uint8_t { fresh, duplicate, too_far };

    Place place_of(std::uint64_t number) const noexcept;

    /// `number` is fresh.
    void take(std::uint64_t number) noexcept;

    /// Numbers that nothing will come for count as there. False where they lie too far ahead.
    bool take_gone(const Gone& gone) noexcept;

    /// How many numbers of a run neither came nor are void.
    std::uint64_t fresh_in(const Gone& gone) const noexcept;

    void add_line(std::uint8_t slot, const Line& line);

    /// The newest line that began at or before `number`.
    const Line* line_at(std::uint8_t slot, std::uint64_t number) const noexcept;

    std::uint64_t cumulative() const noexcept { return m_cumulative; }

    std::uint64_t highest() const noexcept { return m_highest; }

    Ack ack(std::uint64_t source) const;

    /// Numbers that lack below the highest, as runs; at most `limit` runs.
    std::vector<Gone> gaps(std::size_t limit) const;

    void encode(Writer& out) const;

    /// errors  `corrupt`, `limit_exceeded`
    static Result<SourceState> decode(Reader& in);

private:
    void absorb() noexcept;

    std::uint64_t m_cumulative = 0;
    std::uint64_t m_highest = 0;
    std::bitset<window> m_above; ///< bit i: cumulative + 1 + i
    std::array<std::vector<Line>, Plan::slots> m_lines{};
};

} // namespace torgo::reading
