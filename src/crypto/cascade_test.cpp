#include "crypto/cascade.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <memory>

namespace torgo::crypto {
namespace {

using Tag = std::array<std::uint8_t, Cascade::tag_size>;

void set_key(ShortLivedKey& key, std::uint8_t seed) {
    for (std::size_t i = 0; i < ShortLivedKey::size; ++i)
        key.bytes[i] = static_cast<std::uint8_t>(seed * 29 + i * 7);
}

struct KeySet {
    std::array<ShortLivedKey, Cascade::heads_max> heads;
    ShortLivedKey outer;

    explicit KeySet(std::uint8_t seed = 1) {
        for (std::uint8_t i = 0; i < heads.size(); ++i)
            set_key(heads[i], static_cast<std::uint8_t>(seed + i));
        set_key(outer, static_cast<std::uint8_t>(seed + 100));
    }

    std::span<const ShortLivedKey> first(std::size_t count) const {
        return std::span(heads).first(count);
    }
};

Bytes pattern(std::size_t size) {
    Bytes out(size);
    for (std::size_t i = 0; i < size; ++i)
        out[i] = static_cast<std::uint8_t>(i * 31 + i / 253);
    return out;
}

TEST(Cascade, uses_the_path_asked_for) {
    EXPECT_EQ(Cascade(Path::reference).path(), Path::reference);
    // On a processor without wide AES this shows what it falls back to.
    EXPECT_EQ(Cascade(Path::fast).path(),
              __builtin_cpu_supports("vaes") && __builtin_cpu_supports("avx2") ? Path::fast
                                                                               : Path::reference);
}

RC_GTEST_PROP(Cascade, fast_and_reference_agree_at_any_size_and_alignment, ()) {
    const auto size = *rc::gen::inRange<std::size_t>(0, 70'001);
    const auto shift = *rc::gen::inRange<std::size_t>(0, 33);
    const auto count = *rc::gen::inRange<std::size_t>(0, Cascade::heads_max + 1);
    const KeySet keys(*rc::gen::arbitrary<std::uint8_t>());
    const auto message = pattern(size + shift);
    const auto in = ByteView(message).subspan(shift);
    Bytes slow(size + shift);
    Bytes fast = message; // encrypted in place
    Tag slow_tag{};
    Tag fast_tag{};
    Cascade reference(Path::reference);
    Cascade wide(Path::fast);
    const auto aad = as_bytes("aad");
    reference.encrypt(keys.first(count), keys.outer, aad, in, ByteSpan(slow).subspan(shift),
                      slow_tag);
    const auto place = ByteSpan(fast).subspan(shift);
    wide.encrypt(keys.first(count), keys.outer, aad, place, place, fast_tag);
    RC_ASSERT(slow_tag == fast_tag);
    RC_ASSERT(std::ranges::equal(place, ByteView(slow).subspan(shift)));
    RC_ASSERT(wide.decrypt(keys.first(count), keys.outer, aad, place, place, fast_tag).has_value());
    RC_ASSERT(std::ranges::equal(place, in));
    RC_ASSERT(reference
                  .decrypt(keys.first(count), keys.outer, aad, ByteView(slow).subspan(shift),
                           ByteSpan(slow).subspan(shift), slow_tag)
                  .has_value());
    RC_ASSERT(std::ranges::equal(ByteView(slow).subspan(shift), in));
}

TEST(Cascade, fast_and_reference_agree_on_the_largest_chunk) {
    const KeySet keys;
    const auto message = pattern(16_MiB);
    std::array<Bytes, 2> out;
    std::array<Tag, 2> tags{};
    for (const auto path : {Path::reference, Path::fast}) {
        const auto i = static_cast<std::size_t>(path);
        out[i].resize(message.size());
        Cascade(path).encrypt(keys.first(3), keys.outer, {}, message, out[i], tags[i]);
    }
    EXPECT_TRUE(out[0] == out[1]);
    EXPECT_EQ(tags[0], tags[1]);
}

TEST(Cascade, refuses_every_changed_bit_and_leaves_no_plaintext) {
    const KeySet keys;
    const auto message = pattern(100);
    for (const auto path : {Path::reference, Path::fast}) {
        Cascade cascade(path);
        Bytes sealed(message.size());
        Tag tag{};
        cascade.encrypt(keys.first(3), keys.outer, as_bytes("aad"), message, sealed, tag);
        const auto refused = [&](ByteView bytes, const Tag& t, std::string_view aad) {
            Bytes out(bytes.size(), 1);
            const auto result =
                cascade.decrypt(keys.first(3), keys.outer, as_bytes(aad), bytes, out, t);
            return !result && result.error().code() == Errc::authentication &&
                   std::ranges::all_of(out, [](auto b) { return b == 0; });
        };
        for (std::size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
            auto changed = sealed;
            changed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
            ASSERT_TRUE(refused(changed, tag, "aad"));
        }
        for (std::size_t bit = 0; bit < 8 * tag.size(); ++bit) {
            auto changed = tag;
            changed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
            ASSERT_TRUE(refused(sealed, changed, "aad"));
        }
        ASSERT_TRUE(refused(sealed, tag, "aae"));
        ASSERT_TRUE(refused(ByteView(sealed).first(99), tag, "aad"));
        ASSERT_FALSE(refused(sealed, tag, "aad"));
    }
}

/// AES-256 of one block, by OpenSSL's plain block mode.
std::array<std::uint8_t, 16> aes_block(const ShortLivedKey& key, std::uint8_t number) {
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(
        EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    std::array<std::uint8_t, 16> in{};
    std::array<std::uint8_t, 16> out{};
    in[15] = number;
    int n = 0;
    EXPECT_EQ(EVP_EncryptInit_ex2(context.get(), EVP_aes_256_ecb(), key.bytes, nullptr, nullptr),
              1);
    EXPECT_EQ(EVP_CIPHER_CTX_set_padding(context.get(), 0), 1);
    EXPECT_EQ(EVP_EncryptUpdate(context.get(), out.data(), &n, in.data(), 16), 1);
    return out;
}

// Trap d: a head that used blocks 0 or 1 would give away GCM's hash key or tag mask, were its key
// ever one of a GCM. The outer layer's keystream is taken off by a cascade without heads. [SEAL-18]
TEST(Cascade, heads_begin_at_counter_block_2) {
    const KeySet keys;
    const Bytes zeros(std::size_t{16} * 300);
    for (const auto path : {Path::reference, Path::fast}) {
        Cascade cascade(path);
        Tag tag{};
        Bytes outer(zeros.size());
        Bytes both(zeros.size());
        cascade.encrypt({}, keys.outer, {}, zeros, outer, tag);
        cascade.encrypt(keys.first(1), keys.outer, {}, zeros, both, tag);
        const auto head_block = [&](std::size_t i) {
            std::array<std::uint8_t, 16> block{};
            for (std::size_t j = 0; j < block.size(); ++j)
                block[j] = outer[16 * i + j] ^ both[16 * i + j];
            return block;
        };
        EXPECT_EQ(head_block(0), aes_block(keys.heads[0], 2));
        EXPECT_EQ(head_block(1), aes_block(keys.heads[0], 3));
        for (std::size_t i = 0; i < 300; ++i) {
            ASSERT_NE(head_block(i), aes_block(keys.heads[0], 0));
            ASSERT_NE(head_block(i), aes_block(keys.heads[0], 1));
        }
    }
}

} // namespace
} // namespace torgo::crypto
