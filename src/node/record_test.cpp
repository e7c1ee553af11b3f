// The small files of a node: what is written comes back, and no other byte does.
#include "crypto/hash.hpp"
#include "node/record.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace torgo::node {
namespace {

using rc::gen::arbitrary;

template <class IdType>
IdType any_id() {
    return IdType{*rc::gen::container<decltype(IdType::bytes)>(arbitrary<std::uint8_t>())};
}

Bytes any_bytes(std::size_t size) {
    return *rc::gen::container<Bytes>(size, arbitrary<std::uint8_t>());
}

RepositoryRecord any_repository() {
    RepositoryRecord record;
    record.repository = any_id<RepoId>();
    record.index = *arbitrary<std::uint8_t>();
    record.founder = any_id<PeerId>();
    record.quota = *arbitrary<std::uint64_t>();
    record.owner.ml_dsa = any_bytes(peer::OwnerKeys::ml_dsa_size);
    record.owner.slh_dsa = any_bytes(peer::OwnerKeys::slh_dsa_size);
    return record;
}

InviteRecord any_invite() {
    InviteRecord record;
    record.quota = *arbitrary<std::uint64_t>();
    record.label = *arbitrary<std::string>();
    if (*arbitrary<bool>()) record.claim = {any_id<RepoId>(), any_id<PeerId>()};
    return record;
}

/// The record with other fields, and a digest that fits them.
Bytes repaired(ByteView fields) {
    Bytes out(fields.begin(), fields.end());
    const auto digest = crypto::sha256(fields);
    out.insert(out.end(), digest.bytes.begin(), digest.bytes.end());
    return out;
}

// NODE-3
template <class Decode>
void expect_no_other_byte(const Bytes& record, const Decode& decode) {
    for (std::size_t i = 0; i < record.size(); i += i < 100 ? 1 : 41) {
        auto other = record;
        other[i] ^= 8U;
        EXPECT_FALSE(decode(other).has_value()) << i;
        EXPECT_FALSE(decode(ByteView(record).first(i)).has_value()) << i;
    }
    Bytes fields(record.begin(), record.end() - Digest::size);
    EXPECT_TRUE(decode(repaired(fields)).has_value());
    EXPECT_FALSE(decode(repaired(ByteView(fields).first(fields.size() - 1))).has_value());
    auto later = fields;
    later[4] = 2;
    EXPECT_EQ(decode(repaired(later)).error().code(), Errc::unsupported);
    fields.push_back(0);
    EXPECT_FALSE(decode(repaired(fields)).has_value()) << "a byte left over";
}

} // namespace

RC_GTEST_PROP(RepositoryRecord, round_trip, ()) {
    const auto record = any_repository();
    RC_ASSERT(decode_repository_record(encode(record)).value() == record);
}

RC_GTEST_PROP(InviteRecord, round_trip, ()) {
    const auto record = any_invite();
    RC_ASSERT(decode_invite_record(encode(record)).value() == record);
}

TEST(RepositoryRecord, no_other_byte_comes_back) {
    RepositoryRecord record;
    record.owner.ml_dsa.resize(peer::OwnerKeys::ml_dsa_size);
    record.owner.slh_dsa.resize(peer::OwnerKeys::slh_dsa_size);
    expect_no_other_byte(encode(record), decode_repository_record);
    EXPECT_FALSE(decode_repository_record(encode(InviteRecord{})).has_value());
}

TEST(InviteRecord, no_other_byte_comes_back) {
    for (const bool claimed : {false, true}) {
        InviteRecord record{.quota = 1, .label = "for a friend", .claim = {}};
        if (claimed) record.claim = {RepoId{{1}}, PeerId{{2}}};
        expect_no_other_byte(encode(record), decode_invite_record);
    }
    const InviteRecord long_label{.quota = 1, .label = std::string(257, 'a'), .claim = {}};
    EXPECT_FALSE(decode_invite_record(encode(long_label)).has_value());
}

} // namespace torgo::node
