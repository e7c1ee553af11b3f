// Orders and takeovers come from heads and from clients; a tally from a disk. Signatures are not
// looked at before the form is, so a record is also read with one that fits. Oracle: what is
// accepted is what the encoder writes.
#include "base/ensure.hpp"
#include "crypto/hash.hpp"
#include "node/tally.hpp"
#include "peer/order.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace {

using namespace torgo;

const crypto::SigningKey& key_of(crypto::SignatureScheme scheme) {
    static const auto owner =
        crypto::SigningKey::from_seed(crypto::SignatureScheme::ml_dsa_87, crypto::SecretBytes(32))
            .value();
    static const auto node =
        crypto::SigningKey::from_seed(crypto::SignatureScheme::ml_dsa_65, crypto::SecretBytes(32))
            .value();
    return scheme == crypto::SignatureScheme::ml_dsa_87 ? owner : node;
}

Bytes joined(ByteView a, ByteView b) {
    Bytes out(a.begin(), a.end());
    out.insert(out.end(), b.begin(), b.end());
    return out;
}

void read_order(ByteView fields) {
    constexpr auto deterministic = crypto::SignMode::deterministic;
    const auto& owner = key_of(crypto::SignatureScheme::ml_dsa_87);
    const auto signature = owner.sign(as_bytes("torgo/order/1"), fields, deterministic);
    const auto record = joined(fields, signature.value());
    const auto order = peer::open_order(record, RepoId{}, owner.public_key());
    if (order) ENSURE(peer::sign(*order, owner, deterministic).value() == record);
}

void read_takeover(ByteView fields) {
    constexpr auto deterministic = crypto::SignMode::deterministic;
    const auto& node = key_of(crypto::SignatureScheme::ml_dsa_65);
    const auto body = joined(fields, node.public_key());
    const auto signature = node.sign(as_bytes("torgo/takeover/1"), body, deterministic);
    const auto record = joined(body, signature.value());
    const auto takeover = peer::open_takeover(record, RepoId{});
    if (takeover) ENSURE(peer::sign(*takeover, node, deterministic).value() == record);
}

void read_tally(ByteView fields) {
    const auto bytes = joined(fields, crypto::sha256(fields).view());
    const auto tally = node::decode_tally(bytes);
    if (tally) ENSURE(node::encode(*tally) == bytes);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const ByteView rest(data + 1, size - 1);
    (void)peer::open_order(rest, RepoId{}, Bytes(2592));
    (void)peer::open_takeover(rest, RepoId{});
    (void)node::decode_tally(rest);
    if (const auto places = peer::decode_places(rest))
        ENSURE(std::ranges::equal(peer::encode_places(*places).value(), rest));
    switch (data[0] % 3) {
    case 0:
        read_order(rest);
        break;
    case 1:
        read_takeover(rest);
        break;
    default:
        read_tally(rest);
    }
    return 0;
}
