#pragma once

#include "crypto/mesh_primitives.hpp"
#include "mesh/address.hpp"

#include <array>
#include <cstdint>
#include <string_view>

// Keys and what is derived from them (Mesh Protocol 1.1, 3.9.2 and 3.9.6).
namespace torgo::mesh {

using crypto::Aes128;
using Key128 = crypto::Block128;
using Key256 = std::array<std::uint8_t, 32>;
using LabelUuid = std::array<std::uint8_t, 16>;

/// The derivation functions by their names in the standard (3.9.2).
Key128 s1(ByteView message);
/// `n` may be any length: 16 bytes of a key, or 32 of an ECDH secret.
Key128 k1(ByteView n, const Key128& salt, ByteView p);

struct K2 {
    std::uint8_t nid = 0; ///< 7 bits
    Key128 encryption{};
    Key128 privacy{};

    ~K2();
};

K2 k2(const Key128& n, ByteView p);
std::array<std::uint8_t, 8> k3(const Key128& n);
std::uint8_t k4(const Key128& n);
Key256 s2(ByteView message);
/// `n` may be any length: the ECDH secret and the OOB value together.
Key256 k5(ByteView n, const Key256& salt, ByteView p);

/// What protects a network PDU; three kinds for one NetKey (3.9.6.3.1).
struct Credentials {
    Credentials() = default;
    explicit Credentials(const K2& material);

    static Credentials flooding(const Key128& net_key);
    static Credentials directed(const Key128& net_key);
    static Credentials friendship(const Key128& net_key, Address lpn, Address friend_address,
                                  std::uint16_t lpn_counter, std::uint16_t friend_counter);

    std::uint8_t nid = 0;
    Aes128 encryption;
    Aes128 privacy;
};

using NetworkId = std::array<std::uint8_t, 8>;

/// A NetKey with everything that is derived from it. About 1.3 KB and 20 AES runs: made once and
/// shared by pointer.
struct NetKey {
    explicit NetKey(const Key128& key);
    NetKey(const NetKey&) = delete;
    NetKey& operator=(const NetKey&) = delete;
    ~NetKey();

    Key128 key;
    Credentials flooding;
    Credentials directed;
    NetworkId network_id;
    Aes128 identity;
    Aes128 beacon;
    Aes128 private_beacon;
};

struct AppKey {
    explicit AppKey(const Key128& key);

    Key128 bytes() const;

    std::uint8_t aid; ///< 6 bits
    Aes128 key;
};

/// 0x8000 and 14 bits of the label's CMAC (3.4.2.3).
Address virtual_address(const LabelUuid& label);

} // namespace torgo::mesh
