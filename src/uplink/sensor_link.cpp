#include "uplink/sensor_link.hpp"

#include "crypto/hash.hpp"
#include "crypto/kem.hpp"

#include <algorithm>
#include <utility>

namespace torgo::uplink {

SensorLink::SensorLink(SensorStore& store, envelope::Provision provision,
                       const envelope::NumberMarks& marks, const reading::Plan& plan,
                       env::Random& random, std::optional<reading::Gone> gone,
                       const SensorPatience& patience)
    : m_store(store),
      m_random(random),
      m_provision(std::move(provision)),
      m_patience(patience),
      m_session(envelope::Side::sensor, envelope::Numbers(store, marks, sensor_block)),
      m_outbox(m_session, plan, gone),
      m_resend_after_ns(patience.resend_ns) {}

std::int64_t SensorLink::next_wake() const noexcept {
    if (!m_gateway_key) return m_key_due_ns;
    if (!m_is_open && !m_exchange) return 0;
    const auto offer = m_exchange && m_outbound.empty() ? m_offer_due_ns : never_ns;
    const auto resend = m_is_open && !m_sent.empty() ? m_resend_due_ns : never_ns;
    return std::min(offer, resend);
}

Result<> SensorLink::wake(std::int64_t now_ns) {
    if (!m_gateway_key) {
        if (now_ns >= m_key_due_ns) ask_for_key(now_ns);
        return {};
    }
    if (!m_is_open && !m_exchange) return begin_exchange(now_ns);
    if (now_ns >= m_epoch_end_ns) {
        m_session.drop_previous();
        m_epoch_end_ns = never_ns;
    }
    if (m_exchange && m_outbound.empty() && now_ns >= m_offer_due_ns) {
        // The very same offer: the gateway answers it again. [ENVELOPE-13]
        const auto& parts = m_exchange->messages();
        m_outbound.insert(m_outbound.end(), parts.begin(), parts.end());
        m_offer_due_ns = now_ns + m_patience.answer_ns;
    }
    if (m_is_open && !m_sent.empty() && now_ns >= m_resend_due_ns) return resend(now_ns);
    return {};
}

void SensorLink::ask_for_key(std::int64_t now_ns) {
    m_key_due_ns = now_ns + m_patience.key_ns;
    if (m_outbound.empty()) m_outbound.push_back(envelope::key_request());
}

Result<> SensorLink::take_key_part(ByteView parameters, std::int64_t now_ns) {
    if (m_gateway_key) return {};
    m_key_due_ns = now_ns + m_patience.key_ns;
    auto whole = m_key_parts.add(parameters);
    if (!whole || !*whole) return {};
    // [ENVELOPE-12] A wrong one is forgotten, and the right one asked for again.
    if (crypto::sha256(**whole) != m_provision.gateway_key) return {};
    m_gateway_key = std::move(**whole);
    return begin_exchange(now_ns);
}

/// [ENVELOPE-11] [ENVELOPE-15]
Result<> SensorLink::begin_exchange(std::int64_t now_ns) {
    if (m_exchange) return {};
    TRY(const auto epoch, m_session.numbers().take_epoch());
    crypto::SecretBytes entropy(crypto::kem_entropy_size);
    m_random.fill(entropy.span());
    auto begun = envelope::SensorExchange::begin(m_provision, *m_gateway_key, epoch, entropy);
    if (!begun) return std::unexpected(std::move(begun).error());
    m_exchange = std::move(*begun);
    m_exchanges += 1;
    const auto& parts = m_exchange->messages();
    m_outbound.insert(m_outbound.end(), parts.begin(), parts.end());
    m_offer_due_ns = now_ns + m_patience.answer_ns;
    return {};
}

/// [ENVELOPE-14]
Result<> SensorLink::take_answer(const envelope::Message& answer, std::int64_t now_ns) {
    if (!m_exchange) return {};
    auto keys = m_exchange->finish(answer);
    if (!keys) return {};
    auto next = crypto::SecretBytes::copy_of(keys->next_secret.view());
    CHECK_OK(m_store.save_secret(next));
    CHECK_OK(m_session.install(m_exchange->epoch(), std::move(*keys)));
    m_outbox.forget_lines();
    m_provision.secret = std::move(next);
    m_exchange.reset();
    m_is_open = true;
    m_epoch_end_ns = now_ns + epoch_overlap_ns;
    m_unanswered = 0;
    // Parts of the offer that still wait are of no use any more.
    m_outbound.clear();
    if (!m_sent.empty()) m_resend_due_ns = now_ns;
    return {};
}

Result<> SensorLink::receive(ByteView payload, std::int64_t now_ns) {
    const auto message = envelope::parse(payload, envelope::test_company);
    if (!message) return {};
    switch (message->kind) {
    case envelope::Kind::key_part:
        return take_key_part(message->parameters, now_ns);
    case envelope::Kind::answer:
        return take_answer(*message, now_ns);
    case envelope::Kind::short_down:
    case envelope::Kind::long_down:
        return take_envelope(payload, now_ns);
    default:
        return {};
    }
}

Result<> SensorLink::take_envelope(ByteView payload, std::int64_t now_ns) {
    if (!m_outbox.receive(payload)) return {};
    note_progress(now_ns);
    const auto request = m_outbox.take_request();
    if (request == reading::Request::exchange) return begin_exchange(now_ns);
    if (request == reading::Request::resend) return resend(now_ns);
    if (m_session.wants_new_epoch()) return begin_exchange(now_ns);
    return {};
}

void SensorLink::note_progress(std::int64_t now_ns) {
    m_unanswered = 0;
    const auto before = m_sent.size();
    std::erase_if(m_sent, [&](Acknowledged& one) {
        if (m_outbox.is_waiting(one.number)) return false;
        one.at_ns = now_ns;
        m_acknowledged.push_back(one);
        return true;
    });
    if (m_sent.size() == before) return;
    m_resend_after_ns = m_patience.resend_ns;
    // Patience is of the oldest that waits, which may have been sent long after the last resend.
    if (!m_sent.empty())
        m_resend_due_ns = std::max(now_ns, m_sent.front().sent_ns + m_resend_after_ns);
}

Result<> SensorLink::resend(std::int64_t now_ns) {
    m_resend_due_ns = now_ns + m_resend_after_ns;
    m_resend_after_ns = std::min(2 * m_resend_after_ns, m_patience.resend_most_ns);
    // What waits to be sent is no sign that the gateway is silent.
    if (!m_outbound.empty()) return {};
    m_unanswered += 1;
    if (m_unanswered > m_patience.resends) {
        m_unanswered = 0;
        return begin_exchange(now_ns);
    }
    TRY(auto payload, m_outbox.resend());
    if (!payload) return {};
    m_resends += 1;
    m_outbound.push_back(std::move(*payload));
    return {};
}

Result<std::uint64_t> SensorLink::send(const reading::Reading& reading, std::uint8_t slot,
                                       std::int64_t period_ns, std::int64_t now_ns) {
    const auto number = m_session.next_number();
    TRY(auto payload, m_outbox.send(slot, reading, period_ns));
    m_outbound.push_back(std::move(payload));
    if (m_sent.empty()) m_resend_due_ns = now_ns + m_resend_after_ns;
    m_sent.push_back({.number = number, .sent_ns = now_ns, .at_ns = 0});
    return number;
}

std::optional<Bytes> SensorLink::pop(std::int64_t now_ns) {
    if (m_outbound.empty()) return std::nullopt;
    auto out = std::move(m_outbound.front());
    m_outbound.pop_front();
    // Patience begins when the last part is on its way.
    if (m_exchange && m_outbound.empty()) m_offer_due_ns = now_ns + m_patience.answer_ns;
    return out;
}

} // namespace torgo::uplink
