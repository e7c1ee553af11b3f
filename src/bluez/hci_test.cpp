#include "base/hex.hpp"
#include "bluez/hci.hpp"
#include "bluez/hci_driver.hpp"
#include "sim/stream.hpp"
#include "sys/clock.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>
#include <map>
#include <thread>

namespace torgo::bluez {

namespace {

using Frames = std::vector<Bytes>;

const Bytes frame{0x2a, 1, 2, 3};
constexpr HciBearer::Address random_address{0xff, 2, 3, 4, 5, 0xff};
constexpr std::int64_t millisecond = 1'000'000;
constexpr std::uint16_t advertising_parameters = 0x2006;

Bytes bytes(std::string_view text) {
    return from_hex(text).value();
}

Bytes event(std::uint8_t code, const Bytes& parameters) {
    Bytes out{0x04, code, static_cast<std::uint8_t>(parameters.size())};
    out.insert(out.end(), parameters.begin(), parameters.end());
    return out;
}

Bytes complete(std::uint16_t opcode, std::uint8_t status, std::uint8_t credits = 1) {
    return event(0x0e, {credits, static_cast<std::uint8_t>(opcode & 0xFFU),
                        static_cast<std::uint8_t>(opcode >> 8U), status});
}

Bytes report(const Bytes& data, std::uint8_t type = 3) {
    Bytes out{0x02, 1, type, 1, 1, 2, 3, 4, 5, 6, static_cast<std::uint8_t>(data.size())};
    out.insert(out.end(), data.begin(), data.end());
    out.push_back(0xc4); // −60 dBm
    return event(0x3e, out);
}

std::uint16_t opcode_of(const Bytes& packet) {
    return static_cast<std::uint16_t>(packet.at(1) | packet.at(2) << 8U);
}

/// A bearer and the script of its controller.
class Script {
public:
    explicit Script(const HciSettings& settings = {})
        : bearer(settings, random_address, [this](ByteView heard, std::int8_t strength) {
              frames.emplace_back(heard.begin(), heard.end());
              rssi = strength;
          }) {}

    /// What the bearer gives now; an empty one for nothing.
    Bytes next() {
        const auto packet = bearer.next_packet(now);
        EXPECT_TRUE(packet.has_value());
        return packet && *packet ? **packet : Bytes{};
    }

    void say(const Bytes& packet) { ASSERT_TRUE(bearer.receive(packet, now).has_value()); }

    /// Says yes to all it is told.
    std::vector<Bytes> obey() {
        std::vector<Bytes> told;
        for (auto packet = next(); !packet.empty(); packet = next()) {
            told.push_back(packet);
            say(complete(opcode_of(packet), 0));
        }
        return told;
    }

    std::int64_t now = 0;
    HciBearer bearer;
    Frames frames;
    std::int8_t rssi = 0;
};

} // namespace

TEST(HciBearer, sets_the_controller_up_and_listens) {
    Script script;
    EXPECT_FALSE(script.bearer.is_ready());
    const auto told = script.obey();
    const std::vector<Bytes> expected{
        bytes("01030c00"),
        bytes("01010c080080000000000020"),
        bytes("010120080200000000000000"),
        bytes("01052006ff020304053f"),
        bytes("0106200f200020000301"
              "00000000000000"
              "0700"),
        bytes("010b200700300030000100"),
        bytes("010c20020100"),
    };
    EXPECT_EQ(told, expected);
    EXPECT_TRUE(script.bearer.is_ready());
    EXPECT_TRUE(script.next().empty());
    EXPECT_FALSE(script.bearer.next_time().has_value());
}

// [HCI-2]
TEST(HciBearer, gives_a_controller_up_that_takes_no_more_commands) {
    Script script;
    const auto told = script.next();
    script.say(complete(opcode_of(told), 0, 0));
    EXPECT_TRUE(script.next().empty());
    ASSERT_TRUE(script.bearer.next_time().has_value());
    script.now = *script.bearer.next_time() - millisecond;
    EXPECT_TRUE(script.next().empty());
    // The credit comes by an event of its own, and goes with the next command.
    script.say(event(0x0e, {1, 0, 0}));
    const auto second = script.next();
    ASSERT_FALSE(second.empty());
    script.say(complete(opcode_of(second), 0, 0));
    EXPECT_TRUE(script.next().empty());
    script.now += 3000 * millisecond;
    const auto ended = script.bearer.next_packet(script.now);
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code(), Errc::timeout);
}

