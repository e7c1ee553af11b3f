#include "node/test_server.hpp"

#include <openssl/ssl.h>
#include <sys/resource.h>

#include <fstream>
#include <latch>
#include <semaphore>
#include <thread>

namespace torgo::node {

namespace {

using std::chrono::milliseconds;

const std::string status_target = in_repository("status");

std::string head_of(std::string_view method, const std::string& target, std::size_t body_size) {
    return std::string(method) + " " + target +
           " HTTP/1.1\r\nhost: x\r\ncontent-length: " + std::to_string(body_size) + "\r\n\r\n";
}

/// What this process has in memory, in bytes.
std::size_t resident_size() {
    std::ifstream file("/proc/self/statm");
    std::size_t total = 0;
    std::size_t pages = 0;
    file >> total >> pages;
    return pages * 4096;
}

/// Shakes hands and keeps the socket alone, so that what memory grows is the server's.
std::unique_ptr<env::Stream> bare_link(const TestServer& test) {
    auto stream = test.raw();
    crypto::TlsSession session(test.tls.client);
    Bytes wire;
    for (bool done = false; !done;) {
        done = session.handshake().value();
        session.take_output(wire);
        EXPECT_TRUE(stream->write(wire, test.soon()));
        if (done) break;
        const auto got = stream->read_some(session.input_space(), test.soon());
        session.input_filled(got.value());
    }
    return stream;
}

/// True when the process may have so many files open.
bool allow_files(rlim_t count) {
    rlimit limit{};
    (void)::getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= count) return true;
    limit.rlim_cur = count;
    return limit.rlim_max >= count && ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

} // namespace

namespace {

/// Handshakes of a server stop within their first step, in the thread that reckons it, until they
/// are let go.
class HeldHandshakes {
public:
    explicit HeldHandshakes(const crypto::TlsContext& server)
        : m_context(static_cast<SSL_CTX*>(server.native())) {
        current = this;
        SSL_CTX_set_info_callback(m_context, [](const SSL*, int where, int) {
            if ((where & SSL_CB_HANDSHAKE_START) != 0) current->arrive();
        });
    }

    HeldHandshakes(const HeldHandshakes&) = delete;
    HeldHandshakes& operator=(const HeldHandshakes&) = delete;

    ~HeldHandshakes() {
        let_go();
        SSL_CTX_set_info_callback(m_context, nullptr);
        SSL_CTX_free(m_context);
    }

    void wait_for_one() { m_came.acquire(); }

    void let_go() { m_free.count_down(m_free.try_wait() ? 0 : 1); }

private:
    void arrive() {
        m_came.release();
        m_free.wait();
    }

