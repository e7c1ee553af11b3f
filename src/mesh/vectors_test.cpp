// The sample data of Mesh Protocol 1.1, section 8 (tests/vectors/mesh.json names its sources), all
// of it, and the list of what passed.
#include "base/hex.hpp"
#include "crypto/secret.hpp"
#include "mesh/beacon.hpp"
#include "mesh/composition.hpp"
#include "mesh/network.hpp"
#include "mesh/pb_adv.hpp"
#include "mesh/provisioning_keys.hpp"
#include "mesh/transport.hpp"

#include <gtest/gtest.h>
#include <jsoncons/json.hpp>

#include <cstdio>
#include <fstream>
#include <functional>
#include <string>

namespace torgo::mesh {
namespace {

using jsoncons::json;

Bytes hex(const json& text) {
    return *from_hex(text.as<std::string>());
}

std::string string(const json& object, const char* name) {
    return object.at(name).as<std::string>();
}

template <std::size_t N>
std::array<std::uint8_t, N> array_of(const json& text) {
    std::array<std::uint8_t, N> out{};
    const auto bytes = hex(text);
    EXPECT_EQ(bytes.size(), N);
    std::ranges::copy(bytes, out.begin());
    return out;
}

std::uint32_t number(const json& text) {
    std::uint32_t value = 0;
    for (const auto byte : hex(text))
        value = value << 8U | byte;
    return value;
}

Key128 key(const json& text) {
    return array_of<16>(text);
}

std::string text(ByteView bytes) {
    return to_hex(bytes);
}

struct Vector {
    std::string id;
    std::string name;
    const json& in;
    const json& out;
};

void expect(const json& expected, const char* name, ByteView value) {
    if (expected.contains(name)) {
        EXPECT_EQ(text(value), string(expected, name)) << name;
    }
}

void check_k2(const Vector& v) {
    const auto made = k2(key(v.in["N"]), hex(v.in["P"]));
    expect(v.out, "NID", std::array{made.nid});
    expect(v.out, "EncryptionKey", made.encryption);
    expect(v.out, "PrivacyKey", made.privacy);
}

void check_net_key(const Vector& v) {
    const NetKey net(key(v.in["N"]));
    const auto made = string(v.out, "k1");
    if (v.id == "8.2.6") {
        EXPECT_EQ(text(net.identity.key()), made);
    }
    if (v.id == "8.2.7") {
        EXPECT_EQ(text(net.beacon.key()), made);
    }
    if (v.id.starts_with("8.2.8")) {
        EXPECT_EQ(text(net.private_beacon.key()), made);
    }
    EXPECT_EQ(text(k1(hex(v.in["N"]), key(v.in["SALT"]), hex(v.in["P"]))), made);
}

void check_keys(const Vector& v) {
    if (v.id == "8.1.1")
        expect(v.out, "salt", s1(as_bytes(string(v.in, "M_ascii"))));
    else if (v.out.contains("k1") && v.id == "8.1.2")
        expect(v.out, "k1", k1(hex(v.in["N"]), key(v.in["SALT"]), hex(v.in["P"])));
    else if (v.out.contains("k1"))
        check_net_key(v);
    else if (v.out.contains("EncryptionKey"))
        check_k2(v);
    else if (v.out.contains("k3"))
        expect(v.out, "k3", k3(key(v.in["N"])));
    else if (v.out.contains("k4"))
        expect(v.out, "k4", std::array{k4(key(v.in["N"]))});
    else if (v.out.contains("AID"))
        expect(v.out, "AID", std::array{AppKey(key(v.in["AppKey"])).aid});
    else
        expect(v.out, "NetworkID", NetKey(key(v.in["NetKey"])).network_id);
}

AccessNonce nonce_of(const Vector& v, std::uint32_t seq) {
    return {.device_key = !v.in.contains("key") || string(v.in, "key") == "DevKey",
            .szmic = v.in.contains("SZMIC") && v.in["SZMIC"].as<int>() == 1,
            .seq = seq,
            .src = static_cast<Address>(number(v.in["SRC"])),
            .dst = static_cast<Address>(number(v.in["DST"])),
            .iv_index = number(v.in["IVIndex"])};
}

/// Access payload to upper transport PDU and back.
void check_upper(const Vector& v, std::uint32_t seq) {
    const auto nonce = nonce_of(v, seq);
    LabelUuid label{};
    const bool is_labelled = v.in.contains("LabelUUID");
    if (is_labelled) {
        label = key(v.in["LabelUUID"]);
        EXPECT_EQ(virtual_address(label), nonce.dst);
    }
    const Aes128 aes(key(v.in.contains("DevKey") ? v.in["DevKey"] : v.in["key_value"]));
    expect(v.out, "AccessNonce", nonce.bytes());
    const auto* extra = is_labelled ? &label : nullptr;
    const auto sealed = seal_access(aes, nonce, hex(v.in["AccessPayload"]), extra);
    expect(v.out, "UpperTransportPDU", sealed.view());
    const auto opened = open_access(aes, nonce, sealed.view(), extra);
    ASSERT_TRUE(opened);
    EXPECT_EQ(text(opened->view()), string(v.in, "AccessPayload"));
}

/// The upper PDU cut into the lower PDUs that the vector has.
void check_segments(const Vector& v, std::uint32_t seq) {
    const auto upper = hex(v.out["UpperTransportPDU"]);
    const auto& lower = v.out["LowerTransportPDU"];
    const auto count = lower.size();
    const bool device = string(v.in, "key") == "DevKey";
    LowerPdu pdu{.segmented = count > 1, .szmic = v.in["SZMIC"].as<int>() == 1};
    if (!device) pdu.head = static_cast<std::uint8_t>(akf_bit | number(v.in["AID"]));
    pdu.seq_zero = static_cast<std::uint16_t>(pdu.segmented ? seq & seq_zero_mask : 0);
    if (!pdu.segmented) pdu.szmic = false;
    pdu.seg_n = static_cast<std::uint8_t>(count - 1);
    const auto step = pdu.segmented ? access_segment_size : upper.size();
    for (std::size_t i = 0; i < count; ++i) {
        pdu.seg_o = static_cast<std::uint8_t>(i);
        pdu.payload.clear();
        pdu.payload.append(
            ByteView(upper).subspan(i * step, std::min(step, upper.size() - i * step)));
        const auto encoded = encode_lower(pdu);
        EXPECT_EQ(text(encoded.view()), lower[i].as<std::string>());
        EXPECT_EQ(decode_lower(encoded.view(), false), pdu);
    }
}

void check_message(const Vector& v, const json& vectors) {
    if (v.in.contains("same_as")) {
        for (const auto& other : vectors.array_range()) {
            if (string(other, "id") != string(v.in, "same_as")) continue;
            EXPECT_EQ(other["expected"]["NetworkPDU"], v.out["NetworkPDU"]);
        }
        return;
    }
    const Credentials credentials(k2(key(v.in["NetKey"]), hex(v.in["k2_P"])));
    const auto iv_index = number(v.in["IVIndex"]);
    for (std::size_t i = 0; i < v.out["NetworkPDU"].size(); ++i) {
        NetworkPdu pdu{.control = v.in["CTL"].as<int>() == 1,
                       .ttl = static_cast<std::uint8_t>(number(v.in["TTL"])),
                       .seq = number(v.in["SEQ"][i]),
                       .src = static_cast<Address>(number(v.in["SRC"])),
                       .dst = static_cast<Address>(number(v.in["DST"]))};
        pdu.transport.append(hex(v.out["LowerTransportPDU"][i]));
        EXPECT_EQ(text(network_nonce(NetworkNonce::network, pdu, iv_index)),
                  v.out["NetworkNonce"][i].as<std::string>());
        const auto frame = encode_network(pdu, credentials, iv_index);
        EXPECT_EQ(text(frame.view()), v.out["NetworkPDU"][i].as<std::string>());
        EXPECT_EQ(decode_network(frame.view(), credentials, iv_index), pdu);
        const auto lower = decode_lower(pdu.transport.view(), pdu.control);
        ASSERT_TRUE(lower);
        EXPECT_EQ(encode_lower(*lower), pdu.transport);
    }
    if (!v.in.contains("AccessPayload")) return;
    check_upper(v, number(v.in["SEQ"][0]));
    check_segments(v, number(v.in["SEQ"][0]));
}

void check_proxy(const Vector& v) {
    const NetKey net(key(v.in["NetKey"]));
    NetworkPdu pdu{.control = true,
                   .seq = number(v.in["SEQ"]),
                   .src = static_cast<Address>(number(v.in["SRC"]))};
    pdu.transport.append(hex(v.in["TransportPDU"]));
    const auto iv_index = number(v.in["IVIndex"]);
    expect(v.out, "ProxyNonce", network_nonce(NetworkNonce::proxy, pdu, iv_index));
    const auto frame = encode_network(pdu, net.flooding, iv_index, NetworkNonce::proxy);
    const auto part = proxy_part(frame.view(), ProxyType::configuration, 64, 0);
    EXPECT_EQ(text(std::array{proxy_head(*part)}) + text(part->payload), string(v.out, "ProxyPDU"));
    EXPECT_EQ(decode_network(frame.view(), net.flooding, iv_index, NetworkNonce::proxy), pdu);
}

void check_beacon(const Vector& v) {
    if (v.in.contains("DeviceUUID")) {
        UnprovisionedBeacon beacon{.device = key(v.in["DeviceUUID"]),
                                   .oob = static_cast<std::uint16_t>(number(v.in["OOBInfo"]))};
        if (v.in.contains("URIData")) beacon.uri_hash = uri_hash(hex(v.in["URIData"]));
        const auto made = encode_beacon(beacon);
        expect(v.out, "Beacon", made.view());
        EXPECT_EQ(decode_unprovisioned(made.view()), beacon);
        return;
    }
    const NetKey net(key(v.in["NetKey"]));
    const auto flags = number(v.in["Flags"]);
    const NetworkState state{.key_refresh = (flags & 1U) != 0,
                             .iv_update = (flags & 2U) != 0,
                             .iv_index = number(v.in["IVIndex"])};
    if (!v.in.contains("Random")) {
        expect(v.in, "BeaconKey", net.beacon.key());
        const auto made = encode_secure_beacon(state, net);
        expect(v.out, "Beacon", made.view());
        EXPECT_EQ(open_secure_beacon(made.view(), net), state);
        return;
    }
    expect(v.out, "PrivateBeaconKey", net.private_beacon.key());
    const auto made = encode_private_beacon(state, array_of<13>(v.in["Random"]), net);
    expect(v.out, "Beacon", made.view());
    EXPECT_EQ(open_private_beacon(made.view(), net), state);
}

void check_identity(const Vector& v) {
    const NetKey net(key(v.in["NetKey"]));
    const auto kind = static_cast<ProxyIdentity>(v.id.back() - '1');
    IdentityRandom random{};
    if (v.in.contains("Random")) random = array_of<8>(v.in["Random"]);
    expect(v.out, "AdvData", encode_proxy_identity(kind, net, random, 0x1201).view());
}

void check_pb_adv(const Vector& v) {
    PbAdv pdu{.link = number(v.in["LinkID"])};
    if (v.id == "8.7.1") {
        pdu.kind = PbAdv::Kind::link_open;
        pdu.payload.append(hex(v.in["DeviceUUID"]));
    }
    if (v.id == "8.7.2") pdu.kind = PbAdv::Kind::link_ack;
    if (v.id == "8.7.14") pdu.kind = PbAdv::Kind::link_close;
    if (v.out.contains("Message")) {
        expect(v.out, "Message", encode_pb_adv(pdu).view());
        EXPECT_EQ(decode_pb_adv(encode_pb_adv(pdu).view()), pdu);
        return;
    }
    const auto& messages = v.out["Messages"];
    if (v.id == "8.7.x") {
        for (const auto& message : messages.array_range()) {
            pdu.transaction = hex(message)[4];
            EXPECT_EQ(text(encode_pb_adv(pdu).view()), message.as<std::string>());
        }
        return;
    }
    const auto whole = hex(v.in["ProvisioningPDU"]);
    expect(v.in, "FCS", std::array{fcs8(whole)});
    ASSERT_EQ(segments_of_transaction(whole.size()), messages.size());
    for (std::size_t i = 0; i < messages.size(); ++i) {
        const auto segment = segment_of_transaction(
            pdu.link, static_cast<std::uint8_t>(number(v.in["Transaction"])), whole, i);
        const auto frame = encode_pb_adv(segment);
        EXPECT_EQ(text(frame.view()), messages[i].as<std::string>());
        EXPECT_EQ(decode_pb_adv(frame.view()), segment);
    }
}

void check_gatt(const Vector& v) {
    const auto whole = hex(v.in["ProvisioningPDU"]);
    std::size_t index = 0;
    for (const auto& value : v.out["ATTValues"].array_range()) {
        const auto part = proxy_part(whole, ProxyType::provisioning, 23, index++);
        ASSERT_TRUE(part);
        EXPECT_EQ(text(std::array{proxy_head(*part)}) + text(part->payload),
                  value.as<std::string>());
    }
    EXPECT_FALSE(proxy_part(whole, ProxyType::provisioning, 23, index));
}

void check_provisioning(const Vector& v) {
    const auto own = array_of<32>(v.in["ProvisionerPrivateKey"]);
    const auto theirs = array_of<64>(v.in["DevicePublicKey"]);
    expect(v.in, "ProvisionerPublicKey", *crypto::P256::public_of(own));
    const auto secret = crypto::P256::agree(own, theirs);
    ASSERT_TRUE(secret);
    expect(v.out, "ECDHSecret", *secret);
    EXPECT_EQ(*crypto::P256::agree(array_of<32>(v.in["DevicePrivateKey"]),
                                   array_of<64>(v.in["ProvisionerPublicKey"])),
              *secret);
    ConfirmationInputs inputs;
    for (const auto* name : {"InviteValue", "CapabilitiesValue", "StartValue",
                             "ProvisionerPublicKey", "DevicePublicKey"})
        inputs.append(hex(v.in[name]));
    const auto algorithm =
        v.id == "8.17.2" ? ProvisioningAlgorithm::hmac_sha256 : ProvisioningAlgorithm::cmac_aes128;
    const ProvisioningKeys keys(algorithm, *secret, inputs.view(), hex(v.in["AuthValue"]));
    expect(v.out, "ConfirmationSalt", keys.confirmation_salt());
    expect(v.out, "ConfirmationKey", keys.confirmation_key());
    const auto provisioner = hex(v.in["RandomProvisioner"]);
    const auto device = hex(v.in["RandomDevice"]);
    expect(v.out, "ConfirmationProvisioner", keys.confirmation(provisioner).view());
    expect(v.out, "ConfirmationDevice", keys.confirmation(device).view());
    const auto session = keys.session(provisioner, device);
    expect(v.out, "ProvisioningSalt", session.salt);
    expect(v.out, "SessionKey", session.key.key());
    expect(v.out, "SessionNonce", session.nonce);
    expect(v.out, "DeviceKey", session.device_key);
    const auto data = decode_provisioning_data(hex(v.in["ProvisioningData"]));
    ASSERT_TRUE(data);
    const auto sealed = seal(*data, session);
    std::string whole = text(sealed.view());
    for (const auto& member : v.out.object_range()) {
        const std::string name(member.key());
        if (name.starts_with("Encrypted")) {
            EXPECT_TRUE(whole.starts_with(member.value().as<std::string>())) << name;
        }
        if (name.ends_with("MIC")) {
            EXPECT_TRUE(whole.ends_with(member.value().as<std::string>())) << name;
        }
    }
    EXPECT_EQ(open_provisioning_data(sealed.view(), session), data);
}

void check_composition(const Vector& v) {
    const auto u16 = [&](const json& from) {
        return static_cast<std::uint16_t>(number(from));
    };
    Composition made{.company = u16(v.in["CID"]),
                     .product = u16(v.in["PID"]),
                     .version = u16(v.in["VID"]),
                     .replay_entries = u16(v.in["CRPL"]),
                     .features = u16(v.in["Features"])};
    for (const auto& from : v.in["elements"].array_range()) {
        Element element{.location = u16(from["Loc"])};
        for (const auto& model : from["SIG"].array_range())
            element.models.push_back({.id = u16(model)});
        for (const auto& model : from["Vendor"].array_range()) {
            const auto both = model.as<std::string>();
            element.models.push_back(
                {.id = u16(json(both.substr(5))), .company = u16(json(both.substr(0, 4)))});
        }
        made.elements.push_back(element);
    }
    const auto page = encode(made);
    ASSERT_TRUE(page);
    expect(v.out, "CompositionData", page->view());
    EXPECT_EQ(decode_composition(page->view()), made);
}

void check(const Vector& v, const json& vectors) {
    const auto begins = [&](const char* prefix) {
        return v.id.starts_with(prefix);
    };
    if (begins("8.17"))
        check_provisioning(v);
    else if (begins("8.1.") || begins("8.2"))
        check_keys(v);
    else if (begins("8.3"))
        check_message(v, vectors);
    else if (begins("8.4"))
        check_beacon(v);
    else if (begins("8.6"))
        check_identity(v);
    else if (begins("8.7"))
        check_pb_adv(v);
    else if (v.id == "8.8")
        check_gatt(v);
    else if (begins("8.9"))
        check_proxy(v);
    else if (begins("8.10"))
        check_composition(v);
    else if (begins("8.12"))
        check_upper(v, number(v.in["SEQ"]));
    else {
        ASSERT_TRUE(begins("3.4.2.3")) << "no check for " << v.id;
        expect(v.out, "s1_vtad", s1(as_bytes("vtad")));
        const auto address = virtual_address(key(v.in["LabelUUID"]));
        EXPECT_EQ(address, number(v.out["VirtualAddress"]));
    }
}

// [MESH-1]
TEST(MeshVectors, all_sample_data_of_the_standard_come_out) {
    std::ifstream file(std::string(TORGO_VECTORS) + "/mesh.json");
    const auto all = json::parse(file);
    const auto& vectors = all["vectors"];
    ASSERT_EQ(vectors.size(), 76);
    std::size_t passed = 0;
    for (const auto& entry : vectors.array_range()) {
        const Vector v{string(entry, "id"), string(entry, "name"), entry["inputs"],
                       entry["expected"]};
        const auto before =
            ::testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count();
        check(v, vectors);
        const auto good =
            before ==
            ::testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count();
        passed += good ? 1 : 0;
        std::printf("%-12s %-4s %s\n", v.id.c_str(), good ? "pass" : "FAIL", v.name.c_str());
    }
    std::printf("%zu of %zu pass\n", passed, vectors.size());
    EXPECT_EQ(passed, vectors.size());
}

} // namespace
} // namespace torgo::mesh
