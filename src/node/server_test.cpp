#include "node/server.hpp"
#include "node/test_server.hpp"

#include <filesystem>
#include <thread>

namespace torgo::node {

namespace {

using peer::HttpField;

const std::string status_target = in_repository("status");

/// A true segment of 8 MiB, and where it belongs.
struct Large {
    SegmentId id;
    Bytes content = make_segment(127, 3, id);
    std::string target = segment_target(id);
};

/// A folder of this test alone.
struct Folder {
    std::string path;

    Folder() {
        std::string pattern = std::filesystem::temp_directory_path() / "torgo-server-XXXXXX";
        path = ::mkdtemp(pattern.data());
    }

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    Folder(Folder&&) = delete;
    Folder& operator=(Folder&&) = delete;

    ~Folder() { std::filesystem::remove_all(path); }
};

void expect_round_trip(const TestServer& test, std::size_t listener) {
    const Large large;
    auto client = test.client(listener);
    ASSERT_EQ(test.ask(client, "PUT", large.target, large.content, true)->head.status, 201);
    EXPECT_EQ(test.ask(client, "GET", large.target)->body, large.content);
    const HttpField range{"range", "bytes=1000000-3000000"};
    const auto part = test.ask(client, "GET", large.target, {}, false, {&range, 1});
    ASSERT_TRUE(part);
    EXPECT_EQ(part->head.status, 206);
    EXPECT_EQ(part->body,
              Bytes(large.content.begin() + 1'000'000, large.content.begin() + 3'000'001));
    const auto head = test.ask(client, "HEAD", large.target);
    ASSERT_TRUE(head);
    EXPECT_EQ(head->head.announced_size, large.content.size());
    Bytes ids(large.id.bytes.begin(), large.id.bytes.end());
    ids.resize(64);
    EXPECT_EQ(test.ask(client, "POST", in_repository("have"), ids)->body, Bytes{1});
    EXPECT_EQ(test.count(Count::handshakes), 1U) << "all on one connection";
}

} // namespace

TEST(Server, stores_and_gives_back_over_one_link) {
    const TestServer test;
    expect_round_trip(test, 0);
}

TEST(Server, serves_on_a_unix_socket_that_only_its_owner_may_use) {
    const Folder folder;
    const auto path = folder.path + "/node";
    {
        // Left by a process that is dead.
        sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
        std::memcpy(static_cast<char*>(address.sun_path), path.data(), path.size());
        const int left = ::socket(AF_UNIX, SOCK_STREAM, 0);
        ASSERT_EQ(::bind(left, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        ::close(left);
    }
    const std::vector<Listener> listeners{{{"127.0.0.1", 0}}, {{path, 0}}};
    {
        const TestServer test(listeners);
        EXPECT_EQ(std::filesystem::status(path).permissions(),
                  std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
        expect_round_trip(test, 1);
        const auto second =
            Server::start(*test.node.service, test.tls.server, test.clock, listeners);
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().code(), Errc::exists);
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Server, keeps_a_link_for_many_requests) {
    const TestServer test;
    auto client = test.client();
    for (int i = 0; i < 100; ++i) {
        const auto answer = test.ask(client, "GET", status_target);
        ASSERT_TRUE(answer);
        ASSERT_EQ(answer->head.status, 200);
    }
    EXPECT_EQ(test.count(Count::accepted), 1U);
}

TEST(Server, answers_requests_that_come_at_once_one_after_another) {
    const TestServer test;
    const auto link = test.link();
    const std::string rest = " HTTP/1.1\r\nHost: x\r\n";
    const std::string all = "GET " + status_target + rest + "\r\nDELETE " + status_target + rest +
                            "\r\nGET /v1/nothing" + rest + "Connection: close\r\n\r\n";
    ASSERT_TRUE(link->write(as_bytes(all), test.soon()));
    Bytes bytes;
    ASSERT_TRUE(ends(*link, test.soon(), &bytes));
    const auto text = as_text(bytes);
    const auto first = text.find("HTTP/1.1 200");
    const auto second = text.find("HTTP/1.1 405", first);
    EXPECT_NE(text.find("HTTP/1.1 404", second), std::string_view::npos);
    EXPECT_EQ(first, 0U);
}

// PEER-5
TEST(Server, refuses_a_body_before_it_comes) {
    const TestServer test({}, 1_MiB);
    const Large large;
    auto client = test.client();
    const peer::HttpRequest put{"PUT", large.target, {}, large.content.size(), true};
    ASSERT_TRUE(client.begin(put, {}, test.soon()));
    EXPECT_FALSE(client.may_send_body(test.soon(), test.soon()).value());
    const auto head = client.finish(test.soon());
    ASSERT_TRUE(head);
    EXPECT_EQ(head->status, 507);
    EXPECT_FALSE(head->keep_alive) << "the body may come or not";
    EXPECT_LT(test.count(Count::received), 32_KiB);
    auto pushing = test.client();
    const auto answer = test.ask(pushing, "PUT", large.target, large.content);
    ASSERT_TRUE(answer) << "found by who does not ask first";
    EXPECT_EQ(answer->field("torgo-error"), "no_space");
}

TEST(Server, passes_over_a_small_body_that_it_refused) {
    const TestServer test;
    auto client = test.client();
    const Bytes body(10'000, 'x');
    EXPECT_EQ(test.ask(client, "PUT", in_repository("segments/xyz"), body)->head.status, 400);
    ASSERT_TRUE(client.usable());
    EXPECT_EQ(test.ask(client, "GET", status_target)->head.status, 200);
    EXPECT_EQ(test.ask(client, "PATCH", status_target, body)->head.status, 405);
    EXPECT_EQ(test.ask(client, "GET", status_target)->head.status, 200);
    EXPECT_EQ(test.count(Count::accepted), 1U);
}

TEST(Server, client_that_dies_within_a_body_leaves_nothing) {
    const TestServer test;
    const Large large;
    const auto before = test.node.files.operation_count();
    {
        auto client = test.client();
        ASSERT_TRUE(client.begin({"PUT", large.target, {}, large.content.size()},
                                 ByteView(large.content).first(5_MiB), test.soon()));
        client.close();
    }
    test.server->stop(test.soon()); // waits for it
    EXPECT_EQ(test.count(Count::broken), 1U);
    EXPECT_GT(test.node.files.operation_count(), before) << "it had begun to be written";
    EXPECT_EQ(test.node.ask(1, peer::Method::head, large.target).status(), 404);
    EXPECT_EQ(test.node.outcome(1, peer::Method::put, large.target, large.content), "ok");
}

TEST(Server, ends_the_requests_in_progress_before_it_stops) {
    const TestServer test;
    const Large large;
    ASSERT_EQ(test.status("PUT", large.target, large.content), 201);
    const auto idle = test.link();
    auto client = test.client();
    ASSERT_TRUE(client.begin({"GET", large.target}, {}, test.soon()));
    ASSERT_TRUE(client.finish(test.soon()));
    const std::jthread stopping([&] { test.server->stop(test.soon()); });
    EXPECT_TRUE(ends(*idle, test.soon()));
    while (try_connect(test.at())) {
    }
    EXPECT_EQ(client.read_whole_body(16_MiB, test.soon()).value(), large.content);
}

TEST(Server, breaks_off_what_does_not_end_in_time) {
    const TestServer test;
    const Large large;
    ASSERT_EQ(test.status("PUT", large.target, large.content), 201);
    auto client = test.client();
    ASSERT_TRUE(client.begin({"GET", large.target}, {}, test.soon()));
    ASSERT_TRUE(client.finish(test.soon()));
    test.server->stop(0);
    EXPECT_FALSE(client.read_whole_body(16_MiB, test.soon()));
    EXPECT_EQ(test.server->counters().open_connections, 0U);
}

TEST(Server, tells_its_state_on_loopback_and_nowhere_else) {
    const TestServer test({{{"127.0.0.1", 0}}, {{"127.0.0.1", 0}, Listener::Kind::status}});
    ASSERT_EQ(test.status("GET", status_target), 200);
    peer::HttpClient client(test.raw(1), "localhost");
    EXPECT_EQ(as_text(test.ask(client, "GET", "/health")->body), "ok\n");
    const auto metrics = test.ask(client, "GET", "/metrics");
    ASSERT_TRUE(metrics);
    const auto text = as_text(metrics->body);
    for (const auto* line : {"# TYPE torgo_server_connections_total counter",
                             "torgo_server_connections_total 2\n", "torgo_node_repositories 1\n",
                             R"(torgo_server_handshakes_failed_total{reason="corrupt"} 0)"})
        EXPECT_TRUE(text.contains(line)) << line;
    EXPECT_EQ(test.ask(client, "GET", status_target)->head.status, 404) << "no peer protocol";
    EXPECT_EQ(test.ask(client, "DELETE", "/metrics")->head.status, 405);
    const auto open = Server::start(*test.node.service, test.tls.server, test.clock,
                                    {{{"0.0.0.0", 0}, Listener::Kind::status}});
    ASSERT_FALSE(open);
    EXPECT_EQ(open.error().code(), Errc::invalid_argument);
}

TEST(Server, refuses_places_that_are_none) {
    const TestServer test;
    for (const auto& place : {env::Endpoint{"localhost", 1},
                              {"", 0},
                              {"/" + std::string(200, 'a')},
                              {"/tmp/x", 5},
                              {"1.2.3", 4}}) {
        const auto made = Server::start(*test.node.service, test.tls.server, test.clock, {{place}});
        ASSERT_FALSE(made) << place.host;
        EXPECT_EQ(made.error().code(), Errc::invalid_argument);
    }
    const auto taken =
        Server::start(*test.node.service, test.tls.server, test.clock, {{test.at()}});
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code(), Errc::exists);
}

} // namespace torgo::node
