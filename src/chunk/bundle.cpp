#include "chunk/bundle.hpp"

#include "base/ensure.hpp"

#include <limits>

namespace torgo::chunk {

namespace {
constexpr std::string_view table_purpose = "TORGO/GEAR/bundle/1";
} // namespace

Bundler::Bundler(ByteView key, BundleLimits limits) : m_gear(key, table_purpose), m_limits(limits) {
    ENSURE(limits.min < limits.normal && limits.normal <= limits.max);
    ENSURE(limits.max >= small_file_max && limits.min <= limits.max - small_file_max);
    ENSURE(limits.files > 0);
}

/// A number that is uniform over keys and the same wherever a file of this name and size lies. The
/// size comes last, so that a long name does not push it out of the hash's memory.
std::uint64_t Bundler::lot(std::string_view name, std::uint64_t size) const noexcept {
    std::uint64_t hash = 0;
    for (const auto byte : as_bytes(name))
        hash = hash * 2 + m_gear[byte];
    for (unsigned shift = 0; shift < 64; shift += 8)
        hash = hash * 2 + m_gear[static_cast<std::uint8_t>(size >> shift)];
    return hash;
}

bool Bundler::ends_after(std::string_view name, std::uint64_t size, std::uint64_t bytes_in_bundle,
                         std::size_t files_in_bundle) const {
    ENSURE(size < small_file_max);
    if (files_in_bundle >= m_limits.files) return true;
    if (bytes_in_bundle > m_limits.max - small_file_max) return true;
    if (bytes_in_bundle < m_limits.min) return false;
    // From `min` on a bundle is as likely to end in each byte, and goes on for `room` bytes in the
    // mean; a file's bytes draw one lot together.
    const auto room = m_limits.normal - m_limits.min;
    if (size >= room) return true;
    return lot(name, size) < size * (std::numeric_limits<std::uint64_t>::max() / room);
}

} // namespace torgo::chunk
