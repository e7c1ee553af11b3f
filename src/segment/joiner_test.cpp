#include "segment/joiner.hpp"
#include "segment/stored_segments.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <random>

namespace torgo::segment {
namespace {

/// Both ways of reading must do everything below.
enum class Way { plain, verified };

Result<Bytes> read(const Stored& stored, Way way, std::uint64_t offset, std::size_t size,
                   const Fetch& fetch, SegmentMask avoid = 0) {
    Bytes out(size);
    LeafCache leaves(stored.info);
    CHECK_OK(way == Way::plain
                 ? read_range(stored.info, offset, out, fetch, avoid)
                 : read_range_verified(stored.info, offset, out, fetch, leaves, avoid));
    return out;
}

Bytes part(const Stored& stored, std::uint64_t offset, std::size_t size) {
    const auto view = ByteView(stored.pack).subspan(offset, size);
    return {view.begin(), view.end()};
}

class Joiner : public testing::TestWithParam<Way> {};

INSTANTIATE_TEST_SUITE_P(Ways, Joiner, testing::Values(Way::plain, Way::verified),
                         [](const auto& way) {
                             return way.param == Way::plain ? "plain" : "verified";
                         });

TEST_P(Joiner, any_k_of_n_restores_every_choice_of_2_of_4) {
    const auto stored = store({2, 4}, 7 * cell_size);
    for (SegmentMask there = 0; there < 16; ++there) {
        auto some = stored;
        for (unsigned i = 0; i < 4; ++i)
            if ((there & mask_of(i)) == 0) some.files[i].clear();
        const auto got = read(some, GetParam(), 0, some.pack.size(), some.fetch());
        EXPECT_EQ(got.has_value(), std::popcount(there) >= 2) << there;
        if (got) {
            EXPECT_EQ(*got, stored.pack) << there;
        } else {
            EXPECT_EQ(got.error().code(), Errc::too_few_heads);
        }
    }
}

TEST_P(Joiner, any_k_of_n_restores_random_choices_of_larger_codes) {
    std::mt19937 random(7);
    for (const auto code : {Code{6, 12}, Code{10, 20}, Code{32, 64}}) {
        const auto stored = store(code, 13 * cell_size);
        for (int round = 0; round < 12; ++round) {
            SegmentMask avoid = 0;
            while (std::popcount(avoid) < code.n - code.k)
                avoid |= mask_of(static_cast<unsigned>(random()) % code.n);
            const auto offset = random() % stored.pack.size();
            const auto size = random() % (stored.pack.size() - offset + 1);
            const auto got = read(stored, GetParam(), offset, size, stored.fetch(), avoid);
            ASSERT_TRUE(got) << got.error().detail();
            EXPECT_EQ(*got, part(stored, offset, size));
        }
    }
}

TEST_P(Joiner, reads_any_range) {
    static const auto stored = store({2, 4}, 131 * cell_size); // three groups, an odd last stripe
    const auto way = GetParam();
    std::mt19937 random(way == Way::plain ? 1 : 2);
    for (int round = 0; round < 60; ++round) {
        const auto offset = random() % stored.pack.size();
        const auto limit = std::min<std::size_t>(stored.pack.size() - offset,
                                                 round % 6 == 0 ? 9_MiB : 3 * cell_size);
        const auto size = random() % (limit + 1);
        const auto gone = round % 3 == 0 ? mask_of(static_cast<unsigned>(random()) % 4) : 0;
        EXPECT_EQ(read(stored, way, offset, size, stored.fetch(), gone).value(),
                  part(stored, offset, size));
    }
}

TEST_P(Joiner, refuses_ranges_beyond_the_pack) {
    const auto stored = store({2, 4}, 2 * cell_size);
    const auto way = GetParam();
    EXPECT_TRUE(read(stored, way, 2 * cell_size, 0, stored.fetch()));
    for (const auto& [offset, size] : {std::pair<std::uint64_t, std::size_t>{2 * cell_size, 1},
                                       {0, 2 * cell_size + 1},
                                       {2 * cell_size + 1, 0},
                                       {~std::uint64_t{0}, 1}}) {
        const auto got = read(stored, way, offset, size, stored.fetch());
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().code(), Errc::invalid_argument);
    }
}

TEST_P(Joiner, never_asks_segments_to_be_avoided) {
    const auto stored = store({2, 4}, 4 * cell_size);
    const auto way = GetParam();
    const Fetch fetch = [&](unsigned index, std::uint64_t offset, ByteSpan out) -> Result<> {
        EXPECT_NE(index, 0U);
        EXPECT_NE(index, 2U);
        return stored.fetch()(index, offset, out);
    };
    EXPECT_EQ(read(stored, way, 0, stored.pack.size(), fetch, 0b0101).value(), stored.pack);
    const auto too_few = read(stored, way, 0, stored.pack.size(), fetch, 0b1101);
    ASSERT_FALSE(too_few);
    EXPECT_EQ(too_few.error().code(), Errc::too_few_heads);
    EXPECT_NE(too_few.error().detail().find("only 1"), std::string::npos);
}

TEST_P(Joiner, asks_only_the_data_segments_and_each_once_when_all_is_well) {
    const auto stored = store({2, 4}, 40 * cell_size);
    std::vector<unsigned> payload_reads(4);
    const Fetch fetch = [&](unsigned index, std::uint64_t offset, ByteSpan out) -> Result<> {
        if (offset < stored.info.segment_payload_size()) ++payload_reads[index];
        return stored.fetch()(index, offset, out);
    };
    EXPECT_TRUE(read(stored, GetParam(), 0, stored.pack.size(), fetch));
    EXPECT_EQ(payload_reads, (std::vector<unsigned>{1, 1, 0, 0}));
}

TEST_P(Joiner, a_cancelled_fetch_ends_the_read) {
    const auto stored = store({2, 4}, 4 * cell_size);
    unsigned calls = 0;
    const Fetch fetch = [&](unsigned, std::uint64_t, ByteSpan) -> Result<> {
        ++calls;
        return fail(Errc::cancelled, "stop");
    };
    const auto got = read(stored, GetParam(), 0, stored.pack.size(), fetch);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code(), Errc::cancelled);
    EXPECT_LE(calls, 2U) << "no others are asked";
}

