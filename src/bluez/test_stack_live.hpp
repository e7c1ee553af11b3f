#pragma once

// TORGO's own mesh stack on one air with real daemons.

#include "bluez/test_daemon_live.hpp"
#include "bluez/test_mesh_station.hpp"

#include <algorithm>
#include <array>

namespace torgo::bluez {

inline constexpr Address our_address = 0x00cc;
inline constexpr Address group = 0xc001;
inline constexpr std::array<std::size_t, 4> sizes{8, 11, 40, 380};
inline constexpr mesh::ModelId our_model{.id = 1, .company = company};
inline constexpr std::int64_t message_limit = 60 * second_ns;

/// More patience than the default. What is not acknowledged goes out several times, as the loss of
/// the air demands: `repeats` in Network Transmit, 20 ms apart.
inline mesh::NodeStates states(std::uint8_t repeats = 0) {
    mesh::NodeStates out;
    out.default_ttl = 7;
    out.network_transmit = static_cast<std::uint8_t>(repeats | 1U << 3U);
    out.sar_transmitter = {.segment_interval_step = 3,
                           .unicast_retransmissions = 15,
                           .unicast_without_progress = 15,
                           .unicast_interval_step = 15,
                           .unicast_interval_increment = 1};
    return out;
}

inline std::shared_ptr<const mesh::Composition> composition() {
    return std::make_shared<const mesh::Composition>(mesh::Composition{
        .company = company,
        .product = 7,
        .version = 1,
        .replay_entries = 100,
        .features = mesh::feature_relay,
        .elements = {{.models = {mesh::config_server, mesh::health_server, our_model}}}});
}

inline mesh::Key128 key_of(ByteView bytes) {
    mesh::Key128 key{};
    std::ranges::copy(bytes, key.begin());
    return key;
}

/// Knows the network, and the application of index 0 where a key is given; its model is bound.
inline mesh::NodeConfig config_of(Address address, const mesh::Key128& device_key,
                                  const mesh::Key128& net_key,
                                  const mesh::Key128* app_key = nullptr) {
    mesh::NodeConfig config{
        .address = address, .device_key = device_key, .composition = composition()};
    auto& ring = config.change_keys();
    ring.subnets.push_back({.index = 0, .key = std::make_shared<mesh::NetKey>(net_key)});
    if (app_key != nullptr) {
        ring.applications.push_back(
            {.index = 0, .net = 0, .key = std::make_shared<mesh::AppKey>(*app_key)});
        config.change_model(0, our_model).bound.push_back(0);
    }
    config.states = states();
    return config;
}

inline mesh::AccessPayload question(mesh::Opcode asked, ByteView parameters = {}) {
    return mesh::encode_access(asked, parameters);
}

class StackLive : public DaemonLive {
protected:
    void SetUp() override {
        DaemonLive::SetUp();
        if (lab) ours = Station::make(*lab, "ours");
    }

    void TearDown() override {
        ours.reset();
        DaemonLive::TearDown();
    }

    mesh::Key128 network_key(const Node& manager) const {
        return key_of(
            manager.management().export_keys(soon()).value().network_keys.at(0).key.view());
    }

    mesh::Key128 application_key(const Node& manager) const {
        return key_of(manager.management()
                          .export_keys(soon())
                          .value()
                          .network_keys.at(0)
                          .application_keys.at(0)
                          .key.view());
    }

    mesh::Key128 random_key() {
        mesh::Key128 key{};
        random.fill(key);
        return key;
    }

    /// Our node joins the daemon's network with keys that are handed over, without provisioning.
    void join_with_keys(const Node& manager, mesh::Store* store = nullptr) {
        const auto device_key = random_key();
        const auto app_key = application_key(manager);
        ASSERT_GOOD(manager.management().import_remote_node(
            our_address, 1, crypto::SecretBytes::copy_of(device_key), soon()));
        ours->become(config_of(our_address, device_key, network_key(manager), &app_key), store);
    }

    void expect_from_daemon(const Node& from, std::size_t size) {
        const auto sent = message_of(size);
        const auto start_ns = lab->clock().monotonic_ns();
        ASSERT_GOOD(from.send(0, our_address, 0, sent, soon()));
        const auto heard = ours->next_message(lab->in(message_limit));
        ASSERT_TRUE(heard.has_value()) << size << " B from the daemon";
        EXPECT_EQ(heard->data, sent);
        tell_size("from the daemon", size, start_ns);
    }

    void expect_to_daemon(Address to, Client& receiver, std::size_t size,
                          bool acknowledged = false) {
        const auto sent = message_of(size);
        const auto start_ns = lab->clock().monotonic_ns();
        const auto number = ours->send(
            {.dst = to, .app_index = KeyIndex{0}, .acknowledged = acknowledged, .payload = sent});
        ASSERT_GOOD(number);
        EXPECT_EQ(next<Message>(receiver, lab->in(message_limit)).data, sent);
        if (acknowledged || size > 11) {
            EXPECT_EQ(ours->wait_ended(*number, lab->in(message_limit)),
                      mesh::SendEnd::acknowledged);
        }
        tell_size("to the daemon", size, start_ns);
    }

