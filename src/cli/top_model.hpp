#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What `torgo top` knows, and the arithmetic of it. Nothing here knows how it is shown.
namespace torgo::cli::top {

/// How many moments a sparkline looks back.
inline constexpr std::size_t history_max = 240;

/// How fast a counter grows, and how fast it grew before.
class CounterRate {
public:
    /// A value that is less than the one before is that of a new counter, which began at 0.
    void add(std::int64_t time_ns, std::uint64_t value);

    double per_second() const noexcept { return m_history.empty() ? 0 : m_history.back(); }

    /// The oldest first.
    const std::deque<double>& history() const noexcept { return m_history; }

private:
    struct Reading {
        std::int64_t time_ns;
        std::uint64_t value;
    };
    std::optional<Reading> m_last;
    std::deque<double> m_history;
};

/// The last answers' times.
class Latencies {
public:
    void add(std::int64_t duration_ns);

    /// The nearest rank; 0 where there was no answer. in  `share`, 0 to 1
    std::int64_t percentile_ns(double share) const;

    bool empty() const noexcept { return m_values.empty(); }

private:
    static constexpr std::size_t kept = 100;
    std::deque<std::int64_t> m_values;
};

/// Samples of a Prometheus text, by name and labels as they stand there.
using Samples = std::map<std::string, double, std::less<>>;

/// Lines that are no sample are passed over, and values that are no number of ours: not finite, or
/// larger than any counter becomes.
Samples parse_samples(std::string_view text);

/// The sum over all labels of a metric, or of those samples alone in which `label` stands; 0 where
/// it is not there.
double sum_of(const Samples& samples, std::string_view metric, std::string_view label = {});

/// The same as a count: not negative, and no more than 4e18.
std::uint64_t count_of(const Samples& samples, std::string_view metric,
                       std::string_view label = {});

/// A quantile of a histogram over all its labels, in the metric's unit, interpolated in its bucket;
/// negative where nothing was counted. A value beyond the last bound is the last bound.
/// in  `before`: samples of an earlier time, of which only the growth counts; may be empty
double quantile_of(const Samples& samples, const Samples& before, std::string_view metric,
                   double share);

/// What one process does, as it says itself (activity.hpp).
struct Work {
    std::uint64_t process = 0;
    std::string command;    ///< "backup"
    std::string repository; ///< hex
    std::string items;      ///< "files"
    std::string note;
    std::uint64_t items_done = 0, items_total = 0;
    std::uint64_t bytes_done = 0, bytes_total = 0;
    std::uint64_t problems = 0;
    std::uint64_t circuits = 0, circuits_building = 0; ///< of the tor it runs
    std::int64_t elapsed_ns = 0;

    struct Traffic {
        std::string uri;
        std::uint64_t up = 0;
        std::uint64_t down = 0;
        std::uint64_t open = 0; ///< requests that wait for it

        bool operator==(const Traffic&) const = default;
    };
    std::vector<Traffic> heads;

    bool operator==(const Work&) const = default;

    /// 0 to 1, negative while it is not known.
    double share() const noexcept;
};

enum class HeadState : std::uint8_t { unknown, ok, slow, away };

struct HeadView {
    std::string uri;
    HeadState state = HeadState::unknown;
    std::string reason; ///< why it is away
    std::int64_t p50_ns = 0;
    std::int64_t p99_ns = 0;
    double up = 0; ///< bytes a second, of all processes of this machine
    double down = 0;
    std::vector<double> history; ///< up and down together
    std::uint64_t free_bytes = 0;
    std::uint64_t total_bytes = 0;
    std::uint64_t missing = 0;       ///< segments
    std::uint64_t queue = 0;         ///< requests of this machine that wait for it
    std::uint64_t waiting_bytes = 0; ///< in this machine's spool
};

struct WorkView {
    Work work;
    double bytes_per_second = 0; ///< of what is saved or restored
    double traffic = 0;          ///< to and from heads
    std::int64_t left_ns = -1;   ///< negative: cannot be told
    std::vector<double> history; ///< of the traffic
};

struct Redundancy {
    unsigned k = 0;
    unsigned n = 0;
    std::uint64_t snapshots = 0;
    std::vector<std::uint64_t> packs_with; ///< [i]: packs on i heads within reach
};

struct NodeView {
    std::string place; ///< where its metrics are
    double up = 0;     ///< bytes a second on the wire
    double down = 0;
    std::vector<double> history;
    double requests = 0; ///< a second
    double failures = 0; ///< a second: refused or broken
    std::uint64_t open = 0;
    std::uint64_t connections = 0;
    std::uint64_t circuits = 0;
    std::uint64_t circuits_building = 0;
    double p50_s = -1;
    double p99_s = -1;
    std::uint64_t repositories = 0;
    std::uint64_t segments = 0;
    std::uint64_t stored_bytes = 0;
    std::uint64_t quota_bytes = 0;
    std::uint64_t free_bytes = 0;
    double scrubbing = 0;  ///< bytes a second
    double rebuilding = 0; ///< bytes a second
    std::uint64_t damaged = 0;
    std::uint64_t audits_passed = 0;
    std::uint64_t audits_missed = 0; ///< or failed
    std::uint64_t lost_heads = 0;
};

/// One moment.
struct Frame {
    std::string time;       ///< "14:05:59"
    std::string repository; ///< first digits; empty: none is looked at
    std::vector<HeadView> heads;
    std::optional<Redundancy> redundancy;
    std::vector<WorkView> work;
    std::optional<NodeView> node;
    std::string notice; ///< what cannot be shown, and why
};

/// Bytes a second that are left to do at the rate of now; negative where that cannot be told.
std::int64_t time_left_ns(const Work& work, double bytes_per_second);

/// "▁▂█" of so many columns, the newest at the right, the largest of them full height; spaces where
/// nothing is known.
std::string sparkline(const std::vector<double>& values, std::size_t width);

/// A bar of so many columns, filled to an eighth of one. in  `share`, 0 to 1
std::string bar(double share, std::size_t width);

} // namespace torgo::cli::top
