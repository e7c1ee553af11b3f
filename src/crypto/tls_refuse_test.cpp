// What a link must not do. The false peers are our own contexts, changed through native().
#include "crypto/test_tls.hpp"
#include "crypto/tls.hpp"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <memory>
#include <vector>

namespace torgo::crypto {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype([](EVP_PKEY* key) { EVP_PKEY_free(key); })>;
using Certificate = std::unique_ptr<X509, decltype([](X509* made) { X509_free(made); })>;
using Context = std::unique_ptr<SSL_CTX, decltype([](SSL_CTX* made) { SSL_CTX_free(made); })>;

Context native(const TlsContext& context) {
    return Context(static_cast<SSL_CTX*>(context.native()));
}

Certificate parse(const Bytes& der) {
    const auto* from = der.data();
    return Certificate(d2i_X509(nullptr, &from, static_cast<long>(der.size())));
}

struct Ecdsa {
    Key key = Key(EVP_EC_gen("P-256"));
    Certificate certificate = Certificate(X509_new());

    Ecdsa() {
        auto* name = X509_get_subject_name(certificate.get());
        X509_set_version(certificate.get(), 2);
        ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>("torgo"), 5, -1, 0);
        X509_set_issuer_name(certificate.get(), name);
        ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate.get()), "20200101000000Z");
        ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate.get()), "99991231235959Z");
        X509_set_pubkey(certificate.get(), key.get());
        EXPECT_GT(X509_sign(certificate.get(), key.get(), EVP_sha256()), 0);
    }
};

/// Both ends must see the link fail; gives the code of the one that refuses.
Errc refused_by_client(TlsLink& link) {
    EXPECT_FALSE(link.shake_hands());
    EXPECT_FALSE(link.client_done);
    EXPECT_FALSE(link.server_done);
    EXPECT_FALSE(link.client.peer());
    return link.client_code();
}

Errc refused_by_server(TlsLink& link) {
    EXPECT_FALSE(link.shake_hands());
    EXPECT_FALSE(link.server_done);
    EXPECT_FALSE(link.server.peer());
    EXPECT_NE(link.client_code(), Errc{});
    return link.server_code();
}

TEST(TlsRefuse, server_that_only_knows_a_classical_group) {
    const TlsPair pair;
    ASSERT_EQ(SSL_CTX_set1_groups_list(native(pair.server).get(), "X25519"), 1);
    TlsLink link(pair);
    EXPECT_EQ(refused_by_client(link), Errc::unsupported);
}

TEST(TlsRefuse, client_that_only_offers_a_classical_group) {
    for (const auto* groups : {"X25519", "P-256", "P-256:X25519", "MLKEM768"}) {
        const TlsPair pair;
        ASSERT_EQ(SSL_CTX_set1_groups_list(native(pair.client).get(), groups), 1);
        TlsLink link(pair);
        EXPECT_EQ(refused_by_server(link), Errc::unsupported) << groups;
    }
}

TEST(TlsRefuse, link_of_tls_1_2) {
    for (const bool of_client : {true, false}) {
        const TlsPair pair;
        const auto old = native(of_client ? pair.client : pair.server);
        ASSERT_EQ(SSL_CTX_set_min_proto_version(old.get(), TLS1_2_VERSION), 1);
        ASSERT_EQ(SSL_CTX_set_max_proto_version(old.get(), TLS1_2_VERSION), 1);
        ASSERT_EQ(SSL_CTX_set1_groups_list(old.get(), "X25519"), 1);
        ASSERT_EQ(SSL_CTX_set1_sigalgs_list(old.get(), "ECDSA+SHA256:RSA+SHA256"), 1);
        TlsLink link(pair);
        EXPECT_FALSE(link.shake_hands());
        EXPECT_FALSE(link.client_done);
        EXPECT_FALSE(link.server_done);
        EXPECT_EQ(of_client ? link.server_code() : link.client_code(), Errc::unsupported);
    }
}

TEST(TlsRefuse, other_cipher_suites) {
    const TlsPair pair;
    ASSERT_EQ(SSL_CTX_set_ciphersuites(native(pair.client).get(), "TLS_AES_128_GCM_SHA256"), 1);
    TlsLink link(pair);
    EXPECT_EQ(refused_by_server(link), Errc::unsupported);
}

TEST(TlsRefuse, client_without_a_certificate) {
    const TlsPair pair;
    SSL_CTX_set_cert_cb(
        native(pair.client).get(),
        [](SSL* ssl, void*) {
            SSL_certs_clear(ssl);
            return 1;
        },
        nullptr);
    TlsLink link(pair);
    EXPECT_EQ(refused_by_server(link), Errc::authentication);
    EXPECT_EQ(link.client_code(), Errc::authentication);
}

