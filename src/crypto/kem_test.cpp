#include "crypto/kem.hpp"

#include <gtest/gtest.h>

namespace torgo::crypto {
namespace {

SecretBytes bytes(std::size_t size, std::uint8_t first) {
    SecretBytes out(size);
    for (std::size_t i = 0; i < size; ++i)
        out.span()[i] = static_cast<std::uint8_t>(first + i);
    return out;
}

TEST(Kem, both_sides_have_one_secret) {
    const auto key = KemKey::from_seed(bytes(kem_seed_size, 1)).value();
    const auto made = encapsulate(key.public_key(), bytes(kem_entropy_size, 2));
    ASSERT_TRUE(made);
    EXPECT_EQ(made->ciphertext.size(), kem_ciphertext_size);
    const auto found = key.decapsulate(made->ciphertext);
    ASSERT_TRUE(found);
    EXPECT_TRUE(equal_constant_time(found->view(), made->secret.view()));
}

TEST(Kem, the_same_entropy_gives_the_same_ciphertext_and_other_entropy_another) {
    const auto key = KemKey::from_seed(bytes(kem_seed_size, 1)).value();
    const auto one = encapsulate(key.public_key(), bytes(kem_entropy_size, 2)).value();
    const auto same = encapsulate(key.public_key(), bytes(kem_entropy_size, 2)).value();
    const auto other = encapsulate(key.public_key(), bytes(kem_entropy_size, 3)).value();
    EXPECT_EQ(one.ciphertext, same.ciphertext);
    EXPECT_NE(one.ciphertext, other.ciphertext);
}

TEST(Kem, a_changed_ciphertext_gives_another_secret) {
    const auto key = KemKey::from_seed(bytes(kem_seed_size, 1)).value();
    auto made = encapsulate(key.public_key(), bytes(kem_entropy_size, 2)).value();
    made.ciphertext[700] ^= 1;
    const auto found = key.decapsulate(made.ciphertext);
    ASSERT_TRUE(found);
    EXPECT_FALSE(equal_constant_time(found->view(), made.secret.view()));
}

TEST(Kem, refuses_wrong_sizes_and_a_key_that_is_none) {
    const auto key = KemKey::from_seed(bytes(kem_seed_size, 1)).value();
    EXPECT_FALSE(KemKey::from_seed(bytes(32, 1)));
    EXPECT_FALSE(key.decapsulate(Bytes(100)));
    EXPECT_FALSE(encapsulate(key.public_key(), bytes(31, 0)));
    EXPECT_FALSE(encapsulate(Bytes(kem_public_key_size, 0xFF), bytes(kem_entropy_size, 0)));
}

} // namespace
} // namespace torgo::crypto