    void tell_size(const std::string& way, std::size_t size, std::int64_t start_ns) const {
        tell(std::to_string(size) + " B " + way + " in " +
             std::to_string((lab->clock().monotonic_ns() - start_ns) / 1'000'000) + " ms");
    }

    /// A daemon waits a tenth of a second after each frame, unless it is told otherwise:
    /// here nothing is lost that would have to be repeated.
    void send_once(const Node& manager, Address address) const {
        ASSERT_GOOD(manager.ask(address, set_network_transmit(0, 0), lab->in(30 * second_ns)));
    }

    /// Frames of messages, not of beacons, each once.
    static std::vector<Bytes> messages_among(std::vector<Bytes> frames) {
        std::erase_if(frames, [](const Bytes& frame) {
            return frame[0] != static_cast<std::uint8_t>(mesh::Bearing::message);
        });
        std::ranges::sort(frames);
        const auto rest = std::ranges::unique(frames);
        frames.erase(rest.begin(), rest.end());
        return frames;
    }

    void inject_all(const std::string& receiver, const std::vector<Bytes>& frames) {
        for (const auto& frame : frames)
            ASSERT_GOOD(lab->air().inject_to(receiver, frame));
        EXPECT_TRUE(lab->air().wait_until_delivered(call_limit));
        EXPECT_EQ(lab->air().counts().overrun, overrun_before) << "not all were heard";
    }

    /// Again until the daemon hands the message on: a loaded one passes over what looks like
    /// one of the frames just before (docs/mesh-bluez.md 4). It hands it on once, however often
    /// it hears it.
    Result<Message> inject_until_taken(const std::string& receiver,
                                       const std::vector<Bytes>& frames, Client& client) {
        const auto end = lab->in(message_limit);
        for (;;) {
            inject_all(receiver, frames);
            auto heard = try_next<Message>(client, std::min(end, lab->in(second_ns)));
            if (heard || lab->clock().monotonic_ns() >= end) return heard;
        }
    }

    /// Every third bit of each flipped, one at a time, the last bit first: a daemon passes over
    /// what begins as one of the last frames did (docs/mesh-bluez.md 4), whether that was good.
    static std::vector<Bytes> damaged(const std::vector<Bytes>& frames) {
        std::vector<Bytes> out;
        for (const auto& frame : frames) {
            for (std::size_t bit = 8; bit < 8 * frame.size(); bit += 3) {
                out.push_back(frame);
                out.back()[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
            }
        }
        std::ranges::reverse(out);
        return out;
    }

    /// Nothing but this message comes of what was injected before it.
    void expect_only_at_daemon(Client& client, std::size_t size) {
        ASSERT_GOOD(ours->send({.dst = primary_address,
                                .app_index = KeyIndex{0},
                                .acknowledged = true,
                                .payload = message_of(size)}));
        EXPECT_EQ(next<Message>(client, lab->in(message_limit)).data, message_of(size));
    }

    void expect_only_at_ours(const Node& from, std::size_t size) {
        ASSERT_GOOD(from.send(0, our_address, 0, message_of(size), soon()));
        const auto heard = ours->next_message(lab->in(message_limit));
        ASSERT_TRUE(heard.has_value());
        EXPECT_EQ(heard->data, message_of(size));
    }

    /// Over the air, as a configuration client: the key, and all that a model can be told.
    void set_up_daemon(const mesh::Key128& app_key);

    mesh::NodeCounters counters() {
        return ours->with_node([](const mesh::Node& node) { return node.counters(); });
    }

    std::shared_ptr<Station> ours;
    std::uint64_t overrun_before = 0;
};

inline void StackLive::set_up_daemon(const mesh::Key128& app_key) {
    const auto expect_success = [&](const mesh::AccessPayload& asked, mesh::Opcode answer) {
        const auto status = ours->ask(second_address, asked, answer, lab->in(message_limit));
        ASSERT_GOOD(status);
        ASSERT_FALSE(status->empty());
        EXPECT_EQ(status->at(0), 0);
    };
    auto add_key = question(mesh::op::app_key_add, mesh::encode_key_indexes({0, 0}).view());
    expect_success(add_key.append(app_key), mesh::op::app_key_status);
    auto bind = question(mesh::op::model_app_bind);
    bind.le16(second_address).le16(0).le16(company).le16(1);
    expect_success(bind, mesh::op::model_app_status);
    auto subscribe = question(mesh::op::subscription_add);
    subscribe.le16(second_address).le16(group).le16(company).le16(1);
    expect_success(subscribe, mesh::op::subscription_status);
    auto publication = question(mesh::op::publication_set);
    publication.le16(second_address).le16(our_address).le16(0).u8(5).u8(0).u8(0);
    publication.le16(company).le16(1);
    expect_success(publication, mesh::op::publication_status);
    // Once, with nothing to wait for.
    const auto transmit = question(mesh::op::network_transmit_set, Bytes{0});
    expect_success(transmit, mesh::op::network_transmit_status);
}

} // namespace torgo::bluez
