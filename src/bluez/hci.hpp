#pragma once

// A bearer of mesh frames on a bare Bluetooth controller (the "user channel" of Linux), for
// machines without bluetooth-meshd. It has no I/O: packets in, packets out, and a clock's time. It
// was never run on hardware: the other side of its tests is a script.
//
// source  Bluetooth Core 5.4 vol 4 part A (packets), part E 5.4 and 7.7.65.2, 7.8 (commands,
// events)

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>

namespace torgo::bluez {

struct HciSettings {
    /// Of advertising; controllers before Bluetooth 5 refuse less than 100 ms, which is then taken.
    std::int64_t advertising_interval_ns = 20'000'000;
    std::int64_t scan_interval_ns = 30'000'000; ///< listens all of it
    std::int64_t command_limit_ns = 2'000'000'000;
    std::size_t frames_max = 64; ///< waiting to be sent
};

/// What is counted, not told.
struct HciCounts {
    std::uint64_t sent = 0;
    std::uint64_t heard = 0;
    std::uint64_t malformed = 0; ///< events that are not what the specification says
};

/// One thread at a time. A call `now` is a time of Clock::monotonic_ns.
///
/// After an error it stays in error: close the channel and begin again.
class HciBearer {
public:
    using Address = std::array<std::uint8_t, 6>;
    using FrameHandler = std::function<void(ByteView frame, std::int8_t rssi)>;

    /// in      `random` six random bytes, for the address that is advertised from
    ///         `handler` called in receive() with AD type and payload of each frame
    HciBearer(const HciSettings& settings, Address random, FrameHandler handler);

    /// Puts a frame (AD type and payload, 1 to 30 bytes) last in the queue.
    /// errors  `invalid_argument`, `limit_exceeded`
    Result<> send(ByteView frame);

    /// The next packet that the controller may be given now; nothing for now.
    /// errors  `timeout` it does not answer; those of receive
    Result<std::optional<Bytes>> next_packet(std::int64_t now);

    /// Takes in bytes from the controller, in any pieces.
    /// errors  `corrupt` no HCI packets; `unsupported` it refuses a command; `io` it has failed
    Result<> receive(ByteView bytes, std::int64_t now);

    /// When next_packet should be asked again, if nothing is received until then.
    std::optional<std::int64_t> next_time() const;

    /// Is the controller set up, and listening?
    bool is_ready() const { return m_is_ready; }

    const HciCounts& counts() const { return m_counts; }

private:
    enum class Advertising : std::uint8_t { off, on };

    struct Command {
        std::uint16_t opcode = 0;
        Bytes parameters;
    };

    void begin();
    void plan(std::int64_t now);
    Result<std::optional<Bytes>> wait_for_credit(std::int64_t now);
    Result<> take_packet(ByteView event, std::int64_t now);
    Result<> take_command_complete(ByteView parameters, std::int64_t now);
    Result<> take_command_status(ByteView parameters);
    Result<> finish_command(std::uint8_t status, std::int64_t now);
    void take_reports(ByteView parameters);
    bool take_report(ByteView& reports);
    void take_data(ByteView data, std::int8_t rssi);
    Command advertising_parameters() const;
    Result<> break_down(Errc code, const char* what);

    HciSettings m_settings;
    Address m_address;
    FrameHandler m_handler;
    Bytes m_input;
    std::deque<Command> m_commands; ///< the first one is with the controller while m_in_flight
    std::deque<Bytes> m_frames;
    bool m_in_flight = false;
    std::int64_t m_answer_until = 0;
    unsigned m_credits = 1;
    std::optional<std::int64_t> m_credit_until; ///< set while a command waits for one
    bool m_is_ready = false;
    bool m_is_slow = false; ///< has refused the short interval
    Advertising m_advertising = Advertising::off;
    std::int64_t m_advertise_until = 0;
    HciCounts m_counts;
    std::optional<Error> m_error;
};

} // namespace torgo::bluez
