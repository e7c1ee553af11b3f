#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "repo/chunk_store.hpp"
#include "repo/index_record.hpp"
#include "repo/pack_list.hpp"

#include <string>
#include <vector>

namespace torgo::repo {

/// Fills a ChunkStore: from its cache, then from the batches that the cache does not cover.
class IndexLoader {
public:
    explicit IndexLoader(ChunkStore& store)
        : m_store(store), m_batches(store.m_heads, store.m_descriptor) {}

    Result<> load();

    /// What the cache must remember beside the index: packs and covered batches.
    Bytes encode_manifest() const;

private:
    Result<> load_cache();
    Result<> decode_manifest(ByteView bytes);
    struct NewBatch {
        std::string name;
        std::vector<std::uint32_t> metadata; ///< numbers of its packs
        std::vector<std::uint32_t> data;
        bool is_left_out = false; ///< some of it could not be read: it is not known from now on
    };

    /// What is read of a metadata pack, in any thread.
    struct MetadataPack {
        std::uint32_t number = 0;
        std::shared_ptr<const std::vector<pack::Entry>> entries;
        std::vector<IndexRecord> records;
    };

    NewBatch take_batch(const std::string& name, Batch batch);
    std::vector<NewBatch> load_batches(const std::vector<std::string>& names);
    Result<MetadataPack> read_metadata_pack(std::uint32_t number) const;
    void take_metadata_pack(const MetadataPack& pack, std::set<PackId>& covered);
    std::set<PackId> load_metadata(std::vector<NewBatch>& batches);
    Result<> load_chunks(const NewBatch& batch, const std::set<PackId>& covered);
    Result<> load_new(std::vector<std::string> names);
    void leave_out(const std::string& name, const Error& error);
    void leave_out(NewBatch& batch, const Error& error);
    void forget();

    ChunkStore& m_store;
    SignedBatches m_batches;
    std::unique_ptr<seal::Sealer> m_sealer;
};

} // namespace torgo::repo
