#include "peer/http_response.hpp"
#include "peer/test_http.hpp"

#include <gtest/gtest.h>

namespace torgo::peer {
namespace {

constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\n";

Errc code_of(std::string_view text, bool of_head_request = false) {
    HttpResponseParser parser;
    parser.set_of_head_request(of_head_request);
    const auto used = parser.feed(as_bytes(text));
    EXPECT_EQ(parser.complete(), used.has_value()) << text;
    return used ? Errc{} : used.error().code();
}

HttpResponseHead head_of(std::string_view text, bool of_head_request = false) {
    HttpResponseParser parser;
    parser.set_of_head_request(of_head_request);
    EXPECT_TRUE(parser.feed(as_bytes(text)));
    return parser.take();
}

TEST(HttpResponse, head_is_read_the_same_however_it_is_cut) {
    for (std::size_t piece = 1; piece <= ok.size(); ++piece) {
        HttpResponseParser parser;
        ASSERT_TRUE(feed_in_pieces(parser, ok, piece)) << piece;
        EXPECT_EQ(parser.status(), 200);
        const auto head = parser.take();
        EXPECT_EQ(head.status, 200);
        EXPECT_EQ(head.fields.size(), 2U);
        EXPECT_EQ(head.body_size, 5U);
        EXPECT_TRUE(head.keep_alive);
        EXPECT_FALSE(parser.complete());
    }
}

TEST(HttpResponse, strange_first_lines_are_refused) {
    for (const auto* line :
         {"HTTP/1.0 200 OK", "HTTP/2 200 OK", "http/1.1 200 OK", "HTTP/1.1 200", "HTTP/1.1 20 OK",
          "HTTP/1.1 2000 OK", "HTTP/1.1  200 OK", "HTTP/1.1 +20 OK", "HTTP/1.1 099 X",
          "HTTP/1.1 600 X", "HTTP/1.1 101 Switching", "HTTP/1.1 103 Hints", "HTTP/1.1 200 \x01",
          "HTTP/1.1", "X"})
        EXPECT_EQ(code_of(std::string(line) + "\r\nContent-Length: 0\r\n\r\n"), Errc::corrupt)
            << line;
    EXPECT_EQ(code_of("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"), Errc{});
}

TEST(HttpResponse, lengths_above_their_limits_are_refused) {
    EXPECT_EQ(code_of("HTTP/1.1 200 " + std::string(300, 'x') + "\r\n"), Errc::limit_exceeded);
    EXPECT_EQ(code_of("HTTP/1.1 200 OK\r\na: " + std::string(16_KiB, 'x')), Errc::limit_exceeded);
}

TEST(HttpResponse, body_is_as_long_as_it_says_and_never_in_chunks) {
    EXPECT_EQ(code_of("HTTP/1.1 200 OK\r\n\r\n"), Errc::corrupt);
    EXPECT_EQ(code_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), Errc::corrupt);
    EXPECT_EQ(code_of("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"), Errc::corrupt);
    EXPECT_EQ(code_of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n"),
              Errc::corrupt);
}

TEST(HttpResponse, some_responses_have_no_body) {
    const auto head = head_of(ok, true);
    EXPECT_EQ(head.body_size, 0U);
    EXPECT_EQ(head.announced_size, 5U);
    EXPECT_EQ(code_of("HTTP/1.1 200 OK\r\n\r\n", true), Errc{});
    const auto unchanged = head_of("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n");
    EXPECT_EQ(unchanged.body_size, 0U);
    EXPECT_EQ(unchanged.announced_size, 5U);
    EXPECT_EQ(head_of("HTTP/1.1 204 No Content\r\n\r\n").body_size, 0U);
    EXPECT_EQ(head_of("HTTP/1.1 100 Continue\r\n\r\n").body_size, 0U);
    EXPECT_EQ(code_of("HTTP/1.1 204 No Content\r\nContent-Length: 1\r\n\r\n"), Errc::corrupt);
    EXPECT_EQ(code_of("HTTP/1.1 100 Continue\r\nContent-Length: 1\r\n\r\n"), Errc::corrupt);
}

} // namespace
} // namespace torgo::peer