TEST(HciBearer, advertises_each_frame_for_one_event) {
    Script script;
    script.obey();
    ASSERT_TRUE(script.bearer.send(frame).has_value());
    ASSERT_TRUE(script.bearer.send(Bytes(30, 0x2b)).has_value());
    auto told = script.obey();
    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(to_hex(told[0]), "01082020"
                               "05"
                               "042a010203" +
                                   std::string(52, '0'));
    EXPECT_EQ(to_hex(told[1]), "010a200101");
    EXPECT_EQ(script.bearer.next_time(), 30 * millisecond);
    script.now = 29 * millisecond;
    EXPECT_TRUE(script.obey().empty());
    script.now = 30 * millisecond;
    told = script.obey();
    ASSERT_EQ(told.size(), 3U);
    EXPECT_EQ(to_hex(told[0]), "010a200100");
    EXPECT_EQ(told[1][4], 31);
    EXPECT_EQ(script.bearer.counts().sent, 2U);
}

TEST(HciBearer, takes_the_longer_interval_where_the_short_one_is_refused) {
    Script script;
    Bytes packet;
    do {
        packet = script.next();
        const bool refused = opcode_of(packet) == advertising_parameters;
        script.say(complete(opcode_of(packet), refused ? 0x12 : 0));
    } while (opcode_of(packet) != advertising_parameters);
    packet = script.next();
    EXPECT_EQ(opcode_of(packet), advertising_parameters);
    EXPECT_EQ(packet[4], 0xa0); // 100 ms
    script.say(complete(advertising_parameters, 0));
    script.obey();
    ASSERT_TRUE(script.bearer.send(frame).has_value());
    script.obey();
    EXPECT_EQ(script.bearer.next_time(), 110 * millisecond);
}

// [HCI-2]
TEST(HciBearer, waits_for_an_answer_and_for_credit) {
    Script script;
    const auto first = script.next();
    EXPECT_TRUE(script.next().empty()); // one command at a time
    script.say(complete(opcode_of(first), 0, 0));
    EXPECT_TRUE(script.next().empty()); // no credit
    script.say(event(0x0e, {1, 0, 0})); // "no operation": credit alone
    EXPECT_FALSE(script.next().empty());
}

TEST(HciBearer, ends_with_a_controller_that_does_not_answer) {
    Script script;
    (void)script.next();
    EXPECT_EQ(script.bearer.next_time(), 2000 * millisecond);
    script.now = 2000 * millisecond;
    EXPECT_EQ(script.bearer.next_packet(script.now).error().code(), Errc::timeout);
    EXPECT_EQ(script.bearer.receive(complete(0x0c03, 0), script.now).error().code(), Errc::timeout);
}

TEST(HciBearer, ends_with_a_controller_that_refuses_or_fails) {
    const auto code = [](const Bytes& answer) {
        Script script;
        (void)script.next();
        const auto result = script.bearer.receive(answer, 0);
        return result ? std::optional<Errc>() : result.error().code();
    };
    EXPECT_EQ(code(complete(0x0c03, 0x0c)), Errc::unsupported);
    EXPECT_EQ(code(event(0x0f, {1, 1, 0x03, 0x0c})), Errc::unsupported);
    EXPECT_EQ(code(event(0x10, {7})), Errc::io);
    EXPECT_EQ(code({0x05, 0, 0}), Errc::corrupt);
    EXPECT_EQ(code(event(0x0f, {0, 1, 0x03, 0x0c})), std::nullopt); // it is at work
    EXPECT_EQ(code(complete(0x2006, 0)), std::nullopt);             // to what nobody asked
}

// [HCI-1]
TEST(HciBearer, keeps_a_bounded_number_of_frames) {
    HciSettings settings;
    settings.frames_max = 2;
    Script script(settings);
    EXPECT_EQ(script.bearer.send({}).error().code(), Errc::invalid_argument);
    EXPECT_EQ(script.bearer.send(Bytes(31)).error().code(), Errc::invalid_argument);
    EXPECT_TRUE(script.bearer.send(frame).has_value());
    EXPECT_TRUE(script.bearer.send(frame).has_value());
    EXPECT_EQ(script.bearer.send(frame).error().code(), Errc::limit_exceeded);
}

TEST(HciBearer, hears_the_frames_of_the_mesh_alone) {
    Script script;
    script.obey();
    script.say(report(bytes("042a010203")));
    EXPECT_EQ(script.frames, Frames{frame});
    EXPECT_EQ(script.rssi, -60);
    script.say(report(bytes("042a010203"), 0)); // a connectable device
    script.say(report(bytes("020106"
                            "03ff0102"))); // flags and a vendor's data
    script.say(report(bytes("020106"
                            "0329aabb"))); // flags, then a frame
    EXPECT_EQ(script.frames, (Frames{frame, bytes("29aabb")}));
    EXPECT_EQ(script.bearer.counts().malformed, 0U);
}

