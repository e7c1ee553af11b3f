#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "seal/chunk.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace torgo::pack {

/// One sealed chunk of a pack: what opens it, and where it lies.
struct Entry {
    seal::SealedHeader header;
    std::uint32_t offset = 0; ///< of its header.sealed_size() bytes in the pack

    bool operator==(const Entry&) const = default;
};

/// The plaintext of a trailer. in  entries whose offsets run on from 0 without gaps, all of one
/// suite. source  docs/spec/segment.md 1.2
Bytes encode_entries(std::span<const Entry> entries);

/// Bytes of one entry in a trailer's plaintext.
std::size_t entry_size(const seal::SealedHeader& header) noexcept;

/// Bytes of a trailer's plaintext beside its entries.
std::size_t entries_overhead(std::size_t count) noexcept;

/// Bytes of encode_entries at most, for `count` entries.
std::size_t entries_size_bound(std::size_t count) noexcept;

/// The inverse, strict; the trailer does not say the suite.
///
/// in      `end`, where the chunks' room ends (the trailer begins)
/// errors  `corrupt`, `limit_exceeded`, `unsupported`
Result<std::vector<Entry>> decode_entries(ByteView plain, seal::Suite suite, std::uint64_t end);

} // namespace torgo::pack
