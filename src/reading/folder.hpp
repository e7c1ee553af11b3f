#pragma once

#include "env/file_system.hpp"
#include "reading/log.hpp"
#include "reading/segment_file.hpp"
#include "reading/source_state.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

// The folder of a gateway's store: which files count (docs/spec/readings.md 4 and 6).
namespace torgo::reading {

/// Before the name of a log that was damaged: it counts no more, and nobody takes it away.
inline constexpr std::string_view damaged_prefix = "damaged-";

inline constexpr std::size_t sources_max = 32'768;

using Sources = std::map<std::uint64_t, SourceState>;

/// All that is in segments: everything of logs up to `rolled`. [READING-18]
struct Checkpoint {
    std::uint64_t rolled = 0;
    std::uint64_t records = 0; ///< that this store ever took
    Sources sources;
};

Bytes encode(const Checkpoint& checkpoint);

/// errors  `corrupt`, `unsupported`, `limit_exceeded`
Result<Checkpoint> decode_checkpoint(ByteView bytes);

/// What lies in a folder, by what the names say.
struct Listing {
    std::vector<std::uint64_t> logs;     ///< above `rolled`, rising
    std::vector<std::string> segments;   ///< that count, by name
    std::vector<std::string> superseded; ///< that count no more, or never came to count
    std::uint64_t last_log = 0;          ///< the highest number that any file names
};

/// `part` counts files that hold one and the same day, from 0.
std::string segment_name(std::uint8_t profile, std::int64_t day, std::uint64_t roll,
                         std::size_t part = 0);

/// Whether this is a log of which something can not be read in the middle (DecodedLog::goes_on).
bool is_damaged_log(env::FileSystem& files, const std::string& folder, const std::string& name);

/// errors  those of the file system
Result<Listing> list_store(env::FileSystem& files, const std::string& folder, std::uint64_t rolled);

/// The checkpoint and what counts by it, while a collector may be at work: it may make both anew
/// between one look and the next, so they are looked at until the checkpoint stays the same.
///
/// errors  `unavailable` where it never does; those of read_checkpoint and list_store
Result<Listing> list_living_store(env::FileSystem& files, const std::string& folder);

/// The checkpoint, or an empty one where there is none yet.
Result<Checkpoint> read_checkpoint(env::FileSystem& files, const std::string& folder);

Result<> write_checkpoint(env::FileSystem& files, const std::string& folder,
                          const Checkpoint& checkpoint);

/// Days since 1970 (UTC) of a reading.
std::int64_t day_of(const Reading& reading) noexcept;

} // namespace torgo::reading