// [HCI-4]
TEST(HciBearer, passes_over_reports_that_are_too_short_or_too_long) {
    Script script;
    script.obey();
    script.say(report(bytes("052a010203"))); // the structure is cut
    script.say(event(0x3e, bytes("0200")));  // none
    script.say(event(0x3e, bytes("021a"
                                 "030101020304050600c4"))); // too many
    script.say(event(0x3e, bytes("0201"
                                 "0301010203040506"))); // no length
    script.say(event(0x3e, bytes("0201"
                                 "030101020304050620c4"))); // over 31 bytes
    script.say(event(0x3e, bytes("0201"
                                 "030101020304050600"))); // no RSSI
    script.say(event(0x3e, bytes("0201"
                                 "030101020304050600c4ff"))); // something more
    script.say(event(0x0e, {1}));
    EXPECT_TRUE(script.frames.empty());
    EXPECT_EQ(script.bearer.counts().malformed, 8U);
    script.say(report(bytes("042a010203")));
    EXPECT_EQ(script.frames.size(), 1U);
}

// [HCI-3]
RC_GTEST_PROP(HciBearer, hears_the_same_in_any_pieces, (const std::vector<Bytes>& payloads)) {
    Script script;
    script.obey();
    Bytes stream;
    Frames expected;
    for (auto payload : payloads) {
        payload.resize(std::min<std::size_t>(payload.size(), 29));
        payload.insert(payload.begin(), 0x2a);
        expected.push_back(payload);
        payload.insert(payload.begin(), static_cast<std::uint8_t>(payload.size()));
        const auto packet = report(payload);
        stream.insert(stream.end(), packet.begin(), packet.end());
    }
    ByteView rest = stream;
    while (!rest.empty()) {
        const auto size = *rc::gen::inRange<std::size_t>(1, rest.size() + 1);
        RC_ASSERT(script.bearer.receive(rest.first(size), 0).has_value());
        rest = rest.subspan(size);
    }
    RC_ASSERT(script.frames == expected);
}

RC_GTEST_PROP(HciBearer, survives_any_bytes, (const std::vector<Bytes>& pieces)) {
    Script script;
    script.obey();
    for (auto piece : pieces) {
        piece.insert(piece.begin(), {0x04, 0x3e, static_cast<std::uint8_t>(piece.size()), 0x02});
        if (!script.bearer.receive(piece, 0)) break;
    }
    for (const auto& heard : script.frames)
        RC_ASSERT(!heard.empty() && heard.size() <= 30U);
}

TEST(HciDriver, carries_packets_between_a_bearer_and_a_channel) {
    const sys::Clock clock;
    auto [ours, controllers] = sim::connected_streams();
    std::vector<std::uint16_t> told;
    std::thread controller([&, channel = controllers.get()] {
        const auto limit = clock.monotonic_ns() + 10'000 * millisecond;
        Bytes input;
        std::array<std::uint8_t, 300> buffer{};
        while (told.size() < 9) {
            const auto got = channel->read_some(buffer, limit);
            if (!got || *got == 0) break;
            input.insert(input.end(), buffer.begin(),
                         buffer.begin() + static_cast<std::ptrdiff_t>(*got));
            while (input.size() >= 4 && input.size() >= 4U + input[3]) {
                told.push_back(opcode_of(input));
                input.erase(input.begin(), input.begin() + 4 + input[3]);
                (void)channel->write(complete(told.back(), 0), limit);
            }
        }
        (void)channel->write(report(bytes("042a010203")), limit);
        channel->close();
    });
    Frames heard;
    HciBearer bearer({}, random_address, [&](ByteView got, std::int8_t) {
        heard.emplace_back(got.begin(), got.end());
    });
    ASSERT_TRUE(bearer.send(frame).has_value());
    const auto ended = run(bearer, *ours, clock, clock.monotonic_ns() + 10'000 * millisecond);
    controller.join();
    EXPECT_EQ(ended.error().code(), Errc::unavailable); // the script has ended
    EXPECT_EQ(told.size(), 9U);
    EXPECT_EQ(bearer.counts().sent, 1U);
    EXPECT_EQ(heard, Frames{frame});
}

} // namespace torgo::bluez
