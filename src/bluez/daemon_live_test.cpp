// Real daemons of bluetooth-meshd on a private bus, without a radio. The daemons keep their own
// pace (segments 100 ms apart, provisioning 20 s), so each test is a program of its own under
// ctest, and they run beside each other.
#include "bluez/client.hpp"
#include "bluez/testing/meshd_lab.hpp"
#include "sys/random.hpp"

#include <gtest/gtest.h>
#include <sdbus-c++/sdbus-c++.h>

#include <algorithm>
#include <iostream>
#include <mutex>
#include <thread>

namespace torgo::bluez {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t call_limit = 10 * second_ns;
constexpr std::int64_t provisioning_limit = 60 * second_ns;
constexpr std::uint16_t company = 0x05f1;
constexpr ModelId readings{company, 1};
constexpr Address second_address = 0x00aa;
/// Opcode of three bytes: vendor opcode 1 of the company.
const Bytes opcode{0xc1, 0xf1, 0x05};

#define SKIP_WITHOUT_DAEMON()                                                                      \
    if (const auto missing = MeshdLab::missing_package(); !missing.empty())                        \
    GTEST_SKIP() << "the package " << missing << " is not installed"

#define ASSERT_GOOD(...)                                                                           \
    do {                                                                                           \
        const auto result_ = (__VA_ARGS__);                                                        \
        ASSERT_TRUE(result_.has_value()) << result_.error().detail();                              \
    } while (false)

Bytes message_of(std::size_t size) {
    Bytes bytes = opcode;
    for (std::size_t i = bytes.size(); i < size; ++i)
        bytes.push_back(static_cast<std::uint8_t>(i));
    return bytes;
}

Application application() {
    Application made;
    made.company = company;
    made.product = 1;
    made.version = 1;
    made.elements = {{{configuration_server, configuration_client, readings}, 0}};
    made.place_node = [](const DeviceUuid&, std::uint8_t) -> Result<Placement> {
        return Placement{0, second_address};
    };
    return made;
}

/// Somebody else on the bus, who would like to be the daemon.
class Forger {
public:
    explicit Forger(const std::string& address)
        : m_connection(sdbus::createSessionBusConnectionWithAddress(address)) {}

    std::vector<std::string> names() {
        auto bus = sdbus::createProxy(*m_connection, sdbus::ServiceName{"org.freedesktop.DBus"},
                                      sdbus::ObjectPath{"/org/freedesktop/DBus"});
        std::vector<std::string> found;
        bus->callMethod("ListNames").onInterface("org.freedesktop.DBus").storeResultsTo(found);
        std::erase_if(found, [&](const std::string& name) {
            return !name.starts_with(':') || name == std::string(m_connection->getUniqueName());
        });
        return found;
    }

    /// out     the name of the error; empty for none
    std::string say_received(const std::string& name) {
        auto element = sdbus::createProxy(*m_connection, sdbus::ServiceName{name},
                                          sdbus::ObjectPath{"/org/torgo/element0"});
        try {
            element->callMethod("MessageReceived")
                .onInterface("org.bluez.mesh.Element1")
                .withTimeout(std::chrono::seconds(2))
                .withArguments(Address{1}, KeyIndex{0}, sdbus::Variant{Address{1}}, message_of(8));
        } catch (const sdbus::Error& error) {
            return error.getName();
        }
        return {};
    }

private:
    std::unique_ptr<sdbus::IConnection> m_connection;
};

class DaemonLive : public testing::Test {
protected:
    void SetUp() override {
        SKIP_WITHOUT_DAEMON();
        auto made = MeshdLab::make(1);
        ASSERT_TRUE(made.has_value()) << made.error().detail();
        lab = std::move(*made);
        begin = lab->clock().monotonic_ns();
    }

    void TearDown() override {
        if (!lab || !HasFailure()) return;
        for (const auto* name : {"A", "B"})
            std::cout << name << ":\n" << lab->log_of(name) << '\n';
    }

    void start(const std::string& name) { ASSERT_GOOD(lab->start(name, lab->in(call_limit))); }

    std::unique_ptr<Client> open(const std::string& daemon, Application what) {
        ClientOptions options{SessionBus{lab->bus_address()}};
        options.daemon = daemon;
        auto client = Client::open(lab->clock(), options, std::move(what));
        EXPECT_TRUE(client.has_value()) << client.error().detail();
        return client ? std::move(*client) : nullptr;
    }

