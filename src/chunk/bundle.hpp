#pragma once

#include "base/bytes.hpp"
#include "chunk/gear.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace torgo::chunk {

/// Files of fewer bytes than this share chunks; larger ones are cut by their content.
inline constexpr std::uint64_t small_file_max = 256_KiB;

/// Bounds of a bundle: several small files that are one chunk. No bundle exceeds `max` bytes.
struct BundleLimits {
    std::uint64_t min = 1_MiB;
    std::uint64_t normal = 2_MiB;
    std::uint64_t max = 4_MiB;
    std::size_t files = 4096;
};

/// Decides, while a tree is walked and before any file is read, which small files share a chunk.
/// Immutable and thread-safe.
class Bundler {
public:
    /// in      `key`: K_cdc, exactly 32 bytes; min < normal, small_file_max <= max - min
    explicit Bundler(ByteView key, BundleLimits limits = {});

    /// Whether the bundle is complete once this file is in it.
    ///
    /// in      `name`, the last component of the file's path; `size` < small_file_max, its bytes;
    ///         `bytes_in_bundle` and `files_in_bundle`, both with this file
    /// out     true: the next small file starts another bundle
    /// source  docs/design/bundles.md 2
    bool ends_after(std::string_view name, std::uint64_t size, std::uint64_t bytes_in_bundle,
                    std::size_t files_in_bundle) const;

    const BundleLimits& limits() const noexcept { return m_limits; }

private:
    std::uint64_t lot(std::string_view name, std::uint64_t size) const noexcept;

    Gear m_gear;
    BundleLimits m_limits;
};

} // namespace torgo::chunk
