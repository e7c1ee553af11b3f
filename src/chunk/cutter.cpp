#include "chunk/cutter.hpp"

#include "base/ensure.hpp"

#include <algorithm>
#include <limits>

namespace torgo::chunk {

namespace {

constexpr std::string_view table_purpose = "TORGO/GEAR/cutter/1";

/// How much rarer than one in `normal` bytes cuts are before it, and how much more frequent after
/// it.
constexpr std::uint64_t normalisation = 3;

/// A uniform 64-bit value is below this once in `bytes` times.
std::uint64_t once_in(std::uint64_t bytes) {
    return std::numeric_limits<std::uint64_t>::max() / bytes;
}

/// The length up to which a search has come, and the hash of the 64 bytes before it.
struct Place {
    std::size_t length = 0;
    std::uint64_t hash = 0;
};

/// Hashes 64 bytes, all that the next hash depends on.
std::uint64_t hash_of(const Gear& gear, ByteView bytes) {
    std::uint64_t hash = 0;
    for (const auto byte : bytes)
        hash = hash * 2 + gear[byte];
    return hash;
}

/// Moves on to the first length whose hash is below `limit`, or to `to`.
Place find_below(const Gear& gear, ByteView bytes, Place at, std::size_t to, std::uint64_t limit) {
    const auto* const table = gear.data();
    const auto* const data = bytes.data();
    while (at.hash >= limit && at.length < to)
        at.hash = at.hash * 2 + table[data[at.length++]];
    return at;
}

/// Moves on by pairs of stretches in which no hash is below `limit`, as far as it can before `to`.
/// Each step of a hash waits for the step before it, and a second hash fits into the pauses. Four
/// at once are no faster and vector gathers half as fast (docs/design/chunking.md).
Place skip_pairs(const Gear& gear, ByteView bytes, Place at, std::size_t to, std::uint64_t limit) {
    constexpr std::size_t stretch = 4096;
    constexpr std::size_t unrolled = 8;
    const auto* const table = gear.data();
    while (to - at.length >= 2 * stretch) {
        const auto* const data = bytes.data() + at.length;
        auto first = at.hash;
        auto second = hash_of(gear, {data + stretch - Gear::memory, Gear::memory});
        for (std::size_t i = 0; i < stretch; i += unrolled) {
#pragma GCC unroll 8
            for (std::size_t k = i; k < i + unrolled; ++k) {
                first = first * 2 + table[data[k]];
                second = second * 2 + table[data[stretch + k]];
                // Two tests, not one of both: compilers make one out of `or` with more to do.
                if (first < limit) [[unlikely]]
                    return at;
                if (second < limit) [[unlikely]]
                    return at;
            }
        }
        at = {at.length + 2 * stretch, second};
    }
    return at;
}

} // namespace

Cutter::Cutter(ByteView key, CutLimits limits) : m_gear(key, table_purpose), m_limits(limits) {
    ENSURE(limits.min >= Gear::memory && limits.min <= limits.normal);
    ENSURE(limits.normal >= normalisation && limits.normal <= limits.max);
    m_rare = once_in(limits.normal * normalisation);
    m_frequent = once_in(limits.normal / normalisation);
}

std::size_t Cutter::next(ByteView window) const {
    ENSURE(!window.empty());
    const auto end = std::min(window.size(), m_limits.max);
    if (end <= m_limits.min) return end;
    const auto turn = std::min(m_limits.normal, end);
    Place at{m_limits.min, hash_of(m_gear, window.first(m_limits.min).last(Gear::memory))};
    if (at.hash < m_rare) return at.length;
    at = skip_pairs(m_gear, window, at, turn, m_rare);
    at = find_below(m_gear, window, at, turn, m_rare);
    if (at.length < turn || at.hash < m_frequent) return at.length;
    at = skip_pairs(m_gear, window, at, end, m_frequent);
    return find_below(m_gear, window, at, end, m_frequent).length;
}

} // namespace torgo::chunk
