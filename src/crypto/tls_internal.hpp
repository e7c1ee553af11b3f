#pragma once

// Private to this module: what the parts of the link share.

#include "crypto/evp.hpp"
#include "crypto/tls.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <string_view>

namespace torgo::crypto {

using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using SslContext = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;
using Ssl = std::unique_ptr<SSL, Deleter<SSL_free>>;

struct TlsIdentity::State {
    Key key;
    Certificate certificate;
    PeerId id;
};

struct TlsContext::State {
    SslContext context;
};

/// The peer named by a certificate: one that is self-signed with ML-DSA-65 and whose signature
/// verifies. errors  `authentication`
Result<PeerId> peer_of_certificate(X509* certificate);

/// The oldest error of OpenSSL's queue in our words; the queue is then empty.
Error tls_error(std::string_view doing);

} // namespace torgo::crypto
