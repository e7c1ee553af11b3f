#include "repo/index_loader.hpp"

#include "base/codec.hpp"
#include "repo/index_record.hpp"
#include "repo/limits.hpp"

#include <algorithm>

namespace torgo::repo {

namespace {
constexpr std::uint8_t manifest_version = 1;
constexpr std::size_t batches_max = 10'000'000;
constexpr std::size_t packs_max = UINT32_MAX;
} // namespace

Bytes IndexLoader::encode_manifest() const {
    Writer out;
    out.put(manifest_version).raw(m_store.m_repo.view()).varint(m_store.m_packs.size());
    for (const auto& pack : m_store.m_packs)
        pack.info.encode(out);
    out.varint(m_store.m_batches.size());
    for (const auto& name : m_store.m_batches)
        out.text(name);
    return std::move(out).take();
}

Result<> IndexLoader::decode_manifest(ByteView bytes) {
    Reader in(bytes);
    TRY(const auto version, in.get<std::uint8_t>());
    if (version != manifest_version) return fail(Errc::unsupported, "cache of another version");
    TRY(const auto repo, in.id<RepoId>());
    if (repo != m_store.m_repo) return fail(Errc::corrupt, "cache of another repository");
    TRY(const auto packs, in.varint(packs_max));
    for (std::uint64_t i = 0; i < packs; ++i) {
        TRY(auto info, segment::PackInfo::decode(in));
        (void)m_store.add_pack(std::move(info), {});
    }
    TRY(const auto batches, in.varint(batches_max));
    for (std::uint64_t i = 0; i < batches; ++i) {
        TRY(auto name, in.text(limits::text_size_max));
        m_store.m_batches.insert(std::move(name));
    }
    return in.done();
}

void IndexLoader::forget() {
    m_store.m_packs.clear();
    m_store.m_numbers.clear();
    m_store.m_batches.clear();
}

Result<> IndexLoader::load_cache() {
    auto manifest = m_store.m_index.load_manifest();
    Result<> read;
    if (!manifest)
        read = std::unexpected(manifest.error());
    else if (manifest->has_value())
        read = decode_manifest(**manifest);
    if (read) return {};
    m_store.m_warn("the local cache is damaged and is made again (" + read.error().detail() + ")");
    forget();
    return m_store.m_index.clear();
}

/// Trees become known, index chunks are taken over; gives the packs that these cover.
Result<std::set<PackId>> IndexLoader::load_metadata_pack(std::uint32_t number) {
    TRY(const auto entries, m_store.entries(number, *m_sealer));
    std::set<PackId> covered;
    for (const auto& entry : *entries) {
        if (entry.header.type != seal::ChunkType::index) {
            m_store.m_index.add(entry.header.id, {number, entry.offset});
            continue;
        }
        Bytes plain;
        CHECK_OK(m_store.read_entry(number, entry, *m_sealer, plain));
        TRY(const auto record, decode_index(plain));
        for (const auto& chunk : record.chunks) {
            const auto pack = m_store.m_numbers.find(record.packs[chunk.pack]);
            if (pack == m_store.m_numbers.end())
                continue; // named by a batch that is not here (yet)
            m_store.m_index.add(chunk.id, {pack->second, chunk.offset});
        }
        covered.insert(record.packs.begin(), record.packs.end());
    }
    return covered;
}

Result<IndexLoader::NewBatch> IndexLoader::load_batch(const std::string& name) {
    TRY(const auto batch, m_batches.read(name));
    NewBatch loaded{.name = name, .metadata = {}, .data = {}};
    for (const auto& info : batch.packs) {
        const bool is_metadata = info.cls == segment::PackClass::metadata;
        (is_metadata ? loaded.metadata : loaded.data).push_back(m_store.add_pack(info, {}));
    }
    return loaded;
}

Result<> IndexLoader::load_chunks(const NewBatch& batch, std::set<PackId>& covered) {
    for (const auto number :
         batch.data) { // REPO-33: packs that no index covers are read themselves
        if (covered.contains(m_store.pack(number).id)) continue;
        TRY(const auto entries, m_store.entries(number, *m_sealer));
        for (const auto& entry : *entries)
            m_store.m_index.add(entry.header.id, {number, entry.offset});
    }
    m_store.m_batches.insert(batch.name);
    return {};
}

/// A batch that is forged or damaged beyond repair is left out: what needs its chunks will say so.
/// One that only cannot be read now makes the index incomplete: a backup must not go on, or its
/// data would be stored again. (REPO-35).
void IndexLoader::leave_out(const std::string& name, const Error& error) {
    const auto code = error.code();
    if (code == Errc::authentication || code == Errc::corrupt || code == Errc::limit_exceeded) {
        m_store.m_warn(name + " is of no use and is left out: " + error.detail());
        return;
    }
    m_store.m_warn(name + " cannot be read now: " + error.detail());
    m_store.m_incomplete = true;
}

Result<> IndexLoader::load_new(const std::vector<std::string>& names) {
    std::vector<NewBatch> batches;
    for (const auto& name : names) {
        if (m_store.m_batches.contains(name)) continue;
        auto batch = load_batch(name);
        if (batch)
            batches.push_back(*std::move(batch));
        else
            leave_out(name, batch.error());
    }
    std::set<PackId> covered;
    for (const auto& batch : batches) {
        for (const auto number : batch.metadata) {
            auto more = load_metadata_pack(number);
            if (more)
                covered.merge(*more);
            else
                leave_out(batch.name, more.error());
        }
    }
    for (const auto& batch : batches) {
        auto done = load_chunks(batch, covered);
        if (!done) leave_out(batch.name, done.error());
    }
    if (batches.empty()) return {};
    const auto kept = m_store.m_index.persist(encode_manifest());
    if (kept) return {};
    if (kept.error().code() == Errc::corrupt) return kept;
    // A full or read-only disk under the cache costs the next command time, and this one nothing.
    m_store.m_warn("the local cache cannot be written and is made again next time (" +
                   kept.error().detail() + ")");
    return {};
}

Result<> IndexLoader::load() {
    m_sealer = m_store.make_sealer();
    CHECK_OK_WITH("local cache", load_cache());
    TRY(const auto names, m_store.m_heads.list_roots("batch-"));
    // Batches that are gone from the heads (pruned) leave the cache only as a whole.
    const bool gone = std::ranges::any_of(m_store.m_batches, [&](const auto& name) {
        return !std::ranges::binary_search(names, name);
    });
    if (gone) {
        forget();
        CHECK_OK(m_store.m_index.clear());
    }
    return load_new(names);
}

} // namespace torgo::repo
