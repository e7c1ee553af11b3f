#include "base/hex.hpp"
#include "crypto/argon2.hpp"
#include "crypto/kdf.hpp"
#include "crypto/siv.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace torgo::crypto {
namespace {

Bytes counting(std::size_t size, std::uint8_t from = 0) {
    Bytes out(size);
    std::iota(out.begin(), out.end(), from);
    return out;
}

struct HkdfAnswer {
    HkdfHash hash;
    Bytes key;
    Bytes salt;
    Bytes info;
    std::string prk;
    std::string output;
};

void expect_answer(const HkdfAnswer& answer) {
    const auto prk = hkdf_extract(answer.salt, answer.key, answer.hash);
    EXPECT_EQ(to_hex(prk.view()), answer.prk);
    const auto output = hkdf_expand(prk, answer.info, answer.output.size() / 2, answer.hash);
    EXPECT_EQ(to_hex(output.view()), answer.output);
}

TEST(Hkdf, gives_the_answers_of_rfc_5869) {
    expect_answer(
        {HkdfHash::sha256, Bytes(22, 0x0B), counting(13), counting(10, 0xF0),
         "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
         "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b88718"
         "5865"});
    expect_answer(
        {HkdfHash::sha256, counting(80), counting(80, 0x60), counting(80, 0xB0),
         "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
         "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac78272"
         "71cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f"
         "1d87"});
    expect_answer(
        {HkdfHash::sha256,
         Bytes(22, 0x0B),
         {},
         {},
         "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
         "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a"
         "96c8"});
}

TEST(Hkdf, gives_for_sha_512_what_python_gives_for_the_inputs_of_rfc_5869) {
    expect_answer(
        {HkdfHash::sha512, Bytes(22, 0x0B), counting(13), counting(10, 0xF0),
         "665799823737ded04a88e47e54a5890bb2c3d247c7a4254a8e61350723590a26c36238127d8661b8"
         "8cf80ef802d57e2f7cebcf1e00e083848be19929c61b4237",
         "832390086cda71fb47625bb5ceb168e4c8e26a1a16ed34d9fc7fe92c1481579338da362cb8d9f925"
         "d7cb"});
}

TEST(Argon2id, gives_the_answer_of_rfc_9106) {
    const Bytes password(32, 1);
    const Bytes salt(16, 2);
    const Bytes secret(8, 3);
    const Bytes ad(12, 4);
    const auto tag = argon2id({.password = password, .salt = salt, .secret = secret, .ad = ad},
                              {.memory_kib = 32, .passes = 3, .lanes = 4}, 32);
    ASSERT_TRUE(tag.has_value());
    EXPECT_EQ(to_hex(tag->view()),
              "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
}

Errc refusal(std::size_t salt_size, Argon2Cost cost, std::size_t size) {
    const auto result = argon2id(as_bytes("x"), Bytes(salt_size, 1), cost, size);
    EXPECT_FALSE(result.has_value());
    return result ? Errc::io : result.error().code();
}

TEST(Argon2id, refuses_hostile_costs_before_it_takes_memory) {
    EXPECT_EQ(refusal(16, {argon2_memory_kib_max + 1, 1, 1}, 32), Errc::limit_exceeded);
    EXPECT_EQ(refusal(16, {64, argon2_passes_max + 1, 1}, 32), Errc::limit_exceeded);
    EXPECT_EQ(refusal(16, {64, UINT32_MAX, 1}, 32), Errc::limit_exceeded);
    EXPECT_EQ(refusal(16, {1024, 1, argon2_lanes_max + 1}, 32), Errc::limit_exceeded);
    EXPECT_EQ(refusal(argon2_salt_size_max + 1, {64, 1, 1}, 32), Errc::limit_exceeded);
    EXPECT_EQ(refusal(16, {64, 1, 1}, argon2_output_size_max + 1), Errc::limit_exceeded);
}

TEST(Argon2id, refuses_what_the_rfc_does_not_allow) {
    EXPECT_EQ(refusal(16, {31, 1, 4}, 32), Errc::invalid_argument);
    EXPECT_EQ(refusal(16, {64, 0, 1}, 32), Errc::invalid_argument);
    EXPECT_EQ(refusal(16, {64, 1, 0}, 32), Errc::invalid_argument);
    EXPECT_EQ(refusal(7, {64, 1, 1}, 32), Errc::invalid_argument);
    EXPECT_EQ(refusal(16, {64, 1, 1}, 3), Errc::invalid_argument);
}

TEST(Argon2id, depends_on_every_input) {
    const Bytes salt(16, 1);
    const Argon2Cost cost{.memory_kib = 256, .passes = 2, .lanes = 4};
    const auto hash = [](std::string_view password, const Bytes& s, Argon2Cost c) {
        return to_hex(argon2id(as_bytes(password), s, c, 32).value().view());
    };
    const auto base = hash("p", salt, cost);
    EXPECT_EQ(hash("p", salt, cost), base);
    EXPECT_NE(hash("", salt, cost), base);
    EXPECT_NE(hash("p", Bytes(16, 2), cost), base);
    EXPECT_NE(hash("p", salt, {.memory_kib = 264, .passes = 2, .lanes = 4}), base);
    EXPECT_NE(hash("p", salt, {.memory_kib = 256, .passes = 3, .lanes = 4}), base);
    EXPECT_NE(hash("p", salt, {.memory_kib = 256, .passes = 2, .lanes = 1}), base);
}

SecretBytes siv_key() {
    return SecretBytes::copy_of(counting(siv_key_size));
}

struct SivAnswer {
    std::string_view ad;
    Bytes plaintext;
    std::string_view sealed;
};

/// Made with another library, which reproduces the example of RFC 5297 A.1 (its key is half as
/// long).
std::vector<SivAnswer> siv_answers() {
    return {
        {"torgo", counting(32),
         "f339a5da049189dde8d168975df50c5f2f44572c67eca2fc6f8c7d2e256da8476d3e2505e8a74e16550bed"
         "0111dd78d2"},
        {"", Bytes(20, 'x'),
         "954e83e8cd50f778d27df500978446109130425ad9d49a6d03754d0626e9fe2e9e89c858"},
        {"ad", {}, "3db5bcde33d1d9b72935c72e1a4d9fcc"}};
}

TEST(Siv, agrees_with_another_implementation) {
    for (const auto& answer : siv_answers()) {
        const auto sealed = siv_seal(siv_key(), as_bytes(answer.ad), answer.plaintext);
        ASSERT_TRUE(sealed.has_value());
        EXPECT_EQ(to_hex(*sealed), answer.sealed);
        const auto opened = siv_open(siv_key(), as_bytes(answer.ad), *sealed);
        ASSERT_TRUE(opened.has_value());
        EXPECT_TRUE(std::ranges::equal(opened->view(), answer.plaintext));
    }
}

TEST(Siv, refuses_every_flipped_bit_and_every_truncation) {
    for (const auto& answer : siv_answers()) {
        auto sealed = from_hex(answer.sealed).value();
        for (std::size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
            sealed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
            const auto opened = siv_open(siv_key(), as_bytes(answer.ad), sealed);
            ASSERT_FALSE(opened.has_value());
            EXPECT_EQ(opened.error().code(), Errc::authentication);
            sealed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        }
        for (std::size_t size = 0; size < sealed.size(); ++size)
            EXPECT_FALSE(siv_open(siv_key(), as_bytes(answer.ad), ByteView(sealed).first(size)));
    }
}

TEST(Siv, refuses_another_key_or_associated_data) {
    const auto sealed = siv_seal(siv_key(), as_bytes("head 1"), counting(64)).value();
    EXPECT_FALSE(siv_open(siv_key(), as_bytes("head 2"), sealed));
    EXPECT_FALSE(siv_open(siv_key(), {}, sealed));
    EXPECT_FALSE(
        siv_open(SecretBytes::copy_of(counting(siv_key_size, 1)), as_bytes("head 1"), sealed));
    EXPECT_TRUE(siv_open(siv_key(), as_bytes("head 1"), sealed));
}

TEST(Siv, refuses_wrong_key_sizes_and_too_much) {
    const SecretBytes short_key(32);
    EXPECT_EQ(siv_seal(short_key, {}, {}).error().code(), Errc::invalid_argument);
    EXPECT_EQ(siv_open(short_key, {}, Bytes(20)).error().code(), Errc::invalid_argument);
    const Bytes large(siv_plaintext_size_max + 1);
    EXPECT_EQ(siv_seal(siv_key(), {}, large).error().code(), Errc::limit_exceeded);
}

} // namespace
} // namespace torgo::crypto
