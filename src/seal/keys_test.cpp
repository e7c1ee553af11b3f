#include "base/hex.hpp"
#include "seal/keys.hpp"
#include "seal/test_keys.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

namespace torgo::seal {
namespace {

using crypto::SecretBytes;

Errc refusal(Suite suite, const std::vector<SecretBytes>& heads, std::size_t dedup_size = 64) {
    const auto keys = Keys::derive(suite, test_repo(), 7, heads, SecretBytes(dedup_size));
    EXPECT_FALSE(keys.has_value());
    return keys ? Errc{} : keys.error().code();
}

// Trap b: two equal heads would cancel in the XOR of keystreams. [SEAL-4]
TEST(Keys, refuse_two_equal_heads_in_any_positions) {
    for (std::size_t i = 0; i < 4; ++i)
        for (std::size_t j = i + 1; j < 4; ++j) {
            auto heads = test_heads(Suite::chimera2048);
            heads[j] = SecretBytes::copy_of(heads[i].view());
            EXPECT_EQ(refusal(Suite::chimera2048, heads), Errc::invalid_argument);
        }
}

// [SEAL-3]
TEST(Keys, refuse_wrong_counts_and_sizes) {
    for (const auto suite : test_suites) {
        auto heads = test_heads(suite);
        EXPECT_EQ(refusal(suite, heads, 63), Errc::invalid_argument);
        heads.pop_back();
        EXPECT_EQ(refusal(suite, heads), Errc::invalid_argument);
        heads.emplace_back(head_size(suite) - 1);
        EXPECT_EQ(refusal(suite, heads), Errc::invalid_argument);
        heads.back() = SecretBytes(head_size(suite));
        heads.emplace_back(head_size(suite));
        EXPECT_EQ(refusal(suite, heads), Errc::invalid_argument);
    }
}

// [SEAL-2]
TEST(Keys, refuse_an_unknown_suite) {
    for (const int wide : {0x0000, 0x0100, 0x0103, 0x0105, 0x0201, 0xFFFF}) {
        const auto number = static_cast<std::uint16_t>(wide);
        EXPECT_EQ(suite_from(number).error().code(), Errc::unsupported);
        EXPECT_EQ(refusal(static_cast<Suite>(number), test_heads(Suite::chimera256)),
                  Errc::unsupported);
    }
}

// Made by the readable program of the construction, as the vectors are. [SEAL-7]
TEST(Keys, give_the_known_chunker_and_footer_keys) {
    const auto footer = [](Suite suite) {
        return to_hex(test_keys(suite).footer_key().view());
    };
    EXPECT_EQ(footer(Suite::chimera256),
              "309861473cb7f9072d7907153fa2ab0ca4e4f26e138a68e034b6058fe18009aa"
              "96d8b646e6b6c62e8811f71f586102bd761a93516700816b43455d117daef5ad");
    EXPECT_EQ(footer(Suite::chimera512),
              "904b925c0697d8646e04c781983e2dc8b800cd3b7e5580b697fd7afa789c47f2"
              "a67ff6aaa137b9437d06acc9be27456375fb099fb018d9fcded5518d7c8b4643");
    EXPECT_EQ(footer(Suite::chimera2048),
              "8694162a3bd4c664522bb142535b49d0c85d52cbdb9815010fb99f31cf920dbb"
              "a4b643be96a4e343288a5303aebf724f23113c65eb7756f1adb53384c0dbe32b");
    EXPECT_EQ(to_hex(test_keys(Suite::chimera256).chunker_key().view()),
              "4101138132eb7eac37bbc0688c0242d0d561c93ba2c01cbc6123d60930a093e0");
}

// [SEAL-10]
TEST(Keys, name_the_empty_chunk_of_each_kind_as_known) {
    const auto keys = test_keys(Suite::chimera2048);
    const auto name = [&](ChunkType type) {
        return keys.id(type, {}).hex().substr(0, 16);
    };
    EXPECT_EQ(name(ChunkType::data), "7d8cabc7144d353b");
    EXPECT_EQ(name(ChunkType::tree), "fc981837282179d9");
    EXPECT_EQ(name(ChunkType::trailer), "a829a0edab3cb2fc");
    EXPECT_EQ(name(ChunkType::index), "5397ff054bf4ab3e");
    EXPECT_EQ(name(ChunkType::snapshot), "0c5dd473f1d977a7");
    EXPECT_EQ(name(ChunkType::writer), "893f13a92a9b7e2c");
}

TEST(Keys, names_at_once_are_those_one_after_another) {
    const auto keys = test_keys(Suite::chimera512);
    const auto text = test_noise(100'000, 1);
    std::vector<ByteView> chunks;
    for (std::size_t i = 0; i < 40; ++i)
        chunks.push_back(ByteView(text).subspan(i, i * i * 50));
    std::vector<ChunkId> ids(chunks.size());
    keys.ids(ChunkType::tree, chunks, ids);
    for (std::size_t i = 0; i < chunks.size(); ++i)
        EXPECT_EQ(ids[i], keys.id(ChunkType::tree, chunks[i]));
}

// What deduplicates survives the rotation of heads; what encrypts does not. [SEAL-6]
TEST(Keys, of_another_epoch_name_alike_and_encrypt_differently) {
    const auto old_keys = test_keys(Suite::chimera2048, 7);
    const auto new_keys = test_keys(Suite::chimera2048, 8);
    const auto m = test_noise(1000, 2);
    EXPECT_EQ(old_keys.id(ChunkType::data, m), new_keys.id(ChunkType::data, m));
    EXPECT_TRUE(std::ranges::equal(old_keys.chunker_key().view(), new_keys.chunker_key().view()));
    EXPECT_FALSE(std::ranges::equal(old_keys.footer_key().view(), new_keys.footer_key().view()));
    const Digest v;
    EXPECT_NE(old_keys.commitment(v.view(), {}), new_keys.commitment(v.view(), {}));
    std::set<std::string> all;
    for (const auto* keys : {&old_keys, &new_keys}) {
        std::array<crypto::ShortLivedKey, 3> heads;
        crypto::ShortLivedKey outer;
        EXPECT_EQ(keys->chunk_keys(v.view(), heads, outer), 3U);
        all.insert(to_hex(outer.view()));
        for (const auto& head : heads)
            all.insert(to_hex(head.view()));
    }
    EXPECT_EQ(all.size(), 8U);
}

TEST(Keys, may_be_used_by_many_threads) {
    const auto keys = test_keys(Suite::chimera2048);
    const auto m = test_noise(3000, 3);
    const auto id = keys.id(ChunkType::data, m);
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 200; ++i)
                ASSERT_EQ(keys.id(ChunkType::data, m), id);
        });
}

} // namespace
} // namespace torgo::seal
