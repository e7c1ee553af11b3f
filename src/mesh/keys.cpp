// The derivation chains of Mesh Protocol 1.1, 3.9.2 (functions) and 3.9.6 (keys).

#include "mesh/keys.hpp"

#include "crypto/mac.hpp"
#include "crypto/secret.hpp"

#include <algorithm>

namespace torgo::mesh {

namespace {

constexpr std::array<std::uint8_t, 1> one{1};

Key128 cmac(const Key128& key, std::initializer_list<ByteView> parts) {
    return crypto::aes_cmac(Aes128(key), parts);
}

Key256 hmac(ByteView key, std::initializer_list<ByteView> parts) {
    Key256 out{};
    crypto::HmacSha256(key).write(parts, out);
    return out;
}

/// IdentityKey, BeaconKey, PrivateBeaconKey: k1 under different salts (3.9.6.3.3 to 3.9.6.3.5).
Aes128 id128_key(const Key128& net_key, std::string_view salt) {
    static constexpr std::array<std::uint8_t, 6> p{'i', 'd', '1', '2', '8', 1};
    return Aes128(k1(net_key, s1(as_bytes(salt)), p));
}

} // namespace

Key128 s1(ByteView message) {
    return cmac(Key128{}, {message});
}

Key128 k1(ByteView n, const Key128& salt, ByteView p) {
    return cmac(cmac(salt, {n}), {p});
}

K2 k2(const Key128& n, ByteView p) {
    static const Key128 salt = s1(as_bytes("smk2"));
    static constexpr std::array<std::uint8_t, 1> two{2};
    static constexpr std::array<std::uint8_t, 1> three{3};
    const Aes128 t(cmac(salt, {n}));
    const auto t1 = crypto::aes_cmac(t, {p, one});
    const auto t2 = crypto::aes_cmac(t, {t1, p, two});
    const auto t3 = crypto::aes_cmac(t, {t2, p, three});
    return {.nid = static_cast<std::uint8_t>(t1[15] & 0x7FU), .encryption = t2, .privacy = t3};
}

NetworkId k3(const Key128& n) {
    static const Key128 salt = s1(as_bytes("smk3"));
    const auto all = cmac(cmac(salt, {n}), {as_bytes("id64"), one});
    NetworkId low{};
    std::copy(all.begin() + 8, all.end(), low.begin());
    return low;
}

std::uint8_t k4(const Key128& n) {
    static const Key128 salt = s1(as_bytes("smk4"));
    return cmac(cmac(salt, {n}), {as_bytes("id6"), one})[15] & 0x3FU;
}

Key256 s2(ByteView message) {
    return hmac(Key256{}, {message});
}

Key256 k5(ByteView n, const Key256& salt, ByteView p) {
    return hmac(hmac(salt, {n}), {p});
}

K2::~K2() {
    crypto::wipe(encryption);
    crypto::wipe(privacy);
}

Credentials::Credentials(const K2& material)
    : nid(material.nid), encryption(material.encryption), privacy(material.privacy) {}

Credentials Credentials::flooding(const Key128& net_key) {
    return Credentials(k2(net_key, std::array<std::uint8_t, 1>{0}));
}

Credentials Credentials::directed(const Key128& net_key) {
    return Credentials(k2(net_key, std::array<std::uint8_t, 1>{2}));
}

Credentials Credentials::friendship(const Key128& net_key, Address lpn, Address friend_address,
                                    std::uint16_t lpn_counter, std::uint16_t friend_counter) {
    std::array<std::uint8_t, 9> p{1};
    std::size_t at = 1;
    for (const std::uint16_t field : {lpn, friend_address, lpn_counter, friend_counter}) {
        p[at++] = static_cast<std::uint8_t>(field >> 8U);
        p[at++] = static_cast<std::uint8_t>(field);
    }
    return Credentials(k2(net_key, p));
}

NetKey::NetKey(const Key128& bytes)
    : key(bytes),
      flooding(Credentials::flooding(bytes)),
      directed(Credentials::directed(bytes)),
      network_id(k3(bytes)),
      identity(id128_key(bytes, "nkik")),
      beacon(id128_key(bytes, "nkbk")),
      private_beacon(id128_key(bytes, "nkpk")) {}

NetKey::~NetKey() {
    crypto::wipe(key);
}

AppKey::AppKey(const Key128& bytes) : aid(k4(bytes)), key(bytes) {}

Key128 AppKey::bytes() const {
    Key128 out{};
    std::ranges::copy(key.key(), out.begin());
    return out;
}

Address virtual_address(const LabelUuid& label) {
    static const Aes128 salt(s1(as_bytes("vtad")));
    const auto hash = crypto::aes_cmac(salt, {label});
    const auto low = static_cast<unsigned>(hash[14] << 8U | hash[15]);
    return static_cast<Address>(virtual_first | (low & 0x3FFFU));
}

} // namespace torgo::mesh
