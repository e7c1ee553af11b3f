#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "pack/ladder.hpp"
#include "seal/chunk.hpp"
#include "seal/keys.hpp"

#include <cstdint>

namespace torgo::pack {

/// The end of a pack: where its trailer lies and what opens it.
struct Footer {
    std::uint32_t trailer_offset = 0;
    std::uint32_t trailer_size = 0; ///< sealed
    seal::SealedHeader trailer;

    bool operator==(const Footer&) const = default;
};

/// footer_size bytes, sealed under the footer key. source  docs/spec/segment.md 1.3
Result<Bytes> seal_footer(const Footer& footer, const seal::Keys& keys);

/// The inverse; checks that it describes a trailer right before the end of a pack of `pack_size`
/// bytes and belongs to the suite and epoch of `keys`.
///
/// errors  `authentication` when the keys do not fit; `corrupt`, `unsupported`
Result<Footer> open_footer(ByteView sealed, const seal::Keys& keys, std::uint64_t pack_size);

} // namespace torgo::pack
