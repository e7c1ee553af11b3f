#include "reading/segment_file.hpp"
#include "reading/test_readings.hpp"

#include <gtest/gtest.h>

namespace torgo::reading {
namespace {

// [READING-17]
TEST(Column, comes_back_in_whatever_coding_is_smallest) {
    rc::check([](const std::vector<std::int64_t>& rows) {
        const auto encoded = encode_column(rows);
        RC_ASSERT(
            (decode_column(encoded.coding, encoded.raw_size, encoded.bytes, rows.size()) == rows));
        RC_ASSERT(!decode_column(encoded.coding, encoded.raw_size, encoded.bytes, rows.size() + 1));
    });
}

TEST(Column, each_kind_of_data_gets_small) {
    const auto size_of = [](auto number) {
        std::vector<std::int64_t> rows;
        for (std::int64_t i = 0; i < 10'000; ++i)
            rows.push_back(number(i));
        const auto encoded = encode_column(rows);
        EXPECT_EQ(decode_column(encoded.coding, encoded.raw_size, encoded.bytes, rows.size()),
                  rows);
        return encoded.bytes.size();
    };
    EXPECT_LT(size_of([](std::int64_t i) { return start_ns + i * second; }), 100U);
    EXPECT_LT(size_of([](std::int64_t i) { return i * i; }), 100U);
    EXPECT_LT(size_of([](std::int64_t) { return std::int64_t{7}; }), 20U);
    EXPECT_LT(size_of([](std::int64_t i) { return i % 2 == 0 ? std::int64_t{1} << 62U : -5; }),
              200U);
}

std::vector<Reading> some_readings() {
    std::vector<Reading> out;
    for (std::uint64_t source = 1; source <= 5; ++source)
        for (std::uint64_t number = 1; number <= 40; ++number)
            out.push_back(pulse(source, number));
    out[3].values[0].reset();
    out[7].values[2] = decimal(3660, 2);
    out[9].quality = Quality::bad;
    out[11].time_of_arrival = true;
    out[13].time.digits = 3;
    return out;
}

TEST(Segment, gives_back_every_reading) {
    const auto readings = some_readings();
    const auto file = encode_segment(readings);
    const auto footer = decode_footer(file);
    ASSERT_TRUE(footer) << footer.error().detail();
    EXPECT_EQ(decode_segment(file, *footer), readings);
    EXPECT_EQ(footer->sources.size(), 5U);
    EXPECT_TRUE(is_whole(file, *footer));
}

TEST(Segment, reads_only_the_values_that_are_wanted) {
    auto readings = some_readings();
    auto file = encode_segment(readings);
    const auto footer = decode_footer(file).value();
    file[footer.columns[fixed_columns + 2].offset] ^= 1; // another column than the one wanted
    const auto found = decode_segment(file, footer, 1U << 2U);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->at(7).values[2], decimal(3660, 2));
    EXPECT_FALSE(found->at(7).values[0]);
    EXPECT_FALSE(decode_segment(file, footer));
}

TEST(Segment, every_flipped_bit_is_noticed) {
    const auto file = encode_segment(std::vector{pulse(1, 1), pulse(1, 2), pulse(2, 1)});
    const auto whole = decode_footer(file).value();
    for (std::size_t bit = 0; bit < file.size() * 8; ++bit) {
        auto changed = file;
        changed[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
        const auto footer = decode_footer(changed);
        ASSERT_FALSE(footer && is_whole(changed, *footer) && *footer == whole) << bit;
        ASSERT_FALSE(footer && decode_segment(changed, *footer)) << bit;
    }
    for (std::size_t size = 0; size < file.size(); ++size)
        ASSERT_FALSE(decode_footer(ByteView(file).first(size))) << size;
}

} // namespace
} // namespace torgo::reading
