// No key is left in memory that is given back: each block is looked through before it is freed.
#include "mesh/file_store.hpp"
#include "mesh/provisioning.hpp"
#include "mesh/test_air.hpp"
#include "sim/file_system.hpp"
#include "sim/random.hpp"

#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <new>

namespace {

/// What is looked for; only while it is not zero.
std::atomic<const torgo::mesh::Key128*> wanted{nullptr};
std::atomic<unsigned> seen{0};

void look_through(const void* block) noexcept {
    const auto* key = wanted.load();
    if (key == nullptr || block == nullptr) return;
    const auto size = ::malloc_usable_size(const_cast<void*>(block));
    if (::memmem(block, size, key->data(), key->size()) != nullptr) ++seen;
}

} // namespace

void* operator new(std::size_t size) {
    if (void* block = std::malloc(size == 0 ? 1 : size)) return block;
    throw std::bad_alloc();
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return std::malloc(size == 0 ? 1 : size);
}

void operator delete(void* block) noexcept {
    look_through(block);
    std::free(block);
}

void operator delete(void* block, std::size_t) noexcept {
    look_through(block);
    std::free(block);
}

namespace torgo::mesh {
namespace {

/// Counts the blocks with this key in them that are freed while it lives.
class Watch {
public:
    explicit Watch(const Key128& key) : m_key(key) {
        seen = 0;
        wanted = &m_key;
    }

    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    ~Watch() { wanted = nullptr; }

    static unsigned found() { return seen; }

private:
    Key128 m_key;
};

const Key128 secret{0xD1, 0x5C, 0x0B, 0xA2, 0x77, 0x10, 0x9E, 0x3F,
                    0x42, 0x86, 0xE8, 0x5D, 0x21, 0xC4, 0x6B, 0xFA};

TEST(MeshWipe, sees_a_key_that_was_left) {
    const Watch watch(secret);
    {
        const auto left = std::make_unique<Key128>(secret);
        const Key128* volatile escaped = left.get(); // else the compiler needs no memory for it
        EXPECT_EQ(*escaped, secret);
    }
    EXPECT_EQ(Watch::found(), 1U);
}

TEST(MeshWipe, records_are_overwritten_when_they_are_replaced_removed_or_end) {
    const auto record = Bytes(secret.begin(), secret.end());
    const Watch watch(secret);
    {
        MemoryStore store;
        ASSERT_TRUE(store.save(1, record));
        ASSERT_TRUE(store.save(1, Bytes(100)));
        ASSERT_TRUE(store.save(1, record));
        ASSERT_TRUE(store.save(1, {}));
        ASSERT_TRUE(store.save(2, record));
        ASSERT_TRUE(store.clear());
        ASSERT_TRUE(store.save(3, record));
    }
    EXPECT_EQ(Watch::found(), 0U);
}

/// A disk that keeps nothing in this program's memory but what a reader takes.
class KeptFile final : public env::File {
public:
    explicit KeptFile(Bytes& content) : m_content(content) {}

    Result<std::size_t> read_at(std::uint64_t offset, ByteSpan out) override {
        const auto rest = ByteView(m_content).subspan(offset);
        const auto count = std::min(rest.size(), out.size());
        std::ranges::copy(rest.first(count), out.begin());
        return count;
    }

    Result<> append(ByteView bytes) override {
        m_content.insert(m_content.end(), bytes.begin(), bytes.end());
        return {};
    }

    Result<std::uint64_t> size() override { return m_content.size(); }

    Result<> sync() override { return {}; }

private:
    Bytes& m_content;
};

class OneFile final : public env::FileSystem {
public:
    OneFile() { m_content.reserve(4096); }

    Result<std::unique_ptr<env::File>> open_read(const std::string&) override {
        return std::make_unique<KeptFile>(m_content);
    }

    Result<std::unique_ptr<env::File>> create(const std::string&, bool) override {
        m_content.clear();
        return std::make_unique<KeptFile>(m_content);
    }

