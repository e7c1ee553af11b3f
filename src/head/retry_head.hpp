#pragma once

#include "env/clock.hpp"
#include "env/random.hpp"
#include "head/head.hpp"

#include <cstdint>
#include <memory>

namespace torgo::head {

struct RetryPolicy {
    unsigned attempts = 4;                         ///< the first one included; at least 1
    std::int64_t first_delay_ns = 100'000'000;     ///< doubled after each failure…
    std::int64_t longest_delay_ns = 5'000'000'000; ///< …up to this
};

/// Calls again what failed for now: `unavailable` and `timeout`, and `io` where nothing is written
/// (an `io` of a write may mean that the system dropped data: begin again from the data). Never
/// what would only fail again: `exists`, `corrupt`, `no_space`, … Appends and commits are not
/// repeated: the bytes are gone from memory, so the caller begins the segment again.
///
/// Between attempts it sleeps between half of the delay and all of it, by chance, so that many
/// clients do not return to a recovering head at the same instant.
class RetryHead final : public Head {
public:
    /// `clock` and `random` outlive the head.
    RetryHead(std::unique_ptr<Head> inner, env::Clock& clock, env::Random& random,
              RetryPolicy policy = {});

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

    std::int64_t own_wait_ns() const override { return m_inner->own_wait_ns(); }

    std::int64_t own_write_wait_ns(std::uint64_t bytes) const override {
        return m_inner->own_write_wait_ns(bytes);
    }

    std::vector<MemberView> members() const override { return m_inner->members(); }

    void cancel() noexcept override { m_inner->cancel(); }

private:
    enum class Kind : bool { read, write };

    template <class Act>
    auto repeat(Kind kind, Act act) -> decltype(act());

    void wait(unsigned failures);

    std::unique_ptr<Head> m_inner;
    env::Clock& m_clock;
    env::Random& m_random;
    RetryPolicy m_policy;
};

} // namespace torgo::head
