#include "base/utf8.hpp"
#include "cli/format.hpp"
#include "cli/json.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <limits>

namespace torgo::cli {

TEST(SizeText, shows_three_digits_in_binary_units) {
    EXPECT_EQ(size_text(0), "0 B");
    EXPECT_EQ(size_text(1023), "1023 B");
    EXPECT_EQ(size_text(1024), "1.00 KiB");
    EXPECT_EQ(size_text(12'900'000), "12.3 MiB");
    EXPECT_EQ(size_text(123 * 1024 * 1024), "123 MiB");
    EXPECT_EQ(size_text(1024ULL * 1024 * 1024 - 1), "1.00 GiB");
    EXPECT_EQ(size_text(std::numeric_limits<std::uint64_t>::max()), "16.0 EiB");
}

RC_GTEST_PROP(SizeText, never_shows_more_than_four_digits_or_loses_the_order,
              (std::uint64_t bytes)) {
    const auto text = size_text(bytes);
    const auto digits = std::ranges::count_if(text, [](char c) { return c >= '0' && c <= '9'; });
    RC_ASSERT(digits <= 4);
    if (bytes >= 1024) RC_ASSERT(digits == 3 || text.starts_with("10"));
}

TEST(CountText, groups_thousands) {
    EXPECT_EQ(count_text(0), "0");
    EXPECT_EQ(count_text(999), "999");
    EXPECT_EQ(count_text(1000), "1,000");
    EXPECT_EQ(count_text(1'234'567), "1,234,567");
    EXPECT_EQ(plural(1, "file", "files"), "1 file");
    EXPECT_EQ(plural(0, "file", "files"), "0 files");
}

TEST(DurationText, counts_hours_only_when_there_are_some) {
    EXPECT_EQ(duration_text(-5), "0:00");
    EXPECT_EQ(duration_text(7'999'999'999), "0:07");
    EXPECT_EQ(duration_text(754'000'000'000), "12:34");
    EXPECT_EQ(duration_text(3'723'000'000'000), "1:02:03");
}

TEST(LocalTime, follows_the_time_zone_and_utc_does_not) {
    ::setenv("TZ", "XYZ-05:30", 1);
    ::tzset();
    EXPECT_EQ(local_time(0), "1970-01-01 05:30:00");
    EXPECT_EQ(utc_time(0), "1970-01-01T00:00:00.000000000Z");
    EXPECT_EQ(utc_time(1'741'525'559'000'000'001), "2025-03-09T13:05:59.000000001Z");
    EXPECT_EQ(utc_time(-1), "1969-12-31T23:59:59.999999999Z");
    ::unsetenv("TZ");
    ::tzset();
}

TEST(ModeText, shows_the_special_bits) {
    EXPECT_EQ(mode_text('-', 0644), "-rw-r--r--");
    EXPECT_EQ(mode_text('d', 01777), "drwxrwxrwt");
    EXPECT_EQ(mode_text('-', 06750), "-rwsr-s---");
    EXPECT_EQ(mode_text('-', 07000), "---S--S--T");
}

TEST(Printable, lets_no_control_character_reach_the_terminal) {
    EXPECT_EQ(printable("plain ünï"), "plain ünï");
    EXPECT_EQ(printable("a\x1b[31mb\n"), "a\\x1b[31mb\\x0a");
    EXPECT_EQ(printable("\xff"), "\\xff");
    EXPECT_EQ(printable("\xe2\x80\xae"
                        "gpj.exe"),
              "\\xe2\\x80\\xaegpj.exe"); // right-to-left override
}

RC_GTEST_PROP(Printable, is_always_utf8_without_controls, (const std::string& raw)) {
    const auto shown = printable(raw);
    RC_ASSERT(is_utf8(shown));
    for (const char c : shown)
        RC_ASSERT(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
}

TEST(Utf8, refuses_what_rfc_3629_refuses) {
    EXPECT_TRUE(is_utf8("\xf0\x9f\x98\x80"));
    EXPECT_FALSE(is_utf8("\xc0\x80"));         // overlong
    EXPECT_FALSE(is_utf8("\xed\xa0\x80"));     // surrogate
    EXPECT_FALSE(is_utf8("\xf4\x90\x80\x80")); // beyond U+10FFFF
    EXPECT_FALSE(is_utf8("\xe2\x82"));         // cut short
}

TEST(Table, aligns_columns_of_any_script) {
    Table table;
    table.column("Name");
    table.column("Size", Table::Align::right);
    table.row({"é", "1"});
    table.row({"longer", "1000"});
    EXPECT_EQ(table.lines(), (std::vector<std::string>{"Name    Size", "------------",
                                                       "é          1", "longer  1000"}));
}

TEST(Wrapped, keeps_paragraphs_and_indented_lines) {
    EXPECT_EQ(wrapped("one two three\n\nfour\n  as it is", 8),
              (std::vector<std::string>{"one two", "three", "", "four", "  as it is"}));
    EXPECT_EQ(wrapped("unbreakable a", 3), (std::vector<std::string>{"unbreakable", "a"}));
}

TEST(Json, keeps_the_order_and_escapes) {
    const auto object =
        Json("x").text("a", "q\"\\\n\x01").number("b", 7).flag("c", false).texts("d", {"1", "2"});
    EXPECT_EQ(object.line(),
              R"({"message_type":"x","a":"q\"\\\n\u0001","b":7,"c":false,"d":["1","2"]})");
}

// CLI-21
TEST(Json, gives_the_exact_bytes_of_what_is_no_utf8) {
    EXPECT_EQ(Json().text("name", "a\xff").line(),
              "{\"name\":\"a\xef\xbf\xbd\",\"name_hex\":\"61ff\"}");
    EXPECT_EQ(Json().texts("p", {"a", "\xff"}).line(),
              "{\"p\":[\"a\",\"\xef\xbf\xbd\"],\"p_hex\":[\"61\",\"ff\"]}");
}

TEST(JsonDeath, a_key_that_comes_twice_is_a_bug) {
    EXPECT_DEATH((void)Json("x").text("state", "a").number("state", 1), "json.cpp");
    EXPECT_DEATH((void)Json().text("name", "\xff").text("name_hex", ""), "json.cpp");
}

TEST(Json, writes_numbers_that_every_parser_reads) {
    EXPECT_EQ(Json().real("x", 0.5).line(), R"({"x":0.5})");
    EXPECT_EQ(Json().real("x", 3).line(), R"({"x":3})");
    EXPECT_EQ(Json().real("x", std::numeric_limits<double>::quiet_NaN()).line(), R"({"x":null})");
    EXPECT_EQ(Json().signed_number("x", -1).line(), R"({"x":-1})");
}

RC_GTEST_PROP(JsonString, is_utf8_without_raw_controls, (const std::string& raw)) {
    const auto text = json_string(raw);
    RC_ASSERT(is_utf8(text));
    for (const char c : text)
        RC_ASSERT(static_cast<unsigned char>(c) >= 0x20);
}

} // namespace torgo::cli
