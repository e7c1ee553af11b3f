#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "segment/code.hpp"
#include "segment/merkle.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace torgo::segment {

/// Reads `out.size()` bytes at `offset` of one segment file, all of them or an error.
using ReadAt = std::function<Result<>(std::uint64_t offset, ByteSpan out)>;

/// What the end of a segment file says about it and its pack.
struct SegmentTrailer {
    PackInfo info;
    RepoId repo;
    unsigned index = 0;         ///< which of info.segments this file is
    std::vector<Digest> leaves; ///< one for each stripe

    SegmentId id() const { return info.segments[index]; }

    PackId pack() const { return info.id(repo); }

    bool operator==(const SegmentTrailer&) const = default;
};

/// leaf hashes || roots || tail. in  a trailer whose info is valid. source docs/spec/segment.md 2.3
Bytes encode_trailer(const SegmentTrailer& trailer);

/// The inverse; checks everything that can be checked without the payload.
///
/// in      `trailer`, the last bytes of a file of `file_size` bytes, exactly its trailer
/// errors  `corrupt`, `unsupported` for another version
Result<SegmentTrailer> decode_trailer(ByteView trailer, std::uint64_t file_size);

/// Reads and decodes the trailer of a segment file of `file_size` bytes, in two reads.
Result<SegmentTrailer> read_trailer(const ReadAt& read, std::uint64_t file_size);

/// Recomputes everything in a segment file from its payload and compares; needs no key.
///
/// out     its trailer
/// errors  `corrupt` naming what does not fit; what `read` answers
/// cost    reads and hashes the whole file, 1 MiB at a time
Result<SegmentTrailer> verify_segment(const ReadAt& read, std::uint64_t file_size,
                                      const SegmentId& id);

} // namespace torgo::segment
