// Real daemons of bluetooth-meshd on a private bus, without a radio. The daemons keep their own
// pace (segments 100 ms apart, provisioning 20 s), so each test is a program of its own under
// ctest, and they run beside each other.
#include "bluez/client.hpp"
#include "bluez/testing/meshd_lab.hpp"
#include "sys/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

namespace torgo::bluez {

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t call_limit = 10 * second;
constexpr std::int64_t provisioning_limit = 60 * second;
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
        ASSERT_GOOD(manager.add_application_key(address, 0, false, lab->in(30 * second)));
        ASSERT_GOOD(manager.ask(address, bind_model(address, 0, readings), lab->in(30 * second)));
    }

    void expect_delivery(const Node& from, Address to, Client& receiver, std::size_t size) const {
        const auto sent = message_of(size);
        const auto start_ns = lab->clock().monotonic_ns();
        ASSERT_GOOD(from.send(0, to, 0, sent, soon()));
        const auto message = next<Message>(receiver, lab->in(40 * second));
        EXPECT_EQ(message.data, sent);
        tell(std::to_string(size) + " B in " +
             std::to_string((lab->clock().monotonic_ns() - start_ns) / 1'000'000) + " ms");
    }

    std::unique_ptr<MeshdLab> lab;
    sys::Random random;
    Token first_token = 0;
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

} // namespace torgo::bluez
