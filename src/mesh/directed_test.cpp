#include "mesh/test_air.hpp"

#include <gtest/gtest.h>

#include <cstdio>

namespace torgo::mesh {
namespace {

constexpr Address side = 5;
constexpr Address last = side * side;

/// 25 nodes in a square, each in range of those beside, above and below it.
void build_grid(TestAir& air, bool friendly_corner = false) {
    for (Address a = 1; a <= last; ++a) {
        auto config = test_config(a);
        config.states.default_ttl = 20;
        config.states.relay = true;
        config.states.directed = true;
        config.states.directed_relay = true;
        config.states.network_transmit = 2;
        config.states.relay_retransmit = 2;
        config.states.friendly = friendly_corner && a == last;
        air.add(config);
        if (a % side != 1) air.join(a, static_cast<Address>(a - 1));
        if (a > side) air.join(a, static_cast<Address>(a - side));
    }
}

bool has_path(TestAir& air, Address from, Address to) {
    const auto* role = air.node(from).directed();
    return role != nullptr && role->has_path(0, from, to);
}

/// Frames on the air for ten messages of 40 bytes that all arrive.
std::size_t cost_of_ten(TestAir& air) {
    air.heard.clear();
    const auto before = air.frames_on_air;
    for (int i = 0; i < 10; ++i) {
        const auto payload = test_payload(40);
        auto outgoing = to_model(last, payload.view());
        EXPECT_TRUE(air.node(1).send(air.now, outgoing));
        air.run(20s);
    }
    EXPECT_EQ(air.heard.size(), 10);
    return air.frames_on_air - before;
}

class Directed : public ::testing::TestWithParam<unsigned> {};

TEST_P(Directed, sends_fewer_frames_through_a_grid_than_a_flood) {
    TestAir air(800 + GetParam());
    air.loss_percent = GetParam();
    build_grid(air);
    const auto flood = cost_of_ten(air);
    const auto start = air.frames_on_air;
    ASSERT_TRUE(air.node(1).keep_path(air.now, 0, last));
    for (int i = 0; i < 20 && !(has_path(air, 1, last) && has_path(air, last, 1)); ++i)
        air.run(10s);
    ASSERT_TRUE(has_path(air, 1, last));
    EXPECT_TRUE(has_path(air, last, 1));
    const auto discovery = air.frames_on_air - start;
    const auto directed = cost_of_ten(air);
    std::printf("5 x 5 grid, %u %% loss, ten messages of 40 bytes: %zu frames flooded, %zu along a "
                "path, %zu to find it\n",
                GetParam(), flood, directed, discovery);
    // What is lost along one path is sent again, and a flood has many ways.
    EXPECT_LT((GetParam() < 30 ? 2 : 1) * directed + discovery, flood);
}

TEST_P(Directed, finds_another_path_when_a_node_on_it_dies) {
    TestAir air(900 + GetParam());
    air.loss_percent = GetParam();
    build_grid(air);
    ASSERT_TRUE(air.node(1).keep_path(air.now, 0, last));
    for (int i = 0; i < 20 && !has_path(air, 1, last); ++i)
        air.run(10s);
    ASSERT_TRUE(has_path(air, 1, last));
    Address victim = unassigned;
    unsigned length = 0;
    for (Address a = 2; a < last; ++a) {
        const auto* role = air.node(a).directed();
        if (role == nullptr || !role->has_path(0, 1, last)) continue;
        ++length;
        // The middle of the square, where there is a way around.
        if (a != 2 && a != side + 1 && a != last - 1 && a != last - side) victim = a;
    }
    EXPECT_GE(length, 7);
    ASSERT_NE(victim, unassigned);
    const auto number = air.node(1).directed()->paths().front().number;
    air.kill(victim);
    air.run(10min);
    ASSERT_TRUE(has_path(air, 1, last));
    EXPECT_NE(air.node(1).directed()->paths().front().number, number);
    air.heard.clear();
    const auto sent = air.node(1).send(air.now, to_model(last, test_payload(40).view()));
    ASSERT_TRUE(sent);
    air.run(30s);
    EXPECT_EQ(air.heard.size(), 1);
    EXPECT_EQ((air.ends.at({1, *sent})), SendEnd::acknowledged);
}

INSTANTIATE_TEST_SUITE_P(Loss, Directed, ::testing::Values(0U, 10U, 30U));

TEST(DirectedRole, leads_to_a_low_power_node_through_its_friend) {
    TestAir air(81);
    build_grid(air, true);
    air.add(test_config(30)).start_low_power(air.now, {});
    air.join(30, last);
    air.run(30s);
    ASSERT_EQ(air.node(30).low_power()->friend_address(), last);
    ASSERT_TRUE(air.node(1).keep_path(air.now, 0, 30));
    air.run(10s);
    EXPECT_TRUE(has_path(air, 1, 30));
    ASSERT_TRUE(air.node(1).send(air.now, to_model(30, test_payload(40).view())));
    air.run(60s);
    ASSERT_EQ(air.heard.size(), 1);
    EXPECT_EQ(air.heard[0].by, 30);
}

TEST(DirectedRole, lets_a_path_end_with_its_lifetime_unless_it_is_wanted) {
    TestAir air(82);
    build_grid(air);
    ASSERT_TRUE(air.node(1).keep_path(air.now, 0, last));
    air.run(10s);
    ASSERT_TRUE(has_path(air, last, 1));
    air.kill(1);
    air.run(2h);
    for (Address a = 2; a <= last; ++a) {
        const auto* role = air.node(a).directed();
        EXPECT_TRUE(role == nullptr || role->paths().empty()) << a;
    }
}

// [MESH-36]
TEST(DirectedRole, learns_nothing_from_path_messages_under_the_flooding_keys) {
    TestAir air(83);
    build_grid(air);
    PathRequest request{.number = 1, .destination = 1, .origin = {.first = 2}};
    NetworkPdu pdu{.control = true, .seq = 0x500, .src = 2, .dst = all_directed};
    pdu.transport.append(Bytes{0x0B});
    pdu.transport.append(encode(request).view());
    const auto& key = *test_keys()->subnets[0].key;
    air.inject(1, encode_network(pdu, key.flooding, 0).view());
    air.run(1s);
    EXPECT_TRUE(air.node(1).directed() == nullptr || air.node(1).directed()->paths().empty());
    ++pdu.seq;
    air.inject(1, encode_network(pdu, key.directed, 0).view());
    air.run(1s);
    EXPECT_EQ(air.node(1).directed()->paths().size(), 1);
}

TEST(PathMessages, come_back_as_they_went) {
    PathRequest request{.lifetime = 2,
                        .long_discovery = true,
                        .number = 200,
                        .metric = 7,
                        .destination = 0x1234,
                        .origin = {.first = 0x0102, .count = 3}};
    EXPECT_EQ(decode_path_request(encode(request).view()), request);
    request.dependent = {.first = 0x0300};
    EXPECT_EQ(decode_path_request(encode(request).view()), request);
    auto bytes = encode(request);
    EXPECT_FALSE(decode_path_request(bytes.view().first(bytes.size() - 1)));
    bytes.span()[0] |= 1U;
    EXPECT_FALSE(decode_path_request(bytes.view()));
    const PathReply reply{.confirm = true,
                          .origin = 0x0102,
                          .number = 200,
                          .target = {.first = 0x1234, .count = 2},
                          .dependent = {.first = 0x2000}};
    EXPECT_EQ(decode_path_reply(encode(reply).view()), reply);
}

} // namespace
} // namespace torgo::mesh
