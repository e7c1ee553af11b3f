#pragma once

// For tests: both ends of a link in memory.

#include "crypto/tls.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <optional>

namespace torgo::crypto {

inline SecretBytes tls_seed(std::uint8_t first) {
    SecretBytes seed(TlsIdentity::seed_size);
    seed.span()[0] = first;
    return seed;
}

inline TlsIdentity tls_identity(std::uint8_t first) {
    return TlsIdentity::from_seed(tls_seed(first)).value();
}

/// Two contexts of two identities, made for one test.
struct TlsPair {
    TlsIdentity client_identity = tls_identity(1);
    TlsIdentity server_identity = tls_identity(2);
    TlsContext client = TlsContext::make(TlsRole::client, client_identity).value();
    TlsContext server = TlsContext::make(TlsRole::server, server_identity).value();
};

/// Two sessions and the wire between them.
struct TlsLink {
    TlsSession client;
    TlsSession server;
    std::size_t client_sent = 0;
    std::size_t server_sent = 0;
    /// May change what is on the wire: from the client or not, where it begins in all that this
    /// side sent, the bytes.
    std::function<void(bool, std::size_t, Bytes&)> meddle;
    std::optional<Error> client_error;
    std::optional<Error> server_error;
    bool client_done = false;
    bool server_done = false;

    explicit TlsLink(const TlsPair& pair) : client(pair.client), server(pair.server) {}

    /// Carries what one side wants to send to the other.
    void carry(bool from_client) {
        auto& from = from_client ? client : server;
        auto& to = from_client ? server : client;
        auto& sent = from_client ? client_sent : server_sent;
        Bytes bytes;
        from.take_output(bytes);
        if (meddle) meddle(from_client, sent, bytes);
        sent += bytes.size();
        EXPECT_EQ(to.feed(bytes), bytes.size());
    }

    void step(bool of_client) {
        auto& error = of_client ? client_error : server_error;
        auto& done = of_client ? client_done : server_done;
        if (error || done) return;
        const auto result = of_client ? client.handshake() : server.handshake();
        if (result)
            done = *result;
        else
            error = result.error();
    }

    /// True when both sides are content. Four turns are more than TLS 1.3 ever needs.
    bool shake_hands() {
        for (int turn = 0; turn < 4; ++turn) {
            step(true);
            carry(true);
            step(false);
            carry(false);
        }
        return client_done && server_done;
    }

    /// The code with which a side gave up, in the handshake or (the server refused a client that
    /// had done its part) at the first read.
    Errc client_code() {
        if (client_error) return client_error->code();
        Bytes room(1);
        const auto read = client.decrypt(room);
        return read ? Errc{} : read.error().code();
    }

    Errc server_code() const { return server_error ? server_error->code() : Errc{}; }
};

} // namespace torgo::crypto
