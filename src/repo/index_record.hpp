#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"

#include <cstdint>
#include <vector>

namespace torgo::repo {

/// The plaintext of an index chunk: which chunks some packs hold, so that a cold client need not
/// read every trailer (docs/spec/repository.md 8.1).
struct IndexRecord {
    struct Chunk {
        ChunkId id;
        std::uint32_t pack = 0; ///< place in `packs`
        std::uint32_t offset = 0;

        bool operator==(const Chunk&) const = default;
    };

    std::vector<PackId> packs;
    std::vector<Chunk> chunks;

    bool operator==(const IndexRecord&) const = default;
};

Bytes encode_index(const IndexRecord& record);

/// errors  `corrupt`, `unsupported`, `limit_exceeded`
Result<IndexRecord> decode_index(ByteView bytes);

} // namespace torgo::repo
