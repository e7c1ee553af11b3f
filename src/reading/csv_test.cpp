#include "reading/csv.hpp"
#include "reading/test_readings.hpp"

#include <gtest/gtest.h>

namespace torgo::reading {
namespace {

std::string error_of(std::string_view text) {
    const auto table = parse_csv(text, 100);
    return table ? "none" : table.error().detail();
}

// [READING-20]
TEST(Csv, every_row_comes_back_byte_for_byte) {
    const std::string text = "Timestamp,patient_id,HR,SpO2,temp_c,RR,sbp,dbp\n"
                             "2026-11-22T19:06:45Z,17,72,98,36.6,16,120,80\n"
                             "2026-11-22T19:06:46.250Z,17,,98,36.60,,-3,0.000\n"
                             "2026-11-22T19:06:47Z,ffffffffffffffff,0,,,,,\n";
    const auto table = parse_csv(text, 100);
    ASSERT_TRUE(table) << table.error().detail();
    EXPECT_EQ(table->layout.profile->name, "vitals");
    std::string back = print_csv_header(table->layout) + "\n";
    for (const auto& row : table->rows)
        back += print_csv_row(row, table->layout) + "\n";
    EXPECT_EQ(back, text);
}

TEST(Csv, every_reading_comes_back_from_its_row) {
    rc::check([] {
        const auto sent = any_sent(*rc::gen::inRange<std::uint64_t>(1, ~std::uint64_t{0}), 0);
        auto reading = sent.reading;
        reading.quality = Quality::good;
        const auto layout = CsvLayout::standard(*find_profile(reading.profile));
        RC_ASSERT((parse_csv_header(print_csv_header(layout))->profile == layout.profile));
        RC_ASSERT((parse_csv_row(print_csv_row(reading, layout), layout) == reading));
    });
}

TEST(Csv, takes_the_smallest_profile_that_has_all_columns) {
    EXPECT_EQ(parse_csv_header("time,hr,spo2")->profile->name, "vitals-pulse");
    EXPECT_EQ(parse_csv_header("temperature,time,co2")->profile->name, "room-air");
    EXPECT_EQ(parse_csv_header("time,temperature,co2,rh,hpa")->profile->name, "room");
    EXPECT_FALSE(parse_csv_header("time,hr,co2"));
}

TEST(Csv, tells_line_and_column_of_what_it_refuses) {
    const std::string head = "time,source,hr\n";
    EXPECT_EQ(error_of(""), "line 1: no header");
    EXPECT_EQ(error_of("time,source,lactate\n"),
              "line 1: column 3: \"lactate\" is no value that is known");
    EXPECT_EQ(error_of("time,hr,pulse\n"), "line 1: column 3: heart_rate comes twice");
    EXPECT_EQ(error_of("source,hr\n"), "line 1: no column has the time");
    EXPECT_EQ(error_of("time,source\n"), "line 1: no column has a value");
    EXPECT_EQ(error_of(head + "2026-11-22T19:06:45Z,1,72"), "line 2: the last line does not end");
    EXPECT_EQ(error_of(head + "2026-11-22T19:06:45Z,1,72\n\n"),
              "line 3: column 1: 1 columns, not 3");
    EXPECT_EQ(error_of(head + "2026-11-22T19:06:45Z,1,072\n"),
              "line 2: column 3: not a plain decimal number like 36.6");
    EXPECT_TRUE(error_of(head + "2026-11-22T19:06:45Z,1,72\r\n").starts_with("line 2: ends with"));
    EXPECT_EQ(error_of(head + "2026-11-22T19:06:45Z,01,72\n"),
              "line 2: column 2: not a source's number");
    EXPECT_EQ(error_of(head + "yesterday,1,72\n"),
              "line 2: column 1: not a time like 2026-11-22T19:06:45Z");
    EXPECT_EQ(parse_csv(head + "2026-11-22T19:06:45Z,1,7\n", 0).error().code(),
              Errc::limit_exceeded);
    EXPECT_FALSE(parse_csv_header(std::string(csv_line_max + 1, 'a')));
}

// [READING-20]
TEST(Csv, names_what_other_programs_put_around_rows) {
    const std::string row = "2026-01-01T00:00:00Z,70";
    const auto why = [](const std::string& text) {
        return parse_csv(text, 10).error().detail();
    };
    EXPECT_TRUE(why("\xEF\xBB\xBFtime,heart_rate\n" + row + "\n").contains("byte order mark"));
    EXPECT_TRUE(why("time,heart_rate\r\n" + row + "\r\n").starts_with("line 1"));
    EXPECT_TRUE(why("time,heart_rate\n" + row + "\r\n").contains("carriage return"));
}

} // namespace
} // namespace torgo::reading