    env::Deadline soon() const { return lab->in(call_limit); }

    void tell(const std::string& what) const {
        std::cout << "[ " << (lab->clock().monotonic_ns() - begin) / 1'000'000 << " ms ] " << what
                  << std::endl;
    }

    /// The next event of a kind; others are passed over.
    template <class Kind>
    static Kind next(Client& client, env::Deadline deadline) {
        for (;;) {
            auto event = client.next_event(deadline);
            if (!event) {
                ADD_FAILURE() << event.error().detail();
                return {};
            }
            if (auto* found = std::get_if<Kind>(&*event)) return std::move(*found);
        }
    }

    /// Makes the network at A: a key, and the model bound to it.
    Node create(Client& client) {
        const auto token = client.create_network(make_device_uuid(random), soon());
        EXPECT_TRUE(token.has_value()) << token.error().detail();
        first_token = token.value();
        const auto attached = client.attach(first_token, soon());
        EXPECT_TRUE(attached.has_value()) << attached.error().detail();
        const auto node = attached.value().node;
        EXPECT_TRUE(node.management().create_application_key(0, 0, soon()).has_value());
        set_up(node, primary_address);
        return node;
    }

    /// From A: gives a node the key and binds its model.
    void set_up(const Node& manager, Address address) const {
        ASSERT_GOOD(manager.add_application_key(address, 0, false, lab->in(30 * second_ns)));
        ASSERT_GOOD(
            manager.ask(address, bind_model(address, 0, readings), lab->in(30 * second_ns)));
    }

    void expect_delivery(const Node& from, Address to, Client& receiver, std::size_t size) const {
        const auto sent = message_of(size);
        const auto start_ns = lab->clock().monotonic_ns();
        ASSERT_GOOD(from.send(0, to, 0, sent, soon()));
        const auto message = next<Message>(receiver, lab->in(40 * second_ns));
        EXPECT_EQ(message.data, sent);
        tell(std::to_string(size) + " B in " +
             std::to_string((lab->clock().monotonic_ns() - start_ns) / 1'000'000) + " ms");
    }

    /// Makes B a node of A's network, without provisioning; each knows what it needs of the other.
    Node import_second(const Node& first, Client& client) {
        const auto keys = first.management().export_keys(soon());
        EXPECT_TRUE(keys.has_value());
        crypto::SecretBytes device_key(mesh_key_size);
        random.fill(device_key.span());
        EXPECT_TRUE(first.management()
                        .import_remote_node(second_address, 1, device_key, soon())
                        .has_value());
        ImportedNode node;
        node.uuid = make_device_uuid(random);
        node.device_key = std::move(device_key);
        node.network_key = crypto::SecretBytes::copy_of(keys.value().network_keys.at(0).key.view());
        node.address = second_address;
        second_token = client.import_node(node, soon()).value();
        return client.attach(second_token, soon()).value().node;
    }

    /// Frames that A sends while `work` is done.
    template <class Work>
    std::vector<Bytes> frames_of_first(const Work& work) {
        std::mutex mutex;
        std::vector<Bytes> frames;
        lab->air().observe([&](const std::string& sender, ByteView frame) {
            const std::lock_guard lock(mutex);
            if (sender == "A") frames.emplace_back(frame.begin(), frame.end());
        });
        work();
        lab->air().observe({});
        const std::lock_guard lock(mutex);
        return frames;
    }

    /// Until any daemon sends anything: once it has taken a join, its beacons.
    void wait_for_frame() {
        EXPECT_TRUE(lab->air().wait_for_frame(lab->air().counts().sent, call_limit));
    }

    /// One message of 8 bytes may get lost on the air; whoever wants it sure sends it again.
    void expect_only(const Node& from, Client& receiver, const Bytes& message) const {
        ASSERT_GOOD(from.send(0, second_address, 0, message, soon()));
        EXPECT_EQ(next<Message>(receiver, soon()).data, message);
    }

    std::unique_ptr<MeshdLab> lab;
    sys::Random random;
    Token first_token = 0;
    Token second_token = 0;
    std::int64_t begin = 0;
};

} // namespace

