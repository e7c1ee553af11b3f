#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/hex.hpp"

#include <algorithm>
#include <array>
#include <compare>
#include <cstring>
#include <functional>
#include <string>

namespace torgo {

/// N bytes that name one kind of thing; two kinds do not mix.
template <class Tag, std::size_t N>
struct Id {
    static constexpr std::size_t size = N;
    std::array<std::uint8_t, N> bytes{};

    static Result<Id> from(ByteView view) {
        if (view.size() != N) return fail(Errc::corrupt, "an id has the wrong length");
        Id id;
        std::ranges::copy(view, id.bytes.begin());
        return id;
    }

    static Result<Id> parse(std::string_view hex_text) {
        TRY(const auto raw, from_hex(hex_text));
        if (raw.size() != N) return fail(Errc::invalid_argument, "an id has the wrong length");
        return from(raw);
    }

    ByteView view() const noexcept { return bytes; }

    std::string hex() const { return to_hex(bytes); }

    bool is_zero() const noexcept {
        return std::ranges::all_of(bytes, [](auto b) { return b == 0; });
    }

    auto operator<=>(const Id&) const = default;
};

using ChunkId = Id<struct ChunkTag, 32>;       ///< keyed hash of a chunk's plaintext
using PackId = Id<struct PackTag, 32>;         ///< hash over a pack's code and segment names
using SegmentId = Id<struct SegmentTag, 32>;   ///< Merkle root of a segment's payload
using SnapshotId = Id<struct SnapshotTag, 32>; ///< hash of a snapshot record
using Digest = Id<struct DigestTag, 32>;       ///< SHA-256 of public bytes
/// who is at the other end of a link: hash of its ML-DSA-65 key
using PeerId = Id<struct PeerTag, 32>;
using RepoId = Id<struct RepoTag, 16>;
using WriterId = Id<struct WriterTag, 16>;

} // namespace torgo

template <class Tag, std::size_t N>
struct std::hash<torgo::Id<Tag, N>> {
    /// Ids are (keyed) hashes: any eight of their bytes are as good a table hash as can be had.
    std::size_t operator()(const torgo::Id<Tag, N>& id) const noexcept {
        std::size_t value = 0;
        std::memcpy(&value, id.bytes.data(), sizeof value);
        return value;
    }
};
