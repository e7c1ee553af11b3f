#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "index/location.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace torgo::index {

/// The name of a run file: which manifest it was made for, and what is in it.
struct RunName {
    std::uint64_t generation = 0;
    std::uint64_t digest = 0;

    /// "run-" and both numbers in 16 hexadecimal digits each.
    std::string text() const;

    /// The inverse; also takes the names of files that were never finished ("….tmp").
    static std::optional<RunName> parse(std::string_view text);

    bool operator==(const RunName&) const = default;
};

/// The one file of the cache that says what belongs to it.
struct Manifest {
    std::uint64_t generation = 0; ///< one more than that of the manifest it came from
    Fingerprint fingerprint;
    std::vector<RunName> runs; ///< oldest first
    Bytes content;             ///< the owner's own record

    Bytes encode() const;

    /// Errors: `corrupt`, `unsupported`.
    static Result<Manifest> decode(ByteView bytes);
};

} // namespace torgo::index