TEST_F(DaemonLive, one_node_creates_a_network_and_hears_itself) {
    start("A");
    const auto client = open(lab->bus_name("A"), application());
    const auto node = create(*client);
    tell("set up");
    expect_delivery(node, primary_address, *client, 8);

    const auto state = node.state(soon());
    ASSERT_TRUE(state.has_value()) << state.error().detail();
    EXPECT_EQ(state->addresses, std::vector<Address>{primary_address});
    EXPECT_GT(state->sequence, 0U);
    EXPECT_EQ(state->iv_index, 0U);
    EXPECT_FALSE(state->iv_update);

    const auto keys = node.management().export_keys(soon());
    ASSERT_TRUE(keys.has_value()) << keys.error().detail();
    ASSERT_EQ(keys->network_keys.size(), 1U);
    EXPECT_EQ(keys->network_keys[0].application_keys.size(), 1U);
    EXPECT_EQ(keys->device_keys.size(), 1U);
}

TEST_F(DaemonLive, keys_and_subnets_are_made_renewed_and_forgotten) {
    start("A");
    const auto client = open(lab->bus_name("A"), application());
    const auto keys = create(*client).management();
    crypto::SecretBytes known(mesh_key_size);
    random.fill(known.span());

    ASSERT_GOOD(keys.create_subnet(1, soon()));
    ASSERT_GOOD(keys.import_subnet(2, known, soon()));
    ASSERT_GOOD(keys.import_application_key(2, 7, known, soon()));
    EXPECT_EQ(keys.import_subnet(2, crypto::SecretBytes(mesh_key_size), soon()).error().code(),
              Errc::exists);
    EXPECT_EQ(keys.create_application_key(3, 1, soon()).error().code(), Errc::not_found);
    EXPECT_EQ(keys.import_subnet(4, crypto::SecretBytes(15), soon()).error().code(),
              Errc::invalid_argument);

    ASSERT_GOOD(keys.update_subnet(2, soon()));
    ASSERT_GOOD(keys.update_application_key(7, soon()));
    const auto refreshing = keys.export_keys(soon()).value();
    ASSERT_EQ(refreshing.network_keys.size(), 3U);
    const auto& second_key = *std::ranges::find(refreshing.network_keys, 2, &NetworkKey::index);
    EXPECT_EQ(second_key.phase, 1);
    EXPECT_TRUE(crypto::equal_constant_time(second_key.old_key.view(), known.view()));
    EXPECT_FALSE(crypto::equal_constant_time(second_key.key.view(), known.view()));
    ASSERT_EQ(second_key.application_keys.size(), 1U);
    EXPECT_EQ(second_key.application_keys[0].index, 7);
    EXPECT_FALSE(second_key.application_keys[0].old_key.empty());

    ASSERT_GOOD(keys.set_key_phase(2, 2, soon()));
    ASSERT_GOOD(keys.set_key_phase(2, 3, soon()));
    ASSERT_GOOD(keys.delete_application_key(7, soon()));
    ASSERT_GOOD(keys.delete_subnet(2, soon()));
    ASSERT_GOOD(keys.import_remote_node(0x0123, 2, known, soon()));
    EXPECT_EQ(keys.export_keys(soon()).value().device_keys.size(), 2U);
    ASSERT_GOOD(keys.delete_remote_node(0x0123, 2, soon()));
    const auto left = keys.export_keys(soon()).value();
    EXPECT_EQ(left.network_keys.size(), 2U);
    EXPECT_EQ(left.device_keys.size(), 1U);
}

TEST_F(DaemonLive, refuses_what_cannot_be_sent) {
    start("A");
    const auto client = open(lab->bus_name("A"), application());
    const auto node = create(*client);
    const auto code = [&](std::uint8_t element, KeyIndex key, std::size_t size) {
        return node.send(element, primary_address, key, Bytes(size, 0xc1), soon()).error().code();
    };
    EXPECT_EQ(code(1, 0, 8), Errc::invalid_argument); // no such element
    EXPECT_EQ(code(0, 0, 0), Errc::invalid_argument);
    EXPECT_EQ(code(0, 0, message_size_max + 1), Errc::invalid_argument);
    EXPECT_EQ(code(0, 5, 8), Errc::invalid_argument); // a key that is not bound
    ASSERT_GOOD(node.send(0, second_address, 0, message_of(message_size_max), soon()));
    EXPECT_EQ(
        node.send_with_device_key(0, 0x0777, true, 0, Bytes{0x80, 0x08, 0}, soon()).error().code(),
        Errc::not_found);
    EXPECT_EQ(node.publish(0, readings, message_of(8), soon()).error().code(), Errc::not_found);
    EXPECT_EQ(node.ask(primary_address, bind_model(primary_address, 0, {company, 99}), soon())
                  .error()
                  .code(),
              Errc::not_found);
    EXPECT_EQ(client->create_network(DeviceUuid{}, soon()).error().code(), Errc::invalid_argument);
}

