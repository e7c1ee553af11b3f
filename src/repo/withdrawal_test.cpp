#include "base/codec.hpp"
#include "repo/signing.hpp"
#include "repo/withdrawal.hpp"

#include <gtest/gtest.h>

#include <array>

namespace torgo::repo {

namespace {

constexpr RepoId repository{{1, 2, 3}};
constexpr SnapshotId snapshot{{9, 8, 7}};
constexpr std::size_t fields = 4 + 1 + RepoId::size + SnapshotId::size;

crypto::SigningKey key_of(std::uint8_t first) {
    std::array<std::uint8_t, 32> seed{first};
    return *crypto::SigningKey::from_seed(crypto::SignatureScheme::ml_dsa_87,
                                          crypto::SecretBytes::copy_of(seed));
}

struct Owner {
    crypto::SigningKey key = key_of(1);
    Bytes public_key = key.public_key();
    Bytes record = *sign_withdrawal(repository, snapshot, key);
};

Errc refusal(ByteView record, const RepoId& of = repository) {
    const auto opened = open_withdrawal(record, of, Owner().public_key);
    return opened ? Errc::exists : opened.error().code();
}

} // namespace

// REPO-48
TEST(Withdrawal, names_its_snapshot_in_the_bytes_that_the_page_says) {
    const Owner owner;
    Writer expected;
    expected.raw(as_bytes("TGY1")).put(std::uint8_t{1}).raw(repository.view());
    expected.raw(snapshot.view());
    EXPECT_EQ(owner.record.size(), withdrawal_size);
    EXPECT_EQ(Bytes(owner.record.begin(), owner.record.begin() + fields),
              std::move(expected).take());
    const auto opened = open_withdrawal(owner.record, repository, owner.public_key);
    ASSERT_TRUE(opened) << opened.error().detail();
    EXPECT_EQ(*opened, snapshot);
    EXPECT_TRUE(withdrawal_name(owner.record).starts_with(withdrawal_prefix));
}

TEST(Withdrawal, made_twice_is_one_root) {
    const Owner owner;
    EXPECT_EQ(*sign_withdrawal(repository, snapshot, owner.key), owner.record);
    EXPECT_NE(*sign_withdrawal(repository, SnapshotId{{1}}, owner.key), owner.record);
}

// REPO-49
TEST(Withdrawal, is_none_when_forged_cut_or_of_another_repository) {
    const Owner owner;
    EXPECT_EQ(refusal(*sign_withdrawal(repository, snapshot, key_of(2))), Errc::authentication);
    EXPECT_EQ(refusal(owner.record, RepoId{{5}}), Errc::authentication);
    EXPECT_EQ(refusal({}), Errc::corrupt);
    EXPECT_EQ(refusal(ByteView(owner.record).first(owner.record.size() - 1)), Errc::corrupt);
    auto longer = owner.record;
    longer.push_back(0);
    EXPECT_EQ(refusal(longer), Errc::corrupt);
    auto later = owner.record;
    later[4] = 2;
    EXPECT_EQ(refusal(later), Errc::unsupported);
    for (std::size_t i = 0; i < owner.record.size(); i += i < fields ? 1 : 331) {
        auto other = owner.record;
        other[i] ^= 1U;
        EXPECT_NE(refusal(other), Errc::exists) << i;
    }
}

// REPO-49: what the owner signed for nodes is no withdrawal, whatever its fields say.
TEST(Withdrawal, is_none_with_a_signature_of_another_context) {
    const Owner owner;
    const Bytes begun(owner.record.begin(), owner.record.begin() + fields);
    EXPECT_EQ(refusal(*append_signature(owner.key, "torgo/revocation/1", begun)),
              Errc::authentication);
}

} // namespace torgo::repo
