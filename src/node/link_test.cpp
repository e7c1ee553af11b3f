// The client's link against nodes that are slow, broken, strange or gone.
#include "node/test_link.hpp"

#include <chrono>
#include <semaphore>

namespace torgo::node {

namespace {

constexpr std::int64_t short_ns = 50'000'000;

const peer::BodySink nowhere = [](const peer::Answer&, ByteView) {
    return Result<>{};
};
const peer::BodySource nothing = [](ByteSpan) {
    return Result<std::size_t>{0U};
};

Result<peer::Answer> get(peer::NodeLink& link, Bytes* body = nullptr) {
    return link.exchange({peer::Method::get, "/v1/status", {}, 0}, nothing,
                         [body](const peer::Answer&, ByteView bytes) {
                             if (body != nullptr)
                                 body->insert(body->end(), bytes.begin(), bytes.end());
                             return Result<>{};
                         });
}

/// A body that counts how often it is asked.
struct CountedBody {
    std::uint64_t left;
    int asked = 0;

    peer::BodySource source() {
        return [this](ByteSpan out) -> Result<std::size_t> {
            ++asked;
            const auto count = std::min<std::uint64_t>(out.size(), left);
            left -= count;
            return static_cast<std::size_t>(count);
        };
    }
};

Result<peer::Answer> put(peer::NodeLink& link, CountedBody& body) {
    return link.exchange({peer::Method::put, "/v1/x", {}, body.left}, body.source(), nowhere);
}

template <class T>
Errc code(const Result<T>& result) {
    return result ? Errc{} : result.error().code();
}

bool say_hello(TestConnection& connection, const peer::HttpRequestHead& head) {
    if (head.expects_continue) connection.write("HTTP/1.1 100 Continue\r\n\r\n");
    while (!connection.body().empty()) {
    }
    return connection.write("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
}

/// Serves the first `good` requests of all, and then `otherwise`.
Serve after(unsigned good,
            std::function<bool(TestConnection&, const peer::HttpRequestHead&)> otherwise) {
    auto count = std::make_shared<std::atomic<unsigned>>(0);
    return answer_all([=](TestConnection& connection, const peer::HttpRequestHead& head) {
        return (*count)++ < good ? say_hello(connection, head) : otherwise(connection, head);
    });
}

bool hang_up(TestConnection&, const peer::HttpRequestHead&) {
    return false;
}

bool say_nothing(TestConnection& connection, const peer::HttpRequestHead&) {
    (void)connection.next();
    return false;
}

} // namespace

TEST(NodeLink, keeps_its_connection) {
    LinkedNode node(answer_all(say_hello));
    for (int i = 0; i < 5; ++i) {
        Bytes body;
        const auto answer = get(node.link, &body);
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->body_size, 5U);
        EXPECT_EQ(as_text(body), "hello");
    }
    EXPECT_EQ(node.network.connections(), 1U);
    EXPECT_EQ(node.link.statistics().requests, 5U);
}

// PEER-1
TEST(NodeLink, refuses_another_node) {
    auto place = test_place();
    place.id = peer_number(9);
    LinkedNode node(answer_all(say_hello), {}, place);
    EXPECT_EQ(code(get(node.link)), Errc::authentication);
}

TEST(NodeLink, replaces_an_idle_connection_that_was_broken) {
    LinkedNode node(answer_all(say_hello));
    ASSERT_TRUE(get(node.link));
    node.network.break_all();
    ASSERT_TRUE(get(node.link));
    node.network.break_all();
    CountedBody small{.left = 1000};
    EXPECT_TRUE(put(node.link, small)) << "a small body is kept and sent again";
    node.network.break_all();
    CountedBody large{.left = 100'000};
    EXPECT_TRUE(put(node.link, large)) << "a large one was not asked for yet";
    EXPECT_EQ(node.link.statistics().replaced, 3U);
    EXPECT_EQ(node.network.connections(), 4U);
}

TEST(NodeLink, replaces_a_connection_once_and_never_a_new_one) {
    LinkedNode node(after(1, hang_up));
    ASSERT_TRUE(get(node.link));
    EXPECT_EQ(code(get(node.link)), Errc::unavailable);
    EXPECT_EQ(node.network.connections(), 2U);
    EXPECT_EQ(code(get(node.link)), Errc::unavailable);
    EXPECT_EQ(node.network.connections(), 3U);
}

TEST(NodeLink, does_not_send_again_what_is_gone) {
    LinkedNode node(after(1, [](TestConnection& connection, const peer::HttpRequestHead&) {
        connection.write("HTTP/1.1 100 Continue\r\n\r\n");
        return !connection.body().empty() && false;
    }));
    ASSERT_TRUE(get(node.link));
    CountedBody body{.left = 100'000};
    EXPECT_EQ(code(put(node.link, body)), Errc::unavailable);
    EXPECT_EQ(node.network.connections(), 1U);
}

// PEER-5
TEST(NodeLink, asks_before_it_sends_a_large_body) {
    LinkedNode node(answer_all([](TestConnection& connection, const peer::HttpRequestHead& head) {
        EXPECT_EQ(head.expects_continue, head.body_size >= peer::ask_first_size);
        return connection.write("HTTP/1.1 507 Full\r\ncontent-length: 0\r\ntorgo-error: "
                                "no_space\r\nconnection: close\r\n\r\n");
    }));
    CountedBody body{.left = peer::ask_first_size};
    const auto answer = put(node.link, body);
    ASSERT_TRUE(answer);
    EXPECT_EQ(peer::error_of(*answer, {}).code(), Errc::no_space);
    EXPECT_EQ(body.asked, 0);
    CountedBody small{.left = peer::ask_first_size - 1};
    ASSERT_TRUE(put(node.link, small));
}

TEST(NodeLink, a_slow_node_is_a_timeout) {
    peer::LinkLimits limits;
    limits.answer_ns = short_ns;
    LinkedNode silent(answer_all(say_nothing), limits);
    EXPECT_EQ(code(get(silent.link)), Errc::timeout);
    limits = {};
    limits.progress_ns = short_ns;
    LinkedNode stuck(answer_all([](TestConnection& connection, const peer::HttpRequestHead& head) {
                         connection.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello");
                         return say_nothing(connection, head);
                     }),
                     limits);
    Bytes body;
    EXPECT_EQ(code(get(stuck.link, &body)), Errc::timeout);
    EXPECT_EQ(as_text(body), "hello");
}

TEST(NodeLink, a_node_that_takes_no_more_is_a_timeout) {
    peer::LinkLimits limits;
    limits.progress_ns = short_ns;
    std::binary_semaphore over(0);
    LinkedNode node(answer_all([&](TestConnection& connection, const peer::HttpRequestHead&) {
                        connection.write("HTTP/1.1 100 Continue\r\n\r\n");
                        over.acquire();
                        return false;
                    }),
                    limits);
    CountedBody body{.left = 4_MiB};
    EXPECT_EQ(code(put(node.link, body)), Errc::timeout);
    over.release();
}

TEST(NodeLink, a_break_within_an_answer_is_unavailable_and_the_next_is_good) {
    LinkedNode node(answer_all(
        [first = true](TestConnection& connection, const peer::HttpRequestHead& head) mutable {
            if (head.target != "/v1/broken") return say_hello(connection, head);
            connection.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello");
            return false;
        }));
    ASSERT_TRUE(get(node.link));
    const auto broken =
        node.link.exchange({peer::Method::get, "/v1/broken", {}, 0}, nothing, nowhere);
    EXPECT_EQ(code(broken), Errc::unavailable);
    EXPECT_TRUE(get(node.link));
    EXPECT_EQ(node.link.statistics().replaced, 0U);
}

// PEER-4
TEST(NodeLink, what_is_no_http_is_unavailable) {
    LinkedNode node(answer_all([](TestConnection& connection, const peer::HttpRequestHead&) {
        connection.write("SSH-2.0-OpenSSH\r\n\r\n");
        return false;
    }));
    EXPECT_EQ(code(get(node.link)), Errc::unavailable);
}

TEST(NodeLink, errors_of_source_and_sink_are_passed_on) {
    LinkedNode node(answer_all(say_hello));
    const auto no_disk = [](const peer::Answer&, ByteView) -> Result<> {
        return fail(Errc::no_space, "full");
    };
    EXPECT_EQ(code(node.link.exchange({peer::Method::get, "/v1/x", {}, 0}, nothing, no_disk)),
              Errc::no_space);
    EXPECT_EQ(code(node.link.exchange({peer::Method::put, "/v1/x", {}, 10}, nothing, nowhere)),
              Errc::invalid_argument)
        << "a body that is shorter than announced";
    EXPECT_TRUE(get(node.link));
}

TEST(NodeLink, sixteen_threads_share_four_connections) {
    std::atomic<int> at_once = 0;
    std::atomic<int> most = 0;
    LinkedNode node(answer_all([&](TestConnection& connection, const peer::HttpRequestHead& head) {
        const int now = ++at_once;
        for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
        }
        while (!connection.body().empty()) {
        }
        --at_once;
        return connection.write("HTTP/1.1 200 OK\r\ncontent-length: " +
                                std::to_string(head.target.size()) + "\r\n\r\n" + head.target);
    }));
    std::vector<std::thread> threads;
    for (int number = 0; number < 16; ++number)
        threads.emplace_back([&, number] {
            for (int i = 0; i < 20; ++i) {
                const auto target = "/" + std::to_string(number) + "/" + std::to_string(i);
                Bytes body;
                const auto answer =
                    node.link.exchange({peer::Method::get, target, {}, 0}, nothing,
                                       [&](const peer::Answer&, ByteView bytes) {
                                           body.insert(body.end(), bytes.begin(), bytes.end());
                                           return Result<>{};
                                       });
                EXPECT_TRUE(answer);
                EXPECT_EQ(as_text(body), target);
            }
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_LE(node.network.connections(), 4U);
    EXPECT_LE(most, 4);
}

TEST(NodeLink, does_not_trust_what_was_idle_for_long) {
    peer::LinkLimits limits;
    limits.idle_ns = 0;
    LinkedNode node(answer_all(say_hello), limits);
    ASSERT_TRUE(get(node.link));
    ASSERT_TRUE(get(node.link));
    EXPECT_EQ(node.network.connections(), 2U);
    EXPECT_EQ(node.link.statistics().replaced, 0U);
}

namespace {

/// Takes connections and never says anything.
class SilentNetwork final : public env::Network {
public:
    Result<std::unique_ptr<env::Stream>> connect(const env::Endpoint&, env::Deadline,
                                                 const std::stop_token&) override {
        auto pair = sim::connected_streams();
        m_kept.push_back(std::move(pair.right));
        connected.release();
        return std::move(pair.left);
    }

    std::counting_semaphore<> connected{0};

private:
    std::vector<std::unique_ptr<env::Stream>> m_kept;
};

} // namespace

TEST(NodeLink, a_handshake_that_hangs_is_a_timeout_or_cancelled) {
    sys::Clock clock;
    sim::Random random{1};
    SilentNetwork network;
    peer::LinkLimits limits;
    limits.connect_ns = short_ns;
    peer::NodeLink hasty(network, test_place(), identities().client_context, clock, random, limits);
    EXPECT_EQ(code(get(hasty)), Errc::timeout);
    network.connected.acquire();
    peer::NodeLink patient(network, test_place(), identities().client_context, clock, random, {});
    std::thread waiting([&] { EXPECT_EQ(code(get(patient)), Errc::cancelled); });
    network.connected.acquire();
    patient.cancel();
    waiting.join();
}

TEST(NodeLink, cancel_ends_those_that_wait_for_an_answer_and_for_a_connection) {
    std::counting_semaphore<> asked(0);
    LinkedNode node(answer_all([&](TestConnection& connection, const peer::HttpRequestHead& head) {
        asked.release();
        return say_nothing(connection, head);
    }));
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i)
        threads.emplace_back([&] { EXPECT_EQ(code(get(node.link)), Errc::cancelled); });
    for (int i = 0; i < 4; ++i)
        asked.acquire();
    node.link.cancel();
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(code(get(node.link)), Errc::cancelled);
}

TEST(NodeLink, tries_its_endpoints_in_turn_and_remembers_which_answered) {
    peer::NodePlace place = test_place();
    place.endpoints = {{.host = "gone", .port = 1}, {.host = "here", .port = 2}};
    LinkedNode node(answer_all(say_hello), {}, place);
    node.network.answers = [](const env::Endpoint& to) {
        return to.host == "here";
    };
    ASSERT_TRUE(get(node.link));
    node.network.break_all();
    ASSERT_TRUE(get(node.link));
    const auto asked = node.network.asked();
    ASSERT_EQ(asked.size(), 3U);
    EXPECT_EQ(asked[2].host, "here");
    node.network.answers = [](const env::Endpoint&) {
        return false;
    };
    node.network.break_all();
    EXPECT_EQ(code(get(node.link)), Errc::unavailable);
}

TEST(NodeLink, every_request_carries_a_trace) {
    std::vector<std::string> traces;
    LinkedNode node(answer_all([&](TestConnection& connection, const peer::HttpRequestHead& head) {
        traces.emplace_back(peer::find_field(head.fields, "traceparent").value_or(""));
        return say_hello(connection, head);
    }));
    ASSERT_TRUE(get(node.link));
    ASSERT_TRUE(get(node.link));
    const std::string own = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-00";
    ASSERT_TRUE(node.link.exchange({peer::Method::get, "/v1/x", {{"traceparent", own}}, 0}, nothing,
                                   nowhere));
    ASSERT_EQ(traces.size(), 3U);
    EXPECT_EQ(traces[0].size(), own.size());
    EXPECT_TRUE(traces[0].starts_with("00-") && traces[0].ends_with("-01"));
    EXPECT_NE(traces[0], traces[1]);
    EXPECT_EQ(traces[2], own);
}

TEST(NodeLink, sends_no_faster_than_it_may) {
    peer::LinkLimits limits;
    sys::Clock rate_clock;
    limits.up = std::make_shared<head::TokenBucket>(rate_clock, 512_KiB);
    LinkedNode node(answer_all(say_hello), limits);
    const auto start = node.clock.monotonic_ns();
    CountedBody body{.left = 256_KiB};
    EXPECT_TRUE(put(node.link, body));
    EXPECT_GE(node.clock.monotonic_ns() - start, 500'000'000 - head::TokenBucket::burst_ns);
    EXPECT_GT(node.link.statistics().bytes_up, 256_KiB);
}

namespace {

/// A repository on a linked node with one segment of so many cells.
struct StoredSegment {
    TestNode node{true, TestNode::quota, identities().client.id()};
    LinkedNode linked{serve_all(*node.service)};
    peer::PeerHead head{linked.link, "tls:test", test_repository, 2};
    SegmentId id;
    Bytes segment = make_segment(48, 5, id);
};

} // namespace

TEST(NodeLink, a_long_read_goes_on_where_the_link_broke) {
    StoredSegment stored;
    ASSERT_TRUE(stored.head.put_segment(stored.id, stored.segment));
    LinkedNode breaking(serve_all(*stored.node.service));
    breaking.network.down_options = [](unsigned number) {
        return number < 3 ? sim::StreamOptions{.cut_after = 800'000} : sim::StreamOptions{};
    };
    peer::PeerHead head(breaking.link, "tls:test", test_repository, 2);
    Bytes out(stored.segment.size() - 7);
    ASSERT_TRUE(head.read_segment(stored.id, 7, out));
    EXPECT_TRUE(std::ranges::equal(out, ByteView(stored.segment).subspan(7)));
    EXPECT_EQ(breaking.network.connections(), 4U);
}

TEST(NodeLink, a_read_that_brings_next_to_nothing_is_given_up) {
    StoredSegment stored;
    ASSERT_TRUE(stored.head.put_segment(stored.id, stored.segment));
    LinkedNode breaking(serve_all(*stored.node.service));
    breaking.network.down_options = [](unsigned) {
        return sim::StreamOptions{.cut_after = 100'000};
    };
    peer::PeerHead head(breaking.link, "tls:test", test_repository, 2);
    Bytes out(stored.segment.size());
    EXPECT_EQ(code(head.read_segment(stored.id, 0, out)), Errc::unavailable);
    EXPECT_EQ(breaking.network.connections(), 1U);
}

TEST(NodeLink, carries_segments_both_ways) {
    StoredSegment stored;
    const auto start = stored.linked.clock.monotonic_ns();
    ASSERT_TRUE(stored.head.put_segment(stored.id, stored.segment));
    Bytes out(stored.segment.size());
    ASSERT_TRUE(stored.head.read_segment(stored.id, 0, out));
    const auto took_ns = stored.linked.clock.monotonic_ns() - start;
    EXPECT_EQ(out, stored.segment);
    EXPECT_EQ(stored.linked.network.connections(), 1U);
    RecordProperty("ms_for_6_mb", static_cast<int>(took_ns / 1'000'000));
}

} // namespace torgo::node
