#include "crypto/hash.hpp"
#include "crypto/sign.hpp"
#include "crypto/tls_internal.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>

#include <algorithm>

namespace torgo::crypto {

namespace {
constexpr const char* scheme_name = "ML-DSA-65";
constexpr auto public_key_size = sizes_of(SignatureScheme::ml_dsa_65).public_key;
constexpr std::string_view id_label = "TORGO/PEER/1";
constexpr std::string_view common_name = "torgo";
// RFC 5280 4.1.2.5 gives the second date to certificates without an end.
constexpr const char* not_before = "20200101000000Z";
constexpr const char* not_after = "99991231235959Z";
constexpr int x509_version_3 = 2;
// RFC 5280 4.1.2.2 allows 20; half of a hash names a key well enough.
constexpr std::size_t serial_size = 16;

using BigNumber = std::unique_ptr<BIGNUM, Deleter<BN_free>>;

Result<Bytes> public_key_of(EVP_PKEY* key) {
    Bytes out(public_key_size);
    auto size = out.size();
    if (key == nullptr || EVP_PKEY_is_a(key, scheme_name) != 1 ||
        EVP_PKEY_get_raw_public_key(key, out.data(), &size) != 1 || size != out.size()) {
        ERR_clear_error();
        return fail(Errc::authentication, "the certificate has no ML-DSA-65 key");
    }
    return out;
}

bool set_serial(X509* certificate, const PeerId& id) {
    std::array<std::uint8_t, serial_size> bytes{};
    std::ranges::copy(id.view().first(serial_size), bytes.begin());
    // Positive, and of the same length for every key.
    bytes[0] = static_cast<std::uint8_t>((bytes[0] & 0x7FU) | 0x40U);
    const BigNumber number(BN_bin2bn(bytes.data(), serial_size, nullptr));
    return number != nullptr &&
           BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_name_and_dates(X509* certificate) {
    auto* name = X509_get_subject_name(certificate);
    const auto text = as_bytes(common_name);
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text.data(),
                                      static_cast<int>(text.size()), -1, 0) == 1 &&
           X509_set_issuer_name(certificate, name) == 1 &&
           ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate), not_before) == 1 &&
           ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate), not_after) == 1;
}

/// Not hedged, so that the certificate is the same each time it is made. It is a signature over
/// public bytes that never change.
bool sign_certificate(X509* certificate, EVP_PKEY* key) {
    const MdContext context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* settings = nullptr;
    int deterministic = 1;
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_int(OSSL_SIGNATURE_PARAM_DETERMINISTIC, &deterministic),
        OSSL_PARAM_construct_end()};
    return context != nullptr &&
           EVP_DigestSignInit_ex(context.get(), &settings, nullptr, nullptr, nullptr, key,
                                 parameters) == 1 &&
           X509_sign_ctx(certificate, context.get()) > 0;
}

Result<Certificate> make_certificate(EVP_PKEY* key, const PeerId& id) {
    Certificate certificate(X509_new());
    if (certificate == nullptr || X509_set_version(certificate.get(), x509_version_3) != 1 ||
        X509_set_pubkey(certificate.get(), key) != 1 || !set_serial(certificate.get(), id) ||
        !set_name_and_dates(certificate.get()) || !sign_certificate(certificate.get(), key))
        return std::unexpected(tls_error("making a certificate"));
    return certificate;
}
} // namespace

PeerId peer_id_of(ByteView public_key) {
    ENSURE(public_key.size() == public_key_size);
    PeerId id;
    id.bytes = sha256_of({as_bytes(id_label), public_key}).bytes;
    return id;
}

Result<PeerId> peer_of_certificate(X509* certificate) {
    auto* key = X509_get0_pubkey(certificate);
    TRY(const auto public_key, public_key_of(key));
    if (X509_get_signature_nid(certificate) != NID_ML_DSA_65 ||
        X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) != 0)
        return fail(Errc::authentication, "the certificate is not self-signed with ML-DSA-65");
    if (X509_verify(certificate, key) != 1) {
        ERR_clear_error();
        return fail(Errc::authentication, "the certificate's signature is wrong");
    }
    return peer_id_of(public_key);
}

TlsIdentity::TlsIdentity(std::unique_ptr<State> state) : m_state(std::move(state)) {}

TlsIdentity::TlsIdentity(TlsIdentity&&) noexcept = default;
TlsIdentity& TlsIdentity::operator=(TlsIdentity&&) noexcept = default;
TlsIdentity::~TlsIdentity() = default;

Result<TlsIdentity> TlsIdentity::from_seed(const SecretBytes& seed) {
    if (seed.size() != seed_size)
        return fail(Errc::invalid_argument, "seed of an identity of a wrong size");
    TRY(auto key, key_from_seed(scheme_name, seed.view()));
    TRY(const auto public_key, public_key_of(key.get()));
    const auto id = peer_id_of(public_key);
    TRY(auto certificate, make_certificate(key.get(), id));
    return TlsIdentity(std::make_unique<State>(std::move(key), std::move(certificate), id));
}

const PeerId& TlsIdentity::id() const noexcept {
    return m_state->id;
}

Bytes TlsIdentity::certificate() const {
    const auto size = i2d_X509(m_state->certificate.get(), nullptr);
    ENSURE(size > 0);
    Bytes out(static_cast<std::size_t>(size));
    auto* to = out.data();
    ENSURE(i2d_X509(m_state->certificate.get(), &to) == size);
    return out;
}

} // namespace torgo::crypto
