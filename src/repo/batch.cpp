#include "repo/batch.hpp"

#include "base/codec.hpp"
#include "repo/limits.hpp"
#include "repo/record_head.hpp"
#include "repo/signing.hpp"

namespace torgo::repo {

namespace {
constexpr std::string_view magic = "TGB1";
constexpr std::uint8_t format_version = 1;
} // namespace

// REPO-16
Result<Bytes> encode_batch(const Batch& batch, const crypto::SigningKey& writer_key) {
    Writer out;
    out.raw(as_bytes(magic)).put(format_version).raw(batch.repo.view()).raw(batch.writer.view());
    out.varint(batch.packs.size());
    for (const auto& pack : batch.packs)
        pack.encode(out);
    return append_signature(writer_key, batch_context, std::move(out).take());
}

Result<Batch> decode_batch(ByteView record) {
    Reader in(record);
    CHECK_OK(read_head(in, magic, format_version, "a batch"));
    Batch batch;
    TRY(batch.repo, in.id<RepoId>());
    TRY(batch.writer, in.id<WriterId>());
    TRY(const auto count, in.varint(limits::packs_per_batch_max));
    for (std::uint64_t i = 0; i < count; ++i) {
        TRY(auto pack, segment::PackInfo::decode(in));
        batch.packs.push_back(std::move(pack));
    }
    if (in.left() != crypto::sizes_of(crypto::SignatureScheme::ml_dsa_87).signature)
        return fail(Errc::corrupt, "batch: the signature has the wrong size");
    return batch;
}

} // namespace torgo::repo
