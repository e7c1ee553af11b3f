#include "crypto/hash.hpp"
#include "crypto/sign.hpp"
#include "crypto/test_tls.hpp"
#include "crypto/tls.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

namespace torgo::crypto {
namespace {

Bytes pattern(std::size_t size) {
    Bytes bytes(size);
    std::uint32_t state = 1;
    for (auto& byte : bytes) {
        state = state * 1664525U + 1013904223U;
        byte = static_cast<std::uint8_t>(state >> 24U);
    }
    return bytes;
}

Bytes read_all(TlsSession& session) {
    Bytes all;
    Bytes room(7001);
    while (const auto size = session.decrypt(room).value())
        all.insert(all.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(size));
    return all;
}

TEST(TlsIdentity, id_is_the_labelled_hash_of_the_public_key) {
    const auto seed = tls_seed(1);
    const auto key = SigningKey::from_seed(SignatureScheme::ml_dsa_65, seed).value();
    const auto identity = TlsIdentity::from_seed(seed).value();
    EXPECT_EQ(identity.id().bytes, sha256_of({as_bytes("TORGO/PEER/1"), key.public_key()}).bytes);
    EXPECT_EQ(identity.id(), peer_id_of(key.public_key()));
    EXPECT_NE(identity.id(), tls_identity(2).id());
}

TEST(TlsIdentity, same_seed_gives_the_same_certificate) {
    const auto certificate = tls_identity(1).certificate();
    EXPECT_EQ(certificate, tls_identity(1).certificate());
    EXPECT_NE(certificate, tls_identity(2).certificate());
    EXPECT_LT(certificate.size(), 5600U);
}

TEST(TlsIdentity, refuses_a_seed_of_another_size) {
    for (const std::size_t size : {0U, 31U, 33U}) {
        const auto made = TlsIdentity::from_seed(SecretBytes(size));
        ASSERT_FALSE(made);
        EXPECT_EQ(made.error().code(), Errc::invalid_argument);
    }
}

TEST(TlsSession, both_sides_learn_who_the_other_is) {
    const TlsPair pair;
    TlsLink link(pair);
    EXPECT_EQ(link.client.peer().error().code(), Errc::authentication);
    ASSERT_TRUE(link.shake_hands());
    EXPECT_EQ(link.client.peer().value(), pair.server_identity.id());
    EXPECT_EQ(link.server.peer().value(), pair.client_identity.id());
    // docs/design/links.md tells these sizes.
    EXPECT_LT(link.client_sent, 10'500U);
    EXPECT_LT(link.server_sent, 10'500U);
    RecordProperty("client_sent", static_cast<int>(link.client_sent));
    RecordProperty("server_sent", static_cast<int>(link.server_sent));
}

TEST(TlsSession, client_knows_the_server_before_it_sends_its_certificate) {
    const TlsPair pair;
    TlsLink link(pair);
    link.step(true);
    link.carry(true);
    const auto hello_size = link.client_sent;
    link.step(false);
    link.carry(false);
    link.step(true);
    ASSERT_TRUE(link.client_done);
    EXPECT_EQ(link.client.peer().value(), pair.server_identity.id());
    EXPECT_EQ(link.client_sent, hello_size);
    EXPECT_GT(link.client.output().size(), 5000U);
}

TEST(TlsSession, bytes_come_through_in_odd_pieces) {
    const TlsPair pair;
    TlsLink link(pair);
    ASSERT_TRUE(link.shake_hands());
    const auto sent = pattern(10_MiB + 3);
    Bytes got;
    std::size_t at = 0;
    std::size_t piece = 1;
    Bytes wire;
    while (at < sent.size()) {
        piece = piece * 7 % 300'007 + 1;
        const auto rest = ByteView(sent).subspan(at);
        at += link.client.encrypt(rest.first(std::min(piece, rest.size()))).value();
        link.client.take_output(wire);
        for (ByteView left = wire; !left.empty();) {
            const auto take = link.server.feed(left.first(std::min(left.size(), piece % 9973 + 1)));
            left = left.subspan(take);
            const auto plain = read_all(link.server);
            got.insert(got.end(), plain.begin(), plain.end());
        }
    }
    EXPECT_TRUE(got == sent);
}

TEST(TlsSession, bytes_go_both_ways_at_once) {
    const TlsPair pair;
    TlsLink link(pair);
    ASSERT_TRUE(link.shake_hands());
    ASSERT_EQ(link.client.encrypt(as_bytes("question")).value(), 8U);
    ASSERT_EQ(link.server.encrypt(as_bytes("answer")).value(), 6U);
    link.carry(true);
    link.carry(false);
    EXPECT_EQ(as_text(read_all(link.server)), "question");
    EXPECT_EQ(as_text(read_all(link.client)), "answer");
}

TEST(TlsSession, encrypt_stops_where_the_output_is_full) {
    const TlsPair pair;
    TlsLink link(pair);
    ASSERT_TRUE(link.shake_hands());
    const Bytes plain(1_MiB);
    const auto taken = link.client.encrypt(plain).value();
    EXPECT_GE(taken, TlsSession::output_size_enough - 16_KiB);
    EXPECT_LT(taken, TlsSession::output_size_enough + 16_KiB);
    EXPECT_EQ(link.client.encrypt(plain).value(), 0U);
    Bytes wire;
    link.client.take_output(wire);
    EXPECT_GT(link.client.encrypt(plain).value(), 0U);
}

TEST(TlsSession, records_are_as_large_as_tls_allows) {
    const TlsPair pair;
    TlsLink link(pair);
    ASSERT_TRUE(link.shake_hands());
    ASSERT_EQ(link.client.encrypt(Bytes(128_KiB)).value(), 128_KiB);
    // 5 of header, 1 of type, 16 of tag.
    EXPECT_EQ(link.client.output().size(), 8 * (16_KiB + 22));
}

TEST(TlsSession, goes_on_after_its_memory_was_released) {
    const TlsPair pair;
    TlsLink link(pair);
    ASSERT_TRUE(link.shake_hands());
    Bytes room(100);
    for (int turn = 0; turn < 3; ++turn) {
        link.client.release_memory();
        link.server.release_memory();
        ASSERT_EQ(link.client.encrypt(as_bytes("question")).value(), 8U);
        Bytes wire;
        link.client.take_output(wire);
        // In two parts, the first of which is no whole record.
        ASSERT_EQ(link.server.feed(ByteView(wire).first(12)), 12U);
        ASSERT_EQ(link.server.decrypt(room).value(), 0U);
        link.server.release_memory();
        ASSERT_EQ(link.server.feed(ByteView(wire).subspan(12)), wire.size() - 12);
        ASSERT_EQ(link.server.decrypt(room).value(), 8U);
    }
}

TEST(TlsSession, close_notify_is_an_end_and_a_cut_is_a_broken_link) {
    const TlsPair pair;
    for (const bool polite : {true, false}) {
        TlsLink link(pair);
        ASSERT_TRUE(link.shake_hands());
        ASSERT_TRUE(link.client.encrypt(as_bytes("last words")));
        if (polite) {
            ASSERT_TRUE(link.client.close_notify());
        }
        link.carry(true);
        link.server.input_ended();
        Bytes room(100);
        EXPECT_EQ(link.server.decrypt(room).value(), 10U);
        const auto after = link.server.decrypt(room);
        EXPECT_EQ(link.server.ended(), polite);
        EXPECT_EQ(after ? Errc{} : after.error().code(), polite ? Errc{} : Errc::unavailable);
    }
}

TEST(TlsSession, wire_that_ends_in_the_handshake_is_unavailable) {
    const TlsPair pair;
    TlsLink link(pair);
    link.step(true);
    link.carry(true);
    link.client.input_ended();
    link.step(true);
    ASSERT_TRUE(link.client_error);
    EXPECT_EQ(link.client_error->code(), Errc::unavailable);
}

TEST(TlsSession, altered_record_is_refused_and_the_error_stays) {
    const TlsPair pair;
    TlsLink link(pair);
    ASSERT_TRUE(link.shake_hands());
    ASSERT_TRUE(link.client.encrypt(as_bytes("payload")));
    link.meddle = [](bool, std::size_t, Bytes& bytes) {
        bytes.back() ^= 1;
    };
    link.carry(true);
    Bytes room(100);
    EXPECT_EQ(link.server.decrypt(room).error().code(), Errc::authentication);
    EXPECT_EQ(link.server.decrypt(room).error().code(), Errc::authentication);
    EXPECT_EQ(link.server.encrypt(room).error().code(), Errc::authentication);
}

TEST(TlsContext, serves_many_threads_at_once) {
    const TlsPair pair;
    std::atomic<int> good = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int round = 0; round < 5; ++round) {
                TlsLink link(pair);
                good += link.shake_hands() ? 1 : 0;
            }
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(good, 20);
}

} // namespace
} // namespace torgo::crypto
