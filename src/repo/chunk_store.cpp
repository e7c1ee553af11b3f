#include "repo/chunk_store.hpp"

#include "base/ensure.hpp"
#include "pack/reader.hpp"
#include "repo/index_loader.hpp"
#include "segment/joiner.hpp"

#include <algorithm>

namespace torgo::repo {

namespace {

/// Trailers kept in memory; one of a full pack is about 30 KiB.
constexpr std::size_t trailers_kept = 256;

index::IndexOptions options(const RepoId& repo, std::string cache_folder) {
    index::IndexOptions options;
    options.cache_folder = std::move(cache_folder);
    std::ranges::copy(repo.bytes, options.fingerprint.bytes.begin());
    return options;
}

} // namespace

ChunkStore::ChunkStore(HeadSet& heads, const seal::Keys& keys, const Descriptor& descriptor,
                       const env::World& world, std::string cache_folder,
                       std::function<void(const std::string&)> warn)
    : m_heads(heads),
      m_keys(keys),
      m_descriptor(descriptor),
      m_repo(descriptor.id),
      m_world(world),
      m_warn(std::move(warn)),
      m_index(*world.files, options(descriptor.id, std::move(cache_folder))) {}

Result<> ChunkStore::load() {
    return IndexLoader(*this).load();
}

Result<bool> ChunkStore::contains(const ChunkId& id) const {
    TRY(const auto location, m_index.find(id));
    return location.has_value();
}

Result<std::optional<index::Location>> ChunkStore::find(const ChunkId& id) const {
    return m_index.find(id);
}

Result<> ChunkStore::read(const ChunkId& id, seal::Sealer& sealer, Bytes& plain) const {
    TRY(const auto found, locate(id, sealer));
    return read_entry(found.pack, found.entry, sealer, plain);
}

// REPO-34
Result<ChunkStore::Found> ChunkStore::locate(const ChunkId& id, seal::Sealer& sealer) const {
    TRY(const auto location, m_index.find(id));
    if (!location || location->pack >= pack_count())
        return fail(Errc::not_found, "chunk " + id.hex() + " is in no pack");
    for (const bool verified : {false, true}) {
        TRY(const auto list, trailer(location->pack, sealer, verified));
        const auto at = std::ranges::lower_bound(*list, location->offset, {}, &pack::Entry::offset);
        if (at != list->end() && at->offset == location->offset && at->header.id == id)
            return Found{location->pack, *at};
    }
    return fail(Errc::corrupt, "the local cache is wrong about chunk " + id.hex() +
                                   ": delete the cache folder and try again");
}

Result<> ChunkStore::read_sealed(std::uint32_t pack_number, const pack::Entry& entry, Bytes& sealed,
                                 bool verified) const {
    const auto& info = pack(pack_number).info;
    sealed.resize(entry.header.sealed_size());
    if (!verified) return segment::read_range(info, entry.offset, sealed, *m_heads.fetcher(info));
    const auto fetch = m_heads.fetch(info);
    segment::LeafCache leaves(info);
    return segment::read_range_verified(info, entry.offset, sealed, fetch, leaves);
}

Result<> ChunkStore::read_entry(std::uint32_t pack_number, const pack::Entry& entry,
                                seal::Sealer& sealer, Bytes& plain) const {
    thread_local Bytes sealed; // scratch memory, no state: every use overwrites it
    CHECK_OK_WITH("chunk " + entry.header.id.hex(),
                  read_sealed(pack_number, entry, sealed, /*verified=*/false));
    if (sealer.open(entry.header, sealed, plain)) return {};
    auto again = read_sealed(pack_number, entry, sealed, /*verified=*/true);
    if (again) again = sealer.open(entry.header, sealed, plain);
    if (again) return {};
    return fail(Errc::corrupt, "chunk " + entry.header.id.hex() + " of pack " +
                                   pack(pack_number).id.hex() +
                                   " cannot be read whole: " + again.error().detail());
}

Result<std::shared_ptr<const std::vector<pack::Entry>>>
ChunkStore::entries(std::uint32_t pack_number, seal::Sealer& sealer) const {
    return trailer(pack_number, sealer, /*verified=*/true);
}

ChunkStore::Entries ChunkStore::kept_trailer(std::uint32_t pack_number, bool verified) const {
    const std::lock_guard lock(m_mutex);
    const auto at = m_trailer_places.find(pack_number);
    if (at == m_trailer_places.end() || (verified && !at->second->is_verified)) return nullptr;
    m_trailers.splice(m_trailers.begin(), m_trailers, at->second);
    return at->second->entries;
}

void ChunkStore::keep_trailer(Trailer kept) const {
    const std::lock_guard lock(m_mutex);
    const auto at = m_trailer_places.find(kept.pack);
    if (at != m_trailer_places.end()) {
        if (kept.is_verified) *at->second = std::move(kept);
        return;
    }
    const auto number = kept.pack;
    m_trailers.push_front(std::move(kept));
    m_trailer_places[number] = m_trailers.begin();
    if (m_trailers.size() <= trailers_kept) return;
    m_trailer_places.erase(m_trailers.back().pack);
    m_trailers.pop_back();
}

/// The trailer's seal does not say of which pack it is: only what is verified may be believed for
/// good. Who has something to compare it with may try the cheaper way first.
Result<ChunkStore::Entries> ChunkStore::trailer(std::uint32_t pack_number, seal::Sealer& sealer,
                                                bool verified) const {
    if (auto kept = kept_trailer(pack_number, verified)) return kept;
    const auto& info = pack(pack_number).info;
    const std::array epochs{pack::EpochKeys{.keys = &m_keys, .sealer = &sealer}};
    Result<std::vector<pack::Entry>> list = fail(Errc::corrupt, "not read yet");
    if (!verified) {
        const auto fetcher = m_heads.fetcher(info);
        list = pack::read_entries(
            info.size,
            [&](std::uint64_t offset, ByteSpan out) {
                return segment::read_range(info, offset, out, *fetcher);
            },
            epochs);
        verified = !list && list.error().code() != Errc::too_few_heads;
    }
    if (verified) {
        const auto fetch = m_heads.fetch(info);
        segment::LeafCache leaves(info);
        list = pack::read_entries(
            info.size,
            [&](std::uint64_t offset, ByteSpan out) {
                return segment::read_range_verified(info, offset, out, fetch, leaves);
            },
            epochs);
    }
    if (!list)
        return std::unexpected(
            std::move(list).error().with("trailer of pack " + pack(pack_number).id.hex()));
    auto shared = std::make_shared<const std::vector<pack::Entry>>(*std::move(list));
    keep_trailer({.pack = pack_number, .entries = shared, .is_verified = verified});
    return shared;
}

std::uint32_t ChunkStore::add_pack(segment::PackInfo info,
                                   const std::vector<pack::Entry>& entries) {
    std::uint32_t number = 0;
    {
        const std::lock_guard lock(m_mutex);
        const auto id = info.id(m_repo);
        const auto [at, added] =
            m_numbers.try_emplace(id, static_cast<std::uint32_t>(m_packs.size()));
        number = at->second;
        if (added) m_packs.push_back({std::move(info), id});
    }
    for (const auto& entry : entries)
        m_index.add(entry.header.id, {number, entry.offset});
    return number;
}

Result<> ChunkStore::save(const std::vector<std::string>& new_batches) {
    m_batches.insert(new_batches.begin(), new_batches.end());
    return m_index.persist(IndexLoader(*this).encode_manifest());
}

std::size_t ChunkStore::pack_count() const {
    const std::lock_guard lock(m_mutex);
    return m_packs.size();
}

const KnownPack& ChunkStore::pack(std::uint32_t number) const {
    const std::lock_guard lock(m_mutex);
    ENSURE(number < m_packs.size());
    return m_packs[number];
}

std::unique_ptr<seal::Sealer> ChunkStore::make_sealer(int level) const {
    return std::make_unique<seal::Sealer>(m_keys, level, *m_world.random);
}

Result<>
ChunkStore::for_each(const std::function<void(const ChunkId&, index::Location)>& visit) const {
    return m_index.for_each(visit);
}

} // namespace torgo::repo
