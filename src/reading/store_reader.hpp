#pragma once

#include "env/file_system.hpp"
#include "reading/folder.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>

namespace torgo::reading {

/// Which readings are wanted.
struct Query {
    std::int64_t from_ns = 0;
    std::int64_t to_ns = std::numeric_limits<std::int64_t>::max(); ///< not included
    std::optional<std::uint64_t> source{};
    std::optional<std::uint8_t> profile{};
    Projection values = all_values; ///< others are not read and missing
};

struct ReadSummary {
    std::uint64_t segments_read = 0;
    std::uint64_t segments_skipped = 0; ///< by what their footers say
    std::uint64_t readings = 0;
};

/// Gives every wanted reading of a store once to `take`, file by file, in a file by source and
/// number: of segments, and of logs that are not segments yet. Writes nothing; a collector that
/// works in the folder at the same time may remove a file before it is read (`not_found`).
///
/// errors  `corrupt`, those of the file system, and those of `take`, which end it
/// cost    one file in memory; 0.3 us a reading
Result<ReadSummary> read_store(env::FileSystem& files, const std::string& folder,
                               const Query& query,
                               const std::function<Result<>(const Reading&)>& take);

/// Verifies every byte of every segment. errors  `corrupt`, those of the file system
Result<std::uint64_t> verify_store(env::FileSystem& files, const std::string& folder);

} // namespace torgo::reading
