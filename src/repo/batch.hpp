#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "crypto/sign.hpp"
#include "segment/code.hpp"

#include <string_view>
#include <vector>

namespace torgo::repo {

/// The signed list of packs that a session made durable: what a holder without keys needs to verify
/// and heal them, and what makes packs part of the repository (docs/spec/repository.md 5).
struct Batch {
    RepoId repo;
    WriterId writer;
    std::vector<segment::PackInfo> packs;
};

inline constexpr std::string_view batch_context = "torgo/pack/1";

Result<Bytes> encode_batch(const Batch& batch, const crypto::SigningKey& writer_key);

/// errors  `corrupt`, `unsupported`, `limit_exceeded`; the signature is not checked here
Result<Batch> decode_batch(ByteView record);

} // namespace torgo::repo
