#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "env/world.hpp"
#include "index/index.hpp"
#include "pack/entry.hpp"
#include "repo/batch.hpp"
#include "repo/descriptor.hpp"
#include "repo/head_set.hpp"
#include "seal/sealer.hpp"

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace torgo::repo {

/// One pack that the repository knows, by its number in this process and in the local cache.
struct KnownPack {
    segment::PackInfo info;
    PackId id;
};

/// Where everything is: packs from the batches, chunks from the index, and how to read them. All
/// state beyond the heads is a cache (docs/spec/repository.md 8). Thread-safe after `load`.
class ChunkStore {
public:
    ChunkStore(HeadSet& heads, const seal::Keys& keys, const Descriptor& descriptor,
               const env::World& world, std::string cache_folder,
               std::function<void(const std::string&)> warn);

    /// Brings packs and index up to date with the batches on the heads: the cache first, then what
    /// it lacks. A cache that is damaged is thrown away and made again.
    Result<> load();

    /// errors  `io`: the local cache failed
    Result<bool> contains(const ChunkId& id) const;

    Result<std::optional<index::Location>> find(const ChunkId& id) const;

    /// A chunk's plaintext. Reads the data segments; when the chunk does not authenticate, every
    /// cell is verified and damaged ones are rebuilt from the others.
    ///
    /// errors  `not_found` in no pack; `corrupt` when fewer than k good segments are left;
    ///         `unavailable` while too few heads answer
    Result<> read(const ChunkId& id, seal::Sealer& sealer, Bytes& plain) const;

    /// The same for a chunk whose place is known.
    Result<> read_entry(std::uint32_t pack, const pack::Entry& entry, seal::Sealer& sealer,
                        Bytes& plain) const;

    /// The chunks of a pack, from its sealed trailer; kept for the packs used last. Every cell of
    /// it is verified: a head that gives the trailer of another pack gives one that opens.
    Result<std::shared_ptr<const std::vector<pack::Entry>>> entries(std::uint32_t pack,
                                                                    seal::Sealer& sealer) const;

    /// The entry of one chunk, found through index and trailer.
    struct Found {
        std::uint32_t pack = 0;
        pack::Entry entry;
    };
    Result<Found> locate(const ChunkId& id, seal::Sealer& sealer) const;

    /// Adds a pack that this process just wrote. Its chunks are found from now on.
    std::uint32_t add_pack(segment::PackInfo info, const std::vector<pack::Entry>& entries);

    /// Remembers a batch as covered and saves packs and index in the cache.
    Result<> save(const std::vector<std::string>& new_batches);

    /// False when some batch could not be read now: what is there may look as if it were not.
    bool complete() const noexcept { return !m_incomplete; }

    std::size_t pack_count() const;

    /// How many threads keep the heads busy that read many chunks.
    unsigned reading_threads() const { return m_heads.reading_threads(); }

    /// Stable as long as the store lives.
    const KnownPack& pack(std::uint32_t number) const;

    std::uint64_t chunk_count() const { return m_index.count(); }

    std::unique_ptr<seal::Sealer> make_sealer(int level = seal::zstd_level_default) const;

    const seal::Keys& keys() const { return m_keys; }

    /// For every known chunk. The order is by id.
    Result<> for_each(const std::function<void(const ChunkId&, index::Location)>& visit) const;

private:
    friend class IndexLoader;

    Result<> read_sealed(std::uint32_t pack, const pack::Entry& entry, Bytes& sealed,
                         bool verified) const;

    HeadSet& m_heads;
    const seal::Keys& m_keys;
    const Descriptor& m_descriptor;
    RepoId m_repo;
    bool m_incomplete = false;
    env::World m_world;
    std::function<void(const std::string&)> m_warn;
    index::Index m_index;
    mutable std::mutex m_mutex;
    std::deque<KnownPack> m_packs; ///< a deque: references stay good while it grows
    std::unordered_map<PackId, std::uint32_t> m_numbers;
    std::set<std::string> m_batches; ///< names of the batches that packs and index cover

    using Entries = std::shared_ptr<const std::vector<pack::Entry>>;
    struct Trailer {
        std::uint32_t pack = 0;
        Entries entries;
        bool is_verified = false;
    };

    Result<Entries> trailer(std::uint32_t pack, seal::Sealer& sealer, bool verified) const;
    Entries kept_trailer(std::uint32_t pack, bool verified) const;
    void keep_trailer(Trailer trailer) const;

    mutable std::list<Trailer> m_trailers; ///< most recent first
    mutable std::unordered_map<std::uint32_t, std::list<Trailer>::iterator> m_trailer_places;
};

} // namespace torgo::repo
