#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

// One zstd frame (RFC 8878) of bytes that are not secret, for other modules' files.
namespace torgo::seal {

/// One frame without checksum. cost  about 3 ns a byte at level 3
Bytes compress_frame(ByteView bytes, int level);

/// The content of exactly one frame that makes exactly `size` bytes; memory for no more is taken.
/// The caller has checked `size` against a limit. Errors: `corrupt`.
Result<Bytes> expand_frame(ByteView frame, std::size_t size);

} // namespace torgo::seal
