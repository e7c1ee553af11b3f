#include "base/hex.hpp"
#include "crypto/ccm.hpp"

#include <gtest/gtest.h>

namespace torgo::crypto {
namespace {

constexpr Ccm256Nonce nonce{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};

SecretBytes test_key() {
    SecretBytes key(ccm_key_size);
    for (std::size_t i = 0; i < key.size(); ++i)
        key.span()[i] = static_cast<std::uint8_t>(i);
    return key;
}

TEST(Ccm, opens_what_it_sealed_with_both_sizes_of_tag) {
    const auto key = test_key();
    for (const std::size_t tag : {4U, 16U}) {
        for (const std::size_t size : {1U, 3U, 16U, 17U, 349U}) {
            const Bytes plain(size, 7);
            const auto sealed = ccm_seal(key, nonce, as_bytes("head"), plain, tag);
            ASSERT_TRUE(sealed);
            EXPECT_EQ(sealed->size(), size + tag);
            EXPECT_EQ(ccm_open(key, nonce, as_bytes("head"), *sealed, tag), plain);
        }
    }
}

TEST(Ccm, refuses_every_changed_bit_and_other_inputs) {
    const auto key = test_key();
    const auto sealed = ccm_seal(key, nonce, as_bytes("head"), as_bytes("abc"), 4).value();
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        auto changed = sealed;
        changed[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
        const auto opened = ccm_open(key, nonce, as_bytes("head"), changed, 4);
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code(), Errc::authentication);
    }
    auto other = nonce;
    other[12] ^= 1;
    EXPECT_FALSE(ccm_open(key, other, as_bytes("head"), sealed, 4));
    EXPECT_FALSE(ccm_open(key, nonce, as_bytes("heap"), sealed, 4));
    EXPECT_FALSE(ccm_open(key, nonce, {}, sealed, 4));
}

TEST(Ccm, takes_only_the_sizes_that_it_names) {
    const auto key = test_key();
    EXPECT_FALSE(ccm_seal(key, nonce, {}, as_bytes("abc"), 8));
    EXPECT_FALSE(ccm_seal(key, nonce, {}, {}, 4));
    EXPECT_FALSE(ccm_seal(SecretBytes(16), nonce, {}, as_bytes("abc"), 4));
    EXPECT_FALSE(ccm_open(key, nonce, {}, as_bytes("abcd"), 4));
}

} // namespace
} // namespace torgo::crypto
