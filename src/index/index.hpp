#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "env/file_system.hpp"
#include "index/location.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace torgo::index {

struct IndexOptions {
    std::string cache_folder;               ///< made when needed; empty: everything stays in memory
    Fingerprint fingerprint{};              ///< of the repository
    std::size_t table_entries_max = 262144; ///< entries in memory before they become a run file
    std::size_t runs_max = 5;               ///< more run files than this are merged
};

/// Which chunks are known, and where each lies. Newest entries are in memory, older ones in sorted
/// immutable run files of the local cache with about 3 bytes of memory a chunk. The cache can be
/// deleted at any time between two sessions; what is damaged in it is reported, never believed.
///
/// Thread-safe. Several processes may share a cache folder: the last to persist wins, the others go
/// on with the files they have open.
class Index {
public:
    Index(env::FileSystem& files, IndexOptions options);
    ~Index();
    Index(const Index&) = delete;
    Index& operator=(const Index&) = delete;
    Index(Index&&) = delete;
    Index& operator=(Index&&) = delete;

    /// Reads what the last `persist` saved and deletes cache files that nothing names any more. To
    /// be called before anything is added.
    ///
    /// out     the bytes given to `persist`; nothing when there is no cache
    /// errors  `corrupt`, `not_found`, `unsupported`: the cache is of no use; `clear` and fill
    /// again
    Result<std::optional<Bytes>> load_manifest();

    /// Makes everything added so far durable in the cache, together with `manifest` (the caller's
    /// record of what the index covers; at most 1 GiB), in one atomic step. Without a cache folder
    /// does nothing. After an error the cache is as it was before, and the index still usable.
    Result<> persist(ByteView manifest);

    /// Where the chunk lies; nothing when it is not known.
    ///
    /// errors  `corrupt`, `io`: the cache is damaged; `clear` and fill again
    /// cost    an unknown id: memory only, but for one in 300; a known one: one read of
    /// 4 KiB
    Result<std::optional<Location>> find(const ChunkId& id) const;

    /// The latest location of an id replaces earlier ones. Now and then writes and merges run
    /// files; where that fails the entries stay in memory and the next `persist` tries again and
    /// reports.
    void add(const ChunkId& id, Location location);

    /// Calls `visit` once for every chunk, by rising id. Entries added meanwhile may be left out.
    /// Memory: a copy of the newest entries and 64 KiB a run.
    Result<> for_each(const std::function<void(const ChunkId&, Location)>& visit) const;

    /// Forgets everything, in memory and in the cache folder.
    Result<> clear();

    /// How many entries are held. An id added again counts twice until its runs are merged.
    std::uint64_t count() const;

    /// Bytes of memory the entries take.
    std::size_t resident_bytes() const;

private:
    class Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace torgo::index
