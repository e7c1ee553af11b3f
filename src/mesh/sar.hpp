#pragma once

#include "mesh/sar_states.hpp"
#include "mesh/transport.hpp"

#include <cstdint>
#include <optional>

// Segmentation and reassembly (Mesh Protocol 1.1, 3.5.3): one object for each message under way.
namespace torgo::mesh {

using MessageNumber = std::uint32_t;

/// A message that goes out in segments until they are acknowledged or patience ends.
struct OutgoingMessage {
    MessageNumber number = 0;
    Address src = unassigned;
    Address dst = unassigned;
    KeyIndex net_index = 0;
    std::uint8_t ttl = 0;
    bool control = false;
    std::uint32_t iv_index = 0;
    LowerPdu shape{}; ///< what all segments share
    UpperPdu upper{};

    std::uint32_t acknowledged = 0; ///< bit i: segment i
    std::uint8_t next = 0;          ///< the segment to go next
    bool waiting = false;           ///< all were sent: the retransmission timer runs
    std::uint8_t rounds_left = 0;
    std::uint8_t rounds_without_progress_left = 0;
    Time due = never;

    enum class Step : std::uint8_t { send_segment, nothing, done, timed_out };

    void start(const SarTransmitter& sar, Time now);

    /// What is to be done now that `due` has come. For send_segment the caller sends segment() and
    /// then calls sent().
    Step step(const SarTransmitter& sar, Time now);
    LowerPdu segment() const;
    void sent(const SarTransmitter& sar, Time now);

    enum class Answer : std::uint8_t { going_on, done, refused };

    Answer acknowledge(const SegmentAck& ack, const SarTransmitter& sar, Time now);

private:
    std::uint32_t all() const;
    void skip_acknowledged();
    void begin_round(Time now);
};

/// A message that is coming in.
struct IncomingMessage {
    Address src = unassigned;
    Address dst = unassigned;
    KeyIndex net_index = 0;
    bool control = false;
    std::uint8_t ttl = 0;
    std::uint32_t iv_index = 0;
    std::uint32_t first_seq = 0;
    std::uint32_t greatest_seq = 0;
    LowerPdu shape{};
    std::uint32_t block = 0; ///< bit i: segment i is here
    UpperPdu upper{};        ///< sized for the whole message; the last segment cuts it
    std::uint8_t acks_left = 0;
    Time ack_due = never;
    Time discard_due = never;

    void start(const LowerPdu& first);

    enum class Taken : std::uint8_t { fresh, repeated, foreign };

    /// Puts a segment in its place; `foreign` where it contradicts the others.
    Taken take(const LowerPdu& segment);

    bool is_complete() const;

    SegmentAck ack() const { return {.seq_zero = shape.seq_zero, .block = block}; }
};

} // namespace torgo::mesh
