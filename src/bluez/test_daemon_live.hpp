#pragma once

// Real daemons of bluetooth-meshd on a private bus, without a radio. The daemons keep their own
// pace (segments 100 ms apart, provisioning 20 s), so each test is a program of its own under
// ctest, and they run beside each other.

#include "bluez/client.hpp"
#include "bluez/testing/meshd_lab.hpp"
#include "sys/random.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

namespace torgo::bluez {

inline constexpr std::int64_t second_ns = 1'000'000'000;
inline constexpr std::int64_t call_limit = 10 * second_ns;
inline constexpr std::int64_t provisioning_limit = 60 * second_ns;
inline constexpr std::uint16_t company = 0x05f1;
inline constexpr ModelId readings{company, 1};
inline constexpr Address second_address = 0x00aa;
/// Opcode of three bytes: vendor opcode 1 of the company.
inline const Bytes opcode{0xc1, 0xf1, 0x05};

#define SKIP_WITHOUT_DAEMON()                                                                      \
    if (const auto missing = MeshdLab::missing_package(); !missing.empty())                        \
    GTEST_SKIP() << "the package " << missing << " is not installed"

#define ASSERT_GOOD(...)                                                                           \
    do {                                                                                           \
        const auto result_ = (__VA_ARGS__);                                                        \
        ASSERT_TRUE(result_.has_value()) << result_.error().detail();                              \
    } while (false)

inline Bytes message_of(std::size_t size) {
    Bytes bytes = opcode;
    for (std::size_t i = bytes.size(); i < size; ++i)
        bytes.push_back(static_cast<std::uint8_t>(i));
    return bytes;
}

inline Application application() {
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

    /// The next event of a kind, if one comes in time; others are passed over.
    template <class Kind>
    static Result<Kind> try_next(Client& client, env::Deadline deadline) {
        for (;;) {
            TRY(auto event, client.next_event(deadline));
            if (auto* found = std::get_if<Kind>(&event)) return std::move(*found);
        }
    }

    template <class Kind>
    static Kind next(Client& client, env::Deadline deadline) {
        auto found = try_next<Kind>(client, deadline);
        if (found) return std::move(*found);
        ADD_FAILURE() << found.error().detail();
        return {};
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

    /// Provisions B from A, each with a static out-of-band secret of its own.
    /// out     what B is told
    Result<Token> provision_with_secrets(std::uint8_t at_first, std::uint8_t at_second) {
        start("A");
        start("B");
        const auto with_secret = [](std::uint8_t value) {
            auto made = application();
            made.static_oob = crypto::SecretBytes::copy_of(Bytes(16, value));
            return made;
        };
        const auto first = open(lab->bus_name("A"), with_secret(at_first));
        const auto second = open(lab->bus_name("B"), with_secret(at_second));
        const auto a = create(*first);
        const auto uuid = make_device_uuid(random);
        Result<Token> token = fail(Errc::io, "not yet");
        std::thread joining([&] { token = second->join(uuid, lab->in(provisioning_limit)); });
        EXPECT_TRUE(a.management().scan(0, soon()).has_value());
        EXPECT_EQ(next<ScanResult>(*first, lab->in(provisioning_limit)).uuid, uuid);
        EXPECT_TRUE(a.management().add_node(uuid, soon()).has_value());
        joining.join();
        tell("decided");
        return token;
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

} // namespace torgo::bluez