TEST_P(Joiner, a_head_that_dies_on_the_way_is_replaced) {
    const auto stored = store({2, 4}, 200 * cell_size);
    unsigned calls = 0;
    const Fetch fetch = [&](unsigned index, std::uint64_t offset, ByteSpan out) -> Result<> {
        if (index == 0 && ++calls > 1) return fail(Errc::unavailable, "gone");
        return stored.fetch()(index, offset, out);
    };
    EXPECT_EQ(read(stored, GetParam(), 0, stored.pack.size(), fetch).value(), stored.pack);
    EXPECT_LE(calls, 3U); // asked no more once it failed
}

TEST(JoinerVerified, unreadable_places_in_all_that_is_left_do_no_harm) {
    // Each of three heads fails wherever a fetch touches one place; the fourth is gone. Two good
    // cells are left in every stripe.
    const auto stored = store({2, 4}, 80 * cell_size);
    const Fetch fetch = [&](unsigned index, std::uint64_t offset, ByteSpan out) -> Result<> {
        const auto bad = (std::uint64_t{index} * 9 + 3) * cell_size + 17;
        if (index == 3) return fail(Errc::unavailable, "gone");
        if (offset <= bad && bad < offset + out.size()) return fail(Errc::io, "unreadable sector");
        return stored.fetch()(index, offset, out);
    };
    EXPECT_EQ(read(stored, Way::verified, 0, stored.pack.size(), fetch).value(), stored.pack);
}

