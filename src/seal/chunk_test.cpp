#include "seal/chunk.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace torgo::seal {
namespace {

SealedHeader sample() {
    SealedHeader header{.suite = Suite::chimera2048,
                        .flags = flag_compressed,
                        .type = ChunkType::tree,
                        .epoch = 9,
                        .plain_size = 1600,
                        .payload_size = 1500};
    header.id.bytes.fill(0xAB);
    return header;
}

Errc refusal(const SealedHeader& header) {
    const auto result = SealedHeader::decode(header.encode());
    return result ? Errc{} : result.error().code();
}

// [SEAL-16]
RC_GTEST_PROP(SealedHeader, round_trip, ()) {
    auto header = sample();
    header.suite = *rc::gen::element(Suite::chimera256, Suite::chimera512, Suite::chimera2048);
    header.type = *rc::gen::element(ChunkType::data, ChunkType::trailer, ChunkType::writer);
    header.epoch = *rc::gen::arbitrary<std::uint32_t>();
    header.plain_size = *rc::gen::inRange<std::uint32_t>(16, chunk_size_max + 1);
    const bool compressed = *rc::gen::arbitrary<bool>();
    header.payload_size = compressed ? header.plain_size / 16 * 15 : header.plain_size;
    header.flags = static_cast<std::uint8_t>((compressed ? flag_compressed : 0) |
                                             (*rc::gen::arbitrary<bool>() ? flag_random_v : 0));
    RC_ASSERT(SealedHeader::decode(header.encode()).value() == header);
}

// Whatever is accepted is the only spelling of what it says. [SEAL-20]
RC_GTEST_PROP(SealedHeader, decode_then_encode_is_identity, ()) {
    const auto hdr = sample().encode();
    Bytes bytes(hdr.begin(), hdr.end());
    bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] = *rc::gen::arbitrary<std::uint8_t>();
    if (const auto header = SealedHeader::decode(bytes)) {
        const auto again = header->encode();
        RC_ASSERT(std::ranges::equal(again, bytes));
    }
}

// [SEAL-1] [SEAL-16]
TEST(SealedHeader, is_laid_out_as_the_spec_says) {
    const auto hdr = sample().encode();
    const Bytes start{'T', 'G',  'C',  '1', 0x04, 0x01, 0x01, 0x02, 9, 0,   0,
                      0,   0x40, 0x06, 0,   0,    0xDC, 0x05, 0,    0, 0xAB};
    EXPECT_TRUE(std::equal(start.begin(), start.end(), hdr.begin()));
}

// [SEAL-2] [SEAL-14] [SEAL-20]
TEST(SealedHeader, decode_refuses_what_no_writer_makes) {
    auto header = sample();
    header.suite = static_cast<Suite>(0x0103);
    EXPECT_EQ(refusal(header), Errc::unsupported);
    for (int bit = 2; bit < 8; ++bit) {
        header = sample();
        header.flags = static_cast<std::uint8_t>(header.flags | (1 << bit));
        EXPECT_EQ(refusal(header), Errc::corrupt);
    }
    for (const int type : {0, 7, 255}) {
        header = sample();
        header.type = static_cast<ChunkType>(type);
        EXPECT_EQ(refusal(header), Errc::corrupt);
    }
    for (std::size_t i = 0; i < 4; ++i) {
        auto hdr = sample().encode();
        hdr[i] ^= 1;
        EXPECT_EQ(SealedHeader::decode(hdr).error().code(), Errc::corrupt);
    }
}

// [SEAL-11] [SEAL-21]
TEST(SealedHeader, decode_refuses_sizes_that_cannot_be) {
    auto header = sample();
    header.payload_size = 1501; // less than 1/16 smaller
    EXPECT_EQ(refusal(header), Errc::corrupt);
    header.payload_size = 0;
    EXPECT_EQ(refusal(header), Errc::corrupt);
    header = sample();
    header.flags = 0; // a plain payload of another size
    EXPECT_EQ(refusal(header), Errc::corrupt);
    header.plain_size = header.payload_size = chunk_size_max;
    EXPECT_EQ(refusal(header), Errc{});
    header.plain_size = header.payload_size = chunk_size_max + 1;
    EXPECT_EQ(refusal(header), Errc::limit_exceeded);
    header.plain_size = UINT32_MAX;
    header.flags = flag_compressed;
    EXPECT_EQ(refusal(header), Errc::limit_exceeded);
}

TEST(SealedHeader, decode_refuses_every_other_length) {
    const auto hdr = sample().encode();
    for (std::size_t size = 0; size < hdr.size(); ++size)
        EXPECT_FALSE(SealedHeader::decode(ByteView(hdr).first(size)).has_value());
    Bytes longer(hdr.begin(), hdr.end());
    longer.push_back(0);
    EXPECT_FALSE(SealedHeader::decode(longer).has_value());
}

} // namespace
} // namespace torgo::seal
