// What mesh nodes do, with real daemons.
#include "bluez/test_daemon_live.hpp"

#include <algorithm>

namespace torgo::bluez {

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

TEST_F(DaemonLive, a_secret_that_both_ends_know_admits_a_node) {
    const auto token = provision_with_secrets(0x11, 0x11);
    EXPECT_TRUE(token.has_value()) << token.error().detail();
}

TEST_F(DaemonLive, a_secret_that_differs_refuses_a_node) {
    const auto token = provision_with_secrets(0x11, 0x22);
    ASSERT_FALSE(token.has_value());
    EXPECT_EQ(token.error().code(), Errc::authentication);
    EXPECT_EQ(token.error().detail(), "provisioning has failed: confirmation-failed");
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

} // namespace torgo::bluez
