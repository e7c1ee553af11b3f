#pragma once

#include "base/id.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace torgo::node {

/// What the node holds at the moment of asking.
struct Gauges {
    std::uint64_t repositories = 0;
    std::uint64_t segments = 0;
    std::uint64_t stored_bytes = 0;
    std::uint64_t quota_bytes = 0;
    std::uint64_t free_bytes = 0;
    std::uint64_t unreadable_repositories = 0;
    std::uint64_t receipts = 0; ///< these since the service began
    std::uint64_t receipt_batches = 0;
    std::uint64_t receipts_lost = 0;
    std::uint64_t receipt_batches_dropped = 0;
    std::uint64_t receipt_batches_mirrored = 0;
};

/// Counts of a service since it began. Thread-safe.
class Metrics {
public:
    void began() { ++m_open; }

    void ended() { --m_open; }

    /// A request was answered. in  `outcome`, "ok" or the name of an error; sizes in bytes
    void answered(std::string_view kind, std::string_view outcome, std::uint64_t bytes_in,
                  std::uint64_t bytes_out, std::int64_t duration_ns);

    void scrubbed(std::uint64_t segments, std::uint64_t bytes, std::uint64_t damaged);

    /// An audit of somebody else's head. in  `head` from 0; `outcome`, "passed", "missed" or
    /// "failed"
    void audited(const RepoId& repository, unsigned head, std::string_view outcome);

    void head_lost() { ++m_lost_heads; }

    /// What the node's tor has of them.
    void circuits(std::size_t built, std::size_t building) {
        m_circuits_built = built;
        m_circuits_building = building;
    }

    void rebuilt(std::uint64_t bytes) { m_rebuilt_bytes += bytes; }

    /// Prometheus text format 0.0.4.
    std::string render(const Gauges& gauges) const;

private:
    static constexpr std::array<double, 7> bounds{0.001, 0.01, 0.1, 1, 10, 100, 1000};

    /// How long requests of one kind took.
    struct Histogram {
        std::array<std::uint64_t, bounds.size()> below{}; ///< not cumulative
        std::uint64_t count = 0;
        double seconds = 0;
    };

    void render_histogram(std::string& out) const;
    void render_audits(std::string& out) const;

    std::atomic<std::int64_t> m_open = 0;
    std::atomic<std::uint64_t> m_bytes_in = 0;
    std::atomic<std::uint64_t> m_bytes_out = 0;
    std::atomic<std::uint64_t> m_scrubbed_segments = 0;
    std::atomic<std::uint64_t> m_scrubbed_bytes = 0;
    std::atomic<std::uint64_t> m_damaged = 0;
    std::atomic<std::uint64_t> m_lost_heads = 0;
    std::atomic<std::uint64_t> m_rebuilt_bytes = 0;
    std::atomic<std::size_t> m_circuits_built = 0;
    std::atomic<std::size_t> m_circuits_building = 0;
    mutable std::mutex m_mutex;
    std::map<std::pair<std::string, std::string>, std::uint64_t> m_requests; ///< kind, outcome
    std::map<std::string, Histogram> m_seconds;                              ///< by kind
    std::map<std::string, std::uint64_t> m_audits;                           ///< by labels
};

} // namespace torgo::node
