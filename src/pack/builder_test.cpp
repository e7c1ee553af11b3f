#include "pack/builder.hpp"
#include "pack/test_repository.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <thread>

namespace torgo::pack {
namespace {

/// Reads all packs back; chunk contents in the order of packs and offsets.
std::vector<Bytes> contents(TestRepository& repository, const std::vector<Finished>& packs) {
    std::vector<Bytes> out;
    for (const auto& pack : packs) {
        const auto entries = repository.read(pack.bytes());
        EXPECT_TRUE(entries) << entries.error().detail();
        EXPECT_EQ(*entries, pack.entries);
        for (const auto& entry : *entries)
            out.push_back(repository.open(pack.bytes(), entry).value());
    }
    return out;
}

TEST(Builder, an_empty_one_is_complete_and_makes_no_pack) {
    TestRepository repository;
    Builder builder(PackClass::data);
    EXPECT_TRUE(builder.complete());
    EXPECT_EQ(builder.bytes(), 0U);
    EXPECT_TRUE(repository.finish(builder, true).empty());
    EXPECT_TRUE(repository.finish(builder, false).empty());
}

TEST(Builder, round_trip_of_one_small_pack) {
    TestRepository repository;
    Builder builder(PackClass::metadata);
    const std::vector<Bytes> messages{message(1000), {}, message(1), message(70'000)};
    for (const auto& m : messages)
        ASSERT_TRUE(repository.add(builder, m));
    const auto packs = repository.finish(builder, true);
    ASSERT_EQ(packs.size(), 1U);
    EXPECT_EQ(packs[0].size, 256_KiB); // [PACK-1]
    EXPECT_EQ(packs[0].cls, PackClass::metadata);
    EXPECT_EQ(contents(repository, packs), messages);
    EXPECT_EQ(builder.count(), 0U);
}

TEST(Builder, chunks_lie_back_to_back_from_the_first_byte) { // [PACK-2]
    TestRepository repository;
    Builder builder(PackClass::data);
    for (const std::size_t size : {10U, 0U, 33U})
        ASSERT_TRUE(repository.add(builder, message(size)));
    EXPECT_EQ(builder.bytes(), 26U + 16U + 49U);
    const auto packs = repository.finish(builder, true);
    EXPECT_EQ(packs[0].entries[0].offset, 0U);
    EXPECT_EQ(packs[0].entries[1].offset, 26U);
    EXPECT_EQ(packs[0].entries[2].offset, 42U);
}

TEST(Builder, a_full_pack_keeps_its_place_in_memory) {
    TestRepository repository;
    Builder builder(PackClass::data, 1_MiB);
    std::vector<Bytes> messages;
    while (repository.add(builder, message(50'000, static_cast<std::uint8_t>(messages.size()))))
        messages.push_back(message(50'000, static_cast<std::uint8_t>(messages.size())));
    EXPECT_EQ(messages.size(), 20U);
    const auto packs = repository.finish(builder, false);
    ASSERT_EQ(packs.size(), 1U);
    EXPECT_EQ(packs[0].size, 1_MiB);
    EXPECT_EQ(contents(repository, packs), messages);
}

TEST(Builder, a_pack_fills_to_the_last_byte_that_leaves_room_for_its_trailer) {
    TestRepository repository;
    Builder builder(PackClass::data, 256_KiB);
    const auto room = 256_KiB - footer_size - seal::tag_size - entries_size_bound(1);
    const auto largest = builder.reserve(room - seal::tag_size);
    ASSERT_TRUE(largest);
    EXPECT_FALSE(builder.reserve(0));
    EXPECT_FALSE(builder.complete());
    const auto m = message(room - seal::tag_size);
    builder.fill(*largest,
                 repository.sealer
                     .seal(seal::ChunkType::data, repository.keys.id(seal::ChunkType::data, m), m,
                           {.bytes = m, .flags = 0}, false, largest->out)
                     .value());
    EXPECT_TRUE(builder.complete());
    EXPECT_EQ(contents(repository, repository.finish(builder, true)), std::vector<Bytes>{m});
}

TEST(Builder, the_last_content_is_split_over_smaller_packs) {
    TestRepository repository;
    Builder builder(PackClass::data, 4_MiB);
    std::vector<Bytes> messages;
    for (std::uint8_t i = 0; i < 26; ++i) {
        messages.push_back(message(50'000, i));
        ASSERT_TRUE(repository.add(builder, messages.back()));
    }
    const auto packs = repository.finish(builder, true);
    ASSERT_EQ(packs.size(), 3U);
    EXPECT_EQ(packs[0].size, 1_MiB);
    EXPECT_EQ(packs[1].size, 256_KiB);
    EXPECT_EQ(packs[2].size, 256_KiB);
    EXPECT_EQ(contents(repository, packs), messages);
}

TEST(Builder, can_be_used_again_with_a_buffer_given_back) {
    TestRepository repository;
    Builder builder(PackClass::data, 1_MiB);
    ASSERT_TRUE(repository.add(builder, message(100)));
    auto packs = repository.finish(builder, false);
    const auto* const place = packs[0].buffer.view().data();
    builder.recycle(std::move(packs[0].buffer));
    ASSERT_TRUE(repository.add(builder, message(200)));
    packs = repository.finish(builder, false);
    EXPECT_EQ(packs[0].buffer.view().data(), place);
    EXPECT_EQ(contents(repository, packs), std::vector<Bytes>{message(200)});
    ASSERT_TRUE(repository.add(builder, message(300))); // in a new buffer
    EXPECT_EQ(contents(repository, repository.finish(builder, true)),
              std::vector<Bytes>{message(300)});
}

TEST(Builder, reset_forgets_what_was_in_it) {
    TestRepository repository;
    Builder builder(PackClass::data);
    ASSERT_TRUE(repository.add(builder, message(100)));
    ASSERT_TRUE(builder.reserve(50)); // never filled
    builder.reset();
    EXPECT_TRUE(builder.complete());
    ASSERT_TRUE(repository.add(builder, message(300)));
    EXPECT_EQ(contents(repository, repository.finish(builder, true)),
              std::vector<Bytes>{message(300)});
}

TEST(Builder, the_same_chunks_never_make_the_same_pack_twice) { // [PACK-3]
    TestRepository repository;
    std::array<Bytes, 2> packs;
    for (auto& pack : packs) {
        Builder builder(PackClass::data);
        ASSERT_TRUE(repository.add(builder, message(100)));
        const auto finished = repository.finish(builder, true);
        pack.assign(finished[0].bytes().begin(), finished[0].bytes().end());
    }
    std::size_t equal = 0;
    for (std::size_t i = 116; i < packs[0].size(); ++i)
        equal += packs[0][i] == packs[1][i] ? 1U : 0U;
    // of independent noise one byte in 256 is equal by chance
    EXPECT_LT(equal, packs[0].size() / 256 * 5 / 4);
    EXPECT_TRUE(std::ranges::equal(ByteView(packs[0]).first(116), ByteView(packs[1]).first(116)));
}

TEST(Builder, padding_looks_like_noise) {
    TestRepository repository;
    Builder builder(PackClass::data);
    ASSERT_TRUE(repository.add(builder, {}));
    const auto packs = repository.finish(builder, true);
    std::array<std::size_t, 256> counts{};
    for (const auto byte : packs[0].bytes())
        ++counts[byte];
    for (const auto count : counts) { // 1024 expected, standard deviation 32
        EXPECT_GT(count, 1024U - 200U);
        EXPECT_LT(count, 1024U + 200U);
    }
}

TEST(Builder, four_threads_may_fill_it_at_once) {
    TestRepository repository;
    Builder builder(PackClass::data, 4_MiB);
    constexpr std::size_t per_thread = 40;
    std::vector<std::thread> threads;
    for (std::uint8_t t = 0; t < 4; ++t)
        threads.emplace_back([&builder, &repository, t] {
            seal::FixedRandom random(t);
            seal::Sealer sealer(repository.keys, 1, random);
            for (std::size_t i = 0; i < per_thread; ++i) {
                const auto m = message(t * 1000 + i * 37, t);
                const auto slot = builder.reserve(m.size());
                ASSERT_TRUE(slot);
                const auto id = repository.keys.id(seal::ChunkType::data, m);
                const auto header = sealer.seal(seal::ChunkType::data, id, m,
                                                {.bytes = m, .flags = 0}, false, slot->out);
                builder.fill(*slot, header.value());
            }
        });
    while (builder.count() < 4 * per_thread && builder.bytes() < 4_MiB)
        (void)builder.complete();
    for (auto& thread : threads)
        thread.join();
    ASSERT_TRUE(builder.complete());
    std::map<Bytes, int> expected;
    for (std::uint8_t t = 0; t < 4; ++t)
        for (std::size_t i = 0; i < per_thread; ++i)
            ++expected[message(t * 1000 + i * 37, t)];
    for (const auto& m : contents(repository, repository.finish(builder, true)))
        --expected[m];
    for (const auto& [m, left] : expected)
        EXPECT_EQ(left, 0);
}

using BuilderDeath = ::testing::Test;

TEST(BuilderDeath, a_slot_filled_twice_or_never_is_a_bug) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    TestRepository repository;
    Builder builder(PackClass::data);
    const auto slot = builder.reserve(0).value();
    EXPECT_DEATH((void)repository.finish(builder, true), "m_filled");
    seal::SealedHeader header;
    header.type = seal::ChunkType::data;
    builder.fill(slot, header);
    EXPECT_DEATH(builder.fill(slot, header), "SealedHeader");
}

} // namespace
} // namespace torgo::pack
