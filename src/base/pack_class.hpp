#pragma once

#include <cstdint>

namespace torgo {

/// What a pack holds, as every holder may know: data is read by range on restore, metadata (trees,
/// index, snapshots) is wanted whole and first.
enum class PackClass : std::uint8_t { data = 1, metadata = 2 };

} // namespace torgo
