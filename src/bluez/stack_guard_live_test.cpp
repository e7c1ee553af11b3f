// What neither our stack nor a real daemon takes.
#include "bluez/test_stack_live.hpp"

namespace torgo::bluez {

// What a daemon refuses is not counted by it: it hands nothing on, and then the message that is
// meant.
TEST_F(StackLive, neither_our_node_nor_a_daemon_takes_a_frame_a_second_time) {
    start("A");
    auto client = open(lab->bus_name("A"), application());
    auto a = create(*client);
    mesh::MemoryStore store;
    join_with_keys(a, &store);
    ASSERT_GOOD(ours->with_node([](mesh::Node& node) { return node.save_all(); }));
    send_once(a, primary_address);
    (void)ours->take_sent();
    const auto theirs = messages_among(frames_of_first([&] {
        for (const auto size : {8U, 40U, 100U}) {
            expect_from_daemon(a, size);
            expect_to_daemon(primary_address, *client, size, true);
        }
    }));
    const auto sent = messages_among(ours->take_sent());
    ASSERT_GT(theirs.size(), 10U);
    ASSERT_GT(sent.size(), 10U);

    const auto before = counters();
    inject_all("ours", theirs);
    inject_all("A", sent);
    EXPECT_TRUE(ours->wait_for_node(soon(), [&](const mesh::Node& node) {
        return node.counters().cached == before.cached + theirs.size();
    }));
    expect_only_at_daemon(*client, 9);
    expect_only_at_ours(a, 9);
    tell("as they came: " + std::to_string(theirs.size()) + " refused by our cache");

    // A restart forgets the cache; the list against replays is kept.
    ASSERT_GOOD(ours->restart(composition(), store));
    inject_all("ours", theirs);
    EXPECT_TRUE(ours->wait_for_node(
        soon(), [&](const mesh::Node& node) { return node.counters().replayed == theirs.size(); }));
    EXPECT_EQ(counters().delivered, 0U);
    tell("after our restart: " + std::to_string(counters().replayed) + " refused by our list");

    client.reset();
    lab->kill("A");
    start("A");
    overrun_before = lab->air().counts().overrun; // for a daemon that was not there
    client = open(lab->bus_name("A"), application());
    const auto attached = client->attach(first_token, soon());
    ASSERT_GOOD(attached);
    inject_all("A", sent);
    expect_only_at_daemon(*client, 10);
    expect_only_at_ours(attached->node, 10);
    EXPECT_EQ(counters().delivered, 1U);
    tell("after its restart: " + std::to_string(sent.size()) + " refused by the daemon");
}

TEST_F(StackLive, neither_our_node_nor_a_daemon_takes_a_frame_with_a_flipped_bit) {
    start("A");
    const auto client = open(lab->bus_name("A"), application());
    const auto a = create(*client);
    join_with_keys(a);
    send_once(a, primary_address);
    expect_only_at_daemon(*client, 12); // both have heard each other
    expect_only_at_ours(a, 12);

    // Neither hears the other: whatever bit it is, nobody has the frame in a cache.
    lab->air().part("A", "ours");
    (void)ours->take_sent();
    ASSERT_GOOD(
        ours->send({.dst = primary_address, .app_index = KeyIndex{0}, .payload = message_of(8)}));
    const auto sent = messages_among(ours->take_sent());
    ASSERT_EQ(sent.size(), 1U);
    const auto theirs = messages_among(frames_of_first([&] {
        const auto air_before = lab->air().counts().sent;
        EXPECT_TRUE(a.send(0, our_address, 0, message_of(8), soon()).has_value());
        EXPECT_TRUE(lab->air().wait_for_frame(air_before, call_limit));
    }));
    ASSERT_EQ(theirs.size(), 1U);

    const auto before = counters();
    const auto for_us = damaged(theirs);
    const auto for_daemon = damaged(sent);
    inject_all("ours", for_us);
    inject_all("A", for_daemon);
    EXPECT_TRUE(ours->wait_for_node(soon(), [&](const mesh::Node& node) {
        return node.counters().foreign == before.foreign + for_us.size();
    }));
    EXPECT_EQ(counters().received, before.received);
    tell(std::to_string(for_us.size()) + " refused by us, " + std::to_string(for_daemon.size()) +
         " injected into the daemon");

    // They have left no mark: the frame itself is taken, and it is the first that is.
    const auto taken = inject_until_taken("A", sent, *client);
    ASSERT_TRUE(taken.has_value()) << taken.error().detail();
    EXPECT_EQ(taken->data, message_of(8));
    inject_all("ours", theirs);
    const auto heard = ours->next_message(lab->in(message_limit));
    ASSERT_TRUE(heard.has_value());
    EXPECT_EQ(heard->data, message_of(8));
    lab->air().part("A", "ours", false);
    expect_only_at_daemon(*client, 13);
    expect_only_at_ours(a, 13);
}

} // namespace torgo::bluez
