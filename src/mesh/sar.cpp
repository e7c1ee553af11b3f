#include "mesh/sar.hpp"

namespace torgo::mesh {

namespace {
std::uint32_t mask_of(std::uint8_t seg_n) {
    return static_cast<std::uint32_t>((std::uint64_t{1} << (seg_n + 1U)) - 1);
}
} // namespace

std::uint32_t OutgoingMessage::all() const {
    return mask_of(shape.seg_n);
}

void OutgoingMessage::skip_acknowledged() {
    while (next <= shape.seg_n && (acknowledged >> next & 1U) != 0)
        ++next;
}

void OutgoingMessage::begin_round(Time now) {
    waiting = false;
    next = 0;
    skip_acknowledged();
    due = now;
}

void OutgoingMessage::start(const SarTransmitter& sar, Time now) {
    const bool unicast = is_unicast(dst);
    rounds_left = unicast ? sar.unicast_retransmissions : sar.multicast_retransmissions;
    rounds_without_progress_left = sar.unicast_without_progress;
    begin_round(now);
}

OutgoingMessage::Step OutgoingMessage::step(const SarTransmitter& sar, Time now) {
    if (now < due) return Step::nothing;
    if (!waiting) return Step::send_segment;
    const bool unicast = is_unicast(dst);
    if (rounds_left == 0 || (unicast && rounds_without_progress_left == 0))
        return unicast ? Step::timed_out : Step::done;
    --rounds_left;
    if (unicast) --rounds_without_progress_left;
    (void)sar;
    begin_round(now);
    return Step::send_segment;
}

LowerPdu OutgoingMessage::segment() const {
    auto pdu = shape;
    pdu.seg_o = next;
    const auto size = segment_size(control);
    const auto from = next * size;
    pdu.payload.append(upper.view().subspan(from, std::min(size, upper.size() - from)));
    return pdu;
}

void OutgoingMessage::sent(const SarTransmitter& sar, Time now) {
    ++next;
    skip_acknowledged();
    waiting = next > shape.seg_n;
    if (!waiting)
        due = now + sar.segment_interval();
    else
        due = now + (is_unicast(dst) ? sar.unicast_interval(ttl) : sar.multicast_interval());
}

OutgoingMessage::Answer OutgoingMessage::acknowledge(const SegmentAck& ack,
                                                     const SarTransmitter& sar, Time now) {
    if (ack.block == 0) return Answer::refused;
    const auto fresh = ack.block & all() & ~acknowledged;
    acknowledged |= ack.block & all();
    if (acknowledged == all()) return Answer::done;
    if (fresh != 0) rounds_without_progress_left = sar.unicast_without_progress;
    if (!waiting) {
        skip_acknowledged();
        if (next <= shape.seg_n) return Answer::going_on;
        waiting = true; // the rest of this round has just been acknowledged
        due = now + sar.unicast_interval(ttl);
        return Answer::going_on;
    }
    // 3.5.3.3.2: what is missing goes again at once, while rounds are left.
    if (rounds_left == 0 || rounds_without_progress_left == 0) return Answer::going_on;
    --rounds_left;
    if (fresh == 0) --rounds_without_progress_left;
    begin_round(now);
    return Answer::going_on;
}

void IncomingMessage::start(const LowerPdu& first) {
    shape = first;
    shape.payload.clear();
    upper.clear();
    (void)upper.extend((first.seg_n + 1U) * segment_size(control));
}

IncomingMessage::Taken IncomingMessage::take(const LowerPdu& segment) {
    if (segment.seg_n != shape.seg_n || segment.head != shape.head || segment.szmic != shape.szmic)
        return Taken::foreign;
    const auto bit = std::uint32_t{1} << segment.seg_o;
    if ((block & bit) != 0) return Taken::repeated;
    block |= bit;
    const auto from = segment.seg_o * segment_size(control);
    std::ranges::copy(segment.payload.view(),
                      upper.span().begin() + static_cast<std::ptrdiff_t>(from));
    if (segment.seg_o == segment.seg_n) {
        UpperPdu cut(upper.view().first(from + segment.payload.size()));
        upper = cut;
    }
    return Taken::fresh;
}

bool IncomingMessage::is_complete() const {
    return block == mask_of(shape.seg_n);
}

} // namespace torgo::mesh
