// A gateway's mesh node, and somebody with the network's keys who would like to configure it.
#include "mesh/config_server.hpp"
#include "sim/file_system.hpp"
#include "sim/random.hpp"
#include "sys/clock.hpp"
#include "uplink/stack_bearer.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace torgo::uplink {
namespace {

constexpr Address here = 1;
constexpr Address there = 9;
constexpr std::int64_t ms_ns = 1'000'000;
constexpr const char* state = "/state/mesh";

/// Has all keys of the network, and a guess at the device key of the one it speaks to.
class Stranger final : public mesh::Host {
public:
    Stranger(const env::Clock& clock, env::Random& random, AirSocket air, const MeshKeys& keys,
             const mesh::Key128& guess)
        : m_clock(clock),
          m_air(std::move(air)),
          m_guess(guess),
          m_node(mesh_config(keys, {.address = there}), {}, {}, *this, random, nullptr, now()) {}

    void ask_to_reset() {
        const auto payload = mesh::encode_access(mesh::op::node_reset, {});
        ASSERT_TRUE(
            m_node.send(now(), {.dst = here, .their_device_key = true, .payload = payload.view()}));
    }

    void say(ByteView payload) {
        ASSERT_TRUE(m_node.send(now(), {.dst = here, .app_index = app_index, .payload = payload}));
    }

    void transmit(mesh::Node&, const mesh::Transmission& t) override {
        m_air.send(static_cast<std::uint8_t>(t.bearing), t.frame);
    }

    void message(mesh::Node&, mesh::Time, const mesh::Received&) override {}

    const mesh::Aes128* device_key_of(Address) override { return &m_guess; }

private:
    mesh::Time now() const { return mesh::Time(m_clock.monotonic_ns() / 1000); }

    const env::Clock& m_clock;
    AirSocket m_air;
    mesh::Aes128 m_guess;
    mesh::Node m_node;
};

class StackBearerTest : public testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(files.make_directory("/state")); }

    void TearDown() override { ::unlink(path().c_str()); }

    static std::string path() { return testing::TempDir() + "air" + std::to_string(::getpid()); }

    std::unique_ptr<StackBearer> open() {
        auto out = StackBearer::open(files, clock, random, AirSocket::listen(clock, path()).value(),
                                     state, keys, {.address = here});
        EXPECT_TRUE(out) << out.error().detail();
        return out ? std::move(*out) : nullptr;
    }

    Stranger stranger(const mesh::Key128& guess) {
        return {clock, random, AirSocket::join(clock, path(), path() + "s").value(), keys, guess};
    }

    env::Deadline soon() { return clock.monotonic_ns() + 300 * ms_ns; }

    Bytes record(mesh::RecordKind kind) {
        Bytes out;
        mesh::FileStore::open(files, state).value()->each([&](mesh::RecordKey key, ByteView found) {
            if (key == mesh::record_key(kind)) out.assign(found.begin(), found.end());
        });
        return out;
    }

    sys::Clock clock;
    sim::FileSystem files;
    sim::Random random{5};
    MeshKeys keys{.network = {1}, .application = {2}};
};

// [MESH-43]
TEST_F(StackBearerTest, is_not_configured_by_who_has_the_network_key_only) {
    const auto bearer = open();
    auto other = stranger({});
    other.ask_to_reset();
    const auto nothing = bearer->receive(soon());
    ASSERT_TRUE(nothing) << nothing.error().detail();
    EXPECT_FALSE(*nothing);
    const auto payload = mesh::encode_access(mesh::vendor_opcode(1, 0xFFFF), Bytes{7});
    other.say(payload.view());
    const auto heard = bearer->receive(soon());
    ASSERT_TRUE(heard);
    ASSERT_TRUE(*heard);
    EXPECT_EQ((*heard)->from, there);
}

TEST_F(StackBearerTest, ends_when_its_node_has_left_the_network) {
    auto bearer = open();
    bearer.reset();
    mesh::Key128 key{};
    std::ranges::copy(ByteView(record(mesh::RecordKind::identity)).subspan(2), key.begin());
    bearer = open();
    auto other = stranger(key);
    other.ask_to_reset();
    EXPECT_EQ(bearer->receive(soon()).error().code(), Errc::io);
    EXPECT_EQ(bearer->send(there, Bytes{1, 2}).error().code(), Errc::io);
    EXPECT_TRUE(record(mesh::RecordKind::identity).empty());
}

// [MESH-46]
TEST_F(StackBearerTest, is_not_opened_with_other_keys_or_another_address_than_it_had) {
    ASSERT_TRUE(open());
    const auto again = [&](const MeshKeys& with, Address address) {
        return StackBearer::open(files, clock, random, AirSocket::listen(clock, path()).value(),
                                 state, with, {.address = address});
    };
    for (const auto& other : {MeshKeys{.network = {9}, .application = keys.application},
                              MeshKeys{.network = keys.network, .application = {9}}}) {
        const auto opened = again(other, here);
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code(), Errc::changed);
        EXPECT_NE(opened.error().detail().find("other mesh keys"), std::string::npos);
    }
    const auto moved = again(keys, there);
    ASSERT_FALSE(moved);
    EXPECT_NE(moved.error().detail().find("another mesh address"), std::string::npos);
    EXPECT_TRUE(again(keys, here));
}

// [MESH-44]
TEST_F(StackBearerTest, ends_when_its_sequence_numbers_are_used_up) {
    auto bearer = open();
    ASSERT_TRUE(bearer->send(there, Bytes{1, 2}));
    bearer.reset();
    ASSERT_TRUE(mesh::FileStore::open(files, state)
                    .value()
                    ->save(mesh::record_key(mesh::RecordKind::sequence), Bytes{0, 0, 0, 1}));
    bearer = open();
    EXPECT_EQ(bearer->send(there, Bytes{1, 2}).error().code(), Errc::io);
    EXPECT_EQ(bearer->receive(soon()).error().code(), Errc::io);
}

} // namespace
} // namespace torgo::uplink