TEST(JoinerVerified, every_flip_of_a_small_segment_is_avoided) { // [SEGMENT-11]
    auto stored = store({2, 4}, 2 * cell_size);
    const auto clean = stored.files[0];
    for (std::size_t at = 0; at < clean.size(); at += at < cell_size ? 251 : 1) {
        stored.files[0][at] ^= 0x40;
        const auto got = read(stored, Way::verified, 0, stored.pack.size(), stored.fetch());
        ASSERT_TRUE(got) << at << ": " << got.error().detail();
        EXPECT_EQ(*got, stored.pack) << at;
        stored.files[0][at] ^= 0x40;
    }
}

TEST(JoinerVerified, flips_in_all_segments_at_different_stripes_are_avoided) {
    auto stored = store({2, 4}, 8 * cell_size);
    for (unsigned i = 0; i < 4; ++i)
        stored.files[i][i * cell_size + 100] ^= 1;
    EXPECT_EQ(read(stored, Way::verified, 0, stored.pack.size(), stored.fetch()).value(),
              stored.pack);
    EXPECT_NE(read(stored, Way::plain, 0, stored.pack.size(), stored.fetch()).value(), stored.pack);
}

TEST(JoinerVerified, three_bad_cells_in_one_stripe_of_2_of_4_are_too_many) {
    auto stored = store({2, 4}, 8 * cell_size);
    for (const unsigned i : {0U, 1U, 3U})
        stored.files[i][2 * cell_size] ^= 1;
    EXPECT_TRUE(read(stored, Way::verified, 0, 4 * cell_size, stored.fetch()));
    const auto got = read(stored, Way::verified, 0, stored.pack.size(), stored.fetch());
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code(), Errc::too_few_heads);
    EXPECT_NE(got.error().detail().find("stripe 2 of the pack has only 1"), std::string::npos)
        << got.error().detail();
}

TEST(JoinerVerified, any_pair_of_bad_cells_in_a_stripe_is_restored) {
    const auto stored = store({2, 4}, 2 * cell_size);
    for (unsigned a = 0; a < 4; ++a)
        for (unsigned b = 0; b < a; ++b) {
            auto bad = stored;
            bad.files[a][7] ^= 1;
            bad.files[b][9] ^= 1;
            EXPECT_EQ(read(bad, Way::verified, 1, 2 * cell_size - 2, bad.fetch()).value(),
                      part(stored, 1, 2 * cell_size - 2));
        }
}

TEST(LeafCache, fetches_once_and_only_what_gives_the_name) {
    auto stored = store({2, 4}, 6 * cell_size);
    unsigned calls = 0;
    const Fetch fetch = [&](unsigned index, std::uint64_t offset, ByteSpan out) {
        ++calls;
        return stored.fetch()(index, offset, out);
    };
    LeafCache cache(stored.info);
    EXPECT_TRUE(cache.known(1).empty());
    EXPECT_EQ(cache.leaves(1, fetch).value().size(), 3U);
    EXPECT_EQ(cache.leaves(1, fetch).value().size(), 3U);
    EXPECT_EQ(cache.known(1).size(), 3U);
    EXPECT_EQ(calls, 1U);
    stored.files[2][3 * cell_size + 40] ^= 1;
    const auto bad = cache.leaves(2, fetch);
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code(), Errc::corrupt);
}

TEST(JoinerVerified, a_pack_that_was_never_encoded_rightly_is_told) {
    // Segment 3 is consistent in itself but holds other parity than the code says.
    auto stored = store({2, 4}, 2 * cell_size);
    stored.files[3][5] ^= 1;
    const auto leaf = leaf_hash(ByteView(stored.files[3]).first(cell_size));
    std::ranges::copy(leaf.bytes, stored.files[3].begin() + cell_size);
    stored.info.segments[3] = merkle_root(std::vector{leaf});
    LeafCache leaves(stored.info);
    ASSERT_TRUE(leaves.leaves(0, stored.fetch()));
    stored.files[0][0] ^= 1; // so that segment 3 is needed
    Bytes out(2 * cell_size);
    const auto got = read_range_verified(stored.info, 0, out, stored.fetch(), leaves, mask_of(2));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code(), Errc::corrupt);
}

} // namespace
} // namespace torgo::segment
