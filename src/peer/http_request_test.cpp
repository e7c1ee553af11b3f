#include "peer/http_request.hpp"
#include "peer/test_http.hpp"

#include <gtest/gtest.h>

namespace torgo::peer {
namespace {

constexpr std::uint64_t body_max = 1000;

constexpr std::string_view put = "PUT /v1/a/segments/b?x=1 HTTP/1.1\r\nHost: torgo\r\n"
                                 "Content-Length: 12\r\nExpect: 100-continue\r\n\r\n";

/// The status with which it is refused; 0 when it is not.
int status_of(std::string_view text) {
    HttpRequestParser parser(body_max);
    const auto used = parser.feed(as_bytes(text));
    EXPECT_EQ(parser.complete(), used.has_value()) << text;
    return used ? 0 : used.error().status;
}

std::string request(std::string_view first_line, std::string_view fields = "") {
    return std::string(first_line) + "\r\nHost: t\r\n" + std::string(fields) + "\r\n";
}

TEST(HttpRequest, head_is_read_the_same_however_it_is_cut) {
    for (std::size_t piece = 1; piece <= put.size(); ++piece) {
        HttpRequestParser parser(body_max);
        ASSERT_TRUE(feed_in_pieces(parser, put, piece)) << piece;
        const auto head = parser.take();
        EXPECT_EQ(head.method, "PUT");
        EXPECT_EQ(head.target, "/v1/a/segments/b?x=1");
        EXPECT_EQ(head.fields.size(), 3U);
        EXPECT_EQ(head.body_size, 12U);
        EXPECT_TRUE(head.expects_continue);
        EXPECT_TRUE(head.keep_alive);
    }
}

TEST(HttpRequest, body_and_next_request_stay_with_the_caller) {
    std::string wire = std::string(put) + "twelve bytes" + request("GET / HTTP/1.1");
    HttpRequestParser parser(body_max);
    EXPECT_TRUE(parser.idle());
    ASSERT_EQ(parser.feed(as_bytes(wire)).value(), put.size());
    EXPECT_FALSE(parser.idle());
    EXPECT_EQ(parser.feed(as_bytes(wire)).value(), 0U);
    EXPECT_EQ(parser.take().body_size, 12U);
    EXPECT_TRUE(parser.idle());
    wire.erase(0, put.size() + 12);
    ASSERT_EQ(parser.feed(as_bytes(wire)).value(), wire.size());
    EXPECT_EQ(parser.take().method, "GET");
}

TEST(HttpRequest, strange_first_lines_are_bad_requests) {
    for (const auto* line :
         {"GET", "GET /", "GET  HTTP/1.1", " / HTTP/1.1", "GET a HTTP/1.1", "GET * HTTP/1.1",
          "GET http://h/ HTTP/1.1", "GET /a b HTTP/1.1", "GET /#f HTTP/1.1", "GET /\x80 HTTP/1.1",
          "GET /\t HTTP/1.1", "G(T / HTTP/1.1", "GET / http/1.1", "GET / HTTP/11",
          "GET / HTTP/1.1 ", "GET / HTTP/1.10"})
        EXPECT_EQ(status_of(request(line)), 400) << line;
    EXPECT_EQ(status_of(request("GET / HTTP/1.1")), 0);
}

TEST(HttpRequest, other_versions_are_named_as_such) {
    for (const auto* line : {"GET / HTTP/1.0", "GET / HTTP/2.0", "GET / HTTP/0.9"})
        EXPECT_EQ(status_of(request(line)), 505) << line;
}

TEST(HttpRequest, lengths_are_refused_one_byte_above_their_limits) {
    const auto line = [](std::size_t method, std::size_t target) {
        return request(std::string(method, 'M') + " /" + std::string(target - 1, 'x') +
                       " HTTP/1.1");
    };
    EXPECT_EQ(status_of(line(http_method_size_max, http_target_size_max)), 0);
    EXPECT_EQ(status_of(line(http_method_size_max + 1, 10)), 501);
    EXPECT_EQ(status_of(line(3, http_target_size_max + 1)), 414);
    EXPECT_EQ(status_of(line(3, 10'000)), 414);
    EXPECT_EQ(status_of(request("GET / HTTP/1.1", "a: " + std::string(16_KiB, 'x') + "\r\n")), 431);
}

TEST(HttpRequest, host_stands_once) {
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
}

TEST(HttpRequest, bodies_are_announced_and_within_their_limit) {
    EXPECT_EQ(status_of(request("PUT / HTTP/1.1")), 411);
    EXPECT_EQ(status_of(request("POST / HTTP/1.1")), 411);
    EXPECT_EQ(status_of(request("PUT / HTTP/1.1", "Content-Length: 0\r\n")), 0);
    EXPECT_EQ(status_of(request("PUT / HTTP/1.1", "Content-Length: 1000\r\n")), 0);
    EXPECT_EQ(status_of(request("PUT / HTTP/1.1", "Content-Length: 1001\r\n")), 413);
    EXPECT_EQ(status_of(request("PUT / HTTP/1.1", "Transfer-Encoding: chunked\r\n")), 501);
    EXPECT_EQ(status_of(request("PUT / HTTP/1.1", "Content-Length: +1\r\n")), 400);
    EXPECT_EQ(status_of(request("GET / HTTP/1.1", "Content-Length: 1\r\n")), 400);
    EXPECT_EQ(status_of(request("HEAD / HTTP/1.1", "Content-Length: 1\r\n")), 400);
    EXPECT_EQ(status_of(request("DELETE / HTTP/1.1")), 0);
}

TEST(HttpRequest, only_a_100_can_be_expected_and_only_for_a_body) {
    const auto expect = [](std::string_view fields) {
        HttpRequestParser parser(body_max);
        EXPECT_TRUE(parser.feed(as_bytes(request("PUT / HTTP/1.1", fields))));
        return parser.take().expects_continue;
    };
    EXPECT_EQ(status_of(request("PUT / HTTP/1.1", "Content-Length: 1\r\nExpect: x\r\n")), 417);
    EXPECT_FALSE(expect("Content-Length: 1\r\n"));
    EXPECT_FALSE(expect("Content-Length: 0\r\nExpect: 100-continue\r\n"));
    EXPECT_TRUE(expect("Content-Length: 1\r\nExpect: 100-continue\r\n"));
}

} // namespace
} // namespace torgo::peer
