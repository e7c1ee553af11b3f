#include "segment/stored_segments.hpp"
#include "segment/verify.hpp"

#include <gtest/gtest.h>

namespace torgo::segment {
namespace {

Result<SegmentTrailer> verify(const Bytes& file, const SegmentId& id) {
    const ReadAt read = [&](std::uint64_t offset, ByteSpan out) -> Result<> {
        if (offset > file.size() || out.size() > file.size() - offset)
            return fail(Errc::io, "beyond the end");
        std::copy_n(file.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
        return {};
    };
    return verify_segment(read, file.size(), id);
}

class Verify : public OfEitherKind {};

INSTANTIATE_TEST_SUITE_P(Kinds, Verify, either_kind, kind_name);

TEST(VerifyOfAnyCode, a_segment_tells_all_about_its_pack) { // [SEGMENT-12]
    const auto stored = store({3, 5}, 20 * cell_size, PackClass::metadata);
    for (unsigned i = 0; i < 5; ++i) {
        const auto trailer = verify(stored.files[i], stored.info.segments[i]);
        ASSERT_TRUE(trailer) << trailer.error().detail();
        EXPECT_EQ(trailer->info, stored.info);
        EXPECT_EQ(trailer->repo, test_repo());
        EXPECT_EQ(trailer->index, i);
        EXPECT_EQ(trailer->id(), stored.info.segments[i]);
        EXPECT_EQ(trailer->pack(), stored.info.id(test_repo()));
        EXPECT_EQ(read_trailer(stored.reader(i), stored.files[i].size()).value(), *trailer);
    }
}

TEST_P(Verify, detects_every_flip_in_the_trailer) { // [SEGMENT-6] [SEGMENT-7]
    auto stored = store(GetParam(), 2 * cell_size);
    auto& file = stored.files[1];
    for (std::size_t at = cell_size; at < file.size(); ++at)
        for (unsigned bit = 0; bit < 8; ++bit) {
            file[at] ^= static_cast<std::uint8_t>(1U << bit);
            EXPECT_FALSE(verify(file, stored.info.segments[1])) << at << " bit " << bit;
            file[at] ^= static_cast<std::uint8_t>(1U << bit);
        }
    EXPECT_TRUE(verify(file, stored.info.segments[1]));
}

TEST_P(Verify, detects_flips_all_over_the_payload) { // [SEGMENT-4]
    auto stored = store(GetParam(), 34 * cell_size);
    auto& file = stored.files[3];
    for (std::size_t at = 0; at < stored.info.segment_payload_size(); at += 6007) {
        file[at] ^= 0x10;
        const auto found = verify(file, stored.info.segments[3]);
        ASSERT_FALSE(found) << at;
        EXPECT_NE(found.error().detail().find("cell " + std::to_string(at / cell_size) + " "),
                  std::string::npos);
        file[at] ^= 0x10;
    }
}

TEST_P(Verify, refuses_a_segment_under_another_name) {
    const auto stored = store(GetParam(), 2 * cell_size);
    EXPECT_FALSE(verify(stored.files[0], stored.info.segments[1]));
    EXPECT_FALSE(verify(stored.files[0], SegmentId{}));
}

TEST_P(Verify, refuses_files_of_a_wrong_length) {
    const auto stored = store(GetParam(), 4 * cell_size);
    const auto& file = stored.files[0];
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, tail_size, cell_size, file.size() - cell_size,
          file.size() - tail_size, file.size() - 32, file.size() - 1})
        EXPECT_FALSE(verify(Bytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)),
                            stored.info.segments[0]))
            << size;
    auto longer = file;
    longer.push_back(0);
    EXPECT_FALSE(verify(longer, stored.info.segments[0]));
    longer = file;
    longer.insert(longer.begin(), cell_size, 0);
    EXPECT_FALSE(verify(longer, stored.info.segments[0]));
}

/// A trailer of `trailer`, with its check made to fit again after a change of the bytes.
template <class Change>
Result<SegmentTrailer> decode_changed(const SegmentTrailer& trailer, std::uint64_t file_size,
                                      const Change& change) {
    auto bytes = encode_trailer(trailer);
    change(bytes);
    const auto digest = crypto::sha256(ByteView(bytes).first(bytes.size() - 24));
    std::copy_n(digest.bytes.begin(), 24, bytes.end() - 24);
    return decode_trailer(bytes, file_size);
}

TEST_P(Verify, a_liar_who_repairs_the_check_is_found_out) {
    const auto stored = store(GetParam(), 4 * cell_size);
    const auto size = stored.files[0].size();
    const auto honest = read_trailer(stored.reader(0), size).value();
    const auto changed = [&](auto change) {
        return decode_changed(honest, size, change);
    };
    EXPECT_TRUE(changed([](Bytes&) {}));
    const auto flip = [&](std::size_t from_end) {
        return changed([&](Bytes& b) { b[b.size() - from_end] ^= 1; });
    };
    for (std::size_t from_end = 25; from_end <= tail_size; ++from_end)
        EXPECT_FALSE(flip(from_end)) << from_end;       // every field of the tail
    EXPECT_FALSE(flip(tail_size + 1));                  // a root
    EXPECT_FALSE(changed([](Bytes& b) { b[0] ^= 1; })); // a leaf hash
}

TEST_P(Verify, another_version_is_unsupported_not_corrupt) {
    const auto stored = store(GetParam(), 2 * cell_size);
    const auto size = stored.files[0].size();
    const auto honest = read_trailer(stored.reader(0), size).value();
    const auto newer =
        decode_changed(honest, size, [](Bytes& b) { b[b.size() - tail_size + 4] = 2; });
    ASSERT_FALSE(newer);
    EXPECT_EQ(newer.error().code(), Errc::unsupported);
}

TEST(VerifyOfAnyCode, passes_on_what_the_reader_answers) {
    const ReadAt broken = [](std::uint64_t, ByteSpan) -> Result<> {
        return fail(Errc::io, "disk");
    };
    const auto got = verify_segment(broken, 2 * cell_size, SegmentId{});
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code(), Errc::io);
}

} // namespace
} // namespace torgo::segment
