#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "repo/chunk_store.hpp"
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
    };

    Result<NewBatch> load_batch(const std::string& name);
    Result<std::set<PackId>> load_metadata_pack(std::uint32_t number);
    Result<> load_chunks(const NewBatch& batch, std::set<PackId>& covered);
    Result<> load_new(const std::vector<std::string>& names);
    void leave_out(const std::string& name, const Error& error);
    void forget();

    ChunkStore& m_store;
    SignedBatches m_batches;
    std::unique_ptr<seal::Sealer> m_sealer;
};

} // namespace torgo::repo