TEST_F(DaemonLive, two_nodes_talk_both_ways_over_air_that_loses_a_tenth) {
    start("A");
    start("B");
    const auto first = open(lab->bus_name("A"), application());
    const auto second = open(lab->bus_name("B"), application());
    const auto a = create(*first);
    const auto b = import_second(a, *second);
    set_up(a, second_address);
    tell("set up");
    for (const std::size_t size : {8U, 40U, 380U}) {
        expect_delivery(a, second_address, *second, size);
        expect_delivery(b, primary_address, *first, size);
    }
    AirFaults faults;
    faults.loss = 100;
    lab->air().set_faults(faults);
    tell("with 10 % loss");
    expect_delivery(a, second_address, *second, 380);
    expect_delivery(b, primary_address, *first, 380);
    EXPECT_GT(lab->air().counts().lost, 0U);
}

TEST_F(DaemonLive, nothing_but_the_message_comes_of_repeated_and_damaged_frames) {
    start("A");
    start("B");
    const auto first = open(lab->bus_name("A"), application());
    const auto second = open(lab->bus_name("B"), application());
    const auto a = create(*first);
    (void)import_second(a, *second);
    set_up(a, second_address);
    while (second->next_event(0)) { // of being set up
    }

    const auto frames = frames_of_first([&] { expect_only(a, *second, message_of(8)); });
    ASSERT_FALSE(frames.empty());
    for (const auto& frame : frames) {
        ASSERT_GOOD(lab->air().inject(frame));
        for (std::size_t bit = 8; bit < 8 * frame.size(); bit += 3) {
            auto damaged = frame;
            damaged[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
            ASSERT_GOOD(lab->air().inject(damaged));
        }
    }
    AirFaults faults;
    faults.doubling = 300;
    faults.replay = 300;
    faults.tampering = 50;
    faults.delay_max_ns = 30'000'000;
    lab->air().set_faults(faults);
    for (const std::size_t size : {40U, 41U, 120U, 42U})
        expect_delivery(a, second_address, *second, size);
    lab->air().set_faults({});
    expect_only(a, *second, message_of(9));
    const auto counts = lab->air().counts();
    EXPECT_GT(counts.doubled, 0U);
    EXPECT_GT(counts.replayed, 0U);
    EXPECT_GT(counts.tampered, 0U);
    EXPECT_EQ(second->next_event(0).error().code(), Errc::timeout);
}

TEST_F(DaemonLive, one_node_provisions_another) {
    start("A");
    start("B");
    auto provisioner = application();
    DeviceUuid placed;
    Errc reentered{};
    Client* inner = nullptr;
    provisioner.place_node = [&](const DeviceUuid& uuid, std::uint8_t) -> Result<Placement> {
        placed = uuid;
        reentered = inner->leave(1, lab->in(second_ns)).error().code(); // [BLUEZ-2]
        return Placement{0, second_address};
    };
    const auto first = open(lab->bus_name("A"), std::move(provisioner));
    inner = first.get();
    const auto b = open(lab->bus_name("B"), application());
    const auto a = create(*first);

    const auto uuid = make_device_uuid(random);
    Result<Token> token = fail(Errc::io, "not yet");
    std::thread joining([&] { token = b->join(uuid, lab->in(provisioning_limit)); });
    ASSERT_GOOD(a.management().scan(0, soon()));
    EXPECT_EQ(next<ScanResult>(*first, lab->in(provisioning_limit)).uuid, uuid);
    tell("found");
    ASSERT_GOOD(a.management().add_node(uuid, soon()));
    const auto added = next<NodeAdded>(*first, lab->in(provisioning_limit));
    joining.join();
    ASSERT_GOOD(token);
    tell("provisioned");
    EXPECT_EQ(added.uuid, uuid);
    EXPECT_EQ(added.address, second_address);
    EXPECT_EQ(added.elements, 1);
    EXPECT_EQ(placed, uuid);
    EXPECT_EQ(reentered, Errc::invalid_argument);

    const auto attached = b->attach(*token, soon());
    ASSERT_GOOD(attached);
    set_up(a, second_address);
    expect_delivery(a, second_address, *b, 8);
}

TEST_F(DaemonLive, heartbeats_tell_a_node_of_another) {
    start("A");
    start("B");
    const auto first = open(lab->bus_name("A"), application());
    const auto second = open(lab->bus_name("B"), application());
    const auto a = create(*first);
    const auto b = import_second(a, *second);
    ASSERT_GOOD(a.ask(primary_address,
                      set_heartbeat_subscription({second_address, primary_address, 5}), soon()));
    HeartbeatPublication publication;
    publication.destination = primary_address;
    publication.count_log = 0xff;
    publication.period_log = 1;
    publication.ttl = 5;
    ASSERT_GOOD(a.ask(second_address, set_heartbeat_publication(publication), soon()));
    HeartbeatsHeard heard;
    const auto limit = lab->in(2 * call_limit);
    while (heard.count_log == 0 && lab->clock().monotonic_ns() < limit) {
        (void)first->next_event(lab->in(second_ns / 5));
        const auto answer = a.ask(primary_address, get_heartbeat_subscription(), soon());
        ASSERT_GOOD(answer);
        heard = parse_heartbeats_heard(*answer).value();
    }
    EXPECT_EQ(heard.subscription.source, second_address);
    EXPECT_GT(heard.count_log, 0);
    EXPECT_EQ(heard.hops_min, 1);
    const auto state = b.state(soon());
    ASSERT_GOOD(state);
    EXPECT_EQ(state->addresses, std::vector<Address>{second_address});
    EXPECT_GT(state->sequence, 0U);
}

TEST_F(DaemonLive, a_publication_reaches_those_that_subscribe) {
    start("A");
    start("B");
    const auto first = open(lab->bus_name("A"), application());
    const auto second = open(lab->bus_name("B"), application());
    const auto a = create(*first);
    (void)import_second(a, *second);
    set_up(a, second_address);
    constexpr Address group = 0xc001;
    ASSERT_GOOD(a.ask(second_address, subscribe_model(second_address, group, readings), soon()));
    Publication publication;
    publication.destination = group;
    ASSERT_GOOD(
        a.ask(primary_address, set_publication(primary_address, publication, readings), soon()));
    while (second->next_event(0)) { // of being set up
    }
    ASSERT_GOOD(a.publish(0, readings, message_of(8), soon()));
    const auto message = next<Message>(*second, soon());
    EXPECT_EQ(message.data, message_of(8));
    EXPECT_EQ(message.source, primary_address);
    EXPECT_EQ(message.destination, Destination{group});

    ASSERT_GOOD(a.ask(second_address, set_relay(false, 0, 0), soon()));
    ASSERT_GOOD(a.ask(second_address, set_default_ttl(4), soon()));
    const auto composition = a.ask(second_address, get_composition(0), lab->in(20 * second_ns));
    ASSERT_GOOD(composition);
    ASSERT_GT(composition->size(), 3U);
    EXPECT_EQ(composition->at(1) | composition->at(2) << 8, company);
}

// [BLUEZ-5]
TEST_F(DaemonLive, the_end_of_the_daemon_is_told_and_its_node_comes_back) {
    start("A"); // owns org.bluez.mesh
    const auto client = open("org.bluez.mesh", application());
    const auto node = create(*client);
    while (client->next_event(0)) {
    }
    Result<Token> joined = Token{0};
    std::thread joining(
        [&] { joined = client->join(make_device_uuid(random), lab->in(provisioning_limit)); });
    wait_for_frame();
    lab->kill("A");
    joining.join();
    EXPECT_EQ(joined.error().code(), Errc::unavailable) << joined.error().detail();
    (void)next<DaemonGone>(*client, soon());
    EXPECT_FALSE(client->daemon_is_there());
    const auto sent = node.send(0, primary_address, 0, message_of(8), soon());
    EXPECT_EQ(sent.error().code(), Errc::unavailable) << sent.error().detail();
    tell("gone");

    start("A");
    (void)next<DaemonBack>(*client, soon());
    EXPECT_EQ(node.send(0, primary_address, 0, message_of(8), soon()).error().code(),
              Errc::not_found);
    const auto attached = client->attach(first_token, soon());
    ASSERT_GOOD(attached);
    ASSERT_FALSE(attached->configuration.empty());
    tell("attached again");
    expect_delivery(attached->node, primary_address, *client, 8);
    ASSERT_GOOD(client->leave(first_token, soon()));
    EXPECT_EQ(client->attach(first_token, soon()).error().code(), Errc::not_found);
}

// [BLUEZ-4]
TEST_F(DaemonLive, a_token_that_cannot_be_kept_makes_no_node) {
    start("A");
    auto forgetful = application();
    Token offered = 0;
    forgetful.keep_token = [&](Token token) -> Result<> {
        offered = token;
        return fail(Errc::no_space, "the disk is full");
    };
    const auto client = open(lab->bus_name("A"), std::move(forgetful));
    EXPECT_EQ(client->create_network(make_device_uuid(random), soon()).error().code(),
              Errc::no_space);
    EXPECT_NE(offered, 0U);
    EXPECT_EQ(client->attach(offered, soon()).error().code(), Errc::not_found);
}

TEST_F(DaemonLive, a_join_that_nobody_answers_ends_and_can_be_begun_again) {
    start("A");
    const auto client = open(lab->bus_name("A"), application());
    for (int i = 0; i < 2; ++i)
        EXPECT_EQ(client->join(make_device_uuid(random), lab->in(second_ns / 2)).error().code(),
                  Errc::timeout);
}

// [BLUEZ-6]
TEST_F(DaemonLive, only_the_daemon_may_say_what_was_received) {
    start("A");
    const auto client = open(lab->bus_name("A"), application());
    (void)create(*client);
    while (client->next_event(0)) {
    }
    Forger forger(lab->bus_address());
    const auto names = forger.names();
    std::size_t asked = 0;
    for (const auto& name : names)
        if (forger.say_received(name) == "org.freedesktop.DBus.Error.AccessDenied") ++asked;
    EXPECT_EQ(asked, 1U); // this client; the bus and the daemon have no such object
    EXPECT_EQ(client->next_event(0).error().code(), Errc::timeout);
}

TEST_F(DaemonLive, without_a_daemon_every_call_fails_at_once) {
    const auto client = open("org.bluez.mesh", application());
    EXPECT_FALSE(client->daemon_is_there());
    EXPECT_EQ(client->create_network(make_device_uuid(random), soon()).error().code(),
              Errc::unavailable);
    EXPECT_EQ(client->attach(1, soon()).error().code(), Errc::unavailable);
    EXPECT_EQ(client->leave(1, soon()).error().code(), Errc::unavailable);
}

TEST_F(DaemonLive, the_end_of_the_bus_ends_what_waits) {
    start("A");
    const auto client = open(lab->bus_name("A"), application());
    Result<Token> joined = Token{0};
    std::thread joining(
        [&] { joined = client->join(make_device_uuid(random), lab->in(provisioning_limit)); });
    wait_for_frame();
    lab->kill_bus();
    joining.join();
    EXPECT_EQ(joined.error().code(), Errc::unavailable);
    (void)next<BusGone>(*client, soon());
    EXPECT_EQ(client->leave(1, soon()).error().code(), Errc::unavailable);
}

TEST_F(DaemonLive, close_ends_what_waits) {
    start("A");
    const auto client = open(lab->bus_name("A"), application());
    Result<Token> joined = Token{0};
    std::thread joining(
        [&] { joined = client->join(make_device_uuid(random), lab->in(provisioning_limit)); });
    wait_for_frame();
    client->close();
    joining.join();
    EXPECT_EQ(joined.error().code(), Errc::cancelled);
    EXPECT_EQ(client->next_event(soon()).error().code(), Errc::cancelled);
    EXPECT_EQ(client->leave(1, soon()).error().code(), Errc::cancelled);
}

// [BLUEZ-1]
TEST_F(DaemonLive, a_daemon_that_hangs_is_waited_for_no_longer_than_asked) {
    start("A");
    const auto client = open(lab->bus_name("A"), application());
    lab->stop("A");
    const auto before = lab->clock().monotonic_ns();
    EXPECT_EQ(client->leave(1, lab->in(second_ns / 5)).error().code(), Errc::timeout);
    EXPECT_LT(lab->clock().monotonic_ns() - before, 3 * second_ns);
}

} // namespace torgo::bluez
