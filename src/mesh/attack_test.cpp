// What those do who hold no key, or one of many, and what a store that fails must not be able to.
#include "mesh/blob_client.hpp"
#include "mesh/blob_server.hpp"
#include "mesh/config_server.hpp"
#include "mesh/test_air.hpp"

#include <gtest/gtest.h>

namespace torgo::mesh {
namespace {

using namespace std::chrono_literals;

constexpr Address sleeper = 10;

NodeConfig relay(Address address, bool friendly = false) {
    auto config = test_config(address);
    config.states.relay = true;
    config.states.friendly = friendly;
    return config;
}

// [MESH-48]
TEST(LowPowerRole, gives_a_dead_friend_up_although_its_words_are_played_back) {
    TestAir air(2);
    air.limits.cache_entries = 1024;
    air.add(relay(3, true));
    air.add(relay(4, true));
    auto& node = air.add(test_config(sleeper));
    node.start_low_power(air.now, {});
    air.join(3, sleeper);
    air.run(20s);
    ASSERT_EQ(node.low_power()->friend_address(), 3);
    air.join(4, sleeper);
    air.sent_frames.clear();
    air.run(12h);
    const std::vector<Bytes> heard(air.sent_frames.begin(), air.sent_frames.end());
    air.run(4h);
    air.kill(3);
    std::size_t next = 0;
    const auto end = air.now + 30min;
    while (air.now < end && node.low_power()->friend_address() == 3) {
        air.run(20ms);
        for (int i = 0; i < 10 && node.is_listening(air.now) && node.low_power()->is_established();
             ++i)
            air.inject(sleeper, heard[next++ % heard.size()]);
    }
    EXPECT_LT(air.now, end) << "it stays with the dead one";
    EXPECT_GT(next, 0U);
    air.run(2min);
    EXPECT_EQ(node.low_power()->friend_address(), 4);
}

// [MESH-49]
TEST(FriendRole, loses_nothing_that_it_acknowledged_to_what_is_played_back) {
    TestAir air(7);
    air.add(relay(1));
    air.add(relay(2));
    air.add(relay(3, true));
    air.add(test_config(sleeper))
        .start_low_power(air.now, {.poll_timeout = 1h, .poll_interval = 1min});
    air.join(1, 2);
    air.join(2, 3);
    air.join(3, sleeper);
    air.run(20s);
    air.sent_frames.clear();
    for (std::uint8_t i = 0; i < 100; ++i) {
        const auto payload = encode_access(test_opcode, Bytes(5, i));
        (void)air.node(1).send(air.now, to_model(sleeper, payload.view()));
        air.run(20s);
    }
    const NetKey key(test_key(0x11));
    std::vector<Bytes> heard;
    for (const auto& frame : air.sent_frames) {
        const auto pdu = decode_network(frame, key.flooding, 0);
        if (pdu && pdu->src == 1 && pdu->dst == sleeper && pdu->ttl >= 2) heard.push_back(frame);
    }
    ASSERT_GT(heard.size(), 50U);
    for (int i = 0; i < 300; ++i) { // nobody remembers them by their frames any more
        (void)air.node(1).send(air.now, to_model(2, test_payload(5).view()));
        air.run(1s);
    }
    air.run(2min);
    air.heard.clear();
    ASSERT_TRUE(air.node(1).send(air.now, to_model(sleeper, test_payload(30).view())));
    air.run(3s);
    const auto queued = air.node(3).friends()->queued_for(sleeper);
    ASSERT_GT(queued, 1U);
    for (const auto& frame : heard)
        air.inject(3, frame);
    EXPECT_EQ(air.node(3).friends()->queued_for(sleeper), queued);
    air.run(5min);
    EXPECT_EQ(std::ranges::count_if(air.heard, [](const auto& one) { return one.by == sleeper; }),
              1);
}

// [MESH-35]
TEST(FriendRole, repeats_an_acknowledgment_as_far_as_the_first_one_went) {
    TestAir air(1);
    air.add(relay(1));
    air.add(relay(2));
    air.add(relay(3, true));
    air.add(test_config(sleeper))
        .start_low_power(air.now, {.poll_timeout = 1h, .poll_interval = 10min});
    air.join(1, 2);
    air.join(2, 3);
    air.join(3, sleeper);
    air.run(20s);
    const auto number = air.node(1).send(air.now, to_model(sleeper, test_payload(30).view()));
    ASSERT_TRUE(number);
    while (air.node(3).friends()->queued_for(sleeper) == 0)
        air.run(1ms);
    air.part(1, 2);
    air.run(300ms); // the first acknowledgment is lost
    air.join(1, 2);
    air.run(3min);
    const auto end = air.ends.find({1, *number});
    ASSERT_NE(end, air.ends.end());
    EXPECT_EQ(end->second, SendEnd::acknowledged);
}

/// Refuses to store one application key.
struct FullOnce final : Store {
    Result<> save(RecordKey key, ByteView record) override {
        if (std::exchange(full, full && key != record_key(RecordKind::application, 5)) &&
            key == record_key(RecordKind::application, 5))
            return fail(Errc::no_space, "full");
        return inner.save(key, record);
    }

    void each(const std::function<void(RecordKey, ByteView)>& visit) const override {
        inner.each(visit);
    }

    Result<> clear() override { return inner.clear(); }

    bool has_key() const {
        bool out = false;
        each([&](RecordKey key, ByteView) {
            out = out || key == record_key(RecordKind::application, 5);
        });
        return out;
    }

    MemoryStore inner;
    bool full = true;
};

// [MESH-50]
TEST(MeshConfigStore, success_is_said_of_what_is_stored_only) {
    TestAir air(4);
    FullOnce store;
    store.full = false;
    air.add(test_config(1));
    ASSERT_TRUE(air.add(test_config(2), &store).save_all());
    air.join(1, 2);
    for (const Address address : std::initializer_list<Address>{1, 2})
        air.device_keys.emplace(address, Aes128(test_key(static_cast<std::uint8_t>(address))));
    auto request = encode_access(op::app_key_add, {});
    request.append(encode_key_indexes({.first = 0, .second = 5}).view()).append(test_key(0x55));
    store.full = true;
    for (const bool stored : {false, true}) {
        (void)air.node(1).send(air.now,
                               {.dst = 2, .their_device_key = true, .payload = request.view()});
        air.run(10s);
        EXPECT_EQ(store.has_key(), stored);
        EXPECT_EQ(air.heard.size(), stored ? 1U : 0U);
    }
}

BlobStatus status_of(const BlobShape& shape) {
    return {.mode = BlobMode::push, .phase = BlobPhase::waiting_for_block, .shape = shape};
}

TEST(BlobMessages, bits_that_pad_a_byte_name_no_blocks) {
    const BlobShape shape{.id = 7, .size = 5000, .block_log = 12};
    const auto encoded = encode(status_of(shape));
    const auto parameters = decode_access(encoded.view())->parameters;
    Bytes padded(parameters.begin(), parameters.end());
    padded.back() = 0xFE;
    const auto status = decode_blob_status(padded);
    ASSERT_TRUE(status);
    EXPECT_EQ(status->missing, BlobBlocks().set(1));
}

} // namespace
} // namespace torgo::mesh
