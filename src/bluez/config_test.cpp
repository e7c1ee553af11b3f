#include "base/hex.hpp"
#include "bluez/config.hpp"

#include <gtest/gtest.h>

namespace torgo::bluez {

namespace {

constexpr ModelId vendor_model{0x05f1, 0x0001};

std::string hex(const ConfigMessage& message) {
    return to_hex(message.message);
}

Bytes bytes(std::string_view text) {
    return from_hex(text).value();
}

} // namespace

// The bytes were sent to and answered by bluetooth-meshd 5.82 (daemon_live_test.cpp).
TEST(Config, messages_are_the_bytes_of_the_specification) {
    EXPECT_EQ(hex(bind_model(0x0001, 0, vendor_model)), "803d01000000f1050100");
    EXPECT_EQ(hex(bind_model(0x1234, 0x0fff, configuration_client)), "803d3412ff0f0100");
    EXPECT_EQ(hex(subscribe_model(0x0001, 0xc001, vendor_model)), "801b010001c0f1050100");
    EXPECT_EQ(hex(set_publication(0x0001, {0xc001, 2, 5, 0, 0}, vendor_model)), "03010001c002000500"
                                                                                "00"
                                                                                "f1050100");
    EXPECT_EQ(hex(set_heartbeat_publication({0x0001, 0xff, 3, 7, 1, 2})), "80390100ff0307"
                                                                          "0100"
                                                                          "0200");
    EXPECT_EQ(hex(set_heartbeat_subscription({0x00aa, 0x0001, 5})), "803baa00010005");
    EXPECT_EQ(hex(get_heartbeat_subscription()), "803a");
    EXPECT_EQ(hex(set_relay(true, 2, 1)), "8027010a");
    EXPECT_EQ(hex(set_network_transmit(5, 1)), "80240d");
    EXPECT_EQ(hex(set_default_ttl(7)), "800d07");
    EXPECT_EQ(hex(get_composition(0)), "800800");
    EXPECT_EQ(hex(reset_node()), "8049");
}

TEST(Config, an_answer_is_known_by_its_opcode) {
    const auto asked = bind_model(1, 0, vendor_model);
    EXPECT_TRUE(answers(asked, bytes("803e00")));
    EXPECT_FALSE(answers(asked, bytes("803f00")));
    EXPECT_FALSE(answers(asked, bytes("80")));
    EXPECT_FALSE(answers(asked, {}));
}

TEST(Config, a_status_becomes_an_error) {
    const auto asked = bind_model(1, 0, vendor_model);
    EXPECT_TRUE(check_answer(asked, bytes("803e0001")).has_value());
    EXPECT_EQ(check_answer(asked, bytes("803e")).error().code(), Errc::corrupt);
    EXPECT_EQ(check_answer(asked, bytes("803e01")).error().code(), Errc::invalid_argument);
    EXPECT_EQ(check_answer(asked, bytes("803e02")).error().code(), Errc::not_found);
    EXPECT_EQ(check_answer(asked, bytes("803e05")).error().code(), Errc::limit_exceeded);
    EXPECT_EQ(check_answer(asked, bytes("803e06")).error().code(), Errc::exists);
    EXPECT_EQ(check_answer(asked, bytes("803e0a")).error().code(), Errc::unsupported);
    EXPECT_EQ(check_answer(asked, bytes("803eff")).error().code(), Errc::io);
}

TEST(Config, an_answer_without_a_status_is_returned_whole) {
    const auto answer = bytes("8028010a");
    EXPECT_EQ(to_hex(check_answer(set_relay(true, 2, 1), answer).value()), "010a");
}

TEST(Config, heartbeats_are_parsed_strictly) {
    const auto heard = parse_heartbeats_heard(bytes("aa000100"
                                                    "05"
                                                    "02"
                                                    "01"
                                                    "03"))
                           .value();
    EXPECT_EQ(heard.subscription.source, 0x00aa);
    EXPECT_EQ(heard.subscription.destination, 0x0001);
    EXPECT_EQ(heard.subscription.period_log, 5);
    EXPECT_EQ(heard.count_log, 2);
    EXPECT_EQ(heard.hops_min, 1);
    EXPECT_EQ(heard.hops_max, 3);
    EXPECT_EQ(parse_heartbeats_heard(bytes("aa0001000502"
                                           "01"))
                  .error()
                  .code(),
              Errc::corrupt);
    EXPECT_EQ(parse_heartbeats_heard(bytes("aa00010005020103"
                                           "00"))
                  .error()
                  .code(),
              Errc::corrupt);
}

} // namespace torgo::bluez
