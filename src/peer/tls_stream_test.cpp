#include "peer/tls_stream.hpp"
#include "sim/stream.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <thread>

namespace torgo::peer {
namespace {

constexpr auto forever = std::numeric_limits<env::Deadline>::max();

crypto::TlsIdentity identity(std::uint8_t first) {
    crypto::SecretBytes seed(crypto::TlsIdentity::seed_size);
    seed.span()[0] = first;
    return crypto::TlsIdentity::from_seed(seed).value();
}

class TlsStream : public testing::Test {
protected:
    crypto::TlsIdentity m_client_identity = identity(1);
    crypto::TlsIdentity m_server_identity = identity(2);
    crypto::TlsContext m_client =
        crypto::TlsContext::make(crypto::TlsRole::client, m_client_identity).value();
    crypto::TlsContext m_server =
        crypto::TlsContext::make(crypto::TlsRole::server, m_server_identity).value();

    struct Link {
        Result<std::unique_ptr<env::Stream>> client = fail(Errc::io, "not made");
        Result<AcceptedLink> server = fail(Errc::io, "not made");
    };

    Link make(const PeerId& expected, sim::StreamOptions up = {}, sim::StreamOptions down = {}) {
        auto raw = sim::connected_streams(up, down);
        Link link;
        std::thread server(
            [&] { link.server = tls_accept(std::move(raw.right), m_server, forever); });
        link.client = tls_connect(std::move(raw.left), m_client, expected, forever);
        server.join();
        return link;
    }
};

Bytes read_to_end(env::Stream& stream) {
    Bytes all;
    Bytes room(100'000);
    while (const auto size = stream.read_some(room, forever).value())
        all.insert(all.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(size));
    return all;
}

TEST_F(TlsStream, both_ends_talk_and_know_each_other) {
    const auto link = make(m_server_identity.id());
    ASSERT_TRUE(link.client && link.server);
    EXPECT_EQ(link.server->peer, m_client_identity.id());
    ASSERT_TRUE((*link.client)->write(as_bytes("question"), forever));
    (*link.client)->close();
    EXPECT_EQ(as_text(read_to_end(*link.server->stream)), "question");
}

TEST_F(TlsStream, another_peer_is_refused_and_learns_nothing) {
    auto raw = sim::connected_streams();
    Result<AcceptedLink> accepted = fail(Errc::io, "not made");
    std::thread server([&] { accepted = tls_accept(std::move(raw.right), m_server, forever); });
    const auto link = tls_connect(std::move(raw.left), m_client, identity(3).id(), forever);
    server.join();
    ASSERT_FALSE(link);
    EXPECT_EQ(link.error().code(), Errc::authentication);
    ASSERT_FALSE(accepted);
    // The server saw the wire end: no alert, and no certificate.
    EXPECT_EQ(accepted.error().code(), Errc::unavailable);
}

TEST_F(TlsStream, both_directions_flow_at_once_through_a_narrow_wire) {
    const auto link = make(m_server_identity.id(), {.capacity = 1000}, {.capacity = 777});
    ASSERT_TRUE(link.client && link.server);
    Bytes up(3_MiB + 1, 1);
    Bytes down(2_MiB + 7, 2);
    auto& client = **link.client;
    auto& server = *link.server->stream;
    const auto read_whole = [](env::Stream& stream, std::size_t size) {
        Bytes all(size);
        for (std::size_t at = 0; at < size;)
            at += stream.read_some(ByteSpan(all).subspan(at), forever).value();
        return all;
    };
    std::thread writer_up([&] { EXPECT_TRUE(client.write(up, forever)); });
    std::thread writer_down([&] { EXPECT_TRUE(server.write(down, forever)); });
    std::thread reader_up([&] { EXPECT_TRUE(read_whole(server, up.size()) == up); });
    EXPECT_TRUE(read_whole(client, down.size()) == down);
    writer_up.join();
    writer_down.join();
    reader_up.join();
}

TEST_F(TlsStream, cut_wire_is_not_an_end) {
    const auto link = make(m_server_identity.id(), {.cut_after = 200'000});
    ASSERT_TRUE(link.client && link.server);
    const Bytes body(1_MiB);
    EXPECT_EQ((*link.client)->write(body, forever).error().code(), Errc::unavailable);
    EXPECT_EQ((*link.client)->write(body, forever).error().code(), Errc::unavailable);
    Bytes room(1_MiB);
    Result<std::size_t> size = std::size_t{1};
    while (size && *size != 0)
        size = link.server->stream->read_some(room, forever);
    ASSERT_FALSE(size);
    EXPECT_EQ(size.error().code(), Errc::unavailable);
}

TEST_F(TlsStream, wire_that_breaks_in_the_handshake_makes_no_link) {
    for (const std::uint64_t cut : {0U, 100U, 1'500U, 5'000U, 10'000U}) {
        EXPECT_FALSE(make(m_server_identity.id(), {.cut_after = cut}).server) << cut;
        const auto link = make(m_server_identity.id(), {}, {.cut_after = cut});
        ASSERT_FALSE(link.client) << cut;
        EXPECT_EQ(link.client.error().code(), Errc::unavailable);
    }
}

TEST_F(TlsStream, read_can_go_on_after_a_deadline) {
    const auto link = make(m_server_identity.id());
    ASSERT_TRUE(link.client && link.server);
    Bytes room(10);
    EXPECT_EQ((*link.client)->read_some(room, 0).error().code(), Errc::timeout);
    ASSERT_TRUE(link.server->stream->write(as_bytes("late"), forever));
    EXPECT_EQ((*link.client)->read_some(room, forever).value(), 4U);
}

TEST_F(TlsStream, close_ends_a_reader_that_waits) {
    const auto link = make(m_server_identity.id());
    ASSERT_TRUE(link.client && link.server);
    std::thread reader([&] {
        Bytes room(1);
        EXPECT_EQ((*link.client)->read_some(room, forever).error().code(), Errc::cancelled);
    });
    (*link.client)->close();
    reader.join();
}

TEST_F(TlsStream, megabytes_a_second_are_told) {
    const auto link = make(m_server_identity.id(), {.capacity = 1_MiB});
    ASSERT_TRUE(link.client && link.server);
    const Bytes piece(1_MiB);
    constexpr std::size_t pieces = 64;
    const auto start = std::chrono::steady_clock::now();
    std::thread writer([&] {
        for (std::size_t i = 0; i < pieces; ++i)
            EXPECT_TRUE((*link.client)->write(piece, forever));
    });
    Bytes room(256_KiB);
    std::size_t got = 0;
    while (got < pieces * piece.size())
        got += link.server->stream->read_some(room, forever).value();
    writer.join();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    EXPECT_EQ(got, pieces * piece.size());
    RecordProperty("mb_per_s", static_cast<int>(static_cast<double>(got) / 1e6 / took.count()));
}

} // namespace
} // namespace torgo::peer