    static inline HeldHandshakes* current = nullptr;
    SSL_CTX* m_context;
    std::counting_semaphore<> m_came{0};
    std::latch m_free{1};
};

} // namespace

// NODE-13
TEST(ServerLimits, handshakes_that_take_for_ever_hold_up_nobody_who_is_there) {
    auto limits = quick_limits();
    limits.network_threads = 1;
    limits.disk_threads = 1;
    limits.handshake_queue = 2;
    const TestServer test(limits);
    auto client = test.client();
    // Its handshake may lack its last step at the server until it has an answer.
    ASSERT_EQ(test.ask(client, "GET", status_target)->head.status, 200);
    HeldHandshakes held(test.tls.server);
    std::vector<std::jthread> knocking;
    for (int i = 0; i < 4; ++i)
        knocking.emplace_back([&] { EXPECT_EQ(test.status("GET", status_target), 200); });
    held.wait_for_one();
    for (int i = 0; i < 3; ++i) {
        const auto answer = test.ask(client, "GET", status_target);
        ASSERT_TRUE(answer) << answer.error().detail();
        EXPECT_EQ(answer->head.status, 200);
    }
    EXPECT_EQ(test.count(Count::handshakes), 1U);
    held.let_go();
    knocking.clear();
    EXPECT_EQ(test.count(Count::handshakes), 5U);
    EXPECT_EQ(test.count(Count::handshake_displaced), 0U);
}

TEST(ServerLimits, head_that_comes_too_slowly_ends_the_link) {
    auto limits = quick_limits();
    limits.head_time = milliseconds(50);
    const TestServer test(limits);
    const auto link = test.link();
    ASSERT_TRUE(link->write(as_bytes("GET /v1"), test.soon()));
    EXPECT_TRUE(ends(*link, test.soon()));
    EXPECT_EQ(test.count(Count::timeout_head), 1U);
    EXPECT_EQ(test.status("GET", status_target), 200);
}

TEST(ServerLimits, body_that_comes_too_slowly_ends_the_link_and_leaves_nothing) {
    auto limits = quick_limits();
    limits.body_window = milliseconds(50);
    limits.body_rate = 100'000;
    const TestServer test(limits);
    SegmentId id;
    const auto segment = make_segment(8, 1, id);
    const auto link = test.link();
    ASSERT_TRUE(
        link->write(as_bytes(head_of("PUT", segment_target(id), segment.size())), test.soon()));
    EXPECT_TRUE(ends(*link, test.soon()));
    EXPECT_EQ(test.count(Count::timeout_body), 1U);
    EXPECT_EQ(test.status("PUT", segment_target(id), segment), 201);
}

TEST(ServerLimits, answer_that_nobody_reads_ends_the_link) {
    auto limits = quick_limits();
    limits.body_window = milliseconds(50);
    limits.body_rate = 100'000;
    const TestServer test(limits);
    SegmentId id;
    const auto segment = make_segment(127, 1, id);
    ASSERT_EQ(test.status("PUT", segment_target(id), segment), 201);
    const auto link = test.link();
    ASSERT_TRUE(link->write(as_bytes(head_of("GET", segment_target(id), 0)), test.soon()));
    while (test.count(Count::timeout_body) == 0)
        ASSERT_EQ(test.status("GET", status_target), 200);
    Bytes all;
    EXPECT_TRUE(ends(*link, test.soon(), &all));
    EXPECT_LT(all.size(), segment.size());
}

TEST(ServerLimits, silence_between_requests_ends_the_link) {
    auto limits = quick_limits();
    limits.idle_time = milliseconds(50);
    const TestServer test(limits);
    EXPECT_TRUE(ends(*test.link(), test.soon()));
    EXPECT_EQ(test.count(Count::timeout_idle), 1U);
}

TEST(ServerLimits, silence_within_the_handshake_ends_the_connection) {
    auto limits = quick_limits();
    limits.handshake_time = milliseconds(50);
    const TestServer test(limits);
    EXPECT_TRUE(ends(*test.raw(), test.soon()));
    EXPECT_EQ(test.count(Count::handshake_timeout), 1U);
}

TEST(ServerLimits, head_that_is_too_long_is_refused) {
    auto limits = quick_limits();
    limits.head_size = 5_KiB;
    const TestServer test(limits);
    const auto link = test.link();
    const auto head = "GET /v1/status HTTP/1.1\r\nhost: x\r\nfiller: " + std::string(20'000, 'a');
    ASSERT_TRUE(link->write(as_bytes(head), test.soon()));
    Bytes answer;
    ASSERT_TRUE(ends(*link, test.soon(), &answer));
    EXPECT_TRUE(as_text(answer).starts_with("HTTP/1.1 431 "));
    EXPECT_TRUE(as_text(answer).contains("torgo-error: limit_exceeded\r\n"));
    EXPECT_EQ(test.count(Count::refused_head), 1U);
}

TEST(ServerLimits, what_is_no_tls_is_closed_and_counted) {
    const TestServer test(quick_limits());
    const auto stream = test.raw();
    ASSERT_TRUE(stream->write(as_bytes("GET / HTTP/1.1\r\nhost: x\r\n\r\n"), test.soon()));
    EXPECT_TRUE(ends(*stream, test.soon()));
    EXPECT_EQ(test.count(Count::handshake_corrupt), 1U);
}

TEST(ServerLimits, who_shows_no_certificate_is_refused) {
    const TestServer test(quick_limits());
    const std::unique_ptr<SSL_CTX, decltype([](SSL_CTX* made) { SSL_CTX_free(made); })> context(
        SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set1_groups_list(context.get(), "X25519MLKEM768");
    const std::unique_ptr<SSL, decltype([](SSL* made) { SSL_free(made); })> ssl(
        SSL_new(context.get()));
    const auto stream = test.raw();
    SSL_set_fd(ssl.get(), stream->socket());
    EXPECT_EQ(SSL_connect(ssl.get()), 1) << "a client learns of it later";
    std::array<char, 16> room{};
    EXPECT_LE(SSL_read(ssl.get(), room.data(), room.size()), 0);
    EXPECT_TRUE(ends(*stream, test.soon())); // counted before the socket is closed
    EXPECT_EQ(test.count(Count::handshake_authentication), 1U);
    EXPECT_EQ(test.count(Count::handshakes), 0U);
}

TEST(ServerLimits, peer_has_so_many_connections_and_no_more) {
    auto limits = quick_limits();
    limits.connections_per_peer = 2;
    const TestServer test(limits);
    auto first = test.client();
    auto second = std::make_unique<peer::HttpClient>(test.client());
    ASSERT_EQ(test.ask(first, "GET", status_target)->head.status, 200);
    ASSERT_EQ(test.ask(*second, "GET", status_target)->head.status, 200);
    auto third = test.client();
    const auto refused = test.ask(third, "GET", status_target);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->head.status, 503);
    EXPECT_EQ(refused->field("torgo-error"), "unavailable");
    EXPECT_EQ(refused->field("retry-after"), "5");
    EXPECT_FALSE(refused->head.keep_alive);
    second.reset();
    const auto patience = test.soon();
    while (test.status("GET", status_target) != 200)
        ASSERT_LT(test.clock.monotonic_ns(), patience);
}

TEST(ServerLimits, peer_has_so_many_requests_at_once_and_no_more) {
    auto limits = quick_limits();
    limits.requests_per_peer = 1;
    const TestServer test(limits);
    SegmentId id;
    const auto segment = make_segment(8, 1, id);
    auto slow = test.client();
    const auto target = segment_target(id);
    const peer::HttpRequest put{"PUT", target, {}, segment.size(), true};
    ASSERT_TRUE(slow.begin(put, {}, test.soon()));
    ASSERT_TRUE(slow.may_send_body(test.soon(), test.soon()).value()) << "it is being served";
    auto other = test.client();
    EXPECT_EQ(test.ask(other, "GET", status_target)->head.status, 503);
    ASSERT_TRUE(slow.send_body(segment, test.soon()));
    EXPECT_EQ(slow.finish(test.soon())->status, 201);
    const auto patience = test.soon();
    while (test.ask(other, "GET", status_target)->head.status != 200)
        ASSERT_LT(test.clock.monotonic_ns(), patience) << "refused on a link that goes on";
    EXPECT_GE(test.count(Count::refused_busy), 1U);
}

// NODE-14
TEST(ServerLimits, strangers_who_are_slow_take_no_places_of_those_who_have_a_right) {
    auto limits = quick_limits();
    limits.requests = 3;
    limits.stranger_requests = 2;
    const TestServer test(limits);
    const auto identity = crypto::tls_identity(9);
    const auto nobody = crypto::TlsContext::make(crypto::TlsRole::client, identity).value();
    std::vector<std::unique_ptr<env::Stream>> slow;
    const auto target = in_repository("roots/batch-1");
    for (const std::string_view expected : {"HTTP/1.1 403 ", "HTTP/1.1 403 ", "HTTP/1.1 503 "}) {
        slow.push_back(
            peer::tls_connect(test.raw(), nobody, test.tls.server_identity.id(), test.soon())
                .value());
        // A body that never comes: the node has answered, and waits for what it has to pass over.
        ASSERT_TRUE(slow.back()->write(as_bytes(head_of("PUT", target, 1000)), test.soon()));
        Bytes answer(13);
        ASSERT_EQ(slow.back()->read_some(answer, test.soon()), answer.size());
        EXPECT_EQ(as_text(answer), expected);
    }
    EXPECT_EQ(test.status("GET", status_target), 200);
    EXPECT_EQ(test.status("PUT", target, as_bytes("x")), 201);
}

TEST(ServerLimits, oldest_handshake_makes_room_for_a_new_one) {
    auto limits = quick_limits();
    limits.handshakes = 3;
    const TestServer test(limits);
    std::vector<std::unique_ptr<env::Stream>> silent;
    for (int i = 0; i < 3; ++i)
        silent.push_back(test.raw());
    EXPECT_EQ(test.status("GET", status_target), 200);
    EXPECT_TRUE(ends(*silent[0], test.soon()));
    EXPECT_EQ(test.count(Count::handshake_displaced), 1U);
}

TEST(ServerLimits, youngest_idle_connection_makes_room_for_a_new_one) {
    auto limits = quick_limits();
    limits.connections = 3;
    const TestServer test(limits);
    auto oldest = test.client();
    ASSERT_EQ(test.ask(oldest, "GET", status_target)->head.status, 200);
    auto middle = test.client();
    ASSERT_EQ(test.ask(middle, "GET", status_target)->head.status, 200);
    auto youngest = test.client();
    ASSERT_EQ(test.ask(youngest, "GET", status_target)->head.status, 200);
    const auto patience = test.soon();
    const auto stranger = test.raw();
    while (test.count(Count::evicted) == 0)
        ASSERT_LT(test.clock.monotonic_ns(), patience);
    // The youngest one that is idle: its answer is here a moment before the server knows it is.
    const bool youngest_lives = test.ask(youngest, "GET", status_target).has_value();
    const bool middle_lives = test.ask(middle, "GET", status_target).has_value();
    EXPECT_NE(youngest_lives, middle_lives);
    EXPECT_EQ(test.ask(oldest, "GET", status_target)->head.status, 200);
}

TEST(ServerLimits, status_is_told_while_peers_take_all_there_is) {
    auto limits = quick_limits();
    limits.connections = 1;
    limits.status_connections = 1;
    const TestServer test({{{"127.0.0.1", 0}}, {{"127.0.0.1", 0}, Listener::Kind::status}}, limits);
    const auto peer = test.raw();
    EXPECT_TRUE(ends(*test.raw(), test.soon()));
    auto status = test.raw(1);
    EXPECT_TRUE(ends(*test.raw(1), test.soon())) << "more than one at once";
    EXPECT_EQ(test.count(Count::refused_full), 2U);
    peer::HttpClient asking(std::move(status), "localhost");
    EXPECT_EQ(test.ask(asking, "GET", "/health")->head.status, 200);
}

TEST(ServerLimits, closes_at_once_what_finds_no_room) {
    auto limits = quick_limits();
    limits.connections = 2;
    const TestServer test(limits);
    const auto first = test.raw();
    const auto second = test.raw();
    EXPECT_TRUE(ends(*test.raw(), test.soon()));
    EXPECT_EQ(test.count(Count::refused_full), 1U);
    EXPECT_EQ(test.server->counters().open_connections, 2U);
}

TEST(ServerLimits, thousand_idle_links_take_little_and_hinder_nobody) {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "under AddressSanitizer memory says nothing: freed blocks are kept";
#endif
    constexpr std::size_t count = 1000;
    if (!allow_files(2 * count + 200)) GTEST_SKIP() << "this process may open too few files";
    auto limits = quick_limits();
    limits.connections = count + 10;
    limits.connections_per_peer = count + 10;
    const TestServer test(limits);
    ASSERT_EQ(test.status("GET", status_target), 200);
    const auto before = resident_size();
    std::vector<std::unique_ptr<env::Stream>> idle;
    for (std::size_t i = 0; i < count; ++i)
        idle.push_back(bare_link(test));
    // Of a connection, with what malloc keeps between them. With its buffers it would be 200 KiB.
    constexpr std::size_t idle_size_max = 112_KiB;
    auto honest = test.client();
    const auto patience = test.soon();
    do {
        ASSERT_EQ(test.ask(honest, "GET", status_target)->head.status, 200);
    } while (resident_size() > before + count * idle_size_max &&
             test.clock.monotonic_ns() < patience);
    const auto grown = resident_size() - before;
    EXPECT_LE(grown, count * idle_size_max);
    EXPECT_GE(test.server->counters().open_connections, count);
    RecordProperty("bytes_of_an_idle_connection", static_cast<int>(grown / count));
    SegmentId id;
    const auto segment = make_segment(32, 9, id);
    EXPECT_EQ(test.status("PUT", segment_target(id), segment), 201);
    EXPECT_EQ(test.status("GET", segment_target(id)), 200);
}

} // namespace torgo::node
