#include "uplink/drive.hpp"

#include "uplink/card.hpp"

#include <algorithm>

namespace torgo::uplink {

namespace {
constexpr std::size_t batch_max = 256; ///< payloads before a sync that waits no longer
constexpr std::size_t window_max = 256;

/// No daemon at the moment, or no room in the stack: what was to be sent is lost, as on the air.
bool is_passing(const Error& error) {
    return error.code() == Errc::unavailable || error.code() == Errc::limit_exceeded ||
           error.code() == Errc::timeout;
}

Result<> send_some(Bearer& bearer, const Outbound& one) {
    auto sent = bearer.send(one.to, one.payload);
    if (!sent && !is_passing(sent.error())) return sent;
    return {};
}

class SensorRun {
public:
    SensorRun(SensorLink& sensor, Bearer& bearer, const env::Clock& clock, const Feed& feed,
              const SensorDrive& drive)
        : m_sensor(sensor), m_bearer(bearer), m_clock(clock), m_feed(feed), m_drive(drive) {}

    Result<RelayOutcome> run(const std::stop_token& stop) {
        const auto start = m_clock.monotonic_ns();
        m_progress_ns = start;
        const auto& rows = m_feed.rows();
        if (!rows.empty()) m_outcome.first[rows[0].reading.source] = m_sensor.next_number();
        while (m_acknowledged < rows.size()) {
            if (stop.stop_requested()) return fail(Errc::cancelled, "stopped");
            CHECK_OK(step());
            if (m_clock.monotonic_ns() - m_progress_ns > m_drive.patience_ns)
                return fail(Errc::timeout,
                            "the gateway acknowledges nothing: " + std::to_string(m_acknowledged) +
                                " of " + std::to_string(rows.size()) + " rows are safe");
        }
        m_outcome.duration_ns = m_clock.monotonic_ns() - start;
        m_outcome.short_envelopes = m_sensor.outbox().sent_short();
        m_outcome.long_envelopes = m_sensor.outbox().sent_long();
        m_outcome.resends = m_sensor.resends();
        m_outcome.exchanges = m_sensor.exchanges();
        return std::move(m_outcome);
    }

private:
    Result<> step() {
        CHECK_OK(m_sensor.wake(m_clock.monotonic_ns()));
        CHECK_OK(feed());
        while (m_sensor.has_outbound() && m_bearer.is_free())
            CHECK_OK(send_some(m_bearer, {.to = gateway_address,
                                          .payload = *m_sensor.pop(m_clock.monotonic_ns())}));
        TRY(const auto heard, m_bearer.receive(until()));
        if (heard && heard->from == gateway_address)
            CHECK_OK(m_sensor.receive(heard->payload, m_clock.monotonic_ns()));
        note_acknowledged();
        // Nothing is owed to who has nothing to send for a while.
        if (m_sensor.is_ready() && m_sensor.waiting() == 0) m_progress_ns = m_clock.monotonic_ns();
        return {};
    }

    env::Deadline until() const {
        auto out = std::min(m_clock.monotonic_ns() + tick_ns, m_sensor.next_wake());
        if (can_send()) out = std::min(out, m_due_ns);
        return out;
    }

    bool can_send() const {
        return m_next < m_feed.rows().size() && m_sensor.is_ready() &&
               m_sensor.waiting() < window_max && !m_sensor.has_outbound();
    }

    Result<> feed() {
        const auto now = m_clock.monotonic_ns();
        if (!can_send() || now < m_due_ns) return {};
        const auto& row = m_feed.rows()[m_next];
        TRY(const auto number, m_sensor.send(row.reading, row.slot, row.period_ns, now));
        m_outcome.sent[{row.reading.source, number}] = m_next;
        m_next += 1;
        m_due_ns = now + m_drive.interval_ns;
        return {};
    }

    void note_acknowledged() {
        for (const auto& one : m_sensor.take_acknowledged()) {
            m_outcome.acknowledged.add(one.at_ns - one.sent_ns);
            m_acknowledged += 1;
            m_progress_ns = one.at_ns;
        }
        if (m_drive.tell) m_drive.tell({.sent = m_next, .acknowledged = m_acknowledged});
    }

    SensorLink& m_sensor;
    Bearer& m_bearer;
    const env::Clock& m_clock;
    const Feed& m_feed;
    const SensorDrive& m_drive;
    std::size_t m_next = 0;
    std::uint64_t m_acknowledged = 0;
    std::int64_t m_due_ns = 0;
    std::int64_t m_progress_ns = 0;
    RelayOutcome m_outcome;
};
} // namespace

Result<> drive_gateway(GatewayLink& gateway, Bearer& bearer, const env::Clock& clock,
                       const GatewayDrive& drive, const std::stop_token& stop) {
    auto flush_due = never_ns;
    std::size_t batch = 0;
    auto next_tick = clock.monotonic_ns();
    while (!stop.stop_requested()) {
        const auto now = clock.monotonic_ns();
        if (now >= flush_due || batch >= batch_max) {
            CHECK_OK(gateway.flush());
            flush_due = never_ns;
            batch = 0;
        }
        while (bearer.is_free() && gateway.has_outbound()) {
            TRY(const auto next, gateway.pop());
            if (next) CHECK_OK(send_some(bearer, *next));
        }
        if (now >= next_tick) {
            next_tick = now + tick_ns;
            if (drive.tick) CHECK_OK(drive.tick());
        }
        TRY(const auto heard, bearer.receive(std::min(flush_due, next_tick)));
        if (!heard) continue;
        const Arrival arrival{.monotonic_ns = clock.monotonic_ns(), .wall_ns = clock.wall_ns()};
        CHECK_OK(gateway.receive(heard->from, heard->payload, arrival));
        if (batch++ == 0) flush_due = arrival.monotonic_ns + drive.batch_ns;
    }
    return gateway.flush();
}

Result<RelayOutcome> drive_sensor(SensorLink& sensor, Bearer& bearer, const env::Clock& clock,
                                  const Feed& feed, const SensorDrive& drive,
                                  const std::stop_token& stop) {
    return SensorRun(sensor, bearer, clock, feed, drive).run(stop);
}

} // namespace torgo::uplink
