// TORGO's own mesh stack together with real daemons: as relay, as provisioner, as device.
#include "bluez/test_daemon_live.hpp"
#include "bluez/test_mesh_station.hpp"

#include <algorithm>

namespace torgo::bluez {

namespace {

constexpr Address our_address = 0x00cc;
constexpr std::array<std::size_t, 4> sizes{8, 11, 40, 380};
constexpr mesh::ModelId our_model{.id = 1, .company = company};
constexpr std::int64_t message_limit = 60 * second_ns;

/// More patience than the default. What is not acknowledged goes out several times, as the loss of
/// the air demands: `repeats` in Network Transmit, 20 ms apart.
mesh::NodeStates states(std::uint8_t repeats = 0) {
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

std::shared_ptr<const mesh::Composition> composition() {
    return std::make_shared<const mesh::Composition>(mesh::Composition{
        .company = company,
        .product = 7,
        .version = 1,
        .replay_entries = 100,
        .features = mesh::feature_relay,
        .elements = {{.models = {mesh::config_server, mesh::health_server, our_model}}}});
}

mesh::Key128 key_of(ByteView bytes) {
    mesh::Key128 key{};
    std::ranges::copy(bytes, key.begin());
    return key;
}

/// Knows the network, and the application of index 0 where a key is given; its model is bound.
mesh::NodeConfig config_of(Address address, const mesh::Key128& device_key,
                           const mesh::Key128& net_key, const mesh::Key128* app_key = nullptr) {
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

mesh::AccessPayload question(mesh::Opcode opcode, ByteView parameters = {}) {
    return mesh::encode_access(opcode, parameters);
}

} // namespace

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

    /// Every third bit of each flipped, one at a time, the last bit first: a daemon passes over what
    /// begins as one of the last frames did (docs/mesh-bluez.md 4), whether that one was good.
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

    mesh::NodeCounters counters() {
        return ours->with_node([](const mesh::Node& node) { return node.counters(); });
    }

    std::shared_ptr<Station> ours;
    std::uint64_t overrun_before = 0;
};

TEST_F(StackLive, our_node_relays_between_two_daemons_that_do_not_hear_each_other) {
    start("A");
    start("B");
    lab->air().part("A", "B");
    const auto first = open(lab->bus_name("A"), application());
    const auto second = open(lab->bus_name("B"), application());
    const auto a = create(*first);
    auto config = config_of(our_address, random_key(), network_key(a));
    config.states.relay = true;
    ours->become(std::move(config));
    const auto b = import_second(a, *second);
    set_up(a, second_address);
    send_once(a, primary_address);
    send_once(a, second_address);
    tell("B is set up over our relay");
    for (const auto size : sizes) {
        expect_delivery(a, second_address, *second, size);
        expect_delivery(b, primary_address, *first, size);
    }
    EXPECT_GT(ours->with_node([](const auto& node) { return node.counters().relayed; }), 70U);

    // A daemon counts the hops: two.
    ASSERT_GOOD(a.ask(primary_address,
                      set_heartbeat_subscription({second_address, primary_address, 5}), soon()));
    ASSERT_GOOD(a.ask(second_address,
                      set_heartbeat_publication({primary_address, 0xff, 1, 5, 0, 0}), soon()));
    HeartbeatsHeard heard;
    const auto limit = lab->in(2 * call_limit);
    while (heard.count_log == 0 && lab->clock().monotonic_ns() < limit) {
        (void)first->next_event(lab->in(second_ns / 5));
        const auto answer = a.ask(primary_address, get_heartbeat_subscription(), soon());
        ASSERT_GOOD(answer);
        heard = parse_heartbeats_heard(*answer).value();
    }
    EXPECT_GT(heard.count_log, 0);
    EXPECT_EQ(heard.hops_min, 2);
}

TEST_F(StackLive, our_provisioner_places_a_daemon_sets_it_up_and_talks_with_it) {
    start("B");
    const auto client = open(lab->bus_name("B"), application());
    const auto net_key = random_key();
    const auto app_key = random_key();
    ours->become(config_of(our_address, random_key(), net_key, &app_key));
    const auto uuid = make_device_uuid(random);
    Result<Token> token = fail(Errc::io, "not yet");
    std::thread joining([&] { token = client->join(uuid, lab->in(provisioning_limit)); });
    EXPECT_TRUE(ours->wait_for_device(uuid, lab->in(provisioning_limit)));
    ours->provision(uuid, {.data = {.net_key = net_key, .address = second_address}});
    const auto placed = ours->wait_provisioned(lab->in(provisioning_limit));
    joining.join();
    ASSERT_GOOD(placed);
    ASSERT_GOOD(token);
    tell("provisioned");
    // A daemon has no other, in any version.
    EXPECT_EQ(placed->algorithm, mesh::ProvisioningAlgorithm::cmac_aes128);
    EXPECT_EQ(placed->elements, 1);
    const auto attached = client->attach(*token, soon());
    ASSERT_GOOD(attached);
    const auto& b = attached->node;
    EXPECT_EQ(b.state(soon()).value().addresses, std::vector<Address>{second_address});
    ours->know_device_key(second_address, placed->device_key);

    const auto page = ours->ask(second_address, question(mesh::op::composition_get, Bytes{0}),
                                mesh::op::composition_status, lab->in(message_limit));
    ASSERT_GOOD(page);
    const auto made = mesh::decode_composition(ByteView(*page).subspan(1));
    ASSERT_TRUE(made.has_value());
    EXPECT_EQ(made->company, company);
    EXPECT_EQ(std::ranges::count(made->elements.at(0).models, our_model), 1);

    const auto expect_success = [&](const mesh::AccessPayload& asked, mesh::Opcode answer) {
        const auto status = ours->ask(second_address, asked, answer, lab->in(message_limit));
        ASSERT_GOOD(status);
        ASSERT_FALSE(status->empty());
        EXPECT_EQ(status->at(0), 0);
    };
    constexpr Address group = 0xc001;
    auto add_key = question(mesh::op::app_key_add, mesh::encode_key_indexes({0, 0}).view());
    add_key.append(app_key);
    expect_success(add_key, mesh::op::app_key_status);
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
    const auto once = ours->ask(second_address, question(mesh::op::network_transmit_set, Bytes{0}),
                                mesh::op::network_transmit_status, lab->in(message_limit));
    ASSERT_GOOD(once);
    EXPECT_EQ(*once, Bytes{0});
    tell("set up");
    while (client->next_event(0)) { // of being set up
    }

    for (const auto size : sizes) {
        expect_to_daemon(second_address, *client, size);
        expect_from_daemon(b, size);
    }
    expect_to_daemon(group, *client, 9);
    ASSERT_GOOD(b.publish(0, readings, message_of(10), soon()));
    const auto published = ours->next_message(lab->in(message_limit));
    ASSERT_TRUE(published.has_value());
    EXPECT_EQ(published->data, message_of(10));
}

TEST_F(StackLive, a_daemon_provisions_our_device_sets_it_up_and_talks_with_it) {
    start("A");
    auto provisioner = application();
    provisioner.place_node = [](const DeviceUuid&, std::uint8_t) -> Result<Placement> {
        return Placement{0, our_address};
    };
    const auto client = open(lab->bus_name("A"), std::move(provisioner));
    const auto a = create(*client);
    const auto uuid = make_device_uuid(random);
    ours->offer(uuid, {});
    ASSERT_GOOD(a.management().scan(0, soon()));
    EXPECT_EQ(next<ScanResult>(*client, lab->in(provisioning_limit)).uuid, uuid);
    ASSERT_GOOD(a.management().add_node(uuid, soon()));
    const auto placed = ours->wait_provisioned(lab->in(provisioning_limit));
    ASSERT_GOOD(placed);
    EXPECT_EQ(placed->algorithm, mesh::ProvisioningAlgorithm::cmac_aes128);
    EXPECT_EQ(placed->data.address, our_address);
    EXPECT_EQ(placed->data.net_key, network_key(a));
    ours->become(config_of(placed->data.address, placed->device_key, placed->data.net_key));
    const auto added = next<NodeAdded>(*client, lab->in(provisioning_limit));
    EXPECT_EQ(added.address, our_address);
    EXPECT_EQ(added.elements, 1);
    tell("provisioned");

    const auto page = a.ask(our_address, get_composition(0), lab->in(message_limit));
    ASSERT_GOOD(page);
    EXPECT_EQ(mesh::decode_composition(ByteView(*page).subspan(1)), *composition());
    set_up(a, our_address);
    send_once(a, primary_address);
    constexpr Address group = 0xc001;
    ASSERT_GOOD(a.ask(our_address, subscribe_model(our_address, group, readings), soon()));
    ASSERT_GOOD(a.ask(our_address, set_relay(true, 2, 1), soon()));
    ASSERT_GOOD(a.ask(our_address, set_default_ttl(4), soon()));
    EXPECT_EQ(a.ask(our_address, bind_model(our_address, 0, {company, 99}), soon()).error().code(),
              Errc::not_found);
    ours->with_node([&](const mesh::Node& node) {
        const auto& config = node.config();
        EXPECT_TRUE(config.states.relay);
        EXPECT_EQ(config.states.relay_retransmit, 2 | 1 << 3);
        EXPECT_EQ(config.states.default_ttl, 4);
        const auto* model = config.model(0, our_model);
        ASSERT_NE(model, nullptr);
        EXPECT_TRUE(model->is_bound(0) && model->is_subscribed(group));
    });
    tell("set up");
    for (const auto size : sizes) {
        expect_from_daemon(a, size);
        expect_to_daemon(primary_address, *client, size);
    }
    ASSERT_GOOD(a.send(0, group, 0, message_of(9), soon()));
    const auto heard = ours->next_message(lab->in(message_limit));
    ASSERT_TRUE(heard.has_value());
    EXPECT_EQ(heard->destination, group);
}

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
    inject_all("A", sent);
    EXPECT_EQ(next<Message>(*client, lab->in(message_limit)).data, message_of(8));
    inject_all("ours", theirs);
    const auto heard = ours->next_message(lab->in(message_limit));
    ASSERT_TRUE(heard.has_value());
    EXPECT_EQ(heard->data, message_of(8));
    lab->air().part("A", "ours", false);
    expect_only_at_daemon(*client, 13);
    expect_only_at_ours(a, 13);
}

/// Thousandths of the frames that each receiver loses, and how often both ends repeat a frame.
struct Loss {
    std::uint32_t thousandths = 0;
    std::uint8_t repeats = 0;
};

class StackLiveLoss : public StackLive, public testing::WithParamInterface<Loss> {};

TEST_P(StackLiveLoss, our_node_and_a_daemon_exchange_8_to_380_bytes) {
    start("A");
    const auto client = open(lab->bus_name("A"), application());
    const auto a = create(*client);
    join_with_keys(a);
    const auto [loss, repeats] = GetParam();
    ASSERT_GOOD(a.ask(primary_address, set_network_transmit(repeats, 1), soon()));
    ours->with_node([&](mesh::Node& node) { node.states() = states(repeats); });
    AirFaults faults;
    faults.loss = loss;
    lab->air().set_faults(faults);
    for (const auto size : sizes) {
        expect_to_daemon(primary_address, *client, size, true);
        expect_from_daemon(a, size);
    }
    const auto counts = lab->air().counts();
    tell("frames lost: " + std::to_string(counts.lost) +
         ", delivered: " + std::to_string(counts.delivered));
    EXPECT_GT(counts.lost * 1000, counts.delivered * loss / 3);
}

INSTANTIATE_TEST_SUITE_P(Air, StackLiveLoss, testing::Values(Loss{100, 4}, Loss{300, 7}),
                         [](const auto& one) {
                             return std::to_string(one.param.thousandths / 10) + "_percent";
                         });

} // namespace torgo::bluez
