#include "peer/http_client.hpp"
#include "peer/http_request.hpp"
#include "sim/stream.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <thread>

namespace torgo::peer {
namespace {

constexpr auto forever = std::numeric_limits<env::Deadline>::max();
constexpr env::Deadline no_patience = 0;

/// A client and, for the test to play the server, the other end of its connection.
struct Wire {
    explicit Wire(sim::StreamOptions up = {.capacity = 4_MiB})
        : pair(sim::connected_streams(up)),
          server(std::move(pair.right)),
          client(std::move(pair.left), "torgo") {}

    void say(std::string_view text) const { EXPECT_TRUE(server->write(as_bytes(text), forever)); }

    /// All that the client has sent until now.
    std::string heard() const {
        std::string all;
        Bytes room(64_KiB);
        while (const auto size = server->read_some(room, 0))
            all.append(as_text(ByteView(room).first(*size)));
        return all;
    }

    sim::StreamPair pair;
    std::unique_ptr<env::Stream> server;
    HttpClient client;
};

TEST(HttpClient, request_is_sent_as_it_is_specified) {
    Wire wire;
    const std::vector<HttpField> fields{{"range", "bytes=0-9"}};
    ASSERT_TRUE(
        wire.client.begin({.method = "GET", .target = "/v1/a", .fields = fields}, {}, forever));
    EXPECT_EQ(wire.heard(), "GET /v1/a HTTP/1.1\r\nhost: torgo\r\nrange: bytes=0-9\r\n\r\n");
    EXPECT_FALSE(wire.client.usable());
}

TEST(HttpClient, requests_go_one_after_another_over_one_connection) {
    Wire wire;
    for (int i = 0; i < 3; ++i) {
        wire.say("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody");
        const auto head = wire.client.exchange({.method = "POST", .target = "/", .body_size = 3},
                                               as_bytes("abc"), forever, forever);
        ASSERT_TRUE(head);
        EXPECT_EQ(head->status, 200);
        EXPECT_FALSE(wire.client.usable());
        EXPECT_EQ(as_text(wire.client.read_whole_body(10, forever).value()), "body");
        EXPECT_TRUE(wire.client.usable());
        EXPECT_EQ(wire.heard(), "POST / HTTP/1.1\r\nhost: torgo\r\ncontent-length: 3\r\n\r\nabc");
    }
}

TEST(HttpClient, response_is_read_the_same_however_it_is_cut) {
    constexpr std::string_view response =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok";
    for (std::size_t cut = 1; cut < response.size(); ++cut) {
        auto pair = sim::connected_streams({}, {.capacity = cut});
        HttpClient client(std::move(pair.left), "torgo");
        std::thread server([&] { EXPECT_TRUE(pair.right->write(as_bytes(response), forever)); });
        const auto head = client.exchange({.method = "GET", .target = "/"}, {}, forever, forever);
        ASSERT_TRUE(head) << cut;
        EXPECT_EQ(head->status, 201);
        EXPECT_EQ(as_text(client.read_whole_body(2, forever).value()), "ok");
        server.join();
    }
}

TEST(HttpClient, refused_large_body_is_not_sent) {
    Wire wire;
    const Bytes body(32_MiB);
    wire.say("HTTP/1.1 507 Full\r\nContent-Length: 0\r\n\r\n");
    const HttpRequest put{
        .method = "PUT", .target = "/x", .body_size = body.size(), .ask_first = true};
    EXPECT_EQ(wire.client.exchange(put, body, forever, forever).value().status, 507);
    EXPECT_EQ(wire.heard(), "PUT /x HTTP/1.1\r\nhost: torgo\r\ncontent-length: 33554432\r\n"
                            "expect: 100-continue\r\n\r\n");
    // The server may still wait for the body.
    EXPECT_FALSE(wire.client.usable());
}

TEST(HttpClient, wanted_body_is_sent_after_100_or_when_patience_ends) {
    const Bytes body(1_MiB, 7);
    const HttpRequest put{
        .method = "PUT", .target = "/x", .body_size = body.size(), .ask_first = true};
    for (const bool answers : {true, false}) {
        Wire wire;
        if (answers) wire.say("HTTP/1.1 100 Continue\r\n\r\n");
        ASSERT_TRUE(wire.client.begin(put, {}, forever));
        EXPECT_TRUE(wire.client.may_send_body(answers ? forever : no_patience, forever).value());
        ASSERT_TRUE(wire.client.send_body(ByteView(body).first(1000), forever));
        ASSERT_TRUE(wire.client.send_body(ByteView(body).subspan(1000), forever));
        wire.say(answers ? "" : "HTTP/1.1 100 Continue\r\n\r\n");
        wire.say("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
        EXPECT_EQ(wire.client.finish(forever).value().status, 201);
        EXPECT_TRUE(wire.client.usable());
        EXPECT_TRUE(wire.heard().ends_with(as_text(body)));
    }
}

TEST(HttpClient, response_to_a_body_that_was_cut_short_is_found) {
    Wire wire({.cut_after = 100'000});
    const Bytes body(1_MiB);
    wire.say("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
    const HttpRequest put{.method = "PUT", .target = "/", .body_size = body.size()};
    EXPECT_EQ(wire.client.exchange(put, body, forever, forever).value().status, 413);
    EXPECT_FALSE(wire.client.usable());
}

TEST(HttpClient, connection_without_a_response_is_unavailable) {
    Wire wire;
    wire.server->close();
    const auto head = wire.client.exchange({.method = "GET", .target = "/"}, {}, forever, forever);
    EXPECT_EQ(head.error().code(), Errc::unavailable);
    EXPECT_FALSE(wire.client.usable());
}

TEST(HttpClient, connection_that_ends_within_a_body_is_unavailable) {
    Wire wire;
    ASSERT_TRUE(wire.client.begin({.method = "GET", .target = "/"}, {}, forever));
    wire.say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbo");
    wire.server->close();
    ASSERT_TRUE(wire.client.finish(forever));
    EXPECT_EQ(wire.client.read_whole_body(9, forever).error().code(), Errc::unavailable);
    EXPECT_FALSE(wire.client.usable());
}

TEST(HttpClient, body_where_there_is_none_is_refused) {
    for (const auto* response :
         {"HTTP/1.1 204 No Content\r\n\r\nx", "HTTP/1.1 304 Not Modified\r\n\r\nx"}) {
        Wire wire;
        wire.say(response);
        const auto head =
            wire.client.exchange({.method = "GET", .target = "/"}, {}, forever, forever);
        EXPECT_EQ(head.error().code(), Errc::corrupt);
        EXPECT_FALSE(wire.client.usable());
    }
    Wire wire;
    wire.say("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
    const auto head = wire.client.exchange({.method = "HEAD", .target = "/"}, {}, forever, forever);
    EXPECT_EQ(head.error().code(), Errc::corrupt);
}

TEST(HttpClient, bytes_after_a_response_end_the_use_of_the_connection) {
    Wire wire;
    wire.say("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab");
    ASSERT_TRUE(wire.client.exchange({.method = "GET", .target = "/"}, {}, forever, forever));
    EXPECT_EQ(as_text(wire.client.read_whole_body(1, forever).value()), "a");
    EXPECT_FALSE(wire.client.usable());
}

TEST(HttpClient, server_that_closes_is_not_asked_again) {
    Wire wire;
    wire.say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    ASSERT_TRUE(wire.client.exchange({.method = "GET", .target = "/"}, {}, forever, forever));
    EXPECT_FALSE(wire.client.usable());
}

TEST(HttpClient, body_above_the_callers_limit_is_not_read) {
    Wire wire;
    wire.say("HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999\r\n\r\n");
    ASSERT_TRUE(wire.client.exchange({.method = "GET", .target = "/"}, {}, forever, forever));
    EXPECT_EQ(wire.client.read_whole_body(1_MiB, forever).error().code(), Errc::limit_exceeded);
}

TEST(HttpClient, endless_100_are_refused) {
    Wire wire;
    for (int i = 0; i < 10; ++i)
        wire.say("HTTP/1.1 100 Continue\r\n\r\n");
    const auto head = wire.client.exchange({.method = "GET", .target = "/"}, {}, forever, forever);
    EXPECT_EQ(head.error().code(), Errc::corrupt);
}

TEST(HttpClient, what_cannot_stand_in_a_head_is_not_sent) {
    Wire wire;
    const auto code = [&](const HttpRequest& request) {
        return wire.client.begin(request, {}, forever).error().code();
    };
    EXPECT_EQ(code({.method = "", .target = "/"}), Errc::invalid_argument);
    EXPECT_EQ(code({.method = "G T", .target = "/"}), Errc::invalid_argument);
    EXPECT_EQ(code({.method = "GET", .target = "x"}), Errc::invalid_argument);
    EXPECT_EQ(code({.method = "GET", .target = "/ HTTP/1.1\r\nx: y"}), Errc::invalid_argument);
    for (const HttpField& field : {HttpField{"a", "b\r\nc: d"},
                                   {"A", "b"},
                                   {"a b", "c"},
                                   {"a", " b"},
                                   {"content-length", "1"},
                                   {"host", "x"}}) {
        const std::vector<HttpField> fields{field};
        EXPECT_EQ(code({.method = "GET", .target = "/", .fields = fields}), Errc::invalid_argument)
            << field.name;
    }
    const std::vector<HttpField> long_fields(60, {"a", std::string(300, 'x')});
    EXPECT_EQ(code({.method = "GET", .target = "/", .fields = long_fields}), Errc::limit_exceeded);
    EXPECT_EQ(wire.heard(), "");
    EXPECT_TRUE(wire.client.usable());
}

TEST(HttpClient, own_requests_are_good_requests) {
    Wire wire;
    const std::vector<HttpField> fields{{"x-a", "b  c"}, {"x-empty", ""}};
    const HttpRequest put{.method = "PUT",
                          .target = "/v1/r/s?after=%20",
                          .fields = fields,
                          .body_size = 5,
                          .ask_first = true};
    ASSERT_TRUE(wire.client.begin(put, {}, forever));
    HttpRequestParser parser(100);
    ASSERT_TRUE(parser.feed(as_bytes(wire.heard())));
    ASSERT_TRUE(parser.complete());
    const auto head = parser.take();
    EXPECT_EQ(head.method, put.method);
    EXPECT_EQ(head.target, put.target);
    EXPECT_EQ(head.body_size, 5U);
    EXPECT_TRUE(head.expects_continue);
    EXPECT_EQ(find_field(head.fields, "x-a"), "b  c");
}

} // namespace
} // namespace torgo::peer
