#include "mesh/remote_client.hpp"
#include "mesh/remote_server.hpp"
#include "mesh/test_air.hpp"

#include <gtest/gtest.h>

#include <cstdio>

namespace torgo::mesh {
namespace {

constexpr Address server_address = 4;
constexpr DeviceUuid uuid{9, 8, 7, 6, 5, 4, 3, 2, 1};

/// 1 to 4 in a line; a device without a network is near 4, which serves remote provisioning.
class Bench {
public:
    Bench(std::uint64_t seed, unsigned loss)
        : air(seed),
          m_chance(seed),
          m_loss(loss),
          m_device(Provisioning::device(
              {}, air.random(),
              ProvisioningLink::listen(uuid, [this](const auto& frame) { carry(frame, false); }))) {
        air.loss_percent = loss;
        for (Address a = 1; a <= 4; ++a) {
            auto config = test_config(a);
            config.states.relay = true;
            config.states.network_transmit = 2;
            config.states.relay_retransmit = 2;
            air.add(config);
        }
        air.line(1, 4);
        air.device_keys.emplace(server_address, Aes128(test_key(server_address)));
        server =
            std::make_unique<RemoteServer>(air.node(server_address), air.random(),
                                           [this](const PbAdvFrame& frame) { carry(frame, true); });
        air.on_received = [this](Node& to, const Received& received) {
            if (to.config().address == server_address)
                (void)server->on_message(air.now, received);
            else if (client && to.config().address == 1)
                (void)client->on_message(air.now, received);
        };
        air.drivers.push_back({[this] { return server->next_wake(); },
                               [this](Time now) {
                                   server->on_wake(now);
                               }});
        air.drivers.push_back({[this] { return client ? client->next_wake() : never; },
                               [this](Time now) {
                                   client->on_wake(now);
                               }});
        air.drivers.push_back({[this] { return m_device.next_wake(); },
                               [this](Time now) {
                                   m_device.on_wake(now);
                               }});
        air.drivers.push_back({[this] { return m_flights.empty() ? never : m_flights.front().at; },
                               [this](Time now) {
                                   land(now);
                               }});
    }

    void open(Provisioning::Options options = {
                  .data = {.net_key = test_key(0x11), .address = 0x0100}}) {
        client = std::make_unique<RemoteClient>(air.node(1), air.random(), server_address, 0, uuid,
                                                std::move(options), air.now);
    }

    void beacon() { server->on_beacon(air.now, encode_beacon({.device = uuid}).view()); }

    Provisioning& device() { return m_device; }

    TestAir air;
    std::unique_ptr<RemoteServer> server;
    std::unique_ptr<RemoteClient> client;

private:
    struct Flight {
        Time at{};
        bool to_device = false;
        PbAdvFrame frame{};
    };

    void carry(const PbAdvFrame& frame, bool to_device) {
        if (m_chance.next() % 100 >= m_loss) m_flights.push_back({air.now + 5ms, to_device, frame});
    }

    void land(Time now) {
        const auto flight = m_flights.front();
        m_flights.pop_front();
        if (flight.to_device)
            m_device.on_frame(now, flight.frame.view());
        else
            server->on_pb_adv(now, flight.frame.view());
    }

