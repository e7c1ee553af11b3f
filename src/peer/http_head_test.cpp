#include "peer/http_head.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace torgo::peer {
namespace {

constexpr std::size_t line_max = 100;

int status_of(std::string_view text) {
    HttpHeadReader reader(line_max);
    const auto used = reader.feed(as_bytes(text));
    return used ? 0 : used.error().status;
}

int fields_status(std::string_view lines) {
    const auto fields = parse_fields(lines);
    return fields ? 0 : fields.error().status;
}

int size_status(std::string_view lines) {
    const auto size = parse_body_size(parse_fields(lines).value());
    return size ? 0 : size.error().status;
}

TEST(HttpHead, ends_at_the_empty_line_and_leaves_the_rest) {
    HttpHeadReader reader(line_max);
    EXPECT_EQ(reader.feed(as_bytes("first\r\na: b\r\n\r\nbody")).value(), 15U);
    ASSERT_TRUE(reader.complete());
    EXPECT_EQ(reader.text(), "first\r\na: b\r\n");
    EXPECT_EQ(reader.feed(as_bytes("body")).value(), 0U);
}

TEST(HttpHead, refuses_cr_and_lf_that_stand_alone_at_once) {
    for (const auto* text : {"first\n", "first\rx", "first\r\r\n", "first\r\na: b\n", "\n",
                             "first\r\n\n", "first\r\na: b\r\n\rx"})
        EXPECT_EQ(status_of(text), 400) << text;
    EXPECT_EQ(status_of("first\r\n"), 0);
}

TEST(HttpHead, refuses_an_empty_first_line) {
    EXPECT_EQ(status_of("\r\n"), 400);
}

TEST(HttpHead, lengths_are_refused_one_byte_above_their_limits) {
    const std::string line(line_max, 'x');
    EXPECT_EQ(status_of(line + "\r\n"), 0);
    EXPECT_EQ(status_of(line + "x"), 414);
    const std::string fits = "a\r\n" + std::string(http_head_size_max - 7, 'x');
    EXPECT_EQ(status_of(fits + "\r\n\r\n"), 0);
    EXPECT_EQ(status_of(fits + "x\r\n\r\n"), 431);
}

TEST(HttpHead, fields_are_trimmed_and_their_names_lowered) {
    const auto fields = parse_fields("Range:\t bytes=0-1 \r\nx-empty:\r\n").value();
    ASSERT_EQ(fields.size(), 2U);
    EXPECT_EQ(fields[0], (HttpField{"range", "bytes=0-1"}));
    EXPECT_EQ(fields[1], (HttpField{"x-empty", ""}));
    EXPECT_EQ(find_field(fields, "range"), "bytes=0-1");
    EXPECT_FALSE(find_field(fields, "host"));
}

TEST(HttpHead, refuses_fields_that_two_readers_could_read_differently) {
    for (const auto* lines : {"no colon\r\n", ": no name\r\n", "name : x\r\n", " folded: x\r\n",
                              "a: b\r\n folded\r\n", "a: b\r\n\tfolded: c\r\n", "na(me: x\r\n",
                              "a: \x01\r\n", "a: \x7f\r\n", "a: \xc3\xa4\r\n"})
        EXPECT_EQ(fields_status(lines), 400) << lines;
    using namespace std::string_view_literals;
    EXPECT_EQ(fields_status("a\0b: x\r\n"sv), 400);
    EXPECT_EQ(fields_status("a: x\0y\r\n"sv), 400);
}

TEST(HttpHead, refuses_more_fields_than_its_limit) {
    std::string lines;
    for (std::size_t i = 0; i < http_fields_max; ++i)
        lines += "a: b\r\n";
    EXPECT_EQ(fields_status(lines), 0);
    EXPECT_EQ(fields_status(lines + "a: b\r\n"), 431);
}

TEST(HttpHead, body_size_has_one_spelling) {
    EXPECT_EQ(parse_body_size({}).value(), std::nullopt);
    const auto size = [](std::string_view text) {
        return parse_body_size(
            parse_fields("Content-Length: " + std::string(text) + "\r\n").value());
    };
    EXPECT_EQ(size("0").value(), 0U);
    EXPECT_EQ(size("33554432").value(), 33'554'432U);
    EXPECT_EQ(size("9999999999999999999").value(), 9'999'999'999'999'999'999U);
    for (const auto* text : {"", "+1", "-1", "01", "00", "1 1", "1,1", "0x1", "1.0", "a",
                             "18446744073709551616", "10000000000000000000"})
        EXPECT_EQ(size(text).error().status, 400) << text;
    EXPECT_EQ(size_status("Content-Length: 1\r\ncontent-length: 1\r\n"), 400);
    EXPECT_EQ(size_status("Transfer-Encoding: chunked\r\n"), 501);
    EXPECT_EQ(size_status("Transfer-Encoding: identity\r\nContent-Length: 1\r\n"), 501);
}

TEST(HttpHead, connection_is_kept_unless_close_is_said) {
    const auto keep = [](std::string_view lines) {
        return parse_keep_alive(parse_fields(lines).value());
    };
    EXPECT_TRUE(keep(""));
    EXPECT_TRUE(keep("Connection: keep-alive\r\n"));
    EXPECT_TRUE(keep("Connection: closed\r\nX: close\r\n"));
    EXPECT_FALSE(keep("Connection: close\r\n"));
    EXPECT_FALSE(keep("Connection: keep-alive , Close\r\n"));
    EXPECT_FALSE(keep("Connection: keep-alive\r\nconnection: CLOSE\r\n"));
}

RC_GTEST_PROP(HttpHead, good_fields_come_back, ()) {
    const auto text = *rc::gen::container<std::string>(rc::gen::inRange<char>(0x20, 0x7f));
    const HttpField field{.name = "x-name", .value = text};
    const auto fields = parse_fields("x-name: " + text + "\r\n").value();
    RC_ASSERT(fields.size() == 1U);
    RC_ASSERT(is_good_field(fields[0]));
    RC_ASSERT(is_good_field(field) == (fields[0] == field));
}

} // namespace
} // namespace torgo::peer
