// A sensor and a gateway over real daemons of bluetooth-meshd, without a radio.
#include "bluez/testing/meshd_lab.hpp"
#include "sim/file_system.hpp"
#include "sys/random.hpp"
#include "uplink/bluez_bearer.hpp"
#include "uplink/card.hpp"
#include "uplink/drive.hpp"
#include "uplink/proof.hpp"
#include "uplink/test_rows.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>
#include <thread>

namespace torgo::uplink {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::uint64_t sensor_number = 17;
constexpr std::size_t rows = 40;
const GatewayFolders folders{.store = "/store", .state = "/state"};

class UplinkLive : public testing::Test {
protected:
    void SetUp() override {
        if (const auto missing = bluez::MeshdLab::missing_package(); !missing.empty())
            GTEST_SKIP() << "the package " << missing << " is not installed";
        auto made = bluez::MeshdLab::make(1);
        ASSERT_TRUE(made) << made.error().detail();
        lab = std::move(*made);
        for (const auto* name : {"A", "B"})
            ASSERT_TRUE(lab->start(name, lab->in(10 * second_ns)));
    }

    void TearDown() override {
        if (!lab || !HasFailure()) return;
        for (const auto* name : {"A", "B"})
            std::cout << name << ":\n" << lab->log_of(name) << '\n';
    }

    /// `name`: on the bus; a unique one dies with its daemon.
    Result<std::unique_ptr<BluezBearer>> try_open(const std::string& daemon,
                                                  const std::string& name, const MeshKeys& keys,
                                                  Address address) {
        bluez::ClientOptions options{bluez::SessionBus{lab->bus_address()}};
        options.daemon = name;
        return BluezBearer::open(files, lab->clock(), random, std::move(options),
                                 "/" + daemon + ".node", keys, address);
    }

    std::unique_ptr<BluezBearer> open(const std::string& daemon, const MeshKeys& keys,
                                      Address address) {
        auto out = try_open(daemon, lab->bus_name(daemon), keys, address);
        EXPECT_TRUE(out) << out.error().detail();
        return out ? std::move(*out) : nullptr;
    }

    /// What the daemon keeps: one folder a node.
    std::size_t nodes_of(const std::string& daemon) const {
        constexpr std::string_view scheme = "unix:path=";
        const auto bus = lab->bus_address().substr(scheme.size());
        const auto folder = std::filesystem::path(bus.substr(0, bus.find(','))).parent_path();
        std::size_t count = 0;
        for (const auto& one : std::filesystem::directory_iterator(folder / (daemon + ".store")))
            count += one.is_directory() ? 1U : 0U;
        return count;
    }

    void start_again(const std::string& daemon) {
        lab->kill(daemon);
        ASSERT_TRUE(lab->start(daemon, lab->in(10 * second_ns)));
    }

    std::unique_ptr<Card> enrol(GatewayLink& gateway, const MeshKeys& keys) {
        Card::Content content;
        content.mesh = keys;
        content.address = 2;
        content.plan = usual_plan();
        content.provision.sensor = sensor_number;
        content.gateway_key = gateway.public_key();
        content.provision.secret = gateway.enrol(sensor_number, content.plan).value();
        EXPECT_TRUE(Card::make(files, "/card", content));
        return Card::load(files, "/card").value();
    }

