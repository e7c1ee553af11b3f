#include "mesh/node.hpp"
#include "mesh/test_air.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <ctime>

namespace torgo::mesh {
namespace {

/// Two ends and relays between, all in range of their neighbours only.
void build_line(TestAir& air, Address nodes) {
    for (Address a = 1; a <= nodes; ++a) {
        auto config = test_config(a);
        config.states.relay = true;
        config.states.network_transmit = 2;
        config.states.relay_retransmit = 2;
        air.add(config);
    }
    air.line(1, nodes);
}

class MeshLine : public ::testing::TestWithParam<unsigned> {};

TEST_P(MeshLine, of_seven_relays_carries_8_to_380_bytes_both_ways) {
    TestAir air(100 + GetParam());
    air.loss_percent = GetParam();
    build_line(air, 9);
    for (const std::size_t size : {8U, 12U, 40U, 120U, 380U}) {
        for (const bool back : {false, true}) {
            air.heard.clear();
            const auto payload = test_payload(size);
            auto outgoing = to_model(back ? 1 : 9, payload.view());
            outgoing.acknowledged = true;
            ASSERT_TRUE(air.node(back ? 9 : 1).send(air.now, outgoing));
            air.run(60s);
            ASSERT_EQ(air.heard.size(), 1) << size;
            EXPECT_EQ(air.heard[0].by, back ? 1 : 9);
            EXPECT_EQ(air.heard[0].received.opcode, test_opcode);
            EXPECT_EQ(encode_access(test_opcode, air.heard[0].parameters), payload);
            EXPECT_EQ(air.heard[0].received.ttl, 10 - 7);
        }
    }
    for (const auto& [number, end] : air.ends)
        EXPECT_EQ(end, SendEnd::acknowledged) << number.first;
    EXPECT_EQ(air.ends.size(), 10);
}

INSTANTIATE_TEST_SUITE_P(Loss, MeshLine, ::testing::Values(0U, 10U, 30U));

TEST(MeshNode, hears_an_unsegmented_message_once_though_it_comes_by_many_ways) {
    TestAir air(1);
    build_line(air, 4);
    air.join(1, 3);
    air.join(1, 4);
    air.join(2, 4);
    const auto payload = test_payload(8);
    ASSERT_TRUE(air.node(1).send(air.now, to_model(4, payload.view())));
    air.run(5s);
    ASSERT_EQ(air.heard.size(), 1);
    EXPECT_EQ(air.heard[0].by, 4);
    EXPECT_GT(air.node(4).counters().cached, 0);
}

TEST(MeshNode, a_ttl_ends_the_way_and_a_non_relay_passes_nothing_on) {
    TestAir air(2);
    build_line(air, 4);
    const auto payload = test_payload(8);
    auto outgoing = to_model(4, payload.view());
    outgoing.ttl = 2;
    ASSERT_TRUE(air.node(1).send(air.now, outgoing));
    air.run(2s);
    EXPECT_TRUE(air.heard.empty());
    outgoing.ttl = 3;
    ASSERT_TRUE(air.node(1).send(air.now, outgoing));
    air.run(2s);
    ASSERT_EQ(air.heard.size(), 1);
    EXPECT_EQ(air.heard[0].received.ttl, 1);
    air.node(2).states().relay = false;
    outgoing.ttl = 9;
    ASSERT_TRUE(air.node(1).send(air.now, outgoing));
    air.run(2s);
    EXPECT_EQ(air.heard.size(), 1);
}

TEST(MeshNode, refuses_what_was_recorded_and_played_again) {
    TestAir air(3);
    air.limits.cache_entries = 4; // forgets at once, so that the replay list has to know
    build_line(air, 2);
    for (const std::size_t size : {8U, 100U}) {
        air.sent_frames.clear();
        const auto payload = test_payload(size);
        ASSERT_TRUE(air.node(1).send(air.now, to_model(2, payload.view())));
        air.run(10s);
        const auto recorded = air.sent_frames;
        const auto heard = air.heard.size();
        for (int i = 0; i < 8; ++i) {
            ASSERT_TRUE(air.node(1).send(air.now, to_model(0xFFFF, test_payload(8).view())));
            air.run(1s);
        }
        air.run(20s);
        const auto before = air.heard.size();
        for (const auto& frame : recorded)
            air.inject(2, frame);
        air.run(20s);
        EXPECT_EQ(air.heard.size(), before);
        EXPECT_EQ(before, heard + 8);
    }
    EXPECT_GT(air.node(2).counters().replayed, 0);
}

// [MESH-2]
TEST(MeshNode, refuses_every_changed_bit_of_a_frame) {
    TestAir air(4);
    build_line(air, 2);
    air.loss_percent = 100;
    ASSERT_TRUE(air.node(1).send(air.now, to_model(2, test_payload(8).view())));
    const auto frame = air.sent_frames.at(0);
    for (std::size_t i = 0; i < frame.size() * 8; ++i) {
        auto changed = frame;
        changed[i / 8] ^= static_cast<std::uint8_t>(1U << (i % 8));
        air.inject(2, changed);
    }
    for (std::size_t size = 0; size < frame.size(); ++size)
        air.inject(2, ByteView(frame).first(size));
    EXPECT_TRUE(air.heard.empty());
    air.inject(2, frame);
    EXPECT_EQ(air.heard.size(), 1);
}

TEST(MeshNode, group_and_virtual_addresses_reach_those_who_subscribed) {
    TestAir air(5);
    build_line(air, 4);
    const LabelUuid label = test_key(0x77);
    const LabelUuid other = test_key(0x78);
    const auto address = virtual_address(label);
    auto& two = air.node(2).change_config().change_model(0, test_model);
    two.subscriptions.push_back({.address = 0xC001});
    auto& three = air.node(3).change_config().change_model(0, test_model);
    three.subscriptions.push_back({.address = 0xC001});
    three.subscriptions.push_back({.address = address, .label = other}); // the wrong label
    auto& four = air.node(4).change_config().change_model(0, test_model);
    four.subscriptions.push_back({.address = address, .label = label});
    for (const std::size_t size : {8U, 60U}) {
        air.heard.clear();
        ASSERT_TRUE(air.node(1).send(air.now, to_model(0xC001, test_payload(size).view())));
        air.run(5s);
        ASSERT_EQ(air.heard.size(), 2) << size;
        EXPECT_EQ(air.heard[0].by + air.heard[1].by, 2 + 3);
        air.heard.clear();
        const auto payload = test_payload(size);
        auto outgoing = to_model(address, payload.view());
        outgoing.label = &label;
        ASSERT_TRUE(air.node(1).send(air.now, outgoing));
        air.run(5s);
        ASSERT_EQ(air.heard.size(), 1) << size;
        EXPECT_EQ(air.heard[0].by, 4);
    }
}

// [MESH-9]
TEST(MeshNode, a_fixed_group_is_those_who_have_its_feature) {
    TestAir air(23);
    build_line(air, 3);
    air.node(2).states().friendly = true;
    air.node(3).states().directed = true;
    const auto heard_by = [&](Address group) {
        air.heard.clear();
        EXPECT_TRUE(air.node(1).send(air.now, to_model(group, test_payload(8).view())));
        air.run(5s);
        std::set<Address> out;
        for (const auto& heard : air.heard)
            out.insert(heard.by);
        return out;
    };
    EXPECT_EQ(heard_by(all_nodes), (std::set<Address>{2, 3}));
    EXPECT_EQ(heard_by(all_friends), std::set<Address>{2});
    EXPECT_EQ(heard_by(all_directed), std::set<Address>{3});
    // To count its heartbeats is not to be in it.
    air.node(3).states().heartbeat.to = all_friends;
    EXPECT_EQ(heard_by(all_friends), std::set<Address>{2});
}

TEST(MeshNode, two_long_messages_to_one_place_go_one_after_another) {
    TestAir air(6);
    build_line(air, 3);
    for (const std::size_t size : {200U, 201U, 202U})
        ASSERT_TRUE(air.node(1).send(air.now, to_model(3, test_payload(size).view())));
    air.run(30s);
    ASSERT_EQ(air.heard.size(), 3);
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_EQ(air.heard[i].parameters.size() + 3, 200 + i);
}

TEST(MeshNode, a_message_nobody_acknowledges_times_out) {
    TestAir air(7);
    build_line(air, 2);
    air.loss_percent = 100;
    const auto number = air.node(1).send(air.now, to_model(2, test_payload(100).view()));
    ASSERT_TRUE(number);
    air.run(60s);
    EXPECT_EQ(air.ends.at({1, *number}), SendEnd::timed_out);
}

// [MESH-41]
TEST(MeshNode, hears_itself_in_a_group_it_is_in) {
    TestAir air(21);
    build_line(air, 2);
    const LabelUuid label = test_key(0x77);
    auto& own = air.node(1).change_config().change_model(0, test_model);
    own.subscriptions.push_back({.address = 0xC001});
    own.subscriptions.push_back({.address = virtual_address(label), .label = label});
    for (const std::size_t size : {8U, 60U}) {
        air.heard.clear();
        ASSERT_TRUE(air.node(1).send(air.now, to_model(0xC001, test_payload(size).view())));
        ASSERT_TRUE(air.node(1).send(air.now, to_model(0xC002, test_payload(size).view())));
        auto to_label = to_model(virtual_address(label), {});
        const auto payload = test_payload(size);
        to_label.payload = payload.view();
        to_label.label = &label;
        ASSERT_TRUE(air.node(1).send(air.now, to_label));
        air.run(5s);
        ASSERT_EQ(air.heard.size(), 2U) << size;
        for (const auto& heard : air.heard) {
            EXPECT_EQ(heard.by, 1);
            EXPECT_EQ(heard.received.src, 1);
            EXPECT_EQ(heard.parameters.size() + 3, size);
        }
    }
}

// [MESH-40]
TEST(MeshNode, publishes_in_its_period_and_again_as_often_as_told) {
    TestAir air(22);
    build_line(air, 2);
    std::vector<Time> asked;
    air.on_publication = [&](Node& of, Time at, std::uint8_t element, ModelId model) {
        asked.push_back(at);
        EXPECT_EQ(model, test_model);
        EXPECT_TRUE(of.publish(at, element, model, test_payload(8).view()));
    };
    constexpr std::uint8_t two_seconds = 2U | 1U << 6U;
    constexpr std::uint8_t twice_more_200_ms = 2U | 3U << 3U;
    air.device_keys.emplace(1, Aes128(test_key(1)));
    auto set = encode_access(op::publication_set, {});
    set.le16(1).le16(2).le16(0).u8(5).u8(two_seconds).u8(twice_more_200_ms);
    set.le16(test_company).le16(1);
    ASSERT_TRUE(
        air.node(2).send(air.now, {.dst = 1, .their_device_key = true, .payload = set.view()}));
    air.run(9s);
    ASSERT_EQ(asked.size(), 4U);
    for (std::size_t i = 1; i < asked.size(); ++i)
        EXPECT_EQ(asked[i] - asked[i - 1], 2s);
    std::vector<std::uint32_t> seqs;
    for (const auto& heard : air.heard) {
        if (heard.by == 2 && !heard.received.device_key) seqs.push_back(heard.received.seq);
    }
    EXPECT_EQ(seqs.size(), 3U * asked.size());
    EXPECT_EQ(std::set(seqs.begin(), seqs.end()).size(), seqs.size()) << "each of its own number";
    air.node(1).change_config().change_model(0, test_model).publication = {};
    air.node(1).on_wake(air.now);
    air.run(10s);
    EXPECT_EQ(asked.size(), 4U);
}

// [MESH-12] SEQ begins again: a segment of before would meet its number a second time.
TEST(MeshNode, a_recovered_iv_index_ends_the_messages_under_way) {
    TestAir air(9);
    build_line(air, 2);
    air.loss_percent = 100;
    auto& node = air.node(1);
    std::vector<MessageNumber> numbers;
    for (const std::size_t size : {200U, 201U}) {
        const auto number = node.send(air.now, to_model(2, test_payload(size).view()));
        ASSERT_TRUE(number);
        numbers.push_back(*number);
    }
    air.run(1s);
    EXPECT_GT(node.sequence(), 0U);
    EXPECT_TRUE(air.ends.empty());
    air.sent_frames.clear();
    const auto beacon = encode_secure_beacon({.iv_index = 7}, *test_keys()->subnets[0].key);
    air.inject(1, beacon.view(), Bearing::beacon);
    EXPECT_EQ(node.iv_index().transmit(), 7U);
    EXPECT_EQ(node.sequence(), 0U);
    for (const auto number : numbers)
        EXPECT_EQ(air.ends.at({1, number}), SendEnd::abandoned);
    ASSERT_TRUE(node.send(air.now, to_model(2, test_payload(8).view())));
    air.run(60s);
    ASSERT_EQ(air.sent_frames.size(), 1U);
    EXPECT_EQ(air.sent_frames[0][0] >> 7U, 1) << "the IV Index of before is used again";
}

TEST(MeshNode, a_receiver_without_room_refuses_and_forgets_what_never_ends) {
    TestAir air(8);
    air.limits.incoming = 1;
    build_line(air, 3);
    air.join(1, 3);
    // Only the first segment of this one ever arrives.
    ASSERT_TRUE(air.node(1).send(air.now, to_model(2, test_payload(100).view())));
    air.run(12ms);
    air.loss_percent = 100;
    air.run(1ms);
    air.loss_percent = 0;
    const auto second = air.node(3).send(air.now, to_model(2, test_payload(90).view()));
    ASSERT_TRUE(second);
    air.run(30s);
    EXPECT_GT(air.node(2).counters().no_room, 0);
    EXPECT_EQ(air.ends.at({3, *second}), SendEnd::refused);
}

TEST(MeshNode, heartbeats_tell_how_far_it_is) {
    TestAir air(9);
    build_line(air, 5);
    auto& h = air.node(1).states().heartbeat;
    h = {.publish_to = 0xC010, .count_left = 3, .period_log = 1, .ttl = 10};
    h.publish_due = air.now;
    auto& s = air.node(5).states().heartbeat;
    s.from = 1;
    s.to = 0xC010;
    s.listen_until = 100s;
    air.run(20s);
    ASSERT_EQ(air.heartbeats.size(), 3);
    EXPECT_EQ(air.heartbeats[0].second.hops, 4);
    EXPECT_EQ(air.heartbeats[0].second.features, feature_relay);
    EXPECT_EQ(air.node(5).states().heartbeat.count, 3);
}

/// What a simulator pays for each frame that a mesh node hears.
class Quiet final : public Host {
public:
    void transmit(Node&, const Transmission&) override { ++frames; }

