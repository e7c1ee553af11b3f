#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "pack/entry.hpp"
#include "seal/keys.hpp"
#include "seal/sealer.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace torgo::pack {

/// Reads `out.size()` bytes at `offset` of a pack, all of them or an error.
using ReadAt = std::function<Result<>(std::uint64_t offset, ByteSpan out)>;

/// The keys of one epoch, and a Sealer made of them.
struct EpochKeys {
    const seal::Keys* keys = nullptr;
    seal::Sealer* sealer = nullptr;
};

/// Opens the footer and the trailer of a pack and says what is in it. The footer is tried with the
/// keys of each epoch in turn.
///
/// in      `epochs`, newest first; one read of the last 64 KiB is enough for most packs
/// errors  `authentication` when no epoch's footer key fits (another repository, or damage);
///         `corrupt`, `unsupported`, `limit_exceeded`; what `read` answers
Result<std::vector<Entry>> read_entries(std::uint64_t pack_size, const ReadAt& read,
                                        std::span<const EpochKeys> epochs);

} // namespace torgo::pack
