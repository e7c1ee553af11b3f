// ECDH on P-256, as Bluetooth Mesh provisioning asks for it, by OpenSSL.

#include "crypto/evp.hpp"
#include "crypto/mesh_primitives.hpp"
#include "crypto/secret.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include <algorithm>
#include <bit>

namespace torgo::crypto {

namespace {

constexpr const char* curve = "prime256v1";
constexpr std::uint8_t uncompressed = 0x04; // SEC 1 2.3.3

using Group = std::unique_ptr<EC_GROUP, Deleter<EC_GROUP_free>>;
using Point = std::unique_ptr<EC_POINT, Deleter<EC_POINT_free>>;
using Number = std::unique_ptr<BIGNUM, Deleter<BN_clear_free>>;

Result<Key> public_key(const P256::PublicKey& point) {
    std::array<std::uint8_t, 1 + P256::public_size> encoded{};
    encoded[0] = uncompressed;
    std::ranges::copy(point, encoded.begin() + 1);
    const OSSL_PARAM parameters[] = {utf8(OSSL_PKEY_PARAM_GROUP_NAME, curve),
                                     octets(OSSL_PKEY_PARAM_PUB_KEY, encoded),
                                     OSSL_PARAM_construct_end()};
    const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    EVP_PKEY* made = nullptr;
    if (context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY,
                          const_cast<OSSL_PARAM*>(parameters)) != 1) {
        ERR_clear_error();
        return fail(Errc::authentication, "the other side's key is no point of P-256");
    }
    Key key(made);
    const KeyContext check(EVP_PKEY_CTX_new_from_pkey(nullptr, made, nullptr));
    if (check == nullptr || EVP_PKEY_public_check(check.get()) != 1) {
        ERR_clear_error();
        return fail(Errc::authentication, "the other side's key is no point of P-256");
    }
    return key;
}

/// OpenSSL wants numbers in the machine's byte order.
Result<Key> private_key(const P256::PrivateKey& number) {
    if (!P256::is_private(number)) return fail(Errc::invalid_argument, "no private key of P-256");
    TRY(const auto point, P256::public_of(number));
    auto native = number;
    if constexpr (std::endian::native == std::endian::little) std::ranges::reverse(native);
    std::array<std::uint8_t, 1 + P256::public_size> encoded{};
    encoded[0] = uncompressed;
    std::ranges::copy(point, encoded.begin() + 1);
    const OSSL_PARAM parameters[] = {
        utf8(OSSL_PKEY_PARAM_GROUP_NAME, curve), octets(OSSL_PKEY_PARAM_PUB_KEY, encoded),
        OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native.data(), native.size()),
        OSSL_PARAM_construct_end()};
    const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    EVP_PKEY* made = nullptr;
    const bool fine = context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1 &&
                      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_KEYPAIR,
                                        const_cast<OSSL_PARAM*>(parameters)) == 1;
    wipe(native);
    if (fine) return Key(made);
    ERR_clear_error();
    return fail(Errc::invalid_argument, "no private key of P-256");
}

} // namespace

bool P256::is_private(const PrivateKey& key) {
    // FIPS 186-5 / SEC 2: the order of the curve's base point.
    static constexpr PrivateKey order{0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00,
                                      0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                      0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84,
                                      0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51};
    return key != PrivateKey{} && key < order;
}

Result<P256::PublicKey> P256::public_of(const PrivateKey& key) {
    if (!is_private(key)) return fail(Errc::invalid_argument, "no private key of P-256");
    const Group group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
    ENSURE(group != nullptr);
    const Point point(EC_POINT_new(group.get()));
    const Number number(BN_bin2bn(key.data(), static_cast<int>(key.size()), nullptr));
    std::array<std::uint8_t, 1 + public_size> encoded{};
    ENSURE(point != nullptr && number != nullptr);
    ENSURE(EC_POINT_mul(group.get(), point.get(), number.get(), nullptr, nullptr, nullptr) == 1 &&
           EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED,
                              encoded.data(), encoded.size(), nullptr) == encoded.size());
    PublicKey out;
    std::copy(encoded.begin() + 1, encoded.end(), out.begin());
    return out;
}

Result<P256::Shared> P256::agree(const PrivateKey& mine, const PublicKey& theirs) {
    TRY(const auto own, private_key(mine));
    TRY(const auto other, public_key(theirs));
    const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, own.get(), nullptr));
    // Made where it is returned: no copy stays behind on the stack.
    Result<Shared> shared{Shared{}};
    auto size = shared->size();
    if (context == nullptr || EVP_PKEY_derive_init(context.get()) != 1 ||
        EVP_PKEY_derive_set_peer(context.get(), other.get()) != 1 ||
        EVP_PKEY_derive(context.get(), shared->data(), &size) != 1 || size != shared->size()) {
        wipe(*shared);
        ERR_clear_error();
        return fail(Errc::authentication, "no shared secret with the other side's key");
    }
    return shared;
}

} // namespace torgo::crypto
