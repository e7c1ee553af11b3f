#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "crypto/secret.hpp"
#include "envelope/keys.hpp"
#include "envelope/numbers.hpp"
#include "envelope/window.hpp"
#include "envelope/wire.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace torgo::envelope {

/// Short messages with a wrong tag after which an epoch takes no short ones any more: a stranger
/// who sends without end gets one of them through with probability 2^-22. [ENVELOPE-8]
inline constexpr std::uint32_t failed_tags_max = 1024;

/// Wrong tags in a row after which short messages wait for the next long one.
inline constexpr std::uint32_t out_of_step_after = 16;

/// Short messages after which a sender sends a long one, which tells the whole number.
inline constexpr std::uint64_t long_every = 64;

enum class Side : std::uint8_t { sensor, gateway };

using ShortValue = std::array<std::uint8_t, value_size>;

struct SealedShort {
    std::uint64_t number = 0;
    Bytes payload; ///< to be sent again as it is, or not at all
};

/// What an access payload held.
struct Opened {
    Kind kind{};
    std::uint8_t slot = 0;
    std::uint32_t epoch = 0;
    std::uint64_t number = 0; ///< of a long one, its own; else that of the value
    ShortValue value{};       ///< of a short one
    std::uint64_t next = 0;   ///< of a long one: the sender's next short number
    Bytes body;               ///< of a long one
};

struct SessionCounters {
    std::uint64_t opened = 0;
    std::uint64_t replayed = 0;
    std::uint64_t failed = 0;
    std::uint64_t skipped = 0; ///< short ones not looked at: out of step, or the limit was reached
};

/// Envelopes between one sensor and one gateway, over all their epochs. No clock, no radio: access
/// payloads in and out. One thread at a time.
class Session {
public:
    /// [ENVELOPE-15] A sensor makes its session anew after each loss of power and then begins with
    /// an exchange.
    Session(Side side, Numbers numbers, std::uint16_t company = test_company)
        : m_side(side), m_company(company), m_numbers(std::move(numbers)) {}

    /// Takes the keys of a newer epoch; those of the epoch before stay good for what is under way,
    /// those of one earlier end. A gateway goes on sending under the old ones until the sensor was
    /// heard under the new.
    ///
    /// errors  `invalid_argument` for an epoch that is not above all before
    Result<> install(std::uint32_t epoch, EpochKeys keys);

    /// Ends the epoch before the newest. [ENVELOPE-17]
    void drop_previous();

    /// Whether keys of an epoch before the newest are there.
    bool has_previous() const noexcept;

    /// errors  `unavailable` before the first epoch; `limit_exceeded` when numbers are used up, or
    ///         `slot` is none of slot_count; those of the store of numbers
    Result<SealedShort> seal_short(std::uint8_t slot, const ShortValue& value);

    /// A number for a reading that travels in a long body.
    Result<std::uint64_t> take_number();

    /// Seals 1 to body_max bytes. Errors: as seal_short.
    Result<Bytes> seal_long(ByteView body);

    /// Opens what the other side sealed.
    ///
    /// errors  `authentication` for a wrong tag; `exists` for what came before; `not_found` for an
    ///         epoch that is not there; `unavailable` while out of step, `limit_exceeded` after too
    ///         many wrong tags (the message was not looked at); `corrupt`, `unsupported`
    Result<Opened> open(ByteView payload);

    /// The other side should send a long message soon.
    bool is_out_of_step() const noexcept { return m_failed_in_a_row >= out_of_step_after; }

    /// The next message should be a long one, which tells the whole number: none went out since the
    /// session was made, restored or changed its epoch, or for long_every short numbers.
    bool wants_long() const noexcept;

    /// A sensor should begin an exchange: wrong tags came near their limit, or numbers end.
    bool wants_new_epoch() const;

    /// Numbers up to this came by another way (a store that outlived this session).
    void note_received(std::uint64_t number) { m_shorts.advance(number); }

    std::uint64_t next_number() const noexcept { return m_numbers.next_short(); }

    Numbers& numbers() noexcept { return m_numbers; }

    const SessionCounters& counters() const noexcept { return m_counters; }

    /// A gateway's state for its next start: secret. [ENVELOPE-16]
    crypto::SecretBytes save() const;

    /// errors  `corrupt`, `unsupported`
    static Result<Session> restore(ByteView state, Numbers numbers,
                                   std::uint16_t company = test_company);

private:
    struct Epoch {
        std::uint32_t number = 0;
        std::uint32_t failed = 0; ///< short messages with a wrong tag
        EpochKeys keys;
    };

    Result<Opened> open_short(const Message& message, Epoch& epoch);
    Result<Opened> open_long(const Message& message, Epoch& epoch);
    Result<Epoch*> sending();
    void note_opened(const Epoch& epoch);

    Side m_side;
    std::uint16_t m_company;
    Numbers m_numbers;
    std::array<std::optional<Epoch>, 2> m_epochs{}; ///< by parity
    std::uint32_t m_newest = 0;                     ///< 0: none yet
    std::uint32_t m_sending = 0;
    std::uint32_t m_told_epoch = 0; ///< under which the last long message was sealed
    std::uint64_t m_told_next = 0;  ///< what it told
    Window m_shorts;
    Window m_longs;
    std::uint32_t m_failed_in_a_row = 0;
    SessionCounters m_counters{};
};

} // namespace torgo::envelope
