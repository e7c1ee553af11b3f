#include "base/hex.hpp"
#include "mesh/config_server.hpp"
#include "mesh/test_air.hpp"

#include <gtest/gtest.h>

namespace torgo::mesh {
namespace {

/// The answer to a request in hex, opcode included; empty where there is none.
std::string ask(NodeConfig& config, Opcode opcode, std::string_view parameters_hex,
                FoundationAnswer* whole = nullptr) {
    const auto answer = serve_foundation(config, opcode, *from_hex(parameters_hex), 0, Time{0});
    if (whole != nullptr) *whole = answer;
    return answer.reply ? to_hex(answer.reply->view()) : "";
}

const std::string key_33(32, '3');
const std::string key_44(32, '4');

TEST(MeshConfig, composition_ttl_relay_and_transmit_are_read_and_set) {
    auto config = test_config(0x0201);
    EXPECT_EQ(ask(config, op::composition_get, "00"), "0200f1050000000000000100"
                                                      "00000201"
                                                      "00000200"
                                                      "f1050100");
    EXPECT_EQ(ask(config, op::default_ttl_set, "7f"), "800e7f");
    EXPECT_EQ(ask(config, op::default_ttl_set, "01"), "");
    EXPECT_EQ(ask(config, op::default_ttl_get, ""), "800e7f");
    EXPECT_EQ(ask(config, op::relay_set, "014a"), "8028014a");
    EXPECT_TRUE(config.states.relay);
    EXPECT_EQ(ask(config, op::network_transmit_set, "22"), "802522");
    EXPECT_EQ(ask(config, op::beacon_set, "01"), "800b01");
    EXPECT_EQ(ask(config, op::beacon_set, "02"), "");
    EXPECT_EQ(ask(config, op::friend_get, ""), "801102");
    EXPECT_EQ(ask(config, op::node_identity_get, "0000"), "804800000002");
    EXPECT_EQ(ask(config, op::node_identity_set, "000001"), "80480a000002");
    EXPECT_EQ(ask(config, op::poll_timeout_get, "0900"), "802e0900000000");
    EXPECT_EQ(ask(config, op::sar_transmitter_set, "21436507"), "806e21436507");
    EXPECT_EQ(config.states.sar_transmitter.unicast_interval_step, 4);
    EXPECT_EQ(ask(config, op::sar_receiver_get, ""), "8071235100");
    EXPECT_EQ(ask(config, op::attention_set, "05"), "800705");
    EXPECT_EQ(ask(config, op::health_fault_get, "f105"), "0500f105");
}

TEST(MeshConfig, keys_are_added_updated_and_deleted_by_the_rules) {
    auto config = test_config(1);
    EXPECT_EQ(ask(config, op::net_key_add, "0100" + key_33), "8044000100");
    EXPECT_EQ(ask(config, op::net_key_add, "0100" + key_33), "8044000100");
    EXPECT_EQ(ask(config, op::net_key_add, "0100" + key_44), "8044060100");
    EXPECT_EQ(ask(config, op::net_key_get, ""), "8043001000");
    EXPECT_EQ(ask(config, op::net_key_delete, "0000"), "80440c0000");
    // AppKey 0x123 of network 1.
    EXPECT_EQ(ask(config, op::app_key_add, "013012" + key_33), "800300013012");
    EXPECT_EQ(ask(config, op::app_key_get, "0100"), "80020001002301");
    EXPECT_EQ(ask(config, op::app_key_update, "013012" + key_44), "80030b013012");
    EXPECT_EQ(ask(config, op::net_key_delete, "0100"), "8044000100");
    EXPECT_EQ(config.keys->applications.size(), 1);
    EXPECT_EQ(ask(config, op::app_key_add, "023012" + key_33), "800304023012");
    EXPECT_EQ(test_keys()->subnets.size(), 1) << "shared keys were changed";
}

TEST(MeshConfig, models_are_bound_subscribed_and_published) {
    auto config = test_config(1);
    const std::string model = "f1050100";
    EXPECT_EQ(ask(config, op::model_app_bind, "01000000" + model), "803e0001000000" + model);
    EXPECT_EQ(ask(config, op::model_app_bind, "01000500" + model), "803e0301000500" + model);
    EXPECT_EQ(ask(config, op::model_app_bind, "02000000" + model), "803e0102000000" + model);
    EXPECT_EQ(ask(config, op::model_app_bind, "010000000000"), "803e0d010000000000");
    EXPECT_EQ(ask(config, op::model_app_bind, "010000000099"), "803e02010000000099");
    EXPECT_EQ(ask(config, op::subscription_add, "010005c0" + model), "801f00010005c0" + model);
    EXPECT_EQ(ask(config, op::subscription_add, "01000500" + model), "801f0101000500" + model);
    EXPECT_EQ(ask(config, op::vendor_subscription_get, "0100" + model),
              "802c000100" + model + "05c0");
    // The label of the standard's sample: b529.
    const std::string label = "0073e7e4d8b9440faf8415df4c56c0e1";
    EXPECT_EQ(ask(config, op::subscription_virtual_overwrite, "0100" + label + model),
              "801f00010029b5" + model);
    EXPECT_EQ(ask(config, op::vendor_subscription_get, "0100" + model),
              "802c000100" + model + "29b5");
    EXPECT_EQ(ask(config, op::publication_set, "010005c00000ff0102" + model),
              "801900010005c00000ff0102" + model);
    EXPECT_EQ(ask(config, op::publication_get, "0100" + model), "801900010005c00000ff0102" + model);
    EXPECT_EQ(ask(config, op::vendor_app_get, "0100" + model), "804e000100" + model + "0000");
    // A key that goes takes its bindings and publications along.
    EXPECT_EQ(ask(config, op::app_key_delete, "000000"), "800300000000");
    EXPECT_EQ(ask(config, op::vendor_app_get, "0100" + model), "804e000100" + model);
    EXPECT_EQ(config.model(0, test_model)->publication.address, unassigned);
}

TEST(MeshConfig, cut_and_overlong_requests_get_no_answer_and_change_nothing) {
    const std::vector<std::pair<Opcode, std::string>> requests{
        {op::app_key_add, "003012" + key_33},
        {op::net_key_add, "0100" + key_33},
        {op::model_app_bind, "01000000f1050100"},
        {op::subscription_add, "010005c0f1050100"},
        {op::publication_set, "010005c00000ff0102f1050100"},
        {op::heartbeat_publication_set, "010003040500000000"},
        {op::heartbeat_subscription_set, "0100010004"},
        {op::sar_transmitter_set, "21436507"},
        {op::relay_set, "0100"},
        {op::key_refresh_set, "000002"},
    };
    for (const auto& [opcode, whole] : requests) {
        auto config = test_config(1);
        EXPECT_NE(ask(config, opcode, whole), "") << opcode;
        for (std::size_t cut = 0; cut < whole.size(); cut += 2) {
            // Model identifiers have two lengths: the shorter one is another request.
            FoundationAnswer answer;
            auto fresh = test_config(1);
            (void)ask(fresh, opcode, whole.substr(0, cut), &answer);
            EXPECT_FALSE(answer.changed) << opcode << " " << cut;
        }
        auto fresh = test_config(1);
        EXPECT_EQ(ask(fresh, opcode, whole + "0000"), "") << opcode;
    }
}

/// A provisioner's node (1) that knows every device key, and a node (2) to be configured.
class MeshConfigOverAir : public ::testing::Test {
protected:
    void SetUp() override {
        for (const Address a : {Address{1}, Address{2}, Address{3}}) {
            auto& node = air.add(test_config(a));
            node.states().relay = true;
            node.states().secure_beacons = true;
            air.device_keys.emplace(a, Aes128(node.config().device_key));
        }
        air.line(1, 3);
    }

