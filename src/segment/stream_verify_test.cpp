#include "segment/stream_verify.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace torgo::segment {

namespace {

Bytes make_segment(std::size_t cells, std::uint8_t names, SegmentId& id) {
    SegmentTrailer trailer;
    trailer.info.code = {1, names};
    trailer.info.size = cells * cell_size;
    trailer.info.segments.resize(names);
    Bytes file(cells * cell_size);
    for (std::size_t i = 0; i < file.size(); ++i)
        file[i] = static_cast<std::uint8_t>(i * 31 + i / cell_size);
    for (std::size_t i = 0; i < cells; ++i)
        trailer.leaves.push_back(leaf_hash(ByteView(file).subspan(i * cell_size, cell_size)));
    trailer.info.segments[0] = id = merkle_root(trailer.leaves);
    const auto end = encode_trailer(trailer);
    file.insert(file.end(), end.begin(), end.end());
    return file;
}

std::string outcome_of(ByteView file, const SegmentId& id, std::size_t step) {
    auto verifier = StreamVerifier::begin(file.size());
    if (!verifier) return std::string(name(verifier.error().code()));
    for (std::size_t at = 0; at < file.size(); at += step)
        if (!verifier->write(file.subspan(at, std::min(step, file.size() - at)))) return "write";
    const auto end = verifier->finish(id);
    return end ? "success" : std::string(name(end.error().code()));
}

} // namespace

TEST(StreamVerifier, accepts_a_segment_in_any_pieces) {
    SegmentId id;
    for (const std::size_t cells : {1U, 7U, 8U, 9U, 17U}) {
        const auto file = make_segment(cells, 4, id);
        for (const std::size_t step : {std::size_t{1000}, cell_size, file.size()})
            EXPECT_EQ(outcome_of(file, id, step), "success") << cells << " " << step;
    }
}

TEST(StreamVerifier, refuses_another_byte_name_or_length) {
    SegmentId id;
    auto file = make_segment(3, 2, id);
    for (const std::size_t at : {std::size_t{0}, 2 * cell_size, 3 * cell_size, file.size() - 1}) {
        file[at] ^= 1U;
        EXPECT_EQ(outcome_of(file, id, 5000), "corrupt") << at;
        file[at] ^= 1U;
    }
    auto other = id;
    other.bytes[3] ^= 1U;
    EXPECT_EQ(outcome_of(file, other, 5000), "corrupt");
    auto verifier = StreamVerifier::begin(file.size());
    ASSERT_TRUE(verifier.has_value());
    EXPECT_TRUE(verifier->write(ByteView(file).first(file.size() - 1)).has_value());
    EXPECT_FALSE(verifier->finish(id).has_value()) << "a byte is missing";
    EXPECT_FALSE(verifier->write(Bytes(2)).has_value()) << "a byte too many";
}

TEST(StreamVerifier, a_length_gives_the_number_of_cells) {
    for (const std::uint64_t cells : {1U, 2U, 1023U, 1024U})
        for (const std::uint64_t names : {1U, 2U, 64U})
            EXPECT_EQ(cells_of_file(cells * 65568 + names * 32 + 96), cells);
    for (const std::uint64_t size : {0U, 1U, 65568U, 65568U + 96U, 65568U + 129U,
                                     65568U + 65U * 32U + 96U, 1025U * 65568U + 128U})
        EXPECT_FALSE(cells_of_file(size).has_value()) << size;
    EXPECT_FALSE(cells_of_file(~std::uint64_t{0}).has_value());
}

} // namespace torgo::segment
