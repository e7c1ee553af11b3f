#include "segment/splitter.hpp"
#include "segment/stored_segments.hpp"

#include <gtest/gtest.h>

namespace torgo::segment {
namespace {

const Splitter::Sink ignore = [](unsigned, ByteView) -> Result<> {
    return {};
};

class SplitterOf2Of4 : public OfEitherKind {};

INSTANTIATE_TEST_SUITE_P(Kinds, SplitterOf2Of4, either_kind, kind_name);

TEST_P(SplitterOf2Of4, refuses_codes_and_sizes_out_of_bounds) { // [SEGMENT-1]
    const auto make = [](Code code, std::uint64_t size) {
        return Splitter::create(code, PackClass::data, RepoId{}, size).has_value();
    };
    EXPECT_TRUE(make({1, 1}, cell_size));
    EXPECT_TRUE(make({64, 64}, 64_MiB));
    EXPECT_FALSE(make({0, 4}, cell_size));
    EXPECT_FALSE(make({5, 4}, cell_size));
    EXPECT_FALSE(make({2, 65}, cell_size));
    EXPECT_FALSE(make({2, 4}, 0));
    EXPECT_FALSE(make({2, 4}, cell_size + 1));
    EXPECT_FALSE(make({2, 4}, 64_MiB + cell_size));
    EXPECT_FALSE(Splitter::create(GetParam(), PackClass{3}, RepoId{}, cell_size));
}

TEST(Splitter, the_first_k_segments_are_the_pack_cell_by_cell) { // [SEGMENT-2]
    const auto stored = store({3, 4}, 7 * cell_size);
    for (std::size_t cell = 0; cell < 9; ++cell) {
        const auto got = ByteView(stored.files[cell % 3]).subspan(cell / 3 * cell_size, cell_size);
        if (cell < 7) {
            EXPECT_TRUE(std::ranges::equal(
                got, ByteView(stored.pack).subspan(cell * cell_size, cell_size)));
        } else {
            EXPECT_TRUE(std::ranges::all_of(got, [](auto b) { return b == 0; }));
        }
    }
}

TEST_P(SplitterOf2Of4, pieces_give_the_same_files_as_the_whole) {
    const auto code = GetParam();
    constexpr std::size_t size = 41 * cell_size; // the last stripe is half full
    const auto whole = store(code, size);
    auto files = std::vector<Bytes>(code.n);
    auto splitter = Splitter::create(code, PackClass::data, test_repo(), size).value();
    ByteView rest(whole.pack);
    for (const std::size_t stripes : {1U, 3U, 9U, 4U, 3U}) {
        ASSERT_TRUE(splitter.add(rest.first(stripes * 2 * cell_size), into(files)));
        rest = rest.subspan(stripes * 2 * cell_size);
    }
    ASSERT_TRUE(splitter.add(rest, into(files)));
    EXPECT_EQ(splitter.finish(into(files)).value(), whole.info);
    EXPECT_EQ(files, whole.files);
}

TEST(Splitter, every_file_has_the_promised_size) {
    for (const auto code : {Code{1, 1}, Code{2, 4}, Code{6, 12}, Code{10, 20}}) {
        const auto stored = store(code, 256_KiB);
        for (const auto& file : stored.files)
            EXPECT_EQ(file.size(), stored.info.segment_file_size());
    }
}

TEST_P(SplitterOf2Of4, refuses_bytes_that_are_no_whole_stripes) {
    auto splitter = Splitter::create(GetParam(), PackClass::data, RepoId{}, 5 * cell_size).value();
    const Bytes bytes(6 * cell_size);
    const ByteView view(bytes);
    EXPECT_FALSE(splitter.add(view.first(1), ignore));
    EXPECT_FALSE(splitter.add(view.first(cell_size), ignore));
    EXPECT_FALSE(splitter.add(view.first(3 * cell_size), ignore));
    EXPECT_FALSE(splitter.add(view, ignore));
    EXPECT_TRUE(splitter.add(view.first(4 * cell_size), ignore));
    EXPECT_FALSE(splitter.finish(ignore)); // one cell is missing
    EXPECT_TRUE(splitter.add(view.first(cell_size), ignore));
    EXPECT_FALSE(splitter.add(view.first(2 * cell_size), ignore));
    EXPECT_TRUE(splitter.finish(ignore));
}

TEST_P(SplitterOf2Of4, the_sinks_error_ends_the_call) {
    auto splitter = Splitter::create(GetParam(), PackClass::data, RepoId{}, 4 * cell_size).value();
    const Splitter::Sink full = [](unsigned index, ByteView) -> Result<> {
        if (index == 2) return fail(Errc::no_space, "full");
        return {};
    };
    const auto added = splitter.add(Bytes(4 * cell_size), full);
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().code(), Errc::no_space);
}

TEST_P(SplitterOf2Of4, one_flipped_byte_of_the_pack_renames_its_data_segment_and_all_parity) {
    const auto code = GetParam();
    auto stored = store(code, 4 * cell_size);
    stored.pack[cell_size + 5] ^= 1; // in segment 1
    auto splitter =
        Splitter::create(code, PackClass::data, test_repo(), stored.pack.size()).value();
    ASSERT_TRUE(splitter.add(stored.pack, ignore));
    const auto other = splitter.finish(ignore).value();
    EXPECT_EQ(other.segments[0], stored.info.segments[0]);
    for (const unsigned i : {1U, 2U, 3U})
        EXPECT_NE(other.segments[i], stored.info.segments[i]);
}

} // namespace
} // namespace torgo::segment
