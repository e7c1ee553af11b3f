// TORGO's own mesh stack together with real daemons: as relay, as provisioner, as device.
#include "bluez/test_stack_live.hpp"

namespace torgo::bluez {

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

    set_up_daemon(app_key);
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