    void message(Node&, Time, const Received&) override {}

    unsigned frames = 0;
};

TEST(MeshNode, prints_what_a_frame_costs) {
    constexpr std::uint32_t count = 20'000;
    Quiet host;
    sim::Random random(1);
    auto config = test_config(2);
    config.states.relay = true;
    Node node(config, {}, {.cache_entries = 32, .replay_entries = 4}, host, random, nullptr, 0s);
    std::vector<NetworkFrame> frames;
    NetworkPdu pdu{.ttl = 5, .src = 1, .dst = 3};
    pdu.transport.append(Bytes(16, 0x5A));
    for (pdu.seq = 1; pdu.seq <= count; ++pdu.seq)
        frames.push_back(encode_network(pdu, test_keys()->subnets[0].key->flooding, 0));
    const auto measure = [&](const auto& feed) {
        // Of the processor: a busy machine must not show.
        const auto start = std::clock();
        for (const auto& frame : frames)
            feed(frame);
        const auto spent = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
        return spent * 1e9 / count;
    };
    const auto fresh = measure([&](const auto& frame) { node.on_message(0s, frame.view()); });
    const auto last = frames.back();
    const auto again = measure([&](const auto&) { node.on_message(0s, last.view()); });
    std::printf("a frame heard first and relayed: %.0f ns; heard again: %.0f ns\n", fresh, again);
    EXPECT_EQ(host.frames, count);
    EXPECT_EQ(node.counters().cached, count);
}

TEST(MeshNode, of_a_simulation_stays_below_a_kibibyte) {
    TestAir air(10);
    air.limits = {
        .cache_entries = 32, .replay_entries = 16, .outgoing = 2, .incoming = 2, .completed = 2};
    build_line(air, 3);
    ASSERT_TRUE(air.node(1).send(air.now, to_model(3, test_payload(100).view())));
    air.run(10s);
    const auto heap = air.node(3).heap_bytes();
    std::printf("a node: %zu bytes itself, %zu on the heap at rest; a message under way: "
                "%zu outgoing, %zu incoming; shared: NetKey %zu, AppKey %zu\n",
                sizeof(Node), heap, sizeof(OutgoingMessage), sizeof(IncomingMessage),
                sizeof(NetKey), sizeof(AppKey));
    EXPECT_LE(sizeof(Node) + heap, 1024);
    EXPECT_LE(sizeof(Node) + air.node(2).heap_bytes(), 1024);
}

} // namespace
} // namespace torgo::mesh
