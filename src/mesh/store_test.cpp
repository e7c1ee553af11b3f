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