void speak_ecdsa(const TlsContext& context, Ecdsa* identity) {
    const auto changed = native(context);
    ASSERT_EQ(SSL_CTX_set1_sigalgs_list(changed.get(), "ecdsa_secp256r1_sha256:mldsa65"), 1);
    ASSERT_EQ(SSL_CTX_set1_client_sigalgs_list(changed.get(), "ecdsa_secp256r1_sha256:mldsa65"), 1);
    if (identity == nullptr) return;
    SSL_CTX_set_cert_cb(
        changed.get(),
        [](SSL* ssl, void* given) {
            const auto* ecdsa = static_cast<Ecdsa*>(given);
            SSL_certs_clear(ssl);
            return SSL_use_certificate(ssl, ecdsa->certificate.get()) == 1 &&
                           SSL_use_PrivateKey(ssl, ecdsa->key.get()) == 1
                       ? 1
                       : 0;
        },
        identity);
}

TEST(TlsRefuse, ecdsa_certificate_of_a_server) {
    Ecdsa ecdsa;
    for (const bool client_would_take_it : {false, true}) {
        const TlsPair pair;
        speak_ecdsa(pair.server, &ecdsa);
        // Even with the algorithm let in, the certificate is judged.
        if (client_would_take_it) speak_ecdsa(pair.client, nullptr);
        TlsLink link(pair);
        EXPECT_EQ(refused_by_client(link),
                  client_would_take_it ? Errc::authentication : Errc::unsupported);
    }
}

TEST(TlsRefuse, ecdsa_certificate_of_a_client) {
    Ecdsa ecdsa;
    for (const bool server_would_take_it : {false, true}) {
        const TlsPair pair;
        speak_ecdsa(pair.client, &ecdsa);
        if (server_would_take_it) speak_ecdsa(pair.server, nullptr);
        TlsLink link(pair);
        EXPECT_EQ(refused_by_server(link), Errc::authentication);
    }
}

TEST(TlsRefuse, chain_of_two_certificates) {
    for (const bool of_client : {true, false}) {
        const TlsPair pair;
        const auto changed = native(of_client ? pair.client : pair.server);
        const auto second = parse(tls_identity(3).certificate());
        ASSERT_EQ(SSL_CTX_add1_chain_cert(changed.get(), second.get()), 1);
        TlsLink link(pair);
        EXPECT_EQ(of_client ? refused_by_server(link) : refused_by_client(link),
                  Errc::authentication);
    }
}

TEST(TlsRefuse, certificate_with_a_broken_signature) {
    for (const bool of_client : {true, false}) {
        const TlsPair pair;
        const auto& identity = of_client ? pair.client_identity : pair.server_identity;
        auto der = identity.certificate();
        der[der.size() - 1000] ^= 1; // the signature is the last 3309 bytes
        const auto broken = parse(der);
        const auto changed = native(of_client ? pair.client : pair.server);
        ASSERT_EQ(SSL_CTX_use_certificate(changed.get(), broken.get()), 1);
        TlsLink link(pair);
        EXPECT_EQ(of_client ? refused_by_server(link) : refused_by_client(link),
                  Errc::authentication);
    }
}

TEST(TlsRefuse, somebody_elses_certificate) {
    const TlsPair pair;
    const auto stolen = parse(pair.client_identity.certificate());
    const auto changed = native(pair.server);
    // OpenSSL drops a key that does not fit a new certificate, and then has nothing to show.
    ASSERT_EQ(SSL_CTX_use_certificate(changed.get(), stolen.get()), 1);
    EXPECT_NE(SSL_CTX_check_private_key(changed.get()), 1);
    TlsLink link(pair);
    EXPECT_NE(refused_by_client(link), Errc{});
}

/// Record version bytes of plaintext records stand outside the transcript, and RFC 8446 5.1 wants
/// them ignored; both hellos begin with such a record.
bool is_ignored(std::size_t position) {
    return position == 1 || position == 2;
}

TEST(TlsRefuse, handshake_with_any_byte_altered) {
    const TlsPair pair;
    TlsLink honest(pair);
    ASSERT_TRUE(honest.shake_hands());
    int tried = 0;
    for (const bool of_client : {true, false}) {
        const auto size = of_client ? honest.client_sent : honest.server_sent;
        for (std::size_t position = 0; position < size; position += position < 100 ? 3 : 89) {
            if (is_ignored(position)) continue;
            TlsLink link(pair);
            link.meddle = [&](bool from_client, std::size_t begin, Bytes& bytes) {
                if (from_client == of_client && position >= begin &&
                    position < begin + bytes.size())
                    bytes[position - begin] ^= static_cast<std::uint8_t>(1U << (position % 8));
            };
            EXPECT_FALSE(link.shake_hands()) << of_client << " " << position;
            ++tried;
        }
    }
    EXPECT_GT(tried, 200);
}

TEST(TlsRefuse, session_tickets_are_neither_given_nor_taken) {
    const TlsPair pair;
    TlsLink link(pair);
    ASSERT_TRUE(link.shake_hands());
    EXPECT_TRUE(link.server.output().empty());
    const auto server = native(pair.server);
    EXPECT_EQ(SSL_CTX_get_num_tickets(server.get()), 0U);
    EXPECT_EQ(SSL_CTX_get_max_early_data(server.get()), 0U);
    EXPECT_EQ(SSL_CTX_get_session_cache_mode(server.get()), long{SSL_SESS_CACHE_OFF});
}

} // namespace
} // namespace torgo::crypto
