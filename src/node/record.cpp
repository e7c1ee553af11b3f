#include "node/record.hpp"

#include "base/codec.hpp"
#include "crypto/hash.hpp"

namespace torgo::node {

namespace {

constexpr std::string_view repository_magic = "TGN1";
constexpr std::string_view invite_magic = "TGI1";
constexpr std::uint8_t version = 1;
constexpr std::uint8_t joins = 1; ///< how often an invite serves

Writer begin(std::string_view magic) {
    Writer out;
    out.raw(as_bytes(magic)).put(version);
    return out;
}

/// NODE-3: a digest behind the fields, as what these files say decides who may delete what.
Bytes finish(Writer out) {
    out.raw(crypto::sha256(out.view()).view());
    return std::move(out).take();
}

Result<Reader> open(ByteView bytes, std::string_view magic) {
    if (bytes.size() < Digest::size) return fail(Errc::corrupt, "a file of the node is cut");
    const auto fields = bytes.first(bytes.size() - Digest::size);
    if (crypto::sha256(fields).bytes != Digest::from(bytes.last(Digest::size))->bytes)
        return fail(Errc::corrupt, "a file of the node is damaged");
    Reader in(fields);
    TRY(const auto found, in.raw(magic.size()));
    if (as_text(found) != magic) return fail(Errc::corrupt, "a file of the node is another one");
    TRY(const auto number, in.get<std::uint8_t>());
    if (number != version) return fail(Errc::unsupported, "a file of a later version of the node");
    return in;
}

} // namespace

Bytes encode(const RepositoryRecord& record) {
    auto out = begin(repository_magic);
    out.raw(record.repository.view()).put(static_cast<std::uint8_t>(record.index));
    out.raw(record.founder.view()).put(record.quota);
    out.raw(record.owner.ml_dsa).raw(record.owner.slh_dsa);
    return finish(std::move(out));
}

Result<RepositoryRecord> decode_repository_record(ByteView bytes) {
    TRY(auto in, open(bytes, repository_magic));
    RepositoryRecord record;
    TRY(record.repository, in.id<RepoId>());
    TRY(const auto index, in.get<std::uint8_t>());
    record.index = index;
    TRY(record.founder, in.id<PeerId>());
    TRY(record.quota, in.get<std::uint64_t>());
    TRY(const auto ml_dsa, in.raw(peer::OwnerKeys::ml_dsa_size));
    TRY(const auto slh_dsa, in.raw(peer::OwnerKeys::slh_dsa_size));
    CHECK_OK(in.done());
    record.owner.ml_dsa.assign(ml_dsa.begin(), ml_dsa.end());
    record.owner.slh_dsa.assign(slh_dsa.begin(), slh_dsa.end());
    return record;
}

Bytes encode(const InviteRecord& record) {
    auto out = begin(invite_magic);
    out.put(joins).put(record.quota).text(record.label);
    out.put(static_cast<std::uint8_t>(record.claim ? 1 : 0));
    if (record.claim) out.raw(record.claim->repository.view()).raw(record.claim->client.view());
    return finish(std::move(out));
}

Result<InviteRecord> decode_invite_record(ByteView bytes) {
    TRY(auto in, open(bytes, invite_magic));
    InviteRecord record;
    TRY(const auto left, in.get<std::uint8_t>());
    TRY(record.quota, in.get<std::uint64_t>());
    TRY(record.label, in.text(max_invite_label));
    TRY(const auto claimed, in.get<std::uint8_t>());
    if (left != joins || claimed > 1) return fail(Errc::corrupt, "an invite of an unknown kind");
    if (claimed == 1) {
        InviteRecord::Claim claim;
        TRY(claim.repository, in.id<RepoId>());
        TRY(claim.client, in.id<PeerId>());
        record.claim = claim;
    }
    CHECK_OK(in.done());
    return record;
}

} // namespace torgo::node
