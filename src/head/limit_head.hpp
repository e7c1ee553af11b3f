#pragma once

#include "env/clock.hpp"
#include "head/head.hpp"

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

namespace torgo::head {

/// 0 is no limit, everywhere.
struct HeadLimits {
    std::uint64_t upload_bytes_per_second = 0;   ///< segments and roots written
    std::uint64_t download_bytes_per_second = 0; ///< segments and roots read
    unsigned calls_at_once = 0;                  ///< further callers wait
};

/// Lets bytes pass at a rate over time. A caller pays for its bytes by making the next one wait;
/// what was not used for a quarter of a second is lost. Thread-safe.
class Throttle {
public:
    Throttle(std::uint64_t bytes_per_second, env::Clock& clock);

    /// Returns when `bytes` may pass.
    void pass(std::uint64_t bytes);

private:
    std::int64_t cost_ns(std::uint64_t bytes) const;

    std::uint64_t m_rate;
    env::Clock& m_clock;
    std::mutex m_mutex;
    std::int64_t m_paid_until; ///< guarded by m_mutex; when all bytes let pass are paid for
};

/// Lets a number of callers in at once.
class Gate {
public:
    explicit Gate(unsigned places) : m_places(places), m_free(places) {}

    void enter();
    void leave();

private:
    unsigned m_places; ///< 0: no limit
    std::mutex m_mutex;
    std::condition_variable m_left;
    unsigned m_free; ///< guarded by m_mutex
};

/// A head that is not used harder than it should be: a slow line, a disk with other work. An open
/// writer that is not in a call takes no place.
class LimitHead final : public Head {
public:
    /// `clock` outlives the head.
    LimitHead(std::unique_ptr<Head> inner, env::Clock& clock, const HeadLimits& limits);

    const std::string& uri() const override { return m_inner->uri(); }

    Result<> probe() override;
    Result<std::unique_ptr<SegmentWriter>> begin_segment(std::uint64_t expected_size) override;
    Result<> read_segment(const SegmentId& segment, std::uint64_t offset, ByteSpan out) override;
    Result<std::uint64_t> segment_size(const SegmentId& segment) override;
    Result<std::vector<SegmentId>> list_segments(const SegmentId& after, std::size_t max) override;
    Result<> remove_segment(const SegmentId& segment) override;
    Result<> put_root(const std::string& name, ByteView content) override;
    Result<Bytes> get_root(const std::string& name) override;
    Result<std::vector<std::string>> list_roots(const std::string& prefix) override;
    Result<> remove_root(const std::string& name) override;
    Result<HeadStatus> status() override;

    bool is_distant() const override { return m_inner->is_distant(); }

    void cancel() noexcept override { m_inner->cancel(); }

private:
    class Writer;

    template <class Act>
    auto within(Act act) -> decltype(act());

    std::unique_ptr<Head> m_inner;
    Throttle m_upload;
    Throttle m_download;
    Gate m_gate;
};

} // namespace torgo::head
