#pragma once

#include "env/clock.hpp"
#include "head/call.hpp"
#include "head/head.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace torgo::head {

/// One call of a head, ended.
struct HeadEvent {
    Call call = Call::probe;
    std::string uri;
    std::string subject;          ///< segment (hex), root or prefix; empty where there is none
    std::uint64_t bytes = 0;      ///< of content, read or written, when the call succeeded
    std::int64_t duration_ns = 0; ///< of `commit`: with all appends
    std::optional<Errc> error;
    std::string detail; ///< of the error
};

/// Called by whichever thread made the call, several at once; must not call the head.
using HeadObserver = std::function<void(const HeadEvent&)>;

/// Reports every call to an observer. Appends are reported when they fail; else the commit speaks
/// for them.
class LogHead final : public Head {
public:
    /// `clock` outlives the head.
    LogHead(std::unique_ptr<Head> inner, env::Clock& clock, HeadObserver observer);

    const std::string& uri() const override { return m_inner->uri(); }

    Result<> probe() override;
    Result<std::unique_ptr<SegmentWriter>> begin_segment(std::uint64_t expected_size) override;
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

    std::int64_t own_wait_ns() const override { return m_inner->own_wait_ns(); }

    std::int64_t own_write_wait_ns(std::uint64_t bytes) const override {
        return m_inner->own_write_wait_ns(bytes);
    }

    std::vector<MemberView> members() const override { return m_inner->members(); }

    void cancel() noexcept override { m_inner->cancel(); }

private:
    class Writer;

    template <class Act, class Count>
    auto report(Call call, std::string subject, Act act, Count count) -> decltype(act());
    template <class Act>
    auto report(Call call, std::string subject, Act act) -> decltype(act());

    std::unique_ptr<Head> m_inner;
    env::Clock& m_clock;
    HeadObserver m_observer;
};

} // namespace torgo::head
