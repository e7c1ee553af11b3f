#include "segment/code.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace torgo::segment {
namespace {

PackInfo example() {
    PackInfo info{
        .cls = PackClass::metadata, .code = {3, 5}, .size = 7 * cell_size, .segments = {}};
    info.segments.resize(5);
    for (std::uint8_t i = 0; i < 5; ++i)
        info.segments[i].bytes.fill(i);
    return info;
}

Result<PackInfo> decode(ByteView bytes) {
    Reader in(bytes);
    return PackInfo::decode(in);
}

Bytes encoded(const PackInfo& info) {
    Writer out;
    info.encode(out);
    return std::move(out).take();
}

TEST(PackInfo, counts_the_last_stripe_also_when_the_pack_does_not_fill_it) {
    auto info = example();
    EXPECT_EQ(info.stripes(), 3U); // 7 cells in rows of 3
    EXPECT_EQ(info.segment_payload_size(), 3 * cell_size);
    EXPECT_EQ(info.segment_file_size(), 3 * cell_size + 32 * (3 + 5) + 96);
    info.size = 6 * cell_size;
    EXPECT_EQ(info.stripes(), 2U);
}

RC_GTEST_PROP(PackInfo, round_trip, ()) {
    const auto n = *rc::gen::inRange<unsigned>(1, limits::max_segments + 1);
    const auto k = *rc::gen::inRange<unsigned>(1, n + 1);
    const bool regenerating = k == 2 && n == 4 && *rc::gen::arbitrary<bool>();
    PackInfo info{.cls = *rc::gen::element(PackClass::data, PackClass::metadata),
                  .code = {static_cast<std::uint8_t>(k), static_cast<std::uint8_t>(n),
                           regenerating ? CodeKind::regenerating : CodeKind::reed_solomon},
                  .size = *rc::gen::inRange<std::uint64_t>(1, 1025) * cell_size,
                  .segments = {}};
    for (unsigned i = 0; i < n; ++i)
        info.segments.push_back(SegmentId{
            *rc::gen::container<std::array<std::uint8_t, 32>>(rc::gen::arbitrary<std::uint8_t>())});
    RC_ASSERT(info.valid());
    RC_ASSERT(decode(encoded(info)).value() == info);
}

TEST(PackInfo, decode_refuses_every_prefix) {
    const auto bytes = encoded(example());
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(decode(ByteView(bytes).first(size))) << size;
}

TEST(PackInfo, decode_leaves_what_comes_after_it) {
    auto bytes = encoded(example());
    bytes.push_back(7);
    Reader in(bytes);
    ASSERT_TRUE(PackInfo::decode(in));
    EXPECT_EQ(in.left(), 1U);
}

TEST(PackInfo, decode_refuses_fields_out_of_bounds) { // [SEGMENT-8]
    const auto with = [](std::size_t at, std::uint8_t value) {
        auto bytes = encoded(example());
        bytes[at] = value;
        bytes.resize(bytes.size() + std::size_t{65} * 32);
        return decode(bytes);
    };
    ASSERT_TRUE(with(3, 7));
    EXPECT_FALSE(with(0, 0)); // class
    EXPECT_FALSE(with(0, 3));
    EXPECT_FALSE(with(1, 0)); // k
    EXPECT_FALSE(with(1, 6));
    EXPECT_FALSE(with(2, 2)); // n
    EXPECT_FALSE(with(2, 65));
    EXPECT_FALSE(with(3, 0)); // cells
}

TEST(PackInfo, decode_knows_a_regenerating_code_of_2_of_4_alone) { // [SEGMENT-15]
    auto info = example();
    info.code = {2, 4, CodeKind::regenerating};
    info.segments.resize(4);
    auto bytes = encoded(info);
    EXPECT_EQ(bytes[1], 0x82);
    EXPECT_EQ(decode(bytes).value(), info);
    bytes[1] = 0x83;
    EXPECT_FALSE(decode(bytes));
    bytes[1] = 0x82;
    bytes[2] = 3;
    EXPECT_FALSE(decode(bytes));
}

TEST(PackInfo, decode_refuses_a_pack_over_the_limit) {
    const auto of_cells = [](unsigned cells) {
        Bytes bytes{1, 1, 1, static_cast<std::uint8_t>(cells | 0x80U),
                    static_cast<std::uint8_t>(cells >> 7U)};
        bytes.resize(bytes.size() + SegmentId::size);
        return decode(bytes);
    };
    EXPECT_TRUE(of_cells(1024));
    const auto over = of_cells(1025);
    ASSERT_FALSE(over);
    EXPECT_EQ(over.error().code(), Errc::limit_exceeded);
}

TEST(PackInfo, its_name_depends_on_every_field) { // [SEGMENT-9]
    std::set<PackId> names{example().id(RepoId{})};
    const auto add = [&](auto change, RepoId repo = {}) {
        auto info = example();
        change(info);
        EXPECT_TRUE(names.insert(info.id(repo)).second);
    };
    add([](PackInfo& i) { i.cls = PackClass::data; });
    add([](PackInfo& i) { i.code = {2, 4}; });
    add([](PackInfo& i) { i.code = {2, 4, CodeKind::regenerating}; });
    add([](PackInfo& i) { i.code.k = 2; });
    add([](PackInfo& i) { i.code.n = 6; });
    add([](PackInfo& i) { i.size += cell_size; });
    add([](PackInfo& i) { i.segments[4].bytes[31] ^= 1; });
    add([](PackInfo& i) { std::swap(i.segments[0], i.segments[1]); });
    RepoId other;
    other.bytes[15] = 1;
    add([](PackInfo&) {}, other);
}

} // namespace
} // namespace torgo::segment
