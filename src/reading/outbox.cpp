#include "reading/outbox.hpp"

#include <algorithm>
#include <bit>

namespace torgo::reading {

namespace {
std::uint64_t highest(const Ack& ack) {
    if (ack.bitmap.empty()) return ack.cumulative;
    return ack.cumulative + 8 * (ack.bitmap.size() - 1) +
           static_cast<std::uint64_t>(std::bit_width(ack.bitmap.back()));
}
} // namespace

bool Outbox::is_on_line(const Slot& slot, const Reading& reading) const {
    if (!slot.line || slot.line->period_ns == 0) return false;
    return slot.line->at(m_session->next_number()) == reading.time;
}

Result<Bytes> Outbox::send(std::uint8_t slot, Reading reading, std::int64_t period_ns) {
    const auto* const profile = m_plan.profile_of(slot);
    const auto unit = is_valid(reading.time) ? unit_of(reading.time.digits) : 0;
    if (profile == nullptr || unit == 0 || period_ns < 0 || period_ns % unit != 0)
        return fail(Errc::invalid_argument, "a reading without slot, time or period");
    if (m_waiting.size() >= waiting_max)
        return fail(Errc::no_space, "too many readings wait for the gateway");
    reading.profile = profile->id;
    auto& place = m_slots[slot];
    const auto packed = profile->pack(reading);
    const bool told_lately = m_session->next_number() - m_last_long < envelope::long_every;
    if (!packed || !place.known || !told_lately || !is_on_line(place, reading))
        return send_long({.slot = slot, .reading = reading, .period_ns = {}}, period_ns);
    TRY(auto sealed, m_session->seal_short(slot, *packed));
    reading.number = sealed.number;
    m_waiting.push_back({.slot = slot, .reading = reading, .period_ns = {}});
    m_sent_short += 1;
    return std::move(sealed.payload);
}

Result<Bytes> Outbox::send_long(Sent sent, std::int64_t period_ns) {
    auto& place = m_slots[sent.slot];
    const bool new_line = !is_on_line(place, sent.reading) && period_ns != 0;
    TRY(sent.reading.number, m_session->take_number());
    if (new_line) sent.period_ns = period_ns;
    // Nothing waits that the caller is told was not sent; its number is void. [READING-28]
    TRY(auto payload, seal({sent}, m_gone));
    if (new_line) {
        place.line =
            Line{.number = sent.reading.number, .time = sent.reading.time, .period_ns = period_ns};
        place.known = false;
    }
    m_waiting.push_back(sent);
    m_last_long = sent.reading.number;
    m_sent_long += 1;
    return payload;
}

Result<Bytes> Outbox::seal(const std::vector<Sent>& readings, const std::optional<Gone>& gone) {
    Bundle bundle;
    if (gone) bundle.gone.push_back(*gone);
    bundle.readings = readings;
    return m_session->seal_long(encode(bundle, m_plan).body);
}

/// [READING-28]
Result<std::optional<Bytes>> Outbox::resend() {
    if (m_waiting.empty() && !m_gone) return std::optional<Bytes>();
    const auto size = std::min(m_waiting.size(), bundle_readings_max);
    const std::vector<Sent> oldest(m_waiting.begin(),
                                   m_waiting.begin() + static_cast<std::ptrdiff_t>(size));
    auto gone = m_gone;
    if (!oldest.empty() && oldest[0].reading.number > 1)
        gone = Gone{.first = 1, .count = oldest[0].reading.number - 1};
    TRY(auto payload, seal(oldest, gone));
    return std::optional(std::move(payload));
}

bool Outbox::is_waiting(std::uint64_t number) const noexcept {
    return std::ranges::binary_search(m_waiting, number, {},
                                      [](const Sent& sent) { return sent.reading.number; });
}

Result<> Outbox::receive(ByteView payload) {
    TRY(const auto opened, m_session->open(payload));
    if (opened.kind == envelope::Kind::short_down) {
        const auto oldest =
            m_waiting.empty() ? m_session->next_number() : m_waiting.front().reading.number;
        acknowledge(decode_small_ack(opened.value, oldest));
        return {};
    }
    if (const auto request = decode_request(opened.body)) {
        m_request = request;
        return {};
    }
    TRY(const auto ack, decode_ack(opened.body));
    acknowledge(ack);
    return {};
}

/// [READING-11]
void Outbox::acknowledge(const Ack& ack) {
    // Not of this sensor's doing: the low bits of an old one read wrongly, or a gateway mistaken.
    if (highest(ack) >= m_session->next_number()) return;
    std::erase_if(m_waiting, [&](const Sent& sent) { return ack.has(sent.reading.number); });
    for (auto& slot : m_slots)
        if (slot.line && ack.has(slot.line->number)) slot.known = true;
    if (m_gone && ack.cumulative >= m_gone->first + (m_gone->count - 1)) m_gone.reset();
}

} // namespace torgo::reading