    sim::FileSystem files;
    sys::Random random;
    std::unique_ptr<bluez::MeshdLab> lab;
};

TEST_F(UplinkLive, rows_cross_two_daemons_whole_over_air_that_loses_some) {
    const auto gateway = GatewayLink::open(files, random, folders).value();
    const auto keys = load_mesh_keys(files, random, "/mesh.key").value();
    const auto card = enrol(*gateway, keys);
    const auto here = open("A", keys, gateway_address);
    const auto there = open("B", keys, card->content().address);
    ASSERT_TRUE(here && there);
    bluez::AirFaults faults;
    faults.loss = 10;
    lab->air().set_faults(faults);

    std::stop_source stop;
    Result<> gateway_ended;
    std::thread serving([&] {
        gateway_ended = drive_gateway(*gateway, *here, lab->clock(), {}, stop.get_token());
    });
    SensorLink sensor(*card, card->provision(), card->content().marks, card->content().plan,
                      random);
    sensor.set_gateway_key(card->content().gateway_key);
    const auto feed = Feed::parse(monitor_csv(rows), sensor_number).value();
    const auto outcome = drive_sensor(
        sensor, *there, lab->clock(), feed,
        {.interval_ns = second_ns / 5, .patience_ns = 120 * second_ns, .tell = {}}, {});
    stop.request_stop();
    serving.join();
    ASSERT_TRUE(gateway_ended) << gateway_ended.error().detail();
    ASSERT_TRUE(outcome) << outcome.error().detail();
    const auto proof = prove(files, "/store", feed, outcome->sent, outcome->first).value();
    EXPECT_EQ(proof.received, rows);
    EXPECT_TRUE(proof.holds());
    std::cout << "in " << outcome->duration_ns / second_ns << " s, " << outcome->short_envelopes
              << " short, " << outcome->long_envelopes << " long, acknowledged after "
              << outcome->acknowledged.quantile(500) / 1'000'000 << " ms (p50), "
              << outcome->acknowledged.quantile(990) / 1'000'000 << " ms (p99)\n";
    EXPECT_GT(lab->air().counts().lost, 0U);
}

// [BLUEZ-4]
TEST_F(UplinkLive, a_node_whose_token_finds_no_room_on_disk_is_not_made) {
    const auto keys = load_mesh_keys(files, random, "/mesh.key").value();
    files.fail_next(sim::Operation::create, Errc::no_space);
    EXPECT_EQ(try_open("A", lab->bus_name("A"), keys, gateway_address).error().code(),
              Errc::no_space);
    // The daemon hears of the refusal before it is asked again.
    ASSERT_TRUE(open("A", keys, gateway_address));
    EXPECT_EQ(nodes_of("A"), 1U);
}

// [MESH-46]
TEST_F(UplinkLive, a_node_of_other_keys_or_another_address_is_refused) {
    const auto keys = load_mesh_keys(files, random, "/mesh.key").value();
    const auto others = load_mesh_keys(files, random, "/other.key").value();
    ASSERT_TRUE(open("A", keys, gateway_address));
    const auto code = [&](const MeshKeys& with, Address address) {
        return try_open("A", lab->bus_name("A"), with, address).error().code();
    };
    EXPECT_EQ(code(others, gateway_address), Errc::changed);
    EXPECT_EQ(code(keys, gateway_address + 1), Errc::changed);
    EXPECT_TRUE(open("A", keys, gateway_address));
    // One of the first version has no mark, and is not made anew: numbers would begin again.
    auto content = env::read_file(files, "/A.node", 128).value();
    content.resize(content.size() - Digest::size);
    content[6] = '1';
    ASSERT_TRUE(env::write_file_atomically(files, "/A.node", content));
    EXPECT_TRUE(open("A", keys, gateway_address));
    EXPECT_EQ(nodes_of("A"), 1U);
}

TEST_F(UplinkLive, a_node_that_is_set_up_is_attached_and_no_more) {
    const auto keys = load_mesh_keys(files, random, "/mesh.key").value();
    const auto is_set_up_now = [&] {
        EXPECT_TRUE(open("A", keys, gateway_address));
        const auto log = lab->log_of("A");
        return log.find("AddAppKey", log.rfind("attach_call()")) != std::string::npos;
    };
    EXPECT_TRUE(is_set_up_now());
    EXPECT_FALSE(is_set_up_now());
}

// [BLUEZ-5]
TEST_F(UplinkLive, a_daemon_that_is_started_anew_does_not_end_a_bearer) {
    lab->kill("B"); // it would take the name over
    const auto keys = load_mesh_keys(files, random, "/mesh.key").value();
    auto opened = try_open("A", "org.bluez.mesh", keys, gateway_address);
    ASSERT_TRUE(opened) << opened.error().detail();
    auto& bearer = **opened;
    const Bytes payload{0xc1, 0xff, 0xff, 1};
    ASSERT_TRUE(bearer.send(0x0002, payload));
    // Gone and back before anybody looks.
    start_again("A");
    EXPECT_EQ(bearer.send(0x0002, payload).error().code(), Errc::unavailable);
    const auto heard = bearer.receive(lab->in(second_ns));
    ASSERT_TRUE(heard) << heard.error().detail();
    const auto sent = bearer.send(0x0002, payload);
    EXPECT_TRUE(sent) << sent.error().detail();
    // Back, but it does not answer.
    start_again("A");
    lab->stop("A");
    const auto waited = bearer.receive(lab->in(second_ns));
    ASSERT_TRUE(waited) << waited.error().detail();
    start_again("A");
    Result<> again;
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(bearer.receive(lab->in(second_ns)));
        again = bearer.send(0x0002, payload);
        if (again) break;
    }
    EXPECT_TRUE(again) << again.error().detail();
}

} // namespace
} // namespace torgo::uplink
