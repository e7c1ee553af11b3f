#include "repo/index_loader.hpp"

#include "base/codec.hpp"
#include "repo/in_order.hpp"
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

/// A metadata pack's chunks, and its index records, opened.
Result<IndexLoader::MetadataPack> IndexLoader::read_metadata_pack(std::uint32_t number) const {
    const auto sealer = m_store.make_sealer();
    MetadataPack out{.number = number, .entries = {}, .records = {}};
    TRY(out.entries, m_store.entries(number, *sealer));
    Bytes plain;
    for (const auto& entry : *out.entries) {
        if (entry.header.type != seal::ChunkType::index) continue;
        CHECK_OK(m_store.read_entry(number, entry, *sealer, plain));
        TRY(auto record, decode_index(plain));
        out.records.push_back(std::move(record));
    }
    return out;
}

/// Trees become known, index chunks are taken over; adds the packs that these cover.
void IndexLoader::take_metadata_pack(const MetadataPack& pack, std::set<PackId>& covered) {
    for (const auto& entry : *pack.entries)
        if (entry.header.type != seal::ChunkType::index)
            m_store.m_index.add(entry.header.id, {pack.number, entry.offset});
    for (const auto& record : pack.records) {
        for (const auto& chunk : record.chunks) {
            const auto data = m_store.m_numbers.find(record.packs[chunk.pack]);
            if (data == m_store.m_numbers.end())
                continue; // named by a batch that is not here (yet)
            m_store.m_index.add(chunk.id, {data->second, chunk.offset});
        }
        covered.insert(record.packs.begin(), record.packs.end());
    }
}

IndexLoader::NewBatch IndexLoader::take_batch(const std::string& name, Batch batch) {
    NewBatch loaded{.name = name, .metadata = {}, .data = {}, .is_left_out = false};
    for (auto& info : batch.packs) {
        const bool is_metadata = info.cls == segment::PackClass::metadata;
        (is_metadata ? loaded.metadata : loaded.data)
            .push_back(m_store.add_pack(std::move(info), {}));
    }
    return loaded;
}

Result<> IndexLoader::load_chunks(const NewBatch& batch, const std::set<PackId>& covered) {
    for (const auto number :
         batch.data) { // REPO-33: packs that no index covers are read themselves
        if (covered.contains(m_store.pack(number).id)) continue;
        TRY(const auto entries, m_store.entries(number, *m_sealer));
        for (const auto& entry : *entries)
            m_store.m_index.add(entry.header.id, {number, entry.offset});
    }
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

/// The cache must not remember it as known: the next load reads it again.
void IndexLoader::leave_out(NewBatch& batch, const Error& error) {
    batch.is_left_out = true;
    leave_out(batch.name, error);
}

std::vector<IndexLoader::NewBatch>
IndexLoader::load_batches(const std::vector<std::string>& names) {
    std::vector<NewBatch> batches;
    in_order(
        names.size(), m_store.reading_threads(),
        [&](std::size_t i) { return m_batches.read(names[i]); },
        [&](std::size_t i, Result<Batch> batch) {
            if (batch)
                batches.push_back(take_batch(names[i], *std::move(batch)));
            else
                leave_out(names[i], batch.error());
        });
    return batches;
}

std::set<PackId> IndexLoader::load_metadata(std::vector<NewBatch>& batches) {
    std::vector<std::pair<NewBatch*, std::uint32_t>> packs;
    for (auto& batch : batches)
        for (const auto number : batch.metadata)
            packs.emplace_back(&batch, number);
    std::set<PackId> covered;
    in_order(
        packs.size(), m_store.reading_threads(),
        [&](std::size_t i) { return read_metadata_pack(packs[i].second); },
        [&](std::size_t i, Result<MetadataPack> pack) {
            if (pack)
                take_metadata_pack(*pack, covered);
            else
                leave_out(*packs[i].first, pack.error());
        });
    return covered;
}

Result<> IndexLoader::load_new(std::vector<std::string> names) {
    std::erase_if(names, [&](const auto& name) { return m_store.m_batches.contains(name); });
    auto batches = load_batches(names);
    const auto covered = load_metadata(batches);
    for (auto& batch : batches) {
        auto done = load_chunks(batch, covered);
        if (!done) leave_out(batch, done.error());
        if (!batch.is_left_out) m_store.m_batches.insert(batch.name);
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
    TRY(auto names, m_store.m_heads.list_roots("batch-"));
    // Batches that are gone from the heads (pruned) leave the cache only as a whole.
    const bool gone = std::ranges::any_of(m_store.m_batches, [&](const auto& name) {
        return !std::ranges::binary_search(names, name);
    });
    if (gone) {
        forget();
        CHECK_OK(m_store.m_index.clear());
    }
    return load_new(std::move(names));
}

} // namespace torgo::repo
