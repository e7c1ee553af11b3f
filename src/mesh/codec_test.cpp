#include "mesh/access.hpp"
#include "mesh/network.hpp"
#include "mesh/pb_adv.hpp"
#include "mesh/sar.hpp"
#include "mesh/transport.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numeric>

namespace torgo::mesh {
namespace {

using namespace std::chrono_literals;

std::vector<std::uint8_t> bytes(std::size_t least, std::size_t most) {
    const auto size = *rc::gen::inRange(least, most + 1);
    return *rc::gen::container<std::vector<std::uint8_t>>(size, rc::gen::arbitrary<std::uint8_t>());
}

RC_GTEST_PROP(MeshCodec, a_network_pdu_comes_back_and_every_changed_byte_is_refused, ()) {
    static const auto credentials = Credentials::flooding(Key128{1});
    NetworkPdu pdu{.control = *rc::gen::arbitrary<bool>()};
    pdu.ttl = *rc::gen::inRange<std::uint8_t>(0, 128);
    pdu.seq = *rc::gen::inRange<std::uint32_t>(0, sequence_max + 1);
    pdu.src = *rc::gen::inRange<Address>(1, 0x8000);
    pdu.dst = *rc::gen::inRange<Address>(1, 0xFFFF);
    pdu.transport.append(bytes(1, pdu.control ? control_transport_max : access_transport_max));
    const auto iv_index = *rc::gen::arbitrary<std::uint32_t>();
    auto frame = encode_network(pdu, credentials, iv_index);
    RC_ASSERT(decode_network(frame.view(), credentials, iv_index) == pdu);
    RC_ASSERT(!decode_network(frame.view(), credentials, iv_index ^ 2U));
    const auto at = *rc::gen::inRange<std::size_t>(0, frame.size());
    frame.span()[at] ^= *rc::gen::inRange<std::uint8_t>(1, 255);
    RC_ASSERT(!decode_network(frame.view(), credentials, iv_index));
}

RC_GTEST_PROP(MeshCodec, a_message_comes_together_from_its_segments_in_any_order, ()) {
    OutgoingMessage out{.dst = 2};
    out.control = *rc::gen::arbitrary<bool>();
    out.upper.append(bytes(1, segments_max * segment_size(out.control)));
    out.shape = {.segmented = true, .head = 0x41, .seq_zero = 0x123};
    out.shape.seg_n = static_cast<std::uint8_t>((out.upper.size() - 1) / segment_size(out.control));
    const SarTransmitter sar;
    out.start(sar, Time{0});
    std::vector<LowerPdu> segments;
    for (int i = 0; i <= out.shape.seg_n; ++i) {
        const auto decoded = decode_lower(encode_lower(out.segment()).view(), out.control);
        RC_ASSERT(decoded.has_value());
        segments.push_back(*decoded);
        out.sent(sar, Time{0});
    }
    RC_ASSERT(out.waiting);
    IncomingMessage in{.control = out.control};
    in.start(segments.front());
    while (!segments.empty()) {
        RC_ASSERT(!in.is_complete());
        const auto at = *rc::gen::inRange<std::size_t>(0, segments.size());
        RC_ASSERT(in.take(segments[at]) == IncomingMessage::Taken::fresh);
        RC_ASSERT(in.take(segments[at]) == IncomingMessage::Taken::repeated);
        segments.erase(segments.begin() + static_cast<std::ptrdiff_t>(at));
    }
    RC_ASSERT(in.is_complete());
    RC_ASSERT(in.upper == out.upper);
    RC_ASSERT(out.acknowledge(in.ack(), sar, Time{0}) == OutgoingMessage::Answer::done);
}

RC_GTEST_PROP(MeshCodec, an_opcode_and_its_parameters_come_back, ()) {
    const auto parameters = bytes(0, 300);
    const auto opcode = *rc::gen::element<Opcode>(0x00, 0x7E, 0x8000, 0xBFFF, 0xC00000, 0xFFFFFF);
    const auto payload = encode_access(opcode, parameters);
    const auto message = decode_access(payload.view());
    RC_ASSERT(message.has_value());
    RC_ASSERT(message->opcode == opcode);
    RC_ASSERT(std::ranges::equal(message->parameters, parameters));
}

TEST(MeshCodec, the_reserved_opcode_and_cut_ones_are_refused) {
    EXPECT_FALSE(decode_access({}));
    EXPECT_FALSE(decode_access(std::array<std::uint8_t, 2>{0x7F, 0}));
    EXPECT_FALSE(decode_access(std::array<std::uint8_t, 1>{0x80}));
    EXPECT_FALSE(decode_access(std::array<std::uint8_t, 2>{0xC1, 0}));
    EXPECT_EQ(vendor_opcode(1, 0x05F1), 0xC1F105);
}

TEST(MeshCodec, the_first_sequence_is_found_across_a_turn_of_13_bits) {
    EXPECT_EQ(first_sequence(0x14835, 0x0835 - 5), 0x14835 - 5);
    EXPECT_EQ(first_sequence(0x2001, 0x1FFF), 0x1FFF);
    EXPECT_EQ(first_sequence(3, 5), std::nullopt);
}

// 4.2.47 to 4.2.59: the formulas with the standard's defaults.
TEST(MeshSar, timers_follow_the_states) {
    const SarTransmitter sender;
    EXPECT_EQ(sender.segment_interval(), 60ms);
    EXPECT_EQ(sender.unicast_interval(0), 200ms);
    EXPECT_EQ(sender.unicast_interval(1), 200ms);
    EXPECT_EQ(sender.unicast_interval(5), 400ms);
    EXPECT_EQ(sender.multicast_interval(), 250ms);
    const SarReceiver receiver;
    EXPECT_EQ(receiver.discard_after(), 10s);
    EXPECT_EQ(receiver.ack_delay(0), 30ms);
    EXPECT_EQ(receiver.ack_delay(1), 90ms);
    EXPECT_EQ(receiver.ack_delay(31), 150ms);
}

TEST(MeshSar, gives_up_after_rounds_without_progress_and_goes_on_with_it) {
    SarTransmitter sar;
    sar.unicast_retransmissions = 5;
    sar.unicast_without_progress = 1;
    OutgoingMessage out{.dst = 2};
    out.upper.append(Bytes(30));
    out.shape = {.segmented = true, .seg_n = 2};
    Time now{0};
    out.start(sar, now);
    const auto round = [&] {
        unsigned sent = 0;
        while (true) {
            now = std::max(now, out.due);
            const auto waits = out.waiting;
            if (waits && sent > 0) return sent;
            if (out.step(sar, now) != OutgoingMessage::Step::send_segment) return 100U;
            out.sent(sar, now);
            ++sent;
        }
    };
    EXPECT_EQ(round(), 3);
    EXPECT_EQ(out.acknowledge({.block = 1}, sar, now), OutgoingMessage::Answer::going_on);
    EXPECT_EQ(round(), 2);
    EXPECT_EQ(round(), 2);   // the one round that may bring nothing
    EXPECT_EQ(round(), 100); // and no more
    EXPECT_EQ(out.step(sar, now), OutgoingMessage::Step::timed_out);
    EXPECT_EQ(out.acknowledge({.block = 0}, sar, now), OutgoingMessage::Answer::refused);
}

} // namespace
} // namespace torgo::mesh
