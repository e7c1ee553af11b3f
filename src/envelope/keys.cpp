#include "envelope/keys.hpp"

#include "base/codec.hpp"
#include "base/ensure.hpp"
#include "crypto/hash.hpp"
#include "crypto/kdf.hpp"

#include <algorithm>

namespace torgo::envelope {

namespace {
constexpr std::string_view label = "TORGO/MESH/1";
constexpr std::size_t key_size = 32;

crypto::SecretBytes joined(const crypto::SecretBytes& a, const crypto::SecretBytes& b) {
    crypto::SecretBytes out(a.size() + b.size());
    std::ranges::copy(a.view(), out.span().begin());
    std::ranges::copy(b.view(), out.span().subspan(a.size()).begin());
    return out;
}

crypto::SecretBytes copy_of(const crypto::SecretBytes& key) {
    return crypto::SecretBytes::copy_of(key.view());
}
} // namespace

EpochKeys EpochKeys::copy() const {
    return {.short_up = copy_of(short_up),
            .short_down = copy_of(short_down),
            .long_up = copy_of(long_up),
            .long_down = copy_of(long_down),
            .confirm_up = copy_of(confirm_up),
            .confirm_down = copy_of(confirm_down),
            .next_secret = copy_of(next_secret)};
}

EpochKeys derive_keys(const Provision& provision, std::uint32_t epoch, ByteView ciphertext,
                      const crypto::SecretBytes& kem_secret) {
    ENSURE(provision.secret.size() == shared_secret_size);
    Writer context;
    context.raw(as_bytes(label)).put(provision.sensor).put(epoch);
    context.raw(provision.gateway_key.view()).raw(crypto::sha256(ciphertext).view());
    const auto secrets = joined(kem_secret, provision.secret);
    const auto root = crypto::hkdf_extract(context.view(), secrets.view());
    const auto key = [&](std::string_view name) {
        return crypto::hkdf_expand(root, as_bytes(name), key_size);
    };
    return {.short_up = key("short-up"),
            .short_down = key("short-down"),
            .long_up = key("long-up"),
            .long_down = key("long-down"),
            .confirm_up = key("confirm-up"),
            .confirm_down = key("confirm-down"),
            .next_secret = key("next-secret")};
}

} // namespace torgo::envelope