    std::string request(Address to, Opcode opcode, std::string_view parameters_hex) {
        air.heard.clear();
        const auto payload = encode_access(opcode, *from_hex(parameters_hex));
        EXPECT_TRUE(air.node(1).send(
            air.now, {.dst = to, .their_device_key = true, .payload = payload.view()}));
        air.run(5s);
        for (const auto& heard : air.heard) {
            if (heard.by == 1 && heard.received.src == to)
                return to_hex(encode_access(heard.received.opcode, heard.parameters).view());
        }
        return "";
    }

    bool reaches(Address from, Address to) {
        air.heard.clear();
        EXPECT_TRUE(air.node(from).send(air.now, to_model(to, test_payload(8).view())));
        air.run(5s);
        return air.heard.size() == 1 && air.heard[0].by == to;
    }

    TestAir air{42};
};

TEST_F(MeshConfigOverAir, requests_are_answered_under_the_device_key_by_relay) {
    EXPECT_EQ(request(3, op::default_ttl_set, "09"), "800e09");
    EXPECT_EQ(request(3, op::app_key_add, "001000" + key_44), "800300001000");
    EXPECT_EQ(air.node(3).config().keys->applications.size(), 2);
    EXPECT_EQ(request(2, op::net_key_get, ""), "80430000");
}

// [MESH-13]
TEST_F(MeshConfigOverAir, a_key_refresh_leaves_out_who_was_not_told) {
    for (const Address a : {Address{1}, Address{2}}) {
        if (a == 1) continue; // own node: the same by loopback below
        EXPECT_EQ(request(a, op::net_key_update, "0000" + key_44), "8044000000");
        EXPECT_EQ(request(a, op::app_key_update, "000000" + key_33), "800300000000");
    }
    auto& own = air.node(1).change_config();
    EXPECT_EQ(ask(own, op::net_key_update, "0000" + key_44), "8044000000");
    EXPECT_EQ(ask(own, op::app_key_update, "000000" + key_33), "800300000000");
    EXPECT_TRUE(reaches(1, 2));
    EXPECT_TRUE(reaches(1, 3)) << "in phase 1 the old key still serves";
    EXPECT_EQ(ask(own, op::key_refresh_set, "000002"), "801700000002");
    air.run(30s); // the beacon carries phase 2 on
    EXPECT_EQ(air.node(2).config().keys->subnets[0].phase, 2);
    EXPECT_TRUE(reaches(1, 2));
    EXPECT_FALSE(reaches(1, 3));
    EXPECT_EQ(ask(own, op::key_refresh_set, "000003"), "801700000000");
    air.run(30s);
    EXPECT_EQ(air.node(2).config().keys->subnets[0].phase, 0);
    EXPECT_EQ(air.node(2).config().keys->subnets[0].key->key,
              air.node(1).config().keys->subnets[0].key->key);
    EXPECT_TRUE(reaches(1, 2));
    EXPECT_TRUE(reaches(2, 1));
    EXPECT_FALSE(reaches(3, 2));
}

// [MESH-13]
TEST_F(MeshConfigOverAir, in_phase_2_a_beacon_under_the_old_key_says_nothing) {
    auto& node = air.node(2);
    ASSERT_EQ(ask(node.change_config(), op::net_key_update, "0000" + key_44), "8044000000");
    ASSERT_EQ(ask(node.change_config(), op::key_refresh_set, "000002"), "801700000002");
    const NetworkState far{.iv_index = 5};
    const auto& subnet = node.config().keys->subnets[0];
    air.inject(2, encode_secure_beacon(far, *subnet.key).view(), Bearing::beacon);
    EXPECT_EQ(node.iv_index().state().index, 0);
    air.inject(2, encode_private_beacon(far, {}, *subnet.key).view(), Bearing::beacon);
    EXPECT_EQ(node.iv_index().state().index, 0);
    const NetworkState switched{.key_refresh = true, .iv_index = 5};
    air.inject(2, encode_secure_beacon(switched, *subnet.next).view(), Bearing::beacon);
    EXPECT_EQ(node.iv_index().state().index, 5);
    EXPECT_EQ(node.config().keys->subnets[0].phase, 2);
}

TEST_F(MeshConfigOverAir, an_iv_update_spreads_by_beacons_and_messages_go_on) {
    EXPECT_TRUE(reaches(1, 3));
    air.run(97h);
    EXPECT_TRUE(air.node(1).begin_iv_update(air.now));
    air.run(1min);
    EXPECT_EQ(air.node(3).iv_index().state().index, 1);
    EXPECT_TRUE(air.node(3).iv_index().state().updating);
    EXPECT_TRUE(reaches(1, 3));
    air.run(150h);
    for (const Address a : {Address{1}, Address{2}, Address{3}}) {
        EXPECT_FALSE(air.node(a).iv_index().state().updating);
        EXPECT_EQ(air.node(a).iv_index().transmit(), 1);
    }
    EXPECT_TRUE(reaches(1, 3));
    EXPECT_TRUE(reaches(3, 1));
    EXPECT_LE(air.node(1).sequence(), 1);
}

// [MESH-45]
TEST_F(MeshConfigOverAir, a_health_server_answers_under_an_application_key_it_is_bound_to) {
    const auto ask_health = [&](bool device_key) {
        air.heard.clear();
        const auto payload = encode_access(op::attention_set, Bytes{9});
        auto outgoing = to_model(3, payload.view());
        if (device_key) outgoing = {.dst = 3, .their_device_key = true, .payload = payload.view()};
        EXPECT_TRUE(air.node(1).send(air.now, outgoing));
        air.run(5s);
        return air.node(3).config().states.attention_seconds;
    };
    EXPECT_EQ(ask_health(true), 0);
    EXPECT_EQ(ask_health(false), 0) << "it is bound to no key yet";
    EXPECT_EQ(request(3, op::model_app_bind, "030000000200"), "803e00030000000200");
    EXPECT_EQ(ask_health(false), 9);
    const auto answer = std::ranges::find(air.heard, Address{1}, &TestAir::Heard::by);
    ASSERT_NE(answer, air.heard.end());
    EXPECT_EQ(answer->received.opcode, op::attention_status);
    EXPECT_EQ(answer->parameters, Bytes{9});
    EXPECT_FALSE(answer->received.device_key);
}

TEST_F(MeshConfigOverAir, a_change_of_a_feature_is_told_by_a_heartbeat_at_once) {
    constexpr std::uint16_t watched = feature_relay;
    air.node(3).states().heartbeat = {.publish_to = 2, .ttl = 5, .features = watched};
    auto& s = air.node(2).states().heartbeat;
    s.from = 3;
    s.to = 2;
    s.listen_until = 100h;
    EXPECT_EQ(request(3, op::network_transmit_set, "22"), "802522");
    EXPECT_TRUE(air.heartbeats.empty());
    EXPECT_EQ(request(3, op::relay_set, "0000"), "80280000");
    ASSERT_EQ(air.heartbeats.size(), 1);
    EXPECT_EQ(air.heartbeats[0].second.features, 0);
}

// [MESH-14]
TEST_F(MeshConfigOverAir, a_reset_node_answers_once_more_and_is_gone) {
    EXPECT_EQ(request(3, op::node_reset, ""), "804a");
    EXPECT_TRUE(air.node(3).is_reset());
    EXPECT_FALSE(reaches(1, 3));
    EXPECT_FALSE(air.node(3).send(air.now, to_model(1, test_payload(8).view())));
}

} // namespace
} // namespace torgo::mesh
