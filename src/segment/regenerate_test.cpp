#include "segment/erasure.hpp"
#include "segment/rebuild.hpp"
#include "segment/regenerate.hpp"
#include "segment/stored_segments.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <map>
#include <vector>

namespace torgo::segment {
namespace {

/// Combinations of the files in memory, as three helpers give them.
Combine combine_of(const Stored& stored) {
    return [&stored](unsigned index, std::uint64_t first, std::uint8_t factor,
                     ByteSpan out) -> Result<> {
        Bytes read(out.size() * 2);
        CHECK_OK(stored.fetch()(index, first * cell_size, read));
        combine_cells(read, factor, out);
        return {};
    };
}

Result<Bytes> regenerated(const Stored& stored, unsigned lost, const Combine& combine) {
    std::vector<Bytes> files(stored.info.code.n);
    CHECK_OK(regenerate(stored.info, test_repo(), lost, combine, into(files)));
    return files[lost];
}

TEST(Regenerate, gives_the_original_file_of_every_lost_segment) { // [SEGMENT-18]
    for (const std::size_t cells : {1U, 2U, 5U, 128U, 131U}) {
        const auto stored = store(regenerating_code, cells * cell_size);
        for (unsigned lost = 0; lost < 4; ++lost) {
            auto some = stored;
            some.files[lost].clear();
            const auto file = regenerated(some, lost, combine_of(some));
            ASSERT_TRUE(file) << file.error().detail();
            EXPECT_EQ(*file, stored.files[lost]) << lost;
        }
    }
}

TEST(Regenerate, takes_one_and_a_half_payloads_half_of_each_other_segment) {
    const auto stored = store(regenerating_code, 131 * cell_size);
    std::map<unsigned, std::uint64_t> said;
    const Combine counting = [&](unsigned index, std::uint64_t first, std::uint8_t factor,
                                 ByteSpan out) {
        EXPECT_LE(out.size(), max_combined_cells * half_cell);
        said[index] += out.size();
        return combine_of(stored)(index, first, factor, out);
    };
    ASSERT_TRUE(regenerated(stored, 1, counting));
    const auto half = stored.info.segment_payload_size() / 2;
    EXPECT_EQ(said, (std::map<unsigned, std::uint64_t>{{0, half}, {2, half}, {3, half}}));
}

/// One stripe of random cells, encoded.
std::array<Bytes, 4> random_stripe() {
    std::array<Bytes, 4> cells;
    // A word that repeats would hide a wrong half or place; noise from a random seed does not.
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    Writer word;
    for (std::uint64_t i = 0; word.size() < 2 * cell_size; ++i) {
        Writer in;
        in.put(seed).put(i);
        word.raw(crypto::sha256(in.view()).view());
    }
    const auto data = std::move(word).take();
    for (auto& cell : cells)
        cell.resize(cell_size);
    std::copy_n(data.begin(), cell_size, cells[0].begin());
    std::copy_n(data.begin() + cell_size, cell_size, cells[1].begin());
    CellMap::parity(regenerating_code)
        .apply(std::array{ByteView(cells[0]), ByteView(cells[1])},
               std::array{ByteSpan(cells[2]), ByteSpan(cells[3])});
    return cells;
}

std::vector<unsigned> all_but(unsigned a, unsigned b) {
    std::vector<unsigned> out{0, 1, 2, 3};
    std::erase(out, a);
    std::erase(out, b);
    return out;
}

RC_GTEST_PROP(RegeneratingCode, any_two_cells_give_the_other_two, ()) { // [SEGMENT-16]
    const auto cells = random_stripe();
    for (unsigned a = 0; a < 4; ++a)
        for (unsigned b = a + 1; b < 4; ++b) {
            const auto others = all_but(a, b);
            std::array<Bytes, 2> made{Bytes(cell_size), Bytes(cell_size)};
            CellMap::restore(regenerating_code, std::array{a, b}, others)
                .apply(std::array{ByteView(cells[a]), ByteView(cells[b])},
                       std::array{ByteSpan(made[0]), ByteSpan(made[1])});
            RC_ASSERT(made[0] == cells[others[0]]);
            RC_ASSERT(made[1] == cells[others[1]]);
        }
}

RC_GTEST_PROP(RegeneratingCode, half_a_cell_of_each_of_three_gives_the_fourth, ()) {
    const auto cells = random_stripe();
    for (unsigned lost = 0; lost < 4; ++lost) {
        std::vector<Bytes> said;
        for (unsigned i = 0; i < 4; ++i) {
            if (i == lost) continue;
            said.emplace_back(half_cell);
            combine_cells(cells[i], static_cast<std::uint8_t>(lost), said.back());
        }
        Bytes made(cell_size);
        CellMap::repair(lost).apply(
            std::array{ByteView(said[0]), ByteView(said[1]), ByteView(said[2])},
            std::array{ByteSpan(made).first(half_cell), ByteSpan(made).last(half_cell)});
        RC_ASSERT(made == cells[lost]);
    }
}

TEST(Regenerate, a_lying_helper_is_found_and_two_whole_segments_go_round_it) { // [SEGMENT-13]
    const auto stored = store(regenerating_code, 70 * cell_size);
    for (unsigned liar = 1; liar < 4; ++liar) {
        const Combine lie = [&](unsigned index, std::uint64_t first, std::uint8_t factor,
                                ByteSpan out) -> Result<> {
            CHECK_OK(combine_of(stored)(index, first, factor, out));
            if (index == liar) out[out.size() - 1] ^= 1;
            return {};
        };
        const auto file = regenerated(stored, 0, lie);
        ASSERT_FALSE(file);
        EXPECT_EQ(file.error().code(), Errc::corrupt);
        auto damaged = stored;
        damaged.files[0].clear();
        damaged.files[liar][0] ^= 1;
        std::vector<Bytes> files(4);
        ASSERT_TRUE(rebuild(stored.info, test_repo(), {0}, damaged.fetch(), into(files)));
        EXPECT_EQ(files[0], stored.files[0]);
    }
}

TEST(Regenerate, a_missing_helper_and_a_full_disk_end_it_with_their_own_errors) {
    auto stored = store(regenerating_code, 4 * cell_size);
    const Splitter::Sink full = [](unsigned, ByteView) -> Result<> {
        return fail(Errc::no_space, "full");
    };
    const auto no_room = regenerate(stored.info, test_repo(), 2, combine_of(stored), full);
    ASSERT_FALSE(no_room);
    EXPECT_EQ(no_room.error().code(), Errc::no_space);
    stored.files[3].clear();
    EXPECT_EQ(regenerated(stored, 2, combine_of(stored)).error().code(), Errc::unavailable);
}

TEST(Regenerate, refuses_other_codes_and_segments_that_do_not_exist) {
    const auto plain = store({2, 4}, 4 * cell_size);
    EXPECT_EQ(regenerated(plain, 1, combine_of(plain)).error().code(), Errc::invalid_argument);
    const auto stored = store(regenerating_code, 4 * cell_size);
    EXPECT_EQ(regenerate(stored.info, test_repo(), 4, combine_of(stored), {}).error().code(),
              Errc::invalid_argument);
}

TEST(RegeneratingCode, only_2_of_4_is_one_and_its_bytes_say_so) { // [SEGMENT-15]
    EXPECT_EQ(regenerating_code.k_byte(), 0x82);
    EXPECT_EQ(Code::from_bytes(0x82, 4), regenerating_code);
    EXPECT_EQ(Code::from_bytes(2, 4), (Code{2, 4}));
    for (unsigned k = 0; k < 128; ++k)
        for (unsigned n = 0; n < 256; ++n) {
            const auto code = Code::from_bytes(static_cast<std::uint8_t>(k | 0x80U),
                                               static_cast<std::uint8_t>(n));
            EXPECT_EQ(code.valid(), k == 2 && n == 4) << k << " " << n;
        }
}

} // namespace
} // namespace torgo::segment
