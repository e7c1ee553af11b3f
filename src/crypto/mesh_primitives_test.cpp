#include "base/hex.hpp"
#include "crypto/mesh_primitives.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <memory>

namespace torgo::crypto {
namespace {

Bytes hex(std::string_view text) {
    return *from_hex(text);
}

template <class Array>
Array array_of(std::string_view text) {
    Array out{};
    const auto bytes = hex(text);
    EXPECT_EQ(bytes.size(), out.size());
    std::ranges::copy(bytes, out.begin());
    return out;
}

Aes128 key_of(std::string_view text) {
    return Aes128(array_of<Block128>(text));
}

TEST(Aes128, gives_the_answer_of_fips_197) {
    const auto key = key_of("000102030405060708090a0b0c0d0e0f");
    const auto block = key.encrypt(array_of<Block128>("00112233445566778899aabbccddeeff"));
    EXPECT_EQ(to_hex(block), "69c4e0d86a7b0430d8cdb78070b4c55a");
    EXPECT_EQ(to_hex(key.key()), "000102030405060708090a0b0c0d0e0f");
}

TEST(Aes128, cmac_gives_the_answers_of_rfc_4493) {
    const auto key = key_of("2b7e151628aed2a6abf7158809cf4f3c");
    const auto message = hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                             "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
    const auto first = [&](std::size_t n) {
        return ByteView(message).first(n);
    };
    EXPECT_EQ(to_hex(aes_cmac(key, {})), "bb1d6929e95937287fa37d129b756746");
    EXPECT_EQ(to_hex(aes_cmac(key, {first(16)})), "070a16b46b4d4144f79bdd9dd04a287c");
    EXPECT_EQ(to_hex(aes_cmac(key, {first(7), ByteView(message).subspan(7, 33)})),
              "dfa66747de9ae63030ca32611497c827");
    EXPECT_EQ(to_hex(aes_cmac(key, {message})), "51f0bebf7e3b9d92fc49741779363cfe");
}

/// CCM by OpenSSL: the judge of ours.
Bytes ccm_by_openssl(ByteView key, const CcmNonce& nonce, ByteView extra, ByteView plain,
                     std::size_t tag_size) {
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(
        EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    Bytes out(plain.size() + tag_size);
    int n = 0;
    const auto size = static_cast<int>(plain.size());
    EVP_EncryptInit_ex(context.get(), EVP_aes_128_ccm(), nullptr, nullptr, nullptr);
    EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_IVLEN, 13, nullptr);
    EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag_size), nullptr);
    EVP_EncryptInit_ex(context.get(), nullptr, nullptr, key.data(), nonce.data());
    EVP_EncryptUpdate(context.get(), nullptr, &n, nullptr, size);
    if (!extra.empty())
        EVP_EncryptUpdate(context.get(), nullptr, &n, extra.data(), static_cast<int>(extra.size()));
    EVP_EncryptUpdate(context.get(), out.data(), &n, plain.data(), size);
    EVP_EncryptFinal_ex(context.get(), out.data() + size, &n);
    EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag_size),
                        out.data() + size);
    return out;
}

TEST(Aes128, ccm_is_that_of_openssl_at_every_length_and_opens_again) {
    const auto key = key_of("404142434445464748494a4b4c4d4e4f");
    const auto nonce = array_of<CcmNonce>("101112131415161718191a1b1c");
    Bytes message(400);
    for (std::size_t i = 0; i < message.size(); ++i)
        message[i] = static_cast<std::uint8_t>(i * 3);
    for (std::size_t size = 1; size <= message.size(); size += size < 70 ? 1 : 33) {
        for (const std::size_t extra_size : {0U, 1U, 14U, 16U, 30U}) {
            const auto tag_size = size % 2 == 0 ? 4U : 8U;
            const auto plain = ByteView(message).first(size);
            const auto extra = ByteView(message).last(extra_size);
            Bytes sealed(size + tag_size);
            ccm_seal(key, nonce, extra, plain, tag_size, sealed);
            ASSERT_EQ(sealed, ccm_by_openssl(key.key(), nonce, extra, plain, tag_size)) << size;
            Bytes opened(size);
            ASSERT_TRUE(ccm_open(key, nonce, extra, sealed, tag_size, opened));
            ASSERT_TRUE(std::ranges::equal(opened, plain));
        }
    }
}

TEST(Aes128, ccm_refuses_every_changed_byte_and_wipes_what_it_read) {
    const auto key = key_of("404142434445464748494a4b4c4d4e4f");
    const auto nonce = array_of<CcmNonce>("101112131415161718191a1b1c");
    const auto plain = hex("202122232425262728");
    Bytes sealed(plain.size() + 4);
    ccm_seal(key, nonce, {}, plain, 4, sealed);
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        auto changed = sealed;
        changed[i] ^= 0x10;
        Bytes opened(plain.size(), 0xAA);
        EXPECT_FALSE(ccm_open(key, nonce, {}, changed, 4, opened));
        EXPECT_EQ(opened, Bytes(plain.size()));
    }
}

TEST(P256, agrees_on_one_secret_from_both_sides) {
    P256::PrivateKey a{};
    P256::PrivateKey b{};
    a[31] = 5;
    b[0] = 7;
    const auto one = P256::agree(a, *P256::public_of(b));
    const auto other = P256::agree(b, *P256::public_of(a));
    ASSERT_TRUE(one && other);
    EXPECT_EQ(*one, *other);
}

TEST(P256, refuses_points_off_the_curve_and_numbers_out_of_range) {
    P256::PrivateKey key{};
    EXPECT_FALSE(P256::public_of(key));
    key.fill(0xFF);
    EXPECT_FALSE(P256::public_of(key));
    key = {};
    key[31] = 1;
    auto point = *P256::public_of(key);
    // The base point (SEC 2 2.4.2).
    EXPECT_EQ(to_hex(ByteView(point).first(32)),
              "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
    point[63] ^= 1;
    const auto refused = P256::agree(key, point);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::authentication);
    EXPECT_FALSE(P256::agree(key, P256::PublicKey{}));
}

TEST(Aes128, prints_what_a_packet_costs) {
    const auto key = key_of("404142434445464748494a4b4c4d4e4f");
    auto nonce = array_of<CcmNonce>("101112131415161718191a1b1c");
    std::array<std::uint8_t, 22> packet{};
    std::array<std::uint8_t, 18> opened{};
    ccm_seal(key, nonce, {}, opened, 4, packet);
    constexpr int rounds = 100'000;
    int good = 0;
    const auto start = std::clock(); // of the processor: a busy machine must not show
    for (int i = 0; i < rounds; ++i)
        good += ccm_open(key, nonce, {}, packet, 4, opened) ? 1 : 0;
    const auto spent = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    std::printf("CCM opens a mesh packet of 29 bytes in %.0f ns (%s)\n", spent * 1e9 / rounds,
                fast_aes128_usable() ? "AES-NI" : "OpenSSL");
    EXPECT_EQ(good, rounds);
}

} // namespace
} // namespace torgo::crypto
