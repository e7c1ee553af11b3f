#include "chunk/cutter.hpp"

#include "base/ensure.hpp"

#include <algorithm>
#include <limits>

namespace torgo::chunk {

namespace {

constexpr std::string_view table_purpose = "TORGO/GEAR/cutter/1";

/// How much rarer cuts are before the normal length, and how much more frequent after it, than one
/// in `normal` bytes.
constexpr std::uint64_t normalisation = 4;

/// A uniform 64-bit value is below this once in `bytes`.
std::uint64_t once_in(std::uint64_t bytes) {
    return std::numeric_limits<std::uint64_t>::max() / bytes;
}

} // namespace

Cutter::Cutter(ByteView key, CutLimits limits) : m_gear(key, table_purpose), m_limits(limits) {
    ENSURE(limits.min >= Gear::memory && limits.min <= limits.normal);
    ENSURE(limits.normal <= limits.max);
    m_hard = once_in(limits.normal * normalisation);
    m_easy = once_in(limits.normal / normalisation);
}

std::size_t Cutter::next_reference(ByteView window) const {
    ENSURE(!window.empty());
    const auto end = std::min(window.size(), m_limits.max);
    if (end <= m_limits.min) return end;
    std::uint64_t hash = 0;
    for (auto i = m_limits.min - Gear::memory; i < end; ++i) {
        hash = hash * 2 + m_gear[window[i]];
        const auto length = i + 1;
        if (length >= m_limits.min && hash < (length < m_limits.normal ? m_hard : m_easy))
            return length;
    }
    return end;
}

std::size_t Cutter::next(ByteView window) const {
    return next_reference(window);
}

} // namespace torgo::chunk
