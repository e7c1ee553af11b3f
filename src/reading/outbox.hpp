#pragma once

#include "envelope/session.hpp"
#include "reading/bundle.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

namespace torgo::reading {

/// The sensor's end: gives readings their numbers, chooses short or long envelopes, and keeps each
/// reading until the gateway has acknowledged it. One thread at a time.
class Outbox {
public:
    static constexpr std::size_t waiting_max = ack_bits_max;

    /// `session` outlives it. `gone` are the numbers that a loss of power made void.
    Outbox(envelope::Session& session, const Plan& plan, std::optional<Gone> gone = std::nullopt)
        : m_session(&session), m_plan(plan), m_gone(gone) {}

    /// An access payload with this reading, whose source, number and profile are set here.
    /// `period_ns` is the time from one reading of the slot to the next number's, 0 where there is
    /// none: the gateway's clock is never used for readings that have a time. [READING-9]
    ///
    /// errors  `no_space` while waiting_max readings wait, `invalid_argument` for a slot without a
    ///         profile or a time that is none; those of Session
    Result<Bytes> send(std::uint8_t slot, Reading reading, std::int64_t period_ns);

    /// The oldest readings that wait, in one long envelope that also tells that nothing comes for
    /// the numbers before them any more: a gateway whose store is older than its acknowledgements
    /// would wait for them. Nothing where none waits and no gap is to be told.
    Result<std::optional<Bytes>> resend();

    /// To be called with the keys of a new epoch: the gateway may have lost the lines that an
    /// earlier one acknowledged. The next reading of each slot begins one. [READING-31]
    void forget_lines() noexcept { m_slots = {}; }

    /// What the gateway asked for since the last call, if anything.
    std::optional<Request> take_request() noexcept { return std::exchange(m_request, {}); }

    /// What the gateway sealed. Errors: those of Session::open and decode_ack.
    Result<> receive(ByteView payload);

    std::size_t waiting() const noexcept { return m_waiting.size(); }

    /// Whether the gateway has not acknowledged this one yet.
    bool is_waiting(std::uint64_t number) const noexcept;

    /// Numbers sent in short and in long envelopes, repeats left out.
    std::uint64_t sent_short() const noexcept { return m_sent_short; }

    std::uint64_t sent_long() const noexcept { return m_sent_long; }

private:
    struct Slot {
        std::optional<Line> line{};
        bool known = false; ///< the gateway acknowledged the reading that began the line
    };

    bool is_on_line(const Slot& slot, const Reading& reading) const;
    Result<Bytes> send_long(Sent sent, std::int64_t period_ns);
    Result<Bytes> seal(const std::vector<Sent>& readings, const std::optional<Gone>& gone);
    void acknowledge(const Ack& ack);

    envelope::Session* m_session;
    Plan m_plan;
    std::optional<Gone> m_gone;
    std::array<Slot, Plan::slots> m_slots{};
    std::deque<Sent> m_waiting; ///< by rising number
    std::optional<Request> m_request{};
    std::uint64_t m_last_long = 0;
    std::uint64_t m_sent_short = 0;
    std::uint64_t m_sent_long = 0;
};

} // namespace torgo::reading
