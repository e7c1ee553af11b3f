// The context as another library uses it: OpenSSL's own SSL object over a pair of memory BIOs.
#include "crypto/test_tls.hpp"
#include "crypto/tls.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <array>
#include <memory>

namespace torgo::crypto {
namespace {

using Context = std::unique_ptr<SSL_CTX, decltype([](SSL_CTX* made) { SSL_CTX_free(made); })>;

/// A client made of native() and a session that serves it.
struct NativeClient {
    explicit NativeClient(const TlsPair& pair) : server(pair.server) {
        const Context context(static_cast<SSL_CTX*>(pair.client.native()));
        ssl.reset(SSL_new(context.get()));
        SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_connect_state(ssl.get());
    }

    void to_server() {
        std::array<std::uint8_t, 16_KiB> room{};
        const auto size = BIO_read(SSL_get_wbio(ssl.get()), room.data(), room.size());
        const auto count = size > 0 ? static_cast<std::size_t>(size) : 0;
        EXPECT_EQ(server.feed(ByteView(room).first(count)), count);
    }

    void to_client() {
        Bytes wire;
        server.take_output(wire);
        BIO_write(SSL_get_rbio(ssl.get()), wire.data(), static_cast<int>(wire.size()));
    }

    void shake_hands() {
        for (int turn = 0; turn < 2; ++turn) {
            SSL_do_handshake(ssl.get());
            to_server();
            ASSERT_TRUE(server.handshake());
            to_client();
        }
    }

    void change_keys() {
        EXPECT_EQ(SSL_key_update(ssl.get(), SSL_KEY_UPDATE_REQUESTED), 1);
        EXPECT_EQ(SSL_do_handshake(ssl.get()), 1);
    }

    std::unique_ptr<SSL, decltype([](SSL* made) { SSL_free(made); })> ssl;
    TlsSession server;
};

TEST(TlsNative, peer_is_known_after_the_handshake_and_not_before) {
    const TlsPair pair;
    NativeClient link(pair);
    EXPECT_EQ(peer_of(link.ssl.get()).error().code(), Errc::authentication);
    link.shake_hands();
    EXPECT_EQ(peer_of(link.ssl.get()).value(), pair.server_identity.id());
    EXPECT_EQ(link.server.peer().value(), pair.client_identity.id());
}

TEST(TlsNative, link_goes_on_after_a_change_of_keys) {
    const TlsPair pair;
    NativeClient link(pair);
    link.shake_hands();
    link.change_keys();
    ASSERT_EQ(SSL_write(link.ssl.get(), "question", 8), 8);
    link.to_server();
    Bytes room(100);
    ASSERT_EQ(link.server.decrypt(room).value(), 8U);
    ASSERT_EQ(link.server.encrypt(as_bytes("answer")).value(), 6U);
    link.to_client();
    EXPECT_EQ(SSL_read(link.ssl.get(), room.data(), 100), 6);
}

TEST(TlsNative, peer_that_changes_keys_for_ever_fills_no_memory) {
    const TlsPair pair;
    NativeClient link(pair);
    link.shake_hands();
    // So that the room for answers, 27 bytes each, is soon used up.
    ASSERT_TRUE(link.server.encrypt(Bytes(1_MiB)));
    Bytes room(100);
    bool refused = false;
    int changes = 0;
    for (; changes < 4'000 && !refused; ++changes) {
        link.change_keys();
        link.to_server();
        refused = !link.server.decrypt(room);
        ASSERT_LE(link.server.output().size(), TlsSession::output_size_enough + 64_KiB);
    }
    EXPECT_TRUE(refused) << changes;
}

} // namespace
} // namespace torgo::crypto
