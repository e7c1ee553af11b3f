#include "mesh/file_store.hpp"
#include "mesh/test_air.hpp"
#include "mesh/wiped_bytes.hpp"
#include "sim/file_system.hpp"

#include <gtest/gtest.h>

#include <map>

namespace torgo::mesh {
namespace {

constexpr const char* path = "/node/store";

std::map<RecordKey, Bytes> records_of(const Store& store) {
    std::map<RecordKey, Bytes> out;
    store.each(
        [&](RecordKey key, ByteView record) { out[key] = Bytes(record.begin(), record.end()); });
    return out;
}

TEST(MeshFileStore, gives_back_what_was_saved_last) {
    sim::FileSystem files;
    ASSERT_TRUE(files.make_directory("/node"));
    const auto key = record_key(RecordKind::replay, 7);
    {
        auto store = FileStore::open(files, path);
        ASSERT_TRUE(store);
        for (std::uint8_t i = 0; i < 200; ++i)
            ASSERT_TRUE((*store)->save(key, Bytes(20, i)));
        ASSERT_TRUE((*store)->save(key + 1, Bytes{1}));
        ASSERT_TRUE((*store)->save(key + 1, {}));
        EXPECT_FALSE((*store)->save(key, Bytes(Store::record_max + 1)));
    }
    auto store = FileStore::open(files, path);
    ASSERT_TRUE(store);
    EXPECT_EQ(records_of(**store), (std::map<RecordKey, Bytes>{{key, Bytes(20, 199)}}));
    ASSERT_TRUE((*store)->clear());
    EXPECT_TRUE(records_of(**FileStore::open(files, path)).empty());
}

// Whatever a failed rewriting left: the old file, the new one, or the new one under a name that a
// power cut takes back.
TEST(MeshFileStore, keeps_a_record_that_it_confirmed_after_a_failure) {
    const auto key = record_key(RecordKind::sequence);
    unsigned failures = 0;
    for (std::uint64_t step = 1; step <= 6; ++step) {
        sim::FileSystem files;
        ASSERT_TRUE(files.make_directory("/node"));
        ASSERT_TRUE(files.sync_directory("/"));
        auto store = FileStore::open(files, path);
        ASSERT_TRUE(store);
        ASSERT_TRUE((*store)->save(key, Bytes{1}));
        files.fail_nth_change(step, Errc::io);
        if (!(*store)->clear()) ++failures;
        ASSERT_TRUE((*store)->save(key, Bytes{2})) << step;
        auto found = files.crash(step);
        auto again = FileStore::open(*found, path);
        ASSERT_TRUE(again) << step;
        EXPECT_EQ(records_of(**again), (std::map<RecordKey, Bytes>{{key, Bytes{2}}})) << step;
    }
    EXPECT_GE(failures, 5U);
}

TEST(MeshFileStore, refuses_a_file_that_is_none) {
    sim::FileSystem files;
    ASSERT_TRUE(files.make_directory("/node"));
    ASSERT_TRUE(env::write_file_atomically(files, path, Bytes(40, 'x')));
    const auto store = FileStore::open(files, path);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code(), Errc::corrupt);
}

// [MESH-15]
TEST(MeshFileStore, refuses_a_file_that_is_damaged_before_its_end) {
    sim::FileSystem files;
    ASSERT_TRUE(files.make_directory("/node"));
    ASSERT_TRUE(files.sync_directory("/"));
    const auto size = [&] {
        return env::read_file(files, path, 1_MiB).value().size();
    };
    std::vector<std::size_t> ends;
    {
        auto store = FileStore::open(files, path);
        ASSERT_TRUE(store);
        for (std::uint8_t i = 0; i < 50; ++i) {
            ASSERT_TRUE((*store)->save(record_key(RecordKind::replay, i), Bytes(20, i)));
            ends.push_back(size());
        }
    }
    for (std::size_t at = ends[1]; at < ends[2]; ++at) {
        auto damaged = files.crash(at);
        damaged->flip(path, 8 * at);
        const auto store = FileStore::open(*damaged, path);
        ASSERT_FALSE(store) << at;
        EXPECT_EQ(store.error().code(), Errc::corrupt);
        EXPECT_NE(store.error().detail().find(path), std::string::npos);
    }
    // The last one may be torn: nothing follows it.
    files.flip(path, 8 * (ends[48] + 9));
    const auto store = FileStore::open(files, path);
    ASSERT_TRUE(store);
    EXPECT_EQ(records_of(**store).size(), 49);
}

/// Frames of node 1 to node 2: short messages and long ones, each delivered alone.
std::vector<std::vector<Bytes>> record_messages() {
    TestAir air(77);
    air.add(test_config(1));
    std::vector<std::vector<Bytes>> messages;
    for (unsigned i = 0; i < 12; ++i) {
        air.sent_frames.clear();
        const auto payload = test_payload(i % 4 == 3 ? 30 + i : 4 + i / 4);
        Bytes unique(payload.view().begin(), payload.view().end());
        unique.back() = static_cast<std::uint8_t>(i);
        EXPECT_TRUE(air.node(1).send(air.now, to_model(2, unique)));
        air.run(300ms);
        messages.push_back(air.sent_frames);
        air.run(60s);
    }
    return messages;
}

/// What a node may have done before the power went.
struct Life {
    std::uint32_t sequence = 0;
    std::vector<Bytes> delivered{};
};

Life live(TestAir& air, const std::vector<std::vector<Bytes>>& messages) {
    for (const auto& frames : messages) {
        for (const auto& frame : frames)
            air.inject(2, frame);
        (void)air.node(2).send(air.now, to_model(9, test_payload(8).view()));
    }
    Life life{.sequence = air.node(2).sequence()};
    for (const auto& heard : air.heard)
        life.delivered.push_back(heard.parameters);
    return life;
}

// [MESH-5] [MESH-7]
TEST(MeshStore, a_power_cut_at_any_write_repeats_no_number_and_takes_no_message_twice) {
    const auto messages = record_messages();
    bool survived = false;
    unsigned cuts = 0;
    for (std::uint64_t cut = 1; !survived; ++cut) {
        sim::FileSystem files;
        ASSERT_TRUE(files.make_directory("/node"));
        ASSERT_TRUE(files.sync_directory("/"));
        TestAir air(1);
        air.limits = {.cache_entries = 4, .replay_entries = 8, .sequence_block = 3};
        auto store = FileStore::open(files, path);
        ASSERT_TRUE(store);
        auto& node = air.add(test_config(2), store->get());
        ASSERT_TRUE(node.save_all());
        files.set_crash_after(cut);
        const auto life = live(air, messages);
        survived = air.events.empty();
        cuts += survived ? 0 : 1;

        const auto found = files.crash(cut);
        auto again = FileStore::open(*found, path);
        ASSERT_TRUE(again) << cut;
        auto restored =
            Node::restore(test_composition(), air.limits, air, air.random(), **again, air.now);
        ASSERT_TRUE(restored) << cut << restored.error().detail();
        EXPECT_GE((*restored)->sequence(), life.sequence) << cut;
        EXPECT_EQ((*restored)->config().device_key, test_config(2).device_key);
        EXPECT_EQ(*(*restored)->config().models, *test_models());
        air.replace(2, *std::move(restored));
        for (const auto& frames : messages) {
            for (const auto& frame : frames)
                air.inject(2, frame);
        }
        for (const auto& one : life.delivered) {
            EXPECT_EQ(std::ranges::count(air.heard, one, &TestAir::Heard::parameters), 1) << cut;
        }
        if (survived) {
            EXPECT_EQ(life.delivered.size(), messages.size());
        }
    }
    EXPECT_GT(cuts, 20);
}

/// Two networks, the first in phase 2 of its key refresh; an AppKey of each, bound.
NodeConfig config_in_phase_2(Address address) {
    auto config = test_config(address);
    auto& ring = config.change_keys();
    ring.subnets[0].phase = 2;
    ring.subnets[0].next = std::make_shared<NetKey>(test_key(0x31));
    ring.applications[0].next = std::make_shared<AppKey>(test_key(0x32));
    ring.subnets.push_back({.index = 1, .key = std::make_shared<NetKey>(test_key(0x33))});
    ring.applications.push_back(
        {.index = 1, .net = 1, .key = std::make_shared<AppKey>(test_key(0x34))});
    config.change_model(0, test_model).bound = {0, 1};
    return config;
}

void ask_to_end_both(TestAir& air) {
    for (const auto& payload : {encode_access(op::net_key_delete, Bytes{1, 0}),
                                encode_access(op::key_refresh_set, Bytes{0, 0, 3})}) {
        (void)air.node(1).send(air.now,
                               {.dst = 2, .their_device_key = true, .payload = payload.view()});
        air.run(1s);
    }
}

// [MESH-42]
TEST(MeshStore, a_power_cut_within_a_change_of_keys_leaves_a_node_that_starts) {
    unsigned cuts = 0;
    for (bool survived = false; !survived; ++cuts) {
        sim::FileSystem files;
        ASSERT_TRUE(files.make_directory("/node"));
        ASSERT_TRUE(files.sync_directory("/"));
        TestAir air(1);
        air.line(1, 2);
        air.add(config_in_phase_2(1));
        auto store = FileStore::open(files, path);
        ASSERT_TRUE(store);
        auto& node = air.add(config_in_phase_2(2), store->get());
        air.device_keys.emplace(2, Aes128(node.config().device_key));
        ASSERT_TRUE(node.save_all());
        files.set_crash_after(cuts + 1);
        ask_to_end_both(air);
        survived = !files.is_without_power();

        const auto found = files.crash(cuts);
        auto again = FileStore::open(*found, path);
        ASSERT_TRUE(again) << cuts;
        const auto restored =
            Node::restore(test_composition(), air.limits, air, air.random(), **again, air.now);
        ASSERT_TRUE(restored) << cuts << restored.error().detail();
        const auto& keys = *(*restored)->config().keys;
        for (const auto& application : keys.applications) {
            const auto* subnet = keys.subnet(application.net);
            ASSERT_NE(subnet, nullptr) << cuts;
            EXPECT_EQ(application.next != nullptr, subnet->phase == 2 && application.index == 0)
                << cuts;
            if (application.index == 0) {
                EXPECT_EQ(keys.transmit_key(application).bytes(), test_key(0x32)) << cuts;
            }
        }
        for (const auto bound : (*restored)->config().models->front().bound)
            EXPECT_NE(keys.application(bound), nullptr) << cuts;
        if (survived) {
            EXPECT_EQ(keys.subnets.size(), 1);
            EXPECT_EQ(keys.subnets[0].phase, 0);
        }
    }
    EXPECT_GT(cuts, 10);
}

// [MESH-42]
TEST(MeshStore, an_app_key_without_its_network_goes_with_its_bindings) {
    TestAir air(1);
    MemoryStore store;
    ASSERT_TRUE(air.add(config_in_phase_2(2), &store).save_all());
    ASSERT_TRUE(store.save(record_key(RecordKind::subnet, 1), {}));
    for (int i = 0; i < 2; ++i) {
        const auto again =
            Node::restore(test_composition(), air.limits, air, air.random(), store, air.now);
        ASSERT_TRUE(again) << again.error().detail();
        EXPECT_EQ((*again)->config().keys->applications.size(), 1);
        EXPECT_EQ((*again)->config().models->front().bound, std::vector<KeyIndex>{0});
        EXPECT_FALSE(records_of(store).contains(record_key(RecordKind::application, 1)));
    }
}

// [MESH-5]
TEST(MeshStore, a_block_of_no_numbers_is_one_of_one) {
    TestAir air(4);
    air.limits.sequence_block = 0;
    MemoryStore store;
    auto& node = air.add(test_config(5), &store);
    ASSERT_TRUE(node.save_all());
    for (unsigned i = 0; i < 3; ++i)
        ASSERT_TRUE(node.send(air.now, to_model(2, test_payload(8).view())));
    const auto again =
        Node::restore(test_composition(), air.limits, air, air.random(), store, air.now);
    ASSERT_TRUE(again);
    EXPECT_GE((*again)->sequence(), node.sequence());
    EXPECT_EQ(node.sequence(), 3U);
}

// [MESH-43]
TEST(MeshStore, a_node_without_a_device_key_draws_one_and_keeps_it) {
    TestAir air(5);
    MemoryStore store;
    auto config = test_config(5);
    config.device_key = {};
    auto& node = air.add(config, &store);
    const auto drawn = node.config().device_key;
    EXPECT_NE(drawn, Key128{});
    ASSERT_TRUE(node.save_all());
    const auto restore = [&] {
        return Node::restore(test_composition(), air.limits, air, air.random(), store, air.now);
    };
    EXPECT_EQ(restore().value()->config().device_key, drawn);
    // As an earlier version left it.
    ASSERT_TRUE(store.save(record_key(RecordKind::identity), joined({Bytes{5, 0}, Bytes(16, 0)})));
    const auto anew = restore().value()->config().device_key;
    EXPECT_NE(anew, Key128{});
    EXPECT_EQ(restore().value()->config().device_key, anew);
}

TEST(MeshStore, marks_of_old_iv_indexes_leave_room_for_new_sources) {
    TestAir air(9);
    air.line(1, 2);
    air.add(test_config(1), nullptr, {.index = 4});
    MemoryStore store;
    ASSERT_TRUE(air.add(test_config(2), &store, {.index = 4}).save_all());
    Bytes mark(12, 0xFF); // nothing segmented
    for (const std::size_t at : {0U, 4U})
        std::fill_n(mark.begin() + static_cast<std::ptrdiff_t>(at), 4, std::uint8_t{0});
    mark[0] = 2; // the IV Index
    mark[11] = 0;
    ASSERT_TRUE(store.save(record_key(RecordKind::replay, 77), mark));
    air.replace(2, *Node::restore(test_composition(), {.replay_entries = 1}, air, air.random(),
                                  store, air.now));
    ASSERT_TRUE(air.node(1).send(air.now, to_model(2, test_payload(8).view())));
    air.run(1s);
    EXPECT_EQ(air.heard.size(), 1);
}

TEST(MeshStore, heartbeats_go_on_after_a_restart) {
    TestAir air(6);
    air.line(1, 2);
    MemoryStore store;
    auto config = test_config(2);
    config.states.heartbeat = {
        .publish_to = 1, .count_left = 0xFFFF, .period_log = 1, .ttl = 5, .publish_due = never};
    ASSERT_TRUE(air.add(config, &store).save_all());
    auto& s = air.add(test_config(1)).states().heartbeat;
    s.from = 2;
    s.to = 1;
    s.listen_until = 100s;
    air.replace(2,
                *Node::restore(test_composition(), air.limits, air, air.random(), store, air.now));
    air.run(9500ms);
    EXPECT_EQ(air.heartbeats.size(), 10);
}

/// A node that has used this many numbers, and whose IV Index is old enough for an update.
void put_used_up(TestAir& air, MemoryStore& store, std::uint32_t sequence, bool beacons) {
    auto config = test_config(2);
    config.states.secure_beacons = beacons;
    ASSERT_TRUE(air.add(config, &store, {.hours = 95}).save_all());
    Bytes record;
    for (unsigned shift = 0; shift < 32; shift += 8)
        record.push_back(static_cast<std::uint8_t>(sequence >> shift));
    ASSERT_TRUE(store.save(record_key(RecordKind::sequence), record));
    air.replace(2,
                *Node::restore(test_composition(), air.limits, air, air.random(), store, air.now));
}

// [MESH-44]
TEST(MeshStore, a_node_that_runs_out_of_numbers_begins_an_iv_update_in_time) {
    TestAir air(7);
    air.line(1, 2);
    air.add(test_config(1), nullptr, {.hours = 200});
    MemoryStore store;
    put_used_up(air, store, 0xFFF000, true);
    EXPECT_FALSE(air.node(2).iv_index().state().updating);
    air.run(61min);
    for (const Address a : {Address{1}, Address{2}}) {
        EXPECT_TRUE(air.node(a).iv_index().state().updating) << a;
        EXPECT_EQ(air.node(a).iv_index().state().index, 1) << a;
    }
    air.run(145h);
    EXPECT_FALSE(air.node(2).iv_index().state().updating);
    EXPECT_EQ(air.node(2).sequence(), 0);
    ASSERT_TRUE(air.node(2).send(air.now, to_model(1, test_payload(8).view())));
    air.run(1s);
    EXPECT_EQ(air.heard.size(), 1);
}

// [MESH-44]
TEST(MeshStore, a_node_whose_numbers_are_used_up_says_so) {
    TestAir air(8);
    MemoryStore store;
    put_used_up(air, store, 0xFFFFFF, false);
    ASSERT_TRUE(air.node(2).send(air.now, to_model(1, test_payload(8).view())));
    EXPECT_TRUE(air.events.empty());
    air.run(200h);
    EXPECT_FALSE(air.node(2).iv_index().state().updating) << "nobody would hear of it";
    EXPECT_EQ(air.node(2).send(air.now, to_model(1, test_payload(8).view())).error().code(),
              Errc::unavailable);
    ASSERT_FALSE(air.events.empty());
    EXPECT_EQ(air.events.back(), std::pair(Address{2}, NodeEvent::sequence_used_up));
}

TEST(MeshStore, everything_a_node_was_told_comes_back) {
    TestAir air(3);
    MemoryStore store;
    auto config = test_config(5);
    config.states.relay = true;
    config.states.sar_receiver.segments_threshold = 9;
    auto& node = air.add(config, &store, {.index = 4, .updating = true, .hours = 30});
    auto& ring = node.change_config().change_keys();
    ring.subnets[0].phase = 1;
    ring.subnets[0].next = std::make_shared<NetKey>(test_key(0x99));
    ring.applications[0].next = std::make_shared<AppKey>(test_key(0x98));
    auto& model = node.change_config().change_model(0, test_model);
    model.subscriptions.push_back({.address = 0x8123, .label = test_key(1)});
    model.publication = {.address = 0xC002, .app_index = 0, .ttl = 7, .period = 3};
    ASSERT_TRUE(node.save_all());
    const auto again =
        Node::restore(test_composition(), air.limits, air, air.random(), store, air.now);
    ASSERT_TRUE(again);
    const auto& is = (*again)->config();
    EXPECT_EQ(*is.models, *node.config().models);
    EXPECT_EQ(is.keys->subnets[0].next->key, test_key(0x99));
    EXPECT_EQ(is.keys->applications[0].next->bytes(), test_key(0x98));
    EXPECT_TRUE(is.states.relay);
    EXPECT_EQ(is.states.sar_receiver, config.states.sar_receiver);
    EXPECT_EQ((*again)->iv_index().state(), node.iv_index().state());
}

} // namespace
} // namespace torgo::mesh
