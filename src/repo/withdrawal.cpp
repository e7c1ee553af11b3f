#include "repo/withdrawal.hpp"

#include "base/codec.hpp"
#include "crypto/hash.hpp"
#include "repo/record_head.hpp"
#include "repo/signing.hpp"

namespace torgo::repo {

namespace {

constexpr std::string_view magic = "TGY1";
constexpr std::uint8_t format_version = 1;
constexpr std::string_view withdrawal_context = "torgo/withdrawn/1";

} // namespace

// REPO-48
Result<Bytes> sign_withdrawal(const RepoId& repository, const SnapshotId& snapshot,
                              const crypto::SigningKey& owner) {
    Writer out;
    out.raw(as_bytes(magic)).put(format_version).raw(repository.view()).raw(snapshot.view());
    auto record = std::move(out).take();
    TRY(const auto signature,
        owner.sign(as_bytes(withdrawal_context), record, crypto::SignMode::deterministic));
    record.insert(record.end(), signature.begin(), signature.end());
    return record;
}

// REPO-49
Result<SnapshotId> open_withdrawal(ByteView record, const RepoId& repository, ByteView owner_key) {
    if (record.size() != withdrawal_size)
        return fail(Errc::corrupt, "a withdrawal of another size");
    Reader in(record);
    CHECK_OK(read_head(in, magic, format_version, "a withdrawal"));
    TRY(const auto of, in.id<RepoId>());
    if (of != repository) return fail(Errc::authentication, "a withdrawal in another repository");
    TRY(const auto snapshot, in.id<SnapshotId>());
    TRY([[maybe_unused]] const auto fields,
        check_signature(crypto::SignatureScheme::ml_dsa_87, withdrawal_context, record, owner_key));
    return snapshot;
}

std::string withdrawal_name(ByteView record) {
    return std::string(withdrawal_prefix) + crypto::sha256(record).hex();
}

} // namespace torgo::repo
