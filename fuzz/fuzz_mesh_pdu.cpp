// PDUs of every layer of Bluetooth Mesh that have no key: the first byte chooses which. Oracle:
// what is accepted is what encode writes.
#include "base/ensure.hpp"
#include "mesh/access.hpp"
#include "mesh/beacon.hpp"
#include "mesh/composition.hpp"
#include "mesh/network.hpp"
#include "mesh/pb_adv.hpp"
#include "mesh/provisioning.hpp"
#include "mesh/transport.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace {

using namespace torgo;
using namespace torgo::mesh;

bool begins_with(ByteView whole, ByteView part) {
    return part.size() <= whole.size() && std::ranges::equal(whole.first(part.size()), part);
}

void lower(ByteView body, bool control) {
    const auto pdu = decode_lower(body, control);
    if (!pdu) return;
    const auto again = decode_lower(encode_lower(*pdu).view(), control);
    ENSURE(again == pdu);
}

void access(ByteView body) {
    const auto message = decode_access(body);
    if (!message || body.size() > access_payload_max) return;
    ENSURE(std::ranges::equal(encode_access(message->opcode, message->parameters).view(), body));
}

void beacons(ByteView body) {
    static const NetKey key{Key128{}};
    if (const auto beacon = decode_unprovisioned(body))
        ENSURE(std::ranges::equal(encode_beacon(*beacon).view(), body));
    if (const auto state = open_secure_beacon(body, key)) {
        const auto again = open_secure_beacon(encode_secure_beacon(*state, key).view(), key);
        ENSURE(again == state);
    }
    (void)open_private_beacon(body, key);
}

void network(ByteView body) {
    static const Credentials credentials = Credentials::flooding(Key128{});
    const auto pdu = decode_network(body, credentials, 0);
    if (pdu) ENSURE(std::ranges::equal(encode_network(*pdu, credentials, 0).view(), body));
    const auto header = unveil_network(body, credentials, 0);
    if (header) (void)open_network(body, *header, credentials, 0);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const ByteView body(data + 1, size - 1);
    switch (data[0] % 8) {
    case 0:
        lower(body, false);
        break;
    case 1:
        lower(body, true);
        break;
    case 2:
        access(body);
        break;
    case 3:
        beacons(body);
        break;
    case 4:
        network(body);
        break;
    case 5:
        // Padding may follow; the rest is what encode writes.
        if (const auto pdu = decode_pb_adv(body))
            ENSURE(begins_with(body, encode_pb_adv(*pdu).view()));
        break;
    case 6:
        if (const auto composition = decode_composition(body)) {
            const auto page = encode(*composition);
            if (page) ENSURE(decode_composition(page->view()) == composition);
        }
        break;
    default:
        if (const auto ack = decode_ack(body)) ENSURE(decode_ack(encode_ack(*ack).view()) == ack);
        if (const auto beat = decode_heartbeat(body))
            ENSURE(decode_heartbeat(encode_heartbeat(*beat).view()) == beat);
        if (const auto abilities = decode_abilities(body))
            ENSURE(decode_abilities(encode(*abilities).view()) == abilities);
        (void)decode_provisioning_data(body);
    }
    return 0;
}
