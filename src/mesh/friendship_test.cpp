#include "mesh/test_air.hpp"

#include <gtest/gtest.h>

#include <cstdio>

namespace torgo::mesh {
namespace {

constexpr Address sleeper = 10;
constexpr Address sleeper_group = 0xC0DE;

NodeConfig relay_config(Address address) {
    auto config = test_config(address);
    config.states.relay = true;
    config.states.network_transmit = 2;
    config.states.relay_retransmit = 2;
    return config;
}

/// 1 and 2 in a line; 3 and 4 are near 2 and may be friends of the sleeper, near both.
void build(TestAir& air, const LowPowerOptions& options = {}) {
    for (Address a = 1; a <= 4; ++a) {
        auto config = relay_config(a);
        config.states.friendly = a >= 3;
        air.add(config);
    }
    auto config = test_config(sleeper);
    config.states.network_transmit = 1;
    config.change_model(0, test_model).subscriptions = {{sleeper_group}};
    air.add(config).start_low_power(air.now, options);
    air.join(1, 2);
    for (const auto near : std::initializer_list<Address>{3, 4}) {
        air.join(2, near);
        air.join(near, sleeper);
    }
}

Address friend_of(TestAir& air) {
    return air.node(sleeper).low_power()->friend_address();
}

class Friendship : public ::testing::TestWithParam<unsigned> {};

TEST_P(Friendship, brings_8_and_380_bytes_to_a_node_that_sleeps) {
    TestAir air(300 + GetParam());
    air.loss_percent = GetParam();
    build(air);
    air.run(30s);
    ASSERT_NE(friend_of(air), unassigned);
    unsigned awake = 0;
    for (const std::size_t size : {8U, 380U}) {
        air.heard.clear();
        const auto payload = test_payload(size);
        auto outgoing = to_model(sleeper, payload.view());
        outgoing.acknowledged = true;
        const auto number = air.node(1).send(air.now, outgoing);
        ASSERT_TRUE(number);
        for (int i = 0; i < 9000; ++i) {
            air.run(10ms);
            awake += air.node(sleeper).is_listening(air.now) ? 1U : 0U;
        }
        ASSERT_EQ(air.heard.size(), 1) << size;
        EXPECT_EQ(encode_access(test_opcode, air.heard[0].parameters), payload);
        EXPECT_EQ((air.ends.at({1, *number})), SendEnd::acknowledged);
    }
    std::printf("%u %% loss: the radio of the low power node is on for %.1f %% of the time\n",
                GetParam(), awake / 180.0);
    EXPECT_LT(awake, 18'000U / 4);
}

TEST_P(Friendship, brings_groups_and_the_answers_to_what_a_sleeper_sends) {
    TestAir air(400 + GetParam());
    air.loss_percent = GetParam();
    build(air);
    air.run(30s);
    ASSERT_NE(friend_of(air), unassigned);
    ASSERT_TRUE(air.node(1).send(air.now, to_model(sleeper_group, test_payload(120).view())));
    air.run(40s);
    ASSERT_EQ(air.heard.size(), 1);
    EXPECT_EQ(air.heard[0].by, sleeper);
    const auto number = air.node(sleeper).send(air.now, to_model(1, test_payload(200).view()));
    ASSERT_TRUE(number);
    air.run(60s);
    ASSERT_EQ(air.heard.size(), 2);
    EXPECT_EQ(air.heard[1].by, 1);
    EXPECT_EQ((air.ends.at({sleeper, *number})), SendEnd::acknowledged);
}

TEST_P(Friendship, is_made_anew_when_the_friend_dies) {
    TestAir air(500 + GetParam());
    air.loss_percent = GetParam();
    build(air);
    air.run(30s);
    const auto first = friend_of(air);
    ASSERT_NE(first, unassigned);
    air.kill(first);
    air.run(60s);
    EXPECT_EQ(friend_of(air), 3 + 4 - first);
    ASSERT_TRUE(air.node(1).send(air.now, to_model(sleeper, test_payload(380).view())));
    air.run(90s);
    ASSERT_EQ(air.heard.size(), 1);
    EXPECT_EQ(air.heard[0].by, sleeper);
}

INSTANTIATE_TEST_SUITE_P(Loss, Friendship, ::testing::Values(0U, 10U, 30U));

TEST(FriendRole, is_told_by_its_successor_that_it_is_none_any_more) {
    TestAir air(31);
    build(air);
    air.run(20s);
    const auto first = friend_of(air);
    ASSERT_NE(first, unassigned);
    EXPECT_EQ(air.node(first).friends()->size(), 1);
    EXPECT_EQ(air.node(first).friends()->poll_timeout_of(sleeper), 600);
    air.part(first, sleeper);
    air.run(30s);
    EXPECT_EQ(friend_of(air), 3 + 4 - first);
    EXPECT_EQ(air.node(first).friends()->size(), 0);
}

TEST(FriendRole, forgets_a_low_power_node_that_is_silent) {
    TestAir air(32);
    build(air);
    air.run(20s);
    const auto first = friend_of(air);
    air.kill(sleeper);
    air.run(61s);
    EXPECT_EQ(air.node(first).friends()->size(), 0);
}

// [MESH-34]
TEST(FriendRole, keeps_the_latest_that_its_queue_holds) {
    TestAir air(33);
    build(air, {.poll_timeout = 1h, .poll_interval = 10min});
    air.run(20s);
    const auto first = friend_of(air);
    ASSERT_NE(first, unassigned);
    for (unsigned i = 0; i < 100; ++i) {
        Bytes payload(8, static_cast<std::uint8_t>(i));
        const auto head = encode_access(test_opcode, {});
        std::ranges::copy(head.view(), payload.begin());
        ASSERT_TRUE(air.node(1).send(air.now, to_model(sleeper, payload)));
        air.run(100ms);
    }
    EXPECT_EQ(air.node(first).friends()->queued_for(sleeper), FriendRole::queue_size);
    air.run(11min);
    ASSERT_EQ(air.heard.size(), FriendRole::queue_size);
    EXPECT_EQ(air.heard.front().parameters.back(), 100 - FriendRole::queue_size);
    EXPECT_EQ(air.heard.back().parameters.back(), 99);
}

// [MESH-35]
TEST(FriendRole, acknowledges_for_the_sleeper_and_keeps_the_message_from_the_air) {
    TestAir air(34);
    build(air, {.poll_timeout = 1h, .poll_interval = 10min});
    air.run(20s);
    const auto number = air.node(1).send(air.now, to_model(sleeper, test_payload(100).view()));
    ASSERT_TRUE(number);
    air.run(5s);
    EXPECT_EQ((air.ends.at({1, *number})), SendEnd::acknowledged);
    EXPECT_TRUE(air.heard.empty());
    EXPECT_EQ(air.node(friend_of(air)).friends()->queued_for(sleeper), 9);
}

TEST(FriendRole, may_itself_send_to_the_sleeper) {
    TestAir air(35);
    build(air);
    air.run(20s);
    const auto from = friend_of(air);
    for (const std::size_t size : {8U, 380U}) {
        air.heard.clear();
        ASSERT_TRUE(air.node(from).send(air.now, to_model(sleeper, test_payload(size).view())));
        air.run(60s);
        ASSERT_EQ(air.heard.size(), 1) << size;
        EXPECT_EQ(air.heard[0].by, sleeper);
    }
}

TEST(LowPowerRole, follows_an_iv_update_that_it_slept_through) {
    TestAir air(36);
    build(air, {.poll_timeout = 2h, .poll_interval = 30min});
    air.run(97h);
    const auto first = friend_of(air);
    ASSERT_NE(first, unassigned);
    ASSERT_TRUE(air.node(first).begin_iv_update(air.now));
    air.run(31min);
    EXPECT_EQ(air.node(sleeper).iv_index().state().index, 1);
    EXPECT_TRUE(air.node(sleeper).iv_index().state().updating);
    EXPECT_EQ(friend_of(air), first);
}

TEST(FriendRole, takes_a_message_whose_number_was_there_under_an_older_iv_index) {
    TestAir air(39);
    build(air, {.poll_timeout = 2h, .poll_interval = 30min});
    air.run(97h);
    for (const std::uint32_t index : {0U, 1U}) {
        ASSERT_EQ(air.node(1).iv_index().state().index, index);
        ASSERT_EQ(air.node(1).sequence(), 0);
        ASSERT_TRUE(air.node(1).send(air.now, to_model(sleeper, test_payload(100).view())));
        air.run(1h);
        EXPECT_EQ(air.heard.size(), index + 1);
        if (index > 0) break;
        for (Address a = 1; a <= 4; ++a)
            ASSERT_TRUE(air.node(a).begin_iv_update(air.now));
        air.run(145h);
    }
}

void update_net_key(Node& node) {
    auto& subnet = node.change_config().change_keys().subnets[0];
    subnet.next = std::make_shared<NetKey>(test_key(0x55));
    subnet.phase = 1;
}

// [MESH-13]
TEST(LowPowerRole, keeps_the_old_key_until_its_friend_speaks_under_the_new_one) {
    TestAir air(38);
    build(air);
    air.run(20s);
    const auto first = friend_of(air);
    ASSERT_NE(first, unassigned);
    for (const auto address : {sleeper, first})
        update_net_key(air.node(address));
    air.run(60s);
    EXPECT_EQ(air.node(sleeper).config().keys->subnets[0].phase, 1);
    ASSERT_TRUE(air.node(1).send(air.now, to_model(sleeper, test_payload(8).view())));
    air.run(30s);
    ASSERT_EQ(air.heard.size(), 1);
    EXPECT_EQ(air.heard[0].by, sleeper);
    // The friend switches; what it says under the new key takes the sleeper along.
    ASSERT_TRUE(enter_key_refresh_phase(air.node(first).change_config(), 0, 2));
    air.run(60s);
    EXPECT_EQ(air.node(sleeper).config().keys->subnets[0].phase, 2);
    EXPECT_EQ(friend_of(air), first);
    ASSERT_TRUE(air.node(first).send(air.now, to_model(sleeper, test_payload(8).view())));
    air.run(30s);
    EXPECT_EQ(air.heard.size(), 2);
}

// [MESH-33]
TEST(FriendRole, takes_a_poll_under_the_friendship_keys_only) {
    TestAir air(37);
    build(air);
    air.run(20s);
    const auto first = friend_of(air);
    ASSERT_TRUE(air.node(1).send(air.now, to_model(sleeper, test_payload(8).view())));
    air.run(100ms);
    ASSERT_EQ(air.node(first).friends()->queued_for(sleeper), 1);
    // As somebody with the NetKey, but not the friendship's counters, would ask.
    NetworkPdu pdu{.control = true, .seq = 0x1000, .src = sleeper, .dst = first};
    pdu.transport.append(Bytes{0x01, 0x00});
    air.sent_frames.clear();
    air.inject(first, encode_network(pdu, test_keys()->subnets[0].key->flooding, 0).view());
    air.run(300ms);
    EXPECT_TRUE(air.sent_frames.empty());
    EXPECT_EQ(air.node(first).friends()->queued_for(sleeper), 1);
}

TEST(FriendshipMessages, are_those_of_the_sample_data) {
    // 8.3.1 and 8.3.2 of the standard.
    const FriendRequest request{
        .criteria = 0x4B, .receive_delay = 0x50, .poll_timeout = 0x057E40, .counter = 0};
    const Bytes sample{0x4B, 0x50, 0x05, 0x7E, 0x40, 0, 0, 1, 0, 0};
    EXPECT_TRUE(std::ranges::equal(encode(request).view(), sample));
    EXPECT_EQ(decode_friend_request(sample), request);
    const FriendOffer offer{.receive_window = 0x32,
                            .queue_size = 3,
                            .subscriptions = 8,
                            .rssi = -70,
                            .counter = 0x072F};
    const Bytes second{0x32, 3, 8, 0xBA, 0x07, 0x2F};
    EXPECT_TRUE(std::ranges::equal(encode(offer).view(), second));
    EXPECT_EQ(decode_friend_offer(second), offer);
    auto bad = sample;
    bad[1] = 9;
    EXPECT_FALSE(decode_friend_request(bad));
}

} // namespace
} // namespace torgo::mesh
