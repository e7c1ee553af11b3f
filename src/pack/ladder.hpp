#pragma once

#include "base/bytes.hpp"
#include "base/pack_class.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace torgo::pack {

using torgo::PackClass;

/// The sizes a pack may have: a holder learns which of five, and nothing finer.
inline constexpr std::array<std::size_t, 5> ladder{256_KiB, 1_MiB, 4_MiB, 16_MiB, 64_MiB};

constexpr bool on_ladder(std::uint64_t size) noexcept {
    return std::ranges::find(ladder, size) != ladder.end();
}

namespace limits {
inline constexpr std::uint32_t max_entries = 1U
                                             << 17U; ///< chunks in one pack: a trailer is one chunk
} // namespace limits

inline constexpr std::size_t footer_size = 148; ///< sealed, the last bytes of a pack

} // namespace torgo::pack
