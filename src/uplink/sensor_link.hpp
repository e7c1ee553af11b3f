#pragma once

#include "env/random.hpp"
#include "envelope/exchange.hpp"
#include "envelope/fragments.hpp"
#include "envelope/session.hpp"
#include "reading/outbox.hpp"
#include "uplink/outbound.hpp"

#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <vector>

namespace torgo::uplink {

/// Numbers that a sensor may give before it writes to its flash again.
inline constexpr std::uint64_t sensor_block = 256;

inline constexpr std::int64_t never_ns = std::numeric_limits<std::int64_t>::max();

/// What a sensor must keep over a loss of power.
class SensorStore : public envelope::NumberStore {
public:
    /// Puts the secret in the place of the provisioned one, durably. [ENVELOPE-14]
    virtual Result<> save_secret(const crypto::SecretBytes& next) = 0;
};

/// How patient a sensor is.
struct SensorPatience {
    std::int64_t key_ns = 60'000'000'000;    ///< with parts of the gateway's key
    std::int64_t answer_ns = 30'000'000'000; ///< with the answer, once the whole offer went out
    std::int64_t resend_ns = 2'000'000'000;  ///< with an acknowledgement; doubled each time…
    std::int64_t resend_most_ns = 16'000'000'000; ///< …up to this
    unsigned resends = 8; ///< without any acknowledgement, before a new exchange
};

/// A reading that the gateway has made safe.
struct Acknowledged {
    std::uint64_t number = 0;
    std::int64_t sent_ns = 0;
    std::int64_t at_ns = 0;
};

/// A sensor's end of its mesh: gets the gateway's key, exchanges keys, sends readings until each is
/// acknowledged. No radio and no clock; one thread at a time.
class SensorLink {
public:
    /// `store` and `random` outlive it. `marks` and the secret in `provision` are what the store
    /// holds; `gone` are numbers that will never come.
    SensorLink(SensorStore& store, envelope::Provision provision,
               const envelope::NumberMarks& marks, const reading::Plan& plan, env::Random& random,
               std::optional<reading::Gone> gone = std::nullopt,
               const SensorPatience& patience = {});

    SensorLink(const SensorLink&) = delete;
    SensorLink& operator=(const SensorLink&) = delete;

    /// The gateway's public key, where the sensor was given it whole: else it asks for it.
    void set_gateway_key(Bytes key) { m_gateway_key = std::move(key); }

    /// To be called at next_wake() or any time. Errors: those of the store.
    Result<> wake(std::int64_t now_ns);

    std::int64_t next_wake() const noexcept;

    /// Takes an access payload from the gateway. What strangers forge is no error.
    /// Errors: those of the store.
    Result<> receive(ByteView payload, std::int64_t now_ns);

    /// Whether readings can be sent: keys are there, and not too many wait.
    bool is_ready() const noexcept {
        return m_is_open && m_outbox.waiting() < reading::Outbox::waiting_max;
    }

    /// Sends a reading and gives its number. Errors: those of Outbox::send.
    Result<std::uint64_t> send(const reading::Reading& reading, std::uint8_t slot,
                               std::int64_t period_ns, std::int64_t now_ns);

    /// The next access payload for the gateway; nothing where none waits.
    std::optional<Bytes> pop(std::int64_t now_ns);

    bool has_outbound() const noexcept { return !m_outbound.empty(); }

    std::size_t waiting() const noexcept { return m_outbox.waiting(); }

    std::vector<Acknowledged> take_acknowledged() { return std::exchange(m_acknowledged, {}); }

    const reading::Outbox& outbox() const noexcept { return m_outbox; }

    std::uint64_t resends() const noexcept { return m_resends; }

    std::uint64_t exchanges() const noexcept { return m_exchanges; }

    /// The number that the next reading gets.
    std::uint64_t next_number() const noexcept { return m_session.next_number(); }

private:
    void ask_for_key(std::int64_t now_ns);
    Result<> take_key_part(ByteView parameters, std::int64_t now_ns);
    Result<> begin_exchange(std::int64_t now_ns);
    Result<> take_answer(const envelope::Message& answer, std::int64_t now_ns);
    Result<> take_envelope(ByteView payload, std::int64_t now_ns);
    Result<> resend(std::int64_t now_ns);
    void note_progress(std::int64_t now_ns);

    SensorStore& m_store;
    env::Random& m_random;
    envelope::Provision m_provision;
    SensorPatience m_patience;
    envelope::Session m_session;
    reading::Outbox m_outbox;
    std::optional<Bytes> m_gateway_key;
    envelope::Assembler m_key_parts;
    std::optional<envelope::SensorExchange> m_exchange;
    bool m_is_open = false; ///< keys are there
    std::deque<Bytes> m_outbound;
    std::int64_t m_key_due_ns = 0;
    std::int64_t m_offer_due_ns = never_ns;
    std::int64_t m_epoch_end_ns = never_ns; ///< of the keys before the newest
    std::int64_t m_resend_due_ns = never_ns;
    std::int64_t m_resend_after_ns = 0;
    unsigned m_unanswered = 0;
    std::deque<Acknowledged> m_sent; ///< not acknowledged yet; at_ns is not set
    std::vector<Acknowledged> m_acknowledged;
    std::uint64_t m_resends = 0;
    std::uint64_t m_exchanges = 0;
};

} // namespace torgo::uplink