    Result<> rename(const std::string&, const std::string&) override { return {}; }
    Result<> remove(const std::string&) override { return {}; }
    Result<> make_directory(const std::string&, bool) override { return {}; }
    Result<> remove_directory(const std::string&) override { return {}; }
    Result<> sync_directory(const std::string&) override { return {}; }

    Result<std::vector<env::DirectoryEntry>> list(const std::string&) override {
        return std::vector<env::DirectoryEntry>{};
    }

    Result<env::FileStatus> status(const std::string&) override {
        return env::FileStatus{.type = env::FileType::file, .size = m_content.size()};
    }

    Result<env::Space> space(const std::string&) override { return env::Space{}; }

private:
    Bytes m_content;
};

TEST(MeshWipe, a_node_and_its_file_leave_no_key) {
    OneFile files;
    {
        auto file = files.create("", true);
        ASSERT_TRUE((*file)->append(as_bytes("torgo-mesh-node 1\n")));
    }
    sim::Random random(1);
    TestAir air(1);
    const Watch watch(secret);
    for (int round = 0; round < 2; ++round) {
        auto store = FileStore::open(files, "/store");
        ASSERT_TRUE(store) << store.error().detail();
        auto config = std::make_unique<NodeConfig>(test_config(5));
        config->device_key = secret;
        config->change_keys().subnets[0].key = std::make_shared<NetKey>(secret);
        config->change_keys().subnets[0].phase = 1;
        config->change_keys().subnets[0].next = std::make_shared<NetKey>(secret);
        config->change_keys().applications[0].key = std::make_shared<AppKey>(secret);
        config->change_keys().applications[0].next = std::make_shared<AppKey>(secret);
        const auto node = std::make_unique<Node>(std::move(*config), IvIndex::State{}, air.limits,
                                                 air, random, store->get(), Time{0});
        ASSERT_TRUE(node->save_all());
        const auto again =
            Node::restore(test_composition(), air.limits, air, random, **store, Time{0});
        ASSERT_TRUE(again) << again.error().detail();
        EXPECT_EQ((*again)->config().device_key, secret);
    }
    EXPECT_EQ(Watch::found(), 0U);
}

/// Both ends in memory that is looked through when they end.
struct Ends {
    explicit Ends(const Provisioning::Options& options)
        : device(Provisioning::device(
              {}, random,
              ProvisioningLink::listen({}, [this](const auto& f) { up.push_back(f); }))),
          provisioner(Provisioning::provisioner(
              options, random,
              ProvisioningLink::open(
                  1, {}, [this](const auto& f) { down.push_back(f); }, Time{0}))) {}

    void run() {
        for (Time now{0}; now < 60s && !provisioner.is_done(); now += 100ms) {
            provisioner.on_wake(now);
            device.on_wake(now);
            for (; !down.empty(); down.pop_front())
                device.on_frame(now, down.front().view());
            for (; !up.empty(); up.pop_front())
                provisioner.on_frame(now, up.front().view());
        }
    }

    sim::Random random{7};
    std::deque<PbAdvFrame> up;
    std::deque<PbAdvFrame> down;
    Provisioning device;
    Provisioning provisioner;
};

TEST(MeshWipe, provisioning_leaves_neither_the_network_key_nor_the_device_key) {
    for (const bool look_for_device_key : {false, true}) {
        Provisioning::Options options;
        options.data.net_key = secret;
        options.data.address = 7;
        Key128 key = secret;
        if (look_for_device_key) { // the same seed gives the same one again
            Ends ends(options);
            ends.run();
            ASSERT_TRUE(ends.device.is_done());
            key = ends.device.device_key();
        }
        const Watch watch(key);
        {
            const auto ends = std::make_unique<Ends>(options);
            ends->run();
            ASSERT_TRUE(ends->provisioner.is_done() && ends->device.is_done());
            EXPECT_EQ(ends->device.data().net_key, secret);
        }
        EXPECT_EQ(Watch::found(), 0U) << look_for_device_key;
    }
}

} // namespace
} // namespace torgo::mesh
