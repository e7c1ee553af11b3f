// Real daemons that end, hang or are not there, and those who would like to be one.
#include "bluez/test_daemon_live.hpp"

#include <sdbus-c++/sdbus-c++.h>

namespace torgo::bluez {

namespace {

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

} // namespace

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
