#pragma once

#include "env/clock.hpp"
#include "head/head.hpp"
#include "head/token_bucket.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

namespace torgo::head {

/// What heads that share a line or a disk may take of it.
struct HeadLimits {
    std::shared_ptr<TokenBucket> upload = nullptr;   ///< segments and roots written; null: no limit
    std::shared_ptr<TokenBucket> download = nullptr; ///< segments and roots read; null: no limit
    /// By whom calls are slowed further down, on the wire; null: nobody.
    struct Slowed {
        std::shared_ptr<TokenBucket> up = nullptr;
        std::shared_ptr<TokenBucket> down = nullptr;
    } slowed{};
    unsigned calls_at_once = 0; ///< further callers wait; 0: no limit
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
    LimitHead(std::unique_ptr<Head> inner, env::Clock& clock, HeadLimits limits);

    const std::string& uri() const override { return m_inner->uri(); }

    Result<> probe() override;
    Result<std::unique_ptr<SegmentWriter>> begin_segment(std::uint64_t expected_size) override;
    Result<std::unique_ptr<SegmentWriter>> begin_named(const SegmentId& name,
                                                       std::uint64_t size) override;
    Result<> read_segment(const SegmentId& segment, std::uint64_t offset, ByteSpan out) override;
    Result<> read_combined(const SegmentId& segment, std::uint64_t first_cell, std::uint8_t factor,
                           ByteSpan out) override;
    Result<std::uint64_t> segment_size(const SegmentId& segment) override;
    Result<std::vector<SegmentId>> list_segments(const SegmentId& after, std::size_t max) override;
    Result<> remove_segment(const SegmentId& segment) override;
    Result<> put_root(const std::string& name, ByteView content) override;
    Result<Bytes> get_root(const std::string& name) override;
    Result<std::vector<std::string>> list_roots(const std::string& prefix) override;
    Result<> remove_root(const std::string& name) override;
    Result<HeadStatus> status() override;

    bool is_distant() const override { return m_inner->is_distant(); }

    std::int64_t own_wait_ns() const override;

    std::int64_t own_write_wait_ns(std::uint64_t bytes) const override;

    std::vector<MemberView> members() const override { return m_inner->members(); }

    void cancel() noexcept override;

private:
    class Writer;

    template <class Act>
    auto within(Act act) -> decltype(act());

    Result<> pass(const std::shared_ptr<TokenBucket>& bucket, std::uint64_t bytes);
    Result<> wait(std::int64_t duration_ns);

    std::unique_ptr<Head> m_inner;
    env::Clock& m_clock;
    std::shared_ptr<TokenBucket> m_upload;
    std::shared_ptr<TokenBucket> m_download;
    HeadLimits::Slowed m_slowed;
    Gate m_gate;
    std::atomic<bool> m_cancelled = false;
};

} // namespace torgo::head
