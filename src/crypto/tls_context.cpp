#include "crypto/tls_internal.hpp"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

namespace torgo::crypto {

namespace {
constexpr const char* group = "X25519MLKEM768";
constexpr const char* cipher_suite = "TLS_AES_256_GCM_SHA384";
constexpr const char* signature_algorithm = "mldsa65";
// A certificate of ours has 5.4 KB. Room for a second one, so that two are refused with a reason.
constexpr long certificates_size_max = 16 * 1024;

/// Exactly one certificate, which stands for itself. Who it names is for the caller to judge.
int verify_peer(X509_STORE_CTX* store, void* /*unused*/) {
    auto* certificate = X509_STORE_CTX_get0_cert(store);
    const auto* sent = X509_STORE_CTX_get0_untrusted(store);
    if (certificate == nullptr || sk_X509_num(sent) != 1) {
        X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_CHAIN_TOO_LONG);
        return 0;
    }
    if (!peer_of_certificate(certificate)) {
        X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
        return 0;
    }
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

/// Everything that a peer could choose has one choice.
bool set_algorithms(SSL_CTX* context) {
    return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_ciphersuites(context, cipher_suite) == 1 &&
           SSL_CTX_set1_groups_list(context, group) == 1 &&
           SSL_CTX_set1_sigalgs_list(context, signature_algorithm) == 1 &&
           SSL_CTX_set1_client_sigalgs_list(context, signature_algorithm) == 1;
}

void set_options(SSL_CTX* context) {
    // The disguise as TLS 1.2 helps through boxes that a peer's link does not pass.
    SSL_CTX_clear_options(context, SSL_OP_ENABLE_MIDDLEBOX_COMPAT | SSL_OP_ALLOW_NO_DHE_KEX |
                                       SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_options(
        context, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                     SSL_OP_NO_TX_CERTIFICATE_COMPRESSION | SSL_OP_NO_RX_CERTIFICATE_COMPRESSION);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_cert_list(context, certificates_size_max);
    SSL_CTX_set_mode(context, SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_set_cert_verify_callback(context, verify_peer, nullptr);
}
} // namespace

TlsContext::TlsContext(TlsRole role, std::unique_ptr<State> state)
    : m_role(role), m_state(std::move(state)) {}

TlsContext::TlsContext(TlsContext&&) noexcept = default;
TlsContext& TlsContext::operator=(TlsContext&&) noexcept = default;
TlsContext::~TlsContext() = default;

Result<TlsContext> TlsContext::make(TlsRole role, const TlsIdentity& identity) {
    const auto* method = role == TlsRole::client ? TLS_client_method() : TLS_server_method();
    SslContext context(SSL_CTX_new(method));
    if (context == nullptr || !set_algorithms(context.get()))
        return fail(Errc::unsupported, tls_error("this OpenSSL lacks what a link needs").detail());
    set_options(context.get());
    if (SSL_CTX_set_num_tickets(context.get(), 0) != 1 ||
        SSL_CTX_set_max_early_data(context.get(), 0) != 1 ||
        SSL_CTX_use_certificate(context.get(), identity.m_state->certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context.get(), identity.m_state->key.get()) != 1)
        return fail(Errc::unsupported, tls_error("this OpenSSL refuses the identity").detail());
    return TlsContext(role, std::make_unique<State>(std::move(context)));
}

void* TlsContext::native() const noexcept {
    ENSURE(SSL_CTX_up_ref(m_state->context.get()) == 1);
    return m_state->context.get();
}

Result<PeerId> peer_of(void* ssl) {
    const auto* link = static_cast<SSL*>(ssl);
    auto* certificate = SSL_get0_peer_certificate(link);
    if (SSL_is_init_finished(link) != 1 || certificate == nullptr ||
        SSL_get_verify_result(link) != X509_V_OK)
        return fail(Errc::authentication, "nobody is proved to be at the other end yet");
    return peer_of_certificate(certificate);
}

} // namespace torgo::crypto