    sim::Prng m_chance;
    unsigned m_loss;
    std::deque<Flight> m_flights;
    Provisioning m_device;
};

class Remote : public ::testing::TestWithParam<unsigned> {};

TEST_P(Remote, provisions_a_device_three_hops_away) {
    Bench bench(70 + GetParam(), GetParam());
    ASSERT_TRUE(RemoteClient::scan(bench.air.node(1), bench.air.now, server_address, 0, 4, 60));
    for (int i = 0; i < 10; ++i) {
        bench.air.run(1s);
        bench.beacon();
    }
    bench.air.run(10s);
    const auto report = std::ranges::find_if(bench.air.heard, [](const auto& heard) {
        return heard.received.opcode == op::remote_scan_report;
    });
    ASSERT_NE(report, bench.air.heard.end());
    EXPECT_TRUE(std::equal(uuid.begin(), uuid.end(), report->parameters.begin() + 1));
    const auto start = bench.air.now;
    bench.open();
    while (!bench.client->is_done() && !bench.client->has_failed() && bench.air.now - start < 10min)
        bench.air.run(1s);
    ASSERT_TRUE(bench.client->is_done());
    std::printf("a device three hops away, %u %% loss: provisioned in %.0f s\n", GetParam(),
                static_cast<double>((bench.air.now - start).count()) / 1e6);
    ASSERT_TRUE(bench.device().is_done());
    EXPECT_EQ(bench.device().data().address, 0x0100);
    EXPECT_EQ(bench.device().data().net_key, test_key(0x11));
    EXPECT_EQ(bench.device().device_key(), bench.client->provisioning()->device_key());
    EXPECT_EQ(bench.client->provisioning()->algorithm(), ProvisioningAlgorithm::hmac_sha256);
    bench.air.run(10s);
    EXPECT_EQ(bench.server->link_state(), RemoteLink::idle);
}

INSTANTIATE_TEST_SUITE_P(Loss, Remote, ::testing::Values(0U, 10U, 30U));

TEST(RemoteClient, fails_where_the_device_is_not_there) {
    Bench bench(71, 0);
    bench.client =
        std::make_unique<RemoteClient>(bench.air.node(1), bench.air.random(), server_address, 0,
                                       DeviceUuid{1}, Provisioning::Options{}, bench.air.now);
    bench.air.run(3min);
    EXPECT_TRUE(bench.client->has_failed());
    EXPECT_EQ(bench.server->link_state(), RemoteLink::idle);
}

TEST(RemoteServer, serves_one_client_at_a_time) {
    Bench bench(72, 0);
    bench.open();
    while (bench.server->link_state() != RemoteLink::active)
        bench.air.run(100ms);
    bench.air.heard.clear();
    const auto payload = encode_access(op::remote_link_close, std::array<std::uint8_t, 1>{0});
    ASSERT_TRUE(bench.air.node(2).send(
        bench.air.now,
        {.dst = server_address, .their_device_key = true, .payload = payload.view()}));
    bench.air.run(2min);
    EXPECT_TRUE(bench.client->is_done());
    const auto refused = std::ranges::find_if(bench.air.heard, [](const auto& heard) {
        return heard.by == 2 && heard.received.opcode == op::remote_link_status;
    });
    ASSERT_NE(refused, bench.air.heard.end());
    EXPECT_EQ(refused->parameters[0], static_cast<std::uint8_t>(RemoteStatus::invalid_state));
}

// [MESH-39]
TEST(RemoteServer, loses_nothing_that_the_device_sent_while_its_node_has_no_room) {
    Bench bench(74, 0);
    bench.open();
    while (bench.server->link_state() != RemoteLink::active)
        bench.air.run(10ms);
    // Nobody is there who acknowledges them: they stay for a while.
    const auto others = encode_access(0x52, Bytes(40));
    unsigned under_way = 0;
    while (bench.air.node(server_address)
               .send(bench.air.now,
                     {.dst = static_cast<Address>(0x0700 + under_way), .payload = others.view()}))
        ++under_way;
    EXPECT_GT(under_way, 0U);
    bench.air.run(2min);
    EXPECT_TRUE(bench.client->is_done());
    EXPECT_TRUE(bench.device().is_done());
}

// [MESH-38]
TEST(RemoteServer, obeys_its_own_device_key_only) {
    Bench bench(73, 0);
    auto payload = encode_access(op::remote_link_open, uuid);
    Received received{.model = config_client, .src = 1, .dst = server_address, .device_key = true};
    received.opcode = op::remote_link_open;
    received.parameters = payload.view().subspan(2);
    EXPECT_FALSE(bench.server->on_message(0s, received));
    EXPECT_EQ(bench.server->link_state(), RemoteLink::idle);
    received.model = remote_server;
    EXPECT_TRUE(bench.server->on_message(0s, received));
    EXPECT_EQ(bench.server->link_state(), RemoteLink::opening);
}

} // namespace
} // namespace torgo::mesh
